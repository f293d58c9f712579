package woocommerce_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/sourcetest"
	"github.com/evenkeel/evenkeel/sources/woocommerce"
)

const calm = "Thank you for telling us. A new lid is on its way; 3 < 4 & \"so on\"."

func opened(t *testing.T) (*shop, *woocommerce.Source, review.Key) {
	t.Helper()
	s := newShop(t, false)
	key := s.Add(t, sourcetest.Post{Stars: 2, Body: "The lid leaks.", Author: "Ana"}).Key
	return s, s.bench(t, nil).Source.(*woocommerce.Source), key
}

func TestRecordedReview(t *testing.T) {
	// As a WooCommerce 6.6.0 answered.
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/shop/wp-json/wc/v3/products/reviews":
			w.Header().Set("X-WP-Total", "1")
			fmt.Fprint(w, `[{"id":2,"date_created":"2026-11-21T20:51:38","date_created_gmt":"2026-11-21T19:51:38","product_id":10,"product_name":"Teapot &amp; lid",
				"product_permalink":"http://shop/product/teapot/","status":"approved","reviewer":"Jane O&#039;Neil","reviewer_email":"jane@example.test","review":"<p>Leaks.</p>\n","rating":2,"verified":false}]`)
		case "/shop/wp-json/wp/v2/users/me":
			fmt.Fprint(w, `{"id":7}`)
		default:
			fmt.Fprint(w, `[]`)
		}
	}))
	defer srv.Close()
	s, err := woocommerce.New(woocommerce.Settings{Name: "shop", BaseURL: srv.URL + "/shop/", User: user, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	page, err := s.Poll(t.Context(), nil)
	if err != nil || len(page.Reviews) != 1 {
		t.Fatalf("%+v, %v", page, err)
	}
	r := page.Reviews[0]
	if r.Body != "Leaks." || r.Author != "Jane O'Neil" || r.Rating != review.StarRating(2) || r.Verified == nil || *r.Verified ||
		!r.Created.Equal(time.Date(2026, 11, 21, 19, 51, 38, 0, time.UTC)) || r.URL != "http://shop/product/teapot/#comment-2" ||
		r.Subject != (review.Subject{Kind: "product", ID: "10", Name: "Teapot & lid", URL: "http://shop/product/teapot/"}) ||
		r.ReplyURL != srv.URL+"/shop/wp-admin/comment.php?action=editcomment&c=2" {
		t.Errorf("read as %+v", r)
	}
	if raw := string(r.Raw); !strings.Contains(raw, "Leaks.") || strings.Contains(raw, "jane@") {
		t.Errorf("kept is %s; want the review without the customer's address", raw)
	}
}

func TestImportsOfOneSecond(t *testing.T) {
	s := newShop(t, false)
	const n = 40 // of 7 a page
	for i := range n {
		s.Add(t, sourcetest.Post{Stars: 5, Body: fmt.Sprint("imported ", i)})
	}
	src := s.bench(t, nil).Source.(*woocommerce.Source)
	seen := map[string]bool{}
	var cur sources.Cursor
	for range 20 {
		page, err := src.Poll(t.Context(), cur)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Reviews {
			seen[r.Key.ID] = true
		}
		if cur = page.Next; !page.More {
			break
		}
	}
	if len(seen) != n {
		t.Errorf("%d of %d reviews arrived", len(seen), n)
	}
}

func TestEditsAreSeenWithinTheLookback(t *testing.T) {
	s, src, key := opened(t)
	page, err := src.Poll(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	// The newest review decides how far back is looked.
	s.Advance(t, 20*24*time.Hour)
	s.Add(t, sourcetest.Post{Stars: 5, Body: "Fine."})
	s.Edit(t, key, sourcetest.Post{Stars: 5, Body: "They sent a new lid.", Author: "Ana"})
	if page, err = src.Poll(t.Context(), page.Next); err != nil || len(page.Reviews) != 2 {
		t.Errorf("after 20 days: %d reviews, %v; want the new and the changed one", len(page.Reviews), err)
	}
}

func TestTheSameWordsAgain(t *testing.T) {
	s, src, key := opened(t)
	first, err := src.Reply(t.Context(), key, calm, "")
	if err != nil {
		t.Fatal(err)
	}
	again, err := src.Reply(t.Context(), key, calm, "")
	if err != nil || again != first || s.Calls(t, sourcetest.Write) != 1 {
		t.Errorf("%+v, %v after %d writes; want the first receipt %+v and no second write", again, err, s.Calls(t, sourcetest.Write), first)
	}
}

// TestDuplicates: the site's spam filter took the reply, so looking does not
// show it, and saying the same again is refused.
func TestDuplicates(t *testing.T) {
	s, src, key := opened(t)
	s.keep = "spam"
	if got, err := src.Reply(t.Context(), key, calm, ""); err != nil || got.State != review.ReplyRefused {
		t.Fatalf("%+v, %v; want a refused reply", got, err)
	}
	_, err := src.Reply(t.Context(), key, calm, "")
	if !errors.Is(err, sources.ErrRejected) || !strings.Contains(err.Error(), "spam filter") {
		t.Errorf("the same words again: %v; want ErrRejected that names the spam filter", err)
	}
	s.children[0].status = "elsewhere"
	if _, err = src.Reply(t.Context(), key, calm, ""); !errors.Is(err, sources.ErrRejected) {
		t.Errorf("words that the site does not show: %v", err)
	}
}

// TestDuplicateBehindOurBack: the reply went up between looking and writing.
func TestDuplicateBehindOurBack(t *testing.T) {
	s, src, key := opened(t)
	voice := s.Voice
	s.Voice = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			s.add(child{parent: 1, author: us, raw: woocommerce.Escape(calm), status: "approved"})
		}
		voice.ServeHTTP(w, r)
	})
	got, err := src.Reply(t.Context(), key, calm, "")
	if err != nil || got.State != review.ReplyLive || len(s.children) != 1 {
		t.Errorf("%+v, %v, %d replies; want the one that stands there", got, err, len(s.children))
	}
}

