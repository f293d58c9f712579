package judgeme_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/judgeme"
	"github.com/evenkeel/evenkeel/sources/sourcetest"
	"github.com/evenkeel/evenkeel/sources/wire"
)

const token = "judgeme-private-token"

func TestContract(t *testing.T) {
	sourcetest.Run(t, sourcetest.Harness{Pages: 450, New: func(t testing.TB) sourcetest.Bench {
		f := newFake()
		return f.Bench(t, f.source, token)
	}})
}

// fake is Judge.me: page numbers only, the newest first, no replies in what can
// be read, a mail to the reviewer unless told not to.
type fake struct {
	*sourcetest.Stage
	mail  bool // what the settings ask for
	mails int
	pages []string // that were asked for
}

func newFake() *fake {
	f := &fake{}
	f.Stage = &sourcetest.Stage{
		Mute: true,
		Show: func(e sourcetest.Entry) review.Review {
			return review.Review{
				Key: review.Key{Source: "jm", ID: e.ID}, Rating: review.StarRating(float64(e.Post.Stars)),
				Title: e.Post.Title, Body: e.Post.Body, Author: e.Post.Author,
			}
		},
		Name: func(r *http.Request) (sourcetest.Op, string) {
			switch id := strings.TrimPrefix(r.URL.Path, "/api/v1/reviews/"); {
			case r.Method == http.MethodPost:
				var in asked
				sourcetest.Peek(r, &in)
				return sourcetest.Write, strconv.Itoa(in.ReviewID)
			case id != r.URL.Path:
				return sourcetest.Read, id
			}
			return sourcetest.List, ""
		},
		Failure: func(w http.ResponseWriter, status int, message string) {
			write(w, status, map[string]any{"error": message})
		},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/reviews", f.list)
	mux.HandleFunc("GET /api/v1/reviews/{id}", func(w http.ResponseWriter, r *http.Request) {
		if e, ok := f.Entry(r.PathValue("id")); ok {
			write(w, http.StatusOK, map[string]any{"review": shape(e)})
			return
		}
		write(w, http.StatusNotFound, map[string]any{"error": "Review not found"})
	})
	mux.HandleFunc("POST /api/v1/replies", f.reply)
	f.Voice = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Api-Token") != token || r.URL.Query().Get("shop_domain") != "tea.myshopify.com" {
			write(w, http.StatusUnauthorized, map[string]any{"error": "invalid token"})
			return
		}
		mux.ServeHTTP(w, r)
	})
	return f
}

// asked is what a reply's body says.
type asked struct {
	ReviewID       int   `json:"review_id"`
	SendReplyEmail *bool `json:"send_reply_email"`
	Reply          struct{ Content string }
}

func (f *fake) source(t testing.TB, address string) sources.Source {
	s, err := judgeme.New(judgeme.Settings{
		Name: "jm", Shop: "tea.myshopify.com", Token: token, Mail: f.mail,
		Wire: wire.Config{Base: address + "/api/v1", RetryWait: time.Millisecond, MaxBody: 2 << 20, Transport: f.Transport(), Now: f.Now},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (f *fake) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	page, _ := strconv.Atoi(q.Get("page"))
	size, _ := strconv.Atoi(q.Get("per_page"))
	f.pages = append(f.pages, q.Get("page"))
	if page < 1 || size < 1 || size > 100 {
		write(w, http.StatusUnprocessableEntity, map[string]any{"error": "bad page"})
		return
	}
	rows := f.Newest(func(e sourcetest.Entry) time.Time { return e.Created })
	first := min((page-1)*size, len(rows))
	out := []any{}
	for _, e := range rows[first:min(first+size, len(rows))] {
		out = append(out, shape(e))
	}
	write(w, http.StatusOK, map[string]any{"current_page": page, "per_page": size, "reviews": out})
}

func (f *fake) reply(w http.ResponseWriter, r *http.Request) {
	var in asked
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Reply.Content == "" {
		write(w, http.StatusUnprocessableEntity, map[string]any{"error": "content is missing"})
		return
	}
	ok := f.Alter(strconv.Itoa(in.ReviewID), func(e *sourcetest.Entry) { e.Reply = in.Reply.Content })
	if !ok {
		write(w, http.StatusUnprocessableEntity, map[string]any{"error": "Review not found"})
		return
	}
	if in.SendReplyEmail == nil || *in.SendReplyEmail {
		f.mails++
	}
	write(w, http.StatusOK, map[string]any{})
}

func shape(e sourcetest.Entry) map[string]any {
	id, _ := strconv.Atoi(e.ID)
	return map[string]any{
		"id": id, "title": e.Post.Title, "body": e.Post.Body, "rating": e.Post.Stars, "verified": "buyer", "published": true, "hidden": false,
		"reviewer": map[string]any{"id": 602, "name": e.Post.Author, "email": "someone@example.test"}, "product_external_id": 9, "product_title": "Teapot",
		"created_at": e.Created.Format(time.RFC3339), "updated_at": e.Updated.Format(time.RFC3339),
	}
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func TestNobodyIsMailedUnasked(t *testing.T) {
	for mail, want := range map[bool]int{false: 0, true: 1} {
		f := newFake()
		f.mail = mail
		b := f.Bench(t, f.source, token)
		r := f.Add(t, sourcetest.Post{Stars: 2, Body: "Leaks", Author: "J"})
		if _, err := b.Source.(sources.Replier).Reply(t.Context(), r.Key, "Sorry.", ""); err != nil {
			t.Fatal(err)
		}
		if f.mails != want {
			t.Errorf("with mail: %v %d mails were sent", mail, f.mails)
		}
	}
}

// TestSteadyPolls: a long history is read once; after that the first pages are
// enough, and an import of old reviews at the front hides nothing.
func TestSteadyPolls(t *testing.T) {
	f := newFake()
	src := f.Bench(t, f.source, token).Source.(sources.Poller)
	for i := range 1000 {
		f.Add(t, sourcetest.Post{Stars: 3, Body: fmt.Sprint(i), Author: "J"})
		f.Advance(t, 6*time.Hour)
	}
	drain := func(cur sources.Cursor) (n int, next sources.Cursor) {
		for {
			page, err := src.Poll(t.Context(), cur)
			if err != nil {
				t.Fatal(err)
			}
			n += len(page.Reviews)
			if cur = page.Next; !page.More {
				return n, cur
			}
		}
	}
	n, cur := drain(nil)
	if n != 1000 || len(f.pages) != 11 {
		t.Errorf("first: %d reviews on %d pages", n, len(f.pages))
	}
	f.pages = nil
	f.Add(t, sourcetest.Post{Stars: 3, Body: "new", Author: "J"})
	n, cur = drain(cur)
	if n != 1 || len(f.pages) != 3 {
		t.Errorf("then: %d reviews on pages %v", n, f.pages)
	}
	if n, _ = drain(cur); n != 0 {
		t.Errorf("and then: %d reviews", n)
	}
}

func TestNoNumber(t *testing.T) {
	f := newFake()
	b := f.Bench(t, f.source, token)
	_, err := b.Source.(sources.Replier).Reply(t.Context(), review.Key{Source: "jm", ID: "abc"}, "x", "")
	if !errors.Is(err, sources.ErrNotFound) || f.Calls(t, sourcetest.Write) != 0 {
		t.Errorf("%v", err)
	}
}
