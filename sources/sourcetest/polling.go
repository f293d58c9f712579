package sourcetest

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
)

func pollingParts() []part {
	seesEdits := when("it does not see edits", func(c sources.Capabilities) bool { return c.SeesEdits }, calls, lists)
	seesRemovals := when("it does not see removals", func(c sources.Capabilities) bool { return c.SeesRemovals }, calls, reads)
	listsAndReads := all(calls, lists, reads)
	return []part{
		{"poll/nothing there", all(calls, lists), testEmpty},
		{"poll/every review once", all(calls, lists), testEveryReviewOnce},
		{"poll/from any cursor", all(calls, lists), testAnyCursor},
		{"poll/while others write", all(calls, lists), testWhileOthersWrite},
		{"poll/edits", seesEdits, testEdits},
		{"poll/any history", seesEdits, testAnyHistory},
		{"poll/cursors from elsewhere", all(calls, lists), testForeignCursors},
		{"poll/existing replies", all(calls, lists), testExistingReplies},
		{"texts/byte for byte", listsAndReads, testHostileTexts},
		{"get/as listed", listsAndReads, testGetAsListed},
		{"get/unknown", all(calls, reads), testGetUnknown},
		{"get/removed", seesRemovals, testGetRemoved},
	}
}

// pollLimit ends a drain that goes in circles.
const pollLimit = 500

// drain polls until there is no more.
func drain(t testing.TB, s sources.Source, cur sources.Cursor) ([]review.Review, sources.Cursor) {
	t.Helper()
	var out []review.Review
	for range pollLimit {
		page, err := s.(sources.Poller).Poll(t.Context(), cur)
		if err != nil {
			t.Fatalf("poll: %v", err)
		}
		checkPage(t, s, page)
		out = append(out, page.Reviews...)
		if cur = page.Next; !page.More {
			return out, cur
		}
	}
	t.Fatalf("the list did not end within %d polls", pollLimit)
	return nil, nil
}

func checkPage(t testing.TB, s sources.Source, page sources.Page) {
	t.Helper()
	if !json.Valid(page.Next) {
		t.Fatalf("the cursor is not JSON: %q", page.Next)
	}
	if len(page.Next) > 1<<20 {
		t.Fatalf("the cursor has %d bytes", len(page.Next))
	}
	for _, r := range page.Reviews {
		if r.Key.Source != s.Name() {
			t.Fatalf("review %v is of source %q, not %q", r.Key, r.Key.Source, s.Name())
		}
	}
}

// same compares what the contract is about.
func same(a, b review.Review) bool {
	return a.Key == b.Key && a.ContentHash() == b.ContentHash() && a.Author == b.Author
}

func describe(r review.Review) string {
	return fmt.Sprintf("%v %s %q %q by %q", r.Key, r.Rating, r.Title, r.Body, r.Author)
}

// once checks that got are exactly the wanted reviews, each once.
func once(t testing.TB, got []review.Review, want map[review.Key]review.Review) {
	t.Helper()
	seen := map[review.Key]bool{}
	for _, r := range got {
		w, ok := want[r.Key]
		switch {
		case !ok:
			t.Errorf("nobody wrote %s", describe(r))
		case seen[r.Key]:
			t.Errorf("%v arrived twice", r.Key)
		case !same(r, w):
			t.Errorf("arrived as %s\nwanted     %s", describe(r), describe(w))
		}
		seen[r.Key] = true
	}
	for k := range want {
		if !seen[k] {
			t.Errorf("%v is missing", k)
		}
	}
}

// fill adds n reviews, a minute apart but for every third, which shares its
// time with the one before.
func fill(t testing.TB, p Platform, n int) map[review.Key]review.Review {
	t.Helper()
	want := map[review.Key]review.Review{}
	for i := range n {
		r := p.Add(t, post(i))
		if _, twice := want[r.Key]; twice {
			t.Fatalf("two reviews have the key %v", r.Key)
		}
		want[r.Key] = r
		if i%3 != 0 {
			p.Advance(t, time.Minute)
		}
	}
	return want
}

func post(i int) Post {
	return Post{Stars: 1 + i%5, Body: fmt.Sprintf("Review %d: the parcel came late.", i), Author: fmt.Sprintf("Customer %d", i)}
}

