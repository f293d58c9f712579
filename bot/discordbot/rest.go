package discordbot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"
)

// rest is the way to Discord's REST API. Nothing is ever sent twice by it
// unless it certainly had no effect the first time.
type rest struct {
	session *discordgo.Session
	base    string
	lanes   *lanes
}

func newREST(cfg Config) (*rest, error) {
	s, err := discordgo.New("Bot " + cfg.Token.Reveal())
	if err != nil {
		return nil, err
	}
	s.ShouldRetryOnRateLimit = false
	s.MaxRestRetries = 0
	s.StateEnabled = false
	s.UserAgent = "DiscordBot (https://github.com/evenkeel/evenkeel, 1)"
	s.Client = &http.Client{Transport: &wire{inner: cfg.HTTPClient.Transport}, Timeout: cfg.HTTPClient.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &rest{session: s, base: strings.TrimSuffix(cfg.APIURL, "/"), lanes: newLanes(cfg.Now)}, nil
}

// exchange is what the wire saw of one call; discordgo keeps too little of it.
type exchange struct {
	status int
	header http.Header
}

type exchangeKey struct{}

// wire notes what happens to a call, bounds its answer, and takes the headers
// of rate limits out before discordgo stumbles over them.
type wire struct{ inner http.RoundTripper }

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	inner := w.inner
	if inner == nil {
		inner = http.DefaultTransport
	}
	ex, _ := r.Context().Value(exchangeKey{}).(*exchange)
	resp, err := inner.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if ex != nil {
		ex.status, ex.header = resp.StatusCode, resp.Header.Clone()
	}
	for _, h := range []string{"X-RateLimit-Remaining", "X-RateLimit-Reset", "X-RateLimit-Reset-After", "X-RateLimit-Global", "Retry-After"} {
		resp.Header.Del(h)
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxBody), resp.Body}
	return resp, nil
}

// callError is a call that did not work.
type callError struct {
	route  string // without ids and tokens
	status int    // 0 without an answer
	code   int    // Discord's own
	words  string // Discord's own
	after  time.Duration
	global bool
	err    error
}

func (e *callError) Error() string {
	if e.status == 0 {
		return e.route + ": " + e.err.Error()
	}
	return fmt.Sprintf("%s: %d, code %d %s", e.route, e.status, e.code, e.words)
}

func (e *callError) Unwrap() error { return e.err }

// isCode tells whether err is Discord's refusal with one of these codes.
func isCode(err error, codes ...int) bool {
	var e *callError
	if !errors.As(err, &e) || e.status == 0 || e.code == 0 {
		return false
	}
	for _, c := range codes {
		if e.code == c {
			return true
		}
	}
	return false
}

// call makes one call, once. When its lane is closed it does not wait but says
// for how long.
func (r *rest) call(ctx context.Context, method, path string, body, into any) error {
	lane := laneOf(method, path)
	if wait, global := r.lanes.wait(lane); wait > 0 {
		return &callError{route: routeOf(method, path), status: http.StatusTooManyRequests, after: wait, global: global, words: "we wait before we are told to"}
	}
	ex := &exchange{}
	ctx = context.WithValue(ctx, exchangeKey{}, ex)
	kind, raw, err := encoded(body)
	if err != nil {
		return err
	}
	// A limiter of its own for each call: discordgo's waits in its lock, and no
	// context ends that.
	answer, err := r.session.RequestWithLockedBucket(method, r.base+path, kind, raw,
		discordgo.NewRatelimiter().LockBucket(""), 0, discordgo.WithContext(ctx))
	r.lanes.note(lane, ex)
	if ex.status == 0 {
		return &callError{route: routeOf(method, path), err: bare(err)}
	}
	if ex.status < 200 || ex.status > 299 {
		return refused(routeOf(method, path), ex, answer, err)
	}
	if into == nil || ex.status == http.StatusNoContent {
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return &callError{route: routeOf(method, path), err: errUnreadable}
	}
	return nil
}

var errUnreadable = errors.New("the answer cannot be read")

// bare is a transport's error without its address, which may hold a token.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	if err == nil {
		return errUnreadable
	}
	return err
}

// refused reads Discord's answer to a call that it did not take.
func refused(route string, ex *exchange, answer []byte, err error) error {
	e := &callError{route: route, status: ex.status, err: err}
	var re *discordgo.RESTError
	if errors.As(err, &re) {
		answer = re.ResponseBody
	}
	var said struct {
		Code       int     `json:"code"`
		Message    string  `json:"message"`
		RetryAfter float64 `json:"retry_after"`
		Global     bool    `json:"global"`
	}
	if json.Unmarshal(answer, &said) == nil {
		e.code, e.words, e.global = said.Code, said.Message, said.Global
		e.after = time.Duration(said.RetryAfter * float64(time.Second))
	}
	e.err = nil
	if ex.status == http.StatusTooManyRequests {
		e.after = max(e.after, retryAfter(ex.header), time.Second)
		e.global = e.global || ex.header.Get("X-RateLimit-Global") == "true"
	}
	return e
}

// patiently is call for what may be repeated: reading, editing, answering a
// person. It waits where it is told to and tries again, within ctx.
func (r *rest) patiently(ctx context.Context, method, path string, body, into any) error {
	var err error
	for try := range maxTries {
		err = r.call(ctx, method, path, body, into)
		var e *callError
		if err == nil || !errors.As(err, &e) {
			return err
		}
		wait := e.after
		switch {
		case e.status == http.StatusTooManyRequests:
		case e.status >= 500, e.status == 0:
			wait = time.Duration(try+1) * pauseBetween
		default:
			return err
		}
		if try == maxTries-1 || !rested(ctx, wait) {
			return err
		}
	}
	return err
}

const (
	maxTries     = 4
	pauseBetween = 150 * time.Millisecond
	longestWait  = 20 * time.Second
)

// rested waits; false when that is too long or ctx ends.
func rested(ctx context.Context, d time.Duration) bool {
	if d > longestWait {
		return false
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
