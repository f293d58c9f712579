package llm

import (
	"hash/fnv"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/review"
)

// plan is how much a reply says. Plans are tried from the fullest to the
// barest until the text fits.
type plan struct {
	single   int  // points with a sentence of their own; the rest share one
	opening  bool // thanks for writing
	warm     bool
	quotes   bool
	playbook bool
	facts    bool
}

var plans = []plan{
	{single: 4, opening: true, warm: true, quotes: true, playbook: true, facts: true},
	{single: 4, opening: true, quotes: true, playbook: true, facts: true},
	{single: 2, opening: true, quotes: true, playbook: true, facts: true},
	{single: 1, quotes: true, playbook: true, facts: true},
	{single: 1, quotes: true, facts: true},
	{single: 0, quotes: true, facts: true},
	{single: 0, quotes: true},
	{single: 0},
}

// fit builds the fullest reply that the platform takes, that is comfortable to
// read and, when a shorter one was asked for, that is shorter than before.
func (c *composer) fit() ([]review.Sentence, bool) {
	limit := comfortable
	if c.lex.dense() || c.lex.Language == "ko" {
		limit /= 2
	}
	first := 1
	if c.wish.warmer {
		first = 0
	}
	if c.wish.shorter {
		first = 3
		if c.req.Previous != "" {
			limit = min(limit, utf8.RuneCountInString(c.req.Previous)*17/20)
		}
	}
	var best []review.Sentence
	for _, p := range plans[first:] {
		if c.wish.plainer {
			p.quotes = false
		}
		s := c.build(p)
		text := Join(c.lex.Language, s, c.signOff)
		if c.req.MaxLen > 0 && Length(text, c.req.Unit) > c.req.MaxLen {
			continue
		}
		if best = s; utf8.RuneCountInString(text) <= limit {
			break
		}
	}
	return best, len(best) > 0
}

// build composes the reply of one plan.
func (c *composer) build(p plan) []review.Sentence {
	var out []review.Sentence
	switch {
	case c.req.Case.Review.StarOnly():
		out = c.stars()
	case c.thanks || !c.regret:
		out = c.thankYou(p)
	default:
		out = c.answer(p)
	}
	if c.signOff != "" {
		out = append(out, courtesy(c.signOff))
	}
	return out
}

// stars answers a mark without words.
func (c *composer) stars() []review.Sentence {
	if !c.req.Case.Review.Rating.Critical() {
		return []review.Sentence{courtesy(c.phrase("stars_good", 0))}
	}
	out := []review.Sentence{courtesy(c.phrase("stars_bad", 0))}
	if c.req.Contact != "" {
		out = append(out, courtesy(c.fill(c.phrase("tell_us", 0), "", "", "")))
	}
	return out
}

// thankYou answers praise, and the points of criticism in it.
func (c *composer) thankYou(p plan) []review.Sentence {
	out := []review.Sentence{courtesy(c.phrase("praise", 0))}
	if s, ok := c.praiseSentence(p); ok {
		out = append(out, s)
	} else if s, ok := c.takeUp(p); ok && len(c.points) == 0 {
		out = append(out, s)
	}
	p.single = min(p.single, 2)
	out = append(out, c.pointSentences(p)...)
	out = append(out, c.rest(p, out)...)
	if !c.thanks && c.req.Contact != "" {
		out = append(out, courtesy(c.fill(c.phrase("contact", 0), "", "", "")))
	}
	return out
}

// takeUp answers a review in which the rules see no point with a few of its own
// words, so that the reply is about it all the same.
func (c *composer) takeUp(p plan) (review.Sentence, bool) {
	quote := ""
	if p.quotes {
		quote = c.anyQuote()
	}
	if quote == "" {
		return review.Sentence{}, false
	}
	return review.Sentence{Text: c.fill(c.phrase("take_up", 0), "", quote, ""), Source: review.SourceReview, Ref: quote}, true
}

func (c *composer) praiseSentence(p plan) (review.Sentence, bool) {
	var topics []string
	for _, x := range c.praised {
		if p.quotes && x.quote != "" {
			return review.Sentence{Text: c.fill(c.phrase("praise_quote", 0), "", x.quote, ""), Source: review.SourceReview, Ref: x.quote}, true
		}
		if label := c.lex.Topics[x.topic].Label; x.topic != "other" && !slices.Contains(topics, label) && len(topics) < 3 {
			topics = append(topics, label)
		}
	}
	if len(topics) == 0 {
		return review.Sentence{}, false
	}
	return review.Sentence{Text: c.fill(c.phrase("praise_topic", 0), "", "", c.list(topics)), Source: review.SourceReview, Ref: c.praised[0].words}, true
}

// answer answers criticism: thanks, one apology, each point with what is known
// about it, what happens next.
func (c *composer) answer(p plan) []review.Sentence {
	var out []review.Sentence
	if p.opening {
		out = append(out, courtesy(c.phrase("thanks", 0)))
	}
	// A middling mark without a complaint wants no apology: nobody knows for what.
	if len(c.points) > 0 || c.req.Case.Review.Rating.Value < 3 {
		out = append(out, courtesy(c.phrase("apology", 0)))
		if p.warm {
			out = append(out, courtesy(c.phrase("warm", 0)))
		}
	}
	out = append(out, c.pointSentences(p)...)
	taken := len(c.points) > 0
	if s, ok := c.takeUp(p); ok && !taken {
		out, taken = append(out, s), true
	}
	out = append(out, c.rest(p, out)...)
	if c.req.Contact == "" || !taken {
		out = append(out, courtesy(c.phrase("checking", 0)))
	}
	if c.req.Contact != "" {
		out = append(out, courtesy(c.fill(c.phrase("contact", 0), "", "", "")))
	}
	return out
}

