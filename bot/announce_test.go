package bot_test

import (
	"errors"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/review"
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
