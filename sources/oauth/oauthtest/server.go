// Package oauthtest is a fake authorization server: it knows its clients,
// checks what they sign, exchanges codes once, and issues access tokens that
// end. Fakes of platforms ask it whether a token is good ([Server.Good]).
package oauthtest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// The one client and the one person that the server knows.
const (
	ClientID     = "client-1.apps.example.test"
	ClientSecret = "GOCSPX-s3cr3t-of-the-client"
	Email        = "robot@project.example.test"
	KeyID        = "key-7"
)

// Server is the authorization server. Change its fields under no load.
type Server struct {
	URL string // its base; /auth, /device, /token lie below

	Life    time.Duration // of an access token
	Rotates bool          // a refresh token is good once
	Scopes  string        // the only scopes it gives, "" = all

	t     testing.TB
	now   func() time.Time
	mu    sync.Mutex
	n     int
	calls int
	fail  http.HandlerFunc
	good  map[string]time.Time // access tokens
	fresh map[string]bool      // refresh tokens
	codes map[string]string    // authorization code → PKCE challenge and redirect
	dev   struct {
		code, user string
		state      string // "", "allowed", "denied", "slow"
	}
	key *rsa.PrivateKey
}

// New starts a server; it stops with the test.
func New(t testing.TB, now func() time.Time) *Server {
	t.Helper()
	s := &Server{t: t, now: now, Life: time.Hour, good: map[string]time.Time{}, fresh: map[string]bool{}, codes: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("GET /auth", s.auth)
	mux.HandleFunc("POST /device", s.device)
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	s.URL = srv.URL
	return s
}

// NewRefresh is a refresh token as a person's consent gives it.
func (s *Server) NewRefresh() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.newRefresh()
}

func (s *Server) newRefresh() string {
	s.n++
	token := fmt.Sprintf("1//refresh-%d-%s", s.n, rand.Text())
	s.fresh[token] = true
	return token
}

// Withdraw ends all consents; access tokens live on, as they do at Google.
func (s *Server) Withdraw() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.fresh)
}

// Revoke ends all access tokens before their time.
func (s *Server) Revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.good)
}

// Good tells whether an access token is in force.
func (s *Server) Good(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	until, ok := s.good[token]
	return ok && s.now().Before(until)
}

// Bearer tells whether a request carries a good access token.
func (s *Server) Bearer(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && s.Good(token)
}

// Fail lets the token endpoint answer with f; nil mends it.
func (s *Server) Fail(f http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = f
}

// Calls counts the requests at the token endpoint.
func (s *Server) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// Decide is what the person with the device's code does: "allowed", "denied" or
// "slow", which makes the next question one too soon.
func (s *Server) Decide(state string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dev.state = state
}

// robotKey takes a while to make; one serves all servers of a test run.
var robotKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// KeyFile is the JSON key of the service account.
func (s *Server) KeyFile() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	key, err := robotKey()
	if err != nil {
		s.t.Fatal(err)
	}
	s.key = key
	der, err := x509.MarshalPKCS8PrivateKey(s.key)
	if err != nil {
		s.t.Fatal(err)
	}
	file, err := json.Marshal(map[string]string{
		"type": "service_account", "client_email": Email, "private_key_id": KeyID, "token_uri": s.URL + "/token",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return file
}

func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.fail != nil {
		s.fail(w, r)
		return
	}
	if err := r.ParseForm(); err != nil {
		refuse(w, 400, "invalid_request", "the form cannot be read")
		return
	}
	grant := r.PostForm.Get("grant_type")
	if grant != "urn:ietf:params:oauth:grant-type:jwt-bearer" && !knownClient(r) {
		refuse(w, 401, "invalid_client", "The OAuth client was not found.")
		return
	}
	check := map[string]func(url.Values) (refresh, problem, why string){
		"refresh_token":                                s.refresh,
		"authorization_code":                           s.exchange,
		"client_credentials":                           func(url.Values) (string, string, string) { return "", "", "" },
		"urn:ietf:params:oauth:grant-type:jwt-bearer":  s.assertion,
		"urn:ietf:params:oauth:grant-type:device_code": s.decided,
	}[grant]
	if check == nil {
		refuse(w, 400, "unsupported_grant_type", grant)
		return
	}
	refresh, problem, why := check(r.PostForm)
	if problem != "" {
		refuse(w, 400, problem, why)
		return
	}
	s.n++
	access := fmt.Sprintf("ya29.access-%d-%s", s.n, rand.Text())
	s.good[access] = s.now().Add(s.Life)
	out := map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": int(s.Life.Seconds())}
	if refresh != "" {
		out["refresh_token"] = refresh
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out)
}

