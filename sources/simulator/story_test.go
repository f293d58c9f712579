package simulator_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/simulator"
)

func TestStoryIsPlayedAndRead(t *testing.T) {
	b := newBench(t, simulator.DemoRules(), func(s *simulator.Settings) { s.PageSize = 4 })
	ctx := context.Background()
	var cur sources.Cursor
	arrived := map[string][]review.Review{}
	drain := func() {
		for {
			page, err := b.src.Poll(ctx, cur)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.Reviews {
				if err := r.Valid(); err != nil {
					t.Errorf("%s: %v", r.Key, err)
				}
				arrived[r.Key.ID] = append(arrived[r.Key.ID], r)
			}
			if cur = page.Next; !page.More {
				return
			}
		}
	}
	wait := func(_ context.Context, d time.Duration) error { b.clock.Advance(d); return nil }
	if err := b.Play(ctx, simulator.Story(), wait, func(simulator.Step) { drain() }); err != nil {
		t.Fatal(err)
	}
	languages := map[string]bool{}
	starOnly := 0
	for id, rs := range arrived {
		want := 1
		if id == "hp-210" {
			want = 2
		}
		if len(rs) != want {
			t.Errorf("%s arrived %d times; want %d", id, len(rs), want)
		}
		languages[rs[0].Language] = true
		if rs[0].StarOnly() {
			starOnly++
		}
	}
	if len(arrived) < 14 || starOnly != 1 {
		t.Errorf("%d reviews, %d without words", len(arrived), starOnly)
	}
	for _, l := range []string{"en", "de", "fr", "nl", "ja", "es", "ko"} {
		if !languages[l] {
			t.Errorf("no review in %s", l)
		}
	}
	if e := arrived["hp-210"]; len(e) == 2 && (e[0].Rating.Value != 2 || e[1].Rating.Value != 4 || e[0].Body == e[1].Body) {
		t.Errorf("the edit: %+v", e)
	}
	if h := arrived["hp-101"][0]; h.Reply == nil || h.Reply.State != review.ReplyLive || b.clock.Now().Sub(h.Created) < 700*time.Hour {
		t.Errorf("the history: %+v", h)
	}
	if _, err := b.Review("hp-211"); err == nil {
		t.Error("the removed review is still there")
	}
	kinds := []simulator.Kind{}
	for _, s := range simulator.Story() {
		for _, f := range s.Faults {
			kinds = append(kinds, f.Kind)
		}
	}
	if !slices.Contains(kinds, simulator.Refuse) || !slices.Contains(kinds, simulator.Lose) {
		t.Errorf("the story's mishaps: %v", kinds)
	}
}
