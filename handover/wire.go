package handover

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// The bounds of one call.
const (
	callTimeout = 10 * time.Second
	maxHeader   = 64 << 10
	maxAnswer   = 16 << 10 // read and thrown away, so that the connection can be used again
	longestWait = time.Hour
)

// minSecret is the fewest bytes of a secret; `openssl rand -base64 24` makes a
// good one.
const minSecret = 16

// signers reads a target's secret: "whsec_" with base64, or plain text; two
// with a comma between while one is being replaced, both then sign.
func signers(secret string) ([]*standardwebhooks.Webhook, error) {
	var all []*standardwebhooks.Webhook
	for part := range strings.SplitSeq(secret, ",") {
		part = strings.TrimSpace(part)
		key := []byte(part)
		if rest, ok := strings.CutPrefix(part, "whsec_"); ok {
			var err error
			if key, err = base64.StdEncoding.DecodeString(rest); err != nil {
				return nil, errors.New("the secret begins with whsec_ but is not base64 after it")
			}
		}
		if len(key) < minSecret {
			return nil, fmt.Errorf("the secret has %d bytes; at least %d are needed, `openssl rand -base64 24` makes a good one", len(key), minSecret)
		}
		s, err := standardwebhooks.NewWebhookRaw(key)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// refusal is why an entry did not arrive. Its text names no address and no
// secret.
type refusal struct {
	why string
	// entry: the target answered and does not want this entry; others may pass.
	entry bool
	after time.Duration // how long it asks to wait, 0 when it does not say
}

func (r *refusal) Error() string { return r.why }

// send makes one call. The error is a *refusal.
func (h *Handover) send(ctx context.Context, t *lane, id string, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.URL, bytes.NewReader(body))
	if err != nil {
		return &refusal{why: "its address cannot be called"}
	}
	now := h.Now()
	var signatures []string
	for _, s := range t.signers {
		signed, err := s.Sign(id, now, body)
		if err != nil {
			return &refusal{why: "the event cannot be signed"}
		}
		signatures = append(signatures, signed)
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "evenkeel")
	req.Header.Set(standardwebhooks.HeaderWebhookID, id)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	res, err := h.client.Do(req)
	if err != nil {
		return &refusal{why: lost(err)}
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxAnswer))
	return judge(res, now)
}

// judge reads the answer's status; the body is the target's own business.
func judge(res *http.Response, now time.Time) error {
	s := res.StatusCode
	r := &refusal{why: fmt.Sprintf("it answered %d", s), after: min(retryAfter(res.Header.Get("Retry-After"), now), longestWait)}
	switch {
	case s/100 == 2:
		return nil
	case s/100 == 3:
		r.why += " and points elsewhere; redirects are not followed, write the final address"
	case s == http.StatusUnauthorized, s == http.StatusForbidden:
		r.why += "; it does not accept our signature: is its secret the same?"
	case s == http.StatusNotFound, s == http.StatusMethodNotAllowed:
		r.why += "; there is nothing at this address that takes webhooks"
	case s == http.StatusGone: // Standard Webhooks: no more, please
		r.why += ": it wants no more events; take it out of the playbook if that is so"
		r.after = longestWait
	case s == http.StatusRequestTimeout, s == http.StatusTooEarly, s == http.StatusTooManyRequests:
	case s/100 == 4:
		r.entry = true
	}
	return r
}

// retryAfter reads the header's two forms
// (https://www.rfc-editor.org/rfc/rfc9110#field.retry-after).
func retryAfter(s string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(s); err == nil {
		return time.Duration(min(max(n, 0), 86400)) * time.Second
	}
	if at, err := http.ParseTime(s); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

// errPrivate is why a connection was not made.
var errPrivate = errors.New("its address is not public; an operator can allow the host with handover-allow")

// lost says why no answer came, without the address: it may hold a token.
func lost(err error) string {
	var d *net.DNSError
	var n net.Error
	var u *url.Error
	switch {
	case errors.Is(err, errPrivate):
		return errPrivate.Error()
	case errors.As(err, &d):
		return "its name could not be looked up"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &n) && n.Timeout():
		return "it gave no answer in time"
	case errors.As(err, &u) && strings.Contains(u.Err.Error(), "certificate"):
		return "its certificate is not valid"
	}
	return "no connection to it could be made, or it broke off"
}

// dialer makes connections to public addresses only, unless the host is
// allowed.
func dialer(allow []string) func(ctx context.Context, network, address string) (net.Conn, error) {
	free := &net.Dialer{Timeout: callTimeout}
	guarded := &net.Dialer{Timeout: callTimeout, Control: func(_, address string, _ syscall.RawConn) error {
		// The name was looked up already: this is the address that is called,
		// so no second answer of a name server can slip past.
		if at, err := netip.ParseAddrPort(address); err != nil || !public(at.Addr()) {
			return errPrivate
		}
		return nil
	}}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if allowed(allow, address) {
			return free.DialContext(ctx, network, address)
		}
		return guarded.DialContext(ctx, network, address)
	}
}

// client calls targets: no proxy of the environment, no redirects.
func client(dial func(context.Context, string, string) (net.Conn, error)) *http.Client {
	return &http.Client{
		Timeout:       callTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:         dial,
			TLSHandshakeTimeout: callTimeout, ResponseHeaderTimeout: callTimeout, MaxResponseHeaderBytes: maxHeader,
			MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true,
		},
	}
}

// allowed tells whether the operator named the host, with or without the port.
func allowed(allow []string, address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && slices.ContainsFunc(allow, func(a string) bool {
		return strings.EqualFold(a, host) || strings.EqualFold(a, address)
	})
}

// special are the ranges that lead nowhere public, besides those that
// net/netip knows: https://www.iana.org/assignments/iana-ipv4-special-registry
// and https://www.iana.org/assignments/iana-ipv6-special-registry. Ranges that
// wrap an IPv4 address (NAT64, 6to4, Teredo) are refused whole: what they wrap
// may be private.
var special = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23",
	"2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10", "::/96")

func prefixes(all ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(all))
	for i, s := range all {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// public tells an address of the public internet.
func public(a netip.Addr) bool {
	if a.Zone() != "" {
		return false
	}
	a = a.Unmap()
	return a.IsGlobalUnicast() && !a.IsPrivate() &&
		!slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(a) })
}
