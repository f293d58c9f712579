package discordbot

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"net/http"
	"strings"

	"github.com/bwmarrin/discordgo"

	"github.com/evenkeel/evenkeel/bot"
)

// nonceOf names a create: made again within minutes with the same nonce, it
// gives the message that is there. It is 25 characters of the place's hash.
func nonceOf(at bot.Place) string {
	sum := sha256.Sum256([]byte(at.Channel + "\x00" + at.Thread + "\x00" + at.ID()))
	return base32.StdEncoding.EncodeToString(sum[:])[:maxNonce]
}

// fitted draws a card and makes sure that Discord takes it: a card that breaks
// a limit after all is sent as plain words.
func (b *Bot) fitted(c bot.Card, foot string) payload {
	p := drawn(c, foot)
	if err := checkMessage(p); err != nil {
		b.log.Error("a card breaks a limit and goes out as plain words", "case", c.Case, "err", err)
		return wordsOf(c, foot)
	}
	return p
}

// wordsOf is a card without anything that Discord could refuse: no buttons.
// The console has the rest.
func wordsOf(c bot.Card, foot string) payload {
	texts, _ := textsOf(c.Blocks, maxDescr-10)
	e := &discordgo.MessageEmbed{Description: strings.Join(texts, "\n\n")}
	if foot != "" {
		e.Footer = &discordgo.MessageEmbedFooter{Text: foot}
	}
	return payload{Content: headOf(c), Embeds: []*discordgo.MessageEmbed{e}, Components: []component{}, Mentions: nobody}
}

// invalidForm is Discord's code for a body that it does not like: nothing was
// posted, for certain.
const invalidForm = 50035

// Post implements [bot.Chat].
func (b *Bot) Post(ctx context.Context, at bot.Place, card bot.Card) (string, error) {
	if err := stopping(ctx); err != nil {
		return "", err
	}
	p := b.fitted(card, at.ID())
	ref, err := b.put(ctx, at, card, p)
	if isCode(err, invalidForm) {
		b.log.Error("Discord refused a card's form; it goes out as plain words", "case", at.Case, "err", err)
		ref, err = b.put(ctx, at, card, wordsOf(card, at.ID()))
	}
	if err != nil {
		return "", b.told(at, err)
	}
	return ref, nil
}

// told is failure for a place; the desk's own kinds pass.
func (b *Bot) told(at bot.Place, err error) error {
	var e *callError
	if !asCall(err, &e) {
		return err
	}
	return failure(b.channelOf(at), err)
}

// put sends a card to its place once.
func (b *Bot) put(ctx context.Context, at bot.Place, card bot.Card, p payload) (string, error) {
	if at.Quiet {
		p.Flags |= silently
	}
	if at.Thread != "" {
		return b.putInThread(ctx, at, p)
	}
	room, err := b.room(ctx, b.channelOf(at))
	if err != nil {
		return "", notPosted(err)
	}
	if room.Type == forumChannel {
		return b.putInForum(ctx, at, room, card, p)
	}
	m, err := b.create(ctx, room.ID, at, p)
	if err != nil {
		return "", err
	}
	if isParent(at) {
		b.cases.Put(m.ID, at.Case)
		if err := b.startThread(ctx, room.ID, m.ID, threadName(card)); err != nil {
			b.log.Warn("a thread could not be opened yet; the next card opens it", "case", at.Case, "err", err)
		}
	}
	return reference(room.ID, m.ID), nil
}

// notPosted says of a call before the posting that nothing was posted: what
// is unknown about it does not matter.
func notPosted(err error) error {
	var e *callError
	if asCall(err, &e) && (e.status == 0 || e.status >= 500) {
		return &bot.ChatError{Kind: bot.ErrUnreachable, Chat: Name, Reason: "Discord cannot be reached from here", Err: err}
	}
	return err
}

