package sourcetest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
)

// Stage is what fakes of platforms have in common: a shelf of reviews, a clock,
// and the troubles of the network. A connector's test brings the platform's own
// voice, the HTTP handler with its paths, fields, pages and quirks; Stage makes
// it a [Platform]. The zero times of an Entry do not occur: reviews carry the
// stage's clock.
//
// A Stage is made by filling in its exported fields and calling [Stage.Bench].
type Stage struct {
	// Voice answers a call that no trouble befalls.
	Voice http.Handler
	// Name says what a call is and of which review ("" for lists). Calls that it
	// does not know ("") are passed on uncounted.
	Name func(*http.Request) (Op, string)
	// Show is an entry as the source must give it.
	Show func(Entry) review.Review
	// ID names the nth review, from 1; nil counts.
	ID func(n int) string
	// Failure is the platform's way of writing an error; nil = {"message": …}.
	Failure func(w http.ResponseWriter, status int, message string)
	// Forbid is how the platform keeps one review from us; nil = it never does.
	Forbid func(w http.ResponseWriter)
	// Mute platforms answer writes without a body that means anything.
	Mute bool

	mu      sync.Mutex
	now     time.Time
	made    int
	entries []*Entry
	calls   map[Op]int
	broken  *breakage
	direct  bool
}

// Entry is a review on the shelf.
type Entry struct {
	ID               string
	N                int // in the order of writing, from 1
	Post             Post
	Created, Updated time.Time
	Reply            string // "" for none
	Replied          time.Time
	Tag              string // for the voice's own use
}

type breakage struct {
	op   Op
	id   string
	what Trouble
}

var _ Platform = (*Stage)(nil)

// Bench serves the stage and makes sources with make, which is given the
// address and the stage's clock.
func (s *Stage) Bench(t testing.TB, make func(t testing.TB, address string) sources.Source, secrets ...string) Bench {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	return Bench{
		Source:   make(t, srv.URL),
		Platform: s,
		Again:    func(t testing.TB) sources.Source { return make(t, srv.URL) },
		Dead:     func(t testing.TB) sources.Source { return make(t, nobody(t)) },
		Secrets:  secrets,
	}
}

// nobody is an address where nobody listens.
func nobody(t testing.TB) string {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

// Now is the stage's clock.
func (s *Stage) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock()
}

func (s *Stage) clock() time.Time {
	if s.now.IsZero() {
		s.now = time.Date(2026, 10, 1, 8, 0, 0, 0, time.UTC)
	}
	return s.now
}

// Entries are copies of what stands on the shelf, in the order of writing.
func (s *Stage) Entries() []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Entry, 0, len(s.entries))
	for _, e := range s.entries {
		out = append(out, *e)
	}
	return out
}

// Newest are the entries by a time, latest first.
func (s *Stage) Newest(by func(Entry) time.Time) []Entry {
	out := s.Entries()
	slices.SortStableFunc(out, func(a, b Entry) int {
		if c := by(b).Compare(by(a)); c != 0 {
			return c
		}
		return cmp.Compare(b.N, a.N)
	})
	return out
}

// Entry is one review; ok is false when it is not there.
func (s *Stage) Entry(id string) (e Entry, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := s.find(id); at != nil {
		return *at, true
	}
	return Entry{}, false
}

// Alter changes a review in place without the platform's noticing, save what
// change does; false when it is not there.
func (s *Stage) Alter(id string, change func(*Entry)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.find(id)
	if at == nil {
		return false
	}
	change(at)
	return true
}

func (s *Stage) find(id string) *Entry {
	for _, e := range s.entries {
		if e.ID == id {
			return e
		}
	}
	return nil
}

// Add is a customer writing.
func (s *Stage) Add(_ testing.TB, p Post) review.Review {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made++
	id := fmt.Sprint(s.made)
	if s.ID != nil {
		id = s.ID(s.made)
	}
	now := s.clock()
	e := &Entry{ID: id, N: s.made, Post: p, Created: now, Updated: now}
	s.entries = append(s.entries, e)
	return s.Show(*e)
}

// Edit is the author changing the review.
func (s *Stage) Edit(t testing.TB, key review.Key, p Post) review.Review {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.find(key.ID)
	if e == nil {
		t.Fatalf("no review %v to edit", key)
	}
	e.Post, e.Updated = p, s.clock()
	return s.Show(*e)
}

// Remove is the author taking the review down.
func (s *Stage) Remove(_ testing.TB, key review.Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries = slices.DeleteFunc(s.entries, func(e *Entry) bool { return e.ID == key.ID })
}

