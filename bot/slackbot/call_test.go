package slackbot

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/bot/slackbot/slacktest"
	"github.com/evenkeel/evenkeel/internal/secret"
)

// saying is a Slack that answers each call in the same way.
type saying struct {
	code  int
	wait  string // Retry-After
	body  io.Reader
	err   error // instead of an answer
	asked *http.Request
	sent  string
	read  int // bytes of the answer
}

func (s *saying) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(r.Body)
	if s.asked, s.sent = r, string(raw); err != nil || s.err != nil {
		return nil, errors.Join(err, s.err)
	}
	h := http.Header{"Content-Type": {"text/html"}}
	if s.wait != "" {
		h.Set("Retry-After", s.wait)
	}
	return &http.Response{StatusCode: s.code, Status: fmt.Sprint(s.code, " ", http.StatusText(s.code)), Header: h, Request: r, Body: io.NopCloser(counted{s})}, nil
}

type counted struct{ s *saying }

func (c counted) Read(p []byte) (int, error) {
	n, err := c.s.body.Read(p)
	c.s.read += n
	return n, err
}

// endless is a text that never ends.
type endless struct{ begun bool }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	if !e.begun {
		e.begun, p[0] = true, '"'
	}
	return len(p), nil
}

// What Slack, or something between us, answers to a card means the same for a
// new one and for one that is redrawn, and no word of it is a secret.
func TestEveryAnswerIsUnderstood(t *testing.T) {
	const login = "<!DOCTYPE html><title>Sign in</title>"
	said := func(code int, body string) *saying { return &saying{code: code, body: strings.NewReader(body)} }
	for name, test := range map[string]struct {
		slack func() *saying
		kind  error
		after time.Duration
	}{
		"yes": {func() *saying {
			return said(200, `{"ok":true,"channel":"C1","ts":"1.2","message":{"blocks":[{"type":"unheard of"}]}}`)
		}, nil, 0},
		"a page":             {func() *saying { return said(200, login) }, bot.ErrUnknown, 0},
		"nothing":            {func() *saying { return said(200, "") }, bot.ErrUnknown, 0},
		"neither yes nor no": {func() *saying { return said(200, "{}") }, bot.ErrUnknown, 0},
		"half an answer":     {func() *saying { return said(200, `{"ok":tr`) }, bot.ErrUnknown, 0},
		"no end":             {func() *saying { return &saying{code: 200, body: &endless{}} }, bot.ErrUnknown, 0},
		"a named no":         {func() *saying { return said(200, `{"ok":false,"error":"is_archived"}`) }, bot.ErrMisconfigured, 0},
		"an unknown no":      {func() *saying { return said(200, `{"ok":false,"error":"new_one"}`) }, bot.ErrMisconfigured, 0},
		"gone":               {func() *saying { return said(200, `{"ok":false,"error":"message_not_found"}`) }, bot.ErrGone, 0},
		"wait, in words":     {func() *saying { return said(200, `{"ok":false,"error":"ratelimited"}`) }, bot.ErrLimited, defaultWait},
		"wait 7 seconds":     {func() *saying { return &saying{code: 429, wait: "7", body: strings.NewReader(login)} }, bot.ErrLimited, 7 * time.Second},
		"wait for ever":      {func() *saying { return &saying{code: 429, wait: "-1", body: strings.NewReader("")} }, bot.ErrLimited, defaultWait},
		"wait, who knows":    {func() *saying { return said(429, "") }, bot.ErrLimited, defaultWait},
		"trouble":            {func() *saying { return said(500, login) }, bot.ErrUnknown, 0},
		"a bad gateway":      {func() *saying { return said(502, login) }, bot.ErrUnknown, 0},
		"an outage":          {func() *saying { return said(503, login) }, bot.ErrUnknown, 0},
		"a proxy's time-out": {func() *saying { return said(408, login) }, bot.ErrUnknown, 0},
		"a proxy's no":       {func() *saying { return said(403, login) }, bot.ErrMisconfigured, 0},
		"too large":          {func() *saying { return said(413, login) }, bot.ErrMisconfigured, 0},
		"nobody there":       {func() *saying { return &saying{err: &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}} }, bot.ErrUnreachable, 0},
		"no such name":       {func() *saying { return &saying{err: &net.DNSError{Err: "no such host", Name: "slack.com"}} }, bot.ErrUnreachable, 0},
		"a broken line":      {func() *saying { return &saying{err: io.ErrUnexpectedEOF} }, bot.ErrUnknown, 0},
	} {
		for _, method := range []string{"chat.postMessage", "chat.update"} {
			t.Run(method+" "+name, func(t *testing.T) {
				s := test.slack()
				b, err := New(Config{BotToken: secret.New(slacktest.BotToken), SigningSecrets: []secret.Value{secret.New(slacktest.SigningSecret)}, Mode: HTTP,
					Channel: "C1", Desk: bottest.NewFakeDesk(), HTTPClient: &http.Client{Transport: s}})
				must(t, err)
				if method == "chat.update" {
					err = b.Update(t.Context(), parent, "C1:1.2", bottest.StoryCard(7))
				} else {
					_, err = b.Post(t.Context(), parent, bottest.StoryCard(7))
				}
				if !errors.Is(err, test.kind) {
					t.Errorf("it is %v, want %v", err, test.kind)
				}
				var ce *bot.ChatError
				if errors.As(err, &ce) && (ce.After != test.after || ce.Reason == "") {
					t.Errorf("it waits %s, want %s, because %q", ce.After, test.after, ce.Reason)
				}
				if s.read > maxAnswer {
					t.Errorf("%d bytes of the answer were read", s.read)
				}
				judgeRequest(t, s, method, err)
			})
		}
	}
}

