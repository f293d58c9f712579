package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/internal/crash"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/audit"
	"github.com/evenkeel/evenkeel/storage"
)

// This file is the desk as the rows of the command table see it
// ([commands.Desk]).

// Case reads a case.
func (d *Desk) Case(ctx context.Context, id int64) (review.Case, error) { return d.Store.Case(ctx, id) }

// Do applies a person's action. A press whose card has moved on is
// [review.ErrStale]; a press with an id that was handled is [storage.ErrSeen].
func (d *Desk) Do(ctx context.Context, i commands.Invocation, action review.Action) (review.Case, error) {
	guard := func(c review.Case) error {
		if !i.Token.Matches(c) {
			return review.ErrStale
		}
		return nil
	}
	var with storage.Batch
	if i.ID != "" {
		with.Receipt = &storage.Receipt{Scope: "press:" + i.Chat, ID: i.ID, At: d.Now()}
	}
	crash.Point("press.before")
	var c review.Case
	var err error
	if yes, ok := action.(review.Approve); ok {
		c, err = d.approve(ctx, i, yes, guard, with)
	} else {
		c, err = d.act(ctx, i.Case, review.ByPerson(i.By), action, guard, with)
	}
	crash.Point("press.stored")
	return c, err
}

// approve applies a yes, unless the text repeats one that was approved or went
// up since it became the draft. Then the draft's card says so from now on.
func (d *Desk) approve(ctx context.Context, i commands.Invocation, yes review.Approve, guard func(review.Case) error, with storage.Batch) (review.Case, error) {
	c, err := d.Store.Case(ctx, i.Case)
	if err != nil {
		return c, err
	}
	if yes.Findings, err = d.repeats(ctx, c); err != nil {
		return c, err
	}
	c, err = d.act(ctx, i.Case, review.ByPerson(i.By), yes, guard, with)
	if errors.Is(err, review.ErrBlocked) && len(yes.Findings) > 0 {
		again := review.Recheck{Text: yes.Text, Findings: yes.Findings}
		if _, err := d.act(ctx, i.Case, review.BySystem("checks"), again, nil, storage.Batch{}); err != nil && !outgrown(err) {
			d.Logger.WarnContext(ctx, "the card does not say yet why the text is held back", slog.Int64("case", i.Case), slog.Any("error", err))
		}
	}
	return c, err
}

// waiting are the statuses in which a case waits for people.
var waiting = []review.Status{review.Open, review.Held, review.Drafted, review.HandedOver, review.Rejected, review.Unreconciled}

// inboxDepth is how many of the oldest waiting cases an inbox sorts.
const inboxDepth = 500

// Inbox lists cases that wait for people: those that went wrong first, then
// those that are spreading, then by what is due.
func (d *Desk) Inbox(ctx context.Context, f commands.InboxFilter) ([]review.Case, error) {
	cases, err := d.Store.Cases(ctx, storage.Query{Status: waiting, Owner: f.Owner, Oldest: true, Limit: inboxDepth})
	if err != nil {
		return nil, err
	}
	if !f.All {
		cases = slices.DeleteFunc(cases, func(c review.Case) bool { return c.Review.Quiet() && c.Status == review.Open })
	}
	slices.SortStableFunc(cases, func(a, b review.Case) int {
		return cmp.Or(cmp.Compare(urgency(b), urgency(a)), d.dueOrLater(a).Compare(d.dueOrLater(b)))
	})
	return cases[:min(len(cases), cmp.Or(f.Limit, 50))], nil
}

func urgency(c review.Case) int {
	switch {
	case c.Status == review.Unreconciled || c.Status == review.Rejected:
		return 3
	case c.Spreading:
		return 2
	case c.Status == review.Held || c.Class != review.Ordinary:
		return 1
	}
	return 0
}

// dueOrLater is when a case is due; one without a clock comes after all that
// have one.
func (d *Desk) dueOrLater(c review.Case) time.Time {
	if at, ok := d.due(c); ok {
		return at
	}
	return c.Opened.AddDate(10, 0, 0)
}

