package main

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/internal/metrics"
	"github.com/evenkeel/evenkeel/internal/trace"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// telemetry counts, times and traces what the desk does. Labels are names from
// the program or the playbook, never what customers or people wrote.
type telemetry struct {
	set     *metrics.Set
	tracer  *trace.Tracer // nil when tracing is off
	reviews *metrics.Counter
	events  *metrics.Counter
	results *metrics.Counter
	steps   *metrics.Histogram
	presses *metrics.Histogram
	work    *metrics.Histogram
	chats   *metrics.Histogram
	limited *metrics.Counter
	commits *metrics.Histogram
	http    *metrics.Histogram
}

var _ bot.Observer = (*telemetry)(nil)

func newTelemetry(tracer *trace.Tracer) *telemetry {
	s := metrics.NewSet()
	t := &telemetry{
		set: s, tracer: tracer,
		reviews: s.Counter("evenkeel_reviews_taken_total", "Reviews that reached us, by the way they came and what became of them.", "by", "result"),
		events:  s.Counter("evenkeel_case_events_total", "Changes of cases, by what was done.", "verb"),
		results: s.Counter("evenkeel_publish_results_total", "Answers of platforms to replies, and what was read back.", "result"),
		steps:   s.Histogram("evenkeel_intake_duration_seconds", "How long storing one review took.", metrics.Seconds, "result"),
		presses: s.Histogram("evenkeel_press_duration_seconds", "How long deciding a press, command or form took until it was durable.", metrics.Seconds, "kind", "result"),
		work:    s.Histogram("evenkeel_work_duration_seconds", "How long jobs took, by kind and end.", metrics.Seconds, "kind", "result"),
		chats:   s.Histogram("evenkeel_chat_call_duration_seconds", "How long calls to chats took, by call and end.", metrics.Seconds, "chat", "call", "result"),
		limited: s.Counter("evenkeel_chat_rate_limits_total", "Times that a chat asked to wait.", "chat"),
		commits: s.Histogram("evenkeel_database_commit_duration_seconds", "How long commits took, waiting for their turn included.", metrics.Seconds, "result"),
		http:    s.Histogram("evenkeel_http_request_duration_seconds", "How long answering requests took, by part of the address and class of answer.", metrics.Seconds, "part", "code"),
	}
	s.Gather(metrics.Process(time.Now()))
	s.Gather(t.own)
	return t
}

// own is what the program knows of itself.
func (t *telemetry) own(context.Context) []metrics.Family {
	b := readBuild()
	info := metrics.Family{Name: "evenkeel_build_info", Help: "The version that runs.", Kind: metrics.GaugeKind, Labels: []string{"version", "revision"}}
	info.Add(1, b.Version, b.Revision)
	out := []metrics.Family{info}
	if t.tracer != nil {
		c := t.tracer.Counts()
		spans := metrics.Family{Name: "evenkeel_trace_spans_total", Help: "Spans of traces, by what became of them.", Kind: metrics.CounterKind, Labels: []string{"result"}}
		spans.Add(float64(c.Sent), "sent")
		spans.Add(float64(c.Dropped), "dropped")
		spans.Add(float64(c.Failed), "failed")
		out = append(out, spans)
	}
	return out
}

// Begin implements [bot.Observer].
func (t *telemetry) Begin(ctx context.Context, s *bot.Step) (context.Context, func(error)) {
	began := time.Now()
	name := string(s.Name)
	if s.What != "" {
		name += " " + s.What
	}
	span := t.tracer.Start(name)
	return ctx, func(err error) {
		took, result := time.Since(began).Seconds(), t.result(s, err)
		switch s.Name {
		case bot.StepIntake:
			t.steps.Observe(took, result)
		case bot.StepPress:
			t.presses.Observe(took, s.What, result)
		case bot.StepWork:
			t.work.Observe(took, s.What, result)
		case bot.StepPost, bot.StepUpdate, bot.StepFind:
			t.chats.Observe(took, s.What, string(s.Name), result)
			if errors.Is(err, bot.ErrLimited) {
				t.limited.Add(1, s.What)
			}
		}
		span.Set("evenkeel.result", result)
		problem := result
		if result == "ok" || result == "waits" || result == "refused" {
			problem = ""
		}
		span.End(s.Case, s.First, problem)
	}
}

// chatResults are the ends of a call to a chat.
var chatResults = []struct {
	err  error
	name string
}{
	{bot.ErrUnknown, "unknown"}, {bot.ErrUnreachable, "unreachable"}, {bot.ErrLimited, "limited"},
	{bot.ErrMisconfigured, "misconfigured"}, {bot.ErrGone, "gone"},
}

