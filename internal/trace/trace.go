// Package trace records spans and sends them to an OpenTelemetry collector as
// OTLP over HTTP, in the protocol's JSON form
// (https://opentelemetry.io/docs/specs/otlp/). It is configured by the
// standard OTEL_… variables and does nothing without an endpoint.
//
// One review is one trace, from its arrival to the reply that is live, although
// days, restarts and replicas lie between: the ids follow from the installation
// and the case's number, so nothing has to be carried along. The step that made
// the case is the root; all others are its children.
//
// The official SDK and exporter make the program 5 MB larger; what is needed of
// them here is this package, and its tests read what it sends with the
// collector's own decoder.
//
// # Life cycle
//
// [New] starts one sender. [Tracer.Start] and [Span.End] never wait: spans go to
// a bounded queue and are dropped, and counted, when a collector is away.
// [Tracer.Close] sends what is left within its context.
package trace

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// ID is a trace's id.
type ID [16]byte

// SpanID is a span's id.
type SpanID [8]byte

// String is the id in hexadecimal.
func (i ID) String() string { return hex.EncodeToString(i[:]) }

// String is the id in hexadecimal.
func (i SpanID) String() string { return hex.EncodeToString(i[:]) }

// Attr is an attribute of a span: an int64, a bool or a string. It holds ids
// and names, never a customer's words.
type Attr struct {
	Key   string
	Value any
}

// Span is something that takes time. A nil span records nothing.
type Span struct {
	tracer     *Tracer
	name       string
	id         SpanID
	caseID     int64
	root       bool
	begin, end time.Time
	attrs      []Attr
	failed     string
}

// Tracer makes spans and sends them.
type Tracer struct {
	config  Config
	now     func() time.Time
	queue   chan Span
	dropped atomic.Int64
	failed  atomic.Int64
	sent    atomic.Int64
	stop    chan struct{}
	stopped chan struct{}
	closing sync.Once
	sender  sender
}

// queueSize bounds the spans that wait for the collector.
const queueSize = 4096

// New makes a tracer and starts its sender. now is the clock.
func New(c Config, now func() time.Time) *Tracer {
	t := &Tracer{
		config: c, now: now, queue: make(chan Span, queueSize),
		stop: make(chan struct{}), stopped: make(chan struct{}), sender: newSender(c),
	}
	go t.run()
	return t
}

// Of is the trace of a case.
func (t *Tracer) Of(caseID int64) ID {
	var id ID
	copy(id[:], t.sum("trace", caseID))
	return id
}

// rootOf is the span that made the case.
func (t *Tracer) rootOf(caseID int64) SpanID {
	var id SpanID
	copy(id[:], t.sum("root", caseID))
	return id
}

func (t *Tracer) sum(what string, caseID int64) []byte {
	h := sha256.Sum256([]byte("evenkeel." + what + "\x00" + t.config.Installation + "\x00" + strconv.FormatInt(caseID, 10)))
	return h[:]
}

// Start begins a span.
func (t *Tracer) Start(name string) *Span {
	if t == nil {
		return nil
	}
	s := &Span{tracer: t, name: name, begin: t.now()}
	_, _ = rand.Read(s.id[:])
	return s
}

// Set adds an attribute.
func (s *Span) Set(key string, value any) {
	if s != nil {
		s.attrs = append(s.attrs, Attr{key, value})
	}
}

// End ends the span of a case; first says that it made the case. Spans of no
// case are not kept: a trace tells the way of one review. problem, where it is
// not "", is what kind of failure it was.
func (s *Span) End(caseID int64, first bool, problem string) {
	if s == nil || caseID == 0 || !s.tracer.config.sampled(s.tracer.Of(caseID)) {
		return
	}
	s.caseID, s.root, s.failed, s.end = caseID, first, problem, s.tracer.now()
	if first {
		s.id = s.tracer.rootOf(caseID)
	}
	select {
	case s.tracer.queue <- *s:
	default:
		s.tracer.dropped.Add(1)
	}
}

// Counts are what became of the spans so far.
type Counts struct{ Sent, Dropped, Failed int64 }

// Counts tells what became of the spans so far.
func (t *Tracer) Counts() Counts {
	return Counts{t.sent.Load(), t.dropped.Load(), t.failed.Load()}
}

// Close sends what waits, at most until ctx ends.
func (t *Tracer) Close(ctx context.Context) {
	if t == nil {
		return
	}
	t.closing.Do(func() { close(t.stop) })
	select {
	case <-t.stopped:
	case <-ctx.Done():
	}
}

// Batches: sent when they are full or have waited.
const (
	batchSize = 256
	batchWait = 2 * time.Second
)

func (t *Tracer) run() {
	defer close(t.stopped)
	batch := make([]Span, 0, batchSize)
	flush := func() {
		if len(batch) == 0 {
			return
		}
		if err := t.sender.send(t.encode(batch)); err != nil {
			t.failed.Add(int64(len(batch)))
		} else {
			t.sent.Add(int64(len(batch)))
		}
		batch = batch[:0]
	}
	tick := time.NewTicker(batchWait)
	defer tick.Stop()
	for {
		select {
		case s := <-t.queue:
			if batch = append(batch, s); len(batch) == batchSize {
				flush()
			}
		case <-tick.C:
			flush()
		case <-t.stop:
			for {
				select {
				case s := <-t.queue:
					if batch = append(batch, s); len(batch) == batchSize {
						flush()
					}
					continue
				default:
				}
				flush()
				return
			}
		}
	}
}
