package webconsole

import (
	"bufio"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/review"
)

// TestAFullDiskShowsTheCase: while no card can be written down, people see the
// case as it is, with its buttons and a line that says so; once there is room,
// open pages and new ones have the thread, each card once.
func TestAFullDiskShowsTheCase(t *testing.T) {
	desk := bottest.NewFakeDesk()
	w := newWorld(t, desk, nil)
	if err := w.Join(t.Context(), "Ana", review.Lead); err != nil {
		t.Fatal(err)
	}
	ana := w.people["Ana"]
	w.store.putCase(review.Case{ID: 7, Version: 1, Status: review.Open, Review: review.Review{Rating: review.StarRating(1)}})
	page := func(path string) *html.Node {
		t.Helper()
		doc, err := w.get(t.Context(), ana, path)
		if err != nil {
			t.Fatal(err)
		}
		return doc
	}
	reads := func(doc *html.Node, behind bool, titles ...string) {
		t.Helper()
		if got := first(doc, byClass("behind")) != nil; got != behind {
			t.Errorf("the page says that it could not be recorded: %v, want %v", got, behind)
		}
		cards := find(doc, byClass("note"))
		if len(cards) != len(titles) {
			t.Fatalf("%d cards, want %d: %s", len(cards), len(titles), read(doc))
		}
		for i, title := range titles {
			if !strings.Contains(read(cards[i]), title) || len(find(cards[i], byTag("button"))) == 0 {
				t.Errorf("card %d is not %q with its buttons: %s", i+1, title, read(cards[i]))
			}
		}
	}
	card := func(title string) bot.Card {
		c := bottest.StoryCard(7)
		c.Title = title
		return c
	}
	parent, draft := bot.Keyed{Key: "parent", Card: card("One star")}, bot.Keyed{Key: "draft-1", Card: card("A draft")}

	w.tap.fill(true)
	desk.SetCards(7, parent, draft)
	doc := page("/case/7")
	reads(doc, true, "One star", "A draft")
	if n := len(w.store.notes); n != 0 {
		t.Fatalf("%d notes were written to a full disk", n)
	}

	// A page that was drawn so, and its stream.
	stream := attr(first(doc, byTag("body")), "sse-connect")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.server.URL+stream, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := ana.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() && lines.Text() != ": well" {
		if strings.HasPrefix(lines.Text(), "event: ") {
			t.Errorf("nothing has changed, and the page hears %q", lines.Text())
		}
	}
	w.tap.fill(false)
	w.console.hub.wake()
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "event: ") {
	}
	if lines.Text() != "event: thread" {
		t.Errorf("with room on the disk the page hears %q", lines.Text())
	}
	reads(page("/part/thread/7"), false, "One star", "A draft")

	// What stands already is shown as it ought to be, in its place.
	w.tap.fill(true)
	parent.Card = card("One star, changed")
	desk.SetCards(7, parent, draft, bot.Keyed{Key: "draft-2", Card: card("Another draft")})
	reads(page("/case/7"), true, "One star, changed", "A draft", "Another draft")
	if got := read(page("/part/note/7/1")); !strings.Contains(got, "One star, changed") {
		t.Errorf("the parent drawn anew: %s", got)
	}
	if body, err := decode(w.store.notes[0]); err != nil || body.Card.Title != "One star" || len(w.store.notes) != 2 {
		t.Errorf("on the full disk stand %d notes, the first %q, %v", len(w.store.notes), body.Card.Title, err)
	}
	w.tap.fill(false)
	reads(page("/case/7"), false, "One star, changed", "A draft", "Another draft")
	if n := len(w.store.notes); n != 3 {
		t.Errorf("%d notes stand for three cards", n)
	}
}
