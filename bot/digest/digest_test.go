package digest

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden texts anew")

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// text is a page as it would be read aloud.
func (p Page) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n(%s; urgent: %v)\n", p.Title, p.Summary, p.Urgent)
	for _, s := range p.Sections {
		fmt.Fprintf(&b, "\n%s\n", s.Heading)
		for _, l := range s.Lines {
			fmt.Fprintf(&b, "  %-6s %s: %s\n", l.Mark, l.Label, l.Text)
		}
	}
	return b.String() + "\n" + p.Footer + "\n"
}

func busy(t testing.TB) Input {
	berlin := zone(t, "Europe/Berlin")
	to := time.Date(2026, 3, 30, 9, 0, 0, 0, berlin)
	voice := func(id int64, stars, words string) Voice { return Voice{id, stars, "shop", words} }
	return Input{
		Period: Period{Weekly, to.AddDate(0, 0, -7), to}, Arrived: 14, Good: 8, Bad: 5,
		Praise: []Voice{voice(11, "5 of 5", "Marta at the till was lovely, and the teapot is perfect."), voice(12, "4 of 5", "Quick and friendly.")},
		Criticism: []Voice{voice(21, "1 of 5", "MARTA KOWALSKI did not call back.\n\n<b>Never again</b> @everyone [free](https://spam.example.com)"),
			voice(22, "2 of 5", strings.Repeat("The parcel came late and the box was open. ", 9))},
		Waiting: 4, Waits: []Item{{voice(21, "1 of 5", "did not call back"), "due 31 Mar, 12:00"}, {voice(23, "2 of 5", ""), "due 1 Apr, 12:00"}},
		Overdue: 1, Late: []Item{{voice(19, "1 of 5", "Nobody answers."), "due 27 Mar, 12:00"}},
		PromisesOpen: 1, Promises: []Item{{voice(17, "", "send a new lid"), "due 2 Apr, 17:00"}}, PromiseDays: 90, Kept: 7, KeptLate: 1,
		Causes: []Cause{{"late delivery", 3, "Kowalski spoke with the courier"}, {"broken on arrival", 1, ""}},
		Quiet:  7, Quiets: []Voice{voice(11, "5 of 5", "Marta at the till was lovely"), voice(13, "5 of 5", "")},
		Entries: 1234, Head: strings.Repeat("ab", 32), Picture: "Mean rating in the last 12 weeks: 3.9 of 5 over 120 rated reviews.",
	}
}

var staff = []string{"Marta Kowalski"}

// TestTexts holds whole digests against their golden texts.
func TestTexts(t *testing.T) {
	day := busy(t)
	day.Period = Period{Daily, day.To.AddDate(0, 0, -1), day.To}
	day.Arrived, day.Good, day.Bad, day.Praise, day.Criticism, day.Waiting, day.Waits, day.Overdue, day.Late = 0, 0, 0, nil, nil, 0, nil, 0, nil
	day.Promises, day.PromisesOpen, day.Kept, day.KeptLate, day.Causes, day.Quiet, day.Quiets, day.Picture, day.Head = nil, 0, 0, 0, nil, 1, day.Quiets[:1], "", ""
	for name, in := range map[string]Input{"busy": busy(t), "quiet": day} {
		got, file := Compose(in, staff).text(), filepath.Join("testdata", name+".txt")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s reads\n%s\nwant\n%s", name, got, want)
		}
	}
}

