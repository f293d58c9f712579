package commands

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/stats"
)

// Numbers is what the rows about numbers and words need of the desk.
type Numbers interface {
	// Numbers sums up a period, written as [stats.ParsePeriod] reads it, of all
	// sources or of the source or subject with this name.
	Numbers(ctx context.Context, of, period string) (Summary, error)
	// Search lists the cases whose words answer what was typed, best first.
	Search(ctx context.Context, typed string) (Found, error)
	// Similar lists earlier cases that tell of the same.
	Similar(ctx context.Context, c review.Case) ([]Item, error)
}

// Found is what a search found.
type Found struct {
	Items  []Item
	Newest int // no more than so many of the newest cases were looked through; 0 for all
}

// Summary is the numbers of a period.
type Summary struct {
	*stats.Report
	Of     string // the source or subject, "" for all
	Zone   string // whose days are counted
	Behind int64  // changes that are not in it yet, about
}

// numbers are the rows about numbers and words.
func numbers() []Command {
	return []Command{
		{
			Name: "stats", Usage: "[SOURCE or SUBJECT] [PERIOD]", Role: review.Viewer,
			Help: "Ratings, answers, time in each hand, causes, promises and cost of a period.", Example: "stats shop 90d",
			Fields: []Field{
				optional(line("of", "Source or subject", "all sources when left out")),
				optional(line("period", "Period", "30d, 12w, 2026-05, 2026, all, or 2026-05-01..2026-05-15")),
			},
			Run: runStats,
		},
		{
			Name: "search", Usage: "WORDS", Role: review.Viewer,
			Help: "Find words in reviews, replies, facts and threads; beginnings of words will do.", Example: "search late courier",
			Fields: []Field{line("words", "Words", "all of them must occur, in any order")},
			Form:   form("Search", "Search", "All of the words must occur, in any order.", line("words", "Words", "")),
			Run:    runSearch,
		},
		{
			Name: "similar", Usage: "CASE", OnCase: true, Role: review.Viewer,
			Help: "Earlier cases that tell of the same, with what became of them.", Example: "similar 42",
			Run: runSimilar,
		},
	}
}

// ofAndPeriod tells the name of a source or subject, which may have several
// words, from the period after it.
func ofAndPeriod(i Invocation) (of, period string) {
	fields := strings.Fields(i.Arg("of") + " " + i.Arg("period"))
	if len(fields) == 0 {
		return "", ""
	}
	last := fields[len(fields)-1]
	if _, err := stats.ParsePeriod(last, 0); err == nil || i.Arg("period") == last {
		return strings.Join(fields[:len(fields)-1], " "), last
	}
	return strings.Join(fields, " "), ""
}

func runStats(ctx context.Context, d Desk, i Invocation) (Outcome, error) {
	of, period := ofAndPeriod(i)
	s, err := d.Numbers(ctx, of, period)
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Text: s.String()}, nil
}

func runSearch(ctx context.Context, d Desk, i Invocation) (Outcome, error) {
	typed := strings.TrimSpace(i.Arg("words"))
	if typed == "" {
		return Outcome{}, &review.InputError{Field: "search", Problem: "needs words, as in “search late courier”"}
	}
	found, err := d.Search(ctx, typed)
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{Text: "Found, the best matches first:", Items: found.Items}
	if len(found.Items) == 0 {
		out.Text = "Nothing has all of these words. Fewer words, or only their first four letters, find more."
	}
	if found.Newest > 0 {
		out.Text = fmt.Sprintf("These words are very common, so only the newest %d,%03d cases were looked through; with a rarer word among them all are. ", found.Newest/1000, found.Newest%1000) + out.Text
	}
	return out, nil
}

func runSimilar(ctx context.Context, d Desk, i Invocation) (Outcome, error) {
	c, err := d.Case(ctx, i.Case)
	if err != nil {
		return Outcome{}, err
	}
	items, err := d.Similar(ctx, c)
	if err != nil {
		return Outcome{}, err
	}
	if len(items) == 0 {
		return Outcome{Text: c.Ref() + ": no other case tells of the same."}, nil
	}
	return Outcome{Text: c.Ref() + ": cases that tell of the same, the newest first:", Items: items}, nil
}

// String is the summary in words: a few lines that fit a phone.
func (s Summary) String() string {
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	of := "all sources"
	if s.Of != "" {
		of = s.Of
	}
	add("Numbers of %s, %s (days of %s).", of, s.Name, s.Zone)
	s.ratings(add)
	s.times(add)
	if len(s.Causes) > 0 {
		var list []string
		for _, c := range s.Causes[:min(5, len(s.Causes))] {
			list = append(list, fmt.Sprintf("%s %d", c.Cause, c.N))
		}
		add("Causes: %s.", strings.Join(list, ", "))
	}
	if p := s.Promises; p.Made > 0 {
		add("Promises: %d made; %d kept in time, %d late, %d dropped, %d open.", p.Made, p.Kept, p.Late, p.Dropped, p.Open())
	}
	for _, g := range s.Reports {
		add("Reports for %s: %d; %d upheld, %d denied, %d without an answer yet.", g.Ground, g.N(), g.Upheld, g.Denied, g.Prepared+g.Sent)
	}
	s.edits(add)
	if s.Tokens > 0 {
		add("Language models: %d tokens, cost %.2f.", s.Tokens, float64(s.Cost)/1e6)
	}
	if s.Behind > 0 {
		add("About %d changes are still being counted; ask again in a while.", s.Behind)
	}
	return strings.Join(lines, "\n")
}

