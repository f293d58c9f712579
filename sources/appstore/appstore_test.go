package appstore_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/appstore"
	"github.com/evenkeel/evenkeel/sources/sourcetest"
)

func TestContract(t *testing.T) {
	sourcetest.Run(t, sourcetest.Harness{Pages: 510, New: func(t testing.TB) sourcetest.Bench { return newStore(t).bench(t, nil) }})
}

// watchful claims what the platform does not give and the window makes up for.
type watchful struct{ *appstore.Source }

func (w watchful) Capabilities() sources.Capabilities {
	c := w.Source.Capabilities()
	c.SeesEdits = true
	return c
}

// TestEditsWithinTheWindow: within it, edits arrive as if the platform told of
// them, though the dates of edited reviews never move.
func TestEditsWithinTheWindow(t *testing.T) {
	sourcetest.Run(t, sourcetest.Harness{Pages: 30, New: func(t testing.TB) sourcetest.Bench {
		s := newStore(t)
		b := s.bench(t, nil)
		again := b.Again
		b.Source = watchful{b.Source.(*appstore.Source)}
		b.Again = func(t testing.TB) sources.Source { return watchful{again(t).(*appstore.Source)} }
		return b
	}})
}

func drain(t testing.TB, s sources.Source, cur sources.Cursor) ([]review.Review, sources.Cursor) {
	t.Helper()
	var all []review.Review
	for range 100 {
		page, err := s.(sources.Poller).Poll(t.Context(), cur)
		if err != nil {
			t.Fatal(err)
		}
		all, cur = append(all, page.Reviews...), page.Next
		if !page.More {
			return all, cur
		}
	}
	t.Fatal("the list does not end")
	return nil, nil
}

func add(t testing.TB, s *store, n int, apart time.Duration) []review.Review {
	t.Helper()
	var all []review.Review
	for i := range n {
		all = append(all, s.Add(t, sourcetest.Post{Stars: 1 + i%5, Title: "Meh", Body: fmt.Sprint("Logs me out ", i), Author: "kx"}))
		s.Advance(t, apart)
	}
	return all
}

func (s *store) countLists() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.lists
	s.lists = 0
	return n
}

// TestBusyApps: where more reviews come within the window than are remembered,
// polls stay short and repeat nothing.
func TestBusyApps(t *testing.T) {
	s := newStore(t)
	src := s.bench(t, nil).Source
	all := add(t, s, 2500, 10*time.Minute) // 17 days
	got, cur := drain(t, src, nil)
	if len(got) != 2500 {
		t.Fatalf("%d of 2500 reviews", len(got))
	}
	s.countLists()
	for range 3 {
		if got, cur = drain(t, src, cur); len(got) != 0 {
			t.Fatalf("%d reviews arrived again", len(got))
		}
		if n := s.countLists(); n > 6 {
			t.Fatalf("a quiet poll took %d calls", n)
		}
		s.Advance(t, 10*time.Minute)
	}
	if len(cur) > 200<<10 {
		t.Errorf("the cursor has %d bytes", len(cur))
	}
	edited := s.Edit(t, all[1900].Key, sourcetest.Post{Stars: 5, Body: "Fixed.", Author: "kx"})
	if got, cur = drain(t, src, cur); len(got) != 1 || got[0].ContentHash() != edited.ContentHash() {
		t.Errorf("an edit among the newest: %d arrived", len(got))
	}
	// New ones arrive, however many came at once.
	fresh := add(t, s, 1300, time.Second)
	got, cur = drain(t, src, cur)
	have := map[review.Key]bool{}
	for _, r := range got {
		have[r.Key] = true
	}
	for _, r := range fresh {
		if !have[r.Key] {
			t.Fatalf("%v is missing", r.Key)
		}
	}
	// More than are remembered: a page of those before comes once more.
	if len(got) > len(fresh)+200 {
		t.Errorf("%d reviews arrived; %d are new", len(got), len(fresh))
	}
	if got, _ = drain(t, src, cur); len(got) != 0 {
		t.Errorf("%d reviews arrived again", len(got))
	}
}

