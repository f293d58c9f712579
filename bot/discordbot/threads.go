package discordbot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/bot"
)

func asCall(err error, e **callError) bool { return errors.As(err, e) }

// threadName is how a review stands in the list of threads.
func threadName(c bot.Card) string {
	name := oneLine(c.Title)
	if c.Case != 0 {
		name = fmt.Sprintf("#%d %s", c.Case, name)
	}
	return label(name, maxThreadName)
}

// startThread opens the thread below a message. It has the message's id, so
// that a second start fails, which is as good.
// https://docs.discord.com/developers/topics/threads
func (b *Bot) startThread(ctx context.Context, room, id, name string) error {
	err := b.rest.patiently(ctx, http.MethodPost, "/channels/"+room+"/messages/"+id+"/threads",
		map[string]any{"name": name, "auto_archive_duration": autoArchive}, nil)
	if isCode(err, 160004) {
		return nil
	}
	return err
}

// threadPatch is a change of a thread.
type threadPatch struct {
	Archived *bool     `json:"archived,omitempty"`
	Locked   *bool     `json:"locked,omitempty"`
	Tags     *[]string `json:"applied_tags,omitempty"`
}

func (b *Bot) patchThread(ctx context.Context, thread string, p threadPatch) error {
	return b.rest.call(ctx, http.MethodPatch, "/channels/"+thread, p, nil)
}

// wake takes a thread out of the archive.
func (b *Bot) wake(ctx context.Context, thread string) error {
	b.marks.Forget(thread)
	no := false
	err := b.patchThread(ctx, thread, threadPatch{Archived: &no})
	if isCode(err, 50083, 160005, 50013) { // locked: that takes Manage Threads
		err = b.patchThread(ctx, thread, threadPatch{Archived: &no, Locked: &no})
	}
	return err
}

// marksKept is how many threads' looks are remembered, in each of two generations.
const marksKept = 10_000

// KeepThread implements [bot.ThreadKeeper]: the thread is in the archive when
// its case is closed and out of it otherwise, and a forum's post has the tags
// of status and stars, as far as the forum offers them.
func (b *Bot) KeepThread(ctx context.Context, at bot.Place, parent string, s bot.ThreadState) error {
	thread, err := threadOf(parent)
	if err != nil {
		return err
	}
	if have, ok := b.marks.Get(thread); ok && have == s {
		return nil
	}
	var have channel
	if err := b.rest.call(ctx, http.MethodGet, "/channels/"+thread, nil, &have); err != nil {
		if isCode(err, 10003) {
			return b.openAgain(ctx, at, parent, s)
		}
		return b.told(at, err)
	}
	archived := have.Meta != nil && have.Meta.Archived
	tags := have.Applied
	if room, err := b.room(ctx, have.ParentID); err == nil && room.Type == forumChannel {
		tags = tagsFor(room, have.Applied, s)
	}
	var p threadPatch
	if !slices.Equal(tags, have.Applied) {
		p.Tags = &tags
	}
	if archived != s.Closed || archived && p.Tags != nil {
		p.Archived = &s.Closed
	}
	if p.Tags != nil && archived {
		if err := b.wake(ctx, thread); err != nil {
			return b.told(at, err)
		}
	}
	if p.Tags != nil || p.Archived != nil {
		if err := b.patchThread(ctx, thread, p); err != nil {
			return b.told(at, err)
		}
	}
	b.marks.Put(thread, s)
	return nil
}

// openAgain opens a thread that is not there: its opening failed, or somebody
// deleted it while there is still work to do. A card that is gone has none.
func (b *Bot) openAgain(ctx context.Context, at bot.Place, parent string, s bot.ThreadState) error {
	room, id, err := parseRef(parent)
	if err != nil || s.Closed || room == id {
		return err
	}
	err = b.startThread(ctx, room, id, fmt.Sprintf("#%d", at.Case))
	if err == nil || isCode(err, 10003, 10008) {
		return nil
	}
	return b.told(at, err)
}

const requireTag = 1 << 4 // a forum's flag

// tagsFor are the tags that a post ought to have: those of people are kept,
// ours are set anew.
func tagsFor(forum channel, have []string, s bot.ThreadState) []string {
	wanted := tagNames(s)
	ours := map[string]bool{}
	var out []string
	for _, t := range forum.Tags {
		name := strings.ToLower(strings.TrimSpace(t.Name))
		if slices.Contains(wanted, name) {
			out = append(out, t.ID)
		}
		ours[t.ID] = isOurTag(name)
	}
	for _, id := range have {
		if !ours[id] && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	if len(out) == 0 && forum.Flags&requireTag != 0 {
		return have
	}
	return out[:min(len(out), maxTags)]
}

// anyTag is for a forum that demands one before the status is known.
func anyTag(forum channel) []string {
	for _, t := range forum.Tags {
		if strings.EqualFold(t.Name, "open") {
			return []string{t.ID}
		}
	}
	for _, t := range forum.Tags {
		if !t.Moderated {
			return []string{t.ID}
		}
	}
	return nil
}

// tagNames are the names under which a forum may offer a state's tags.
func tagNames(s bot.ThreadState) []string {
	names := []string{s.Status, strings.ReplaceAll(s.Status, "_", " ")}
	if s.Stars > 0 {
		names = append(names, strings.Repeat("★", s.Stars), fmt.Sprintf("%d★", s.Stars), fmt.Sprintf("%d stars", s.Stars), fmt.Sprintf("%d star", s.Stars))
	}
	return names
}

// Tags are the names that a forum may offer for status, those of the states of
// a case; for stars they are ★ to ★★★★★.
var Tags = []string{"new", "open", "held", "drafted", "approved", "publishing", "handed over", "published", "live", "rejected", "unreconciled", "closed"}

func isOurTag(name string) bool {
	if slices.Contains(Tags, strings.ReplaceAll(name, "_", " ")) {
		return true
	}
	for n := 1; n <= 5; n++ {
		if slices.Contains(tagNames(bot.ThreadState{Stars: n}), name) && name != "" {
			return true
		}
	}
	return false
}
