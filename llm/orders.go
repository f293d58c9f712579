package llm

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/words"
)

// A review can talk a model into writing what its author wants, and the model
// then calls that a courtesy, or rests it on the very words that asked for it.
// Recognising such reviews fails far too often to rest on it; what came out can
// be held against what was asked. A sentence of the draft that takes up words
// which only stand where the review orders something, that is written in another
// language than the draft, or that nobody could read, has no source, and the
// checks hold the text back until a person has looked.

// commands are the phrases of lexicon/orders.txt.
type commands struct{ begin, within, writer []phrase }

// phrase is a folded text to look for; open lets letters follow.
type phrase struct {
	text string
	open bool
}

func newPhrase(s string) phrase {
	core, open := strings.CutSuffix(s, "*")
	return phrase{text: fold(core).text, open: open}
}

// opens tells whether a folded text begins with the phrase.
func (p phrase) opens(text string) bool {
	rest, ok := strings.CutPrefix(text, p.text)
	after, _ := utf8.DecodeRuneInString(rest)
	last, _ := utf8.DecodeLastRuneInString(p.text)
	return ok && (p.open || unbroken(last) || !wordRune(after))
}

// in tells whether the phrase stands anywhere in a folded text, from the
// beginning of a word on.
func (p phrase) in(text string) bool {
	first, _ := utf8.DecodeRuneInString(p.text)
	for at := 0; ; {
		i := strings.Index(text[at:], p.text)
		if i < 0 {
			return false
		}
		at += i
		if before, _ := utf8.DecodeLastRuneInString(text[:at]); p.opens(text[at:]) && (unbroken(first) || !wordRune(before)) {
			return true
		}
		at += len(p.text)
	}
}

func newCommands() commands {
	b, _ := lexiconFiles.ReadFile("lexicon/orders.txt") // embedded: cannot fail
	var c commands
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		switch of, toWriter := strings.CutPrefix(line, "writer: "); {
		case line == "" || line[0] == '#':
		case toWriter:
			c.writer = append(c.writer, newPhrase(of))
		case line[0] == '^':
			c.begin = append(c.begin, newPhrase(line[1:]))
		default:
			c.within = append(c.within, newPhrase(line))
		}
	}
	return c
}

// of tells whether a sentence orders something, and whether it speaks of the
// reply.
func (c commands) of(sentence string) (order, writer bool) {
	text := fold(sentence).text
	text = strings.TrimLeftFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && r != '¿' })
	for _, polite := range []string{"please ", "now ", "also ", "bitte ", "alstublieft ", "s'il vous plaît ", "por favor "} {
		text = strings.TrimPrefix(text, polite)
	}
	stands := func(p phrase) bool { return p.in(text) }
	order = slices.ContainsFunc(c.begin, func(p phrase) bool { return p.opens(text) }) || slices.ContainsFunc(c.within, stands)
	return order, slices.ContainsFunc(c.writer, stands)
}

// asked is what a review orders.
type asked struct {
	sentences []string
	tell      map[string]bool // tokens that nothing else explains
}

// asked finds the orders of a review and what gives them away in a reply.
func (o *Offline) asked(req Request, lang string) asked {
	r, home := req.Case.Review, base(req.Case.Lang())
	if home == "" {
		home = o.detect(r.Text())
	}
	var a asked
	explained := []string{req.Brand, req.Contact, req.SignOff, req.Instruction, r.Subject.Name, r.Author}
	for _, field := range []string{r.Title, r.Body} {
		for _, s := range sentences(field) {
			order, writer := o.commands.of(s)
			point := slices.ContainsFunc(req.Case.Claims, func(c review.Claim) bool {
				return strings.Contains(s, c.Words) || strings.Contains(c.Words, s)
			})
			if order && (writer || !point) || o.foreign(s, home) && !point {
				a.sentences = append(a.sentences, s)
			} else {
				explained = append(explained, s)
			}
		}
	}
	if len(a.sentences) == 0 {
		return a
	}
	for _, f := range req.Facts {
		explained = append(explained, f.Text)
	}
	for _, f := range req.PlaybookFacts {
		explained = append(explained, f.Name, f.Text)
	}
	if lex := o.words.get(lang); lex != nil { // what replies say anyway
		for _, phrases := range lex.Phrases {
			explained = append(explained, phrases...)
		}
	}
	known := tokens(explained...)
	a.tell = tokens(a.sentences...)
	for t := range known {
		delete(a.tell, t)
	}
	return a
}

