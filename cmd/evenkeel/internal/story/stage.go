// Package story plays a day at the desk without a person in front of it: the
// real desk, a simulated platform, several people who press the buttons that
// stand on the real cards, and a clock that is moved by hand, so that hours
// pass in a moment. Every step is checked against the case, the platform or
// the audit log, and the first that does not happen ends the play.
//
// `evenkeel demo --script` prints it; the end-to-end tests run it on both
// databases and through each chat.
//
// The people act with [Hands]: on the desk itself, or through what stands in a
// chat. The scenes are the same.
//
// # How it is written
//
// A scene is a method of [play] that reads like a screenplay: who presses what,
// and what must be so afterwards. The first failure is kept in play.err and
// turns everything after it into nothing, so that scenes need no error
// handling of their own.
package story

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources/simulator"
	"github.com/evenkeel/evenkeel/storage"
)

// Clock is a time that is moved by hand. It is safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock makes a clock that stands at a time.
func NewClock(at time.Time) *Clock { return &Clock{now: at} }

// Now is the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock forward.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Stage is where the story is played: a desk with its chat, its database, the
// platform that its source speaks with, and the one clock of all of them.
type Stage struct {
	Desk     *bot.Desk
	Store    storage.Store
	Platform *simulator.Platform
	Clock    *Clock
	Source   string // the source's name
	Out      io.Writer
	// Hands are those of the people; on the desk itself when nil.
	Hands Hands
}

// decision is what a person pressed on a case.
type decision struct {
	id      int64
	who     review.PersonID
	command string
}

// The people of the story.
var (
	ana  = review.Person{ID: "console:ana", Name: "Ana", Role: review.Lead}
	bo   = review.Person{ID: "console:bo", Name: "Bo", Role: review.Approver}
	cem  = review.Person{ID: "console:cem", Name: "Cem", Role: review.Responder}
	vera = review.Person{ID: "console:vera", Name: "Vera", Role: review.Viewer}
)

// play is one performance.
type play struct {
	Stage
	ctx   context.Context
	began time.Time
	taken map[decision]int // presses that changed their case
	steps int
	err   error
}

// ErrNotHappened is what every failure of the story matches.
var ErrNotHappened = errors.New("a step of the story did not happen")

// fail keeps the first failure.
func (p *play) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("%w: %s", ErrNotHappened, fmt.Sprintf(format, args...))
	}
}

// check fails the story unless ok.
func (p *play) check(ok bool, format string, args ...any) {
	if !ok {
		p.fail(format, args...)
	}
}

// try keeps an error of the machinery.
func (p *play) try(err error) {
	if err != nil && p.err == nil {
		p.err = err
	}
}

// scene prints a heading.
func (p *play) scene(title string) {
	if p.err == nil {
		_, _ = fmt.Fprintf(p.Out, "\n%s\n", title)
	}
}

// say prints what just happened, with the story's time.
func (p *play) say(format string, args ...any) {
	if p.err != nil {
		return
	}
	p.steps++
	at := p.Clock.Now().Sub(p.began).Round(time.Second)
	_, _ = fmt.Fprintf(p.Out, "  %9s  %s\n", "+"+at.String(), fmt.Sprintf(format, args...))
}

// quote prints a text, indented.
func (p *play) quote(text string) {
	if p.err != nil {
		return
	}
	for line := range strings.Lines(text) {
		_, _ = fmt.Fprintf(p.Out, "             │ %s\n", strings.TrimRight(line, "\n"))
	}
}

// work does all that is due now.
func (p *play) work() {
	if p.err != nil {
		return
	}
	_, err := p.Desk.RunDue(p.ctx)
	p.try(err)
}

// pass lets time go by in small steps, with the work that comes due.
func (p *play) pass(d time.Duration) {
	const step = time.Second
	for ; d > 0 && p.err == nil; d -= step {
		p.Clock.Advance(min(step, d))
		p.work()
	}
}

// until lets time go by until the case has a status.
func (p *play) until(id int64, want review.Status, most time.Duration) {
	for waited := time.Duration(0); p.err == nil; waited += time.Second {
		c := p.look(id)
		if c.Status == want {
			return
		}
		if waited >= most {
			p.fail("%s should be %q within %s and is %q (%s)", c.Ref(), want, most, c.Status, trouble(c))
			return
		}
		p.pass(time.Second)
	}
}

// eventually lets time go by until done, for as long as a chat may need to
// catch up.
func (p *play) eventually(done func() bool) {
	for waited := time.Duration(0); p.err == nil && !done() && waited < drawnWithin; waited += time.Second {
		p.pass(time.Second)
	}
}

