package storage

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// The pace of the counting: how long a step should take, since others may wait
// for its write, and how many cases it looks at therefore; how long nothing
// happens when all is counted, and how much longer than a step it rests while
// changes come in faster than they are counted, and while it catches up with
// what is soon done.
const (
	followTime  = 20 * time.Millisecond
	followShort = 5 * time.Millisecond // with what is soon done
	followLeast = 10
	followMost  = 200
	followIdle  = 2 * time.Second
	followRest  = 49
	followEasy  = 4
	followSoon  = 10_000
)

// Follow keeps the numbers of a store up until ctx ends. It goes in steps as
// small as the database is slow, and steps aside while much comes in: then it
// takes a fiftieth of the time, and catches up afterwards.
func Follow(ctx context.Context, n Numbers, log *slog.Logger) {
	step, last := followLeast, int64(0)
	for ctx.Err() == nil {
		began := time.Now()
		left, err := n.Tally(ctx, step)
		took := time.Since(began)
		more := left+int64(step) > last && last > 0 // than at the last look
		rest := took / 4                            // an import's many are brought in
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, ErrFenced): // another replica counts
			rest = followIdle
		case err != nil:
			log.WarnContext(ctx, "cannot bring the numbers up; it will be tried again", slog.Any("error", err))
			rest = 10 * followIdle
		case left == 0:
			rest = followIdle
		case more:
			rest = followRest * took
		case left < followSoon:
			rest = followEasy * took // no press should feel it
		}
		switch last = left; {
		case left >= followSoon:
			step = stepAfter(step, took, followTime)
		case left > 0:
			step = stepAfter(step, took, followShort)
		}
		select {
		case <-ctx.Done():
		case <-time.After(rest):
		}
	}
}

// stepAfter is how many cases to look at next, when so many took so long and
// should take another time: half as many at least and twice as many at most.
func stepAfter(step int, took, should time.Duration) int {
	fits := int(int64(step) * int64(should) / max(int64(took), 1))
	return min(max(fits, step/2, followLeast), 2*step, followMost)
}
