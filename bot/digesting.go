package bot

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/bot/digest"
	"github.com/evenkeel/evenkeel/bot/digest/chart"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/internal/crash"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/stats"
	"github.com/evenkeel/evenkeel/storage"
)

// A digest is a row of work for its period, so there is one however many
// replicas run and however often they are restarted. When it is due it becomes,
// in one write, a row for each channel in which it stands and the row of the
// period after it.

// digestKind is the kind of work that posts a digest to a chat.
func digestKind(chat string) review.WorkKind { return review.WorkDigest + ":" + review.WorkKind(chat) }

// schedule is when the playbook wants digests.
func (d *Desk) schedule() digest.Schedule {
	s := digest.Schedule{Zone: d.Playbook.Location(), DailyAt: -1, WeeklyAt: -1}
	if at, ok := d.Playbook.DailyDigest(); ok {
		s.DailyAt = at
	}
	if day, at, ok := d.Playbook.WeeklyDigest(); ok {
		s.WeeklyDay, s.WeeklyAt = day, at
	}
	return s
}

// nextDigests are the rows of the next digest of each kind.
func (d *Desk) nextDigests() []review.Work {
	var work []review.Work
	for _, kind := range []digest.Kind{digest.Daily, digest.Weekly} {
		if p, ok := d.schedule().Next(kind, d.Now()); ok {
			work = append(work, review.Work{Kind: review.WorkDigest, Key: p.Key(), Due: p.To})
		}
	}
	return work
}

// digestDue passes a digest on to the channels in which it stands. A row of a
// schedule that was changed meanwhile comes to nothing.
func (d *Desk) digestDue(ctx context.Context, j storage.Job) error {
	batch := &storage.Batch{Done: &j, Work: d.nextDigests()}
	if _, ok := d.schedule().Find(j.Key, d.Now()); ok {
		names := make([]string, len(d.chats))
		for i, c := range d.chats {
			names[i] = c.Name()
		}
		for _, r := range d.Playbook.DigestRoutes(names) {
			key := j.Key
			if r.Channel != "" {
				key += "@" + r.Channel
			}
			batch.Work = append(batch.Work, review.Work{Kind: digestKind(r.Chat), Key: key, Text: r.Channel, Due: d.Now()})
		}
	}
	return d.Store.Commit(ctx, batch)
}

// digestWorker posts digests to a chat. The row's key names the period and the
// channel, its text the channel.
func (d *Desk) digestWorker(chat Chat) worker {
	return worker{slots: 1, limit: 2 * time.Minute, do: func(ctx context.Context, j storage.Job) error {
		key := j.Key
		if j.Text != "" {
			key = key[:len(key)-len(j.Text)-1]
		}
		period, ok := d.schedule().Find(key, d.Now())
		if !ok {
			return d.done(ctx, j)
		}
		in, err := d.digestInput(ctx, period)
		if err != nil {
			return err
		}
		if in.Empty() {
			return d.done(ctx, j)
		}
		shown := d.digestDrawing(ctx, period)
		if shown != nil {
			in.Picture = shown.Alt
		}
		at := Place{Channel: j.Text, Key: "digest-" + j.Key, Quiet: in.Overdue == 0}
		s := &syncing{desk: d, chat: chat, job: j, channel: j.Text, standing: map[string]storage.Message{}}
		ref, err := d.postDigest(ctx, chat, j, at, d.digestCard(in), d.pictured(ctx, chat, period, shown))
		crash.Point("digest.posted")
		if err != nil {
			return s.trouble(ctx, err)
		}
		d.troubled(chat.Name(), nil)
		m := storage.Message{Chat: chat.Name(), Key: at.Key, Ref: ref, Posted: d.Now()}
		return d.Store.Commit(ctx, &storage.Batch{Done: &j, Messages: []storage.Message{m}})
	}}
}

// postDigest posts a digest unless an earlier try did, and lost the answer or
// died.
func (d *Desk) postDigest(ctx context.Context, chat Chat, j storage.Job, at Place, card Card, picture *Picture) (string, error) {
	if j.Attempts > 1 {
		if ref, found, err := chat.Find(ctx, at); err != nil || found {
			return ref, err
		}
	}
	crash.Point("digest.posting")
	if shows, ok := chat.(Pictures); ok && picture != nil {
		return shows.PostPicture(ctx, at, card, *picture)
	}
	return chat.Post(ctx, at, card)
}

// Days of the picture: a month in a daily digest, twelve weeks in a weekly one.
var pictureDays = map[digest.Kind]stats.Day{digest.Daily: 30, digest.Weekly: 84}

