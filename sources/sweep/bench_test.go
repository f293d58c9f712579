package sweep_test

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/sweep"
)

// long is a platform with many reviews, a minute apart, of which nothing is kept:
// each is made when its page is asked for.
type long struct {
	n      int
	oldest bool
	begin  time.Time
}

const longPage = 100

func (l *long) now() time.Time { return l.begin.Add(time.Duration(l.n) * time.Minute) }

func (l *long) item(i int) sweep.Item {
	return sweep.Item{Changed: l.begin.Add(time.Duration(i) * time.Minute), Review: review.Review{
		Key: review.Key{Source: "s", ID: strconv.Itoa(i)}, Body: fmt.Sprintf("Review %d: the parcel came late.", i),
	}}
}

func (l *long) fetch(_ context.Context, token string, since time.Time) ([]sweep.Item, string, error) {
	place, _ := strconv.Atoi(token)
	if l.oldest && token == "" && since.After(l.begin) {
		place = int(since.Sub(l.begin) / time.Minute)
	}
	items := make([]sweep.Item, 0, longPage)
	for i := place; i < min(place+longPage, l.n); i++ {
		if l.oldest {
			items = append(items, l.item(i))
		} else {
			items = append(items, l.item(l.n-1-i))
		}
	}
	if place+longPage >= l.n {
		return items, "", nil
	}
	return items, strconv.Itoa(place + longPage), nil
}

// read polls until there is no more; it gives the reviews, the cursor and the
// longest cursor on the way.
func (l *long) read(b testing.TB, plan sweep.Plan, cur sources.Cursor, each func(review.Review)) (next sources.Cursor, longest int) {
	for {
		page, err := plan.Poll(b.Context(), cur, l.fetch)
		if err != nil {
			b.Fatal(err)
		}
		for _, r := range page.Reviews {
			each(r)
		}
		cur, longest = page.Next, max(longest, len(page.Next))
		if !page.More {
			return cur, longest
		}
	}
}

// TestLong: 100,000 reviews are read once each, from both ends, and over a
// restart; what is new is read alone; neither cursor nor heap grow with the list.
func TestLong(t *testing.T) {
	for _, oldest := range []bool{false, true} {
		l := &long{n: 100_000, oldest: oldest, begin: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)}
		plan := sweep.Plan{Source: "s", Oldest: oldest, Now: l.now}
		seen := make([]uint8, l.n+1000)
		count := func(r review.Review) {
			i, _ := strconv.Atoi(r.Key.ID)
			seen[i]++
		}
		before := alive()
		cur, longest := l.read(t, plan, nil, count)
		for range 100 {
			l.n += 10
			var n int
			cur, n = l.read(t, plan, cur, count)
			longest = max(longest, n)
		}
		grown := int64(alive()) - int64(before)
		for i, n := range seen {
			if n != 1 {
				t.Fatalf("oldest first %v: review %d arrived %d times", oldest, i, n)
			}
		}
		t.Logf("oldest first %v: the longest cursor has %d bytes, the heap grew by %d KiB", oldest, longest, grown>>10)
		if longest > 64<<10 || grown > 4<<20 {
			t.Error("it grows with the list")
		}
	}
}

func alive() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkLong measures a first poll of 100,000 reviews, and one steady poll
// that brings ten.
func BenchmarkLong(b *testing.B) {
	for name, oldest := range map[string]bool{"newest first": false, "oldest first": true} {
		l := &long{n: 100_000, oldest: oldest, begin: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)}
		plan := sweep.Plan{Source: "s", Oldest: oldest, Now: l.now}
		b.Run(name+"/first", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				l.read(b, plan, nil, func(review.Review) {})
			}
			b.ReportMetric(float64(l.n)*float64(b.N)/b.Elapsed().Seconds(), "reviews/s")
		})
		cur, _ := l.read(b, plan, nil, func(review.Review) {})
		b.Run(name+"/steady", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				l.n += 10
				cur, _ = l.read(b, plan, cur, func(review.Review) {})
			}
		})
	}
}
