package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/evenkeel/evenkeel/internal/crash"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// cardsKind is the kind of work that brings one chat's cards up to their case.
// Each chat has its own, so that one that is down holds up no other.
func cardsKind(chat string) review.WorkKind { return review.WorkCards + ":" + review.WorkKind(chat) }

// cardsWorker makes a chat agree with the cards that ought to stand for a case:
// it posts what is missing and redraws what differs. It is the only place that
// posts, and the table of work sees to it that it runs once at a time for each
// case and chat.
func (d *Desk) cardsWorker(chat Chat) worker {
	do := func(ctx context.Context, j storage.Job) error { return d.syncCards(ctx, chat, j) }
	return worker{do: do, slots: 64, limit: time.Minute}
}

func (d *Desk) syncCards(ctx context.Context, chat Chat, j storage.Job) error {
	c, posted, err := d.drawnSoFar(ctx, chat, j)
	if err != nil {
		return err
	}
	// A new case is drawn as it will be once its thread stands, and becomes so
	// in the very write that records the thread.
	var change *review.Change
	if c.Status == review.New {
		ch, err := review.Apply(c, review.Announced{Where: chat.Name()}, d.occasion(c, review.BySystem("announcer")))
		if err != nil {
			return err
		}
		change, c = &ch, ch.Case
	}
	wanted, err := d.cards(ctx, c)
	if err != nil {
		return err
	}
	s := &syncing{desk: d, chat: chat, job: j, held: d.Now(), review: c.Review.Key.ID, standing: make(map[string]storage.Message, len(posted)), channel: d.channel(chat.Name(), c)}
	for _, m := range posted {
		s.standing[m.Key] = m
	}
	batch := &storage.Batch{Done: &j, Change: change, Patient: d.serving.Load()} // the card stands: nobody waits for its record
	if _, stands := s.standing[parentKey]; !stands && !wanted[0].Quiet {
		if window, burst := d.bursts.opening(chat.Name(), d.Now()); burst {
			wanted[0].Quiet = true
			batch.Work = append(batch.Work, burstWork(chat.Name(), s.channel, window, d.Now()))
		}
	}
	for _, k := range wanted {
		if err := s.bring(ctx, c.ID, k); err != nil {
			return s.trouble(ctx, err)
		}
	}
	if err := s.keep(ctx, c); err != nil {
		return s.trouble(ctx, err)
	}
	d.troubled(chat.Name(), nil)
	if change != nil {
		batch.Work = append(batch.Work, d.opened(c)...)
		for _, other := range d.cardWork(c) {
			if other.Kind != j.Kind {
				batch.Work = append(batch.Work, other)
			}
		}
	}
	batch.Messages = s.drawn
	return d.recordCards(ctx, batch)
}

// drawnSoFar is the case of a job with the cards of it that stand in the chat.
func (d *Desk) drawnSoFar(ctx context.Context, chat Chat, j storage.Job) (review.Case, []storage.Message, error) {
	if c, ok := d.fresh.take(chat.Name(), j); ok {
		return c, nil, nil
	}
	c, err := d.Store.Case(ctx, j.Case)
	if err != nil {
		return c, nil, err
	}
	posted, err := d.Store.Messages(ctx, j.Case, chat.Name())
	return c, posted, err
}

// recordCards writes what a round of cards did.
func (d *Desk) recordCards(ctx context.Context, b *storage.Batch) error {
	crash.Point("cards.posted")
	err := d.Store.Commit(ctx, b)
	if errors.Is(err, review.ErrConflict) {
		// Somebody moved the case meanwhile. What was posted is kept; the next
		// round draws the case as it is now.
		if err := d.Store.Commit(ctx, &storage.Batch{Messages: b.Messages}); err != nil {
			return err
		}
		return &later{at: d.Now(), why: "the case moved while its cards were drawn"}
	}
	crash.Point("cards.recorded")
	if err == nil && b.Change != nil {
		d.moved(ctx, *b.Change)
	}
	return err
}

// syncing is one round of bringing a chat up to a case.
type syncing struct {
	desk     *Desk
	chat     Chat
	job      storage.Job
	held     time.Time // when the job was certainly ours; zero for never
	channel  string
	review   string                     // the review's id on its platform
	standing map[string]storage.Message // by key
	drawn    []storage.Message          // to be recorded
}