// Only a list of messages says that a card is not there. What looks is
// otherwise in doubt still, and posts nothing a second time.
func TestASearchMustBeAnswered(t *testing.T) {
	for body, kind := range map[string]error{
		`{"ok":true,"messages":[]}`:             nil,
		`{"ok":true}`:                           bot.ErrUnknown,
		`{"ok":true,"messages":null}`:           bot.ErrUnknown,
		`{"messages":[]}`:                       bot.ErrUnknown,
		`{"ok":false,"error":"internal_error"}`: bot.ErrUnknown,
		`{"ok":false,"error":"missing_scope"}`:  bot.ErrMisconfigured,
	} {
		b, err := New(Config{BotToken: secret.New(slacktest.BotToken), SigningSecrets: []secret.Value{secret.New(slacktest.SigningSecret)}, Mode: HTTP,
			Channel: "C1", Desk: bottest.NewFakeDesk(), HTTPClient: &http.Client{Transport: answering(func(method string) string {
				if method == "auth.test" {
					return `{"ok":true,"user_id":"U1","bot_id":"B1"}`
				}
				return body
			})}})
		must(t, err)
		if _, found, err := b.Find(t.Context(), parent); found || !errors.Is(err, kind) {
			t.Errorf("%s: found %v, %v; want %v", body, found, err, kind)
		}
	}
}

// answering is a Slack that answers by the method.
type answering func(method string) string

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Request: r, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(a(path.Base(r.URL.Path))))}, nil
}

// judgeRequest looks at what was asked: the token stands in its header alone.
func judgeRequest(t *testing.T, s *saying, method string, err error) {
	t.Helper()
	if r := s.asked; r.URL.String() != defaultAPI+method || r.Method != http.MethodPost || r.Header.Get("Content-Type") != asJSON ||
		r.Header.Get("Authorization") != "Bearer "+slacktest.BotToken || r.ContentLength != int64(len(s.sent)) {
		t.Errorf("it asked %s %s %v", r.Method, r.URL, r.ContentLength)
	}
	said := s.sent
	for ; err != nil; err = errors.Unwrap(err) {
		said += fmt.Sprintf("%v %+v %#v", err, err, err)
	}
	if strings.Contains(said, slacktest.BotToken) {
		t.Error("the token stands in the body or in an error")
	}
}