func knownClient(r *http.Request) bool {
	id, secret, ok := r.BasicAuth()
	if !ok {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	return id == ClientID && secret == ClientSecret
}

func (s *Server) refresh(form url.Values) (refresh, problem, why string) {
	token := form.Get("refresh_token")
	if !s.fresh[token] {
		return "", "invalid_grant", "Token has been expired or revoked."
	}
	if s.Rotates {
		delete(s.fresh, token)
		refresh = s.newRefresh()
	}
	return refresh, "", ""
}

func (s *Server) exchange(form url.Values) (refresh, problem, why string) {
	want, ok := s.codes[form.Get("code")]
	delete(s.codes, form.Get("code"))
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	if !ok || want != base64.RawURLEncoding.EncodeToString(sum[:])+" "+form.Get("redirect_uri") {
		return "", "invalid_grant", "Malformed auth code."
	}
	return s.newRefresh(), "", ""
}

func (s *Server) assertion(form url.Values) (refresh, problem, why string) {
	token, err := jwt.Parse(form.Get("assertion"), func(t *jwt.Token) (any, error) {
		if t.Header["kid"] != KeyID || s.key == nil {
			return nil, fmt.Errorf("unknown key")
		}
		return &s.key.PublicKey, nil
	}, jwt.WithValidMethods([]string{"RS256"}), jwt.WithTimeFunc(s.now), jwt.WithIssuedAt(), jwt.WithExpirationRequired(),
		jwt.WithAudience(s.URL+"/token"), jwt.WithIssuer(Email))
	if err != nil {
		return "", "invalid_grant", "Invalid JWT: " + err.Error()
	}
	claims := token.Claims.(jwt.MapClaims)
	iat, _ := claims.GetIssuedAt()
	exp, _ := claims.GetExpirationTime()
	if iat == nil || exp.Sub(iat.Time) > time.Hour {
		return "", "invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes)"
	}
	if claims["scope"] == "" || claims["scope"] == nil {
		return "", "invalid_scope", "Empty or missing scope not allowed."
	}
	return "", "", ""
}

func (s *Server) auth(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || q.Get("client_id") != ClientID || q.Get("code_challenge_method") != "S256" || q.Get("response_type") != "code" ||
		q.Get("access_type") != "offline" || q.Get("state") == "" {
		http.Error(w, "this request is not in order: "+r.URL.RawQuery, http.StatusBadRequest)
		return
	}
	answer := url.Values{"state": {q.Get("state")}}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dev.state == "denied" {
		answer.Set("error", "access_denied")
	} else {
		code := rand.Text()
		s.codes[code] = q.Get("code_challenge") + " " + q.Get("redirect_uri")
		answer.Set("code", code)
	}
	back.RawQuery = answer.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

func (s *Server) device(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.FormValue("client_id") != ClientID {
		refuse(w, 401, "invalid_client", "The OAuth client was not found.")
		return
	}
	if s.Scopes != "" && r.FormValue("scope") != s.Scopes {
		refuse(w, 400, "invalid_scope", "Invalid device flow scope: "+r.FormValue("scope"))
		return
	}
	s.dev.code, s.dev.user = rand.Text(), "ABCD-EFGH"
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"device_code": s.dev.code, "user_code": s.dev.user, "verification_url": s.URL + "/go", "expires_in": 1800, "interval": 5,
	})
}

func (s *Server) decided(form url.Values) (refresh, problem, why string) {
	switch {
	case form.Get("device_code") != s.dev.code || s.dev.code == "":
		return "", "invalid_grant", "Bad device code"
	case s.dev.state == "denied":
		return "", "access_denied", "Forbidden"
	case s.dev.state == "slow":
		s.dev.state = ""
		return "", "slow_down", "Slow down"
	case s.dev.state != "allowed":
		return "", "authorization_pending", "Precondition Required"
	}
	s.dev.code = ""
	return s.newRefresh(), "", ""
}

func refuse(w http.ResponseWriter, status int, code, why string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": code, "error_description": why})
}
