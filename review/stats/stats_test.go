package stats

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/review"
)

var berlin = func() *time.Location {
	l, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return l
}()

// fixture reads testdata/fixture.txt as tallies.
func fixture(t *testing.T) []Tally {
	t.Helper()
	f, err := os.Open("testdata/fixture.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []Tally
	for s := bufio.NewScanner(f); s.Scan(); {
		line, _, _ := strings.Cut(s.Text(), "#")
		if strings.TrimSpace(line) == "" {
			continue
		}
		cells := strings.Split(line, "|")
		if len(cells) != 5 {
			t.Fatalf("the line %q has %d cells", line, len(cells))
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		out = append(out, fixtureCase(t, cells))
	}
	return out
}

func fixtureCase(t *testing.T, cells []string) Tally {
	t.Helper()
	came, err := time.Parse("2006-01-02T15:04", cells[2])
	stars, err2 := strconv.Atoi(cells[3])
	if err != nil || err2 != nil {
		t.Fatalf("%v: %v %v", cells, err, err2)
	}
	c := review.Case{Review: review.Review{
		Key: review.Key{Source: cells[0]}, Subject: review.Subject{Name: cells[1]}, Created: came,
	}}
	if stars > 0 {
		c.Review.Rating = review.StarRating(float64(stars))
	}
	way := []Moment{{At: came, Verb: "accept", To: review.New}}
	rest := cells[4]
	for rest != "" {
		switch {
		case strings.HasPrefix(rest, "reply="):
			value, after, _ := strings.Cut(strings.TrimPrefix(rest, "reply="), " ")
			d, err := time.ParseDuration(value)
			if err != nil {
				t.Fatal(err)
			}
			at := came.Add(d)
			c.Reply, c.Rounds = &review.Reply{Answered: at}, 1
			way = append(way, Moment{At: at, Verb: "accepted", From: review.Publishing, To: review.Published})
			rest = strings.TrimSpace(after)
		case strings.HasPrefix(rest, "cause="):
			c.Cause, rest = strings.TrimPrefix(rest, "cause="), ""
		case rest == "removed":
			c.Removed = came.Add(time.Hour)
			c.Turns = []review.Turn{{Kind: review.RemovedByAuthor, At: c.Removed}}
			rest = ""
		case rest == "platform":
			c.Review.Reply, rest = &review.PlatformReply{Text: "Thank you"}, ""
		default:
			t.Fatalf("what is %q?", rest)
		}
	}
	return Of(c, way, berlin)
}

// rowsOf are the rows that a store would give for a period.
func rowsOf(p Period, tallies []Tally) []Row {
	var rows []Row
	for _, part := range p.Parts() {
		for _, t := range tallies {
			for c, n := range t.Counts {
				c.Day = part.Grain.Day(c.Day)
				if c.Day >= part.From && c.Day < part.To {
					rows = append(rows, Row{Source: t.Source, Count: c, N: n})
				}
			}
		}
	}
	return rows
}

func period(t *testing.T, s string) Period {
	t.Helper()
	p, err := ParsePeriod(s, dayOn(2026, 12, 31))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func near(t *testing.T, what string, got float64, ok bool, want float64) {
	t.Helper()
	if !ok || math.Abs(got-want) > 0.0005 {
		t.Errorf("%s is %.4f (%v), want %.4f", what, got, ok, want)
	}
}

// tenth fails unless a duration is at most a tenth off: what buckets allow.
func tenth(t *testing.T, what string, got, want time.Duration) {
	t.Helper()
	if math.Abs(float64(got-want)) > 0.1*float64(want) {
		t.Errorf("%s is %v, want about %v", what, got, want)
	}
}

// TestByHand holds everything against the numbers worked out in the comments
// of testdata/fixture.txt.
func TestByHand(t *testing.T) {
	tallies := fixture(t)
	if len(tallies) != 12 {
		t.Fatalf("%d lines", len(tallies))
	}
	p := period(t, "2026")
	r := Sum(p, rowsOf(p, tallies))
	if r.Ratings.Stars != [6]int64{1, 2, 0, 1, 3, 4} {
		t.Errorf("stars %v", r.Ratings.Stars)
	}
	if len(r.BySource) != 2 || r.BySource[0].Name != "maps" || r.BySource[1].Name != "shop" ||
		r.BySource[0].Stars != [6]int64{1, 1, 0, 0, 1, 1} || r.BySource[1].Stars != [6]int64{0, 1, 0, 1, 2, 3} {
		t.Fatalf("by source %+v", r.BySource)
	}
	check := func(what string, want float64, got float64, ok bool) { t.Helper(); near(t, what, got, ok, want) }
	mean := func(what string, want float64, rt *Ratings) { t.Helper(); v, ok := rt.Mean(); check(what, want, v, ok) }
	mean("the mean", 3.7, &r.Ratings)
	mean("the mean of maps", 10.0/3, &r.BySource[0].Ratings)
	mean("the mean of shop", 27.0/7, &r.BySource[1].Ratings)
	v, ok := r.Ratings.GoodPerBad()
	check("good per bad", 7.0/3, v, ok)
	v, ok = r.Ratings.ResponseRate()
	check("the response rate", 6.0/11, v, ok)
	v, ok = r.Ratings.CriticalRate()
	check("that of critical ones", 2.0/3, v, ok)
	v, ok = r.BySource[1].ResponseRate()
	check("that of shop", 4.0/7, v, ok)
	if r.Ratings.Good != 7 || r.Ratings.Bad != 3 || r.Ratings.Mixed != 0 || r.Replies != 5 || r.Turns[review.RemovedByAuthor] != 1 {
		t.Errorf("good %d, bad %d, mixed %d, replies %d, turns %v", r.Ratings.Good, r.Ratings.Bad, r.Ratings.Mixed, r.Replies, r.Turns)
	}
	if got := fmt.Sprint(r.Causes); got != "[{broken lid 2} {late delivery 1}]" {
		t.Errorf("causes %s", got)
	}
	tenth(t, "the median", r.Took[Answer].Quantile(0.5), 4*time.Hour)
	tenth(t, "nine of ten", r.Took[Answer].Quantile(0.9), 16*time.Hour)

	// The trend by month, in Berlin's days.
	if len(r.Trend) != 3 {
		t.Fatalf("%d months", len(r.Trend))
	}
	for i, want := range []struct {
		day       string
		n, rated  int64
		markedSum float64
	}{{"2026-02-01", 4, 4, 13}, {"2026-03-01", 6, 5, 20}, {"2026-04-01", 1, 1, 4}} {
		point := &r.Trend[i]
		m, _ := point.Mean()
		if point.Day.String() != want.day || point.N() != want.n || point.Rated() != want.rated || math.Abs(m*float64(want.rated)-want.markedSum) > 0.001 {
			t.Errorf("month %d: %s with %d reviews, %d rated, mean %f; want %+v", i, point.Day, point.N(), point.Rated(), m, want)
		}
	}
	// A few days: the fourth of February begins at 23:00 in UTC.
	for days, want := range map[string]int64{"2026-02-03..2026-02-03": 2, "2026-02-04..2026-02-04": 1, "2026-02": 4, "2026-03": 6, "2026-02-01..2026-02-13": 3, "all": 11, "2025": 0} {
		p := period(t, days)
		if n := Sum(p, rowsOf(p, tallies)).Ratings.N(); n != want {
			t.Errorf("%s has %d reviews, want %d", days, n, want)
		}
	}
}

// at is minutes after the arrival.
func at(minutes int) time.Time {
	return time.Date(2026, 5, 4, 8, 0, 0, 0, time.UTC).Add(time.Duration(minutes) * time.Minute)
}

// TestSteps works out each hand's time of one case with an edit in between.
func TestSteps(t *testing.T) {
	way := []Moment{
		{At: at(0), Verb: "accept", To: review.New},
		{At: at(1), Verb: "announced", From: review.New, To: review.Open},
		{At: at(2), Verb: "triage", From: review.Open, To: review.Open},          // triaged: 2
		{At: at(10), Verb: "fact", From: review.Open, To: review.Open},           // not the last fact
		{At: at(32), Verb: "fact", From: review.Open, To: review.Open},           // facts: 30
		{At: at(36), Verb: "draft", From: review.Open, To: review.Drafted},       // drafted: 4
		{At: at(40), Verb: "edit", From: review.Drafted, To: review.Drafted},     // another text, counted once
		{At: at(44), Verb: "approve", From: review.Drafted, To: review.Drafted},  // one of two
		{At: at(52), Verb: "approve", From: review.Drafted, To: review.Approved}, // approved: 16
		{At: at(53), Verb: "publish", From: review.Approved, To: review.Publishing},
		{At: at(54), Verb: "accepted", From: review.Publishing, To: review.Published}, // answer: 54
		{At: at(60), Verb: "seen", From: review.Published, To: review.Live},           // live: 8
		{At: at(500), Verb: "revise", From: review.Live, To: review.Open},             // another round
		{At: at(501), Verb: "verdict", From: review.Open, To: review.Open},            // triaged: 1
		{At: at(505), Verb: "edit", From: review.Open, To: review.Drafted},            // drafted: 4, no facts
		{At: at(900), Verb: "update", From: review.Live, To: review.Open},             // of our own will
		{At: at(950), Verb: "edit", From: review.Open, To: review.Drafted},
		{At: at(960), Verb: "accepted", From: review.Publishing, To: review.Published},
	}
	tally := Of(review.Case{Review: review.Review{Key: review.Key{Source: "s"}, Created: at(0)}}, way, time.UTC)
	p := period(t, "2026-05")
	r := Sum(p, rowsOf(p, []Tally{tally}))
	for step, want := range map[Step][]int{Triaged: {1, 2}, Facts: {30}, Drafted: {4, 4}, Approved: {16}, Live: {8}, Answer: {54}} {
		took := r.Took[step]
		if took.N() != int64(len(want)) {
			t.Errorf("%s was counted %d times, want %d", step, took.N(), len(want))
			continue
		}
		tenth(t, "the longest time until "+string(step), took.Quantile(1), time.Duration(want[len(want)-1])*time.Minute)
	}
	if r.Replies != 2 {
		t.Errorf("%d replies", r.Replies)
	}
}

func TestAftermath(t *testing.T) {
	c := review.Case{
		Review: review.Review{Key: review.Key{Source: "s"}, Created: at(0)}, Tokens: 120, Cost: 0.0015,
		Promises: []review.Promise{
			{Since: at(0), Due: at(100), Kept: at(100)}, {Since: at(0), Due: at(100), Kept: at(101)}, {Since: at(0), Kept: at(900)},
			{Since: at(0), Due: at(100), Dropped: "no"}, {Since: at(0), Due: at(100)},
		},
		Reports: []review.Report{{Ground: "spam", State: review.ReportUpheld, At: at(0)}, {Ground: "spam", State: review.ReportDenied, At: at(0)}, {Ground: "hate: speech", State: review.ReportSent, At: at(0)}},
	}
	p := period(t, "2026-05")
	r := Sum(p, rowsOf(p, []Tally{Of(c, nil, time.UTC)}))
	if r.Promises != (PromiseCount{Made: 5, Kept: 2, Late: 1, Dropped: 1}) || r.Promises.Open() != 1 {
		t.Errorf("promises %+v", r.Promises)
	}
	v, ok := r.Promises.KeptShare()
	near(t, "the share kept", v, ok, 0.5)
	if got := fmt.Sprint(r.Reports); got != "[{hate: speech 0 1 0 0} {spam 0 0 1 1}]" {
		t.Errorf("reports %s", got)
	}
	if r.Tokens != 120 || r.Cost != 1500 {
		t.Errorf("%d tokens, cost %d", r.Tokens, r.Cost)
	}
}

// TestNobodyIsCounted: who owned, wrote, approved or promised something is in
// no sum, no table and no key: nobody here is ranked.
func TestNobodyIsCounted(t *testing.T) {
	came := time.Date(2026, 5, 4, 9, 0, 0, 0, berlin)
	const who, name = "console:ana", "Ana Brandt"
	c := review.Case{
		Review: review.Review{Key: review.Key{Source: "shop"}, Subject: review.Subject{Name: "Teapot"}, Rating: review.StarRating(2), Created: came},
		Owner:  who, OwnerName: name, Cause: "late", CauseBy: who, Rounds: 1,
		Draft:     &review.Draft{N: 1, Author: who, AuthorName: name, Origin: review.FromPerson},
		Approvals: []review.Approval{{By: who, Name: name, At: came}},
		Reply:     &review.Reply{Answered: came.Add(time.Hour), Hand: who},
		Promises:  []review.Promise{{N: 1, Text: "a lid", Owner: who, Due: came, Kept: came}},
		Reports:   []review.Report{{N: 1, Ground: "spam", By: who, State: review.ReportUpheld}},
		Benefits:  []review.Benefit{{N: 1, Kind: "voucher", Value: 100, By: who}},
	}
	p, err := ParsePeriod("all", DayOf(came, berlin))
	if err != nil {
		t.Fatal(err)
	}
	tally := Of(c, []Moment{{At: came, Verb: "accept", To: review.New}}, berlin)
	if len(tally.Counts) == 0 {
		t.Fatal("nothing is counted")
	}
	report := Sum(p, rowsOf(p, []Tally{tally}))
	said := strings.ToLower(fmt.Sprintf("%v %v", tally, report.Tables(nil)))
	for _, person := range []string{"ana", "brandt", "console:"} {
		if strings.Contains(said, person) {
			t.Errorf("%q is counted: %s", person, said)
		}
	}
}

func TestBand(t *testing.T) {
	for _, c := range []struct {
		good, mixed, bad int64
		want             Band
	}{
		{10, 0, 1, TooFew}, {18, 0, 2, Heavy}, {20, 0, 2, Softened}, {99, 0, 1, Softened}, {100, 0, 1, Softened},
		{101, 0, 1, Rare}, {100, 0, 0, Spotless}, {0, 20, 0, Spotless}, {0, 0, 20, Heavy},
	} {
		r := Ratings{Good: c.good, Mixed: c.mixed, Bad: c.bad}
		r.Stars[3] = c.good + c.mixed + c.bad
		if b := r.Band(); b != c.want || b.Sentence() == "" {
			t.Errorf("%d good, %d mixed, %d bad: %q, want %q", c.good, c.mixed, c.bad, b, c.want)
		}
	}
}

func TestParsePeriod(t *testing.T) {
	today := dayOn(2026, 3, 31)
	for s, want := range map[string]string{
		"": "2026-03-02 2026-04-01", "30d": "2026-03-02 2026-04-01", "1d": "2026-03-31 2026-04-01", "2W": "2026-03-18 2026-04-01",
		"2024-02": "2024-02-01 2024-03-01", "2026-12": "2026-12-01 2027-01-01", "2025": "2025-01-01 2026-01-01",
		"2026-01-05..2026-01-05": "2026-01-05 2026-01-06",
	} {
		p, err := ParsePeriod(s, today)
		if got := p.From.String() + " " + p.To.String(); err != nil || got != want || p.Name == "" {
			t.Errorf("%q is %s (%v, %q), want %s", s, got, err, p.Name, want)
		}
	}
	for _, s := range []string{"d", "0d", "-3d", "99999999d", "30", "2026-13", "2026-02-02..2026-02-01", "x..y", "30m", "é"} {
		if p, err := ParsePeriod(s, today); err == nil {
			t.Errorf("%q was taken as %v", s, p)
		}
	}
}

// The parts of a period hold each of its days exactly once.
func TestParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := Day(rapid.IntRange(10_000, 30_000).Draw(t, "from"))
		p := Period{From: from, To: from + Day(rapid.IntRange(0, 2000).Draw(t, "length"))}
		covered := make(map[Day]int)
		for _, part := range p.Parts() {
			if part.Grain == Monthly && (part.From != part.From.Month() || part.To != part.To.Month()) {
				t.Fatalf("%+v does not hold whole months", part)
			}
			for d := part.From; d < part.To; d++ {
				covered[d]++
			}
		}
		for d := p.From - 40; d < p.To+40; d++ {
			want := 0
			if d >= p.From && d < p.To {
				want = 1
			}
			if covered[d] != want {
				t.Fatalf("%v holds %s %d times", p, d, covered[d])
			}
		}
	})
}

