package sourcetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/wire"
)

func troubleParts() []part {
	return []part{
		{"trouble/reading", all(calls, readsOrLists), testReadingTroubles},
		{"trouble/reading recovers", all(calls, lists), testReadingRecovers},
		{"trouble/writing", all(calls, replies), testWritingTroubles},
		{"trouble/nobody listens", calls, testDead},
		{"trouble/waiting times", all(calls, readsOrLists), testWaiting},
		{"trouble/lost answer", all(calls, replies), testLostAnswer},
		{"trouble/stopped before", calls, testStoppedBefore},
		{"trouble/stopped within", calls, testStoppedWithin},
	}
}

func readsOrLists(b Bench) string {
	if lists(b) != "" && reads(b) != "" {
		return "nothing can be read"
	}
	return ""
}

// kinds are the taxonomy.
var kinds = []error{
	sources.ErrAuth, sources.ErrRateLimited, sources.ErrNotFound, sources.ErrRejected,
	sources.ErrAlready, sources.ErrUnsupported, sources.ErrTransient, sources.ErrUnknown,
}

func is(err error, any ...error) bool {
	return slices.ContainsFunc(any, func(k error) bool { return errors.Is(err, k) })
}

// checkError: an error of a source is of one kind, says so to people, and keeps
// our secrets.
func checkError(t testing.TB, b Bench, err error) {
	t.Helper()
	if err == nil {
		return
	}
	var e *sources.Error
	if !errors.As(err, &e) {
		t.Errorf("%v (%T) is no *sources.Error", err, err)
		return
	}
	n := 0
	for _, k := range kinds {
		if errors.Is(err, k) {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%v is of %d kinds; want one", err, n)
	}
	if e.Source != b.Source.Name() || e.Op == "" || e.Reason == "" {
		t.Errorf("%+v does not say where, what and why", e)
	}
	if e.After < 0 || e.After > wire.MaxRetryAfter {
		t.Errorf("it asks to wait %s", e.After)
	}
	text := err.Error()
	if !utf8.ValidString(text) || len(text) > 2000 || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
		t.Errorf("not a sentence for people: %q", text)
	}
	for wrapped := err; wrapped != nil; wrapped = errors.Unwrap(wrapped) {
		for _, s := range b.Secrets {
			if s != "" && strings.Contains(wrapped.Error(), s) {
				t.Errorf("a secret stands in %q", wrapped.Error())
			}
		}
	}
}

// readers are the reading calls that the source has.
func readers(b Bench, key review.Key) map[Op]func(context.Context) error {
	out := map[Op]func(context.Context) error{}
	if s, ok := b.Source.(sources.Poller); ok && lists(b) == "" {
		out[List] = func(ctx context.Context) error { return mustFail(s.Poll(ctx, nil)) }
	}
	if s, ok := b.Source.(sources.Reader); ok {
		out[Read] = func(ctx context.Context) error { return mustFail(s.Get(ctx, key)) }
	}
	return out
}

// writers are the changing calls that the source has.
func writers(b Bench, key review.Key) map[Op]func(context.Context) error {
	out := map[Op]func(context.Context) error{}
	if s, ok := b.Source.(sources.Replier); ok && replies(b) == "" {
		out[Write] = func(ctx context.Context) error { return mustFail(s.Reply(ctx, key, calm, "attempt")) }
	}
	if s, ok := b.Source.(sources.Remover); ok && b.Source.Capabilities().DeleteReply {
		out[Delete] = func(ctx context.Context) error { return s.DeleteReply(ctx, key) }
	}
	return out
}

