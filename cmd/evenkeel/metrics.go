package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/handover"
	"github.com/evenkeel/evenkeel/internal/metrics"
	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/storage"
)

// metricsPath is where Prometheus asks.
const metricsPath = "/metrics"

// lookEvery bounds how often the database is counted for the metrics, however
// often somebody asks.
const lookEvery = 5 * time.Second

// lookTimeout bounds one such count.
const lookTimeout = 3 * time.Second

// counts are the numbers that stand in the database.
type counts struct {
	store storage.Store
	names []string // of the programs that events are handed to
	mu    sync.Mutex
	at    time.Time
	last  []metrics.Family
}

// families reads the numbers, or gives those of a moment ago.
func (d *counts) families(ctx context.Context) []metrics.Family {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.last == nil || time.Since(d.at) >= lookEvery {
		ctx, cancel := context.WithTimeout(ctx, lookTimeout)
		defer cancel()
		d.last, d.at = d.read(ctx), time.Now()
	}
	return d.last
}

func (d *counts) read(ctx context.Context) []metrics.Family {
	up := metrics.Family{Name: "evenkeel_database_up", Help: "Whether the database answered the last question.", Kind: metrics.GaugeKind}
	seq, _, err := d.store.Head(ctx)
	if err != nil {
		up.Add(0)
		return []metrics.Family{up}
	}
	up.Add(1)
	entries := metrics.Family{Name: "evenkeel_audit_entries", Help: "Entries of the audit log.", Kind: metrics.GaugeKind}
	entries.Add(float64(seq))
	return append(append([]metrics.Family{up, entries}, d.cases(ctx)...), slices.Concat(d.pending(ctx), d.sources(ctx), d.targets(ctx, seq))...)
}

func (d *counts) cases(ctx context.Context) []metrics.Family {
	f := metrics.Family{Name: "evenkeel_cases", Help: "Cases by status.", Kind: metrics.GaugeKind, Labels: []string{"status"}}
	byStatus, err := d.store.CountByStatus(ctx)
	if err != nil {
		return nil
	}
	for status, n := range byStatus {
		f.Add(float64(n), string(status))
	}
	return []metrics.Family{f}
}

func (d *counts) pending(ctx context.Context) []metrics.Family {
	byKind, err := d.store.Pending(ctx)
	if err != nil {
		return nil
	}
	labels := []string{"kind"}
	count := metrics.Family{Name: "evenkeel_work_pending", Help: "Undone work, that which is due later included.", Kind: metrics.GaugeKind, Labels: labels}
	tried := metrics.Family{Name: "evenkeel_work_tried", Help: "Undone work that failed at least once.", Kind: metrics.GaugeKind, Labels: labels}
	late := metrics.Family{Name: "evenkeel_work_late_seconds", Help: "How long ago the oldest undone work was due; 0 when none is.", Kind: metrics.GaugeKind, Labels: labels}
	for kind, w := range byKind {
		count.Add(float64(w.Count), string(kind))
		tried.Add(float64(w.Tried), string(kind))
		late.Add(max(0, time.Since(w.Oldest).Seconds()), string(kind))
	}
	return []metrics.Family{count, tried, late}
}

func (d *counts) sources(ctx context.Context) []metrics.Family {
	states, err := d.store.Sources(ctx)
	if err != nil {
		return nil
	}
	labels := []string{"source"}
	failures := metrics.Family{Name: "evenkeel_source_failures", Help: "Polls of a source that failed in a row.", Kind: metrics.GaugeKind, Labels: labels}
	success := metrics.Family{Name: "evenkeel_source_last_success_timestamp_seconds", Help: "When a source was last read, in seconds since 1970.", Kind: metrics.GaugeKind, Labels: labels}
	polled := metrics.Family{Name: "evenkeel_source_last_poll_timestamp_seconds", Help: "When a source was last tried, in seconds since 1970.", Kind: metrics.GaugeKind, Labels: labels}
	for _, s := range states {
		failures.Add(float64(s.Failures), s.Name)
		if !s.Succeeded.IsZero() {
			success.Add(float64(s.Succeeded.Unix()), s.Name)
		}
		if !s.Polled.IsZero() {
			polled.Add(float64(s.Polled.Unix()), s.Name)
		}
	}
	return []metrics.Family{failures, success, polled}
}

// targets are the programs that events are handed to; head is the last entry
// of the audit log.
func (d *counts) targets(ctx context.Context, head int64) []metrics.Family {
	if len(d.names) == 0 {
		return nil
	}
	labels := []string{"target"}
	up := metrics.Family{Name: "evenkeel_handover_up", Help: "Whether a program takes the events that it is handed.", Kind: metrics.GaugeKind, Labels: labels}
	failures := metrics.Family{Name: "evenkeel_handover_failures", Help: "Calls of a program that failed in a row.", Kind: metrics.GaugeKind, Labels: labels}
	behind := metrics.Family{Name: "evenkeel_handover_behind", Help: "Entries of the audit log that a program was not handed yet, those that it does not want included.", Kind: metrics.GaugeKind, Labels: labels}
	held := metrics.Family{Name: "evenkeel_handover_held_cases", Help: "Cases whose events wait because a program refuses one of them.", Kind: metrics.GaugeKind, Labels: labels}
	for _, name := range d.names {
		st, err := handover.Load(ctx, d.store, name)
		if err != nil || !st.Known {
			continue
		}
		well := 1.0
		if st.Trouble() != "" {
			well = 0
		}
		up.Add(well, name)
		failures.Add(float64(st.Failures), name)
		behind.Add(float64(max(0, head-st.Seq)), name)
		held.Add(float64(len(st.Held)), name)
	}
	return []metrics.Family{up, failures, behind, held}
}

