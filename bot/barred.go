package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/incident"
	"github.com/evenkeel/evenkeel/review/rubric"
	"github.com/evenkeel/evenkeel/storage"
)

// This file keeps “isolated case” out of every reply while any incident is open:
// nobody can waive that finding then, whoever wrote the text, and a waiver from
// before does not carry a text out of the outbox. An exception that turns out to
// be one of thousands is what people remember of an incident.

// reconsider is the key of the work that looks at all texts again when an
// incident was opened or closed.
const reconsider = "reconsider-"

// barring says why nothing may be called an exception now, naming the open
// incident that is nearest to the case; "" when none is open.
func (d *Desk) barring(ctx context.Context, c review.Case) (string, error) {
	book, _, err := d.incidents(ctx)
	if err != nil {
		return "", err
	}
	i := closest(book, c)
	if i == nil {
		return "", nil
	}
	return fmt.Sprintf("incident %s (%s) is open", i.Ref(), clip(oneLine(i.Title), 60)), nil
}

// closest is the open incident to which a case belongs, else one of its cause,
// else the newest; nil when none is open.
func closest(book *incident.Book, c review.Case) *incident.Incident {
	if i := book.Of(named(c.Cause), []int64{c.ID}); i != nil {
		return i
	}
	for _, i := range slices.Backward(book.All) {
		if i.Open() {
			return i
		}
	}
	return nil
}

// reconsiderWork asks for a look at all texts that wait.
func (d *Desk) reconsiderWork(i *incident.Incident) review.Work {
	return review.Work{Kind: review.WorkIncident, Case: review.NoCase, Key: reconsider + i.Ref(), Due: d.Now(), Again: true}
}

// reconsiderAll checks the texts again that play something down: what could be
// waived may not be any more, or may again.
func (d *Desk) reconsiderAll(ctx context.Context, j storage.Job) error {
	for after := int64(0); ; {
		cases, err := d.Store.Cases(ctx, storage.Query{Status: []review.Status{review.Drafted, review.Approved}, After: after, Oldest: true, Limit: incidentDepth})
		if err != nil {
			return err
		}
		for _, c := range cases {
			after = c.ID
			if err := d.reconsiderOne(ctx, c); err != nil {
				return err
			}
		}
		if len(cases) < incidentDepth {
			return d.done(ctx, j)
		}
	}
}

func (d *Desk) reconsiderOne(ctx context.Context, c review.Case) error {
	if c.Draft == nil || !slices.ContainsFunc(c.Draft.Findings, func(f review.Finding) bool { return f.Check == rubric.NoIsolatedCase && !f.Judged }) {
		return nil
	}
	findings, version, err := d.check(ctx, c, *c.Draft)
	if err != nil {
		return err
	}
	why, err := d.barring(ctx, c)
	if err != nil {
		return err
	}
	again := review.Reconsider{Text: c.Draft.Hash(), Findings: findings, Checks: version, Why: strings.TrimSpace(firstOf(why, "no incident is open any more"))}
	if _, err := d.act(ctx, c.ID, review.BySystem("watcher"), again, nil, storage.Batch{}); err != nil && !outgrown(err) {
		return err
	}
	return nil
}
