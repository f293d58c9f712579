package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// This file watches causes: so many reviews with one cause in a window raise
// one alert, and beside each cause stands what the team changed.

// causesSetting holds the record of causes.
const causesSetting = "causes"

// causeRecord is what is kept of one cause.
type causeRecord struct {
	Alerts  int         `json:"alerts,omitempty"`
	Alerted time.Time   `json:"alerted,omitzero"`
	Count   int         `json:"count,omitempty"` // of reviews at the last alert
	Cases   []int64     `json:"cases,omitempty"` // the newest of them
	Changed []causeNote `json:"changed,omitempty"`
}

// causeNote is what was changed so that it does not happen again.
type causeNote struct {
	Text string    `json:"text"`
	Name string    `json:"name"`
	At   time.Time `json:"at"`
}

// Bounds of the record, which is one value of the store.
const (
	causesKept  = 300 // causes, the latest alerted or changed
	changesKept = 10  // of each
	causeShown  = 10  // cases on an alert
	causeDepth  = 1000
)

// causes reads the record, and its spelling in the store to compare with.
func (d *Desk) causes(ctx context.Context) (map[string]*causeRecord, string, error) {
	stored, err := d.Store.Setting(ctx, causesSetting)
	if err != nil {
		return nil, "", err
	}
	all := make(map[string]*causeRecord)
	if stored != "" {
		if err := json.Unmarshal([]byte(stored), &all); err != nil {
			return nil, "", fmt.Errorf("the record of causes cannot be read: %w", err)
		}
	}
	return all, stored, nil
}

// causesChange is the record as it is to be stored.
func causesChange(all map[string]*causeRecord, before string) (*storage.Setting, error) {
	for len(all) > causesKept {
		oldest, at := "", time.Time{}
		for name, r := range all {
			last := r.Alerted
			if n := len(r.Changed); n > 0 && r.Changed[n-1].At.After(last) {
				last = r.Changed[n-1].At
			}
			if oldest == "" || last.Before(at) {
				oldest, at = name, last
			}
		}
		delete(all, oldest)
	}
	b, err := json.Marshal(all)
	return &storage.Setting{Name: causesSetting, Before: before, Value: string(b)}, err
}

// watchWork is what a change of a case gives to look at: its cause, whether it
// is one of many, and what other cases tell of it. The rows are shared by all
// new cases, so a burst leaves one of each.
func (d *Desk) watchWork(before, after review.Case) []review.Work {
	work := d.recallWork(before, after)
	if after.Status == review.Seeded || after.Review.Quiet() || after.Triaged == before.Triaged && after.Cause == before.Cause && after.Review.Revision == before.Review.Revision {
		return work
	}
	if d.Playbook.Incident().Reviews > 0 {
		work = append(work, review.Work{Kind: review.WorkIncident, Key: lookForIncidents, Due: d.Now().Add(watchRest), Again: true})
	}
	if named(after.Cause) != "" {
		work = append(work, review.Work{Kind: review.WorkCause, Key: after.Cause, Due: d.Now().Add(watchRest), Again: true})
	}
	return work
}

// named is a cause that says something; “other” is none.
func named(cause string) string {
	if cause == "other" {
		return ""
	}
	return cause
}

// watchRest is how long a look waits for the rest of a burst.
const watchRest = 30 * time.Second

// sameCause are the critical reviews with a cause that came in the window, the
// newest first.
func (d *Desk) sameCause(ctx context.Context, cause string, within time.Duration) ([]review.Case, error) {
	cases, err := d.Store.Cases(ctx, storage.Query{Cause: cause, Limit: causeDepth})
	from := d.Now().Add(-within)
	return slices.DeleteFunc(cases, func(c review.Case) bool {
		return c.Status == review.Seeded || c.Review.Quiet() || c.Opened.Before(from)
	}), err
}

// watchCause raises an alert when a cause comes too often: once in a window.
func (d *Desk) watchCause(ctx context.Context, j storage.Job) error {
	rule := d.Playbook.Causes()
	cases, err := d.sameCause(ctx, j.Key, rule.Within)
	if err != nil {
		return err
	}
	all, before, err := d.causes(ctx)
	if err != nil {
		return err
	}
	r := all[j.Key]
	if r == nil {
		r = &causeRecord{}
	}
	if len(cases) < rule.Reviews || !r.Alerted.IsZero() && d.Now().Sub(r.Alerted) < rule.Within {
		return d.done(ctx, j)
	}
	r.Alerts++
	r.Alerted, r.Count, r.Cases = d.Now(), len(cases), nil
	for _, c := range cases[:min(len(cases), causeShown)] {
		r.Cases = append(r.Cases, c.ID)
	}
	all[j.Key] = r
	setting, err := causesChange(all, before)
	if err != nil {
		return err
	}
	err = d.Store.Commit(ctx, &storage.Batch{
		Done: &j, Setting: setting,
		Work:   d.notices(fmt.Sprintf("%s%d-%s", causeNotice, r.Alerts, strings.ReplaceAll(j.Key, " ", "_")), cases...),
		Events: []review.Event{{At: d.Now(), Actor: review.BySystem("watcher").String(), Verb: "cause_alert", Detail: map[string]string{"cause": review.DigestOf(j.Key).Short(), "reviews": fmt.Sprint(len(cases))}}},
	})
	if errors.Is(err, review.ErrConflict) {
		return &later{at: d.Now(), why: "the record of causes moved meanwhile"}
	}
	return err
}