// bring makes one card stand as wanted.
func (s *syncing) bring(ctx context.Context, id int64, k Keyed) error {
	hash := k.Card.Hash()
	at := Place{Channel: s.channel, Case: id, Key: k.Key, Quiet: k.Quiet, Review: s.review, Hash: hash}
	if k.Key != parentKey {
		at.Thread = s.standing[parentKey].Ref
	}
	have, known := s.standing[k.Key]
	if known && have.Ref != "" && have.Hash == hash {
		return nil
	}
	m := storage.Message{Case: id, Chat: s.chat.Name(), Key: k.Key, Ref: have.Ref, Hash: hash, Posted: have.Posted}
	if have.Ref != "" {
		err := s.update(ctx, at, have.Ref, k.Card)
		crash.Point("cards.updated")
		if !errors.Is(err, ErrGone) {
			if doubtful(err) {
				m.Hash = review.Digest{} // nobody knows what stands there, so it is drawn again, come what may
			}
			if err == nil || doubtful(err) {
				s.record(m)
			}
			return err
		}
		// Somebody deleted the card. A parent that is gone takes its thread
		// with it; posting anew would split the case, so it is left alone.
		s.desk.Logger.WarnContext(ctx, "a card was deleted in the chat", slog.Int64("case", id), slog.String("card", k.Key), slog.String("chat", s.chat.Name()))
		s.record(m)
		return nil
	}
	if s.job.Attempts > 1 || known {
		// An earlier try may have posted it and died, or lost the answer.
		ref, found, err := s.find(ctx, at)
		if err != nil {
			return err
		}
		if found {
			m.Ref, m.Posted = ref, s.desk.Now()
			if err := s.update(ctx, at, ref, k.Card); err != nil && !errors.Is(err, ErrGone) {
				return err
			}
			s.record(m)
			return nil
		}
	}
	if err := s.stillOurs(ctx); err != nil {
		return err
	}
	crash.Point("cards.posting")
	ref, err := s.post(ctx, at, k.Card)
	crash.Point("cards.answered")
	if err != nil {
		return err
	}
	m.Ref, m.Posted = ref, s.desk.Now()
	s.record(m)
	return nil
}

// stillOurs looks, after a while, whether the job is still this process's: one
// that was paused between two cards must not post what another has posted since.
func (s *syncing) stillOurs(ctx context.Context) error {
	if now := s.desk.Now(); now.Sub(s.held) > leaseFor/3 {
		if err := s.desk.ours(ctx, s.job); err != nil {
			return err
		}
		s.held = now
	}
	return nil
}

// doubtRest bounds how long a card may stay in doubt. Nothing is repeated
// blindly, and people look at that card: earlier waits, for a chat that was
// busy, must not make this one long.
const doubtRest = 10 * time.Second

// doubtful tells whether a call that failed may have had its effect.
func doubtful(err error) bool {
	var ce *ChatError
	return err != nil && (!errors.As(err, &ce) || errors.Is(err, ErrUnknown))
}

// keep lets the thread itself show how its case stands, in chats that can.
func (s *syncing) keep(ctx context.Context, c review.Case) error {
	keeper, ok := s.chat.(ThreadKeeper)
	parent := s.standing[parentKey].Ref
	if !ok || parent == "" {
		return nil
	}
	state := ThreadState{Status: string(c.Status), Closed: c.Status == review.Closed}
	if stars, rated := c.Review.Rating.Fifths(); rated {
		state.Stars = int(math.Round(stars))
	}
	return keeper.KeepThread(ctx, Place{Channel: s.channel, Thread: parent, Case: c.ID, Key: parentKey}, parent, state)
}

func (s *syncing) record(m storage.Message) {
	s.standing[m.Key] = m
	s.drawn = append(s.drawn, m)
}

// trouble keeps what was drawn before the failure and says when to go on.
func (s *syncing) trouble(ctx context.Context, err error) error {
	s.desk.troubled(s.chat.Name(), err)
	if len(s.drawn) > 0 {
		if cerr := s.desk.Store.Commit(ctx, &storage.Batch{Messages: s.drawn}); cerr != nil {
			return errors.Join(err, cerr)
		}
	}
	if doubtful(err) {
		s.desk.Logger.WarnContext(ctx, "a card's answer was lost; the chat is looked at soon", slog.String("chat", s.chat.Name()), slog.Int64("case", s.job.Case), slog.Any("error", err))
		return &later{at: s.desk.Now().Add(min(backoff(tries(s.job)), doubtRest)), why: err.Error()}
	}
	var ce *ChatError
	if errors.As(err, &ce) && ce.After > 0 {
		return undone{&later{at: s.desk.Now().Add(ce.After), why: err.Error()}}
	}
	return undone{fmt.Errorf("bringing cards to %s: %w", s.chat.Name(), err)}
}
