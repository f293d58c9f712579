package review_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/review"
)

// do applies an action that must be possible.
func do(t *testing.T, c review.Case, a review.Action, o review.Occasion) review.Case {
	t.Helper()
	change, err := review.Apply(c, a, o)
	if err != nil {
		t.Fatalf("%s: %v", a.Verb(), err)
	}
	change.Case.ID = c.ID
	return change.Case
}

// not applies an action that must be refused with the named error.
func not(t *testing.T, c review.Case, a review.Action, o review.Occasion, want error) {
	t.Helper()
	if _, err := review.Apply(c, a, o); !errors.Is(err, want) {
		t.Fatalf("%s: %v, want %v", a.Verb(), err, want)
	}
}

func after(o review.Occasion, d time.Duration) review.Occasion { o.Now = o.Now.Add(d); return o }

// TestClockStopsAtPublished: approval does not stop the clock, publishing
// does; a customer's edit, a reopening and "spreading" begin a new round.
func TestClockStopsAtPublished(t *testing.T) {
	running := map[review.Status]bool{
		review.New: true, review.Open: true, review.Held: true, review.Drafted: true, review.Approved: true, review.Publishing: true,
		review.HandedOver: true, review.Rejected: true, review.Unreconciled: true,
	}
	for _, s := range review.Statuses {
		if got := at(t, s).Awaiting(); got != running[s] {
			t.Errorf("%s: the clock runs: %v", s, got)
		}
	}
	c := at(t, review.Closed)
	if c.Clock.Round != 1 || !c.AwaitingSince().Equal(start) {
		t.Fatalf("the first round: %+v", c.Clock)
	}
	c = do(t, c, review.Reopen{Why: "she wrote again"}, after(by(cleo), 48*time.Hour))
	if c.Clock.Round != 2 || !c.AwaitingSince().Equal(start.Add(48*time.Hour)) || !c.Awaiting() {
		t.Errorf("after reopening: %+v", c.Clock)
	}
	c = do(t, c, review.MarkSpreading{}, after(by(cleo), 50*time.Hour))
	if c.Clock.Round != 3 || !c.AwaitingSince().Equal(start.Add(48*time.Hour)) || !c.Clock.Spreading.Equal(start.Add(50*time.Hour)) {
		t.Errorf("spreading: %+v", c.Clock)
	}
	edit := words(1)
	edit.Body = "Worse and worse."
	c = do(t, c, review.Revise{Review: edit}, after(system(), 60*time.Hour))
	if c.Clock.Round != 4 || !c.AwaitingSince().Equal(start.Add(60*time.Hour)) {
		t.Errorf("after the edit: %+v", c.Clock)
	}
	c = do(t, at(t, review.Closed), review.Update{}, after(by(cleo), time.Hour))
	if c.Awaiting() || c.Verdict != review.VerdictReply || c.Status != review.Open {
		t.Errorf("an update of our own will runs a clock: %+v", c)
	}
}

// TestNudgesAreGivenOnce: each reminder and each escalation, whoever asks.
func TestNudgesAreGivenOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := at(t, review.Open)
		given := map[string]int{}
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			of := rapid.SampledFrom([]string{"answer-1", "answer-2", "promise-1-5", ""}).Draw(rt, "of")
			var a review.Action = review.Remind{Of: of, Due: start}
			if rapid.Bool().Draw(rt, "escalate") {
				a = review.Escalate{Of: of, Due: start}
			}
			change, err := review.Apply(c, a, system())
			if err == nil {
				given[string(a.Verb())+of]++
				c = change.Case
			} else if !errors.Is(err, review.ErrAlready) && !errors.Is(err, review.ErrInput) {
				rt.Fatal(err)
			}
		}
		for what, n := range given {
			if n != 1 {
				rt.Fatalf("%s came %d times", what, n)
			}
		}
	})
}

