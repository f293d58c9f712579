package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// mostMonths bounds how long words may be kept by the setting: a century.
const mostMonths = 1200

func checkMonths(s string) error {
	if n, err := strconv.Atoi(s); err != nil || n < 1 || n > mostMonths {
		return fmt.Errorf("%q is no number of months from 1 to %d", s, mostMonths)
	}
	return nil
}

// retainedSetting is the last day on which the words of old cases were erased.
const retainedSetting = "retained"

// retainEvery is how often a process asks whether today's erasing is to be
// done. Replicas agree by the setting: one of them does it.
const retainEvery = time.Hour

// retain erases the words of cases closed long ago, once a day, until ctx ends.
func (s *station) retain(ctx context.Context) {
	months, _ := strconv.Atoi(s.values.Get(setRetain)) // checked with the settings
	if months == 0 {
		return
	}
	tick := time.NewTicker(retainEvery)
	defer tick.Stop()
	for {
		n, err := retainDay(ctx, s.store, months, s.now)
		switch {
		case err != nil && ctx.Err() == nil:
			s.log.WarnContext(ctx, "cannot erase the words of old cases; it will be tried again", slog.Any("error", err))
		case n > 0:
			s.log.InfoContext(ctx, "erased the words of cases closed long ago", slog.Int("cases", n), slog.Int("months", months))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// retainDay erases what is due today, if nobody did so yet.
func retainDay(ctx context.Context, store storage.Store, months int, now func() time.Time) (int, error) {
	today := now().UTC().Format(time.DateOnly)
	last, err := store.Setting(ctx, retainedSetting)
	if err != nil || last == today {
		return 0, err
	}
	before := now().UTC().AddDate(0, -months, 0)
	r := eraseRequest{}
	for _, status := range []review.Status{review.Closed, review.Seeded} {
		for after := int64(0); ; {
			page, err := store.Cases(ctx, storage.Query{Status: []review.Status{status}, Oldest: true, After: after, Limit: exportPage})
			if err != nil {
				return 0, err
			}
			for _, k := range page {
				if after = k.ID; k.Review.Erased.IsZero() && ended(k).Before(before) {
					r.Cases = append(r.Cases, k.ID)
				}
			}
			if len(page) < exportPage {
				break
			}
		}
	}
	n := 0
	if len(r.Cases) > 0 {
		out, err := eraseIn(ctx, store, r, now)
		if n = len(out.Cases); err != nil {
			return n, err
		}
		if out.Problem != "" {
			return n, errors.New(out.Problem)
		}
	}
	// Last, so that a day that was cut short is gone through again. Another
	// replica may have done the same work: erasing twice changes nothing.
	err = store.Commit(ctx, &storage.Batch{Setting: &storage.Setting{Name: retainedSetting, Before: last, Value: today}})
	if errors.Is(err, review.ErrConflict) {
		err = nil
	}
	return n, err
}

// ended is when a case ended: history, which nobody opened, when it came.
func ended(k review.Case) time.Time {
	if k.Status == review.Seeded {
		return k.Changed
	}
	return k.ClosedAt
}
