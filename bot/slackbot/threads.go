package slackbot

import (
	"context"
	"net/url"
	"sync"
	"time"
)

// threads remembers which case a thread belongs to, and which threads belong
// to none, so that conversation elsewhere costs one look only.
type threads struct {
	now func() time.Time
	mu  sync.Mutex
	by  map[string]threadEntry
}

type threadEntry struct {
	id    int64 // 0: not ours
	until time.Time
}

const (
	maxThreads  = 20_000
	threadTrust = 24 * time.Hour
)

func newThreads(now func() time.Time) *threads {
	return &threads{now: now, by: map[string]threadEntry{}}
}

func (t *threads) put(ref string, id int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.by) >= maxThreads {
		clear(t.by) // it is a cache: what is needed comes back
	}
	t.by[ref] = threadEntry{id, t.now().Add(threadTrust)}
}

func (t *threads) get(ref string) (id int64, known bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e, ok := t.by[ref]
	if !ok || t.now().After(e.until) {
		return 0, false
	}
	return e.id, true
}

// caseOf finds the case of a thread by its parent message, 0 for none.
func (b *Bot) caseOf(ctx context.Context, channel, thread string) (int64, error) {
	ref := reference(channel, thread)
	if id, known := b.cases.get(ref); known {
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
	b.cases.put(ref, id)
	return id, nil
}
