package clock

import (
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"
)

func zone(t interface{ Fatal(...any) }, name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func office(loc *time.Location) Calendar {
	c := Calendar{Location: loc, Holidays: map[Date]bool{{2026, 12, 25}: true, {0, 1, 1}: true}}
	for d := time.Monday; d <= time.Friday; d++ {
		c.Hours[d] = []Span{{9 * time.Hour, 12 * time.Hour}, {13 * time.Hour, 18 * time.Hour}}
	}
	return c
}

func TestAdd(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	night := Calendar{Location: berlin}
	for d := range night.Hours {
		night.Hours[d] = []Span{{1 * time.Hour, 4 * time.Hour}}
	}
	cairo := Calendar{Location: zone(t, "Africa/Cairo"), Holidays: map[Date]bool{{2026, 4, 23}: true}}
	never := Calendar{Location: berlin, Holidays: map[Date]bool{}}
	for d := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() == 2000; d = d.AddDate(0, 0, 1) {
		never.Holidays[Date{0, d.Month(), d.Day()}] = true
	}
	tests := []struct {
		name     string
		c        Calendar
		start    string
		d        time.Duration
		want     string
		location *time.Location
	}{
		{"inside a day", office(berlin), "2026-06-10T09:30:00", time.Hour, "2026-06-10T10:30:00", berlin},
		{"over lunch", office(berlin), "2026-06-10T11:30:00", time.Hour, "2026-06-10T13:30:00", berlin},
		{"exactly to closing", office(berlin), "2026-06-10T09:00:00", 8 * time.Hour, "2026-06-10T18:00:00", berlin},
		{"a moment past closing", office(berlin), "2026-06-10T09:00:00", 8*time.Hour + time.Second, "2026-06-11T09:00:01", berlin},
		{"over the weekend", office(berlin), "2026-06-12T17:00:00", 2 * time.Hour, "2026-06-15T10:00:00", berlin},
		{"from the weekend", office(berlin), "2026-06-13T11:00:00", 2 * time.Hour, "2026-06-15T11:00:00", berlin},
		{"over a holiday, a weekend", office(berlin), "2026-12-24T17:30:00", time.Hour, "2026-12-28T09:30:00", berlin},
		{"over every year's holiday", office(berlin), "2026-12-31T17:30:00", time.Hour, "2027-01-04T09:30:00", berlin},
		{"nothing to add", office(berlin), "2026-06-13T11:00:00", 0, "2026-06-13T11:00:00", berlin},
		{"less than nothing", office(berlin), "2026-06-13T11:00:00", -time.Hour, "2026-06-13T11:00:00", berlin},
		{"all hours count", Calendar{Location: berlin}, "2026-03-28T12:00:00", 24 * time.Hour, "2026-03-29T13:00:00", berlin},
		{"the short night has two hours", night, "2026-03-29T00:30:00", 2 * time.Hour, "2026-03-29T04:00:00", berlin},
		{"the long night has four", night, "2026-10-25T00:30:00", 4 * time.Hour, "2026-10-25T04:00:00", berlin},
		{"the day without a midnight", cairo, "2026-04-22T23:00:00", 2 * time.Hour, "2026-04-24T02:00:00", cairo.Location},
		{"never open counts all", never, "2026-06-13T11:00:00", time.Hour, "2026-06-13T12:00:00", berlin},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start, err := time.ParseInLocation("2006-01-02T15:04:05", tt.start, tt.location)
			if err != nil {
				t.Fatal(err)
			}
			if got := tt.c.Add(start, tt.d).Format("2006-01-02T15:04:05"); got != tt.want {
				t.Errorf("%s + %s = %s, want %s", tt.start, tt.d, got, tt.want)
			}
		})
	}
}

func TestBetween(t *testing.T) {
	c := office(zone(t, "Europe/Berlin"))
	at := func(s string) time.Time {
		v, err := time.ParseInLocation("2006-01-02T15:04", s, c.Location)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	tests := []struct {
		a, b string
		want time.Duration
	}{
		{"2026-06-08T00:00", "2026-06-15T00:00", 40 * time.Hour},
		{"2026-06-13T00:00", "2026-06-14T23:59", 0},
		{"2026-06-10T12:15", "2026-06-10T12:45", 0},
		{"2026-06-10T11:00", "2026-06-10T14:00", 2 * time.Hour},
		{"2026-06-10T14:00", "2026-06-10T11:00", -2 * time.Hour},
		{"2026-12-21T00:00", "2026-12-28T00:00", 32 * time.Hour},
	}
	for _, tt := range tests {
		if got := c.Between(at(tt.a), at(tt.b)); got != tt.want {
			t.Errorf("from %s to %s: %s, want %s", tt.a, tt.b, got, tt.want)
		}
	}
	if !c.Open(at("2026-06-10T09:00")) || c.Open(at("2026-06-10T12:00")) || c.Open(at("2026-12-25T10:00")) {
		t.Error("Open disagrees with the hours: nine is open, noon and the holiday are not")
	}
}

func TestValid(t *testing.T) {
	bad := Calendar{}
	bad.Hours[1] = []Span{{17 * time.Hour, 9 * time.Hour}}
	if err := bad.Valid(); err == nil || err.Error() != "Monday: 17:00-09:00 is no span of a day" {
		t.Errorf("a span that ends before it begins: %v", err)
	}
	shut := Calendar{Holidays: map[Date]bool{}}
	shut.Hours[0] = []Span{{0, time.Hour}}
	for m := time.January; m <= time.December; m++ {
		for d := 1; d <= 31; d++ {
			shut.Holidays[Date{0, m, d}] = true
		}
	}
	if err := shut.Valid(); err == nil {
		t.Error("holidays all year round were taken for a calendar")
	}
	if err := office(time.UTC).Valid(); err != nil {
		t.Errorf("office hours: %v", err)
	}
}

func TestParseDate(t *testing.T) {
	for in, want := range map[string]string{"2026-12-25": "2026-12-25", "12-25": "12-25", "02-29": "02-29"} {
		d, err := ParseDate(in)
		if err != nil || d.String() != want {
			t.Errorf("ParseDate(%q) = %s, %v", in, d, err)
		}
	}
	for _, in := range []string{"", "2026-02-30", "13-01", "25.12.2026", "2026-1-1", "0000-01-01"} {
		if d, err := ParseDate(in); err == nil {
			t.Errorf("ParseDate(%q) = %s, want an error", in, d)
		}
	}
}

// zones have the oddest clocks: half-hour jumps, midnight jumps, a day that
// never was, jumps a minute after midnight.
var zones = []string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo",
	"America/St_Johns", "Pacific/Apia", "Africa/Casablanca", "Asia/Kathmandu", "America/Santiago", "Asia/Tokyo"}

