package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// Device lets a person sign in with a browser elsewhere: the person types a
// short code there while we ask again and again (RFC 8628). Google gives few
// permissions in this way, and not the one for business profiles; see
// https://developers.google.com/identity/protocols/oauth2/limited-input-device#allowedscopes.
type Device struct {
	App App
	// Show puts the code and the address before the person, and returns.
	Show      func(code DeviceCode) error
	Wait      func(ctx context.Context, d time.Duration) error // nil = by the wall clock
	Transport http.RoundTripper                                // nil = one of its own
	Now       func() time.Time                                 // nil = time.Now
}

// DeviceCode is what the person needs.
type DeviceCode struct {
	Code    string // to type
	Address string // where
	Whole   string // address that holds the code already, may be empty
}

// Bounds on what a server can say.
const (
	minInterval = 5 * time.Second // RFC 8628, section 3.2
	maxInterval = time.Minute
	maxDevice   = 30 * time.Minute
)

// Run waits until the person has decided, the code expires or ctx ends. The
// error is a sentence for the person.
func (d Device) Run(ctx context.Context) (Token, error) {
	if err := d.App.check(); err != nil {
		return Token{}, err
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, newClient(d.Transport, DefaultTimeout))
	code, err := d.App.config("").DeviceAuth(ctx)
	if err != nil {
		return Token{}, signInError(err)
	}
	if code.DeviceCode == "" || code.UserCode == "" || code.VerificationURI == "" {
		return Token{}, errors.New("the sign-in server's answer is not as expected")
	}
	if err := d.Show(DeviceCode{Code: code.UserCode, Address: code.VerificationURI, Whole: code.VerificationURIComplete}); err != nil {
		return Token{}, err
	}
	interval := min(max(time.Duration(min(code.Interval, 3600))*time.Second, minInterval), maxInterval)
	// Counted, not read off a clock: the server is the one who knows the end.
	for waited := time.Duration(0); waited < maxDevice; waited += interval {
		if err := d.wait(ctx, interval); err != nil {
			return Token{}, fmt.Errorf("nobody has signed in: %w", err)
		}
		got, err := d.App.ask(ctx, url.Values{
			"grant_type":  {"urn:ietf:params:oauth:grant-type:device_code"},
			"device_code": {code.DeviceCode},
		})
		var r *oauth2.RetrieveError
		switch {
		case err == nil:
			return lasting(got, d.Now)
		case !errors.As(err, &r):
			// A stumble of the network; section 3.5 wants us to slow down.
			interval = min(2*interval, maxInterval)
		case r.ErrorCode == "authorization_pending":
		case r.ErrorCode == "slow_down":
			interval = min(interval+5*time.Second, maxInterval)
		default:
			return Token{}, errors.New(strings.ReplaceAll(signInError(err).Error(), code.DeviceCode, "•••"))
		}
	}
	return Token{}, errors.New("nobody has signed in in time; start again")
}

func (d Device) wait(ctx context.Context, t time.Duration) error {
	if d.Wait != nil {
		return d.Wait(ctx, t)
	}
	timer := time.NewTimer(t)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
