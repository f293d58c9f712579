package commands

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/review/promise"
)

// WorkedOptions are the answers to "did it work?".
func WorkedOptions() []Option {
	return []Option{{"yes", "Yes"}, {"partly", "Partly"}, {"no", "No"}}
}

// PromiseReport counts what was promised in some days and what became of it.
type PromiseReport struct {
	Days    int
	Looked  int // cases that were looked through
	InTime  int // kept in time
	Late    int // kept late
	Dropped int
	Open    int // and not due yet
	Overdue int
	// Promised is the sum.
	Promised int
}

// String is the report in a sentence.
func (r PromiseReport) String() string {
	if r.Promised == 0 {
		return fmt.Sprintf("Nothing was promised in the last %d days.", r.Days)
	}
	return fmt.Sprintf("In the last %d days: %d promised, %d kept (%d of them in time), %d open, %d overdue, %d dropped.",
		r.Days, r.Promised, r.InTime+r.Late, r.InTime, r.Open, r.Overdue, r.Dropped)
}

// The fields that several rows ask for.
var (
	dueField       = Field{Name: "due", Label: "Due (year-month-day)", Kind: Date, Hint: "2026-12-01"}
	ownerField     = optional(line("owner", "Who sees to it", "You, unless you name an id as “whoami” shows it"))
	authorityField = optional(line("authority", "Who or what allows it", "You, in your role, unless you name somebody"))
	numberField    = func(of string) Field { return Field{Name: "n", Label: "Number of the " + of, Kind: Number} }
	proofField     = text("proof", "What shows that it was kept?", "A parcel number, a receipt, a sentence")
	outcomeField   = text("outcome", "What came of it?", "One sentence")
	messageField   = optional(text("message", "What to say, as a start", "Never ask for a change of the review"))
	channelField   = Field{Name: "channel", Label: "By which way", Kind: Choice, Options: []Option{
		{"phone", "Phone"}, {"email", "E-mail"}, {"message", "Private message"}, {"letter", "Letter"}, {"visit", "In person"},
	}}
	benefitField = Field{Name: "kind", Label: "What", Kind: Choice, Options: []Option{
		{"refund", "Money back"}, {"voucher", "Voucher"}, {"replacement", "Replacement"}, {"gift", "Gift"}, {"other", "Something else"},
	}}
	causeField = line("cause", "Cause", "late delivery")
)

func aftercare() []Command {
	return append(promises(), append(care(), reports()...)...)
}

func promises() []Command {
	return []Command{
		{
			Name: "promise", Usage: "CASE DATE WHAT", OnCase: true, Verb: "promise",
			Help: "Note a commitment with a date; you own it.", Example: "promise 42 2026-12-01 send a new lid",
			Fields: []Field{dueField, text("text", "What was promised?", "Send a new lid")},
			Form:   promiseForm,
			Run:    runPromise,
		},
		{
			Name: "undertake", Usage: "CASE NUMBER DATE [AUTHORITY]", OnCase: true, Verb: "undertake",
			Help: "Give a promise an owner, a date and who allows it; or put it off.", Example: "undertake 42 1 2026-12-01",
			Fields: []Field{numberField("promise"), dueField, authorityField},
			Form:   about("Own a promise", "See to it", "promise", dueField, ownerField, authorityField),
			Run:    runUndertake,
		},
		{
			Name: "kept", Usage: "CASE NUMBER PROOF", OnCase: true, Verb: "kept",
			Help: "Record that a promise was kept, and what shows it.", Example: "kept 42 1 sent with the morning post",
			Fields: []Field{numberField("promise"), proofField},
			Form:   about("A kept promise", "It is kept", "promise", proofField),
			Run: act(func(i Invocation) (review.Action, error) {
				n, err := number(firstOf(i.Arg("n"), i.Token.Arg), "promise")
				return review.KeepPromise{N: n, Proof: i.Arg("proof")}, err
			}, always("kept. In a week the thread asks whether it worked.")),
		},
		{
			Name: "drop", Usage: "CASE NUMBER REASON", OnCase: true, Verb: "drop",
			Help: "Give a promise up, with a reason.", Example: "drop 42 1 the customer declined",
			Fields: []Field{numberField("promise"), line("reason", "Why", "")},
			Form:   about("Drop a promise", "Drop it", "promise", line("reason", "Why", "It stands in the record")),
			Run: act(func(i Invocation) (review.Action, error) {
				n, err := number(firstOf(i.Arg("n"), i.Token.Arg), "promise")
				return review.DropPromise{N: n, Reason: i.Arg("reason")}, err
			}, always("the promise is dropped.")),
		},
		{
			Name: "worked", Usage: "CASE NUMBER yes|partly|no", OnCase: true, Verb: "worked",
			Help: "Say whether a kept promise helped. “no” reopens the case.", Example: "worked 42 1 yes",
			Fields: []Field{numberField("promise"), {Name: "answer", Label: "Did it work?", Kind: Choice, Options: WorkedOptions()}},
			Run: act(func(i Invocation) (review.Action, error) {
				of, answer, _ := strings.Cut(i.Token.Arg, ":")
				n, err := number(firstOf(i.Arg("n"), of), "promise")
				return review.DidItWork{N: n, Answer: review.Worked(firstOf(i.Arg("answer"), answer))}, err
			}, func(c review.Case) string {
				if c.Status == review.Open {
					return c.Ref() + ": noted; the case is open again."
				}
				return c.Ref() + ": noted."
			}),
		},
		{
			Name: "update", Usage: "CASE", OnCase: true, Verb: "update",
			Help: "Add to a published reply, say a closing note. The old one stays until then.", Example: "update 42",
			Run: plain(review.Update{}, "open for new words. Write them, or ask for a draft; they are approved as always."),
		},
		{
			Name: "promises", Usage: "[mine]", Role: review.Viewer,
			Help: "Open promises, the first due first, and how many were kept.", Example: "promises mine",
			Fields: []Field{{Name: "which", Label: "Which", Kind: Choice, Optional: true, Options: []Option{{"mine", "My promises"}}}},
			Run:    runPromises,
		},
		{
			Name: "overdue", Role: review.Viewer,
			Help: "What is late: answers, promises, and tasks.", Example: "overdue",
			Run: runOverdue,
		},
	}
}

