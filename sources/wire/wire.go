// Package wire is how sources speak HTTP with their platforms, so that the
// rules which must hold for all of them stand in one place:
//
//   - reads are repeated a few times when the network or the platform stumbles;
//     writes are made once, on a connection of their own, and are never
//     repeated, neither here nor by the transport beneath;
//   - a write that may have had its effect is [sources.ErrUnknown], one that
//     certainly had none is [sources.ErrTransient];
//   - answers are bounded, redirects are not followed, secrets do not reach an
//     error.
//
// A [Client] is made once per source and is safe for concurrent use. It keeps
// no state besides idle connections for reads.
package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/evenkeel/evenkeel/sources"
)

// Defaults of [Config].
const (
	DefaultTimeout = 20 * time.Second
	DefaultMaxBody = 8 << 20
	DefaultRetries = 2
)

// Config says with whom a Client speaks.
type Config struct {
	Source string // name of the source, for errors
	Base   string // address under which all paths lie
	// Authorize puts credentials on a request. Its error becomes ErrAuth, or
	// keeps its kind when it is a [*sources.Error]: whoever fetches a token may
	// find the platform out of reach, or be asked to wait.
	Authorize func(*http.Request) error
	// Expiry is when the credentials at hand end; nil = they do not, or nobody
	// knows.
	Expiry func() time.Time
	// Secrets never appear in an error, even when the platform echoes them.
	Secrets []string
	// Hide takes out of a text what Secrets cannot list: tokens that come and
	// go. nil = there are none.
	Hide func(string) string
	// Explain reads what an answer that is not 2xx means on this platform. An
	// empty reason leaves the one found in the body; a nil kind the judgement by
	// status, see [Kind].
	Explain func(status int, body []byte) (reason string, kind error)
	// Delay reads how long a refusal asks to wait, on platforms that say it in
	// the body; the Retry-After header goes first. nil = they do not.
	Delay func(body []byte) time.Duration

	Timeout   time.Duration     // of one call with its retries; 0 = DefaultTimeout
	MaxBody   int64             // bytes taken of one answer; 0 = DefaultMaxBody
	Retries   int               // further attempts of a read; 0 = DefaultRetries, below 0 none
	RetryWait time.Duration     // about this long before the first of them, then longer; 0 = 250 ms
	Transport http.RoundTripper // for tests; nil = a transport of the Client's own
	Now       func() time.Time  // nil = time.Now
}

// Client speaks with one platform.
type Client struct {
	cfg   Config
	base  *url.URL
	read  *retryablehttp.Client
	write *http.Client
}

// New makes a client; the error names a setting.
func New(cfg Config) (*Client, error) {
	base, err := url.Parse(cfg.Base)
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, fmt.Errorf("source %s: the address %q is not an http or https URL", cfg.Source, cfg.Base)
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = DefaultTimeout
	}
	if cfg.MaxBody <= 0 {
		cfg.MaxBody = DefaultMaxBody
	}
	if cfg.Retries == 0 {
		cfg.Retries = DefaultRetries
	}
	if cfg.RetryWait <= 0 {
		cfg.RetryWait = 250 * time.Millisecond
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	c := &Client{cfg: cfg, base: base}
	c.read = &retryablehttp.Client{
		HTTPClient:   &http.Client{Transport: cfg.Transport, CheckRedirect: stay},
		RetryMax:     max(cfg.Retries, 0),
		RetryWaitMin: cfg.RetryWait,
		RetryWaitMax: 2 * cfg.RetryWait, // LinearJitterBackoff picks between the two, times the attempt
		CheckRetry:   again,
		Backoff:      retryablehttp.LinearJitterBackoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	c.write = &http.Client{Transport: cfg.Transport, CheckRedirect: stay}
	if cfg.Transport == nil {
		c.read.HTTPClient.Transport = transport(false)
		// A write on a fresh connection cannot fail because the platform had
		// closed an idle one, and net/http never replays it.
		c.write.Transport = transport(true)
	}
	return c, nil
}

func transport(fresh bool) *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DisableKeepAlives = fresh
	t.MaxIdleConnsPerHost = 4
	return t
}

// stay refuses to follow redirects: they would carry credentials elsewhere.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// again repeats reads after network trouble and 5xx. When the platform says how
// long to wait, waiting is the desk's business and not a sleep in here.
func again(ctx context.Context, res *http.Response, err error) (bool, error) {
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case err != nil:
		return true, nil //nolint:nilerr // Do reports err when the attempts are used up
	case res.StatusCode == http.StatusNotImplemented, res.Header.Get("Retry-After") != "":
		return false, nil
	}
	return res.StatusCode >= 500, nil
}

// Read gets path and decodes the JSON answer into into. It is repeated when
// that may help. Errors are [*sources.Error] with op.
func (c *Client) Read(ctx context.Context, op, path string, query url.Values, into any) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	req, err := c.request(ctx, http.MethodGet, op, path, query, nil)
	if err != nil {
		return err
	}
	return c.ask(op, &retryablehttp.Request{Request: req}, into)
}

// Query is Read for questions that platforms want posted as JSON: it changes
// nothing there, and is repeated like every read.
func (c *Client) Query(ctx context.Context, op, path string, body, into any) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	payload, err := json.Marshal(body)
	if err != nil {
		return c.fail(op, sources.ErrRejected, "the request could not be written as JSON", err)
	}
	req, err := c.request(ctx, http.MethodPost, op, path, nil, payload)
	if err != nil {
		return err
	}
	again, err := retryablehttp.FromRequest(req)
	if err != nil {
		return c.fail(op, sources.ErrRejected, "the request could not be made", err)
	}
	return c.ask(op, again, into)
}

