package slackbot

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"github.com/evenkeel/evenkeel/bot"
)

// History is not read with slack-go: it decodes every block of every message,
// and one malformed block of another app makes the whole page unreadable, for
// ever.

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
	status
	Messages []foundMessage `json:"messages"`
	Meta     struct {
		Cursor string `json:"next_cursor"`
	} `json:"response_metadata"`
}

// refusal takes a page without messages for no answer: an empty one has an
// empty list, and that a card is not there must be said to be believed.
func (p page) refusal() error {
	if err := p.status.refusal(); err != nil {
		return err
	}
	if p.Messages == nil {
		return errNoAnswer
	}
	return nil
}

// Bounds of a search: the card that is looked for was posted moments ago, or
// before the outage that is just over.
const (
	pageSize = 200
	maxPages = 10
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
	form := url.Values{"limit": {strconv.Itoa(pageSize)}, "include_all_metadata": {"true"}}
	for k, v := range args {
		form[k] = v
	}
	var p page
	err := b.call(ctx, method, asForm, []byte(form.Encode()), &p)
	if err != nil {
		return page{}, b.waits(ctx, method, method, channel, err)
	}
	return p, nil
}
