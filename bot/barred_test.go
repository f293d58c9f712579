package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// exception is a reply that plays the matter down, and has no other fault.
const exception = "Dear Jo, thank you for telling us about the teapot that came two weeks late. This was an isolated case. Please write to care@example.test, so that we can look into it together. Ana"

// standing is the finding about playing down on a case's text.
func (h *house) standing(id int64) review.Finding {
	h.Helper()
	c := h.get(id)
	if c.Draft == nil {
		h.Fatalf("%s has no text", c.Ref())
	}
	for _, f := range c.Draft.Findings {
		if f.Check == "no_isolated_case" {
			return f
		}
	}
	h.Fatalf("%s: the checks do not see that the matter is played down: %v", c.Ref(), c.Draft.Findings)
	return review.Finding{}
}

// TestIsolatedCaseIsBarredEverywhere: while any incident is open, a person's
// text and a machine's on a case that has nothing to do with it may not speak of
// an exception either, the finding names the incident, and nobody can waive it.
// A text that was waived and approved before comes back from the outbox. When
// the incident is closed, people may judge again.
func TestIsolatedCaseIsBarredEverywhere(t *testing.T) {
	h := open(t)
	human := h.late()
	h.ok(h.typed(cleo, fmt.Sprintf("edit %d %s", human, exception)))
	if f := h.standing(human); !f.Waivable || strings.Contains(f.Message, "incident") {
		t.Fatalf("without an incident: %+v", f)
	}
	h.ok(h.typed(ben, fmt.Sprintf("waive %d no_isolated_case It was one parcel of ten thousand.", human)))
	h.ok(h.typed(ben, fmt.Sprintf("approve %d", human)))
	h.in(human, review.Approved)

	h.ok(h.typed(cleo, "incident Payments fail"))
	h.pass(0)
	h.in(human, review.Drafted)
	if f := h.standing(human); f.Waivable || !strings.Contains(f.Message, "incident 1 (Payments fail) is open") {
		t.Errorf("the text that waited: %+v", f)
	}
	if card := h.card(human, "draft-1"); slices.ContainsFunc(card.Buttons, func(b bot.Button) bool { return b.Token.Command == "waive" }) || !strings.Contains(blocksOf(card), "incident 1 (Payments fail) is open") {
		t.Errorf("the card still offers to waive it, or does not say why: %s", blocksOf(card))
	}
	h.refused(h.typed(ben, fmt.Sprintf("approve %d", human)), "incident 1")
	h.refused(h.typed(ana, fmt.Sprintf("waive %d no_isolated_case Really.", human)), "cannot be waived by anyone")
	h.pass(10 * time.Minute)
	if h.onPlatform(human) != "" {
		t.Error("it went out")
	}

	h.drafter.text = strings.ReplaceAll(exception, "two weeks late", "without its lid")
	machine := h.arrives(2, "The teapot came without its lid. Nobody answered my question.")
	h.ok(h.press(cleo, machine, "parent", "verdict:reply"))
	h.pass(0)
	if f := h.standing(machine); f.Waivable || !strings.Contains(f.Message, "incident 1") {
		t.Errorf("the machine's text: %+v", f)
	}

	h.ok(h.typed(ana, "incident-close 1 The provider mended it."))
	h.pass(0)
	for _, id := range []int64{human, machine} {
		if f := h.standing(id); !f.Waivable || strings.Contains(f.Message, "incident") {
			t.Errorf("after the incident: %+v", f)
		}
	}
}

// TestIsolatedCaseRightBeforePublishing: the last look before a text goes out
// knows of an incident, even when the look at all texts has not come yet.
func TestIsolatedCaseRightBeforePublishing(t *testing.T) {
	h := open(t)
	id := h.late()
	h.ok(h.typed(cleo, fmt.Sprintf("edit %d %s", id, exception)))
	h.ok(h.typed(ben, fmt.Sprintf("waive %d no_isolated_case It was one parcel of ten thousand.", id)))
	h.ok(h.typed(ben, fmt.Sprintf("approve %d", id)))
	h.in(id, review.Approved)
	h.ok(h.typed(cleo, "incident Payments fail"))
	h.clock.mu.Lock()
	h.clock.now = h.clock.now.Add(2 * time.Minute) // the text is due
	h.clock.mu.Unlock()
	// Another replica has the look at all texts, and is slow.
	if jobs, err := h.store.Claim(h.ctx, storage.Claim{Worker: "other", Kinds: []review.WorkKind{review.WorkIncident}, Now: h.clock.Now(), Lease: time.Hour, Limit: 10}); err != nil || len(jobs) == 0 {
		t.Fatalf("%d rows, %v", len(jobs), err)
	}
	h.pass(0)
	h.in(id, review.Drafted)
	if f := h.standing(id); f.Waivable || !strings.Contains(f.Message, "incident 1") {
		t.Errorf("before publishing: %+v", f)
	}
	if h.onPlatform(id) != "" {
		t.Error("it went out")
	}
}
