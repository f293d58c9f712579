package handover_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/evenkeel/evenkeel/handover"
	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
	"github.com/evenkeel/evenkeel/storage/sqlite"
)

const key = "a plain secret of a test"

// receiver is a target that checks what it gets with code of its own: the
// signature as Standard Webhooks writes it down, and the schema in docs.
type receiver struct {
	*testing.T
	server *httptest.Server
	schema *jsonschema.Schema

	mu     sync.Mutex
	now    time.Time
	answer func(handover.Event) int // 0 is 204
	got    []handover.Event         // accepted, in order
	ids    []string                 // of all calls
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile("../docs/schema/event.json")
	if err != nil {
		t.Fatal(err)
	}
	r := &receiver{T: t, schema: schema, now: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)}
	r.server = httptest.NewServer(r)
	t.Cleanup(r.server.Close)
	return r
}

func (r *receiver) Now() time.Time { r.mu.Lock(); defer r.mu.Unlock(); return r.now }

func (r *receiver) pass(d time.Duration) { r.mu.Lock(); defer r.mu.Unlock(); r.now = r.now.Add(d) }

func (r *receiver) answers(f func(handover.Event) int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = f
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		r.Error(err)
	}
	id, at := req.Header.Get("Webhook-Id"), req.Header.Get("Webhook-Timestamp")
	mac := hmac.New(sha256.New, []byte(key))
	fmt.Fprintf(mac, "%s.%s.%s", id, at, body)
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); !slices.Contains(strings.Fields(req.Header.Get("Webhook-Signature")), want) {
		r.Errorf("call %s is signed %q, want %q", id, req.Header.Get("Webhook-Signature"), want)
	}
	if seconds, err := strconv.ParseInt(at, 10, 64); err != nil || time.Unix(seconds, 0).Before(r.Now().Add(-5*time.Minute)) {
		r.Errorf("call %s is stamped %q", id, at)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(body)))
	if err == nil {
		err = r.schema.Validate(doc)
	}
	if err != nil {
		r.Errorf("the body is not as docs/schema/event.json says: %v\n%s", err, body)
	}
	var e handover.Event
	if err := json.Unmarshal(body, &e); err != nil {
		r.Error(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ids = append(r.ids, id)
	if r.answer != nil {
		if status := r.answer(e); status != 0 {
			if status/100 == 3 {
				w.Header().Set("Location", r.server.URL+"/elsewhere")
			}
			w.WriteHeader(status)
			return
		}
	}
	r.got = append(r.got, e)
	w.WriteHeader(http.StatusNoContent)
}

// seqs are the numbers of the entries that were accepted.
func (r *receiver) seqs(id int64) []int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []int64
	for _, e := range r.got {
		if id < 0 || e.Data.Case == id {
			out = append(out, e.Data.Seq)
		}
	}
	return out
}

// desk is a store with cases that things happen to.
type desk struct {
	*testing.T
	store *sqlite.Store
	path  string
	to    *receiver
	said  map[string]error
	news  []string // what people were told in chat
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{T: t, path: filepath.Join(t.TempDir(), "evenkeel.db"), to: newReceiver(t), said: make(map[string]error)}
	d.open()
	return d
}

func (d *desk) open() {
	d.Helper()
	store, err := sqlite.Open(d.Context(), d.path, sqlite.Options{Now: d.to.Now})
	if err != nil {
		d.Fatal(err)
	}
	d.Cleanup(func() { _ = store.Close() })
	d.store = store
}

// happens writes an entry about a case.
func (d *desk) happens(id int64, verb review.Verb) {
	d.Helper()
	e := review.Event{At: d.to.Now(), Case: id, Actor: "console:ana", Verb: verb, Texts: map[string]string{"text": "Words of a person"}}
	if id != 0 {
		e.From, e.To = review.Drafted, review.Approved
	}
	if err := d.store.Commit(d.Context(), &storage.Batch{Events: []review.Event{e}}); err != nil {
		d.Fatal(err)
	}
}

