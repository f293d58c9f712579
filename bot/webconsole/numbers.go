package webconsole

import (
	"context"
	"encoding/csv"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/evenkeel/evenkeel/bot/digest/chart"
	"github.com/evenkeel/evenkeel/review/stats"
	"github.com/evenkeel/evenkeel/storage"
)

// numbersPage is what the team can learn: pictures, the same as tables, and
// each table as a file.
type numbersPage struct {
	frame
	Period, Source string // as asked for
	Name           string // of the period
	Periods        []choice
	Sources        []choice
	Problem        string // of the period that was asked for
	Tiles          []tile
	Figures        []figure
}

type choice struct {
	Value, Label string
	Here         bool
}

// tile is one number at a glance.
type tile struct{ Label, Value, Note string }

// figure is a part of the page: pictures, and the table they are drawn from.
type figure struct {
	ID       string // of its table, "" without one
	Title    string
	Pictures []template.HTML
	Note     string
	Columns  []string
	Rows     [][]string
	More     int // rows that are in the file only
	Folded   bool
	File     string
}

// Bounds of the page: a file has all of it.
const (
	tableRows     = 62
	openRows      = 8 // longer tables are folded
	subjectsShown = 8
	sourcesShown  = 100
)

var periods = []choice{{Value: "7d", Label: "7 days"}, {Value: "30d", Label: "30 days"}, {Value: "12w", Label: "12 weeks"}, {Value: "365d", Label: "a year"}, {Value: "all", Label: "all time"}}

// asked is what a reader wants to see.
type asked struct {
	period       stats.Period
	text, source string
	problem      string
	sources      []string // those that have numbers
}

func (a asked) query() string {
	v := url.Values{"period": {a.text}}
	if a.source != "" {
		v.Set("source", a.source)
	}
	return v.Encode()
}

// ask reads the filters of an address. A period that cannot be read is said,
// and the usual one shown.
func (c *Console) ask(r *http.Request) (asked, error) {
	today := stats.DayOf(c.Now(), c.Location)
	a := asked{text: r.URL.Query().Get("period"), source: r.URL.Query().Get("source")}
	if a.text == "" {
		a.text = "30d"
	}
	var err error
	if a.period, err = stats.ParsePeriod(a.text, today); err != nil {
		a.text, a.problem = "30d", "This is not a period: "+err.Error()
		if a.period, err = stats.ParsePeriod(a.text, today); err != nil {
			return a, err
		}
	}
	rows, err := c.Store.Counts(r.Context(), storage.CountQuery{Parts: []stats.Part{{Grain: stats.Ever, From: 0, To: 1}}, What: []stats.What{stats.Reviews}})
	for _, row := range rows {
		if !slices.Contains(a.sources, row.Source) && len(a.sources) < sourcesShown {
			a.sources = append(a.sources, row.Source)
		}
	}
	slices.Sort(a.sources)
	if a.source != "" && !slices.Contains(a.sources, a.source) {
		a.sources = append(a.sources, a.source)
	}
	return a, err
}

func (c *Console) report(ctx context.Context, a asked) (*stats.Report, error) {
	rows, err := c.Store.Counts(ctx, storage.CountQuery{Source: a.source, Parts: a.period.Parts()})
	if err != nil {
		return nil, err
	}
	return stats.Sum(a.period, rows), nil
}

