package commands

import (
	"context"
	"fmt"
	"strings"

	"github.com/evenkeel/evenkeel/review"
)

// inboxLength is how many cases an inbox shows at once: what fits a phone.
const inboxLength = 15

func reading() []Command {
	return []Command{
		{
			Name: "inbox", Usage: "[mine|all]", Role: review.Viewer,
			Help: "What waits for people, the most pressing first.", Example: "inbox mine",
			Fields: []Field{{Name: "which", Label: "Which", Kind: Choice, Optional: true, Options: []Option{{"mine", "My cases"}, {"all", "Praise too"}}}},
			Run:    runInbox,
		},
		{
			Name: "show", Usage: "CASE", OnCase: true, Role: review.Viewer,
			Help: "Show a case with its current card.", Example: "show 42",
			Run: func(ctx context.Context, d Desk, i Invocation) (Outcome, error) {
				c, err := d.Case(ctx, i.Case)
				if err != nil {
					return Outcome{}, err
				}
				return Outcome{Text: d.Describe(c).Title, Show: c.ID, Link: d.Link(c.ID)}, nil
			},
		},
		{
			Name: "audit", Usage: "CASE", OnCase: true, Role: review.Viewer,
			Help: "Who did what to a case, the latest last.", Example: "audit 42",
			Run: func(ctx context.Context, d Desk, i Invocation) (Outcome, error) {
				lines, err := d.Audit(ctx, i.Case, 25)
				if err != nil {
					return Outcome{}, err
				}
				return Outcome{Text: strings.Join(lines, "\n"), Link: d.Link(i.Case)}, nil
			},
		},
		{
			Name: "sources", Role: review.Viewer,
			Help: "How each source of reviews fares.", Example: "sources",
			Run: func(ctx context.Context, d Desk, _ Invocation) (Outcome, error) {
				items, err := d.Sources(ctx)
				if err != nil {
					return Outcome{}, err
				}
				if len(items) == 0 {
					return Outcome{Text: "No source is set up yet. Reviews can be added by hand (“add”), imported from a file, or sent to the webhook."}, nil
				}
				return Outcome{Text: "The sources of reviews:", Items: items}, nil
			},
		},
	}
}

func runInbox(ctx context.Context, d Desk, i Invocation) (Outcome, error) {
	f := InboxFilter{Limit: inboxLength + 1}
	switch i.Arg("which") {
	case "mine":
		f.Owner = i.By.ID
	case "all":
		f.All = true
	}
	cases, err := d.Inbox(ctx, f)
	if err != nil {
		return Outcome{}, err
	}
	if len(cases) == 0 {
		return Outcome{Text: "Nothing waits for you. Enjoy the calm."}, nil
	}
	more := ""
	if len(cases) > inboxLength {
		cases, more = cases[:inboxLength], fmt.Sprintf(" (the first %d)", inboxLength)
	}
	out := Outcome{Text: "Waiting for people" + more + ":"}
	for _, c := range cases {
		out.Items = append(out.Items, d.Describe(c))
	}
	return out, nil
}
