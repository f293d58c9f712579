package bot

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// A burst is many reviews in a short time. It must not become as many alarms:
// from the tenth thread on, threads open quietly, and one summary card tells
// that they came. Which threads are quiet is remembered by this process only,
// for nothing depends on it; that there is one summary is the work table's
// doing.
const (
	burstSize   = 10
	burstWindow = 10 * time.Minute
	burstRest   = time.Minute // how long the summary waits for the rest of the burst
	burstShown  = 15          // cases named on the summary
	burstDepth  = 500         // newest cases looked through for it
)

// bursts counts the threads opened in each chat and window.
type bursts struct {
	mu     sync.Mutex
	window time.Time
	opened map[string]int
}

// opening counts a thread that is about to be opened in a chat, and tells
// whether it is one of a burst.
func (b *bursts) opening(chat string, now time.Time) (window time.Time, burst bool) {
	window = now.Truncate(burstWindow)
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.window.Equal(window) {
		b.window, b.opened = window, make(map[string]int)
	}
	b.opened[chat]++
	return window, b.opened[chat] >= burstSize
}

// burstKind is the kind of work that posts the summary of a burst to a chat.
func burstKind(chat string) review.WorkKind { return "burst:" + review.WorkKind(chat) }

// burstWork asks for the summary of the burst of a window, once.
func burstWork(chat, channel string, window, now time.Time) review.Work {
	return review.Work{Kind: burstKind(chat), Key: window.UTC().Format(time.RFC3339) + channel, Text: channel, Due: now.Add(burstRest)}
}

// burstWorker posts the summary of a burst.
func (d *Desk) burstWorker(chat Chat) worker {
	return worker{slots: 1, limit: time.Minute, do: func(ctx context.Context, j storage.Job) error {
		window, err := time.Parse(time.RFC3339, j.Key[:len(j.Key)-len(j.Text)])
		if err != nil {
			return d.done(ctx, j) // not a key of ours
		}
		card, err := d.burstCard(ctx, chat.Name(), j.Text, window)
		if err != nil {
			return err
		}
		s := &syncing{desk: d, chat: chat, job: j, channel: j.Text, standing: map[string]storage.Message{}}
		if err := s.bring(ctx, 0, Keyed{Key: "burst-" + strconv.FormatInt(window.Unix(), 36), Card: card}); err != nil {
			return s.trouble(ctx, err)
		}
		return d.Store.Commit(ctx, &storage.Batch{Done: &j, Messages: s.drawn})
	}}
}

// burstCard says what came since the window began.
func (d *Desk) burstCard(ctx context.Context, chat, channel string, since time.Time) (Card, error) {
	cases, err := d.Store.Cases(ctx, storage.Query{Limit: burstDepth})
	if err != nil {
		return Card{}, err
	}
	list := Block{Kind: List}
	total, critical := 0, 0
	for _, c := range cases {
		if c.Status == review.Seeded || c.Opened.Before(since) || d.channel(chat, c) != channel {
			continue
		}
		total++
		if c.Review.Rating.Critical() {
			critical++
		}
		if len(list.Items) < burstShown {
			list.Items = append(list.Items, Line{Text: d.Describe(c).Title})
		}
	}
	if more := total - len(list.Items); more > 0 {
		list.Items = append(list.Items, Line{Text: fmt.Sprintf("and %d more", more)})
	}
	card := Card{
		Title: fmt.Sprintf("%d reviews came since %s", total, d.Clock(since)), Tone: Waiting,
		Blocks: []Block{
			{Kind: Para, Text: fmt.Sprintf("%d of them are critical. Each has its own quiet thread; nothing is lost, and nothing needs haste.", critical)},
			list,
			{Kind: Small, Text: "“inbox” lists what waits for people, the most pressing first. If many say the same, it may be an incident."},
		},
	}
	card.Summary = card.Title + ", " + strconv.Itoa(critical) + " of them critical"
	return card, nil
}
