package commands

import (
	"context"
	"slices"

	"github.com/evenkeel/evenkeel/review"
)

// Rows is the whole table, in the order in which help shows it.
func Rows() []Command {
	return slices.Concat(reading(), triage(), facts(), writing(), publishing(), aftercare(), team(), incidents(), numbers(), styling(), backfilling(), invitations())
}

// act is the common row: it moves a case by one action, made from the
// invocation, and says what happened.
func act(action func(Invocation) (review.Action, error), said func(review.Case) string) func(context.Context, Desk, Invocation) (Outcome, error) {
	return func(ctx context.Context, d Desk, i Invocation) (Outcome, error) {
		a, err := action(i)
		if err != nil {
			return Outcome{}, err
		}
		c, err := d.Do(ctx, i, a)
		if err != nil {
			return Outcome{}, err
		}
		return Outcome{Text: said(c)}, nil
	}
}

// plain is act for an action that needs nothing from the invocation.
func plain(a review.Action, said string) func(context.Context, Desk, Invocation) (Outcome, error) {
	return act(func(Invocation) (review.Action, error) { return a, nil }, always(said))
}

func always(said string) func(review.Case) string {
	return func(c review.Case) string { return c.Ref() + ": " + said }
}

// form is a form whose fields are those of the row, filled from the case.
func form(title, submit, intro string, fields ...Field) func(context.Context, Desk, Invocation) (*Form, error) {
	return func(_ context.Context, _ Desk, i Invocation) (*Form, error) {
		f := &Form{Title: title, Submit: submit, Intro: intro, Token: i.Token, Fields: slices.Clone(fields)}
		for n := range f.Fields {
			if v := i.Arg(f.Fields[n].Name); v != "" {
				f.Fields[n].Value = v
			}
		}
		return f, nil
	}
}

// text asks for a few sentences, line for one.
func text(name, label, hint string) Field {
	return Field{Name: name, Label: label, Kind: Text, Hint: hint, Max: 2000}
}

func line(name, label, hint string) Field {
	return Field{Name: name, Label: label, Kind: Line, Hint: hint, Max: 300}
}

func optional(f Field) Field { f.Optional = true; return f }

// seen is the hash of the text that the person saw on the card: the current
// one, for the desk has checked that the token matches it.
func seen(ctx context.Context, d Desk, i Invocation) (review.Digest, error) {
	c, err := d.Case(ctx, i.Case)
	if err != nil || c.Draft == nil {
		return review.Digest{}, err
	}
	if !i.Token.Matches(c) {
		return review.Digest{}, review.ErrStale
	}
	return c.Draft.Hash(), nil
}

// onText is the common row for a verb that speaks of the current text.
func onText(action func(review.Digest, Invocation) review.Action, said func(review.Case) string) func(context.Context, Desk, Invocation) (Outcome, error) {
	return func(ctx context.Context, d Desk, i Invocation) (Outcome, error) {
		hash, err := seen(ctx, d, i)
		if err != nil {
			return Outcome{}, err
		}
		c, err := d.Do(ctx, i, action(hash, i))
		if err != nil {
			return Outcome{}, err
		}
		return Outcome{Text: said(c)}, nil
	}
}
