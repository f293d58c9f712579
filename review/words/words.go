// Package words turns text into what a search index holds, and finds words in
// texts again. It is one way for every database and every language: words are
// folded (width, case, accents), and scripts without spaces between words are
// cut into pairs of letters, so that two characters of Japanese, Chinese or
// Korean are found wherever they stand.
//
// The index only proposes: it knows which tokens a text has, not where. [Query.Match]
// looks at the text itself and has the last word. Everything here is pure.
package words

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Bounds. A text of the greatest review has some ten thousand different
// tokens; a token longer than any word is cut.
const (
	maxTokens = 20_000
	maxToken  = 40 // runes
	maxTerms  = 12 // of a query
)

// dense are the scripts whose words are not told apart by spaces, and Hangul,
// whose particles stick to the words.
var dense = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul,
	unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar,
}

const prolonged = 'ー' // belongs to both kana and to no script

// Dense tells a letter of a script whose words are not told apart by spaces.
func Dense(r rune) bool { return isDense(r) }

func isDense(r rune) bool {
	return r >= 0x0E00 && (r == prolonged || unicode.In(r, dense...))
}

func isWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

// Fold brings a text to the form in which it is compared: words in lower case,
// without accents, with one space between words and where a dense script meets
// another one; everything else is gone.
func Fold(text string) string {
	text = norm.NFKD.String(strings.ToValidUTF8(text, " "))
	var plain strings.Builder
	plain.Grow(len(text))
	for _, r := range text {
		if r < 0x300 || r > 0x36F { // the accents of Latin, Greek and Cyrillic
			plain.WriteRune(r)
		}
	}
	var b strings.Builder
	b.Grow(plain.Len())
	var last rune
	for _, r := range norm.NFC.String(plain.String()) {
		if !isWord(r) {
			last = 0
			continue
		}
		r = unicode.ToLower(r)
		if b.Len() > 0 && (last == 0 || !unicode.IsMark(r) && isDense(last) != isDense(r)) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		last = r
	}
	return b.String()
}

// Tokens are what the index holds of texts: each once, sorted. They consist of
// letters, digits and marks only.
func Tokens(texts ...string) []string {
	var out []string
	for _, text := range texts {
		for run := range strings.SplitSeq(Fold(text), " ") {
			if run == "" {
				continue
			}
			out = append(out, cut(run)...)
			if len(out) > 2*maxTokens {
				out = unique(out)
			}
			if len(out) > 2*maxTokens {
				break
			}
		}
	}
	out = unique(out)
	return out[:min(len(out), maxTokens)]
}

