package sweep_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/sources/sweep"
)

// TestPlacesSeeEveryRow walks lists with many equal times, in pages of any
// size, while rows are removed between two pages: those that were read and
// those that were not. What still stands in the end was read.
func TestPlacesSeeEveryRow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC)
		slack := time.Duration(rapid.IntRange(0, 3).Draw(t, "slack")) * time.Second
		size := rapid.IntRange(2, 5).Draw(t, "page")
		gaps := rapid.SliceOfN(rapid.SampledFrom([]int{0, 0, 0, 0, 0, 0, 0, 1, 5}), 12, 40).Draw(t, "gaps")
		times := 5 // more would be taken for a platform without an order
		var rows []sweep.Row
		at := start
		for i, g := range gaps {
			at = at.Add(time.Duration(g) * time.Second)
			rows = append(rows, sweep.Row{ID: fmt.Sprint("r+", i), At: at})
		}
		seen := map[string]bool{}
		token := ""
		for calls := 0; ; calls++ {
			if calls > 40*(len(gaps)+1) {
				t.Fatal("the walk does not end")
			}
			p, err := sweep.ParsePlace(token, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			from := p.At.Add(-slack)
			i, _ := slices.BinarySearchFunc(rows, from, func(r sweep.Row, t time.Time) int {
				if r.At.Before(t) {
					return -1
				}
				return 1
			})
			page := rows[min(i+p.Offset(), len(rows)):]
			more := len(page) > size
			page = page[:min(size, len(page))]
			var first, last sweep.Row
			if len(page) > 0 {
				first, last = page[0], page[len(page)-1]
			}
			if back, moved := p.Moved(first); moved {
				token = back
			} else {
				for _, r := range page {
					seen[r.ID] = true
				}
				if token = p.After(last, size, more, slack); token == "" {
					break
				}
			}
			for range rapid.SampledFrom([]int{0, 0, 1, 2, 3}).Draw(t, "removed") {
				if times > 0 && len(rows) > 0 {
					n := rapid.IntRange(0, len(rows)-1).Draw(t, "which")
					rows = slices.Delete(rows, n, n+1)
				}
			}
			times--
		}
		for _, r := range rows {
			if !seen[r.ID] {
				t.Fatalf("%s of %d was never read", r.ID, len(gaps))
			}
		}
	})
}

// TestPlacesWithoutAnOrder: a platform that shuffles equal times cannot keep a
// sweep from ending.
func TestPlacesWithoutAnOrder(t *testing.T) {
	at := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC)
	token := ""
	for n := range 1000 {
		p, err := sweep.ParsePlace(token, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		row := sweep.Row{ID: fmt.Sprint(n), At: at}
		if back, moved := p.Moved(row); moved {
			token = back
		} else if token = p.After(row, 10, p.Offset() < 100, 0); token == "" {
			return
		}
	}
	t.Error("the walk does not end")
}

func TestPlacesThatAreNone(t *testing.T) {
	for _, token := range []string{"of somebody else", "+++", "2026-10-25T00:30:00Z", "2026-10-25T00:30:00Z+-1+0+x", "2026-10-25T00:30:00Z+1+-1+x", "soon+1+1+x"} {
		if _, err := sweep.ParsePlace(token, time.Time{}); !errors.Is(err, sweep.ErrToken) {
			t.Errorf("%q: %v; want ErrToken", token, err)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, first := range []int{0, 1} {
		if n, err := sweep.ParseNumber("", first); n != first || err != nil {
			t.Errorf("the first page of %d: %d, %v", first, n, err)
		}
		if n, err := sweep.ParseNumber("40", first); n != 40 || err != nil {
			t.Errorf("40 from %d: %d, %v", first, n, err)
		}
		for _, token := range []string{strconv.Itoa(first - 1), "1.5", " 2", "of somebody else"} {
			if _, err := sweep.ParseNumber(token, first); !errors.Is(err, sweep.ErrToken) {
				t.Errorf("%q from %d: %v; want ErrToken", token, first, err)
			}
		}
	}
}