// digestDrawing shows how ratings and waiting times move. A digest does not
// wait for its picture: without numbers there is none.
func (d *Desk) digestDrawing(ctx context.Context, p digest.Period) *chart.Drawing {
	to := stats.DayOf(p.To, d.Playbook.Location()) + 1
	days := stats.Period{From: to - pictureDays[p.Kind], To: to, Name: "the last 30 days"}
	if p.Kind == digest.Weekly {
		days.Name = "the last 12 weeks"
	}
	var rows []stats.Row
	_, err := d.catchUp(ctx)
	if err == nil {
		rows, err = d.Store.Counts(ctx, storage.CountQuery{Parts: days.Parts()})
	}
	if err != nil {
		d.Logger.WarnContext(ctx, "a digest goes without its picture", slog.Any("error", err))
		return nil
	}
	report := stats.Sum(days, rows)
	if report.Ratings.Rated() == 0 {
		return nil
	}
	drawing := chart.Stack(chart.Trend(report), chart.Answers(report))
	return &drawing
}

// pictured is a digest's drawing as a picture, for a chat that can show one.
func (d *Desk) pictured(ctx context.Context, chat Chat, p digest.Period, drawing *chart.Drawing) *Picture {
	if _, shows := chat.(Pictures); !shows || drawing == nil {
		return nil
	}
	png, err := drawing.PNG(chart.Light())
	if err != nil {
		d.Logger.ErrorContext(ctx, "a digest goes without its picture", slog.Any("error", err))
		return nil
	}
	return &Picture{Name: "digest-" + p.To.Format(time.DateOnly) + ".png", PNG: png, Alt: drawing.Alt}
}

// digestInput counts what a digest tells.
func (d *Desk) digestInput(ctx context.Context, p digest.Period) (digest.Input, error) {
	in := digest.Input{Period: p, PromiseDays: reportDays}
	var head review.Digest
	var err error
	if in.Entries, head, err = d.Store.Head(ctx); err != nil {
		return in, err
	}
	in.Head = head.String()
	promises, err := d.PromiseReport(ctx)
	if err != nil {
		return in, err
	}
	in.Kept, in.KeptLate, in.Dropped = promises.InTime, promises.Late, promises.Dropped
	for _, gather := range []func(context.Context, *digest.Input) error{d.gatherNew, d.gatherWaiting, d.gatherTasks, d.gatherQuiet} {
		if err := gather(ctx, &in); err != nil {
			return in, err
		}
	}
	return in, nil
}

// gatherNew takes what came in the period: both sides, and causes.
func (d *Desk) gatherNew(ctx context.Context, in *digest.Input) error {
	causes := make(map[string]int)
	type voice struct {
		digest.Voice
		stars float64
	}
	var bad []voice
	for q, seen := (storage.Query{Limit: 1000}), 0; seen < longest; {
		cases, err := d.Store.Cases(ctx, q)
		if err != nil {
			return err
		}
		for _, c := range cases {
			if c.Status == review.Seeded || c.Opened.Before(in.From) || !c.Opened.Before(in.To) {
				continue
			}
			in.Arrived++
			stars, _ := c.Review.Rating.Fifths()
			switch r := c.Review; {
			case r.Rating.Positive():
				in.Good++
				if !r.StarOnly() {
					in.Praise = append(in.Praise, d.voice(c))
				}
			case r.Rating.Critical():
				in.Bad++
				if !r.StarOnly() {
					bad = append(bad, voice{d.voice(c), stars})
				}
			}
			if cause := named(c.Cause); cause != "" && !c.Review.Quiet() {
				causes[cause]++
			}
		}
		if len(cases) < q.Limit || cases[len(cases)-1].Opened.Before(in.From) {
			break
		}
		q.After, seen = cases[len(cases)-1].ID, seen+len(cases)
	}
	slices.SortStableFunc(bad, func(a, b voice) int { return cmp.Compare(a.stars, b.stars) })
	for _, v := range bad {
		in.Criticism = append(in.Criticism, v.Voice)
	}
	return d.gatherCauses(ctx, in, causes)
}

// gatherCauses puts beside each cause what was changed about it.
func (d *Desk) gatherCauses(ctx context.Context, in *digest.Input, counts map[string]int) error {
	record, _, err := d.causes(ctx)
	if err != nil {
		return err
	}
	for name, n := range counts {
		c := digest.Cause{Name: name, N: n}
		if r := record[name]; r != nil && len(r.Changed) > 0 {
			c.Changed = r.Changed[len(r.Changed)-1].Text
		}
		in.Causes = append(in.Causes, c)
	}
	slices.SortFunc(in.Causes, func(a, b digest.Cause) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Name, b.Name))
	})
	return nil
}

