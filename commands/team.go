package commands

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/review"
)

func team() []Command {
	return []Command{
		{
			Name: "add", Usage: "[TEXT]", Role: review.Responder,
			Help: "Add a review by hand: paste its text.", Example: "add",
			Fields: []Field{{Name: "text", Label: "The review, word for word", Kind: Text, Max: 4000}},
			Form:   addForm,
			Run:    runAdd,
		},
		{
			Name: "pause", Role: review.Lead,
			Help: "Stop publishing for now. Reviews still come in.", Example: "pause",
			Run: func(ctx context.Context, d Desk, i Invocation) (Outcome, error) {
				if err := d.SetPaused(ctx, i, true); err != nil {
					return Outcome{}, err
				}
				return Outcome{Text: "Publishing is paused. Reviews still come in; “resume” lets approved texts go out again."}, nil
			},
		},
		{
			Name: "resume", Usage: "[yes]", Role: review.Lead,
			Help: "Let publishing go on after a pause. It asks once more.", Example: "resume yes",
			Fields: []Field{optional(line("sure", "Sure?", "yes"))},
			Run: func(ctx context.Context, d Desk, i Invocation) (Outcome, error) {
				by, paused, err := d.Paused(ctx)
				if err != nil {
					return Outcome{}, err
				}
				if !paused {
					return Outcome{Text: "Publishing is not paused."}, nil
				}
				if !strings.EqualFold(strings.TrimSpace(i.Arg("sure")), "yes") {
					return Outcome{Text: "Paused by " + by + ". Approved texts go out as soon as you say “resume yes”.", Refused: true}, nil
				}
				if err := d.SetPaused(ctx, i, false); err != nil {
					return Outcome{}, err
				}
				return Outcome{Text: "Publishing goes on."}, nil
			},
		},
		{
			Name: "whoami", Role: review.Nobody,
			Help: "Your name, id and role here.", Example: "whoami",
			Run: func(_ context.Context, _ Desk, i Invocation) (Outcome, error) {
				return Outcome{Text: fmt.Sprintf("You are %s (%s), your role is %s.", i.By.Name, i.By.ID, i.By.Role)}, nil
			},
		},
		{
			Name: "help", Usage: "[COMMAND]", Role: review.Nobody,
			Help: "What you can ask for.", Example: "help fact",
			Fields: []Field{optional(line("command", "Command", ""))},
			Run: func(_ context.Context, _ Desk, i Invocation) (Outcome, error) {
				return Outcome{Text: NewTable(Rows()).Help(i.Arg("command"), i.By.Role)}, nil
			},
		},
	}
}

// Help is the text that teaches: one row, or all that the role may use.
func (t *Table) Help(name string, role review.Role) string {
	if name != "" {
		r, ok := t.Find(strings.ToLower(strings.TrimSpace(name)))
		if !ok {
			return "There is no “" + name + "”. “help” lists everything."
		}
		return fmt.Sprintf("%s %s\n%s\nFor example: %s\nNeeds the role: %s", r.Name, r.Usage, r.Help, r.Example, r.Least())
	}
	var b strings.Builder
	b.WriteString("Most things have a button on the case's card. You can also type:\n")
	for _, r := range t.rows {
		if r.Hidden || role < r.Least() {
			continue
		}
		fmt.Fprintf(&b, "%s — %s\n", strings.TrimSpace(r.Name+" "+r.Usage), r.Help)
	}
	b.WriteString("In a case's thread, “fact: …” records a fact, and addressing me with a wish asks for another draft.")
	return b.String()
}

// Least is the least role that may use the row.
func (c Command) Least() review.Role {
	if c.Verb == "" {
		return c.Role
	}
	role, _ := review.RoleFor(c.Verb)
	return role
}

func addForm(_ context.Context, d Desk, i Invocation) (*Form, error) {
	return &Form{
		Title: "Add a review", Submit: "Make it a case", Token: i.Token,
		Fields: []Field{
			{Name: "text", Label: "The review, word for word", Kind: Text, Max: 4000, Value: i.Arg("text")},
			{Name: "stars", Label: "Stars", Kind: Choice, Optional: true, Options: []Option{{"1", "★"}, {"2", "★★"}, {"3", "★★★"}, {"4", "★★★★"}, {"5", "★★★★★"}}},
			{Name: "author", Label: "Who wrote it", Kind: Line, Optional: true, Max: 200},
			{Name: "platform", Label: "Where", Kind: Choice, Optional: true, Options: d.Platforms()},
			{Name: "url", Label: "Link to it", Kind: Line, Optional: true, Max: 1000, Hint: "Where the reply will be posted by hand"},
		},
	}, nil
}

func runAdd(ctx context.Context, d Desk, i Invocation) (Outcome, error) {
	r := review.Review{
		Key:    review.Key{Source: "manual", Account: firstOf(i.Arg("platform"), "other")},
		Rating: review.Rating{Kind: review.Unrated},
		Body:   i.Arg("text"), Author: i.Arg("author"), URL: strings.TrimSpace(i.Arg("url")), Created: d.Now(),
	}
	if strings.TrimSpace(r.Body) == "" {
		return Outcome{}, &review.InputError{Field: "review", Problem: "is empty: paste what the customer wrote"}
	}
	if s := i.Arg("stars"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > 5 {
			return Outcome{}, &review.InputError{Field: "rating", Problem: "is 1 to 5 stars"}
		}
		r.Rating = review.StarRating(float64(n))
	}
	c, fresh, err := d.AddReview(ctx, i, r)
	if err != nil {
		return Outcome{}, err
	}
	if !fresh {
		return Outcome{Text: "This review is here already: " + c.Ref() + ".", Show: c.ID, Link: d.Link(c.ID)}, nil
	}
	return Outcome{Text: c.Ref() + " is made; its thread is coming.", Link: d.Link(c.ID)}, nil
}