// TestFoundPromisesNeedSomebody: what a reply promises enters the ledger when
// it leaves, blocks closing until it is kept or dropped, and asks after itself.
func TestFoundPromisesNeedSomebody(t *testing.T) {
	pledge := review.Pledge{Text: "We will send you a new lid by Friday.", When: "by Friday"}
	late := after(system(), time.Hour)
	c := do(t, at(t, review.Approved), review.StartPublishing{Pledges: []review.Pledge{pledge, pledge}}, late)
	if len(c.Promises) != 1 || !c.Promises[0].Found || c.Promises[0].Owned() {
		t.Fatalf("the ledger: %+v", c.Promises)
	}
	if tasks := c.Tasks(); len(tasks) != 1 || tasks[0].Kind != review.TaskOwner {
		t.Errorf("tasks: %+v", tasks)
	}
	c = do(t, c, review.Accepted{ID: "x"}, late)
	c = do(t, c, review.Seen{}, late)
	not(t, c, review.Settle{}, late, review.ErrInput)
	not(t, c, review.Undertake{N: 1, Owner: cleo, Due: start}, after(by(ana), time.Hour), review.ErrInput)
	c = do(t, c, review.Undertake{N: 1, Owner: cleo, Due: start.AddDate(0, 0, 3)}, after(by(ana), time.Hour))
	if p := c.Promises[0]; p.Authority != "Ana, lead" || p.Owner != cleo.ID {
		t.Errorf("the promise: %+v", p)
	}
	not(t, c, review.Settle{}, late, review.ErrInput)
	not(t, c, review.KeepPromise{N: 1}, after(by(cleo), time.Hour), review.ErrInput)
	c = do(t, c, review.KeepPromise{N: 1, Proof: "parcel 12"}, after(by(cleo), 24*time.Hour))
	c = do(t, c, review.Settle{}, after(late, 24*time.Hour))
	c = do(t, c, review.FollowUp{N: 1}, after(late, 8*24*time.Hour))
	not(t, c, review.FollowUp{N: 1}, late, review.ErrAlready)
	if tasks := c.Tasks(); len(tasks) != 1 || tasks[0].Kind != review.TaskAnswer {
		t.Errorf("tasks: %+v", tasks)
	}
	no := do(t, c, review.DidItWork{N: 1, Answer: review.WorkedNo}, by(cleo))
	if no.Status != review.Open || !no.Awaiting() {
		t.Errorf("“no” leaves the case %s", no.Status)
	}
	yes := do(t, c, review.DidItWork{N: 1, Answer: review.WorkedYes}, by(cleo))
	if yes.Status != review.Closed || !yes.Solved() || len(yes.Tasks()) != 0 {
		t.Errorf("“yes”: %s, %+v", yes.Status, yes.Tasks())
	}
}

// TestBenefitsHaveLimits: within the role's limit one word is enough; above it
// a second person whose limit covers it, and above all limits a lead.
func TestBenefitsHaveLimits(t *testing.T) {
	who := func(p review.Person) review.Occasion {
		o := by(p)
		o.Policy.Grants = [review.Lead + 1]int64{review.Approver: 2000, review.Lead: 10000}
		return o
	}
	c := at(t, review.Open)
	give := func(p review.Person, value int64) review.Case {
		return do(t, c, review.ProposeBenefit{Kind: "voucher", Value: value, Reason: "the wait"}, who(p))
	}
	for _, x := range []struct {
		by      review.Person
		value   int64
		granted bool
	}{{cleo, 0, true}, {cleo, 1, false}, {ben, 2000, true}, {ben, 2001, false}, {ana, 10000, true}, {ana, 10001, false}} {
		if got := !give(x.by, x.value).Benefits[0].Open(); got != x.granted {
			t.Errorf("%s proposes %d: granted is %v", x.by.Name, x.value, got)
		}
	}
	not(t, give(cleo, 500), review.GrantBenefit{N: 1}, who(cleo), review.ErrRole)
	do(t, give(cleo, 500), review.GrantBenefit{N: 1}, who(ben))
	not(t, give(ben, 5000), review.GrantBenefit{N: 1}, who(ben), review.ErrSecondPerson)
	not(t, give(cleo, 5000), review.GrantBenefit{N: 1}, who(ben), review.ErrRole)
	do(t, give(ben, 50000), review.GrantBenefit{N: 1}, who(ana))
	not(t, give(ana, 50000), review.GrantBenefit{N: 1}, who(ana), review.ErrSecondPerson)
	declined := do(t, give(cleo, 500), review.DeclineBenefit{N: 1, Reason: "a reply will do"}, who(ben))
	if declined.HasBenefit() || !give(cleo, 500).HasBenefit() {
		t.Error("a declined proposal counts as a benefit, or an open one does not")
	}
	solo := who(cleo)
	solo.Policy.Solo = true
	if c := do(t, c, review.ProposeBenefit{Kind: "refund", Value: 9e6, Reason: "x"}, solo); c.Benefits[0].Open() {
		t.Error("a team of one waits for a second person")
	}
}

