package digest

import (
	"fmt"
	"strings"
	"time"
)

// Kind is how often a digest comes.
type Kind string

// The kinds.
const (
	Daily  Kind = "daily"
	Weekly Kind = "weekly"
)

// Schedule is when digests come by a wall clock.
type Schedule struct {
	Zone      *time.Location
	DailyAt   time.Duration // since midnight; below zero for never
	WeeklyAt  time.Duration // since midnight; below zero for never
	WeeklyDay time.Weekday
}

// Period is the stretch of time that a digest covers.
type Period struct {
	Kind     Kind
	From, To time.Time // From included, To not
}

// layout of a period's name: the wall clock, so that a change of the schedule
// makes other names.
const layout = "2006-01-02T15:04"

// Key names the period: "daily@2026-03-29T09:00".
func (p Period) Key() string { return string(p.Kind) + "@" + p.To.Format(layout) }

// Next is the first period of a kind that ends after t; ok is false when there
// is none. A day on which the clock is changed has its digest like any other,
// at the same time by the wall.
func (s Schedule) Next(kind Kind, t time.Time) (p Period, ok bool) {
	day := t.In(s.Zone)
	for n := -1; n <= 16; n++ {
		if at, ok := s.on(kind, day, n); ok && at.After(t) {
			return Period{kind, s.before(kind, at), at}, true
		}
	}
	return Period{}, false
}

// Find is the period of a key as it is to be told at a time: when the one that
// is named was missed, because nobody was there, it goes on to the last end
// before now. ok is false when the schedule has no such period.
func (s Schedule) Find(key string, now time.Time) (p Period, ok bool) {
	kind, at, _ := strings.Cut(key, "@")
	named, err := time.ParseInLocation(layout, at, s.Zone)
	if err != nil {
		return p, false
	}
	p, ok = s.Next(Kind(kind), named.Add(-time.Second))
	if !ok || p.Key() != key {
		return Period{}, false
	}
	for {
		later, ok := s.Next(p.Kind, p.To)
		if !ok || later.To.After(now) {
			return p, true
		}
		p.To = later.To
	}
}

// on is the end of the period on the day that is n days from another.
func (s Schedule) on(kind Kind, day time.Time, n int) (time.Time, bool) {
	y, m, d := day.Date()
	date := time.Date(y, m, d+n, 12, 0, 0, 0, s.Zone) // noon: it exists everywhere
	weekly := s.WeeklyAt >= 0 && date.Weekday() == s.WeeklyDay
	at := s.DailyAt
	switch {
	case kind == Weekly && weekly:
		at = s.WeeklyAt
	case kind != Daily, s.DailyAt < 0, weekly:
		return date, false
	}
	return s.wall(y, m, d+n, at), true
}

// before is the beginning of the period that ends at a time: the same time of
// day on the day before, or the week before. After the day of the weekly digest
// the daily one begins where that ended.
func (s Schedule) before(kind Kind, end time.Time) time.Time {
	back, at := 1, s.DailyAt
	if kind == Weekly {
		back = 7
	}
	y, m, d := end.Date()
	if weekday := time.Date(y, m, d-back, 12, 0, 0, 0, s.Zone).Weekday(); s.WeeklyAt >= 0 && weekday == s.WeeklyDay {
		at = s.WeeklyAt
	}
	return s.wall(y, m, d-back, at)
}

// wall is a time of day by the wall clock.
func (s Schedule) wall(y int, m time.Month, d int, at time.Duration) time.Time {
	return time.Date(y, m, d, int(at.Hours()), int(at.Minutes())%60, 0, 0, s.Zone)
}

// Title is what people call the period.
func (p Period) Title() string {
	if p.Kind == Weekly {
		return fmt.Sprintf("The week until %s", p.To.Format("Monday, 2 January"))
	}
	if p.To.Sub(p.From) > 26*time.Hour {
		return fmt.Sprintf("Since %s", p.From.Format("Monday, 2 January"))
	}
	return p.To.Format("Monday, 2 January")
}
