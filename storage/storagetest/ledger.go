package storagetest

import (
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/evenkeel/evenkeel/storage"
)

func testLedger(t *testing.T, b *bed) {
	const day = "2026-03-02"
	spend := func(day string, tokens, cost int64) storage.Spending {
		t.Helper()
		return got[storage.Spending](t)(b.st.Spend(t.Context(), day, storage.Spending{Tokens: tokens, Cost: cost}))
	}
	same(t, "nothing yet", spend(day, 0, 0), storage.Spending{})
	same(t, "given back before anything was booked", spend(day, -5, -5), storage.Spending{})
	same(t, "the first", spend(day, 100, 7), storage.Spending{Tokens: 100, Cost: 7})
	same(t, "the second", spend(day, 50, 0), storage.Spending{Tokens: 150, Cost: 7})
	same(t, "some given back", spend(day, -30, 2), storage.Spending{Tokens: 120, Cost: 9})
	same(t, "another day", spend("2026-03-03", 1, 1), storage.Spending{Tokens: 1, Cost: 1})
	same(t, "more given back than there is", spend("2026-03-03", -9, 1), storage.Spending{Cost: 2})
	same(t, "the sum", spend(day, 0, 0), storage.Spending{Tokens: 120, Cost: 9})

	const callers, each = 8, 25
	var eg errgroup.Group
	for range callers {
		eg.Go(func() error {
			for range each {
				if _, err := b.st.Spend(t.Context(), "2026-03-04", storage.Spending{Tokens: 3, Cost: 1}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	must(t, eg.Wait())
	same(t, "all callers together", spend("2026-03-04", 0, 0), storage.Spending{Tokens: 3 * callers * each, Cost: callers * each})
}
