package review_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
)

var (
	start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	ana   = review.Person{ID: "console:ana", Name: "Ana", Role: review.Lead}
	ben   = review.Person{ID: "console:ben", Name: "Ben", Role: review.Approver}
	cleo  = review.Person{ID: "console:cleo", Name: "Cleo", Role: review.Responder}
	vic   = review.Person{ID: "console:vic", Name: "Vic", Role: review.Viewer}
)

func policy() review.Policy {
	return review.Policy{
		Playbook: "p1", Account: "shop/1", Quorum: review.Quorum{Count: 1},
		CoolOff: time.Minute, CanReply: true, CanReadBack: true,
		SecondPerson: []review.Verdict{review.VerdictSilent}, SilentFor: 30 * 24 * time.Hour,
		VerifyAfter: 30 * time.Second, SettleAfter: 24 * time.Hour,
	}
}

func by(p review.Person) review.Occasion {
	return review.Occasion{Now: start, By: review.ByPerson(p), Policy: policy()}
}

func system() review.Occasion {
	return review.Occasion{Now: start, By: review.BySystem("test"), Policy: policy()}
}

func words(rating float64) review.Review {
	return review.Review{
		Key: review.Key{Source: "shop", ID: "r1"}, Rating: review.StarRating(rating),
		Title: "Late", Body: "The teapot came two weeks late.", Author: "Jo", Language: "en",
	}
}

// at makes a case in a status, by the shortest way that leads there.
func at(t *testing.T, s review.Status) review.Case {
	t.Helper()
	change, err := review.Accept(words(2), s == review.Seeded, system())
	if err != nil {
		t.Fatal(err)
	}
	c := change.Case
	c.ID = 1
	step := func(a review.Action, o review.Occasion) {
		t.Helper()
		change, err := review.Apply(c, a, o)
		if err != nil {
			t.Fatalf("on the way to %s: %s: %v", s, a.Verb(), err)
		}
		c = change.Case
	}
	late := system()
	late.Now = start.Add(time.Hour)
	ways := map[review.Status][]func(){
		review.Seeded: {}, review.New: {},
		review.Open: {func() { step(review.Announced{}, system()) }},
		review.Held: {func() { step(review.Hold{For: "facts"}, by(cleo)) }},
		review.Drafted: {func() {
			step(review.Propose{Draft: review.Draft{Text: "Sorry.", Origin: review.FromModel, Revision: 1}}, system())
		}},
		review.Approved:     {func() { step(review.Approve{Text: c.Draft.Hash()}, by(ben)) }},
		review.Publishing:   {func() { step(review.StartPublishing{}, late) }},
		review.HandedOver:   {func() { step(review.HandOver{}, late) }},
		review.Published:    {func() { step(review.Accepted{ID: "x"}, late) }},
		review.Live:         {func() { step(review.Seen{}, late) }},
		review.Rejected:     {func() { step(review.Refused{Why: "no"}, late) }},
		review.Unreconciled: {func() { step(review.Doubt{Why: "lost"}, late) }},
		review.Closed:       {func() { step(review.Settle{}, late) }},
	}
	before := map[review.Status][]review.Status{
		review.Open: {review.Open}, review.Held: {review.Open, review.Held}, review.Drafted: {review.Open, review.Drafted},
		review.Approved:   {review.Open, review.Drafted, review.Approved},
		review.Publishing: {review.Open, review.Drafted, review.Approved, review.Publishing},
		review.HandedOver: {review.Open, review.Drafted, review.Approved, review.HandedOver},
	}
	inFlight := before[review.Publishing]
	before[review.Published] = append(slices.Clone(inFlight), review.Published)
	before[review.Rejected] = append(slices.Clone(inFlight), review.Rejected)
	before[review.Unreconciled] = append(slices.Clone(inFlight), review.Unreconciled)
	before[review.Live] = append(slices.Clone(inFlight), review.Published, review.Live)
	before[review.Closed] = append(slices.Clone(inFlight), review.Published, review.Live, review.Closed)
	for _, via := range before[s] {
		for _, f := range ways[via] {
			f()
		}
	}
	if c.Status != s {
		t.Fatalf("the way to %s ends at %s", s, c.Status)
	}
	return c
}

