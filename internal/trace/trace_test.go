package trace

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// collector keeps what it is sent, read by the decoder of the real one.
type collector struct {
	spans  []ptrace.Span
	header http.Header
	res    map[string]any
}

func collect(t *testing.T) (*collector, string) {
	t.Helper()
	c := &collector{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		traces, err := new(ptrace.JSONUnmarshaler).UnmarshalTraces(body)
		if err != nil || r.URL.Path != "/v1/traces" {
			t.Errorf("%s: %v\n%s", r.URL.Path, err, body)
		}
		c.header = r.Header
		for _, rs := range traces.ResourceSpans().All() {
			c.res = rs.Resource().Attributes().AsRaw()
			for _, ss := range rs.ScopeSpans().All() {
				for _, s := range ss.Spans().All() {
					c.spans = append(c.spans, s)
				}
			}
		}
		w.WriteHeader(http.StatusOK)
	}))
	t.Cleanup(srv.Close)
	return c, srv.URL
}

func env(values map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := values[name]; return v, ok }
}

func tracer(t *testing.T, values map[string]string) *Tracer {
	t.Helper()
	c, ok, err := FromEnv(env(values))
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	c.Installation = "test"
	return New(c, func() time.Time { return time.Unix(1_700_000_000, 5).UTC() })
}

// TestOneReviewIsOneTrace: two processes that know nothing of each other tell
// one story of a case.
func TestOneReviewIsOneTrace(t *testing.T) {
	got, url := collect(t)
	for _, steps := range [][]string{{"intake"}, {"publish", "verify"}} {
		tr := tracer(t, map[string]string{
			"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_SERVICE_NAME": "desk",
			"OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20abc", "OTEL_RESOURCE_ATTRIBUTES": "env=test,service.name=ignored",
		})
		for _, name := range steps {
			s := tr.Start(name)
			s.Set("attempt", int64(2))
			problem := ""
			if name == "publish" {
				problem = "unknown"
			}
			s.End(7, name == "intake", problem)
		}
		tr.Start("of no case").End(0, false, "")
		tr.Close(t.Context())
	}
	if len(got.spans) != 3 {
		t.Fatalf("%d spans", len(got.spans))
	}
	root := got.spans[0]
	if !root.ParentSpanID().IsEmpty() || root.TraceID().IsEmpty() {
		t.Error("the intake is not the root")
	}
	for _, s := range got.spans[1:] {
		if s.TraceID() != root.TraceID() || s.ParentSpanID() != root.SpanID() || s.SpanID() == root.SpanID() {
			t.Errorf("%s stands beside the trace", s.Name())
		}
	}
	if s := got.spans[1]; s.Status().Code() != ptrace.StatusCodeError || s.Status().Message() != "unknown" {
		t.Errorf("the failure reads %v", s.Status())
	}
	if v, ok := got.spans[1].Attributes().Get("attempt"); !ok || v.Int() != 2 {
		t.Error("an attribute is missing")
	}
	if got.res["service.name"] != "desk" || got.res["env"] != "test" || got.header.Get("Authorization") != "Bearer abc" {
		t.Errorf("%v %v", got.res, got.header)
	}
}

// TestOff: nothing is recorded, and nothing breaks, without an endpoint.
func TestOff(t *testing.T) {
	for _, values := range []map[string]string{{}, {"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, {"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}} {
		if _, ok, err := FromEnv(env(values)); ok || err != nil {
			t.Errorf("%v: %v %v", values, ok, err)
		}
	}
	var tr *Tracer
	if n := testing.AllocsPerRun(100, func() { s := tr.Start("x"); s.End(1, false, "") }); n != 0 {
		t.Errorf("off costs %v allocations", n)
	}
	tr.Close(t.Context())
}

func TestWrongSettings(t *testing.T) {
	for name, values := range map[string]map[string]string{
		"ENDPOINT":    {"OTEL_EXPORTER_OTLP_ENDPOINT": "canary:4317"},
		"PROTOCOL":    {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
		"TIMEOUT":     {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_EXPORTER_OTLP_TIMEOUT": "canary"},
		"SAMPLER":     {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_TRACES_SAMPLER": "canary"},
		"SAMPLER_ARG": {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "2"},
	} {
		_, _, err := FromEnv(env(values))
		if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSampling keeps about the share asked for, each trace whole.
func TestSampling(t *testing.T) {
	c := Config{Ratio: .25, Installation: "a"}
	tr := &Tracer{config: c}
	kept := 0
	for n := range int64(4000) {
		if c.sampled(tr.Of(n)) {
			kept++
		}
	}
	if kept < 850 || kept > 1150 {
		t.Errorf("%d of 4000 kept", kept)
	}
}

// TestAwayCollector: spans are dropped and counted, nobody waits.
func TestAwayCollector(t *testing.T) {
	release := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer srv.Close()
	tr := tracer(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": srv.URL})
	for range 3 * queueSize {
		tr.Start("x").End(1, false, "")
	}
	if tr.Counts().Dropped == 0 {
		t.Error("a queue without end")
	}
	close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tr.Close(ctx)
	if c := tr.Counts(); c.Sent+c.Dropped+c.Failed != 3*queueSize {
		t.Errorf("%+v", c)
	}
}

func TestLog(t *testing.T) {
	_, url := collect(t)
	tr := tracer(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": url})
	defer tr.Close(t.Context())
	var b bytes.Buffer
	log := slog.New(tr.Log(slog.NewJSONHandler(&b, nil)))
	log.Info("with", slog.Int64("case", 7))
	log.Info("without", slog.Int64("other", 7))
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	var with, without map[string]any
	if json.Unmarshal([]byte(lines[0]), &with) != nil || json.Unmarshal([]byte(lines[1]), &without) != nil {
		t.Fatal(b.String())
	}
	if with["trace_id"] != tr.Of(7).String() || without["trace_id"] != nil {
		t.Error(b.String())
	}
}
