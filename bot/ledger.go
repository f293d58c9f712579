package bot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// longest is how many cases a list looks through: of those that wait or have
// tasks, the oldest, which are the first to be late.
const longest = 5000

// each goes through the cases of a query, the oldest first.
func (d *Desk) each(ctx context.Context, q storage.Query, see func(review.Case)) error {
	q.Oldest, q.Limit = true, 1000
	for seen := 0; seen < longest; {
		cases, err := d.Store.Cases(ctx, q)
		if err != nil || len(cases) == 0 {
			return err
		}
		for _, c := range cases {
			see(c)
		}
		seen += len(cases)
		q.After = cases[len(cases)-1].ID
	}
	return nil
}

// awaiting are the statuses in which a response clock can run.
var awaiting = []review.Status{review.New, review.Open, review.Held, review.Drafted, review.Approved, review.Publishing, review.HandedOver, review.Rejected, review.Unreconciled}

// Overdue lists what is late, the latest first: answers, promises, reaching
// out, questions without an answer.
func (d *Desk) Overdue(ctx context.Context) ([]commands.Item, error) {
	type late struct {
		due  time.Time
		item commands.Item
	}
	var all []late
	now := d.Now()
	err := d.each(ctx, storage.Query{Status: awaiting}, func(c review.Case) {
		if due, ok := d.due(c); ok && !due.After(now) {
			item := d.Describe(c)
			item.Note = "the answer was due " + d.when(due) + "; owner " + firstOf(c.OwnerName, "nobody yet") + "; " + c.Status.Label()
			all = append(all, late{due, item})
		}
	})
	if err != nil {
		return nil, err
	}
	err = d.each(ctx, storage.Query{Tasks: true}, func(c review.Case) {
		for _, t := range c.Tasks() {
			if !t.Due.After(now) {
				all = append(all, late{t.Due, d.taskItem(c, t)})
			}
		}
	})
	slices.SortStableFunc(all, func(a, b late) int { return a.due.Compare(b.due) })
	items := make([]commands.Item, len(all))
	for n, l := range all {
		items[n] = l.item
	}
	return items, err
}

// Promises lists the open promises, the first due first: all, or one person's.
func (d *Desk) Promises(ctx context.Context, owner review.PersonID) ([]commands.Item, error) {
	type open struct {
		due  time.Time
		item commands.Item
	}
	var all []open
	err := d.each(ctx, storage.Query{Tasks: true}, func(c review.Case) {
		for _, t := range c.Tasks() {
			if (t.Kind == review.TaskPromise || t.Kind == review.TaskOwner) && (owner == "" || t.Owner == owner) {
				all = append(all, open{t.Due, d.taskItem(c, t)})
			}
		}
	})
	slices.SortStableFunc(all, func(a, b open) int { return a.due.Compare(b.due) })
	items := make([]commands.Item, len(all))
	for n, o := range all {
		items[n] = o.item
	}
	return items, err
}

// taskItem is a task in a list.
func (d *Desk) taskItem(c review.Case, t review.Task) commands.Item {
	title := map[review.TaskKind]string{
		review.TaskPromise: "promise %d: ", review.TaskOwner: "promise %d, without an owner: ", review.TaskReach: "reach out %d: ",
		review.TaskAnswer: "did promise %d work? ", review.TaskReport: "answer to report %d: ",
	}[t.Kind]
	late := ""
	if !t.Due.After(d.Now()) {
		late = "overdue; "
	}
	return commands.Item{
		Case:  c.ID,
		Title: c.Ref() + " " + fmt.Sprintf(title, t.N) + clip(oneLine(t.Text), 120),
		Note:  late + "due " + d.when(t.Due) + "; owner " + cmp.Or(t.OwnerName, string(t.Owner), "nobody yet"),
	}
}

// reportDays is the stretch of the report on promises.
const reportDays = 90

// PromiseReport counts what was promised in the last ninety days and what
// became of it.
func (d *Desk) PromiseReport(ctx context.Context) (commands.PromiseReport, error) {
	r := commands.PromiseReport{Days: reportDays}
	from := d.Now().AddDate(0, 0, -reportDays)
	count := func(c review.Case) {
		for _, p := range c.Promises {
			if p.Since.Before(from) {
				continue
			}
			r.Promised++
			switch {
			case p.Dropped != "":
				r.Dropped++
			case p.Open() && p.Owned() && !p.Due.After(d.Now()):
				r.Overdue++
			case p.Open():
				r.Open++
			case p.Due.IsZero() || !p.Kept.After(p.Due):
				r.InTime++
			default:
				r.Late++
			}
		}
	}
	for q := (storage.Query{Limit: 1000}); ; {
		cases, err := d.Store.Cases(ctx, q)
		if err != nil || len(cases) == 0 {
			return r, err
		}
		for _, c := range cases {
			count(c)
		}
		q.After = cases[len(cases)-1].ID
		if r.Looked += len(cases); r.Looked >= longest || cases[len(cases)-1].Opened.Before(from) {
			return r, nil
		}
	}
}

// EndOfDay is the end of the working day of a date ("2026-12-01") in the
// team's time zone: by its hours, or 17:00.
func (d *Desk) EndOfDay(date string) (time.Time, error) {
	loc := d.Playbook.Location()
	day, err := time.ParseInLocation(time.DateOnly, date, loc)
	if err != nil {
		return day, &review.InputError{Field: "date", Problem: "looks like 2026-12-01"}
	}
	end := 17 * time.Hour
	if spans := d.Playbook.Calendar().Hours[day.Weekday()]; len(spans) > 0 {
		end = min(spans[len(spans)-1].To, 24*time.Hour-time.Minute)
	}
	// By the wall clock, not by hours since midnight: some days have 23 or 25.
	return time.Date(day.Year(), day.Month(), day.Day(), int(end.Hours()), int(end.Minutes())%60, 0, 0, loc), nil
}
