package bot_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/storage"
)

// tribunal is a platform that takes reports by API, and answers as it is told.
type tribunal struct {
	*moody
	verdicts []error // of the next calls, one each; nil takes the report
	dies     bool    // the program, in the middle of the next call
	got      []string
}

func (b *tribunal) Report(_ context.Context, key review.Key, ground, note string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.got = append(b.got, key.ID+" "+ground+" "+note)
	if b.dies {
		b.dies = false
		panic("the program dies here")
	}
	var err error
	if len(b.verdicts) > 0 {
		err, b.verdicts = b.verdicts[0], b.verdicts[1:]
	}
	return err
}

func tried(t *testing.T, caps func(*sources.Capabilities), verdicts ...error) (*house, *tribunal, int64) {
	t.Helper()
	m := &moody{caps: sources.Capabilities{List: true, Reply: true, EditReply: true, ReadBack: true, Report: true, MinPoll: 10 * time.Minute,
		Grounds: []sources.Ground{{ID: "ad", Label: "Advertising"}}}}
	if caps != nil {
		caps(&m.caps)
	}
	m.replies = map[string]string{}
	b := &tribunal{moody: m, verdicts: verdicts}
	h := open(t, rules(t, seldom(testPlaybook)), func(c *bot.Config) {
		m.clock = &clock{now: c.Now()}
		c.Sources = []sources.Source{b}
	})
	m.clock = h.clock
	return h, b, h.wrote(m)
}

// state tells how the first report is, and how often the platform was called.
func (h *house) state(b *tribunal, id int64, want review.ReportState, calls int) review.Report {
	h.Helper()
	r := h.get(id).Reports[0]
	if r.State != want || len(b.got) != calls {
		h.Errorf("the report is %s after %d calls, not %s after %d: %+v", r.State, len(b.got), want, calls, r)
	}
	return r
}

// asks finds the card in the thread that asks a person about the first report.
func (h *house) asks(id int64, words ...string) string {
	h.Helper()
	c := h.get(id)
	key := ""
	for _, n := range c.Nudges {
		if strings.HasPrefix(n.Of, "report-1-") {
			key = "escalate-" + n.Of
		}
	}
	if key == "" {
		h.Fatalf("nobody is asked: %+v", c.Nudges)
	}
	said := fmt.Sprint(h.chat.card(h.T, id, key))
	for _, w := range words {
		if !strings.Contains(said, w) {
			h.Errorf("the card does not say %q: %s", w, said)
		}
	}
	return key
}

func (h *house) reports(id int64) {
	h.Helper()
	h.ok(h.typed(cleo, fmt.Sprintf("report %d ad two weeks late", id)))
}

// TestReportIsSentOnce: recorded, then sent once, with the words and nothing of
// the team; then there is a date to look for the answer.
func TestReportIsSentOnce(t *testing.T) {
	h, b, id := tried(t, nil)
	h.refused(h.typed(cleo, fmt.Sprintf("report %d spam two weeks late", id)), "one of this platform's: ad")
	h.reports(id)
	h.state(b, id, review.ReportSending, 0) // the intent stands before anything is called
	h.pass(time.Hour)
	r := h.state(b, id, review.ReportSent, 1)
	if b.got[0] != "r1 ad The words in question: “two weeks late”" {
		t.Errorf("it says %q", b.got[0])
	}
	if days := r.Due.Sub(r.Called).Hours() / 24; days < 6.9 || days > 7.1 || r.Problem != "" {
		t.Errorf("%+v", r)
	}
	h.pass(8 * 24 * time.Hour)
	h.state(b, id, review.ReportSent, 1)
	h.asks(id, "Time to look for the platform's answer to report 1", "Report 1 was upheld")
}

