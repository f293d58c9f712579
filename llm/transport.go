package llm

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/hashicorp/go-cleanhttp"
	"github.com/hashicorp/go-retryablehttp"
)

// errTooBig means that a body has more bytes than are read.
var errTooBig = errors.New("the answer is longer than is read")

// attempt counts the requests of one call. It travels in the request's context,
// because the number of tries is one for all endpoints of a call.
type attempt struct {
	left   int  // requests this endpoint may still make
	made   int  // requests made
	others bool // other endpoints can be asked instead of waiting
	count  func()
}

type attemptKey struct{}

func withAttempt(ctx context.Context, a *attempt) context.Context {
	return context.WithValue(ctx, attemptKey{}, a)
}

func attemptOf(ctx context.Context) *attempt {
	if a, ok := ctx.Value(attemptKey{}).(*attempt); ok {
		return a
	}
	return &attempt{}
}

// httpClient is the way to the endpoints: bounded bodies, a time-out per
// request, repeats with growing pauses that honour Retry-After, no redirects
// (a key stays with its host), nothing logged.
func httpClient(cfg Config) *http.Client {
	inner := cfg.Transport
	if inner == nil {
		inner = cleanhttp.DefaultPooledTransport()
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	rc := &retryablehttp.Client{
		HTTPClient:   &http.Client{Transport: bounded{inner, cfg.MaxBody}, Timeout: cfg.TryTimeout, CheckRedirect: stay},
		RetryMax:     cfg.Tries,
		RetryWaitMin: cfg.Backoff,
		RetryWaitMax: cfg.MaxWait,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
		Backoff:      retryablehttp.DefaultBackoff,
		RequestLogHook: func(_ retryablehttp.Logger, r *http.Request, _ int) {
			a := attemptOf(r.Context())
			a.left--
			a.made++
			if a.count != nil {
				a.count()
			}
		},
		CheckRetry: func(ctx context.Context, resp *http.Response, err error) (bool, error) {
			return again(ctx, resp, err, cfg.MaxWait), nil
		},
	}
	client := rc.StandardClient()
	client.CheckRedirect = stay
	return client
}

// again tells whether asking the same endpoint once more makes sense.
func again(ctx context.Context, resp *http.Response, err error, maxWait time.Duration) bool {
	a := attemptOf(ctx)
	if ctx.Err() != nil || a.left <= 0 {
		return false
	}
	if err != nil {
		var timeout net.Error
		return !errors.Is(err, errTooBig) && !(errors.As(err, &timeout) && timeout.Timeout() && a.others)
	}
	switch {
	case resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode == http.StatusServiceUnavailable:
		wait, given := retryAfter(resp.Header.Get("Retry-After"))
		if !given {
			return !a.others
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
			return false
		}
		return wait <= maxWait && (!a.others || wait == 0)
	case resp.StatusCode >= 500 && resp.StatusCode != http.StatusNotImplemented:
		return true
	}
	return false
}

// retryAfter reads the header's two forms, seconds and a date.
func retryAfter(h string) (time.Duration, bool) {
	if n, err := strconv.Atoi(h); err == nil && n >= 0 {
		return time.Duration(n) * time.Second, true
	}
	if t, err := http.ParseTime(h); err == nil {
		return max(time.Until(t), 0), true
	}
	return 0, false
}

// bounded reads at most max bytes of a body and then fails.
type bounded struct {
	next http.RoundTripper
	max  int64
}

func (t bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(r)
	if resp != nil && resp.Body != nil {
		resp.Body = &boundedBody{resp.Body, t.max}
	}
	return resp, err
}

type boundedBody struct {
	io.ReadCloser
	left int64
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		var one [1]byte
		if n, err := b.ReadCloser.Read(one[:]); n == 0 {
			return 0, err
		}
		return 0, errTooBig
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	return n, err
}
