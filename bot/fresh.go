package bot

import (
	"sync"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// fresh remembers cases that this process has just stored, until their first
// cards are drawn: nothing needs to be read again for that, and in a burst
// reading was as dear as writing. Forgetting one costs two readings.
type fresh struct {
	mu    sync.Mutex
	cases map[freshKey]*review.Case // a case is large
}

type freshKey struct {
	chat string
	id   int64
}

// freshMost bounds what is remembered.
const freshMost = 256

func (f *fresh) put(chat string, c review.Case) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.cases == nil || len(f.cases) >= freshMost {
		f.cases = make(map[freshKey]*review.Case)
	}
	f.cases[freshKey{chat, c.ID}] = &c
}

// take is the case of a job, as it was stored, when this is the first claim of
// the first job that draws it: then no card of it stands anywhere, and whoever
// moved the case since has asked for it to be drawn once more.
func (f *fresh) take(chat string, j storage.Job) (review.Case, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := freshKey{chat, j.Case}
	c, ok := f.cases[key]
	if !ok {
		return review.Case{}, false
	}
	delete(f.cases, key)
	return *c, j.Fence == 1
}
