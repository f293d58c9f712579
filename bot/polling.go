package bot

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/evenkeel/evenkeel/internal/crash"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/storage"
)

// pagesAtOnce bounds one poll, so that a long history does not hold its lane.
const pagesAtOnce = 20

// poll asks a source for what is new and comes due again. The cursor moves
// only after the reviews before it are durable.
func (d *Desk) poll(ctx context.Context, j storage.Job) error {
	s, ok := d.sources[j.Key].(sources.Poller)
	if !ok {
		return d.done(ctx, j) // taken out of the playbook
	}
	state, err := d.sourceState(ctx, j.Key)
	if err != nil {
		return err
	}
	if state.Waits.After(d.Now()) { // a restart, or another replica, came sooner
		return &later{at: state.Waits, why: "the platform is asked no sooner"}
	}
	first := state.Succeeded.IsZero() // what lies further back is history
	for range pagesAtOnce {
		page, err := s.Poll(ctx, state.Cursor)
		if err != nil {
			return d.polled(ctx, j, state, err)
		}
		crash.Point("poll.read")
		if err := d.takePage(ctx, page, first); err != nil {
			return err
		}
		crash.Point("poll.taken")
		state.Cursor = page.Next
		if !page.More {
			err := d.polled(ctx, j, state, nil)
			crash.Point("poll.recorded")
			return err
		}
		if err := d.Store.Commit(ctx, &storage.Batch{Source: &state}); err != nil {
			return err
		}
	}
	// There is more; others get their turn first.
	return d.Store.Commit(ctx, &storage.Batch{Done: &j, Work: []review.Work{{Kind: review.WorkPoll, Key: j.Key, Due: d.Now(), Again: true}}})
}

func (d *Desk) takePage(ctx context.Context, page sources.Page, first bool) error {
	var fresh, old []review.Review
	for _, r := range page.Reviews {
		if first && !r.Created.IsZero() && d.Now().Sub(r.Created) > d.History {
			old = append(old, r)
		} else {
			fresh = append(fresh, r)
		}
	}
	for _, in := range []Intake{{By: "poll", Reviews: fresh}, {By: "poll", Reviews: old, History: true}} {
		took, err := d.Take(ctx, in)
		if err != nil {
			return err
		}
		for _, p := range took.Problems {
			d.Logger.WarnContext(ctx, "a review was refused", slog.Any("problem", p))
		}
	}
	return nil
}

// polled records how a poll went, when the next one is due, and what people are
// told of it, in the write that ends this one.
func (d *Desk) polled(ctx context.Context, j storage.Job, state storage.SourceState, problem error) error {
	now, pace := d.Now(), d.sources[j.Key].Capabilities().MinPoll
	interval := max(d.pollInterval(j.Key), pace)
	due := now.Add(interval)
	before := state
	state.Polled, state.Waits = now, now.Add(pace)
	if problem == nil {
		state.Succeeded, state.Failures, state.Problem, state.Announced = now, 0, "", false
	} else {
		state.Failures++
		state.Problem = reason(problem)
		wait := max(backoff(state.Failures), min(interval, time.Minute))
		if w := sources.Wait(problem); w > 0 {
			wait = w
			state.Waits = now.Add(max(w, pace))
		} else if errors.Is(problem, sources.ErrAuth) {
			state.Waits = time.Time{} // nothing was read, and who mends it wants to see it work
		}
		due = now.Add(max(wait, state.Waits.Sub(now)))
		state.Announced = state.Announced || broken(state.Failures, problem)
		d.Logger.WarnContext(ctx, "a source could not be read; it will be tried again",
			slog.String("source", j.Key), slog.Int("failures", state.Failures), slog.Any("error", problem))
	}
	return d.Store.Commit(ctx, &storage.Batch{
		Done: &j, Source: &state,
		Work: append(d.healthNews(before, state), review.Work{Kind: review.WorkPoll, Key: j.Key, Due: due, Again: true}),
	})
}

func (d *Desk) sourceState(ctx context.Context, name string) (storage.SourceState, error) {
	all, err := d.Store.Sources(ctx)
	if err != nil {
		return storage.SourceState{}, err
	}
	for _, s := range all {
		if s.Name == name {
			return s, nil
		}
	}
	return storage.SourceState{Name: name}, nil
}

// look reads a review again to find an edit or removal that its platform does
// not report. A removal counts when two looks agree.
func (d *Desk) look(ctx context.Context, j storage.Job) error {
	c, err := d.Store.Case(ctx, j.Case)
	if err != nil {
		return err
	}
	now, ok, err := d.read(ctx, c)
	switch {
	case !ok || c.Status == review.Closed || !c.Removed.IsZero():
		return d.done(ctx, j)
	case errors.Is(err, sources.ErrNotFound) && j.Text == "gone":
		return d.system(ctx, j, "watcher", review.Remove{})
	case errors.Is(err, sources.ErrNotFound):
		return d.lookAgain(ctx, j, "gone", lookAgainAfter)
	case err != nil:
		return &later{at: d.Now().Add(d.wait(err, tries(j))), why: reason(err)}
	case now.ContentHash() != c.Review.ContentHash():
		if _, err := d.act(ctx, c.ID, review.BySystem("watcher"), review.Revise{Review: now}, nil, storage.Batch{}); err != nil && !outgrown(err) {
			return err
		}
	}
	return d.lookAgain(ctx, j, "", lookEvery)
}

func (d *Desk) lookAgain(ctx context.Context, j storage.Job, found string, in time.Duration) error {
	return d.Store.Commit(ctx, &storage.Batch{
		Done: &j,
		Work: []review.Work{{Kind: review.WorkLook, Case: j.Case, Key: j.Key, Text: found, Due: d.Now().Add(in), Again: true}},
	})
}
