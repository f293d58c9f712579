package woocommerce_test

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata" // the fake's site has a summer time

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/sourcetest"
	"github.com/evenkeel/evenkeel/sources/woocommerce"
)

const (
	user     = "desk"
	password = "abcd EFGH 1234 ijkl MNOP 5678"
	us       = 7 // the account of the application password
	staff    = 1
	product  = 10
	firstOwn = 100_000 // numbers of replies lie above
)

// shop is a WordPress site with WooCommerce: reviews on the stage's shelf,
// replies as comments below them. What it does to texts, times, pages and
// errors is what WordPress 6.1 and WooCommerce 6.6 and 8.2 were seen to do.
type shop struct {
	*sourcetest.Stage
	plain bool // WordPress alone: reviews are top-level comments
	zone  *time.Location

	mu       sync.Mutex
	made     int64
	children []*child
	noWoo    bool   // the plugin was switched off
	newer    bool   // WooCommerce 9: unknown reviews are 404
	keep     string // status of new comments, "" = approved
}

// child is a reply.
type child struct {
	id, parent, author int64
	name, email, raw   string
	status             string
	at                 time.Time
}

func newShop(t testing.TB, plain bool) *shop {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{plain: plain, zone: zone, made: firstOwn}
	s.Stage = &sourcetest.Stage{
		Name: s.name, Show: s.show,
		Failure: func(w http.ResponseWriter, status int, message string) {
			fail(w, status, map[int]string{401: "incorrect_password", 429: "rate_limited"}[status], message)
		},
		// One review is never forbidden by WordPress, but firewalls look at words.
		Forbid: func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, "<html><h1>Request blocked</h1></html>")
		},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /wp-json/wc/v3/products/reviews", s.woo(s.list))
	mux.HandleFunc("GET /wp-json/wc/v3/products/reviews/{id}", s.woo(s.one))
	mux.HandleFunc("GET /wp-json/wp/v2/comments", s.comments)
	mux.HandleFunc("GET /wp-json/wp/v2/comments/{id}", s.comment)
	mux.HandleFunc("POST /wp-json/wp/v2/comments", s.post)
	mux.HandleFunc("PUT /wp-json/wp/v2/comments/{id}", s.put)
	mux.HandleFunc("DELETE /wp-json/wp/v2/comments/{id}", s.del)
	mux.HandleFunc("GET /wp-json/wp/v2/users/me", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"id": us, "name": "Desk"})
	})
	s.Voice = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, pass, _ := r.BasicAuth()
		if name != user || strings.ReplaceAll(pass, " ", "") != strings.ReplaceAll(password, " ", "") {
			fail(w, http.StatusUnauthorized, "incorrect_password", "The provided password is an invalid application password.")
			return
		}
		mux.ServeHTTP(w, r)
	})
	// The night in which Berlin's clocks show the hour from two to three twice.
	s.Advance(t, time.Date(2026, 10, 25, 0, 20, 0, 0, time.UTC).Sub(s.Now()))
	return s
}

