//go:build peers

package llm

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/peers"
	"github.com/evenkeel/evenkeel/review"
)

// aimock is a model endpoint that other people wrote
// (https://github.com/CopilotKit/aimock), serving testdata/peers/fixtures.json.
// Each fixture answers the model of its name.
type aimock struct {
	t    *testing.T
	url  string
	peer *peers.Peer
}

func startAimock(t *testing.T) *aimock {
	t.Helper()
	m := &aimock{t: t, peer: peers.Start(t, peers.Program{Dir: peers.NPM(t, filepath.Join("testdata", "peers")), Args: []string{"node", "aimock.mjs"}})}
	var first struct{ URL string }
	m.peer.Says(&first)
	m.url = first.URL
	return m
}

// calls is how often each model was called, as the peer itself counted.
func (m *aimock) calls() map[string]int {
	m.t.Helper()
	m.peer.Tell("journal")
	var j struct{ Calls map[string]int }
	m.peer.Says(&j)
	return j.Calls
}

// client is a client of the peer for one model.
func (m *aimock) client(model string, change func(*Config)) *Client {
	m.t.Helper()
	cfg := Config{
		Endpoints: []Endpoint{{Name: model, BaseURL: m.url + "/v1", Model: model, PromptPrice: 1, CompletionPrice: 2}},
		Deadline:  time.Minute, TryTimeout: 20 * time.Second, Backoff: time.Millisecond, MaxWait: 3 * time.Second,
	}
	if change != nil {
		change(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		m.t.Fatal(err)
	}
	return c
}

// TestAimock: whatever a server that others wrote answers, a call ends in a
// draft or in the right kind of error, with no more requests than allowed.
func TestAimock(t *testing.T) {
	m := startAimock(t)
	// With the sign-off a good draft has four sentences.
	impatient := func(c *Config) { c.TryTimeout, c.Tries = time.Second, 2 }
	for _, tt := range []struct {
		model  string
		kind   Kind // "" for a draft
		calls  int
		change func(*Config)
	}{
		{"draft-ok", "", 1, nil},
		{"error-500", Unreachable, 3, nil},
		{"error-500-once", "", 2, nil},
		{"limited-short", "", 2, nil},         // Retry-After is obeyed
		{"limited-long", RateLimited, 1, nil}, // and not waited for when it is long
		{"denied", Denied, 1, nil},
		{"cut-content", Truncated, 3, nil},
		{"length", Truncated, 3, nil},
		{"filtered", Refused, 1, nil},
		{"empty", Empty, 3, nil},
		{"garbled", Malformed, 3, nil},
		{"hangs-up", Unreachable, 3, nil},
		{"slow", Timeout, 0, impatient},                  // the peer does not count calls that were given up
		{"nobody-knows-this-model", Unreachable, 3, nil}, // 503 in strict mode
	} {
		t.Run(tt.model, func(t *testing.T) {
			res, err := m.client(tt.model, tt.change).Draft(t.Context(), aRequest())
			var e *Error
			switch {
			case tt.kind == "" && err != nil:
				t.Errorf("no draft: %v", err)
			case tt.kind == "" && (res.Draft.Origin != review.FromModel || res.Draft.Text == "" || len(res.Draft.Sentences) != 4 || res.Usage.Tokens() == 0):
				t.Errorf("the draft is %+v, it took %+v", res.Draft, res.Usage)
			case tt.kind != "" && (!errors.As(err, &e) || e.Kind != tt.kind):
				t.Errorf("got %v (%+v), want %s", err, e, tt.kind)
			}
			if n := m.calls()[tt.model]; n != tt.calls {
				t.Errorf("%d requests, want %d", n, tt.calls)
			}
		})
	}
}

func TestAimockOtherTasks(t *testing.T) {
	m := startAimock(t)
	r := aRequest().Case.Review
	got, err := m.client("triage-ok", nil).Triage(t.Context(), TriageRequest{Review: r})
	if err != nil || got.By != "triage-ok" || len(got.Claims) == 0 || got.Tokens != 1000 {
		t.Errorf("triage: %+v, %v", got, err)
	}
	got, err = m.client("error-500", nil).Triage(t.Context(), TriageRequest{Review: r})
	if err != nil || got.By != "rules" {
		t.Errorf("triage without a model: %+v, %v", got, err)
	}
	text := "Thank you for telling us about the late parcel. Please write to us at help@example.test."
	findings, usage, err := m.client("judge-ok", nil).Judge(t.Context(), JudgeRequest{Text: text, Language: "en", Claims: aRequest().Case.Claims})
	if err != nil || len(findings) != 1 || findings[0].Check != CheckCoverage || usage.Cost != (900*1+100*2)/1e6 {
		t.Errorf("judge: %+v, %+v, %v", findings, usage, err)
	}
	if back, _, err := m.client("translate-ok", nil).Translate(t.Context(), text, "en", "de"); err != nil || back != "Danke für Ihre Nachricht." {
		t.Errorf("translate: %q, %v", back, err)
	}
	// One endpoint is away, the next one answers.
	c := m.client("error-500", func(c *Config) {
		c.Endpoints = append(c.Endpoints, Endpoint{Name: "second", BaseURL: m.url + "/v1", Model: "draft-ok"})
	})
	if res, err := c.Draft(t.Context(), aRequest()); err != nil || res.Draft.Model != "draft-ok" {
		t.Errorf("fall-over: %+v, %v", res.Draft, err)
	}
}
