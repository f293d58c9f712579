package llm

import (
	"maps"
	"sync"
	"time"
)

// Health is what one endpoint did since the program started, for the metrics
// page and doctor.
type Health struct {
	Endpoint  string
	Model     string
	Requests  int64          // HTTP requests, repeated ones included
	Answers   int64          // usable answers
	Failures  map[Kind]int64 // by kind; one request may fail for one reason
	Latency   time.Duration  // sum over calls, repeats and waiting included
	Calls     int64          // calls that Latency sums
	Usage     Usage
	DownUntil time.Time // other endpoints go first until then; zero when well
}

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
