package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/storage"
)

// This file is how people learn that a source is broken, and well again: once
// each, in the source's channel, whatever restarts in between. An outage is
// named after the last success before it, so every process names it alike, and
// the row of work that tells of it can be there only once.

// sourceNotice begins the names of notices about a source.
const sourceNotice = "source-"

// The two things that are told.
const (
	sourceDown = "down"
	sourceWell = "well"
)

// patience is how many polls may fail before people are told: one failure is
// often gone by the next poll. Being asked to wait is no outage until it lasts.
const (
	patience     = 2
	waitPatience = 5
)

// broken tells whether people should hear of a source that failed so often.
func broken(failures int, problem error) bool {
	switch {
	case errors.Is(problem, sources.ErrAuth), errors.Is(problem, sources.ErrUnsupported):
		return true // it will not pass by itself
	case errors.Is(problem, sources.ErrRateLimited):
		return failures >= waitPatience
	}
	return failures >= patience
}

// healthNews is what to tell of a source whose state changed.
func (d *Desk) healthNews(before, after storage.SourceState) []review.Work {
	if before.Announced == after.Announced {
		return nil
	}
	return d.outageNotices(sourceNotice, after.Name, before.Succeeded, before.Announced, d.routesOf(after.Name, false))
}

// outageNotices asks for the notices of an outage of a source or a program, by
// when it began (zero: never well), in every place of the routes.
func (d *Desk) outageNotices(kind, name string, began time.Time, well bool, routes []playbook.Route) []review.Work {
	tell := []string{sourceDown}
	if well {
		tell = append(tell, sourceWell) // the first card is redrawn: it must not alarm whoever comes later
	}
	var work []review.Work
	for _, what := range tell {
		for _, r := range routes {
			key := kind + what + "-" + strconv.FormatInt(max(began.UnixMicro(), 0), 36) + "-" + name
			if r.Channel != "" {
				key += "@" + r.Channel
			}
			work = append(work, review.Work{Kind: noticeKind(r.Chat), Key: key, Text: r.Channel, Due: d.Now(), Again: true})
		}
	}
	return work
}

// sourceCard draws a notice about a source; name is what follows sourceNotice.
func (d *Desk) sourceCard(ctx context.Context, name string) (Card, bool, error) {
	what, name, ok := strings.Cut(name, "-")
	outage, source, ok2 := strings.Cut(name, "-")
	micros, err := strconv.ParseInt(outage, 36, 64)
	if !ok || !ok2 || err != nil {
		return Card{}, false, nil //nolint:nilerr // not a name of ours
	}
	state, err := d.sourceState(ctx, source)
	if err != nil {
		return Card{}, false, err
	}
	last := "It could not be read so far."
	if micros > 0 {
		last = "It was last read " + d.when(time.UnixMicro(micros)) + "."
	}
	over := !state.Announced || max(state.Succeeded.UnixMicro(), 0) != micros
	card := Card{Title: source + " can be read again", Tone: Good}
	switch {
	case what == sourceWell:
		card.Blocks = []Block{{Kind: Para, Text: last + " What was written meanwhile is brought in now."}}
	case over:
		card.Title = source + " was out of reach"
		card.Tone = Neutral
		card.Blocks = []Block{{Kind: Para, Text: last + " It can be read again."}}
	default:
		card.Title = source + " cannot be read"
		card.Tone = Waiting
		card.Blocks = []Block{
			{Kind: Para, Text: sentence(state.Problem)},
			{Kind: Small, Text: last + " Nothing is lost: it is tried again by itself, and told here once it works. “sources” shows how all of them fare."},
		}
	}
	card.Summary = card.Title
	return card, true, nil
}

// expiring is a source that knows when its token ends.
type expiring interface{ TokenExpiry() time.Time }

// Sources tells how each source fares.
func (d *Desk) Sources(ctx context.Context) ([]commands.Item, error) {
	states, err := d.Store.Sources(ctx)
	if err != nil {
		return nil, err
	}
	known := make(map[string]storage.SourceState, len(states))
	for _, s := range states {
		known[s.Name] = s
	}
	items := d.Troubles()
	for _, name := range slices.Sorted(maps.Keys(d.sources)) {
		items = append(items, commands.Item{Title: name, Note: d.fares(d.sources[name], known[name])})
		delete(known, name)
	}
	for _, name := range slices.Sorted(maps.Keys(known)) {
		items = append(items, commands.Item{Title: name, Note: "no longer in the playbook; last read " + d.ago(known[name].Succeeded)})
	}
	return items, nil
}

// fares is one source's health in a line.
func (d *Desk) fares(s sources.Source, state storage.SourceState) string {
	caps := s.Capabilities()
	if !caps.List {
		return "reviews are brought to us; nothing is read"
	}
	interval := max(d.pollInterval(s.Name()), caps.MinPoll)
	var parts []string
	switch {
	case state.Problem != "" && state.Succeeded.IsZero():
		parts = append(parts, fmt.Sprintf("not read yet (%d tries): %s", state.Failures, state.Problem))
	case state.Problem != "":
		parts = append(parts, fmt.Sprintf("out of reach (%d tries); last read %s: %s", state.Failures, d.ago(state.Succeeded), state.Problem))
	case state.Succeeded.IsZero():
		parts = append(parts, "not read yet")
	default:
		parts = append(parts, "well; last read "+d.ago(state.Succeeded))
	}
	if lag := d.Now().Sub(state.Succeeded) - interval; !state.Succeeded.IsZero() && lag > interval {
		parts = append(parts, "behind by "+span(lag))
	}
	if state.Waits.After(d.Now()) && state.Failures > 0 {
		parts = append(parts, "asked again "+d.when(state.Waits))
	} else {
		parts = append(parts, "asked every "+span(interval))
	}
	if caps.MinPoll > 0 && caps.MinPoll >= interval {
		parts = append(parts, "its platform takes no more calls")
	}
	if e, ok := s.(expiring); ok && !e.TokenExpiry().IsZero() {
		parts = append(parts, "token good until "+d.when(e.TokenExpiry())+", renewed by itself")
	}
	return strings.Join(parts, "; ")
}

// span is a length of time to the minute, or below one to the second.
func span(t time.Duration) string {
	if t < time.Minute {
		return t.Round(time.Second).String()
	}
	words := strings.TrimSuffix(t.Round(time.Minute).String(), "0s")
	return strings.Replace(words, "h0m", "h", 1)
}
