package commands

import (
	"context"
	"strings"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/asking"
)

// Inviting is what the row about asking for reviews needs of the desk.
type Inviting interface {
	// InvitationPage is a link to the page on which a person makes the list of
	// customers, "" where there is no console. In a chat other than the console
	// it also signs that person in, once.
	InvitationPage(ctx context.Context, i Invocation) (string, error)
}

func invitations() []Command {
	return []Command{{
		Name: "invitations", Usage: "[PLATFORM]", Role: review.Lead,
		Help: "Whom to ask for a review: all customers of a period, with what the platform allows.", Example: "invitations trustpilot",
		Fields: []Field{optional(line("platform", "Where they are asked to write", "any platform when left out"))},
		Run:    runInvitations,
	}}
}

func runInvitations(ctx context.Context, d Desk, i Invocation) (Outcome, error) {
	platform := strings.TrimSpace(i.Arg("platform"))
	rules, err := asking.Rules(platform)
	if err != nil {
		return Outcome{}, &review.InputError{Field: "list", Problem: "cannot be made: " + err.Error()}
	}
	link, err := d.InvitationPage(ctx, i)
	if err != nil {
		return Outcome{}, err
	}
	var s strings.Builder
	s.WriteString("All customers of a period are asked, or nobody: a list by which somebody could choose is refused. " + asking.Advice)
	for _, r := range rules {
		s.WriteString("\n• " + r.Rule + " (" + strings.TrimSpace(r.Name+" "+r.URL) + ")")
	}
	if link == "" {
		s.WriteString("\nThere is no console here; on the server, “evenkeel invitations FILE.csv” makes the list.")
	} else {
		s.WriteString("\nThe page takes your list of customers or orders as CSV and gives back everybody of the period. Nothing of it is kept; that it was made is recorded.")
	}
	if link != "" && i.Chat != "console" {
		s.WriteString(" The link signs you in; it works once and is for you alone.")
	}
	return Outcome{Text: s.String(), Link: link}, nil
}
