package bot

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/rubric"
	"github.com/evenkeel/evenkeel/storage"
)

// Grounds are those on which the platform of a case takes a review down: its
// source's own, else those that are known of the platform.
func (d *Desk) Grounds(c review.Case) []string {
	own := d.capabilities(c.Review.Key).Grounds
	if len(own) == 0 {
		return rubric.PolicyFor(d.platform(c.Review.Key), d.country(c.Review.Key)).Grounds
	}
	ids := make([]string, 0, len(own))
	for _, g := range own {
		ids = append(ids, g.ID)
	}
	return ids
}

// groundWords is a ground as the platform puts it.
func (d *Desk) groundWords(c review.Case, ground string) string {
	for _, g := range d.capabilities(c.Review.Key).Grounds {
		if g.ID == ground && g.Label != "" {
			return g.Label
		}
	}
	return strings.ReplaceAll(ground, "_", " ")
}

// reportable is a source that knows where people report a review.
type reportable interface {
	ReportLink(r review.Review) string
}

// Dossier is what a person sends to the platform with a report, ready to be
// copied, and the page on which it is sent, "" when nobody knows it. It holds
// what is said of the review and nothing about the team.
func (d *Desk) Dossier(c review.Case, n int) (text, link string) {
	if n < 1 || n > len(c.Reports) {
		return "", ""
	}
	r := c.Reports[n-1]
	lines := []string{"Ground: " + d.groundWords(c, r.Ground)}
	if c.Review.URL != "" {
		lines = append(lines, "Review: "+c.Review.URL)
	}
	if !c.Review.Created.IsZero() {
		lines = append(lines, "Written: "+c.Review.Created.UTC().Format("2006-01-02"))
	}
	lines = append(lines, "The words in question: “"+oneLine(r.Words)+"”")
	if r.Evidence != "" {
		lines = append(lines, "Why: "+oneLine(r.Evidence))
	}
	if r.Appeals > 0 {
		lines = append(lines, fmt.Sprintf("This is an appeal; earlier decisions: %d", r.Appeals))
	}
	if s, ok := d.sources[c.Review.Key.Source].(reportable); ok {
		link = s.ReportLink(c.Review)
	}
	return strings.Join(lines, "\n"), firstOf(link, c.Review.URL)
}

// outcomes counts how reports on one ground fared.
type outcomes struct{ upheld, denied, open int }

func (o outcomes) note() string {
	words := fmt.Sprintf("%d upheld, %d denied, %d open", o.upheld, o.denied, o.open)
	if decided := o.upheld + o.denied; decided > 0 {
		return fmt.Sprintf("%d%% upheld; ", 100*o.upheld/decided) + words
	}
	return words
}

// ReportOutcomes tells how reports fared, a line for each platform and ground,
// over the latest cases.
func (d *Desk) ReportOutcomes(ctx context.Context) ([]commands.Item, error) {
	counts := make(map[string]outcomes)
	for q, looked := (storage.Query{Limit: 1000}), 0; looked < longest; {
		cases, err := d.Store.Cases(ctx, q)
		if err != nil {
			return nil, err
		}
		if len(cases) == 0 {
			break
		}
		for _, c := range cases {
			for _, r := range c.Reports {
				key := d.platform(c.Review.Key) + ": " + d.groundWords(c, r.Ground)
				o := counts[key]
				switch r.State {
				case review.ReportUpheld:
					o.upheld++
				case review.ReportDenied:
					o.denied++
				case review.ReportPrepared, review.ReportSending, review.ReportUnsure, review.ReportSent:
					o.open++
				}
				counts[key] = o
			}
		}
		looked += len(cases)
		q.After = cases[len(cases)-1].ID
	}
	items := make([]commands.Item, 0, len(counts))
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		items = append(items, commands.Item{Title: key, Note: counts[key].note()})
	}
	return items, nil
}
