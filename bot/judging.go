package bot

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/text/language"

	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// Judge reads a finished text a second time and says what code cannot tell.
// An error's text is shown on the card: it must be calm and hold no secret.
type Judge interface {
	Judge(ctx context.Context, r llm.JudgeRequest) ([]review.Finding, llm.Usage, error)
}

// Translator puts a text into the team's language for the approver's eyes.
type Translator interface {
	Translate(ctx context.Context, text, from, to string) (string, llm.Usage, error)
}

// readAgain tells whether a person's text is read a second time by a model.
func (d *Desk) readAgain() bool { return d.Judge != nil || d.Translator != nil }

// judgeDraft adds what the second reading says to a draft that a machine wrote.
// Without a second reading the draft stands as it is and says so.
func (d *Desk) judgeDraft(ctx context.Context, c review.Case, draft *review.Draft) {
	if d.Judge == nil {
		return
	}
	findings, usage, err := d.Judge.Judge(ctx, d.brief(c).Judge(c, draft.Text, draft.Language))
	draft.Tokens, draft.Cost = draft.Tokens+usage.Tokens(), draft.Cost+usage.Cost
	if err != nil {
		d.Logger.WarnContext(ctx, "no second reading", slog.Int64("case", c.ID), slog.Any("error", err))
		draft.Notes = append(draft.Notes, unread(err))
		return
	}
	for _, f := range findings {
		f.Judged = true
		draft.Findings = append(draft.Findings, f)
	}
	draft.Checks += "+" + judged
}

// judged marks the version of the checks of a text that was read again.
const judged = "judge"

func unread(err error) string {
	return "There was no second reading by a model: " + sentence(err.Error())
}

// judgeTries is how often the second reading of a person's text is tried. A
// model that does not answer must not keep people from their work.
const judgeTries = 3

// judge reads a person's text a second time. The deterministic checks have
// spoken already; this one only adds.
func (d *Desk) judge(ctx context.Context, j storage.Job) error {
	c, err := d.Store.Case(ctx, j.Case)
	if err != nil {
		return err
	}
	if c.Draft == nil || !c.Draft.Judging || (c.Status != review.Drafted && c.Status != review.Approved) {
		return d.done(ctx, j)
	}
	action := review.Judge{Text: c.Draft.Hash()}
	if d.Judge != nil {
		findings, usage, err := d.Judge.Judge(ctx, d.brief(c).Judge(c, c.Draft.Text, c.Draft.Language))
		action.Tokens, action.Cost = usage.Tokens(), usage.Cost
		switch {
		case err != nil && tries(j) < judgeTries:
			return err
		case err != nil:
			action.Failed = unread(err)
		default:
			action.Findings, action.Checks = findings, judged
		}
	}
	d.translateBack(ctx, c, &action)
	return d.system(ctx, j, "judge", action)
}

// translateBack adds the text in the team's language, where that is another.
func (d *Desk) translateBack(ctx context.Context, c review.Case, action *review.Judge) {
	from, to := c.Draft.Language, d.Playbook.Language()
	if found := llm.DetectLanguage(c.Draft.Text); found != "" {
		from = found // the words are a person's: they may be in any language
	}
	if d.Translator == nil || sameLanguage(from, to) {
		return
	}
	back, usage, err := d.Translator.Translate(ctx, c.Draft.Text, from, to)
	action.Tokens, action.Cost = action.Tokens+usage.Tokens(), action.Cost+usage.Cost
	if err != nil {
		d.Logger.WarnContext(ctx, "no back-translation", slog.Int64("case", c.ID), slog.Any("error", err))
		return
	}
	action.BackText = back
}

// judgePatience is how long an approved text waits in the outbox for the second
// reading of its words. It is generous beside what a model takes, and bounded:
// a model may add a doubt, it must not keep a reply back by its silence.
const judgePatience = 3 * time.Minute

// stillRead tells until when a text that is due waits for its second reading.
func (d *Desk) stillRead(c review.Case) (until time.Time, waits bool) {
	until = c.Draft.At.Add(judgePatience)
	return until, c.Draft.Judging && d.readAgain() && until.After(d.Now())
}

// judgeLook is how soon a text that waits for its second reading is looked at
// again.
const judgeLook = 10 * time.Second

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// sameLanguage compares tags by their language alone: "pt" and "pt-BR" are one.
func sameLanguage(a, b string) bool {
	x, _ := language.Make(a).Base()
	y, _ := language.Make(b).Base()
	return x == y
}