// sample is an action of every verb that its case can have no objection to
// but for status and role.
func sample(v review.Verb, c review.Case) review.Action {
	var text review.Digest
	if c.Draft != nil {
		text = c.Draft.Hash()
	}
	edited := words(1)
	edited.Body = "The teapot came three weeks late."
	return map[review.Verb]review.Action{
		"announced": review.Announced{}, "open": review.OpenCase{},
		"triage": review.Triage{By: "rules", Revision: c.Review.Revision},
		"assign": review.Assign{Owner: cleo}, "goal": review.SetGoal{Goal: review.GoalInform},
		"spreading": review.MarkSpreading{}, "verdict": review.Decide{Verdict: review.VerdictReport},
		"hold": review.Hold{For: "facts"}, "release": review.Release{}, "ask": review.Ask{Question: "When?"},
		"fact": review.AddFact{Text: "It left on Monday."}, "unfact": review.RetractFact{N: 1},
		"redraft": review.RequestDraft{}, "no_draft": review.NoDraft{Why: "down"},
		"draft":      review.Propose{Draft: review.Draft{Text: "We are sorry.", Origin: review.FromModel, Revision: c.Review.Revision, Facts: c.FactsRevision}},
		"judged":     review.Judge{Text: text},
		"reconsider": review.Reconsider{Text: text, Checks: "again", Why: "an incident"},
		"recall":     review.Recall{Rounds: 1, Similar: []int64{7}},
		"recheck":    review.Recheck{Text: text},
		"edit":       review.Edit{Base: text, Text: "Dear Jo, sorry."},
		"discard":    review.Discard{Text: text}, "waive": review.Waive{Text: text, Check: "no_blame", Reason: "fine"},
		"approve": review.Approve{Text: text}, "undo": review.Undo{}, "void": review.Void{Why: "rules"},
		"publish": review.StartPublishing{}, "hand_over": review.HandOver{}, "posted": review.Posted{},
		"withdraw": review.Withdraw{}, "postpone": review.Postpone{Until: start}, "accepted": review.Accepted{},
		"refused": review.Refused{Why: "no"}, "doubt": review.Doubt{Why: "lost"}, "it_is_up": review.ItIsUp{},
		"it_is_not": review.ItIsNot{}, "seen": review.Seen{}, "missing": review.Missing{Why: "gone"},
		"rework": review.Rework{}, "give_up": review.GiveUp{Reason: "no way"}, "settle": review.Settle{},
		"close": review.Close{}, "reopen": review.Reopen{}, "revise": review.Revise{Review: edited},
		"remove": review.Remove{}, "promise": review.AddPromise{Text: "send a lid", Owner: cleo, Due: start.AddDate(0, 0, 3)},
		"kept": review.KeepPromise{N: 1, Proof: "sent with the morning post"}, "drop": review.DropPromise{N: 1, Reason: "declined"},
		"undertake": review.Undertake{N: 1, Owner: cleo, Due: start.AddDate(0, 0, 3)},
		"follow_up": review.FollowUp{N: 2}, "worked": review.DidItWork{N: 2, Answer: review.WorkedYes}, "update": review.Update{},
		"benefit": review.ProposeBenefit{Kind: "voucher", Value: 1000, Reason: "the trouble"},
		"grant":   review.GrantBenefit{N: 1}, "decline": review.DeclineBenefit{N: 1, Reason: "a reply will do"},
		"reach":   review.ReachOut{Channel: "phone", Owner: cleo, Due: start.AddDate(0, 0, 1)},
		"reached": review.Reached{N: 1, Outcome: "all is well"}, "leave": review.Leave{},
		"cause":    review.SetCause{Cause: "Late  delivery"},
		"incident": review.Involve{Incident: "1", Version: 1, Facts: "The network is down."},
		"remind":   review.Remind{Of: "answer-1", Due: start}, "escalate": review.Escalate{Of: "answer-1", Due: start},
		"report": review.OpenReport{Ground: "spam", Words: "late"}, "report_is": review.ReportIs{N: 1, State: review.ReportSent},
		"report_call": review.CallReport{N: 2}, "report_answer": review.AnswerReport{N: 2, State: review.ReportSent, Due: start},
	}[v]
}

