package chart

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/review/stats"
)

// axis is a logarithmic one for lengths of time, in seconds.
type axis struct{ from, to float64 }

var ticks = []float64{1, 10, 60, 600, 3600, 6 * 3600, 86400, 7 * 86400, 30 * 86400, 365 * 86400}

// logAxis goes from the tick at or below the shortest to the one at or above
// the longest.
func logAxis(shortest, longest float64) axis {
	if longest <= 0 || math.IsInf(shortest, 0) {
		return axis{60, 86400}
	}
	a := axis{ticks[0], ticks[len(ticks)-1]}
	for _, t := range ticks {
		if t <= shortest {
			a.from = t
		}
	}
	for i := len(ticks) - 1; i >= 0; i-- {
		if ticks[i] >= longest {
			a.to = ticks[i]
		}
	}
	if a.to <= a.from {
		a.to = a.from * 10
	}
	return a
}

// at is the place of a length on the axis, from 0 to 1.
func (a axis) at(s float64) float64 {
	v := math.Log(max(s, a.from)/a.from) / math.Log(a.to/a.from)
	return min(max(v, 0), 1)
}

// ticks are those to be written: at most five.
func (a axis) ticks() []float64 {
	var out []float64
	for _, t := range ticks {
		if t >= a.from && t <= a.to {
			out = append(out, t)
		}
	}
	for len(out) > 5 {
		var fewer []float64
		for i, t := range out {
			if i%2 == 0 {
				fewer = append(fewer, t)
			}
		}
		out = fewer
	}
	return out
}

var stepNames = map[stats.Step]string{
	stats.Triaged: "triaged", stats.Facts: "facts", stats.Drafted: "drafted", stats.Approved: "approved", stats.Live: "seen live", stats.Answer: "whole way",
}

// StepName is a step as people read it.
func StepName(s stats.Step) string { return stepNames[s] }

// Hands draws how long cases lay in each hand: the middle half as a box, eight
// of ten as a line, the median as a dot.
func Hands(r *stats.Report) Drawing {
	const left, row = 78, 25
	d := Drawing{Height: float64(34 + row*len(stats.Steps) + 18)}
	d.title("Time in each hand")
	d.words(Soft, Width, 14, End, "dot: median; box: middle half")
	shortest, longest := math.Inf(1), 0.0
	for _, s := range stats.Steps {
		if t := r.Took[s]; t != nil && t.N() > 0 {
			shortest, longest = min(shortest, t.Quantile(0.1).Seconds()), max(longest, t.Quantile(0.9).Seconds())
		}
	}
	a := logAxis(shortest, longest)
	x := func(s float64) float64 { return left + a.at(s)*(Width-left-14) }
	bottom := d.Height - 18
	for _, tick := range a.ticks() {
		d.line(Line, 0.8, point{x(tick), 26}, point{x(tick), bottom})
		d.words(Soft, x(tick), d.Height-3, Middle, Span(time.Duration(tick)*time.Second))
	}
	var said []string
	for i, s := range stats.Steps {
		y := 42 + float64(i)*row
		d.words(Text, 0, y+4, Start, stepNames[s])
		t := r.Took[s]
		if t == nil || t.N() == 0 {
			d.words(Soft, left+6, y+4, Start, "–")
			continue
		}
		q := func(v float64) float64 { return x(t.Quantile(v).Seconds()) }
		d.line(Soft, 1.2, point{q(0.1), y}, point{q(0.9), y})
		d.box(Fill, q(0.25), y-6, q(0.75)-q(0.25), 12)
		d.dot(Accent, point{q(0.5), y}, 3.4)
		said = append(said, fmt.Sprintf("%s: half within %s, nine of ten within %s", stepNames[s], Span(t.Quantile(0.5)), Span(t.Quantile(0.9))))
	}
	d.Alt = "Time in each hand. " + strings.Join(said, "; ") + "."
	if len(said) == 0 {
		d.Alt = "Time in each hand: nothing was measured in " + r.Name + "."
	}
	return d
}

