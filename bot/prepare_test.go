package bot_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// rising is a store that takes a while to come up, counted in batches with
// which a desk begins: they bring the sources' polls and end no work.
type rising struct {
	storage.Store
	refuse atomic.Int32
	up     chan struct{} // closed by the first that was written
}

func (s *rising) Commit(ctx context.Context, b *storage.Batch) error {
	polls := b.Done == nil && slices.ContainsFunc(b.Work, func(w review.Work) bool { return w.Kind == review.WorkPoll && w.Again })
	if polls && s.refuse.Add(-1) >= 0 {
		return errors.New("the database is stopping or starting")
	}
	err := s.Store.Commit(ctx, b)
	if polls && err == nil {
		close(s.up)
	}
	return err
}

// A database that goes away just as the desk begins does not end the desk:
// what is due is looked at when it is back.
func TestTheDatabaseIsAwayAtTheStart(t *testing.T) {
	store := &rising{up: make(chan struct{}, 1)}
	h := open(t, func(c *bot.Config) {
		store.Store = c.Store
		c.Store = store
	})
	store.up = make(chan struct{})
	store.refuse.Store(1)
	ctx, cancel := context.WithCancel(h.ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- h.desk.Serve(ctx) }()
	select {
	case <-store.up:
	case err := <-done:
		t.Fatalf("the desk gave up: %v", err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("asked to stop, it says %v", err)
	}
}
