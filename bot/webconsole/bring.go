package webconsole

import (
	"context"
	"errors"
	"slices"

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
//
// What storage does not take, as on a full disk, is given as unrecorded: people
// see the case as it is, and the next look tries again.
func (c *Console) bring(ctx context.Context, id int64) (missed unrecorded, err error) {
	cs, err := c.Store.Case(ctx, id)
	if errors.Is(err, storage.ErrNotFound) || err == nil && cs.Status == review.Seeded {
		return missed, nil // history has no thread
	}
	if err != nil {
		return missed, err
	}
	cards, err := c.Desk.Cards(ctx, id)
	if err != nil || len(cards) == 0 {
		return missed, err
	}
	parent, notes, err := c.standing(ctx, id, 0)
	if err != nil {
		return missed, err
	}
	have := make(map[string]storage.Note, len(notes))
	for _, n := range notes {
		have[n.Key] = n
	}
	top := parent.ID
	for _, k := range cards {
		n, err := c.noteOfCard(id, top, k)
		if err != nil {
			return missed, err
		}
		was, known := have[n.Key]
		if n.ID = was.ID; known && same(was, n) {
			continue
		}
		if missed.why == nil {
			n, missed.why = c.writeCard(ctx, n)
		}
		switch {
		case ctx.Err() != nil:
			return missed, ctx.Err()
		case missed.why != nil: // one refusal is enough: the others are not tried
			missed.add(n)
		case top == 0:
			top = n.ID
		}
	}
	return missed, nil
}

// noteOfCard is a card as a note that is still to be written.
func (c *Console) noteOfCard(id, top int64, k bot.Keyed) (storage.Note, error) {
	body, err := encode(note{Card: &k.Card, Quiet: k.Quiet})
	if err != nil {
		return storage.Note{}, err
	}
	when := k.At
	if when.IsZero() {
		when = c.Now()
	}
	return storage.Note{Thread: top, Key: bot.Place{Case: id, Key: k.Key}.ID(), Case: id, Body: body, At: when}, nil
}

// writeCard writes a card's note: anew, or over the one that has its id. A note
// that was deleted meanwhile is not brought back.
func (c *Console) writeCard(ctx context.Context, n storage.Note) (storage.Note, error) {
	if n.ID == 0 {
		put, err := c.Store.PutNote(ctx, n)
		if err != nil {
			return n, err
		}
		if n.ID = put.ID; same(put, n) {
			return n, nil
		}
	}
	if err := c.Store.EditNote(ctx, n.ID, n.Body, c.Now()); err != nil && !errors.Is(err, storage.ErrNotFound) {
		return n, err
	}
	return n, nil
}

// same tells whether two notes show the same card. Both are read from their
// encoding, for a database may order it anew.
func same(a, b storage.Note) bool {
	x, err := decode(a)
	if err != nil || x.Card == nil {
		return false
	}
	y, err := decode(b)
	return err == nil && y.Card != nil && x.Quiet == y.Quiet && x.Card.Hash() == y.Card.Hash()
}

// unrecorded are a case's notes that storage did not take. Those that stand
// already in an older form have their ids, new ones count down from -1.
type unrecorded struct {
	notes []storage.Note
	fresh int64 // how many of them are new
	why   error // nil when all was recorded
}

func (u *unrecorded) add(n storage.Note) {
	if n.ID == 0 {
		u.fresh++
		n.ID = -u.fresh
	}
	u.notes = append(u.notes, n)
}

// note finds one by its id.
func (u *unrecorded) note(id int64) (storage.Note, bool) {
	k := slices.IndexFunc(u.notes, func(n storage.Note) bool { return n.ID == id })
	if k < 0 {
		return storage.Note{}, false
	}
	return u.notes[k], true
}

// over puts them in the place of what stands, and new ones below it.
func (u *unrecorded) over(standing []storage.Note) []storage.Note {
	for i, n := range standing {
		if now, ok := u.note(n.ID); ok {
			standing[i].Body = now.Body
		}
	}
	for _, n := range u.notes {
		if n.ID < 0 {
			standing = append(standing, n)
		}
	}
	return standing
}