// ready gives a case what some verbs need to be about: a fact, a promise, a
// report, a finding. It leaves the status alone.
func ready(c review.Case) review.Case {
	if c.Verdict == review.Undecided {
		c.Verdict = review.VerdictReply
	}
	c.Facts = []review.Fact{{N: 1, Text: "It left.", By: cleo.ID}}
	c.Reports = []review.Report{{N: 1, State: review.ReportPrepared}, {N: 2, State: review.ReportSending}}
	c.Benefits = []review.Benefit{{N: 1, Kind: "voucher", Value: 1000, By: "console:dan"}}
	c.Reaches = []review.Reach{{N: 1, Channel: "phone", Owner: cleo.ID, Due: start}}
	if c.Draft != nil {
		d := *c.Draft
		d.Findings = []review.Finding{{Check: "no_blame", Level: review.Block, Waivable: true}}
		c.Draft = &d
	}
	return c
}

// TestTableOfMoves walks every verb in every status, by the program and by
// each role, and compares what may happen, and where it leads, with the table
// kept in testdata. A change of the rules shows there as a line.
func TestTableOfMoves(t *testing.T) {
	var table strings.Builder
	for _, v := range review.Verbs() {
		for _, s := range review.Statuses {
			c := at(t, s)
			prepared := ready(c)
			if v == "approve" || v == "publish" || v == "hand_over" {
				prepared = c // a finding would be in their way
			}
			switch v {
			case "kept", "drop", "undertake", "follow_up", "worked":
				prepared.Promises = []review.Promise{{N: 1, Text: "a lid", Owner: cleo.ID, Due: start}, {N: 2, Text: "a call", Owner: cleo.ID, Due: start, Kept: start}}
			case "leave":
				prepared.Review.Revision = 2
				prepared.Reply = &review.Reply{Text: "Sorry.", Answered: start}
			}
			for _, o := range occasions() {
				o.Now = start.Add(2 * time.Hour)
				who := "system"
				if o.By.IsPerson() {
					who = o.By.Person.Role.String()
				}
				snapshot := fmt.Sprintf("%+v", prepared)
				change, err := review.Apply(prepared, sample(v, prepared), o)
				if fmt.Sprintf("%+v", prepared) != snapshot {
					t.Errorf("%s in %s changed the case it was given", v, s)
				}
				switch {
				case err == nil:
					fmt.Fprintf(&table, "%-10s %-12s → %-12s %s\n", v, s, change.Case.Status, who)
					if change.Case.Version != prepared.Version+1 || len(change.Events) != 1 || change.Events[0].Verb != v {
						t.Errorf("%s in %s: version %d, events %v", v, s, change.Case.Version, change.Events)
					}
				case errors.Is(err, review.ErrNotNow) || errors.Is(err, review.ErrRole):
				default:
					t.Errorf("%s in %s by %s: %v is neither a matter of status nor of role", v, s, who, err)
				}
			}
		}
	}
	golden(t, "moves.txt", table.String())
}

// occasions is one for the program and one for each role.
func occasions() []review.Occasion {
	return []review.Occasion{system(), by(vic), by(cleo), by(ben), by(ana)}
}

// golden compares with a file in testdata; EVENKEEL_GOLDEN=update writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("EVENKEEL_GOLDEN") == "update" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
		for i := range max(len(g), len(w)) {
			switch {
			case i >= len(g):
				t.Fatalf("%s: line %d is missing: %s", name, i+1, w[i])
			case i >= len(w) || g[i] != w[i]:
				t.Fatalf("%s: line %d is new or differs: %s", name, i+1, g[i])
			}
		}
	}
}

