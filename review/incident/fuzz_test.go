package incident_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/incident"
)

// FuzzParseBook: whatever stands in the record, it is refused or can be worked
// with: every incident is found by its number, the next one gets a new number,
// and what is written is read the same.
func FuzzParseBook(f *testing.F) {
	now := time.Date(2026, 10, 1, 8, 0, 0, 0, time.UTC)
	ana := review.Person{ID: "console:ana", Name: "Ana", Role: review.Lead}
	b := &incident.Book{}
	i := b.Open("Late parcels", "delivery", "Ana", now)
	i.Involve(1, 2, 3)
	if err := i.Write("The depot was closed on Monday.", ana, now); err != nil {
		f.Fatal(err)
	}
	f.Add(b.String())
	if err := i.Close("mended", ana, now); err != nil {
		f.Fatal(err)
	}
	b.Open("Hot handles", "", "", now)
	f.Add(b.String())
	for _, odd := range []string{"", "null", `{"last":1,"all":[null]}`, `{"last":1,"all":[{"n":1},{"n":1}]}`, `{"last":-1,"all":[{"n":9}]}`, `{"last":1,"all":[{"n":1,"opened":"0001-01-01T00:00:00+14:00","sheets":[{}]}]}`} {
		f.Add(odd)
	}
	f.Fuzz(func(t *testing.T, kept string) {
		b, err := incident.ParseBook(kept)
		if err != nil {
			return
		}
		for _, i := range b.All {
			if b.Find(i.N) != i {
				t.Errorf("%q: incident %d is not found", kept, i.N)
			}
			i.Latest()
			i.Standing()
			b.Of(i.Cause, i.Cases)
		}
		if n := b.Last + 1; b.Find(n) != nil || b.Open("t", "c", "", now).N != n {
			t.Errorf("%q: the next number is taken", kept)
		}
		again, err := incident.ParseBook(b.String())
		if err != nil || again.String() != b.String() {
			t.Errorf("%q came back with %v: %s", kept, err, cmp.Diff(b.String(), again.String()))
		}
	})
}
