// Package oauth fetches the access tokens with which sources speak to their
// platforms, and keeps them as long as they are good.
//
// A [Grant] says with what a token is asked for: a person's refresh token, a
// service account's key, or a client's own credentials. A [Source] is made once
// per source of reviews; it fetches one token for all who wait, renews it
// shortly before its end, and calls nobody while the authorization server has
// asked to wait. [Loopback] and [Device] are how a person signs in once and
// gives the first refresh token.
//
// Trouble comes as [*sources.Error]: ErrAuth with a sentence that says what to
// renew, ErrRateLimited, or ErrTransient. Tokens never print.
package oauth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/wire"
)

// Token is what an authorization server gave.
type Token struct {
	Access secret.Value
	// Refresh fetches the next one; unset for grants that need none, and when
	// the server left the earlier one in force.
	Refresh secret.Value
	Expiry  time.Time // zero when the server does not say
}

// Keeper keeps a token over restarts, for servers that exchange the refresh
// token at every use. Load gives the zero Token when nothing is kept. Both may
// be called at any time from one goroutine at a time.
type Keeper interface {
	Load(ctx context.Context) (Token, error)
	Save(ctx context.Context, t Token) error
}

// Grant is what a token is asked for with. The grants are [Refresh],
// [ServiceAccount] and [ClientCredentials].
type Grant interface {
	// fetch makes the one call. last is the token before, kept or zero.
	fetch(ctx context.Context, now time.Time, last Token) (*oauth2.Token, error)
	// secrets must not be in any error.
	secrets() []secret.Value
	check() error
}

// Config says how a [Source] gets its tokens.
type Config struct {
	Source string // name of the source of reviews, for errors
	Grant  Grant
	// Renew is the sentence that tells people what to do when the grant is
	// refused: "Sign in again with: evenkeel source add google".
	Renew  string
	Keeper Keeper // nil = tokens live as long as the process

	Skew      time.Duration     // a token is renewed so long before its end; 0 = DefaultSkew
	Timeout   time.Duration     // of one call; 0 = DefaultTimeout
	Transport http.RoundTripper // nil = one of the Source's own
	Now       func() time.Time  // nil = time.Now
	Logger    *slog.Logger      // nil = slog.Default
}

// Defaults of [Config].
const (
	DefaultSkew    = time.Minute
	DefaultTimeout = 15 * time.Second
)

// muteWait is how long nobody is called when the server asks to wait and does
// not say how long.
const muteWait = time.Minute

// Source gives access tokens. It is safe for concurrent use.
type Source struct {
	cfg    Config
	client *http.Client
	flight singleflight.Group

	mu     sync.Mutex
	loaded bool
	token  Token
	spent  []secret.Value // access tokens before this one: they must not print either
	dirty  bool           // the token is not kept yet
	wait   time.Time      // call nobody before
}

// New makes a source of tokens; the error names what is missing. It calls
// nobody.
func New(cfg Config) (*Source, error) {
	if cfg.Source == "" || cfg.Grant == nil {
		return nil, errors.New("tokens need a source's name and a grant")
	}
	if err := cfg.Grant.check(); err != nil {
		return nil, err
	}
	if cfg.Skew <= 0 {
		cfg.Skew = DefaultSkew
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = DefaultTimeout
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	return &Source{cfg: cfg, client: newClient(cfg.Transport, cfg.Timeout)}, nil
}

// newClient calls authorization servers: redirects would carry credentials
// elsewhere, so they are not followed.
func newClient(via http.RoundTripper, timeout time.Duration) *http.Client {
	if via == nil {
		via = http.DefaultTransport.(*http.Transport).Clone()
	}
	return &http.Client{
		Transport: via, Timeout: timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Authorize puts the token on a request; it fits wire.Config.Authorize.
func (s *Source) Authorize(r *http.Request) error {
	t, err := s.Token(r.Context())
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+t.Access.Reveal())
	return nil
}

// Token gives a token that is good for longer than the skew. Errors are
// [*sources.Error].
func (s *Source) Token(ctx context.Context) (Token, error) {
	if err := ctx.Err(); err != nil {
		return Token{}, s.fail(sources.ErrTransient, "the call was stopped", 0, err)
	}
	if t, ok := s.have(); ok {
		return t, nil
	}
	// Whoever came first must not take the others along when it gives up.
	done := s.flight.DoChan("token", func() (any, error) {
		return s.renew(context.WithoutCancel(ctx))
	})
	select {
	case <-ctx.Done():
		return Token{}, s.fail(sources.ErrTransient, "the call was stopped", 0, ctx.Err())
	case res := <-done:
		if res.Err != nil {
			return Token{}, res.Err
		}
		return res.Val.(Token), nil
	}
}

// Forget drops the access token: the platform refused it before its time. The
// next call fetches another.
func (s *Source) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop()
}

// Expiry is when the token at hand ends, zero when there is none or nobody
// knows.
func (s *Source) Expiry() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.token.Expiry
}

