package rubric

import (
	"slices"
	"testing"

	"github.com/evenkeel/evenkeel/review"
)

// freshSet is a set of lines that nobody has learned from, with its floors in per
// cent. They may only rise, and only by work that was done without reading the lines.
type freshSet struct {
	name    string
	hard    int // of checks 1 to 6, found by their own check
	barred  int // of checks 1 to 6, not approvable, by whatever check
	soft    int // of checks 7 to 14
	mistake int // of good replies that are blocked, at most

	// Where the author says which lines are plain, as people mostly write, and
	// which say it round a corner: of the plain ones.
	plainHard, plainSoft int
}

var freshSets = []freshSet{
	{name: "fresh", hard: 77, barred: 96, soft: 72, mistake: 11},
	{name: "fresh2", hard: 86, barred: 86, soft: 89, mistake: 7, plainHard: 100, plainSoft: 96},
	{name: "fresh3", hard: 90, barred: 90, soft: 81, mistake: 34, plainHard: 100, plainSoft: 90},
}

// TestFresh measures the checks on lines that nobody has learned from: it says
// what to expect of replies out in the world. Do not read the files when
// working on the lexicons; see testdata/README.md.
func TestFresh(t *testing.T) {
	for _, set := range freshSets {
		t.Run(set.name, set.measure)
	}
}

func (set freshSet) measure(t *testing.T) {
	var hard, barred, soft, plainHard, plainSoft tally
	byCheck := map[string]*tally{}
	for _, e := range readExamples(t, "bad_"+set.name+".jsonl") {
		c := byCheck[e.Check]
		if c == nil {
			c = &tally{}
			byCheck[e.Check] = c
		}
		stopped := blockers(e)
		found := stopped[e.Check]
		c.count(found)
		if slices.Index(Checks, e.Check) < 6 {
			hard.count(found)
			barred.count(len(stopped) > 0)
			if e.Note == "plain" {
				plainHard.count(found)
			}
		} else {
			soft.count(found)
			if e.Note == "plain" {
				plainSoft.count(found)
			}
		}
	}
	for _, check := range Checks[:14] {
		t.Logf("%-28s %d of %d", check, byCheck[check].right, byCheck[check].all)
	}
	var mistaken tally
	stops := map[string]int{}
	for _, e := range readExamples(t, "good_"+set.name+".jsonl") {
		stopped := blockers(e)
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
		{"checks 1 to 6", hard, set.hard}, {"checks 1 to 6, blocked by any check", barred, set.barred}, {"checks 7 to 14", soft, set.soft},
		{"checks 1 to 6, plain ones", plainHard, set.plainHard}, {"checks 7 to 14, plain ones", plainSoft, set.plainSoft},
	} {
		if of.got.all == 0 {
			continue // nobody said which are plain
		}
		t.Logf("%s: %d of %d (%.1f %%)", of.what, of.got.right, of.got.all, 100*of.got.share())
		if 100*of.got.right < of.floor*of.got.all {
			t.Errorf("%s: less than %d %%", of.what, of.floor)
		}
	}
	t.Logf("good replies blocked by mistake: %d of %d (%.1f %%)", mistaken.right, mistaken.all, 100*mistaken.share())
	if 100*mistaken.right > set.mistake*mistaken.all {
		t.Errorf("more than %d %% of the good replies are blocked", set.mistake)
	}
}

// blockers are the checks that hold a reply back.
func blockers(e example) map[string]bool {
	m := make(map[string]bool)
	for _, f := range Check(e.input(nil)) {
		if f.Level == review.Block {
			m[f.Check] = true
		}
	}
	return m
}

func (c *tally) count(yes bool) {
	c.all++
	if yes {
		c.right++
	}
}
