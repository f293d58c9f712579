package storagetest

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/stats"
	"github.com/evenkeel/evenkeel/storage"
)

// tallyAll counts until nothing is left.
func tallyAll(tb testing.TB, st storage.Store, limit int) {
	tb.Helper()
	for range 10_000 {
		left, err := st.Tally(tb.Context(), limit)
		if errors.Is(err, storage.ErrFenced) {
			continue
		}
		must(tb, err)
		if left == 0 {
			return
		}
	}
	tb.Fatal("the counting never ends")
}

// testNumbersOfImports walks through several imports: what is left counts the
// cases of all of them, and becomes less with every step.
func testNumbersOfImports(t *testing.T, b *bed) {
	for i := range 3 {
		got[storage.SeedResult](t)(b.st.Seed(t.Context(), history(t, 100*i, 100), review.Event{At: Start, Verb: "import"}))
	}
	Put(t, b.st, Review(1000))
	for before, uncounted := int64(1<<62), int64(301); ; {
		left := got[int64](t)(b.st.Tally(t.Context(), 30))
		if uncounted -= 30; uncounted <= 0 {
			break
		}
		if left < uncounted || left >= before {
			t.Fatalf("%d are left, after %d before: want fewer, and %d at least", left, before, uncounted)
		}
		before = left
	}
	tallyAll(t, b.st, 30)
	checkNumbers(t, b.st, time.UTC)
}

// sums are all rows of a grain, without the zeros.
func sums(tb testing.TB, st storage.Store, grain stats.Grain, bySubject bool) map[stats.Row]int64 {
	tb.Helper()
	rows, err := st.Counts(tb.Context(), storage.CountQuery{BySubject: bySubject, Parts: []stats.Part{{Grain: grain, From: 0, To: 1 << 20}}})
	must(tb, err)
	out := make(map[stats.Row]int64)
	for _, r := range rows {
		n := r.N
		r.N = 0
		out[r] += n
	}
	return out
}

// checkNumbers holds the store's sums against all its cases, counted one by
// one.
func checkNumbers(tb testing.TB, st storage.Store, zone *time.Location) {
	tb.Helper()
	ways := make(map[int64][]stats.Moment)
	for _, e := range chain(tb, st) {
		ways[e.Case] = append(ways[e.Case], stats.Moment{At: e.At, Verb: e.Verb, From: e.From, To: e.To})
	}
	for _, bySubject := range []bool{false, true} {
		for _, grain := range []stats.Grain{stats.Daily, stats.Monthly, stats.Ever} {
			want := make(map[stats.Row]int64)
			for after := int64(0); ; {
				cases, err := st.Cases(tb.Context(), storage.Query{Oldest: true, After: after, Limit: 500})
				must(tb, err)
				if len(cases) == 0 {
					break
				}
				for _, c := range cases {
					t := stats.Of(c, ways[c.ID], zone)
					for count, n := range t.Counts {
						count.Day = grain.Day(count.Day)
						row := stats.Row{Source: t.Source, Count: count}
						if bySubject {
							row.Subject = t.Subject
						}
						want[row] += n
					}
					after = c.ID
				}
			}
			maps.DeleteFunc(want, func(_ stats.Row, n int64) bool { return n == 0 })
			same(tb, fmt.Sprintf("the sums (grain %s, by subject %v)", grain, bySubject), sums(tb, st, grain, bySubject), want)
		}
	}
}

// live brings a case all the way to the platform.
func live(t *testing.T, b *bed, n int) int64 {
	t.Helper()
	c := PutDrafted(t, b.st, n)
	for _, s := range []struct {
		by review.Person
		a  review.Action
	}{
		{Ben, review.Approve{Text: c.Draft.Hash()}}, {review.Person{}, review.StartPublishing{}},
		{review.Person{}, review.Accepted{ID: "p"}}, {review.Person{}, review.Seen{}},
	} {
		Move(t, b.st, c.ID, s.by, s.a)
	}
	return c.ID
}

