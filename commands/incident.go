package commands

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/incident"
)

// incidents are the rows for what many customers say at once, and for causes.
func incidents() []Command {
	return slices.Concat(openIncidents(), factSheets(), mending(), causes())
}

var sheetField = text("text", "What may be said, in plain sentences", "Only what is certain")

// openIncidents are the rows that show incidents, open them and fill them.
func openIncidents() []Command {
	title := line("title", "What goes wrong", "Payments fail")
	return []Command{
		{
			Name: "incidents", Role: review.Viewer, Help: "The open incidents.", Example: "incidents",
			Run: func(ctx context.Context, d Desk, _ Invocation) (Outcome, error) {
				items, err := d.Incidents(ctx)
				if err != nil || len(items) == 0 {
					return Outcome{Text: "No incident is open."}, err
				}
				return listed("Open incidents", items), nil
			},
		},
		{
			Name: "incident", Usage: "NUMBER|TITLE", Role: review.Viewer, Help: "Show an incident, or open one by hand; similar complaints open one by themselves.", Example: "incident Payments fail",
			Fields: []Field{title},
			Form:   form("Open an incident", "Open", "Drafts of its reviews are held until a fact sheet is approved.", title),
			Run: func(ctx context.Context, d Desk, i Invocation) (Outcome, error) {
				if n, err := strconv.Atoi(strings.TrimSpace(i.Arg("title"))); err == nil {
					return showIncident(ctx, d, n)
				}
				if need := review.Responder; i.By.Role < need {
					return Outcome{}, &review.RoleError{Verb: "incident", Need: need, Have: i.By.Role}
				}
				n, err := d.OpenIncident(ctx, i, i.Arg("title"))
				return Outcome{Text: fmt.Sprintf("Incident %d is open. “involve CASE %d” adds a review to it.", n, n)}, err
			},
		},
		{
			Name: "involve", Usage: "CASE INCIDENT", OnCase: true, Role: review.Responder, Help: "Add a review to an incident.", Example: "involve 42 1",
			Fields: []Field{numberField("incident")},
			Run: onIncident("incident_case", func(i Invocation, inc *incident.Incident, _ Desk, _ bool) error {
				if len(inc.Involve(i.Case)) == 0 {
					return review.ErrAlready
				}
				return nil
			}, "the review belongs to it now."),
		},
	}
}

// factSheets are the rows for what drafts may state about an incident.
func factSheets() []Command {
	return []Command{
		{
			Name: "sheet", Usage: "INCIDENT TEXT", Role: review.Responder, Help: "Write a version of an incident's fact sheet.", Example: "sheet 1 Payments failed from 9:00 to 11:00.",
			Fields: []Field{numberField("incident"), sheetField},
			Form:   sheetForm,
			Run: onIncident("sheet", func(i Invocation, inc *incident.Incident, d Desk, _ bool) error {
				return inc.Write(i.Arg("text"), i.By, d.Now())
			}, "the version is kept; an approver who did not write it lets it stand."),
		},
		{
			Name: "sheet-approve", Usage: "INCIDENT VERSION", Role: review.Approver, Help: "Let a version of the fact sheet stand: drafts may state it.", Example: "sheet-approve 1 2",
			Fields: []Field{numberField("incident"), {Name: "version", Label: "Version", Kind: Number}},
			Run: onIncident("sheet_approved", func(i Invocation, inc *incident.Incident, d Desk, solo bool) error {
				_, v, _ := strings.Cut(i.Token.Arg, ":")
				version, err := number(firstOf(i.Arg("version"), v), "version")
				if err != nil {
					return err
				}
				return inc.Approve(version, i.By, solo, d.Now())
			}, "the fact sheet stands; the drafts are fed by it."),
		},
	}
}

// sheetForm begins with the latest version, so that a correction is not typed
// anew.
func sheetForm(ctx context.Context, d Desk, i Invocation) (*Form, error) {
	f, err := about("Fact sheet", "Keep this version", "incident", sheetField)(ctx, d, i)
	if err != nil {
		return nil, err
	}
	if f.Token.Arg == "" {
		return f, nil // it asks for the number first
	}
	n, err := number(f.Token.Arg, "incident")
	if err != nil {
		return nil, err
	}
	inc, err := d.Incident(ctx, n)
	if err != nil {
		return nil, err
	}
	if latest := inc.Latest(); latest != nil {
		f.Fields[0].Value = firstOf(f.Fields[0].Value, latest.Text)
	}
	return f, nil
}