func (s *shop) bench(t testing.TB, change func(*woocommerce.Settings)) sourcetest.Bench {
	b := s.Bench(t, func(t testing.TB, address string) sources.Source {
		set := woocommerce.Settings{
			Name: "shop", BaseURL: address, User: user, Password: password, Comments: s.plain,
			PageSize: 7, RetryWait: time.Millisecond, MaxBody: 2 << 20, Now: s.Now,
		}
		if change != nil {
			change(&set)
		}
		made, err := woocommerce.New(set)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}, password, strings.ReplaceAll(password, " ", ""), base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
	b.Platform = s
	return b
}

// name says what a call is.
func (s *shop) name(r *http.Request) (sourcetest.Op, string) {
	list, one := "/wp-json/wc/v3/products/reviews", "/wp-json/wc/v3/products/reviews/"
	if s.plain {
		list, one = "/wp-json/wp/v2/comments", "/wp-json/wp/v2/comments/"
	}
	id, single := strings.CutPrefix(r.URL.Path, one)
	switch {
	case r.Method == http.MethodGet && r.URL.Path == list && (!s.plain || r.URL.Query().Get("parent") == "0"):
		return sourcetest.List, ""
	case r.Method == http.MethodGet && single:
		return sourcetest.Read, id
	case r.Method == http.MethodPost:
		var in struct{ Parent int64 }
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		_ = json.Unmarshal(body, &in)
		return sourcetest.Write, strconv.FormatInt(in.Parent, 10)
	case r.Method == http.MethodPut:
		return sourcetest.Write, s.parent(r.URL.Path)
	case r.Method == http.MethodDelete:
		return sourcetest.Delete, s.parent(r.URL.Path)
	}
	return "", ""
}

func (s *shop) parent(path string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.child(path[strings.LastIndex(path, "/")+1:]); c != nil {
		return strconv.FormatInt(c.parent, 10)
	}
	return "?"
}

// child is a reply that was not deleted; s.mu is held.
func (s *shop) child(id string) *child {
	for _, c := range s.children {
		if strconv.FormatInt(c.id, 10) == id {
			return c
		}
	}
	return nil
}

// show is an entry as the source must give it.
func (s *shop) show(e sourcetest.Entry) review.Review {
	r := review.Review{
		Key:    review.Key{Source: "shop", ID: e.ID},
		Rating: review.StarRating(float64(e.Post.Stars)),
		Body:   visible(e.Post.Body), Author: html.UnescapeString(cleanName(e.Post.Author)),
	}
	if s.plain {
		r.Rating = review.Rating{Kind: review.Unrated}
	}
	return r
}

// Remove is now a deletion, now the trash.
func (s *shop) Remove(t testing.TB, key review.Key) {
	if strings.HasSuffix(key.ID, "1") || strings.HasSuffix(key.ID, "2") {
		s.Alter(key.ID, func(e *sourcetest.Entry) { e.Tag = "trash" })
		return
	}
	s.Stage.Remove(t, key)
}

func (s *shop) Reply(_ testing.TB, key review.Key) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, author := range []int64{us, staff} {
		for _, c := range s.children {
			if strconv.FormatInt(c.parent, 10) == key.ID && c.author == author && c.status == "approved" {
				return html.UnescapeString(c.raw), true
			}
		}
	}
	return "", false
}

func (s *shop) AnswerOnSite(_ testing.TB, key review.Key, text string) {
	parent, _ := strconv.ParseInt(key.ID, 10, 64)
	s.add(child{parent: parent, author: staff, name: "Colleague", email: "colleague@example.test", raw: kses(text), status: "approved"})
}

// Break sees to it that there is something to delete: the source looks first,
// and would not call otherwise.
func (s *shop) Break(t testing.TB, op sourcetest.Op, key review.Key, what sourcetest.Trouble) bool {
	if _, there := s.Reply(t, key); op == sourcetest.Delete && !there {
		parent, _ := strconv.ParseInt(key.ID, 10, 64)
		s.add(child{parent: parent, author: us, name: "Desk", email: "desk@example.test", raw: "An earlier reply.", status: "approved"})
	}
	return s.Stage.Break(t, op, key, what)
}

func (s *shop) add(c child) *child {
	at := s.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made++
	c.id, c.at = s.made, at
	s.children = append(s.children, &c)
	return &c
}

func (s *shop) woo(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.noWoo {
			fail(w, http.StatusNotFound, "rest_no_route", "No route was found matching the URL and request method.")
			return
		}
		h(w, r)
	}
}

// query takes from rows what WP_Comment_Query would, in ascending order.
func (s *shop) query(w http.ResponseWriter, r *http.Request) (out []sourcetest.Entry, ok bool) {
	q := r.URL.Query()
	per, err := strconv.Atoi(cmp.Or(q.Get("per_page"), "10"))
	if err != nil || per < 1 || per > 100 {
		fail(w, http.StatusBadRequest, "rest_invalid_param", "Invalid parameter(s): per_page")
		return nil, false
	}
	var after string
	if v := q.Get("after"); v != "" {
		t, err := time.Parse(time.RFC3339, v)
		if err != nil {
			fail(w, http.StatusBadRequest, "rest_invalid_param", "Invalid parameter(s): after")
			return nil, false
		}
		after = s.local(t)
	}
	for _, e := range s.Entries() {
		switch {
		case e.Tag == "trash",
			after != "" && s.local(e.Created) <= after, // by the site's clock on the wall
			q.Has("include") && q.Get("include") != e.ID:
			continue
		}
		out = append(out, e)
	}
	slices.SortStableFunc(out, func(a, b sourcetest.Entry) int {
		return cmp.Or(a.Created.Truncate(time.Second).Compare(b.Created.Truncate(time.Second)), cmp.Compare(a.N, b.N))
	})
	if q.Get("order") != "asc" {
		slices.Reverse(out)
	}
	w.Header().Set("X-WP-Total", strconv.Itoa(len(out)))
	w.Header().Set("X-WP-TotalPages", strconv.Itoa((len(out)+per-1)/per))
	page, _ := strconv.Atoi(cmp.Or(q.Get("page"), "1"))
	offset, _ := strconv.Atoi(cmp.Or(q.Get("offset"), strconv.Itoa(per*(page-1))))
	out = out[min(offset, len(out)):]
	return out[:min(per, len(out))], true
}

