package commands

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/review"
)

// ordinal asks for the number of a proposal, rule or version.
func ordinal(name, label string) Field { return Field{Name: name, Label: label, Kind: Number} }

func styling() []Command {
	return []Command{
		{
			Name: "style", Role: review.Lead,
			Help: "The style rules for drafts, and what people's edits propose.", Example: "style",
			Run: runStyle,
		},
		{
			Name: "style-accept", Usage: "NUMBER", Role: review.Lead,
			Help: "Make a proposal a rule for all drafts to come.", Example: "style-accept 3",
			Fields: []Field{ordinal("number", "Number")},
			Run: numbered(func(ctx context.Context, d Desk, i Invocation, n int) (string, error) {
				rule, err := d.AcceptStyle(ctx, i, n)
				return "From the next draft on: " + rule.Text, err
			}),
		},
		{
			Name: "style-drop", Usage: "NUMBER", Role: review.Lead,
			Help: "Take a rule out, or decline a proposal.", Example: "style-drop 3",
			Fields: []Field{ordinal("number", "Number")},
			Run: numbered(func(ctx context.Context, d Desk, i Invocation, n int) (string, error) {
				words, err := d.DropStyle(ctx, i, n)
				return "Dropped, and not proposed again: " + words, err
			}),
		},
		{
			Name: "style-revert", Usage: "VERSION", Role: review.Lead,
			Help: "Go back to the style rules of an earlier version.", Example: "style-revert 2",
			Fields: []Field{ordinal("number", "Version")},
			Run: numbered(func(ctx context.Context, d Desk, i Invocation, n int) (string, error) {
				b, err := d.RevertStyle(ctx, i, n)
				return fmt.Sprintf("The rules of version %d hold again, as version %d: %d of them.", n, b.Version(), len(b.Rules())), err
			}),
		},
	}
}

// numbered runs what takes one number.
func numbered(run func(context.Context, Desk, Invocation, int) (string, error)) func(context.Context, Desk, Invocation) (Outcome, error) {
	return func(ctx context.Context, d Desk, i Invocation) (Outcome, error) {
		n, err := strconv.Atoi(strings.TrimPrefix(strings.TrimSpace(i.Arg("number")), "#"))
		if err != nil || n < 0 {
			return Outcome{}, &review.InputError{Field: "number", Problem: "is missing; “style” lists them"}
		}
		text, err := run(ctx, d, i, n)
		if err != nil {
			return Outcome{}, err
		}
		return Outcome{Text: text}, nil
	}
}

// pastShown is how many versions the list names.
const pastShown = 5

func runStyle(ctx context.Context, d Desk, _ Invocation) (Outcome, error) {
	b, offers, err := d.Style(ctx)
	if err != nil {
		return Outcome{}, err
	}
	var s strings.Builder
	rules := b.Rules()
	if len(rules) == 0 {
		s.WriteString("No style rules hold yet.\n")
	} else {
		fmt.Fprintf(&s, "Style rules, version %d:\n", b.Version())
	}
	for _, r := range rules {
		fmt.Fprintf(&s, "%d. %s%s (%s, %s)\n", r.N, r.Text, in(r.Language), r.Name, r.At.Format("2 Jan 2006"))
	}
	if len(offers) == 0 {
		s.WriteString("Nothing is proposed: a proposal needs the same change in three of the last ten edited drafts of a language.")
	} else {
		s.WriteString("Proposed from what people change; “style-accept NUMBER” makes it a rule, “style-drop NUMBER” declines it:\n")
	}
	for _, o := range offers {
		fmt.Fprintf(&s, "%d. %s%s %s.\n", o.N, o.Rule, in(o.Language), capital(o.Why))
	}
	for n := max(0, len(b.Versions)-pastShown); n < len(b.Versions); n++ {
		v := b.Versions[n]
		fmt.Fprintf(&s, "\nVersion %d: %s (%s, %s)", v.N, v.What, v.Name, v.At.Format("2 Jan 2006"))
	}
	return Outcome{Text: strings.TrimSpace(s.String())}, nil
}

func in(language string) string {
	if language == "" {
		return ""
	}
	return " [" + language + "]"
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
