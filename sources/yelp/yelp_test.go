package yelp_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/sourcetest"
	"github.com/evenkeel/evenkeel/sources/wire"
	"github.com/evenkeel/evenkeel/sources/yelp"
)

const key = "yelp-api-key-0123456789abcdef"

// TestContract: three reviews are all that the platform ever shows, so three are
// what the contract is held to.
func TestContract(t *testing.T) {
	sourcetest.Run(t, sourcetest.Harness{Pages: 3, New: func(t testing.TB) sourcetest.Bench { return bench(t, stage()) }})
}

const excerpt = 160

// stage is Yelp Places: three excerpts, the newest first.
func stage() *sourcetest.Stage {
	s := &sourcetest.Stage{
		ID: func(n int) string { return fmt.Sprintf("xAG4O7l-%d", n) },
		Show: func(e sourcetest.Entry) review.Review {
			return review.Review{Key: review.Key{Source: "yelp", ID: e.ID}, Rating: review.StarRating(float64(e.Post.Stars)), Body: cut(e.Post.Body), Author: e.Post.Author}
		},
		Name: func(*http.Request) (sourcetest.Op, string) { return sourcetest.List, "" },
		Failure: func(w http.ResponseWriter, status int, message string) {
			code := map[int]string{429: "ACCESS_LIMIT_REACHED", 401: "UNAUTHORIZED_ACCESS_TOKEN"}[status]
			write(w, status, map[string]any{"error": map[string]any{"code": code, "description": message}})
		},
	}
	s.Voice = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "Bearer "+key:
			s.Failure(w, http.StatusUnauthorized, "The access token provided is invalid.")
			return
		case r.URL.Path != "/v3/businesses/teapots-berlin/reviews":
			write(w, http.StatusNotFound, map[string]any{"error": map[string]any{"code": "BUSINESS_NOT_FOUND", "description": "The requested business could not be found."}})
			return
		}
		rows := []any{}
		all := s.Newest(func(e sourcetest.Entry) time.Time { return e.Created })
		for _, e := range all[:min(3, len(all))] {
			rows = append(rows, map[string]any{
				"id": e.ID, "rating": e.Post.Stars, "text": cut(e.Post.Body), "time_created": e.Created.Format(time.DateTime),
				"url": "https://www.yelp.com/biz/teapots-berlin?hrid=" + e.ID, "user": map[string]any{"id": "u", "name": e.Post.Author},
			})
		}
		write(w, http.StatusOK, map[string]any{"total": len(all), "possible_languages": []string{"en"}, "reviews": rows})
	})
	return s
}

func cut(text string) string {
	if r := []rune(text); len(r) > excerpt {
		return string(r[:excerpt-3]) + "..."
	}
	return text
}

func bench(t testing.TB, s *sourcetest.Stage) sourcetest.Bench { return of(t, s, "teapots-berlin") }

func of(t testing.TB, s *sourcetest.Stage, business string) sourcetest.Bench {
	return s.Bench(t, func(t testing.TB, address string) sources.Source {
		src, err := yelp.New(yelp.Settings{Name: "yelp", Business: business, Key: key, Wire: wire.Config{
			Base: address + "/v3", RetryWait: time.Millisecond, MaxBody: 2 << 20, Transport: s.Transport(), Now: s.Now,
		}})
		if err != nil {
			t.Fatal(err)
		}
		return src
	}, key)
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// TestExcerpts: what was shown comes once, also when it is shown again after it
// had made place for others.
func TestExcerpts(t *testing.T) {
	s := stage()
	src := bench(t, s).Source.(sources.Poller)
	var cur sources.Cursor
	poll := func() []review.Review {
		page, err := src.Poll(t.Context(), cur)
		if err != nil {
			t.Fatal(err)
		}
		cur = page.Next
		return page.Reviews
	}
	for i := range 3 {
		s.Add(t, sourcetest.Post{Stars: 2, Body: fmt.Sprint("Old ", i, strings.Repeat(" very long", 50)), Author: "Jo"})
		s.Advance(t, 300*24*time.Hour)
	}
	got := poll()
	if len(got) != 3 || !strings.HasSuffix(got[0].Body, "...") || got[0].ReplyURL == "" {
		t.Fatalf("%+v", got)
	}
	r := s.Add(t, sourcetest.Post{Stars: 5, Body: "New", Author: "Jo"})
	if got = poll(); len(got) != 1 || got[0].Body != "New" {
		t.Fatalf("%+v", got)
	}
	s.Remove(t, r.Key) // the oldest is shown again
	if got = poll(); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	if _, ok := src.(sources.Replier); ok || !src.Capabilities().Similar {
		t.Error("Yelp takes replies from its partners only, and none that resemble each other")
	}
}

func TestNoSuchBusiness(t *testing.T) {
	s := stage()
	_, err := of(t, s, "nobody").Source.(sources.Poller).Poll(t.Context(), nil)
	if !errors.Is(err, sources.ErrRejected) || !strings.Contains(err.Error(), "settings") {
		t.Errorf("%v", err)
	}
}
