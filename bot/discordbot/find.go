package discordbot

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/evenkeel/evenkeel/bot"
)

// Bounds of a search: the card that is looked for was posted moments ago, or
// before the outage that is just over.
const (
	pageSize = 100
	maxPages = 10
)

// errUnanswered is a search that was answered without what was asked for. That is
// no proof that a card is not there.
var errUnanswered = &callError{route: "a search", err: errUnreadable}

// Find implements [bot.Chat]: it looks for the bot's own message whose foot
// names the place.
func (b *Bot) Find(ctx context.Context, at bot.Place) (string, bool, error) {
	if err := stopping(ctx); err != nil {
		return "", false, err
	}
	me, err := b.whoami(ctx)
	if err != nil {
		return "", false, err
	}
	ref, found, err := b.search(ctx, at, me)
	if err != nil {
		return "", false, b.told(at, err)
	}
	return ref, found, nil
}

func (b *Bot) search(ctx context.Context, at bot.Place, me user) (string, bool, error) {
	if at.Thread != "" {
		thread, err := threadOf(at.Thread)
		if err != nil {
			return "", false, err
		}
		ref, found, err := b.searchRoom(ctx, thread, at, me)
		if isCode(err, 10003) {
			return "", false, nil // no thread, no card in it
		}
		return ref, found, err
	}
	room, err := b.room(ctx, b.channelOf(at))
	if err != nil {
		return "", false, err
	}
	if room.Type == forumChannel {
		return b.searchForum(ctx, room, at, me)
	}
	return b.searchRoom(ctx, room.ID, at, me)
}

// searchRoom reads a channel's messages, the newest first.
func (b *Bot) searchRoom(ctx context.Context, room string, at bot.Place, me user) (string, bool, error) {
	q := url.Values{"limit": {fmt.Sprint(pageSize)}}
	for range maxPages {
		var page []message
		if err := b.rest.patiently(ctx, http.MethodGet, "/channels/"+room+"/messages?"+q.Encode(), nil, &page); err != nil {
			return "", false, err
		}
		if page == nil { // that nothing is there must be said
			return "", false, errUnanswered
		}
		for _, m := range page {
			if m.Author != nil && m.Author.ID == me.ID && footOf(&m) == at.ID() {
				return reference(room, m.ID), true, nil
			}
		}
		if len(page) < pageSize {
			return "", false, nil
		}
		q.Set("before", page[len(page)-1].ID)
	}
	return "", false, nil
}

// threadList is a page of threads.
type threadList struct {
	Threads []channel `json:"threads"`
	More    bool      `json:"has_more"`
}

// searchForum reads the first messages of the posts whose name begins with the
// case's number: the active ones, then those in the archive.
func (b *Bot) searchForum(ctx context.Context, forum channel, at bot.Place, me user) (string, bool, error) {
	for _, path := range []string{"/guilds/" + forum.GuildID + "/threads/active", "/channels/" + forum.ID + "/threads/archived/public?limit=100"} {
		var list threadList
		if err := b.rest.patiently(ctx, http.MethodGet, path, nil, &list); err != nil {
			return "", false, err
		}
		if list.Threads == nil {
			return "", false, errUnanswered
		}
		for _, t := range list.Threads {
			if t.ParentID != forum.ID || t.OwnerID != me.ID || at.Case != 0 && !strings.HasPrefix(t.Name, fmt.Sprintf("#%d ", at.Case)) {
				continue
			}
			var m message
			err := b.rest.patiently(ctx, http.MethodGet, "/channels/"+t.ID+"/messages/"+t.ID, nil, &m)
			if isCode(err, 10008, 10003) {
				continue
			}
			if err != nil {
				return "", false, err
			}
			if m.ID != t.ID {
				return "", false, errUnanswered
			}
			if m.Author != nil && m.Author.ID == me.ID && footOf(&m) == at.ID() {
				return reference(t.ID, t.ID), true, nil
			}
		}
	}
	return "", false, nil
}
