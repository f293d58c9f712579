package eval

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/review"
)

// Figures sum a run up. Shares are from 0 to 1; a share of nothing is 0.
type Figures struct {
	Reviews int `json:"reviews"`
	Drafted int `json:"drafted"`
	Failed  int `json:"failed"`
	Skipped int `json:"skipped"`
	Offline int `json:"offline"` // of the drafts, how many the built-in drafter wrote

	Approvable int `json:"approvable"` // drafts against which nothing stands that blocks

	Claims  int `json:"claims"`  // points made in the reviews that got a draft
	Covered int `json:"covered"` // of them, how many some sentence answers

	Sentences int `json:"sentences"` // all of all drafts
	Stating   int `json:"stating"`   // of them, how many state something
	Unsourced int `json:"unsourced"` // of those, how many rest on nothing: what was invented
	Inventing int `json:"inventing"` // drafts with such a sentence

	LanguageKnown   int `json:"language_known"` // drafts whose language was asked for and recognised
	LanguageMatched int `json:"language_matched"`

	Length   Spread `json:"length"`   // characters of a draft
	TooLong  int    `json:"too_long"` // drafts over the platform's length
	Sameness Spread `json:"sameness"` // with the most similar draft before, in per cent

	TriageMS Spread `json:"triage_ms"`
	DraftMS  Spread `json:"draft_ms"`
	JudgeMS  Spread `json:"judge_ms"`

	Tokens int     `json:"tokens"`
	Cost   float64 `json:"cost"`

	Checks   []CheckCount   `json:"checks"` // by how often they block, then by name
	Failures []FailureCount `json:"failures"`
}

// Spread is how a number varies.
type Spread struct {
	Least  int64 `json:"least"`
	Middle int64 `json:"middle"` // the median
	Most95 int64 `json:"most_95"`
	Most   int64 `json:"most"`
}

// CheckCount is how many drafts a check spoke about.
type CheckCount struct {
	Check  string `json:"check"`
	Judged bool   `json:"judged,omitempty"`
	Blocks int    `json:"blocks"`
	Warns  int    `json:"warns"`
}

// FailureCount is how many calls gave nothing usable, and why.
type FailureCount struct {
	Task  string `json:"task"`
	Kind  string `json:"kind"`
	Count int    `json:"count"`
}

func figures(items []Item) Figures {
	f := Figures{Reviews: len(items)}
	var lengths, sameness, triage, draft, judge []int64
	checks := map[string]*CheckCount{}
	failures := map[FailureCount]int{}
	for _, it := range items {
		f.Tokens += it.Tokens
		f.Cost += it.Cost
		for _, x := range it.Failures {
			failures[FailureCount{Task: x.Task, Kind: x.Kind}]++
		}
		switch it.Outcome {
		case Skipped:
			f.Skipped++
			continue
		case Failed:
			f.Failed++
			triage = append(triage, it.TriageMS)
			continue
		}
		f.draft(it)
		countChecks(checks, it.Findings)
		lengths, sameness = append(lengths, int64(it.Length)), append(sameness, int64(it.Sameness*100+0.5))
		triage, draft, judge = append(triage, it.TriageMS), append(draft, it.DraftMS), append(judge, it.JudgeMS)
	}
	f.Length, f.Sameness = spread(lengths), spread(sameness)
	f.TriageMS, f.DraftMS, f.JudgeMS = spread(triage), spread(draft), spread(judge)
	for _, c := range checks {
		f.Checks = append(f.Checks, *c)
	}
	slices.SortFunc(f.Checks, func(a, b CheckCount) int {
		return cmp.Or(cmp.Compare(b.Blocks, a.Blocks), cmp.Compare(b.Warns, a.Warns), strings.Compare(a.Check, b.Check))
	})
	for _, k := range slices.SortedFunc(maps.Keys(failures), func(a, b FailureCount) int {
		return cmp.Or(strings.Compare(a.Task, b.Task), strings.Compare(a.Kind, b.Kind))
	}) {
		k.Count = failures[FailureCount{Task: k.Task, Kind: k.Kind}]
		f.Failures = append(f.Failures, k)
	}
	return f
}

// draft counts one draft.
func (f *Figures) draft(it Item) {
	f.Drafted++
	if it.Origin == review.FromOffline {
		f.Offline++
	}
	if !it.Blocked() {
		f.Approvable++
	}
	f.Claims += len(it.Claims)
	f.Covered += it.Covered()
	f.Sentences += len(it.Sentences)
	for _, s := range it.Sentences {
		if s.Source != review.SourceCourtesy || it.stated(s) {
			f.Stating++
		}
	}
	if n := len(it.Unsourced()); n > 0 {
		f.Unsourced += n
		f.Inventing++
	}
	if heard := llm.DetectLanguage(it.Text); it.Asked != "" && heard != "" {
		f.LanguageKnown++
		if base(it.Asked) == base(heard) {
			f.LanguageMatched++
		}
	}
	if it.MaxLen > 0 && it.Length > it.MaxLen {
		f.TooLong++
	}
}

// base is a tag's language alone.
func base(tag string) string {
	b, _, _ := strings.Cut(strings.ToLower(tag), "-")
	return b
}

// countChecks counts each check once a draft, at its heaviest.
func countChecks(counts map[string]*CheckCount, findings []review.Finding) {
	heaviest := map[string]review.Finding{}
	for _, x := range findings {
		if have, ok := heaviest[x.Check]; !ok || have.Level != review.Block {
			heaviest[x.Check] = x
		}
	}
	for name, x := range heaviest {
		c := counts[name]
		if c == nil {
			c = &CheckCount{Check: name, Judged: x.Judged}
			counts[name] = c
		}
		if x.Level == review.Block {
			c.Blocks++
		} else {
			c.Warns++
		}
	}
}

func spread(values []int64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	slices.Sort(values)
	n := len(values)
	return Spread{Least: values[0], Middle: values[n/2], Most95: values[min(n*95/100, n-1)], Most: values[n-1]}
}

// share is part of whole, 0 of nothing.
func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
