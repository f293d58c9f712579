package simulator_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/simulator"
)

const token = "sim-token-4711"

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// bench is a platform that is served, and a source that speaks with it.
type bench struct {
	*simulator.Platform
	clock *clock
	src   *simulator.Source
	url   string
}

func newBench(t *testing.T, rules simulator.Rules, change ...func(*simulator.Settings)) *bench {
	t.Helper()
	c := newClock()
	p := simulator.NewPlatform(simulator.Config{Token: token, AdminToken: "admin", Rules: rules, Now: c.Now})
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	set := simulator.Settings{Name: "sim", BaseURL: srv.URL, Token: token, Rules: rules, RetryWait: time.Millisecond, Now: c.Now}
	for _, f := range change {
		f(&set)
	}
	src, err := simulator.New(set)
	if err != nil {
		t.Fatal(err)
	}
	return &bench{Platform: p, clock: c, src: src, url: srv.URL}
}

func (b *bench) add(t *testing.T, r simulator.Review) review.Key {
	t.Helper()
	got, err := b.Add(r)
	if err != nil {
		t.Fatal(err)
	}
	return review.Key{Source: "sim", ID: got.ID}
}

func TestModerationRefusesLater(t *testing.T) {
	b := newBench(t, simulator.DemoRules())
	ctx := context.Background()
	key := b.add(t, simulator.Review{Rating: 2, Body: "Late."})
	got, err := b.src.Reply(ctx, key, "Please call +44 20 7946 0000.", "k1")
	if err != nil || got.State != review.ReplyPending {
		t.Fatalf("reply: %+v, %v; want pending", got, err)
	}
	b.clock.Advance(time.Minute)
	r, err := b.src.Get(ctx, key)
	if err != nil {
		t.Fatal(err)
	}
	if r.Reply == nil || r.Reply.State != review.ReplyRefused || r.Reply.Reason == "" {
		t.Fatalf("reply after moderation: %+v; want refused with a policy", r.Reply)
	}
	if _, err := b.src.Reply(ctx, key, "We are sorry.", "k2"); err != nil {
		t.Fatal(err)
	}
	b.clock.Advance(time.Minute)
	if r, err = b.src.Get(ctx, key); err != nil || r.Reply.State != review.ReplyLive {
		t.Fatalf("second reply: %+v, %v; want live", r.Reply, err)
	}
}

func TestRefuseFaultHitsOnce(t *testing.T) {
	b := newBench(t, simulator.Rules{OneReply: true})
	ctx := context.Background()
	key := b.add(t, simulator.Review{Rating: 2})
	b.SetFaults(simulator.Fault{Kind: simulator.Refuse, Review: key.ID, Times: 1, Policy: "house rules"})
	for i, want := range []review.ReplyState{review.ReplyRefused, review.ReplyLive} {
		if _, err := b.src.Reply(ctx, key, "We are sorry.", ""); err != nil {
			t.Fatal(err)
		}
		r, err := b.src.Get(ctx, key)
		if err != nil || r.Reply.State != want {
			t.Fatalf("reply %d: %+v, %v; want %s", i+1, r.Reply, err, want)
		}
	}
	if _, err := b.src.Reply(ctx, key, "Again.", ""); !errors.Is(err, sources.ErrAlready) {
		t.Fatalf("third reply: %v; want ErrAlready", err)
	}
}

func TestLostAnswerIsUnknownAndWentLive(t *testing.T) {
	for _, kind := range []simulator.Kind{simulator.Lose, simulator.Stumble, simulator.Garble} {
		t.Run(string(kind), func(t *testing.T) {
			b := newBench(t, simulator.Rules{})
			ctx := context.Background()
			key := b.add(t, simulator.Review{Rating: 1})
			b.SetFaults(simulator.Fault{Kind: kind, Ops: []string{simulator.OpReply}, Times: 1})
			_, err := b.src.Reply(ctx, key, "We are sorry.", "key-1")
			if !errors.Is(err, sources.ErrUnknown) {
				t.Fatalf("reply: %v; want ErrUnknown", err)
			}
			r, err := b.src.Get(ctx, key)
			if err != nil || r.Reply == nil || r.Reply.Text != "We are sorry." {
				t.Fatalf("after a lost answer: %+v, %v; want the reply live", r.Reply, err)
			}
			if n := b.Count(simulator.OpReply); n != 1 {
				t.Fatalf("the platform received %d calls; a write is made once", n)
			}
			call := b.State().Calls[0]
			if call.Effect != "published" || call.Idempotency != "key-1" || call.Fault != kind {
				t.Fatalf("noted call: %+v", call)
			}
		})
	}
}

// TestReports: filed on the platform's own grounds, counted even when the
// answer is lost, and each that is sent again is another one.
func TestReports(t *testing.T) {
	b := newBench(t, simulator.Rules{Grounds: []string{"spam"}})
	r, err := b.Add(simulator.Review{Rating: 1, Body: "Buy watches"})
	if err != nil {
		t.Fatal(err)
	}
	key := review.Key{Source: "sim", ID: r.ID}
	if c := b.src.Capabilities(); !c.Report || len(c.Grounds) != 1 || c.Grounds[0].ID != "spam" {
		t.Errorf("%+v", c)
	}
	if err := b.src.Report(t.Context(), key, "spam", "an advertisement"); err != nil {
		t.Error(err)
	}
	b.SetFaults(simulator.Fault{Kind: simulator.Lose, Ops: []string{simulator.OpReport}, Times: 1})
	if err := b.src.Report(t.Context(), key, "spam", "an advertisement"); !errors.Is(err, sources.ErrUnknown) {
		t.Errorf("a lost answer: %v", err)
	}
	calls := b.State().Calls
	if len(calls) != 2 || calls[1].Effect != "reported" || calls[1].Text != "spam: an advertisement" || calls[1].Review != r.ID {
		t.Errorf("%+v", calls)
	}
	if err := b.src.Report(t.Context(), key, "rude", ""); !errors.Is(err, sources.ErrRejected) {
		t.Errorf("an unknown ground: %v", err)
	}
	if err := b.src.Report(t.Context(), review.Key{Source: "sim", ID: "none"}, "spam", ""); !errors.Is(err, sources.ErrNotFound) {
		t.Errorf("an unknown review: %v", err)
	}
	b = newBench(t, simulator.Rules{})
	if r, err = b.Add(simulator.Review{Rating: 1, Body: "Buy watches"}); err != nil {
		t.Fatal(err)
	}
	err = b.src.Report(t.Context(), review.Key{Source: "sim", ID: r.ID}, "spam", "")
	if c := b.src.Capabilities(); c.Report || !errors.Is(err, sources.ErrUnsupported) {
		t.Errorf("a platform that takes none: %+v, %v", c, err)
	}
}