func (d *desk) target(change ...func(*handover.Target)) handover.Target {
	t := handover.Target{Name: "crm", URL: d.to.server.URL + "/in", Secret: secret.New(key)}
	for _, f := range change {
		f(&t)
	}
	return t
}

func (d *desk) config(t handover.Target) handover.Config {
	u, err := url.Parse(d.to.server.URL)
	if err != nil {
		d.Fatal(err)
	}
	return handover.Config{
		Store: d.store, Targets: []handover.Target{t}, Allow: []string{u.Host}, Now: d.to.Now, Worker: "test",
		Trouble: func(name string, err error) { d.said[name] = err },
		News: func(name string, since time.Time, well bool) []review.Work {
			d.news = append(d.news, fmt.Sprint(name, " ", since.Format(time.TimeOnly), " ", well))
			return []review.Work{{Kind: "notice", Key: d.news[len(d.news)-1], Due: d.to.Now()}}
		},
	}
}

func (d *desk) handover(change ...func(*handover.Target)) *handover.Handover {
	d.Helper()
	h, err := handover.New(d.config(d.target(change...)))
	if err != nil {
		d.Fatal(err)
	}
	d.runs(h)
	return h
}

func (d *desk) runs(h *handover.Handover) int {
	d.Helper()
	n, err := h.RunDue(d.Context())
	if err != nil {
		d.Fatal(err)
	}
	return n
}

func TestEveryEntryOnceInOrder(t *testing.T) {
	d := newDesk(t)
	d.happens(1, "before")
	h := d.handover()
	if got := d.to.seqs(-1); len(got) != 0 {
		t.Fatalf("a new target was sent %v, from before it was added", got)
	}
	for i := range 7 {
		d.happens(int64(i%3), "approve")
	}
	if n := d.runs(h); n != 7 || !slices.Equal(d.to.seqs(-1), []int64{2, 3, 4, 5, 6, 7, 8}) {
		t.Fatalf("%d arrived: %v", n, d.to.seqs(-1))
	}
	if n := d.runs(h); n != 0 {
		t.Fatalf("%d were sent again", n)
	}
	for _, e := range d.to.got {
		if e.Data.Words != nil {
			t.Error("words were sent that nobody asked for")
		}
	}
}

func TestWordsAndVerbsOnDemand(t *testing.T) {
	d := newDesk(t)
	h := d.handover(func(t *handover.Target) { t.Words, t.Verbs = true, []string{"approve"} })
	d.happens(1, "fact")
	d.happens(1, "approve")
	d.runs(h)
	if len(d.to.got) != 1 || d.to.got[0].Data.Words["text"] != "Words of a person" || d.to.got[0].Type != "case.approve" {
		t.Fatalf("got %+v", d.to.got)
	}
}

func TestTargetThatIsDown(t *testing.T) {
	d := newDesk(t)
	h := d.handover()
	for _, status := range []int{500, 503, 401, 404, 429, 302} {
		d.to.answers(func(handover.Event) int { return status })
		d.happens(1, "approve")
		calls := len(d.to.ids)
		d.runs(h)
		d.runs(h) // at once: it is left alone
		if n := len(d.to.ids) - calls; n != 1 {
			t.Fatalf("%d: %d calls, want one and then a rest", status, n)
		}
		d.to.pass(2 * time.Hour)
	}
	if d.said["crm"] == nil || !strings.Contains(d.said["crm"].Error(), "redirects are not followed") {
		t.Fatalf("people are told %v", d.said["crm"])
	}
	d.to.answers(nil)
	if n := d.runs(h); n != 6 || !slices.IsSorted(d.to.seqs(1)) || d.said["crm"] != nil {
		t.Fatalf("%d arrived afterwards: %v; people are told %v", n, d.to.seqs(1), d.said["crm"])
	}
	if first := d.to.ids[0]; slices.ContainsFunc(d.to.ids[:7], func(id string) bool { return id != first }) {
		t.Errorf("one entry had several ids: %v", d.to.ids[:7])
	}
}

