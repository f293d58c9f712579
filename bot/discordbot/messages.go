package discordbot

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/commands"
)

// takeMessage handles a message that somebody wrote. Its text is there only
// where the bot is mentioned, unless the privileged intent is switched on;
// what has none cannot concern us.
func (b *Bot) takeMessage(ctx context.Context, raw []byte) {
	var m message
	if err := json.Unmarshal(raw, &m); err != nil {
		b.log.Warn("a message could not be read", "err", err)
		return
	}
	if !m.wanted() || !b.seen.First("message:"+m.ID, struct{}{}) {
		return
	}
	b.crew.do(ctx, "message", func(ctx context.Context) { b.heard(ctx, m) })
}

// Kinds of messages that people write.
const (
	plainMessage = 0
	replyMessage = 19
)

func (m *message) wanted() bool {
	return m.ID != "" && m.ChannelID != "" && m.Author != nil && m.Author.ID != "" && !m.Author.Bot && m.WebhookID == "" &&
		(m.Type == plainMessage || m.Type == replyMessage) && m.Content != ""
}

// heard gives a message in a case's thread to the desk.
func (b *Bot) heard(ctx context.Context, m message) {
	me, err := b.whoami(ctx)
	if err != nil || m.Author.ID == me.ID {
		return
	}
	guild, err := b.guild(ctx)
	if err != nil || m.GuildID != "" && m.GuildID != guild {
		return
	}
	text, mentioned := written(m, me.ID)
	id, err := b.threadCase(ctx, m.ChannelID)
	if err != nil {
		b.log.Error("the case of a thread could not be found", "err", err)
		if mentioned {
			b.tell(ctx, m.Author.ID, m.ChannelID, commands.Outcome{Refused: true, Text: "I could not look up this thread just now. Please try again in a moment."})
		}
		return
	}
	if id == 0 {
		if mentioned {
			b.addressed(ctx, m, text)
		}
		return
	}
	by := b.author(ctx, guild, m)
	out, heard := b.desk.Heard(ctx, bot.Heard{Case: id, By: b.person(by, b.knownRoom(ctx, m.ChannelID)), Text: text, Mentioned: mentioned,
		ID: Name + ":message:" + m.ID, Chat: Name})
	if heard {
		b.tell(ctx, m.Author.ID, m.ChannelID, out)
	}
}

// addressed takes a mention outside of any case as a typed command.
func (b *Bot) addressed(ctx context.Context, m message, line string) {
	in := b.knownRoom(ctx, m.ChannelID)
	if !b.ours(in) {
		return
	}
	guild, err := b.guild(ctx)
	if err != nil {
		return
	}
	i, help := b.desk.Parse(line)
	if help != nil {
		b.tell(ctx, m.Author.ID, m.ChannelID, *help)
		return
	}
	i.Chat, i.ID = Name, Name+":message:"+m.ID
	i.By = b.person(b.author(ctx, guild, m), in)
	b.tell(ctx, m.Author.ID, m.ChannelID, b.desk.Run(ctx, i))
}

func (b *Bot) knownRoom(ctx context.Context, id string) channel {
	if c, err := b.room(ctx, id); err == nil {
		return c
	}
	return channel{ID: id}
}

// author is who wrote m, with roles. Events bring the member, what is read
// over REST does not; neither brings permissions, so that whoever needs them
// to act must be named in the playbook or press a button.
func (b *Bot) author(ctx context.Context, guild string, m message) *member {
	by := &member{}
	if m.Member != nil {
		*by = *m.Member
	} else if err := b.rest.patiently(ctx, http.MethodGet, "/guilds/"+guild+"/members/"+m.Author.ID, nil, by); err != nil {
		b.log.Warn("Discord does not say who wrote this", "user", m.Author.ID, "err", err)
	}
	by.User = m.Author
	return by
}

// threadCase is caseOf with patience: nobody will bring the message again.
func (b *Bot) threadCase(ctx context.Context, thread string) (id int64, err error) {
	for try := range maxTries {
		if id, err = b.caseOf(ctx, thread); err == nil || isCode(err, 10003, 50001) {
			return id, err
		}
		if !rested(ctx, time.Duration(try+1)*pauseBetween) {
			break
		}
	}
	return 0, err
}

// written is what somebody wrote, without addressing the bot.
func written(m message, me string) (text string, mentioned bool) {
	text = m.Content
	for _, sign := range []string{"<@" + me + ">", "<@!" + me + ">"} {
		if strings.Contains(text, sign) {
			mentioned = true
			text = strings.ReplaceAll(text, sign, "")
		}
	}
	if slices.ContainsFunc(m.Mentions, func(u user) bool { return u.ID == me }) {
		mentioned = true
	}
	if mentioned {
		text = strings.TrimSpace(text)
	}
	return text, mentioned
}

// epoch is the first moment of Discord's ids, in milliseconds.
// https://docs.discord.com/developers/reference#snowflakes
const epoch = 1420070400000

// catchUp reads what people wrote in threads while nobody listened: after a
// start, and after a session that could not be resumed. Everything is handled
// once, so reading too much does no harm.
func (b *Bot) catchUp(ctx context.Context) {
	guild, err := b.guild(ctx)
	if err != nil {
		return
	}
	var list threadList
	if err := b.rest.patiently(ctx, http.MethodGet, "/guilds/"+guild+"/threads/active", nil, &list); err != nil {
		b.log.Warn("what was written meanwhile could not be read", "err", err)
		return
	}
	after := strconv.FormatInt((b.now().Add(-lookBack).UnixMilli()-epoch)<<22, 10)
	for _, t := range list.Threads {
		if !b.ours(t) || !younger(t.LastID, after) {
			continue
		}
		b.rooms.Put(t.ID, t)
		q := url.Values{"after": {after}, "limit": {"100"}}
		var page []message
		if err := b.rest.patiently(ctx, http.MethodGet, "/channels/"+t.ID+"/messages?"+q.Encode(), nil, &page); err != nil {
			b.log.Warn("what was written meanwhile could not be read", "err", err)
			return
		}
		slices.Reverse(page) // the oldest first
		for _, m := range page {
			if m.wanted() && b.seen.First("message:"+m.ID, struct{}{}) {
				b.heard(ctx, m)
			}
		}
	}
}

// lookBack is how far back catchUp looks: as long as an outage may last
// before people write again what went unheard.
const lookBack = 15 * time.Minute

// younger compares snowflakes.
func younger(id, than string) bool {
	return len(id) > len(than) || len(id) == len(than) && id > than
}
