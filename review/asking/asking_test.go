package asking_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/asking"
)

func march(t testing.TB) asking.Ask {
	t.Helper()
	a, err := asking.Parse("2026-03-01", "2026-03-31", "")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestEverybodyOfThePeriod: in their order, first and last day included, and
// whoever came twice is there twice.
func TestEverybodyOfThePeriod(t *testing.T) {
	l, err := asking.Read(strings.NewReader("\ufefforderDate,who\n2026-02-28,a\n2026-03-01T00:00:00Z,b\n2026-03-31,c\n2026-03-02,b\n2026-04-01,d\n"), march(t))
	if err != nil {
		t.Fatal(err)
	}
	var who []string
	for _, r := range l.Rows {
		who = append(who, r[1])
	}
	if !slices.Equal(who, []string{"b", "c", "b"}) || l.Read != 5 || l.Header[0] != "orderDate" {
		t.Errorf("%v of %d, header %q", who, l.Read, l.Header)
	}
	e := l.Event(march(t), review.BySystem("test"), time.Time{})
	if e.Detail["customers"] != "3" || e.Detail["from"] != "2026-03-01" || len(e.Texts) != 0 {
		t.Errorf("recorded: %+v", e)
	}
}

// TestNobodyIsChosen: a list by which one could leave somebody out is refused,
// in whatever spelling, and no customer is named in the refusal.
func TestNobodyIsChosen(t *testing.T) {
	for _, column := range []string{"rating", "Star Rating", "npsScore", "CSAT", "customer_satisfaction", "Bewertung", "wasUnhappy", "complaints"} {
		_, err := asking.Read(strings.NewReader("date,"+column+",mail\n2026-03-01,5,jo@example.test\n"), march(t))
		if err == nil || !strings.Contains(err.Error(), "everybody is asked, or nobody") || strings.Contains(err.Error(), "example.test") {
			t.Errorf("%q: %v", column, err)
		}
	}
	for _, list := range []string{"", "who\na\n", "date,who\nyesterday,a\n", "date,who\n2026-03-01\n", "date,who\n2026-13-01,a\n"} {
		if _, err := asking.Read(strings.NewReader(list), march(t)); err == nil {
			t.Errorf("%q is a list", list)
		}
	}
}

// TestRules: with their pages; none where nobody may be asked.
func TestRules(t *testing.T) {
	rules, err := asking.Rules("trustpilot")
	if err != nil || len(rules) == 0 || !strings.HasPrefix(rules[0].URL, "https://") || rules[0].Rule == "" {
		t.Errorf("%v, %v", rules, err)
	}
	for _, platform := range []string{"yelp", "nowhere"} {
		if _, err := asking.Rules(platform); err == nil {
			t.Errorf("people are asked on %s", platform)
		}
	}
}

// FuzzRead: whatever comes, nothing panics, every row that is given back was in
// the list and lies in the period, and none of the period is left out.
func FuzzRead(f *testing.F) {
	f.Add("date,who\n2026-03-01,a\n2026-04-01,b\n")
	f.Add("\ufeffwho,Order Date\n\"a\nb\",2026-03-02T10:00:00Z\n")
	f.Fuzz(func(t *testing.T, list string) {
		a := march(t)
		l, err := asking.Read(strings.NewReader(list), a)
		if err != nil {
			return
		}
		given, err := csv.NewReader(strings.NewReader(list)).ReadAll()
		if err != nil || len(given) != l.Read+1 {
			t.Fatalf("%d rows were read of %d, %v", l.Read, len(given)-1, err)
		}
		n := 0
		for _, row := range given[1:] {
			if n < len(l.Rows) && slices.Equal(row, l.Rows[n]) {
				n++
			}
		}
		if n != len(l.Rows) {
			t.Fatalf("%d rows are given back, %d of them in order", len(l.Rows), n)
		}
		for _, row := range l.Rows {
			if !slices.ContainsFunc(row, func(cell string) bool { return strings.Contains(cell, "2026-03-") }) {
				t.Fatalf("%q is not of March", row)
			}
		}
	})
}
