package webconsole

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sergi/go-diff/diffmatchpatch"

	"github.com/evenkeel/evenkeel/bot"
)

// maxDiffWords bounds what is compared word by word: the work grows with the
// square of how much two texts differ.
const maxDiffWords = 6000

// wordDiff tells what changed between two texts, in whole words; writings
// without spaces are compared character by character.
func wordDiff(before, after string) []bot.Span {
	if before == after {
		return []bot.Span{{Kind: bot.Same, Text: after}}
	}
	a, b := words(before), words(after)
	if len(a)+len(b) > maxDiffWords {
		return []bot.Span{{Kind: bot.Deleted, Text: before}, {Kind: bot.Added, Text: after}}
	}
	var c coder
	m := diffmatchpatch.New()
	m.DiffTimeout = 0 // bounded by maxDiffWords; a clock would make pages differ
	diffs := m.DiffMainRunes(c.encode(a), c.encode(b), false)
	var spans []bot.Span
	for _, d := range diffs {
		kind := bot.Same
		switch d.Type {
		case diffmatchpatch.DiffInsert:
			kind = bot.Added
		case diffmatchpatch.DiffDelete:
			kind = bot.Deleted
		}
		spans = append(spans, bot.Span{Kind: kind, Text: c.decode(d.Text)})
	}
	return gather(spans)
}

// gather makes a diff readable: what stayed by chance between two changes, a
// space or a short word, is told as changed too, and each change is one
// deletion and one addition.
func gather(in []bot.Span) []bot.Span {
	var out []bot.Span
	var deleted, added strings.Builder
	flush := func() {
		if deleted.Len() > 0 {
			out = append(out, bot.Span{Kind: bot.Deleted, Text: deleted.String()})
		}
		if added.Len() > 0 {
			out = append(out, bot.Span{Kind: bot.Added, Text: added.String()})
		}
		deleted.Reset()
		added.Reset()
	}
	for i, s := range in {
		changing := deleted.Len()+added.Len() > 0
		switch {
		case s.Kind == bot.Deleted:
			deleted.WriteString(s.Text)
		case s.Kind == bot.Added:
			added.WriteString(s.Text)
		case changing && i < len(in)-1 && utf8.RuneCountInString(strings.TrimSpace(s.Text)) <= byChance:
			deleted.WriteString(s.Text)
			added.WriteString(s.Text)
		default:
			flush()
			out = append(out, s)
		}
	}
	flush()
	return out
}

// byChance is how many characters between two changes count as chance.
const byChance = 3

// words cuts a text into words, runs of space, and single characters of
// writings without spaces or of punctuation. Joined, they are the text.
func words(s string) []string {
	var out []string
	start, last := 0, rune(0)
	for i, r := range s {
		k := kindOf(r)
		if i > 0 && (k != last || k == 'x') && k != 'm' {
			out = append(out, s[start:i])
			start = i
		}
		if k != 'm' {
			last = k
		}
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}

// kindOf is w for letters and digits of words, s for space, m for marks, which
// stay with what is before them, and x for what stands alone.
func kindOf(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return 's'
	case unicode.In(r, unicode.Mn, unicode.Mc, unicode.Me), r == 0x200D, r == 0x200C:
		return 'm'
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
		return 'x'
	case unicode.IsLetter(r), unicode.IsDigit(r), r == '\'', r == '’':
		return 'w'
	}
	return 'x'
}

// coder gives every distinct word a rune of its own.
type coder struct {
	byWord map[string]rune
	words  []string
}

// firstCode lies in a private plane, clear of the surrogates, which do not
// survive in a Go string.
const firstCode = 0xF0000

func (c *coder) encode(words []string) []rune {
	if c.byWord == nil {
		c.byWord = make(map[string]rune)
	}
	out := make([]rune, len(words))
	for i, w := range words {
		r, ok := c.byWord[w]
		if !ok {
			r = firstCode + rune(len(c.words))
			c.byWord[w] = r
			c.words = append(c.words, w)
		}
		out[i] = r
	}
	return out
}

func (c *coder) decode(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteString(c.words[r-firstCode])
	}
	return b.String()
}
