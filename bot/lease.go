package bot

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/evenkeel/evenkeel/storage"
)

// leaseFor is how long others leave claimed work alone. Whoever does the work
// prolongs it, so it says nothing about how long the work may take; it is the
// time after which the work of a dead process is taken up by another.
const leaseFor = 15 * time.Second

// hold prolongs the lease of a job until the returned function is called. When
// somebody else has taken the job over meanwhile, because this process was
// paused or cut off from the database, it ends the doing with
// [storage.ErrFenced]: whatever is left to do is now the other's.
func (d *Desk) hold(ctx context.Context, j storage.Job, end context.CancelCauseFunc) (release func()) {
	ctx, stop := context.WithCancel(ctx)
	var prolong func()
	prolong = func() {
		err := d.ours(ctx, j)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, storage.ErrFenced):
			end(err)
			return
		case err != nil:
			d.Logger.WarnContext(ctx, "cannot prolong a lease", slog.String("kind", string(j.Kind)), slog.Any("error", err))
		}
		time.AfterFunc(leaseFor/3, prolong)
	}
	first := time.AfterFunc(leaseFor/3, prolong) // most jobs are done long before
	return func() {
		first.Stop()
		stop()
	}
}

// ours makes sure that a job is still this process's, and for a full lease
// from now: what a fence cannot guard, a call to the world outside, is made
// right after it. [storage.ErrFenced] when it is not.
func (d *Desk) ours(ctx context.Context, j storage.Job) error {
	return d.Store.Extend(ctx, j, d.Now().Add(leaseFor))
}
