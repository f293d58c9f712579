package slackbot

import (
	"crypto/sha256"
	"sync"
	"time"
)

// seen remembers what was handled. Slack delivers at least once, on any
// connection and in any order.
type seen struct {
	now func() time.Time

	mu    sync.Mutex
	young map[mark]struct{} // since turned
	old   map[mark]struct{} // the generation before
	since time.Time
}

// mark stands for a key: 128 bits of its hash, for there are many.
type mark [16]byte

func markOf(key string) mark {
	sum := sha256.Sum256([]byte(key))
	return mark(sum[:len(mark{})])
}

// Slack gives up on a delivery after an hour at most, and a signature is good
// for five minutes: two generations of an hour cover both. A generation is
// also bounded in size.
const (
	generation    = time.Hour
	maxGeneration = 100_000
)

func newSeen(now func() time.Time) *seen {
	return &seen{now: now, young: map[mark]struct{}{}, since: now()}
}

// first tells whether this key comes for the first time, and remembers it.
func (s *seen) first(key string) bool {
	if key == "" {
		return true
	}
	m := markOf(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.now(); now.Sub(s.since) > generation || len(s.young) >= maxGeneration {
		s.old, s.young, s.since = s.young, map[mark]struct{}{}, now
	}
	if _, again := s.young[m]; again {
		return false
	}
	if _, again := s.old[m]; again {
		return false
	}
	s.young[m] = struct{}{}
	return true
}

// forget lets a key come for the first time once more: what it stood for could
// not be taken.
func (s *seen) forget(key string) {
	m := markOf(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.young, m)
	delete(s.old, m)
}
