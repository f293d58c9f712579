package trustpilot_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/oauth"
	"github.com/evenkeel/evenkeel/sources/sourcetest"
	"github.com/evenkeel/evenkeel/sources/trustpilot"
)

// office is Trustpilot's token endpoint: Basic credentials, an expires_in that
// is a text, 429 for whoever comes again while a token is good.
type office struct {
	mu     sync.Mutex
	now    func() time.Time
	given  int
	until  time.Time
	early  int
	revoke bool
}

func (o *office) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	id, key, _ := r.BasicAuth()
	switch {
	case id != "api-key" || key != "api-secret" || r.FormValue("grant_type") != "client_credentials":
		write(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
	case o.now().Before(o.until) && !o.revoke:
		o.early++
		write(w, http.StatusTooManyRequests, map[string]any{"error": "too many"})
	default:
		o.given++
		o.until, o.revoke = o.now().Add(100*time.Hour), false
		write(w, http.StatusOK, map[string]any{"access_token": o.token(), "token_type": "bearer", "expires_in": "359999"})
	}
}

func (o *office) token() string { return fmt.Sprintf("tp-token-%d", o.given) }

func (o *office) takes(r *http.Request) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return !o.revoke && o.now().Before(o.until) && r.Header.Get("Authorization") == "Bearer "+o.token()
}

// TestTokens: one token serves for 100 hours, whatever is polled; then there is
// another, and so there is when one is revoked before its time.
func TestTokens(t *testing.T) {
	f := newFake()
	o := &office{now: f.Now}
	srv := httptest.NewServer(o)
	t.Cleanup(srv.Close)
	tokens, err := oauth.New(oauth.Config{Source: "tp", Now: f.Now, Grant: oauth.ClientCredentials{App: oauth.App{
		ClientID: "api-key", ClientSecret: secret.New("api-secret"), TokenURL: srv.URL, InHeader: true,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	voice := f.Voice
	f.Voice = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !o.takes(r) {
			write(w, http.StatusUnauthorized, map[string]any{"message": "Invalid token"})
			return
		}
		voice.ServeHTTP(w, r)
	})
	f.change = func(s *trustpilot.Settings) {
		s.Wire.Authorize, s.Wire.Hide = tokens.Authorize, tokens.Hide
		s.Wire.Explain = func(status int, _ []byte) (string, error) {
			if status == http.StatusUnauthorized {
				tokens.Forget()
			}
			return "", nil
		}
	}
	src := f.bench(t).Source.(sources.Poller)
	poll := func() error {
		_, err := src.Poll(t.Context(), nil)
		return err
	}
	for hour := range 201 {
		if err := poll(); err != nil {
			t.Fatalf("in hour %d: %v", hour, err)
		}
		f.Advance(t, time.Hour)
	}
	if o.given != 3 || o.early != 0 {
		t.Errorf("%d tokens in 201 hours, %d times too early; want 3 and 0", o.given, o.early)
	}
	o.mu.Lock()
	o.revoke = true
	o.mu.Unlock()
	if err := poll(); err == nil {
		t.Error("a revoked token was taken")
	}
	if err := poll(); err != nil {
		t.Errorf("after a revoked token: %v", err)
	}
	if n := f.Calls(t, sourcetest.List); n != 203 {
		t.Errorf("%d calls", n)
	}
}
