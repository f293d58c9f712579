package bottest

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
)

// FakeDesk is a desk that decides nothing: it records what reaches it and
// answers what the test told it to, or what the real desk says that was put
// behind it. All methods are safe for concurrent use.
type FakeDesk struct {
	mu       sync.Mutex
	changed  chan struct{} // closed and replaced whenever something is recorded
	calls    []Call
	heard    []bot.Heard
	outcomes map[string]commands.Outcome
	forms    map[string]*commands.Form
	replies  map[string]commands.Outcome
	cards    map[int64][]bot.Keyed
	roles    map[string]review.Role
	messages map[string]int64
	behind   bot.Front // nil for none
}

var _ bot.Front = (*FakeDesk)(nil)

// Call is one invocation that reached the desk.
type Call struct {
	Form bool // asked for a form; else it was to be run
	commands.Invocation
}

// NewFakeDesk makes a desk that knows nobody and has no cards.
func NewFakeDesk() *FakeDesk {
	return &FakeDesk{
		changed:  make(chan struct{}),
		outcomes: map[string]commands.Outcome{},
		forms:    map[string]*commands.Form{},
		replies:  map[string]commands.Outcome{},
		cards:    map[int64][]bot.Keyed{},
		roles:    map[string]review.Role{},
		messages: map[string]int64{},
	}
}

// Grant gives the person of this name a role; everybody else is a responder.
func (d *FakeDesk) Grant(name string, role review.Role) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.roles[name] = role
}

// Behind puts a real desk behind this one: it decides everything from now on,
// but for the roles that were granted here.
func (d *FakeDesk) Behind(front bot.Front) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.behind = front
}

func (d *FakeDesk) real() bot.Front {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.behind
}

// Answers makes Run of the named command give out.
func (d *FakeDesk) Answers(command string, out commands.Outcome) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.outcomes[command] = out
}

// Opens makes Form of the named command give f.
func (d *FakeDesk) Opens(command string, f *commands.Form) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.forms[command] = f
}

// Replies makes Heard answer texts that contain part.
func (d *FakeDesk) Replies(part string, out commands.Outcome) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.replies[part] = out
}

// SetCards makes these the cards of a case.
func (d *FakeDesk) SetCards(id int64, cards ...bot.Keyed) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cards[id] = cards
}

// Posted notes where a card stands, as the desk does after a post.
func (d *FakeDesk) Posted(chat, ref string, id int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.messages[chat+" "+ref] = id
}

// CaseOfMessage finds the case to which a chat's message belongs, as
// storage.Store does, for adapters that look it up.
func (d *FakeDesk) CaseOfMessage(_ context.Context, chat, ref string) (int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	id, ok := d.messages[chat+" "+ref]
	if !ok {
		return 0, fmt.Errorf("no message %s in %s", ref, chat)
	}
	return id, nil
}

// Calls are all invocations so far, in order of arrival.
func (d *FakeDesk) Calls() []Call {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.calls)
}

// Heards are all thread messages so far, in order of arrival.
func (d *FakeDesk) Heards() []bot.Heard {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.heard)
}

// Wait returns when done is true, and looks again after everything recorded.
func (d *FakeDesk) Wait(ctx context.Context, done func() bool) error {
	for {
		d.mu.Lock()
		changed := d.changed
		d.mu.Unlock()
		if done() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("the desk heard nothing more: %w", ctx.Err())
		}
	}
}

func (d *FakeDesk) wake() { // with the lock held
	close(d.changed)
	d.changed = make(chan struct{})
}

// Person implements [bot.Front]: the granted role, else what the real desk
// says, else responder.
func (d *FakeDesk) Person(id review.PersonID, name string, groups []review.PersonID, admin bool) review.Person {
	d.mu.Lock()
	defer d.mu.Unlock()
	role, ok := d.roles[name]
	switch {
	case !ok && d.behind != nil:
		return d.behind.Person(id, name, groups, admin)
	case !ok:
		role = review.Responder
	}
	return review.Person{ID: id, Name: name, Role: role}
}

// Form implements [bot.Front] as the desk does: the form, or the refusal, or
// nothing at all, and then the row has none and is to be run.
func (d *FakeDesk) Form(ctx context.Context, i commands.Invocation) (*commands.Form, commands.Outcome) {
	if r := d.real(); r != nil {
		return r.Form(ctx, i)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, Call{Form: true, Invocation: i})
	d.wake()
	if f, ok := d.forms[i.Command]; ok {
		return f, commands.Outcome{}
	}
	if out := d.outcomes[i.Command]; out.Refused {
		return nil, out
	}
	return nil, commands.Outcome{}
}

