package review_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/review"
)

// yes is an approval as the test itself saw it given: who, and the six things
// it was for, kept apart from the code under test.
type yes struct {
	person            review.Person
	text              string
	reviewText        string
	revision, facts   int
	account, playbook string
}

// history is a random life of a case, with the test's own book of approvals.
type history struct {
	t        *rapid.T
	c        review.Case
	now      time.Time
	policy   review.Policy
	approved []yes
	texts    int
}

// TestNothingLeavesWithoutApproval plays random histories: people of all
// roles, edits by the customer, changing rules, time, and every move of the
// program. Whatever happens, a text leaves the outbox only if enough people of
// sufficient role said yes to exactly this text, review revision, facts,
// account and playbook version, and not before its time.
func TestNothingLeavesWithoutApproval(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		change, err := review.Accept(words(rapid.Float64Range(1, 5).Draw(t, "stars")), rapid.Bool().Draw(t, "history"), system())
		if err != nil {
			t.Skip("not a rating")
		}
		h := &history{t: t, c: change.Case, now: start, policy: policy()}
		h.c.ID = 1
		verbs := review.Verbs()
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			// The verbs that matter most come up more often than chance.
			v := rapid.SampledFrom(verbs).Draw(t, "verb")
			if rapid.Bool().Draw(t, "towards publishing") {
				v = rapid.SampledFrom([]review.Verb{"announced", "draft", "edit", "approve", "publish", "hand_over", "accepted", "doubt", "postpone", "revise", "fact"}).Draw(t, "likely verb")
			}
			h.step(v)
		}
	})
}

func (h *history) step(v review.Verb) {
	t := h.t
	h.now = h.now.Add(time.Duration(rapid.IntRange(0, 120).Draw(t, "seconds")) * time.Second)
	if rapid.IntRange(0, 9).Draw(t, "rules change") == 0 {
		h.policy.Playbook = fmt.Sprintf("p%d", rapid.IntRange(1, 3).Draw(t, "playbook"))
		h.policy.Account = fmt.Sprintf("shop/%d", rapid.IntRange(1, 2).Draw(t, "account"))
		h.policy.Quorum = review.Quorum{Count: rapid.IntRange(0, 3).Draw(t, "count"), Lead: rapid.Bool().Draw(t, "lead"), OtherThanAuthor: rapid.Bool().Draw(t, "other")}
		h.policy.Solo = rapid.Bool().Draw(t, "solo")
		h.policy.CanReply = rapid.Bool().Draw(t, "can reply")
	}
	people := []review.Person{vic, cleo, ben, ana, {ID: "console:dan", Name: "Dan", Role: review.Approver}}
	o := review.Occasion{Now: h.now, Policy: h.policy, By: review.ByPerson(rapid.SampledFrom(people).Draw(t, "person"))}
	if rapid.Bool().Draw(t, "by the program") {
		o.By = review.BySystem("test")
	}
	action := h.action(v)
	before := h.c
	change, err := review.Apply(h.c, action, o)
	if err != nil {
		if change.Case.Version != 0 || len(change.Events)+len(change.Work) != 0 {
			t.Fatalf("%s failed and still gives a change", v)
		}
		return
	}
	h.c = change.Case
	h.book(v, o, before)
	h.laws(v, o, before, change)
}

// action makes an action with texts that differ now and then.
func (h *history) action(v review.Verb) review.Action {
	h.texts++
	text := fmt.Sprintf("Sorry, text %d.", h.texts%4)
	var hash review.Digest
	if h.c.Draft != nil {
		hash = h.c.Draft.Hash()
	}
	switch v {
	case "draft":
		return review.Propose{Draft: review.Draft{Text: text, Origin: review.FromModel, Revision: h.c.Review.Revision, Facts: h.c.FactsRevision}}
	case "edit":
		return review.Edit{Base: hash, Text: text}
	case "revise":
		r := words(float64(1 + h.texts%5))
		r.Body = fmt.Sprintf("edited %d", h.texts%3)
		return review.Revise{Review: r}
	case "judged":
		j := review.Judge{Text: hash, Tokens: 10}
		if h.texts%3 == 0 {
			j.Findings = []review.Finding{{Check: "grounded_claims", Level: review.Block, Waivable: true}}
		}
		return j
	case "reconsider":
		r := review.Reconsider{Text: hash, Checks: text}
		if h.texts%3 == 0 {
			r.Findings = []review.Finding{{Check: "no_isolated_case", Level: review.Block}}
		}
		return r
	case "recall":
		return review.Recall{Rounds: h.texts % 4}
	case "ask":
		return review.Ask{Question: text}
	case "postpone":
		return review.Postpone{Until: h.now.Add(time.Minute)}
	}
	return sample(v, h.c)
}