// reporter is a writer that tells how its endpoints fare.
type reporter interface{ Health() []llm.Health }

// modelFamilies are what the language models did.
func modelFamilies(r reporter) func(context.Context) []metrics.Family {
	return func(context.Context) []metrics.Family {
		labels := []string{"endpoint", "model"}
		family := func(name, help string, kind metrics.Kind, more ...string) metrics.Family {
			return metrics.Family{Name: name, Help: help, Kind: kind, Labels: append(labels[:2:2], more...)}
		}
		requests := family("evenkeel_llm_requests_total", "Requests to model endpoints, repeated ones included.", metrics.CounterKind)
		answers := family("evenkeel_llm_answers_total", "Usable answers of models.", metrics.CounterKind)
		failures := family("evenkeel_llm_failures_total", "Failures of models, by kind.", metrics.CounterKind, "kind")
		latency := family("evenkeel_llm_call_duration_seconds", "How long calls to models took, repeats and waiting included.", metrics.SummaryKind)
		tokens := family("evenkeel_llm_tokens_total", "Tokens asked and answered.", metrics.CounterKind, "kind")
		cost := family("evenkeel_llm_cost_total", "What models cost, in the currency of the prices in the settings.", metrics.CounterKind)
		up := family("evenkeel_llm_up", "Whether an endpoint is asked first.", metrics.GaugeKind)
		for i, h := range r.Health() {
			name := []string{endpointName(i), h.Model}
			requests.Add(float64(h.Requests), name...)
			answers.Add(float64(h.Answers), name...)
			for kind, n := range h.Failures {
				failures.Add(float64(n), append(name[:2:2], string(kind))...)
			}
			latency.Samples = append(latency.Samples,
				metrics.Sample{Suffix: "_sum", Values: name, Value: h.Latency.Seconds()},
				metrics.Sample{Suffix: "_count", Values: name, Value: float64(h.Calls)})
			tokens.Add(float64(h.Usage.PromptTokens), append(name[:2:2], "prompt")...)
			tokens.Add(float64(h.Usage.CompletionTokens), append(name[:2:2], "answer")...)
			cost.Add(h.Usage.Cost, name...)
			if h.Up(time.Now()) {
				up.Add(1, name...)
			} else {
				up.Add(0, name...)
			}
		}
		return []metrics.Family{requests, answers, failures, latency, tokens, cost, up}
	}
}

// endpointName is an endpoint's place in the settings; its address may say
// more than a page of numbers should.
func endpointName(i int) string {
	if i == 0 {
		return "first"
	}
	return "spare"
}

// metricsPage answers Prometheus: with the token of the settings, or without
// one only to programs on this machine.
type metricsPage struct {
	set   *metrics.Set
	token secret.Value
}

func (p metricsPage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		answer(w, http.StatusMethodNotAllowed, "the metrics are read with GET")
		return
	case p.token.IsSet() && !bears(r, p.token):
		w.Header().Set("WWW-Authenticate", `Bearer realm="metrics"`)
		answer(w, http.StatusUnauthorized, "the metrics need the token of EVENKEEL_METRICS_TOKEN")
		return
	case !p.token.IsSet() && !fromHere(r):
		answer(w, http.StatusForbidden, "the metrics are for this machine only; set EVENKEEL_METRICS_TOKEN to read them from another")
		return
	}
	w.Header().Set("Content-Type", metrics.ContentType)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, metrics.Text(p.set.Families(r.Context()))) // an asker who left
}

// bears tells whether a request carries the token, in constant time.
func bears(r *http.Request, token secret.Value) bool {
	scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	have, want := sha256.Sum256([]byte(strings.TrimSpace(given))), sha256.Sum256([]byte(token.Reveal()))
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(have[:], want[:]) == 1
}

// fromHere tells a program on this machine from one that a proxy or a web page
// brings: those say so, or name another host.
func fromHere(r *http.Request) bool {
	for _, h := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via", "Origin"} {
		if r.Header.Get(h) != "" {
			return false
		}
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return isLoopback(r.RemoteAddr) && isLoopback(net.JoinHostPort(strings.Trim(host, "[]"), "0"))
}

// part is the part of an address that a request is counted under.
func part(path string) string {
	for _, p := range []string{"/hooks/", "/slack/", "/discord", "/static/", "/events"} {
		if strings.HasPrefix(path, p) {
			return strings.Trim(p, "/")
		}
	}
	return "console"
}

// timed counts and times what next answers, but for streams, which have no end.
func (t *telemetry) timed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
			next.ServeHTTP(w, r)
			return
		}
		began := time.Now()
		c := &coded{ResponseWriter: w, code: http.StatusOK}
		next.ServeHTTP(c, r)
		t.http.Observe(time.Since(began).Seconds(), part(r.URL.Path), string(rune('0'+c.code/100))+"xx")
	})
}

// coded remembers the answer's code.
type coded struct {
	http.ResponseWriter
	code int
}

func (c *coded) WriteHeader(code int) {
	c.code = code
	c.ResponseWriter.WriteHeader(code)
}

// Unwrap is for [http.ResponseController].
func (c *coded) Unwrap() http.ResponseWriter { return c.ResponseWriter }
