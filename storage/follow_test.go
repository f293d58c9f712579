package storage_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/evenkeel/evenkeel/storage"
)

// backlog is numbers of which so many cases are not counted, while some more
// come in with every step. A step takes 10 ms.
type backlog struct {
	storage.Numbers
	left, more int64
	steps      int
}

func (b *backlog) Tally(_ context.Context, limit int) (int64, error) {
	time.Sleep(10 * time.Millisecond)
	b.left = max(b.left-int64(limit), 0) + b.more
	b.steps++
	return b.left, nil
}

func TestPaceOfTheCounting(t *testing.T) {
	for name, c := range map[string]struct {
		backlog
		during      time.Duration
		least, most int // steps
	}{
		"an import's many are brought in":              {backlog{left: 1_000_000}, 10 * time.Second, 790, 1000},
		"what is soon done is counted at leisure":      {backlog{left: 9000}, time.Second, 18, 25},
		"a fiftieth of the time while more comes in":   {backlog{left: 1000, more: 200}, time.Minute, 115, 130},
		"and of a large backlog that becomes no fewer": {backlog{left: 500_000, more: 200}, time.Minute, 115, 130},
		"nothing to do": {backlog{}, time.Minute, 29, 31},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), c.during)
				defer cancel()
				b := c.backlog
				storage.Follow(ctx, &b, slog.New(slog.DiscardHandler))
				if b.steps < c.least || b.steps > c.most {
					t.Errorf("%d steps in %s, want %d to %d", b.steps, c.during, c.least, c.most)
				}
			})
		})
	}
}
