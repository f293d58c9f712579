package webconsole

import (
	"context"
	"errors"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// Stirred implements [bot.OnDemand]: whoever looks, looks again.
func (c *Console) Stirred(int64) { c.hub.wake() }

// bring makes a case's thread agree with the cards that ought to stand in it,
// before somebody reads it: until then nothing is written for the console.
// Cards are kept as notes once they were seen, for people's words stand between
// them. Two that bring the same case at once put each card once, for its key is
// unique; if the older drawing wins, the next look mends it.
func (c *Console) bring(ctx context.Context, id int64) error {
	cs, err := c.Store.Case(ctx, id)
	if errors.Is(err, storage.ErrNotFound) || err == nil && cs.Status == review.Seeded {
		return nil // history has no thread
	}
	if err != nil {
		return err
	}
	cards, err := c.Desk.Cards(ctx, id)
	if err != nil || len(cards) == 0 {
		return err
	}
	parent, notes, err := c.standing(ctx, id, 0)
	if err != nil {
		return err
	}
	have := make(map[string]storage.Note, len(notes))
	for _, n := range notes {
		have[n.Key] = n
	}
	thread := parent.ID
	for _, k := range cards {
		at := bot.Place{Case: id, Key: k.Key, Quiet: k.Quiet}
		n, known := have[at.ID()]
		if !known {
			if n, err = c.putCard(ctx, at, thread, k); err != nil {
				return err
			}
		}
		if thread == 0 {
			thread = n.ID
		}
		if err := c.redraw(ctx, n, k); err != nil {
			return err
		}
	}
	return nil
}

func (c *Console) putCard(ctx context.Context, at bot.Place, thread int64, k bot.Keyed) (storage.Note, error) {
	body, err := encode(note{Card: &k.Card, Quiet: k.Quiet})
	if err != nil {
		return storage.Note{}, err
	}
	when := k.At
	if when.IsZero() {
		when = c.Now()
	}
	return c.Store.PutNote(ctx, storage.Note{Thread: thread, Key: at.ID(), Case: at.Case, Body: body, At: when})
}

// redraw edits a note that shows another card than it should.
func (c *Console) redraw(ctx context.Context, n storage.Note, k bot.Keyed) error {
	body, err := encode(note{Card: &k.Card, Quiet: k.Quiet})
	if err != nil {
		return err
	}
	// Both are read back from their encoding, for a database may order it anew.
	wanted, err := decode(storage.Note{ID: n.ID, Body: body})
	if err != nil {
		return err
	}
	if shown, err := decode(n); err == nil && shown.Card != nil && shown.Quiet == wanted.Quiet && shown.Card.Hash() == wanted.Card.Hash() {
		return nil
	}
	if err := c.Store.EditNote(ctx, n.ID, body, c.Now()); !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	return nil
}
