package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources/simulator"
)

// writes lets a customer with an id write, and the desk take it in.
func (h *house) writes(author string, stars int, body string) int64 {
	h.Helper()
	r, err := h.platform.Add(simulator.Review{Rating: stars, Title: "The teapot", Body: body, Author: author, AuthorID: "id-" + author, Language: "en"})
	if err != nil {
		h.Fatal(err)
	}
	h.pass(h.patience)
	c, err := h.store.CaseOf(h.ctx, review.Key{Source: "shop", ID: r.ID})
	if err != nil {
		h.Fatalf("the review did not become a case: %v", err)
	}
	return c.ID
}

// answers publishes a reply of its own words to a case.
func (h *house) answers(id int64, text string) {
	h.Helper()
	h.ok(h.typed(cleo, fmt.Sprintf("edit %d %s", id, text)))
	h.ok(h.typed(ben, fmt.Sprintf("approve %d", id)))
	h.pass(3 * time.Minute)
	if h.onPlatform(id) == "" {
		h.Fatalf("no reply is up: %s", h.get(id).Status)
	}
}

// Replies that the checks have nothing against and that are unlike each other.
const (
	dented = "Dear Jo, a dented lid is a poor start with a new teapot, and I am sorry for it. Please write to care@example.test. Ana"
	broken = "Dear Jo, a handle that breaks after a day spoils the tea, and I regret that nobody called back. Please write to care@example.test. Ana"
)

// TestThirdRoundAcrossReviews: two of a reviewer's reviews were answered; the
// third needs a lead, the third of somebody else does not, and praise never.
func TestThirdRoundAcrossReviews(t *testing.T) {
	h := open(t)
	h.answers(h.writes("jo", 2, "The teapot came two weeks late."), plain)
	h.answers(h.writes("jo", 2, "The lid was dented on arrival."), dented)
	third := h.writes("jo", 1, "The handle broke after a day, and nobody called back.")
	praise := h.writes("jo", 5, "The new teapot is lovely.")
	other := h.writes("kim", 1, "The spout drips over the whole table.")
	for id, text := range map[int64]string{
		third:  broken,
		praise: "Dear Jo, how good to read that the new teapot is lovely. Enjoy many quiet afternoons with it. Ana",
		other:  "Dear Kim, a spout that drips over the whole table spoils the tea, and I am sorry for the mess. Please write to care@example.test. Ana",
	} {
		h.ok(h.typed(cleo, fmt.Sprintf("edit %d %s", id, text)))
		h.pass(0)
		h.ok(h.typed(ben, fmt.Sprintf("approve %d", id)))
	}
	h.in(praise, review.Approved)
	h.in(other, review.Approved)
	h.in(third, review.Drafted)
	if card := blocksOf(h.card(third, "draft-1")); !strings.Contains(card, "third public round") {
		t.Errorf("the card does not say why: %s", card)
	}
	h.ok(h.typed(ana, fmt.Sprintf("approve %d", third)))
	h.in(third, review.Approved)
}

// TestRoundsBeforePublishing: two replies to one reviewer wait in the outbox at
// the same time; the one that would be the third round comes back.
func TestRoundsBeforePublishing(t *testing.T) {
	h := open(t)
	h.answers(h.writes("jo", 2, "The teapot came two weeks late."), plain)
	second, third := h.writes("jo", 2, "The lid was dented on arrival."), h.writes("jo", 1, "The handle broke after a day.")
	for _, id := range []int64{second, third} {
		text := map[int64]string{second: dented, third: broken}[id]
		h.ok(h.typed(cleo, fmt.Sprintf("edit %d %s", id, text)))
		h.pass(0)
		h.ok(h.typed(ben, fmt.Sprintf("approve %d", id)))
		h.in(id, review.Approved)
		h.pass(time.Second) // the second goes out before the third
	}
	h.pass(5 * time.Minute)
	h.in(second, review.Live)
	h.in(third, review.Drafted)
	if card := blocksOf(h.card(third, "draft-1")); !strings.Contains(card, "third public round") {
		t.Errorf("the card does not say why: %s", card)
	}
	if h.onPlatform(third) != "" {
		t.Error("a third round went up without a lead")
	}
	h.ok(h.typed(ana, fmt.Sprintf("approve %d", third)))
	h.pass(5 * time.Minute)
	h.in(third, review.Live)
}