func drawCalendar(t *rapid.T) Calendar {
	c := Calendar{Location: zone(t, rapid.SampledFrom(zones).Draw(t, "zone")), Holidays: map[Date]bool{}}
	quarter := rapid.IntRange(0, 96)
	for d := range c.Hours {
		for range rapid.IntRange(0, 3).Draw(t, "spans") {
			a, b := quarter.Draw(t, "from"), quarter.Draw(t, "to")
			if a != b { // unsorted and overlapping on purpose
				c.Hours[d] = append(c.Hours[d], Span{time.Duration(min(a, b)) * 15 * time.Minute, time.Duration(max(a, b)) * 15 * time.Minute})
			}
		}
	}
	for range rapid.IntRange(0, 5).Draw(t, "holidays") {
		day := drawTime(t, "holiday")
		c.Holidays[Date{day.Year(), day.Month(), day.Day()}] = true
	}
	return c
}

func drawTime(t *rapid.T, label string) time.Time {
	from := time.Date(2005, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	to := time.Date(2035, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	return time.Unix(rapid.Int64Range(from, to).Draw(t, label), 0)
}

// drawNearJump prefers moments around a change of the clock, where mistakes live.
func drawNearJump(t *rapid.T, c Calendar, label string) time.Time {
	at := drawTime(t, label).In(c.Location)
	if _, end := at.ZoneBounds(); !end.IsZero() && rapid.Bool().Draw(t, label+" near a jump") {
		return end.Add(time.Duration(rapid.IntRange(-48*60, 48*60).Draw(t, label+" minutes off")) * time.Minute)
	}
	return at
}

func TestAddAndBetweenAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCalendar(t)
		if c.Valid() != nil {
			t.Skip("no hour is ever open")
		}
		start := drawNearJump(t, c, "start")
		d := time.Duration(rapid.Int64Range(0, int64(300*time.Hour)).Draw(t, "d"))
		end := c.Add(start, d)
		if end.Before(start) {
			t.Fatalf("%s + %s went back to %s", start, d, end)
		}
		if got := c.Between(start, end); got != d {
			t.Fatalf("%s + %s = %s, but %s lie between", start, d, end, got)
		}
		if d > 0 && c.Between(start, end.Add(-1)) >= d {
			t.Fatalf("%s is not the first moment after %s", end, d)
		}
	})
}

func TestMoreIsLater(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCalendar(t)
		start := drawNearJump(t, c, "start")
		d := time.Duration(rapid.Int64Range(0, int64(200*time.Hour)).Draw(t, "d"))
		more := time.Duration(rapid.Int64Range(1, int64(100*time.Hour)).Draw(t, "more"))
		if a, b := c.Add(start, d), c.Add(start, d+more); !b.After(a) {
			t.Fatalf("%s more than %s ends at %s, not after %s", more, d, b, a)
		}
	})
}

func TestBetweenAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCalendar(t)
		a := drawNearJump(t, c, "a")
		b := a.Add(time.Duration(rapid.Int64Range(0, int64(1000*time.Hour)).Draw(t, "b")))
		m := a.Add(time.Duration(rapid.Int64Range(0, int64(b.Sub(a))).Draw(t, "m")))
		whole, parts := c.Between(a, b), c.Between(a, m)+c.Between(m, b)
		if whole != parts {
			t.Fatalf("%s to %s: %s as a whole, %s over %s", a, b, whole, parts, m)
		}
		if whole < 0 || whole > b.Sub(a) {
			t.Fatalf("%s of work in %s", whole, b.Sub(a))
		}
		if c.Between(b, a) != -whole {
			t.Fatal("backwards is not the negative of forwards")
		}
	})
}

// TestTilesTheDay: touching spans count the same as one.
func TestTilesTheDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one, many := Calendar{}, Calendar{}
		one.Location = zone(t, rapid.SampledFrom(zones).Draw(t, "zone"))
		many.Location = one.Location
		cut := time.Duration(rapid.IntRange(1, 95).Draw(t, "cut")) * 15 * time.Minute
		for d := range one.Hours {
			one.Hours[d] = []Span{{0, 24 * time.Hour}}
			many.Hours[d] = []Span{{0, cut}, {cut, 24 * time.Hour}}
		}
		a := drawNearJump(t, one, "a")
		b := a.Add(time.Duration(rapid.Int64Range(0, int64(100*time.Hour)).Draw(t, "b")))
		if x, y, z := one.Between(a, b), many.Between(a, b), b.Sub(a); x != y || x != z {
			t.Fatalf("%s to %s: %s as one span, %s as two, %s passed", a, b, x, y, z)
		}
	})
}