// Reply is what stands under the review.
func (s *Stage) Reply(_ testing.TB, key review.Key) (string, bool) {
	e, _ := s.Entry(key.ID)
	return e.Reply, e.Reply != ""
}

// AnswerOnSite is a colleague replying past the API.
func (s *Stage) AnswerOnSite(t testing.TB, key review.Key, text string) {
	if !s.Alter(key.ID, func(e *Entry) { e.Reply, e.Replied = text, s.clock() }) {
		t.Fatalf("no review %v to answer", key)
	}
}

// RefuseNext is false: nobody moderates here.
func (s *Stage) RefuseNext(testing.TB, review.Key) bool { return false }

// Break lets every call of a kind meet the trouble until Mend.
func (s *Stage) Break(_ testing.TB, op Op, key review.Key, what Trouble) bool {
	if what == Forbidden && s.Forbid == nil || what == Garbled && s.Mute && (op == Write || op == Delete) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = &breakage{op: op, id: key.ID, what: what}
	return true
}

// Mend ends all trouble.
func (s *Stage) Mend(testing.TB) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = nil
}

// Calls counts the calls of a kind.
func (s *Stage) Calls(_ testing.TB, op Op) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[op]
}

// Advance puts the clock forward.
func (s *Stage) Advance(_ testing.TB, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.clock().Add(d)
}

// ServeHTTP counts a call and lets its trouble, or the voice, answer.
func (s *Stage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	op, id := s.Name(r)
	switch what := s.meet(op, id); what {
	case "":
		s.Voice.ServeHTTP(w, r)
	case Waiting, WaitingMute, WaitingOdd, Unavailable, CutBefore, Revoked, Forbidden, Echoing, Hollow:
		_, _ = io.Copy(io.Discard, r.Body)
		s.before(w, r, what)
	default:
		heard := httptest.NewRecorder()
		s.Voice.ServeHTTP(heard, r)
		_, _ = io.Copy(io.Discard, r.Body) // only then the server notices a caller who leaves
		s.after(w, r, what)
	}
}

func (s *Stage) meet(op Op, id string) Trouble {
	s.mu.Lock()
	defer s.mu.Unlock()
	if op == "" {
		return ""
	}
	if s.calls == nil {
		s.calls = map[Op]int{}
	}
	s.calls[op]++
	b := s.broken
	if b == nil || b.op != op || op != List && b.id != id {
		return ""
	}
	return b.what
}

// before is trouble instead of what was asked.
func (s *Stage) before(w http.ResponseWriter, r *http.Request, what Trouble) {
	switch what {
	case Waiting:
		w.Header().Set("Retry-After", "30")
		s.fail(w, http.StatusTooManyRequests, "too many calls")
	case WaitingMute:
		s.fail(w, http.StatusTooManyRequests, "too many calls")
	case WaitingOdd:
		w.Header().Set("Retry-After", "99999999999999999999")
		s.fail(w, http.StatusTooManyRequests, "too many calls")
	case Unavailable:
		s.fail(w, http.StatusServiceUnavailable, "being looked after")
	case Hollow:
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{}")
	case Revoked:
		s.fail(w, http.StatusUnauthorized, "the token is not valid")
	case Forbidden:
		s.Forbid(w)
	case Echoing:
		var all []string
		for _, v := range r.Header {
			all = append(all, v...)
		}
		s.fail(w, http.StatusBadRequest, "no: "+strings.Join(all, ", ")+" "+r.URL.RawQuery)
	default:
		cut(w)
	}
}

// after is trouble when the platform has acted.
func (s *Stage) after(w http.ResponseWriter, r *http.Request, what Trouble) {
	switch what {
	case Stumbling:
		s.fail(w, http.StatusInternalServerError, "stumbled")
	case Garbled:
		w.WriteHeader(http.StatusOK)
		_, _ = io.WriteString(w, `{"reviews":[{"id"`)
	case Flooding:
		w.WriteHeader(http.StatusOK)
		for chunk := []byte(strings.Repeat(" ", 64<<10)); r.Context().Err() == nil; {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	case Hanging:
		<-r.Context().Done()
	default:
		cut(w)
	}
}

func (s *Stage) fail(w http.ResponseWriter, status int, message string) {
	if s.Failure != nil {
		s.Failure(w, status, message)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": message})
}

// Peek decodes a call's JSON body and leaves it to be read again, for platforms
// that name the review in there. What cannot be read leaves into as it is.
func Peek(r *http.Request, into any) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	_ = json.Unmarshal(body, into)
}

// cut breaks the connection without an answer.
func cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}
