package google_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/google"
	"github.com/evenkeel/evenkeel/sources/sourcetest"
)

func TestContract(t *testing.T) {
	for name, c := range map[string]struct {
		locations int
		change    func(*google.Settings)
	}{
		"one location":         {locations: 1},
		"several locations":    {locations: 3},
		"in several questions": {locations: 5, change: func(s *google.Settings) { s.Batch = 2 }},
	} {
		t.Run(name, func(t *testing.T) {
			sourcetest.Run(t, sourcetest.Harness{Pages: 170, New: func(t testing.TB) sourcetest.Bench {
				return newProfile(t, c.locations).bench(t, c.change)
			}})
		})
	}
}

// drain polls to the end of a round and gives the number of steps.
func drain(t testing.TB, s sources.Source, cur sources.Cursor) ([]review.Review, sources.Cursor, int) {
	t.Helper()
	var all []review.Review
	for n := 1; n < 1000; n++ {
		page, err := s.(sources.Poller).Poll(t.Context(), cur)
		if err != nil {
			t.Fatal(err)
		}
		all, cur = append(all, page.Reviews...), page.Next
		if !page.More {
			return all, cur, n
		}
	}
	t.Fatal("the list does not end")
	return nil, nil, 0
}

func add(t testing.TB, p *profile, n int) {
	t.Helper()
	for i := range n {
		p.Add(t, sourcetest.Post{Stars: 1 + i%5, Body: fmt.Sprint("Slow service ", i), Author: "Ana"})
		p.Advance(t, time.Hour)
	}
}

func TestManyLocationsTakeFewCalls(t *testing.T) {
	p := newProfile(t, 120)
	b := p.bench(t, nil)
	add(t, p, 240)
	all, cur, _ := drain(t, b.Source, nil)
	if len(all) != 240 {
		t.Errorf("%d of 240 reviews", len(all))
	}
	p.lists.Store(0)
	if _, _, n := drain(t, b.Source, cur); n != 3 || p.lists.Load() != 3 {
		t.Errorf("a quiet round over 120 locations took %d calls; want one for each 50", p.lists.Load())
	}
	if s := all[0].Subject; s.Kind != "location" || s.ID != all[0].Key.Location || !strings.HasPrefix(s.Name, "Harbour Street") {
		t.Errorf("the subject is %+v", s)
	}
}

// TestAnotherOrderMissesNothing: should the API give the locations one after
// the other, every review still arrives.
func TestAnotherOrderMissesNothing(t *testing.T) {
	p := newProfile(t, 3)
	p.grouped = true
	b := p.bench(t, nil)
	add(t, p, 200)
	_, cur, _ := drain(t, b.Source, nil)
	for range 9 {
		want := p.Add(t, sourcetest.Post{Stars: 2, Body: "New."})
		p.Advance(t, time.Hour)
		got, next, _ := drain(t, b.Source, cur)
		if cur = next; len(got) != 1 || got[0].Key != want.Key {
			t.Fatalf("%d reviews; want the one at location %s", len(got), want.Key.Location)
		}
	}
}

func TestPageTokensExpire(t *testing.T) {
	for _, locations := range []int{1, 3} {
		p := newProfile(t, locations)
		s := p.bench(t, nil).Source
		add(t, p, 120)
		first, err := s.(sources.Poller).Poll(t.Context(), nil)
		if err != nil || !first.More {
			t.Fatal(err)
		}
		p.expire.Store(true)
		rest, _, _ := drain(t, s, first.Next)
		have := map[review.Key]bool{}
		for _, r := range append(first.Reviews, rest...) {
			have[r.Key] = true
		}
		if len(have) != 120 {
			t.Errorf("%d of 120 reviews", len(have))
		}
	}
}

func TestLocationsComeAndGo(t *testing.T) {
	p := newProfile(t, 2)
	b := p.bench(t, nil)
	add(t, p, 10)
	_, cur, _ := drain(t, b.Source, nil)
	one := p.bench(t, func(s *google.Settings) { s.Locations = s.Locations[:1] })
	got, cur, _ := drain(t, one.Source, cur)
	if len(got) != 5 {
		t.Errorf("%d reviews of the location that stayed; want all 5, read anew", len(got))
	}
	if n := strings.Count(string(cur), `"mark"`); n != 1 {
		t.Errorf("the cursor holds %d lists; want one: %s", n, cur)
	}
}

func TestQuirksOfReviews(t *testing.T) {
	p := newProfile(t, 1)
	s := p.bench(t, nil).Source.(*google.Source)
	starOnly := p.Add(t, sourcetest.Post{Stars: 3})
	unrated := p.Add(t, sourcetest.Post{Body: "No mark."})
	for _, want := range []review.Review{starOnly, unrated} {
		r, err := s.Get(t.Context(), want.Key)
		if err != nil {
			t.Fatal(err)
		}
		if r.Author != "" {
			t.Errorf("a reviewer without a name is called %q", r.Author)
		}
		if r.ReplyURL != "https://business.example.test/reply/"+r.Key.ID || r.URL != r.ReplyURL {
			t.Errorf("it opens at %q and %q", r.ReplyURL, r.URL)
		}
		if r.Key == starOnly.Key && (!r.StarOnly() || r.Rating != review.StarRating(3)) || r.Key == unrated.Key && r.Rating.Kind != review.Unrated {
			t.Errorf("read as %+v", r)
		}
	}
}

