package bot_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/review"
)

func TestBackfill(t *testing.T) {
	h := open(t)
	var old []review.Review
	for n := range 8 { // the oldest is brought in last
		old = append(old, review.Review{
			Key: review.Key{Source: "shop", ID: fmt.Sprint("old-", n)}, Rating: review.StarRating(2), Body: fmt.Sprint("It was late, time ", n),
			Created: h.clock.Now().AddDate(0, 0, -10-n),
		})
	}
	took, err := h.desk.Take(h.ctx, bot.Intake{By: "import", Reviews: old, History: true})
	if err != nil || took.Added != 8 {
		t.Fatalf("%+v, %v", took, err)
	}
	h.pass(time.Hour)
	h.refused(h.typed(ben, "backfill 3"), "lead")
	h.refused(h.typed(ana, "backfill 0"), "1 to 50")
	out := h.typed(ana, "backfill 3 shop")
	h.ok(out)
	h.pass(time.Minute)
	for n, id := range took.Cases {
		if woken := h.get(id).Status != review.Seeded; woken != (n < 3) {
			t.Errorf("review %d, %d days old: woken is %v", n, 10+n, woken)
		}
	}
	if len(out.Items) != 3 {
		t.Errorf("told of %d", len(out.Items))
	}
	for _, id := range took.Cases[:3] {
		if !quiet(h, id) {
			t.Errorf("the thread of case %d was not opened quietly", id)
		}
	}
	if id := h.arrives(1, "This one is news."); quiet(h, id) {
		t.Error("news came quietly")
	}
	h.ok(h.typed(ana, "backfill 50"))
	h.pass(time.Minute)
	if out := h.typed(ana, "backfill 5"); len(out.Items) != 0 {
		t.Errorf("woke %d more than there are", len(out.Items))
	}
}

// quiet tells whether the thread of a case was opened without notifying.
func quiet(h *house, id int64) bool {
	h.Helper()
	h.chat.mu.Lock()
	defer h.chat.mu.Unlock()
	for _, p := range h.chat.posts {
		if p.at.Case == id && p.at.Key == "parent" {
			return p.at.Quiet
		}
	}
	h.Errorf("case %d has no thread", id)
	return false
}
