package bot

import (
	"fmt"

	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
)

// reportNumbered is one of the case's reports, the zero Report if it is none.
func (p painter) reportNumbered(n int) review.Report {
	if n < 1 || n > len(p.c.Reports) {
		return review.Report{}
	}
	return p.c.Reports[n-1]
}

// reportTitle says what is to be done about a report.
func (p painter) reportTitle(n int) string {
	switch r := p.reportNumbered(n); {
	case r.State == review.ReportUnsure:
		return fmt.Sprintf("Nobody knows whether report %d arrived; please look on the platform", n)
	case r.State == review.ReportPrepared && r.Problem != "":
		return fmt.Sprintf("Report %d was not sent", n)
	}
	return fmt.Sprintf("Time to look for the platform's answer to report %d", n)
}

// reportTask says why a report waits for a person, and offers what to say.
func (p painter) reportTask(card *Card, n int) {
	r := p.reportNumbered(n)
	if r.Problem != "" {
		card.Blocks = append(card.Blocks, Block{Kind: Para, Text: oneLine(r.Problem)})
	}
	p.reportButtons(card, r)
}

// reportButtons bring a report on its way.
func (p painter) reportButtons(card *Card, r review.Report) {
	next := map[review.ReportState][]review.ReportState{
		review.ReportPrepared: {review.ReportSent},
		review.ReportUnsure:   {review.ReportSent, review.ReportPrepared},
		review.ReportSent:     {review.ReportUpheld, review.ReportDenied},
		review.ReportDenied:   {review.ReportSent},
	}[r.State]
	label := map[review.ReportState]string{
		review.ReportSent: "Report %d is sent", review.ReportPrepared: "Report %d did not arrive",
		review.ReportUpheld: "Report %d was upheld", review.ReportDenied: "Report %d was denied",
	}
	for _, s := range next {
		text := fmt.Sprintf(label[s], r.N)
		switch {
		case r.State == review.ReportDenied:
			text = fmt.Sprintf("Appeal of report %d is sent", r.N)
		case r.State == review.ReportUnsure && s == review.ReportSent:
			text = fmt.Sprintf("Report %d arrived", r.N)
		}
		if len(card.Buttons) < 10 {
			p.button(card, Button{Label: text, Token: commands.Token{Command: "reported", Arg: fmt.Sprintf("%d:%s", r.N, s)}})
		}
	}
}
