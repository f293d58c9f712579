package bot_test

import (
	"testing"
	"time"

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
