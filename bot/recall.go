package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// This file is what other cases tell of one: earlier ones that are similar, and
// how often its reviewer was answered in public before. It is found out by work
// of its own, so that neither intake nor a press waits for it: for the newest
// complaints soon after they came, and for every case on which people begin.

// The keys of the work: one row for all new complaints, one for each case that
// people begin on.
const (
	recallNew  = "new"
	recallCase = "case"
)

// The bounds of a look: of a burst the newest are looked at, the others when
// somebody begins on them. recallDepth is among how many cases that share
// telling words the similar ones are sought.
const (
	recallAtOnce = 20
	recallDepth  = 60
)

// recalls remembers up to which case the new ones were looked at. After a
// restart the newest are looked at once more, which changes nothing.
type recalls struct{ upTo atomic.Int64 }

// recallWork is what a change of a case gives to look up.
func (d *Desk) recallWork(before, after review.Case) []review.Work {
	if !recallable(after) {
		return nil
	}
	begun := before.Verdict == review.Undecided && after.Verdict != review.Undecided
	switch {
	case before.ID == 0:
		return []review.Work{{Kind: review.WorkRecall, Case: review.NoCase, Key: recallNew, Due: d.Now().Add(watchRest), Again: true}}
	case begun, before.Status == review.Seeded, after.Review.Revision > before.Review.Revision:
		return []review.Work{{Kind: review.WorkRecall, Case: after.ID, Key: recallCase, Due: d.Now(), Again: true}}
	}
	return nil
}

// recallable leaves out praise, which is no quarrel and nothing to compare, and
// what has no words any more.
func recallable(c review.Case) bool {
	return c.Status != review.Seeded && !c.Review.Quiet() && c.Review.Erased.IsZero()
}

// recallJob does one row of that work.
func (d *Desk) recallJob(ctx context.Context, j storage.Job) error {
	if j.Case == 0 {
		return d.recallNewest(ctx, j)
	}
	c, err := d.Store.Case(ctx, j.Case)
	if err != nil {
		return err
	}
	if !recallable(c) {
		return d.done(ctx, j)
	}
	action, err := d.recall(ctx, c)
	if err != nil {
		return err
	}
	return d.system(ctx, j, "memory", action)
}

// recallNewest looks at the complaints that came since the last look.
func (d *Desk) recallNewest(ctx context.Context, j storage.Job) error {
	cases, err := d.Store.Cases(ctx, storage.Query{Limit: 10 * recallAtOnce})
	if err != nil {
		return err
	}
	upTo := d.recalls.upTo.Load()
	newest := upTo
	looked := 0
	for _, c := range cases {
		if newest = max(newest, c.ID); c.ID <= upTo || looked == recallAtOnce {
			break
		}
		if !recallable(c) || c.Status == review.Closed {
			continue
		}
		looked++
		action, err := d.recall(ctx, c)
		if err != nil {
			return err
		}
		if _, err := d.act(ctx, c.ID, review.BySystem("memory"), action, nil, storage.Batch{}); err != nil && !outgrown(err) && !errors.Is(err, review.ErrConflict) {
			return err
		}
	}
	d.recalls.upTo.Store(newest)
	return d.done(ctx, j)
}

// recall finds out what other cases tell of c. Similar ones are sought once:
// their outcome is read whenever the card is drawn.
func (d *Desk) recall(ctx context.Context, c review.Case) (review.Recall, error) {
	rounds, err := d.Store.Rounds(ctx, c.Review.Reviewer(), c.ID)
	a := review.Recall{Rounds: rounds}
	if err != nil || len(c.Similar) > 0 {
		return a, err
	}
	near, err := d.similarTo(ctx, c, recallDepth, func(other review.Case) bool { return other.ID < c.ID && other.Review.Erased.IsZero() })
	// Those that came to an end teach more than those that wait as well.
	slices.SortStableFunc(near, func(a, b review.Case) int { return unsettled(a) - unsettled(b) })
	for _, other := range near[:min(len(near), review.MaxSimilar)] {
		a.Similar = append(a.Similar, other.ID)
	}
	return a, err
}

// unsettled is 0 for a case with an outcome, 1 for one that waits.
func unsettled(c review.Case) int {
	if c.Outcome != review.NoOutcome || c.Reply != nil && !c.Reply.Answered.IsZero() || c.Review.Reply != nil {
		return 0
	}
	return 1
}

// recalled brings c up to what other cases tell, right before its text goes
// out: replies to the same reviewer may have gone up meanwhile. A case that
// needs a lead now is not Approved any more when it comes back.
func (d *Desk) recalled(ctx context.Context, c review.Case) (review.Case, error) {
	if !recallable(c) {
		return c, nil
	}
	rounds, err := d.Store.Rounds(ctx, c.Review.Reviewer(), c.ID)
	if err != nil || rounds == c.Elsewhere {
		return c, err
	}
	now, err := d.act(ctx, c.ID, review.BySystem("memory"), review.Recall{Rounds: rounds}, nil, storage.Batch{})
	if outgrown(err) {
		return d.Store.Case(ctx, c.ID)
	}
	return now, err
}

// alike reads the similar cases of a case, for its card.
func (d *Desk) alike(ctx context.Context, c review.Case) ([]review.Case, error) {
	out := make([]review.Case, 0, len(c.Similar))
	for _, id := range c.Similar {
		other, err := d.Store.Case(ctx, id)
		if err != nil {
			return nil, err
		}
		out = append(out, other)
	}
	return out, nil
}

// past lists similar earlier cases with what became of them, without anybody's
// words: those stay with their own case, where they can be erased.
func (p painter) past(card *Card) {
	if len(p.alike) == 0 {
		return
	}
	b := Block{Kind: List, Heading: "Similar earlier cases"}
	linked := true
	for _, other := range p.alike {
		line := fmt.Sprintf("%s %s, %s", other.Ref(), other.Review.Rating, other.Review.Key.Source)
		if !other.Opened.IsZero() {
			line += ", " + p.desk.day(other.Opened)
		}
		b.Items = append(b.Items, Line{Text: line + ": " + came(other)})
		link := p.desk.Link(other.ID)
		if linked = linked && link != ""; linked {
			card.Links = append(card.Links, Link{Label: "Case " + other.Ref(), URL: link})
		}
	}
	card.Blocks = append(card.Blocks, b)
	if !linked {
		card.Blocks = append(card.Blocks, Block{Kind: Small, Text: fmt.Sprintf("“show %d” brings such a case here.", p.alike[0].ID)})
	}
}

// came is what became of a case, in a few words.
func came(c review.Case) string {
	var s string
	switch {
	case c.Status == review.Seeded && c.Review.Reply != nil:
		return "history, answered"
	case c.Status == review.Seeded:
		return "history"
	case c.Status == review.Closed:
		s = strings.ReplaceAll(string(c.Outcome), "_", " ")
	case c.Status == review.Live:
		s = "replied"
	default:
		s = "not settled yet: " + c.Status.Label()
	}
	if n := len(c.Turns); n > 0 {
		s += "; then " + strings.ReplaceAll(string(c.Turns[n-1].Kind), "_", " ")
	}
	return s
}
