package oauth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"
)

// Loopback lets a person sign in with the browser of this machine: the
// authorization server sends the browser back to a port of the machine itself
// (RFC 8252, section 7.3), with PKCE and a state that nobody can guess.
type Loopback struct {
	App App
	// Show puts the address before the person, or opens it in a browser. It
	// must not wait for the person.
	Show      func(address string) error
	Listen    string            // nothing but loopback; "" = 127.0.0.1 at a free port
	Transport http.RoundTripper // nil = one of its own
	Now       func() time.Time  // nil = time.Now
}

// Run waits until the person has decided or ctx ends; give it a deadline. The
// error is a sentence for the person.
func (l Loopback) Run(ctx context.Context) (Token, error) {
	if err := l.App.check(); err != nil {
		return Token{}, err
	}
	ln, err := l.listen(ctx)
	if err != nil {
		return Token{}, err
	}
	back := newCallback()
	srv := &http.Server{Handler: back, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second, MaxHeaderBytes: 16 << 10}
	go func() { _ = srv.Serve(ln) }() // ends with Shutdown
	defer func() {
		// The browser gets its page before the door closes.
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		_ = srv.Shutdown(end)
	}()

	cfg := l.App.config("http://" + ln.Addr().String())
	verifier := oauth2.GenerateVerifier()
	address := cfg.AuthCodeURL(back.state, oauth2.AccessTypeOffline, oauth2.S256ChallengeOption(verifier),
		// Without it Google gives a refresh token at the first consent only.
		oauth2.SetAuthURLParam("prompt", "consent"))
	if err := l.Show(address); err != nil {
		return Token{}, err
	}
	var code string
	select {
	case <-ctx.Done():
		return Token{}, fmt.Errorf("nobody has signed in: %w", ctx.Err())
	case got := <-back.done:
		if got.problem != "" {
			return Token{}, errors.New(got.problem)
		}
		code = got.code
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, newClient(l.Transport, DefaultTimeout))
	got, err := cfg.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return Token{}, signInError(err)
	}
	return lasting(got, l.Now)
}

func (l Loopback) listen(ctx context.Context) (net.Listener, error) {
	at := l.Listen
	if at == "" {
		at = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(at)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return nil, errors.New("the sign-in listens on a loopback address only, 127.0.0.1 or ::1")
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", at)
	if err != nil {
		return nil, fmt.Errorf("no port of this machine could be opened for the sign-in: %w", err)
	}
	return ln, nil
}

// lasting is a token with which the bot can go on by itself.
func lasting(got *oauth2.Token, clock func() time.Time) (Token, error) {
	if got.RefreshToken == "" {
		return Token{}, errors.New("the sign-in gave no lasting permission; remove this app from the account's list of connected apps and sign in again")
	}
	if clock == nil {
		clock = time.Now
	}
	return taken(got, clock()), nil
}

// signInError is the server's refusal in a sentence, without what was sent.
func signInError(err error) error {
	var r *oauth2.RetrieveError
	if !errors.As(err, &r) {
		return errors.New("the sign-in server is out of reach, or its answer is not as expected")
	}
	switch r.ErrorCode {
	case "access_denied":
		return errors.New("the sign-in was declined")
	case "expired_token":
		return errors.New("the code has expired; start the sign-in again")
	case "invalid_scope":
		return errors.New("this way of signing in cannot give the permission that is needed; sign in with the browser of this machine instead")
	case "invalid_client", "unauthorized_client":
		return errors.New("the client's id or secret is not accepted; check that the OAuth client is of the type Desktop app")
	}
	return fmt.Errorf("the sign-in server refused: %s %s", r.ErrorCode, r.ErrorDescription)
}

// callback takes the browser that comes back, once.
type callback struct {
	state string
	done  chan outcome
}

type outcome struct{ code, problem string }

func newCallback() *callback {
	return &callback{state: rand.Text(), done: make(chan outcome, 1)}
}

// ServeHTTP takes GET / with our state and nothing else: other pages of the
// same browser could call as well.
func (c *callback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	q := r.URL.Query()
	if r.Method != http.MethodGet || r.URL.Path != "/" || !sameState(q, c.state) {
		http.Error(w, "This is not the sign-in that was begun.", http.StatusBadRequest)
		return
	}
	var got outcome
	switch {
	case q.Get("error") == "access_denied":
		got.problem = "the sign-in was declined"
	case q.Get("error") != "":
		got.problem = "the sign-in server refused: " + q.Get("error")
	case q.Get("code") == "":
		http.Error(w, "The code is missing.", http.StatusBadRequest)
		return
	default:
		got.code = q.Get("code")
	}
	select {
	case c.done <- got:
		_, _ = fmt.Fprintln(w, "Thank you. You can close this page and go back to the terminal.")
	default:
		http.Error(w, "This sign-in is over.", http.StatusGone)
	}
}

func sameState(q url.Values, want string) bool {
	return subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(want)) == 1
}