func testReadingTroubles(t *testing.T, h Harness) {
	for what, want := range map[Trouble]error{
		Waiting: sources.ErrRateLimited, Unavailable: sources.ErrTransient, CutBefore: sources.ErrTransient,
		Revoked: sources.ErrAuth, Forbidden: sources.ErrRejected, Echoing: sources.ErrRejected,
		Lost: sources.ErrTransient, Stumbling: sources.ErrTransient, Garbled: sources.ErrTransient, Flooding: sources.ErrTransient,
		Hollow: sources.ErrTransient, // that a review is not there must be said to be believed
	} {
		b := h.New(t)
		r := b.Platform.Add(t, post(1))
		for op, call := range readers(b, r.Key) {
			if (what == Forbidden || what == Hollow) && op == List { // some platforms leave an empty list out
				continue
			}
			if !b.Platform.Break(t, op, r.Key, what) {
				t.Logf("%s: the fake cannot do that to %s", what, op)
				continue
			}
			err := call(t.Context())
			if !is(err, want) {
				t.Errorf("%s at %s: %v; want %v", what, op, err, want)
			}
			checkError(t, b, err)
			b.Platform.Mend(t)
			if err := call(t.Context()); err != nil {
				t.Errorf("%s at %s, when it is over: %v", what, op, err)
			}
		}
	}
}

// testReadingRecovers: a poll that failed changed nothing.
func testReadingRecovers(t *testing.T, h Harness) {
	b := h.New(t)
	want := fill(t, b.Platform, h.Pages)
	var got []review.Review
	var cur sources.Cursor
	for i := range pollLimit {
		if i%2 == 0 && b.Platform.Break(t, List, review.Key{}, Waiting) {
			if _, err := b.Source.(sources.Poller).Poll(t.Context(), cur); err == nil {
				t.Fatal("no error although the platform asked to wait")
			}
			b.Platform.Mend(t)
		}
		page, err := b.Source.(sources.Poller).Poll(t.Context(), cur)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, page.Reviews...)
		if cur = page.Next; !page.More {
			break
		}
	}
	once(t, got, want)
}

// testWritingTroubles: an error that is not doubt means that nothing stands
// there, and whatever happens a write is one call.
func testWritingTroubles(t *testing.T, h Harness) {
	for what, want := range map[Trouble][]error{
		Waiting:     {sources.ErrRateLimited},
		Unavailable: {sources.ErrTransient, sources.ErrUnknown},
		CutBefore:   {sources.ErrUnknown},
		Revoked:     {sources.ErrAuth},
		Forbidden:   {sources.ErrRejected},
		Echoing:     {sources.ErrRejected},
		Lost:        {sources.ErrUnknown},
		Stumbling:   {sources.ErrUnknown},
		Garbled:     {sources.ErrUnknown},
		Flooding:    {sources.ErrUnknown},
	} {
		b := h.New(t)
		r := b.Platform.Add(t, post(1))
		if !b.Platform.Break(t, Write, r.Key, what) {
			t.Logf("%s: the fake cannot do that to replies", what)
			continue
		}
		_, err := reply(t, b.Source, r.Key, calm)
		if !is(err, want...) {
			t.Errorf("%s: %v; want %v", what, err, want)
		}
		checkError(t, b, err)
		if n := b.Platform.Calls(t, Write); n != 1 {
			t.Errorf("%s: the reply took %d calls; a write is never repeated", what, n)
		}
		if text, there := b.Platform.Reply(t, r.Key); there && !is(err, sources.ErrUnknown) {
			t.Errorf("%s: the source is sure that nothing happened (%v), and %q stands there", what, err, text)
		}
	}
}

func testDead(t *testing.T, h Harness) {
	b := h.New(t)
	r := b.Platform.Add(t, post(1))
	b.Source = b.Dead(t)
	for op, call := range readers(b, r.Key) {
		err := call(t.Context())
		if !is(err, sources.ErrTransient) {
			t.Errorf("%s: %v; want ErrTransient", op, err)
		}
		checkError(t, b, err)
	}
	for op, call := range writers(b, r.Key) {
		err := call(t.Context())
		if !is(err, sources.ErrTransient) {
			t.Errorf("%s: %v; want ErrTransient: without a connection nothing can have happened", op, err)
		}
		checkError(t, b, err)
	}
}

