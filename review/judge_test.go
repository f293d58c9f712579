package review_test

import (
	"errors"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
)

// edited is a person's text for which a second reading is still to come; the
// checks have one thing against it.
func edited(t *testing.T) review.Case {
	t.Helper()
	drafted := at(t, review.Drafted)
	change, err := review.Apply(drafted, review.Edit{
		Base: drafted.Draft.Hash(), Text: "Dear Jo, sorry about the teapot.", Judge: true, Checks: "r1",
		Findings: []review.Finding{{Check: "length", Level: review.Warn, Message: "Long."}},
	}, by(cleo))
	if err != nil {
		t.Fatal(err)
	}
	if w := change.Work; len(w) != 1 || w[0].Kind != review.WorkJudge || !change.Case.Draft.Judging {
		t.Fatalf("no second reading follows: %+v", w)
	}
	return change.Case
}

func TestJudgeOnlyAdds(t *testing.T) {
	c := edited(t)
	gap := review.Finding{Check: "complaint_coverage", Level: review.Block, Words: "two weeks", Waivable: true}
	judge := review.Judge{Text: c.Draft.Hash(), Findings: []review.Finding{gap}, Checks: "j1", BackText: "Liebe Jo", Tokens: 120, Cost: 0.5}
	change, err := review.Apply(c, judge, system())
	if err != nil {
		t.Fatal(err)
	}
	d := change.Case.Draft
	if len(d.Findings) != 2 || d.Findings[0].Check != "length" || !d.Findings[1].Judged || len(d.Deterministic()) != 1 || len(d.Judged()) != 1 {
		t.Errorf("the findings are %+v", d.Findings)
	}
	if d.Judging || d.BackText != "Liebe Jo" || d.Checks != "r1+j1" || d.Tokens != 120 || change.Case.Tokens != 120 || change.Case.Cost != 0.5 {
		t.Errorf("the draft is %+v, the case took %d", d, change.Case.Tokens)
	}
	if _, err := review.Apply(change.Case, review.Approve{Text: d.Hash()}, by(ben)); !errors.Is(err, review.ErrBlocked) {
		t.Errorf("approved against the second reading: %v", err)
	}
	// Read again, the old judgement is replaced and the checks' finding stays.
	again, err := review.Apply(change.Case, review.Judge{Text: d.Hash()}, system())
	if err != nil || len(again.Case.Draft.Findings) != 1 || again.Case.Draft.Findings[0].Check != "length" {
		t.Errorf("read again: %+v, %v", again.Case.Draft.Findings, err)
	}
}

func TestJudgeComesAfterTheApproval(t *testing.T) {
	c := edited(t)
	change, err := review.Apply(c, review.Approve{Text: c.Draft.Hash()}, by(ben))
	if err != nil || change.Case.Status != review.Approved {
		t.Fatalf("%s, %v", change.Case.Status, err)
	}
	c = change.Case
	warn := review.Judge{Text: c.Draft.Hash(), Findings: []review.Finding{{Check: "next_step", Level: review.Warn}}}
	if change, err = review.Apply(c, warn, system()); err != nil || change.Case.Status != review.Approved || len(change.Case.Approvals) != 1 {
		t.Errorf("a warning: %s with %d approvals, %v", change.Case.Status, len(change.Case.Approvals), err)
	}
	block := review.Judge{Text: c.Draft.Hash(), Findings: []review.Finding{{Check: "grounded_claims", Level: review.Block, Waivable: true}}}
	if change, err = review.Apply(c, block, system()); err != nil || change.Case.Status != review.Drafted || len(change.Case.Approvals) != 0 {
		t.Errorf("a blocking finding: %s with %d approvals, %v", change.Case.Status, len(change.Case.Approvals), err)
	}
	failed := review.Judge{Text: c.Draft.Hash(), Failed: "There was no second reading."}
	if change, err = review.Apply(c, failed, system()); err != nil || change.Case.Status != review.Approved || change.Case.Draft.Judging || len(change.Case.Draft.Notes) != 1 {
		t.Errorf("a failed reading: %s, %+v, %v", change.Case.Status, change.Case.Draft, err)
	}
}

func TestJudgeOfOtherWords(t *testing.T) {
	c := edited(t)
	late := system()
	late.Now = start.Add(time.Hour)
	if _, err := review.Apply(c, review.Judge{Text: review.DigestOf("other words")}, late); !errors.Is(err, review.ErrStale) {
		t.Errorf("a reading of other words: %v", err)
	}
	if _, err := review.Apply(c, review.Judge{Text: c.Draft.Hash()}, by(ana)); !errors.Is(err, review.ErrRole) {
		t.Errorf("a person's reading: %v", err)
	}
}
