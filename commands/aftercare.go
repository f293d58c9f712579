package commands

import (
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/review"
)

func aftercare() []Command {
	promise := []Field{
		{Name: "due", Label: "Due (year-month-day)", Kind: Date},
		text("text", "What was promised?", "Send a new lid"),
	}
	return []Command{
		{
			Name: "promise", Usage: "CASE DATE WHAT", OnCase: true, Verb: "promise",
			Help: "Note a commitment with a date; you own it.", Example: "promise 42 2026-12-01 send a new lid",
			Fields: promise,
			Form:   form("Note a promise", "Note it", "You will be its owner.", promise[1], promise[0]),
			Run:    act(addPromise, always("the promise is noted.")),
		},
		{
			Name: "kept", Usage: "CASE NUMBER [PROOF]", OnCase: true, Verb: "kept",
			Help: "Record that a promise was kept.", Example: "kept 42 1 sent with the morning post",
			Fields: []Field{{Name: "n", Label: "Number of the promise", Kind: Number}, optional(line("proof", "Proof", ""))},
			Run: act(func(i Invocation) (review.Action, error) {
				n, err := number(firstOf(i.Arg("n"), i.Token.Arg), "promise")
				return review.KeepPromise{N: n, Proof: i.Arg("proof")}, err
			}, always("kept. Well done.")),
		},
		{
			Name: "drop", Usage: "CASE NUMBER REASON", OnCase: true, Verb: "drop",
			Help: "Give a promise up, with a reason.", Example: "drop 42 1 the customer declined",
			Fields: []Field{{Name: "n", Label: "Number of the promise", Kind: Number}, line("reason", "Why", "")},
			Run: act(func(i Invocation) (review.Action, error) {
				n, err := number(firstOf(i.Arg("n"), i.Token.Arg), "promise")
				return review.DropPromise{N: n, Reason: i.Arg("reason")}, err
			}, always("the promise is dropped.")),
		},
		{
			Name: "report", Usage: "CASE GROUND WORDS", OnCase: true, Verb: "report",
			Help:    "Prepare a report of an unfair review: a ground from the platform's list and the words that break it.",
			Example: "report 42 spam Buy cheap watches",
			Fields:  []Field{line("ground", "Ground", "from the platform's own list"), text("words", "The words that break it", "quoted from the review"), optional(text("evidence", "Evidence", ""))},
			Form: form("Report this review", "Prepare", "“We disagree” is no ground. A reply stays possible.",
				line("ground", "Ground", "from the platform's own list"), text("words", "The words that break it", "quoted from the review"), optional(text("evidence", "Evidence", ""))),
			Run: act(func(i Invocation) (review.Action, error) {
				return review.OpenReport{Ground: i.Arg("ground"), Words: i.Arg("words"), Evidence: i.Arg("evidence")}, nil
			}, always("the report is prepared.")),
		},
		{
			Name: "reported", Usage: "CASE NUMBER STATE", OnCase: true, Verb: "report_is",
			Help: "Say how far a report has come: sent, upheld or denied.", Example: "reported 42 1 sent",
			Fields: []Field{{Name: "n", Label: "Number of the report", Kind: Number}, {Name: "state", Label: "State", Kind: Choice, Options: []Option{
				{"sent", "Sent to the platform"}, {"upheld", "Upheld: the review was removed"}, {"denied", "Denied"},
			}}},
			Run: act(func(i Invocation) (review.Action, error) {
				n, err := number(i.Arg("n"), "report")
				return review.ReportIs{N: n, State: review.ReportState(firstOf(i.Arg("state"), i.Token.Arg))}, err
			}, always("the report's state is noted.")),
		},
	}
}

func addPromise(i Invocation) (review.Action, error) {
	due, err := time.Parse(time.DateOnly, i.Arg("due"))
	if err != nil {
		return nil, &review.InputError{Field: "date", Problem: "looks like 2026-12-01"}
	}
	return review.AddPromise{Text: i.Arg("text"), Owner: i.By, Due: due.Add(17 * time.Hour)}, nil
}

func number(s, of string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0, &review.InputError{Field: of, Problem: "is named by its number"}
	}
	return n, nil
}
