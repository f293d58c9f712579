package bot_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// overheard is a store that knows whose first cards were claimed with their
// case, and whose afterwards.
type overheard struct {
	storage.Store
	mu          sync.Mutex
	born, later []int64
}

func (s *overheard) Commit(ctx context.Context, b *storage.Batch) error {
	err := s.Store.Commit(ctx, b)
	s.note(&s.born, b.Claimed)
	return err
}

func (s *overheard) Claim(ctx context.Context, c storage.Claim) ([]storage.Job, error) {
	jobs, err := s.Store.Claim(ctx, c)
	s.note(&s.later, jobs)
	return jobs, err
}

func (s *overheard) note(to *[]int64, jobs []storage.Job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, j := range jobs {
		if strings.HasPrefix(string(j.Kind), string(review.WorkCards)) {
			*to = append(*to, j.Case)
		}
	}
}

func (s *overheard) atBirth(id int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.born, id)
}

// serving opens a house whose desk works until stop is called, which waits for
// its end.
func serving(t *testing.T) (h *house, store *overheard, stop func()) {
	store = &overheard{}
	h = open(t, func(c *bot.Config) {
		store.Store = c.Store
		c.Store = store
	})
	ctx, cancel := context.WithCancel(h.ctx)
	done := make(chan error, 1)
	go func() { done <- h.desk.Serve(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("asked to stop, the desk says %v", err)
		}
	})
	t.Cleanup(stop)
	return h, store, stop
}

func (h *house) brings(n int) bot.Took {
	h.Helper()
	took, err := h.desk.Take(h.ctx, bot.Intake{By: "webhook", Reviews: []review.Review{{
		Key: review.Key{Source: "hook", ID: fmt.Sprint(n)}, Rating: review.StarRating(2), Body: "It broke after a day.", Author: "Jo",
	}}})
	if err != nil {
		h.Fatal(err)
	}
	return took
}

// Whoever brings a review draws its first card, without claiming it in a write
// of its own; hands that were kept free for a review that turned out to be
// known are free again.
func TestABroughtReviewIsDrawnByWhoBringsIt(t *testing.T) {
	h, store, stop := serving(t)
	n := 1
	for ; !store.atBirth(h.brings(n).Cases[0]); n++ { // the first may come before the desk works
	}
	for range 200 {
		if took := h.brings(1); took.Duplicates != 1 {
			t.Fatalf("the same review again: %+v", took)
		}
	}
	n++
	if took := h.brings(n); took.Added != 1 || !store.atBirth(took.Cases[0]) {
		t.Errorf("after many duplicates nobody has a hand free: %+v", took)
	}
	stop()
	for id := int64(1); id <= int64(n); id++ {
		h.chat.card(t, id, "parent")
	}
	if both := slices.DeleteFunc(slices.Clone(store.born), func(id int64) bool { return !slices.Contains(store.later, id) }); len(both) > 0 {
		t.Errorf("the cards of %v were claimed twice", both)
	}
}

// A desk that is asked to stop while a first card is on its way waits for it
// and writes down where it stands.
func TestABroughtReviewAtTheEnd(t *testing.T) {
	h, store, stop := serving(t)
	posted, on := make(chan struct{}), make(chan struct{})
	for n := 1; ; n++ {
		h.chat.mu.Lock()
		h.chat.then = func() { close(posted); <-on }
		h.chat.mu.Unlock()
		id := h.brings(n).Cases[0]
		<-posted
		if !store.atBirth(id) {
			close(on)
			posted, on = make(chan struct{}), make(chan struct{})
			continue
		}
		stopped := make(chan struct{})
		go func() { stop(); close(stopped) }()
		select {
		case <-stopped:
			t.Error("the desk stopped while a card was on its way")
		default:
		}
		close(on)
		<-stopped
		m, err := h.store.Message(h.ctx, id, "console", "parent")
		if err != nil || m.Ref == "" {
			t.Errorf("the card that was on its way is not written down: %+v, %v", m, err)
		}
		return
	}
}