func TestWhereItWasWritten(t *testing.T) {
	s := newStore(t)
	src := s.bench(t, nil).Source.(*appstore.Source)
	r := add(t, s, 1, 0)[0]
	got, err := src.Get(t.Context(), r.Key)
	if err != nil || got.Subject != (review.Subject{Kind: "app", ID: appID, Name: "Harbour, App Store DE"}) || got.Language != "" || !got.Updated.IsZero() {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestRepliesArePublishedLater(t *testing.T) {
	s := newStore(t)
	src := s.bench(t, nil).Source.(*appstore.Source)
	r := add(t, s, 1, 0)[0]
	got, err := src.Reply(t.Context(), r.Key, "Sorry.", "")
	if err != nil || got.State != review.ReplyPending || got.ID != "resp-"+r.Key.ID {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, want := range []review.ReplyState{review.ReplyPending, review.ReplyLive} {
		all, _ := drain(t, src, nil)
		if len(all) != 1 || all[0].Reply == nil || all[0].Reply.State != want || all[0].Reply.ID != got.ID {
			t.Errorf("listed as %+v; want %s", all[0].Reply, want)
		}
		s.Advance(t, publishing)
	}
}

func TestTokensServeManyCallsAndEndInTime(t *testing.T) {
	s := newStore(t)
	src := s.bench(t, nil).Source.(*appstore.Source)
	r := add(t, s, 1, 0)[0]
	for range 60 {
		if _, err := src.Get(t.Context(), r.Key); err != nil {
			t.Fatal(err)
		}
		s.Advance(t, time.Minute)
	}
	if n := len(s.tokens); n < 3 || n > 4 {
		t.Errorf("%d tokens in an hour", n)
	}
	personal := s.bench(t, func(set *appstore.Settings) { set.Key.Issuer = "" }).Source.(*appstore.Source)
	if _, err := personal.Get(t.Context(), r.Key); err != nil {
		t.Errorf("with the key of one person: %v", err)
	}
	other := s.bench(t, func(set *appstore.Settings) { set.Key.ID = "ANOTHER999" }).Source.(*appstore.Source)
	if _, err := other.Get(t.Context(), r.Key); !errors.Is(err, sources.ErrAuth) || !strings.Contains(err.Error(), "key_id") {
		t.Errorf("with an unknown key: %v", err)
	}
}

func TestPagesExpire(t *testing.T) {
	s := newStore(t)
	src := s.bench(t, nil).Source
	add(t, s, 410, time.Minute)
	first, err := src.(sources.Poller).Poll(t.Context(), nil)
	if err != nil || !first.More || len(first.Reviews) != 200 {
		t.Fatalf("%d reviews, %v", len(first.Reviews), err)
	}
	s.mu.Lock()
	s.expired = true
	s.mu.Unlock()
	rest, _ := drain(t, src, first.Next)
	have := map[string]bool{}
	for _, r := range append(first.Reviews, rest...) {
		have[r.Key.ID] = true
	}
	if len(have) != 410 {
		t.Errorf("%d of 410 reviews", len(have))
	}
}

func TestUnknownApp(t *testing.T) {
	s := newStore(t)
	src := s.bench(t, func(set *appstore.Settings) { set.App = "99" }).Source
	if _, err := src.(sources.Poller).Poll(t.Context(), nil); !errors.Is(err, sources.ErrRejected) || !strings.Contains(err.Error(), "Apple ID") {
		t.Errorf("%v", err)
	}
}

func TestSettings(t *testing.T) {
	s := newStore(t)
	for name, change := range map[string]func(*appstore.Settings){
		"no name":        func(set *appstore.Settings) { set.Name = "" },
		"no app":         func(set *appstore.Settings) { set.App = "" },
		"a bundle's id":  func(set *appstore.Settings) { set.App = "com.example.app" },
		"no key id":      func(set *appstore.Settings) { set.Key.ID = "" },
		"no key":         func(set *appstore.Settings) { set.Key.PEM = nil },
		"a broken key":   func(set *appstore.Settings) { set.Key.PEM = []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n") },
		"an odd address": func(set *appstore.Settings) { set.Base = "x" },
	} {
		set := s.settings("https://example.test")
		change(&set)
		if _, err := appstore.New(set); err == nil || strings.Contains(err.Error(), "AAAA") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
