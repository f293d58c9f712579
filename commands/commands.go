// Package commands is what people can ask of evenkeel, as a table: every slash
// command and every button is one row with its name, help, role, form and run.
// Chats draw the table and bring back an [Invocation]; a row turns it into an
// [Outcome]. Nothing here knows a chat: the words are plain text, and forms are
// lists of fields that every chat can draw.
//
// Roles and statuses are not decided here. A row that moves a case names its
// verb, and package review's table says who may use it and when.
package commands

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/incident"
	"github.com/evenkeel/evenkeel/review/style"
)

// Invocation is a person asking for something, by command, button or form.
type Invocation struct {
	Command string            // name of the row
	Case    int64             // the case it is about, 0 for none
	Token   Token             // what the button carried; zero for a typed command
	Args    map[string]string // by field name
	By      review.Person     // who, with the role already resolved
	Chat    string            // "console", "slack", "discord"
	ID      string            // the chat's id of this press, unique: the same id is handled once; "" when the chat has none
}

// Arg is a field's value, "" when it was not given.
func (i Invocation) Arg(name string) string { return i.Args[name] }

// Outcome is the answer to an invocation, for the person alone.
type Outcome struct {
	Text    string // calm plain words; may have several lines
	Refused bool   // nothing changed, Text says why and what to do
	Items   []Item // a list, each line about one case
	Form    *Form  // a form to open
	Show    int64  // a case whose current card should stand under the words
	Link    string // a page to open: the console's, or the platform's
}

// Item is one line of a list.
type Item struct {
	Case  int64
	Title string // may hold customers' words: to be escaped
	Note  string
}

// Form is a few fields to fill in. Every chat can draw it: at most five
// fields, no decisions in it that belong on a card.
type Form struct {
	Title  string // at most 24 characters, Slack's limit for a modal's title
	Submit string // the button's word, at most 24
	Token  Token  // what is run with the fields' values
	Fields []Field
	Intro  string // a sentence or two above the fields
}

// FieldKind is how a field is asked for.
type FieldKind string

// The kinds of field.
const (
	Line   FieldKind = "line"   // one line of text
	Text   FieldKind = "text"   // several lines
	Choice FieldKind = "choice" // one of Options
	Number FieldKind = "number"
	Date   FieldKind = "date" // 2006-01-02
)

// Field is one thing that a form asks for, and one argument of a command.
type Field struct {
	Name     string
	Label    string // at most 45 characters, Discord's limit
	Kind     FieldKind
	Value    string // what stands there already
	Hint     string // at most 100 characters
	Max      int    // characters, 0 = the chat's own limit
	Optional bool
	Options  []Option // for Choice
}

// Option is one choice.
type Option struct{ Value, Label string }

// Command is a row of the table.
type Command struct {
	Name    string      // as typed and as carried by buttons
	Usage   string      // its arguments: "[case] REASON"
	Help    string      // one sentence
	Example string      // "/review fact 42 The parcel left on Monday"
	Verb    review.Verb // of review's table; "" for a row that moves no case
	Role    review.Role // the least role, for rows without a verb
	Fields  []Field     // its arguments in order; the last takes the rest of the line
	OnCase  bool        // it is about a case
	Hidden  bool        // a button's row, not offered as a typed command
	// Form opens a form instead of running, when a button is pressed or
	// arguments are missing. It reads the store and nothing else, so that it
	// answers well within a chat's three seconds. May be nil.
	Form func(context.Context, Desk, Invocation) (*Form, error)
	// Run does it. It may be called with the form's values.
	Run func(context.Context, Desk, Invocation) (Outcome, error)
}