func testEmpty(t *testing.T, h Harness) {
	b := h.New(t)
	got, cur := drain(t, b.Source, nil)
	if len(got) != 0 {
		t.Errorf("an empty platform gave %d reviews", len(got))
	}
	r := b.Platform.Add(t, post(1))
	got, _ = drain(t, b.Source, cur)
	once(t, got, map[review.Key]review.Review{r.Key: r})
}

func testEveryReviewOnce(t *testing.T, h Harness) {
	b := h.New(t)
	want := fill(t, b.Platform, h.Pages)
	got, cur := drain(t, b.Source, nil)
	once(t, got, want)
	for range 3 { // and then it is quiet
		b.Platform.Advance(t, time.Minute)
		if got, cur = drain(t, b.Source, cur); len(got) != 0 {
			t.Fatalf("%d reviews arrived again although nothing happened", len(got))
		}
	}
}

// testAnyCursor: whatever was committed last, what follows is complete.
func testAnyCursor(t *testing.T, h Harness) {
	b := h.New(t)
	want := fill(t, b.Platform, h.Pages)
	type stop struct {
		cur  sources.Cursor
		seen int
	}
	stops := []stop{{}}
	var got []review.Review
	for cur := sources.Cursor(nil); ; {
		page, err := b.Source.(sources.Poller).Poll(t.Context(), cur)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, page.Reviews...)
		cur = page.Next
		stops = append(stops, stop{cur, len(got)})
		if !page.More {
			break
		}
		if len(stops) > pollLimit {
			t.Fatal("the list does not end")
		}
	}
	if len(stops) < 4 {
		t.Logf("the list had %d pages only; set Harness.Pages higher", len(stops)-1)
	}
	for i, s := range stops {
		again, _ := drain(t, b.Again(t), s.cur)
		have := map[review.Key]bool{}
		for _, r := range append(append([]review.Review(nil), got[:s.seen]...), again...) {
			have[r.Key] = true
		}
		for k := range want {
			if !have[k] {
				t.Errorf("restarted after page %d, %v is missing", i, k)
			}
		}
	}
}

func testWhileOthersWrite(t *testing.T, h Harness) {
	b := h.New(t)
	want := fill(t, b.Platform, h.Pages)
	var got []review.Review
	var cur sources.Cursor
	for i := range pollLimit {
		page, err := b.Source.(sources.Poller).Poll(t.Context(), cur)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, page.Reviews...)
		if cur = page.Next; !page.More {
			break
		}
		r := b.Platform.Add(t, post(1000+i))
		want[r.Key] = r
		b.Platform.Advance(t, time.Second)
	}
	rest, _ := drain(t, b.Source, cur)
	once(t, append(got, rest...), want)
}

func testEdits(t *testing.T, h Harness) {
	b := h.New(t)
	want := fill(t, b.Platform, 10)
	_, cur := drain(t, b.Source, nil)
	b.Platform.Advance(t, time.Hour)
	changed := map[review.Key]review.Review{}
	for k := range want {
		r := b.Platform.Edit(t, k, Post{Stars: 4, Body: "Solved, thank you. " + k.ID, Author: want[k].Author})
		changed[r.Key] = r
		if len(changed) == 3 {
			break
		}
	}
	got, cur := drain(t, b.Source, cur)
	once(t, got, changed)
	// There and back again is two edits when somebody looked in between.
	for k := range changed {
		b.Platform.Advance(t, time.Minute)
		r := b.Platform.Edit(t, k, Post{Stars: 1, Body: "No, not solved.", Author: want[k].Author})
		got, cur = drain(t, b.Source, cur)
		once(t, got, map[review.Key]review.Review{k: r})
		b.Platform.Advance(t, time.Minute)
		r = b.Platform.Edit(t, k, Post{Stars: 4, Body: "Solved, thank you. " + k.ID, Author: want[k].Author})
		got, _ = drain(t, b.Source, cur)
		once(t, got, map[review.Key]review.Review{k: r})
		break
	}
}

