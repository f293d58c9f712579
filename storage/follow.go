package storage

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// The pace of the counting: how many cases a step looks at, how long nothing
// happens when all is counted, and how much longer than a step it rests while
// changes come in faster than they are counted, and while it catches up with
// what is soon done.
const (
	followStep = 200
	followIdle = 2 * time.Second
	followRest = 49
	followEasy = 4
	followSoon = 50 * followStep
)

// Follow keeps the numbers of a store up until ctx ends. It steps aside while
// much comes in: then it takes a fiftieth of the time, and catches up afterwards.
func Follow(ctx context.Context, n Numbers, log *slog.Logger) {
	last := int64(0)
	for ctx.Err() == nil {
		began := time.Now()
		left, err := n.Tally(ctx, followStep)
		took := time.Since(began)
		rest := took / 4 // an import's many are brought in
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
		case left+followStep > last && last > 0:
			rest = followRest * took
		case left < followSoon:
			rest = followEasy * took // no press should feel it
		}
		last = left
		select {
		case <-ctx.Done():
		case <-time.After(rest):
		}
	}
}
