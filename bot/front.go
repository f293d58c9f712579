package bot

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
)

// Front is the desk as chats see it; [*Desk] is it. None of its methods waits
// for a model, a platform or a chat: they read and write the database and
// leave the rest to the workers, so that chats answer within their deadline.
type Front interface {
	// Person resolves who somebody is: the playbook's role for the person or
	// one of the groups, or, with no roles configured, lead for an admin of the
	// chat and responder for everyone else.
	Person(id review.PersonID, name string, groups []review.PersonID, admin bool) review.Person
	// Form opens the form of a button or of a command whose arguments are
	// missing. It is nil when the row has none or refuses; the outcome then is
	// what Run would say, or the refusal.
	Form(ctx context.Context, i commands.Invocation) (*commands.Form, commands.Outcome)
	// Run does what the invocation asks. Refusals, damaged tokens and troubles
	// are outcomes too: there is always something calm to show.
	Run(ctx context.Context, i commands.Invocation) commands.Outcome
	// Parse reads a typed line ("fact 42 The parcel left on Monday", without the
	// leading /review) into an invocation; the outcome is the help to show when
	// it cannot.
	Parse(line string) (commands.Invocation, *commands.Outcome)
	// Complete lists how a line could go on, at most 25 options.
	Complete(ctx context.Context, line string, by review.Person) []commands.Option
	// Heard takes what a person wrote in a case's thread. "fact: …" records a
	// fact; a text that mentions the bot asks for another draft; the rest is
	// conversation and has no effect. heard is false for conversation.
	Heard(ctx context.Context, m Heard) (out commands.Outcome, heard bool)
	// Cards are the cards that ought to stand for a case now, the parent first.
	Cards(ctx context.Context, id int64) ([]Keyed, error)
	// Commands is the table, for help pages and for registering commands.
	Commands() []commands.Command
}

// Heard is what a person wrote in a thread.
type Heard struct {
	Case      int64
	By        review.Person
	Text      string // without the mention
	Mentioned bool   // the bot was addressed
	ID        string // the chat's id of the message, unique
	Chat      string
}

// Keyed is a card with its place among a case's cards.
type Keyed struct {
	Key   string // "parent", "draft-3", "revision-2", …
	Quiet bool   // must not notify
	Card  Card
	At    time.Time // when it came to be; zero where its content came bit by bit
}