// book notes an approval as the test sees it.
func (h *history) book(v review.Verb, o review.Occasion, before review.Case) {
	switch v {
	case "undo", "void", "withdraw", "rework", "discard", "draft", "edit", "hold":
		h.approved = nil // taken back, or for a text that is not on the card any more
	}
	if (v == "judged" || v == "reconsider" || v == "recall") && before.Status == review.Approved && h.c.Status == review.Drafted {
		h.approved = nil // taken back: something is known now that was not before
	}
	if v != "approve" {
		return
	}
	h.approved = append(h.approved, yes{
		person: o.By.Person, text: before.Draft.Text, reviewText: before.Review.Text() + before.Review.Rating.String(),
		revision: before.Review.Revision, facts: before.FactsRevision, account: o.Policy.Account, playbook: o.Policy.Playbook,
	})
}

func (h *history) laws(v review.Verb, o review.Occasion, before review.Case, change review.Change) {
	t, c := h.t, h.c
	if c.Status == review.Publishing && before.Status != review.Publishing || c.Status == review.HandedOver && before.Status != review.HandedOver {
		h.enough(o, c)
		if before.Status != review.Approved {
			t.Fatalf("%s leaves the outbox from %s", v, before.Status)
		}
		if h.now.Before(before.PublishAt) {
			t.Fatal("it leaves before its time")
		}
		if change.Reply == nil || change.Reply.Text != before.Draft.Text {
			t.Fatal("the intent is not recorded, or for another text")
		}
	}
	switch c.Status {
	case review.Drafted, review.Approved:
		if c.Draft == nil {
			t.Fatalf("%s without a text after %s", c.Status, v)
		}
	case review.Publishing, review.HandedOver, review.Published, review.Live, review.Unreconciled:
		if c.Reply == nil {
			t.Fatalf("%s without a reply after %s", c.Status, v)
		}
	case review.Open, review.Held, review.New, review.Seeded, review.Closed:
		if len(c.Approvals) > 0 && c.Status != review.Closed {
			t.Fatalf("approvals stand in %s after %s", c.Status, v)
		}
	}
	if c.Status == review.Approved && c.PublishAt.IsZero() {
		t.Fatalf("approved without a time after %s", v)
	}
	if c.Review.Revision < before.Review.Revision || c.FactsRevision < before.FactsRevision {
		t.Fatalf("%s goes back in time", v)
	}
	for _, w := range change.Work {
		if w.Key == "" || w.Due.IsZero() || w.Case != c.ID {
			t.Fatalf("%s leaves work without key, time or case: %+v", v, w)
		}
	}
}

// enough counts, in the test's own book, who said yes to exactly what leaves.
func (h *history) enough(o review.Occasion, c review.Case) {
	people := map[review.PersonID]review.Role{}
	for _, y := range h.approved {
		if y.text == c.Draft.Text && y.reviewText == c.Review.Text()+c.Review.Rating.String() && y.revision == c.Review.Revision &&
			y.facts == c.FactsRevision && y.account == o.Policy.Account && y.playbook == o.Policy.Playbook && y.person.Role >= review.Approver {
			people[y.person.ID] = y.person.Role
		}
	}
	lead, other := false, false
	for id, role := range people {
		lead = lead || role == review.Lead
		other = other || c.Draft.Origin != review.FromPerson || id != c.Draft.Author
	}
	q := o.Policy.Quorum
	if len(people) < max(1, q.Count) || q.Lead && !lead || q.OtherThanAuthor && !other {
		h.t.Fatalf("a text leaves with the yes of %v, but the quorum is %+v", people, q)
	}
}

// TestErrorsAreNamed: whatever is refused, the error is one of the named ones
// and says something.
func TestErrorsAreNamed(t *testing.T) {
	named := []error{review.ErrNotNow, review.ErrRole, review.ErrStale, review.ErrQuorum, review.ErrCoolOff, review.ErrBlocked, review.ErrSecondPerson, review.ErrInput, review.ErrAlready}
	for _, v := range review.Verbs() {
		for _, s := range review.Statuses {
			for _, o := range occasions() {
				_, err := review.Apply(at(t, s), sample(v, review.Case{}), o)
				if err == nil {
					continue
				}
				if len(err.Error()) < 15 {
					t.Errorf("%s in %s: %q helps nobody", v, s, err)
				}
				if !matches(err, named) {
					t.Errorf("%s in %s: %v is not a named error", v, s, err)
				}
			}
		}
	}
}

func matches(err error, named []error) bool {
	for _, n := range named {
		if errors.Is(err, n) {
			return true
		}
	}
	return false
}
