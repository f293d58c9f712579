package style

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// phrase is a run of words with where it came or went.
type phrase struct {
	folded string
	words  string // as it stood first
	cases  []int64
}

// The lengths of a phrase, in words, and of a clause where words are not
// parted, in characters.
const (
	leastWords, mostWords = 3, 8
	leastClause           = 5
	mostClause            = 40
)

// phrases are what stands in the texts that side gives second and not in those
// it gives first, in enough edits. A phrase that as often stands in both is a
// matter of the single case.
func phrases(es []Edit, side func(Edit) (from, to string), settled func(string) bool) []phrase {
	found := map[string]*phrase{}
	kept := map[string]int{}
	for _, e := range es {
		from, to := side(e)
		have := runsOf(from, e.Name)
		for folded, words := range runsOf(to, e.Name) {
			if _, ok := have[folded]; ok {
				kept[folded]++
				continue
			}
			p := found[folded]
			if p == nil {
				p = &phrase{folded: folded, words: words}
				found[folded] = p
			}
			p.cases = append(p.cases, e.Case)
		}
	}
	var often []phrase
	for _, k := range sortedKeys(found) {
		if p := found[k]; len(p.cases) >= Enough && len(p.cases) > kept[k] && !settled(k) {
			often = append(often, *p)
		}
	}
	slices.SortStableFunc(often, func(a, b phrase) int {
		return cmp.Or(cmp.Compare(len(b.cases), len(a.cases)), cmp.Compare(len(b.folded), len(a.folded)))
	})
	var out []phrase
	for _, p := range often {
		overlaps := slices.ContainsFunc(out, func(have phrase) bool { return overlap(have.folded, p.folded) })
		if !overlaps && len(out) < maxPhrases {
			out = append(out, p)
		}
	}
	return out
}

// overlap tells phrases of which one holds the other, or that share all but
// their ends: pieces of one longer sentence.
func overlap(a, b string) bool {
	if strings.Contains(a, b) || strings.Contains(b, a) {
		return true
	}
	x, y := strings.Fields(a), strings.Fields(b)
	for n := min(len(x), len(y)) - 1; n >= leastWords-1; n-- {
		if slices.Equal(x[len(x)-n:], y[:n]) || slices.Equal(y[len(y)-n:], x[:n]) {
			return true
		}
	}
	return false
}

// runsOf are the phrases of a text, folded, with how they stand there. Phrases
// do not cross the end of a sentence and hold no number and no name.
func runsOf(text, name string) map[string]string {
	out := map[string]string{}
	for _, clause := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(".!?。！？\n;；", r) }) {
		if unbroken(clause) {
			for _, c := range strings.FieldsFunc(clause, func(r rune) bool { return strings.ContainsRune("、，,「」『』 　", r) }) {
				if n := utf8.RuneCountInString(c); n >= leastClause && n <= mostClause && !particular(c, name) {
					out[fold(c)] = c
				}
			}
			continue
		}
		words := strings.Fields(clause)
		for n := leastWords; n <= mostWords; n++ {
			for i := 0; i+n <= len(words); i++ {
				run := trim(strings.Join(words[i:i+n], " "))
				if !particular(run, name) {
					out[fold(run)] = run
				}
			}
		}
	}
	return out
}

// particular tells words of one case: with a number, an address or the
// reviewer's name in them.
func particular(s, name string) bool {
	if strings.ContainsFunc(s, unicode.IsDigit) || strings.ContainsAny(s, "@/") {
		return true
	}
	return slices.ContainsFunc(strings.Fields(name), func(n string) bool {
		return utf8.RuneCountInString(n) > 1 && strings.Contains(s, n)
	})
}

// unbroken tells writing without spaces between words.
func unbroken(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
	})
}

// fold makes phrases comparable: case, spaces and marks within do not count.
func fold(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsMark(r), unicode.IsDigit(r), strings.ContainsRune("()'’", r):
			return unicode.ToLower(r)
		case unicode.IsSpace(r):
			return ' '
		}
		return -1
	}, s)
	return strings.Join(strings.Fields(s), " ")
}
