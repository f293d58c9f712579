package bot

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// This file is the desk's sense of time: which moments a case has ahead of it
// at which people must be told something. They follow from the case and the
// playbook alone, and each is a row of work. What was told stands on the case
// itself ([review.Case.Nudges]), so that a moment that is computed twice, by a
// restarted process or another replica, is told once.

// leadAfter is how long after a promise's date its owner is left alone before
// a lead hears of it, and followUpDays after how many days a kept promise is
// asked after.
const (
	leadAfter    = 1
	followUpDays = 7
)

// moment is one point in time at which people are told something.
type moment struct {
	kind review.WorkKind // WorkRemind, WorkEscalate or WorkFollowUp
	of   string          // "answer-1", "promise-2-…"
	at   time.Time       // when to tell
	due  time.Time       // when it is, or was, due
	wide bool            // the second group hears of it too
}

// key names the row of work; a moment that moves is another row.
func (m moment) key() string { return m.of + "@" + strconv.FormatInt(m.at.UnixMicro(), 36) }

// answerBy is when half of the time for an answer is gone, and when all of it
// is; ok is false when no clock runs.
func (d *Desk) answerBy(c review.Case) (half, due time.Time, ok bool) {
	if !c.Awaiting() {
		return half, due, false
	}
	plain := c
	plain.Spreading = false
	half, due, ok = d.span(plain, c.AwaitingSince())
	if c.Spreading {
		from := c.AwaitingSince()
		if c.Clock.Spreading.After(from) {
			from = c.Clock.Spreading
		}
		// What spreads is due sooner, never later.
		if h, by, short := d.span(c, from); short && (!ok || by.Before(due)) {
			half, due, ok = h, by, true
		}
	}
	return half, due, ok
}

// span is the playbook's time for an answer, counted from a moment.
func (d *Desk) span(c review.Case, from time.Time) (half, due time.Time, ok bool) {
	target, businessHours := d.Playbook.Target(c)
	if target <= 0 {
		return half, due, false
	}
	if !businessHours {
		return from.Add(target / 2), from.Add(target), true
	}
	calendar := d.Playbook.Calendar()
	return calendar.Add(from, target/2), calendar.Add(from, target), true
}

// moments are those that a case has ahead of it, or missed.
func (d *Desk) moments(c review.Case) []moment {
	var out []moment
	add := func(m moment) {
		if m.kind != review.WorkFollowUp {
			if _, told := c.Nudged(m.of, m.kind == review.WorkEscalate); told {
				return
			}
		}
		out = append(out, m)
	}
	if half, due, ok := d.answerBy(c); ok {
		of := c.AnswerKey()
		add(moment{review.WorkRemind, of, half, due, false})
		add(moment{review.WorkEscalate, of, due, due, true})
	}
	for _, t := range c.Tasks() {
		of := t.Key()
		switch t.Kind {
		case review.TaskPromise, review.TaskReach:
			add(moment{review.WorkRemind, of, d.dayBefore(t.Due, since(c, t)), t.Due, false})
			add(moment{review.WorkEscalate, of, t.Due, t.Due, false})
			add(moment{review.WorkEscalate, of + "-lead", d.daysAfter(t.Due, leadAfter), t.Due, true})
		case review.TaskOwner:
			add(moment{review.WorkEscalate, of, t.Due, t.Due, true})
		case review.TaskReport:
			add(moment{review.WorkEscalate, of, t.Due, t.Due, false})
		case review.TaskAnswer: // one question is enough; it stays in the list of what is late
		}
	}
	for _, p := range c.Promises {
		if !p.Kept.IsZero() && p.Asked.IsZero() {
			at := d.daysAfter(p.Kept, followUpDays)
			add(moment{review.WorkFollowUp, "follow-" + strconv.Itoa(p.N), at, at, false})
		}
	}
	return out
}

// since is when a task came to be.
func since(c review.Case, t review.Task) time.Time {
	switch t.Kind {
	case review.TaskPromise:
		return c.Promises[t.N-1].Since
	case review.TaskReach:
		return c.Reaches[t.N-1].Since
	}
	return c.Opened
}

// dayBefore is the same time of day on the day before a date; when that is
// past already as the task comes to be, half of the time that is left.
func (d *Desk) dayBefore(due, since time.Time) time.Time {
	if at := d.daysAfter(due, -1); at.After(since) {
		return at
	}
	return since.Add(due.Sub(since) / 2).Truncate(time.Microsecond)
}

