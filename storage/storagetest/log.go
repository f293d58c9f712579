package storagetest

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/audit"
	"github.com/evenkeel/evenkeel/storage"
)

func testEvents(t *testing.T, b *bed) {
	st, ctx := b.st, t.Context()
	if seq, hash, err := st.Head(ctx); seq != 0 || !hash.IsZero() || err != nil {
		t.Fatalf("the head of an empty log is %d, %s, %v", seq, hash, err)
	}
	e := review.Event{
		At: Start.Add(123456789 * time.Nanosecond).In(time.FixedZone("x", 3600)), Case: 5, Actor: "console:ana", Verb: "note",
		From: review.Open, To: review.Held, Detail: map[string]string{"b": "2", "a": "1"}, Texts: map[string]string{"why": "because\x00", "what": "it"},
	}
	commit(t, st, &storage.Batch{Events: []review.Event{e, {At: Start, Verb: "plain"}}})
	all := chain(t, st)
	same(t, "the first entry", all[0], audit.Chain(review.Digest{}, 1, e))
	same(t, "its texts", got[map[string]string](t)(st.Texts(ctx, 1)), e.Texts)
	same(t, "no texts", got[map[string]string](t)(st.Texts(ctx, 2)), map[string]string{})
	for i := range 5 {
		commit(t, st, &storage.Batch{Events: []review.Event{{At: Start, Case: int64(i % 2 * 5), Verb: "more"}}})
	}
	seqs := func(id, after int64, limit int) (out []int64) {
		for _, e := range got[[]audit.Entry](t)(st.Events(ctx, id, after, limit)) {
			out = append(out, e.Seq)
		}
		return out
	}
	same(t, "a page", seqs(0, 2, 3), []int64{3, 4, 5})
	same(t, "a case's", seqs(5, 0, 0), []int64{1, 4, 6})
	same(t, "a case's after", seqs(5, 1, 1), []int64{4})
	same(t, "after the end", seqs(0, 7, 9), []int64{})
}

// testChainGolden holds the log of a fixed history against the chain of the
// same events made without a database: whatever the engine, the same input
// gives the same hashes.
func testChainGolden(t *testing.T, b *bed) {
	var want []audit.Entry
	var prev review.Digest
	for n := range 10 {
		c := Accepted(t, Review(n), false)
		c.Events[0].Texts = map[string]string{"body": "x"}
		batch := &storage.Batch{Change: &c, Events: []review.Event{{At: Start.Add(time.Duration(n)), Actor: "system:é", Verb: "more", Detail: map[string]string{"n": fmt.Sprint(n)}}}}
		commit(t, b.st, batch)
		c.Events[0].Case = c.Case.ID
		for _, e := range append(c.Events, batch.Events...) {
			want = append(want, audit.Chain(prev, int64(len(want)+1), e))
			prev = want[len(want)-1].Hash
		}
	}
	same(t, "the log", chain(t, b.st), want)
}

func testChainConcurrent(t *testing.T, b *bed) {
	const callers, each = 16, 25
	var eg errgroup.Group
	for c := range callers {
		eg.Go(func() error {
			for i := range each {
				change, err := review.Accept(Review(c*each+i), false, Occasion(review.Person{}, Start))
				if err != nil {
					return err
				}
				if err := b.st.Commit(t.Context(), &storage.Batch{Change: &change}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	must(t, eg.Wait())
	cases := make(map[int64]bool)
	for _, e := range chain(t, b.st) {
		cases[e.Case] = true
	}
	if len(cases) != callers*each || !cases[1] || !cases[callers*each] {
		t.Errorf("%d cases have entries, want 1 to %d", len(cases), callers*each)
	}
	same(t, "the counts", got[map[review.Status]int](t)(b.st.CountByStatus(t.Context())), map[review.Status]int{review.New: callers * each})
}

// history is n changes that seed reviews first, first+1, …
func history(tb testing.TB, first, n int) []review.Change {
	tb.Helper()
	out := make([]review.Change, n)
	for i := range out {
		out[i] = Accepted(tb, Review(first+i), true)
	}
	return out
}

func testSeed(t *testing.T, b *bed) {
	st, ctx := b.st, t.Context()
	live := Put(t, st, Review(3))
	entry := review.Event{At: Start, Actor: "system:import", Verb: "import", Detail: map[string]string{"file": "x.csv"}}
	res := got[storage.SeedResult](t)(st.Seed(ctx, append(history(t, 1, 200), history(t, 200, 1)...), entry))
	if res.Added != 199 || res.Duplicates != 2 || len(res.Changed) != 0 || len(res.Cases) != 199 {
		t.Fatalf("seeding said %d added, %d duplicates, %d changed", res.Added, res.Duplicates, len(res.Changed))
	}
	for i, n := range []int{1, 2, 4, 5} { // the third has its case already
		c := got[review.Case](t)(st.Case(ctx, res.Cases[i]))
		want := Accepted(t, Review(n), true).Case
		want.ID = res.Cases[i]
		same(t, fmt.Sprintf("seeded case %d", n), c, kept(want))
	}
	events := chain(t, st)
	if last := events[len(events)-1]; len(events) != 2 || last.Verb != "import" || last.Detail["added"] != "199" || last.Detail["file"] != "x.csv" {
		t.Errorf("the entry is %+v", last)
	}
	unchanged(t, b, func() {
		again := history(t, 1, 50)
		changed := Review(7)
		changed.Body = "now other words"
		again = append(again[:6], append([]review.Change{Accepted(t, changed, true)}, again[7:]...)...)
		res := got[storage.SeedResult](t)(st.Seed(ctx, again, entry))
		if res.Added != 0 || res.Duplicates != 50 || len(res.Changed) != 1 || res.Changed[0].Body != changed.Body {
			t.Errorf("seeding again said %+v", res)
		}
	})
	same(t, "a seed of nothing", got[storage.SeedResult](t)(st.Seed(ctx, nil, entry)), storage.SeedResult{})
	if c := got[review.Case](t)(st.Case(ctx, live.ID)); c.Status != review.New {
		t.Errorf("the live case became %s", c.Status)
	}
	next := Put(t, st, Review(1000))
	if next.ID <= res.Cases[198] {
		t.Errorf("the next case has number %d", next.ID)
	}
	woken := Move(t, st, res.Cases[0], Ana, review.OpenCase{})
	same(t, "a seeded case that was opened", got[review.Case](t)(st.Case(ctx, woken.ID)), kept(woken))
	if _, err := st.Seed(ctx, []review.Change{Accepted(t, Review(2000), false)}, entry); err == nil {
		t.Error("a review that is no history was seeded")
	}
}

func testSeedBesideCommits(t *testing.T, b *bed) {
	var eg errgroup.Group
	for k := range 4 {
		changes := history(t, k*100, 300) // they overlap
		eg.Go(func() error {
			_, err := b.st.Seed(t.Context(), changes, review.Event{At: Start, Verb: "import"})
			return err
		})
		eg.Go(func() error {
			for i := range 50 {
				c, err := review.Accept(Review(10_000+k*50+i), false, Occasion(review.Person{}, Start))
				if err != nil {
					return err
				}
				if err := b.st.Commit(t.Context(), &storage.Batch{Change: &c}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	must(t, eg.Wait())
	same(t, "the counts", got[map[review.Status]int](t)(b.st.CountByStatus(t.Context())),
		map[review.Status]int{review.New: 200, review.Seeded: 600})
	chain(t, b.st)
}
