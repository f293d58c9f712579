package storagetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// Load commits new reviews from several goroutines while a test does harm to
// the database, and knows afterwards what must be there.
type Load struct {
	next    atomic.Int64
	stop    chan struct{}
	once    sync.Once
	wg      sync.WaitGroup
	mu      sync.Mutex
	written []int // numbers of the reviews that were acknowledged
	errs    []error
}

// StartLoad begins to commit reviews numbered from first on. Each acknowledged
// number is also written to ack, one a line.
func StartLoad(st storage.Store, first int, ack io.Writer) *Load {
	l := &Load{stop: make(chan struct{})}
	l.next.Store(int64(first))
	for range 8 {
		l.wg.Go(func() {
			for {
				select {
				case <-l.stop:
					return
				default:
					l.one(st, ack)
				}
			}
		})
	}
	return l
}

// one commits a review, again and again until it is taken or known.
func (l *Load) one(st storage.Store, ack io.Writer) {
	n := int(l.next.Add(1)) - 1
	for {
		c, err := review.Accept(Review(n), false, Occasion(review.Person{}, Start))
		if err == nil {
			err = st.Commit(context.Background(), &storage.Batch{Change: &c})
		}
		l.mu.Lock()
		var exists *storage.ExistsError
		switch {
		case err == nil:
			l.written = append(l.written, n)
			fmt.Fprintln(ack, n)
		case errors.As(err, &exists) && l.doubted(n):
			err = nil // the doubtful try was made after all
			l.written = append(l.written, n)
		default:
			l.errs = append(l.errs, &loadError{n, err})
		}
		l.mu.Unlock()
		if err == nil {
			return
		}
		select {
		case <-l.stop:
			return
		default:
		}
	}
}

// loadError is an error with the number of its review.
type loadError struct {
	n   int
	err error
}

func (e *loadError) Error() string { return fmt.Sprintf("review %d: %v", e.n, e.err) }
func (e *loadError) Unwrap() error { return e.err }

// doubted tells whether a commit of review n may have been made unheard.
func (l *Load) doubted(n int) bool {
	for _, err := range l.errs {
		var e *loadError
		if errors.As(err, &e) && e.n == n && errors.Is(err, storage.ErrUnsure) {
			return true
		}
	}
	return false
}

// Written is how many reviews were acknowledged so far.
func (l *Load) Written() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.written)
}

// Failures is how many commits failed so far.
func (l *Load) Failures() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.errs)
}

// Stop ends the load and returns the acknowledged numbers and all errors. It
// may be called again.
func (l *Load) Stop() ([]int, []error) {
	l.once.Do(func() { close(l.stop) })
	l.wg.Wait()
	return l.written, l.errs
}

// CheckLoad fails unless every number has one case with its work and its
// entry, and the audit chain holds.
func CheckLoad(tb testing.TB, st storage.Store, numbers []int) {
	tb.Helper()
	accepted := make(map[int64]int)
	for _, e := range chain(tb, st) {
		if e.Verb == "accept" {
			accepted[e.Case]++
		}
	}
	for _, n := range numbers {
		c, err := st.CaseOf(context.Background(), Review(n).Key)
		if err != nil {
			tb.Fatalf("review %d was acknowledged and is lost: %v", n, err)
		}
		if accepted[c.ID] != 1 {
			tb.Fatalf("review %d has %d entries in the audit log", n, accepted[c.ID])
		}
	}
	pending, err := st.Pending(context.Background())
	must(tb, err)
	if cases := len(accepted); pending[review.WorkAnnounce].Count != cases || pending[review.WorkTriage].Count != cases {
		tb.Fatalf("%d cases have work %+v", cases, pending)
	}
}