// daysAfter is the same time of day on another day, as the wall clock of the
// team has it.
func (d *Desk) daysAfter(t time.Time, days int) time.Time {
	return t.In(d.Playbook.Location()).AddDate(0, 0, days)
}

// clockWork is what a change of a case adds to the moments ahead. Rows of
// moments that are gone stay behind and find nothing to do.
func (d *Desk) clockWork(before, after review.Case) []review.Work {
	had := make(map[string]bool)
	for _, m := range d.moments(before) {
		had[string(m.kind)+m.key()] = true
	}
	var work []review.Work
	for _, m := range d.moments(after) {
		if !had[string(m.kind)+m.key()] {
			work = append(work, m.work(after.ID))
		}
	}
	return work
}

func (m moment) work(id int64) review.Work {
	return review.Work{Kind: m.kind, Case: id, Key: m.key(), Due: m.at}
}

// find is the moment of a case with this kind and name, if it is still ahead
// or missed.
func (d *Desk) find(c review.Case, kind review.WorkKind, of string) (moment, bool) {
	for _, m := range d.moments(c) {
		if m.kind == kind && m.of == of {
			return m, true
		}
	}
	return moment{}, false
}

// nudge tells people what is due or overdue, once. A row whose moment moved
// leaves a row for the new one.
func (d *Desk) nudge(ctx context.Context, j storage.Job) error {
	c, err := d.Store.Case(ctx, j.Case)
	if err != nil {
		return err
	}
	of, _, _ := strings.Cut(j.Key, "@")
	m, ok := d.find(c, j.Kind, of)
	switch {
	case !ok:
		return d.done(ctx, j)
	case m.at.After(d.Now()) && m.key() == j.Key:
		return &later{at: m.at, why: "it is not time yet"}
	case m.at.After(d.Now()):
		return d.Store.Commit(ctx, &storage.Batch{Done: &j, Work: []review.Work{m.work(c.ID)}})
	}
	still := func(fresh review.Case) error {
		if now, ok := d.find(fresh, j.Kind, of); !ok || !now.at.Equal(m.at) {
			return review.ErrConflict
		}
		return nil
	}
	_, err = d.act(ctx, c.ID, review.BySystem("clock"), m.action(), still, storage.Batch{Done: &j, Work: d.tellSecondGroup(c, m)})
	switch {
	case outgrown(err):
		return d.done(ctx, j)
	case errors.Is(err, review.ErrConflict):
		return &later{at: d.Now(), why: "the case moved meanwhile"}
	}
	return err
}

// armClocks puts the moments of all cases that wait, or have tasks, into the
// table of work as the playbook has them now. It is done at the start: the
// playbook may have changed, or an earlier version may have left rows out. Rows
// that are there stay as they are.
func (d *Desk) armClocks(ctx context.Context) error {
	var work []review.Work
	see := func(c review.Case) { work = append(work, d.clockWork(review.Case{}, c)...) }
	if err := d.each(ctx, storage.Query{Status: awaiting}, see); err != nil {
		return err
	}
	if err := d.each(ctx, storage.Query{Tasks: true}, see); err != nil {
		return err
	}
	for part := range slices.Chunk(work, 500) {
		if err := d.Store.Commit(ctx, &storage.Batch{Work: part}); err != nil {
			return err
		}
	}
	return nil
}

func (m moment) action() review.Action {
	switch m.kind {
	case review.WorkFollowUp:
		n, _ := strconv.Atoi(strings.TrimPrefix(m.of, "follow-"))
		return review.FollowUp{N: n}
	case review.WorkRemind:
		return review.Remind{Of: m.of, Due: m.due}
	}
	return review.Escalate{Of: m.of, Due: m.due}
}

// tellSecondGroup asks for a line in the channel of the second group, in every
// chat that has one.
func (d *Desk) tellSecondGroup(c review.Case, m moment) []review.Work {
	if !m.wide {
		return nil
	}
	var work []review.Work
	for _, r := range d.routes(c) {
		if r.Escalate != "" {
			work = append(work, review.Work{Kind: noticeKind(r.Chat), Case: c.ID, Key: overdueNotice + m.of, Text: r.Escalate, Due: d.Now()})
		}
	}
	return work
}
