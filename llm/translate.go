package llm

import (
	"context"

	"github.com/evenkeel/evenkeel/prompts"
)

// translateAnswer is the shape of schemas/translate.json.
type translateAnswer struct {
	Text string `json:"text"`
}

// Translate puts a finished text into the team's language, closely, for the
// eyes of the approver only. from may be "".
func (c *Client) Translate(ctx context.Context, text, from, to string) (string, Usage, error) {
	ctx, s, cancel := c.begin(ctx)
	defer cancel()
	back, err := s.back(ctx, text, from, to)
	return back, s.usage, err
}

// back translates within a session that has already asked something: it has
// tries of its own, and shares the deadline and the bill.
func (s *session) back(ctx context.Context, text, from, to string) (string, error) {
	model := s.model
	defer func() { s.model = model }()
	s.left = max(s.left, min(2, s.c.cfg.Tries))
	in := prompts.TranslateInput{Text: text, From: from, To: to}
	var out string
	err := s.ask(ctx, question{
		task:   "translate",
		render: func(seal prompts.Seal) (prompts.Messages, error) { in.Seal = seal; return prompts.Translate(in) },
		into:   func() any { return new(translateAnswer) },
		accept: func(a any) error {
			if out = prompts.Clean(a.(*translateAnswer).Text, 16000); out == "" {
				return &Error{Kind: Empty}
			}
			return nil
		},
	})
	if err != nil {
		return "", err
	}
	return out, nil
}