// Run implements [bot.Front].
func (d *FakeDesk) Run(ctx context.Context, i commands.Invocation) commands.Outcome {
	if r := d.real(); r != nil {
		return r.Run(ctx, i)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, Call{Invocation: i})
	d.wake()
	return d.outcome(i)
}

func (d *FakeDesk) outcome(i commands.Invocation) commands.Outcome {
	if out, ok := d.outcomes[i.Command]; ok {
		return out
	}
	return commands.Outcome{Text: fmt.Sprintf("%s did %s on #%d.", i.By.Name, i.Command, i.Case)}
}

// Parse implements [bot.Front] for the fake's own small table: a name, a case
// number for rows about a case, and the rest of the line.
func (d *FakeDesk) Parse(line string) (commands.Invocation, *commands.Outcome) {
	if r := d.real(); r != nil {
		return r.Parse(line)
	}
	name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	at := slices.IndexFunc(table, func(c commands.Command) bool { return c.Name == name })
	if at < 0 {
		return commands.Invocation{}, &commands.Outcome{Refused: true, Text: "There is no command " + name + ". Try help."}
	}
	i := commands.Invocation{Command: name, Args: map[string]string{}}
	if table[at].OnCase {
		number, tail, _ := strings.Cut(strings.TrimSpace(rest), " ")
		id, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return commands.Invocation{}, &commands.Outcome{Refused: true, Text: "Which case? " + table[at].Example}
		}
		i.Case, rest = id, tail
	}
	if len(table[at].Fields) > 0 && rest != "" {
		i.Args[table[at].Fields[0].Name] = rest
	}
	return i, nil
}

// Complete implements [bot.Front]: the names that begin like the line.
func (d *FakeDesk) Complete(_ context.Context, line string, _ review.Person) []commands.Option {
	var out []commands.Option
	for _, c := range table {
		if !c.Hidden && strings.HasPrefix(c.Name, line) {
			out = append(out, commands.Option{Value: c.Name, Label: c.Name + " – " + c.Help})
		}
	}
	return out
}

// Heard implements [bot.Front]: what Replies named is heard, the rest is
// conversation.
func (d *FakeDesk) Heard(ctx context.Context, m bot.Heard) (commands.Outcome, bool) {
	if r := d.real(); r != nil {
		out, heard := r.Heard(ctx, m)
		d.mu.Lock()
		defer d.mu.Unlock()
		d.heard = append(d.heard, m)
		d.wake()
		return out, heard
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.heard = append(d.heard, m)
	d.wake()
	for part, out := range d.replies {
		if strings.Contains(m.Text, part) {
			return out, true
		}
	}
	return commands.Outcome{}, false
}

// Cards implements [bot.Front].
func (d *FakeDesk) Cards(_ context.Context, id int64) ([]bot.Keyed, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.cards[id]), nil
}

// Commands implements [bot.Front].
func (d *FakeDesk) Commands() []commands.Command { return slices.Clone(table) }

// table has one row of every sort; their runs are the FakeDesk's.
var table = []commands.Command{
	{Name: "inbox", Usage: "", Help: "Shows what waits for people.", Example: "/review inbox", Role: review.Viewer},
	{Name: "fact", Usage: "CASE TEXT", Help: "Records a fact.", Example: "/review fact 42 The parcel left on Monday", Verb: "fact", OnCase: true,
		Fields: []commands.Field{{Name: "text", Label: "The fact", Kind: commands.Text}}},
	{Name: "show", Usage: "CASE", Help: "Shows a case.", Example: "/review show 42", Role: review.Viewer, OnCase: true},
	{Name: "add", Usage: "TEXT", Help: "Takes a pasted review.", Example: "/review add", Role: review.Responder,
		Fields: []commands.Field{{Name: "text", Label: "The review", Kind: commands.Text}}},
	{Name: "help", Usage: "", Help: "Explains the commands.", Example: "/review help", Role: review.Viewer},
	{Name: "approve", Help: "Approves exactly this text.", Verb: "approve", OnCase: true, Hidden: true},
	{Name: "edit", Help: "Edits the text.", Verb: "edit", OnCase: true, Hidden: true,
		Fields: []commands.Field{{Name: "text", Label: "The reply", Kind: commands.Text}}},
	{Name: "verdict", Help: "Decides.", Verb: "verdict", OnCase: true, Hidden: true},
}