// causeCard is the alert: "1-late_delivery@channel".
func (d *Desk) causeCard(ctx context.Context, name string) (Card, bool, error) {
	name, _, _ = strings.Cut(name, "@")
	_, cause, ok := strings.Cut(name, "-")
	cause = strings.ReplaceAll(cause, "_", " ")
	all, _, err := d.causes(ctx)
	if err != nil || !ok || all[cause] == nil {
		return Card{}, false, err
	}
	r := all[cause]
	card := Card{Title: fmt.Sprintf("%d reviews with one cause: %s", r.Count, cause), Tone: Waiting}
	list := Block{Kind: List, Heading: "The latest"}
	for _, id := range r.Cases {
		c, err := d.Store.Case(ctx, id)
		if err != nil {
			return card, false, err
		}
		list.Items = append(list.Items, Line{Text: d.Describe(c).Title})
	}
	card.Blocks = []Block{list, {Kind: Small, Text: "“changed " + strings.ReplaceAll(cause, " ", "_") + " WHAT” notes what you changed; replies may rest on it once it is a fact. This alert comes once in the window."}}
	card.Buttons = []Button{{Label: "What we changed", Form: true, Token: commands.Token{Command: "changed", Arg: clip(strings.ReplaceAll(cause, " ", "_"), 40)}}}
	card.Summary = card.Title
	return card, true, nil
}

// Causes lists the causes of late. See [commands.Desk].
func (d *Desk) Causes(ctx context.Context) ([]commands.Item, error) {
	rule := d.Playbook.Causes()
	counts := make(map[string]int)
	cases, err := d.Store.Cases(ctx, storage.Query{Limit: causeDepth})
	if err != nil {
		return nil, err
	}
	from := d.Now().Add(-rule.Within)
	for _, c := range cases {
		if c.Cause != "" && !c.Review.Quiet() && c.Status != review.Seeded && !c.Opened.Before(from) {
			counts[c.Cause]++
		}
	}
	all, _, err := d.causes(ctx)
	if err != nil {
		return nil, err
	}
	for name := range all {
		counts[name] += 0
	}
	var items []commands.Item
	for name, n := range counts {
		note := fmt.Sprintf("%d in the last %d days", n, int(rule.Within.Hours()/24))
		if r := all[name]; r != nil && len(r.Changed) > 0 {
			last := r.Changed[len(r.Changed)-1]
			note += "; changed " + d.when(last.At) + " (" + last.Name + "): " + last.Text
		}
		items = append(items, commands.Item{Title: name, Note: note})
	}
	slices.SortFunc(items, func(a, b commands.Item) int {
		if c := counts[b.Title] - counts[a.Title]; c != 0 {
			return c
		}
		return strings.Compare(a.Title, b.Title)
	})
	return items, nil
}

// CauseChanged notes what the team changed about a cause.
func (d *Desk) CauseChanged(ctx context.Context, i commands.Invocation, cause, what string) error {
	cause, what = review.PlainCause(cause), strings.TrimSpace(what)
	switch {
	case cause == "":
		return &review.InputError{Field: "cause", Problem: "is needed: “causes” lists them"}
	case what == "":
		return &review.InputError{Field: "change", Problem: "is empty: say in a sentence what is different now"}
	}
	for range conflictTries {
		all, before, err := d.causes(ctx)
		if err != nil {
			return err
		}
		r := all[cause]
		if r == nil {
			r = &causeRecord{}
			all[cause] = r
		}
		r.Changed = append(r.Changed, causeNote{Text: what, Name: i.By.Name, At: d.Now()})
		r.Changed = r.Changed[max(0, len(r.Changed)-changesKept):]
		setting, err := causesChange(all, before)
		if err != nil {
			return err
		}
		e := review.Event{At: d.Now(), Actor: review.ByPerson(i.By).String(), Verb: "changed",
			Detail: map[string]string{"what": review.DigestOf(what).String()}, Texts: map[string]string{"what": what}}
		if err = d.Store.Commit(ctx, &storage.Batch{Setting: setting, Events: []review.Event{e}}); !errors.Is(err, review.ErrConflict) {
			return err
		}
	}
	return review.ErrConflict
}