// pointSentences takes up the points, each followed by the facts about it.
func (c *composer) pointSentences(p plan) []review.Sentence {
	var out []review.Sentence
	n := min(p.single, len(c.points))
	if len(c.points)-n == 1 && n > 0 {
		n++ // a last one alone needs no list
	}
	for i, x := range c.points[:n] {
		out = append(out, c.pointSentence(x, i, p.quotes))
		out = append(out, c.factsOn(x, p)...)
	}
	rest := c.points[n:]
	if len(rest) == 0 {
		return out
	}
	var labels []string
	var claims []int
	for _, x := range rest {
		label := c.lex.Topics[x.topic].Label
		if p.quotes && n == 0 && x.quote != "" && len(labels) == 0 && len(rest) == 1 {
			return append(out, c.pointSentence(x, 0, true))
		}
		labels = append(labels, label)
		claims = append(claims, x.claims...)
	}
	key := "group"
	if len(rest) == 1 {
		key = "one"
	}
	text := c.fill(c.phrase(key, 0), labels[0], "", c.list(labels))
	out = append(out, review.Sentence{Text: text, Claims: claims, Source: review.SourceReview, Ref: rest[0].words})
	for _, x := range rest {
		out = append(out, c.factsOn(x, p)...)
	}
	return out
}

func (c *composer) pointSentence(x point, i int, quotes bool) review.Sentence {
	label := c.lex.Topics[x.topic].Label
	quote := x.quote
	if !quotes {
		quote = ""
	}
	key, ref := "point_topic", x.words
	switch {
	case quote != "" && (x.topic == "other" || x.topic == "returns"): // our own word "refund" would read like an offer
		key, ref = "point_quote", quote
	case quote != "":
		key, ref = "point_full", quote
	}
	return review.Sentence{Text: c.fill(c.phrase(key, i), label, quote, ""), Claims: x.claims, Source: review.SourceReview, Ref: ref}
}

// factsOn are the facts about a point.
func (c *composer) factsOn(x point, p plan) []review.Sentence {
	var out []review.Sentence
	for _, f := range c.facts {
		if f.topic == x.topic && x.topic != "other" && p.tells(f) {
			out = append(out, review.Sentence{Text: f.text, Claims: x.claims, Source: f.source, Ref: f.ref})
		}
	}
	return out
}

// rest are the facts about no point in particular, and what was asked to be
// mentioned and was not said already.
func (c *composer) rest(p plan, said []review.Sentence) []review.Sentence {
	var out []review.Sentence
	for _, f := range c.facts {
		if p.tells(f) && (f.topic == "other" || !c.raised(f.topic)) {
			out = append(out, review.Sentence{Text: f.text, Source: f.source, Ref: f.ref})
		}
	}
	for i, f := range c.extra {
		if !slices.ContainsFunc(said, func(s review.Sentence) bool { _, ok := locate(s.Text, f.text); return ok }) {
			out = append(out, review.Sentence{Text: c.fill(c.phrase("point_quote", i+1), "", f.text, ""), Source: f.source, Ref: f.ref})
		}
	}
	return out
}

func (p plan) tells(f fact) bool {
	return p.facts && (f.source != review.SourcePlaybook || p.playbook)
}

// phrase chooses among the ways to say something. Within one reply they take
// turns; ways marked with a plus never come first.
func (c *composer) phrase(key string, i int) string {
	all := c.lex.Phrases[key]
	if len(all) == 0 {
		return ""
	}
	h := fnv.New64a()
	h.Write([]byte(key))
	turn := int((c.seed ^ h.Sum64()) % uint64(len(all)))
	ways := slices.Concat(all[turn:], all[:turn])
	first := max(slices.IndexFunc(ways, func(w string) bool { return !strings.HasPrefix(w, "+") }), 0)
	ways[0], ways[first] = ways[first], ways[0]
	return strings.TrimPrefix(ways[i%len(ways)], "+")
}

// fill puts words into a phrase. The words are put in once and not searched
// again: a quote that looks like a place holder stays a quote.
func (c *composer) fill(phrase, topic, quote, topics string) string {
	text := strings.NewReplacer("{topic}", topic, "{topics}", topics, "{contact}", c.req.Contact, "{quote}", quote).Replace(phrase)
	if strings.HasPrefix(phrase, "{topic") {
		return capital(text)
	}
	return text
}

// capital makes the first letter great.
func capital(s string) string {
	for i, r := range s {
		if i == 0 {
			return strings.ToUpper(string(r)) + s[utf8.RuneLen(r):]
		}
	}
	return s
}

func (c *composer) list(items []string) string {
	switch n := len(items); n {
	case 0:
		return ""
	case 1:
		return items[0]
	default:
		return strings.Join(items[:n-1], c.lex.List[0]) + c.lex.List[1] + items[n-1]
	}
}

func courtesy(text string) review.Sentence {
	return review.Sentence{Text: text, Source: review.SourceCourtesy}
}
