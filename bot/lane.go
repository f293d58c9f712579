package bot

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"

	"github.com/evenkeel/evenkeel/internal/crash"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// lane is where the work of one kind is done: so many jobs side by side, which
// it claims when its bell rings, or is handed by whoever brought them.
type lane struct {
	worker
	bell   chan struct{}
	free   chan struct{}    // a token for each hand that is free; none while nobody serves
	handed chan storage.Job // each for a hand that was reserved
	behind atomic.Bool      // more waits than there are hands
}

func newLane(w worker) *lane {
	return &lane{worker: w, bell: make(chan struct{}, 1), free: make(chan struct{}, w.slots), handed: make(chan storage.Job, w.slots)}
}

// ring makes the lane look for work.
func (l *lane) ring() {
	select {
	case l.bell <- struct{}{}:
	default: // it is awake
	}
}

// reserve takes up to most free hands, and tells how many.
func (l *lane) reserve(most int) int {
	for n := range most {
		select {
		case <-l.free:
		default:
			return n
		}
	}
	return most
}

// release makes hands free.
func (l *lane) release(n int) {
	for range n {
		l.free <- struct{}{}
	}
}

// tend claims and does the work of one kind until ctx ends, then waits for what
// was begun.
func (d *Desk) tend(ctx context.Context, kind review.WorkKind, l *lane) {
	l.ring() // for what waits from before
	l.release(l.slots)
	for look := false; ctx.Err() == nil; {
		bell, free := l.bell, l.free
		if look {
			bell = nil
		} else {
			free = nil
		}
		select {
		case <-ctx.Done():
		case j := <-l.handed:
			d.start(ctx, l, j)
		case <-bell:
			look = true
		case <-free:
			look = d.claim(ctx, kind, l, 1+l.reserve(l.slots-1))
		}
	}
	for ended := 0; ended < l.slots; {
		select {
		case j := <-l.handed:
			d.start(ctx, l, j)
		case <-l.free:
			ended++
		}
	}
}

// claim claims work for so many hands and starts it. It tells whether there may
// be more.
func (d *Desk) claim(ctx context.Context, kind review.WorkKind, l *lane, hands int) bool {
	jobs, err := d.Store.Claim(ctx, storage.Claim{Worker: d.Worker, Kinds: []review.WorkKind{kind}, Now: d.Now(), Lease: leaseFor, Limit: hands})
	if err != nil && ctx.Err() == nil {
		d.Logger.WarnContext(ctx, "cannot claim work; it waits", slog.String("kind", string(kind)), slog.Any("error", err))
	}
	for _, j := range jobs {
		d.start(ctx, l, j)
	}
	l.release(hands - len(jobs))
	more := len(jobs) == hands
	l.behind.Store(more)
	return more
}

// start does a job with a hand that was reserved for it.
func (d *Desk) start(ctx context.Context, l *lane, j storage.Job) {
	crash.Point("work.claimed")
	go func() {
		defer l.release(1)
		d.perform(ctx, l.worker, j)
	}()
}

// reserve finds hands for work that is about to be stored, so that it can be
// claimed in the same write; nil when nobody is free. A lane that is behind has
// older work to do first.
func (d *Desk) reserve(work []review.Work) *storage.Claim {
	var kinds []review.WorkKind
	for _, w := range work {
		if l, ours := d.lanes[w.Kind]; ours && !l.behind.Load() && l.reserve(1) == 1 {
			kinds = append(kinds, w.Kind)
		}
	}
	if len(kinds) == 0 {
		return nil
	}
	return &storage.Claim{Worker: d.Worker, Kinds: kinds, Now: d.Now(), Lease: leaseFor}
}

// hand gives the jobs of a claim to the hands that were reserved for them, and
// frees the others.
func (d *Desk) hand(c *storage.Claim, jobs []storage.Job) {
	if c == nil {
		return
	}
	for _, kind := range c.Kinds {
		l := d.lanes[kind]
		if n := slices.IndexFunc(jobs, func(j storage.Job) bool { return j.Kind == kind }); n >= 0 {
			l.handed <- jobs[n]
		} else {
			l.release(1)
		}
	}
}
