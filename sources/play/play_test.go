package play_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/play"
	"github.com/evenkeel/evenkeel/sources/play/playtest"
	"github.com/evenkeel/evenkeel/sources/sourcetest"
)

func TestContract(t *testing.T) {
	sourcetest.Run(t, sourcetest.Harness{Pages: 310, New: func(t testing.TB) sourcetest.Bench { return playtest.New(t).Bench(t) }})
}

func drain(t testing.TB, s sources.Source, cur sources.Cursor) ([]review.Review, sources.Cursor) {
	t.Helper()
	var all []review.Review
	for range 100 {
		page, err := s.(sources.Poller).Poll(t.Context(), cur)
		if err != nil {
			t.Fatal(err)
		}
		all, cur = append(all, page.Reviews...), page.Next
		if !page.More {
			return all, cur
		}
	}
	t.Fatal("the list does not end")
	return nil, nil
}

func TestAWeekAndWordsOnly(t *testing.T) {
	a := playtest.New(t)
	s := a.Bench(t).Source
	a.Add(t, sourcetest.Post{Stars: 1, Body: "Old."})
	a.Advance(t, play.Window)
	a.Advance(t, time.Minute)
	a.Add(t, sourcetest.Post{Stars: 2}) // no words
	want := a.Add(t, sourcetest.Post{Stars: 3, Title: "Crash", Body: "After update.", Author: "Jo"})
	got, cur := drain(t, s, nil)
	if len(got) != 1 || got[0].Key != want.Key {
		t.Fatalf("%d reviews", len(got))
	}
	r := got[0]
	if r.Title != "Crash" || r.Body != "After update." || r.Language != "pt-BR" || r.Subject != (review.Subject{Kind: "app", ID: playtest.Package, Name: "Harbour, version 3.1"}) {
		t.Errorf("%+v", r)
	}
	if !r.Updated.Equal(a.Now()) || !strings.Contains(r.URL, "id=com.example.harbour&reviewId=gp%3A") {
		t.Errorf("changed %s, shown at %s", r.Updated, r.URL)
	}
	// The watermark survives a week in which nothing is listed.
	a.Advance(t, 3*play.Window)
	if got, cur = drain(t, s, cur); len(got) != 0 {
		t.Errorf("%d reviews in an empty week", len(got))
	}
	edited := a.Edit(t, want.Key, sourcetest.Post{Stars: 5, Body: "Fixed, thanks."})
	if got, _ = drain(t, s, cur); len(got) != 1 || got[0].ContentHash() != edited.ContentHash() {
		t.Errorf("an old review that was edited: %d arrived", len(got))
	}
}

func TestTabs(t *testing.T) {
	for text, want := range map[string][2]string{
		"Only text": {"", "Only text"}, "T\tB": {"T", "B"}, "\tB": {"", "B"}, "T\t": {"T", ""}, "T\tB\tC": {"T", "B\tC"},
	} {
		a := playtest.New(t)
		s := a.Bench(t).Source.(*play.Source)
		r := a.Add(t, sourcetest.Post{Stars: 1, Body: text})
		got, err := s.Get(t.Context(), r.Key)
		if err != nil || [2]string{got.Title, got.Body} != want {
			t.Errorf("%q came apart as %q and %q (%v)", text, got.Title, got.Body, err)
		}
	}
}

func TestAPollingDayKeepsTheQuota(t *testing.T) {
	a := playtest.New(t)
	a.Quota = 200
	s := a.Bench(t).Source
	var cur sources.Cursor
	n := 0
	for range int(24 * time.Hour / s.Capabilities().MinPoll) {
		a.Add(t, sourcetest.Post{Stars: 1, Body: fmt.Sprint("Crash ", n)})
		var got []review.Review
		got, cur = drain(t, s, cur)
		n += len(got)
		a.Advance(t, s.Capabilities().MinPoll)
	}
	if n != 288 {
		t.Errorf("%d of 288 reviews in a day", n)
	}
	key := review.Key{Source: "play", ID: "gp:x"}
	var err error
	for range 200 {
		if _, err = s.(sources.Reader).Get(t.Context(), key); errors.Is(err, sources.ErrRateLimited) {
			return
		}
	}
	t.Errorf("beyond the quota: %v; want ErrRateLimited", err)
}

func TestPageTokensExpire(t *testing.T) {
	a := playtest.New(t)
	s := a.Bench(t).Source
	for i := range 250 {
		a.Add(t, sourcetest.Post{Stars: 1, Body: fmt.Sprint("Crash ", i)})
		a.Advance(t, time.Minute)
	}
	first, err := s.(sources.Poller).Poll(t.Context(), nil)
	if err != nil || !first.More || len(first.Reviews) != 100 {
		t.Fatalf("%d reviews, %v", len(first.Reviews), err)
	}
	a.Expire()
	rest, _ := drain(t, s, first.Next)
	have := map[string]bool{}
	for _, r := range append(first.Reviews, rest...) {
		have[r.Key.ID] = true
	}
	if len(have) != 250 {
		t.Errorf("%d of 250 reviews", len(have))
	}
}

func TestMarkUpIsStripped(t *testing.T) {
	a := playtest.New(t)
	s := a.Bench(t).Source.(*play.Source)
	r := a.Add(t, sourcetest.Post{Stars: 1, Body: "Bad."})
	if _, err := s.Reply(t.Context(), r.Key, "We are <b>sorry</b>.", ""); err != nil {
		t.Fatal(err)
	}
	// What was applied is not what was approved, and reading back shows it.
	if back, err := s.Get(t.Context(), r.Key); err != nil || back.Reply == nil || back.Reply.Text != "We are sorry." {
		t.Errorf("%+v, %v", back.Reply, err)
	}
}

func TestWithdrawnAccount(t *testing.T) {
	a := playtest.New(t)
	s := a.Bench(t).Source.(*play.Source)
	r := a.Add(t, sourcetest.Post{Stars: 1, Body: "Bad."})
	a.Auth.Revoke()
	a.Advance(t, time.Hour)
	if _, err := s.Get(t.Context(), r.Key); err != nil {
		t.Errorf("a token that ended: %v", err)
	}
}

func TestSettings(t *testing.T) {
	tokens := noTokens{}
	for _, set := range []play.Settings{
		{Package: "com.example.app", Tokens: tokens},
		{Name: "play", Package: "com.example.app"},
		{Name: "play", Tokens: tokens},
		{Name: "play", Package: "app", Tokens: tokens},
		{Name: "play", Package: "com.example/../x", Tokens: tokens},
		{Name: "play", Package: "com.example.app", Tokens: tokens, Base: "ftp://x"},
	} {
		if _, err := play.New(set); err == nil {
			t.Errorf("%+v is taken", set)
		}
	}
	s, err := play.New(play.Settings{Name: "play", Package: "com.example.app", Tokens: tokens, MinPoll: time.Second})
	if err != nil || s.Capabilities().MinPoll != play.MinPoll {
		t.Errorf("%v; polls may be %s apart", err, s.Capabilities().MinPoll)
	}
}
