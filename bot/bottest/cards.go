package bottest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/commands"
)

func postAndFind(s *stage) {
	at := place(7, "parent")
	s.find(at, "")
	ref := s.post(at, StoryCard(7))
	s.standing(at, 1)
	s.find(at, ref)
	s.find(place(7, "draft-1"), "")
	s.find(place(8, "parent"), "")
	if p := s.see(ref).Parent; p != "" {
		s.Errorf("a parent card stands in the thread of %s", p)
	}
}

func threads(s *stage) {
	at := place(7, "parent")
	parent := s.post(at, StoryCard(7))
	refs := []string{parent}
	for _, key := range []string{"draft-1", "draft-2", "revision-2"} {
		at := bot.Place{Case: 7, Key: key, Thread: parent}
		ref := s.post(at, StoryCard(7))
		if slices.Contains(refs, ref) {
			s.Fatalf("two cards have the reference %s", ref)
		}
		refs = append(refs, ref)
		s.find(at, ref)
		s.standing(at, 1)
		if p := s.see(ref).Parent; p != parent {
			s.Errorf("%s stands below %q, want %q", key, p, parent)
		}
	}
	s.standing(at, 1)
}

func updateKeepsOne(s *stage) {
	at := place(7, "parent")
	ref := s.post(at, StoryCard(7))
	next := bot.Card{Case: 7, Title: "All done", Summary: "Live", Tone: bot.Good,
		Blocks: []bot.Block{{Kind: bot.Para, Text: "The reply is live."}}}
	for range 2 { // drawing the same card again changes nothing
		if err := s.chat.Update(s.ctx, at, ref, next); err != nil {
			s.Fatalf("Update: %v", err)
		}
		s.standing(at, 1)
		s.find(at, ref)
		drawn(s.T, next, s.see(ref))
	}
	seen := s.see(ref)
	if strings.Contains(seen.Text, "Draft 2") {
		s.Errorf("words of the old card are left: %q", seen.Text)
	}
	if err := s.chat.Update(s.ctx, at, ref, StoryCard(7)); err != nil {
		s.Fatalf("Update: %v", err)
	}
	drawn(s.T, StoryCard(7), s.see(ref))
}

func deletedIsGone(s *stage) {
	at := place(7, "parent")
	ref := s.post(at, StoryCard(7))
	if err := s.world.Delete(s.ctx, ref); err != nil {
		s.Fatal(err)
	}
	failure(s.T, s.chat.Name(), s.chat.Update(s.ctx, at, ref, StoryCard(7)), bot.ErrGone)
}

func quiet(s *stage) {
	at := place(7, "parent")
	at.Quiet = true
	if ref := s.post(at, StoryCard(7)); !s.see(ref).Silent {
		s.Error("a quiet card notified people")
	}
}

func equalKeys(s *stage) {
	one, two := s.post(place(7, "parent"), StoryCard(7)), s.post(place(8, "parent"), StoryCard(8))
	if one == two {
		s.Fatalf("the cards of two cases share the reference %s", one)
	}
	s.find(place(7, "parent"), one)
	s.find(place(8, "parent"), two)
}

func drawnWhole(s *stage) {
	for n, f := range Fixtures() {
		s.Run(f.Name, func(t *testing.T) {
			ref := (&stage{T: t, ctx: s.ctx, desk: s.desk, world: s.world, chat: s.chat}).post(place(int64(100+n), "parent"), f.Card)
			seen, err := s.world.See(s.ctx, ref)
			if err != nil {
				t.Fatal(err)
			}
			drawn(t, f.Card, seen)
		})
	}
}

