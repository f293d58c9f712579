package bot_test

import (
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/review"
)

// A replica that stands still between two cards, for longer than its lease,
// posts nothing when it wakes: another has drawn the case meanwhile.
func TestAPauseBetweenTwoCards(t *testing.T) {
	var config bot.Config
	h := open(t, func(c *bot.Config) { config = *c })
	other, err := bot.New(config)
	if err != nil {
		t.Fatal(err)
	}
	other.Attach(h.chat)

	r := review.Review{Key: review.Key{Source: "shop", ID: "r-1"}, Rating: review.StarRating(2), Title: "The teapot", Body: "It came late.", Author: "Jo", Language: "en"}
	for _, body := range []string{r.Body, "It came late, and nobody answered."} { // two revisions: two cards
		r.Body = body
		if _, err := h.desk.Take(h.ctx, bot.Intake{By: "webhook", Reviews: []review.Review{r}}); err != nil {
			t.Fatal(err)
		}
	}
	paused := false
	h.chat.then = func() {
		paused = true
		h.clock.mu.Lock()
		h.clock.now = h.clock.now.Add(time.Minute)
		h.clock.mu.Unlock()
		if _, err := other.RunDue(h.ctx); err != nil {
			t.Error(err)
		}
	}
	h.pass(time.Minute)
	if !paused {
		t.Fatal("no card was posted")
	}
	for _, key := range []string{"parent", "revision-2"} {
		if n := h.chat.count(key); n != 1 {
			t.Errorf("%d cards %q stand, want 1", n, key)
		}
	}
}
