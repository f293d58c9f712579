package llm

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/review"
)

// NamedFact is an entry of the team's playbook.
type NamedFact struct {
	Name string
	Text string
}

// Request asks for a draft.
type Request struct {
	Case  review.Case
	Facts []review.Fact // those that stand; a sentence may rest on no others

	Brand         string      // the business's name
	Voice         string      // how it speaks, in a sentence
	SignOff       string      // goes under the text, "" for none
	Contact       string      // the one private contact, chosen from the allow-list; "" for none
	PlaybookFacts []NamedFact // what the playbook vouches for
	Examples      []string    // approved replies of the past: for tone, never copied
	Rules         []string    // the team's style rules
	Approved      []string    // commitments approved for this review, word for word

	Language     string // BCP 47, of the reply; "" for the review's
	TeamLanguage string // BCP 47; when it differs, a back-translation is made. "" for none
	MaxLen       int    // of the whole text in Unit; 0 for no known limit
	Unit         string // "runes", "bytes" or "utf16", as in sources.Unit
	NoQuotes     bool   // the platform forbids quoting the review

	// Avoid finds texts that the draft must not resemble; nil for none. They are
	// the built-in drafter's alone, never in a prompt, and many: so nobody looks
	// for them but who needs them.
	Avoid func(context.Context) ([]string, error)

	Instruction string // the team's wish: "shorter, and mention the courier"
	Previous    string // the current text, when it is redone
	Variant     string // "", "shorter", "warmer", "plainer", "formal" or "light"
}

// Usage is what a call cost.
type Usage struct {
	PromptTokens     int
	CompletionTokens int
	Cost             float64 // in the currency of the endpoint's prices; 0 when they are not known
}

// Plus is the sum of both.
func (u Usage) Plus(v Usage) Usage {
	return Usage{u.PromptTokens + v.PromptTokens, u.CompletionTokens + v.CompletionTokens, u.Cost + v.Cost}
}

// Tokens is the sum of both kinds.
func (u Usage) Tokens() int { return u.PromptTokens + u.CompletionTokens }

func (u Usage) spending() Spending { return Spending{Tokens: u.Tokens(), Cost: u.Cost} }

// Result is a draft and what it took.
type Result struct {
	// Draft has Text, Language, Origin, Model, Prompt, Instruction, Sentences,
	// BackText, Revision and Facts; the rest is the desk's to fill in.
	Draft   review.Draft
	Usage   Usage
	Elapsed time.Duration
	// Notes are calm sentences for the card: what was asked for and could not
	// be done, which facts were left out and why.
	Notes []string
}

// TriageRequest asks what a review is about.
type TriageRequest struct {
	Review       review.Review
	TeamLanguage string   // of questions and summaries; "" for English
	StaffNames   []string // a review that names one of them is sensitive
}