// result is how a step ended, from a bounded set.
func (t *telemetry) result(s *bot.Step, err error) string {
	if err == nil {
		return "ok"
	}
	for _, r := range chatResults {
		if errors.Is(err, r.err) {
			return r.name
		}
	}
	switch {
	case s.Name == bot.StepWork && bot.IsLater(err):
		return "waits"
	case errors.Is(err, storage.ErrFenced):
		return "fenced"
	case s.Name == bot.StepPress && refusal(err):
		return "refused"
	}
	return "failed"
}

// refusal tells what the rules say no to from what went wrong.
func refusal(err error) bool {
	for _, no := range []error{
		review.ErrStale, review.ErrNotNow, review.ErrAlready, review.ErrRole, review.ErrCoolOff, review.ErrBlocked,
		review.ErrQuorum, review.ErrSecondPerson, review.ErrInput, review.ErrConflict, storage.ErrSeen, storage.ErrNotFound,
	} {
		if errors.Is(err, no) {
			return true
		}
	}
	return false
}

// Took implements [bot.Observer].
func (t *telemetry) Took(in bot.Intake, took bot.Took) {
	by, _, _ := strings.Cut(in.By, ":") // "manual:" is followed by a person
	for result, n := range map[string]int{"added": took.Added, "revised": took.Revised, "duplicate": took.Duplicates, "refused": len(took.Problems)} {
		if n > 0 {
			t.reviews.Add(float64(n), by, result)
		}
	}
}

// publishResults are the verbs with which publishing ends.
var publishResults = map[review.Verb]string{
	"accepted": "accepted", "refused": "refused", "postpone": "postponed", "doubt": "unknown",
	"seen": "live", "missing": "missing", "void": "voided",
}

// Moved implements [bot.Observer].
func (t *telemetry) Moved(change review.Change) {
	for _, e := range change.Events {
		t.events.Add(1, string(e.Verb))
		if r, ok := publishResults[e.Verb]; ok {
			t.results.Add(1, r)
		}
	}
}

// watched is a store whose commits are timed.
type watched struct {
	storage.Store
	t *telemetry
}

// Commit implements [storage.Store].
func (w watched) Commit(ctx context.Context, b *storage.Batch) error {
	began := time.Now()
	err := w.Store.Commit(ctx, b)
	w.t.commits.Observe(time.Since(began).Seconds(), commitResult(err))
	return err
}

func commitResult(err error) string {
	var exists *storage.ExistsError
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, storage.ErrUnsure):
		return "unsure"
	case errors.As(err, &exists), errors.Is(err, review.ErrConflict), errors.Is(err, storage.ErrFenced),
		errors.Is(err, storage.ErrSeen), errors.Is(err, storage.ErrReused):
		return "refused"
	}
	return "failed"
}

// installationSetting tells the traces of one database from another's.
const installationSetting = "installation"

// startTracing makes the tracer that OTEL_… asks for; nil when it does not.
func (c *call) startTracing(ctx context.Context, store storage.Store) (*trace.Tracer, error) {
	config, on, err := trace.FromEnv(c.env)
	if err != nil {
		return nil, usage(err)
	}
	if !on {
		return nil, nil
	}
	for config.Installation == "" {
		if config.Installation, err = store.Setting(ctx, installationSetting); err != nil {
			return nil, err
		}
		if config.Installation != "" {
			break
		}
		err := store.Commit(ctx, &storage.Batch{Setting: &storage.Setting{Name: installationSetting, Value: rand.Text()}})
		if err != nil && !errors.Is(err, review.ErrConflict) {
			return nil, err
		}
	}
	if config.Resource["service.version"] == "" {
		config.Resource["service.version"] = readBuild().Version
	}
	if config.Resource["service.instance.id"] == "" {
		config.Resource["service.instance.id"] = workerName()
	}
	return trace.New(config, time.Now), nil
}

// observe makes the station's telemetry, and lets its log name traces.
func (s *station) observe() error {
	ctx, cancel := context.WithTimeout(context.Background(), lookTimeout)
	defer cancel()
	tracer, err := s.startTracing(ctx, s.store)
	if err != nil {
		return err
	}
	s.seen = newTelemetry(tracer)
	if tracer != nil {
		own := *s.call
		own.log = slog.New(tracer.Log(s.log.Handler()))
		s.call = &own
	}
	s.seen.set.Gather((&counts{store: s.store, names: targetNames(s.rules)}).families)
	if models, ok := s.parts.writers.drafter.(reporter); ok {
		s.seen.set.Gather(modelFamilies(models))
	}
	return nil
}

// endTraces sends the spans that wait, for a moment.
func (s *station) endTraces() {
	ctx, cancel := context.WithTimeout(context.Background(), lookTimeout)
	defer cancel()
	s.seen.tracer.Close(ctx)
}
