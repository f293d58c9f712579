package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/review/rubric"
	"github.com/evenkeel/evenkeel/storage"
)

// other is a reply that says the same things in other words than plain.
const other = "Hello Jo, a teapot two weeks behind its day is a nuisance, and nobody wrote back to you either: sorry. We would like to find out where it was. Our address is care@example.test. Ana"

// draftedWith brings a late review to a draft with these words.
func (h *house) draftedWith(text string) int64 {
	h.Helper()
	h.drafter.mu.Lock()
	h.drafter.text = text
	h.drafter.mu.Unlock()
	return h.drafted()
}

// offers tells whether the card of a case's n-th draft has a button.
func (h *house) offers(id int64, n int, command string) bool {
	h.Helper()
	for _, b := range h.chat.card(h.T, id, fmt.Sprintf("draft-%d", n)).Buttons {
		if b.Token.Command == command {
			return true
		}
	}
	return false
}

// TestTheYoungerDraftYields: of two open drafts that say the same the one of the
// newer case is held back, and names the other.
func TestTheYoungerDraftYields(t *testing.T) {
	h := open(t)
	first, second := h.draftedWith(plain), h.draftedWith(plain)
	if !h.offers(first, 1, "approve") || h.offers(second, 1, "approve") || !h.offers(second, 1, "waive") {
		t.Errorf("approve is offered for the first: %v, for the second: %v", h.offers(first, 1, "approve"), h.offers(second, 1, "approve"))
	}
	card := fmt.Sprint(h.chat.card(t, second, "draft-1").Blocks)
	if !strings.Contains(card, fmt.Sprintf("nearly the same as the text of case #%d, which waits as well", first)) {
		t.Errorf("the card reads %s", card)
	}
	h.refused(h.typed(ben, fmt.Sprintf("approve %d", second)), fmt.Sprintf("case #%d", first))
	if avoid, err := h.drafter.asked.Avoid(t.Context()); err != nil || !strings.Contains(strings.Join(avoid, "\n"), plain) {
		t.Error("the drafter is not told what to keep away from")
	}
	h.ok(h.press(cleo, second, "draft-1", "edit", "text", other))
	h.pass(0)
	h.ok(h.press(ben, first, "draft-1", "approve"))
	h.ok(h.press(ben, second, "draft-2", "approve"))
	h.pass(5 * time.Minute)
	h.in(first, review.Live)
	h.in(second, review.Live)
}

// twins are two cases whose open drafts are the same and may both be approved:
// the older one's was changed after the younger one's was checked.
func (h *house) twins() (older, younger int64) {
	h.Helper()
	older, younger = h.draftedWith(other), h.draftedWith(plain)
	h.ok(h.press(cleo, older, "draft-1", "edit", "text", plain))
	h.pass(0)
	for _, id := range []int64{older, younger} {
		if f := h.get(id).Standing(); len(f) > 0 {
			h.Fatalf("case %d is held back: %v", id, f)
		}
	}
	return older, younger
}

// TestTheSecondYesYields: both drafts may be approved, but not both are. The card
// of the second says why, and an approver may let it stand in writing.
func TestTheSecondYesYields(t *testing.T) {
	h := open(t)
	older, younger := h.twins()
	h.ok(h.press(ben, younger, "draft-1", "approve"))
	h.pass(time.Second)
	h.refused(h.press(ben, older, "draft-2", "approve"), fmt.Sprintf("nearly the same as the reply to case #%d, which is approved", younger))
	h.pass(0)
	if h.offers(older, 2, "approve") || !h.offers(older, 2, "waive") || len(h.get(older).Standing()) != 1 {
		t.Errorf("after the refusal the card offers approve: %v; findings %v", h.offers(older, 2, "approve"), h.get(older).Draft.Findings)
	}
	h.ok(h.press(ben, older, "draft-2", "waive:"+rubric.NotBoilerplate, "reason", "Both wrote about the same parcel."))
	h.pass(0)
	h.ok(h.press(ben, older, "draft-2", "approve"))
	h.pass(5 * time.Minute)
	h.in(younger, review.Live)
	h.in(older, review.Live)
}

// TestUpSinceTheDraft: a reply that went up after a draft was checked counts at
// the yes to it.
func TestUpSinceTheDraft(t *testing.T) {
	h := open(t)
	older, younger := h.twins()
	h.ok(h.press(ben, younger, "draft-1", "approve"))
	h.pass(5 * time.Minute)
	h.in(younger, review.Live)
	h.refused(h.press(ben, older, "draft-2", "approve"), "nearly the same as an earlier reply")
}

// TestTwoYesesAtOnce: two replicas may each give a yes without seeing the other.
// Right before they go out the one that was agreed on later yields.
func TestTwoYesesAtOnce(t *testing.T) {
	h := open(t)
	older, younger := h.twins()
	for i, id := range []int64{younger, older} {
		c := h.get(id)
		k := c.Review.Key
		change, err := review.Apply(c, review.Approve{Text: c.Draft.Hash()}, review.Occasion{
			Now: h.clock.Now().Add(time.Duration(i) * time.Second), By: review.ByPerson(ben),
			Policy: h.desk.Playbook.Policy(c, playbook.SourceTraits{Account: k.Source + "/" + k.Account + "/" + k.Location, CanReply: true, CanReadBack: true}),
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := h.store.Commit(h.ctx, &storage.Batch{Change: &change}); err != nil {
			t.Fatal(err)
		}
		h.in(id, review.Approved)
	}
	h.pass(5 * time.Minute)
	h.in(younger, review.Live)
	h.in(older, review.Drafted)
	if got := h.onPlatform(older); got != "" {
		t.Errorf("%q went out as well", got)
	}
	if h.offers(older, 2, "approve") {
		t.Error("the text that yielded can be approved as it is")
	}
}

// TestLinesOfSameness: the desk draws its lines where the rubric draws them.
func TestLinesOfSameness(t *testing.T) {
	words, seen := strings.Fields(plain+" "+plain), map[review.Level]int{}
	for n := range len(words) / 2 {
		text := strings.Join(append(strings.Fields(other)[:n/2], words[n:len(words)/2]...), " ")
		var want review.Level
		for _, f := range rubric.Check(rubric.Input{Text: text, Language: "en", Earlier: []rubric.Fingerprint{rubric.FingerprintOf(plain)}}) {
			if f.Check == rubric.NotBoilerplate {
				want = f.Level
			}
		}
		got := bot.Nearest(text, []storage.Wording{{Case: 1, Status: review.Drafted, Text: plain}})
		if got.Level != want {
			t.Errorf("the desk says %q, the rubric %q of %q", got.Level, want, text)
		}
		seen[want]++
	}
	if seen[review.Block] == 0 || seen[review.Warn] == 0 || seen[""] == 0 {
		t.Errorf("not all lines were crossed: %v", seen)
	}
}
