package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/internal/crash"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// Intake is reviews that reached us.
type Intake struct {
	By      string // the part that brings them: "poll", "webhook", "import"
	Reviews []review.Review
	// History seeds them silently: no thread, no clock.
	History bool
	// Delivery, where given, makes a delivery with one id count once.
	Delivery *storage.Receipt
}

// Took counts what Intake did with them.
type Took struct {
	Added      int
	Revised    int
	Duplicates int
	Cases      []int64 // of the reviews, in the order given; 0 where one was refused
	Problems   []error // of the reviews that were refused, each naming the review
}

// intakeAtOnce is how many reviews of one delivery are stored side by side, so
// that they share a commit.
const intakeAtOnce = 64

// Take stores reviews. When it returns without error every review is durable:
// as a new case, as a new revision of its case, or known already. It is
// idempotent, so an unsure sender simply sends again. A review that is not
// valid is refused by itself and takes no other with it.
func (d *Desk) Take(ctx context.Context, in Intake) (Took, error) {
	took, err := d.take(ctx, in)
	if err == nil && d.Observer != nil {
		d.Observer.Took(in, took)
	}
	return took, err
}

func (d *Desk) take(ctx context.Context, in Intake) (Took, error) {
	took := Took{Cases: make([]int64, len(in.Reviews))}
	results := make([]taken, len(in.Reviews))
	if len(in.Reviews) == 0 {
		return took, nil
	}
	if in.Delivery != nil && len(in.Reviews) > 1 { // a single one is refused by the very write that would store it
		seen, err := d.delivered(ctx, in)
		if err != nil || seen {
			took.Duplicates = len(in.Reviews)
			return took, err
		}
	}
	// The last review carries the delivery's receipt: the receipt says that all
	// of them are stored. A delivery that was cut short has none and is gone
	// through again.
	last := len(in.Reviews) - 1
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(intakeAtOnce)
	for n, r := range in.Reviews[:last] {
		g.Go(func() (err error) {
			results[n], err = d.takeOne(gctx, r, in, nil)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return took, err
	}
	crash.Point("intake.last")
	var err error
	results[last], err = d.takeOne(ctx, in.Reviews[last], in, in.Delivery)
	switch {
	case errors.Is(err, storage.ErrSeen): // the same delivery came twice at once
		took.Duplicates = len(in.Reviews)
		return took, nil
	case err != nil:
		return took, err
	case in.Delivery != nil && !results[last].added && !results[last].revised:
		// Nothing of the last review was written, and the receipt neither.
		if err := d.Store.Commit(ctx, &storage.Batch{Receipt: in.Delivery}); err != nil && !errors.Is(err, storage.ErrSeen) {
			return took, err
		}
	}
	for n, r := range results {
		took.Cases[n] = r.id
		switch {
		case r.problem != nil:
			took.Problems = append(took.Problems, fmt.Errorf("review %s: %w", in.Reviews[n].Key, r.problem))
		case r.added:
			took.Added++
		case r.revised:
			took.Revised++
		default:
			took.Duplicates++
		}
	}
	return took, nil
}

// delivered tells whether a delivery of several reviews was stored before as a
// whole; of a single one the write that would store it says so. Its words
// may have been edited since, so nothing of it is looked at again.
func (d *Desk) delivered(ctx context.Context, in Intake) (bool, error) {
	body, seen, err := d.Store.Received(ctx, in.Delivery.Scope, in.Delivery.ID)
	if err == nil && seen && body != in.Delivery.Body && !body.IsZero() && !in.Delivery.Body.IsZero() {
		return false, storage.ErrReused
	}
	return seen, err
}

// taken is what became of one review.
type taken struct {
	id             int64
	added, revised bool
	problem        error // why it was refused
}

func (d *Desk) takeOne(ctx context.Context, r review.Review, in Intake, receipt *storage.Receipt) (taken, error) {
	step := &Step{Name: StepIntake}
	ctx, ended := d.begin(ctx, step)
	t, err := d.storeOne(ctx, r, in, receipt)
	step.Case, step.First = t.id, t.added
	ended(err)
	return t, err
}

func (d *Desk) storeOne(ctx context.Context, r review.Review, in Intake, receipt *storage.Receipt) (taken, error) {
	if err := r.Rating.Valid(); err != nil {
		d.Logger.WarnContext(ctx, "a rating is off its scale; the review is taken without one",
			slog.String("review", r.Key.String()), slog.Any("error", err))
	}
	r = onScale(r)
	by := review.BySystem(in.By)
	history := in.History || (r.Reply != nil && r.Reply.Text != "")
	change, err := review.Accept(r, history, review.Occasion{Now: d.Now(), By: by})
	if err != nil {
		return taken{problem: err}, nil // one bad review is reported and takes no other with it
	}
	b := storage.Batch{Change: &change, Receipt: receipt}
	if !history {
		unread := change.Case
		change = d.announceAtOnce(d.readAtOnce(ctx, change))
		change.Work = d.announced(change.Work)
		b.Work = d.cardWork(change.Case)
		b.Claim = d.reserve(b.Work) // who brings a review draws its first cards
		defer func() { d.hand(b.Claim, b.Claimed) }()
		b.Work = append(b.Work, d.clockWork(review.Case{}, change.Case)...)
		for _, w := range d.watchWork(unread, change.Case) {
			w.Case = review.NoCase
			b.Work = append(b.Work, w)
		}
	}
	crash.Point("intake.before")
	err = d.Store.Commit(ctx, &b)
	crash.Point("intake.stored")
	var exists *storage.ExistsError
	switch {
	case err == nil:
		d.moved(ctx, change)
		if !history {
			for _, r := range d.postedRoutes(change.Case) {
				d.fresh.put(r.Chat, change.Case)
			}
		}
		return taken{id: change.Case.ID, added: true}, nil
	case !errors.As(err, &exists):
		return taken{}, err
	}
	// The case is there: the same words are a duplicate, other words an edit.
	_, err = d.act(ctx, exists.Case, by, review.Revise{Review: r}, nil, storage.Batch{Receipt: receipt})
	switch {
	case errors.Is(err, review.ErrAlready):
		return taken{id: exists.Case}, nil
	case errors.Is(err, storage.ErrSeen) || errors.Is(err, storage.ErrReused):
		return taken{}, err
	case err != nil:
		return taken{}, err
	}
	return taken{id: exists.Case, revised: true}, nil
}

// readAtOnce adds the triage of a review that is taken in, where the triager can
// read it at once. Where it cannot, or the rules say no, the work of triage
// stays as it was.
func (d *Desk) readAtOnce(ctx context.Context, accepted review.Change) review.Change {
	if now, ok := d.Triager.(interface{ AtOnce() bool }); !ok || !now.AtOnce() {
		return accepted
	}
	c := accepted.Case
	t, err := d.suggest(ctx, c)
	if err != nil {
		return accepted
	}
	read, err := review.Apply(c, t, d.occasion(c, review.BySystem("triage")))
	if err != nil {
		return accepted
	}
	accepted.Work = slices.DeleteFunc(accepted.Work, func(w review.Work) bool { return w.Kind == review.WorkTriage })
	return then(accepted, read)
}

// onScale leaves out a rating that makes no sense: the customer's words must not
// be lost for it.
func onScale(r review.Review) review.Review {
	if r.Rating.Valid() != nil {
		r.Rating = review.Rating{Kind: review.Unrated}
	}
	return r
}

// announced drops the announce work where chats are attached: their cards are
// asked for directly. Where none is, the work waits for a process that has one.
func (d *Desk) announced(work []review.Work) []review.Work {
	if len(d.chats) == 0 {
		return work
	}
	return slices.DeleteFunc(work, func(w review.Work) bool { return w.Kind == review.WorkAnnounce })
}

// AddReview takes a review that a person pasted. fresh is false when the same
// review had a case already.
func (d *Desk) AddReview(ctx context.Context, i commands.Invocation, r review.Review) (c review.Case, fresh bool, err error) {
	if need := review.Responder; i.By.Role < need {
		return c, false, &review.RoleError{Verb: "open", Need: need, Have: i.By.Role}
	}
	if r.Key.ID == "" {
		r.Key.ID = d.PastedID(r)
	}
	took, err := d.Take(ctx, Intake{By: "manual:" + string(i.By.ID), Reviews: []review.Review{r}})
	if err != nil {
		return c, false, err
	}
	if len(took.Problems) > 0 {
		return c, false, &review.InputError{Field: "review", Problem: "was not taken: " + took.Problems[0].Error()}
	}
	c, err = d.Store.Case(ctx, took.Cases[0])
	return c, took.Added == 1, err
}
