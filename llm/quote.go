package llm

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/prompts"
)

// A quote is short: some platforms take down replies that quote more, and a
// reply is not there to repeat a review.
const (
	quoteWords = 10
	quoteRunes = 80
	quoteDense = 30 // runes, in scripts without spaces
)

// doubtful are shapes that a quote must not carry into a reply: addresses,
// links, long numbers.
var doubtful = regexp.MustCompile(`(?i)@|https?:|www\.|\.[a-z]{2,}\b|\d{5,}|\+\d`)

// quote picks a few of the review's own words that say what the point is, or
// "" when none can be repeated in public. The words stand in the review
// exactly so.
func (o *Offline) quote(lex *lexicon, words string) string {
	best, most := "", 0
	for _, piece := range strings.FieldsFunc(words, func(r rune) bool {
		return strings.ContainsRune(",;:()[]\"“”„«»「」『』、，；：（）\n\t!?！？。", r)
	}) {
		piece = lex.window(trimClause(piece), func(s string) bool { return o.repeatable(lex, s) })
		if weight := lex.tells(piece); piece != "" && weight > most {
			best, most = piece, weight
		}
	}
	return best
}

// tells weighs how much a piece says.
func (lex *lexicon) tells(piece string) int {
	r := lex.read(piece)
	if len(r.text) < 4 {
		return 0
	}
	n := 1
	if r.topic() != "other" {
		n += 3
	}
	if good, ill := r.mood(); good+ill > 0 {
		n += 2
	}
	if strings.ContainsFunc(r.text, unicode.IsDigit) {
		n++
	}
	return n
}

// window is the most telling run of words in a piece that may be repeated, not
// beginning or ending with a word like "the".
func (lex *lexicon) window(piece string, repeatable func(string) bool) string {
	if lex.dense() {
		if piece = tail(piece); piece != "" && repeatable(piece) {
			return piece
		}
		return ""
	}
	words := strings.Fields(piece)
	if strings.Join(words, " ") != piece {
		return "" // odd spacing: the words would not stand in the review so
	}
	best, most := "", 0
	for i := range words {
		for n := 2; n <= quoteWords && i+n <= len(words); n++ {
			run := strings.Join(words[i:i+n], " ")
			if utf8.RuneCountInString(run) > quoteRunes {
				break
			}
			if weight := 2*lex.tells(run) + n + lex.shape(words, i, i+n); weight > most && repeatable(run) {
				best, most = run, weight
			}
		}
	}
	return best
}

// tail is a Japanese piece from its beginning or, where that is too long to
// quote, from after a particle on: what is said stands at the end. A particle
// counts only between characters that are not hiragana, where it cannot be part
// of a word.
func tail(piece string) string {
	rs := []rune(piece)
	if len(rs) < 3 {
		return ""
	}
	for i := 0; i < len(rs)-4; i++ {
		border := i == 0 || i > 1 && strings.ContainsRune("はがをにもで", rs[i-1]) && !unicode.Is(unicode.Hiragana, rs[i-2]) && !unicode.Is(unicode.Hiragana, rs[i])
		if border && len(rs)-i <= quoteDense {
			return string(rs[i:])
		}
	}
	if len(rs) <= quoteDense {
		return piece
	}
	return ""
}

// anyQuote picks the most telling words of a review that can be repeated,
// wherever they stand.
func (c *composer) anyQuote() string {
	best, most := "", 0
	r := c.req.Case.Review
	for _, field := range []string{r.Title, r.Body} {
		for _, s := range sentences(field) {
			q := c.quote(s)
			if weight := c.lex.tells(q); q != "" && weight > most {
				best, most = q, weight
			}
		}
	}
	return best
}

// shape weighs how well words[from:to] is cut: best at the ends of the piece,
// badly after "the" or between a number and what it counts.
func (lex *lexicon) shape(words []string, from, to int) int {
	weak := func(w string) bool { return lex.isOne(lex.Weak, w) || lex.isOne(lex.Determiners, w) }
	n := 0
	if from == 0 {
		n += 2
	}
	switch last := words[to-1]; {
	case weak(last), to < len(words) && (unicode.IsDigit(lastRune(last)) || lex.Units.in(fold(words[to]).text)):
		n -= 8
	case to == len(words):
		n += 2
	case weak(words[to]):
		n++
	}
	return n
}

func (lex *lexicon) trimWeak(words []string) []string {
	for len(words) > 0 && lex.isOne(lex.Weak, words[len(words)-1]) {
		words = words[:len(words)-1]
	}
	return words
}

// dense tells languages whose quotes are measured in letters.
func (lex *lexicon) dense() bool { return lex.Language == "ja" }

// repeatable tells whether words of the review may stand in a public reply:
// nothing hidden, no address or long number, no insult or accusation, nothing
// meant for a machine, nothing that may be a name.
func (o *Offline) repeatable(lex *lexicon, s string) bool {
	if prompts.Clean(s, 200) != s || doubtful.MatchString(s) || o.marks.suspect(fold(s)) {
		return false
	}
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) && !strings.ContainsRune(" '’-%€$£¥.,/・ー", r) {
			return false
		}
	}
	r := lex.read(s)
	if r.has(insults) || r.has(strong) || r.has(names) {
		return false
	}
	for i := range classes {
		if r.has(sensitive + list(i)) {
			return false
		}
	}
	return !lex.maybeName(s)
}

// maybeName tells that a capitalised word of s is not one of those that we
// know: it may be somebody's name. In German a word after an article passes.
func (lex *lexicon) maybeName(s string) bool {
	before := ""
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' && r != '’' }) {
		first, _ := utf8.DecodeRuneInString(w)
		if unicode.IsUpper(first) && !lex.knows(w) && !(before != "" && lex.isOne(lex.Determiners, before)) {
			return true
		}
		before = w
	}
	return false
}

// knows tells that w is a word of the lists.
func (lex *lexicon) knows(w string) bool {
	r := lex.read(w)
	if utf8.RuneCountInString(r.text) == 1 || numerals[r.text] || lex.isOne(lex.Weak, w) || lex.isOne(lex.Determiners, w) {
		return true
	}
	return r.speaks() || r.has(units) || lex.Negators.in(r.text)
}

// numerals may begin a sentence with a capital and are nobody's name.
var numerals = func() map[string]bool {
	m := make(map[string]bool)
	for _, w := range strings.Fields("two three four five six seven eight nine ten eleven twelve zwei drei vier fünf sechs sieben acht neun zehn elf zwölf " +
		"deux trois quatre cinq sept huit neuf dix onze douze twee drie vijf zes zeven negen tien twaalf dos tres cuatro cinco seis siete ocho nueve diez once doce") {
		m[fold(w).text] = true
	}
	return m
}()

func (lex *lexicon) isOne(list terms, w string) bool {
	text := fold(w).text
	for _, t := range list {
		if t.text == text {
			return true
		}
	}
	return false
}
