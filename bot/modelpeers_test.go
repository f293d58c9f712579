//go:build peers

package bot_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/peers"
	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/review"
)

// TestAimockThroughTheDesk: a server of models that others wrote fails at all
// four tasks. Rules read the review, the card is a checklist with the reason, a
// person writes, and the reply goes up without a second reading. With an
// endpoint behind it that is well, there is a draft.
func TestAimockThroughTheDesk(t *testing.T) {
	p := peers.Start(t, peers.Program{Dir: peers.NPM(t, filepath.Join("..", "llm", "testdata", "peers")), Args: []string{"node", "aimock.mjs"}})
	var at struct{ URL string }
	p.Says(&at)
	for model, kind := range map[string]llm.Kind{
		"error-500": llm.Unreachable, "limited-long": llm.RateLimited, "denied": llm.Denied, "cut-content": llm.Truncated,
		"length": llm.Truncated, "filtered": llm.Refused, "empty": llm.Empty, "garbled": llm.Malformed, "hangs-up": llm.Unreachable,
		"slow": llm.Timeout, "nobody-knows-this-model": llm.Unreachable,
	} {
		t.Run(model, func(t *testing.T) {
			h, client := modelHouse(t, func(c *llm.Config) { c.Endpoints[0].Model, c.TryTimeout = model, time.Second }, at.URL)
			id := h.late()
			h.ok(h.press(cleo, id, "parent", "verdict:reply"))
			h.pass(0)
			h.in(id, review.Open)
			card := h.chat.card(t, id, "checklist-1")
			if words := strings.ToLower(fmt.Sprint(card.Blocks)); !strings.Contains(words, (&llm.Error{Kind: kind}).Error()) {
				t.Errorf("the checklist reads %s", words)
			}
			if c := h.get(id); c.Triaged != "rules" || len(c.Claims) == 0 || failures(client, kind) < 2 {
				t.Errorf("read by %q with %d claims; counted %+v", c.Triaged, len(c.Claims), client.Health())
			}
			h.ok(h.press(cleo, id, "checklist-1", "edit", "text", plain))
			h.pass(0)
			h.ok(h.typed(ben, fmt.Sprintf("approve %d", id)))
			h.pass(10 * time.Minute)
			h.in(id, review.Live)
			if notes := h.get(id).Draft.Notes; len(notes) != 1 || !strings.Contains(notes[0], "no second reading") {
				t.Errorf("notes %q", notes)
			}
		})
		t.Run(model+", then one that is well", func(t *testing.T) {
			h, _ := modelHouse(t, func(c *llm.Config) {
				c.Endpoints[0].Model, c.Endpoints[1].Model, c.TryTimeout = model, "draft-ok", time.Second
			}, at.URL, at.URL)
			id := h.late()
			h.ok(h.press(cleo, id, "parent", "verdict:reply"))
			h.pass(0)
			h.in(id, review.Drafted)
			if d := h.get(id).Draft; d.Model != "draft-ok" || d.Prompt == "" {
				t.Errorf("the draft is %+v", d)
			}
		})
	}
}