func TestRefusedRepliesNameThePolicy(t *testing.T) {
	p := newProfile(t, 1)
	s := p.bench(t, nil).Source.(*google.Source)
	r := p.Add(t, sourcetest.Post{Stars: 1, Body: "Bad."})
	p.RefuseNext(t, r.Key)
	got, err := s.Reply(t.Context(), r.Key, "Call me at 555.", "")
	if err != nil || got.State != review.ReplyPending {
		t.Fatalf("%+v, %v", got, err)
	}
	if back, _ := s.Get(t.Context(), r.Key); back.Reply == nil || back.Reply.State != review.ReplyPending {
		t.Errorf("at once: %+v", back.Reply)
	}
	p.Advance(t, moderation)
	back, err := s.Get(t.Context(), r.Key)
	if err != nil || back.Reply.State != review.ReplyRefused || !strings.Contains(back.Reply.Reason, "personal information") {
		t.Errorf("%+v, %v", back.Reply, err)
	}
}

func TestRevokedTokensAreFetchedAnew(t *testing.T) {
	p := newProfile(t, 1)
	s := p.bench(t, nil).Source.(*google.Source)
	r := p.Add(t, sourcetest.Post{Stars: 1})
	if _, err := s.Get(t.Context(), r.Key); err != nil {
		t.Fatal(err)
	}
	p.auth.Revoke()
	if _, err := s.Get(t.Context(), r.Key); !errors.Is(err, sources.ErrAuth) {
		t.Errorf("a revoked token: %v", err)
	}
	if _, err := s.Get(t.Context(), r.Key); err != nil {
		t.Errorf("the next call: %v", err)
	}
}

func TestTroubleAtTheSignIn(t *testing.T) {
	p := newProfile(t, 1)
	s := p.bench(t, nil).Source.(*google.Source)
	r := p.Add(t, sourcetest.Post{Stars: 1})
	p.auth.Fail(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	if _, err := s.Reply(t.Context(), r.Key, "Hello", ""); !errors.Is(err, sources.ErrTransient) {
		t.Errorf("out of reach: %v; nothing was sent, so it is ErrTransient", err)
	}
	p.auth.Fail(nil)
	p.auth.Withdraw()
	_, err := s.Reply(t.Context(), r.Key, "Hello", "")
	if !errors.Is(err, sources.ErrAuth) || !strings.Contains(err.Error(), "Sign in again.") || !strings.HasPrefix(err.Error(), "gbp: reply: ") {
		t.Errorf("withdrawn: %v", err)
	}
	if n := p.Calls(t, sourcetest.Write); n != 0 {
		t.Errorf("%d replies were sent without a token", n)
	}
}

func TestUnknownPlaces(t *testing.T) {
	for _, n := range []int{1, 2} {
		p := newProfile(t, n)
		b := p.bench(t, func(s *google.Settings) { s.Locations = append(s.Locations[1:n:n], google.Location{ID: "9"}) })
		_, err := b.Source.(sources.Poller).Poll(t.Context(), nil)
		if !errors.Is(err, sources.ErrRejected) || !strings.Contains(err.Error(), "check the numbers") {
			t.Errorf("%v", err)
		}
	}
}

func TestSettings(t *testing.T) {
	p := newProfile(t, 1)
	for name, change := range map[string]func(*google.Settings){
		"no name":      func(s *google.Settings) { s.Name = "" },
		"no sign-in":   func(s *google.Settings) { s.Tokens = nil },
		"no account":   func(s *google.Settings) { s.Account = "" },
		"odd account":  func(s *google.Settings) { s.Account = "../1" },
		"no location":  func(s *google.Settings) { s.Locations = nil },
		"odd location": func(s *google.Settings) { s.Locations = []google.Location{{ID: "-"}} },
		"twice":        func(s *google.Settings) { s.Locations = append(s.Locations, s.Locations[0]) },
		"odd address":  func(s *google.Settings) { s.Base = "ftp://example.test" },
	} {
		set := p.settings(t, "https://example.test")
		change(&set)
		if _, err := google.New(set); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func FuzzCursor(f *testing.F) {
	f.Add([]byte(`{"v":1,"at":-3,"lists":{"location 2000":{"v":1}}}`))
	f.Add([]byte(`{"v":1,"apart":true,"at":7,"lists":{"batch x":1}}`))
	f.Fuzz(func(t *testing.T, cur []byte) {
		p := newProfile(t, 2)
		p.Add(t, sourcetest.Post{Stars: 1, Body: "x"})
		s := p.bench(t, nil).Source.(*google.Source)
		page, err := s.Poll(t.Context(), cur)
		if err == nil && len(page.Next) == 0 {
			t.Error("no cursor")
		}
	})
}