func runPromise(ctx context.Context, d Desk, i Invocation) (Outcome, error) {
	due, err := d.EndOfDay(i.Arg("due"))
	if err != nil {
		return Outcome{}, err
	}
	return said(ctx, d, i, review.AddPromise{Text: i.Arg("text"), Owner: owner(i), Due: due, Authority: i.Arg("authority")}, "the promise is noted.")
}

func runUndertake(ctx context.Context, d Desk, i Invocation) (Outcome, error) {
	due, err := d.EndOfDay(i.Arg("due"))
	if err != nil {
		return Outcome{}, err
	}
	n, err := number(firstOf(i.Arg("n"), i.Token.Arg), "promise")
	if err != nil {
		return Outcome{}, err
	}
	return said(ctx, d, i, review.Undertake{N: n, Owner: owner(i), Due: due, Authority: i.Arg("authority")}, "the promise has an owner and a date.")
}

func runOverdue(ctx context.Context, d Desk, _ Invocation) (Outcome, error) {
	items, err := d.Overdue(ctx)
	if err != nil {
		return Outcome{}, err
	}
	if len(items) == 0 {
		return Outcome{Text: "Nothing is overdue."}, nil
	}
	return listed("Overdue, the latest first", items), nil
}

// listed is a list cut to what fits a phone.
func listed(title string, items []Item) Outcome {
	if n := len(items); n > inboxLength {
		title, items = fmt.Sprintf("%s (the first %d of %d)", title, inboxLength, n), items[:inboxLength]
	}
	return Outcome{Text: title + ":", Items: items}
}

func runPromises(ctx context.Context, d Desk, i Invocation) (Outcome, error) {
	var who review.PersonID
	if i.Arg("which") == "mine" {
		who = i.By.ID
	}
	items, err := d.Promises(ctx, who)
	if err != nil {
		return Outcome{}, err
	}
	report, err := d.PromiseReport(ctx)
	if err != nil {
		return Outcome{}, err
	}
	if len(items) == 0 {
		return Outcome{Text: "No promise is open. " + report.String()}, nil
	}
	out := listed("Open promises", items)
	out.Text = report.String() + "\n" + out.Text
	return out, nil
}

// said does an action and says what happened.
func said(ctx context.Context, d Desk, i Invocation, a review.Action, words string) (Outcome, error) {
	c, err := d.Do(ctx, i, a)
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Text: c.Ref() + ": " + words}, nil
}

// owner is the person that a form names, or the one who fills it in.
func owner(i Invocation) review.Person {
	id := strings.TrimSpace(i.Arg("owner"))
	if id == "" || id == string(i.By.ID) {
		return i.By
	}
	name := id
	if _, after, ok := strings.Cut(id, ":"); ok {
		name = after
	}
	return review.Person{ID: review.PersonID(id), Name: name}
}

