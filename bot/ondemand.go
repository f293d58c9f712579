package bot

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/storage"
)

// OnDemand is a chat that draws a case's cards when somebody looks at them, as
// a web page does. The desk posts nothing there ahead of time, so a case
// stands in it from the write on that takes its review in. Notices, which are
// about no single case, are posted there as everywhere.
type OnDemand interface {
	Chat
	// Stirred says that a case may look different now. It returns at once.
	Stirred(id int64)
}

// onDemand tells whether a chat of this name draws on demand.
func (d *Desk) onDemand(name string) bool {
	return slices.ContainsFunc(d.chats, func(c Chat) bool {
		_, ok := c.(OnDemand)
		return ok && c.Name() == name
	})
}

// postedRoutes are the routes of a case whose cards have to be posted.
func (d *Desk) postedRoutes(c review.Case) []playbook.Route {
	return slices.DeleteFunc(d.routes(c), func(r playbook.Route) bool { return d.onDemand(r.Chat) })
}

// stir lets the chats that draw on demand know of a change.
func (d *Desk) stir(id int64) {
	for _, c := range d.chats {
		if o, ok := c.(OnDemand); ok {
			o.Stirred(id)
		}
	}
}

// announceAtOnce announces a case that stands in a chat already because that
// one draws on demand.
func (d *Desk) announceAtOnce(accepted review.Change) review.Change {
	c := accepted.Case
	for _, r := range d.routes(c) {
		if !d.onDemand(r.Chat) {
			continue
		}
		standing, err := review.Apply(c, review.Announced{Where: r.Chat}, d.occasion(c, review.BySystem("announcer")))
		if err != nil {
			return accepted // it waits for a chat that posts it
		}
		both := then(accepted, standing)
		both.Work = append(both.Work, d.opened(both.Case)...)
		return both
	}
	return accepted
}

// announce passes a case that was accepted where no chat was attached on to
// the chats of this process.
func (d *Desk) announce(ctx context.Context, j storage.Job) error {
	c, err := d.Store.Case(ctx, j.Case)
	if err != nil {
		return err
	}
	if len(d.chats) == 0 {
		return &later{at: d.Now().Add(time.Minute), why: "no chat is attached"}
	}
	for _, r := range d.routes(c) {
		if d.onDemand(r.Chat) && c.Status == review.New {
			_, err := d.act(ctx, c.ID, review.BySystem("announcer"), review.Announced{Where: r.Chat}, nil, storage.Batch{Done: &j, Work: d.opened(c)})
			if !errors.Is(err, review.ErrAlready) {
				return err
			}
		}
	}
	return d.Store.Commit(ctx, &storage.Batch{Done: &j, Work: d.cardWork(c)})
}

// opened is what follows from a case being announced, whatever chat came first:
// alarms of a class that was seen at intake, and a look now and then whether
// the review is still there, where its platform tells.
func (d *Desk) opened(c review.Case) []review.Work {
	work := d.alarms(review.Case{}, c)
	if d.capabilities(c.Review.Key).SeesRemovals {
		work = append(work, review.Work{Kind: review.WorkLook, Case: c.ID, Key: "look", Due: d.Now().Add(lookEvery)})
	}
	return work
}

// then is a change and what follows from it, as one write.
func then(first, next review.Change) review.Change {
	both := next
	both.Case.Version = first.Case.Version
	both.Revision = first.Revision
	both.Events = slices.Concat(first.Events, next.Events)
	both.Work = slices.Concat(first.Work, next.Work)
	return both
}