// gatherWaiting takes the answers that are waited for, and those that are late.
func (d *Desk) gatherWaiting(ctx context.Context, in *digest.Input) error {
	type waiting struct {
		due  time.Time
		item digest.Item
	}
	var late, ahead []waiting
	err := d.each(ctx, storage.Query{Status: awaiting}, func(c review.Case) {
		due, ok := d.due(c)
		if !ok {
			return
		}
		w := waiting{due, digest.Item{Voice: d.voice(c), Note: d.dueNote(due)}}
		if due.After(d.Now()) {
			ahead = append(ahead, w)
		} else {
			late = append(late, w)
		}
	})
	in.Waiting, in.Overdue = len(ahead), len(late)
	for to, list := range map[*[]digest.Item][]waiting{&in.Waits: ahead, &in.Late: late} {
		slices.SortStableFunc(list, func(a, b waiting) int { return a.due.Compare(b.due) })
		for _, w := range list[:min(len(list), digestDepth)] {
			*to = append(*to, w.item)
		}
	}
	return err
}

// digestDepth is how many of a list are handed to the digest, which shows
// fewer.
const digestDepth = 20

// gatherTasks takes the open promises. A task that is late counts as late.
func (d *Desk) gatherTasks(ctx context.Context, in *digest.Input) error {
	type open struct {
		due  time.Time
		item digest.Item
	}
	var promises, late []open
	err := d.each(ctx, storage.Query{Tasks: true}, func(c review.Case) {
		for _, t := range c.Tasks() {
			item := digest.Item{Voice: digest.Voice{Case: c.ID, Where: c.Review.Key.Source, Words: t.Text}, Note: d.dueNote(t.Due)}
			if t.Kind == review.TaskPromise || t.Kind == review.TaskOwner {
				promises = append(promises, open{t.Due, item})
			}
			if !t.Due.After(d.Now()) {
				item.Note = taskWords[t.Kind] + ", " + item.Note
				late = append(late, open{t.Due, item})
			}
		}
	})
	slices.SortStableFunc(promises, func(a, b open) int { return a.due.Compare(b.due) })
	in.PromisesOpen, in.Overdue = len(promises), in.Overdue+len(late)
	for _, o := range promises[:min(len(promises), digestDepth)] {
		in.Promises = append(in.Promises, o.item)
	}
	for _, o := range late[:min(len(late), digestDepth)] {
		in.Late = append(in.Late, o.item)
	}
	return err
}

var taskWords = map[review.TaskKind]string{
	review.TaskPromise: "a promise", review.TaskOwner: "a promise without an owner", review.TaskReach: "reaching out",
	review.TaskAnswer: "did it work?", review.TaskReport: "the platform's answer to a report",
}

// gatherQuiet takes praise and star-only reviews that nobody has decided on.
func (d *Desk) gatherQuiet(ctx context.Context, in *digest.Input) error {
	return d.each(ctx, storage.Query{Status: []review.Status{review.Open}}, func(c review.Case) {
		if c.Review.Quiet() && c.Verdict == review.Undecided {
			in.Quiet++
			if len(in.Quiets) < digestDepth {
				in.Quiets = append(in.Quiets, d.voice(c))
			}
		}
	})
}

func (d *Desk) voice(c review.Case) digest.Voice {
	r := c.Review
	return digest.Voice{Case: c.ID, Stars: r.Rating.String(), Where: r.Key.Source, Words: clip(oneLine(r.Text()), 400)}
}

func (d *Desk) dueNote(t time.Time) string { return digest.Due(t.In(d.Playbook.Location())) }

// digestCard is a digest as a card. Its buttons decide only that praise is
// thanked, which begins a draft that waits for approval like any other, or that
// there is nothing to say to a mark without words.
func (d *Desk) digestCard(in digest.Input) Card {
	page := digest.Compose(in, d.Playbook.StaffNames())
	card := Card{Title: page.Title, Summary: page.Summary, Tone: Neutral}
	if page.Urgent {
		card.Tone = Waiting
	}
	marks := map[digest.Mark]Mark{digest.Alert: Alert, digest.Todo: Todo}
	for _, s := range page.Sections {
		b := Block{Kind: List, Heading: s.Heading}
		if s.Pairs {
			b.Kind = Fields
		}
		for _, l := range s.Lines {
			b.Items = append(b.Items, Line{Mark: marks[l.Mark], Label: l.Label, Text: l.Text})
		}
		card.Blocks = append(card.Blocks, b)
	}
	card.Blocks = append(card.Blocks, Block{Kind: Small, Text: page.Footer})
	for _, v := range in.Quiets[:min(len(in.Quiets), digest.Quiets)] {
		label, verdict := "Thank", review.VerdictThank
		if v.Words == "" {
			label, verdict = "Nothing to say", review.VerdictNone
		}
		card.Buttons = append(card.Buttons, Button{Label: fmt.Sprintf("%s #%d", label, v.Case), Token: commands.Token{Command: "verdict", Case: v.Case, Arg: string(verdict)}})
	}
	if d.ConsoleURL != "" {
		card.Links = append(card.Links, Link{Label: "Numbers", URL: strings.TrimSuffix(d.ConsoleURL, "/") + "/numbers"})
	}
	return card
}
