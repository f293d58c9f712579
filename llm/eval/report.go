package eval

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/rubric"
)

// Format is the version of the report's JSON.
const Format = 1

// Report is what a run came to.
type Report struct {
	Format   int       `json:"format"`
	Name     string    `json:"name"` // what was measured
	Source   string    `json:"source,omitempty"`
	Seed     uint64    `json:"seed,omitempty"`
	Started  time.Time `json:"started"`
	Took     int64     `json:"took_ms"`
	Playbook string    `json:"playbook"` // versions of what the drafts were written and held against
	Prompts  string    `json:"prompts"`
	Rubric   string    `json:"rubric"`
	Platform string    `json:"platform,omitempty"`
	Judged   bool      `json:"judged"` // whether there was a second reading
	Figures  Figures   `json:"figures"`
	Items    []Item    `json:"items"`
}

// Outcome is what became of a review.
type Outcome string

// The outcomes.
const (
	Drafted Outcome = "drafted"
	Failed  Outcome = "failed"  // no draft came
	Skipped Outcome = "skipped" // stars without words: there is nothing to answer
)

// Item is one review with what was read out of it and written to it.
type Item struct {
	Key    string `json:"key"`
	Rating string `json:"rating"`
	Title  string `json:"title,omitempty"`
	Body   string `json:"body,omitempty"`
	Author string `json:"author,omitempty"`

	Language  string             `json:"language,omitempty"` // of the review
	Claims    []review.Claim     `json:"claims,omitempty"`
	Class     review.Sensitivity `json:"class,omitempty"`
	Heat      string             `json:"heat,omitempty"`
	Suspect   bool               `json:"suspect,omitempty"`
	TriagedBy string             `json:"triaged_by,omitempty"`
	Verdict   review.Verdict     `json:"verdict,omitempty"` // the likely one, which the draft follows

	Outcome      Outcome           `json:"outcome"`
	Asked        string            `json:"asked,omitempty"` // the language asked for
	Text         string            `json:"text,omitempty"`
	TextLanguage string            `json:"text_language,omitempty"`
	Origin       review.Origin     `json:"origin,omitempty"`
	Model        string            `json:"model,omitempty"`
	Sentences    []review.Sentence `json:"sentences,omitempty"`
	Notes        []string          `json:"notes,omitempty"`
	Findings     []review.Finding  `json:"findings,omitempty"`
	Failures     []Failure         `json:"failures,omitempty"`

	Length   int     `json:"length,omitempty"`
	MaxLen   int     `json:"max_length,omitempty"`
	Sameness float64 `json:"sameness"` // with the most similar draft before it, 0 to 1
	Tokens   int     `json:"tokens,omitempty"`
	Cost     float64 `json:"cost,omitempty"`
	TriageMS int64   `json:"triage_ms"`
	DraftMS  int64   `json:"draft_ms"`
	JudgeMS  int64   `json:"judge_ms,omitempty"`

	review review.Review
	triage review.Triage
	unit   string
}

// Failure is a call that gave nothing usable.
type Failure struct {
	Task   string `json:"task"` // "triage", "draft" or "judge"
	Kind   string `json:"kind"` // of [llm.Kinds], or "other"
	Reason string `json:"reason"`
}

func (it *Item) fail(task string, err error) {
	if err == nil {
		return
	}
	f := Failure{Task: task, Kind: "other", Reason: err.Error()}
	var e *llm.Error
	if errors.As(err, &e) {
		f.Kind = string(e.Kind)
	}
	it.Failures = append(it.Failures, f)
}

// Blocked tells whether something keeps the draft from being approved.
func (it Item) Blocked() bool {
	for _, f := range it.Findings {
		if f.Level == review.Block {
			return true
		}
	}
	return false
}

// Covered is how many of the review's points some sentence answers.
func (it Item) Covered() int {
	covered := review.Draft{Sentences: it.Sentences}.Covered()
	n := 0
	for _, c := range it.Claims {
		if covered[c.N] {
			n++
		}
	}
	return n
}

// Unsourced are the sentences that state something and rest on nothing: by the
// drafter's own word, or because the checks found a statement in what it called
// a courtesy.
func (it Item) Unsourced() []string {
	var out []string
	for _, s := range it.Sentences {
		if s.Source == review.SourceNone || it.stated(s) {
			out = append(out, s.Text)
		}
	}
	return out
}

// stated tells a courtesy in which the checks found a statement.
func (it Item) stated(s review.Sentence) bool {
	return s.Source == review.SourceCourtesy && slices.ContainsFunc(it.Findings, func(f review.Finding) bool {
		return f.Check == rubric.UnsourcedFact && f.Words != "" && (strings.Contains(s.Text, f.Words) || strings.Contains(f.Words, s.Text))
	})
}

// JSON is the report for keeping and comparing.
func (r *Report) JSON() ([]byte, error) { return json.MarshalIndent(r, "", "  ") }

// Read reads a kept report.
func Read(b []byte) (*Report, error) {
	r := &Report{}
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("this is no report: %w", err)
	}
	if r.Format != Format {
		return nil, fmt.Errorf("this is no report of format %d, but of %d: run the evaluation again", Format, r.Format)
	}
	return r, nil
}