// TestTurnsAreCounted: what a reviewer or a site does later is noted by itself.
func TestTurnsAreCounted(t *testing.T) {
	revise := func(c review.Case, stars float64) review.Case {
		r := words(stars)
		r.Body = "Edited."
		return do(t, c, review.Revise{Review: r}, system())
	}
	kinds := func(c review.Case) (out []review.TurnKind) {
		for _, x := range c.Turns {
			out = append(out, x.Kind)
		}
		return out
	}
	live := at(t, review.Live)
	for stars, want := range map[float64]review.TurnKind{4: review.EditedUp, 1: review.EditedDown, 2: review.EditedWords} {
		c := revise(live, stars)
		if got := kinds(c); len(got) != 1 || got[0] != want || !c.Turns[0].Answered {
			t.Errorf("%v stars: %+v", stars, c.Turns)
		}
	}
	if got := kinds(do(t, live, review.Remove{}, system())); got[0] != review.RemovedByAuthor {
		t.Errorf("removed: %v", got)
	}
	reported := do(t, live, review.OpenReport{Ground: "spam", Words: "late"}, by(cleo))
	gone := do(t, reported, review.Remove{}, system())
	if got := kinds(gone); got[0] != review.RemovedByAuthor {
		t.Errorf("a report that was never sent removed it: %v", got)
	}
	if got := kinds(do(t, gone, review.ReportIs{N: 1, State: review.ReportUpheld}, by(cleo))); got[0] != review.RemovedBySite {
		t.Errorf("upheld after the removal: %v", got)
	}
	sent := do(t, reported, review.ReportIs{N: 1, State: review.ReportSent}, by(cleo))
	if got := kinds(do(t, sent, review.Remove{}, system())); got[0] != review.RemovedBySite {
		t.Errorf("removed after a report: %v", got)
	}
	left := do(t, revise(live, 1), review.Leave{}, by(cleo))
	if left.Status != review.Closed {
		t.Errorf("left as it is, the case is %s", left.Status)
	}
	not(t, at(t, review.Open), review.Leave{}, by(cleo), review.ErrInput)
}

// TestThirdRoundNeedsALead: the third public reply to the same reviewer.
func TestThirdRoundNeedsALead(t *testing.T) {
	c := at(t, review.Live)
	o := after(by(ben), 2*time.Hour)
	for round := 2; round <= 3; round++ {
		c = do(t, c, review.Update{}, o)
		c = do(t, c, review.Edit{Text: "Round " + string(rune('0'+round))}, after(by(cleo), time.Hour))
		c = do(t, c, review.Approve{Text: c.Draft.Hash()}, o)
		if alone := c.Status == review.Approved; alone != (round == 2) {
			t.Fatalf("round %d: approved by one approver: %v", round, alone)
		}
		if round == 3 {
			c = do(t, c, review.Approve{Text: c.Draft.Hash()}, after(by(ana), 2*time.Hour))
			if c.Status != review.Approved {
				t.Fatal("a lead's yes is not enough")
			}
			return
		}
		out := after(system(), 4*time.Hour)
		c = do(t, c, review.StartPublishing{}, out)
		c = do(t, c, review.Accepted{ID: "x"}, out)
		c = do(t, c, review.Seen{}, out)
		c.Status = review.Live
	}
}

