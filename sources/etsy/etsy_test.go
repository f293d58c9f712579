package etsy_test

import (
	"encoding/json"
	"html"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/etsy"
	"github.com/evenkeel/evenkeel/sources/sourcetest"
	"github.com/evenkeel/evenkeel/sources/wire"
)

const key = "etsykeystring0123456789"

func TestContract(t *testing.T) {
	sourcetest.Run(t, sourcetest.Harness{Pages: 230, New: func(t testing.TB) sourcetest.Bench {
		s := stage()
		return s.Bench(t, func(t testing.TB, address string) sources.Source { return source(t, s, address) }, key)
	}})
}

// stage is Etsy: offsets over a list that begins at a time, no ids but the
// transaction's, no names, entities in the text.
func stage() *sourcetest.Stage {
	s := &sourcetest.Stage{
		ID:   func(n int) string { return strconv.Itoa(4_000_000_000 + n) },
		Show: shown,
		Name: func(*http.Request) (sourcetest.Op, string) { return sourcetest.List, "" },
		Failure: func(w http.ResponseWriter, status int, message string) {
			write(w, status, map[string]any{"error": message})
		},
	}
	s.Voice = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { list(s, w, r) })
	return s
}

func shown(e sourcetest.Entry) review.Review {
	return review.Review{Key: review.Key{Source: "etsy", ID: e.ID}, Rating: review.StarRating(float64(e.Post.Stars)), Body: e.Post.Body}
}

func source(t testing.TB, s *sourcetest.Stage, address string) sources.Source {
	src, err := etsy.New(etsy.Settings{Name: "etsy", Shop: 77, Key: key, Wire: wire.Config{
		Base: address + "/v3/application", RetryWait: time.Millisecond, MaxBody: 2 << 20, Transport: s.Transport(), Now: s.Now,
	}})
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func list(s *sourcetest.Stage, w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Api-Key") != key || r.URL.Path != "/v3/application/shops/77/reviews" || r.Method != http.MethodGet {
		write(w, http.StatusUnauthorized, map[string]any{"error": "Invalid API key"})
		return
	}
	q := r.URL.Query()
	limit, _ := strconv.Atoi(q.Get("limit"))
	offset, _ := strconv.Atoi(q.Get("offset"))
	since, _ := strconv.ParseInt(q.Get("min_created"), 10, 64)
	if limit < 1 || limit > 100 || offset < 0 {
		write(w, http.StatusBadRequest, map[string]any{"error": "limit"})
		return
	}
	rows := []any{}
	for _, e := range s.Newest(func(e sourcetest.Entry) time.Time { return e.Created }) {
		if e.Created.Unix() >= since {
			rows = append(rows, shape(e))
		}
	}
	write(w, http.StatusOK, map[string]any{"count": len(rows), "results": rows[min(offset, len(rows)):min(offset+limit, len(rows))]})
}

func shape(e sourcetest.Entry) map[string]any {
	id, _ := strconv.Atoi(e.ID)
	out := map[string]any{
		"shop_id": 77, "listing_id": 2, "transaction_id": id, "buyer_user_id": nil, "rating": e.Post.Stars, "review": html.EscapeString(e.Post.Body),
		"language": "en", "created_timestamp": e.Created.Unix(), "updated_timestamp": e.Updated.Unix(),
	}
	if e.Post.Body == "" {
		out["review"] = nil // stars only
	}
	return out
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func TestReview(t *testing.T) {
	s := stage()
	src := s.Bench(t, func(t testing.TB, address string) sources.Source { return source(t, s, address) }).Source
	s.Add(t, sourcetest.Post{Stars: 4, Body: `It's "fine" & <b>blue</b> &amp; more`, Author: "nobody is named"})
	s.Advance(t, time.Second)
	s.Add(t, sourcetest.Post{Stars: 5})
	page, err := src.(sources.Poller).Poll(t.Context(), nil)
	if err != nil || len(page.Reviews) != 2 {
		t.Fatalf("%+v, %v", page.Reviews, err)
	}
	r := page.Reviews[0]
	if r.Body != `It's "fine" & <b>blue</b> &amp; more` || r.Author != "" || r.ReplyURL != etsy.Open || r.Subject.URL != "https://www.etsy.com/listing/2" {
		t.Errorf("%+v", r)
	}
	if !page.Reviews[1].StarOnly() {
		t.Errorf("%+v", page.Reviews[1])
	}
	if _, ok := src.(sources.Replier); ok || src.Capabilities().Reply {
		t.Error("Etsy takes no replies by API")
	}
}
