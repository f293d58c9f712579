package commands

import (
	"context"

	"github.com/evenkeel/evenkeel/review"
)

func writing() []Command {
	return []Command{
		{
			Name: "draft", Usage: "CASE [WISH]", OnCase: true, Verb: "redraft",
			Help: "Ask for a draft, or for another one with a wish.", Example: "draft 42 shorter, and mention the courier",
			Fields: []Field{optional(line("wish", "Wish", "shorter, and mention the courier"))},
			Run: act(func(i Invocation) (review.Action, error) {
				return review.RequestDraft{Instruction: firstOf(i.Arg("wish"), i.Token.Arg)}, nil
			}, always("a draft is being written; it will stand in the thread.")),
		},
		{
			Name: "redo", Usage: "CASE WISH", OnCase: true, Verb: "redraft", Hidden: true,
			Help: "Ask for another draft with a wish.",
			Form: form("Another draft", "Write it", "Say in a sentence what should change.",
				optional(line("wish", "Wish", "shorter, and mention the courier"))),
			Run: act(func(i Invocation) (review.Action, error) {
				return review.RequestDraft{Instruction: i.Arg("wish")}, nil
			}, always("another draft is being written.")),
		},
		{
			Name: "edit", Usage: "CASE [TEXT]", OnCase: true, Verb: "edit",
			Help: "Write or change the text yourself.", Example: "edit 42 Dear Jo, thank you for …",
			Fields: []Field{{Name: "text", Label: "Reply", Kind: Text}},
			Form:   editForm,
			Run: func(ctx context.Context, d Desk, i Invocation) (Outcome, error) {
				base, err := seen(ctx, d, i)
				if err != nil {
					return Outcome{}, err
				}
				c, err := d.Edit(ctx, i, base, i.Arg("text"))
				if err != nil {
					return Outcome{}, err
				}
				say := c.Ref() + ": your text is the draft now."
				if n := len(c.Standing()); n > 0 {
					say += " The checks hold something against it; see the card."
				}
				return Outcome{Text: say}, nil
			},
		},
		{
			Name: "discard", Usage: "CASE [WHY]", OnCase: true, Verb: "discard",
			Help: "Take the current text off the table.", Example: "discard 42 it misses the point",
			Fields: []Field{optional(line("reason", "Why", ""))},
			Run: onText(func(h review.Digest, i Invocation) review.Action {
				return review.Discard{Text: h, Reason: i.Arg("reason")}
			}, always("the text is off the table.")),
		},
		{
			Name: "waive", Usage: "CASE CHECK REASON", OnCase: true, Verb: "waive",
			Help: "Let one finding stand, with a written reason.", Example: "waive 42 concrete_detail The review names no detail",
			Fields: []Field{line("check", "Check", "its name as on the card"), text("reason", "Why may it stand?", "It is kept with your name")},
			Form:   waiveForm,
			Run: onText(func(h review.Digest, i Invocation) review.Action {
				return review.Waive{Text: h, Check: firstOf(i.Arg("check"), i.Token.Arg), Reason: i.Arg("reason")}
			}, always("waived; your reason stands in the record.")),
		},
	}
}

func editForm(ctx context.Context, d Desk, i Invocation) (*Form, error) {
	c, err := d.Case(ctx, i.Case)
	if err != nil {
		return nil, err
	}
	if !i.Token.Matches(c) {
		return nil, review.ErrStale
	}
	f := Field{Name: "text", Label: "Reply", Kind: Text, Hint: "Exactly these words will be checked and approved", Value: i.Arg("text")}
	title := "Write the reply"
	if c.Draft != nil {
		title = "Edit the reply"
		if f.Value == "" {
			f.Value = c.Draft.Text
		}
	}
	t := i.Token
	t.Text = TextOf(c.Draft)
	return &Form{Title: title, Submit: "Make it the draft", Token: t, Fields: []Field{f}}, nil
}

func waiveForm(_ context.Context, _ Desk, i Invocation) (*Form, error) {
	check := firstOf(i.Arg("check"), i.Token.Arg)
	f := &Form{Title: "Waive a finding", Submit: "Waive", Token: i.Token}
	if check == "" {
		f.Fields = append(f.Fields, line("check", "Check", "its name as on the card"))
	} else {
		f.Token.Arg = check
	}
	f.Fields = append(f.Fields, text("reason", "Why may it stand?", "It is kept with your name"))
	return f, nil
}

