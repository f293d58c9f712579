package oauth_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/sources/oauth"
	"github.com/evenkeel/evenkeel/sources/oauth/oauthtest"
)

// browse opens an address as a browser does, and gives the page.
func browse(t testing.TB, address string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer res.Body.Close()
	page, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(page)
}

func TestLoopback(t *testing.T) {
	c := newClock()
	srv := oauthtest.New(t, c.Now)
	page := make(chan string, 1)
	flow := oauth.Loopback{App: app(srv), Now: c.Now, Show: func(address string) error {
		go func() { _, text := browse(t, address); page <- text }()
		return nil
	}}
	token, err := flow.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if text := <-page; !strings.Contains(text, "close this page") {
		t.Errorf("the browser shows %q", text)
	}
	if !srv.Good(token.Access.Reveal()) || !token.Expiry.Equal(c.Now().Add(time.Hour)) {
		t.Errorf("the token is not in force, or ends at %s", token.Expiry)
	}
	// What it gave lasts.
	s := newSource(t, c, oauth.Refresh{App: app(srv), Token: token.Refresh})
	if _, err := s.Token(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestLoopbackKeepsStrangersOut: only the browser that was sent comes in.
func TestLoopbackKeepsStrangersOut(t *testing.T) {
	c := newClock()
	srv := oauthtest.New(t, c.Now)
	browser := make(chan struct{})
	flow := oauth.Loopback{App: app(srv), Show: func(address string) error {
		u, err := url.Parse(address)
		if err != nil {
			return err
		}
		back := u.Query().Get("redirect_uri")
		for _, stranger := range []string{"/", "/?code=x", "/?code=x&state=guess", "/else?code=x&state=" + u.Query().Get("state"), "/?state=" + u.Query().Get("state")} {
			if status, _ := browse(t, back+stranger); status != http.StatusBadRequest {
				t.Errorf("%s: %d", stranger, status)
			}
		}
		go func() { defer close(browser); browse(t, address) }()
		return nil
	}}
	if _, err := flow.Run(t.Context()); err != nil {
		t.Fatalf("after strangers: %v", err)
	}
	<-browser
}

func TestLoopbackRefusals(t *testing.T) {
	c := newClock()
	srv := oauthtest.New(t, c.Now)
	var browsers sync.WaitGroup
	defer browsers.Wait()
	open := func(address string) error { browsers.Go(func() { browse(t, address) }); return nil }

	srv.Decide("denied")
	if _, err := (oauth.Loopback{App: app(srv), Show: open}).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "declined") {
		t.Errorf("declined: %v", err)
	}
	srv.Decide("")
	wrong := app(srv)
	wrong.ClientSecret = secret.New("wrong-secret")
	if _, err := (oauth.Loopback{App: wrong, Show: open}).Run(t.Context()); err == nil || strings.Contains(err.Error(), "wrong-secret") {
		t.Errorf("a wrong secret: %v", err)
	}
	for _, at := range []string{"0.0.0.0:0", "example.test:80", ":0", "nonsense"} {
		if _, err := (oauth.Loopback{App: app(srv), Listen: at, Show: open}).Run(t.Context()); err == nil {
			t.Errorf("it listens at %s", at)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := oauth.Loopback{App: app(srv), Show: func(string) error { cancel(); return nil }}.Run(ctx)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
	sorry := errors.New("no browser here")
	if _, err := (oauth.Loopback{App: app(srv), Show: func(string) error { return sorry }}).Run(t.Context()); !errors.Is(err, sorry) {
		t.Errorf("no browser: %v", err)
	}
}

func TestDevice(t *testing.T) {
	c := newClock()
	srv := oauthtest.New(t, c.Now)
	var waits []time.Duration
	var shown oauth.DeviceCode
	flow := oauth.Device{
		App: app(srv), Now: c.Now,
		Show: func(code oauth.DeviceCode) error { shown = code; return nil },
		Wait: func(_ context.Context, d time.Duration) error {
			waits = append(waits, d)
			switch len(waits) {
			case 2:
				srv.Decide("slow")
			case 4:
				srv.Decide("allowed")
			}
			return nil
		},
	}
	token, err := flow.Run(t.Context())
	if err != nil || !token.Refresh.IsSet() || !srv.Good(token.Access.Reveal()) {
		t.Fatal(err)
	}
	if shown.Code != "ABCD-EFGH" || shown.Address != srv.URL+"/go" {
		t.Errorf("shown was %+v", shown)
	}
	if len(waits) != 4 || waits[1] != 5*time.Second || waits[2] != 10*time.Second || waits[3] != 10*time.Second {
		t.Errorf("it waited %v; after slow_down five seconds more each time", waits)
	}
}

func TestDeviceRefusals(t *testing.T) {
	c := newClock()
	srv := oauthtest.New(t, c.Now)
	waits := 0
	flow := oauth.Device{
		App: app(srv), Show: func(oauth.DeviceCode) error { return nil },
		Wait: func(ctx context.Context, _ time.Duration) error { waits++; return ctx.Err() },
	}
	srv.Decide("denied")
	if _, err := flow.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "declined") {
		t.Errorf("declined: %v", err)
	}
	srv.Decide("")
	waits = 0
	if _, err := flow.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "in time") || waits > 400 {
		t.Errorf("nobody decides: %v after %d questions", err, waits)
	}
	srv.Scopes = "openid"
	if _, err := flow.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "browser of this machine") {
		t.Errorf("a permission that this way cannot give: %v", err)
	}
	srv.Scopes = ""
	ctx, cancel := context.WithCancel(t.Context())
	flow.Show = func(oauth.DeviceCode) error { cancel(); return nil }
	if _, err := flow.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
}