// about is a form about one numbered thing of a case. The number comes with
// the button; a typed command without it is asked for it.
func about(title, submit, of string, fields ...Field) func(context.Context, Desk, Invocation) (*Form, error) {
	return func(ctx context.Context, d Desk, i Invocation) (*Form, error) {
		ask := fields
		if i.Token.Arg == "" {
			i.Token.Arg = i.Arg("n")
		}
		if i.Token.Arg == "" {
			ask = append([]Field{numberField(of)}, fields...)
		}
		return form(title, submit, "", ask...)(ctx, d, i)
	}
}

// promiseForm asks for a promise. A button on a draft names the sentence by
// its place, so that the words need not be copied.
func promiseForm(ctx context.Context, d Desk, i Invocation) (*Form, error) {
	f, err := form("Note a promise", "Note it", "It gets an owner and a date, and the thread is reminded of it.",
		text("text", "What was promised?", "Send a new lid"), dueField, ownerField, authorityField)(ctx, d, i)
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(i.Token.Arg)
	if err != nil {
		return f, nil //nolint:nilerr // no place in a text: the form is empty
	}
	c, err := d.Case(ctx, i.Case)
	if err != nil {
		return nil, err
	}
	if c.Draft == nil {
		return f, nil
	}
	if found := promise.Find(c.Draft.Text, c.Draft.Language); n >= 1 && n <= len(found) {
		f.Fields[0].Value = found[n-1].Text
		if w := found[n-1].When; w != "" {
			f.Intro = "The text says: " + w + "."
		}
	}
	return f, nil
}

func number(s, of string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0, &review.InputError{Field: of, Problem: "is named by its number"}
	}
	return n, nil
}

// care is what a team does for the customer beside the public reply.
func care() []Command {
	return []Command{
		{
			Name: "reach", Usage: "CASE phone|email|message|letter|visit DATE [MESSAGE]", OnCase: true, Verb: "reach",
			Help: "Note the task of speaking with the customer in private; you own it.", Example: "reach 42 phone 2026-12-01",
			Fields: []Field{channelField, dueField, messageField},
			Form:   form("Reach out", "Note it", "In private, and without asking for a change of the review.", channelField, dueField, ownerField, messageField),
			Run: func(ctx context.Context, d Desk, i Invocation) (Outcome, error) {
				due, err := d.EndOfDay(i.Arg("due"))
				if err != nil {
					return Outcome{}, err
				}
				return said(ctx, d, i, review.ReachOut{Channel: i.Arg("channel"), Message: i.Arg("message"), Owner: owner(i), Due: due}, "the task is noted.")
			},
		},
		{
			Name: "reached", Usage: "CASE NUMBER OUTCOME", OnCase: true, Verb: "reached",
			Help: "Say what came of reaching out.", Example: "reached 42 1 she is glad and needs nothing more",
			Fields: []Field{numberField("task"), outcomeField},
			Form:   about("What came of it", "Note it", "task", outcomeField),
			Run: act(func(i Invocation) (review.Action, error) {
				n, err := number(firstOf(i.Arg("n"), i.Token.Arg), "task")
				return review.Reached{N: n, Outcome: i.Arg("outcome")}, err
			}, always("noted.")),
		},
		{
			Name: "benefit", Usage: "CASE KIND VALUE WHY", OnCase: true, Verb: "benefit",
			Help: "Propose to give the customer something, in private; above your limit it takes two.", Example: "benefit 42 voucher 15 two weeks late",
			Fields: []Field{benefitField, line("value", "Worth", "20 or 19.90"), line("reason", "What for", "")},
			Form: form("Propose a benefit", "Propose", "It is given in private, never stands in a public reply, and nothing is asked for it.",
				benefitField, optional(line("value", "Worth, in the team's currency", "20 or 19.90; nothing for none")), line("reason", "What for", "")),
			Run: runBenefit,
		},
		{
			Name: "grant", Usage: "CASE NUMBER", OnCase: true, Verb: "grant",
			Help: "Agree to a benefit that somebody else proposed.", Example: "grant 42 1",
			Fields: []Field{numberField("benefit")},
			Run: act(func(i Invocation) (review.Action, error) {
				n, err := number(firstOf(i.Arg("n"), i.Token.Arg), "benefit")
				return review.GrantBenefit{N: n}, err
			}, always("granted.")),
		},
		{
			Name: "decline", Usage: "CASE NUMBER WHY", OnCase: true, Verb: "decline",
			Help: "Turn a proposed benefit down.", Example: "decline 42 1 a good reply will do",
			Fields: []Field{numberField("benefit"), line("reason", "Why not", "")},
			Form:   about("Decline a benefit", "Decline", "benefit", line("reason", "Why not", "One sentence")),
			Run: act(func(i Invocation) (review.Action, error) {
				n, err := number(firstOf(i.Arg("n"), i.Token.Arg), "benefit")
				return review.DeclineBenefit{N: n, Reason: i.Arg("reason")}, err
			}, always("declined.")),
		},
		{
			Name: "leave", Usage: "CASE", OnCase: true, Verb: "leave",
			Help: "After a customer's edit: leave the reply as it is and close the case.", Example: "leave 42",
			Run: plain(review.Leave{}, "closed; the reply stays as it is."),
		},
		{
			Name: "cause", Usage: "CASE CAUSE", OnCase: true, Verb: "cause",
			Help: "Name what lies behind a review, in a word or two.", Example: "cause 42 late delivery",
			Fields: []Field{causeField},
			Form:   causeForm,
			Run: act(func(i Invocation) (review.Action, error) {
				a := review.SetCause{Cause: i.Arg("cause")}
				if given, ok := i.Args["topics"]; ok {
					a.Topics = topics(given)
				}
				return a, nil
			}, func(c review.Case) string { return c.Ref() + ": the cause is “" + c.Cause + "”." }),
		},
		{
			Name: "more", OnCase: true, Role: review.Responder, Hidden: true,
			Help: "More that can be done on a case.",
			Form: moreForm,
			Run: func(context.Context, Desk, Invocation) (Outcome, error) {
				return Outcome{}, &review.InputError{Field: "choice", Problem: "is one of those on the card"}
			},
		},
	}
}