// trouble is what keeps a case where it is, for the message of a failure.
func trouble(c review.Case) string {
	var s []string
	if c.Trouble != "" {
		s = append(s, c.Trouble)
	}
	if c.Reply != nil && c.Reply.Problem != "" {
		s = append(s, c.Reply.Problem)
	}
	for _, f := range c.Standing() {
		s = append(s, f.Check+": "+f.Message)
	}
	if len(s) == 0 {
		return "nothing stands against it"
	}
	return strings.Join(s, "; ")
}

// look reads a case.
func (p *play) look(id int64) review.Case {
	if p.err != nil {
		return review.Case{}
	}
	c, err := p.Store.Case(p.ctx, id)
	p.try(err)
	return c
}

// caseOf finds the case of a review of the story.
func (p *play) caseOf(reviewID string) int64 {
	if p.err != nil {
		return 0
	}
	c, err := p.Store.CaseOf(p.ctx, review.Key{Source: p.Source, ID: reviewID})
	if errors.Is(err, storage.ErrNotFound) {
		p.fail("review %s has no case", reviewID)
		return 0
	}
	p.try(err)
	return c.ID
}

// token finds a button or a choice on the cards that stand for a case now.
func (p *play) token(id int64, command, arg string) (t commands.Token, label string) {
	if p.err != nil {
		return t, ""
	}
	cards, err := p.Desk.Cards(p.ctx, id)
	p.try(err)
	for _, k := range cards {
		for _, b := range k.Card.Buttons {
			if b.Token.Command == command && (arg == "" || b.Token.Arg == arg) {
				return b.Token, b.Label
			}
		}
		for _, s := range k.Card.Selects {
			for _, o := range s.Options {
				if s.Token.Command == command && o.Value == arg {
					t := s.Token
					t.Arg = arg
					return t, o.Label
				}
			}
		}
	}
	p.fail("no card of #%d has a button for %q %s", id, command, arg)
	return t, ""
}

// drawnWithin is how long a chat may take to show what the desk would have it
// show, however many of its answers are lost.
const drawnWithin = 5 * time.Minute

// hand lets somebody press, waiting until the chat shows what is pressed. It
// returns the words that the person is told, and whether the case moved.
func (p *play) hand(find func() Press) (press Press, words string, moved bool) {
	for waited := time.Duration(0); p.err == nil; waited += time.Second {
		press = find()
		before := p.look(press.Token.Case)
		if p.err != nil {
			break
		}
		var err error
		words, err = p.Hands.Press(p.ctx, press)
		if errors.Is(err, ErrNotDrawn) && waited < drawnWithin {
			p.pass(time.Second)
			continue
		}
		p.try(err)
		moved = p.look(press.Token.Case).Version != before.Version
		break
	}
	p.work()
	return press, words, moved
}

// press is a person pressing a button that stands on a card; it must be taken.
func (p *play) press(who review.Person, id int64, command, arg string, args ...string) {
	var label string
	press, words, moved := p.hand(func() Press {
		t, l := p.token(id, command, arg)
		label = l
		return Press{Who: who, Token: t, Args: pairs(args)}
	})
	p.check(moved, "%s pressed “%s” on #%d and was refused: %s", who.Name, label, id, words)
	if p.err == nil {
		p.taken[decision{id, who.ID, press.Token.Command}]++
	}
	p.say("#%-3d %s presses “%s”. %s", id, who.Name, label, first(words))
}

// refused is a press that must change nothing, and say so.
func (p *play) refused(who review.Person, t commands.Token, old bool, why string) {
	_, words, moved := p.hand(func() Press { return Press{Who: who, Token: t, Old: old} })
	p.check(!moved, "%s pressed %q on #%d; it should be refused and was taken: %s", who.Name, t.Command, t.Case, words)
	p.check(words != "", "%s was refused on #%d without a word", who.Name, t.Case)
	p.say("#%-3d %s: %s refused. %s", t.Case, why, who.Name, first(words))
}

// first is the first line of what somebody is told.
func first(words string) string {
	line, _, _ := strings.Cut(words, "\n")
	return line
}

// pairs makes arguments of "name", "value", ….
func pairs(list []string) map[string]string {
	m := make(map[string]string, len(list)/2)
	for i := 0; i+1 < len(list); i += 2 {
		m[list[i]] = list[i+1]
	}
	return m
}

// status checks where a case stands.
func (p *play) status(id int64, want review.Status) review.Case {
	c := p.look(id)
	p.check(c.Status == want, "%s should be %q and is %q (%s)", c.Ref(), want, c.Status, trouble(c))
	return c
}
