package llm

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/prompts"
	"github.com/evenkeel/evenkeel/review"
)

// draftAnswer is the shape of schemas/draft.json.
type draftAnswer struct {
	Sentences []answeredSentence `json:"sentences"`
}

type answeredSentence struct {
	Text   string `json:"text"`
	Claims []int  `json:"claims"`
	Source string `json:"source"`
	Ref    string `json:"ref"`
}

// Draft asks a model for a reply and grounds it: claims that do not exist are
// dropped, sources that do not exist make their sentence unsourced. A text that
// is too long, or in another language than asked for, is sent back once. When
// the day's budget is used up the built-in drafter writes instead. Other
// failures are an [*Error].
func (c *Client) Draft(ctx context.Context, req Request) (Result, error) {
	ctx, s, cancel := c.begin(ctx)
	defer cancel()
	lang := c.offline.languageOf(req)
	d, err := s.draft(ctx, req, lang)
	if errors.Is(err, &Error{Kind: Budget}) {
		return c.degrade(ctx, req, err)
	}
	if err != nil {
		return Result{}, err
	}
	res := Result{Draft: d}
	if lang != "" && d.Language != lang {
		res.Notes = append(res.Notes, fmt.Sprintf("The draft seems to be in %s, not in %s as asked.", d.Language, lang))
	}
	if d.Sentences == nil {
		return Result{}, &Error{Kind: Empty, Tries: s.made}
	}
	if team := req.TeamLanguage; team != "" && base(team) != base(d.Language) {
		back, err := s.back(ctx, d.Text, d.Language, team)
		if err != nil {
			res.Notes = append(res.Notes, "There is no back-translation this time: the language model did not give one.")
		}
		res.Draft.BackText = back
	}
	res.Usage, res.Elapsed = s.usage, c.cfg.Now().Sub(s.start)
	return res, nil
}

// degrade lets the built-in drafter write, or gives the reason why not.
func (c *Client) degrade(ctx context.Context, req Request, why error) (Result, error) {
	res, err := c.offline.Draft(ctx, req)
	if err != nil {
		return Result{}, why
	}
	res.Notes = append(res.Notes, "Today's budget for the language model is used up; this is the built-in drafter's text.")
	return res, nil
}

// draft asks until the text fits and speaks the right language, or the tries
// are used up; the last usable text is taken then, and the checks judge it.
func (s *session) draft(ctx context.Context, req Request, lang string) (review.Draft, error) {
	in := draftInput(req, lang)
	var best *review.Draft
	for {
		var got []review.Sentence
		err := s.ask(ctx, question{
			task: "draft", temperature: 0.4,
			render: func(seal prompts.Seal) (prompts.Messages, error) { in.Seal = seal; return prompts.Draft(in) },
			into:   func() any { return new(draftAnswer) },
			accept: func(a any) error {
				if got = ground(req, lang, a.(*draftAnswer).Sentences); len(got) == 0 {
					return &Error{Kind: Empty, Detail: "no sentence with words"}
				}
				s.c.offline.disown(req, lang, got)
				return nil
			},
		})
		if err != nil && best != nil {
			return *best, nil
		}
		if err != nil {
			return review.Draft{}, err
		}
		signOff := tidy(req.SignOff, 200)
		if signOff != "" {
			got = append(got, courtesy(signOff))
		}
		text := Join(lang, got, signOff)
		best = &review.Draft{
			Text: text, Language: spoken(text, lang), Origin: review.FromModel,
			Model: s.model, Prompt: s.c.prompt, Instruction: req.Instruction, Sentences: got,
			Revision: req.Case.Review.Revision, Facts: req.Case.FactsRevision,
		}
		long := Length(text, req.Unit) - req.MaxLen
		switch {
		case s.left < 1:
			return *best, nil
		case req.MaxLen > 0 && long > 0:
			in.Instruction = strings.TrimSpace(req.Instruction + fmt.Sprintf("\nThe text is %d %s too long. Say the same in fewer words.", long, unitName(req.Unit)))
		case lang != "" && best.Language != lang:
			in.Instruction = strings.TrimSpace(req.Instruction + "\nThe text is in the wrong language. Say the same in the language asked for.")
		default:
			return *best, nil
		}
		in.Previous = text
	}
}

// spoken is the language a text is really in, as far as that is certain.
func spoken(text, asked string) string {
	if found := DetectLanguage(text); found != "" && found != base(asked) && utf8.RuneCountInString(text) > 2*sureLength {
		return found
	}
	return asked
}

func draftInput(req Request, lang string) prompts.DraftInput {
	r := req.Case.Review
	in := prompts.DraftInput{
		Review: promptReview(r), Claims: promptClaims(req.Case.Claims), Facts: promptFacts(req.Facts),
		Playbook: promptNamed(req.PlaybookFacts), Examples: req.Examples, Previous: req.Previous, Instruction: req.Instruction,
		Brand: req.Brand, Voice: req.Voice, Contact: req.Contact, Rules: req.Rules, Approved: req.Approved,
		Goal: string(req.Case.Goal), Variant: req.Variant, Language: lang, Unit: unitName(req.Unit), NoQuotes: req.NoQuotes,
		Thanks: req.Case.Verdict == review.VerdictThank,
	}
	if req.MaxLen > 0 {
		in.MaxLen = max(req.MaxLen-Length(tidy(req.SignOff, 200), req.Unit)-2, 1)
	}
	return in
}

func promptReview(r review.Review) prompts.Review {
	return prompts.Review{Title: r.Title, Body: r.Body, Author: r.Author, Subject: r.Subject.Name, Rating: r.Rating.String()}
}

func promptClaims(claims []review.Claim) []prompts.Claim {
	out := make([]prompts.Claim, len(claims))
	for i, c := range claims {
		out[i] = prompts.Claim{N: c.N, Text: c.Text, Words: c.Words}
	}
	return out
}

func promptFacts(facts []review.Fact) []prompts.Fact {
	var out []prompts.Fact
	for _, f := range facts {
		if !f.Retracted {
			out = append(out, prompts.Fact{N: f.N, Text: f.Text})
		}
	}
	return out
}

func promptNamed(facts []NamedFact) []prompts.NamedFact {
	out := make([]prompts.NamedFact, len(facts))
	for i, f := range facts {
		out[i] = prompts.NamedFact(f)
	}
	return out
}

// tidy makes a text one clean line.
func tidy(s string, limit int) string {
	return strings.Join(strings.Fields(prompts.Clean(s, limit)), " ")
}
