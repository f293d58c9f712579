package wire

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/url"
	"strings"
	"unicode"

	"github.com/evenkeel/evenkeel/sources"
)

// maxReason bounds how much of a platform's words reaches people, in runes.
const maxReason = 300

// fail makes an error whose reason and cause hold no secret.
func (c *Client) fail(op string, kind error, reason string, err error) *sources.Error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // the address may carry credentials
	}
	return &sources.Error{Kind: kind, Source: c.cfg.Source, Op: op, Reason: c.clean(reason), Err: c.hide(err)}
}

// hide drops a cause that would print a secret.
func (c *Client) hide(err error) error {
	if err == nil {
		return nil
	}
	if text := err.Error(); c.redact(text) != text {
		return errors.New(c.redact(text))
	}
	return err
}

func (c *Client) redact(s string) string {
	for _, secret := range c.cfg.Secrets {
		if secret != "" {
			s = strings.ReplaceAll(s, secret, "•••")
		}
	}
	if c.cfg.Hide != nil {
		s = c.cfg.Hide(s)
	}
	return s
}

// clean makes a platform's words fit for a log line and a card: one line,
// bounded, no control or invisible formatting characters, no secrets.
func (c *Client) clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, c.redact(s))
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > maxReason {
		s = string(runes[:maxReason-1]) + "…"
	}
	return s
}

// lost says in words why no answer came.
func lost(err error) string {
	var n net.Error
	var d *net.DNSError
	switch {
	case errors.Is(err, context.Canceled):
		return "the call was stopped"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &n) && n.Timeout():
		return "no answer in time"
	case errors.As(err, &d):
		return "its name could not be looked up"
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return "no connection could be made"
	}
	return "the connection broke off"
}

// said looks for a sentence in an error's body, in the shapes that platforms
// commonly use.
func said(body []byte) string {
	var v struct {
		Message     string          `json:"message"`
		Description string          `json:"error_description"`
		Error       json.RawMessage `json:"error"`
		Errors      []struct {
			Detail  string `json:"detail"`
			Message string `json:"message"`
		} `json:"errors"`
	}
	if json.Unmarshal(body, &v) != nil {
		return ""
	}
	var inner struct {
		Message string `json:"message"`
	}
	var text string
	switch {
	case v.Message != "":
		return v.Message
	case v.Description != "":
		return v.Description
	case json.Unmarshal(v.Error, &inner) == nil && inner.Message != "":
		return inner.Message
	case json.Unmarshal(v.Error, &text) == nil && text != "":
		return text
	}
	for _, e := range v.Errors {
		if e.Detail+e.Message != "" {
			return strings.TrimSpace(e.Detail + " " + e.Message)
		}
	}
	return ""
}
