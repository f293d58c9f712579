package bot_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/trustedshops"
	"github.com/evenkeel/evenkeel/sources/wire"
)

// court is Trusted Shops with one review, as its vendor describes the calls,
// and the way to it, on which a program can die.
type court struct {
	mu     sync.Mutex
	wrote  time.Time
	vetoes []map[string]string // that arrived, with the path they came to
	answer int                 // to the next of them
	dies   string              // the program, in the next report: "before" it left, or "after" it was answered
}

func (c *court) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	one := map[string]any{
		"id": "rev-1", "rating": 1, "title": "Crooks", "comment": "You crooks sent it two weeks late.", "type": "SERVICE_REVIEW", "status": "APPROVED",
		"submittedAt": c.wrote.Format("2006-01-02T15:04:05.000Z"), "customer": map[string]any{"fullName": "Jo"},
	}
	var out any
	switch {
	case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/vetos"):
		in := map[string]string{"path": r.URL.Path}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			in["problem"] = err.Error()
		}
		c.vetoes = append(c.vetoes, in)
		w.WriteHeader(c.answer)
		return
	case r.URL.Path == "/reviews":
		out = map[string]any{"items": []any{one}, "paging": map[string]any{"count": 1}}
	default:
		out = one
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out)
}

// RoundTrip lets the program die around a report.
func (c *court) RoundTrip(r *http.Request) (*http.Response, error) {
	dies := ""
	if r.Method == http.MethodPost {
		c.mu.Lock()
		dies, c.dies = c.dies, ""
		c.mu.Unlock()
	}
	if dies == "before" {
		panic("the program dies before the report leaves")
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if dies == "after" {
		panic("the program dies before it reads the answer")
	}
	return resp, err
}

func (c *court) filed() []map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]map[string]string(nil), c.vetoes...)
}

// inCourt is a desk on Trusted Shops, with its review in a case.
func inCourt(t *testing.T) (*house, *court, int64) {
	t.Helper()
	c := &court{answer: http.StatusCreated}
	front := httptest.NewServer(c)
	t.Cleanup(front.Close)
	h := open(t, rules(t, seldom(testPlaybook)), func(cfg *bot.Config) {
		c.wrote = cfg.Now().Add(-time.Hour)
		s, err := trustedshops.New(trustedshops.Settings{Name: "shop", Reporter: "desk@example.test", Wire: wire.Config{
			Base: front.URL, Now: cfg.Now, RetryWait: time.Millisecond, Transport: c, Authorize: func(*http.Request) error { return nil },
		}})
		if err != nil {
			t.Fatal(err)
		}
		cfg.Sources = []sources.Source{s}
	})
	h.pass(11 * time.Minute)
	got, err := h.store.CaseOf(h.ctx, review.Key{Source: "shop", ID: "rev-1"})
	if err != nil {
		t.Fatal(err)
	}
	return h, c, got.ID
}

// TestAVetoIsFiledOnce: the report of a review on Trusted Shops goes out once,
// word for word, wherever the program dies between its intent and the answer;
// a program that comes after it asks a person, who has the last word.
func TestAVetoIsFiledOnce(t *testing.T) {
	want := map[string]string{
		"path": "/reviews/rev-1/vetos", "reason": "ABUSIVE", "comment": "The words in question: “You crooks”", "vetoReporterEmail": "desk@example.test",
	}
	for name, tt := range map[string]struct {
		dies   string
		answer int
		state  review.ReportState // in which the case is left by the program
		filed  int
		says   string // the person who looked, "" when nobody was asked
		end    review.ReportState
	}{
		"all is well":                  {answer: 201, state: review.ReportSent, filed: 1, end: review.ReportSent},
		"dies when it was answered":    {dies: "after", answer: 201, state: review.ReportUnsure, filed: 1, says: "sent", end: review.ReportSent},
		"dies before it left":          {dies: "before", answer: 201, state: review.ReportUnsure, says: "prepared", end: review.ReportPrepared},
		"taken, and the answer is 500": {answer: 500, state: review.ReportUnsure, filed: 1, says: "sent", end: review.ReportSent},
		"refused":                      {answer: 422, state: review.ReportPrepared, filed: 1, end: review.ReportPrepared},
	} {
		t.Run(name, func(t *testing.T) {
			h, c, id := inCourt(t)
			c.dies, c.answer = tt.dies, tt.answer
			h.ok(h.typed(cleo, fmt.Sprintf("report %d ABUSIVE You crooks", id)))
			if r := h.get(id).Reports[0]; r.State != review.ReportSending || len(c.filed()) != 0 {
				t.Fatalf("the intent is %+v after %d calls", r, len(c.filed()))
			}
			look := func(when string, state review.ReportState) {
				t.Helper()
				if got := h.get(id).Reports[0]; got.State != state || got.Called.IsZero() {
					t.Errorf("%s: the report is %+v, not %s", when, got, state)
				}
				filed := c.filed()
				if len(filed) != tt.filed {
					t.Errorf("%s: %d reports arrived, not %d", when, len(filed), tt.filed)
				}
				for _, f := range filed {
					if diff := cmp.Diff(want, f); diff != "" {
						t.Errorf("%s: %s", when, diff)
					}
				}
			}
			h.pass(24 * time.Hour)
			look("a day later", tt.state)
			if tt.says != "" {
				key := h.asks(id, "Nobody knows whether report 1 arrived")
				h.ok(h.press(cleo, id, key, "reported:1:"+tt.says))
			}
			h.pass(72 * time.Hour)
			look("three days after that", tt.end)
		})
	}
}
