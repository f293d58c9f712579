package bot_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/storage"
)

// TestALongOutageIsToldOnce: a program that is handed events and takes none is
// named once in the channel; when it is well, the card calms down and one more
// says so.
func TestALongOutageIsToldOnce(t *testing.T) {
	now := bot.Outage{}
	h := open(t, func(c *bot.Config) {
		c.Outage = func(_ context.Context, target string) (bot.Outage, error) {
			if target != "crm" {
				t.Errorf("asked about %q", target)
			}
			return now, nil
		}
	})
	since := h.clock.Now()
	tell := func(well bool) {
		t.Helper()
		if err := h.store.Commit(h.ctx, &storage.Batch{Work: h.desk.OutageNews("crm", since, well)}); err != nil {
			t.Fatal(err)
		}
		h.pass(0)
	}
	now = bot.Outage{Since: since, Problem: "events wait since number 18 (9 tries): it answered 503"}
	h.pass(20 * time.Minute)
	tell(false)
	tell(false) // the process was killed and says it again
	down := "notice-handover-down-" + strings.TrimPrefix(h.desk.OutageNews("crm", since, false)[0].Key, "handover-down-")
	card := h.card(0, down)
	if card.Tone != bot.Waiting || card.Title != "crm takes no events" || !strings.Contains(blocksOf(card), "it answered 503") || !strings.Contains(blocksOf(card), "since 2 Mar 2026, 09:00") {
		t.Errorf("%s (%s): %s", card.Title, card.Tone, blocksOf(card))
	}
	now = bot.Outage{}
	tell(true)
	if card := h.card(0, down); card.Tone != bot.Neutral || card.Title != "crm was out of reach" {
		t.Errorf("afterwards the card still says %s (%s)", card.Title, card.Tone)
	}
	if card := h.card(0, strings.Replace(down, "down", "well", 1)); card.Tone != bot.Good || !strings.Contains(card.Title, "takes events again") {
		t.Errorf("it is well: %s (%s)", card.Title, card.Tone)
	}
}
