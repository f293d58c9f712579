package storagetest

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/stats"
	"github.com/evenkeel/evenkeel/review/words"
	"github.com/evenkeel/evenkeel/storage"
)

// BenchCommitCounted accepts new reviews, as [BenchCommitNew], while the
// numbers follow.
func BenchCommitCounted(b *testing.B, fresh func(tb testing.TB) Database) {
	st := start(b, fresh)
	ctx, stop := context.WithCancel(b.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		storage.Follow(ctx, st, slog.New(slog.DiscardHandler))
	}()
	each(b, func(n int) error {
		c, err := review.Accept(Review(n), false, Occasion(review.Person{}, Start))
		if err != nil {
			return err
		}
		return st.Commit(b.Context(), &storage.Batch{
			Change: &c, Receipt: &storage.Receipt{Scope: "webhook:shop", ID: fmt.Sprint(n), Body: review.DigestOf("x"), At: Start},
		})
	})
	stop()
	<-done
}

// crowd makes the reviews of a large database: five years, three sources,
// sixty subjects, words as frequent as words are, one in ten in Japanese.
type crowd struct {
	r    *rand.Rand
	zipf *rand.Zipf
}

func newCrowd() *crowd {
	r := rand.New(rand.NewPCG(1, 2))
	return &crowd{r, rand.NewZipf(r, 1.1, 8, 20_000)}
}

var kana = []rune("配達遅箱開店員親切味最高壊電池返金対応悪速早良商品届日間違色サイズ大小のがはをにで")

func (w *crowd) change(tb testing.TB, n int) review.Change {
	var body strings.Builder
	if n%10 == 0 {
		for range 20 + w.r.IntN(40) {
			body.WriteRune(kana[w.r.IntN(len(kana))])
		}
	} else {
		body.WriteString("the")
		for range 15 + w.r.IntN(25) {
			fmt.Fprintf(&body, " word%d", w.zipf.Uint64())
		}
	}
	fmt.Fprintf(&body, " %s", []string{"even", "odd"}[n%2])
	if n%20_000 == 7 {
		body.WriteString(" needle 稀有")
	}
	rv := review.Review{
		Key:     review.Key{Source: []string{"shop", "maps", "play"}[n%3], ID: fmt.Sprint("r-", n)},
		Rating:  review.StarRating(float64([]int{5, 5, 5, 4, 4, 3, 2, 1}[w.r.IntN(8)])),
		Title:   fmt.Sprint("Title ", n%50),
		Body:    body.String(),
		Subject: review.Subject{Kind: "product", Name: fmt.Sprint("Product ", w.r.IntN(60))},
		Created: Start.AddDate(-5, 0, 0).Add(time.Duration(w.r.IntN(5*365*24*60)) * time.Minute),
	}
	if n%4 == 0 {
		rv.Reply = &review.PlatformReply{Text: "Thank you.", State: review.ReplyLive}
	}
	c := Accepted(tb, rv, true)
	if n%3 == 0 {
		c.Case.Cause = fmt.Sprint("cause ", w.r.IntN(25))
	}
	return c
}

// BenchReviews is how large a large database is: EVENKEEL_BENCH_REVIEWS, or
// 20,000 reviews.
func BenchReviews() int {
	if n, err := strconv.Atoi(os.Getenv("EVENKEEL_BENCH_REVIEWS")); err == nil {
		return n
	}
	return 20_000
}

// Fill seeds and counts as many reviews as there should be, unless the database
// has some.
func Fill(b *testing.B, st storage.Store) (filled bool) {
	b.Helper()
	if has, err := st.Subjects(b.Context(), "", 1); err != nil || len(has) > 0 {
		if err != nil {
			b.Fatal(err)
		}
		return false
	}
	n := BenchReviews()
	w := newCrowd()
	began := time.Now()
	for from := 0; from < n; from += 2000 {
		part := make([]review.Change, min(2000, n-from))
		for i := range part {
			part[i] = w.change(b, from+i)
		}
		if _, err := st.Seed(b.Context(), part, review.Event{At: Start, Verb: "import"}); err != nil {
			b.Fatal(err)
		}
	}
	b.Logf("%d reviews seeded in %v", n, time.Since(began).Round(time.Millisecond))
	began = time.Now()
	for {
		left, err := st.Tally(b.Context(), 1000)
		if err != nil {
			b.Fatal(err)
		}
		if left == 0 {
			break
		}
	}
	b.Logf("counted and indexed in %v", time.Since(began).Round(time.Millisecond))
	return true
}

