package ecwid_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/ecwid"
	"github.com/evenkeel/evenkeel/sources/sourcetest"
	"github.com/evenkeel/evenkeel/sources/wire"
)

const token = "secret_ecwidtoken0123"

func TestContract(t *testing.T) {
	for name, unit := range map[string]time.Duration{"seconds": time.Second, "milliseconds": time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			sourcetest.Run(t, sourcetest.Harness{Pages: 230, New: func(t testing.TB) sourcetest.Bench { return bench(t, unit) }})
		})
	}
}

// bench is Ecwid: offsets over what changed since a time, in the order of
// writing; one review is asked for by a filter; times in seconds or milliseconds.
func bench(t testing.TB, unit time.Duration) sourcetest.Bench {
	s := &sourcetest.Stage{
		Show: func(e sourcetest.Entry) review.Review {
			return review.Review{Key: review.Key{Source: "shop", ID: e.ID}, Rating: review.StarRating(float64(e.Post.Stars)), Body: e.Post.Body, Author: e.Post.Author}
		},
		Name: func(r *http.Request) (sourcetest.Op, string) {
			if id := r.URL.Query().Get("reviewId"); id != "" {
				return sourcetest.Read, id
			}
			return sourcetest.List, ""
		},
		Failure: func(w http.ResponseWriter, status int, message string) {
			write(w, status, map[string]any{"errorMessage": message, "errorCode": "X"})
		},
	}
	s.Voice = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { list(s, unit, w, r) })
	return s.Bench(t, func(t testing.TB, address string) sources.Source {
		src, err := ecwid.New(ecwid.Settings{Name: "shop", Store: 1003, Token: token, Wire: wire.Config{
			Base: address + "/api/v3", RetryWait: time.Millisecond, MaxBody: 2 << 20, Transport: s.Transport(), Now: s.Now,
		}})
		if err != nil {
			t.Fatal(err)
		}
		return src
	}, token)
}

func list(s *sourcetest.Stage, unit time.Duration, w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+token || r.URL.Path != "/api/v3/1003/reviews" || r.Method != http.MethodGet {
		write(w, http.StatusForbidden, map[string]any{"errorMessage": "wrong token"})
		return
	}
	q := r.URL.Query()
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil || limit > 100 {
		limit = 100
	}
	offset, _ := strconv.Atoi(q.Get("offset"))
	since, _ := strconv.ParseInt(q.Get("updatedFrom"), 10, 64)
	rows := []any{}
	for _, e := range s.Entries() {
		if e.Updated.Unix() < since || q.Get("reviewId") != "" && q.Get("reviewId") != e.ID {
			continue
		}
		id, _ := strconv.Atoi(e.ID)
		rows = append(rows, map[string]any{
			"id": id, "status": "published", "customerId": 8, "productId": 1, "orderId": "2D", "rating": e.Post.Stars, "review": e.Post.Body,
			"reviewerInfo":    map[string]any{"name": e.Post.Author, "email": "a@example.test"},
			"createTimestamp": e.Created.UnixNano() / int64(unit), "updateTimestamp": e.Updated.UnixNano() / int64(unit),
		})
	}
	page := rows[min(offset, len(rows)):min(offset+limit, len(rows))]
	write(w, http.StatusOK, map[string]any{"total": len(rows), "count": len(page), "offset": offset, "limit": limit, "items": page})
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