// Hide takes all secrets out of a text; it fits wire.Config.Hide.
func (s *Source) Hide(text string) string {
	s.mu.Lock()
	hide := append([]secret.Value{s.token.Access, s.token.Refresh}, s.spent...)
	s.mu.Unlock()
	for _, v := range append(hide, s.cfg.Grant.secrets()...) {
		if v.IsSet() {
			text = strings.ReplaceAll(text, v.Reveal(), "•••")
		}
	}
	return text
}

func (s *Source) have() (Token, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.token, s.good(s.token) && !s.dirty
}

func (s *Source) good(t Token) bool {
	return t.Access.IsSet() && (t.Expiry.IsZero() || s.cfg.Now().Add(s.cfg.Skew).Before(t.Expiry))
}

// drop needs the lock.
func (s *Source) drop() {
	if s.token.Access.IsSet() {
		s.spent = append(s.spent, s.token.Access)
		s.spent = s.spent[max(0, len(s.spent)-4):]
	}
	s.token.Access, s.token.Expiry = secret.Value{}, time.Time{}
}

// renew brings a good token: the kept one, or a new one. Only one runs at a time.
func (s *Source) renew(ctx context.Context) (Token, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	if err := s.load(ctx); err != nil {
		return Token{}, err
	}
	s.mu.Lock()
	last, dirty, wait := s.token, s.dirty, s.wait
	s.mu.Unlock()
	now := s.cfg.Now()
	switch {
	case s.good(last):
		if dirty {
			s.keep(ctx, last)
		}
		return last, nil
	case now.Before(wait):
		return Token{}, s.fail(sources.ErrRateLimited, "the sign-in server has asked to wait", wait.Sub(now), nil)
	}
	got, err := s.cfg.Grant.fetch(context.WithValue(ctx, oauth2.HTTPClient, s.client), now, last)
	if err != nil {
		return Token{}, s.refused(err)
	}
	t := taken(got, now)
	if !t.Refresh.IsSet() {
		t.Refresh = last.Refresh
	}
	s.mu.Lock()
	s.drop()
	s.token, s.wait = t, time.Time{}
	s.mu.Unlock()
	s.keep(ctx, t)
	return t, nil
}

// taken reads the answer by our own clock.
func taken(got *oauth2.Token, now time.Time) Token {
	t := Token{Access: secret.New(got.AccessToken), Refresh: secret.New(got.RefreshToken)}
	if d := lifetime(got.Extra("expires_in")); d > 0 {
		t.Expiry = now.Add(d)
	}
	return t
}

// maxLifetime bounds what a server can claim.
const maxLifetime = 365 * 24 * time.Hour

// lifetime reads expires_in, which some servers send as a string.
func lifetime(v any) time.Duration {
	var seconds float64
	switch v := v.(type) {
	case float64:
		seconds = v
	case int64:
		seconds = float64(v)
	case string:
		if _, err := fmt.Sscanf(v, "%f", &seconds); err != nil {
			return 0
		}
	}
	if !(seconds > 0) { // NaN too
		return 0
	}
	return time.Duration(min(seconds, maxLifetime.Seconds())) * time.Second
}