// MoreOptions are what a card offers beside the way to a reply.
func MoreOptions() []Option {
	return []Option{
		{"promise", "Note a promise"}, {"reach", "Reach out in private"}, {"benefit", "Propose a benefit"},
		{"cause", "Name the cause"}, {"report", "Report the review as unfair"}, {"assign", "Give it to somebody"},
	}
}

// moreForm opens the form of the row that was chosen on a card.
func moreForm(ctx context.Context, d Desk, i Invocation) (*Form, error) {
	for _, r := range Rows() {
		if r.Name == i.Token.Arg && r.Form != nil && r.Name != "more" && r.OnCase {
			if i.By.Role < r.Least() {
				return nil, &review.RoleError{Verb: r.Verb, Need: r.Least(), Have: i.By.Role}
			}
			i.Command, i.Token.Command, i.Token.Arg = r.Name, r.Name, ""
			return r.Form(ctx, d, i)
		}
	}
	return nil, &review.InputError{Field: "choice", Problem: "is one of those on the card"}
}

func runBenefit(ctx context.Context, d Desk, i Invocation) (Outcome, error) {
	a := review.ProposeBenefit{Kind: i.Arg("kind"), Reason: i.Arg("reason")}
	if v := strings.TrimSpace(i.Arg("value")); v != "" {
		var ok bool
		if a.Value, ok = playbook.Hundredths(v); !ok {
			return Outcome{}, &review.InputError{Field: "value", Problem: "is an amount such as 20 or 19.90"}
		}
	}
	c, err := d.Do(ctx, i, a)
	if err != nil {
		return Outcome{}, err
	}
	if b := c.Benefits[len(c.Benefits)-1]; b.Open() {
		return Outcome{Text: c.Ref() + ": proposed. It is above your limit, so a second person must grant it (“grant”)."}, nil
	}
	return Outcome{Text: c.Ref() + ": granted within your limit. Give it in private."}, nil
}

// topicsMax bounds the topics that a person names.
const topicsMax = 8

func topics(given string) []string {
	out := []string{}
	for _, s := range strings.Split(given, ",") {
		if s = review.PlainCause(s); s != "" && len(out) < topicsMax {
			out = append(out, s)
		}
	}
	return out
}

func causeForm(ctx context.Context, d Desk, i Invocation) (*Form, error) {
	c, err := d.Case(ctx, i.Case)
	if err != nil {
		return nil, err
	}
	f, err := form("Name the cause", "Name it", "Three of one cause in a week raise an alert.",
		causeField, optional(line("topics", "Topics, with commas between", "delivery, packaging")))(ctx, d, i)
	if err != nil {
		return nil, err
	}
	f.Fields[0].Value = firstOf(f.Fields[0].Value, c.Cause)
	f.Fields[1].Value = firstOf(f.Fields[1].Value, strings.Join(c.Topics, ", "))
	return f, nil
}
