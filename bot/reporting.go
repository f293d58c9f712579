package bot

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/crash"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/storage"
)

// SendsReports tells whether a report of this case on this ground goes out by
// the platform's API. Elsewhere a person copies the dossier.
func (d *Desk) SendsReports(c review.Case, ground string) bool {
	caps := d.capabilities(c.Review.Key)
	_, ok := d.sources[c.Review.Key.Source].(sources.Reporter)
	return ok && caps.Report && slices.ContainsFunc(caps.Grounds, func(g sources.Ground) bool { return g.ID == ground })
}

// answerAfter is how many days after a report went out its answer is looked for.
const answerAfter = 7

// sendReport sends a report by API: record the intent, call once, record the
// answer. An intent that is found is the restart of a call that nobody saw the
// end of. Platforms do not show the reports they have, so that it cannot be
// looked up: a person is asked, and nothing is sent a second time.
func (d *Desk) sendReport(ctx context.Context, j storage.Job) error {
	c, err := d.Store.Case(ctx, j.Case)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(j.Text)
	if err != nil || n < 1 || n > len(c.Reports) || c.Reports[n-1].State != review.ReportSending {
		return d.done(ctx, j) // erased, or a person said how far it is
	}
	r := c.Reports[n-1]
	if !r.Called.IsZero() {
		return d.reportIs(ctx, j, review.AnswerReport{N: n, State: review.ReportUnsure,
			Why: "The program stopped while the report was on its way. Please look on the platform whether it arrived; it is not sent again by itself."})
	}
	if !c.Removed.IsZero() {
		return d.reportIs(ctx, j, byHand(n, "The review is gone from its platform, so the report was not sent."))
	}
	if _, paused, err := d.Paused(ctx); err != nil {
		return err
	} else if paused {
		return &later{at: d.Now().Add(30 * time.Second), why: "publishing is paused"}
	}
	s, ok := d.sources[c.Review.Key.Source].(sources.Reporter)
	if !ok || !d.SendsReports(c, r.Ground) {
		return d.reportIs(ctx, j, byHand(n, "The source does not take reports by API any more. Please send it by hand."))
	}
	if _, err := d.act(ctx, c.ID, publisher, review.CallReport{N: n}, nil, storage.Batch{}); outgrown(err) {
		return &later{at: d.Now(), why: "the report moved on; looking again"}
	} else if err != nil {
		return err
	}
	if err := d.ours(ctx, j); err != nil {
		return err // somebody else sees the intent
	}
	crash.Point("report.intent")
	err = s.Report(ctx, c.Review.Key, r.Ground, reportNote(r))
	crash.Point("report.called")
	if err == nil {
		return d.reportIs(ctx, j, review.AnswerReport{N: n, State: review.ReportSent, Due: d.answerDay()})
	}
	return d.reportFailed(ctx, j, n, err)
}

// reportFailed records what a platform's error means for a report. Only an
// error that certainly had no effect lets it be sent again.
func (d *Desk) reportFailed(ctx context.Context, j storage.Job, n int, err error) error {
	a := review.AnswerReport{N: n}
	switch {
	case errors.Is(err, sources.ErrRateLimited), errors.Is(err, sources.ErrTransient):
		a.State, a.Due = review.ReportSending, d.Now().Add(max(d.wait(err, tries(j)), time.Minute))
		a.Why = "It will be tried again: " + reason(err)
	case errors.Is(err, sources.ErrAuth):
		a = byHand(n, "The platform does not accept our credentials ("+reason(err)+"). Renew them, or send it by hand.")
	case errors.Is(err, sources.ErrAlready):
		a.State, a.Due = review.ReportSent, d.answerDay() // by somebody on the platform itself
		a.Why = "The platform has a report of this review already."
	case errors.Is(err, sources.ErrNotFound):
		a = byHand(n, "The platform does not know this review any more, so the report was not taken.")
	case errors.Is(err, sources.ErrRejected), errors.Is(err, sources.ErrUnsupported):
		a = byHand(n, "The platform did not take it ("+reason(err)+"). Look at the ground and the words, or send it by hand.")
	default:
		a.State = review.ReportUnsure
		a.Why = "The platform's answer was lost (" + reason(err) + "). Please look there whether the report arrived; it is not sent again by itself."
	}
	return d.reportIs(ctx, j, a)
}

// reportIs records an answer and ends the job.
func (d *Desk) reportIs(ctx context.Context, j storage.Job, a review.AnswerReport) error {
	return d.system(ctx, j, "publisher", a)
}

// byHand gives a report back to people.
func byHand(n int, why string) review.AnswerReport {
	return review.AnswerReport{N: n, State: review.ReportPrepared, Why: why}
}

// answerDay is when the answer to a report that went out now is looked for.
func (d *Desk) answerDay() time.Time {
	return d.daysAfter(d.Now(), answerAfter).UTC().Truncate(time.Microsecond)
}

// reportNote is what the platform's people read: the words that break the
// rule, and why. It says nothing about the team.
func reportNote(r review.Report) string {
	note := "The words in question: “" + oneLine(r.Words) + "”"
	if r.Evidence != "" {
		note += "\n" + strings.TrimSpace(r.Evidence)
	}
	return note
}
