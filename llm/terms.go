package llm

import (
	"cmp"
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
	unbroken    bool // begins in a script that knows no word boundaries
}

func newTerm(text string, left, right bool) term {
	first, _ := utf8.DecodeRuneInString(text)
	return term{text: text, left: left, right: right, unbroken: unbroken(first)}
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
type hit struct {
	start, end int
	list       list // of an index, see there
}

type hits []hit

// find returns where the terms stand in text, longest first at each place,
// none inside another. Where a text is read for many lists, an index is faster.
func (t terms) find(text string) hits {
	var found hits
	for _, x := range t {
		for h := range x.places(text) {
			found = append(found, h)
		}
	}
	return apart(found)
}

// in tells whether one of the terms stands in text.
func (t terms) in(text string) bool {
	return slices.ContainsFunc(t, func(x term) bool { return x.in(text) })
}

func (x term) in(text string) bool {
	for range x.places(text) {
		return true
	}
	return false
}

// places are where x stands in text, none inside another.
func (x term) places(text string) func(yield func(hit) bool) {
	return func(yield func(hit) bool) {
		for from := 0; ; {
			i := strings.Index(text[from:], x.text)
			if i < 0 {
				return
			}
			h := hit{start: from + i, end: from + i + len(x.text)}
			if x.bounded(text, h) && !yield(h) {
				return
			}
			from = h.end
		}
	}
}

// bounded tells whether the hit is a word of its own, as far as x asks.
func (x term) bounded(text string, h hit) bool {
	return x.mayFollow(text[:h.start]) && x.mayPrecede(text[h.end:])
}

func (x term) mayFollow(text string) bool {
	before, _ := utf8.DecodeLastRuneInString(text)
	return x.unbroken || x.left || !wordRune(before)
}

func (x term) mayPrecede(text string) bool {
	after, _ := utf8.DecodeRuneInString(text)
	return x.unbroken || x.right || !wordRune(after)
}

// apart sorts hits by list and place, longest first, and drops those of a list
// that stand inside others or begin there.
func apart(hs hits) hits {
	slices.SortFunc(hs, func(a, b hit) int {
		return cmp.Or(int(a.list)-int(b.list), a.start-b.start, b.end-a.end)
	})
	out := hs[:0]
	for _, h := range hs {
		if last := len(out) - 1; last < 0 || out[last].list != h.list || h.start >= out[last].end {
			out = append(out, h)
		}
	}
	return out
}

func wordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	}
	return unicode.IsLetter(r) && !unbroken(r) || unicode.IsDigit(r)
}

// unbroken tells letters of scripts whose words are not set apart, or carry
// endings without a break.
func unbroken(r rune) bool {
	const firstJamo = 0x1100
	return r >= firstJamo && (caseless(r) || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul))
}
