package bot

import (
	"context"
	"errors"
	"log/slog"
	"sort"
	"strings"

	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// Person resolves who somebody is. See [Front].
func (d *Desk) Person(id review.PersonID, name string, groups []review.PersonID, admin bool) review.Person {
	role, configured := d.Playbook.RoleOf(append([]review.PersonID{id}, groups...)...)
	switch {
	case configured:
	case admin:
		role = review.Lead
	default:
		role = review.Responder
	}
	return review.Person{ID: d.Playbook.Canonical(id), Name: name, Role: role}
}

// Commands is the table. See [Front].
func (d *Desk) Commands() []commands.Command { return d.table.All() }

// Parse reads a typed line. See [Front].
func (d *Desk) Parse(line string) (commands.Invocation, *commands.Outcome) {
	i, err := d.table.Parse(line)
	if err != nil {
		return i, &commands.Outcome{Text: sentence(err.Error()), Refused: true}
	}
	return i, nil
}

// row finds what an invocation asks for and makes sure that it says on which
// case.
func (d *Desk) row(i *commands.Invocation) (commands.Command, error) {
	if i.Command == "" {
		i.Command = i.Token.Command
	}
	row, ok := d.table.Find(i.Command)
	if !ok {
		return row, &review.InputError{Field: "button", Problem: "is one that I do not know; it may be from an older version"}
	}
	if i.Case == 0 {
		i.Case = i.Token.Case
	}
	if i.Token.Case != 0 && i.Token.Case != i.Case {
		return row, review.ErrStale
	}
	if row.OnCase && i.Case == 0 {
		return row, &review.InputError{Field: "case", Problem: "is missing. It goes like this: " + row.Name + " " + row.Usage}
	}
	if need := row.Least(); i.By.Role < need {
		return row, &review.RoleError{Verb: firstVerb(row), Need: need, Have: i.By.Role}
	}
	return row, nil
}

func firstVerb(row commands.Command) review.Verb {
	if row.Verb != "" {
		return row.Verb
	}
	return review.Verb(row.Name)
}

// Form opens a form. See [Front].
func (d *Desk) Form(ctx context.Context, i commands.Invocation) (*commands.Form, commands.Outcome) {
	row, err := d.row(&i)
	if err != nil {
		return nil, d.refusal(ctx, i, err)
	}
	if row.Form == nil || (i.Token.Command == "" && complete(row, i)) {
		return nil, commands.Outcome{}
	}
	if row.OnCase {
		c, err := d.Store.Case(ctx, i.Case)
		if err != nil {
			return nil, d.refusal(ctx, i, err)
		}
		if !i.Token.Matches(c) {
			return nil, d.refusal(ctx, i, review.ErrStale)
		}
		if row.Verb != "" && !review.May(i.By.Role, row.Verb, c.Status) {
			return nil, d.refusal(ctx, i, &review.NotNowError{Verb: row.Verb, Status: c.Status})
		}
	}
	if i.Token.Command == "" {
		i.Token = commands.Token{Command: row.Name, Case: i.Case}
	}
	ctx, observed := d.begin(ctx, &Step{Name: StepPress, What: "form", Case: i.Case})
	f, err := row.Form(ctx, d, i)
	observed(err)
	if err != nil {
		return nil, d.refusal(ctx, i, err)
	}
	return f, commands.Outcome{}
}

// complete tells whether a typed command has all that it needs.
func complete(row commands.Command, i commands.Invocation) bool {
	for _, f := range row.Fields {
		if !f.Optional && i.Arg(f.Name) == "" {
			return false
		}
	}
	return true
}

// Run does what an invocation asks. See [Front].
func (d *Desk) Run(ctx context.Context, i commands.Invocation) commands.Outcome {
	row, err := d.row(&i)
	if err != nil {
		return d.refusal(ctx, i, err)
	}
	ctx, observed := d.begin(ctx, &Step{Name: StepPress, What: "run", Case: i.Case})
	out, err := row.Run(ctx, d, i)
	observed(err)
	if err != nil {
		return d.refusal(ctx, i, err)
	}
	return out
}

// refusal is an error as the person reads it: calm, with what to do next. The
// program's own troubles are logged, not shown.
func (d *Desk) refusal(ctx context.Context, i commands.Invocation, err error) commands.Outcome {
	out := commands.Outcome{Refused: true, Text: sentence(err.Error())}
	switch {
	case errors.Is(err, storage.ErrSeen):
		return commands.Outcome{Text: "That has arrived already; nothing is done twice."}
	case errors.Is(err, storage.ErrNotFound):
		out.Text = "There is no such case. “inbox” lists those that wait."
	case errors.Is(err, review.ErrStale):
		out.Text, out.Show = "This card has moved on, so nothing was changed. Here is the current one.", i.Case
	case errors.Is(err, review.ErrNotNow):
		out.Show = i.Case
	case errors.Is(err, review.ErrAlready):
		out.Refused, out.Text = false, "That is so already; nothing changed."
	case errors.Is(err, review.ErrRole):
		d.noteRefusal(ctx, i, err)
	case errors.Is(err, review.ErrCoolOff), errors.Is(err, review.ErrBlocked), errors.Is(err, review.ErrQuorum),
		errors.Is(err, review.ErrSecondPerson), errors.Is(err, review.ErrInput):
	case errors.Is(err, review.ErrConflict):
		out.Text, out.Show = "Several people are deciding this at once. Please look at the current card and try again.", i.Case
	default:
		d.Logger.ErrorContext(ctx, "an invocation failed", slog.String("command", i.Command), slog.Int64("case", i.Case), slog.Any("error", err))
		out.Text = "That did not work, and nothing was changed. The trouble is on our side and in the log; please try again in a moment."
	}
	return out
}

// noteRefusal puts an attempt without the role into the audit log.
func (d *Desk) noteRefusal(ctx context.Context, i commands.Invocation, err error) {
	e := review.Event{At: d.Now(), Case: i.Case, Actor: review.ByPerson(i.By).String(), Verb: "refused",
		Detail: map[string]string{"asked": i.Command, "role": i.By.Role.String()}}
	if cerr := d.Store.Commit(ctx, &storage.Batch{Events: []review.Event{e}}); cerr != nil {
		d.Logger.ErrorContext(ctx, "cannot record a refusal", slog.Any("error", cerr))
	}
	d.Logger.InfoContext(ctx, "refused", slog.String("actor", e.Actor), slog.String("command", i.Command), slog.Int64("case", i.Case), slog.Any("why", err))
}

// sentence begins with a capital and ends with a stop.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return s
	}
	runes := []rune(s)
	if runes[0] >= 'a' && runes[0] <= 'z' {
		runes[0] -= 'a' - 'A'
	}
	s = string(runes)
	if !strings.ContainsAny(s[len(s)-1:], ".!?") {
		s += "."
	}
	return s
}

