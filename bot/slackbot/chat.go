package slackbot

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/review"
)

// A card's reference is its channel's id and its timestamp, "C024BE91L:1503435956.000247":
// chat.update wants both, and the default channel may be another one tomorrow.
const refSeparator = ":"

func reference(channel, ts string) string { return channel + refSeparator + ts }

func parseRef(ref string) (channel, ts string, err error) {
	channel, ts, ok := strings.Cut(ref, refSeparator)
	if !ok || channel == "" || ts == "" {
		return "", "", &bot.ChatError{Kind: bot.ErrGone, Chat: Name, Reason: fmt.Sprintf("%q is no message of Slack", ref)}
	}
	return channel, ts, nil
}

// metadataType marks the bot's own cards; everybody in the workspace can read
// it, so it holds names only.
// https://docs.slack.dev/messaging/message-metadata
const metadataType = "evenkeel_card"

// maxReviewID bounds what a platform's id of a review adds to a message.
const maxReviewID = 256

// body is a card's message as chat.postMessage and chat.update take it. stamp
// is which message is meant, by the name that the method has for it.
func (m message) body(at bot.Place, channel, stamp, ts string) ([]byte, error) {
	return m.encoded(func(e *encoder) {
		e.text("channel", channel)
		e.given(stamp, ts)
		e.truth("link_names", false)
		e.key("metadata")
		e.begin('{')
		e.text("event_type", metadataType)
		e.key("event_payload")
		e.begin('{')
		e.text("place", at.ID())
		e.number("case", at.Case)
		if len(at.Review) <= maxReviewID {
			e.given("review", at.Review)
		}
		e.end('}')
		e.end('}')
	})
}

// channelFor finds where a card goes: the thread's own channel, or the one the
// playbook names.
func (b *Bot) channelFor(at bot.Place) (channel, thread string, err error) {
	if at.Thread != "" {
		return parseRef(at.Thread)
	}
	return b.channel(at.Channel), "", nil
}

func (b *Bot) channel(name string) string {
	if name == "" {
		name = b.cfg.Channel
	}
	if id, ok := b.cfg.Channels[name]; ok {
		return id
	}
	return name
}

// fitted draws a card with this hash and makes sure that Slack takes it: a card
// that breaks a limit after all is sent as plain words.
func (b *Bot) fitted(c bot.Card, hash review.Digest) message {
	m := drawnAs(c, hash)
	if err := checkMessage(m); err != nil {
		b.log.Error("a card breaks a limit and goes out as plain words", "case", c.Case, "err", err)
		return wordsOf(c)
	}
	return m
}

// wordsOf is a card without anything that Slack could refuse: no buttons, and
// its links are words too. The console has the rest.
func wordsOf(c bot.Card) message {
	text := fallback(c)
	words := strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text)
	return message{text: text, blocks: paragraphs(words)}
}

// refusedBlocks are Slack's errors for blocks that it does not like: nothing
// was posted, for certain.
var refusedBlocks = []string{"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_blocks_too_many", "msg_too_long", "no_text"}

// Post implements [bot.Chat].
func (b *Bot) Post(ctx context.Context, at bot.Place, card bot.Card) (string, error) {
	channel, thread, err := b.channelFor(at)
	if err != nil {
		return "", err
	}
	if err := b.ready(ctx, channel, at.ID()); err != nil {
		return "", err
	}
	m := b.fitted(card, at.HashOf(card))
	ref, err := b.post(ctx, at, channel, thread, m)
	if isSlack(err, refusedBlocks...) {
		b.log.Error("Slack refused a card's blocks; it goes out as plain words", "case", at.Case, "err", err)
		ref, err = b.post(ctx, at, channel, thread, wordsOf(card))
	}
	if err != nil {
		return "", err
	}
	if thread == "" {
		b.cases.Put(ref, at.Case)
	}
	return ref, nil
}

// ready waits for nothing: it says when it is too early, or too late.
func (b *Bot) ready(ctx context.Context, channel, key string) error {
	if ctx.Err() != nil {
		return &bot.ChatError{Kind: bot.ErrUnreachable, Chat: Name, Reason: "we are stopping", Err: ctx.Err()}
	}
	if wait := b.pace.post(channel, key); wait > 0 {
		return &bot.ChatError{Kind: bot.ErrLimited, Chat: Name, After: wait,
			Reason: "one message a second may go to a channel; this one waits " + wait.Round(time.Second).String()}
	}
	return nil
}

// posted is Slack's answer to a new message.
type posted struct {
	status
	Channel string       `json:"channel"`
	TS      string       `json:"ts"`
	Message foundMessage `json:"message"`
}

// post sends m once.
func (b *Bot) post(ctx context.Context, at bot.Place, channel, thread string, m message) (string, error) {
	var p posted
	body, err := m.body(at, channel, "thread_ts", thread)
	if err == nil {
		err = b.call(ctx, "chat.postMessage", asJSON, body, &p)
	}
	if err != nil {
		return "", b.waits(ctx, "chat.postMessage", "post:"+channel, channel, err)
	}
	in, ts := p.Channel, p.TS
	if ts == "" {
		return "", &bot.ChatError{Kind: bot.ErrUnknown, Chat: Name, Reason: "Slack's answer names no message"}
	}
	if in == "" {
		in = channel
	}
	if thread != "" && p.Message.TS != "" && p.Message.ThreadTS == "" && b.threadGone(ctx, in, thread) {
		// The parent is gone, and Slack has put the card into the channel.
		if _, _, err := b.api.DeleteMessageContext(ctx, in, ts); err != nil {
			b.log.Warn("a card that lost its thread could not be removed", "case", at.Case, "err", err)
		}
		return "", &bot.ChatError{Kind: bot.ErrGone, Chat: Name, Reason: "the thread was deleted"}
	}
	return reference(in, ts), nil
}

// Update implements [bot.Chat].
func (b *Bot) Update(ctx context.Context, at bot.Place, ref string, card bot.Card) error {
	channel, ts, err := parseRef(ref)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return &bot.ChatError{Kind: bot.ErrUnreachable, Chat: Name, Reason: "we are stopping", Err: ctx.Err()}
	}
	if wait := b.pace.call("chat.update"); wait > 0 {
		return &bot.ChatError{Kind: bot.ErrLimited, Chat: Name, After: wait, Reason: "Slack asked us to wait " + wait.Round(time.Second).String()}
	}
	if at.Thread == "" {
		b.cases.Put(ref, at.Case)
	}
	err = b.update(ctx, at, channel, ts, b.fitted(card, at.HashOf(card)))
	if isSlack(err, refusedBlocks...) {
		b.log.Error("Slack refused a card's blocks; it is redrawn as plain words", "case", at.Case, "err", err)
		err = b.update(ctx, at, channel, ts, wordsOf(card))
	}
	return err
}

func (b *Bot) update(ctx context.Context, at bot.Place, channel, ts string, m message) error {
	body, err := m.body(at, channel, "ts", ts)
	if err == nil {
		err = b.call(ctx, "chat.update", asJSON, body, new(status))
	}
	if err != nil {
		return b.waits(ctx, "chat.update", "chat.update", channel, err)
	}
	return nil
}