func TestColleaguesKeepTheirWords(t *testing.T) {
	s, src, key := opened(t)
	s.AnswerOnSite(t, key, "Answered by hand.")
	s.add(child{parent: 1, author: 33, email: "Customer@example.test", raw: "And one more thing.", status: "approved"})
	s.add(child{parent: 1, name: "A visitor", raw: "Same here.", status: "approved"})
	if _, err := src.Reply(t.Context(), key, calm, ""); err != nil {
		t.Fatal(err)
	}
	if err := src.DeleteReply(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if err := src.DeleteReply(t.Context(), key); !errors.Is(err, sources.ErrNotFound) {
		t.Errorf("with only others' words there: %v; want ErrNotFound", err)
	}
	r, err := src.Get(t.Context(), key)
	if err != nil || r.Reply == nil || r.Reply.Text != "Answered by hand." || len(s.children) != 3 {
		t.Errorf("%+v, %v, %d comments", r.Reply, err, len(s.children))
	}
}

func TestNotThereIsNotOutOfReach(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*shop)
		want   error
	}{
		"removed, 403":             {func(s *shop) { s.Stage.Remove(t, review.Key{ID: "1"}) }, sources.ErrNotFound},
		"removed, 404":             {func(s *shop) { s.newer = true; s.Stage.Remove(t, review.Key{ID: "1"}) }, sources.ErrNotFound},
		"in the trash":             {func(s *shop) { s.Alter("1", func(e *sourcetest.Entry) { e.Tag = "trash" }) }, sources.ErrNotFound},
		"held back again":          {func(s *shop) { s.Alter("1", func(e *sourcetest.Entry) { e.Tag = "hold" }) }, sources.ErrNotFound},
		"WooCommerce switched off": {func(s *shop) { s.noWoo = true }, sources.ErrRejected},
		"a parked domain": {func(s *shop) {
			s.Voice = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<h1>Not found</h1>", http.StatusNotFound) })
		}, sources.ErrRejected},
		"an account without rights": {func(s *shop) {
			s.Voice = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				fail(w, http.StatusForbidden, "woocommerce_rest_cannot_view", "Sorry, you cannot view this resource.")
			})
		}, sources.ErrAuth},
	} {
		s, src, key := opened(t)
		c.change(s)
		_, err := src.Get(t.Context(), key)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v; want %v", name, err, c.want)
		}
		if _, err := src.Reply(t.Context(), key, calm, ""); !errors.Is(err, c.want) || len(s.children) != 0 {
			t.Errorf("%s: replying gives %v and %d replies; want %v", name, err, len(s.children), c.want)
		}
	}
}

func TestSettings(t *testing.T) {
	for _, set := range []woocommerce.Settings{
		{BaseURL: "https://shop.example.test", User: user, Password: password},
		{Name: "shop", BaseURL: "shop.example.test", User: user, Password: password},
		{Name: "shop", BaseURL: "https://shop.example.test", Password: password},
		{Name: "shop", BaseURL: "https://shop.example.test", User: user},
	} {
		if _, err := woocommerce.New(set); err == nil || strings.Contains(err.Error(), password) {
			t.Errorf("%+v: %v", set.Name, err)
		}
	}
}
