package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/incident"
	"github.com/evenkeel/evenkeel/review/stats"
	"github.com/evenkeel/evenkeel/review/words"
	"github.com/evenkeel/evenkeel/storage"
)

// keepNumbers counts what happens, in the team's days, until ctx ends.
func (d *Desk) keepNumbers(ctx context.Context) {
	if err := d.Store.SetZone(ctx, d.Playbook.Location()); err != nil && ctx.Err() == nil {
		d.Logger.WarnContext(ctx, "the numbers keep the time zone they have; it is tried again at the next start", slog.Any("error", err))
	}
	storage.Follow(ctx, d.Store, d.Logger)
}

// What a question waits for: changes of just now are counted first, a backlog
// is not.
const (
	catchUps    = 3
	catchUpStep = 100
)

// catchUp counts what happened just now, and tells about how much remains.
func (d *Desk) catchUp(ctx context.Context) (left int64, err error) {
	for range catchUps {
		left, err = d.Store.Tally(ctx, catchUpStep)
		if errors.Is(err, storage.ErrFenced) {
			continue // somebody else counts
		}
		if err != nil || left == 0 {
			return left, err
		}
	}
	return left, nil
}

// Numbers sums up a period. See [commands.Numbers].
func (d *Desk) Numbers(ctx context.Context, of, period string) (commands.Summary, error) {
	zone := d.Playbook.Location()
	p, err := stats.ParsePeriod(period, stats.DayOf(d.Now(), zone))
	if err != nil {
		return commands.Summary{}, &review.InputError{Field: "period", Problem: "is not one: " + err.Error()}
	}
	left, err := d.catchUp(ctx)
	if err != nil {
		return commands.Summary{}, err
	}
	q := storage.CountQuery{Parts: p.Parts()}
	if q.Source, q.Subject, err = d.sourceOrSubject(ctx, of); err != nil {
		return commands.Summary{}, err
	}
	rows, err := d.Store.Counts(ctx, q)
	if err != nil {
		return commands.Summary{}, err
	}
	return commands.Summary{Report: stats.Sum(p, rows), Of: q.Source + q.Subject, Zone: zone.String(), Behind: left}, nil
}

// manySubjects bounds among how many subjects a name is looked for.
const manySubjects = 2000

// sourceOrSubject tells what a name is: of a source, or of something that was
// reviewed. Its beginning will do when no other begins so.
func (d *Desk) sourceOrSubject(ctx context.Context, name string) (source, subject string, err error) {
	if name == "" {
		return "", "", nil
	}
	rows, err := d.Store.Counts(ctx, storage.CountQuery{Parts: []stats.Part{{Grain: stats.Ever}}, What: []stats.What{stats.Reviews}})
	if err != nil {
		return "", "", err
	}
	var sources []string
	for configured := range d.sources {
		sources = append(sources, configured)
	}
	for _, r := range rows {
		sources = append(sources, r.Source)
	}
	slices.Sort(sources)
	sources = slices.Compact(sources)
	if s, ok := called(name, sources); ok {
		return s, "", nil
	}
	subjects, err := d.Store.Subjects(ctx, "", manySubjects)
	if err != nil {
		return "", "", err
	}
	if s, ok := called(name, subjects); ok {
		return "", s, nil
	}
	return "", "", &review.InputError{
		Field:   "name “" + clip(oneLine(name), 60) + "”",
		Problem: "is that of no source and of nothing that was reviewed; the sources are " + strings.Join(sources, ", "),
	}
}

// called finds a name in a list, or the only one that begins with it.
func called(name string, list []string) (string, bool) {
	name = words.Fold(name)
	var begun []string
	for _, s := range list {
		switch folded := words.Fold(s); {
		case folded == name:
			return s, true
		case name != "" && strings.HasPrefix(folded, name):
			begun = append(begun, s)
		}
	}
	if len(begun) == 1 {
		return begun[0], true
	}
	return "", false
}

// found is how many cases a search shows.
const found = 10

// Search lists cases by their words. See [commands.Numbers].
func (d *Desk) Search(ctx context.Context, typed string) (commands.Found, error) {
	if _, err := d.catchUp(ctx); err != nil {
		return commands.Found{}, err
	}
	answer, err := d.Store.Search(ctx, words.Parse(typed), "", found)
	if err != nil {
		return commands.Found{}, err
	}
	items := make([]commands.Item, len(answer.Hits))
	for n, h := range answer.Hits {
		items[n] = commands.Item{
			Case:  h.Case.ID,
			Title: fmt.Sprintf("%s %s %s: “%s”", h.Case.Ref(), h.Case.Review.Key.Source, h.Case.Review.Rating, oneLine(h.Snippet)),
			Note:  "in the " + h.Where + "; " + h.Case.Status.Label(),
		}
		if h.Where == "about" {
			items[n].Note = "by or about them; " + h.Case.Status.Label()
		}
	}
	return commands.Found{Items: items, Newest: answer.Newest}, nil
}

// The bounds of what is looked at for similar cases, and shown.
const (
	similarDepth = 200
	similarShown = 5
)

// SimilarCases are other cases that tell of the same, the newest first: those
// of the same cause, and those that share telling words. It reads a few hundred
// cases at most.
func (d *Desk) SimilarCases(ctx context.Context, c review.Case) ([]review.Case, error) {
	near, err := d.similarTo(ctx, c, similarDepth, func(review.Case) bool { return true })
	return near[:min(len(near), similarShown)], err
}

// similarTo are the cases that tell of the same as c and may count, newest
// first, found among depth that share telling words and as many of its cause.
func (d *Desk) similarTo(ctx context.Context, c review.Case, depth int, may func(review.Case) bool) ([]review.Case, error) {
	near, err := d.Store.Alike(ctx, []string{c.Review.Title, c.Review.Body}, depth)
	if err != nil {
		return nil, err
	}
	if c.Cause != "" {
		same, err := d.Store.Cases(ctx, storage.Query{Cause: c.Cause, Limit: depth})
		if err != nil {
			return nil, err
		}
		near = append(near, same...)
	}
	slices.SortFunc(near, func(a, b review.Case) int { return int(b.ID - a.ID) })
	near = slices.CompactFunc(near, func(a, b review.Case) bool { return a.ID == b.ID })
	self := signalOf(c)
	var out []review.Case
	for _, other := range near {
		s := signalOf(other)
		if other.ID != c.ID && may(other) && incident.Similar(&self, &s) {
			out = append(out, other)
		}
	}
	return out, nil
}

func signalOf(c review.Case) incident.Signal {
	return incident.Signal{Case: c.ID, At: c.Opened, Source: c.Review.Key.Source, Language: c.Lang(), Cause: named(c.Cause), Topics: c.Topics, Text: c.Review.Text()}
}

// Similar lists cases that tell of the same. See [commands.Numbers].
func (d *Desk) Similar(ctx context.Context, c review.Case) ([]commands.Item, error) {
	if _, err := d.catchUp(ctx); err != nil {
		return nil, err
	}
	cases, err := d.SimilarCases(ctx, c)
	items := make([]commands.Item, len(cases))
	for n, other := range cases {
		items[n] = d.Describe(other)
	}
	return items, err
}
