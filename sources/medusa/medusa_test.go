package medusa_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/medusa"
	"github.com/evenkeel/evenkeel/sources/sourcetest"
)

func TestContract(t *testing.T) {
	sourcetest.Run(t, sourcetest.Harness{New: func(t testing.TB) sourcetest.Bench { return newShop().bench(t) }})
}

func opened(t *testing.T) (*shop, *medusa.Source, review.Key) {
	t.Helper()
	s := newShop()
	b := s.bench(t)
	return s, b.Source.(*medusa.Source), s.Add(t, sourcetest.Post{Stars: 2, Body: "The lid leaks.", Author: "Ana"}).Key
}

// TestOnlyWhatTheShopShows: pending and flagged reviews are not there; once
// approved they arrive, however long that took.
func TestOnlyWhatTheShopShows(t *testing.T) {
	s, src, key := opened(t)
	s.Alter(key.ID, func(e *sourcetest.Entry) { e.Tag = "pending" })
	page, err := src.Poll(t.Context(), nil)
	if err != nil || len(page.Reviews) != 0 {
		t.Fatalf("%d reviews, %v; want none before approval", len(page.Reviews), err)
	}
	s.Advance(t, 40*24*time.Hour)
	now := s.Now()
	s.Alter(key.ID, func(e *sourcetest.Entry) { e.Tag, e.Updated = "", now })
	if page, err = src.Poll(t.Context(), page.Next); err != nil || len(page.Reviews) != 1 {
		t.Fatalf("%d reviews, %v; want the approved one", len(page.Reviews), err)
	}
	r := page.Reviews[0]
	if r.URL != "https://shop.example.test/products/teapot" || r.Subject.Name != "Teapot" || r.Verified != nil {
		t.Errorf("read as %+v", r)
	}
	s.Alter(key.ID, func(e *sourcetest.Entry) { e.Tag = "flagged" })
	if _, err := src.Get(t.Context(), key); !errors.Is(err, sources.ErrNotFound) {
		t.Errorf("a flagged review: %v; want ErrNotFound", err)
	}
}

func TestOneReply(t *testing.T) {
	s, src, key := opened(t)
	first, err := src.Reply(t.Context(), key, "Sorry & <b>thanks</b>.", "")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := src.Reply(t.Context(), key, "Sorry & <b>thanks</b>.", ""); err != nil || again != first || s.Calls(t, sourcetest.Write) != 1 {
		t.Errorf("the same again: %+v, %v, %d writes", again, err, s.Calls(t, sourcetest.Write))
	}
	// Somebody answers between the look and the call.
	voice := s.Voice
	s.Stage.Voice = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			s.AnswerOnSite(t, key, "By hand.")
		}
		voice.ServeHTTP(w, r)
	})
	s.Alter(key.ID, func(e *sourcetest.Entry) { e.Reply = "" })
	if _, err := src.Reply(t.Context(), key, "Other words.", ""); !errors.Is(err, sources.ErrAlready) {
		t.Errorf("%v; want ErrAlready", err)
	}
	if text, _ := s.Reply(t, key); text != "By hand." {
		t.Errorf("there stands %q", text)
	}
}

// TestNoPlugin: a missing plugin says nothing of a review.
func TestNoPlugin(t *testing.T) {
	s, src, key := opened(t)
	s.Stage.Voice = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "<pre>Cannot GET /admin/product-reviews</pre>", http.StatusNotFound)
	})
	if _, err := src.Get(t.Context(), key); !errors.Is(err, sources.ErrRejected) || !strings.Contains(err.Error(), "plugin") {
		t.Errorf("%v; want ErrRejected that names the plugin", err)
	}
}

func TestSettings(t *testing.T) {
	for _, set := range []medusa.Settings{
		{BaseURL: "https://api.example.test", Key: key},
		{Name: "shop", Key: key},
		{Name: "shop", BaseURL: "https://api.example.test"},
	} {
		if _, err := medusa.New(set); err == nil || strings.Contains(err.Error(), key) {
			t.Errorf("%q: %v", set.Name, err)
		}
	}
}