func TestMask(t *testing.T) {
	names := []string{"Marta Kowalski", "bo", "Zoë", "山田"}
	for text, want := range map[string]string{
		"Marta Kowalski was kind":          "[colleague] was kind",
		"marta   kowalski":                 "marta   kowalski", // handled after spaces are folded
		"MARTA KOWALSKI":                   "[colleague]",
		"Marta's smile, Kowalski’s frown":  "[colleague]'s smile, [colleague]’s frown",
		"kowalski":                         "kowalski", // a part counts as it is capitalised
		"Bo and BO but not Bonn or turbot": "[colleague] and [colleague] but not Bonn or turbot",
		"Zoe\u0308 and zoë":                "[colleague] and [colleague]",
		"Mar\u200Bta":                      "[colleague]",
		"今日は山田さんが":                         "今日は[colleague]さんが",
		"":                                 "",
	} {
		if got := Mask(text, names); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	if got := Compose(Input{Period: busy(t).Period, Arrived: 1, Good: 1, Praise: []Voice{{Words: "marta \n kowalski!"}}}, names).text(); strings.Contains(got, "kowalski") {
		t.Errorf("a name over two lines is read: %s", got)
	}
}

// TestFits holds any digest, however long its parts, against the smallest
// chat, and no name of staff comes through.
func TestFits(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		long := rapid.StringN(0, 3000, -1)
		voices := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) Voice {
			return Voice{rapid.Int64Range(1, 1<<40).Draw(r, "id"), "1 of 5", long.Draw(r, "where"), "Marta Kowalski " + long.Draw(r, "words")}
		}), 0, 30)
		items := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) Item {
			return Item{Voice{7, "1 of 5", long.Draw(r, "at"), "Marta Kowalski, " + long.Draw(r, "said")}, "due 31 Mar, 12:00"}
		}), 0, 30)
		in := busy(t)
		in.Praise, in.Criticism, in.Quiets = voices.Draw(r, "praise"), voices.Draw(r, "criticism"), voices.Draw(r, "quiet")
		in.Waits, in.Late, in.Promises = items.Draw(r, "waits"), items.Draw(r, "late"), items.Draw(r, "promises")
		p := Compose(in, staff)
		n := utf8.RuneCountInString(p.Title) + utf8.RuneCountInString(p.Footer)
		for _, s := range p.Sections {
			n += utf8.RuneCountInString(s.Heading) + 6
			for _, l := range s.Lines {
				n += utf8.RuneCountInString(l.Label) + utf8.RuneCountInString(l.Text) + 8
				if strings.ContainsAny(l.Text+l.Label, "\n\x00\u202E\u200B") {
					r.Fatalf("a line holds control characters: %q", l)
				}
				if strings.Contains(l.Text, "Marta") {
					r.Fatalf("a name of staff comes through: %q", l.Text)
				}
			}
		}
		if n > 4000 {
			r.Fatalf("a digest has %d characters", n)
		}
	})
}

// TestSchedule goes through a year in which the clock is changed twice: the
// digests come at the same time by the wall, one period begins where the one
// before ended, and a key finds its period again.
func TestSchedule(t *testing.T) {
	for _, zoneName := range []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"} {
		for _, at := range []time.Duration{0, 150 * time.Minute, 9 * time.Hour, 23*time.Hour + 59*time.Minute} {
			loc := zone(t, zoneName)
			s := Schedule{Zone: loc, DailyAt: at, WeeklyAt: at, WeeklyDay: time.Monday}
			now := time.Date(2026, 1, 1, 0, 0, 0, 0, loc)
			seen := map[string]int{}
			end := now
			for end.Before(now.AddDate(1, 0, 0)) {
				p, ok := s.Next(Daily, end)
				if w, _ := s.Next(Weekly, end); !ok || !p.To.Before(w.To) {
					if seen[w.Key()]++; !w.From.Equal(w.To.AddDate(0, 0, -7)) {
						t.Fatalf("%+v", w)
					}
					p = w
				} else if p.From.After(end) || len(seen) > 7 && !p.From.Equal(end) {
					t.Fatalf("%s: the day until %v begins at %v, the one before ended at %v", zoneName, p.To, p.From, end)
				}
				seen[p.Key()]++
				if again, ok := s.Find(p.Key(), p.To); !ok || !again.To.Equal(p.To) || !again.From.Equal(p.From) {
					t.Fatalf("%s: %s is found as %+v, %v", zoneName, p.Key(), again, ok)
				}
				if h, m, _ := p.To.Clock(); time.Duration(h)*time.Hour+time.Duration(m)*time.Minute != at && at != 150*time.Minute {
					t.Fatalf("%s: %v", zoneName, p.To)
				}
				end = p.To
			}
			if len(seen) < 365 || len(seen) > 367 {
				t.Errorf("%s: %d digests in a year", zoneName, len(seen))
			}
		}
	}
}

// TestMissed shows that a digest that nobody was there to tell covers all the
// time since.
func TestMissed(t *testing.T) {
	loc := zone(t, "Europe/Berlin")
	s := Schedule{Zone: loc, DailyAt: 9 * time.Hour, WeeklyAt: -1}
	p, ok := s.Find("daily@2026-03-27T09:00", time.Date(2026, 3, 30, 11, 0, 0, 0, loc))
	if !ok || !p.From.Equal(time.Date(2026, 3, 26, 9, 0, 0, 0, loc)) || !p.To.Equal(time.Date(2026, 3, 30, 9, 0, 0, 0, loc)) || p.Title() != "Since Thursday, 26 March" {
		t.Errorf("%+v, %v, %q", p, ok, p.Title())
	}
	for _, other := range []string{"daily@2026-03-27T10:00", "weekly@2026-03-30T09:00", "daily@", "", "hourly@2026-03-27T09:00", "daily@2026-13-27T09:00"} {
		if p, ok := s.Find(other, p.To); ok {
			t.Errorf("%q is found as %+v", other, p)
		}
	}
}