type adder func(format string, args ...any)

func (s Summary) ratings(add adder) {
	r := &s.Ratings
	if r.N() == 0 {
		add("No reviews came.")
		return
	}
	add("%s.", ratingWords(r))
	var spread []string
	for stars := 5; stars >= 1; stars-- {
		spread = append(spread, fmt.Sprintf("%d★ %d", stars, r.Stars[stars]))
	}
	if r.Stars[0] > 0 {
		spread = append(spread, fmt.Sprintf("no mark %d", r.Stars[0]))
	}
	add("Spread: %s.", strings.Join(spread, " · "))
	if ratio, ok := r.GoodPerBad(); ok {
		add("Good beside bad: %d to %d, %.1f for each bad one – %s.", r.Good, r.Bad, ratio, r.Band().Sentence())
	} else {
		add("Good beside bad: %d to none – %s.", r.Good, r.Band().Sentence())
	}
	rate, _ := r.ResponseRate()
	critical := ""
	if v, ok := r.CriticalRate(); ok {
		critical = fmt.Sprintf("; of those with one to three stars %.0f %%", 100*v)
	}
	add("Answered: %.0f %%%s. %d replies were published.", 100*rate, critical, s.Replies)
	s.trend(add)
	if len(s.BySource) > 1 {
		for i := range s.BySource {
			add("• %s: %s", s.BySource[i].Name, ratingWords(&s.BySource[i].Ratings))
		}
	}
}

func ratingWords(r *stats.Ratings) string {
	mean, ok := r.Mean()
	if !ok {
		return fmt.Sprintf("%d reviews, none with a mark", r.N())
	}
	return fmt.Sprintf("%d reviews, mean %.2f of 5", r.N(), mean)
}

// trend compares the last points with the ones before.
func (s Summary) trend(add adder) {
	const shown = 6
	points := s.Trend
	if s.ByDay() { // days are too many for a line: the two halves
		var halves [2]stats.Ratings
		for i := range points {
			half := &halves[0]
			if points[i].Day >= s.From+(s.To-s.From)/2 {
				half = &halves[1]
			}
			half.Add(&points[i].Ratings)
		}
		a, ok1 := halves[0].Mean()
		b, ok2 := halves[1].Mean()
		if ok1 && ok2 {
			add("Trend: mean %.2f in the first half, %.2f in the second.", a, b)
		}
		return
	}
	var list []string
	for i := range points[max(0, len(points)-shown):] {
		p := &points[max(0, len(points)-shown)+i]
		if mean, ok := p.Mean(); ok {
			list = append(list, fmt.Sprintf("%s %.2f (%d)", p.Day.String()[:7], mean, p.N()))
		}
	}
	if len(list) > 0 {
		add("Trend by month, mean (reviews): %s.", strings.Join(list, ", "))
	}
}

// stepWords say what the time in a step is.
var stepWords = map[stats.Step]string{
	stats.Triaged: "to triage", stats.Facts: "to the facts", stats.Drafted: "to a text",
	stats.Approved: "to the approval", stats.Live: "to live", stats.Answer: "arrival to published",
}

func (s Summary) times(add adder) {
	var list []string
	for _, step := range stats.Steps {
		if t := s.Took[step]; t.N() > 0 {
			list = append(list, fmt.Sprintf("%s %s / %s", stepWords[step], span(t.Quantile(0.5)), span(t.Quantile(0.9))))
		}
	}
	if len(list) > 0 {
		add("Time (half within / nine of ten within): %s.", strings.Join(list, "; "))
	}
}

// span is a duration as people say it.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 90*time.Minute:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 36*time.Hour:
		return fmt.Sprintf("%.1f h", d.Hours())
	}
	return fmt.Sprintf("%.1f days", d.Hours()/24)
}

func (s Summary) edits(add adder) {
	var list []string
	for _, e := range []struct {
		kind  review.TurnKind
		words string
	}{
		{review.EditedUp, "edited up"}, {review.EditedDown, "edited down"}, {review.EditedWords, "edited in words"},
		{review.RemovedByAuthor, "removed by the author"}, {review.RemovedBySite, "removed by the site"},
	} {
		if n := s.Turns[e.kind]; n > 0 {
			list = append(list, fmt.Sprintf("%d %s", n, e.words))
		}
	}
	if len(list) > 0 {
		add("What became of reviews, without anyone having asked: %s.", strings.Join(list, ", "))
	}
}
