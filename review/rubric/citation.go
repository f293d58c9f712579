package rubric

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// quoteMarks are the pairs in which the supported languages quote. Single marks are
// apostrophes as often as not: they quote only around whole words.
var quoteMarks = []struct{ open, close string }{
	{"“", "”"}, {"„", "“"}, {"«", "»"}, {"‹", "›"}, {"「", "」"}, {"『", "』"}, {`"`, `"`},
	{"'", "'"}, {"‘", "’"},
}

// Bounds of what counts as a citation: long enough to tell something, short
// enough to be a few words of somebody else's and not a text of its own.
const (
	leastCited = 5
	mostCited  = 120
)

// citations are the spans of the reply, without their marks, that quote the
// review word for word.
func (c *checker) citations() [][2]int {
	original := c.Review.Text()
	var out [][2]int
	for _, m := range quoteMarks {
		for at := 0; at < len(c.Text); {
			i := strings.Index(c.Text[at:], m.open)
			if i < 0 {
				break
			}
			from := at + i + len(m.open)
			n := strings.Index(c.Text[from:], m.close)
			if n < 0 {
				break
			}
			words := strings.TrimSpace(c.Text[from : from+n]) // French sets spaces inside its marks
			from += strings.Index(c.Text[from:from+n], words)
			at = from + n + len(m.close)
			n = len(words)
			if runes := utf8.RuneCountInString(words); runes >= leastCited && runes <= mostCited && strings.Contains(original, words) && c.stands(from, from+n) {
				out = append(out, [2]int{from, from + n})
			}
		}
	}
	return out
}

// stands tells whether the marks around bytes from to to of the reply touch no
// letter: it's an apostrophe that does.
func (c *checker) stands(from, to int) bool {
	before, width := utf8.DecodeLastRuneInString(c.Text[:from])
	if before != '\'' && before != '‘' {
		return true
	}
	outside, _ := utf8.DecodeLastRuneInString(c.Text[:from-width])
	_, width = utf8.DecodeRuneInString(c.Text[to:])
	after, _ := utf8.DecodeRuneInString(c.Text[to+width:])
	return !unicode.IsLetter(outside) && !unicode.IsLetter(after)
}

// begun tells whether words that start at the byte from start within a citation.
func (c *checker) begun(from int) bool {
	return slices.ContainsFunc(c.quoted, func(s [2]int) bool { return s[0] <= from && from < s[1] })
}

// cited tells whether a span of the reply lies within a citation: the words are
// the customer's then, not the team's.
func (c *checker) cited(from, to int) bool {
	for _, s := range c.quoted {
		if s[0] <= from && to <= s[1] {
			return true
		}
	}
	return false
}

// own finds what the patterns of a section match in the team's own words: what
// the reply quotes from the customer is not held against it. The checks that law
// and platforms demand do not use it, for a hostile review could lend its words.
func (c *checker) own(section string, langs map[int]bool) []span {
	return slices.DeleteFunc(c.reply.find(section, langs), func(sp span) bool { return c.begun(sp.from) })
}