// TestSimilarOnTheCard: the card of a complaint shows up to three earlier ones
// like it, those that came to an end first, with what became of them and a
// link, and none of their words. It is found after the card stands.
func TestSimilarOnTheCard(t *testing.T) {
	h := open(t)
	if _, err := h.store.Tally(h.ctx, 100); err != nil {
		t.Fatal(err)
	}
	said := []string{
		"Dented kettle, broken handle, missing manual, nobody answered my calls.",
		"Kettle dented, handle broken, manual missing: nobody answered.",
		"Nobody answered about the broken handle and the dented kettle; manual missing too.",
		"My kettle arrived dented with a broken handle and a missing manual. Nobody answered.",
	}
	ids := make([]int64, 0, 6)
	for n, s := range said {
		ids = append(ids, h.writes(fmt.Sprintf("c%d", n), 1, s))
		h.count()
	}
	other := h.writes("kim", 2, "The waiter was rude and slow.")
	h.answers(ids[0], "Dear Jo, a dented kettle with a broken handle and no manual is no joy, and silence on the telephone makes it worse. Please write to care@example.test. Ana")
	h.pass(time.Minute)
	h.count()
	took, err := h.desk.Take(h.ctx, bot.Intake{By: "test", Reviews: []review.Review{{
		Key: review.Key{Source: "shop", ID: "z"}, Rating: review.StarRating(1), Author: "Zoe", Language: "en",
		Body: "A dented kettle with a broken handle, a missing manual, and nobody answered me.",
	}}})
	if err != nil {
		t.Fatal(err)
	}
	last := took.Cases[0]
	h.pass(0)
	if text := blocksOf(h.card(last, "parent")); strings.Contains(text, "Similar earlier cases") {
		t.Fatal("similar cases were sought before the card stood")
	}
	h.pass(time.Minute)
	if got := h.get(last).Similar; len(got) != 3 || got[0] != ids[0] || got[1] != ids[3] {
		t.Fatalf("similar to #%d are %v; the cases are %v", last, got, ids)
	}
	card := h.card(last, "parent")
	text := blocksOf(card)
	for _, want := range []string{"Similar earlier cases", fmt.Sprintf("#%d ★☆☆☆☆, shop, 2 Mar 2026: replied", ids[0]), fmt.Sprintf("#%d ★☆☆☆☆, shop, 2 Mar 2026: not settled yet", ids[3])} {
		if !strings.Contains(text, want) {
			t.Errorf("the card lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "waiter") || strings.Contains(text, "My kettle arrived") {
		t.Errorf("the words of others stand on the card: %s", text)
	}
	if l := card.Links[0]; l.URL != fmt.Sprintf("http://127.0.0.1:8467/case/%d", last) {
		t.Errorf("the first link leads to %s", l.URL)
	}
	linked := false
	for _, l := range card.Links {
		linked = linked || l.URL == fmt.Sprintf("http://127.0.0.1:8467/case/%d", ids[0])
	}
	if !linked {
		t.Errorf("no link leads to the similar case: %v", card.Links)
	}
	if text := blocksOf(h.card(other, "parent")); strings.Contains(text, "Similar") {
		t.Errorf("the waiter is like a kettle: %s", text)
	}
	if drawn := h.chat.drawn(last, "parent"); drawn > 3 {
		t.Errorf("the card was drawn %d times", drawn)
	}
}

// count lets the index of words catch up, as it does by itself in the background.
func (h *house) count() {
	h.Helper()
	for left := int64(1); left > 0; {
		var err error
		if left, err = h.store.Tally(h.ctx, 100); err != nil {
			h.Fatal(err)
		}
	}
}

func blocksOf(card bot.Card) string {
	var s strings.Builder
	for _, b := range card.Blocks {
		fmt.Fprintln(&s, b.Heading, b.Text)
		for _, i := range b.Items {
			fmt.Fprintln(&s, i.Label, i.Text)
		}
	}
	return s.String()
}

// drawn is how often a card of a case was drawn.
func (f *fakeChat) drawn(id int64, key string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.posts {
		if p.at.Case == id && p.at.Key == key {
			return p.drawn
		}
	}
	return 0
}