// load asks the keeper once.
func (s *Source) load(ctx context.Context) error {
	s.mu.Lock()
	loaded := s.loaded
	s.mu.Unlock()
	if loaded || s.cfg.Keeper == nil {
		return nil
	}
	t, err := s.cfg.Keeper.Load(ctx)
	if err != nil {
		return s.fail(sources.ErrTransient, "the kept token could not be read", 0, err)
	}
	s.mu.Lock()
	s.token, s.loaded = t, true
	s.mu.Unlock()
	return nil
}

// keep saves the token. A keeper out of order does not stop the work: the token
// is good, and keeping it is tried again at the next use.
func (s *Source) keep(ctx context.Context, t Token) {
	if s.cfg.Keeper == nil {
		return
	}
	err := s.cfg.Keeper.Save(ctx, t)
	if err != nil {
		s.cfg.Logger.WarnContext(ctx, "a token could not be kept; it will be tried again",
			slog.String("source", s.cfg.Source), slog.String("error", s.Hide(err.Error())))
	}
	s.mu.Lock()
	s.dirty = err != nil
	s.mu.Unlock()
}

// reload asks the keeper again at the next call: somebody may sign in meanwhile,
// in another process.
func (s *Source) reload() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loaded = s.dirty // what is not kept yet exists nowhere else
}

// refused says what an error of the authorization server means.
func (s *Source) refused(err error) error {
	var r *oauth2.RetrieveError
	s.reload()
	if errors.Is(err, errNobody) {
		return s.fail(sources.ErrAuth, strings.TrimSpace(errNobody.Error()+". "+s.cfg.Renew), 0, nil)
	}
	if !errors.As(err, &r) || r.Response == nil {
		return s.fail(sources.ErrTransient, "the sign-in server is out of reach, or its answer is not as expected", 0, err)
	}
	status := r.Response.StatusCode
	switch {
	case status == http.StatusTooManyRequests, r.ErrorCode == "slow_down", r.ErrorCode == "rate_limit_exceeded":
		after := wire.RetryAfter(r.Response.Header.Get("Retry-After"), s.cfg.Now())
		if after == 0 {
			after = muteWait
		}
		s.mu.Lock()
		s.wait = s.cfg.Now().Add(after)
		s.mu.Unlock()
		return s.fail(sources.ErrRateLimited, "the sign-in server asks to wait", after, nil)
	case status >= 500, r.ErrorCode == "temporarily_unavailable", r.ErrorCode == "server_error":
		return s.fail(sources.ErrTransient, fmt.Sprintf("the sign-in server answered %d", status), 0, nil)
	}
	why := map[string]string{
		"invalid_grant":       "the sign-in is no longer valid: it was withdrawn, has expired, or this machine's clock is wrong",
		"invalid_client":      "the client's id or secret is not known to the sign-in server",
		"unauthorized_client": "this client may not sign in in this way",
		"invalid_scope":       "the permission that is needed was not given",
	}[r.ErrorCode]
	if why == "" {
		why = fmt.Sprintf("the sign-in server answered %d %s", status, r.ErrorCode)
	}
	if r.ErrorDescription != "" {
		why += " (it says: " + strings.TrimSuffix(r.ErrorDescription, ".") + ")"
	}
	if s.cfg.Renew != "" {
		why += ". " + s.cfg.Renew
	}
	return s.fail(sources.ErrAuth, why, 0, nil)
}

func (s *Source) fail(kind error, reason string, after time.Duration, err error) error {
	e := &sources.Error{Kind: kind, Source: s.cfg.Source, Op: "sign in", Reason: s.Hide(reason), After: after, Err: err}
	if err != nil && s.Hide(err.Error()) != err.Error() {
		e.Err = errors.New(s.Hide(err.Error()))
	}
	return e
}