// testAnyHistory: customers write, edit and remove, time passes, the source is
// polled page by page and restarted with the last cursor, in any order; in the
// end the team has seen the last words of every review that still stands.
func testAnyHistory(t *testing.T, h Harness) {
	rapid.Check(t, func(rt *rapid.T) {
		b := h.New(t)
		src := b.Source.(sources.Poller)
		now := map[review.Key]review.Review{}
		var keys []review.Key
		last := map[review.Key]review.Digest{}
		var cur sources.Cursor
		take := func(page sources.Page) {
			for _, r := range page.Reviews {
				if last[r.Key] == r.ContentHash() {
					rt.Fatalf("%v arrived twice with the same words", r.Key)
				}
				last[r.Key] = r.ContentHash()
			}
			cur = page.Next
		}
		poll := func() bool {
			page, err := src.Poll(context.Background(), cur)
			if err != nil {
				rt.Fatalf("poll: %v", err)
			}
			take(page)
			return page.More
		}
		n := 0
		rt.Repeat(map[string]func(*rapid.T){
			"write": func(rt *rapid.T) {
				for range rapid.IntRange(1, 8).Draw(rt, "reviews") {
					n++
					r := b.Platform.Add(t, post(n))
					now[r.Key], keys = r, append(keys, r.Key)
				}
			},
			"edit": func(rt *rapid.T) {
				if len(keys) == 0 {
					rt.Skip("nothing to edit")
				}
				k := rapid.SampledFrom(keys).Draw(rt, "review")
				n++
				now[k] = b.Platform.Edit(t, k, Post{Stars: 3, Body: fmt.Sprintf("Edit %d", n), Author: now[k].Author})
			},
			"remove": func(rt *rapid.T) {
				if len(keys) == 0 {
					rt.Skip("nothing to remove")
				}
				i := rapid.IntRange(0, len(keys)-1).Draw(rt, "review")
				b.Platform.Remove(t, keys[i])
				delete(now, keys[i])
				keys = append(keys[:i], keys[i+1:]...)
			},
			"wait": func(rt *rapid.T) {
				b.Platform.Advance(t, time.Duration(rapid.IntRange(1, 3600).Draw(rt, "seconds"))*time.Second)
			},
			"poll":    func(*rapid.T) { poll() },
			"restart": func(*rapid.T) { src = b.Again(t).(sources.Poller) },
		})
		b.Platform.Advance(t, time.Second)
		for range 2 { // a sweep that was under way, and a whole one
			for i := 0; poll(); i++ {
				if i > pollLimit {
					rt.Fatal("the list does not end")
				}
			}
		}
		for k, r := range now {
			if last[k] != r.ContentHash() {
				rt.Fatalf("the last words of %v never arrived: %s", k, describe(r))
			}
		}
	})
}

func testForeignCursors(t *testing.T, h Harness) {
	for _, cur := range []string{`{}`, `null`, `[]`, `"x"`, `{"v":99}`, `{"v":-1,"mark":"soon"}`, `not JSON`, `{"v":1,"run":{"token":"of somebody else"}}`} {
		b := h.New(t)
		want := fill(t, b.Platform, 3)
		var err error
		got := map[review.Key]bool{}
		next := sources.Cursor(cur)
		for range pollLimit {
			var page sources.Page
			if page, err = b.Source.(sources.Poller).Poll(t.Context(), next); err != nil {
				break
			}
			for _, r := range page.Reviews {
				got[r.Key] = true
			}
			if next = page.Next; !page.More {
				break
			}
		}
		if err == nil && len(got) != len(want) {
			t.Errorf("with the cursor %s %d of %d reviews arrived, and no error said why", cur, len(got), len(want))
		}
	}
}

func testExistingReplies(t *testing.T, h Harness) {
	b := h.New(t)
	r := b.Platform.Add(t, post(1))
	b.Platform.AnswerOnSite(t, r.Key, "Thank you.\nWe have written to you.")
	got, _ := drain(t, b.Source, nil)
	if len(got) != 1 {
		t.Fatalf("%d reviews", len(got))
	}
	switch reply := got[0].Reply; {
	case reply == nil && b.Source.Capabilities().ReadBack:
		// Some lists leave replies out; then reading one review must show it.
		one, err := b.Source.(sources.Reader).Get(t.Context(), r.Key)
		if err != nil || one.Reply == nil || one.Reply.Text != "Thank you.\nWe have written to you." {
			t.Errorf("a reply that stands there is neither listed nor read: %+v, %v", one.Reply, err)
		}
	case reply != nil && (reply.Text != "Thank you.\nWe have written to you." || reply.State != review.ReplyLive):
		t.Errorf("the reply that stands there is listed as %+v", reply)
	}
}

