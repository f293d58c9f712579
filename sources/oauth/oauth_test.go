package oauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/oauth"
	"github.com/evenkeel/evenkeel/sources/oauth/oauthtest"
)

type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func app(s *oauthtest.Server) oauth.App {
	return oauth.App{
		ClientID: oauthtest.ClientID, ClientSecret: secret.New(oauthtest.ClientSecret),
		AuthURL: s.URL + "/auth", DeviceURL: s.URL + "/device", TokenURL: s.URL + "/token", Scopes: []string{"reviews"},
	}
}

func newSource(t testing.TB, c *clock, g oauth.Grant, change ...func(*oauth.Config)) *oauth.Source {
	t.Helper()
	cfg := oauth.Config{Source: "shop", Grant: g, Renew: "Sign in again.", Now: c.Now}
	for _, f := range change {
		f(&cfg)
	}
	s, err := oauth.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func grants(t testing.TB, srv *oauthtest.Server) map[string]oauth.Grant {
	t.Helper()
	account, err := oauth.ParseServiceAccount(srv.KeyFile(), "reviews")
	if err != nil {
		t.Fatal(err)
	}
	inHeader := app(srv)
	inHeader.InHeader = true
	return map[string]oauth.Grant{
		"refresh":     oauth.Refresh{App: app(srv), Token: secret.New(srv.NewRefresh())},
		"account":     account,
		"credentials": oauth.ClientCredentials{App: app(srv)},
		"in header":   oauth.ClientCredentials{App: inHeader},
	}
}

func TestTokensAreReusedAndRenewedBeforeTheirEnd(t *testing.T) {
	c := newClock()
	srv := oauthtest.New(t, c.Now)
	for name, g := range grants(t, srv) {
		s := newSource(t, c, g)
		first, err := s.Token(t.Context())
		if err != nil || !srv.Good(first.Access.Reveal()) {
			t.Fatalf("%s: %v", name, err)
		}
		if !s.Expiry().Equal(c.Now().Add(time.Hour)) {
			t.Errorf("%s: it ends at %s", name, s.Expiry())
		}
		before := srv.Calls()
		c.Advance(time.Hour - oauth.DefaultSkew - time.Second)
		if again, _ := s.Token(t.Context()); again.Access.Reveal() != first.Access.Reveal() || srv.Calls() != before {
			t.Errorf("%s: another token although the first is good", name)
		}
		c.Advance(2 * time.Second)
		second, err := s.Token(t.Context())
		if err != nil || second.Access.Reveal() == first.Access.Reveal() || !srv.Good(second.Access.Reveal()) {
			t.Errorf("%s: within the skew came %v", name, err)
		}
		srv.Revoke()
		s.Forget()
		if third, err := s.Token(t.Context()); err != nil || !srv.Good(third.Access.Reveal()) {
			t.Errorf("%s: after a refusal: %v", name, err)
		}
	}
}

func TestOneFlightForAll(t *testing.T) {
	c := newClock()
	srv := oauthtest.New(t, c.Now)
	s := newSource(t, c, oauth.ClientCredentials{App: app(srv)})
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := s.Token(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := srv.Calls(); n != 1 {
		t.Errorf("%d calls for one token", n)
	}
}

func TestWhoGivesUpDoesNotStopTheOthers(t *testing.T) {
	c := newClock()
	srv := oauthtest.New(t, c.Now)
	begun, goOn := make(chan struct{}), make(chan struct{})
	srv.Fail(func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-goOn
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token":"a","expires_in":"3600"}`)
	})
	s := newSource(t, c, oauth.ClientCredentials{App: app(srv)})
	ctx, cancel := context.WithCancel(t.Context())
	gaveUp, waited := make(chan error), make(chan error)
	go func() { _, err := s.Token(ctx); gaveUp <- err }()
	<-begun
	go func() { _, err := s.Token(t.Context()); waited <- err }()
	cancel()
	if err := <-gaveUp; !errors.Is(err, sources.ErrTransient) || !errors.Is(err, context.Canceled) {
		t.Errorf("%v; want ErrTransient and context.Canceled", err)
	}
	close(goOn)
	if err := <-waited; err != nil {
		t.Errorf("the one who waited got %v", err)
	}
}

func TestTroubles(t *testing.T) {
	answer := func(status int, header, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if header != "" {
				w.Header().Set("Retry-After", header)
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_ = r.ParseForm()
			_, _ = io.WriteString(w, strings.ReplaceAll(body, "ECHO", r.PostForm.Encode()+r.PostForm.Get("refresh_token")+r.PostForm.Get("client_secret")))
		}
	}
	for name, c := range map[string]struct {
		do    http.HandlerFunc
		kind  error
		after time.Duration
		says  string
	}{
		"withdrawn":       {answer(400, "", `{"error":"invalid_grant","error_description":"Token has been expired or revoked."}`), sources.ErrAuth, 0, "no longer valid"},
		"unknown client":  {answer(401, "", `{"error":"invalid_client"}`), sources.ErrAuth, 0, "id or secret"},
		"no permission":   {answer(400, "", `{"error":"invalid_scope"}`), sources.ErrAuth, 0, "permission"},
		"something else":  {answer(403, "", `{"error":"org_internal"}`), sources.ErrAuth, 0, "403 org_internal"},
		"asked to wait":   {answer(429, "90", `{}`), sources.ErrRateLimited, 90 * time.Second, "wait"},
		"wait, mute":      {answer(429, "", `not JSON`), sources.ErrRateLimited, time.Minute, "wait"},
		"wait, absurd":    {answer(429, "99999999999999", ``), sources.ErrRateLimited, 24 * time.Hour, "wait"},
		"slow down":       {answer(400, "", `{"error":"slow_down"}`), sources.ErrRateLimited, time.Minute, "wait"},
		"down":            {answer(503, "", `busy`), sources.ErrTransient, 0, "503"},
		"not a token":     {answer(200, "", `{"hello":"world"}`), sources.ErrTransient, 0, "as expected"},
		"garbled":         {answer(200, "", `{"access_token":"`), sources.ErrTransient, 0, "as expected"},
		"a redirect":      {answer(302, "", ``), sources.ErrAuth, 0, "302"},
		"cut":             {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, sources.ErrTransient, 0, "out of reach"},
		"echoing secrets": {answer(400, "", `{"error":"invalid_grant","error_description":"no: ECHO"}`), sources.ErrAuth, 0, "•••"},
	} {
		t.Run(name, func(t *testing.T) {
			clock := newClock()
			srv := oauthtest.New(t, clock.Now)
			token := srv.NewRefresh()
			srv.Fail(c.do)
			s := newSource(t, clock, oauth.Refresh{App: app(srv), Token: secret.New(token)})
			_, err := s.Token(t.Context())
			var e *sources.Error
			if !errors.As(err, &e) || !errors.Is(err, c.kind) || e.After != c.after || !strings.Contains(e.Reason, c.says) {
				t.Fatalf("%v, wait %s; want %v, %s, …%s…", err, sources.Wait(err), c.kind, c.after, c.says)
			}
			if errors.Is(err, sources.ErrAuth) && !strings.HasSuffix(e.Reason, "Sign in again.") {
				t.Errorf("%q does not say what to renew", e.Reason)
			}
			for _, hidden := range []string{token, oauthtest.ClientSecret} {
				if strings.Contains(fmt.Sprintf("%v %+v", err, errors.Unwrap(err)), hidden) {
					t.Errorf("a secret stands in %v", err)
				}
			}
			before := srv.Calls()
			srv.Fail(nil)
			_, err = s.Token(t.Context())
			if c.after == 0 && err != nil {
				t.Errorf("when it is over: %v", err)
			}
			if c.after > 0 && (!errors.Is(err, sources.ErrRateLimited) || srv.Calls() != before) {
				t.Errorf("asked to wait, it called again: %v", err)
			}
			clock.Advance(c.after)
			if _, err := s.Token(t.Context()); err != nil {
				t.Errorf("after the wait: %v", err)
			}
		})
	}
}

func TestNobodyListens(t *testing.T) {
	a := oauth.App{ClientID: "x", ClientSecret: secret.New("y"), TokenURL: "http://127.0.0.1:1/token"}
	s := newSource(t, newClock(), oauth.ClientCredentials{App: a})
	if _, err := s.Token(t.Context()); !errors.Is(err, sources.ErrTransient) {
		t.Errorf("%v; want ErrTransient", err)
	}
}

// keeper keeps in memory, and can be out of order.
type keeper struct {
	mu     sync.Mutex
	token  oauth.Token
	saves  int
	broken bool
}

func (k *keeper) Load(context.Context) (oauth.Token, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.broken {
		return oauth.Token{}, errors.New("disk full")
	}
	return k.token, nil
}

func (k *keeper) Save(_ context.Context, t oauth.Token) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.broken {
		return errors.New("disk full " + t.Access.Reveal())
	}
	k.token = t
	k.saves++
	return nil
}