func (c *Client) ask(op string, req *retryablehttp.Request, into any) error {
	res, err := c.read.Do(req)
	if err != nil {
		return c.fail(op, sources.ErrTransient, lost(err), err)
	}
	return c.answer(op, res, into, false)
}

// Write sends body as JSON (nil for none) with the method, once, and decodes
// the answer into into (nil to ignore it). Errors are [*sources.Error] with op;
// see the package comment for which of them mean that nothing happened.
func (c *Client) Write(ctx context.Context, op, method, path string, header http.Header, body, into any) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { sent.Store(true) },
	})
	var payload []byte
	if body != nil {
		var err error
		if payload, err = json.Marshal(body); err != nil {
			return c.fail(op, sources.ErrRejected, "the request could not be written as JSON", err)
		}
	}
	req, err := c.request(ctx, method, op, path, nil, payload)
	if err != nil {
		return err
	}
	for k, v := range header {
		req.Header[k] = v
	}
	// net/http replays requests that carry an Idempotency-Key if it can rewind
	// their body. It must not.
	req.GetBody = nil
	res, err := c.write.Do(req)
	if err != nil {
		// A transport from outside may not report its connections: then in doubt.
		if !sent.Load() && c.cfg.Transport == nil {
			return c.fail(op, sources.ErrTransient, lost(err), err)
		}
		return c.fail(op, sources.ErrUnknown, lost(err), err)
	}
	return c.answer(op, res, into, true)
}

func (c *Client) request(ctx context.Context, method, op, path string, query url.Values, payload []byte) (*http.Request, error) {
	u := c.base.JoinPath(path)
	u.RawQuery = query.Encode()
	var body io.Reader
	if payload != nil {
		body = bytes.NewReader(payload)
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, c.fail(op, sources.ErrRejected, "the request could not be made", err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "evenkeel")
	if payload != nil {
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	if c.cfg.Authorize != nil {
		if err := c.cfg.Authorize(req); err != nil {
			return nil, c.unauthorized(op, err)
		}
	}
	return req, nil
}

// unauthorized is why no credentials could be put on a request.
func (c *Client) unauthorized(op string, err error) error {
	var known *sources.Error
	if !errors.As(err, &known) {
		return c.fail(op, sources.ErrAuth, err.Error(), err)
	}
	e := c.fail(op, known.Kind, known.Reason, known.Err)
	e.After = known.After
	return e
}

// answer judges and decodes what came back.
func (c *Client) answer(op string, res *http.Response, into any, write bool) error {
	defer res.Body.Close()
	broken := sources.ErrTransient
	if write {
		broken = sources.ErrUnknown
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, c.cfg.MaxBody+1))
	if res.StatusCode/100 != 2 {
		return c.refusal(op, res, body, write)
	}
	switch {
	case err != nil:
		return c.fail(op, broken, "the answer broke off", err)
	case int64(len(body)) > c.cfg.MaxBody:
		return c.fail(op, broken, fmt.Sprintf("the answer is larger than the %d bytes that are taken", c.cfg.MaxBody), nil)
	case into == nil:
		return nil
	}
	if h, ok := into.(Headed); ok {
		h.TakeHeader(res.Header)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return c.fail(op, broken, "the answer is not the JSON that was expected", nil)
	}
	return nil
}

func (c *Client) refusal(op string, res *http.Response, body []byte, write bool) error {
	var kind error
	var reason string
	if c.cfg.Explain != nil {
		reason, kind = c.cfg.Explain(res.StatusCode, body)
	}
	if kind == nil {
		kind = Kind(res.StatusCode, write)
	}
	if reason == "" {
		reason = said(body)
	}
	if reason == "" {
		reason = fmt.Sprintf("it answered %d %s", res.StatusCode, http.StatusText(res.StatusCode))
	}
	if res.StatusCode/100 == 3 {
		reason = "it answered with a redirect; please check the address in the settings"
	}
	e := c.fail(op, kind, reason, nil)
	e.After = RetryAfter(res.Header.Get("Retry-After"), c.cfg.Now())
	if e.After == 0 && c.cfg.Delay != nil {
		e.After = min(max(c.cfg.Delay(body), 0), MaxRetryAfter)
	}
	return e
}

// Kind is what a status means where a platform says nothing more of it. After a
// write every 5xx is doubt: the platform may have acted before it stumbled.
func Kind(status int, write bool) error {
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return sources.ErrAuth
	case status == http.StatusNotFound, status == http.StatusGone:
		return sources.ErrNotFound
	case status == http.StatusConflict:
		return sources.ErrAlready
	case status == http.StatusTooManyRequests:
		return sources.ErrRateLimited
	case status == http.StatusMethodNotAllowed, status == http.StatusNotImplemented:
		return sources.ErrUnsupported
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly:
		return sources.ErrTransient
	case status >= 500 && write:
		return sources.ErrUnknown
	case status >= 500:
		return sources.ErrTransient
	}
	return sources.ErrRejected
}

// MaxRetryAfter bounds what a platform can ask: beyond it, looking again does
// less harm than a source that is silent for weeks.
const MaxRetryAfter = 24 * time.Hour

// RetryAfter reads the header of that name, seconds or an HTTP date (RFC 9110,
// section 10.2.3); 0 when it is absent or makes no sense.
func RetryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	var d time.Duration
	if seconds, ok := parseSeconds(value); ok {
		d = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), MaxRetryAfter)
}

// parseSeconds takes digits only. Numbers that are too long for a duration are
// cut to what is more than MaxRetryAfter anyway.
func parseSeconds(s string) (int, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	s = strings.TrimLeft(s, "0")
	if len(s) > 9 {
		return 999_999_999, true
	}
	n, err := strconv.Atoi("0" + s)
	return n, err == nil
}
