package trustpilot_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/sourcetest"
	"github.com/evenkeel/evenkeel/sources/trustpilot"
	"github.com/evenkeel/evenkeel/sources/wire"
)

const (
	unit  = "46d6a890000064000500e0c3"
	token = "tp-access-token-1234567890"
)

func TestContract(t *testing.T) {
	sourcetest.Run(t, sourcetest.Harness{Pages: 230, New: func(t testing.TB) sourcetest.Bench { return newFake().bench(t) }})
}

// fake is Trustpilot: numbered pages over a list that shifts, times without a
// zone, a reply that is refused where one stands.
type fake struct {
	*sourcetest.Stage
	change func(*trustpilot.Settings)
}

func newFake() *fake {
	f := &fake{}
	f.Stage = &sourcetest.Stage{
		ID:   func(n int) string { return fmt.Sprintf("%024x", n) },
		Mute: true, // what stands in the answer to a reply nobody documents
		Show: func(e sourcetest.Entry) review.Review {
			return review.Review{
				Key: review.Key{Source: "tp", ID: e.ID}, Rating: review.StarRating(float64(e.Post.Stars)),
				Title: e.Post.Title, Body: e.Post.Body, Author: e.Post.Author,
			}
		},
		Name: func(r *http.Request) (sourcetest.Op, string) {
			parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
			switch {
			case strings.Contains(r.URL.Path, "/business-units/"):
				return sourcetest.List, ""
			case r.Method == http.MethodGet:
				return sourcetest.Read, parts[len(parts)-1]
			case r.Method == http.MethodPost:
				return sourcetest.Write, parts[len(parts)-2]
			}
			return sourcetest.Delete, parts[len(parts)-2]
		},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/private/business-units/"+unit+"/reviews", f.list)
	mux.HandleFunc("GET /v1/private/reviews/{id}", f.read)
	mux.HandleFunc("POST /v1/private/reviews/{id}/reply", f.reply)
	mux.HandleFunc("DELETE /v1/private/reviews/{id}/reply", f.remove)
	f.Voice = mux
	return f
}

func (f *fake) bench(t testing.TB) sourcetest.Bench {
	return f.Bench(t, f.source, token)
}

func (f *fake) source(t testing.TB, address string) sources.Source {
	set := trustpilot.Settings{
		Name: "tp", BusinessUnit: unit, Author: "user-1",
		Wire: wire.Config{
			Base: address, RetryWait: time.Millisecond, MaxBody: 2 << 20, Transport: f.Transport(), Now: f.Now, Secrets: []string{token},
			Authorize: func(r *http.Request) error { r.Header.Set("Authorization", "Bearer "+token); return nil },
		},
	}
	if f.change != nil {
		f.change(&set)
	}
	s, err := trustpilot.New(set)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (f *fake) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	n, _ := strconv.Atoi(q.Get("perPage"))
	page, _ := strconv.Atoi(q.Get("page"))
	if n < 1 || n > 100 || page < 1 || q.Get("orderBy") != "createdat.asc" {
		http.Error(w, `{"message":"bad paging"}`, http.StatusBadRequest)
		return
	}
	var rows []any
	for _, e := range f.Entries() { // in the order of creation
		if from, err := time.Parse("2006-01-02T15:04:05", q.Get("startDateTime")); err == nil && e.Created.Before(from) {
			continue
		}
		rows = append(rows, f.shape(e))
	}
	first := min((page-1)*n, len(rows))
	write(w, http.StatusOK, map[string]any{"reviews": rows[first:min(first+n, len(rows))]})
}

func (f *fake) read(w http.ResponseWriter, r *http.Request) {
	e, ok := f.Entry(r.PathValue("id"))
	if !ok {
		write(w, http.StatusNotFound, map[string]any{"message": "Review not found"})
		return
	}
	write(w, http.StatusOK, f.shape(e))
}

func (f *fake) reply(w http.ResponseWriter, r *http.Request) {
	var in struct{ Message, AuthorBusinessUserID string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Message == "" || in.AuthorBusinessUserID != "user-1" {
		write(w, http.StatusBadRequest, map[string]any{"message": "message and author are needed"})
		return
	}
	e, ok := f.Entry(r.PathValue("id"))
	switch {
	case !ok:
		write(w, http.StatusNotFound, map[string]any{"message": "Review not found"})
	case e.Reply != "":
		write(w, http.StatusConflict, map[string]any{"message": "Review already has a reply"})
	default:
		now := f.Now()
		f.Alter(e.ID, func(e *sourcetest.Entry) { e.Reply, e.Replied = in.Message, now })
		w.WriteHeader(http.StatusCreated)
	}
}

func (f *fake) remove(w http.ResponseWriter, r *http.Request) {
	if e, ok := f.Entry(r.PathValue("id")); !ok || e.Reply == "" {
		write(w, http.StatusNotFound, map[string]any{"message": "no reply"})
		return
	}
	f.Alter(r.PathValue("id"), func(e *sourcetest.Entry) { e.Reply = "" })
	w.WriteHeader(http.StatusNoContent)
}

func (f *fake) shape(e sourcetest.Entry) map[string]any {
	out := map[string]any{
		"id": e.ID, "stars": e.Post.Stars, "title": e.Post.Title, "text": e.Post.Body, "language": "en",
		"createdAt": e.Created.Format("2006-01-02T15:04:05.000Z"), "updatedAt": nil, "isVerified": true, "referenceId": "A-1",
		"consumer":     map[string]any{"id": "c" + e.ID, "displayName": e.Post.Author},
		"businessUnit": map[string]any{"id": unit}, "companyReply": nil,
	}
	if e.Updated.After(e.Created) {
		out["updatedAt"] = e.Updated.Format(time.RFC3339)
	}
	if e.Reply != "" {
		out["companyReply"] = map[string]any{"text": e.Reply, "createdAt": e.Replied.Format("2006-01-02T15:04:05")}
	}
	return out
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