// tokens are the telling words of texts: stems of four letters and more, and
// pairs of letters where words are not set apart.
func tokens(texts ...string) map[string]bool {
	out := make(map[string]bool)
	for _, t := range words.Tokens(texts...) {
		r, _ := utf8.DecodeRuneInString(t)
		switch n := utf8.RuneCountInString(t); {
		case !wordRune(r) && !unbroken(r) || r == 'Ω': // the index's own marks
		case unbroken(r):
			out[t] = true
		case n >= 4 && !unicode.IsDigit(r):
			out[string([]rune(t)[:min(n, stem)])] = true
		}
	}
	return out
}

// stem is how many letters of a word are compared: endings differ.
const stem = 6

// heeds tells whether a sentence does what was asked: it has a long word of an
// order, or two of any length.
func (a asked) heeds(sentence string) bool {
	shared, long := 0, false
	for t := range tokens(sentence) {
		if a.tell[t] {
			shared++
			r, _ := utf8.DecodeRuneInString(t)
			long = long || utf8.RuneCountInString(t) == stem && !unbroken(r)
		}
	}
	return long || shared >= 2
}

// orders tells whether words of the review stand in one of its orders.
func (a asked) orders(words string) bool {
	return words != "" && slices.ContainsFunc(a.sentences, func(s string) bool { return strings.Contains(s, words) || strings.Contains(words, s) })
}

// disown takes the source from sentences that do what the review orders, or
// that do not speak to the customer at all.
func (o *Offline) disown(req Request, lang string, sentences []review.Sentence) {
	a := o.asked(req, lang)
	for i, s := range sentences {
		if a.heeds(s.Text) || s.Source == review.SourceReview && a.orders(s.Ref) ||
			o.foreign(s.Text, base(lang)) || o.unreadable(s.Text, lang, req.Contact) {
			sentences[i].Source, sentences[i].Ref = review.SourceNone, ""
		}
	}
}

// small counts the small words of a language in a folded text.
func (o *Offline) small(text, lang string) int {
	lex := o.words.get(lang)
	if lex == nil {
		return 0
	}
	return len(lex.small.read(text))
}

// foreign tells whether a sentence is certainly in another language: it has
// small words of another one and none of its own, or another script.
func (o *Offline) foreign(sentence, lang string) bool {
	if o.words.get(lang) == nil {
		return false
	}
	text := fold(sentence).text
	latin := len(strings.Fields(text))
	dense := strings.ContainsFunc(text, unbroken)
	if cjk := lang == "ja" || lang == "ko"; cjk || dense {
		return cjk != dense && (dense || latin >= 4)
	}
	if o.small(text, lang) > 0 {
		return false
	}
	for _, other := range Languages {
		if other != lang && o.small(text, other) >= 2 && latin >= 4 {
			return true
		}
	}
	return false
}

// unreadable tells of letters swapped for signs, of words without a gap, and of
// long sentences without a single small word.
func (o *Offline) unreadable(sentence, lang, contact string) bool {
	if contact != "" {
		sentence = strings.ReplaceAll(sentence, contact, " ")
	}
	text := fold(sentence).text
	fields := strings.Fields(text)
	mixed := 0
	for _, f := range fields {
		f = strings.TrimFunc(f, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if strings.ContainsFunc(f, unbroken) {
			continue
		}
		if strings.ContainsAny(f, "@#$%&*^=+") || swapped(f) {
			mixed++
		}
		if utf8.RuneCountInString(f) > longest && !strings.ContainsAny(f, "/.-") {
			return true
		}
	}
	if mixed >= 2 {
		return true
	}
	lex := o.words.get(lang)
	return lex != nil && !lex.dense() && base(lang) != "ko" && len(fields) >= 10 && o.small(text, base(lang)) == 0
}

// longest is a length that no word of everyday German or Dutch has.
const longest = 40

// swapped tells of a digit between letters.
func swapped(word string) bool {
	rs := []rune(word)
	for i := 1; i+1 < len(rs); i++ {
		if unicode.IsDigit(rs[i]) && unicode.IsLetter(rs[i-1]) && unicode.IsLetter(rs[i+1]) {
			return true
		}
	}
	return false
}