// drawn fails unless seen shows all of card and nothing that acts besides.
func drawn(t *testing.T, card bot.Card, seen Seen) {
	t.Helper()
	text := spaced(seen.Text)
	for _, part := range parts(card) {
		if !strings.Contains(text, spaced(part)) {
			t.Errorf("this is not on the card: %s\nThe card reads: %s", brief(part), brief(text))
		}
	}
	for _, b := range card.Blocks { // replies are approved word for word: lines count
		if b.Kind == bot.Draft && !strings.Contains(seen.Text, b.Text) {
			t.Errorf("the draft is not drawn line for line: %s", brief(b.Text))
		}
	}
	if !strings.Contains(spaced(seen.Summary), spaced(card.Summary)) {
		t.Errorf("notifications say %s, want %s", brief(seen.Summary), brief(card.Summary))
	}
	if d := cmp.Diff(wantButtons(card), seen.Buttons); d != "" {
		t.Errorf("buttons differ (-want +seen):\n%s", d)
	}
	if d := cmp.Diff(wantSelects(card), seen.Selects); d != "" {
		t.Errorf("selects differ (-want +seen):\n%s", d)
	}
	if d := cmp.Diff(wantLinks(card), seen.Links); d != "" {
		t.Errorf("links differ (-want +seen):\n%s", d)
	}
	if len(seen.Mentions) > 0 {
		t.Errorf("the card pings %q", seen.Mentions)
	}
}

