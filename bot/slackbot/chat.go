package slackbot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/evenkeel/evenkeel/bot"
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

func metadata(at bot.Place) slack.SlackMetadata {
	payload := map[string]any{"place": at.ID(), "case": at.Case}
	if at.Review != "" && len(at.Review) <= maxReviewID {
		payload["review"] = at.Review
	}
	return slack.SlackMetadata{EventType: metadataType, EventPayload: payload}
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

// options are those of every message: no unfurling, no parsing of the text.
func (m message) options() []slack.MsgOption {
	return []slack.MsgOption{
		slack.MsgOptionText(m.text, false), // escaped already
		slack.MsgOptionBlocks(m.blocks...),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(),
		slack.MsgOptionDisableMarkdown(), slack.MsgOptionParse(false), slack.MsgOptionLinkNames(false),
	}
}

// fitted draws a card and makes sure that Slack takes it: a card that breaks a
// limit after all is sent as plain words.
func (b *Bot) fitted(c bot.Card) message {
	m := drawn(c)
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
	m := b.fitted(card)
	ref, err := b.post(ctx, at, channel, thread, m)
	if isSlack(err, refusedBlocks...) {
		b.log.Error("Slack refused a card's blocks; it goes out as plain words", "case", at.Case, "err", err)
		ref, err = b.post(ctx, at, channel, thread, wordsOf(card))
	}
	if err != nil {
		return "", err
	}
	if thread == "" {
		b.cases.put(ref, at.Case)
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

// post sends m once.
func (b *Bot) post(ctx context.Context, at bot.Place, channel, thread string, m message) (string, error) {
	options := append(m.options(), slack.MsgOptionMetadata(metadata(at)))
	if thread != "" {
		options = append(options, slack.MsgOptionTS(thread))
	}
	in, ts, posted, err := b.api.PostMessageWithResponseContext(ctx, channel, options...)
	if err != nil {
		e := b.failure(ctx, "chat.postMessage", channel, err)
		var ce *bot.ChatError
		if errors.As(e, &ce) && errors.Is(e, bot.ErrLimited) {
			b.pace.limited("post:"+channel, ce.After)
		}
		return "", e
	}
	if ts == "" {
		return "", &bot.ChatError{Kind: bot.ErrUnknown, Chat: Name, Reason: "Slack's answer names no message"}
	}
	if in == "" {
		in = channel
	}
	if thread != "" && posted.Timestamp != "" && posted.ThreadTimestamp == "" && b.threadGone(ctx, in, thread) {
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
		b.cases.put(ref, at.Case)
	}
	err = b.update(ctx, at, channel, ts, b.fitted(card))
	if isSlack(err, refusedBlocks...) {
		b.log.Error("Slack refused a card's blocks; it is redrawn as plain words", "case", at.Case, "err", err)
		err = b.update(ctx, at, channel, ts, wordsOf(card))
	}
	return err
}

func (b *Bot) update(ctx context.Context, at bot.Place, channel, ts string, m message) error {
	_, _, _, err := b.api.UpdateMessageContext(ctx, channel, ts, append(m.options(), slack.MsgOptionMetadata(metadata(at)))...)
	if err == nil {
		return nil
	}
	e := b.failure(ctx, "chat.update", channel, err)
	var ce *bot.ChatError
	if errors.As(e, &ce) && errors.Is(e, bot.ErrLimited) {
		b.pace.limited("chat.update", ce.After)
	}
	return e
}
