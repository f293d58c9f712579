package bot_test

import (
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources/simulator"
)

// TestOfflineDraftsPassTheChecks: whoever has no model key still gets a draft
// that can be approved, in every language of the story.
func TestOfflineDraftsPassTheChecks(t *testing.T) {
	h := open(t, func(c *bot.Config) { c.Drafter = llm.NewOffline() })
	for _, step := range simulator.Story() {
		if step.Add == nil || step.Add.Body == "" {
			continue
		}
		r := *step.Add
		r.Created, r.Updated, r.Reply = time.Time{}, time.Time{}, nil
		r, err := h.platform.Add(r)
		if err != nil {
			t.Fatal(err)
		}
		h.pass(11 * time.Minute)
		c, err := h.store.CaseOf(h.ctx, review.Key{Source: "shop", ID: r.ID})
		if err != nil {
			t.Fatal(err)
		}
		if c.Status == review.Held {
			h.ok(h.typed(ana, "release "+c.Ref()))
		}
		h.ok(h.typed(cleo, "draft "+c.Ref()))
		h.pass(0)
		c = h.get(c.ID)
		if c.Draft == nil {
			t.Errorf("%s (%s): no draft: %s", r.ID, r.Language, c.Trouble)
			continue
		}
		if c.Suspect || c.Class != review.Ordinary {
			continue // words planted for a machine, or a matter for a lead: a person writes
		}
		for _, f := range c.Draft.Findings {
			if f.Level == review.Block {
				t.Errorf("%s (%s): %s: %s (%q)\n%s", r.ID, r.Language, f.Check, f.Message, f.Words, c.Draft.Text)
			}
		}
	}
}
