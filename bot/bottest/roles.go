package bottest

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/storage"
	"github.com/evenkeel/evenkeel/storage/sqlite"
	"github.com/evenkeel/evenkeel/storage/storagetest"
)

// rolesPlaybook names people whom nobody here is, so that roles are configured and
// whoever is not named is a viewer.
const rolesPlaybook = `
team: {name: Harbour}
contacts: [{email: care@example.test}]
roles: {approver: ["console:somebody"], lead: ["console:somebodyelse"]}
`

// office is a real desk behind the chat, with a case whose draft waits.
type office struct {
	*stage
	store storage.Store
	desk  *bot.Desk
	id    int64  // of the case
	ref   string // of its card
}

// openOffice puts a real desk behind the adapter. Each of the people has the
// role of the name; Zoe is somebody of whom the desk knows nothing.
func openOffice(s *stage) *office {
	s.Helper()
	log := slog.New(slog.DiscardHandler)
	store, err := sqlite.Open(s.ctx, filepath.Join(s.TempDir(), "desk.db"), sqlite.Options{Now: time.Now, Logger: log})
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = store.Close() })
	book, err := playbook.Parse("roles.yaml", []byte(rolesPlaybook))
	if err != nil {
		s.Fatal(err)
	}
	offline := llm.NewOffline()
	desk, err := bot.New(bot.Config{Store: store, Playbook: book, Drafter: offline, Triager: offline, Logger: log})
	if err != nil {
		s.Fatal(err)
	}
	o := &office{stage: s, store: store, desk: desk}
	o.id = storagetest.PutDrafted(s, store, 1).ID
	s.desk.Behind(desk)
	for _, role := range []review.Role{review.Viewer, review.Responder, review.Approver, review.Lead} {
		s.join(named(role), role)
	}
	if err := s.world.Join(s.ctx, "Zoe", review.Viewer); err != nil {
		s.Fatal(err)
	}
	o.ref = s.post(place(o.id, "parent"), StoryCard(o.id))
	return o
}

// named is the person of a role.
func named(role review.Role) string {
	return map[review.Role]string{review.Viewer: "Vic", review.Responder: "Rae", review.Approver: "Ben", review.Lead: "Ana"}[role]
}

// state is all that an invocation could change, but for refusals in the log.
func (o *office) state() string {
	o.Helper()
	events, err := o.store.Events(o.ctx, 0, 0, 10_000)
	if err != nil {
		o.Fatal(err)
	}
	done := 0
	for _, e := range events {
		if e.Verb != "refused" {
			done++
		}
	}
	c, err := o.store.Case(o.ctx, o.id)
	if err != nil {
		o.Fatal(err)
	}
	said := fmt.Sprintf("%d entries, case at version %d", done, c.Version)
	for _, name := range append(bot.Written(), "paused") {
		v, err := o.store.Setting(o.ctx, name)
		if err != nil {
			o.Fatal(err)
		}
		said += fmt.Sprintf(", %s %q", name, v)
	}
	pending, err := o.store.Pending(o.ctx)
	if err != nil {
		o.Fatal(err)
	}
	return said + fmt.Sprint(", work ", pending)
}

// unchanged runs act and fails when it changes anything.
func (o *office) unchanged(what string, act func() (Answer, error)) Answer {
	o.Helper()
	before := o.state()
	a, err := act()
	if err != nil {
		o.Errorf("%s: the harness could not go on: %v", what, err)
	}
	if after := o.state(); after != before {
		o.Errorf("%s changed something:\nbefore: %s\nafter:  %s", what, before, after)
	}
	if a.Text == "" && a.Form == nil {
		o.Errorf("%s: the person was told nothing", what)
	}
	if !a.Private {
		o.Errorf("%s: others see the answer %q", what, a.Text)
	}
	return a
}

// refused runs act for somebody without the role, who must be told so calmly.
func (o *office) refused(what string, row commands.Command, have review.Role, act func() (Answer, error)) {
	o.Helper()
	a := o.unchanged(what, act)
	need := row.Least()
	for _, part := range []string{"is for the role " + need.String(), "yours is " + have.String(), "Ask a lead"} {
		if !strings.Contains(spaced(a.Text), part) {
			o.Errorf("%s: the refusal reads %q, want %q in it", what, a.Text, part)
		}
	}
	if a.Form != nil {
		o.Errorf("%s: a form opened", what)
	}
}

// number is the case in an example: “fact 42 The parcel left on Monday”.
var number = regexp.MustCompile(`^(\S+) 42\b`)

// line is a row's example as somebody would type it about this office's case.
func (o *office) line(row commands.Command) (string, bool) {
	return number.ReplaceAllString(row.Example, fmt.Sprintf("$1 %d", o.id)), row.Example != "" && !row.Hidden
}

