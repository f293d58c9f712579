package bot

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// historyLooked is how many cases of history, those brought in last, are
// looked through for the newest reviews.
const historyLooked = 1000

// Backfill wakes the newest n reviews of history, of one source or of all. A
// press that is repeated wakes no others. See commands.Desk.
func (d *Desk) Backfill(ctx context.Context, i commands.Invocation, source string, n int) ([]review.Case, error) {
	cases, err := d.Store.Cases(ctx, storage.Query{Status: []review.Status{review.Seeded}, Source: source, Limit: historyLooked})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(cases, func(a, b review.Case) int { return b.Review.Created.Compare(a.Review.Created) })
	if i.ID != "" { // the whole of it counts once
		receipt := storage.Receipt{Scope: "backfill:" + i.Chat, ID: i.ID, At: d.Now()}
		if err := d.Store.Commit(ctx, &storage.Batch{Receipt: &receipt}); err != nil {
			return nil, err
		}
	}
	var opened []review.Case
	for _, c := range cases {
		if len(opened) == n {
			break
		}
		one := i
		one.Case, one.Token = c.ID, commands.Token{}
		if i.ID != "" {
			one.ID = i.ID + ":" + strconv.FormatInt(c.ID, 10)
		}
		now, err := d.Do(ctx, one, review.OpenCase{})
		var moved *review.NotNowError
		switch {
		case errors.As(err, &moved), errors.Is(err, storage.ErrSeen): // somebody else woke it
			continue
		case err != nil:
			return opened, err
		}
		opened = append(opened, now)
	}
	return opened, nil
}

// woken tells a case that lay in history before it was opened: its review is no
// news, so its thread opens quietly. A review that is news has its case in the
// same moment.
func woken(c review.Case) bool {
	return c.Review.Revision == 1 && !c.Review.Seen.IsZero() && c.Opened.Sub(c.Review.Seen) > time.Second
}
