package eval

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Comparison is two runs side by side.
type Comparison struct {
	Old, New *Report
	// Shared is how many reviews both runs worked on; figures of runs over
	// different reviews tell little.
	Shared int
	Rows   []Row
	Checks []CheckRow
}

// Compare sets the figures of two runs side by side. old may be nil: then the
// comparison is the figures of one run.
func Compare(old, current *Report) Comparison {
	c := Comparison{Old: old, New: current, Rows: rows(current.Figures), Checks: checkRows(current.Figures)}
	if old == nil {
		return c
	}
	before := rows(old.Figures)
	for i := range c.Rows {
		c.Rows[i].follow(before[i])
	}
	c.Checks = joinChecks(old.Figures, current.Figures)
	known := map[string]bool{}
	for _, it := range old.Items {
		known[it.Key] = true
	}
	for _, it := range current.Items {
		if known[it.Key] {
			c.Shared++
		}
	}
	return c
}

// Sign says which way a figure is better.
type Sign int

// The signs.
const (
	Neutral Sign = 0
	Higher  Sign = 1
	Lower   Sign = -1
)

// Row is one figure in words, with that of the run before where there is one.
type Row struct {
	Name, Help string
	Value, Was string
	Change     string // "+3.1 points"; "" without a run before, or without a change
	Better     Sign   // how the change is: Higher is better, Lower is worse
	Bar        int    // per cent, -1 for what is no share

	number float64
	unit   string
	good   Sign
	none   bool // there was nothing to count
}

// follow sets the row beside that of the run before.
func (r *Row) follow(before Row) {
	r.Was = before.Value
	if r.none || before.none {
		return
	}
	by := r.number - before.number
	places := 0
	if r.Bar >= 0 {
		by, places = by*100, 1
	} else if r.unit == "" && r.number != float64(int64(r.number)) {
		places = 4
	}
	if math.Abs(by) < math.Pow10(-places)/2 {
		return
	}
	r.Change = strings.TrimSpace(fmt.Sprintf("%+.*f %s", places, by, r.unit))
	switch {
	case r.good == Neutral:
	case (by > 0) == (r.good == Higher):
		r.Better = Higher
	default:
		r.Better = Lower
	}
}

func ratio(name, help string, part, whole int, good Sign) Row {
	s := share(part, whole)
	r := Row{Name: name, Help: help, Value: fmt.Sprintf("%.1f %% (%d of %d)", s*100, part, whole), Bar: int(s*100 + 0.5), number: s, unit: "points", good: good}
	if whole == 0 {
		return nothing(r)
	}
	return r
}

// nothing makes a row say that there was nothing to count, which is no zero.
func nothing(r Row) Row {
	r.Value, r.Bar, r.none = "nothing to count", -1, true
	return r
}

func count(name, help string, n int, good Sign) Row {
	return Row{Name: name, Help: help, Value: strconv.Itoa(n), Bar: -1, number: float64(n), good: good}
}

func spreadRow(name, help, unit string, of int, s Spread, good Sign) Row {
	r := Row{Name: name, Help: help, Value: fmt.Sprintf("half within %d %s, 95 of 100 within %d, all within %d", s.Middle, unit, s.Most95, s.Most), Bar: -1, number: float64(s.Middle), unit: unit, good: good}
	if of == 0 {
		return nothing(r)
	}
	return r
}

// rows is the figures in the order in which they are read.
func rows(f Figures) []Row {
	answerable, judged := f.Drafted+f.Failed, f.Drafted
	if f.JudgeMS.Most == 0 {
		judged = 0 // no model is as fast: there was no second reading
	}
	return []Row{
		count("Reviews", "in this run", f.Reviews, Neutral),
		count("Stars without words", "nothing to answer, left aside", f.Skipped, Neutral),
		ratio("Drafts", "reviews with words that got a draft", f.Drafted, answerable, Higher),
		ratio("Could be approved", "drafts against which no check says “block”", f.Approvable, f.Drafted, Higher),
		ratio("Points answered", "of the points found in the reviews; who finds more points answers fewer of them", f.Covered, f.Claims, Higher),
		ratio("Invented sentences", "sentences that state something and rest on no source, of those that state something", f.Unsourced, f.Stating, Lower),
		ratio("Drafts that invent", "drafts with such a sentence", f.Inventing, f.Drafted, Lower),
		ratio("Right language", "of the drafts whose language is certain", f.LanguageMatched, f.LanguageKnown, Higher),
		spreadRow("Length", "characters of a draft", "characters", f.Drafted, f.Length, Neutral),
		ratio("Too long", "drafts over the platform's length", f.TooLong, f.Drafted, Lower),
		spreadRow("Sameness", "likeness to the most similar draft before it", "%", f.Drafted, f.Sameness, Lower),
		ratio("By the built-in drafter", "drafts that no model wrote", f.Offline, f.Drafted, Neutral),
		count("Tokens", "of all calls together", f.Tokens, Lower),
		{Name: "Cost", Help: "in the currency of the model's prices; 0 when they are not known", Value: strconv.FormatFloat(f.Cost, 'f', 4, 64), Bar: -1, number: f.Cost, good: Lower},
		spreadRow("Time to read", "for the triage of one review", "ms", answerable, f.TriageMS, Lower),
		spreadRow("Time to write", "for one draft", "ms", f.Drafted, f.DraftMS, Lower),
		spreadRow("Time to judge", "for the second reading of one draft", "ms", judged, f.JudgeMS, Lower),
	}
}

// CheckRow is how often a check spoke.
type CheckRow struct {
	CheckCount
	WasBlocks, WasWarns int
}

func checkRows(f Figures) []CheckRow {
	out := make([]CheckRow, len(f.Checks))
	for i, c := range f.Checks {
		out[i] = CheckRow{CheckCount: c}
	}
	return out
}

func joinChecks(old, current Figures) []CheckRow {
	out := checkRows(current)
	for _, c := range old.Checks {
		i := slices.IndexFunc(out, func(r CheckRow) bool { return r.Check == c.Check })
		if i < 0 {
			out = append(out, CheckRow{CheckCount: CheckCount{Check: c.Check, Judged: c.Judged}})
			i = len(out) - 1
		}
		out[i].WasBlocks, out[i].WasWarns = c.Blocks, c.Warns
	}
	slices.SortStableFunc(out, func(a, b CheckRow) int {
		return cmp.Or(cmp.Compare(b.Blocks+b.WasBlocks, a.Blocks+a.WasBlocks), cmp.Compare(b.Warns+b.WasWarns, a.Warns+a.WasWarns), strings.Compare(a.Check, b.Check))
	})
	return out
}

// duration is a run's time as people say it.
func duration(ms int64) string {
	return (time.Duration(ms) * time.Millisecond).Round(100 * time.Millisecond).String()
}
