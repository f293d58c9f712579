package rubric

import (
	"slices"
	"testing"

	"github.com/evenkeel/evenkeel/review"
)

// The floors of TestFresh, in per cent: what was found at first look. They may
// only rise, and only by work that was done without reading these lines.
const (
	freshHard    = 77 // of checks 1 to 6, found by their own check
	freshBarred  = 96 // of checks 1 to 6, not approvable, by whatever check
	freshSoft    = 71 // of checks 7 to 14
	freshMistake = 11 // of good replies that are blocked, at most
)

// TestFresh measures the checks on lines that nobody has learned from: it says
// what to expect of replies out in the world. Do not read the two files when
// working on the lexicons; see testdata/README.md.
func TestFresh(t *testing.T) {
	var hard, barred, soft, mistaken tally
	byCheck := map[string]*tally{}
	for _, e := range readExamples(t, "bad_fresh.jsonl") {
		c := byCheck[e.Check]
		if c == nil {
			c = &tally{}
			byCheck[e.Check] = c
		}
		found, stopped := false, false
		for _, f := range Check(e.input(nil)) {
			if f.Level == review.Block {
				stopped, found = true, found || f.Check == e.Check
			}
		}
		c.count(found)
		if slices.Index(Checks, e.Check) < 6 {
			hard.count(found)
			barred.count(stopped)
		} else {
			soft.count(found)
		}
	}
	for _, check := range Checks[:14] {
		t.Logf("%-28s %d of %d", check, byCheck[check].right, byCheck[check].all)
	}
	stops := map[string]int{}
	for _, e := range readExamples(t, "good_fresh.jsonl") {
		stopped := map[string]bool{}
		for _, f := range Check(e.input(nil)) {
			if f.Level == review.Block {
				stopped[f.Check] = true
			}
		}
		mistaken.count(len(stopped) > 0)
		for check := range stopped {
			stops[check]++
		}
	}
	for _, check := range sortedKeys(stops) {
		t.Logf("%d of the good ones stopped by %s", stops[check], check)
	}
	for _, of := range []struct {
		what  string
		got   tally
		floor int
	}{
		{"checks 1 to 6", hard, freshHard}, {"checks 1 to 6, blocked by any check", barred, freshBarred}, {"checks 7 to 14", soft, freshSoft},
	} {
		t.Logf("%s: %d of %d (%.1f %%)", of.what, of.got.right, of.got.all, 100*of.got.share())
		if 100*of.got.right < of.floor*of.got.all {
			t.Errorf("%s: less than %d %%", of.what, of.floor)
		}
	}
	t.Logf("good replies blocked by mistake: %d of %d (%.1f %%)", mistaken.right, mistaken.all, 100*mistaken.share())
	if 100*mistaken.right > freshMistake*mistaken.all {
		t.Errorf("more than %d %% of the good replies are blocked", freshMistake)
	}
}

func (c *tally) count(yes bool) {
	c.all++
	if yes {
		c.right++
	}
}
