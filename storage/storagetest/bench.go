package storagetest

import (
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// callers is how many people or deliveries knock at the same time.
const callers = 32

// start opens a fresh database for a benchmark.
func start(b *testing.B, fresh func(tb testing.TB) Database) storage.Store {
	b.Helper()
	st := fresh(b).Open(b, time.Now)
	b.Cleanup(func() { _ = st.Close() })
	return st
}

// each runs f b.N times from callers goroutines, with a number of its own each.
func each(b *testing.B, f func(n int) error) {
	b.Helper()
	b.ReportAllocs()
	before := CPU()
	var next atomic.Int64
	b.ResetTimer()
	for _, err := range atOnce(callers, func(int) error {
		for {
			n := int(next.Add(1))
			if n > b.N {
				return nil
			}
			if err := f(n); err != nil {
				return err
			}
		}
	}) {
		if err != nil {
			b.Fatal(err)
		}
	}
	Report(b, before)
}

// CPU is the processor time that this process has used. It says more than the
// elapsed time on a machine that is busy with other things.
func CPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Report adds operations a second and processor time an operation, since before.
func Report(b *testing.B, before time.Duration) {
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
	b.ReportMetric(float64((CPU()-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

// BenchCommitNew accepts new reviews: the way of every delivery.
func BenchCommitNew(b *testing.B, fresh func(tb testing.TB) Database) {
	st := start(b, fresh)
	each(b, func(n int) error {
		c, err := review.Accept(Review(n), false, Occasion(review.Person{}, Start))
		if err != nil {
			return err
		}
		return st.Commit(b.Context(), &storage.Batch{
			Change: &c, Receipt: &storage.Receipt{Scope: "webhook:shop", ID: fmt.Sprint(n), Body: review.DigestOf("x"), At: Start},
		})
	})
}

// BenchApprovePath approves texts: read, decide, commit by compare-and-set.
func BenchApprovePath(b *testing.B, fresh func(tb testing.TB) Database) {
	st := start(b, fresh)
	const cases = 512
	for n := range cases {
		PutDrafted(b, st, n+1)
	}
	each(b, func(n int) error {
		// Each case is approved, undone, approved again, by its one caller.
		c, err := st.Case(b.Context(), int64(n%cases)+1)
		if err != nil {
			return err
		}
		var action review.Action = review.Undo{}
		if c.Status == review.Drafted {
			action = review.Approve{Text: c.Draft.Hash()}
		}
		change, err := review.Apply(c, action, Occasion(Ben, Start))
		if err != nil {
			return err
		}
		return st.Commit(b.Context(), &storage.Batch{
			Change: &change, Receipt: &storage.Receipt{Scope: "press", ID: fmt.Sprint(n), At: Start},
		})
	})
}

// BenchWork claims rows and completes them.
func BenchWork(b *testing.B, fresh func(tb testing.TB) Database) {
	st := start(b, fresh)
	for from := 0; from < b.N; from += 1000 {
		var batch storage.Batch
		for i := from; i < min(b.N, from+1000); i++ {
			batch.Work = append(batch.Work, review.Work{Kind: "w", Key: fmt.Sprint(i), Due: Start})
		}
		commit(b, st, &batch)
	}
	var done atomic.Int64
	b.ReportAllocs()
	before := CPU()
	b.ResetTimer()
	for _, err := range atOnce(8, func(int) error {
		for done.Load() < int64(b.N) {
			jobs, err := st.Claim(b.Context(), storage.Claim{Kinds: []review.WorkKind{"w"}, Now: Start, Lease: time.Hour, Limit: 32})
			if err != nil || len(jobs) == 0 {
				return err
			}
			for _, err := range atOnce(len(jobs), func(i int) error {
				return st.Commit(b.Context(), &storage.Batch{Done: &jobs[i]})
			}) {
				if err != nil {
					return err
				}
			}
			done.Add(int64(len(jobs)))
		}
		return nil
	}) {
		if err != nil {
			b.Fatal(err)
		}
	}
	Report(b, before)
}

// BenchSeed seeds history, a thousand reviews a call.
func BenchSeed(b *testing.B, fresh func(tb testing.TB) Database) {
	st := start(b, fresh)
	parts := make([][]review.Change, 0, b.N/1000+1)
	for from := 0; from < b.N; from += 1000 {
		parts = append(parts, history(b, from, min(1000, b.N-from)))
	}
	b.ReportAllocs()
	before := CPU()
	b.ResetTimer()
	for _, part := range parts {
		if _, err := st.Seed(b.Context(), part, review.Event{At: Start, Verb: "import"}); err != nil {
			b.Fatal(err)
		}
	}
	Report(b, before)
}
