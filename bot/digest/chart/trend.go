package chart

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/review/stats"
)

// plot is the inner part of a chart over time.
type plot struct {
	*Drawing
	left, right, top, bottom float64
	from, to                 stats.Day
}

// newPlot lays out a chart over the days of a report.
func newPlot(d *Drawing, r *stats.Report, left float64) plot {
	p := plot{Drawing: d, left: left, right: Width - 8, top: 30, bottom: d.Height - 22, from: r.From, to: r.To}
	if n := len(r.Trend); n > 0 {
		// "All time" begins long before the first review.
		if first := r.Trend[0].Day; first-p.from > (p.to-first)/2 {
			p.from = first
		}
	}
	p.to = max(p.to, p.from+1)
	return p
}

// x is where a day stands: the middle of its slot.
func (p plot) x(d stats.Day) float64 {
	return p.left + (float64(d-p.from)+0.5)/float64(p.to-p.from)*(p.right-p.left)
}

// slot is the width of a point's column.
func (p plot) slot(byDay bool) float64 {
	days := 1.0
	if !byDay {
		days = 30
	}
	return max(1.2, min(26, days/float64(p.to-p.from)*(p.right-p.left)*0.7))
}

// dates writes the first and last day, and one between them.
func (p plot) dates(byDay bool) {
	layout := "2 Jan"
	if !byDay {
		layout = "Jan 2006"
	}
	y := p.bottom + 16
	middle := p.from + (p.to-p.from)/2
	p.words(Soft, p.left, y, Start, p.from.Date().Format(layout))
	if p.to-p.from > 4 {
		p.words(Soft, p.x(middle), y, Middle, middle.Date().Format(layout))
	}
	if p.to-p.from > 1 {
		p.words(Soft, p.right, y, End, (p.to - 1).Date().Format(layout))
	}
}

// Trend draws how ratings move: the mean as a line, how many came as columns.
func Trend(r *stats.Report) Drawing {
	d := Drawing{Height: 178}
	d.title("Mean rating")
	p := newPlot(&d, r, 20)
	for stars := 1; stars <= 5; stars++ {
		y := p.mark(float64(stars))
		d.line(Line, 0.8, point{p.left, y}, point{p.right, y})
		d.words(Soft, p.left-6, y+4, End, fmt.Sprint(stars))
	}
	var most int64
	for i := range r.Trend {
		most = max(most, r.Trend[i].N())
	}
	slot := p.slot(r.ByDay())
	var line []point
	for i := range r.Trend {
		t := &r.Trend[i]
		x := p.x(t.Day)
		h := float64(t.N()) / float64(max(most, 1)) * (p.bottom - p.top) * 0.3
		d.box(Fill, x-slot/2, p.bottom-h, slot, h)
		if mean, ok := t.Mean(); ok {
			line = append(line, point{x, p.mark(mean)})
		}
	}
	d.line(Accent, 2.2, line...)
	if len(line) <= 40 {
		for _, at := range line {
			d.dot(Accent, at, 2.6)
		}
	}
	p.dates(r.ByDay())
	unit := "month"
	if r.ByDay() {
		unit = "day"
	}
	if most > 0 {
		d.words(Soft, Width, 14, End, fmt.Sprintf("columns: reviews, most %d a %s", most, unit))
	}
	d.Alt = trendAlt(r)
	return d
}

func (p plot) mark(stars float64) float64 {
	return p.bottom - (stars-1)/4*(p.bottom-p.top-4)
}

func trendAlt(r *stats.Report) string {
	mean, ok := r.Ratings.Mean()
	if !ok {
		return "Mean rating: no rated reviews in " + r.Name + "."
	}
	s := fmt.Sprintf("Mean rating in %s: %.1f of 5 over %s.", r.Name, mean, count(r.Ratings.Rated(), "rated review"))
	if early, late, ok := halves(r); ok {
		s += fmt.Sprintf(" It was %.1f in the first half of that time and %.1f in the second.", early, late)
	}
	return s
}

// halves are the mean marks of the first and the second half of the trend.
func halves(r *stats.Report) (early, late float64, ok bool) {
	if len(r.Trend) < 2 {
		return 0, 0, false
	}
	first, last := r.Trend[0].Day, r.Trend[len(r.Trend)-1].Day
	var marks, rated [2]float64
	for i := range r.Trend {
		t, half := &r.Trend[i], 0
		if t.Day-first >= (last-first+1)/2 {
			half = 1
		}
		if mean, ok := t.Mean(); ok {
			marks[half] += mean * float64(t.Rated())
			rated[half] += float64(t.Rated())
		}
	}
	if rated[0] == 0 || rated[1] == 0 {
		return 0, 0, false
	}
	return marks[0] / rated[0], marks[1] / rated[1], true
}

// Answers draws how long customers waited for an answer: the median of each
// day as a dot, up to the time that nine of ten did not exceed as a line.
func Answers(r *stats.Report) Drawing {
	d := Drawing{Height: 158}
	d.title("From review to published answer")
	p := newPlot(&d, r, 44)
	shortest, longest := math.Inf(1), 0.0
	for i := range r.Trend {
		if t := &r.Trend[i].Answer; t.N() > 0 {
			shortest, longest = min(shortest, t.Quantile(0.5).Seconds()), max(longest, t.Quantile(0.9).Seconds())
		}
	}
	axis := logAxis(shortest, longest)
	y := func(s float64) float64 { return p.bottom - axis.at(s)*(p.bottom-p.top) }
	for _, tick := range axis.ticks() {
		d.line(Line, 0.8, point{p.left, y(tick)}, point{p.right, y(tick)})
		d.words(Soft, p.left-6, y(tick)+4, End, Span(time.Duration(tick)*time.Second))
	}
	for i := range r.Trend {
		if t := &r.Trend[i].Answer; t.N() > 0 {
			x := p.x(r.Trend[i].Day)
			median := point{x, y(t.Quantile(0.5).Seconds())}
			d.line(Fill, max(2, min(p.slot(r.ByDay())*0.6, 7)), point{x, y(t.Quantile(0.9).Seconds())}, median)
			d.dot(Accent, median, 2.8)
		}
	}
	p.dates(r.ByDay())
	if all := r.Took[stats.Answer]; all != nil && all.N() > 0 {
		d.Alt = fmt.Sprintf("Time to a published answer in %s: half of %s within %s, nine of ten within %s.",
			r.Name, count(all.N(), "answer"), Span(all.Quantile(0.5)), Span(all.Quantile(0.9)))
	} else {
		d.words(Soft, (p.left+p.right)/2, (p.top+p.bottom)/2, Middle, "no answers yet")
		d.Alt = "Time to a published answer: none was published in " + r.Name + "."
	}
	return d
}

// Span is a length of time at a glance: "40 s", "3 h", "2.5 d".
func Span(d time.Duration) string {
	s := d.Seconds()
	for _, u := range []struct {
		name  string
		least float64
		one   float64
	}{{"d", 86400, 86400}, {"h", 3600, 3600}, {"min", 60, 60}, {"s", 0, 1}} {
		if s < u.least {
			continue
		}
		v := s / u.one
		if v < 10 && math.Abs(v-math.Round(v)) >= 0.05 {
			return fmt.Sprintf("%.1f %s", v, u.name)
		}
		return fmt.Sprintf("%.0f %s", v, u.name)
	}
	return "0 s"
}

// count is "1 answer", "2 answers".
func count(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

func clip(s string, most int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