// Desk is what rows need of the desk; package bot has it.
type Desk interface {
	Numbers
	Inviting
	// Now is the desk's time.
	Now() time.Time
	// Case reads a case.
	Case(ctx context.Context, id int64) (review.Case, error)
	// Do applies an action to a case on behalf of a person and stores what
	// follows. A conflict with somebody else's change is tried again on the
	// fresh case; the rules decide what that means.
	Do(ctx context.Context, i Invocation, action review.Action) (review.Case, error)
	// Inbox lists cases that wait for people, the most pressing first.
	Inbox(ctx context.Context, f InboxFilter) ([]review.Case, error)
	// AddReview takes a review that a person pasted.
	AddReview(ctx context.Context, i Invocation, r review.Review) (review.Case, bool, error)
	// Edit checks a person's text and makes it the draft.
	Edit(ctx context.Context, i Invocation, base review.Digest, text string) (review.Case, error)
	// Audit lists the latest entries about a case in words.
	Audit(ctx context.Context, id int64, limit int) ([]string, error)
	// SetPaused stops or resumes publishing; Paused tells.
	SetPaused(ctx context.Context, i Invocation, paused bool) error
	Paused(ctx context.Context) (by string, paused bool, err error)
	// Style is the style rules that hold and the proposals that wait;
	// AcceptStyle makes a proposal a rule, DropStyle takes a rule out or
	// declines a proposal, RevertStyle goes back to an earlier version.
	Style(ctx context.Context) (style.Book, []style.Offer, error)
	AcceptStyle(ctx context.Context, i Invocation, n int) (style.Rule, error)
	DropStyle(ctx context.Context, i Invocation, n int) (words string, err error)
	RevertStyle(ctx context.Context, i Invocation, version int) (style.Book, error)
	// Overdue lists what is late, and Promises the open promises: all, or those
	// of one person.
	Overdue(ctx context.Context) ([]Item, error)
	Promises(ctx context.Context, owner review.PersonID) ([]Item, error)
	PromiseReport(ctx context.Context) (PromiseReport, error)
	// Causes lists the causes of late, the most frequent first, with what was
	// changed; CauseChanged notes such a change.
	Causes(ctx context.Context) ([]Item, error)
	CauseChanged(ctx context.Context, i Invocation, cause, what string) error
	// Incidents lists the open incidents, Incident reads one, and the others
	// act on one for a person.
	Incidents(ctx context.Context) ([]Item, error)
	Incident(ctx context.Context, n int) (incident.Incident, error)
	OpenIncident(ctx context.Context, i Invocation, title string) (int, error)
	ActOnIncident(ctx context.Context, i Invocation, n int, verb review.Verb, act func(inc *incident.Incident, solo bool) error) error
	// Grounds are those on which the platform of a case takes a review down, in
	// its own words; none where they are not known.
	Grounds(c review.Case) []string
	// SendsReports tells whether a report of a case on this ground goes out by
	// the platform's API; elsewhere a person sends the dossier.
	SendsReports(c review.Case, ground string) bool
	// Dossier is what a person sends to the platform with a report of a case, and
	// where; ReportOutcomes tells how reports fared, by platform and ground.
	Dossier(c review.Case, n int) (text, link string)
	ReportOutcomes(ctx context.Context) ([]Item, error)
	// Backfill wakes the newest n reviews of history, of one source or of all,
	// and gives their cases.
	Backfill(ctx context.Context, i Invocation, source string, n int) ([]review.Case, error)
	// EndOfDay is the end of the working day of a date ("2026-12-01") in the
	// team's time zone.
	EndOfDay(date string) (time.Time, error)
	// Describe gives the words for a case in a list.
	Describe(c review.Case) Item
	// Clock is a time of day as people here read it.
	Clock(t time.Time) string
	// Link is the address of a case's page in the console, "" without one.
	Link(id int64) string
	// Sources tells how each source fares, a line each.
	Sources(ctx context.Context) ([]Item, error)
	// Platforms are the copy-and-open profiles that a pasted review can name.
	Platforms() []Option
}

// InboxFilter selects what an inbox shows.
type InboxFilter struct {
	Owner review.PersonID // only this person's
	All   bool            // praise and star-only reviews too
	Limit int
}
