package bot_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/sweep"
	"github.com/evenkeel/evenkeel/storage"
	"github.com/evenkeel/evenkeel/storage/sqlite"
)

// crowd is a platform with a long list, in the order of change, fifty to a
// page. It counts what it gave.
type crowd struct {
	items []sweep.Item // in the order of change
	plan  sweep.Plan
	pages int
	met   func(cur sources.Cursor) error // before each page
}

const crowdPage = 50

func (*crowd) Name() string     { return "shop" }
func (*crowd) Platform() string { return "simulator" }
func (*crowd) Capabilities() sources.Capabilities {
	return sources.Capabilities{List: true, SeesEdits: true, MinPoll: time.Minute}
}

func (c *crowd) Poll(ctx context.Context, cur sources.Cursor) (sources.Page, error) {
	c.pages++
	if c.met != nil {
		if err := c.met(cur); err != nil {
			return sources.Page{}, err
		}
	}
	return c.plan.Poll(ctx, cur, c.page)
}

// page finds its place by the time of the last item and how many of that time
// were given.
func (c *crowd) page(_ context.Context, token string, since time.Time) ([]sweep.Item, string, error) {
	first := 0
	if token != "" {
		var err error
		if first, err = strconv.Atoi(token); err != nil {
			return nil, "", sweep.ErrToken
		}
	} else if !since.IsZero() {
		for first = len(c.items); first > 0 && !c.items[first-1].Changed.Before(since); {
			first--
		}
		// Tokens are places in the whole list, so that nothing shifts.
	}
	last := min(first+crowdPage, len(c.items))
	if last == len(c.items) {
		return c.items[first:last], "", nil
	}
	return c.items[first:last], strconv.Itoa(last), nil
}

// write adds a review, or a change of one: the list has it at the end then.
func (c *crowd) write(id int, body string, at time.Time) {
	c.items = append(c.items, sweep.Item{Changed: at, Review: review.Review{
		Key: review.Key{Source: "shop", ID: strconv.Itoa(id)}, Rating: review.StarRating(float64(1 + id%5)),
		Body: body, Author: "Jo", Language: "en", Created: at,
	}})
}

// TestAFlood: a platform with a long history is read for the first time, the
// program stops in the middle and begins again with a cursor that lags, and
// then reviews and edits arrive steadily. None is missed, none is doubled, and
// memory does not grow with the history. EVENKEEL_FLOOD sets how many there
// are; 100,000 take some minutes.
func TestAFlood(t *testing.T) {
	n, hours := 1500, 12
	if v := os.Getenv("EVENKEEL_FLOOD"); v != "" {
		var err error
		hours = 48
		if n, err = strconv.Atoi(v); err != nil || n < 1000 {
			t.Fatalf("EVENKEEL_FLOOD=%q; at least 1000", v)
		}
	}
	f := newFlood(t, n)
	began := time.Now()
	f.first()
	read := time.Since(began)
	f.check(n, 0)
	began = time.Now()
	fresh, edits := f.steady(hours)
	t.Logf("%d reviews: first poll %s (%.0f/s), %d steady polls %s; heap after a tenth %d KiB, after all %d KiB",
		n, read.Round(time.Millisecond), float64(n)/read.Seconds(), hours, time.Since(began).Round(time.Millisecond), f.early>>10, heap()>>10)
	f.check(n+fresh, edits)
	if now := heap(); now > f.early+16<<20 {
		t.Errorf("the heap grew from %d to %d KiB", f.early>>10, now>>10)
	}
}

// flood is a desk that can be stopped and opened again on the same file.
type flood struct {
	*testing.T
	path  string
	clock *clock
	crowd *crowd
	store *sqlite.Store
	desk  *bot.Desk
	early uint64 // the heap when a tenth of the history was read
}

func newFlood(t *testing.T, n int) *flood {
	f := &flood{T: t, path: filepath.Join(t.TempDir(), "evenkeel.db"), clock: &clock{now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}}
	f.crowd = &crowd{plan: sweep.Plan{Source: "shop", Oldest: true, Now: f.clock.Now}}
	begin := f.clock.Now().AddDate(-3, 0, 0)
	for i := range n {
		if i%7 != 0 { // several carry one time
			begin = begin.Add(time.Minute)
		}
		f.crowd.write(i, fmt.Sprintf("Review %d: the parcel came late.", i), begin)
	}
	f.open()
	t.Cleanup(func() { _ = f.store.Close() })
	return f
}