// Describe gives the words for a case in a list.
func (d *Desk) Describe(c review.Case) commands.Item {
	p := painter{desk: d, c: c, policy: d.policy(c)}
	note := p.standing()
	if due, ok := d.due(c); ok {
		note += "; answer by " + d.when(due)
	}
	return commands.Item{Case: c.ID, Title: c.Ref() + " " + p.headline(), Note: note}
}

// Link is a case's page in the console.
func (d *Desk) Link(id int64) string {
	if d.ConsoleURL == "" || id == 0 {
		return ""
	}
	return fmt.Sprintf("%s/case/%d", strings.TrimSuffix(d.ConsoleURL, "/"), id)
}

// Platforms are the copy-and-open profiles that a pasted review can name.
func (d *Desk) Platforms() []commands.Option { return d.Config.Platforms }

// Audit lists the latest entries about a case in words.
func (d *Desk) Audit(ctx context.Context, id int64, limit int) ([]string, error) {
	var entries []audit.Entry
	for after := int64(0); ; {
		page, err := d.Store.Events(ctx, id, after, 500)
		if err != nil {
			return nil, err
		}
		entries = append(entries, page...)
		if len(page) < 500 {
			break
		}
		after = page[len(page)-1].Seq
	}
	if len(entries) == 0 {
		return nil, storage.ErrNotFound
	}
	entries = entries[max(0, len(entries)-limit):]
	lines := make([]string, len(entries))
	for n, e := range entries {
		lines[n] = d.auditLine(e)
	}
	return lines, nil
}

func (d *Desk) auditLine(e audit.Entry) string {
	s := fmt.Sprintf("%d  %s  %s  %s", e.Seq, e.At.In(d.Playbook.Location()).Format("2006-01-02 15:04:05"), e.Actor, strings.ReplaceAll(string(e.Verb), "_", " "))
	if e.From != e.To && e.To != "" {
		s += "  → " + string(e.To)
	}
	return s
}

// pausedSetting is the name of the durable switch that stops publishing.
const pausedSetting = "paused"

// pause is who stopped publishing, and when.
type pause struct {
	By   string    `json:"by"`
	Name string    `json:"name"`
	At   time.Time `json:"at"`
}

// Paused tells whether publishing is stopped, and by whom.
func (d *Desk) Paused(ctx context.Context) (by string, paused bool, err error) {
	v, err := d.Store.Setting(ctx, pausedSetting)
	if err != nil || v == "" {
		return "", false, err
	}
	var p pause
	if err := json.Unmarshal([]byte(v), &p); err != nil {
		return "somebody", true, nil //nolint:nilerr // whatever stands there, it is not "go on"
	}
	return p.Name, true, nil
}

// SetPaused stops or resumes publishing; every card that waits in the outbox
// says so.
func (d *Desk) SetPaused(ctx context.Context, i commands.Invocation, paused bool) error {
	value, verb := "", review.Verb("resume")
	if paused {
		b, err := json.Marshal(pause{By: string(i.By.ID), Name: i.By.Name, At: d.Now()})
		if err != nil {
			return err
		}
		value, verb = string(b), "pause"
	}
	if err := d.Store.SetSetting(ctx, pausedSetting, value, review.Event{At: d.Now(), Actor: review.ByPerson(i.By).String(), Verb: verb}); err != nil {
		return err
	}
	return d.redrawOutbox(ctx)
}

func (d *Desk) redrawOutbox(ctx context.Context) error {
	for after := int64(0); ; {
		cases, err := d.Store.Cases(ctx, storage.Query{Status: []review.Status{review.Approved, review.Drafted}, Oldest: true, After: after, Limit: 500})
		if err != nil || len(cases) == 0 {
			return err
		}
		var b storage.Batch
		for _, c := range cases {
			b.Work = append(b.Work, d.cardWork(c)...)
		}
		if err := d.Store.Commit(ctx, &b); err != nil {
			return err
		}
		after = cases[len(cases)-1].ID
	}
}