func TestApprovalIsForExactlyTheseWords(t *testing.T) {
	c := at(t, review.Drafted)
	if _, err := review.Apply(c, review.Approve{Text: review.DigestOf("other words")}, by(ben)); !errors.Is(err, review.ErrStale) {
		t.Errorf("approving a text that is not on the card: %v", err)
	}
	approved := at(t, review.Approved)
	late := system()
	late.Now = start.Add(time.Hour)

	later := late
	later.Policy.Playbook = "p2"
	if _, err := review.Apply(approved, review.StartPublishing{}, later); !errors.Is(err, review.ErrQuorum) {
		t.Errorf("publishing under other rules than approved: %v", err)
	}
	later = late
	later.Policy.Account = "shop/2"
	if _, err := review.Apply(approved, review.StartPublishing{}, later); !errors.Is(err, review.ErrQuorum) {
		t.Errorf("publishing to another account than approved: %v", err)
	}
	if _, err := review.Apply(approved, review.StartPublishing{}, system()); !errors.Is(err, review.ErrCoolOff) {
		t.Errorf("publishing before the cool-off is over: %v", err)
	}
	block := review.StartPublishing{Findings: []review.Finding{{Check: "threat_or_suppression", Level: review.Block}}}
	if _, err := review.Apply(approved, block, late); !errors.Is(err, review.ErrBlocked) {
		t.Errorf("publishing against the checks: %v", err)
	}
	facts, err := review.Apply(approved, review.AddFact{Text: "It left on Monday."}, by(cleo))
	if err != nil || facts.Case.Status != review.Drafted || len(facts.Case.Approvals) != 0 {
		t.Errorf("a new fact leaves %s with %d approvals, %v", facts.Case.Status, len(facts.Case.Approvals), err)
	}
}

func TestQuorum(t *testing.T) {
	yes := func(p review.Person) review.Approval { return review.Approval{By: p.ID, Role: p.Role} }
	tests := []struct {
		name   string
		q      review.Quorum
		author review.PersonID
		yes    []review.Approval
		met    bool
	}{
		{"none", review.Quorum{Count: 1}, "", nil, false},
		{"zero is one", review.Quorum{}, "", nil, false},
		{"one", review.Quorum{Count: 1}, "", []review.Approval{yes(ben)}, true},
		{"the same twice is one", review.Quorum{Count: 2}, "", []review.Approval{yes(ben), yes(ben)}, false},
		{"two", review.Quorum{Count: 2}, "", []review.Approval{yes(ben), yes(ana)}, true},
		{"a responder's yes is none", review.Quorum{Count: 1}, "", []review.Approval{yes(cleo)}, false},
		{"a lead is missing", review.Quorum{Count: 1, Lead: true}, "", []review.Approval{yes(ben)}, false},
		{"a lead is there", review.Quorum{Count: 1, Lead: true}, "", []review.Approval{yes(ana)}, true},
		{"only the author", review.Quorum{Count: 1, OtherThanAuthor: true}, ben.ID, []review.Approval{yes(ben)}, false},
		{"author and another", review.Quorum{Count: 2, OtherThanAuthor: true}, ben.ID, []review.Approval{yes(ben), yes(ana)}, true},
	}
	for _, tt := range tests {
		if got := tt.q.Met(tt.yes, tt.author); got != tt.met {
			t.Errorf("%s: met is %v", tt.name, got)
		}
	}
}

func TestSilenceNeedsTwoPeople(t *testing.T) {
	c := at(t, review.Open)
	silent := review.Decide{Verdict: review.VerdictSilent, Reason: "a troll"}
	if _, err := review.Apply(c, review.Decide{Verdict: review.VerdictSilent}, by(cleo)); !errors.Is(err, review.ErrInput) {
		t.Errorf("silence without a reason: %v", err)
	}
	first, err := review.Apply(c, silent, by(cleo))
	if err != nil || first.Case.Status != review.Open || first.Case.Pending == nil {
		t.Fatalf("the first voice: %+v, %v", first.Case.Status, err)
	}
	if _, err := review.Apply(first.Case, silent, by(cleo)); !errors.Is(err, review.ErrSecondPerson) {
		t.Errorf("the same person twice: %v", err)
	}
	second, err := review.Apply(first.Case, review.Decide{Verdict: review.VerdictSilent}, by(ben))
	if err != nil || second.Case.Status != review.Closed || second.Case.Outcome != review.OutcomeSilent || second.Case.Reason != "a troll" {
		t.Fatalf("the second voice: %s %s, %v", second.Case.Status, second.Case.Outcome, err)
	}
	if w := second.Work; len(w) != 1 || w[0].Kind != review.WorkExpire || !w[0].Due.Equal(second.Case.SilentUntil) {
		t.Errorf("the end of the silence is not due: %v", w)
	}
	alone := by(cleo)
	alone.Policy.Solo = true
	if one, err := review.Apply(c, silent, alone); err != nil || one.Case.Status != review.Closed || one.Events[0].Detail["alone"] != "yes" {
		t.Errorf("a team of one: %s, %v", one.Case.Status, err)
	}
}

