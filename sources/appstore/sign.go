package appstore

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Apple refuses tokens that end more than 20 minutes after they began, see
// https://developer.apple.com/documentation/appstoreconnectapi/generating-tokens-for-api-requests.
// One serves for many calls, as the same page asks for.
const (
	tokenLife = 18 * time.Minute
	tokenSkew = 2 * time.Minute
	audience  = "appstoreconnect-v1"
)

// Key is an API key of App Store Connect.
type Key struct {
	ID     string // ten characters
	Issuer string // of a team's keys; "" for the key of one person
	PEM    []byte // the .p8 file
}

// signer signs tokens and keeps the one in use. It never prints.
type signer struct {
	key  Key
	priv *ecdsa.PrivateKey
	now  func() time.Time

	mu    sync.Mutex
	token string
	until time.Time
	spent string // the token before
}

func newSigner(key Key, now func() time.Time) (*signer, error) {
	if key.ID == "" || strings.ContainsAny(key.ID, " /") {
		return nil, errors.New("key_id is the API key's id, ten letters and digits; App Store Connect shows it beside the key")
	}
	priv, err := jwt.ParseECPrivateKeyFromPEM(key.PEM)
	if err != nil || priv.Curve != elliptic.P256() {
		return nil, errors.New("the API key cannot be read; it is the AuthKey_….p8 file that App Store Connect gives once, when the key is made")
	}
	if now == nil {
		now = time.Now
	}
	return &signer{key: key, priv: priv, now: now}, nil
}

// authorize puts the token on a request.
func (s *signer) authorize(r *http.Request) error {
	token, err := s.current()
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return nil
}

func (s *signer) current() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	// A clock that was put back makes tokens from the future.
	if s.token != "" && now.Before(s.until.Add(-tokenSkew)) && !now.Before(s.until.Add(-tokenLife)) {
		return s.token, nil
	}
	claims := jwt.MapClaims{"aud": audience, "iat": now.Unix(), "exp": now.Add(tokenLife).Unix()}
	if s.key.Issuer != "" {
		claims["iss"] = s.key.Issuer
	} else {
		claims["sub"] = "user"
	}
	t := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
	t.Header["kid"] = s.key.ID
	token, err := t.SignedString(s.priv)
	if err != nil {
		return "", errors.New("a token could not be signed with the API key")
	}
	s.spent, s.token, s.until = s.token, token, now.Add(tokenLife)
	return token, nil
}

// hide takes tokens and key out of a text.
func (s *signer) hide(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, hidden := range []string{s.token, s.spent, strings.TrimSpace(string(s.key.PEM))} {
		if hidden != "" {
			text = strings.ReplaceAll(text, hidden, "•••")
		}
	}
	return text
}
