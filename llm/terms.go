package llm

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
)

// term is a word or phrase to look for.
type term struct {
	text        string
	left, right bool // letters may stand before, after
	head, tail  slot // of its first and last three bytes; see sieve
}

func newTerm(text string, left, right bool) term {
	t := term{text: text, left: left, right: right}
	if n := len(text); n >= 3 {
		t.head, t.tail = slotOf(text[0], text[1], text[2]), slotOf(text[n-3], text[n-2], text[n-1])
	}
	return t
}

// terms are words to look for; in a file they are one string with commas. A
// star stands for any letters before or after.
type terms []term

// UnmarshalYAML implements the YAML package's interface.
func (t *terms) UnmarshalYAML(b []byte) error {
	var s string
	if err := yaml.Unmarshal(b, &s); err != nil {
		return err
	}
	for part := range strings.SplitSeq(s, ", ") {
		part = strings.Trim(part, " ")
		core := fold(strings.Trim(part, "*")).text
		if core == "" {
			continue
		}
		*t = append(*t, newTerm(core, strings.HasPrefix(part, "*"), strings.HasSuffix(part, "*")))
	}
	return nil
}

// hit is where a term stands in a folded text.
type hit struct{ start, end int }

// find returns where the terms stand in text, longest first at each place,
// none inside another. Scripts without spaces know no word boundaries.
func (t terms) find(text *sifted) []hit {
	hits := t.hits(text, false)
	slices.SortFunc(hits, func(a, b hit) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return b.end - a.end
	})
	out := hits[:0]
	for _, h := range hits {
		if len(out) == 0 || h.start >= out[len(out)-1].end {
			out = append(out, h)
		}
	}
	return out
}

// in tells whether one of the terms stands in text.
func (t terms) in(text *sifted) bool { return len(t.hits(text, true)) > 0 }

// hits lists every place of every term in text, or with one, the first found.
func (t terms) hits(in *sifted, one bool) []hit {
	var hits []hit
	text := in.text
	for _, x := range t {
		if !in.mayHold(x) {
			continue
		}
		for from := 0; ; {
			i := strings.Index(text[from:], x.text)
			if i < 0 {
				break
			}
			h := hit{from + i, from + i + len(x.text)}
			if x.bounded(text, h) {
				if hits = append(hits, h); one {
					return hits
				}
			}
			from = h.end
		}
	}
	return hits
}

// bounded tells whether the hit is a word of its own, as far as x asks.
func (x term) bounded(text string, h hit) bool {
	first, _ := utf8.DecodeRuneInString(x.text)
	if unbroken(first) {
		return true
	}
	before, _ := utf8.DecodeLastRuneInString(text[:h.start])
	after, _ := utf8.DecodeRuneInString(text[h.end:])
	return (x.left || !wordRune(before)) && (x.right || !wordRune(after))
}

func wordRune(r rune) bool { return unicode.IsLetter(r) && !unbroken(r) || unicode.IsDigit(r) }

// unbroken tells letters of scripts whose words are not set apart, or carry
// endings without a break.
func unbroken(r rune) bool {
	const firstJamo = 0x1100
	return r >= firstJamo && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
}

// sifted is a folded text that is looked through for many lists of terms.
type sifted struct {
	text string
	sieve
}

func sift(text string) *sifted { return &sifted{text, newSieve(text)} }

// sieve remembers which three bytes follow each other in a text, in a few
// bits: most of a list's hundreds of terms are in no given text, and the sieve
// says so without a search. It may take an absent term for present, never the
// other way round.
type sieve [1 << (slotBits - 6)]uint64

// slot is a place in a sieve.
type slot uint16

const slotBits = 12

// slotOf spreads three bytes over a sieve's places.
func slotOf(a, b, c byte) slot {
	return slot((uint32(a) | uint32(b)<<8 | uint32(c)<<16) * 0x9E3779B1 >> (32 - slotBits))
}

func newSieve(text string) sieve {
	var s sieve
	for i := 2; i < len(text); i++ {
		p := slotOf(text[i-2], text[i-1], text[i])
		s[p>>6] |= 1 << (p & 63)
	}
	return s
}

// mayHold tells whether x can be in the text. Terms of less than three bytes
// always can.
func (s *sieve) mayHold(x term) bool {
	return len(x.text) < 3 || s.has(x.head) && s.has(x.tail)
}

func (s *sieve) has(p slot) bool { return s[p>>6]&(1<<(p&63)) != 0 }
