package llm

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/review"
)

// byRules is the name under which the rules' triage goes.
const byRules = "rules"

// Bounds of a triage.
const (
	maxClaims     = 12
	maxClaimText  = 160 // runes
	maxClaimWords = 400 // runes
	maxQuestions  = 4
)

// Offline drafts and triages without a model, from word lists and phrases. It
// never states what it was not given. Its answers depend on nothing but the
// request.
type Offline struct {
	words    lexicons
	marks    suspects
	commands commands
}

// NewOffline makes the built-in drafter.
func NewOffline() *Offline {
	return &Offline{words: newLexicons(), marks: newSuspects(), commands: newCommands()}
}

// AtOnce tells that Triage waits for nobody; see the desk.
func (o *Offline) AtOnce() bool { return true }

// Triage reads the review by rules. It never fails; in a language without word
// lists it finds out little and says so by an empty list of claims.
func (o *Offline) Triage(_ context.Context, req TriageRequest) (review.Triage, error) {
	r := req.Review
	t := review.Triage{By: byRules, Revision: r.Revision, Language: r.Language}
	text := r.Text()
	if t.Language == "" {
		t.Language = o.detect(text)
	}
	t.Suspect = o.marks.suspect(text)
	if r.StarOnly() {
		t.Suggested = review.VerdictNone
		return t, nil
	}
	whole := sift(fold(text).text)
	t.Class = o.class(whole, t.Language, req.StaffNames)
	t.Suggested = review.VerdictReply
	if r.Rating.Positive() {
		t.Suggested = review.VerdictThank
	}
	lex := o.words.get(t.Language)
	if lex == nil {
		t.Heat = shouting(text, r.Rating)
		return t, nil
	}
	t.Claims = lex.claims(r)
	t.Topics = lex.topics(whole)
	if len(t.Claims) > 0 {
		t.Cause = mainTopic(t.Claims)
	}
	t.Heat = lex.heat(text, whole, r.Rating)
	if _, rated := r.Rating.Fifths(); !rated {
		if good, ill := lex.mood(whole); good > ill && len(t.Claims) == 0 {
			t.Suggested = review.VerdictThank
		}
	}
	t.Questions = o.questions(t.Claims, req.TeamLanguage)
	return t, nil
}

// claims finds the points of criticism. In a critical review that is whatever
// has a topic and is no praise; in a friendly one only what speaks ill.
func (lex *lexicon) claims(r review.Review) []review.Claim {
	var out []review.Claim
	var first, sour string // the first clause that is more than an outburst, and that speaks ill
	for _, field := range []string{r.Title, r.Body} {
		for _, s := range sentences(field) {
			for _, words := range lex.clauses(s) {
				text := sift(fold(words).text)
				if lex.isRating(text) {
					continue
				}
				topic := lex.topicOf(text)
				good, ill := lex.mood(text)
				insult := lex.Insults.in(text)
				if first == "" && !insult && utf8.RuneCountInString(text.text) >= 8 && good == 0 {
					first = words
				}
				if sour == "" && !insult && ill > good {
					sour = words
				}
				if lex.isPoint(r.Rating.Critical(), topic, good, ill, insult) {
					out = addClaim(out, topic, words)
				}
			}
		}
	}
	out = lex.withoutOutbursts(out)
	if _, rated := r.Rating.Fifths(); len(out) == 0 && (r.Rating.Critical() || !rated) {
		if first == "" || !rated {
			first = sour
		}
		if first != "" {
			out = addClaim(out, lex.topicOf(sift(fold(first).text)), first)
		}
	}
	return out
}

// isRating tells "three stars" and the like: a mark, which makes no point.
func (lex *lexicon) isRating(in *sifted) bool {
	if !lex.Stars.in(in) {
		return false
	}
	text, words, letters := in.text, 3, 16
	if strings.ContainsFunc(text, unbroken) {
		letters = 6
	}
	return len(strings.Fields(text)) <= words && utf8.RuneCountInString(text) <= letters
}

// withoutOutbursts drops "worst shop ever" where something else is said, too.
func (lex *lexicon) withoutOutbursts(claims []review.Claim) []review.Claim {
	kept := slices.DeleteFunc(slices.Clone(claims), func(c review.Claim) bool {
		return len(strings.Fields(c.Words)) <= 3 && utf8.RuneCountInString(c.Words) < 30 && lex.Strong.in(sift(fold(c.Words).text))
	})
	if len(kept) == 0 {
		return claims
	}
	for i := range kept {
		kept[i].N = i + 1
	}
	return kept
}