func testNumbers(t *testing.T, b *bed) {
	tallyAll(t, b.st, 10)
	same(t, "no numbers of nothing", len(sums(t, b.st, stats.Ever, false)), 0)
	id := live(t, b, 4) // five stars
	tallyAll(t, b.st, 10)
	total := func(what stats.What, key string) int64 {
		return sums(t, b.st, stats.Ever, false)[stats.Row{Source: "shop", Count: stats.Count{What: what, Key: key}}]
	}
	same(t, "five stars", total(stats.Reviews, "5"), int64(1))
	same(t, "answered", total(stats.Answered, "5"), int64(1))
	same(t, "replies", total(stats.Replies, "5"), int64(1))
	same(t, "subjects", got[[]string](t)(b.st.Subjects(t.Context(), "", 5)), []string{"berlin"})
	same(t, "subjects of another source", len(got[[]string](t)(b.st.Subjects(t.Context(), "other", 5))), 0)

	worse := Review(4)
	worse.Rating, worse.Body = review.StarRating(2), "It broke after a day."
	Move(t, b.st, id, review.Person{}, review.Revise{Review: worse})
	tallyAll(t, b.st, 10)
	same(t, "five stars after the edit", total(stats.Reviews, "5"), int64(0))
	same(t, "two stars after it", total(stats.Reviews, "2"), int64(1))
	same(t, "edited down", total(stats.Turns, "edited_down"), int64(1))
	Move(t, b.st, id, review.Person{}, review.Remove{})
	tallyAll(t, b.st, 10)
	same(t, "two stars after the removal", total(stats.Reviews, "2"), int64(0))
	same(t, "subjects without reviews", len(got[[]string](t)(b.st.Subjects(t.Context(), "", 5))), 0)
	checkNumbers(t, b.st, time.UTC)
}

// testNumbersHistories lets many cases live through whatever the rules allow,
// with counting in between.
func testNumbersHistories(t *testing.T, b *bed) {
	r := rand.New(rand.NewPCG(7, 11))
	var changes []review.Change
	for n := range 40 {
		rv := Review(1000 + n)
		rv.Created = Start.AddDate(0, 0, -n*9)
		rv.Subject = review.Subject{Kind: "product", ID: fmt.Sprint(n % 5), Name: strings.Repeat("Kettle ", n%3) + fmt.Sprint(n%5)}
		changes = append(changes, Accepted(t, rv, true))
	}
	_, err := b.st.Seed(t.Context(), changes, review.Event{At: Start, Verb: "import"})
	must(t, err)
	ids := []int64{1, 2, 3}
	for n := range 8 {
		ids = append(ids, live(t, b, n))
	}
	now := Start
	for range 400 {
		now = now.Add(time.Duration(r.IntN(20)) * time.Hour)
		id := ids[r.IntN(len(ids))]
		c := got[review.Case](t)(b.st.Case(t.Context(), id))
		by, action := anyAction(r, c, now)
		o := Occasion(by, now)
		change, err := review.Apply(c, action, o)
		if err != nil {
			continue
		}
		commit(t, b.st, &storage.Batch{Change: &change})
		if r.IntN(10) == 0 {
			_, err := b.st.Tally(t.Context(), 1+r.IntN(20))
			must(t, err)
		}
	}
	zone, err := time.LoadLocation("America/St_Johns")
	must(t, err)
	tallyAll(t, b.st, 9)
	checkNumbers(t, b.st, time.UTC)
	must(t, b.st.SetZone(t.Context(), zone))
	tallyAll(t, b.st, 9)
	checkNumbers(t, b.st, zone)
	if what := sums(t, b.st, stats.Ever, false); len(what) < 25 {
		t.Errorf("the histories reached only %d kinds of counts: %v", len(what), what)
	}
	if left := got[int64](t)(b.st.Tally(t.Context(), 1)); left != 0 {
		t.Errorf("%d left after everything was counted", left)
	}
}