// parts are all texts of a card's body, in no particular order.
func parts(card bot.Card) []string {
	out := []string{card.Title}
	for _, b := range card.Blocks {
		out = append(out, b.Heading, b.Text)
		for _, l := range b.Items {
			out = append(out, l.Label, l.Text)
		}
		for _, sp := range b.Spans {
			out = append(out, sp.Text)
		}
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

func wantButtons(card bot.Card) []Button {
	var out []Button
	for _, b := range card.Buttons {
		out = append(out, Button{Label: b.Label, Token: b.Token.String(), Confirm: b.Confirm})
	}
	return out
}

func wantSelects(card bot.Card) []Select {
	var out []Select
	for _, sel := range card.Selects {
		out = append(out, Select{Label: sel.Label, Token: sel.Token.String(), Options: slices.Clone(sel.Options)})
	}
	return out
}

// wantLinks leaves out what is no web address: such a link must not be made.
func wantLinks(card bot.Card) []bot.Link {
	var out []bot.Link
	for _, l := range card.Links {
		if strings.HasPrefix(l.URL, "https://") || strings.HasPrefix(l.URL, "http://") {
			out = append(out, l)
		}
	}
	return out
}

func marksDiffer(s *stage) {
	card := bot.Card{Case: 7, Title: "Marks", Summary: "Marks", Blocks: []bot.Block{{Kind: bot.List}}}
	marks := []bot.Mark{bot.Plain, bot.Done, bot.Todo, bot.Alert, bot.Stop}
	for n := range marks {
		card.Blocks[0].Items = append(card.Blocks[0].Items, bot.Line{Mark: marks[n], Text: fmt.Sprintf("remark-%d", n)})
	}
	signs := map[string]bot.Mark{}
	text := s.see(s.post(place(7, "parent"), card)).Text
	for n, m := range marks {
		for line := range strings.Lines(text) {
			sign, _, ok := strings.Cut(line, fmt.Sprintf("remark-%d", n))
			if !ok {
				continue
			}
			if other, taken := signs[sign]; taken {
				s.Errorf("the marks %q and %q look the same: %q", m, other, sign)
			}
			signs[sign] = m
		}
	}
	if len(signs) != len(marks) {
		s.Errorf("%d signs stand before %d lines", len(signs), len(marks))
	}
}

func diffs(s *stage) {
	card := StoryCard(7)
	var want []bot.Span
	for _, b := range card.Blocks {
		want = append(want, b.Spans...)
	}
	trim := func(in []bot.Span) []bot.Span {
		out := slices.Clone(in)
		for i := range out {
			out[i].Text = spaced(out[i].Text)
		}
		return out
	}
	if d := cmp.Diff(trim(want), trim(s.see(s.post(place(7, "parent"), card)).Spans)); d != "" {
		s.Errorf("the diff reads otherwise (-want +seen):\n%s", d)
	}
}

func hostileCards(s *stage) {
	for n, h := range Hostile() {
		s.Run(h.Name, func(t *testing.T) {
			card := HostileCard(h.Text)
			ref := (&stage{T: t, ctx: s.ctx, desk: s.desk, world: s.world, chat: s.chat}).post(place(int64(200+n), "parent"), card)
			seen, err := s.world.See(s.ctx, ref)
			if err != nil {
				t.Fatal(err)
			}
			harmless(t, card, seen)
		})
	}
}

// harmless fails unless a hostile card reads literally and does nothing.
func harmless(t *testing.T, card bot.Card, seen Seen) {
	t.Helper()
	text := letters(seen.Text)
	for _, part := range parts(card) {
		if !strings.Contains(text, letters(part)) {
			t.Errorf("this does not stand on the card as it is: %s\nThe card reads: %s", brief(part), brief(seen.Text))
		}
	}
	plain := func(s string) string { return "letters:" + letters(s) }
	for i, b := range seen.Buttons {
		seen.Buttons[i].Label, seen.Buttons[i].Confirm = plain(b.Label), plain(b.Confirm)
	}
	want := wantButtons(card)
	for i, b := range want {
		want[i].Label, want[i].Confirm = plain(b.Label), plain(b.Confirm)
	}
	if d := cmp.Diff(want, seen.Buttons); d != "" {
		t.Errorf("buttons differ (-want +seen):\n%s", d)
	}
	if d := cmp.Diff(plainSelects(wantSelects(card)), plainSelects(seen.Selects)); d != "" {
		t.Errorf("selects differ (-want +seen):\n%s", d)
	}
	if len(seen.Links) != 1 || seen.Links[0].URL != "https://shop.example.com/r" || letters(seen.Links[0].Label) != letters(card.Links[0].Label) {
		t.Errorf("the card leads to %q, want only its own link", seen.Links)
	}
	if len(seen.Mentions) > 0 {
		t.Errorf("the card pings %q", seen.Mentions)
	}
	for _, drawn := range append([]string{seen.Text, seen.Summary}, labels(seen)...) {
		if l := leaks(drawn); len(l) > 0 {
			t.Errorf("%s holds %s", brief(drawn), strings.Join(slices.Compact(l), ", "))
		}
	}
}

func plainSelects(in []Select) []Select {
	out := slices.Clone(in)
	for i := range out {
		out[i].Label = letters(out[i].Label)
		out[i].Options = slices.Clone(out[i].Options)
		for j, o := range out[i].Options {
			out[i].Options[j] = commands.Option{Value: o.Value, Label: letters(o.Label)}
		}
	}
	return out
}

func labels(seen Seen) []string {
	var out []string
	for _, b := range seen.Buttons {
		out = append(out, b.Label)
	}
	for _, l := range seen.Links {
		out = append(out, l.Label)
	}
	return out
}

// flood posts more than a chat can show: the words may be cut then, but the
// beginning stands, the cut shows, and the buttons are there.
func flood(s *stage) {
	card := bot.Card{Case: 7, Title: "A flood", Summary: "A flood", Tone: bot.Neutral,
		Blocks:  []bot.Block{{Kind: bot.Quote, Text: Flood()}, {Kind: bot.Para, Text: "This stands after the flood."}},
		Buttons: []bot.Button{{Label: "Approve", Token: Token("approve", 7, "")}}}
	seen := s.see(s.post(place(7, "parent"), card))
	if !strings.Contains(letters(seen.Text), letters(Flood()[:1000])) {
		s.Errorf("the beginning is missing: %s", brief(seen.Text))
	}
	if !strings.Contains(letters(seen.Text), letters(Flood())) && !strings.Contains(seen.Text, "…") {
		s.Error("the text was cut and nothing says so")
	}
	if !strings.Contains(seen.Text, "This stands after the flood.") {
		s.Error("the flood took the following block away")
	}
	if len(seen.Mentions) > 0 || len(seen.Links) > 0 || len(seen.Buttons) != 1 {
		s.Errorf("the flood pings %q, links %q, shows the buttons %v", seen.Mentions, seen.Links, seen.Buttons)
	}
}

// brief shortens a text for a failure's message.
func brief(s string) string {
	if r := []rune(s); len(r) > 300 {
		return fmt.Sprintf("%q… (%d characters)", string(r[:300]), len(r))
	}
	return fmt.Sprintf("%q", s)
}
