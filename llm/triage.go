package llm

import (
	"context"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/prompts"
	"github.com/evenkeel/evenkeel/review"
)

// triageAnswer is the shape of schemas/triage.json.
type triageAnswer struct {
	Language  string          `json:"language"`
	Claims    []answeredClaim `json:"claims"`
	Topics    []string        `json:"topics"`
	Cause     string          `json:"cause"`
	Heat      string          `json:"heat"`
	Class     string          `json:"class"`
	Suggested string          `json:"suggested"`
	Suspect   bool            `json:"suspect"`
	Questions []string        `json:"questions"`
}

type answeredClaim struct {
	Text  string `json:"text"`
	Words string `json:"words"`
	Topic string `json:"topic"`
}

// Triage asks a model what the review is about, beside the rules. A hostile
// review can talk a model into playing things down, so the model may add to
// what the rules found in heat, class and suspicion, never take away; a claim
// counts only if its words stand in the review. Without a usable answer the
// rules' triage is returned, which says so by its By; the error is then nil
// unless ctx was cancelled.
func (c *Client) Triage(ctx context.Context, req TriageRequest) (review.Triage, error) {
	rules, err := c.offline.Triage(ctx, req)
	if err != nil || req.Review.StarOnly() {
		return rules, err
	}
	ctx, s, cancel := c.begin(ctx)
	defer cancel()
	in := prompts.TriageInput{Review: promptReview(req.Review), TeamLanguage: req.TeamLanguage, StaffNames: req.StaffNames, Topics: Topics}
	if in.TeamLanguage == "" {
		in.TeamLanguage = "en"
	}
	var found review.Triage
	err = s.ask(ctx, question{
		task:   "triage",
		render: func(seal prompts.Seal) (prompts.Messages, error) { in.Seal = seal; return prompts.Triage(in) },
		into:   func() any { return new(triageAnswer) },
		accept: func(a any) (err error) {
			found, err = a.(*triageAnswer).triage(req.Review, rules)
			return err
		},
	})
	if err != nil {
		rules.Tokens, rules.Cost = s.usage.Tokens(), s.usage.Cost
		return rules, context.Cause(withoutDeadline(ctx))
	}
	found.By, found.Tokens, found.Cost = s.model, s.usage.Tokens(), s.usage.Cost
	return found, nil
}

// withoutDeadline is ctx if it was cancelled by its owner, else a context that
// is well: running out of time is no reason to go without the rules.
func withoutDeadline(ctx context.Context) context.Context {
	if ctx.Err() == context.Canceled {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

// triage verifies the answer against the review and joins it with the rules'.
func (a *triageAnswer) triage(r review.Review, rules review.Triage) (review.Triage, error) {
	t := review.Triage{
		Revision: r.Revision, Language: a.Language, Cause: tidy(a.Cause, 80),
		Heat: max(heats[a.Heat], rules.Heat), Class: review.Sensitivity(a.Class),
		Suggested: review.Verdict(a.Suggested), Suspect: a.Suspect || rules.Suspect,
	}
	if a.Class == "ordinary" {
		t.Class = rules.Class
	}
	if rules.Language != "" {
		t.Language = rules.Language // given by the platform, or certain by its letters
	}
	text := r.Text()
	for _, cl := range a.Claims {
		words, ok := locate(text, cl.Words)
		if !ok || slices.ContainsFunc(t.Claims, func(have review.Claim) bool { return have.Words == words }) {
			continue
		}
		t.Claims = append(t.Claims, review.Claim{N: len(t.Claims) + 1, Text: tidy(cl.Text, 300), Words: words, Topic: cl.Topic})
	}
	if len(t.Claims) == 0 && len(a.Claims) > 0 {
		return t, &Error{Kind: Malformed, Detail: "none of the claims' words stand in the review"}
	}
	for _, topic := range a.Topics {
		if !slices.Contains(t.Topics, topic) {
			t.Topics = append(t.Topics, topic)
		}
	}
	for _, q := range a.Questions {
		if q = tidy(q, 200); q != "" && strings.ContainsFunc(q, isWord) {
			t.Questions = append(t.Questions, q)
		}
	}
	return t, nil
}

func isWord(r rune) bool { return wordRune(r) || unbroken(r) }

var heats = map[string]review.Heat{"calm": review.Calm, "upset": review.Upset, "heated": review.Heated}
