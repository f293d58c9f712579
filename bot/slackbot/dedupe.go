package slackbot

import (
	"crypto/sha256"
	"time"

	"github.com/evenkeel/evenkeel/internal/recent"
)

// seen remembers what was handled. Slack delivers at least once, on any
// connection and in any order.
type seen struct {
	marks *recent.Map[mark, struct{}]
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
	return &seen{recent.NewAged[mark, struct{}](maxGeneration, generation, now)}
}

// first tells whether this key comes for the first time, and remembers it.
func (s *seen) first(key string) bool {
	return key == "" || s.marks.First(markOf(key), struct{}{})
}

// forget lets a key come for the first time once more: what it stood for could
// not be taken.
func (s *seen) forget(key string) { s.marks.Forget(markOf(key)) }