// mending are the rows that bring an incident to its end.
func mending() []Command {
	note := text("note", "What happened, what was mended", "One or two sentences")
	return []Command{
		{
			Name: "incident-plan", Usage: "INCIDENT DATE", Role: review.Responder, Help: "Give an incident an owner and a date by which it is mended.", Example: "incident-plan 1 2026-12-01",
			Fields: []Field{numberField("incident"), dueField, ownerField},
			Form:   about("Owner and date", "Set", "incident", dueField, ownerField),
			Run: onIncident("incident_planned", func(i Invocation, inc *incident.Incident, d Desk, _ bool) error {
				by, err := d.EndOfDay(i.Arg("due"))
				if err != nil {
					return err
				}
				return inc.Plan(owner(i), by, d.Now())
			}, "it has an owner and a date."),
		},
		{
			Name: "incident-close", Usage: "INCIDENT NOTE", Role: review.Lead, Help: "Close an incident, with a note on what came of it.", Example: "incident-close 1 The provider mended it at 11:00.",
			Fields: []Field{numberField("incident"), note},
			Form:   about("Close the incident", "Close", "incident", note),
			Run: onIncident("incident_closed", func(i Invocation, inc *incident.Incident, d Desk, _ bool) error {
				return inc.Close(i.Arg("note"), i.By, d.Now())
			}, "it is closed; what was held for it goes on."),
		},
	}
}

// causes are the rows for what lies behind reviews, and what was changed.
func causes() []Command {
	what := text("what", "What did you change?", "One sentence")
	return []Command{
		{
			Name: "causes", Role: review.Viewer, Help: "What lies behind the latest reviews, and what was changed.", Example: "causes",
			Run: func(ctx context.Context, d Desk, _ Invocation) (Outcome, error) {
				items, err := d.Causes(ctx)
				if err != nil || len(items) == 0 {
					return Outcome{Text: "No causes are known yet."}, err
				}
				return listed("Causes", items), nil
			},
		},
		{
			Name: "changed", Usage: "CAUSE WHAT", Role: review.Responder, Help: "Note what you changed about a cause. Write its spaces as underscores.", Example: "changed late_delivery We have a second courier now",
			Fields: []Field{line("cause", "Cause", "late_delivery"), what},
			Form: func(ctx context.Context, d Desk, i Invocation) (*Form, error) {
				ask := []Field{what}
				if firstOf(i.Token.Arg, i.Arg("cause")) == "" {
					ask = []Field{causeField, what}
				} else if i.Token.Arg == "" {
					i.Token.Arg = i.Arg("cause")
				}
				return form("What we changed", "Note it", "", ask...)(ctx, d, i)
			},
			Run: func(ctx context.Context, d Desk, i Invocation) (Outcome, error) {
				if err := d.CauseChanged(ctx, i, firstOf(i.Arg("cause"), i.Token.Arg), i.Arg("what")); err != nil {
					return Outcome{}, err
				}
				return Outcome{Text: "Noted. “causes” shows it beside the numbers."}, nil
			},
		},
	}
}

// showIncident tells all of an incident in words, for chats and people that
// do not have its card before them.
func showIncident(ctx context.Context, d Desk, n int) (Outcome, error) {
	i, err := d.Incident(ctx, n)
	if err != nil {
		return Outcome{}, err
	}
	var s strings.Builder
	fmt.Fprintf(&s, "Incident %d: %s. %d reviews.", i.N, i.Title, len(i.Cases))
	if i.OwnerName != "" {
		fmt.Fprintf(&s, " %s mends it by %s.", i.OwnerName, i.Fix.Format("2 Jan 2006"))
	} else if i.Open() {
		fmt.Fprintf(&s, " Nobody owns it yet (“incident-plan %d DATE”).", i.N)
	}
	switch sheet := i.Latest(); {
	case !i.Open():
		fmt.Fprintf(&s, "\nClosed by %s: %s", i.ClosedBy, i.Note)
	case sheet == nil:
		fmt.Fprintf(&s, "\nNo fact sheet yet, so drafts are held (“sheet %d TEXT”).", i.N)
	case sheet.Approved.IsZero():
		fmt.Fprintf(&s, "\nFact sheet, version %d by %s, waits for approval (“sheet-approve %d %d”):\n%s", sheet.N, sheet.Name, i.N, sheet.N, sheet.Text)
	default:
		fmt.Fprintf(&s, "\nFact sheet, version %d by %s, approved by %s:\n%s", sheet.N, sheet.Name, sheet.Approver, sheet.Text)
	}
	out := Outcome{Text: s.String()}
	for _, id := range i.Cases[:min(len(i.Cases), inboxLength)] {
		c, err := d.Case(ctx, id)
		if err != nil {
			return Outcome{}, err
		}
		out.Items = append(out.Items, d.Describe(c))
	}
	return out, nil
}

// onIncident is the common row for a verb on an incident.
func onIncident(verb review.Verb, do func(Invocation, *incident.Incident, Desk, bool) error, said string) func(context.Context, Desk, Invocation) (Outcome, error) {
	return func(ctx context.Context, d Desk, i Invocation) (Outcome, error) {
		of, _, _ := strings.Cut(i.Token.Arg, ":")
		n, err := number(firstOf(i.Arg("n"), of), "incident")
		if err != nil {
			return Outcome{}, err
		}
		if i.Case != 0 {
			if _, err := d.Case(ctx, i.Case); err != nil {
				return Outcome{}, err
			}
		}
		err = d.ActOnIncident(ctx, i, n, verb, func(inc *incident.Incident, solo bool) error { return do(i, inc, d, solo) })
		return Outcome{Text: fmt.Sprintf("Incident %d: %s", n, said)}, err
	}
}
