package slackbot

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Pace is how fast cards may be posted to one channel.
type Pace struct {
	PerSecond float64 // 0 is 1; below 0 is without a limit of our own
	Burst     int     // 0 is 20
}

// Slack takes about one message a second and channel and tolerates short
// bursts. https://docs.slack.dev/apis/web-api/rate-limits
const (
	defaultPerSecond = 1
	defaultBurst     = 20
)

// pacer tells when a call may go out. It never waits itself: a worker that
// comes too early is told for how long to do something else, and its place in
// the queue is kept under its key.
type pacer struct {
	pace Pace
	now  func() time.Time

	mu    sync.Mutex
	lanes map[string]*lane
}

// lane is one channel's, or one method's, queue.
type lane struct {
	bucket *rate.Limiter
	closed time.Time            // Slack asked to wait until then
	slots  map[string]time.Time // when a key's turn comes
}

// maxSlots bounds what one lane remembers; beyond it places are not kept.
const maxSlots = 10_000

// staleSlot is when a place in the queue that nobody took up is forgotten.
const staleSlot = 10 * time.Minute

func newPacer(p Pace, now func() time.Time) *pacer {
	if p.PerSecond == 0 {
		p.PerSecond = defaultPerSecond
	}
	if p.Burst == 0 {
		p.Burst = defaultBurst
	}
	return &pacer{pace: p, now: now, lanes: map[string]*lane{}}
}

func (p *pacer) lane(name string) *lane {
	l := p.lanes[name]
	if l == nil {
		limit := rate.Limit(p.pace.PerSecond)
		if p.pace.PerSecond < 0 {
			limit = rate.Inf
		}
		l = &lane{bucket: rate.NewLimiter(limit, p.pace.Burst), slots: map[string]time.Time{}}
		p.lanes[name] = l
	}
	return l
}

// post tells how long the post with this key must wait for its turn in a
// channel; 0 is now, and takes the turn.
func (p *pacer) post(channel, key string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	l, now := p.lane("post:"+channel), p.now()
	if d := l.closed.Sub(now); d > 0 {
		return d
	}
	slot, queued := l.slots[key]
	if !queued || now.Sub(slot) > staleSlot {
		slot = now.Add(l.bucket.ReserveN(now, 1).DelayFrom(now))
		if len(l.slots) < maxSlots {
			l.slots[key] = slot
		}
		l.forget(now)
	}
	if d := slot.Sub(now); d > 0 {
		return d
	}
	delete(l.slots, key)
	return 0
}

// call tells how long a call of a method must wait because Slack said so.
func (p *pacer) call(method string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l := p.lanes[method]; l != nil {
		return max(0, l.closed.Sub(p.now()))
	}
	return 0
}

// limited notes that Slack asked a lane to wait.
func (p *pacer) limited(name string, after time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.lane(name)
	if until := p.now().Add(after); until.After(l.closed) {
		l.closed = until
	}
}

// forget drops places that nobody took up.
func (l *lane) forget(now time.Time) {
	if len(l.slots) < maxSlots/2 {
		return
	}
	for key, slot := range l.slots {
		if now.Sub(slot) > staleSlot {
			delete(l.slots, key)
		}
	}
}
