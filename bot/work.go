package bot

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/storage"
)

// worker does one kind of work.
type worker struct {
	// do does a job and commits its result together with the job's end. An
	// error means that the job is still to be done: it is given back and tried
	// later, when a *later says or, without one, after a back-off.
	do func(ctx context.Context, j storage.Job) error
	// slots is how many jobs of this kind run side by side.
	slots int
	// limit is how long a job may take.
	limit time.Duration
}

// workerTable has a row for every kind of work that follows from a case; the
// kinds for cards are added with their chats.
func (d *Desk) workerTable() map[review.WorkKind]worker {
	return map[review.WorkKind]worker{
		review.WorkAnnounce: {d.announce, 4, time.Minute},
		review.WorkTriage:   {d.triage, 4, 3 * time.Minute},
		review.WorkDraft:    {d.draft, 4, 3 * time.Minute},
		review.WorkJudge:    {d.judge, 4, 3 * time.Minute},
		review.WorkPublish:  {d.publish, 4, 2 * time.Minute},
		review.WorkReport:   {d.sendReport, 2, 2 * time.Minute},
		review.WorkVerify:   {d.verify, 4, 2 * time.Minute},
		review.WorkSettle:   {d.settle, 2, time.Minute},
		review.WorkExpire:   {d.expire, 2, time.Minute},
		review.WorkPoll:     {d.poll, 4, 5 * time.Minute},
		review.WorkLook:     {d.look, 2, 2 * time.Minute},
		review.WorkRemind:   {d.nudge, 2, time.Minute},
		review.WorkEscalate: {d.nudge, 2, time.Minute},
		review.WorkFollowUp: {d.nudge, 2, time.Minute},
		review.WorkCause:    {d.watchCause, 1, time.Minute},
		review.WorkIncident: {d.incidentWork, 2, time.Minute},
		review.WorkRecall:   {d.recallJob, 1, time.Minute},
		review.WorkDigest:   {d.digestDue, 1, time.Minute},
	}
}

// later is an error that says when a job is to be tried again. It is no
// failure: the job waits for a known time.
type later struct {
	at  time.Time
	why string
}

func (l *later) Error() string { return l.why }

// undone is a failure that certainly left nothing behind outside: the next try
// need not look for what this one did.
type undone struct{ error }

func (u undone) Unwrap() error { return u.error }

// drain is how long work that was begun may go on after the desk's end. What
// is not done by then is due again at the next start.
const drain = 7 * time.Second

// giveBack bounds the write that gives a job back.
const giveBack = 5 * time.Second

// pollEvery is how often the table is looked at without being woken: work of
// other replicas, and of a clock that was set.
const pollEvery = time.Second

// Serve works until ctx ends, then lets what is under way finish or gives it
// back. It returns nil after a clean stop.
func (d *Desk) Serve(ctx context.Context) error {
	d.serving.Store(true)
	defer d.serving.Store(false)
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { d.prepare(gctx); return nil })
	for _, c := range d.chats {
		g.Go(func() error { d.listen(gctx, c); return nil })
	}
	for kind, l := range d.lanes {
		g.Go(func() error { d.tend(gctx, kind, l); return nil })
	}
	g.Go(func() error { d.ring(gctx); return nil })
	g.Go(func() error { d.tidy(gctx); return nil })
	g.Go(func() error { d.keepNumbers(gctx); return nil })
	return g.Wait()
}

// prepare starts the desk, again and again as long as the database is away:
// presses and cards that need none are not kept waiting by it.
func (d *Desk) prepare(ctx context.Context) {
	for {
		err := d.Start(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		d.Logger.WarnContext(ctx, "cannot look at what is due; it will be tried again", slog.Any("error", err))
		select {
		case <-ctx.Done():
			return
		case <-time.After(pollEvery):
		}
	}
}

// tidyEvery and keepDone say how often finished work and old receipts are
// deleted, and how long they are kept: long enough that no sender and no chat
// repeats itself after that.
const (
	tidyEvery = 6 * time.Hour
	keepDone  = 30 * 24 * time.Hour
)

func (d *Desk) tidy(ctx context.Context) {
	tick := time.NewTicker(tidyEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if n, err := d.Store.Prune(ctx, d.Now().Add(-keepDone)); err != nil {
				d.Logger.WarnContext(ctx, "cannot tidy up; it will be tried again", slog.Any("error", err))
			} else if n > 0 {
				d.Logger.InfoContext(ctx, "tidied up", slog.Int64("rows", n))
			}
		}
	}
}

// relisten is how long a chat that gave up is left alone: somebody has to renew
// a token or a permission first.
const relisten = time.Minute

