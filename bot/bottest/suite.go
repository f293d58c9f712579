package bottest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/review"
)

// patience bounds a test that waits for something which never comes; nothing
// is measured by it.
const patience = 5 * time.Minute

// Run puts an adapter through the whole suite, a fresh world for each test.
func Run(t *testing.T, open Harness) {
	tests := []struct {
		name string
		run  func(*stage)
	}{
		{"Post and find", postAndFind},
		{"Threads", threads},
		{"Update keeps one card", updateKeepsOne},
		{"A deleted card is gone", deletedIsGone},
		{"Quiet cards notify nobody", quiet},
		{"Equal keys of two cases", equalKeys},
		{"Cards are drawn whole", drawnWhole},
		{"Marks can be told apart", marksDiffer},
		{"Diffs can be read", diffs},
		{"Hostile texts stay text", hostileCards},
		{"A flood is survived", flood},
		{"A press arrives as it was made", press},
		{"A press delivered twice has one id", pressTwice},
		{"A choice arrives", choose},
		{"People are told apart", people},
		{"Forms come back byte-equal", forms},
		{"A form that is refused", formRefused},
		{"Answers are private", answers},
		{"Answers with lists, cards and links", richAnswers},
		{"Hostile answers stay text", hostileAnswers},
		{"Damaged tokens are answered calmly", damagedTokens},
		{"Nobody does more than the role allows", roles},
		{"Viewers change nothing", viewers},
		{"A form sent by somebody who no longer may", demoted},
		{"Cards that have moved on", stale},
		{"Typed commands", typed},
		{"Completion", completion},
		{"Messages in threads", messages},
		{"Faults", faults},
		{"A cancelled context posts nothing", cancelled},
		{"Thirty-two people at once", crowd},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.run(newStage(t, open)) })
	}
}

// stage is one test's world with its desk.
type stage struct {
	*testing.T
	ctx   context.Context
	desk  *FakeDesk
	world World
	chat  bot.Chat
	done  chan error
}

func newStage(t *testing.T, open Harness) *stage {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	desk := NewFakeDesk()
	world := open(t, desk)
	s := &stage{T: t, ctx: ctx, desk: desk, world: world, chat: world.Chat(), done: make(chan error, 1)}
	serving, stop := context.WithCancel(ctx)
	go func() { s.done <- s.chat.Serve(serving) }()
	t.Cleanup(func() {
		stop()
		select {
		case err := <-s.done:
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("Serve ended with %v; want nil or context.Canceled after its context ended", err)
			}
		case <-time.After(patience):
			t.Error("Serve goes on although its context ended")
		}
	})
	return s
}

// place is where the suite's cards go.
func place(id int64, key string) bot.Place { return bot.Place{Case: id, Key: key} }

// post puts a card and notes it as the desk does.
func (s *stage) post(at bot.Place, card bot.Card) string {
	s.Helper()
	ref, err := s.chat.Post(s.ctx, at, card)
	if err != nil {
		s.Fatalf("Post of %s: %v", at.ID(), err)
	}
	if ref == "" {
		s.Fatalf("Post of %s gave no reference", at.ID())
	}
	s.desk.Posted(s.chat.Name(), ref, at.Case)
	return ref
}

// parent posts the story card and lets people in.
func (s *stage) parent(names ...string) string {
	s.Helper()
	for _, name := range names {
		s.join(name, review.Approver)
	}
	return s.post(place(7, "parent"), StoryCard(7))
}

func (s *stage) join(name string, role review.Role) {
	s.Helper()
	s.desk.Grant(name, role)
	if err := s.world.Join(s.ctx, name, role); err != nil {
		s.Fatalf("%s could not join: %v", name, err)
	}
}

func (s *stage) see(ref string) Seen {
	s.Helper()
	seen, err := s.world.See(s.ctx, ref)
	if err != nil {
		s.Fatalf("looking at %s: %v", ref, err)
	}
	return seen
}

func (s *stage) standing(at bot.Place, want int) []string {
	s.Helper()
	refs, err := s.world.Standing(s.ctx, at)
	if err != nil {
		s.Fatalf("counting %s: %v", at.ID(), err)
	}
	if len(refs) != want {
		s.Fatalf("%d cards stand as %s, want %d: %v", len(refs), at.ID(), want, refs)
	}
	return refs
}

func (s *stage) find(at bot.Place, want string) {
	s.Helper()
	ref, found, err := s.chat.Find(s.ctx, at)
	if err != nil || found != (want != "") || ref != want {
		s.Fatalf("Find of %s gave %q, %v, %v; want %q", at.ID(), ref, found, err, want)
	}
}

// answered fails unless err is nil, and reports whether the answer says
// something to one person alone.
func (s *stage) answered(a Answer, err error) Answer {
	s.Helper()
	if err != nil {
		s.Fatalf("the harness could not go on: %v", err)
	}
	if a.Form == nil && a.Text == "" {
		s.Error("the person was told nothing")
	}
	if !a.Private && (a.Text != "" || a.Form != nil) {
		s.Errorf("others see the answer %q", a.Text)
	}
	return a
}

// runs are the invocations that were to be run.
func (s *stage) runs() []Call {
	var out []Call
	for _, c := range s.desk.Calls() {
		if !c.Form {
			out = append(out, c)
		}
	}
	return out
}
