package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// A notice is a card that stands in a channel by itself, in no case's thread:
// the line to the second group, an alert about a cause, an incident. Its row of
// work names it and its channel; what it says follows from the store, so a
// notice is drawn anew by asking for the same row again.

// noticeKind is the kind of work that posts a notice to a chat.
func noticeKind(chat string) review.WorkKind { return "notice:" + review.WorkKind(chat) }

// noticePrefix begins the keys of their cards.
const noticePrefix = "notice-"

// The names of notices begin with what they are about.
const (
	overdueNotice  = "overdue-"
	alarmNotice    = "sensitive-"
	causeNotice    = "cause-"
	incidentNotice = "incident-"
)

// notices asks for a notice in every channel in which one of the cases stands.
func (d *Desk) notices(name string, cases ...review.Case) []review.Work {
	var work []review.Work
	seen := make(map[string]bool)
	for _, c := range cases {
		for _, r := range d.routes(c) {
			if place := r.Chat + " " + r.Channel; !seen[place] {
				seen[place] = true
				key := name
				if r.Channel != "" {
					key += "@" + r.Channel
				}
				work = append(work, review.Work{Kind: noticeKind(r.Chat), Key: key, Text: r.Channel, Due: d.Now(), Again: true})
			}
		}
	}
	return work
}

// noticeWorker posts and redraws notices in a chat. The row's key is the
// notice's name, its text the channel.
func (d *Desk) noticeWorker(chat Chat) worker {
	return worker{slots: 1, limit: time.Minute, do: func(ctx context.Context, j storage.Job) error {
		card, ok, err := d.noticeCard(ctx, j)
		if err != nil {
			return err
		}
		if !ok {
			return d.done(ctx, j) // not a name of ours
		}
		key := noticePrefix + j.Key
		s := &syncing{desk: d, chat: chat, job: j, channel: j.Text, standing: map[string]storage.Message{}}
		switch m, err := d.Store.Message(ctx, j.Case, chat.Name(), key); {
		case err == nil:
			s.standing[key] = m
		case !errors.Is(err, storage.ErrNotFound):
			return err
		}
		if err := s.bring(ctx, j.Case, Keyed{Key: key, Card: card}); err != nil {
			return s.trouble(ctx, err)
		}
		return d.Store.Commit(ctx, &storage.Batch{Done: &j, Messages: s.drawn})
	}}
}

// noticeCard draws a notice.
func (d *Desk) noticeCard(ctx context.Context, j storage.Job) (card Card, ok bool, err error) {
	if of, yes := strings.CutPrefix(j.Key, overdueNotice); yes {
		c, err := d.Store.Case(ctx, j.Case)
		if err != nil {
			return card, false, err
		}
		n, told := c.Nudged(of, true)
		return d.overdueCard(c, n), told, nil
	}
	if strings.HasPrefix(j.Key, alarmNotice) {
		c, err := d.Store.Case(ctx, j.Case)
		return d.alarmCard(c), err == nil, err
	}
	if name, yes := strings.CutPrefix(j.Key, causeNotice); yes {
		return d.causeCard(ctx, name)
	}
	if name, yes := strings.CutPrefix(j.Key, sourceNotice); yes {
		return d.sourceCard(ctx, strings.TrimSuffix(name, "@"+j.Text))
	}
	if name, yes := strings.CutPrefix(j.Key, handoverNotice); yes {
		return d.outageCard(ctx, strings.TrimSuffix(name, "@"+j.Text))
	}
	if name, yes := strings.CutPrefix(j.Key, incidentNotice); yes {
		return d.incidentCard(ctx, name)
	}
	return card, false, nil
}

// alarms tells the second group of a review of a sensitive class, once for
// each class that is found in it.
func (d *Desk) alarms(before, after review.Case) []review.Work {
	if after.Class == review.Ordinary || after.Class == before.Class || after.Status == review.Seeded {
		return nil
	}
	var work []review.Work
	for _, r := range d.routes(after) {
		if r.Escalate != "" {
			work = append(work, review.Work{Kind: noticeKind(r.Chat), Case: after.ID, Key: alarmNotice + string(after.Class), Text: r.Escalate, Due: d.Now()})
		}
	}
	return work
}

// alarmCard says that a lead is needed, without the customer's words.
func (d *Desk) alarmCard(c review.Case) Card {
	p := painter{desk: d, c: c, policy: d.policy(c)}
	card := p.card("A lead is needed: "+c.Ref()+" touches "+strings.ReplaceAll(string(c.Class), "_", " "), Waiting)
	card.Blocks = []Block{
		{Kind: Para, Text: "No text is drafted until a lead releases it. “" + fmt.Sprintf("show %d", c.ID) + "” brings the case here."},
		{Kind: Fields, Items: []Line{{Label: "On", Text: p.where()}, {Label: "Owner", Text: firstOf(c.OwnerName, "nobody yet")}}},
	}
	p.button(&card, Button{Label: "Release", Style: Primary, Token: commands.Token{Command: "release", Revision: c.Review.Revision}})
	return card
}

// overdueCard tells the second group.
func (d *Desk) overdueCard(c review.Case, n review.Nudge) Card {
	p := painter{desk: d, c: c, policy: d.policy(c)}
	card := p.card("Overdue: "+c.Ref()+" "+p.headline(), Waiting)
	card.Blocks = []Block{
		{Kind: Para, Text: p.nudgeTitle(n) + "."},
		{Kind: Fields, Items: []Line{{Label: "Owner", Text: firstOf(c.OwnerName, "nobody yet")}, {Label: "On", Text: p.where()}}},
		{Kind: Small, Text: fmt.Sprintf("“show %d” brings the case here. The first group was told too.", c.ID)},
	}
	if c.Owner == "" {
		p.button(&card, Button{Label: "Take it", Style: Primary, Token: commands.Token{Command: "take"}})
	}
	return card
}
