// Package bottest is the suite that every chat adapter passes: the web
// console, Slack, Discord. It knows no platform. An adapter's own tests bring a
// [World]: the adapter under test, connected to a fake of its platform, with
// the hands and eyes of the people who sit in front of it. The suite posts
// cards through [bot.Chat], looks at what people see, presses, types and
// writes as they would, and compares what reaches a [FakeDesk].
//
//	suite ──bot.Chat──► adapter ──► fake platform ──World──► what people see
//	suite ──World──► fake platform ──► adapter ──bot.Front──► FakeDesk
//
// The promises that are checked:
//
//   - A card is drawn whole. Whatever stands on the neutral card can be read,
//     pressed or chosen, at the limits of every length too.
//   - Customers' words stay words. They never ping, link, style or reorder
//     anything, and reading a card gives them back literally.
//   - A press arrives as it was made: command, case, token, person, chat and a
//     unique id, and the same id again when the platform delivers it twice.
//   - A button with a form, and every typed command, asks [bot.Front.Form]
//     first. A form is opened, a refusal told; nil with an empty outcome means
//     that there is no form, and then Run is called with the same invocation.
//   - Answers are for the person who asked, and there always is one.
//   - A lost answer is found again, and every failure has its kind.
//
// The package imports testing and must only be imported by tests.
package bottest

import (
	"context"
	"testing"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
)

// Harness makes a fresh world for one test: an adapter that talks to desk,
// connected to an empty fake of its platform. It registers its own cleaning-up
// with t. The suite starts and stops the adapter's Serve.
type Harness func(t *testing.T, desk *FakeDesk) World

// World is an adapter under test and the people around it. Its methods may be
// called from several goroutines at once; an error means that the harness
// itself could not go on, never that the adapter refused something calmly.
//
// Methods that act for a person return after the adapter has answered, so a
// harness for a platform with sockets waits for its connection and for the
// answer itself.
type World interface {
	// Chat is the adapter.
	Chat() bot.Chat

	// Join lets a person into the chat, who from then on acts under this name.
	// The desk already knows the role by [FakeDesk.Grant]; a harness for a chat
	// that keeps roles itself gives it there.
	Join(ctx context.Context, name string, role review.Role) error

	// See reads the card that ref names as people see it.
	See(ctx context.Context, ref string) (Seen, error)
	// Standing lists the references of all cards that stand for this place, as
	// the platform knows them: the adapter is not asked.
	Standing(ctx context.Context, at bot.Place) ([]string, error)
	// Delete removes a card as a moderator would.
	Delete(ctx context.Context, ref string) error

	// Press presses the button with this token on the card. The token is sent
	// as it is, also when no such button stands there: anybody can forge one.
	Press(ctx context.Context, who, ref, token string) (Answer, error)
	// Choose picks an option of the select with this token.
	Choose(ctx context.Context, who, ref, token, value string) (Answer, error)
	// Redeliver brings the last press of this person once more, as platforms
	// and impatient people do.
	Redeliver(ctx context.Context, who string) (Answer, error)
	// Submit sends a form that an Answer has opened, with these values.
	Submit(ctx context.Context, who string, form SeenForm, values map[string]string) (Answer, error)

	// Type sends a typed command, without the leading "/review".
	Type(ctx context.Context, who, line string) (Answer, error)
	// Complete asks for completions of a started line; ok is false on platforms
	// that have none.
	Complete(ctx context.Context, who, line string) (values []string, ok bool, err error)
	// Say writes into the thread below the parent card, addressing the bot when
	// mention is set.
	Say(ctx context.Context, who, parent, text string, mention bool) (Answer, error)

	// Faults lists what [World.Fail] can do to this platform.
	Faults() []Fault
	// Fail makes the adapter's next call that posts or updates meet the fault.
	Fail(f Fault)
}

// Fault is what can befall a call to a platform.
type Fault string

// The faults.
const (
	LostAnswer Fault = "lost answer"  // the platform did it, the answer never came
	Offline    Fault = "unreachable"  // nothing arrived
	Limited    Fault = "rate limited" // the platform asks to wait for LimitedFor
	Refused    Fault = "refused"      // and will be until a person does something
)

// Seen is a card as people see it. Texts are what a reader reads: the
// platform's mark-up is interpreted, so that an asterisk which made something
// bold is gone and one that is only an asterisk stands there.
type Seen struct {
	Text     string   // everything, in reading order, a line for each line or block
	Summary  string   // what a notification or a screen reader gets
	Buttons  []Button // in order
	Selects  []Select
	Links    []bot.Link // everything that leads out when clicked, made by the platform or by us
	Mentions []string   // everybody and everything that is pinged
	Spans    []bot.Span // of diffs, as far as a reader can tell them apart
	Parent   string     // the reference of the card whose thread it stands in, "" for none
	Silent   bool       // nobody was notified of it
}

// Button is a button as people see it.
type Button struct {
	Label   string
	Token   string // as it comes back when pressed
	Confirm string // what is asked before it acts, "" for nothing
}

// Select is a choice as people see it.
type Select struct {
	Label   string
	Token   string
	Options []commands.Option
}

// Answer is what one person is told after acting.
type Answer struct {
	Text     string    // as read; with lists, cards and links in it
	Private  bool      // nobody else sees it
	Form     *SeenForm // a form that opened
	Links    []bot.Link
	Mentions []string
}

// SeenForm is a form as people see it.
type SeenForm struct {
	Title, Intro, Submit string
	Fields               []SeenField
	Handle               any // for the harness: which form this is
}

// SeenField is one field of a form. A platform that must split a long text
// over several inputs is put together again by its harness.
type SeenField struct {
	Name, Label, Hint, Value string
	Optional                 bool
	Options                  []commands.Option
}