func (f *flood) open() {
	f.Helper()
	quiet := slog.New(slog.DiscardHandler)
	store, err := sqlite.Open(f.Context(), f.path, sqlite.Options{Now: f.clock.Now, Logger: quiet})
	if err != nil {
		f.Fatal(err)
	}
	book, err := playbook.Parse("test.yaml", []byte(strings.ReplaceAll(testPlaybook, "poll: 10m", "poll: 1h")))
	if err != nil {
		f.Fatal(err)
	}
	f.store = store
	f.desk, err = bot.New(bot.Config{
		Store: store, Playbook: book, Sources: []sources.Source{f.crowd}, Drafter: &scripted{text: plain}, Triager: llm.NewOffline(),
		Now: f.clock.Now, Logger: quiet,
	})
	if err != nil {
		f.Fatal(err)
	}
	f.desk.Attach(&fakeChat{})
	if err := f.desk.Start(f.Context()); err != nil {
		f.Fatal(err)
	}
}

func (f *flood) state() storage.SourceState {
	f.Helper()
	all, err := f.store.Sources(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range all {
		if s.Name == "shop" {
			return s
		}
	}
	return storage.SourceState{Name: "shop"}
}

// first reads the whole history. In the middle the program ends as if it had
// died after the reviews of some pages were stored and before their cursor was.
func (f *flood) first() {
	f.Helper()
	pages := len(f.crowd.items) / crowdPage
	var lagging sources.Cursor
	f.crowd.met = func(cur sources.Cursor) error {
		switch f.crowd.pages {
		case pages / 10:
			f.early = heap()
		case pages/2 - 3:
			lagging = cur
		case pages / 2:
			return &sources.Error{Kind: sources.ErrTransient, Source: "shop", Op: "list", Reason: "pulled the plug"}
		}
		return nil
	}
	f.run()
	if f.crowd.pages != pages/2 || lagging == nil {
		f.Fatalf("stopped at page %d of %d", f.crowd.pages, pages)
	}
	state := f.state()
	state.Cursor = lagging
	if err := f.store.Commit(f.Context(), &storage.Batch{Source: &state}); err != nil {
		f.Fatal(err)
	}
	if err := f.store.Close(); err != nil {
		f.Fatal(err)
	}
	f.open()
	f.later(time.Hour)
	if f.run(); f.state().Succeeded.IsZero() {
		f.Fatalf("the first poll did not end: %+v", f.state())
	}
}

func (f *flood) run() {
	f.Helper()
	if _, err := f.desk.RunDue(f.Context()); err != nil {
		f.Fatal(err)
	}
}

func (f *flood) later(d time.Duration) {
	f.clock.mu.Lock()
	defer f.clock.mu.Unlock()
	f.clock.now = f.clock.now.Add(d)
}

// steady lets time pass, an hour at a time, with new reviews and edits of old
// ones.
func (f *flood) steady(hours int) (fresh, edits int) {
	f.Helper()
	known := len(f.crowd.items)
	for h := range hours {
		f.later(time.Hour)
		now := f.clock.Now()
		f.crowd.write(known+h, fmt.Sprintf("New review %d.", h), now.Add(-30*time.Minute))
		f.crowd.write(h*(known/hours), fmt.Sprintf("Edited in hour %d.", h), now.Add(-10*time.Minute))
		fresh, edits = fresh+1, edits+1
		f.run()
	}
	return fresh, edits
}

// check counts cases, and that exactly the edited ones have a second revision.
func (f *flood) check(cases, edits int) {
	f.Helper()
	by, err := f.store.CountByStatus(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	sum := 0
	for _, k := range by {
		sum += k
	}
	if sum != cases {
		f.Errorf("%d cases, want %d: %v", sum, cases, by)
	}
	last := map[review.Key]review.Digest{}
	revisions := map[review.Key]int{}
	for _, it := range f.crowd.items {
		last[it.Review.Key] = it.Review.ContentHash()
		revisions[it.Review.Key]++
	}
	twice := 0
	for key, want := range last {
		c, err := f.store.CaseOf(f.Context(), key)
		if err != nil {
			f.Fatalf("%v is missing: %v", key, err)
		}
		if c.Review.ContentHash() != want || c.Review.Revision != revisions[key] {
			f.Fatalf("%v stands at revision %d (%q), want %d", key, c.Review.Revision, c.Review.Body, revisions[key])
		}
		if c.Review.Revision > 1 {
			twice++
		}
	}
	if twice != edits {
		f.Errorf("%d edited reviews, want %d", twice, edits)
	}
}

// heap is what is alive.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
