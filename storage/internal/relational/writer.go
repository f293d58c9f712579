package relational

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/evenkeel/evenkeel/internal/crash"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// maxGroup bounds how many batches share one transaction, and with it how long
// one caller waits for the others.
const maxGroup = 256

// patientFor is how long a batch waits at most for others to share their commit,
// when nobody waits for it: long against a commit, and short against a person.
const patientFor = 20 * time.Millisecond

// errClosed is what callers get after Close.
var errClosed = errors.New("the database is closed: the program is shutting down")

// item is something in the writer's queue.
type item struct {
	parcel *parcel // may be nil
	// call is a small write besides, run inside the group's transaction. Its
	// storage errors are for the caller alone; it must not have written then.
	call func(context.Context, runner) error
	// alone asks for a group of its own.
	alone bool
	// patient lets the item wait for others, for patientFor at most.
	patient bool
	bulk    func(context.Context, *group) error // of an item that is alone

	state  atomic.Int32
	done   chan struct{}
	err    error
	caseID int64 // number of a new case
}

// The states of an item.
const (
	waiting int32 = iota
	begun
	abandoned
)

// writer owns the writing connection.
type writer struct {
	d   *Dialect
	db  *sql.DB
	now func() time.Time
	log *slog.Logger

	queue   chan *item
	wake    chan struct{}
	woken   bell
	stopped chan struct{}

	mu     sync.RWMutex // held for reading while sending to queue
	closed bool

	s    *session // nil until needed and after it broke
	next *item    // taken from the queue, for the next group
}

func newWriter(db *sql.DB, d *Dialect, o Options) *writer {
	w := &writer{
		d: d, db: db, now: o.Now, log: o.Logger,
		queue: make(chan *item, 4*maxGroup), wake: make(chan struct{}, 1), stopped: make(chan struct{}),
	}
	go w.run()
	return w
}

// submit queues it and waits for its outcome. When ctx ends before the item's
// turn has come it is taken back and ctx's error returned.
func (w *writer) submit(ctx context.Context, it *item) error {
	it.done = make(chan struct{})
	if err := w.send(ctx, it); err != nil {
		return err
	}
	select {
	case <-it.done:
		return it.err
	case <-ctx.Done():
		if it.state.CompareAndSwap(waiting, abandoned) {
			return ctx.Err()
		}
		<-it.done
		return it.err
	}
}

func (w *writer) send(ctx context.Context, it *item) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return errClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case w.queue <- it:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// close lets what is queued be written and ends the writer.
func (w *writer) close() {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.queue)
	}
	w.mu.Unlock()
	<-w.stopped
}

func (w *writer) run() {
	defer close(w.stopped)
	for {
		items := w.gather()
		if items == nil {
			break
		}
		w.commit(items)
	}
	if w.s != nil {
		w.s.discard()
	}
}

// gather waits for an item and takes what else is waiting; nil at the end.
// Items that are patient wait for one that is not.
func (w *writer) gather() []*item {
	var items []*item
	var patience <-chan time.Time // nil once somebody is in a hurry
	for len(items) < maxGroup {
		if len(items) == 1 {
			runtime.Gosched() // whom the last commit set free comes back now: let them join
		}
		it := w.next
		w.next = nil
		if it == nil {
			it = w.receive(len(items) == 0, patience)
		}
		if it == nil {
			break
		}
		if it.alone && len(items) > 0 {
			w.next = it
			break
		}
		if !it.state.CompareAndSwap(waiting, begun) {
			continue // its caller went away
		}
		items = append(items, it)
		switch {
		case it.alone:
			return items
		case !it.patient:
			patience = nil
		case len(items) == 1:
			t := time.NewTimer(patientFor)
			defer t.Stop()
			patience = t.C
		}
	}
	return items
}

// receive takes the next item from the queue; nil when there is none, with
// patience when none comes in time, and with wait when there never will be one.
func (w *writer) receive(wait bool, patience <-chan time.Time) *item {
	switch {
	case wait:
		return <-w.queue
	case patience != nil:
		select {
		case it := <-w.queue:
			return it
		case <-patience:
			return nil
		}
	}
	select {
	case it := <-w.queue:
		return it
	default:
		return nil
	}
}

// commit brings every item to its end.
func (w *writer) commit(items []*item) {
	defer func() {
		for _, it := range items {
			close(it.done)
		}
	}()
	err := w.attempt(items)
	if err != nil && w.judge(err) == Lost {
		w.log.Warn("the database connection was lost; trying once more", "error", err)
		err = w.attempt(items)
	}
	if err == nil {
		return
	}
	if w.judge(err) == Refusal && len(items) > 1 {
		for i := range items {
			if err := w.attempt(items[i : i+1]); err != nil {
				w.fail(items[i:i+1], err)
			}
		}
		return
	}
	w.fail(items, err)
}

func (w *writer) fail(items []*item, err error) {
	if !errors.Is(err, storage.ErrUnsure) {
		err = w.d.Explain(err)
	}
	for _, it := range items {
		it.err, it.caseID = err, 0
	}
}