// roles presses, types and submits every row of the command table as everybody
// who may not. The rows, and who may, come from the table and from review's
// table of moves, so that a new verb is tried too.
func roles(s *stage) {
	o := openOffice(s)
	tried := 0
	for _, row := range o.desk.Commands() {
		if least, known := review.RoleFor(row.Verb); row.Verb != "" && (!known || row.Least() < least) {
			o.Errorf("%s is for %s and uses %s, which is for %s", row.Name, row.Least(), row.Verb, least)
		}
		for role := review.Viewer; role < row.Least(); role++ {
			people := []string{named(role)}
			if role == review.Viewer {
				people = append(people, "Zoe")
			}
			for _, who := range people {
				for how, act := range o.ways(row, who) {
					o.refused(fmt.Sprintf("%s, by %s (%s), %s", row.Name, who, role, how), row, role, act)
					tried++
				}
			}
		}
	}
	if tried < 200 {
		o.Errorf("only %d refusals were tried", tried)
	}
	o.Logf("%d refusals", tried)
}

// ways are how somebody can ask for a row: by a button that stands there or is
// made up, and by a line.
func (o *office) ways(row commands.Command, who string) map[string]func() (Answer, error) {
	token := commands.Token{Command: row.Name}
	if row.OnCase {
		token.Case = o.id
	}
	out := map[string]func() (Answer, error){"pressed": func() (Answer, error) { return o.world.Press(o.ctx, who, o.ref, token.String()) }}
	if line, ok := o.line(row); ok {
		out["typed"] = func() (Answer, error) { return o.world.Type(o.ctx, who, line) }
	}
	return out
}

// viewers change nothing, whatever row they ask for and whatever a row says
// about who may.
func viewers(s *stage) {
	o := openOffice(s)
	for _, row := range o.desk.Commands() {
		if row.Least() > review.Viewer {
			continue // above
		}
		for how, act := range o.ways(row, "Vic") {
			o.unchanged(row.Name+", "+how, act)
		}
	}
	for _, text := range []string{"fact: the parcel left on Monday", "shorter, and mention the courier"} {
		o.unchanged("written in the thread: "+text, func() (Answer, error) { return o.world.Say(o.ctx, "Vic", o.ref, text, true) })
	}
}

// demoted fills in every form that a lead was given, after the lead has become
// a viewer: what counts is who sends it.
func demoted(s *stage) {
	o := openOffice(s)
	opened := 0
	for _, row := range o.desk.Commands() {
		if row.Form == nil || row.Least() <= review.Viewer {
			continue
		}
		who := fmt.Sprintf("Kim%02d", opened)
		s.join(who, review.Lead)
		token := commands.Token{Command: row.Name}
		if row.OnCase {
			token.Case = o.id
		}
		card := bot.Card{Case: o.id, Title: row.Name, Summary: row.Name, Buttons: []bot.Button{{Label: row.Name, Token: token, Form: true}}}
		if err := o.chat.Update(o.ctx, place(o.id, "parent"), o.ref, card); err != nil {
			o.Fatal(err)
		}
		a := o.unchanged("the form of "+row.Name, func() (Answer, error) { return o.world.Press(o.ctx, who, o.ref, token.String()) })
		if a.Form == nil {
			continue // not in this status
		}
		opened++
		values := map[string]string{}
		for _, f := range a.Form.Fields {
			values[f.Name] = fill(row, f)
		}
		s.join(who, review.Viewer)
		o.unchanged("the form of "+row.Name+" sent by somebody who no longer may", func() (Answer, error) {
			return o.world.Submit(o.ctx, who, *a.Form, values)
		})
	}
	if opened < 8 {
		o.Errorf("only %d forms opened", opened)
	}
}

// fill is something that a field takes.
func fill(row commands.Command, f SeenField) string {
	switch {
	case f.Value != "":
		return f.Value
	case len(f.Options) > 0:
		return f.Options[0].Value
	}
	for _, known := range row.Fields {
		switch {
		case known.Name != f.Name:
		case known.Kind == commands.Number:
			return "1"
		case known.Kind == commands.Date:
			return time.Now().AddDate(0, 0, 3).Format(time.DateOnly)
		}
	}
	return "words"
}

// stale presses every button of a card that has moved on, as a lead: it says
// another revision or another text than the case has now.
func stale(s *stage) {
	o := openOffice(s)
	c, err := o.store.Case(o.ctx, o.id)
	if err != nil {
		s.Fatal(err)
	}
	for _, row := range o.desk.Commands() {
		if !row.OnCase || row.Verb == "" {
			continue
		}
		for what, token := range map[string]commands.Token{
			"another revision": {Command: row.Name, Case: o.id, Revision: c.Review.Revision + 1},
			"another text":     {Command: row.Name, Case: o.id, Text: strings.Repeat("0", 32)},
		} {
			a := o.unchanged(row.Name+" of "+what, func() (Answer, error) { return o.world.Press(o.ctx, "Ana", o.ref, token.String()) })
			if a.Form != nil {
				o.Errorf("%s of %s opened a form", row.Name, what)
			}
		}
	}
	// No case of this number is the desk's.
	o.unchanged("another case", func() (Answer, error) {
		return o.world.Press(o.ctx, "Ana", o.ref, commands.Token{Command: "approve", Case: 4711}.String())
	})
}
