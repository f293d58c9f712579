package bot_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// A card is redrawn and the chat's answer is lost; then the case goes back to
// what it was. The card that was recorded last is not the one that stands
// there, so it is drawn again.
func TestALostRedrawIsNotTrusted(t *testing.T) {
	h := open(t)
	id := h.drafted()
	h.ok(h.press(ben, id, "draft-1", "approve"))
	h.chat.mute = "draft-1"
	h.pass(0) // it shows “Undo” now, and the desk was not told
	h.ok(h.press(cleo, id, "draft-1", "undo"))
	h.chat.mute = ""
	h.pass(30 * time.Second)
	h.in(id, review.Drafted)
	h.ok(h.press(ben, id, "draft-1", "approve"))
}

// What the chat certainly refused is posted when its time comes, without
// looking for it first: in a burst every card but the first of a second is
// told to wait, and searching is what chats allow least of. Doubt from before
// is not forgotten over a refusal.
func TestOnlyDoubtIsLookedAt(t *testing.T) {
	wait := &bot.ChatError{Kind: bot.ErrLimited, Chat: "console", After: time.Second}
	for name, test := range map[string]struct {
		deny  []error
		finds int
	}{
		"told to wait, twice":       {[]error{wait, wait}, 0},
		"out of reach":              {[]error{&bot.ChatError{Kind: bot.ErrUnreachable, Chat: "console"}}, 0},
		"a channel is missing":      {[]error{&bot.ChatError{Kind: bot.ErrMisconfigured, Chat: "console"}}, 0},
		"no answer":                 {[]error{errors.New("what?")}, 1},
		"no answer, then must wait": {[]error{errors.New("what?"), wait, wait}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			h.chat.deny = test.deny
			id := h.late()
			h.pass(time.Minute)
			h.in(id, review.Open)
			h.chat.card(t, id, "parent") // exactly one
			if h.chat.finds != test.finds {
				t.Errorf("the chat was searched %d times, want %d", h.chat.finds, test.finds)
			}
		})
	}
}

// absent is a store that a few times cannot write down that a card was posted.
type absent struct {
	storage.Store
	card  string // its key
	times int
}

func (s *absent) Commit(ctx context.Context, b *storage.Batch) error {
	if s.times > 0 && b.Done == nil && slices.ContainsFunc(b.Messages, func(m storage.Message) bool { return m.Key == s.card }) {
		s.times--
		return errors.New("the disk is full")
	}
	return s.Store.Commit(ctx, b)
}

// Of two cards the first is posted and the second told to wait, and the first
// cannot be written down: that refusal is no proof that nothing was posted.
func TestAPostThatIsNotWrittenDownIsLookedFor(t *testing.T) {
	store := &absent{card: "facts", times: 1}
	h := open(t, func(c *bot.Config) { store.Store, c.Store = c.Store, store })
	id := h.late()
	wait := &bot.ChatError{Kind: bot.ErrLimited, Chat: "console", After: time.Second}
	h.chat.deny = []error{wait, nil, wait}
	h.ok(h.press(cleo, id, "parent", "ask", "question", "Which carrier was it?"))
	h.ok(h.press(cleo, id, "parent", "verdict:reply"))
	h.pass(time.Minute)
	if store.times != 0 || len(h.chat.deny) != 0 {
		t.Fatalf("it did not come to that: %d failures of the store and %d refusals are left", store.times, len(h.chat.deny))
	}
	h.chat.card(t, id, "facts")
	h.chat.card(t, id, "draft-1") // exactly one of each
	if h.chat.finds == 0 {
		t.Error("the chat was not searched")
	}
}
