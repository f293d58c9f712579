package trustpilot_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/sourcetest"
	"github.com/evenkeel/evenkeel/sources/trustpilot"
	"github.com/evenkeel/evenkeel/sources/webhook"
)

// TestPagesDoNotShift: a review that goes in the middle of a sweep moves all
// later ones forward by one; none of them is missed. Many reviews of one second
// fill several pages.
func TestPagesDoNotShift(t *testing.T) {
	f := newFake()
	b := f.bench(t)
	want := map[string]bool{}
	for i := range 340 {
		r := f.Add(t, sourcetest.Post{Stars: 3, Body: fmt.Sprint(i), Author: "A"})
		want[r.Key.ID] = true
		if i < 20 || i > 280 { // 260 of one second
			f.Advance(t, time.Second)
		}
	}
	var cur sources.Cursor
	got := map[string]int{}
	for pages := 0; ; pages++ {
		page, err := b.Source.(sources.Poller).Poll(t.Context(), cur)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Reviews {
			got[r.Key.ID]++
		}
		if pages == 3 { // after the crowded second: page numbers have shifted
			gone := f.Entries()[2]
			f.Remove(t, f.Show(gone).Key)
		}
		if cur = page.Next; !page.More {
			break
		}
		if pages > 50 {
			t.Fatal("the list does not end")
		}
	}
	for id := range want {
		if got[id] != 1 {
			t.Errorf("review %s arrived %d times", id, got[id])
		}
	}
}

type intake struct {
	got []webhook.Delivery
	err error
}

func (in *intake) Accept(_ context.Context, d webhook.Delivery) (webhook.Taken, error) {
	if in.err == nil {
		in.got = append(in.got, d)
	}
	return webhook.Taken{Accepted: len(d.Reviews)}, in.err
}

const hookSecret = "b1946ac92492d2347c6235b4"

func TestNotice(t *testing.T) {
	in := &intake{}
	f := newFake()
	f.change = func(s *trustpilot.Settings) { s.Secret, s.Intake = hookSecret, in }
	b := f.bench(t)
	r := f.Add(t, sourcetest.Post{Stars: 1, Body: "Late.", Author: "Ana"})
	hook := b.Source.(*trustpilot.Source)
	send := func(method, path, body string) int {
		w := httptest.NewRecorder()
		hook.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body)))
		return w.Code
	}
	// The notice lies about the words: what counts is what the platform says.
	notice := `{"events":[{"eventName":"service-review-created","eventData":{"id":"` + r.Key.ID + `","stars":5,"text":"Wonderful","consumer":{"name":"Nobody"}}},
		{"eventName":"product-review-created","eventData":{"id":"p1"}},{"eventName":"service-review-deleted","eventData":{"id":"ffffffffffffffffffffffff"}},
		{"eventName":"service-review-created","eventData":{"id":"../../../v1/x"}}]}`
	for _, path := range []string{"/hooks/tp/", "/hooks/tp/wrong", "/hooks/tp", "/hooks/tp/" + hookSecret + "/x"} {
		if code := send(http.MethodPost, path, notice); code != http.StatusNotFound {
			t.Errorf("%s: %d", path, code)
		}
	}
	if len(in.got) != 0 || f.Calls(t, sourcetest.Read) != 0 {
		t.Fatal("something was done for a stranger")
	}
	path := hook.HookPath() + hookSecret
	if code := send(http.MethodGet, path, ""); code != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", code)
	}
	if code := send(http.MethodPost, path, "not JSON"); code != http.StatusBadRequest {
		t.Errorf("no JSON: %d", code)
	}
	if code := send(http.MethodPost, path, strings.Repeat(" ", 300<<10)); code != http.StatusRequestEntityTooLarge {
		t.Errorf("too large: %d", code)
	}
	if code := send(http.MethodPost, path, notice); code != http.StatusOK {
		t.Fatalf("a notice: %d", code)
	}
	if len(in.got) != 1 || len(in.got[0].Reviews) != 1 || in.got[0].Reviews[0].Body != "Late." || in.got[0].Reviews[0].ContentHash() != r.ContentHash() {
		t.Fatalf("taken: %+v", in.got)
	}
	if n := f.Calls(t, sourcetest.Read); n != 2 {
		t.Errorf("%d reads; want those of two service reviews", n)
	}
	// Not stored, or the platform asks to wait: the sender shall come again.
	in.err = errors.New("disk full")
	if code := send(http.MethodPost, path, notice); code != http.StatusServiceUnavailable {
		t.Errorf("not stored: %d", code)
	}
	in.err = nil
	f.Break(t, sourcetest.Read, r.Key, sourcetest.Waiting)
	if code := send(http.MethodPost, path, notice); code != http.StatusServiceUnavailable {
		t.Errorf("not read: %d", code)
	}
}

func FuzzNotice(f *testing.F) {
	f.Add(`{"events":[{"eventName":"service-review-created","eventData":{"id":"1"}}]}`)
	f.Add(`{"events":[{"eventName":"service-review-created","eventData":{"id":1}}]}`)
	fk := newFake()
	in := &intake{}
	fk.change = func(s *trustpilot.Settings) { s.Secret, s.Intake = hookSecret, in }
	hook := fk.bench(f).Source.(*trustpilot.Source)
	f.Fuzz(func(t *testing.T, body string) {
		w := httptest.NewRecorder()
		hook.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, hook.HookPath()+hookSecret, strings.NewReader(body)))
		if len(in.got) > 0 {
			t.Fatal("a review came out of an empty platform")
		}
	})
}

func TestSettings(t *testing.T) {
	for name, set := range map[string]trustpilot.Settings{
		"no name":       {BusinessUnit: unit},
		"no unit":       {Name: "tp"},
		"short secret":  {Name: "tp", BusinessUnit: unit, Secret: "short", Intake: &intake{}},
		"slash":         {Name: "tp", BusinessUnit: unit, Secret: "0123456789/abcdef0", Intake: &intake{}},
		"negative plan": {Name: "tp", BusinessUnit: unit, CallsPerYear: -1},
	} {
		if _, err := trustpilot.New(set); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	for calls, want := range map[int]time.Duration{
		0: trustpilot.DefaultMinPoll, 50_000: 365 * 24 * time.Hour / 25_000, 1_000_000: trustpilot.DefaultMinPoll,
	} {
		s, err := trustpilot.New(trustpilot.Settings{Name: "tp", BusinessUnit: unit, CallsPerYear: calls})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Capabilities().MinPoll; got != want {
			t.Errorf("%d calls a year: a look every %s; want %s", calls, got, want)
		}
		if len(s.Capabilities().Grounds) != 5 {
			t.Errorf("grounds: %v", s.Capabilities().Grounds)
		}
	}
}

// TestOtherBusiness: a notice cannot bring reviews of somebody else's.
func TestOtherBusiness(t *testing.T) {
	f := newFake()
	r := f.Add(t, sourcetest.Post{Stars: 1, Body: "Late.", Author: "Ana"})
	f.change = func(s *trustpilot.Settings) { s.BusinessUnit = "other" }
	s := f.bench(t).Source.(sources.Reader)
	if _, err := s.Get(t.Context(), r.Key); !errors.Is(err, sources.ErrNotFound) {
		t.Errorf("%v; want ErrNotFound", err)
	}
}
