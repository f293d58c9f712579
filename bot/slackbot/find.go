package slackbot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/evenkeel/evenkeel/bot"
)

// History is read with our own few lines and not with slack-go: it decodes
// every block of every message, and one malformed block of another app makes
// the whole page unreadable, for ever.

// foundMessage is the little that we need of a message.
type foundMessage struct {
	TS       string `json:"ts"`
	ThreadTS string `json:"thread_ts"`
	User     string `json:"user"`
	BotID    string `json:"bot_id"`
	Metadata *struct {
		Type    string         `json:"event_type"`
		Payload map[string]any `json:"event_payload"`
	} `json:"metadata"`
}

type page struct {
	OK       bool           `json:"ok"`
	Error    string         `json:"error"`
	Needed   string         `json:"needed"`
	Messages []foundMessage `json:"messages"`
	Meta     struct {
		Cursor string `json:"next_cursor"`
	} `json:"response_metadata"`
}

// Bounds of a search: the card that is looked for was posted moments ago, or
// before the outage that is just over.
const (
	pageSize = 200
	maxPages = 10
	maxPage  = 8 << 20 // bytes
)

// Find implements [bot.Chat]: it looks for the bot's own message that carries
// the place as metadata.
func (b *Bot) Find(ctx context.Context, at bot.Place) (string, bool, error) {
	if ctx.Err() != nil {
		return "", false, &bot.ChatError{Kind: bot.ErrUnreachable, Chat: Name, Reason: "we are stopping", Err: ctx.Err()}
	}
	channel, thread, err := b.channelFor(at)
	if err != nil {
		return "", false, err
	}
	me, err := b.whoami(ctx)
	if err != nil {
		return "", false, err
	}
	method, args := "conversations.history", url.Values{"channel": {channel}}
	if thread != "" {
		method = "conversations.replies"
		args.Set("ts", thread)
	}
	for range maxPages {
		p, err := b.page(ctx, method, args)
		if isSlack(err, "thread_not_found", "message_not_found") {
			return "", false, nil // no thread, no card in it
		}
		if err != nil {
			return "", false, err
		}
		for _, m := range p.Messages {
			if m.own(me) && m.place() == at.ID() {
				return reference(channel, m.TS), true, nil
			}
		}
		if p.Meta.Cursor == "" {
			break
		}
		args.Set("cursor", p.Meta.Cursor)
	}
	return "", false, nil
}

// threadGone asks Slack whether a thread's first message is no more. Doubt is
// no: a card too many in the channel does less harm than a second thread.
func (b *Bot) threadGone(ctx context.Context, channel, thread string) bool {
	_, err := b.page(ctx, "conversations.replies", url.Values{"channel": {channel}, "ts": {thread}, "limit": {"1"}})
	return isSlack(err, "thread_not_found", "message_not_found")
}

// own tells whether the bot wrote m: other apps can copy metadata.
func (m foundMessage) own(me *slack.AuthTestResponse) bool {
	return m.User != "" && m.User == me.UserID || m.BotID != "" && m.BotID == me.BotID
}

func (m foundMessage) place() string {
	if m.Metadata == nil || m.Metadata.Type != metadataType {
		return ""
	}
	s, _ := m.Metadata.Payload["place"].(string)
	return s
}

// parentCase is the case that m is the parent card of, 0 for none.
func (m foundMessage) parentCase() int64 {
	s := m.place()
	if !strings.HasSuffix(s, "-parent") {
		return 0
	}
	n, _ := m.Metadata.Payload["case"].(float64)
	return int64(n)
}

// page reads one page of messages.
func (b *Bot) page(ctx context.Context, method string, args url.Values) (page, error) {
	channel := args.Get("channel")
	if wait := b.pace.call(method); wait > 0 {
		return page{}, &bot.ChatError{Kind: bot.ErrLimited, Chat: Name, After: wait, Reason: "Slack asked us to wait"}
	}
	p, err := b.read(ctx, method, args)
	if err == nil {
		return p, nil
	}
	e := b.failure(ctx, method, channel, err)
	var ce *bot.ChatError
	if errors.As(e, &ce) && errors.Is(e, bot.ErrLimited) {
		b.pace.limited(method, ce.After)
	}
	return page{}, e
}

func (b *Bot) read(ctx context.Context, method string, args url.Values) (p page, err error) {
	form := url.Values{"limit": {strconv.Itoa(pageSize)}, "include_all_metadata": {"true"}}
	for k, v := range args {
		form[k] = v
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.apiURL+method, strings.NewReader(form.Encode()))
	if err != nil {
		return p, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+b.cfg.BotToken.Reveal())
	resp, err := b.client.Do(req)
	if err != nil {
		return p, err
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		return p, &slack.RateLimitedError{RetryAfter: time.Duration(seconds) * time.Second}
	case resp.StatusCode != http.StatusOK:
		return p, slack.StatusCodeError{Code: resp.StatusCode, Status: resp.Status}
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxPage)).Decode(&p); err != nil {
		return p, fmt.Errorf("reading the answer: %w", err)
	}
	if !p.OK {
		return p, slack.SlackErrorResponse{Err: p.Error, Needed: p.Needed}
	}
	return p, nil
}
