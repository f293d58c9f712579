package commands

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/review"
)

// answerDays is after how many days the platform's answer to a report is
// looked for.
const answerDays = 7

func reports() []Command {
	return []Command{
		{
			Name: "report", Usage: "CASE GROUND WORDS", OnCase: true, Verb: "report",
			Help:    "Report an unfair review: a ground of the platform's list and the words that break it.",
			Example: "report 42 spam Buy cheap watches",
			Fields:  []Field{line("ground", "Ground", "from the platform's own list"), text("words", "The words that break it", "quoted from the review")}, // the form asks for evidence too
			Form:    reportForm,
			Run:     runReport,
		},
		{
			Name: "reports", Role: review.Viewer,
			Help: "How reports of unfair reviews fared, by platform and ground.", Example: "reports",
			Run: runReports,
		},
		{
			Name: "reported", Usage: "CASE NUMBER STATE", OnCase: true, Verb: "report_is",
			Help: "Say how far a report has come: sent, upheld or denied; or prepared, when it did not arrive.", Example: "reported 42 1 sent",
			Fields: []Field{{Name: "n", Label: "Number of the report", Kind: Number}, {Name: "state", Label: "State", Kind: Choice, Options: []Option{
				{"sent", "Sent to the platform"}, {"upheld", "Upheld: the review was removed"}, {"denied", "Denied"}, {"prepared", "It did not arrive"},
			}}},
			Run: runReported,
		},
	}
}

// reportForm offers the grounds of the review's platform where they are known.
func reportForm(ctx context.Context, d Desk, i Invocation) (*Form, error) {
	c, err := d.Case(ctx, i.Case)
	if err != nil {
		return nil, err
	}
	ground := line("ground", "Ground", "from the platform's own list")
	if known := d.Grounds(c); len(known) > 0 {
		ground.Kind = Choice
		for _, g := range known[:min(len(known), maxOptions)] {
			ground.Options = append(ground.Options, Option{Value: g, Label: strings.ToLower(strings.ReplaceAll(g, "_", " "))})
		}
	}
	button := "Prepare"
	if known := d.Grounds(c); len(known) > 0 && d.SendsReports(c, known[0]) {
		button = "Report to the platform"
	}
	return form("Report this review", button, "“We disagree” is no ground. A reply stays possible.",
		ground, text("words", "The words that break it", "quoted from the review"), optional(text("evidence", "Evidence", "")))(ctx, d, i)
}

// maxOptions is Discord's limit of choices.
const maxOptions = 25

func runReport(ctx context.Context, d Desk, i Invocation) (Outcome, error) {
	c, err := d.Case(ctx, i.Case)
	if err != nil {
		return Outcome{}, err
	}
	ground := strings.TrimSpace(i.Arg("ground"))
	if known := d.Grounds(c); len(known) > 0 {
		at := slices.IndexFunc(known, func(g string) bool { return strings.EqualFold(g, ground) })
		if at < 0 {
			return Outcome{}, &review.InputError{Field: "ground", Problem: "is one of this platform's: " + strings.Join(known, ", ")}
		}
		ground = known[at]
	}
	if words := strings.TrimSpace(i.Arg("words")); words != "" && !quotes(c.Review.Text(), words) {
		return Outcome{}, &review.InputError{Field: "words", Problem: "must stand in the review as they are quoted; copy them from there"}
	}
	due, err := answerDue(d)
	if err != nil {
		return Outcome{}, err
	}
	send := d.SendsReports(c, ground)
	c, err = d.Do(ctx, i, review.OpenReport{Ground: ground, Words: i.Arg("words"), Evidence: i.Arg("evidence"), Due: due, Send: send})
	if err != nil {
		return Outcome{}, err
	}
	n := len(c.Reports)
	if send {
		return Outcome{Text: c.Ref() + ": the report is recorded and goes to the platform now. What came of it stands in the thread."}, nil
	}
	dossier, link := d.Dossier(c, n)
	return Outcome{
		Text: c.Ref() + ": the report is prepared. Send this to the platform, then say so (“reported " + strings.TrimPrefix(c.Ref(), "#") + " " + strconv.Itoa(n) + " sent”):\n\n" + dossier,
		Link: link,
	}, nil
}

// runReported notes what a person knows of a report.
func runReported(ctx context.Context, d Desk, i Invocation) (Outcome, error) {
	of, state, _ := strings.Cut(i.Token.Arg, ":")
	n, err := number(firstOf(i.Arg("n"), of), "report")
	if err != nil {
		return Outcome{}, err
	}
	due, err := answerDue(d)
	if err != nil {
		return Outcome{}, err
	}
	c, err := d.Do(ctx, i, review.ReportIs{N: n, State: review.ReportState(firstOf(i.Arg("state"), state)), Due: due})
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Text: c.Ref() + ": the report's state is noted."}, nil
}

// answerDue is when the answer to a report that goes out now is looked for.
func answerDue(d Desk) (time.Time, error) {
	return d.EndOfDay(d.Now().AddDate(0, 0, answerDays).Format("2006-01-02"))
}

// runReports tells how reports fared.
func runReports(ctx context.Context, d Desk, _ Invocation) (Outcome, error) {
	items, err := d.ReportOutcomes(ctx)
	if err != nil {
		return Outcome{}, err
	}
	if len(items) == 0 {
		return Outcome{Text: "Nothing was reported yet. “report CASE GROUND WORDS” prepares a report."}, nil
	}
	return Outcome{Text: "How reports of unfair reviews fared:", Items: items}, nil
}

// quotes tells whether words stand in a text, whatever the spaces.
func quotes(text, words string) bool {
	flat := func(s string) string {
		return strings.ToLower(strings.Join(strings.Fields(strings.Trim(s, "“”\"„")), " "))
	}
	return strings.Contains(flat(text), flat(words))
}
