package webconsole

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

const (
	maxWatchers     = 256             // open event streams of one process
	maxWatchersEach = 12              // of one session: browsers open six a host themselves
	lookEvery       = 5 * time.Second // how often a stream looks unasked: another replica may have written
	restBetween     = 200 * time.Millisecond
	restEach        = 20 * time.Millisecond // more rest for each that watches: a burst must not be read by all at full speed
	writeWithin     = 10 * time.Second
)

// hub wakes the event streams of this process after something was written. It
// carries no content: a stream reads what it shows from the store, so a wake
// that is missed or doubled does no harm.
type hub struct {
	mu     sync.Mutex
	woken  chan struct{}
	gone   chan struct{}
	closed bool
	total  int
	each   map[review.Digest]int
}

func newHub() *hub {
	return &hub{woken: make(chan struct{}), gone: make(chan struct{}), each: map[review.Digest]int{}}
}

func (h *hub) wake() {
	h.mu.Lock()
	defer h.mu.Unlock()
	close(h.woken)
	h.woken = make(chan struct{})
}

func (h *hub) wakes() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.woken
}

// rest is how long a stream holds still between two looks.
func (h *hub) rest() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return restBetween + time.Duration(h.total)*restEach
}

// close lets all watchers go, for good.
func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.closed = true
		close(h.gone)
	}
}

// enter counts a watcher in; ok is false when there are too many.
func (h *hub) enter(session review.Digest) (leave func(), ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || h.total >= maxWatchers || h.each[session] >= maxWatchersEach {
		return nil, false
	}
	h.total++
	h.each[session]++
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.total--
		if h.each[session]--; h.each[session] == 0 {
			delete(h.each, session)
		}
	}, true
}

// snapshot is what a page shows, as far as it can change: the list's cases and
// the thread's notes with their versions.
type snapshot struct {
	list   []caseVersion
	thread int64            // the case's version
	notes  map[int64]uint64 // what each note shows, as a sum
	last   int64            // the newest note
	missed uint64           // the sum of what could not be recorded
}

type caseVersion struct{ id, version int64 }

// sum is equal for equal snapshots: a page carries it, so that a stream knows
// whether something changed between drawing and watching.
func (s snapshot) sum() string {
	parts := []string{strconv.FormatInt(s.thread, 36), strconv.FormatInt(s.last, 36), strconv.FormatUint(s.missed, 36)}
	for _, c := range s.list {
		parts = append(parts, fmt.Sprintf("%d.%d", c.id, c.version))
	}
	for _, id := range slices.Sorted(maps.Keys(s.notes)) {
		parts = append(parts, fmt.Sprintf("%d:%x", id, s.notes[id]))
	}
	return review.DigestOf(parts...).Short()
}

// changes names the events by which a page that shows old learns of s.
func (s snapshot) changes(old snapshot) []string {
	var out []string
	if !slices.Equal(s.list, old.list) {
		out = append(out, "list")
	}
	if s.thread != old.thread {
		out = append(out, "case")
	}
	if s.missed != old.missed {
		return append(out, "thread")
	}
	grown, mixed := false, false
	for id, sum := range s.notes {
		was, known := old.notes[id]
		switch {
		case !known && id < old.last:
			mixed = true // committed late, belongs between others
		case !known:
			grown = true
		case was != sum:
			out = append(out, "note-"+ref(id))
		}
	}
	if mixed {
		return append(out, "thread")
	}
	if grown {
		out = append(out, "tail")
	}
	return out
}

// look takes a snapshot of what an address shows.
func (c *Console) look(ctx context.Context, at where, who review.PersonID) (snapshot, error) {
	var s snapshot
	l, err := c.list(ctx, at, who)
	if err != nil {
		return s, err
	}
	s.list = l.versions()
	if at.Case == 0 {
		return s, nil
	}
	cs, err := c.Store.Case(ctx, at.Case)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return s, err
	}
	s.thread = cs.Version
	t, err := c.thread(ctx, at.Case, 0)
	if err != nil {
		return s, err
	}
	s.see(t)
	return s, nil
}

