package stats

import (
	"slices"
	"strconv"

	"github.com/evenkeel/evenkeel/review"
)

// Table is numbers as rows of text, for a spreadsheet. Names in it are those of
// strangers: whoever writes them to a file keeps them from being formulas.
type Table struct {
	Name    string
	Columns []string
	Rows    [][]string
}

var ratingColumns = []string{
	"reviews", "stars_1", "stars_2", "stars_3", "stars_4", "stars_5", "no_mark", "mean",
	"good", "mixed", "bad", "good_per_bad", "band", "answered", "response_rate",
}

func ratingCells(r *Ratings) []string {
	cells := []string{whole(r.N())}
	for _, n := range r.Stars[1:] {
		cells = append(cells, whole(n))
	}
	return append(cells, whole(r.Stars[0]), decimal(r.Mean()), whole(r.Good), whole(r.Mixed), whole(r.Bad),
		decimal(r.GoodPerBad()), string(r.Band()), whole(sum(r.Answered[:])), decimal(r.ResponseRate()))
}

func whole(n int64) string { return strconv.FormatInt(n, 10) }

// decimal is a number that may not be there; then it is empty.
func decimal(v float64, ok bool) string {
	if !ok {
		return ""
	}
	return strconv.FormatFloat(v, 'f', 3, 64)
}

// Tables are all tables of the report. subjects is the ratings of each
// subject, nil to leave that table out.
func (r *Report) Tables(subjects []Named) []Table {
	named := func(name, column string, list []Named) Table {
		t := Table{Name: name, Columns: append([]string{column}, ratingColumns...)}
		for i := range list {
			t.Rows = append(t.Rows, append([]string{list[i].Name}, ratingCells(&list[i].Ratings)...))
		}
		return t
	}
	tables := []Table{named("sources", "source", r.BySource)}
	if subjects != nil {
		tables = append(tables, named("subjects", "subject", subjects))
	}
	return append(tables, r.trendTable(), r.stepTable(), r.causeTable(), r.causeTrend(), r.promiseTable(), r.turnTable(), r.groundTable(), r.costTable())
}

func (r *Report) trendTable() Table {
	t := Table{Name: "trend", Columns: append(append([]string{"from"}, ratingColumns...), "replies", "answer_median_seconds", "answer_p90_seconds")}
	for i := range r.Trend {
		p := &r.Trend[i]
		t.Rows = append(t.Rows, append(append([]string{p.Day.String()}, ratingCells(&p.Ratings)...),
			whole(p.Replies), quantile(&p.Answer, 0.5), quantile(&p.Answer, 0.9)))
	}
	return t
}

func quantile(t *Times, q float64) string {
	if t.N() == 0 {
		return ""
	}
	return strconv.FormatFloat(t.Quantile(q).Seconds(), 'f', 0, 64)
}

func (r *Report) stepTable() Table {
	t := Table{Name: "steps", Columns: []string{"step", "times", "median_seconds", "p90_seconds"}}
	for _, step := range Steps {
		took := r.Took[step]
		t.Rows = append(t.Rows, []string{string(step), whole(took.N()), quantile(took, 0.5), quantile(took, 0.9)})
	}
	return t
}

func (r *Report) causeTable() Table {
	t := Table{Name: "causes", Columns: []string{"cause", "reviews"}}
	for _, c := range r.Causes {
		t.Rows = append(t.Rows, []string{c.Cause, whole(c.N)})
	}
	return t
}

func (r *Report) causeTrend() Table {
	t := Table{Name: "cause-trend", Columns: []string{"from", "cause", "reviews"}}
	for _, p := range r.Trend {
		for _, c := range r.Causes {
			if n := p.Causes[c.Cause]; n != 0 {
				t.Rows = append(t.Rows, []string{p.Day.String(), c.Cause, whole(n)})
			}
		}
	}
	return t
}

func (r *Report) promiseTable() Table {
	p := r.Promises
	return Table{"promises", []string{"made", "kept_in_time", "kept_late", "dropped", "open", "kept_share"},
		[][]string{{whole(p.Made), whole(p.Kept), whole(p.Late), whole(p.Dropped), whole(p.Open()), decimal(p.KeptShare())}}}
}

func (r *Report) turnTable() Table {
	t := Table{Name: "edits", Columns: []string{"what_happened", "reviews"}}
	for _, kind := range turnKinds {
		t.Rows = append(t.Rows, []string{string(kind), whole(r.Turns[kind])})
	}
	return t
}

var turnKinds = []review.TurnKind{review.EditedUp, review.EditedDown, review.EditedWords, review.RemovedByAuthor, review.RemovedBySite}

func (r *Report) groundTable() Table {
	t := Table{Name: "reports", Columns: []string{"ground", "reports", "prepared", "sent", "upheld", "denied"}}
	for _, g := range r.Reports {
		t.Rows = append(t.Rows, []string{g.Ground, whole(g.N()), whole(g.Prepared), whole(g.Sent), whole(g.Upheld), whole(g.Denied)})
	}
	return t
}

func (r *Report) costTable() Table {
	return Table{"cost", []string{"tokens", "cost", "replies"},
		[][]string{{whole(r.Tokens), strconv.FormatFloat(float64(r.Cost)/1e6, 'f', 6, 64), whole(r.Replies)}}}
}

// TableNames are the names of all tables.
func TableNames() []string {
	var names []string
	for _, t := range Sum(Period{}, nil).Tables([]Named{}) {
		names = append(names, t.Name)
	}
	return slices.Clip(names)
}