func TestExchangedRefreshTokensAreKept(t *testing.T) {
	c := newClock()
	srv := oauthtest.New(t, c.Now)
	srv.Rotates = true
	k := &keeper{}
	g := oauth.Refresh{App: app(srv), Token: secret.New(srv.NewRefresh())}
	with := func(cfg *oauth.Config) { cfg.Keeper = k }
	s := newSource(t, c, g, with)
	for range 3 {
		if _, err := s.Token(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.Advance(2 * time.Hour)
	}
	// After a restart the one in the settings is spent, the kept one is good.
	s = newSource(t, c, g, with)
	if _, err := s.Token(t.Context()); err != nil {
		t.Fatalf("after a restart: %v", err)
	}
	// And the kept access token serves without a call.
	before := srv.Calls()
	if _, err := newSource(t, c, g, with).Token(t.Context()); err != nil || srv.Calls() != before {
		t.Errorf("a second restart: %v, %d calls", err, srv.Calls()-before)
	}
	// A keeper out of order stops nothing, and gets the token when it is well.
	c.Advance(2 * time.Hour)
	k.broken = true
	if _, err := s.Token(t.Context()); err != nil {
		t.Errorf("with a broken keeper: %v", err)
	}
	k.broken, k.saves = false, 0
	if _, err := s.Token(t.Context()); err != nil || k.saves != 1 {
		t.Errorf("%v; saved %d times when the keeper was well again", err, k.saves)
	}
	k.broken = true
	if _, err := newSource(t, c, g, with).Token(t.Context()); !errors.Is(err, sources.ErrTransient) {
		t.Errorf("a keeper that cannot be read: %v", err)
	}
}

// TestSigningInAnew: a new refresh token in the settings cures a source whose
// kept one was withdrawn.
func TestSigningInAnew(t *testing.T) {
	c := newClock()
	srv := oauthtest.New(t, c.Now)
	srv.Rotates = true
	k := &keeper{}
	with := func(cfg *oauth.Config) { cfg.Keeper = k }
	if _, err := newSource(t, c, oauth.Refresh{App: app(srv), Token: secret.New(srv.NewRefresh())}, with).Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	srv.Withdraw()
	c.Advance(2 * time.Hour)
	s := newSource(t, c, oauth.Refresh{App: app(srv), Token: secret.New(srv.NewRefresh())}, with)
	for range 2 {
		if _, err := s.Token(t.Context()); err != nil {
			t.Fatalf("signed in anew: %v", err)
		}
		c.Advance(2 * time.Hour)
	}
}

func TestTokensDoNotPrint(t *testing.T) {
	c := newClock()
	srv := oauthtest.New(t, c.Now)
	refresh := srv.NewRefresh()
	s := newSource(t, c, oauth.Refresh{App: app(srv), Token: secret.New(refresh)})
	token, err := s.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	access := token.Access.Reveal()
	asJSON, _ := json.Marshal(token)
	text := fmt.Sprintf("%v %+v %#v %s %s", token, token, token, asJSON, s.Hide("Bearer "+access+" "+refresh+" "+oauthtest.ClientSecret))
	s.Forget()
	text += s.Hide(access) // of late, and still not for print
	for _, hidden := range []string{access, refresh, oauthtest.ClientSecret} {
		if strings.Contains(text, hidden) {
			t.Errorf("%q prints in %s", hidden, text)
		}
	}
}

func TestKeyFiles(t *testing.T) {
	srv := oauthtest.New(t, newClock().Now)
	good := string(srv.KeyFile())
	for name, file := range map[string]string{
		"not JSON":       "hello",
		"another kind":   strings.Replace(good, "service_account", "authorized_user", 1),
		"no key":         `{"type":"service_account","client_email":"a@b"}`,
		"a broken key":   `{"type":"service_account","client_email":"a@b","private_key":"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}`,
		"a cut key":      strings.Replace(good, "MII", "", 1),
		"nothing at all": "",
	} {
		if _, err := oauth.ParseServiceAccount([]byte(file), "x"); err == nil || strings.Contains(err.Error(), "AAAA") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzKeyFile(f *testing.F) {
	f.Add([]byte(`{"type":"service_account","client_email":"a@b","private_key":"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		if a, err := oauth.ParseServiceAccount(file, "x"); err == nil && a.Email == "" {
			t.Errorf("an account without a name from %q", file)
		}
	})
}

func TestSettings(t *testing.T) {
	a := oauth.App{ClientID: "x", ClientSecret: secret.New("y"), TokenURL: "http://127.0.0.1:1/token"}
	noID, noURL, noSecret := a, a, a
	noID.ClientID, noURL.TokenURL, noSecret.ClientSecret = "", "ftp://x", secret.Value{}
	for name, cfg := range map[string]oauth.Config{
		"no name":   {Grant: oauth.ClientCredentials{App: a}},
		"no grant":  {Source: "s"},
		"no id":     {Source: "s", Grant: oauth.Refresh{App: noID}},
		"no url":    {Source: "s", Grant: oauth.Refresh{App: noURL}},
		"no secret": {Source: "s", Grant: oauth.ClientCredentials{App: noSecret}},
		"no key":    {Source: "s", Grant: oauth.ServiceAccount{}},
	} {
		if _, err := oauth.New(cfg); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
