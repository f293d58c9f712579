package discordbot

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// lanes know when calls may go out, from what Discord's answers say; nothing
// is assumed. https://docs.discord.com/developers/topics/rate-limits
type lanes struct {
	now func() time.Time

	mu      sync.Mutex
	closed  map[string]time.Time // until when, by lane
	all     time.Time            // until when everything waits
	invalid int                  // answers of 401, 403 and 429 in this window
	since   time.Time
}

// Ten thousand invalid answers in ten minutes get the address banned for all
// its bots; we stop long before.
const (
	invalidWindow = 10 * time.Minute
	maxInvalid    = 5000
	maxLanes      = 5000
)

func newLanes(now func() time.Time) *lanes {
	return &lanes{now: now, closed: map[string]time.Time{}, since: now()}
}

// wait tells how long a lane is closed.
func (l *lanes) wait(lane string) (d time.Duration, global bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if now.Sub(l.since) > invalidWindow {
		l.invalid, l.since = 0, now
	}
	if l.invalid >= maxInvalid {
		return l.since.Add(invalidWindow).Sub(now), true
	}
	// What a person waits for must not queue behind cards: answers to
	// interactions are outside of the global limit.
	if d := l.all.Sub(now); d > 0 && !strings.Contains(lane, "/interactions/") && !strings.Contains(lane, "/webhooks/") {
		return d, true
	}
	return max(0, l.closed[lane].Sub(now)), false
}

// note learns from an answer.
func (l *lanes) note(lane string, ex *exchange) {
	if ex.status == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if ex.status == http.StatusUnauthorized || ex.status == http.StatusForbidden || ex.status == http.StatusTooManyRequests {
		l.invalid++
	}
	if len(l.closed) > maxLanes {
		for k, until := range l.closed {
			if !until.After(now) {
				delete(l.closed, k)
			}
		}
	}
	if ex.status == http.StatusTooManyRequests {
		until := now.Add(max(retryAfter(ex.header), time.Second/4))
		if ex.header.Get("X-RateLimit-Global") == "true" || ex.header.Get("X-RateLimit-Scope") == "global" {
			l.all = until
		} else {
			l.closed[lane] = until
		}
		return
	}
	if ex.header.Get("X-RateLimit-Remaining") == "0" {
		if s, err := strconv.ParseFloat(ex.header.Get("X-RateLimit-Reset-After"), 64); err == nil && s > 0 {
			l.closed[lane] = now.Add(seconds(s))
		}
	}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func retryAfter(h http.Header) time.Duration {
	s, err := strconv.ParseFloat(h.Get("Retry-After"), 64)
	if err != nil || s < 0 {
		return 0
	}
	return seconds(s)
}

// routeOf is a call without ids and tokens, for logs.
func routeOf(method, path string) string { return method + " " + template(path, false) }

// laneOf is a call with its main id only, which is what limits are counted by.
func laneOf(method, path string) string { return method + " " + template(path, true) }

func template(path string, main bool) string {
	path, _, _ = strings.Cut(path, "?")
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for i, p := range parts {
		switch {
		case i == 0:
		case i == 2 && (parts[0] == "interactions" || parts[0] == "webhooks"):
			if !main {
				parts[i] = "{token}"
			}
		case i == 1 && main:
		case p != "" && strings.Trim(p, "0123456789") == "":
			parts[i] = "{id}"
		}
	}
	return "/" + strings.Join(parts, "/")
}
