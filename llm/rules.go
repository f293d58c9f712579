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
	f := fold(text)
	t.Suspect = o.marks.suspect(f)
	if r.StarOnly() {
		t.Suggested = review.VerdictNone
		return t, nil
	}
	t.Suggested = review.VerdictReply
	if r.Rating.Positive() {
		t.Suggested = review.VerdictThank
	}
	lex := o.words.get(t.Language)
	if lex == nil {
		t.Class = class(f.text, req.StaffNames, o.readAll(f))
		t.Heat = shouting(text, r.Rating)
		return t, nil
	}
	whole := lex.readFolded(f)
	t.Class = class(f.text, req.StaffNames, []reading{whole})
	t.Claims = whole.claims(r.Rating)
	t.Topics = whole.topics()
	if len(t.Claims) > 0 {
		t.Cause = mainTopic(t.Claims)
	}
	t.Heat = heat(whole, r.Rating)
	if _, rated := r.Rating.Fifths(); !rated {
		if good, ill := whole.mood(); good > ill && len(t.Claims) == 0 {
			t.Suggested = review.VerdictThank
		}
	}
	t.Questions = o.questions(t.Claims, req.TeamLanguage)
	return t, nil
}

// claims finds the points of criticism of a review. In a critical one that is
// whatever has a topic and is no praise; in a friendly one only what speaks ill.
func (r reading) claims(rating review.Rating) []review.Claim {
	var out []review.Claim
	var first, sour reading // the first that is more than an outburst, and that speaks ill
	for _, c := range r.clauses() {
		if c.isRating() {
			continue
		}
		topic, insult := c.topic(), c.has(insults)
		good, ill := c.mood()
		if first.orig == "" && !insult && utf8.RuneCountInString(c.text) >= 8 && good == 0 {
			first = c
		}
		if sour.orig == "" && !insult && ill > good {
			sour = c
		}
		if isPoint(rating.Critical(), topic, good, ill, insult) {
			out = addClaim(out, topic, c.orig)
		}
	}
	out = r.lex.withoutOutbursts(out)
	if _, rated := rating.Fifths(); len(out) == 0 && (rating.Critical() || !rated) {
		if first.orig == "" || !rated {
			first = sour
		}
		if first.orig != "" {
			out = addClaim(out, first.topic(), first.orig)
		}
	}
	return out
}

// isRating tells "three stars" and the like: a mark, which makes no point.
func (r reading) isRating() bool {
	if !r.has(stars) {
		return false
	}
	words, letters := 3, 16
	if strings.ContainsFunc(r.text, unbroken) {
		letters = 6
	}
	return len(strings.Fields(r.text)) <= words && utf8.RuneCountInString(r.text) <= letters
}

// withoutOutbursts drops "worst shop ever" where something else is said, too.
func (lex *lexicon) withoutOutbursts(claims []review.Claim) []review.Claim {
	kept := slices.DeleteFunc(slices.Clone(claims), func(c review.Claim) bool {
		return len(strings.Fields(c.Words)) <= 3 && utf8.RuneCountInString(c.Words) < 30 && lex.Strong.in(fold(c.Words).text)
	})
	if len(kept) == 0 {
		return claims
	}
	for i := range kept {
		kept[i].N = i + 1
	}
	return kept
}

func isPoint(critical bool, topic string, good, ill int, insult bool) bool {
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
	return append(claims, review.Claim{N: len(claims) + 1, Text: prefix(oneLine(words), maxClaimText), Words: words, Topic: topic})
}

// oneLine is s with single plain spaces between its words, as most texts are.
func oneLine(s string) string {
	last := ' '
	odd := strings.ContainsFunc(s, func(r rune) bool {
		space := unicode.IsSpace(r) && (r != ' ' || last == ' ')
		last = r
		return space
	})
	if odd || last == ' ' {
		return strings.Join(strings.Fields(s), " ")
	}
	return s
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
var classes = [...]review.Sensitivity{review.Minors, review.Safety, review.Health, review.Legal, review.Press}

// class is the gravest sensitive class that a text (folded) touches, as it reads
// in its language, or in all of them where its own is not known.
func class(text string, staff []string, readings []reading) review.Sensitivity {
	for i, c := range classes {
		for _, r := range readings {
			if r.has(sensitive + list(i)) {
				return c
			}
		}
	}
	for _, name := range staff {
		want := fold(name).text
		if utf8.RuneCountInString(want) > 1 && newTerm(want, false, false).in(text) {
			return review.StaffNamed
		}
	}
	return review.Ordinary
}

// heat is how heated the text is. Exclamation marks under praise are joy.
func heat(whole reading, rating review.Rating) review.Heat {
	insult := whole.has(insults)
	loud := shouting(whole.orig, rating)
	strong := len(whole.of(strong))
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
	for w := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if shouted(w) && utf8.RuneCountInString(w) >= 4 {
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

// shouted tells a word in capitals.
func shouted(word string) bool {
	cased := false
	for _, r := range word {
		if unicode.ToUpper(r) != r {
			return false
		}
		cased = cased || unicode.ToLower(r) != r
	}
	return cased
}
