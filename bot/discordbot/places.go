package discordbot

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/bot"
)

// A card's reference is its channel's id and its own, "81384788765712384:…". A
// thread has the id of the message that it began with, in a text channel as in
// a forum, so a parent's reference names its thread too.
const refSeparator = ":"

func reference(room, id string) string { return room + refSeparator + id }

func parseRef(ref string) (room, id string, err error) {
	room, id, ok := strings.Cut(ref, refSeparator)
	if !ok || !isID(room) || !isID(id) {
		return "", "", gone(fmt.Sprintf("%q is no message of Discord", ref))
	}
	return room, id, nil
}

// threadOf is the thread below a parent card.
func threadOf(parent string) (string, error) {
	_, id, err := parseRef(parent)
	return id, err
}

// isParent tells the card that opens a thread.
func isParent(at bot.Place) bool { return at.Thread == "" && at.Case != 0 && at.Key == parentKey }

const parentKey = "parent"

// caseOfFoot reads "case-7-parent", the foot of a parent card.
func caseOfFoot(foot string) (int64, bool) {
	rest, ok := strings.CutPrefix(foot, "case-")
	number, key, _ := strings.Cut(rest, "-")
	id, err := strconv.ParseInt(number, 10, 64)
	return id, ok && err == nil && id > 0 && key == parentKey
}

// roomsKept is how many channels are remembered in each of two generations, and
// roomTrust for how long what they are is good.
const (
	roomsKept = 5_000
	roomTrust = 10 * time.Minute
)

// room asks Discord what a channel is, and remembers it for a while.
func (b *Bot) room(ctx context.Context, id string) (channel, error) {
	if c, ok := b.rooms.Get(id); ok {
		return c, nil
	}
	var c channel
	if err := b.rest.call(ctx, http.MethodGet, "/channels/"+id, nil, &c); err != nil {
		return channel{}, err
	}
	b.rooms.Put(c.ID, c)
	return c, nil
}

// channels are all that cards may go to, the default first.
func (b *Bot) channels() []string {
	out := []string{b.cfg.Channel}
	for _, c := range b.cfg.Channels {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

func (b *Bot) channelOf(at bot.Place) string {
	if at.Channel != "" {
		return at.Channel
	}
	return b.cfg.Channel
}

// ours tells whether a channel, or the channel of a thread, is one for cards.
func (b *Bot) ours(c channel) bool {
	return slices.Contains(b.channels(), c.ID) || c.isThread() && slices.Contains(b.channels(), c.ParentID)
}

// guild is the server of the default channel, learnt once.
func (b *Bot) guild(ctx context.Context) (string, error) {
	b.mu.Lock()
	id := b.home
	b.mu.Unlock()
	if id != "" {
		return id, nil
	}
	c, err := b.room(ctx, b.cfg.Channel)
	if err != nil {
		return "", err
	}
	b.mu.Lock()
	b.home = c.GuildID
	b.mu.Unlock()
	return c.GuildID, nil
}

// threadsKept is how many threads are remembered in each of two generations:
// which case they belong to, and which belong to none (0). threadTrust is for
// how long that is good.
const (
	threadsKept = 10_000
	threadTrust = 24 * time.Hour
)

// caseOf finds the case of a thread by its parent card, 0 for none.
func (b *Bot) caseOf(ctx context.Context, thread string) (int64, error) {
	if id, known := b.cases.Get(thread); known {
		return id, nil
	}
	t, err := b.room(ctx, thread)
	if err != nil {
		return 0, err
	}
	if !t.isThread() || !b.ours(t) {
		b.cases.Put(thread, 0)
		return 0, nil
	}
	in := t.ParentID
	if p, err := b.room(ctx, t.ParentID); err != nil {
		return 0, err
	} else if p.Type == forumChannel {
		in = thread
	}
	var m message
	err = b.rest.patiently(ctx, http.MethodGet, "/channels/"+in+"/messages/"+thread, nil, &m)
	if err != nil && !isCode(err, 10008) {
		return 0, err
	}
	me, err := b.whoami(ctx)
	if err != nil {
		return 0, err
	}
	var id int64
	if m.Author != nil && m.Author.ID == me.ID {
		id, _ = caseOfFoot(footOf(&m))
	}
	b.cases.Put(thread, id)
	return id, nil
}

// footOf is the place that a card of ours names.
func footOf(m *message) string {
	for _, e := range m.embeds() {
		if e != nil && e.Footer != nil && e.Footer.Text != "" {
			return e.Footer.Text
		}
	}
	return ""
}

// drop forgets a channel.
