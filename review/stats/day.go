package stats

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Day is a calendar day: days since 1 January 1970.
type Day int

// DayOf is the day of a moment in a time zone.
func DayOf(t time.Time, zone *time.Location) Day {
	y, m, d := t.In(zone).Date()
	return dayOn(y, m, d)
}

func dayOn(y int, m time.Month, d int) Day {
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// Date is the day as a date at midnight in UTC.
func (d Day) Date() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// Month is the first day of the day's month.
func (d Day) Month() Day { t := d.Date(); return dayOn(t.Year(), t.Month(), 1) }

// NextMonth is the first day of the month after the day's.
func (d Day) NextMonth() Day { t := d.Date(); return dayOn(t.Year(), t.Month()+1, 1) }

// String is "2026-05-03".
func (d Day) String() string { return d.Date().Format(time.DateOnly) }

// Period is the days from From on that are before To.
type Period struct {
	From, To Day
	Name     string // as people say it: "the last 30 days"
}

// firstDay is where "all" begins: no review is older than the web.
var firstDay = dayOn(1990, 1, 1)

// ParsePeriod reads a period as people write it: "30d" (today and the 29 days
// before it), "12w", "2026-05", "2026", "all", or "2026-05-01..2026-05-15",
// both days included. "" is "30d".
func ParsePeriod(s string, today Day) (Period, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	switch {
	case s == "":
		s = "30d"
	case s == "all":
		return Period{firstDay, today + 1, "all time"}, nil
	case strings.Contains(s, ".."):
		from, to, _ := strings.Cut(s, "..")
		a, err1 := time.Parse(time.DateOnly, from)
		b, err2 := time.Parse(time.DateOnly, to)
		if err1 != nil || err2 != nil || b.Before(a) {
			return Period{}, badPeriod(s)
		}
		return Period{DayOf(a, time.UTC), DayOf(b, time.UTC) + 1, from + " to " + to}, nil
	}
	if t, err := time.Parse("2006-01", s); err == nil {
		d := DayOf(t, time.UTC)
		return Period{d, d.NextMonth(), t.Format("January 2006")}, nil
	}
	if t, err := time.Parse("2006", s); err == nil {
		return Period{DayOf(t, time.UTC), dayOn(t.Year()+1, 1, 1), s}, nil
	}
	unit := s[len(s)-1:]
	days := map[string]int{"d": 1, "w": 7}[unit]
	n, err := strconv.Atoi(s[:len(s)-1])
	if err != nil || days == 0 || n < 1 || n > 36_600/days {
		return Period{}, badPeriod(s)
	}
	name := fmt.Sprintf("the last %d days", n*days)
	if n*days == 1 {
		name = "today"
	}
	return Period{today + 1 - Day(n*days), today + 1, name}, nil
}

func badPeriod(s string) error {
	return fmt.Errorf("“%s”; write 30d, 12w, 2026-05, 2026, all, or 2026-05-01..2026-05-15", s)
}

// Grain is how coarse sums are.
type Grain string

// The grains: sums of a day, of a calendar month, of all time. Rows of a month
// stand on its first day, those of all time on day 0.
const (
	Daily   Grain = "d"
	Monthly Grain = "m"
	Ever    Grain = "t"
)

// Day is where the counts of a day stand at this grain.
func (g Grain) Day(d Day) Day {
	switch g {
	case Monthly:
		return d.Month()
	case Ever:
		return 0
	}
	return d
}

// Part is a stretch of a period that is read at one grain.
type Part struct {
	Grain    Grain
	From, To Day
}

// fine is the longest period that is read, and drawn, by day.
const fine = 92

// ByDay tells that the period's trend has a point a day, else a month.
func (p Period) ByDay() bool { return p.To-p.From <= fine }

// Parts are the fewest rows that make up the period: whole months by month,
// the days around them by day.
func (p Period) Parts() []Part {
	if p.ByDay() {
		return []Part{{Daily, p.From, p.To}}
	}
	first := p.From.Month()
	if first != p.From {
		first = p.From.NextMonth()
	}
	last := p.To.Month()
	parts := []Part{{Monthly, first, last}}
	if p.From < first {
		parts = append(parts, Part{Daily, p.From, first})
	}
	if last < p.To {
		parts = append(parts, Part{Daily, last, p.To})
	}
	return parts
}
