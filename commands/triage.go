package commands

import (
	"context"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/review"
)

// VerdictOptions are the verdicts as a card offers them.
func VerdictOptions() []Option {
	return []Option{
		{"reply", "Reply in public"},
		{"thank", "Thank (praise)"},
		{"private", "Private only"},
		{"report", "Unfair: report it"},
		{"silent", "Stay silent (troll)"},
		{"hold", "Hold: facts first"},
		{"none", "Nothing to say"},
	}
}

// GoalOptions are the goals as a card offers them.
func GoalOptions() []Option {
	return []Option{
		{"recover", "Win this customer back"},
		{"inform", "Inform those who read along"},
		{"protect", "Keep the next one from it"},
	}
}

func triage() []Command {
	reason := optional(text("reason", "Why", "One sentence; it stands in the record"))
	return []Command{
		{
			Name: "verdict", Usage: "CASE VERDICT [REASON]", OnCase: true, Verb: "verdict",
			Help:    "Decide what to do: reply, thank, private, report, silent, hold or none.",
			Example: "verdict 42 private The customer asked us to call",
			Fields:  []Field{{Name: "verdict", Label: "Verdict", Kind: Choice, Options: VerdictOptions()}, reason},
			Form:    verdictForm,
			Run:     runVerdict,
		},
		{
			Name: "hold", Usage: "CASE WHAT FOR", OnCase: true, Verb: "hold",
			Help: "Park a case until facts or a lead are there.", Example: "hold 42 waiting for the courier",
			Fields: []Field{line("for", "What does it wait for?", "The courier's answer")},
			Form:   form("Hold this case", "Hold", "", line("for", "What does it wait for?", "The courier's answer")),
			Run: act(func(i Invocation) (review.Action, error) { return review.Hold{For: i.Arg("for")}, nil },
				always("held. “Release” takes it up again.")),
		},
		{
			Name: "release", Usage: "CASE", OnCase: true, Verb: "release",
			Help: "Take a held case up again. A sensitive one needs a lead.", Example: "release 42",
			Run: plain(review.Release{}, "released."),
		},
		{
			Name: "open", Usage: "CASE", OnCase: true, Verb: "open",
			Help: "Wake a case of history: it gets a thread and a clock.", Example: "open 42",
			Run: plain(review.OpenCase{}, "opened; its thread is coming."),
		},
		{
			Name: "reopen", Usage: "CASE [WHY]", OnCase: true, Verb: "reopen",
			Help: "Take a closed case up again.", Example: "reopen 42 the customer wrote to us",
			Fields: []Field{optional(line("why", "Why", ""))},
			Run: act(func(i Invocation) (review.Action, error) { return review.Reopen{Why: i.Arg("why")}, nil },
				always("open again.")),
		},
		{
			Name: "take", Usage: "CASE", OnCase: true, Verb: "assign",
			Help: "Make yourself the owner of a case.", Example: "take 42",
			Run: act(func(i Invocation) (review.Action, error) { return review.Assign{Owner: i.By}, nil }, always("yours now.")),
		},
		{
			Name: "assign", Usage: "CASE PERSON", OnCase: true, Verb: "assign",
			Help: "Give a case to a person, by the id that “whoami” shows.", Example: "assign 42 slack:U024BE7LH",
			Fields: []Field{line("owner", "Person", "console:ana, slack:U024BE7LH")},
			Form:   form("Assign this case", "Assign", "", line("owner", "Person", "The id that “whoami” shows")),
			Run:    act(assign, func(c review.Case) string { return c.Ref() + ": " + c.OwnerName + " owns it now." }),
		},
		{
			Name: "goal", Usage: "CASE GOAL", OnCase: true, Verb: "goal",
			Help: "Say what the answer should achieve first: recover, inform or protect.", Example: "goal 42 inform",
			Fields: []Field{{Name: "goal", Label: "Goal", Kind: Choice, Options: GoalOptions()}},
			Form:   form("Goal of the answer", "Set", "", Field{Name: "goal", Label: "Goal", Kind: Choice, Options: GoalOptions()}),
			Run: act(func(i Invocation) (review.Action, error) {
				g, err := review.ParseGoal(firstOf(i.Arg("goal"), i.Token.Arg))
				return review.SetGoal{Goal: g}, err
			}, func(c review.Case) string { return c.Ref() + ": the goal is to " + string(c.Goal) + "." }),
		},
		{
			Name: "spreading", Usage: "CASE", OnCase: true, Verb: "spreading",
			Help: "Raise the priority: others are picking this review up.", Example: "spreading 42",
			Run: plain(review.MarkSpreading{}, "marked as spreading; its clock is shorter now."),
		},
	}
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func assign(i Invocation) (review.Action, error) {
	id := strings.TrimSpace(i.Arg("owner"))
	if id == "" {
		return nil, &review.InputError{Field: "person", Problem: "is needed: an id as “whoami” shows it"}
	}
	name := id
	if _, after, ok := strings.Cut(id, ":"); ok {
		name = after
	}
	return review.Assign{Owner: review.Person{ID: review.PersonID(id), Name: name}}, nil
}

// verdictForm asks for the reason where one is needed; the other verdicts are
// taken at one press.
func verdictForm(ctx context.Context, d Desk, i Invocation) (*Form, error) {
	v := firstOf(i.Arg("verdict"), i.Token.Arg)
	switch review.Verdict(v) {
	case review.VerdictPrivate, review.VerdictSilent, review.VerdictHold:
		c, err := d.Case(ctx, i.Case)
		if err != nil {
			return nil, err
		}
		if c.Pending != nil && c.Pending.Verdict == review.Verdict(v) && c.Pending.By != i.By.ID {
			return nil, nil // the second person confirms; the reason stands already
		}
		f := text("reason", "Why", "One sentence; it stands in the record")
		f.Optional = v == "hold"
		i.Token.Arg = v
		return &Form{Title: "Verdict: " + v, Submit: "Decide", Token: i.Token, Fields: []Field{f}, Intro: verdictIntro[review.Verdict(v)]}, nil
	case "":
		return form("Verdict", "Decide", "",
			Field{Name: "verdict", Label: "Verdict", Kind: Choice, Options: VerdictOptions()},
			optional(text("reason", "Why", "Needed for private and silent")))(ctx, d, i)
	}
	return nil, nil
}

var verdictIntro = map[review.Verdict]string{
	review.VerdictPrivate: "There will be no public reply. Readers will see the review without an answer.",
	review.VerdictSilent:  "Silence is for trolls. A second person confirms it, it ends by itself, and an edit by the author reopens the case.",
	review.VerdictHold:    "The case waits until somebody releases it.",
}

func runVerdict(ctx context.Context, d Desk, i Invocation) (Outcome, error) {
	v, err := review.ParseVerdict(firstOf(i.Arg("verdict"), i.Token.Arg))
	if err != nil {
		return Outcome{}, err
	}
	before, err := d.Case(ctx, i.Case)
	if err != nil {
		return Outcome{}, err
	}
	c, err := d.Do(ctx, i, review.Decide{Verdict: v, Reason: i.Arg("reason")})
	if err != nil {
		return Outcome{}, err
	}
	switch {
	case c.Pending != nil:
		return Outcome{Text: c.Ref() + ": noted. A second person must confirm “" + string(v) + "”."}, nil
	case (v == review.VerdictReply || v == review.VerdictThank) && c.Status == review.Open && !c.Drafting && before.Draft == nil:
		// The natural next step: the person wants a text. It is an invocation
		// of its own, so its failure does not take the verdict back.
		if c, err = d.Do(ctx, Invocation{Command: "draft", Case: i.Case, By: i.By, Chat: i.Chat}, review.RequestDraft{}); err != nil {
			return Outcome{}, err
		}
		return Outcome{Text: c.Ref() + ": " + string(v) + ". A draft is being written; it will stand in the thread."}, nil
	}
	return Outcome{Text: c.Ref() + ": " + string(v) + "."}, nil
}

func facts() []Command {
	return []Command{
		{
			Name: "ask", Usage: "CASE QUESTION", OnCase: true, Verb: "ask",
			Help: "Put a question to the thread that must not be guessed.", Example: "ask 42 When did the parcel leave us?",
			Fields: []Field{text("question", "Question", "When did the parcel leave us?")},
			Form:   form("Ask for a fact", "Ask", "Answers that are marked as facts feed the draft.", text("question", "Question", "When did the parcel leave us?")),
			Run: act(func(i Invocation) (review.Action, error) { return review.Ask{Question: i.Arg("question")}, nil },
				always("the question stands in the thread.")),
		},
		{
			Name: "fact", Usage: "CASE STATEMENT", OnCase: true, Verb: "fact",
			Help: "Vouch for a statement; drafts may use it, with your name in the record.", Example: "fact 42 The parcel left us on Monday",
			Fields: []Field{text("text", "What do you know?", "One plain sentence that you vouch for")},
			Form:   factForm,
			Run: func(ctx context.Context, d Desk, i Invocation) (Outcome, error) {
				n, _ := strconv.Atoi(i.Token.Arg)
				c, err := d.Do(ctx, i, review.AddFact{Text: i.Arg("text"), Answers: n})
				if err != nil {
					return Outcome{}, err
				}
				say := c.Ref() + ": noted as fact " + strconv.Itoa(len(c.Facts)) + "."
				if c.Draft != nil {
					say += " The text was written without it: ask for another draft, or approve it again."
				}
				return Outcome{Text: say}, nil
			},
		},
		{
			Name: "unfact", Usage: "CASE NUMBER", OnCase: true, Verb: "unfact",
			Help: "Take a fact back.", Example: "unfact 42 1",
			Fields: []Field{{Name: "n", Label: "Number of the fact", Kind: Number}},
			Run: act(func(i Invocation) (review.Action, error) {
				n, err := strconv.Atoi(firstOf(i.Arg("n"), i.Token.Arg))
				if err != nil {
					return nil, &review.InputError{Field: "fact", Problem: "is named by its number"}
				}
				return review.RetractFact{N: n}, nil
			}, always("the fact is taken back.")),
		},
	}
}

func factForm(ctx context.Context, d Desk, i Invocation) (*Form, error) {
	c, err := d.Case(ctx, i.Case)
	if err != nil {
		return nil, err
	}
	f := &Form{
		Title: "Add a fact", Submit: "I vouch for it", Token: i.Token,
		Intro:  "Drafts may state it in public. Your name stands beside it in the record, not in the reply.",
		Fields: []Field{text("text", "What do you know?", "One plain sentence that you vouch for")},
	}
	f.Fields[0].Value = i.Arg("text")
	if n, _ := strconv.Atoi(i.Token.Arg); n >= 1 && n <= len(c.Questions) {
		f.Intro = "Question: " + c.Questions[n-1].Text
	}
	return f, nil
}
