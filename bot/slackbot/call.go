package slackbot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/slack-go/slack"
)

// Messages and history go by our own few lines, everything else by slack-go. It
// sends a message as a form, with the blocks escaped twice, and decodes every
// block of the answer.

// The bodies of calls. Methods that write take JSON, in which blocks are no
// text within a text; those that read take forms only.
// https://docs.slack.dev/apis/web-api/
const (
	asJSON = "application/json; charset=utf-8"
	asForm = "application/x-www-form-urlencoded"
)

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 8 << 20

// status is what Slack says in every answer.
type status struct {
	OK     bool   `json:"ok"`
	Error  string `json:"error"`
	Needed string `json:"needed"` // the scope that is missing
}

// errNoAnswer is an answer that says neither what was asked nor why not.
var errNoAnswer = errors.New("the answer lacks what was asked for")

func (s status) refusal() error {
	switch {
	case s.OK:
		return nil
	case s.Error == "":
		return errNoAnswer
	}
	return slack.SlackErrorResponse{Err: s.Error, Needed: s.Needed}
}

// answer is what a call is decoded into.
type answer interface{ refusal() error }

// call calls a method of the Web API. Its errors are those of slack-go's calls;
// see [Bot.failure].
func (b *Bot) call(ctx context.Context, method, kind string, body []byte, a answer) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.apiURL+method, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Authorization", "Bearer "+b.cfg.BotToken.Reveal())
	resp, err := b.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusTooManyRequests:
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		return &slack.RateLimitedError{RetryAfter: time.Duration(seconds) * time.Second}
	default:
		return slack.StatusCodeError{Code: resp.StatusCode, Status: resp.Status}
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(a); err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	return a.refusal()
}