// work adds steps, which history has not, as five years of work would have
// them.
func work(b *testing.B, db Database) {
	b.Helper()
	sql := db.SQL(b)
	for d := range 5 * 365 {
		day := stats.DayOf(Start, time.UTC) - stats.Day(d)
		var values []string
		for _, source := range []string{"shop", "maps", "play"} {
			for i := range 40 {
				step := stats.Steps[i%len(stats.Steps)]
				for grain, at := range map[stats.Grain]stats.Day{stats.Daily: day, stats.Monthly: day.Month()} {
					if grain == stats.Daily || day == day.Month() {
						values = append(values, fmt.Sprintf("('%s', '', %d, '%s', 'took', '%s:%d', 3)", grain, at, source, step, 20+i))
					}
				}
			}
		}
		if _, err := sql.ExecContext(b.Context(), "INSERT INTO rollups (grain, subject, day, source, what, key, n) VALUES "+strings.Join(values, ", ")); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := sql.ExecContext(b.Context(), "ANALYZE"); err != nil {
		b.Fatal(err)
	}
}

// BenchNumbers asks a large database, see [BenchReviews], and reports the
// median and the longest time of an answer. A database that has reviews already
// is asked as it is.
func BenchNumbers(b *testing.B, open func(tb testing.TB) Database) {
	db := open(b)
	st := db.Open(b, func() time.Time { return Start })
	b.Cleanup(func() { _ = st.Close() })
	if Fill(b, st) {
		work(b, db)
	}
	today := stats.DayOf(Start, time.UTC)
	report := func(name, period string, q storage.CountQuery) {
		p, err := stats.ParsePeriod(period, today)
		if err != nil {
			b.Fatal(err)
		}
		q.Parts = p.Parts()
		Answer(b, "stats/"+name, func() int {
			rows, err := st.Counts(b.Context(), q)
			if err != nil {
				b.Fatal(err)
			}
			stats.Sum(p, rows)
			return len(rows)
		})
	}
	report("30 days", "30d", storage.CountQuery{})
	report("90 days of a source", "90d", storage.CountQuery{Source: "shop"})
	report("a year", "2029", storage.CountQuery{})
	report("all time", "all", storage.CountQuery{})
	report("all time of a subject", "all", storage.CountQuery{Subject: "Product 7"})
	Answer(b, "stats/top subjects", func() int {
		s, err := st.Subjects(b.Context(), "", 20)
		if err != nil {
			b.Fatal(err)
		}
		return len(s)
	})
	for _, typed := range []string{"needle", "the", "the needle", "word7 word11", "word123", "even odd", "the even odd", "word40 odd word7 even", "wor", "稀有", "配達", "配達 返金", "達", "title 42", "nowhere"} {
		Answer(b, "search/"+typed, func() int {
			found, err := st.Search(b.Context(), words.Parse(typed), "", 20)
			if err != nil {
				b.Fatal(err)
			}
			return len(found.Hits)
		})
	}
	Answer(b, "alike", func() int {
		c, err := st.Alike(b.Context(), []string{"word7 word11 word123 word500 word1000"}, 100)
		if err != nil {
			b.Fatal(err)
		}
		return len(c)
	})
}

// Answer measures a question, after one answer that warms up. ask tells how
// much it found.
func Answer(b *testing.B, name string, ask func() int) {
	b.Run(name, func(b *testing.B) {
		found := ask()
		var took []time.Duration
		b.ResetTimer()
		for range b.N {
			began := time.Now()
			ask()
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
		b.ReportMetric(ms(took[len(took)/2]), "ms/median")
		b.ReportMetric(ms(took[len(took)-1]), "ms/longest")
		b.ReportMetric(float64(found), "found")
		b.ReportMetric(0, "ns/op")
	})
}
