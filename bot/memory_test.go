package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources/simulator"
)

// lively is a review, and what a person makes of the draft for it: another
// greeting, and a sentence that always goes.
var lively = []struct{ body, thing string }{
	{"The teapot came two weeks late.", "teapot"},
	{"The kettle arrived with a dented lid.", "kettle"},
	{"The blue cup was broken in two.", "cup"},
	{"My parcel went to the neighbour's barn.", "parcel"},
}

// taught lets a person change one draft the way this team does, and publishes.
func (h *house) taught(n int) int64 {
	h.Helper()
	x := lively[n]
	say := fmt.Sprintf("what happened with the %s is not how we want it, and I am sorry about that. Number %d of our crew looks after it now. Please write to care@example.test, so that we can look into it together.", x.thing, n)
	h.drafter.mu.Lock()
	h.drafter.text = "Dear Jo, " + say + " We value your feedback very much. Ana"
	h.drafter.mu.Unlock()
	id := h.arrives(2, x.body)
	h.ok(h.press(cleo, id, "parent", "verdict:reply"))
	h.pass(0)
	h.ok(h.press(cleo, id, "draft-1", "edit", "text", "Hello Jo, "+say+" Ana"))
	h.pass(0)
	for _, f := range h.get(id).Standing() {
		if f.Waivable {
			h.ok(h.typed(ben, fmt.Sprintf("waive %d %s for the test", id, f.Check)))
		}
	}
	h.ok(h.typed(ben, fmt.Sprintf("approve %d", id)))
	h.pass(3 * time.Hour)
	h.in(id, review.Closed)
	return id
}

func TestStyleIsLearnedFromEdits(t *testing.T) {
	h := open(t)
	if out := h.typed(ana, "style"); !strings.Contains(out.Text, "No style rules") || !strings.Contains(out.Text, "Nothing is proposed") {
		t.Errorf("at first: %s", out.Text)
	}
	for n := range 3 {
		h.taught(n)
	}
	out := h.typed(ana, "style")
	if !strings.Contains(out.Text, "1. Open with “Hello (name)”, not with “Dear (name)”. [en]") || !strings.Contains(out.Text, "We value your feedback very much") {
		t.Fatalf("after three edits: %s", out.Text)
	}
	h.refused(h.typed(ben, "style-accept 1"), "role")
	h.ok(h.typed(ana, "style-accept 1"))
	h.ok(h.typed(ana, "style-drop 2"))
	h.refused(h.typed(ana, "style-accept 2"), "no proposal or rule")
	h.refused(h.typed(ana, "style-accept x"), "number")
	if out := h.typed(ana, "style"); !strings.Contains(out.Text, "Style rules, version 1") || strings.Contains(out.Text, "We value") || !strings.Contains(out.Text, "accepted 1 (Ana") {
		t.Errorf("after the decisions: %s", out.Text)
	}
	h.taught(3)
	if !slices.Equal(h.drafter.asked.Rules, []string{"Open with “Hello (name)”, not with “Dear (name)”."}) {
		t.Errorf("the drafter is told %q", h.drafter.asked.Rules)
	}
	h.ok(h.typed(ana, "style-revert 0"))
	if out := h.typed(ana, "style"); !strings.Contains(out.Text, "No style rules hold") || !strings.Contains(out.Text, "Version 2: back to version 0") {
		t.Errorf("after going back: %s", out.Text)
	}
	events, err := h.store.Events(h.ctx, 0, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	verbs := map[review.Verb]int{}
	for _, e := range events {
		verbs[e.Verb]++
	}
	if verbs["style_accept"] != 1 || verbs["style_drop"] != 1 || verbs["style_revert"] != 1 {
		t.Errorf("the audit log has %v", verbs)
	}
}

// TestExamplesFit: examples are of the reply's own language, those about the
// same cause first.
func TestExamplesFit(t *testing.T) {
	h := open(t)
	first := h.taught(0)
	h.taught(1)
	newest := h.get(h.taught(2)).Reply.Text
	h.drafted()
	got := h.drafter.asked.Examples
	if len(got) != 3 || got[0] != newest || !slices.Contains(got, h.get(first).Reply.Text) {
		t.Errorf("the examples are %q", got)
	}
	if r := h.get(first).Reply; r.Language != "en" {
		t.Errorf("the reply's language is %q", r.Language)
	}
	r, err := h.platform.Add(simulator.Review{Rating: 1, Body: "Die Lieferung kam drei Wochen zu spät und niemand hat geantwortet.", Author: "Max", Language: "de"})
	if err != nil {
		t.Fatal(err)
	}
	h.pass(11 * time.Minute)
	c, err := h.store.CaseOf(h.ctx, review.Key{Source: "shop", ID: r.ID})
	if err != nil {
		t.Fatal(err)
	}
	h.ok(h.typed(cleo, fmt.Sprintf("draft %d", c.ID)))
	h.pass(0)
	if asked := h.drafter.asked; asked.Language != "de" || len(asked.Examples) != 0 {
		t.Errorf("for %q the examples are %q", asked.Language, asked.Examples)
	}
}
