package webconsole

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/review"
)

// ask sends one request straight to the console.
func ask(w *world, method, target string, body string, change func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:50000"
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if change != nil {
		change(r)
	}
	rec := httptest.NewRecorder()
	w.console.ServeHTTP(rec, r)
	return rec
}

func onLoopback(t *testing.T) *world {
	return newWorld(t, bottest.NewFakeDesk(), func(c *Config) { c.Loopback, c.LocalName, c.BaseURL = true, "Ana", "http://127.0.0.1:8080" })
}

// TestAtTheMachine: the person at the machine is lead; nobody else is let in
// by pretending to be there.
func TestAtTheMachine(t *testing.T) {
	w := onLoopback(t)
	for _, c := range []struct {
		name   string
		host   string
		change func(*http.Request)
		want   int
	}{
		{"the machine itself", "127.0.0.1:8080", nil, 200},
		{"by name", "localhost:8080", nil, 200},
		{"by IPv6", "[::1]:8080", func(r *http.Request) { r.RemoteAddr = "[::1]:50000" }, 200},
		{"a rebound name", "evil.example.com:8080", nil, 421},
		{"a name that only begins well", "127.0.0.1.evil.example.com", nil, 421},
		{"no name", "", nil, 421},
		{"from elsewhere", "127.0.0.1:8080", func(r *http.Request) { r.RemoteAddr = "192.0.2.7:50000" }, 401},
		{"through a proxy", "127.0.0.1:8080", func(r *http.Request) { r.Header.Set("X-Forwarded-For", "192.0.2.7") }, 401},
		{"through another proxy", "127.0.0.1:8080", func(r *http.Request) { r.Header.Set("Forwarded", "for=192.0.2.7") }, 401},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := ask(w, http.MethodGet, "/", "", func(r *http.Request) {
				r.Host = c.host
				if c.change != nil {
					c.change(r)
				}
			})
			if rec.Code != c.want {
				t.Errorf("answered %d, want %d: %s", rec.Code, c.want, rec.Body)
			}
			if c.want == 200 && !strings.Contains(rec.Body.String(), "<small>lead</small>") {
				t.Error("the person at the machine is not lead")
			}
			if c.want != 200 && len(rec.Result().Cookies()) > 0 {
				t.Error("a stranger got a cookie")
			}
		})
	}
	// A proxy at the machine that says nothing of itself still names the host
	// that people asked for.
	behind := newWorld(t, bottest.NewFakeDesk(), func(c *Config) { c.Loopback, c.BaseURL = true, "https://desk.example.com" })
	if rec := ask(behind, http.MethodGet, "/", "", func(r *http.Request) { r.Host = "desk.example.com" }); rec.Code != 401 {
		t.Errorf("behind a proxy a stranger is answered %d, want 401", rec.Code)
	}
	elsewhere := newWorld(t, bottest.NewFakeDesk(), nil)
	if rec := ask(elsewhere, http.MethodGet, "/", "", func(r *http.Request) { r.Host = "127.0.0.1" }); rec.Code != 401 {
		t.Errorf("a console that listens for others answers %d to a stranger, want 401", rec.Code)
	}
}

// session signs the person at the machine in and gives cookie and CSRF token.
func session(t *testing.T, w *world) (*http.Cookie, string) {
	t.Helper()
	rec := ask(w, http.MethodGet, "/", "", func(r *http.Request) { r.Host = "127.0.0.1:8080" })
	_, after, ok := strings.Cut(rec.Body.String(), `name="csrf" value="`)
	token, _, _ := strings.Cut(after, `"`)
	if cookies := rec.Result().Cookies(); ok && len(cookies) == 1 {
		c := cookies[0]
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" {
			t.Errorf("the cookie is %v", c)
		}
		return c, token
	}
	t.Fatalf("nobody was signed in: %d", rec.Code)
	return nil, ""
}

