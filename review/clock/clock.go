// Package clock counts business hours.
//
// A [Calendar] says when a team works: spans of the wall clock per weekday, in
// one time zone, without its holidays. [Calendar.Add] finds the moment at
// which a number of working hours has passed, [Calendar.Between] counts those
// that lie between two moments. Response targets, reminders and digests rest
// on these two.
//
// It is pure: no present time, no files, no state. A Calendar is a value that
// is made once from the playbook and may be used by any number of goroutines
// as long as nobody changes its fields.
//
// # Summer time
//
// Spans are wall-clock times; what is counted is time that really passes. A
// span from 01:00 to 04:00 holds two hours in the night in which the clock
// jumps forward and four in the one in which it goes back. A wall-clock time
// that does not exist stands for the moment of the jump, one that comes twice
// for its first coming, so spans that touch on the wall clock touch in real
// time too and never overlap.
package clock

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// Span is a stretch of a day, as offsets on its wall clock: 9h to 17h30m is
// 09:00–17:30. To may be 24h, the end of the day.
type Span struct{ From, To time.Duration }

// String is the span as people write it: "09:00-17:30".
func (s Span) String() string { return wall(s.From) + "-" + wall(s.To) }

func wall(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60)
}

// Date is a day of the calendar. With Year 0 it is that day of every year.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// String is the date as people write it: "2026-12-25", or "12-25" for every year.
func (d Date) String() string {
	if d.Year == 0 {
		return fmt.Sprintf("%02d-%02d", int(d.Month), d.Day)
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// ParseDate reads "2026-12-25", or "12-25" for that day of every year.
func ParseDate(s string) (Date, error) {
	if t, err := time.Parse(time.DateOnly, s); err == nil && t.Year() > 0 {
		return Date{t.Year(), t.Month(), t.Day()}, nil
	}
	// A leap year, so that 29 February may be every year's.
	if t, err := time.Parse(time.DateOnly, "2000-"+s); err == nil {
		return Date{0, t.Month(), t.Day()}, nil
	}
	return Date{}, fmt.Errorf("%q is no date; write 2026-12-25, or 12-25 for every year", s)
}

// Calendar says when a team works. Its zero value always does, in UTC.
type Calendar struct {
	Location *time.Location // nil is UTC
	// Hours are the working spans by weekday (time.Sunday first). When all are
	// empty, all hours of every day count.
	Hours [7][]Span
	// Holidays are the days that do not count at all.
	Holidays map[Date]bool
}

// Valid says what is wrong with c, or nothing.
func (c Calendar) Valid() error {
	for day, spans := range c.Hours {
		for _, s := range spans {
			if s.From < 0 || s.To > 24*time.Hour || s.From >= s.To {
				return fmt.Errorf("%s: %s is no span of a day", time.Weekday(day), s)
			}
		}
	}
	if !c.everOpen() {
		return errors.New("the holidays leave no working day")
	}
	return nil
}

// horizon is how many days without any working time Add walks through before
// it takes the calendar for one that is never open. Leap days make the longest
// honest wait: 29 February on the right weekday comes every 40 years.
const horizon = 41 * 366

// everOpen tells whether some day of a full turn of the calendar is open.
func (c Calendar) everOpen() bool {
	d := time.Date(2000, 1, 1, 12, 0, 0, 0, time.UTC)
	for range horizon {
		if len(c.spans(d)) > 0 {
			return true
		}
		d = d.AddDate(0, 0, 1)
	}
	return false
}

// Always tells that every hour of every day counts.
func (c Calendar) Always() bool { return c.anyHour() && len(c.Holidays) == 0 }

func (c Calendar) anyHour() bool {
	for _, spans := range c.Hours {
		if len(spans) > 0 {
			return false
		}
	}
	return true
}

// Open tells whether t lies in working time.
func (c Calendar) Open(t time.Time) bool {
	return c.Always() || c.Between(t, t.Add(1)) > 0
}

// Add is the first moment at which d of working time has passed since start.
// For d of zero or less it is start itself. The result is in the calendar's
// time zone. A calendar that is never open counts every hour: a clock that
// rings early is better than one that never does.
func (c Calendar) Add(start time.Time, d time.Duration) time.Time {
	start = start.In(c.location())
	if d <= 0 {
		return start
	}
	if c.Always() {
		return start.Add(d)
	}
	left, shut := d, 0
	for day := c.before(start); shut < horizon; day = day.AddDate(0, 0, 1) {
		shut++
		for _, s := range c.spans(day) {
			from, to := c.at(day, s.From), c.at(day, s.To)
			if from.Before(start) {
				from = start
			}
			open := to.Sub(from)
			if open <= 0 {
				continue
			}
			if left <= open {
				return from.Add(left)
			}
			left -= open
			shut = 0
		}
	}
	return start.Add(d)
}

// Between is the working time from a to b; it is negative when b comes first.
// What is longer than a time.Duration can hold is cut to its greatest value.
func (c Calendar) Between(a, b time.Time) time.Duration {
	if b.Before(a) {
		return -c.Between(b, a)
	}
	if c.Always() {
		return b.Sub(a)
	}
	a, b = a.In(c.location()), b.In(c.location())
	var sum time.Duration
	for day := c.before(a); !c.at(day, 0).After(b); day = day.AddDate(0, 0, 1) {
		for _, s := range c.spans(day) {
			from, to := c.at(day, s.From), c.at(day, s.To)
			if from.Before(a) {
				from = a
			}
			if to.After(b) {
				to = b
			}
			if open := to.Sub(from); open > 0 {
				if sum > math.MaxInt64-open {
					return math.MaxInt64
				}
				sum += open
			}
		}
	}
	return sum
}

func (c Calendar) location() *time.Location {
	if c.Location == nil {
		return time.UTC
	}
	return c.Location
}

// before is the day before t's, at noon UTC: days are walked on a plain
// calendar. It starts one day early because a zone that turns its clock back
// over midnight shows the old date again after the new one.
func (c Calendar) before(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d-1, 12, 0, 0, 0, time.UTC)
}

// allDay is every hour of a day.
var allDay = []Span{{0, 24 * time.Hour}}

// spans are the working spans of a day, in order and merged.
func (c Calendar) spans(day time.Time) []Span {
	y, m, d := day.Date()
	if c.Holidays[Date{y, m, d}] || c.Holidays[Date{0, m, d}] {
		return nil
	}
	if c.anyHour() {
		return allDay
	}
	spans := c.Hours[day.Weekday()]
	if tidy(spans) {
		return spans
	}
	spans = slices.Clone(spans)
	slices.SortFunc(spans, func(a, b Span) int { return cmp.Compare(a.From, b.From) })
	merged := spans[:0]
	for _, s := range spans {
		s.From, s.To = max(s.From, 0), min(s.To, 24*time.Hour)
		switch n := len(merged); {
		case s.From >= s.To:
		case n > 0 && s.From <= merged[n-1].To:
			merged[n-1].To = max(merged[n-1].To, s.To)
		default:
			merged = append(merged, s)
		}
	}
	return merged
}

// tidy tells spans that are in order, inside the day and apart.
func tidy(spans []Span) bool {
	end := time.Duration(0)
	for i, s := range spans {
		if s.From < end || i > 0 && s.From == end || s.From >= s.To || s.To > 24*time.Hour {
			return false
		}
		end = s.To
	}
	return true
}

// at is the first moment at which the wall clock of that day shows at least d.
func (c Calendar) at(day time.Time, d time.Duration) time.Time {
	loc := c.location()
	y, m, dd := day.Date()
	want := time.Date(y, m, dd, 0, 0, 0, 0, time.UTC).Add(d) // the wall clock, as if it were UTC
	t := time.Date(want.Year(), want.Month(), want.Day(), want.Hour(), want.Minute(), want.Second(), want.Nanosecond(), loc)
	shown := reading(t)
	start, end := t.ZoneBounds()
	switch {
	case shown.After(want): // in a gap, and Date chose the far side
		return start
	case shown.Before(want): // in a gap, and Date chose the near side
		return end
	case start.IsZero():
		return t
	}
	_, before := start.Add(-1).Zone()
	if first := want.Add(-time.Duration(before) * time.Second).In(loc); first.Before(start) && first.Before(t) && reading(first).Equal(want) {
		return first // the clock goes back over this time: the first coming counts
	}
	return t
}

// reading is what the wall clock shows at t, as if it were UTC.
func reading(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.Add(time.Duration(offset) * time.Second).UTC()
}
