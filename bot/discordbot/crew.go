package discordbot

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/recent"
)

// crew does the work behind the acknowledgements: so many things at a time,
// so many waiting, and none of them can stop the program.
type crew struct {
	log   *slog.Logger
	queue chan struct{} // at work or waiting
	hands chan struct{} // at work
	busy  sync.WaitGroup
}

const (
	maxHands = 128
	maxQueue = 2048
	workTime = time.Minute
)

func newCrew(log *slog.Logger) *crew {
	return &crew{log: log, hands: make(chan struct{}, maxHands), queue: make(chan struct{}, maxQueue)}
}

// do runs work beside the caller; false means that too much is waiting. What a
// person asked for is finished also while the program stops.
func (c *crew) do(ctx context.Context, what string, work func(context.Context)) bool {
	select {
	case c.queue <- struct{}{}:
	default:
		c.log.Error("too much is waiting; Discord will show that this failed", "what", what)
		return false
	}
	c.busy.Go(func() {
		defer func() { <-c.queue }()
		c.hands <- struct{}{}
		defer func() { <-c.hands }()
		defer c.recover(what)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), workTime)
		defer cancel()
		work(ctx)
	})
	return true
}

func (c *crew) recover(what string) {
	if r := recover(); r != nil {
		c.log.Error("a handler panicked", "what", what, "panic", r, "stack", string(debug.Stack()))
	}
}

// wait returns when nothing is being done any more.
func (c *crew) wait() { c.busy.Wait() }

// An interaction lives fifteen minutes, a signature is good for five: two
// generations of half an hour cover both.
const (
	generation    = 30 * time.Minute
	maxGeneration = 100_000
)

// newSeen remembers what was handled: Discord may bring an event again after a
// resume, and two connections stand for a moment when a replica takes over.
func newSeen(now func() time.Time) *recent.Map[string, struct{}] {
	return recent.NewAged[string, struct{}](maxGeneration, generation, now)
}
