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
	space := true // at the start, and after a space
	add := func(r rune, from int) {
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
	for from := 0; from < len(s); {
		if alone(s, from) {
			add(rune(s[from]), from)
			from++
			continue
		}
		end := from + 1
		for end < len(s) && !alone(s, end) {
			end++
		}
		var it norm.Iter
		for it.InitString(norm.NFKC, s[from:end]); !it.Done(); {
			at := from + it.Pos()
			for _, r := range string(it.Next()) {
				add(r, at)
			}
		}
		from = end
	}
	f.text = b.String()
	f.at = append(f.at, len(s))
	return f
}

// alone tells that the byte at i is a letter of its own, with which nothing
// can be composed: a plain one before another plain one, or at the end.
func alone(s string, i int) bool {
	return s[i] < utf8.RuneSelf && (i+1 == len(s) || s[i+1] < utf8.RuneSelf)
}

// plain is r as it is compared; -1 for what is left out.
func plain(r rune) rune {
	switch {
	case 'a' <= r && r <= 'z':
		return r
	case 'A' <= r && r <= 'Z':
		return r + 'a' - 'A'
	}
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