func (s *shop) local(t time.Time) string { return t.In(s.zone).Format("2006-01-02 15:04:05") }

const gmt = "2006-01-02T15:04:05"

func (s *shop) list(w http.ResponseWriter, r *http.Request) {
	rows, ok := s.query(w, r)
	if !ok {
		return
	}
	out := []any{}
	for _, e := range rows {
		out = append(out, s.woocommerce(e, r))
	}
	answer(w, http.StatusOK, out)
}

func (s *shop) woocommerce(e sourcetest.Entry, r *http.Request) any {
	text := kses(e.Post.Body)
	if r.URL.Query().Get("context") != "edit" {
		text = "<p>" + text + "</p>\n"
	}
	id, _ := strconv.Atoi(e.ID)
	return map[string]any{
		"id": id, "date_created": strings.Replace(s.local(e.Created), " ", "T", 1), "date_created_gmt": e.Created.UTC().Format(gmt),
		"product_id": product, "product_name": "Teapot &#8211; blue", "product_permalink": "http://shop.example.test/product/teapot/",
		"status": cmp.Or(e.Tag, "approved"), "reviewer": cleanName(e.Post.Author), "reviewer_email": "customer@example.test",
		"review": text, "rating": e.Post.Stars, "verified": false,
	}
}

func (s *shop) one(w http.ResponseWriter, r *http.Request) {
	e, ok := s.Entry(r.PathValue("id"))
	switch {
	case ok:
		answer(w, http.StatusOK, s.woocommerce(e, r))
	case s.newer:
		fail(w, http.StatusNotFound, "woocommerce_rest_review_invalid_id", "Invalid review ID.")
	default:
		fail(w, http.StatusForbidden, "woocommerce_rest_cannot_view", "Sorry, you cannot view this resource.")
	}
}

// comments lists top-level comments, or what stands below some of them.
func (s *shop) comments(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	out := []any{}
	if q.Get("parent") == "0" {
		rows, ok := s.query(w, r)
		if !ok {
			return
		}
		for _, e := range rows {
			out = append(out, s.top(e))
		}
		answer(w, http.StatusOK, out)
		return
	}
	parents := strings.Split(q.Get("parent"), ",")
	shown := map[string][]string{"all": {"approved", "hold"}, "spam": {"spam"}, "": {"approved"}}[q.Get("status")]
	s.mu.Lock()
	for _, c := range s.children {
		if slices.Contains(parents, strconv.FormatInt(c.parent, 10)) && slices.Contains(shown, c.status) {
			out = append(out, c.json())
		}
	}
	s.mu.Unlock()
	w.Header().Set("X-WP-Total", strconv.Itoa(len(out)))
	per, _ := strconv.Atoi(q.Get("per_page"))
	page, _ := strconv.Atoi(q.Get("page"))
	out = out[min(per*(page-1), len(out)):]
	answer(w, http.StatusOK, out[:min(per, len(out))])
}

func (s *shop) top(e sourcetest.Entry) any {
	id, _ := strconv.ParseInt(e.ID, 10, 64)
	c := child{id: id, name: cleanName(e.Post.Author), email: "customer@example.test", raw: kses(e.Post.Body), status: cmp.Or(e.Tag, "approved"), at: e.Created}
	return c.json()
}

func (c *child) json() any {
	return map[string]any{
		"id": c.id, "post": product, "parent": c.parent, "author": c.author, "author_name": c.name, "author_email": c.email,
		"date_gmt": c.at.UTC().Format(gmt), "content": map[string]string{"raw": c.raw, "rendered": "<p>" + c.raw + "</p>\n"},
		"link": fmt.Sprintf("http://shop.example.test/product/teapot/#comment-%d", c.id), "status": c.status, "type": "comment",
	}
}

func (s *shop) comment(w http.ResponseWriter, r *http.Request) {
	if e, ok := s.Entry(r.PathValue("id")); ok {
		answer(w, http.StatusOK, s.top(e))
		return
	}
	fail(w, http.StatusNotFound, "rest_comment_invalid_id", "Invalid comment ID.")
}