// listen lets a chat take presses until ctx ends. A chat that gives up, say
// because its token was revoked, takes no other chat and no work with it.
func (d *Desk) listen(ctx context.Context, c Chat) {
	hearing := c.Name() + ", taking presses"
	for ctx.Err() == nil {
		d.troubled(hearing, nil)
		err := c.Serve(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		d.troubled(hearing, err)
		d.Logger.ErrorContext(ctx, "a chat gave up; it will be tried again", slog.String("chat", c.Name()), slog.Any("error", err))
		select {
		case <-ctx.Done():
		case <-time.After(relisten):
		}
	}
}

// ring wakes the lanes that have something to do: at once for work that this
// process brought, and by a look every pollEvery for what became due and what
// other replicas brought.
func (d *Desk) ring(ctx context.Context) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		var due []review.WorkKind
		select {
		case <-ctx.Done():
			return
		case <-d.Store.Wake():
			due = d.Store.Woken()
		case <-tick.C:
			var err error
			if due, err = d.Store.DueKinds(ctx, d.kinds(), d.Now()); err != nil && ctx.Err() == nil {
				d.Logger.WarnContext(ctx, "cannot look for work; it waits", slog.Any("error", err))
			}
		}
		for _, kind := range due {
			if l, ours := d.lanes[kind]; ours {
				l.ring()
			}
		}
	}
}

// perform does one job, and gives it back when it is not done. A job that was
// begun outlives the desk's end by drain, so that an answer that is on its way
// is still recorded.
func (d *Desk) perform(ctx context.Context, w worker, j storage.Job) {
	end := ctx
	ctx = context.WithoutCancel(ctx)
	doing, cancel := context.WithTimeout(ctx, w.limit)
	defer cancel()
	defer context.AfterFunc(end, func() { time.AfterFunc(drain, cancel) })()
	doing, fenced := context.WithCancelCause(doing)
	defer fenced(nil)
	defer d.hold(doing, j, fenced)()
	doing, observed := d.begin(doing, &Step{Name: StepWork, What: string(j.Kind), Case: j.Case})
	err := d.guarded(doing, w, j)
	observed(err)
	if err == nil || errors.Is(err, storage.ErrFenced) || errors.Is(context.Cause(doing), storage.ErrFenced) {
		return
	}
	due := d.Now().Add(backoff(tries(j)))
	var l *later
	if errors.As(err, &l) {
		due = l.at
	} else {
		d.Logger.WarnContext(ctx, "work failed; it will be tried again",
			slog.String("kind", string(j.Kind)), slog.Int64("case", j.Case), slog.Int("attempt", tries(j)),
			slog.Time("due", due), slog.Any("error", err))
	}
	if u := (undone{}); errors.As(err, &u) {
		j.Attempts--
	}
	ctx, stop := context.WithTimeout(ctx, giveBack)
	defer stop()
	if err := d.Store.Retry(ctx, j, due, err.Error()); err != nil && !errors.Is(err, storage.ErrFenced) {
		// Its lease ends by itself; then it is due again.
		d.Logger.WarnContext(ctx, "cannot give work back; its lease will end", slog.String("kind", string(j.Kind)), slog.Any("error", err))
	}
}

// guarded does a job; a panic is one job's failure, not the program's.
func (d *Desk) guarded(ctx context.Context, w worker, j storage.Job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			d.Logger.ErrorContext(ctx, "work panicked", slog.String("kind", string(j.Kind)), slog.Int64("case", j.Case), slog.Any("panic", p))
			err = errors.New("an unexpected failure; see the log")
		}
	}()
	return w.do(ctx, j)
}

// tries is how often a job was tried to its end, this time included. Claims
// that a kill cut short do not count: they say nothing of the work.
func tries(j storage.Job) int { return j.Failures + 1 }

// backoff is how long failed work rests: from a second, doubling, to a quarter
// of an hour, with up to half of it at random so that many do not come back at once.
func backoff(tries int) time.Duration {
	const first, longest = time.Second, 15 * time.Minute
	wait := longest
	if tries < 11 {
		wait = min(longest, first<<max(tries-1, 0))
	}
	return wait/2 + rand.N(wait/2+1)
}

// RunDue does all work that is due now, one job after the other, and what
// follows from it, until nothing is due. It returns how many jobs it did.
// Tests and the scripted demo move time with it.
func (d *Desk) RunDue(ctx context.Context) (int, error) {
	for done := 0; ; {
		jobs, err := d.Store.Claim(ctx, storage.Claim{Worker: d.Worker, Kinds: d.kinds(), Now: d.Now(), Lease: leaseFor, Limit: 1})
		if err != nil || len(jobs) == 0 {
			return done, err
		}
		d.perform(ctx, d.lanes[jobs[0].Kind].worker, jobs[0])
		done++
	}
}

// NextDue is when the next work is due; ok is false when there is none.
func (d *Desk) NextDue(ctx context.Context) (at time.Time, ok bool, err error) {
	return d.Store.NextDue(ctx, d.kinds())
}

func (d *Desk) kinds() []review.WorkKind {
	return slices.Collect(maps.Keys(d.lanes))
}

// Start prepares the table of work: every source that can be polled has its
// poll, and every running clock its rows.
func (d *Desk) Start(ctx context.Context) error {
	var b storage.Batch
	for name, s := range d.sources {
		if _, ok := s.(sources.Poller); ok && s.Capabilities().List {
			b.Work = append(b.Work, review.Work{Kind: review.WorkPoll, Key: name, Due: d.Now(), Again: true})
		}
	}
	b.Work = append(b.Work, d.nextDigests()...)
	if err := d.Store.Commit(ctx, &b); err != nil {
		return err
	}
	return d.armClocks(ctx)
}

// done completes a job that turned out to need nothing.
func (d *Desk) done(ctx context.Context, j storage.Job) error {
	return d.Store.Commit(ctx, &storage.Batch{Done: &j})
}