func unique(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// Beginnings of words are tokens too, of four and of seven letters, behind a
// letter that no folded word has: an index need not be searched for all words
// that begin with some letters, which are very many.
const (
	begins    = "Ω"
	shortEdge = 4
	longEdge  = 7
)

// cut makes the tokens of a run of letters: the word itself and its beginnings,
// or every letter and every pair of letters.
func cut(run string) []string {
	runes := []rune(run)
	if isDense(runes[0]) {
		out := make([]string, 0, 2*len(runes))
		for i := range runes {
			out = append(out, string(runes[i:i+1]))
			if i+2 <= len(runes) {
				out = append(out, string(runes[i:i+2]))
			}
		}
		return out
	}
	out := []string{string(runes[:min(len(runes), maxToken)])}
	for _, n := range []int{shortEdge, longEdge} {
		if len(runes) >= n {
			out = append(out, begins+string(runes[:n]))
		}
	}
	return out
}

// Query is what somebody looks for. A case that answers it has all the tokens
// of Begun; one that has the words whole has all those of Whole too.
type Query struct {
	Whole, Begun []string
	terms        []string
	phrase       string
}

// Parse reads words as a person types them. All of them must be found, in any
// order; a word of four letters or more also finds longer ones that begin with
// it.
func Parse(typed string) Query {
	q := Query{phrase: Fold(typed)}
	for term := range strings.SplitSeq(q.phrase, " ") {
		if term == "" || len(q.terms) >= maxTerms {
			continue
		}
		runes := []rune(term)
		if !isDense(runes[0]) {
			runes = runes[:min(len(runes), maxToken)]
		}
		q.terms = append(q.terms, string(runes))
		whole, begun := needs(runes)
		q.Whole, q.Begun = append(q.Whole, whole...), append(q.Begun, begun...)
	}
	q.Whole, q.Begun = unique(q.Whole), unique(q.Begun)
	return q
}

// needs are the tokens that a text with this term has.
func needs(term []rune) (whole, begun []string) {
	if isDense(term[0]) {
		pairs := []string{string(term)}
		if len(term) > 1 {
			pairs = nil
			for i := 0; i+1 < len(term) && i < maxTerms; i++ {
				pairs = append(pairs, string(term[i:i+2]))
			}
		}
		return pairs, pairs
	}
	word := string(term)
	switch {
	case len(term) >= longEdge:
		return []string{word}, []string{begins + string(term[:longEdge])}
	case len(term) >= shortEdge:
		return []string{word}, []string{begins + string(term[:shortEdge])}
	}
	return []string{word}, []string{word}
}

// Empty tells that there is nothing to look for.
func (q Query) Empty() bool { return len(q.terms) == 0 }

// The grades of a match, best first.
const (
	Phrase = iota // the words stand there as they were typed
	Whole         // all of them stand there as whole words
	Begun         // some only begin a longer word
)

// Match tells how well texts together answer the query; ok is false when a
// word is not there.
func (q Query) Match(texts ...string) (grade int, ok bool) {
	if q.Empty() {
		return 0, false
	}
	folded := make([]string, len(texts))
	for i, t := range texts {
		folded[i] = " " + Fold(t) + " "
	}
	has := func(part string) bool {
		return slices.ContainsFunc(folded, func(t string) bool { return strings.Contains(t, part) })
	}
	grade = Whole
	for _, term := range q.terms {
		if isDense([]rune(term)[0]) {
			if !has(term) {
				return 0, false
			}
			continue
		}
		if has(" " + term + " ") {
			continue
		}
		if len([]rune(term)) < shortEdge || !has(" "+term) {
			return 0, false
		}
		grade = Begun
	}
	phrase := " " + q.phrase + " "
	if isDense([]rune(q.terms[0])[0]) {
		phrase = phrase[1:]
	}
	if r := []rune(q.terms[len(q.terms)-1]); isDense(r[0]) {
		phrase = phrase[:len(phrase)-1]
	}
	if has(phrase) {
		grade = Phrase
	}
	return grade, true
}

// Snippet is a part of the text, about width characters, around the first word
// that the query looks for; ok is false when it has none of them. It is the
// text's own words in one line: whoever shows it escapes it.
func (q Query) Snippet(text string, width int) (snippet string, ok bool) {
	runes := []rune(strings.Join(strings.Fields(strings.ToValidUTF8(text, "\uFFFD")), " "))
	at := q.find(runes)
	if at < 0 {
		return clip(runes, 0, width), false
	}
	from := max(0, at-width/3)
	if len(runes)-from < width {
		from = max(0, len(runes)-width)
	}
	for i := from; i > 0 && i < at && i < from+15; i++ { // begin with a whole word
		if runes[i-1] == ' ' {
			from = i
			break
		}
	}
	return clip(runes, from, width), true
}

// find is where the first of the terms stands, -1 for nowhere.
func (q Query) find(text []rune) int {
	for i := range text {
		if !isWord(text[i]) {
			continue
		}
		if !isDense(text[i]) && i > 0 && isWord(text[i-1]) && !isDense(text[i-1]) {
			continue // inside a word
		}
		here := ""
		for _, term := range q.terms {
			if here == "" {
				here = Fold(string(text[i:min(i+2*maxToken, len(text))]))
			}
			if strings.HasPrefix(here, term) {
				return i
			}
		}
	}
	return -1
}

func clip(runes []rune, from, width int) string {
	to := min(len(runes), from+width)
	s := strings.TrimSpace(string(runes[from:to]))
	if from > 0 {
		s = "…" + s
	}
	if to < len(runes) {
		s += "…"
	}
	return s
}

// Telling are at most n tokens of the texts that say most about them: the
// longest words, which are the rarest, else pairs of letters.
func Telling(n int, texts ...string) []string {
	var words []string
	for _, text := range texts {
		for run := range strings.SplitSeq(Fold(text), " ") {
			whole := []string{run}
			if r := []rune(run); run != "" && isDense(r[0]) {
				whole, _ = needs(r)
			}
			words = append(words, whole...)
		}
	}
	length := func(t string) int {
		r := []rune(t)
		if len(r) == 2 && isDense(r[0]) {
			return 5
		}
		return len(r)
	}
	words = slices.DeleteFunc(unique(words), func(t string) bool { return length(t) < 5 || length(t) > maxToken })
	slices.SortStableFunc(words, func(a, b string) int { return length(b) - length(a) })
	return words[:min(n, len(words))]
}