// anyAction is something that may happen to a case.
func anyAction(r *rand.Rand, c review.Case, now time.Time) (review.Person, review.Action) {
	text := review.Digest{}
	if c.Draft != nil {
		text = c.Draft.Hash()
	}
	revised := c.Review
	revised.Rating = review.StarRating(float64(1 + r.IntN(5)))
	revised.Body = fmt.Sprint("Once more, ", r.IntN(1000))
	revised.Reply = nil
	n := 1 + r.IntN(2)
	system := review.Person{}
	all := []struct {
		by review.Person
		a  review.Action
	}{
		{Ana, review.OpenCase{}}, {system, review.Announced{Where: "test"}},
		{system, review.Triage{By: "rules", Revision: c.Review.Revision, Cause: "late delivery", Tokens: 12, Cost: 0.000125}},
		{Ana, review.AddFact{Text: "The parcel left on Monday."}}, {Ana, review.Edit{Base: text, Text: fmt.Sprint("We are sorry, ", r.IntN(9))}},
		{Ben, review.Approve{Text: text}}, {Ana, review.Undo{}}, {system, review.StartPublishing{}},
		{system, review.Accepted{ID: "p"}}, {system, review.Seen{}}, {system, review.Missing{Why: "gone"}}, {Ana, review.Rework{}},
		{system, review.Revise{Review: revised}}, {system, review.Remove{}}, {Ana, review.Reopen{Why: "x"}}, {Ana, review.Close{}},
		{Ana, review.AddPromise{Text: "A call", Owner: Ben, Due: now.Add(48 * time.Hour)}}, {Ana, review.KeepPromise{N: n, Proof: "called"}},
		{Ana, review.DropPromise{N: n, Reason: "x"}}, {Ana, review.SetCause{Cause: fmt.Sprint("cause ", r.IntN(3))}},
		{Ana, review.OpenReport{Ground: "spam", Words: "x", Evidence: "y", Due: now.Add(time.Hour)}},
		{Ana, review.ReportIs{N: n, State: []review.ReportState{review.ReportSent, review.ReportUpheld, review.ReportDenied}[r.IntN(3)]}},
		{Ana, review.Decide{Verdict: review.VerdictNone, Reason: "nothing to say"}}, {Ana, review.Update{}},
	}
	one := all[r.IntN(len(all))]
	return one.by, one.a
}

// testNumbersRace counts from several sides while cases come in.
func testNumbersRace(t *testing.T, b *bed) {
	stores := []storage.Store{b.st, b.st}
	if b.db.Shared() {
		stores = append(stores, b.open(t))
	}
	var eg errgroup.Group
	for _, st := range stores {
		eg.Go(func() error {
			for range 40 {
				if _, err := st.Tally(t.Context(), 7); err != nil && !errors.Is(err, storage.ErrFenced) {
					return err
				}
			}
			return nil
		})
	}
	eg.Go(func() error {
		for n := range 60 {
			c, err := review.Accept(Review(n), false, Occasion(review.Person{}, Start))
			if err == nil {
				err = b.st.Commit(t.Context(), &storage.Batch{Change: &c})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	eg.Go(func() error {
		_, err := b.st.Seed(t.Context(), history(t, 500, 90), review.Event{At: Start, Verb: "import"})
		return err
	})
	must(t, eg.Wait())
	tallyAll(t, b.st, 11)
	checkNumbers(t, b.st, time.UTC)
}

// testNumbersMigrated counts what a database held before it kept numbers.
func testNumbersMigrated(t *testing.T, b *bed) {
	live(t, b, 1)
	_, err := b.st.Seed(t.Context(), history(t, 100, 30), review.Event{At: Start, Verb: "import"})
	must(t, err)
	must(t, b.st.Close())
	db := b.db.SQL(t)
	for _, query := range []string{
		"DROP TABLE tally", "DROP TABLE tallies", "DROP TABLE rollups", "DROP TABLE words", "DROP INDEX notes_case",
		"ALTER TABLE sources DROP COLUMN waits", // came later
		"DROP INDEX replies_reviewer", "ALTER TABLE replies DROP COLUMN reviewer",
		"DELETE FROM goose_db_version WHERE version_id >= 4",
	} {
		if _, err := db.ExecContext(t.Context(), query); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	b.st = b.open(t)
	PutDrafted(t, b.st, 2)
	tallyAll(t, b.st, 8)
	checkNumbers(t, b.st, time.UTC)
	same(t, "words of before", len(find(t, b.st, "late again", 100)), 32)
}