// TestForeignForms: nothing changes by a form that is not ours.
func TestForeignForms(t *testing.T) {
	w := onLoopback(t)
	desk := w.console.Desk.(*bottest.FakeDesk)
	cookie, csrf := session(t, w)
	for _, c := range []struct {
		name   string
		csrf   string
		change func(*http.Request)
		want   int
	}{
		{"without a token", "", nil, 403},
		{"with another's token", visitor{secret: "other"}.csrf(), nil, 403},
		{"with the token in the address only", "", func(r *http.Request) { r.URL.RawQuery = "csrf=" + csrf }, 403},
		{"from another site", csrf, func(r *http.Request) { r.Header.Set("Origin", "http://evil.example.com") }, 403},
		{"from another site, says the browser", csrf, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
		{"from a sandbox", csrf, func(r *http.Request) { r.Header.Set("Origin", "null") }, 403},
		{"without a session", csrf, func(r *http.Request) { r.Header.Del("Cookie") }, 401},
		{"from another port's page", csrf, func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:9999") }, 403},
		{"our own", csrf, func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:8080") }, 200},
		{"our own, by header", "", func(r *http.Request) { r.Header.Set("X-CSRF-Token", csrf) }, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := len(desk.Calls())
			form := url.Values{"line": {"inbox"}, "csrf": {c.csrf}, "unique": {c.name}}
			rec := ask(w, http.MethodPost, "/command", form.Encode(), func(r *http.Request) {
				r.Host = "127.0.0.1:8080"
				r.AddCookie(cookie)
				if c.change != nil {
					c.change(r)
				}
			})
			if rec.Code != c.want {
				t.Errorf("answered %d, want %d: %s", rec.Code, c.want, rec.Body)
			}
			if heard := len(desk.Calls()) > before; heard != (c.want == 200) {
				t.Errorf("the desk heard of it: %v", heard)
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	w := onLoopback(t)
	for _, path := range []string{"/", "/help", "/enter?invite=x", "/nowhere", w.console.pages.static + "/console.css"} {
		rec := ask(w, http.MethodGet, path, "", func(r *http.Request) { r.Host = "localhost:8080" })
		h := rec.Header()
		csp := h.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
			if !strings.Contains(csp, part) {
				t.Errorf("%s: the policy lacks %s", path, part)
			}
		}
		if strings.Contains(csp, "unsafe") || h.Get("X-Frame-Options") != "DENY" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") == "" {
			t.Errorf("%s: %v", path, h)
		}
		body := rec.Body.String()
		if strings.Contains(body, " style=") || strings.Contains(body, "<style") || strings.Contains(body, "hx-on") {
			t.Errorf("%s has inline script or style", path)
		}
	}
	if rec := ask(w, http.MethodGet, w.console.pages.static+"/", "", func(r *http.Request) { r.Host = "localhost" }); rec.Code != 404 {
		t.Errorf("the static folder is listed: %d", rec.Code)
	}
}

func TestBoundedBodies(t *testing.T) {
	w := onLoopback(t)
	cookie, csrf := session(t, w)
	post := func(size int) int {
		form := url.Values{"line": {"fact 1 " + strings.Repeat("x", size)}, "csrf": {csrf}}
		return ask(w, http.MethodPost, "/command", form.Encode(), func(r *http.Request) { r.Host = "127.0.0.1:8080"; r.AddCookie(cookie) }).Code
	}
	if code := post(maxForm - 1000); code != 200 {
		t.Errorf("a form within the bound is answered %d", code)
	}
	if code := post(maxForm + 1); code != 413 {
		t.Errorf("a form over the bound is answered %d", code)
	}
}

// TestInvitations: a link signs in once, the person it names, within its time.
func TestInvitations(t *testing.T) {
	now := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	w := newWorld(t, bottest.NewFakeDesk(), func(c *Config) { c.Now = func() time.Time { return now } })
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{Client: &http.Client{Jar: jar}}
	link, err := Invite(t.Context(), w.store, Invitation{Name: "Zoë K.", Role: review.Approver, BaseURL: w.server.URL + "/", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // previews open links: opening spends nothing
		doc, err := w.get(t.Context(), b, link)
		if err != nil || !strings.Contains(read(doc), "Zoë K.") || !strings.Contains(read(doc), "approver") {
			t.Fatalf("the link shows %q, %v", read(doc), err)
		}
	}
	_, secret, _ := strings.Cut(link, "invite=")
	enter := func(secret string) string {
		doc, err := w.send(t.Context(), b, "/enter", url.Values{"invite": {secret}}, true)
		if err != nil {
			t.Fatal(err)
		}
		return read(doc)
	}
	if text := enter("guess"); !strings.Contains(text, "used already or has run out") {
		t.Errorf("a guessed link shows %q", text)
	}
	if text := enter(secret); !strings.Contains(text, "Zoë K.") || !strings.Contains(text, "approver") {
		t.Errorf("after signing in: %q", text)
	}
	if text := enter(secret); !strings.Contains(text, "used already or has run out") {
		t.Errorf("the link works twice: %q", text)
	}
	for _, s := range w.store.sessions {
		if strings.Contains(fmt.Sprint(s), secret) {
			t.Error("the secret itself is kept")
		}
	}
	late, err := Invite(t.Context(), w.store, Invitation{Name: "Late", Role: review.Viewer, For: time.Hour, Now: now.Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if _, s, _ := strings.Cut(late, "invite="); !strings.Contains(enter(s), "has run out") {
		t.Error("a link works after its time")
	}
	now = now.Add(sessionFor)
	doc, err := w.get(t.Context(), b, "/")
	if err != nil || !strings.Contains(read(doc), "Please sign in first") {
		t.Errorf("after a month: %q, %v", read(doc), err)
	}
}

func TestInviteRefuses(t *testing.T) {
	store := newMemory()
	for _, i := range []Invitation{{Name: "", Role: review.Lead}, {Name: " - ", Role: review.Lead}, {Name: "Local", Role: review.Lead}, {Name: "Ana"}, {Name: "Ana", Role: 9}} {
		if link, err := Invite(t.Context(), store, i); err == nil {
			t.Errorf("%+v is invited by %s", i, link)
		}
	}
	if len(store.sessions) != 0 {
		t.Error("refused invitations are kept")
	}
	if a, b := personID("Ana  Bell"), personID("ana-bell"); a != b || a != "console:ana-bell" {
		t.Errorf("one name makes %q and %q", a, b)
	}
}

// TestSigningOut ends the session on the server, not only in the browser.
func TestSigningOut(t *testing.T) {
	w := onLoopback(t)
	cookie, csrf := session(t, w)
	rec := ask(w, http.MethodPost, "/leave", url.Values{"csrf": {csrf}}.Encode(), func(r *http.Request) { r.Host = "127.0.0.1:8080"; r.AddCookie(cookie) })
	if rec.Code != 200 || len(w.store.sessions) != 0 {
		t.Errorf("answered %d, %d sessions are left", rec.Code, len(w.store.sessions))
	}
}

// TestViewersOnlyRead: what a viewer's role does not reach is dimmed, and
// writing is refused kindly.
func TestViewersOnlyRead(t *testing.T) {
	desk := bottest.NewFakeDesk()
	w := newWorld(t, desk, nil)
	parent := post(t, w, bot.Place{Case: 7, Key: "parent"}, bottest.StoryCard(7))
	if err := w.Join(t.Context(), "Vera", review.Viewer); err != nil {
		t.Fatal(err)
	}
	b, err := w.person("Vera")
	if err != nil {
		t.Fatal(err)
	}
	_, article, err := w.article(t.Context(), b, parent)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range find(article, byTag("button")) {
		if read(n) == "Approve" && (!hasClass(n, "dim") || attr(n, "title") != "Needs an approver") {
			t.Errorf("Approve is drawn as %v", n.Attr)
		}
	}
	a, err := w.Say(t.Context(), "Vera", parent, "hello", false)
	if err != nil || !strings.Contains(a.Text, "needs a responder") || len(desk.Heards()) != 0 {
		t.Errorf("a viewer's message is answered %q, %v", a.Text, err)
	}
}

// TestStreams: a page that is behind is told at once, changes are named, and
// watchers are counted.
func TestStreams(t *testing.T) {
	w := onLoopback(t)
	server := httptest.NewServer(w.console)
	defer server.Close()
	defer w.console.hub.close()
	ref7 := post(t, w, bot.Place{Case: 7, Key: "parent"}, bottest.StoryCard(7))
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{Client: &http.Client{Jar: jar}}
	if _, err := w.get(t.Context(), b, server.URL+"/"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	open := func(query string) (*bufio.Scanner, int, io.Closer) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/events?"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := b.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		return bufio.NewScanner(resp.Body), resp.StatusCode, resp.Body
	}
	next := func(s *bufio.Scanner) string {
		for s.Scan() {
			if e, ok := strings.CutPrefix(s.Text(), "event: "); ok {
				return e
			}
		}
		return ""
	}
	events, _, body := open("view=all&case=7&sum=old")
	defer body.Close()
	if e := next(events); e != "resync" {
		t.Fatalf("a page that is behind hears %q", e)
	}
	if err := w.console.Update(ctx, bot.Place{Case: 7, Key: "parent"}, ref7, bot.Card{Case: 7, Title: "New"}); err != nil {
		t.Fatal(err)
	}
	if e := next(events); e != "note-"+ref7 {
		t.Errorf("after an update: %q", e)
	}
	post(t, w, bot.Place{Case: 7, Key: "draft-1", Thread: ref7}, bottest.StoryCard(7))
	if e := next(events); e != "tail" {
		t.Errorf("after a post: %q", e)
	}
	w.store.putCase(review.Case{ID: 7, Version: 3, Status: review.Open, Review: review.Review{Rating: review.StarRating(1)}})
	w.console.hub.wake()
	if one, two := next(events), next(events); one+" "+two != "list case" {
		t.Errorf("after a case's change: %q and %q", one, two)
	}
	for range maxWatchersEach - 1 {
		_, code, body := open("view=all")
		defer body.Close()
		if code != 200 {
			t.Fatalf("a stream within the bound is answered %d", code)
		}
	}
	_, code, body := open("view=all")
	defer body.Close()
	if code != http.StatusTooManyRequests {
		t.Errorf("one stream too many is answered %d", code)
	}
}