// attempt runs the items in one transaction. After an error nothing of them
// was written, but for storage.ErrUnsure.
func (w *writer) attempt(items []*item) error {
	ctx := context.Background()
	if w.d.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, w.d.Timeout)
		defer cancel()
	}
	if w.s == nil {
		s, err := openSession(ctx, w.db, w.d)
		if err != nil {
			return err
		}
		w.s = s
	}
	g, wrote, err := w.fill(ctx, items)
	if err != nil {
		w.rollback(ctx, w.judge(err) == Lost)
		return err
	}
	if !wrote {
		w.rollback(ctx, false)
		return nil
	}
	crash.Point("storage.commit.before")
	if _, err := w.s.conn.ExecContext(ctx, "COMMIT"); err != nil {
		w.rollback(ctx, w.judge(err) == Lost)
		return w.settle(g, err)
	}
	crash.Point("storage.commit.after")
	w.signal(g.woke)
	return nil
}

// fill runs a transaction up to its COMMIT. wrote is false when every item was
// refused.
func (w *writer) fill(ctx context.Context, items []*item) (g *group, wrote bool, err error) {
	var mark string
	if w.d.Marks {
		mark = rand.Text()
	}
	g, err = begin(ctx, w.d, w.s, w.now(), mark)
	if err != nil {
		return g, false, err
	}
	parcels := make([]*parcel, 0, len(items))
	for _, it := range items {
		if it.parcel != nil {
			parcels = append(parcels, it.parcel)
		}
	}
	if err := g.guard(ctx, parcels); err != nil {
		return g, false, err
	}
	for _, it := range items {
		it.err, it.caseID = nil, 0
		if it.parcel != nil {
			if it.caseID, it.err = g.decide(it.parcel); it.err == nil {
				wrote = true
			}
		}
	}
	for _, it := range items {
		if it.err != nil {
			continue
		}
		ok, err := w.extra(ctx, g, it)
		if err != nil {
			return g, false, err
		}
		wrote = wrote || ok
	}
	if !wrote {
		return g, false, nil
	}
	return g, true, g.write(ctx)
}

// extra runs what an item does besides its batch.
func (w *writer) extra(ctx context.Context, g *group, it *item) (wrote bool, err error) {
	switch {
	case it.bulk != nil:
		return true, it.bulk(ctx, g)
	case it.call != nil:
		err := it.call(ctx, g.s)
		if errors.Is(err, storage.ErrNotFound) || errors.Is(err, storage.ErrFenced) {
			it.err = err
			return false, nil
		}
		return err == nil, err
	}
	return false, nil
}

// rollback ends a transaction that wrote nothing. A connection that does not
// take it is given up, and the database rolls back by itself.
func (w *writer) rollback(ctx context.Context, broken bool) {
	if !broken {
		_, err := w.s.conn.ExecContext(ctx, "ROLLBACK")
		broken = err != nil
	}
	if broken {
		w.s.discard()
		w.s = nil
	}
}

// settle finds out what became of a group whose COMMIT gave an error.
func (w *writer) settle(g *group, cause error) error {
	if !w.d.Marks || w.judge(cause) == Refusal {
		return cause // the database itself said no
	}
	ctx, cancel := context.WithTimeout(context.Background(), w.d.Patience)
	defer cancel()
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		committed, err := w.committed(ctx, g.mark)
		switch {
		case err == nil && committed:
			w.log.Info("the answer to a commit was lost; it was made", "mark", g.mark)
			w.signal(g.woke)
			return nil
		case err == nil:
			return cause
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", storage.ErrUnsure, cause)
		case <-time.After(wait):
		}
	}
}

// committed asks for a mark, behind the lock of the audit head: whoever still
// held it has ended.
func (w *writer) committed(ctx context.Context, mark string) (bool, error) {
	s, err := openSession(ctx, w.db, w.d)
	if err != nil {
		return false, err
	}
	defer s.discard()
	if _, err := s.conn.ExecContext(ctx, w.d.Begin); err != nil {
		return false, err
	}
	if _, err := s.exec(ctx, "SELECT seq FROM audit_head WHERE id = 1"+w.d.LockRows); err != nil {
		return false, err
	}
	var n int64
	err = one(ctx, s, []any{&n}, "SELECT COUNT(*) FROM commits WHERE id = ?", mark)
	return n > 0, err
}

// signal wakes whoever waits for work of these kinds.
func (w *writer) signal(k kinds) {
	if len(k) == 0 {
		return
	}
	w.woken.ring(k)
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// judge tells this package's own errors from the database's.
func (w *writer) judge(err error) Trouble {
	switch {
	case errors.Is(err, storage.ErrUnsure):
		return Down // trying again is for the caller, who can look first
	case errors.Is(err, review.ErrConflict), errors.Is(err, storage.ErrFenced):
		return Refusal
	}
	return w.d.Judge(err)
}
