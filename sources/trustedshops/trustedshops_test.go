package trustedshops_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/sourcetest"
	"github.com/evenkeel/evenkeel/sources/trustedshops"
	"github.com/evenkeel/evenkeel/sources/wire"
)

const token = "etrusted-access-token-42"

func TestContract(t *testing.T) {
	for name, mute := range map[string]bool{"cursor given": false, "cursor left out": true} {
		t.Run(name, func(t *testing.T) {
			sourcetest.Run(t, sourcetest.Harness{Pages: 450, New: func(t testing.TB) sourcetest.Bench {
				f := newFake()
				f.mute = mute
				return f.Bench(t, f.source, token)
			}})
		})
	}
}

// fake is eTrusted: pages after the id of a review, the newest first, replies
// that are saved over each other, vetoes.
type fake struct {
	*sourcetest.Stage
	mute     bool // pages do not name the next
	reporter string
	vetoes   []map[string]string
}

func newFake() *fake {
	f := &fake{reporter: "desk@example.test"}
	f.Stage = &sourcetest.Stage{
		ID:   func(n int) string { return fmt.Sprintf("rev-%08x", n*2654435761%(1<<32)) }, // ids say nothing of the order
		Mute: true,
		Show: func(e sourcetest.Entry) review.Review {
			return review.Review{
				Key: review.Key{Source: "ts", ID: e.ID}, Rating: review.StarRating(float64(e.Post.Stars)),
				Title: e.Post.Title, Body: e.Post.Body, Author: e.Post.Author,
			}
		},
		Name: func(r *http.Request) (sourcetest.Op, string) {
			parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
			switch {
			case len(parts) == 1:
				return sourcetest.List, ""
			case r.Method == http.MethodGet:
				return sourcetest.Read, parts[1]
			case r.Method == http.MethodPost:
				return sourcetest.Write, parts[1]
			}
			return sourcetest.Delete, parts[1]
		},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /reviews", f.list)
	mux.HandleFunc("GET /reviews/{id}", func(w http.ResponseWriter, r *http.Request) {
		if e, ok := f.known(w, r); ok {
			write(w, http.StatusOK, shape(e))
		}
	})
	mux.HandleFunc("POST /reviews/{id}/reply", f.reply)
	mux.HandleFunc("DELETE /reviews/{id}/reply", func(w http.ResponseWriter, r *http.Request) {
		if e, ok := f.known(w, r); ok {
			f.Alter(e.ID, func(e *sourcetest.Entry) { e.Reply = "" })
			w.WriteHeader(http.StatusNoContent)
		}
	})
	mux.HandleFunc("POST /reviews/{id}/vetos", f.veto)
	f.Voice = mux
	return f
}

func (f *fake) source(t testing.TB, address string) sources.Source {
	s, err := trustedshops.New(trustedshops.Settings{
		Name: "ts", Channels: []string{"chl-1", "chl-2"}, Reporter: f.reporter,
		Wire: wire.Config{
			Base: address, RetryWait: time.Millisecond, MaxBody: 2 << 20, Transport: f.Transport(), Now: f.Now, Secrets: []string{token},
			Authorize: func(r *http.Request) error { r.Header.Set("Authorization", "Bearer "+token); return nil },
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (f *fake) known(w http.ResponseWriter, r *http.Request) (sourcetest.Entry, bool) {
	e, ok := f.Entry(r.PathValue("id"))
	if !ok {
		write(w, http.StatusNotFound, map[string]any{"message": "review not found"})
	}
	return e, ok
}

func (f *fake) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	count, _ := strconv.Atoi(q.Get("count"))
	if count < 1 || count > 1000 || q.Get("channels") != "chl-1,chl-2" || q.Get("orderBy") != "submittedAt" {
		write(w, http.StatusBadRequest, map[string]any{"message": "bad request"})
		return
	}
	rows := f.Newest(func(e sourcetest.Entry) time.Time { return e.Created })
	if since, err := time.Parse(time.RFC3339, q.Get("submittedAfter")); err == nil {
		rows = slices.DeleteFunc(rows, func(e sourcetest.Entry) bool { return !e.Created.After(since) })
	}
	if after := q.Get("after"); after != "" {
		i := slices.IndexFunc(rows, func(e sourcetest.Entry) bool { return e.ID == after })
		if i < 0 {
			write(w, http.StatusBadRequest, map[string]any{"message": "unknown id in after"})
			return
		}
		rows = rows[i+1:]
	}
	items := []any{}
	cursor := map[string]any{}
	for i, e := range rows {
		if i == count {
			cursor["after"] = rows[i-1].ID
			break
		}
		items = append(items, shape(e))
	}
	paging := map[string]any{"count": len(items)}
	if !f.mute {
		paging["cursor"] = cursor
	}
	write(w, http.StatusOK, map[string]any{"items": items, "paging": paging})
}

func (f *fake) reply(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Comment          string
		SendNotification *bool
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Comment == "" || in.SendNotification == nil || *in.SendNotification {
		write(w, http.StatusBadRequest, map[string]any{"message": "a comment is needed, and nobody asked to tell the reviewer"})
		return
	}
	if e, ok := f.known(w, r); ok {
		now := f.Now()
		f.Alter(e.ID, func(e *sourcetest.Entry) { e.Reply, e.Replied = in.Comment, now })
		w.WriteHeader(http.StatusOK)
	}
}

func (f *fake) veto(w http.ResponseWriter, r *http.Request) {
	e, ok := f.known(w, r)
	if !ok {
		return
	}
	var in map[string]string
	_ = json.NewDecoder(r.Body).Decode(&in)
	in["review"] = e.ID
	f.vetoes = append(f.vetoes, in)
	w.WriteHeader(http.StatusCreated)
}

func shape(e sourcetest.Entry) map[string]any {
	out := map[string]any{
		"id": e.ID, "rating": e.Post.Stars, "title": e.Post.Title, "comment": e.Post.Body, "type": "SERVICE_REVIEW", "status": "APPROVED",
		"submittedAt": e.Created.Format("2006-01-02T15:04:05.000Z"), "channel": map[string]any{"id": "chl-1", "name": "Shop"},
		"customer": map[string]any{"fullName": e.Post.Author},
	}
	if e.Reply != "" {
		out["reply"] = map[string]any{"comment": e.Reply, "createdAt": e.Replied.Format(time.RFC3339)}
	}
	return out
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func TestReport(t *testing.T) {
	f := newFake()
	b := f.Bench(t, f.source, token)
	r := f.Add(t, sourcetest.Post{Stars: 1, Body: "You crooks", Author: "A"})
	s := b.Source.(sources.Reporter)
	if c := s.Capabilities(); !c.Report || len(c.Grounds) != 4 {
		t.Fatalf("%+v", c)
	}
	for _, g := range s.Capabilities().Grounds {
		if err := s.Report(t.Context(), r.Key, g.ID, "It insults our staff: \"You crooks\"."); err != nil {
			t.Errorf("%s: %v", g.ID, err)
		}
	}
	if len(f.vetoes) != 4 || f.vetoes[1]["reason"] != "ABUSIVE" || f.vetoes[1]["review"] != r.Key.ID ||
		f.vetoes[1]["vetoReporterEmail"] != "desk@example.test" || !strings.Contains(f.vetoes[1]["comment"], "crooks") {
		t.Errorf("%v", f.vetoes)
	}
	if err := s.Report(t.Context(), r.Key, "RUDE", ""); !errors.Is(err, sources.ErrRejected) {
		t.Errorf("an unknown ground: %v", err)
	}
	f.Break(t, sourcetest.Write, r.Key, sourcetest.Lost)
	if err := s.Report(t.Context(), r.Key, "ABUSIVE", ""); !errors.Is(err, sources.ErrUnknown) {
		t.Errorf("a lost answer: %v", err)
	}
	f.Mend(t)
	f.reporter = ""
	s = b.Again(t).(sources.Reporter)
	if err := s.Report(t.Context(), r.Key, "ABUSIVE", ""); !errors.Is(err, sources.ErrUnsupported) || s.Capabilities().Report {
		t.Errorf("without a reporter: %v", err)
	}
}
