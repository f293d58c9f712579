package llm

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/prompts"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/rubric"
)

// offlineModel is the model's name on drafts of the built-in drafter.
const offlineModel = "offline"

// comfortable is the length in runes that a reply stays under where the
// platform allows more: long replies are read as excuses.
const comfortable = 900

// Draft composes a reply from the review's own points and the facts given. It
// fails with [Unsupported] for languages without phrases, for a reply that
// cannot be made short enough, and else only as its context or Avoid does.
func (o *Offline) Draft(ctx context.Context, req Request) (Result, error) {
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	lang := o.languageOf(req)
	lex := o.words.get(lang)
	if lex == nil {
		name := lang
		if name == "" {
			name = "the language of this review, which is not certain"
		}
		return Result{}, &Error{Kind: Unsupported, Detail: fmt.Sprintf(
			"the built-in drafter does not write in %s; please write the reply by hand, or set up a language model", name)}
	}
	c := o.newComposer(lex, req)
	earlier := req.Examples
	if req.Avoid != nil {
		avoid, err := req.Avoid(ctx)
		if err != nil {
			return Result{}, err
		}
		earlier = slices.Concat(earlier, avoid)
	}
	sentences, ok := c.freshest(earlier)
	if !ok {
		return Result{}, &Error{Kind: Unsupported, Detail: fmt.Sprintf(
			"the built-in drafter cannot answer this review within %d %s; please write the reply by hand", req.MaxLen, unitName(req.Unit))}
	}
	return Result{
		Draft: review.Draft{
			Text: Join(lang, sentences, c.signOff), Language: lang,
			Origin: review.FromOffline, Model: offlineModel,
			Instruction: req.Instruction, Sentences: sentences,
			Revision: req.Case.Review.Revision, Facts: req.Case.FactsRevision,
		},
		Notes: c.notes,
	}, nil
}

// shuffles is how many choices of phrases are weighed against earlier replies.
const shuffles = 8

// freshest composes the reply with several choices of phrases and takes the
// one that resembles the earlier texts least; without any, the first.
func (c *composer) freshest(texts []string) (best []review.Sentence, ok bool) {
	var earlier []rubric.Fingerprint
	for _, e := range texts {
		earlier = append(earlier, rubric.FingerprintOf(e))
	}
	least, seed := 2.0, c.seed
	for i := range shuffles {
		c.seed = seed + uint64(i)*0x9e3779b97f4a7c15 // a step that visits all choices
		s, fits := c.fit()
		if !fits {
			continue
		}
		most, text := 0.0, rubric.FingerprintOf(Join(c.lex.Language, s, c.signOff))
		for _, e := range earlier {
			most = max(most, text.Similarity(e))
		}
		if most < least {
			best, ok, least = s, true, most
		}
		if most < 0.3 {
			break
		}
	}
	return best, ok
}

// languageOf is the language in which to answer.
func (o *Offline) languageOf(req Request) string {
	if lang := cmp.Or(req.Language, req.Case.Lang()); lang != "" {
		return lang
	}
	if lang := o.detect(req.Case.Review.Text()); lang != "" {
		return lang
	}
	if req.Case.Review.StarOnly() {
		return req.TeamLanguage
	}
	return ""
}

// point is what one sentence about the review can be about: the claims of one
// topic.
type point struct {
	topic  string
	claims []int
	words  string // the review's
	quote  string // a few of them, "" when none can be repeated
}

// fact is a statement that may be made.
type fact struct {
	text   string
	topic  string
	source review.SourceKind
	ref    string
}

// composer builds one reply.
type composer struct {
	o       *Offline
	lex     *lexicon
	req     Request
	seed    uint64
	wish    wish
	thanks  bool // praise is answered
	regret  bool // an apology is in place
	points  []point
	facts   []fact
	praised []point
	extra   []fact // what was asked to be mentioned
	signOff string
	notes   []string
}

func (o *Offline) newComposer(lex *lexicon, req Request) *composer {
	r := req.Case.Review
	c := &composer{
		o: o, lex: lex, req: req,
		seed:    seedOf(req.Case),
		wish:    o.readWish(req.Instruction, req.Variant, lex.Language, req.TeamLanguage),
		signOff: strings.Join(strings.Fields(prompts.Clean(req.SignOff, 200)), " "),
	}
	c.notes = c.wish.notes
	c.thanks = req.Case.Verdict == review.VerdictThank || req.Case.Verdict != review.VerdictReply && r.Rating.Positive()
	claims := req.Case.Claims
	if len(claims) == 0 && req.Case.Triaged == "" {
		for _, cl := range lex.read(r.Text()).claims(r.Rating) {
			cl.N = 0 // found here only: the case does not number it
			claims = append(claims, cl)
		}
	}
	c.points = c.pointsOf(claims)
	c.regret = !c.thanks && (r.Rating.Critical() || len(c.points) > 0)
	if c.thanks || !c.regret {
		c.praised = c.praise(r)
	}
	c.gatherFacts()
	c.gatherMentions()
	return c
}

// seedOf makes replies to different reviews, and later drafts of one, choose
// different phrases.
func seedOf(c review.Case) uint64 {
	d := review.DigestOf(c.Review.Key.String(), fmt.Sprint(c.Review.Revision), fmt.Sprint(c.Drafts))
	var n uint64
	for _, b := range d[:8] {
		n = n<<8 | uint64(b)
	}
	return n
}