func testWaiting(t *testing.T, h Harness) {
	for what, check := range map[Trouble]func(time.Duration) bool{
		Waiting:     func(d time.Duration) bool { return d >= 30*time.Second && d <= time.Minute },
		WaitingMute: func(d time.Duration) bool { return d == 0 },
		WaitingOdd:  func(d time.Duration) bool { return d >= 0 && d <= wire.MaxRetryAfter },
	} {
		b := h.New(t)
		r := b.Platform.Add(t, post(1))
		calls := readers(b, r.Key)
		for op, call := range writers(b, r.Key) {
			calls[op] = call
		}
		for op, call := range calls {
			if !b.Platform.Break(t, op, r.Key, what) {
				t.Logf("%s: the fake cannot do that to %s", what, op)
				continue
			}
			before := b.Platform.Calls(t, op)
			err := call(t.Context())
			if !is(err, sources.ErrRateLimited) || !check(sources.Wait(err)) {
				t.Errorf("%s at %s: %v, wait %s", what, op, err, sources.Wait(err))
			}
			checkError(t, b, err)
			if n := b.Platform.Calls(t, op) - before; n != 1 {
				t.Errorf("%s at %s: %d calls; whoever is told to wait does not call again", what, op, n)
			}
			b.Platform.Mend(t)
		}
	}
}

// testLostAnswer: the platform acted, the answer is lost. The source does not
// guess, and reading tells.
func testLostAnswer(t *testing.T, h Harness) {
	b := h.New(t)
	r := b.Platform.Add(t, post(1))
	if !b.Platform.Break(t, Write, r.Key, Lost) {
		t.Fatal("the fake cannot lose an answer; every fake must")
	}
	_, err := reply(t, b.Source, r.Key, calm)
	if !is(err, sources.ErrUnknown) {
		t.Fatalf("%v; want ErrUnknown", err)
	}
	b.Platform.Mend(t)
	if text, ok := b.Platform.Reply(t, r.Key); !ok || text != calm {
		t.Fatalf("the fake did not act before it lost the answer: %q", text)
	}
	if !b.Source.Capabilities().ReadBack {
		return
	}
	b.Platform.Advance(t, b.Source.Capabilities().Settle)
	back, err := b.Source.(sources.Reader).Get(t.Context(), r.Key)
	if err != nil || back.Reply == nil || back.Reply.Text != calm {
		t.Errorf("reading after a lost answer: %+v, %v; want the reply", back.Reply, err)
	}
}

func testStoppedBefore(t *testing.T, h Harness) {
	b := h.New(t)
	r := b.Platform.Add(t, post(1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	calls := readers(b, r.Key)
	for op, call := range writers(b, r.Key) {
		calls[op] = call
	}
	for op, call := range calls {
		err := call(ctx)
		if !is(err, sources.ErrTransient) || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v; want ErrTransient and context.Canceled", op, err)
		}
		if n := b.Platform.Calls(t, op); n != 0 {
			t.Errorf("%s: %d calls although it was stopped before", op, n)
		}
	}
}

func testStoppedWithin(t *testing.T, h Harness) {
	b := h.New(t)
	r := b.Platform.Add(t, post(1))
	stop := func(op Op, call func(context.Context) error) error {
		before := b.Platform.Calls(t, op)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- call(ctx) }()
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for b.Platform.Calls(t, op) == before {
			select {
			case err := <-done:
				return err
			case <-tick.C: // the call is on its way
			}
		}
		cancel()
		return <-done
	}
	for op, call := range readers(b, r.Key) {
		if !b.Platform.Break(t, op, r.Key, Hanging) {
			t.Logf("the fake cannot keep %s waiting", op)
			continue
		}
		if err := stop(op, call); !is(err, sources.ErrTransient) || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v; want ErrTransient and context.Canceled", op, err)
		}
		b.Platform.Mend(t)
	}
	for op, call := range writers(b, r.Key) {
		if op == Delete || !b.Platform.Break(t, op, r.Key, Hanging) {
			continue
		}
		err := stop(op, call)
		if !is(err, sources.ErrUnknown) {
			t.Errorf("%s: %v; want ErrUnknown: it was stopped after the platform had it", op, err)
		}
		checkError(t, b, err)
		b.Platform.Mend(t)
	}
}
