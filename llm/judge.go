package llm

import (
	"context"
	"fmt"

	"github.com/evenkeel/evenkeel/prompts"
	"github.com/evenkeel/evenkeel/review"
)

// The judged checks, 15 to 18 of the rubric.
const (
	CheckCoverage  = "complaint_coverage"
	CheckGrounded  = "grounded_claims"
	CheckNextStep  = "next_step"
	CheckHumanTone = "calm_human_tone"
)

// JudgeRequest is a finished text and what it must be measured by.
type JudgeRequest struct {
	Text          string
	Language      string
	Claims        []review.Claim
	Facts         []review.Fact
	PlaybookFacts []NamedFact
	Approved      []string // commitments approved for this review
	Contact       string
	Thanks        bool // the verdict is thank: no next step is needed
}

// judgeAnswer is the shape of schemas/judge.json.
type judgeAnswer struct {
	Points []struct {
		N        int    `json:"n"`
		Answered bool   `json:"answered"`
		Words    string `json:"words"`
	} `json:"points"`
	Ungrounded []string `json:"ungrounded"`
	NextStep   struct {
		Present bool   `json:"present"`
		Words   string `json:"words"`
	} `json:"next_step"`
	Tone struct {
		Calm  bool   `json:"calm"`
		Words string `json:"words"`
	} `json:"tone"`
}

// Judge asks a model, at temperature 0, what code cannot tell: whether every
// complaint is answered, whether every statement is grounded, whether there is
// a next step and whether the tone is calm. It can only add findings. Its
// evidence is checked here: an answer to a complaint, or a next step, counts
// only if the words quoted for it stand in the text, and a fault only if the
// words at fault do. The messages are ours, never the model's.
func (c *Client) Judge(ctx context.Context, req JudgeRequest) ([]review.Finding, Usage, error) {
	ctx, s, cancel := c.begin(ctx)
	defer cancel()
	in := prompts.JudgeInput{
		Reply: req.Text, Language: req.Language, Claims: promptClaims(req.Claims), Facts: promptFacts(req.Facts),
		Playbook: promptNamed(req.PlaybookFacts), Approved: req.Approved, Contact: req.Contact, Thanks: req.Thanks,
	}
	var a *judgeAnswer
	err := s.ask(ctx, question{
		task:   "judge",
		render: func(seal prompts.Seal) (prompts.Messages, error) { in.Seal = seal; return prompts.Judge(in) },
		into:   func() any { return new(judgeAnswer) },
		accept: func(got any) error { a = got.(*judgeAnswer); return nil },
	})
	if err != nil {
		return nil, s.usage, err
	}
	return a.findings(req), s.usage, nil
}

func (a *judgeAnswer) findings(req JudgeRequest) []review.Finding {
	var out []review.Finding
	answered := make(map[int]bool)
	denied := make(map[int]bool)
	for _, p := range a.Points {
		_, stands := locate(req.Text, p.Words)
		answered[p.N] = answered[p.N] || p.Answered && stands
		denied[p.N] = denied[p.N] || !p.Answered // said twice, the fault counts
	}
	for _, cl := range req.Claims {
		if answered[cl.N] && !denied[cl.N] {
			continue
		}
		out = append(out, review.Finding{
			Check: CheckCoverage, Level: review.Block, Words: cl.Words, Waivable: true,
			Message: fmt.Sprintf("Point %d of the review is not answered; please say something about it, or that it is being looked at.", cl.N),
		})
	}
	for _, u := range a.Ungrounded {
		if words, ok := locate(req.Text, u); ok {
			out = append(out, review.Finding{
				Check: CheckGrounded, Level: review.Block, Words: words, Waivable: true,
				Message: "This states something that neither the review nor a fact supports; please add the fact, or leave it out.",
			})
		}
	}
	if _, stands := locate(req.Text, a.NextStep.Words); !req.Thanks && !(a.NextStep.Present && stands) {
		out = append(out, review.Finding{
			Check: CheckNextStep, Level: review.Warn,
			Message: "The reply names no explanation or next step; one sentence on what happens now would help.",
		})
	}
	if words, stands := locate(req.Text, a.Tone.Words); !a.Tone.Calm && stands {
		out = append(out, review.Finding{
			Check: CheckHumanTone, Level: review.Warn, Words: words,
			Message: "This may not sound calm and human; please read it once more as the customer would.",
		})
	}
	return out
}
