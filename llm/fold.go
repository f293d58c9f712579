package llm

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// folded is a text in the form in which words are compared, with the way back
// to the bytes it came from.
type folded struct {
	orig string
	text string
	at   []int // for each byte of text, and for its end, the offset in orig
}

// fold lowers case, composes letters, makes quotes and spaces plain and drops
// what cannot be seen.
func fold(s string) folded {
	f := folded{orig: s, at: make([]int, 0, len(s)+1)}
	var b strings.Builder
	b.Grow(len(s))
	emit := func(r rune, from int) {
		before := b.Len()
		b.WriteRune(r)
		for range b.Len() - before {
			f.at = append(f.at, from)
		}
	}
	var it norm.Iter
	it.InitString(norm.NFKC, s)
	space := true // at the start, and after a space
	for !it.Done() {
		from := it.Pos()
		for _, r := range string(it.Next()) {
			switch r = plain(r); {
			case r < 0:
			case r == ' ':
				if !space {
					emit(' ', from)
				}
				space = true
			default:
				emit(r, from)
				space = false
			}
		}
	}
	f.text = b.String()
	f.at = append(f.at, len(s))
	return f
}

// plain is r as it is compared; -1 for what is left out.
func plain(r rune) rune {
	switch r {
	case '’', '‘', '`', '´', '′':
		return '\''
	case '“', '”', '„', '«', '»', '″':
		return '"'
	case '‐', '‑', '–', '—':
		return '-'
	case utf8.RuneError:
		return -1
	}
	switch {
	case unicode.IsSpace(r):
		return ' '
	case unicode.In(r, unicode.Cc, unicode.Cf):
		return -1
	}
	return unicode.ToLower(r)
}

// original is the part of the original text that became text[start:end]. It is
// widened to whole letters of the original.
func (f folded) original(start, end int) string {
	if start >= end {
		return ""
	}
	from, to := f.at[start], f.at[end]
	for to <= f.at[end-1] { // the match ends inside what was one letter
		end++
		to = f.at[end]
	}
	return strings.TrimSpace(f.orig[from:to])
}

// locate finds needle in s, first as it stands and then regardless of case,
// spacing and kinds of quotes, and returns s's own words. Needles without a
// letter or digit are never found.
func locate(s, needle string) (string, bool) {
	needle = strings.TrimSpace(needle)
	if !strings.ContainsFunc(needle, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return "", false
	}
	if strings.Contains(s, needle) {
		return needle, true
	}
	f := fold(s)
	want := strings.Trim(fold(needle).text, " \"'")
	if want == "" {
		return "", false
	}
	i := strings.Index(f.text, want)
	if i < 0 {
		return "", false
	}
	words := f.original(i, i+len(want))
	return words, words != ""
}
