package slackbot

import (
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/recent"
)

// echoes let a delivery that comes twice get the answer of the first: an empty
// acknowledgement of the second would close a form in which the first shows an
// error.
type echoes struct {
	by *recent.Map[string, *echo]
	mu sync.Mutex // held while an echo is looked at or changed
}

type echo struct {
	done    bool
	body    any
	waiting []ack
}

// Slack has given up on an acknowledgement long before echoTime.
const (
	echoTime   = time.Minute
	echoesKept = 5_000 // in each of two generations
)

func newEchoes(now func() time.Time) *echoes {
	return &echoes{by: recent.NewAged[string, *echo](echoesKept, echoTime, now)}
}

// lead is the acknowledgement of a first delivery.
func (e *echoes) lead(key string, done ack) ack {
	mine := &echo{}
	e.by.Put(key, mine)
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
	first, known := e.by.Get(key)
	if !known {
		done(nil)
		return
	}
	e.mu.Lock()
	if !first.done {
		first.waiting = append(first.waiting, done)
		e.mu.Unlock()
		return
	}
	e.mu.Unlock()
	done(first.body)
}
