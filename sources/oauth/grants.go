package oauth

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/evenkeel/evenkeel/internal/secret"
)

// App is a client as it is registered with an authorization server.
type App struct {
	ClientID     string
	ClientSecret secret.Value // unset for clients without one
	AuthURL      string       // where a person's browser goes
	DeviceURL    string       // where a device asks for a code
	TokenURL     string
	Scopes       []string
	InHeader     bool // the token endpoint wants id and secret as HTTP Basic, not in the form
}

// GoogleApp is an OAuth client of Google's console; see
// https://developers.google.com/identity/protocols/oauth2/native-app.
func GoogleApp(id string, clientSecret secret.Value, scopes ...string) App {
	return App{
		ClientID: id, ClientSecret: clientSecret, Scopes: scopes,
		AuthURL:   "https://accounts.google.com/o/oauth2/v2/auth",
		DeviceURL: "https://oauth2.googleapis.com/device/code",
		TokenURL:  GoogleTokenURL,
	}
}

// GoogleTokenURL is Google's token endpoint.
const GoogleTokenURL = "https://oauth2.googleapis.com/token" //nolint:gosec // an address, no credential

func (a App) style() oauth2.AuthStyle {
	if a.InHeader {
		return oauth2.AuthStyleInHeader
	}
	return oauth2.AuthStyleInParams
}

func (a App) config(redirect string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: a.ClientID, ClientSecret: a.ClientSecret.Reveal(), Scopes: a.Scopes, RedirectURL: redirect,
		Endpoint: oauth2.Endpoint{AuthURL: a.AuthURL, DeviceAuthURL: a.DeviceURL, TokenURL: a.TokenURL, AuthStyle: a.style()},
	}
}

// ask posts one form to the token endpoint, with the client's credentials.
func (a App) ask(ctx context.Context, form url.Values) (*oauth2.Token, error) {
	return (&clientcredentials.Config{
		ClientID: a.ClientID, ClientSecret: a.ClientSecret.Reveal(), TokenURL: a.TokenURL, AuthStyle: a.style(), EndpointParams: form,
	}).Token(ctx)
}

func (a App) check() error {
	if err := checkURL(a.TokenURL); err != nil {
		return err
	}
	if a.ClientID == "" {
		return errors.New("the OAuth client has no id")
	}
	return nil
}

func checkURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("the token endpoint is not an http or https address")
	}
	return nil
}

// Refresh is a person's lasting consent (RFC 6749, section 6). Without a Token
// the one that the [Keeper] keeps is all there is. A refresh token
// that the server exchanged and a [Keeper] kept goes before the one given here,
// until the server no longer takes it: then somebody has signed in anew.
type Refresh struct {
	App   App
	Token secret.Value
}

// errNobody: there is no consent to go by, neither given nor kept.
var errNobody = errors.New("nobody has signed in yet")

func (g Refresh) fetch(ctx context.Context, _ time.Time, last Token) (*oauth2.Token, error) {
	if !last.Refresh.IsSet() && !g.Token.IsSet() {
		return nil, errNobody
	}
	if !last.Refresh.IsSet() || last.Refresh.Reveal() == g.Token.Reveal() {
		return g.exchange(ctx, g.Token)
	}
	got, err := g.exchange(ctx, last.Refresh)
	var r *oauth2.RetrieveError
	if errors.As(err, &r) && r.ErrorCode == "invalid_grant" && g.Token.IsSet() {
		return g.exchange(ctx, g.Token)
	}
	return got, err
}

func (g Refresh) exchange(ctx context.Context, token secret.Value) (*oauth2.Token, error) {
	return g.App.config("").TokenSource(ctx, &oauth2.Token{RefreshToken: token.Reveal()}).Token()
}

func (g Refresh) secrets() []secret.Value { return []secret.Value{g.Token, g.App.ClientSecret} }

func (g Refresh) check() error { return g.App.check() }

// ClientCredentials is a client that acts for itself (RFC 6749, section 4.4).
type ClientCredentials struct {
	App    App
	Params map[string]string // besides, where a server wants more: "audience"
}

func (g ClientCredentials) fetch(ctx context.Context, _ time.Time, _ Token) (*oauth2.Token, error) {
	form := url.Values{}
	for k, v := range g.Params {
		form.Set(k, v)
	}
	if len(g.App.Scopes) > 0 {
		form.Set("scope", strings.Join(g.App.Scopes, " "))
	}
	return g.App.ask(ctx, form)
}

func (g ClientCredentials) secrets() []secret.Value { return []secret.Value{g.App.ClientSecret} }

func (g ClientCredentials) check() error {
	if !g.App.ClientSecret.IsSet() {
		return errors.New("the OAuth client has no secret")
	}
	return g.App.check()
}

// ServiceAccount is an account for programs: it signs what it asks (RFC 7523),
// as in https://developers.google.com/identity/protocols/oauth2/service-account.
// Make one with [ParseServiceAccount].
type ServiceAccount struct {
	Email    string
	TokenURL string
	Scopes   []string

	keyID string
	key   *rsa.PrivateKey
	pem   secret.Value
}

// ParseServiceAccount reads the JSON key file of a service account. Errors hold
// nothing of the file. An empty token_uri is Google's.
func ParseServiceAccount(file []byte, scopes ...string) (ServiceAccount, error) {
	var v struct {
		Type     string `json:"type"`
		Email    string `json:"client_email"`
		KeyID    string `json:"private_key_id"`
		Key      string `json:"private_key"`
		TokenURL string `json:"token_uri"`
	}
	if json.Unmarshal(file, &v) != nil {
		return ServiceAccount{}, errors.New("the key file is not JSON; download it again in the cloud console, under service accounts, keys")
	}
	if v.Type != "service_account" || v.Email == "" || v.Key == "" {
		return ServiceAccount{}, errors.New("the key file is not one of a service account; in the cloud console choose service accounts, keys, add key, JSON")
	}
	key, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(v.Key))
	if err != nil {
		return ServiceAccount{}, errors.New("the key file's private key cannot be read; make a new key in the cloud console")
	}
	if v.TokenURL == "" {
		v.TokenURL = GoogleTokenURL
	}
	return ServiceAccount{Email: v.Email, TokenURL: v.TokenURL, Scopes: scopes, keyID: v.KeyID, key: key, pem: secret.New(v.Key)}, nil
}

// assertionLife is the longest that Google takes.
const assertionLife = time.Hour

func (g ServiceAccount) fetch(ctx context.Context, now time.Time, _ Token) (*oauth2.Token, error) {
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"iss": g.Email, "scope": strings.Join(g.Scopes, " "), "aud": g.TokenURL,
		"iat": now.Unix(), "exp": now.Add(assertionLife).Unix(),
	})
	if g.keyID != "" {
		t.Header["kid"] = g.keyID
	}
	signed, err := t.SignedString(g.key)
	if err != nil {
		return nil, errors.New("the request for a token could not be signed")
	}
	return App{TokenURL: g.TokenURL}.ask(ctx, url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"},
		"assertion":  {signed},
	})
}

func (g ServiceAccount) secrets() []secret.Value { return []secret.Value{g.pem} }

func (g ServiceAccount) check() error {
	if g.key == nil {
		return errors.New("the service account has no key")
	}
	return checkURL(g.TokenURL)
}