func publishing() []Command {
	return []Command{
		{
			Name: "approve", Usage: "CASE [LOOKED AT]", OnCase: true, Verb: "approve",
			Help:    "Say yes to exactly the current text, and what you looked at if you like. The outbox comes next.",
			Example: "approve 42 calm points",
			Fields:  []Field{optional(line("ticks", "What you looked at", "calm, points, personal, promises, or all"))},
			Run: func(ctx context.Context, d Desk, i Invocation) (Outcome, error) {
				ticks, err := review.ParseTicks(firstOf(i.Arg("ticks"), i.Token.Arg))
				if err != nil {
					return Outcome{}, err
				}
				yes := func(h review.Digest, _ Invocation) review.Action { return review.Approve{Text: h, Ticks: ticks} }
				return onText(yes, func(c review.Case) string { return approved(d, c) })(ctx, d, i)
			},
		},
		{
			Name: "undo", Usage: "CASE", OnCase: true, Verb: "undo",
			Help: "Take an approved text out of the outbox before it goes out.", Example: "undo 42",
			Run: plain(review.Undo{}, "taken back. Nothing was published."),
		},
		{
			Name: "posted", Usage: "CASE [LINK]", OnCase: true, Verb: "posted",
			Help: "Say that you posted the approved text by hand.", Example: "posted 42 https://reviews.example.com/r/9",
			Fields: []Field{optional(line("proof", "Link to the reply", "https://…"))},
			Form:   form("I posted it", "Yes, it is up", "Exactly the approved words?", optional(line("proof", "Link to the reply", "https://…"))),
			Run: act(func(i Invocation) (review.Action, error) { return review.Posted{Proof: i.Arg("proof")}, nil },
				always("recorded as posted by you.")),
		},
		{
			Name: "withdraw", Usage: "CASE", OnCase: true, Verb: "withdraw",
			Help: "Take a text back that waits to be posted by hand.", Example: "withdraw 42",
			Run: plain(review.Withdraw{}, "the text is a draft again."),
		},
		{
			Name: "up", Usage: "CASE [LINK]", OnCase: true, Verb: "it_is_up",
			Help: "You looked: the reply is on the platform.", Example: "up 42",
			Fields: []Field{optional(line("proof", "Link to the reply", ""))},
			Run: act(func(i Invocation) (review.Action, error) { return review.ItIsUp{Proof: i.Arg("proof")}, nil },
				always("recorded: it is up.")),
		},
		{
			Name: "notup", Usage: "CASE", OnCase: true, Verb: "it_is_not",
			Help: "You looked: the reply is not on the platform. It is tried again under the same approval.", Example: "notup 42",
			Run: plain(review.ItIsNot{}, "it will be tried again."),
		},
		{
			Name: "rework", Usage: "CASE", OnCase: true, Verb: "rework",
			Help: "Go back to the text of a rejected reply.", Example: "rework 42",
			Run: plain(review.Rework{}, "back to the text."),
		},
		{
			Name: "giveup", Usage: "CASE REASON", OnCase: true, Verb: "give_up",
			Help: "Close a case whose reply will not go up.", Example: "giveup 42 the platform refuses every wording",
			Fields: []Field{text("reason", "Why", "One sentence; it stands in the record")},
			Form:   form("Close without reply", "Close", "", text("reason", "Why", "One sentence; it stands in the record")),
			Run: act(func(i Invocation) (review.Action, error) { return review.GiveUp{Reason: i.Arg("reason")}, nil },
				always("closed without a reply.")),
		},
		{
			Name: "close", Usage: "CASE", OnCase: true, Verb: "close",
			Help: "Close a live case. It closes by itself after a day.", Example: "close 42",
			Run: plain(review.Close{}, "closed."),
		},
	}
}

func approved(d Desk, c review.Case) string {
	if c.Status == review.Approved {
		return c.Ref() + ": approved. It goes out at " + d.Clock(c.PublishAt) + "; until then “Undo” takes it back."
	}
	return c.Ref() + ": your yes is recorded. It needs another person's before it goes out."
}
