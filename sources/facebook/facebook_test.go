package facebook_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/facebook"
	"github.com/evenkeel/evenkeel/sources/sourcetest"
	"github.com/evenkeel/evenkeel/sources/wire"
)

const token = "EAAB-page-access-token"

func TestContract(t *testing.T) {
	sourcetest.Run(t, sourcetest.Harness{Pages: 230, New: func(t testing.TB) sourcetest.Bench { return bench(t, stage()) }})
}

// stage is the Graph API: newest first, cursors that stand for a place between
// reviews, an address of the next page with the token in it, codes for errors.
func stage() *sourcetest.Stage {
	s := &sourcetest.Stage{
		Show: func(e sourcetest.Entry) review.Review {
			return review.Review{Key: review.Key{Source: "fb", ID: e.ID}, Rating: thumb(e.Post.Stars), Body: e.Post.Body, Author: e.Post.Author}
		},
		Name: func(*http.Request) (sourcetest.Op, string) { return sourcetest.List, "" },
		Failure: func(w http.ResponseWriter, status int, message string) {
			fail(w, status, map[int]int{429: 613, 401: 190}[status], message)
		},
	}
	s.Voice = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { list(s, w, r) })
	return s
}

func thumb(stars int) review.Rating {
	if stars >= 3 {
		return review.Rating{Kind: review.Thumb, Value: 1, Max: 1}
	}
	return review.Rating{Kind: review.Thumb, Value: 0, Max: 1}
}

func bench(t testing.TB, s *sourcetest.Stage) sourcetest.Bench {
	return s.Bench(t, func(t testing.TB, address string) sources.Source {
		src, err := facebook.New(facebook.Settings{Name: "fb", Page: "1001", Token: token, Wire: wire.Config{
			Base: address + "/v25.0", RetryWait: time.Millisecond, MaxBody: 2 << 20, Transport: s.Transport(), Now: s.Now,
		}})
		if err != nil {
			t.Fatal(err)
		}
		return src
	}, token)
}

func list(s *sourcetest.Stage, w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	limit, _ := strconv.Atoi(q.Get("limit"))
	switch {
	case r.Header.Get("Authorization") != "Bearer "+token:
		fail(w, http.StatusBadRequest, 190, "Invalid OAuth access token.")
		return
	case r.URL.Path != "/v25.0/1001/ratings", limit < 1 || limit > 100, !strings.Contains(q.Get("fields"), "open_graph_story"):
		fail(w, http.StatusBadRequest, 100, "Unsupported get request.")
		return
	}
	rows := s.Newest(func(e sourcetest.Entry) time.Time { return e.Created })
	if at, err := base64.StdEncoding.DecodeString(q.Get("after")); err == nil && len(at) > 0 {
		last, _ := strconv.Atoi(string(at))
		for len(rows) > 0 && rows[0].N >= last {
			rows = rows[1:]
		}
	}
	data := []any{}
	for _, e := range rows[:min(limit, len(rows))] {
		word := map[float64]string{1: "positive", 0: "negative"}[thumb(e.Post.Stars).Value]
		data = append(data, map[string]any{
			"created_time": e.Created.Format("2006-01-02T15:04:05-0700"), "recommendation_type": word, "review_text": e.Post.Body,
			"reviewer": map[string]any{"id": "7", "name": e.Post.Author}, "has_rating": false, "open_graph_story": map[string]any{"id": e.ID},
		})
	}
	out := map[string]any{"data": data}
	if len(data) > 0 {
		after := base64.StdEncoding.EncodeToString([]byte(strconv.Itoa(rows[len(data)-1].N)))
		paging := map[string]any{"cursors": map[string]any{"after": after}}
		if len(rows) > len(data) {
			paging["next"] = "https://graph.example.test/?access_token=" + token
		}
		out["paging"] = paging
	}
	write(w, http.StatusOK, out)
}

func fail(w http.ResponseWriter, status, code int, message string) {
	write(w, status, map[string]any{"error": map[string]any{"code": code, "message": message, "type": "OAuthException"}})
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func TestCodes(t *testing.T) {
	for code, c := range map[int]struct {
		want error
		says string
	}{
		12:  {sources.ErrUnsupported, "Nothing is broken"},
		190: {sources.ErrAuth, "make a new one"},
		200: {sources.ErrAuth, "permission"},
		4:   {sources.ErrRateLimited, "limit"},
		2:   {sources.ErrTransient, "limit"},
		100: {sources.ErrRejected, "limit"},
	} {
		s := stage()
		s.Voice = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fail(w, http.StatusBadRequest, code, "Application request limit reached")
		})
		_, err := bench(t, s).Source.(sources.Poller).Poll(t.Context(), nil)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("code %d: %v", code, err)
		}
	}
}