// create posts a message, once.
func (b *Bot) create(ctx context.Context, room string, at bot.Place, p payload) (message, error) {
	p.Nonce, p.EnforceNonce = nonceOf(at), true
	var m message
	if err := b.rest.call(ctx, http.MethodPost, "/channels/"+room+"/messages", p.with(p), &m); err != nil {
		return message{}, err
	}
	if !isID(m.ID) {
		return message{}, &bot.ChatError{Kind: bot.ErrUnknown, Chat: Name, Reason: "Discord's answer names no message"}
	}
	return m, nil
}

// putInThread posts below a parent card. A thread that is missing, archived or
// locked is opened first.
func (b *Bot) putInThread(ctx context.Context, at bot.Place, p payload) (string, error) {
	room, thread, err := parseRef(at.Thread)
	if err != nil {
		return "", err
	}
	for range 3 {
		m, err := b.create(ctx, thread, at, p)
		switch {
		case err == nil:
			b.marks.Forget(thread)
			return reference(thread, m.ID), nil
		case isCode(err, 10003) && room == thread:
			return "", gone("the post was deleted")
		case isCode(err, 10003):
			if err := b.startThread(ctx, room, thread, fmt.Sprintf("#%d", at.Case)); err != nil {
				if isCode(err, 10008, 10003) {
					return "", gone("the card and its thread were deleted")
				}
				return "", notPosted(err)
			}
		case isCode(err, 50083, 160005):
			if err := b.wake(ctx, thread); err != nil {
				return "", notPosted(err)
			}
		default:
			return "", err
		}
	}
	return "", &bot.ChatError{Kind: bot.ErrUnreachable, Chat: Name, Reason: "the thread is opened and closed by somebody else at the same time"}
}

// forumPost is a thread with its first message.
type forumPost struct {
	Name        string   `json:"name"`
	AutoArchive int      `json:"auto_archive_duration"`
	Tags        []string `json:"applied_tags,omitempty"`
	Message     payload  `json:"message"`
}

// putInForum opens a post. Discord knows no nonce here; a lost answer is
// looked for by Find.
func (b *Bot) putInForum(ctx context.Context, at bot.Place, room channel, card bot.Card, p payload) (string, error) {
	post := forumPost{Name: threadName(card), AutoArchive: autoArchive, Message: p}
	if room.Flags&requireTag != 0 {
		post.Tags = anyTag(room)
	}
	var t channel
	if err := b.rest.call(ctx, http.MethodPost, "/channels/"+room.ID+"/threads", p.with(post), &t); err != nil {
		return "", err
	}
	if !isID(t.ID) {
		return "", &bot.ChatError{Kind: bot.ErrUnknown, Chat: Name, Reason: "Discord's answer names no post"}
	}
	if isParent(at) {
		b.cases.Put(t.ID, at.Case)
	}
	return reference(t.ID, t.ID), nil
}

// Update implements [bot.Chat].
func (b *Bot) Update(ctx context.Context, at bot.Place, ref string, card bot.Card) error {
	room, id, err := parseRef(ref)
	if err != nil {
		return err
	}
	if err := stopping(ctx); err != nil {
		return err
	}
	if isParent(at) {
		b.cases.Put(id, at.Case)
	}
	err = b.edit(ctx, room, id, b.fitted(card, at.ID()))
	if isCode(err, invalidForm) {
		b.log.Error("Discord refused a card's form; it is redrawn as plain words", "case", at.Case, "err", err)
		err = b.edit(ctx, room, id, wordsOf(card, at.ID()))
	}
	switch {
	case err == nil:
		return nil
	case isCode(err, 10003) && !b.isChannel(room):
		return gone("the thread was deleted")
	}
	return b.told(at, err)
}

func (b *Bot) isChannel(id string) bool {
	for _, c := range b.channels() {
		if c == id {
			return true
		}
	}
	return false
}

// edit draws a message anew. In an archived thread nothing can be edited: it
// is woken first, and goes back to sleep with its case (see KeepThread).
func (b *Bot) edit(ctx context.Context, room, id string, p payload) error {
	call := func() error {
		return b.rest.call(ctx, http.MethodPatch, "/channels/"+room+"/messages/"+id, p, nil)
	}
	err := call()
	if isCode(err, 50083, 160005) {
		if err := b.wake(ctx, room); err != nil {
			return err
		}
		err = call()
	}
	return err
}