// A quantile read from buckets is at most a tenth off one of its neighbours.
func TestQuantile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(1, 3e7).Draw(t, "seconds")) * time.Second
		var times Times
		times.add(bucket(d), rapid.Int64Range(1, 50).Draw(t, "n"))
		for _, q := range []float64{0, 0.5, 0.9, 1} {
			if got := times.Quantile(q); math.Abs(float64(got-d)) > 0.19*float64(d) {
				t.Fatalf("all take %v, the %g quantile is %v", d, q, got)
			}
		}
	})
	var none Times
	if none.Quantile(0.5) != 0 || bucket(-time.Hour) != 0 || bucket(1<<62) != lastBucket {
		t.Error("the ends of the scale")
	}
}

func TestTables(t *testing.T) {
	p := period(t, "2026")
	tallies := fixture(t)
	tables := Sum(p, rowsOf(p, tallies)).Tables(SumBySubject([]Row{{Subject: "Kettle", Count: Count{What: Reviews, Key: "5"}, N: 2}}))
	names := TableNames()
	if len(tables) != len(names) {
		t.Fatalf("%d tables, %d names", len(tables), len(names))
	}
	for i, table := range tables {
		if table.Name != names[i] {
			t.Errorf("table %d is %s", i, table.Name)
		}
		for _, row := range table.Rows {
			if len(row) != len(table.Columns) {
				t.Errorf("%s: %d cells under %d columns", table.Name, len(row), len(table.Columns))
			}
		}
	}
	if got := strings.Join(tables[0].Rows[1], ","); got != "shop,7,1,0,1,2,3,0,3.857,5,0,2,2.500,too few,4,0.571" {
		t.Errorf("shop: %s", got)
	}
	if got := strings.Join(tables[1].Rows[0][:3], ","); got != "Kettle,2,0" {
		t.Errorf("Kettle: %s", got)
	}
}
