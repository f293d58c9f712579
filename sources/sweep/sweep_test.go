package sweep_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/sweep"
)

// list is a platform's list with the habits that real ones have: an index that
// lags, pages by number that shift, tokens that expire.
type list struct {
	now     time.Time
	skew    time.Duration // of the platform's clock against ours
	items   []entry
	size    int
	oldest  bool
	expired bool // the next token that is not empty is refused
}

type entry struct {
	sweep.Item
	shown time.Time // from when on the index has it
}

func (l *list) put(id, body string, lag time.Duration) {
	l.items = slices.DeleteFunc(l.items, func(e entry) bool { return e.Review.Key.ID == id })
	at := l.now.Add(l.skew)
	l.items = append(l.items, entry{sweep.Item{
		Review:  review.Review{Key: review.Key{Source: "s", ID: id}, Body: body},
		Changed: at,
	}, l.now.Add(lag)})
}

// fetch pages by number when the list goes newest first: a new review shifts the
// rest towards the end, so reviews come twice but are not skipped.
func (l *list) fetch(_ context.Context, token string, since time.Time) ([]sweep.Item, string, error) {
	if token != "" && l.expired {
		l.expired = false
		return nil, "", fmt.Errorf("page: %w", sweep.ErrToken)
	}
	var all []sweep.Item
	for _, e := range l.items {
		if !e.shown.After(l.now) && (!l.oldest || !e.Changed.Before(since)) {
			all = append(all, e.Item)
		}
	}
	slices.SortFunc(all, func(a, b sweep.Item) int {
		if c := a.Changed.Compare(b.Changed); c != 0 {
			return c
		}
		return strings.Compare(a.Review.Key.ID, b.Review.Key.ID)
	})
	if l.oldest {
		// By the last item, as ascending lists must.
		if token != "" {
			at, id, _ := strings.Cut(token, "|")
			t, _ := time.Parse(time.RFC3339Nano, at)
			all = slices.DeleteFunc(all, func(i sweep.Item) bool {
				c := i.Changed.Compare(t)
				return c < 0 || c == 0 && i.Review.Key.ID <= id
			})
		}
		if len(all) <= l.size {
			return all, "", nil
		}
		last := all[l.size-1]
		return all[:l.size], last.Changed.Format(time.RFC3339Nano) + "|" + last.Review.Key.ID, nil
	}
	slices.Reverse(all)
	from, _ := strconv.Atoi(token)
	from = min(from, len(all))
	to := min(from+l.size, len(all))
	if to == len(all) {
		return all[from:to], "", nil
	}
	return all[from:to], strconv.Itoa(to), nil
}

func TestNothingIsMissed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		const overlap = 10 * time.Minute
		l := &list{
			now:    time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
			skew:   time.Duration(rapid.IntRange(-240, 240).Draw(rt, "skew")) * time.Second,
			size:   rapid.IntRange(1, 5).Draw(rt, "page"),
			oldest: rapid.Bool().Draw(rt, "oldest"),
		}
		plan := sweep.Plan{Source: "s", Oldest: l.oldest, Overlap: overlap, Now: func() time.Time { return l.now }}
		var cur sources.Cursor
		var saved []sources.Cursor
		got := map[string]string{}
		n := 0
		poll := func() bool {
			page, err := plan.Poll(context.Background(), cur, l.fetch)
			if err != nil {
				rt.Fatal(err)
			}
			for _, r := range page.Reviews {
				got[r.Key.ID] = r.Body
			}
			cur = page.Next
			saved = append(saved, cur)
			return page.More
		}
		rt.Repeat(map[string]func(*rapid.T){
			"write": func(rt *rapid.T) {
				n++
				lag := time.Duration(rapid.SampledFrom([]int{0, 0, 0, 30, 240}).Draw(rt, "lag")) * time.Second
				l.put(fmt.Sprintf("r%02d", rapid.IntRange(0, 30).Draw(rt, "review")), fmt.Sprint("text ", n), lag)
			},
			"wait": func(rt *rapid.T) {
				l.now = l.now.Add(time.Duration(rapid.IntRange(0, 1200).Draw(rt, "seconds")) * time.Second)
			},
			"poll":   func(*rapid.T) { poll() },
			"expire": func(*rapid.T) { l.expired = true },
			// A crash: what was seen after the cursor was committed is not lost,
			// but the cursor is an older one.
			"restart": func(rt *rapid.T) {
				if len(saved) > 0 {
					cur = rapid.SampledFrom(saved).Draw(rt, "cursor")
				}
			},
		})
		l.now = l.now.Add(5 * time.Minute) // the index has caught up
		for range 2 {
			for i := 0; poll(); i++ {
				if i > 300 {
					rt.Fatal("the sweep does not end")
				}
			}
		}
		for _, e := range l.items {
			if got[e.Review.Key.ID] != e.Review.Body {
				rt.Fatalf("%s stands at %q; %q arrived last", e.Review.Key.ID, e.Review.Body, got[e.Review.Key.ID])
			}
		}
		// And then it is quiet.
		before := len(saved)
		page, err := plan.Poll(context.Background(), cur, l.fetch)
		for err == nil && page.More && len(saved) < before+300 {
			page, err = plan.Poll(context.Background(), page.Next, l.fetch)
			before--
		}
		if err != nil || len(page.Reviews) > 0 {
			rt.Fatalf("nothing happened, and %d reviews arrived (%v)", len(page.Reviews), err)
		}
	})
}

