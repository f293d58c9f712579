package bot

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// Turn lets one of several replicas at a time do something that must not be
// done twice at once, such as listening to a chat. It is a row of work that is
// never done: whoever holds its lease has the turn, and prolongs it; when the
// holder dies, the lease ends and another one claims it. No other mechanism is
// needed, and both databases have this one.
type Turn struct {
	Store  storage.Store
	Name   string // what the turn is for: "discord"
	Worker string // who we are, for the log
	Now    func() time.Time
	Logger *slog.Logger
	// Look is how often the turn is asked for and prolonged; zero is a fifth of
	// the lease.
	Look time.Duration
}

func (t Turn) look() time.Duration {
	if t.Look > 0 {
		return t.Look
	}
	return leaseFor / 5
}

func (t Turn) kind() review.WorkKind { return review.WorkKind("turn:" + t.Name) }

// Hold waits for the turn and runs do while it lasts: do's context ends when
// the turn is lost or ctx ends. It returns do's error when do ends by itself,
// and nil when ctx ends. A lost turn is waited for again. A turn that is given
// back is free for others at once.
func (t Turn) Hold(ctx context.Context, do func(context.Context) error) error {
	tick := time.NewTicker(t.look())
	defer tick.Stop()
	for {
		j, ok, err := t.claim(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			t.Logger.WarnContext(ctx, "cannot ask for the turn", slog.String("turn", t.Name), slog.Any("error", err))
		case ok:
			if err, lost := t.holding(ctx, j, do); !lost {
				return err
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// claim takes the turn if it is free.
func (t Turn) claim(ctx context.Context) (storage.Job, bool, error) {
	now := t.Now()
	if err := t.Store.Commit(ctx, &storage.Batch{Work: []review.Work{{Kind: t.kind(), Key: t.Name, Due: now}}}); err != nil {
		return storage.Job{}, false, err
	}
	jobs, err := t.Store.Claim(ctx, storage.Claim{Worker: t.Worker, Kinds: []review.WorkKind{t.kind()}, Now: now, Lease: leaseFor, Limit: 1})
	if err != nil || len(jobs) == 0 {
		return storage.Job{}, false, err
	}
	return jobs[0], true, nil
}

// holding runs do and prolongs the lease meanwhile. lost is true when somebody
// else has the turn now.
func (t Turn) holding(ctx context.Context, j storage.Job, do func(context.Context) error) (err error, lost bool) {
	t.Logger.InfoContext(ctx, "has the turn", slog.String("turn", t.Name), slog.String("worker", t.Worker))
	turn, end := context.WithCancelCause(ctx)
	defer end(nil)
	done := make(chan struct{})
	go func() {
		defer close(done)
		t.prolong(turn, j, end)
	}()
	err = do(turn)
	lost = errors.Is(context.Cause(turn), storage.ErrFenced)
	end(nil)
	<-done
	if !lost { // others need not wait for the lease to end
		free, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaseFor)
		defer cancel()
		if rerr := t.Store.Retry(free, j, t.Now(), ""); rerr != nil && !errors.Is(rerr, storage.ErrFenced) {
			t.Logger.WarnContext(ctx, "cannot give the turn back; it is free when its lease ends", slog.String("turn", t.Name), slog.Any("error", rerr))
		}
	}
	return err, lost
}

// prolong keeps the lease. A database that is away for as long as the lease
// means that another one may have the turn by now.
func (t Turn) prolong(ctx context.Context, j storage.Job, end context.CancelCauseFunc) {
	tick := time.NewTicker(t.look())
	defer tick.Stop()
	sure := t.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := t.Now()
		err := t.Store.Extend(ctx, j, now.Add(leaseFor))
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			sure = now
		case errors.Is(err, storage.ErrFenced), now.Sub(sure) >= leaseFor:
			end(storage.ErrFenced)
			return
		default:
			t.Logger.WarnContext(ctx, "cannot prolong the turn", slog.String("turn", t.Name), slog.Any("error", err))
		}
	}
}
