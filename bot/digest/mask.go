package digest

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Masked stands in the place of a name.
const Masked = "[colleague]"

// Mask replaces names of staff: a whole name however it is capitalised, and
// its parts of three letters and more where they are capitalised as names are.
// A name must stand by itself, as in “Ana” and “Ana's” but not “Banana”; in
// scripts without spaces it may stand anywhere. Invisible characters do not
// hide a name; they are left out.
func Mask(text string, names []string) string {
	if len(names) == 0 {
		return text
	}
	runes := readable(text)
	var out []rune
	all := patterns(names)
	for at := 0; at < len(runes); {
		n := 0
		for _, p := range all {
			if p.at(runes, at) {
				n = len(p.name)
				break
			}
		}
		if n == 0 {
			out = append(out, runes[at])
			at++
			continue
		}
		out = append(out, []rune(Masked)...)
		at += n
	}
	return string(out)
}

// readable is a text in its composed form without what cannot be seen.
func readable(s string) []rune {
	return []rune(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, norm.NFC.String(s)))
}

// pattern is a name, or a part of one, to be looked for.
type pattern struct {
	name  []rune
	exact bool // capitals count
	loose bool // may stand within a word: scripts without spaces
}

// patterns lists the names, the longest first.
func patterns(names []string) []pattern {
	var all []pattern
	for _, name := range names {
		whole := readable(strings.Join(strings.Fields(name), " "))
		if len(whole) == 0 {
			continue
		}
		loose := slices.ContainsFunc(whole, func(r rune) bool {
			return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai)
		})
		all = append(all, pattern{name: whole, loose: loose})
		if parts := strings.Fields(string(whole)); len(parts) > 1 {
			for _, part := range parts {
				if p := []rune(part); len(p) >= 3 && unicode.IsUpper(p[0]) {
					all = append(all, pattern{name: p, exact: true})
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b pattern) int { return len(b.name) - len(a.name) })
	return all
}

func (p pattern) at(text []rune, at int) bool {
	end := at + len(p.name)
	if end > len(text) {
		return false
	}
	for i, r := range p.name {
		if r != text[at+i] && (p.exact || fold(r) != fold(text[at+i])) {
			return false
		}
	}
	return p.loose || !(at > 0 && inWord(text[at-1])) && !(end < len(text) && inWord(text[end]))
}

func fold(r rune) rune {
	if unicode.IsSpace(r) {
		return ' '
	}
	return unicode.ToLower(unicode.ToUpper(r))
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }
