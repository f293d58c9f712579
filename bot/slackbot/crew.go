package slackbot

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

// crew does the work behind the acknowledgements: so many things at a time,
// so many waiting, and none of them can stop the program.
type crew struct {
	log   *slog.Logger
	hands chan struct{} // at work
	queue chan struct{} // at work or waiting
	busy  sync.WaitGroup
}

const (
	maxHands = 128
	maxQueue = 2048
	// workTime bounds one piece of work; it waits for Slack and the database,
	// for nothing slower.
	workTime = time.Minute
)

func newCrew(log *slog.Logger) *crew {
	return &crew{log: log, hands: make(chan struct{}, maxHands), queue: make(chan struct{}, maxQueue)}
}

// do runs work beside the caller; false means that too much is waiting. The
// work goes on when the caller's context ends: what a person asked for is
// finished, also while the program stops.
func (c *crew) do(ctx context.Context, what string, work func(context.Context)) bool {
	select {
	case c.queue <- struct{}{}:
	default:
		c.log.Error("too much is waiting; Slack will show that this failed", "what", what)
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