// TestRefusedEntryHoldsBackItsCase: a target that refuses one entry gets the
// other cases, and this case's in order later.
func TestRefusedEntryHoldsBackItsCase(t *testing.T) {
	d := newDesk(t)
	h := d.handover()
	for _, about := range []int64{1, 0} {
		d.to.got = nil
		d.to.answers(func(e handover.Event) int {
			if e.Data.Case == about {
				return http.StatusUnprocessableEntity
			}
			return 0
		})
		d.happens(about, "approve")
		d.happens(2, "approve")
		d.happens(about, "undo")
		for range 3 {
			d.runs(h)
			d.to.pass(time.Hour)
		}
		if got := d.to.seqs(-1); len(got) != 1 || d.said["crm"] == nil {
			t.Fatalf("while it refuses, %v arrived and people are told %v", got, d.said["crm"])
		}
		d.to.answers(nil)
		d.happens(about, "approve")
		for range 2 {
			d.runs(h)
			d.to.pass(time.Hour)
		}
		got := d.to.seqs(about)
		if len(got) != 3 || !slices.IsSorted(got) || d.said["crm"] != nil {
			t.Fatalf("afterwards %v arrived and people are told %v", got, d.said["crm"])
		}
	}
}

// TestLongTroubleIsToldOnce: a target that is away for a moment is nobody's
// business; one that stays away is told of once, across restarts, and once more
// when it is well. The next outage is another.
func TestLongTroubleIsToldOnce(t *testing.T) {
	for name, status := range map[string]int{"down": 503, "refusing": 422} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			h := d.handover()
			d.to.answers(func(handover.Event) int { return status })
			d.happens(1, "approve")
			d.runs(h)
			d.to.pass(5 * time.Minute)
			d.runs(h)
			if len(d.news) != 0 {
				t.Fatalf("told after five minutes: %v", d.news)
			}
			for range 10 {
				d.to.pass(30 * time.Minute)
				d.runs(h)
				h = d.handover() // the program starts anew each time
			}
			if want := []string{"crm 09:00:00 false"}; !slices.Equal(d.news, want) {
				t.Fatalf("told %v, want %v", d.news, want)
			}
			if st, err := handover.Load(t.Context(), d.store, "crm"); err != nil || st.Trouble() == "" || !st.Since.Equal(time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)) {
				t.Fatalf("the state says %q since %s, %v", st.Trouble(), st.Since, err)
			}
			if jobs, err := d.store.Pending(t.Context()); err != nil || jobs["notice"].Count != 1 {
				t.Fatalf("%d notices are to be posted, %v", jobs["notice"].Count, err)
			}
			d.to.answers(nil)
			d.to.pass(time.Hour)
			d.runs(h)
			d.to.pass(time.Hour)
			d.runs(h)
			if want := []string{"crm 09:00:00 false", "crm 09:00:00 true"}; !slices.Equal(d.news, want) {
				t.Fatalf("told %v, want %v", d.news, want)
			}
			d.to.answers(func(handover.Event) int { return status })
			d.happens(1, "undo")
			for range 4 {
				d.runs(h)
				d.to.pass(20 * time.Minute)
			}
			if len(d.news) != 3 || d.news[2] == d.news[0] {
				t.Fatalf("of the next outage: %v", d.news)
			}
		})
	}
}

func TestRestartInTheMiddle(t *testing.T) {
	d := newDesk(t)
	h := d.handover()
	for range 10 {
		d.happens(1, "approve")
	}
	// The program is told to stop while the fourth call is answered.
	ctx, stop := context.WithCancel(t.Context())
	d.to.answers(func(e handover.Event) int {
		if e.Data.Seq == 4 {
			stop()
		}
		return 0
	})
	_, _ = h.RunDue(ctx)
	d.to.answers(nil)
	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
	d.to.pass(time.Minute)
	d.open()
	d.handover()
	got := slices.Compact(d.to.seqs(1))
	if !slices.Equal(got, []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}) {
		t.Fatalf("arrived: %v", got)
	}
	seen := make(map[int64]string)
	for i, e := range d.to.got {
		if before, twice := seen[e.Data.Seq]; twice && before != d.to.ids[i] {
			t.Errorf("entry %d came as %s and as %s", e.Data.Seq, before, d.to.ids[i])
		}
		seen[e.Data.Seq] = d.to.ids[i]
	}
}

