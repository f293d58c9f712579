package slackbot

import (
	"sync"
	"time"
)

// echoes let a delivery that comes twice get the answer of the first: an empty
// acknowledgement of the second would close a form in which the first shows an
// error.
type echoes struct {
	now   func() time.Time
	mu    sync.Mutex
	by    map[string]*echo
	swept time.Time // when those that are too old were last let go
}

type echo struct {
	at      time.Time
	done    bool
	body    any
	waiting []ack
}

const (
	echoTime  = time.Minute // Slack has given up long before
	maxEchoes = 10_000
)

func newEchoes(now func() time.Time) *echoes { return &echoes{now: now, by: map[string]*echo{}} }

// lead is the acknowledgement of a first delivery.
func (e *echoes) lead(key string, done ack) ack {
	e.mu.Lock()
	defer e.mu.Unlock()
	if now := e.now(); now.Sub(e.swept) > echoTime || len(e.by) >= maxEchoes {
		e.swept = now
		for k, old := range e.by {
			if now.Sub(old.at) > echoTime {
				delete(e.by, k)
			}
		}
	}
	mine := &echo{at: e.now()}
	if len(e.by) < maxEchoes {
		e.by[key] = mine
	}
	return func(body any) bool {
		e.mu.Lock()
		if mine.done {
			e.mu.Unlock()
			return false
		}
		waiting := mine.waiting
		mine.done, mine.body, mine.waiting = true, body, nil
		e.mu.Unlock()
		done(body)
		for _, w := range waiting {
			w(body)
		}
		return true
	}
}

// follow acknowledges a delivery that came before, with the same answer and
// not before it.
func (e *echoes) follow(key string, done ack) {
	e.mu.Lock()
	first := e.by[key]
	if first != nil && !first.done {
		first.waiting = append(first.waiting, done)
		e.mu.Unlock()
		return
	}
	e.mu.Unlock()
	if first == nil || e.now().Sub(first.at) > echoTime {
		done(nil)
		return
	}
	done(first.body)
}
