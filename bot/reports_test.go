package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
)

// site is a platform where people report reviews by hand.
type site struct{ *moody }

func (site) ReportLink(review.Review) string { return "https://reviews.example.test/report" }

// TestTheDossier: a report is on one of the platform's own grounds; what is sent
// is there to be copied, with the page to send it on; how reports fared is
// counted for each ground.
func TestTheDossier(t *testing.T) {
	m := &moody{caps: sources.Capabilities{List: true, Reply: true, EditReply: true, ReadBack: true, MinPoll: 10 * time.Minute,
		Grounds: []sources.Ground{{ID: "competitor", Label: "Written by a competitor"}, {ID: "ad", Label: "Advertising"}}}}
	m.replies = map[string]string{}
	h := open(t, func(c *bot.Config) {
		m.clock = &clock{now: c.Now()}
		c.Sources = []sources.Source{site{m}}
	})
	m.clock = h.clock
	id := h.wrote(m)
	h.refused(h.typed(cleo, fmt.Sprintf("report %d spam late", id)), "one of this platform's: competitor, ad")
	out := h.typed(cleo, fmt.Sprintf("report %d competitor two weeks late", id))
	h.ok(out)
	for _, words := range []string{"Ground: Written by a competitor", "The words in question: “two weeks late”", "Written: 2026-03-02", "1 sent"} {
		if !strings.Contains(out.Text, words) {
			t.Errorf("the dossier does not say %q: %s", words, out.Text)
		}
	}
	if out.Link != "https://reviews.example.test/report" {
		t.Errorf("it is sent to %q", out.Link)
	}
	h.ok(h.typed(cleo, fmt.Sprintf("report %d competitor teapot", id)))
	h.ok(h.typed(cleo, fmt.Sprintf("report %d ad Nobody answered my question", id)))
	for n, state := range []string{"denied", "upheld"} {
		h.ok(h.typed(cleo, fmt.Sprintf("reported %d %d %s", id, n+1, state)))
	}
	var lines []string
	for _, item := range h.typed(vic, "reports").Items {
		lines = append(lines, item.Title+" = "+item.Note)
	}
	want := "simulator: Advertising = 0 upheld, 0 denied, 1 open\nsimulator: Written by a competitor = 50% upheld; 1 upheld, 1 denied, 0 open"
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("reports:\n%s\nwant:\n%s", got, want)
	}
}