// TestThirdRoundOverSeveralReviews: the rounds count whichever of a reviewer's
// reviews they were about; what is learned while a text waits in the outbox
// brings it back.
func TestThirdRoundOverSeveralReviews(t *testing.T) {
	approved := func(rounds int) review.Case {
		c := at(t, review.Drafted)
		c = do(t, c, review.Recall{Rounds: rounds}, system())
		return do(t, c, review.Approve{Text: c.Draft.Hash()}, by(ben))
	}
	if c := approved(1); c.Status != review.Approved {
		t.Errorf("the second round is %s", c.Status)
	}
	c := approved(2)
	if c.Status != review.Drafted {
		t.Errorf("the third round is %s with an approver's yes", c.Status)
	}
	if c = do(t, c, review.Approve{Text: c.Draft.Hash()}, by(ana)); c.Status != review.Approved {
		t.Errorf("the third round is %s with a lead's yes", c.Status)
	}
	if c = do(t, c, review.Recall{Rounds: 3}, system()); c.Status != review.Approved {
		t.Errorf("a lead agreed, and a fourth round is %s", c.Status)
	}
	c = do(t, approved(1), review.Recall{Rounds: 2, Similar: []int64{9, 8, 7, 6}}, system())
	if c.Status != review.Drafted || len(c.Approvals) != 0 || !slices.Equal(c.Similar, []int64{9, 8, 7}) {
		t.Errorf("learned in the outbox: %s, %d approvals, similar %v", c.Status, len(c.Approvals), c.Similar)
	}
	if _, err := review.Apply(c, review.Recall{Rounds: 2}, system()); !errors.Is(err, review.ErrAlready) {
		t.Errorf("the same again: %v", err)
	}
}

// TestReviewer: by the platform's id wherever there is one, by name only on one
// subject, and nobody by a name that many share.
func TestReviewer(t *testing.T) {
	r := words(1)
	with := func(f func(*review.Review)) string { other := r; f(&other); return other.Reviewer() }
	r.Author, r.AuthorID, r.Subject.ID = "Maria S.", "u-1", "teapot"
	if r.Reviewer() == "" || with(func(r *review.Review) { r.Author, r.Subject.ID = "M.", "other" }) != r.Reviewer() {
		t.Error("the id alone does not name the reviewer")
	}
	if with(func(r *review.Review) { r.Key.Source = "elsewhere" }) == r.Reviewer() || with(func(r *review.Review) { r.AuthorID = "u-2" }) == r.Reviewer() {
		t.Error("two people are one")
	}
	r.AuthorID = ""
	if r.Reviewer() == "" || with(func(r *review.Review) { r.Author = " maria  S." }) != r.Reviewer() {
		t.Error("the name does not name the reviewer")
	}
	if with(func(r *review.Review) { r.Subject.ID = "another" }) == r.Reviewer() || with(func(r *review.Review) { r.Subject = review.Subject{} }) != "" {
		t.Error("a name counts beyond its subject")
	}
	for _, name := range []string{"", "  ", "Anonymous", "A Google User", "Ein Google-Nutzer", "匿名"} {
		if with(func(r *review.Review) { r.Author = name }) != "" {
			t.Errorf("%q names somebody", name)
		}
	}
}

// TestReconsider: what the checks say now takes the place of what they said, and
// brings a text that they hold back out of the outbox.
func TestReconsider(t *testing.T) {
	stop := []review.Finding{{Check: "no_isolated_case", Level: review.Block}}
	c := at(t, review.Approved)
	c = do(t, c, review.Reconsider{Text: c.Draft.Hash(), Findings: stop, Checks: "x", Why: "incident 1 is open"}, system())
	if c.Status != review.Drafted || len(c.Approvals) != 0 || len(c.Standing()) != 1 {
		t.Errorf("%s, %d approvals, %v", c.Status, len(c.Approvals), c.Draft.Findings)
	}
	if _, err := review.Apply(c, review.Reconsider{Text: c.Draft.Hash(), Findings: stop, Checks: "x"}, system()); !errors.Is(err, review.ErrAlready) {
		t.Errorf("the same again: %v", err)
	}
	c = do(t, at(t, review.Approved), review.Reconsider{Text: c.Draft.Hash(), Findings: []review.Finding{{Check: "no_marketing", Level: review.Warn}}}, system())
	if c.Status != review.Approved {
		t.Errorf("a warning brings it back: %s", c.Status)
	}
}

func TestPlainCause(t *testing.T) {
	for in, want := range map[string]string{" Late   Delivery ": "late delivery", "late_delivery": "late delivery", "": ""} {
		if got := review.PlainCause(in); got != want {
			t.Errorf("%q is %q", in, got)
		}
	}
	c := do(t, at(t, review.Open), review.SetCause{Cause: "Late delivery"}, by(cleo))
	c = do(t, c, review.Triage{By: "rules", Revision: 1, Cause: "staff"}, system())
	if c.Cause != "late delivery" {
		t.Errorf("triage overwrote what a person named: %q", c.Cause)
	}
}