// subjects are the ratings of the subjects with the most reviews.
func (c *Console) subjects(ctx context.Context, a asked) ([]stats.Named, error) {
	names, err := c.Store.Subjects(ctx, a.source, subjectsShown)
	if err != nil {
		return nil, err
	}
	each := make([][]stats.Row, len(names))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(asksAtOnce)
	for n, name := range names {
		g.Go(func() (err error) {
			each[n], err = c.Store.Counts(ctx, storage.CountQuery{Source: a.source, Subject: name, Parts: a.period.Parts(), What: ratingCounts})
			for i := range each[n] {
				each[n][i].Subject = name
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return stats.SumBySubject(slices.Concat(each...)), nil
}

// asksAtOnce is how many questions of a page the database is asked side by side.
const asksAtOnce = 4

var ratingCounts = []stats.What{stats.Reviews, stats.Moods, stats.Marks, stats.Answered}

func (c *Console) numbers(w http.ResponseWriter, r *http.Request, v visitor) {
	a, err := c.ask(r)
	if err != nil {
		c.broken(w, r, err)
		return
	}
	var report *stats.Report
	var subjects []stats.Named
	g, ctx := errgroup.WithContext(r.Context())
	g.Go(func() (err error) { report, err = c.report(ctx, a); return err })
	g.Go(func() (err error) { subjects, err = c.subjects(ctx, a); return err })
	if err := g.Wait(); err != nil {
		c.broken(w, r, err)
		return
	}
	p := numbersPage{frame: c.frame("Numbers"), Period: a.text, Source: a.source, Name: report.Name, Problem: a.problem}
	p.Person, p.CSRF = v.Person, v.csrf()
	p.Periods = slices.Clone(periods)
	if !slices.ContainsFunc(p.Periods, func(c choice) bool { return c.Value == a.text }) {
		p.Periods = append(p.Periods, choice{Value: a.text, Label: a.period.Name})
	}
	for i := range p.Periods {
		p.Periods[i].Here = p.Periods[i].Value == a.text
	}
	for _, s := range a.sources {
		p.Sources = append(p.Sources, choice{Value: s, Label: s, Here: s == a.source})
	}
	p.Tiles = tiles(report)
	p.Figures = figures(report, subjects, a.query())
	c.draw(w, r, "numbers", p)
}

func percent(share float64, ok bool) string {
	if !ok {
		return "–"
	}
	return strconv.FormatFloat(share*100, 'f', 0, 64) + " %"
}

func tiles(r *stats.Report) []tile {
	mean := "–"
	if m, ok := r.Ratings.Mean(); ok {
		mean = fmt.Sprintf("%.2f", m)
	}
	answer := "–"
	if t := r.Took[stats.Answer]; t != nil && t.N() > 0 {
		answer = chart.Span(t.Quantile(0.5))
	}
	kept := fmt.Sprintf("%d open", r.Promises.Open())
	return []tile{
		{"Reviews", strconv.FormatInt(r.Ratings.N(), 10), fmt.Sprintf("%d good, %d bad", r.Ratings.Good, r.Ratings.Bad)},
		{"Mean rating", mean, "of 5"},
		{"Answered", percent(r.Ratings.ResponseRate()), percent(r.Ratings.CriticalRate()) + " of 1–3 stars"},
		{"Time to answer", answer, "half are faster"},
		{"Promises kept", percent(r.Promises.KeptShare()), kept},
		{"Models", fmt.Sprintf("%.2f", float64(r.Cost)/1e6), fmt.Sprintf("%d tokens, %d replies", r.Tokens, r.Replies)},
	}
}

// figures are the parts of the page, in the order in which they are read.
func figures(r *stats.Report, subjects []stats.Named, query string) []figure {
	svg := func(list ...chart.Drawing) (out []template.HTML) {
		for _, d := range list {
			out = append(out, template.HTML(d.SVG())) //nolint:gosec // Drawing.SVG escapes every text
		}
		return out
	}
	shown := map[string]figure{
		"trend":       {Title: "Over time", Pictures: svg(chart.Trend(r), chart.Answers(r))},
		"sources":     {Title: "Sources", Pictures: svg(chart.Spread("Marks by source", r.BySource))},
		"subjects":    {Title: "Subjects", Pictures: svg(chart.Spread("Marks by subject", subjects)), Note: "The subjects with the most reviews of all time; the file has every one."},
		"steps":       {Title: "Hands", Pictures: svg(chart.Hands(r))},
		"causes":      {Title: "Causes", Pictures: svg(chart.Causes(r))},
		"cause-trend": {Title: "Causes over time, in numbers"},
		"promises":    {Title: "Promises", Note: "Counted on the day on which they were made."},
		"edits":       {Title: "Edits and removals", Note: "Counted as they happened: nobody was asked for them."},
		"reports":     {Title: "Reports to platforms", Note: "By the ground on which they were made."},
		"cost":        {Title: "Cost", Note: "In the currency of the models' prices."},
	}
	list := []figure{}
	for _, t := range r.Tables(subjects) {
		f := shown[t.Name]
		f.ID, f.File = t.Name, "/numbers/"+t.Name+".csv?"+query
		if f.Title == "" {
			f.Title = t.Name
		}
		for _, column := range t.Columns {
			f.Columns = append(f.Columns, strings.ReplaceAll(column, "_", " "))
		}
		f.Rows = t.Rows[:min(len(t.Rows), tableRows)]
		f.More = len(t.Rows) - len(f.Rows)
		f.Folded = len(f.Pictures) > 0 || len(f.Rows) > openRows
		list = append(list, f)
	}
	ratio := figure{Title: "Good beside bad", Pictures: svg(chart.Ratio(&r.Ratings)), Note: strings.ToUpper(r.Ratings.Band().Sentence()[:1]) + r.Ratings.Band().Sentence()[1:] + ". No number here is a goal."}
	order := []string{"trend", "sources", "subjects", "steps", "causes"}
	slices.SortStableFunc(list, func(a, b figure) int { return rank(order, a.ID) - rank(order, b.ID) })
	return slices.Insert(list, 1, ratio)
}

func rank(order []string, id string) int {
	if i := slices.Index(order, id); i >= 0 {
		return i
	}
	return len(order)
}

// numbersFile is one table as a file for spreadsheets.
func (c *Console) numbersFile(w http.ResponseWriter, r *http.Request, _ visitor) {
	name, ok := strings.CutSuffix(r.PathValue("file"), ".csv")
	if !ok || !slices.Contains(stats.TableNames(), name) {
		c.trouble(w, r, http.StatusNotFound, "There is no such table.")
		return
	}
	a, err := c.ask(r)
	if err == nil && a.problem != "" {
		c.trouble(w, r, http.StatusBadRequest, a.problem)
		return
	}
	var report *stats.Report
	if err == nil {
		report, err = c.report(r.Context(), a)
	}
	subjects := []stats.Named{}
	if err == nil && name == "subjects" {
		var rows []stats.Row
		rows, err = c.Store.Counts(r.Context(), storage.CountQuery{Source: a.source, BySubject: true, Parts: a.period.Parts(), What: ratingCounts})
		subjects = stats.SumBySubject(rows)
	}
	if err != nil {
		c.broken(w, r, err)
		return
	}
	tables := report.Tables(subjects)
	t := tables[slices.IndexFunc(tables, func(t stats.Table) bool { return t.Name == name })]
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "evenkeel-"+name+"-"+a.period.From.String()+".csv"))
	out := csv.NewWriter(w)
	_ = out.Write(t.Columns) // a reader who left
	for _, row := range t.Rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = harmless(cell)
		}
		_ = out.Write(cells)
	}
	out.Flush()
}

// harmless keeps a spreadsheet from taking a stranger's name for a formula.
// https://owasp.org/www-community/attacks/CSV_Injection
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
