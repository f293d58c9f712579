package storagetest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/audit"
	"github.com/evenkeel/evenkeel/storage"
)

// same compares as people do: nil and empty are the same.
func same(tb testing.TB, what string, got, want any) {
	tb.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		tb.Errorf("%s differs (-want +got):\n%s", what, d)
	}
}

// must fails the test on an error.
func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// got is must for calls that return a value.
func got[T any](tb testing.TB) func(T, error) T {
	return func(v T, err error) T {
		tb.Helper()
		must(tb, err)
		return v
	}
}

// wantErr checks for an expected error.
func wantErr(tb testing.TB, err, want error) {
	tb.Helper()
	if !errors.Is(err, want) {
		tb.Fatalf("the error is %v, want %v", err, want)
	}
}

// chain reads the whole audit log and checks every link and the head.
func chain(tb testing.TB, st storage.Store) []audit.Entry {
	tb.Helper()
	var all []audit.Entry
	var prev review.Digest
	for {
		page, err := st.Events(tb.Context(), 0, int64(len(all)), 500)
		must(tb, err)
		for _, e := range page {
			if e.Seq != int64(len(all))+1 {
				tb.Fatalf("entry %d follows entry %d", e.Seq, len(all))
			}
			if err := e.Valid(prev); err != nil {
				tb.Fatalf("entry %d: %v", e.Seq, err)
			}
			prev = e.Hash
			all = append(all, e)
		}
		if len(page) == 0 {
			break
		}
	}
	seq, hash, err := st.Head(tb.Context())
	must(tb, err)
	if seq != int64(len(all)) || hash != prev {
		tb.Fatalf("the head is %d %s, the last entry %d %s", seq, hash.Short(), len(all), prev.Short())
	}
	return all
}

// unchanged runs f and checks that it wrote nothing into any table.
func unchanged(t *testing.T, b *bed, f func()) {
	t.Helper()
	before := contents(t, b)
	f()
	same(t, "the database after a refused batch", contents(t, b), before)
}

// contents counts the rows of every table and adds what a row could hide.
func contents(t *testing.T, b *bed) map[string]int64 {
	t.Helper()
	db := b.db.SQL(t)
	out := make(map[string]int64)
	for name, query := range map[string]string{
		"cases": "SELECT COUNT(*) FROM cases", "versions": "SELECT COALESCE(SUM(version), 0) FROM cases",
		"revisions": "SELECT COUNT(*) FROM revisions", "drafts": "SELECT COUNT(*) FROM drafts",
		"approvals": "SELECT COUNT(*) FROM approvals", "replies": "SELECT COUNT(*) FROM replies",
		"events": "SELECT COUNT(*) FROM events", "texts": "SELECT COUNT(*) FROM texts",
		"work": "SELECT COUNT(*) FROM work", "done": "SELECT COUNT(*) FROM work WHERE done IS NOT NULL",
		"messages": "SELECT COUNT(*) FROM messages", "sources": "SELECT COUNT(*) FROM sources",
		"receipts": "SELECT COUNT(*) FROM receipts", "head": "SELECT seq FROM audit_head",
		"last case": "SELECT cases FROM audit_head",
	} {
		var n int64
		if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		out[name] = n
	}
	return out
}