// Heard takes what a person wrote in a thread. See [Front].
func (d *Desk) Heard(ctx context.Context, m Heard) (commands.Outcome, bool) {
	text := strings.TrimSpace(m.Text)
	i := commands.Invocation{Case: m.Case, By: m.By, Chat: m.Chat, ID: m.ID}
	if fact, ok := factIn(text); ok {
		i.Command, i.Args = "fact", map[string]string{"text": fact}
		return d.Run(ctx, i), true
	}
	if !m.Mentioned {
		return commands.Outcome{}, false
	}
	if text == "" {
		return commands.Outcome{Text: "Say what should change (“shorter, and mention the courier”), or write “fact: …” to vouch for something."}, true
	}
	i.Command, i.Args = "draft", map[string]string{"wish": clip(text, 300)}
	return d.Run(ctx, i), true
}

// factIn finds a fact in a message: "fact: the parcel left on Monday".
func factIn(text string) (string, bool) {
	word, rest, ok := strings.Cut(text, ":")
	if !ok {
		return "", false
	}
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "fact", "fakt", "feit", "fait", "hecho", "事実", "사실":
		return strings.TrimSpace(rest), true
	}
	return "", false
}

// maxCompletions is Discord's limit for autocompletion
// (https://docs.discord.com/developers/interactions/application-commands).
const maxCompletions = 25

// Complete lists how a line could go on. See [Front].
func (d *Desk) Complete(ctx context.Context, line string, by review.Person) []commands.Option {
	line = strings.TrimLeft(strings.TrimPrefix(line, "/"), " ")
	name, rest, typing := strings.Cut(line, " ")
	if !typing {
		return d.completeName(strings.ToLower(name), by)
	}
	row, ok := d.table.Find(strings.ToLower(name))
	if !ok || !row.OnCase || strings.Contains(strings.TrimSpace(rest), " ") {
		return nil
	}
	cases, err := d.Store.Cases(ctx, storage.Query{Limit: 200})
	if err != nil {
		return nil
	}
	var out []commands.Option
	for _, c := range cases {
		if row.Verb != "" && !review.May(by.Role, row.Verb, c.Status) {
			continue
		}
		if !strings.HasPrefix(strings.TrimPrefix(c.Ref(), "#"), strings.TrimPrefix(strings.TrimSpace(rest), "#")) {
			continue
		}
		item := d.Describe(c)
		out = append(out, commands.Option{Value: row.Name + " " + strings.TrimPrefix(c.Ref(), "#") + " ", Label: clip(item.Title, 100)})
		if len(out) == maxCompletions {
			break
		}
	}
	return out
}

func (d *Desk) completeName(prefix string, by review.Person) []commands.Option {
	var out []commands.Option
	for _, r := range d.table.All() {
		if !r.Hidden && strings.HasPrefix(r.Name, prefix) && by.Role >= r.Least() {
			out = append(out, commands.Option{Value: r.Name + " ", Label: clip(strings.TrimSpace(r.Name+" "+r.Usage)+" — "+r.Help, 100)})
		}
	}
	sort.SliceStable(out, func(a, b int) bool { return len(out[a].Value) < len(out[b].Value) })
	return out[:min(len(out), maxCompletions)]
}
