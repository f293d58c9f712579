package slackbot

import (
	"sync"
	"time"
)

// seen remembers what was handled. Slack delivers at least once, on any
// connection and in any order.
type seen struct {
	now func() time.Time

	mu    sync.Mutex
	young map[string]struct{} // since turned
	old   map[string]struct{} // the generation before
	since time.Time
}

// Slack gives up on a delivery after an hour at most, and a signature is good
// for five minutes: two generations of an hour cover both. A generation is
// also bounded in size.
const (
	generation    = time.Hour
	maxGeneration = 100_000
)

func newSeen(now func() time.Time) *seen {
	return &seen{now: now, young: map[string]struct{}{}, since: now()}
}

// first tells whether this key comes for the first time, and remembers it.
func (s *seen) first(key string) bool {
	if key == "" {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.now(); now.Sub(s.since) > generation || len(s.young) >= maxGeneration {
		s.old, s.young, s.since = s.young, map[string]struct{}{}, now
	}
	if _, again := s.young[key]; again {
		return false
	}
	if _, again := s.old[key]; again {
		return false
	}
	s.young[key] = struct{}{}
	return true
}

// forget lets a key come for the first time once more: what it stood for could
// not be taken.
func (s *seen) forget(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.young, key)
	delete(s.old, key)
}
