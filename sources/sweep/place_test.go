package sweep_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/sources/sweep"
)

// TestPlacesSeeEveryRow walks lists with many equal times, in pages of any
// size, while rows that were read already are removed.
func TestPlacesSeeEveryRow(t *testing.T) {
	type row struct {
		at time.Time
		id int
	}
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC)
		slack := time.Duration(rapid.IntRange(0, 3).Draw(t, "slack")) * time.Second
		size := rapid.IntRange(1, 5).Draw(t, "page")
		gaps := rapid.SliceOfN(rapid.SampledFrom([]int{0, 0, 0, 1, 5}), 0, 40).Draw(t, "gaps")
		var rows []row
		at := start
		for i, g := range gaps {
			at = at.Add(time.Duration(g) * time.Second)
			rows = append(rows, row{at, i})
		}
		seen := map[int]bool{}
		token := ""
		for calls := 0; ; calls++ {
			if calls > 20*(len(rows)+1) {
				t.Fatal("the walk does not end")
			}
			p, err := sweep.ParsePlace(token, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			from := p.At.Add(-slack)
			i, _ := slices.BinarySearchFunc(rows, from, func(r row, t time.Time) int { return r.at.Compare(t) })
			page := rows[min(i+p.Skip, len(rows)):]
			page = page[:min(size, len(page))]
			for _, r := range page {
				seen[r.id] = true
			}
			if len(page) < size {
				break
			}
			last := page[len(page)-1].at
			next := p.After(last, len(page), slack)
			// What lies before the answer that comes next may go away at any time.
			if next.Skip == 0 && len(rows) > 0 && rows[0].at.Before(next.At.Add(-slack)) && rapid.Bool().Draw(t, "remove") {
				rows = slices.Delete(rows, 0, 1)
			}
			token = next.String()
		}
		for i := range gaps {
			if !seen[i] {
				t.Fatalf("row %d of %d was never read", i, len(gaps))
			}
		}
	})
}

func TestPlacesThatAreNone(t *testing.T) {
	for _, token := range []string{"of somebody else", "+", "2026-10-25T00:30:00Z", "2026-10-25T00:30:00Z+-1", "soon+1"} {
		if _, err := sweep.ParsePlace(token, time.Time{}); !errors.Is(err, sweep.ErrToken) {
			t.Errorf("%q: %v; want ErrToken", token, err)
		}
	}
}
