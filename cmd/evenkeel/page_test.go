package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/webconsole"
	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/storage/open"
	"github.com/evenkeel/evenkeel/storage/storagetest"
)

var hidden = regexp.MustCompile(`name="(invite|csrf)" value="([^"]*)"`)

// TestALinkFromSlackToTheConsole: somebody whom Slack knows gets a link that
// lets that person in, with the role of then, once; and no link without a console.
func TestALinkFromSlackToTheConsole(t *testing.T) {
	store, err := open.Database(t.Context(), newFile(t), open.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	k := storagetest.PutDrafted(t, store, 1)
	var mux http.Handler
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { mux.ServeHTTP(w, r) }))
	defer web.Close()
	rules, offline, log := playbook.Default(), llm.NewOffline(), slog.New(slog.DiscardHandler)
	desk, err := bot.New(bot.Config{Store: store, Playbook: rules, Drafter: offline, Triager: offline, Logger: log, ConsoleURL: web.URL})
	if err != nil {
		t.Fatal(err)
	}
	if mux, err = webconsole.New(webconsole.Config{Desk: desk, Store: store, Now: time.Now, Logger: log, Location: time.UTC, BaseURL: web.URL}); err != nil {
		t.Fatal(err)
	}
	s := &station{parts: parts{store: store, rules: rules, now: time.Now}, desk: desk, url: web.URL}
	link := s.pageFor()
	if link == nil {
		t.Fatal("there is a console and no link")
	}
	page, err := link(t.Context(), review.Person{ID: "slack:U0BEN", Name: "Ben", Role: review.Approver}, k.ID)
	if err != nil || !strings.HasPrefix(page.Enter, web.URL+"/enter?") || page.Case != desk.Link(k.ID) {
		t.Fatalf("%+v %v", page, err)
	}

	enter := func() (int, string) {
		jar, _ := cookiejar.New(nil)
		browser := &http.Client{Jar: jar}
		read := func(resp *http.Response, err error) (int, string) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			b, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			return resp.StatusCode, string(b)
		}
		code, form := read(browser.Get(page.Enter))
		if code != http.StatusOK {
			return code, form
		}
		fields := url.Values{}
		for _, f := range hidden.FindAllStringSubmatch(form, -1) {
			fields.Set(f[1], f[2])
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, web.URL+"/enter", strings.NewReader(fields.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", web.URL)
		if code, body := read(browser.Do(req)); code != http.StatusOK {
			return code, body
		}
		return read(browser.Get(page.Case))
	}
	if code, body := enter(); code != http.StatusOK || !strings.Contains(body, "Ben") || !strings.Contains(body, "<small>approver</small>") {
		t.Errorf("the link shows %d %.2000s", code, body)
	}
	if code, _ := enter(); code != http.StatusGone {
		t.Errorf("the second time it is answered %d, want 410", code)
	}
	if code, _ := func() (int, string) {
		resp, err := http.Get(page.Case)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode, ""
	}(); code != http.StatusUnauthorized {
		t.Errorf("without a link the case is answered %d", code)
	}
}