// hostile are texts that break what is careless.
var hostile = []string{
	"<!channel> <@U123> <http://evil.example.test|click> *bold* _it_ ~s~ `code`",
	"@everyone @here **bold** [link](http://evil.example.test) ||spoiler|| ```\nfence\n```",
	"<script>alert(1)</script><b>&amp;&lt; \"quoted\" 'single'",
	"right-to-left \u202e override, zero\u200bwidth, joiners \u200d, mark \ufeff, tag \U000e0041",
	"=cmd|' /C calc'!A0\t+1\t-1\t@SUM(A1)",
	"line\none\r\ntwo\n\n\nthree   ",
	"日本語の口コミ、한국어 리뷰, Größe, naïveté, 😀👩‍👩‍👧‍👦🏴󠁧󠁢󠁳󠁣󠁴󠁿",
	"a\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308 combined, \\u0041 \\n %s %d {{.}} ${x} {{id}}",
	`{"id":"1","body":"in\"side"} ]]> --> '; DROP TABLE reviews; --`,
	"a very long one: " + string(make100k()),
}

func make100k() []byte {
	b := make([]byte, 0, 50_000)
	for len(b) < 50_000 {
		b = append(b, "0123456789 "...)
	}
	return b
}

func testHostileTexts(t *testing.T, h Harness) {
	b := h.New(t)
	want := map[review.Key]review.Review{}
	for _, s := range hostile {
		short := s
		if len(short) > 200 {
			short = "long"
		}
		r := b.Platform.Add(t, Post{Stars: 1, Title: short, Body: s, Author: short})
		want[r.Key] = r
		b.Platform.Advance(t, time.Second)
	}
	got, _ := drain(t, b.Source, nil)
	once(t, got, want)
	for k, w := range want {
		r, err := b.Source.(sources.Reader).Get(t.Context(), k)
		if err != nil || !same(r, w) {
			t.Errorf("read as %s (%v)\nwanted  %s", describe(r), err, describe(w))
		}
	}
}

func testGetAsListed(t *testing.T, h Harness) {
	b := h.New(t)
	fill(t, b.Platform, 5)
	got, _ := drain(t, b.Source, nil)
	for _, l := range got {
		r, err := b.Source.(sources.Reader).Get(t.Context(), l.Key)
		if err != nil {
			t.Fatal(err)
		}
		if !same(r, l) || r.Language != l.Language || r.URL != l.URL || !r.Created.Equal(l.Created) || r.Subject != l.Subject {
			t.Errorf("listed as %+v\nread as   %+v", l, r)
		}
	}
}

func testGetUnknown(t *testing.T, h Harness) {
	b := h.New(t)
	like := b.Platform.Add(t, post(1)).Key
	for _, id := range []string{like.ID + "0", "no such review", "a/b?c=d&e#f", "%2e%2e", "レビュー"} {
		key := like
		key.ID = id
		if _, err := b.Source.(sources.Reader).Get(t.Context(), key); !is(err, sources.ErrNotFound, sources.ErrRejected) {
			t.Errorf("reading %q: %v; want ErrNotFound", id, err)
		}
		checkError(t, b, mustFail(b.Source.(sources.Reader).Get(t.Context(), key)))
	}
}

func testGetRemoved(t *testing.T, h Harness) {
	b := h.New(t)
	r := b.Platform.Add(t, post(1))
	b.Platform.Remove(t, r.Key)
	_, err := b.Source.(sources.Reader).Get(t.Context(), r.Key)
	if !is(err, sources.ErrNotFound) {
		t.Errorf("reading a removed review: %v; want ErrNotFound", err)
	}
	// And what is only out of reach is not taken for removed.
	r = b.Platform.Add(t, post(2))
	for _, what := range []Trouble{Forbidden, Unavailable, CutBefore, Waiting, Revoked} {
		if b.Platform.Break(t, Read, r.Key, what) {
			if _, err := b.Source.(sources.Reader).Get(t.Context(), r.Key); err == nil || is(err, sources.ErrNotFound) {
				t.Errorf("%s: %v; want another error than ErrNotFound", what, err)
			}
			b.Platform.Mend(t)
		}
	}
}

func mustFail[T any](_ T, err error) error { return err }
