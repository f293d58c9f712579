package llm

import (
	"maps"
	"sync"
	"time"
)

// Health is what one endpoint did since the program started, for the metrics
// page and doctor. It is a copy; Client.Health makes it cheaply and at any time.
// All counts only rise.
type Health struct {
	Endpoint  string         // its name in the settings (Endpoint.Name), never the key
	Model     string         // as it is asked for
	Requests  int64          // HTTP requests, repeated ones included
	Answers   int64          // usable answers
	Failures  map[Kind]int64 // by kind; one request may fail for one reason
	Latency   time.Duration  // sum over calls, repeats and waiting included
	Calls     int64          // calls that Latency sums
	Usage     Usage
	DownUntil time.Time // other endpoints go first until then; zero when well
}

// Mean is what a call took on average, repeats and waiting included; 0 before
// the first.
func (h Health) Mean() time.Duration {
	if h.Calls == 0 {
		return 0
	}
	return h.Latency / time.Duration(h.Calls)
}

// Failed is the number of calls that gave no usable answer, of every kind.
func (h Health) Failed() int64 {
	var n int64
	for _, k := range h.Failures {
		n += k
	}
	return n
}

// Up tells whether the endpoint is asked in its turn at the given time.
func (h Health) Up(now time.Time) bool { return !now.Before(h.DownUntil) }

// counters is one endpoint's health, safe for concurrent use.
type counters struct {
	mu sync.Mutex
	h  Health
}

func (c *counters) request() {
	c.mu.Lock()
	c.h.Requests++
	c.mu.Unlock()
}

// call books one call. A failure of the endpoint itself sends it to the end of
// the line for a while.
func (c *counters) call(took time.Duration, u Usage, kind Kind, now time.Time, pause time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.h.Calls++
	c.h.Latency += took
	c.h.Usage = c.h.Usage.Plus(u)
	if kind == "" {
		c.h.Answers++
		c.h.DownUntil = time.Time{}
		return
	}
	if c.h.Failures == nil {
		c.h.Failures = make(map[Kind]int64)
	}
	c.h.Failures[kind]++
	switch kind {
	case Unreachable, Timeout, RateLimited, Denied, Rejected:
		c.h.DownUntil = now.Add(pause)
	}
}

func (c *counters) snapshot() Health {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.h
	h.Failures = maps.Clone(c.h.Failures)
	return h
}

func (c *counters) down(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return now.Before(c.h.DownUntil)
}