func TestTwoReplicas(t *testing.T) {
	d := newDesk(t)
	replicas := []*handover.Handover{d.handover(), nil}
	cfg := d.config(d.target())
	cfg.Trouble, cfg.Worker = nil, "other"
	var err error
	if replicas[1], err = handover.New(cfg); err != nil {
		t.Fatal(err)
	}
	var want []int64
	for i := range 60 {
		d.happens(int64(i%5), "approve")
		want = append(want, int64(i+1))
	}
	var both sync.WaitGroup
	for _, h := range replicas {
		both.Go(func() {
			for range 20 {
				if _, err := h.RunDue(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	both.Wait()
	d.runs(replicas[0])
	if got := d.to.seqs(-1); !slices.Equal(got, want) {
		t.Fatalf("arrived: %v", got)
	}
}

func TestPrivateAddressesAreRefused(t *testing.T) {
	d := newDesk(t)
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "10.0.0.1", "192.168.1.1",
		"169.254.169.254", "[fe80::1]", "[fd00::1]", "100.64.0.1", "[64:ff9b::a00:1]", "[2002:7f00:1::]"} {
		target := d.target(func(t *handover.Target) { t.Name, t.URL = "inside", "https://"+host+"/" })
		cfg := d.config(target)
		cfg.Allow = nil
		h, err := handover.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Try(t.Context(), "inside"); err == nil || !strings.Contains(err.Error(), "not public") {
			t.Errorf("%s: %v", host, err)
		}
	}
	if len(d.to.ids) != 0 {
		t.Error("something was sent inside")
	}
}

func TestSettingsThatAreWrong(t *testing.T) {
	d := newDesk(t)
	for want, change := range map[string]func(*handover.Target){
		"at least 16":   func(t *handover.Target) { t.Secret = secret.New("short") },
		"not base64":    func(t *handover.Target) { t.Secret = secret.New("whsec_!") },
		"no address":    func(t *handover.Target) { t.URL = "ftp://example.test" },
		"not encrypted": func(t *handover.Target) { t.URL = "http://example.test" },
		"a password":    func(t *handover.Target) { t.URL = "https://a:b@example.test" },
	} {
		if _, err := handover.New(d.config(d.target(change))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func TestTry(t *testing.T) {
	d := newDesk(t)
	h := d.handover()
	if err := h.Try(t.Context(), "crm"); err != nil {
		t.Fatal(err)
	}
	if err := h.Try(t.Context(), "nobody"); err == nil {
		t.Error("an unknown target was tried")
	}
	if len(d.to.got) != 0 || len(d.to.ids) != 0 {
		t.Error("trying sent an event")
	}
}

// TestSchemaRefuses shows that the schema would notice.
func TestSchemaRefuses(t *testing.T) {
	r := newReceiver(t)
	for _, bad := range []string{`{}`, `{"type":"case.x","timestamp":"2026-01-01T00:00:00Z","data":{}}`,
		`{"type":"approve","timestamp":"2026-01-01T00:00:00Z","data":{"seq":1,"actor":"a","verb":"x","hash":"` + strings.Repeat("0", 64) + `"}}`} {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(bad))
		if err != nil {
			t.Fatal(err)
		}
		if err := r.schema.Validate(doc); err == nil {
			t.Errorf("passes: %s", bad)
		}
	}
	if _, err := os.Stat("../docs/schema/event.json"); errors.Is(err, os.ErrNotExist) {
		t.Error("the schema is not in docs")
	}
}
