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
// come in with every step.
type backlog struct {
	storage.Numbers
	left, more int64
	pace       time.Duration // of a case

	busy, longest time.Duration
	counted       int64
}

func (b *backlog) Tally(_ context.Context, limit int) (int64, error) {
	n := min(b.left, int64(limit))
	took := time.Millisecond + time.Duration(n)*b.pace
	time.Sleep(took)
	b.busy += took
	b.longest = max(b.longest, took)
	b.counted += n
	b.left += b.more - n
	return b.left, nil
}

func TestPaceOfTheCounting(t *testing.T) {
	const quick, slow = 100 * time.Microsecond, 1500 * time.Microsecond
	for name, c := range map[string]struct {
		backlog
		least, most float64 // of the time
	}{
		"an import's many are brought in":              {backlog{left: 10_000_000, pace: quick}, .79, .81},
		"so they are into a slow database":             {backlog{left: 10_000_000, pace: slow}, .79, .81},
		"what is soon done is counted at leisure":      {backlog{left: 9000, pace: slow}, .19, .21},
		"a fiftieth of the time while more comes in":   {backlog{left: 1000, more: 300, pace: quick}, .019, .021},
		"and of a large backlog that becomes no fewer": {backlog{left: 500_000, more: 300, pace: slow}, .019, .021},
		"nothing to do": {backlog{}, 0, .001},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const during = time.Minute
				ctx, cancel := context.WithTimeout(t.Context(), during)
				defer cancel()
				b := c.backlog
				storage.Follow(ctx, &b, slog.New(slog.DiscardHandler))
				if part := b.busy.Seconds() / during.Seconds(); part < c.least || part > c.most {
					t.Errorf("the counting took %.3f of the time, want %.3f to %.3f", part, c.least, c.most)
				}
				if b.longest > 25*time.Millisecond {
					t.Errorf("a step took %s, and others waited for it", b.longest)
				}
				if b.pace == quick && b.more == 0 && b.counted < int64(.7*during.Seconds()/quick.Seconds()) {
					t.Errorf("only %d were counted: the steps are too small", b.counted)
				}
			})
		})
	}
}