// Spread draws how marks are spread, a bar for each of the names, the first
// eight of them.
func Spread(title string, list []stats.Named) Drawing {
	const row, most = 40, 8
	if len(list) > most {
		list = list[:most]
	}
	d := Drawing{Height: float64(26 + row*max(len(list), 1) + 18)}
	d.title(title)
	var said []string
	for i := range list {
		n := &list[i]
		y := 34 + float64(i)*row
		mean, ok := n.Mean()
		side := count(n.N(), "review")
		if ok {
			side = fmt.Sprintf("%.1f of 5, ", mean) + side
		}
		d.words(Text, 0, y+8, Start, clip(n.Name, 24))
		d.words(Soft, Width, y+8, End, side)
		x := 0.0
		for stars := 1; stars <= 5; stars++ {
			w := float64(n.Stars[stars]) / float64(max(n.Rated(), 1)) * Width
			d.box(starInks[stars], x, y+13, w, 12)
			x += w
		}
		said = append(said, fmt.Sprintf("%s: %s; stars 1 to 5: %v", n.Name, side, n.Stars[1:]))
	}
	if len(list) == 0 {
		d.words(Soft, 0, 42, Start, "no reviews")
		said = []string{"no reviews"}
	}
	x := 0.0
	for stars := 1; stars <= 5; stars++ {
		d.box(starInks[stars], x, d.Height-12, 10, 10)
		d.words(Soft, x+14, d.Height-3, Start, fmt.Sprint(stars))
		x += 34
	}
	d.words(Soft, x, d.Height-3, Start, "stars")
	d.Alt = title + ". " + strings.Join(said, ". ") + "."
	return d
}

// Ratio draws how many good reviews stand beside a bad one, with the range in
// which a bad one is softened and the record believed.
func Ratio(r *stats.Ratings) Drawing {
	d := Drawing{Height: 88}
	d.title("Good reviews beside each bad one")
	x := func(v float64) float64 { return 10 + math.Log10(min(max(v, 1), 1000))/3*(Width-20) }
	d.box(Fill, x(1), 38, x(1000)-x(1), 14)
	d.box(Band, x(10), 34, x(100)-x(10), 22)
	for _, v := range []float64{1, 10, 100, 1000} {
		d.line(Line, 0.8, point{x(v), 34}, point{x(v), 58})
		d.words(Soft, x(v), 73, Middle, fmt.Sprint(v))
	}
	d.Alt = "Good reviews beside each bad one: "
	band := r.Band()
	if ratio, ok := r.GoodPerBad(); ok {
		d.line(Accent, 3, point{x(ratio), 30}, point{x(ratio), 60})
		d.words(Text, Width, 14, End, fmt.Sprintf("%.1f", ratio))
		d.Alt += fmt.Sprintf("%.1f; ", ratio)
	}
	d.Alt += band.Sentence() + "."
	return d
}

// Causes draws how often the five most frequent causes came over time.
func Causes(r *stats.Report) Drawing {
	const row, most = 42, 5
	list := r.Causes
	if len(list) > most {
		list = list[:most]
	}
	d := Drawing{Height: float64(30 + row*max(len(list), 1) + 20)}
	d.title("Causes over time")
	p := newPlot(&d, r, 0)
	p.right = Width
	slot := p.slot(r.ByDay())
	var highest int64 = 1
	for i := range r.Trend {
		for _, c := range list {
			highest = max(highest, r.Trend[i].Causes[c.Cause])
		}
	}
	var said []string
	for n, c := range list {
		y := 30 + float64(n)*row
		d.words(Text, 0, y+10, Start, clip(c.Cause, 34))
		d.words(Soft, Width, y+10, End, fmt.Sprint(c.N))
		d.line(Line, 0.8, point{0, y + 36}, point{Width, y + 36})
		for i := range r.Trend {
			if times := r.Trend[i].Causes[c.Cause]; times > 0 {
				h := float64(times) / float64(highest) * 20
				d.box(Accent, p.x(r.Trend[i].Day)-slot/2, y+36-h, slot, h)
			}
		}
		said = append(said, fmt.Sprintf("%s %d", c.Cause, c.N))
	}
	p.dates(r.ByDay())
	if len(list) == 0 {
		d.words(Soft, 0, 48, Start, "no causes noted")
		said = []string{"none noted"}
	}
	d.Alt = "Causes in " + r.Name + ", reviews each: " + strings.Join(said, ", ") + "."
	return d
}