func (s *snapshot) see(t thread) {
	s.notes = make(map[int64]uint64, len(t.notes))
	for _, n := range t.notes {
		s.notes[n.ID] = sumOf(n.Body)
		s.last = max(s.last, n.ID)
	}
	var missed []byte
	for _, n := range t.missed.notes {
		missed = append(missed, n.Body...)
	}
	s.missed = sumOf(missed)
}

func sumOf(b []byte) uint64 {
	h := fnv.New64a()
	h.Write(b)
	return h.Sum64()
}

// events streams what changes on the page at "at", as server-sent events
// without content: each makes htmx fetch one part again, drawn for the person
// who looks. A stream that starts late or again is told "resync" when the page
// is behind.
func (c *Console) events(w http.ResponseWriter, r *http.Request, v visitor) {
	leave, ok := c.hub.enter(v.token())
	if !ok {
		w.Header().Set("Retry-After", "30")
		http.Error(w, "too many open pages", http.StatusTooManyRequests)
		return
	}
	defer leave()
	st := &stream{w: w, out: http.NewResponseController(w)}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // proxies: pass it on at once
	if !st.send("retry: 3000\n\n") {
		return
	}
	shown := r.Header.Get("Last-Event-ID")
	if shown == "" {
		shown = r.URL.Query().Get("sum")
	}
	c.follow(r.Context(), st, v, whereIs(r), shown)
}

// follow looks again after every wake, and sometimes unasked, until the
// person leaves.
func (c *Console) follow(ctx context.Context, st *stream, v visitor, at where, shown string) {
	var old snapshot
	for first := true; ; first = false {
		wakes := c.hub.wakes()
		now, err := c.look(ctx, at, v.ID)
		switch {
		case err != nil && ctx.Err() != nil:
			return
		case err != nil: // the store is away for a while: the stream holds
			if !st.send(": waiting\n\n") {
				return
			}
		case first && now.sum() != shown:
			if !st.event("resync", now.sum()) {
				return
			}
		case first:
			if !st.send(": well\n\n") {
				return
			}
		default:
			for _, e := range now.changes(old) {
				if !st.event(e, now.sum()) {
					return
				}
			}
		}
		if err == nil {
			old = now
		}
		if !c.wait(ctx, wakes) {
			return
		}
		if s, err := c.Store.Session(ctx, v.token()); errors.Is(err, storage.ErrNotFound) || err == nil && !c.Now().Before(s.Expires) {
			return // signed out
		}
		if !st.send(": \n\n") { // shows a dead connection
			return
		}
	}
}

// wait rests a little, so that a burst is looked at once, then until the next
// wake or look.
func (c *Console) wait(ctx context.Context, wakes <-chan struct{}) bool {
	look, rest := time.NewTimer(lookEvery), time.NewTimer(c.hub.rest())
	defer look.Stop()
	defer rest.Stop()
	for _, ready := range []<-chan struct{}{nil, wakes} {
		alarm := rest.C
		if ready != nil {
			alarm = look.C
		}
		select {
		case <-ctx.Done():
			return false
		case <-c.hub.gone:
			return false
		case <-ready:
		case <-alarm:
		}
	}
	return true
}

// stream writes events, each within its deadline.
type stream struct {
	w   io.Writer
	out *http.ResponseController
}

func (s *stream) event(name, id string) bool {
	return s.send(fmt.Sprintf("event: %s\nid: %s\ndata: -\n\n", name, id))
}

func (s *stream) send(text string) bool {
	// The server's own write time-out would end the stream; a recorder has none.
	_ = s.out.SetWriteDeadline(time.Now().Add(writeWithin))
	if _, err := io.WriteString(s.w, text); err != nil {
		return false
	}
	return s.out.Flush() == nil
}
