package stats

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/review"
)

// Row is a sum of counts of one source and subject, as a store keeps it. Day
// is the first day of what is summed.
type Row struct {
	Source, Subject string // Subject is "" in sums over all subjects
	Count
	N int64
}

// Report is the numbers of a period.
type Report struct {
	Period
	Ratings  Ratings         // of all sources together
	BySource []Named         // by name
	Trend    []Point         // by day or by month, gaps left out
	Took     map[Step]*Times // time in each hand
	Replies  int64           // published
	Turns    map[review.TurnKind]int64
	Causes   []CauseCount // the most frequent first
	Promises PromiseCount
	Reports  []GroundCount // by ground
	Tokens   int64
	Cost     int64 // in millionths of the currency of the models' prices
}

// Named is the ratings of a source or a subject.
type Named struct {
	Name string
	Ratings
}

// Point is one day or month of a trend.
type Point struct {
	Day Day // the first one
	Ratings
	Replies int64
	Answer  Times            // arrival to published
	Causes  map[string]int64 // reviews by cause
}

// CauseCount is how many reviews have a cause.
type CauseCount struct {
	Cause string
	N     int64
}

// PromiseCount is what became of the promises made in the period. What is
// neither kept nor dropped is open.
type PromiseCount struct{ Made, Kept, Late, Dropped int64 }

// Open is how many wait to be kept.
func (p PromiseCount) Open() int64 { return p.Made - p.Kept - p.Late - p.Dropped }

// KeptShare is the share kept in time, of those whose fate is known; ok is
// false without any.
func (p PromiseCount) KeptShare() (float64, bool) {
	return share64(p.Kept, p.Kept+p.Late+p.Dropped)
}

// GroundCount is what became of the reports on one ground.
type GroundCount struct {
	Ground                         string
	Prepared, Sent, Upheld, Denied int64
}

// N is how many reports there were.
func (g GroundCount) N() int64 { return g.Prepared + g.Sent + g.Upheld + g.Denied }

// Sum makes the report of a period from its rows, in any order. Rows of days
// and of months may be mixed, as [Period.Parts] has them.
func Sum(p Period, rows []Row) *Report {
	s := summing{
		Report:  &Report{Period: p, Took: make(map[Step]*Times), Turns: make(map[review.TurnKind]int64)},
		sources: make(map[string]*Ratings), points: make(map[Day]*Point),
		causes: make(map[string]int64), grounds: make(map[string]*GroundCount),
	}
	for _, step := range Steps {
		s.Took[step] = new(Times)
	}
	for i := range rows {
		if rows[i].N != 0 {
			s.take(&rows[i])
		}
	}
	return s.done()
}

type summing struct {
	*Report
	sources map[string]*Ratings
	points  map[Day]*Point
	causes  map[string]int64
	grounds map[string]*GroundCount
}

func (s *summing) point(d Day) *Point {
	if !s.ByDay() {
		d = d.Month()
	}
	p, ok := s.points[d]
	if !ok {
		p = &Point{Day: d, Causes: make(map[string]int64)}
		s.points[d] = p
	}
	return p
}

func (s *summing) take(r *Row) {
	p := s.point(r.Day)
	switch r.What {
	case Reviews, Moods, Marks, Answered:
		of, ok := s.sources[r.Source]
		if !ok {
			of = new(Ratings)
			s.sources[r.Source] = of
		}
		for _, t := range []*Ratings{of, &s.Ratings, &p.Ratings} {
			t.take(r.What, r.Key, r.N)
		}
	case Replies:
		s.Replies += r.N
		p.Replies += r.N
	case Turns:
		s.Turns[review.TurnKind(r.Key)] += r.N
	case Took:
		step, b, ok := stepAndBucket(r.Key)
		if t := s.Took[step]; ok && t != nil {
			t.add(b, r.N)
			if step == Answer {
				p.Answer.add(b, r.N)
			}
		}
	case Causes:
		s.causes[r.Key] += r.N
		p.Causes[r.Key] += r.N
	case Promises:
		s.promise(r.Key, r.N)
	case Reports:
		s.report(r.Key, r.N)
	case Tokens:
		s.Tokens += r.N
	case Cost:
		s.Cost += r.N
	}
}

func (s *summing) promise(key string, n int64) {
	p := &s.Promises
	if to := map[string]*int64{"made": &p.Made, "kept": &p.Kept, "late": &p.Late, "dropped": &p.Dropped}[key]; to != nil {
		*to += n
	}
}

func (s *summing) report(key string, n int64) {
	state, ground, _ := strings.Cut(key, ":")
	g, ok := s.grounds[ground]
	if !ok {
		g = &GroundCount{Ground: ground}
		s.grounds[ground] = g
	}
	switch review.ReportState(state) {
	case review.ReportPrepared, review.ReportSending:
		g.Prepared += n
	case review.ReportSent, review.ReportUnsure:
		g.Sent += n
	case review.ReportUpheld:
		g.Upheld += n
	case review.ReportDenied:
		g.Denied += n
	}
}

func (s *summing) done() *Report {
	for _, name := range slices.Sorted(maps.Keys(s.sources)) {
		s.BySource = append(s.BySource, Named{name, *s.sources[name]})
	}
	for _, day := range slices.Sorted(maps.Keys(s.points)) {
		s.Trend = append(s.Trend, *s.points[day])
	}
	for cause, n := range s.causes {
		s.Causes = append(s.Causes, CauseCount{cause, n})
	}
	slices.SortFunc(s.Causes, func(a, b CauseCount) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Cause, b.Cause))
	})
	for _, ground := range slices.Sorted(maps.Keys(s.grounds)) {
		s.Reports = append(s.Reports, *s.grounds[ground])
	}
	return s.Report
}

// SumBySubject makes the ratings of each subject from rows of subjects, the
// most reviewed first.
func SumBySubject(rows []Row) []Named {
	of := make(map[string]*Ratings)
	for _, r := range rows {
		if r.Subject == "" {
			continue
		}
		if of[r.Subject] == nil {
			of[r.Subject] = new(Ratings)
		}
		of[r.Subject].take(r.What, r.Key, r.N)
	}
	out := make([]Named, 0, len(of))
	for name, r := range of {
		if r.N() > 0 {
			out = append(out, Named{name, *r})
		}
	}
	slices.SortFunc(out, func(a, b Named) int {
		return cmp.Or(cmp.Compare(b.N(), a.N()), cmp.Compare(a.Name, b.Name))
	})
	return out
}