func TestEditWhileTheReplyIsOnItsWay(t *testing.T) {
	c := at(t, review.Publishing)
	edited := words(5)
	edited.Body = "All is well now."
	change, err := review.Apply(c, review.Revise{Review: edited}, system())
	if err != nil || change.Case.Status != review.Publishing || change.Case.Review.Revision != 2 {
		t.Fatalf("in flight: %s revision %d, %v", change.Case.Status, change.Case.Review.Revision, err)
	}
	settled, err := review.Apply(change.Case, review.Accepted{ID: "x"}, system())
	if err != nil || settled.Case.Status != review.Open || settled.Case.Draft != nil || len(settled.Case.Approvals) != 0 {
		t.Errorf("settled: %s, %d approvals, %v", settled.Case.Status, len(settled.Case.Approvals), err)
	}
	if !settled.Case.Outdated {
		t.Error("nobody is told that the reply answers earlier words")
	}
	postponed, err := review.Apply(change.Case, review.Postpone{Until: start}, system())
	if err != nil || postponed.Case.Status != review.Open {
		t.Errorf("an approval of the earlier words is used again: %s, %v", postponed.Case.Status, err)
	}
}

func TestSensitiveReviewsWaitForALead(t *testing.T) {
	c := at(t, review.New)
	triaged, err := review.Apply(c, review.Triage{By: "rules", Revision: 1, Class: review.Health}, system())
	if err != nil {
		t.Fatal(err)
	}
	announced, err := review.Apply(triaged.Case, review.Announced{}, system())
	if err != nil || announced.Case.Status != review.Held {
		t.Fatalf("announced as %s, %v", announced.Case.Status, err)
	}
	if _, err := review.Apply(announced.Case, review.Release{}, by(ben)); !errors.Is(err, review.ErrRole) {
		t.Errorf("an approver released it: %v", err)
	}
	released, err := review.Apply(announced.Case, review.Release{}, by(ana))
	if err != nil || released.Case.Status != review.Open {
		t.Errorf("a lead's release: %s, %v", released.Case.Status, err)
	}
}

func TestAuditHoldsNoWords(t *testing.T) {
	c := at(t, review.Open)
	const secret = "the parcel of Mr Example left on Monday"
	for _, a := range []review.Action{review.AddFact{Text: secret}, review.Ask{Question: secret}, review.RequestDraft{Instruction: secret}, review.Hold{For: secret}} {
		change, err := review.Apply(c, a, by(cleo))
		if err != nil {
			t.Fatal(err)
		}
		e := change.Events[0]
		for k, v := range e.Detail {
			if strings.Contains(v, "Example") {
				t.Errorf("%s puts words into the chain: %s=%s", a.Verb(), k, v)
			}
		}
		if !slices.Contains(valuesOf(e.Texts), secret) {
			t.Errorf("%s loses its words", a.Verb())
		}
	}
}

func valuesOf(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for _, v := range m {
		out = append(out, v)
	}
	return out
}

func TestCaseKeepsThroughJSON(t *testing.T) {
	// Whoever adds a field to Case decides whether it is stored; a field that
	// can hold a pointer must be copied by clone, or Apply would change what it
	// was given. TestTableOfMoves catches that for what the moves touch.
	typ := reflect.TypeFor[review.Case]()
	for i := range typ.NumField() {
		if typ.Field(i).Tag.Get("json") == "" {
			t.Errorf("Case.%s has no json tag: say whether it is kept", typ.Field(i).Name)
		}
	}
}