func (lex *lexicon) isPoint(critical bool, topic string, good, ill int, insult bool) bool {
	switch {
	case topic == "other":
		return ill > good && ill > 1 && !insult
	case critical:
		return good == 0 || ill > good
	}
	return ill > good
}

// addClaim numbers a point; points of one topic that follow each other with
// the same words are one.
func addClaim(claims []review.Claim, topic, words string) []review.Claim {
	if len(claims) >= maxClaims {
		return claims
	}
	words = prefix(words, maxClaimWords)
	for _, c := range claims {
		if c.Topic == topic && strings.Contains(c.Words, words) {
			return claims
		}
	}
	return append(claims, review.Claim{N: len(claims) + 1, Text: prefix(strings.Join(strings.Fields(words), " "), maxClaimText), Words: words, Topic: topic})
}

// prefix is the beginning of s, at most n runes of it.
func prefix(s string, n int) string {
	for i := range s {
		if n == 0 {
			return strings.TrimSpace(s[:i])
		}
		n--
	}
	return s
}

// topics lists what the review is about, good or ill.
func (lex *lexicon) topics(text *sifted) []string {
	var out []string
	for _, name := range Topics {
		if lex.Topics[name].Terms.in(text) {
			out = append(out, name)
		}
	}
	return out
}

// mainTopic is the topic with most claims, the earliest of equals.
func mainTopic(claims []review.Claim) string {
	n := make(map[string]int)
	for _, c := range claims {
		n[c.Topic]++
	}
	best := claims[0].Topic
	for _, c := range claims {
		if n[c.Topic] > n[best] || best == "other" {
			best = c.Topic
		}
	}
	return best
}

// questions lists what must not be guessed about the claims, in the team's
// language.
func (o *Offline) questions(claims []review.Claim, team string) []string {
	lex := o.words.get(team)
	if lex == nil {
		lex = o.words.get("en")
	}
	var out []string
	seen := make(map[string]bool)
	for _, c := range claims {
		if q := lex.Questions[c.Topic]; q != "" && !seen[q] && len(out) < maxQuestions {
			seen[q] = true
			out = append(out, q)
		}
	}
	return out
}

// classes are the sensitive classes, the gravest first.
var classes = []review.Sensitivity{review.Minors, review.Safety, review.Health, review.Legal, review.Press}

// class is the gravest sensitive class the text (folded) touches. Words of all
// languages count where the review's own is not known.
func (o *Offline) class(text *sifted, lang string, staff []string) review.Sensitivity {
	lexicons := []*lexicon{o.words.get(lang)}
	if lexicons[0] == nil {
		lexicons = lexicons[:0]
		for _, l := range Languages {
			lexicons = append(lexicons, o.words.get(l))
		}
	}
	for _, c := range classes {
		for _, lex := range lexicons {
			if lex.Sensitive[string(c)].in(text) {
				return c
			}
		}
	}
	for _, name := range staff {
		want := fold(name).text
		if utf8.RuneCountInString(want) > 1 && (terms{newTerm(want, false, false)}).in(text) {
			return review.StaffNamed
		}
	}
	return review.Ordinary
}

// heat is how heated the text is. Exclamation marks under praise are joy.
func (lex *lexicon) heat(text string, folded *sifted, rating review.Rating) review.Heat {
	insult := lex.Insults.in(folded)
	loud := shouting(text, rating)
	strong := len(lex.Strong.find(folded))
	switch {
	case rating.Positive() && !insult:
		return review.Calm
	case insult, loud == review.Heated, loud == review.Upset && strong > 0, strong > 2:
		return review.Heated
	case loud == review.Upset, strong > 0:
		return review.Upset
	}
	return review.Calm
}

// shouting judges capitals and exclamation marks alone.
func shouting(text string, rating review.Rating) review.Heat {
	if rating.Positive() {
		return review.Calm
	}
	bangs := strings.Count(text, "!") + strings.Count(text, "！")
	caps := 0
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if utf8.RuneCountInString(w) >= 4 && strings.ToUpper(w) == w && strings.ToLower(w) != w {
			caps++
		}
	}
	switch {
	case caps >= 3 && bangs >= 3, caps >= 8, bangs >= 8:
		return review.Heated
	case caps >= 3, bangs >= 3:
		return review.Upset
	}
	return review.Calm
}