// post does not look whether the parent exists; WordPress does not either.
func (s *shop) post(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Post, Parent int64
		Content      string
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Post != product {
		fail(w, http.StatusForbidden, "rest_comment_invalid_post_id", "Sorry, you are not allowed to create this comment without a post.")
		return
	}
	if !acceptable(w, in.Content) {
		return
	}
	s.mu.Lock()
	twice := slices.ContainsFunc(s.children, func(c *child) bool {
		return c.parent == in.Parent && c.author == us && c.raw == kses(in.Content) && c.status != "trash"
	})
	s.mu.Unlock()
	if twice {
		fail(w, http.StatusConflict, "comment_duplicate", "Duplicate comment detected; it looks as though you&#8217;ve already said that!")
		return
	}
	c := child{parent: in.Parent, author: us, name: "Desk", email: "desk@example.test", raw: kses(in.Content), status: cmp.Or(s.keep, "approved")}
	answer(w, http.StatusCreated, s.add(c).json())
}

func (s *shop) put(w http.ResponseWriter, r *http.Request) {
	var in struct{ Content string }
	_ = json.NewDecoder(r.Body).Decode(&in)
	if !acceptable(w, in.Content) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.child(r.PathValue("id"))
	if c == nil {
		fail(w, http.StatusNotFound, "rest_comment_invalid_id", "Invalid comment ID.")
		return
	}
	c.raw = kses(in.Content)
	answer(w, http.StatusOK, c.json())
}

func acceptable(w http.ResponseWriter, content string) bool {
	switch {
	case strings.TrimSpace(content) == "":
		fail(w, http.StatusBadRequest, "rest_comment_content_invalid", "Invalid comment content.")
	case len(content) > 65525:
		fail(w, http.StatusBadRequest, "comment_content_column_length", "<strong>Error:</strong> Your comment is too long.")
	default:
		return true
	}
	return false
}

func (s *shop) del(w http.ResponseWriter, r *http.Request) {
	var in struct{ Force bool }
	_ = json.NewDecoder(r.Body).Decode(&in)
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.child(r.PathValue("id"))
	switch {
	case c == nil:
		fail(w, http.StatusNotFound, "rest_comment_invalid_id", "Invalid comment ID.")
		return
	case in.Force:
		s.children = slices.DeleteFunc(s.children, func(o *child) bool { return o == c })
	default:
		c.status = "trash"
	}
	answer(w, http.StatusOK, map[string]any{"deleted": in.Force})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func fail(w http.ResponseWriter, status int, code, message string) {
	answer(w, status, map[string]any{"code": cmp.Or(code, "internal_server_error"), "message": message, "data": map[string]int{"status": status}})
}

// What WordPress does to what visitors type.

var (
	chunk   = regexp.MustCompile(`<[^<>]*>?`)
	allowed = regexp.MustCompile(`(?i)^</?(a|abbr|b|blockquote|cite|code|del|em|i|q|s|strike|strong)( [^<>]*)?>$`)
	loneAmp = regexp.MustCompile(`&(#?[0-9A-Za-z]+;)?`)
)

// kses keeps the tags it allows, drops the others, and escapes what is no tag.
func kses(s string) string {
	at, out := 0, strings.Builder{}
	for _, m := range chunk.FindAllStringIndex(s, -1) {
		out.WriteString(entities(s[at:m[0]]))
		switch tag := s[m[0]:m[1]]; {
		case !strings.HasSuffix(tag, ">"):
			out.WriteString(entities(tag))
		case allowed.MatchString(tag):
			out.WriteString(tag)
		}
		at = m[1]
	}
	return out.String() + entities(s[at:])
}

func entities(s string) string {
	s = loneAmp.ReplaceAllStringFunc(s, func(m string) string {
		if m == "&" || html.UnescapeString(m) == m {
			return "&amp;" + m[1:]
		}
		return m
	})
	return strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(s)
}

// visible is what a reader sees of what kses stored.
func visible(typed string) string {
	stored := chunk.ReplaceAllStringFunc(kses(typed), func(tag string) string { return "" })
	return strings.ReplaceAll(html.UnescapeString(stored), "\r\n", "\n")
}

// cleanName is sanitize_text_field and the escaping of author names.
func cleanName(s string) string {
	s = regexp.MustCompile(`<[^<>]*>`).ReplaceAllString(s, "")
	return html.EscapeString(strings.Join(strings.Fields(s), " "))
}