// pointsOf groups claims by topic, in the review's order.
func (c *composer) pointsOf(claims []review.Claim) []point {
	var out []point
	at := make(map[string]int)
	for _, cl := range claims {
		topic := cl.Topic
		if c.lex.Topics[topic].Label == "" || topic == "other" {
			topic = c.lex.read(cl.Words).topic()
		}
		if i, ok := at[topic]; ok {
			out[i].claims = append(out[i].claims, number(cl.N)...)
			if out[i].quote == "" {
				out[i].quote = c.quote(cl.Words)
			}
			continue
		}
		at[topic] = len(out)
		out = append(out, point{topic: topic, claims: number(cl.N), words: cl.Words, quote: c.quote(cl.Words)})
	}
	return out
}

func number(n int) []int {
	if n == 0 {
		return nil
	}
	return []int{n}
}

func (c *composer) quote(words string) string {
	if c.req.NoQuotes {
		return ""
	}
	return c.o.quote(c.lex, words)
}

// praise finds what the review speaks well of.
func (c *composer) praise(r review.Review) []point {
	var out []point
	for _, cl := range c.lex.read(r.Text()).clauses() {
		if good, ill := cl.mood(); good > ill {
			out = append(out, point{topic: cl.topic(), words: cl.orig, quote: c.quote(cl.orig)})
		}
	}
	return out
}

// gatherFacts takes what the team and the playbook vouch for, as far as it is
// written in the reply's language: without a model nothing can be translated.
func (c *composer) gatherFacts() {
	for _, f := range c.req.Facts {
		if f.Retracted {
			continue
		}
		text := c.statement(f.Text)
		if !c.o.writtenIn(text, c.lex.Language) {
			c.notes = append(c.notes, fmt.Sprintf("Fact %d is not in the reply's language, and the built-in drafter cannot translate it: please put it into the text by hand.", f.N))
			continue
		}
		c.facts = append(c.facts, fact{text, c.lex.read(text).topic(), review.SourceFact, fmt.Sprint(f.N)})
	}
	for _, f := range c.req.PlaybookFacts {
		text := c.statement(f.Text)
		topic := c.lex.read(f.Name + " " + text).topic()
		if topic != "other" && c.raised(topic) && c.o.writtenIn(text, c.lex.Language) {
			c.facts = append(c.facts, fact{text, topic, review.SourcePlaybook, f.Name})
		}
	}
}

func (c *composer) raised(topic string) bool {
	for _, p := range c.points {
		if p.topic == topic {
			return true
		}
	}
	return false
}

// gatherMentions looks for what the team wants mentioned, in the review and in
// the facts; what stands in neither cannot be mentioned.
func (c *composer) gatherMentions() {
	text := c.req.Case.Review.Text()
	for _, what := range c.wish.mention {
		if c.hasFact(what) {
			continue
		}
		words, ok := locate(text, what)
		switch {
		case ok && c.req.NoQuotes:
			c.notes = append(c.notes, fmt.Sprintf("“%s” stands in the review, but this platform forbids quoting it; please mention it in your own words.", prefix(what, 60)))
		case ok && c.o.repeatable(c.lex, strings.ToLower(words)):
			c.extra = append(c.extra, fact{words, "other", review.SourceReview, words})
		default:
			c.notes = append(c.notes, fmt.Sprintf("“%s” is not mentioned: neither the review nor the facts speak of it in words that can be repeated.", prefix(what, 60)))
		}
	}
}

func (c *composer) hasFact(what string) bool {
	for _, f := range c.facts {
		if _, ok := locate(f.text, what); ok {
			return true
		}
	}
	return false
}

// statement makes a fact a sentence: one line, a capital, a full stop.
func (c *composer) statement(s string) string {
	s = strings.Join(strings.Fields(prompts.Clean(s, 600)), " ")
	first, size := utf8.DecodeRuneInString(s)
	if size > 0 && !strings.Contains(s[:min(len(s), 20)], "@") {
		s = strings.ToUpper(string(first)) + s[size:]
	}
	return c.stopped(s)
}

// stopped ends s with a full stop, if it has no end yet.
func (c *composer) stopped(s string) string {
	if s == "" || strings.ContainsRune(".!?。！？…", lastRune(s)) {
		return s
	}
	if c.lex.dense() {
		return s + "。"
	}
	return s + "."
}

// writtenIn tells whether text is in lang, as far as that can be told; a short
// text passes when its small words are not those of another language.
func (o *Offline) writtenIn(text, lang string) bool {
	if found := DetectLanguage(text); found != "" && utf8.RuneCountInString(text) >= sureLength {
		return found == lang
	}
	native := strings.ContainsFunc(text, unbroken)
	if cjk := lang == "ja" || lang == "ko"; cjk || native {
		return cjk && native
	}
	own, others := 0, 0
	folded := fold(text).text
	for _, l := range Languages {
		n := len(o.words.get(l).small.read(folded).of(weak))
		if l == lang {
			own = n
		} else {
			others = max(others, n)
		}
	}
	return own >= others
}
