package prompts

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxText is how many runes of one foreign text a model gets to see. The
// longest real review that was seen has 4,689.
const MaxText = 8000

// cut marks the place where a text was shortened.
const cut = " […text cut here…]"

// Clean makes a foreign text fit for a prompt: invalid UTF-8, control, bidi,
// zero-width and tag characters go, line breaks become "\n", runs of blank
// lines and spaces collapse, and what is longer than limit runes is cut with a
// visible mark. The result has at most limit runes (limit counts as at least
// the mark's length).
func Clean(s string, limit int) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	var b strings.Builder
	b.Grow(min(len(s), 4*limit))
	n, spaces, breaks := 0, 0, 0
	for i, r := range s {
		switch {
		case r == utf8.RuneError && invalidAt(s, i), hidden(r):
			continue
		case r == '\n' || r == '\u2028' || r == '\u2029':
			breaks++
			continue
		case unicode.IsSpace(r):
			spaces++
			continue
		}
		if n > 0 && breaks > 0 {
			n += writeTimes(&b, "\n", min(breaks, 2))
		} else if n > 0 && spaces > 0 {
			n += writeTimes(&b, " ", 1)
		}
		spaces, breaks = 0, 0
		b.WriteRune(r)
		n++
		if n > limit+utf8.RuneCountInString(cut) {
			break // the rest cannot be shown anyway
		}
	}
	return shorten(b.String(), n, limit)
}

func invalidAt(s string, i int) bool {
	_, size := utf8.DecodeRuneInString(s[i:])
	return size == 1
}

func writeTimes(b *strings.Builder, s string, n int) int {
	b.WriteString(strings.Repeat(s, n))
	return n
}

func shorten(s string, n, limit int) string {
	if n <= limit {
		return s
	}
	keep := max(limit-utf8.RuneCountInString(cut), 0)
	for i := range s {
		if keep == 0 {
			return strings.TrimRightFunc(s[:i], unicode.IsSpace) + cut
		}
		keep--
	}
	return s
}

// hidden tells the characters that a reader does not see and that are used to
// smuggle or reorder text: controls, format characters (zero-width, bidi,
// tags; the joiners inside emoji and Indic words are lost, which no reader of a
// prompt misses), unassigned and private-use ones, and variation selectors
// beyond the first sixteen, which can carry bytes.
func hidden(r rune) bool {
	switch {
	case r == '\n' || r == '\t' || r == '\u2028' || r == '\u2029':
		return false
	case r == '\u115f' || r == '\u1160' || r == '\u3164' || r == '\uffa0' || r == '\u034f' || r == '\u2800':
		return true // fillers that draw nothing
	case r >= 0xE0100 && r <= 0xE01EF, r >= 0xFE00 && r <= 0xFE0E:
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs)
}

// oneLine cleans a short value of the playbook for use inside our own
// sentences.
func oneLine(s string) string {
	return strings.Join(strings.Fields(Clean(s, 600)), " ")
}