func TestCursorStaysSmall(t *testing.T) {
	const reviews = 1000
	for _, oldest := range []bool{false, true} {
		l := &list{now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), size: 100, oldest: oldest}
		for i := range reviews {
			l.put(fmt.Sprintf("r%05d", i), "text", 0)
		}
		plan := sweep.Plan{Source: "s", Oldest: oldest, MaxSeen: 100, Now: func() time.Time { return l.now }}
		var cur sources.Cursor
		got := map[string]bool{}
		for {
			page, err := plan.Poll(context.Background(), cur, l.fetch)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.Reviews {
				got[r.Key.ID] = true
			}
			if cur = page.Next; len(cur) > 16<<10 {
				t.Fatalf("the cursor has %d bytes", len(cur))
			}
			if !page.More {
				break
			}
		}
		if len(got) != reviews {
			t.Errorf("oldest %v: %d reviews", oldest, len(got))
		}
	}
}

func TestListsThatGoInCirclesAreRefused(t *testing.T) {
	fetch := func(context.Context, string, time.Time) ([]sweep.Item, string, error) { return nil, "again", nil }
	plan := sweep.Plan{Source: "s"}
	page, err := plan.Poll(context.Background(), nil, fetch)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = plan.Poll(context.Background(), page.Next, fetch); !errors.Is(err, sources.ErrTransient) {
		t.Errorf("%v; want ErrTransient", err)
	}
	refuse := func(context.Context, string, time.Time) ([]sweep.Item, string, error) { return nil, "", sweep.ErrToken }
	if _, err = plan.Poll(context.Background(), nil, refuse); !errors.Is(err, sources.ErrTransient) {
		t.Errorf("%v; want ErrTransient", err)
	}
}

func TestDescribe(t *testing.T) {
	for cur, want := range map[string]string{
		"":                                      "at the beginning",
		"nonsense":                              "at the beginning",
		`{"v":1,"mark":"2026-11-01T10:00:00Z"}`: "up to 2026-11-01 10:00:00 UTC",
		`{"v":1,"run":{"token":"2"}}`:           "reading the list",
	} {
		if got := sweep.Describe(sources.Cursor(cur)); got != want {
			t.Errorf("%s: %q; want %q", cur, got, want)
		}
	}
}

func FuzzCursor(f *testing.F) {
	f.Add([]byte(`{"v":1,"mark":"2026-11-01T10:00:00Z","seen":{"r1":{"h":"x","t":"2026-11-01T10:00:00Z"}},"run":{"token":"2","top":"2026-11-01T10:00:00Z"}}`))
	f.Fuzz(func(t *testing.T, cur []byte) {
		l := &list{now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), size: 2}
		l.put("r1", "a", 0)
		page, err := sweep.Plan{Source: "s", Now: func() time.Time { return l.now }}.Poll(context.Background(), cur, l.fetch)
		if err == nil && !json.Valid(page.Next) {
			t.Fatalf("the next cursor is not JSON: %q", page.Next)
		}
	})
}
