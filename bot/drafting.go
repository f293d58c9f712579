package bot

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/internal/crash"
	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/rubric"
	"github.com/evenkeel/evenkeel/storage"
)

// triage has the review read and records the suggestion.
func (d *Desk) triage(ctx context.Context, j storage.Job) error {
	c, err := d.Store.Case(ctx, j.Case)
	if err != nil {
		return err
	}
	t, err := d.suggest(ctx, c)
	if err != nil {
		if tries(j) < 3 {
			return err
		}
		d.Logger.WarnContext(ctx, "no triage suggestion; people decide without", slog.Int64("case", c.ID), slog.Any("error", err))
		return d.done(ctx, j)
	}
	crash.Point("triage.read")
	err = d.system(ctx, j, "triage", t)
	crash.Point("triage.recorded")
	return err
}

// suggest asks the triager for its reading of a case's review.
func (d *Desk) suggest(ctx context.Context, c review.Case) (review.Triage, error) {
	t, err := d.Triager.Triage(ctx, llm.TriageRequest{Review: c.Review, TeamLanguage: d.Playbook.Language(), StaffNames: d.Playbook.StaffNames()})
	t.Revision = c.Review.Revision
	return t, err
}

// system lets the program apply an action as the end of a job. An action that
// the case has outgrown needs nothing any more.
func (d *Desk) system(ctx context.Context, j storage.Job, part string, action review.Action) error {
	_, err := d.act(ctx, j.Case, review.BySystem(part), action, nil, storage.Batch{Done: &j})
	if outgrown(err) {
		return d.done(ctx, j)
	}
	return err
}

// outgrown tells an action that came too late: the case moved on.
func outgrown(err error) bool {
	return errors.Is(err, review.ErrStale) || errors.Is(err, review.ErrNotNow) || errors.Is(err, review.ErrAlready)
}

// draft has a text written and checked. A failure is not tried again behind
// people's backs: the card becomes a checklist for a text by hand, with a
// button to try again.
func (d *Desk) draft(ctx context.Context, j storage.Job) error {
	c, err := d.Store.Case(ctx, j.Case)
	if err != nil {
		return err
	}
	if !c.Drafting {
		return d.done(ctx, j)
	}
	req := d.brief(c).Request(c, j.Text)
	variant, notes := d.vary(c, &req)
	if req.Examples, err = d.examples(ctx, c, req.Language); err != nil {
		return err
	}
	if req.Rules, err = d.styleRules(ctx, req.Language); err != nil {
		return err
	}
	var unread error // why Avoid could not look: our failure, not the drafter's
	req.Avoid = func(ctx context.Context) (texts []string, err error) {
		texts, unread = d.avoid(ctx, c)
		return texts, unread
	}
	crash.Point("draft.before")
	result, err := d.Drafter.Draft(ctx, req)
	crash.Point("draft.written")
	if unread != nil {
		return unread
	}
	if err != nil {
		d.Logger.WarnContext(ctx, "no draft; people write by hand", slog.Int64("case", c.ID), slog.Any("error", err))
		return d.system(ctx, j, "drafter", review.NoDraft{Why: err.Error()})
	}
	draft := result.Draft
	draft.Revision, draft.Facts = c.Review.Revision, c.FactsRevision
	draft.Instruction, draft.Variant, draft.Notes = j.Text, variant, append(notes, result.Notes...)
	draft.Tokens, draft.Cost = result.Usage.Tokens(), result.Usage.Cost
	draft.Findings, draft.Checks, err = d.check(ctx, c, draft)
	if err != nil {
		return err
	}
	d.judgeDraft(ctx, c, &draft)
	_, err = d.act(ctx, j.Case, review.BySystem("drafter"), review.Propose{Draft: draft}, nil, storage.Batch{Done: &j})
	crash.Point("draft.recorded")
	switch {
	case errors.Is(err, review.ErrStale):
		// The review or the facts moved while the text was written. If a text is
		// still wanted, write it on what is known now.
		return &later{at: d.Now(), why: "the review or the facts moved while the draft was written"}
	case outgrown(err):
		return d.done(ctx, j)
	}
	return err
}

// check holds a text against the rubric. What a second reading found on these
// very words still stands.
func (d *Desk) check(ctx context.Context, c review.Case, draft review.Draft) ([]review.Finding, string, error) {
	earlier, err := d.Store.RecentReplies(ctx, c.Review.Key.Source, sameness)
	if err != nil {
		return nil, "", err
	}
	brief := d.brief(c)
	if brief.Incident, err = d.barring(ctx, c); err != nil {
		return nil, "", err
	}
	in := brief.Checks(c, draft)
	for _, r := range earlier {
		if c.Reply != nil && r.Binding == c.Reply.Binding {
			continue // its own earlier attempt is no boilerplate
		}
		in.Earlier = append(in.Earlier, d.prints.of(r.Text))
	}
	others, err := d.besideDraft(ctx, c)
	if err != nil {
		return nil, "", err
	}
	version := rubric.Version()
	if strings.HasSuffix(draft.Checks, "+"+judged) {
		version += "+" + judged
	}
	return append(d.prints.withSameness(rubric.Check(in), draft.Text, others), draft.Judged()...), version, nil
}

// Edit checks a person's text and makes it the draft. The deterministic checks
// speak at once; where there is a language model, its second reading and the
// back-translation follow.
func (d *Desk) Edit(ctx context.Context, i commands.Invocation, base review.Digest, text string) (review.Case, error) {
	c, err := d.Store.Case(ctx, i.Case)
	if err != nil {
		return c, err
	}
	language := d.brief(c).Language(c)
	draft := review.Draft{Text: text, Language: language, Revision: c.Review.Revision, Facts: c.FactsRevision}
	findings, version, err := d.check(ctx, c, draft)
	if err != nil {
		return c, err
	}
	return d.Do(ctx, i, review.Edit{Base: base, Text: text, Language: language, Findings: findings, Checks: version, Judge: d.readAgain()})
}
