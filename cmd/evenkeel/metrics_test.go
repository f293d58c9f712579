package main

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/evenkeel/evenkeel/bot/slackbot/slacktest"
	"github.com/evenkeel/evenkeel/internal/metrics"
	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/llm"
)

// read gets a page as some program would.
func (r *running) read(path string, header map[string]string) (int, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, r.url+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	for k, v := range header {
		if req.Header.Set(k, v); k == "Host" {
			req.Host = v
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func parseMetrics(t *testing.T, text string) map[string]*dto.MetricFamily {
	t.Helper()
	var p expfmt.TextParser
	families, err := p.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err, text)
	}
	return families
}

// value is a metric's number with these label values, -1 for none.
func value(families map[string]*dto.MetricFamily, name string, labels ...string) float64 {
	for _, m := range families[name].GetMetric() {
		have := map[string]bool{}
		for _, l := range m.GetLabel() {
			have[l.GetValue()] = true
		}
		if slices.ContainsFunc(labels, func(l string) bool { return !have[l] }) {
			continue
		}
		switch {
		case m.Counter != nil:
			return m.GetCounter().GetValue()
		case m.Gauge != nil:
			return m.GetGauge().GetValue()
		case m.Histogram != nil:
			return float64(m.GetHistogram().GetSampleCount())
		}
	}
	return -1
}

// inSlack adds a workspace of Slack, where cards are posted.
func inSlack(t *testing.T, env map[string]string) map[string]string {
	t.Helper()
	s := slacktest.Start(slacktest.Options{HTTP: "http://127.0.0.1:1"}) // nobody presses there
	t.Cleanup(s.Close)
	maps.Copy(env, map[string]string{
		"EVENKEEL_SLACK_MODE": "http", "EVENKEEL_SLACK_API_URL": s.API, "EVENKEEL_SLACK_BOT_TOKEN": slacktest.BotToken,
		"EVENKEEL_SLACK_SIGNING_SECRET": slacktest.SigningSecret, "EVENKEEL_SLACK_CHANNEL": slacktest.Channel,
	})
	return env
}

// TestMetricsOfARun: the numbers are right, Prometheus' linter is content, and
// none of a customer's words stand in them.
func TestMetricsOfARun(t *testing.T) {
	r := start(t, inSlack(t, shopEnv(t)))
	const words = "zyzzyva leaked all over the parcel"
	if code, _ := r.deliver("canary-secret-of-the-shop", `{"id":"r1","rating":1,"body":"`+words+`","author":"Quillon"}`); code/100 != 2 {
		t.Fatal(code)
	}
	if code, _ := r.deliver("canary-secret-of-the-shop", `{"id":"r1","rating":1,"body":"`+words+`","author":"Quillon"}`); code/100 != 2 {
		t.Fatal(code)
	}
	var text string
	var families map[string]*dto.MetricFamily
	for r.t.Context().Err() == nil {
		_, text = r.read("/metrics", nil)
		families = parseMetrics(t, text)
		if value(families, "evenkeel_chat_call_duration_seconds", "slack", "post", "ok") >= 1 && value(families, "evenkeel_work_duration_seconds", "cards:slack", "ok") >= 1 {
			break
		}
	}
	for _, want := range []struct {
		name   string
		labels []string
		value  float64
	}{
		{"evenkeel_reviews_taken_total", []string{"added", "webhook"}, 1},
		{"evenkeel_case_events_total", []string{"accept"}, 1},
		{"evenkeel_intake_duration_seconds", []string{"ok"}, 1},
		{"evenkeel_database_up", nil, 1},
	} {
		if got := value(families, want.name, want.labels...); got < want.value {
			t.Errorf("%s%v is %v, not %v", want.name, want.labels, got, want.value)
		}
	}
	if got := value(families, "evenkeel_http_request_duration_seconds", "hooks", "2xx"); got != 2 {
		t.Errorf("%v webhooks were counted", got)
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	for _, word := range []string{"zyzzyva", "Quillon", "canary-secret-of-the-shop"} {
		if strings.Contains(text, word) {
			t.Errorf("%q stands in the metrics", word)
		}
	}
}

// TestMetricsAreNotForEverybody: a proxy, a web page with a rebound name and
// another machine get nothing; with a token only its bearer does.
func TestMetricsAreNotForEverybody(t *testing.T) {
	page := func(token string) http.Handler { return metricsPage{metrics.NewSet(), secret.New(token)} }
	for _, c := range []struct {
		name, token, remote, host string
		header                    map[string]string
		code                      int
	}{
		{"this machine", "", "127.0.0.1:5", "127.0.0.1:8467", nil, 200},
		{"this machine, IPv6", "", "[::1]:5", "[::1]:8467", nil, 200},
		{"another machine", "", "192.0.2.7:5", "127.0.0.1:8467", nil, 403},
		{"a proxy", "", "127.0.0.1:5", "127.0.0.1:8467", map[string]string{"X-Forwarded-For": "192.0.2.7"}, 403},
		{"a rebound name", "", "127.0.0.1:5", "desk.example.test", nil, 403},
		{"a web page", "", "127.0.0.1:5", "localhost:8467", map[string]string{"Origin": "https://example.test"}, 403},
		{"the token", "abc", "192.0.2.7:5", "desk.example.test", map[string]string{"Authorization": "Bearer abc"}, 200},
		{"another token", "abc", "127.0.0.1:5", "localhost", map[string]string{"Authorization": "Bearer abd"}, 401},
		{"no token", "abc", "127.0.0.1:5", "localhost", nil, 401},
		{"another scheme", "abc", "127.0.0.1:5", "localhost", map[string]string{"Authorization": "Basic abc"}, 401},
	} {
		req := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		req.RemoteAddr, req.Host = c.remote, c.host
		for k, v := range c.header {
			req.Header.Set(k, v)
		}
		rec := httptest.NewRecorder()
		page(c.token).ServeHTTP(rec, req)
		if rec.Code != c.code {
			t.Errorf("%s: %d, not %d", c.name, rec.Code, c.code)
		}
	}
}

type sickModel struct{}

func (sickModel) Health() []llm.Health {
	return []llm.Health{{Endpoint: "https://key@example.test", Model: "m", Requests: 3, Answers: 1, Failures: map[llm.Kind]int64{llm.Unreachable: 2}, Calls: 2, Usage: llm.Usage{PromptTokens: 10, CompletionTokens: 4, Cost: .5}}}
}

func TestModelMetrics(t *testing.T) {
	text := metrics.Text(modelFamilies(sickModel{})(context.Background()))
	f := parseMetrics(t, text)
	if value(f, "evenkeel_llm_requests_total") != 3 || value(f, "evenkeel_llm_failures_total", "unreachable") != 2 || value(f, "evenkeel_llm_tokens_total", "prompt") != 10 {
		t.Error(text)
	}
	if strings.Contains(text, "example.test") {
		t.Error("an endpoint's address stands in the metrics")
	}
	if problems, err := promlint.New(strings.NewReader(text)).Lint(); err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
}

// TestTraceOfAReview: intake, the work of bringing its card and the card are one
// trace, and the log names it.
func TestTraceOfAReview(t *testing.T) {
	var mu sync.Mutex
	spans := map[string]ptrace.Span{}
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		traces, err := new(ptrace.JSONUnmarshaler).UnmarshalTraces(body)
		if err != nil {
			t.Error(err)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		for _, rs := range traces.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, s := range ss.Spans().All() {
					spans[s.Name()] = s
				}
			}
		}
	}))
	defer srv.Close()
	env := inSlack(t, shopEnv(t))
	env["OTEL_EXPORTER_OTLP_ENDPOINT"] = srv.URL
	r := start(t, env)
	if code, _ := r.deliver("canary-secret-of-the-shop", `{"id":"r1","rating":1,"body":"zyzzyva"}`); code/100 != 2 {
		t.Fatal(code)
	}
	for t.Context().Err() == nil {
		_, text := r.read("/metrics", nil)
		if f := parseMetrics(t, text); value(f, "evenkeel_chat_call_duration_seconds", "slack", "post", "ok") >= 1 && value(f, "evenkeel_work_duration_seconds", "cards:slack", "ok") >= 1 {
			break
		}
	}
	r.end() // sends what waits
	mu.Lock()
	defer mu.Unlock()
	root := spans["intake"]
	if root == (ptrace.Span{}) || !root.ParentSpanID().IsEmpty() {
		t.Fatalf("no root among %d spans", len(spans))
	}
	for _, name := range []string{"post slack", "work cards:slack"} {
		s, ok := spans[name]
		if !ok || s.TraceID() != root.TraceID() || s.ParentSpanID() != root.SpanID() {
			t.Errorf("%q is not in the trace", name)
		}
	}
	found := false
	for line := range strings.Lines(r.log.String()) {
		var entry struct {
			Msg     string
			TraceID string `json:"trace_id"`
		}
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "case moved" {
			found = found || entry.TraceID == root.TraceID().String()
		}
	}
	if !found {
		t.Error("the log does not name the trace")
	}
}
