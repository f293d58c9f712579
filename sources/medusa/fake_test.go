package medusa_test

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/medusa"
	"github.com/evenkeel/evenkeel/sources/sourcetest"
)

const key = "sk_0123456789abcdef"

// shop is a Medusa 2.13.5 with the plugin 1.4.0 as it was seen to answer.
type shop struct{ *sourcetest.Stage }

func newShop() *shop {
	s := &shop{}
	s.Stage = &sourcetest.Stage{
		Name: name, Show: show,
		ID: func(n int) string { return fmt.Sprintf("prev_%026d", n) },
		Failure: func(w http.ResponseWriter, status int, message string) {
			kind := map[int]string{400: "invalid_data", 429: "rate_limited"}[status]
			answer(w, status, map[string]string{"type": cmp.Or(kind, "unknown_error"), "message": message})
		},
		Forbid: func(w http.ResponseWriter) { http.Error(w, "<h1>Blocked</h1>", http.StatusForbidden) },
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /admin/product-reviews", s.list)
	mux.HandleFunc("POST /admin/product-reviews/{id}/response", s.post)
	mux.HandleFunc("PUT /admin/product-reviews/{id}/response", s.put)
	s.Voice = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, pass, _ := r.BasicAuth(); user != key || pass != "" {
			answer(w, http.StatusUnauthorized, map[string]string{"message": "Unauthorized"})
			return
		}
		mux.ServeHTTP(w, r)
	})
	return s
}

func (s *shop) bench(t testing.TB) sourcetest.Bench {
	return s.Bench(t, func(t testing.TB, address string) sources.Source {
		made, err := medusa.New(medusa.Settings{
			Name: "shop", BaseURL: address, Key: key, Store: "https://shop.example.test/products/{handle}",
			PageSize: 7, RetryWait: time.Millisecond, MaxBody: 2 << 20, Transport: s.Transport(), Now: s.Now,
		})
		if err != nil {
			t.Fatal(err)
		}
		return made
	}, key, base64.StdEncoding.EncodeToString([]byte(key+":")))
}

func name(r *http.Request) (sourcetest.Op, string) {
	if id := r.URL.Query().Get("id"); r.Method == http.MethodGet && id != "" {
		return sourcetest.Read, id
	}
	id, _ := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/admin/product-reviews/"), "/response")
	if r.Method == http.MethodGet {
		return sourcetest.List, ""
	}
	return sourcetest.Write, id
}

func show(e sourcetest.Entry) review.Review {
	return review.Review{
		Key: review.Key{Source: "shop", ID: e.ID}, Rating: review.StarRating(float64(e.Post.Stars)),
		Body: e.Post.Body, Author: e.Post.Author,
	}
}

// shown is a time as JavaScript has it: to the millisecond.
func shown(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func (s *shop) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	from, err := time.Time{}, error(nil)
	if v := q.Get("updated_at[$gte]"); v != "" {
		from, err = time.Parse(time.RFC3339, v)
	}
	if order := q.Get("order"); err != nil || order != "" && order != "updated_at" {
		answer(w, http.StatusInternalServerError, map[string]string{"code": "unknown_error", "type": "unknown_error", "message": "An unknown error occurred."})
		return
	}
	var rows []sourcetest.Entry
	for _, e := range s.Entries() {
		if !e.Updated.Before(from) && (!q.Has("id") || q.Get("id") == e.ID) {
			rows = append(rows, e)
		}
	}
	slices.SortStableFunc(rows, func(a, b sourcetest.Entry) int {
		return cmp.Or(a.Updated.Compare(b.Updated), cmp.Compare(a.N, b.N))
	})
	count := len(rows)
	offset, _ := strconv.Atoi(cmp.Or(q.Get("offset"), "0"))
	limit, _ := strconv.Atoi(cmp.Or(q.Get("limit"), "50"))
	rows = rows[min(offset, count):]
	out := []any{}
	for _, e := range rows[:min(limit, len(rows))] {
		out = append(out, s.json(e))
	}
	answer(w, http.StatusOK, map[string]any{"product_reviews": out, "count": count, "offset": offset, "limit": limit})
}

func (s *shop) json(e sourcetest.Entry) any {
	out := map[string]any{
		"id": e.ID, "status": cmp.Or(e.Tag, "approved"), "rating": e.Post.Stars, "name": e.Post.Author, "content": e.Post.Body,
		"order_id": nil, "product_id": "prod_1", "created_at": shown(e.Created), "updated_at": shown(e.Updated), "response": nil,
		"product": map[string]string{"id": "prod_1", "title": "Teapot", "handle": "teapot"},
	}
	if e.Reply != "" {
		out["response"] = map[string]string{"id": "prr_" + e.ID, "content": e.Reply, "updated_at": shown(e.Replied)}
	}
	return out
}

func content(r *http.Request) string {
	var in struct{ Content string }
	body, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(body, &in)
	return in.Content
}

func (s *shop) post(w http.ResponseWriter, r *http.Request) {
	id, text, twice, at := r.PathValue("id"), content(r), false, s.Now()
	there := s.Alter(id, func(e *sourcetest.Entry) {
		if twice = e.Reply != ""; !twice {
			e.Reply, e.Replied = text, at
		}
	})
	switch {
	case !there:
		answer(w, http.StatusNotFound, map[string]string{"type": "not_found", "message": "You tried to set relationship product_review_id: " + id + ", but such entity does not exist"})
	case twice:
		answer(w, http.StatusBadRequest, map[string]string{"type": "invalid_data", "message": "Product review response with product_review_id: " + id + ", already exists."})
	default:
		s.response(w, id)
	}
}

func (s *shop) put(w http.ResponseWriter, r *http.Request) {
	id, text, had, at := r.PathValue("id"), content(r), false, s.Now()
	there := s.Alter(id, func(e *sourcetest.Entry) {
		if had = e.Reply != ""; had {
			e.Reply, e.Replied = text, at
		}
	})
	switch {
	case !there: // the plugin reads a field of nothing
		answer(w, http.StatusInternalServerError, map[string]string{"type": "unknown_error", "message": "An unknown error occurred."})
	case !had:
		answer(w, http.StatusNotFound, map[string]string{"type": "not_found", "message": "Product review response not found"})
	default:
		s.response(w, id)
	}
}

func (s *shop) response(w http.ResponseWriter, id string) {
	e, _ := s.Entry(id)
	answer(w, http.StatusOK, map[string]any{"product_review_response": map[string]string{
		"id": "prr_" + id, "content": e.Reply, "product_review_id": id, "updated_at": shown(e.Replied),
	}})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
