package story

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// Hands are how the people of the story act and what they see. Without any,
// they act on the desk itself; a chat's hands press what stands in the chat,
// fill in the forms that open there, and read what the person is told.
//
// What was pressed counts by what became of it, so hands return the words only.
// A press that visibly failed is their business: they press again, as people do.
type Hands interface {
	// Press uses what stands on a card and returns what the person is told. The
	// error matches [ErrNotDrawn] while the chat does not show it yet.
	Press(ctx context.Context, p Press) (words string, err error)
	// Type types a command ("resume yes") and returns what the person is told.
	Type(ctx context.Context, who review.Person, line string) (words string, err error)
	// Threads counts the parent messages that stand for a case.
	Threads(ctx context.Context, id int64) (int, error)
}

// Press is a person pressing a button or choosing an option.
type Press struct {
	Who   review.Person
	Token commands.Token
	Args  map[string]string // for the form that opens, by field
	Old   bool              // it stood on a card that was redrawn since
}

// ErrNotDrawn says that no card in the chat shows this button yet. Time has to go by.
var ErrNotDrawn = errors.New("no card shows this button yet")

// People are those of the story. A chat must know them by these names and
// resolve them to these ids.
func People() []review.Person { return []review.Person{ana, bo, cem, vera} }

// direct are the hands that need no chat: a press goes to the desk through its
// text form, as every chat brings it, and the threads are read off the log.
type direct struct {
	desk    *bot.Desk
	store   storage.Store
	name    string // of the performance: ids of presses are unique in a database
	presses int
}

func (d *direct) Press(ctx context.Context, p Press) (string, error) {
	t, err := commands.ParseToken(p.Token.String())
	if err != nil {
		return "", err
	}
	return d.run(ctx, commands.Invocation{Command: t.Command, Case: t.Case, Token: t, Args: p.Args, By: p.Who})
}

func (d *direct) Type(ctx context.Context, who review.Person, line string) (string, error) {
	i, help := d.desk.Parse(line)
	if help != nil {
		return "", fmt.Errorf("%q is no command: %s", line, help.Text)
	}
	i.By = who
	return d.run(ctx, i)
}

func (d *direct) run(ctx context.Context, i commands.Invocation) (string, error) {
	d.presses++
	i.Chat, i.ID = "story", d.name+"-"+strconv.Itoa(d.presses)
	return d.desk.Run(ctx, i).Text, ctx.Err()
}

// Threads counts how often the case was brought before people: where cards are
// drawn on demand, that is what stands for the thread.
func (d *direct) Threads(ctx context.Context, id int64) (int, error) {
	events, err := d.store.Events(ctx, id, 0, 1000)
	n := 0
	for _, e := range events {
		if e.Verb == (review.Announced{}).Verb() {
			n++
		}
	}
	return n, err
}
