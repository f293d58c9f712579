package webconsole

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
	"unicode"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// sessionFor is how long a person stays signed in.
const sessionFor = 30 * 24 * time.Hour

// local is the person at the machine.
const local = review.PersonID(name + ":local")

// visitor is a person with a session, for one request.
type visitor struct {
	review.Person
	secret string
}

// token is what storage keeps of the session.
func (v visitor) token() review.Digest { return review.DigestOf("session", v.secret) }

// csrf is the token that every form of this session carries: a keyed hash of
// the session's secret, so that nothing else need be kept.
func (v visitor) csrf() string {
	m := hmac.New(sha256.New, []byte(v.secret))
	m.Write([]byte("csrf"))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

func (v visitor) holds(csrf string) bool {
	return subtle.ConstantTimeCompare([]byte(csrf), []byte(v.csrf())) == 1
}

// random is a secret or id of 128 bits or more, safe in addresses and fields.
func random(bytes int) string {
	b := make([]byte, bytes)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// who finds the person behind a request: by the session's cookie, or because
// it comes from the machine itself. ok is false for a stranger.
func (c *Console) who(w http.ResponseWriter, r *http.Request) (v visitor, ok bool, err error) {
	if cookie, cerr := r.Cookie(c.cookieName(r)); cerr == nil {
		v.secret = cookie.Value
		s, serr := c.Store.Session(r.Context(), v.token())
		switch {
		case serr == nil && !s.Invite && c.Now().Before(s.Expires):
			v.Person = c.person(s.Person)
			return v, true, nil
		case serr != nil && !errors.Is(serr, storage.ErrNotFound):
			return v, false, serr
		}
	}
	if !c.atTheMachine(r) || r.Method != http.MethodGet {
		return visitor{}, false, nil
	}
	v, err = c.signIn(w, r, func(s storage.Session) error { return c.Store.PutSession(r.Context(), s) },
		review.Person{ID: local, Name: c.LocalName, Role: review.Lead})
	return v, err == nil, err
}

// person is who a session's person is to the desk: the same human may be known
// by another id there. The role is the invitation's.
func (c *Console) person(p review.Person) review.Person {
	known := c.Desk.Person(p.ID, p.Name, nil, p.Role == review.Lead)
	known.Role = p.Role
	return known
}

// signIn begins a session that keep stores, and gives the browser its cookie.
func (c *Console) signIn(w http.ResponseWriter, r *http.Request, keep func(storage.Session) error, p review.Person) (visitor, error) {
	v := visitor{Person: p, secret: random(32)}
	now := c.Now()
	if err := keep(storage.Session{Token: v.token(), Person: p, Created: now, Expires: now.Add(sessionFor)}); err != nil {
		return visitor{}, err
	}
	http.SetCookie(w, c.cookie(r, v.secret, int(sessionFor/time.Second)))
	v.Person = c.person(p)
	return v, nil
}

// cookie is Lax, not Strict: a link from a chat to a case page must find the
// person signed in. Every change needs a CSRF token besides.
func (c *Console) cookie(r *http.Request, value string, age int) *http.Cookie {
	return &http.Cookie{Name: c.cookieName(r), Value: value, Path: "/", MaxAge: age, HttpOnly: true, //nolint:gosec // Secure follows the console's own address: loopback has no TLS
		Secure: c.secure(r), SameSite: http.SameSiteLaxMode}
}

func (c *Console) secure(r *http.Request) bool { return r.TLS != nil || c.base.Scheme == "https" }

// cookieName is of this console alone: browsers share cookies between the
// ports of a host.
func (c *Console) cookieName(r *http.Request) string {
	if c.secure(r) {
		return "__Host-evenkeel"
	}
	if _, port, err := net.SplitHostPort(r.Host); err == nil {
		return "evenkeel-" + port
	}
	return "evenkeel"
}

// atTheMachine tells a request of the person at the machine: the console
// listens on loopback only, the request comes from there, names a loopback
// host, and no proxy brought it from elsewhere.
func (c *Console) atTheMachine(r *http.Request) bool {
	if !c.Loopback || !isLoopbackHost(r.Host) {
		return false
	}
	for _, h := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via"} {
		if r.Header.Get(h) != "" {
			return false
		}
	}
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && from.Addr().Unmap().IsLoopback()
}

func isLoopbackHost(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// InviteStore is where invitations are kept.
type InviteStore interface {
	PutSession(ctx context.Context, s storage.Session) error
}

// Invitation is what [Invite] needs.
type Invitation struct {
	Name string // of the person, as others will see it
	// ID is who it is, when a chat knows the person already; it is made of the
	// name when empty.
	ID      review.PersonID
	Role    review.Role
	For     time.Duration // how long the link can be used; a day when zero
	BaseURL string        // where the console is reached
	Now     time.Time
}

// Invite makes a one-time link by which a person signs in. The same name is
// the same person, however often invited: one human gives one approval. The
// link holds the only copy of its secret.
func Invite(ctx context.Context, store InviteStore, i Invitation) (link string, err error) {
	id := i.ID
	if id == "" {
		id = personID(i.Name)
	}
	switch {
	case id == "":
		return "", errors.New("the name needs at least one letter or digit")
	case id == local:
		return "", errors.New("“local” is the person at the machine; please give another name")
	case i.Role <= review.Nobody || i.Role > review.Lead:
		return "", fmt.Errorf("the role must be viewer, responder, approver or lead, not %s", i.Role)
	}
	if i.For == 0 {
		i.For = 24 * time.Hour
	}
	secret := random(32)
	err = store.PutSession(ctx, storage.Session{
		Token: inviteToken(secret), Invite: true, Created: i.Now, Expires: i.Now.Add(i.For),
		Person: review.Person{ID: id, Name: strings.TrimSpace(i.Name), Role: i.Role},
	})
	if err != nil {
		return "", fmt.Errorf("keeping the invitation: %w", err)
	}
	return strings.TrimSuffix(i.BaseURL, "/") + "/enter?invite=" + secret, nil
}

func inviteToken(secret string) review.Digest { return review.DigestOf("invite", secret) }

// personID makes the id that a name has for ever: its letters and digits in
// lower case.
func personID(person string) review.PersonID {
	var b strings.Builder
	for _, r := range strings.ToLower(person) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.Is(unicode.Mn, r):
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	slug := strings.Trim(b.String(), "-")
	if slug == "" || len(slug) > 100 {
		return ""
	}
	return review.PersonID(name + ":" + slug)
}