// TestReportAnswerLost: nobody knows; a person is asked, and nothing is sent
// again by itself.
func TestReportAnswerLost(t *testing.T) {
	for arrived, after := range map[string]review.ReportState{"sent": review.ReportSent, "prepared": review.ReportPrepared} {
		t.Run(arrived, func(t *testing.T) {
			h, b, id := tried(t, nil, says(sources.ErrUnknown, "no answer"))
			h.reports(id)
			h.pass(24 * time.Hour)
			h.state(b, id, review.ReportUnsure, 1)
			key := h.asks(id, "Nobody knows whether report 1 arrived", "Report 1 arrived", "Report 1 did not arrive")
			h.ok(h.press(cleo, id, key, "reported:1:"+arrived))
			h.pass(time.Hour)
			if r := h.state(b, id, after, 1); r.Problem != "" || after == review.ReportSent && !r.Due.After(h.clock.Now().AddDate(0, 0, 5)) {
				t.Errorf("%+v", r)
			}
		})
	}
}

// TestReportNotTaken: what the platform says is one sentence in the thread, and
// the report is a person's again.
func TestReportNotTaken(t *testing.T) {
	for _, answer := range []error{
		says(sources.ErrRejected, "too old"), says(sources.ErrAuth, "the key ended"),
		says(sources.ErrNotFound, ""), says(sources.ErrUnsupported, "not in this country"),
	} {
		t.Run(answer.Error(), func(t *testing.T) {
			h, b, id := tried(t, nil, answer)
			h.reports(id)
			h.pass(24 * time.Hour)
			r := h.state(b, id, review.ReportPrepared, 1)
			h.asks(id, "Report 1 was not sent", r.Problem)
			if r.Problem == "" {
				t.Error("nobody is told why")
			}
		})
	}
}

// TestReportWaits: what certainly had no effect is tried again.
func TestReportWaits(t *testing.T) {
	h, b, id := tried(t, nil, says(sources.ErrTransient, "down"), &sources.Error{Kind: sources.ErrRateLimited, Source: "shop", Op: "report", After: time.Hour})
	h.reports(id)
	h.pass(30 * time.Minute)
	h.state(b, id, review.ReportSending, 2)
	h.pass(time.Hour)
	h.state(b, id, review.ReportSent, 3)
}

// TestReportCrash: a program that dies in the call leaves its intent, and the
// one that comes after it asks instead of calling.
func TestReportCrash(t *testing.T) {
	h, b, id := tried(t, nil)
	b.dies = true
	h.reports(id)
	h.pass(24 * time.Hour)
	h.state(b, id, review.ReportUnsure, 1)
	h.asks(id, "The program stopped while the report was on its way")
}

// TestReportClaimedByTheDead: a program that died before the intent has called
// nobody, so the one that comes after it does.
func TestReportClaimedByTheDead(t *testing.T) {
	h, b, id := tried(t, nil)
	h.reports(id)
	jobs, err := h.store.Claim(h.ctx, storage.Claim{Worker: "dead", Kinds: []review.WorkKind{review.WorkReport}, Now: h.clock.Now(), Lease: time.Minute, Limit: 9})
	if err != nil || len(jobs) != 1 {
		t.Fatal(jobs, err)
	}
	h.pass(24 * time.Hour)
	h.state(b, id, review.ReportSent, 1)
}

// TestReportByHand: a source that cannot, or whose settings do not let it,
// leaves the report to be copied.
func TestReportByHand(t *testing.T) {
	h, b, id := tried(t, func(c *sources.Capabilities) { c.Report = false })
	h.reports(id)
	h.pass(24 * time.Hour)
	h.state(b, id, review.ReportPrepared, 0)
}

// TestReportMeanwhile: while it waits, a person may say how far it is; then it
// is not sent. Nor when the review is gone.
func TestReportMeanwhile(t *testing.T) {
	h, b, id := tried(t, nil)
	h.reports(id)
	h.ok(h.typed(cleo, fmt.Sprintf("reported %d 1 sent", id)))
	h.pass(24 * time.Hour)
	h.state(b, id, review.ReportSent, 0)
}
