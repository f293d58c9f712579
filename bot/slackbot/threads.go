package slackbot

import (
	"context"
	"net/url"
	"time"
)

// threadsKept is how many threads are remembered in each of two generations:
// which case they belong to, and which belong to none (0), so that conversation
// elsewhere costs one look only. threadTrust is for how long that is good.
const (
	threadsKept = 10_000
	threadTrust = 24 * time.Hour
)

// caseOf finds the case of a thread by its parent message, 0 for none.
func (b *Bot) caseOf(ctx context.Context, channel, thread string) (int64, error) {
	ref := reference(channel, thread)
	if id, known := b.cases.Get(ref); known {
		return id, nil
	}
	me, err := b.whoami(ctx)
	if err != nil {
		return 0, err
	}
	p, err := b.page(ctx, "conversations.history", url.Values{
		"channel": {channel}, "latest": {thread}, "oldest": {thread}, "inclusive": {"true"}, "limit": {"1"}})
	if err != nil {
		return 0, err
	}
	var id int64
	for _, m := range p.Messages {
		if m.TS == thread && m.own(me) {
			id = m.parentCase()
		}
	}
	b.cases.Put(ref, id)
	return id, nil
}
