package bottest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
)

func typed(s *stage) {
	s.parent("Ana")
	a := s.answered(s.world.Type(s.ctx, "Ana", "fact 42 The parcel left on <Monday> & *arrived*"))
	if !strings.Contains(a.Text, "Ana did fact on #42.") {
		s.Errorf("the answer reads %q", a.Text)
	}
	runs := s.runs()
	if len(runs) != 1 || runs[0].Command != "fact" || runs[0].Case != 42 || runs[0].Arg("text") != "The parcel left on <Monday> & *arrived*" {
		s.Fatalf("the desk heard %+v", runs)
	}
	if c := runs[0]; c.By.Name != "Ana" || c.By.Role != review.Approver || c.Chat != s.chat.Name() || c.ID == "" || c.Token != (commands.Token{}) {
		s.Errorf("the command came as %+v", c)
	}
	s.answered(s.world.Type(s.ctx, "Ana", "inbox"))
	if again := s.runs(); len(again) != 2 || again[1].ID == runs[0].ID {
		s.Errorf("two commands came as %+v", again)
	}
	a = s.answered(s.world.Type(s.ctx, "Ana", "frobnicate 7"))
	if !strings.Contains(a.Text, "There is no command frobnicate") || len(s.runs()) != 2 {
		s.Errorf("an unknown command was answered %q", a.Text)
	}
	s.desk.Answers("add", commands.Outcome{Form: storyForm()})
	if a = s.answered(s.world.Type(s.ctx, "Ana", "add")); a.Form == nil {
		s.Fatalf("the command's form did not open: %q", a.Text)
	}
	sameForm(s.T, storyForm(), *a.Form)
	s.desk.Opens("show", storyForm())
	if a = s.answered(s.world.Type(s.ctx, "Ana", "show 7")); a.Form == nil {
		s.Fatalf("the form of a command with missing arguments did not open: %q", a.Text)
	}
	if n := len(s.runs()); n != 3 {
		s.Errorf("a command was run although its form opened: %d runs, want 3", n)
	}
}

func completion(s *stage) {
	s.parent("Ana")
	got, ok, err := s.world.Complete(s.ctx, "Ana", "fa")
	if err != nil {
		s.Fatal(err)
	}
	if !ok {
		s.Logf("%s has no completion; nothing was checked", s.chat.Name())
		return
	}
	if !slices.Equal(got, []string{"fact"}) {
		s.Errorf("\"fa\" is completed by %q", got)
	}
	if got, _, _ = s.world.Complete(s.ctx, "Ana", ""); len(got) < 3 {
		s.Errorf("an empty line is completed by %q only", got)
	}
}

func messages(s *stage) {
	parent := s.parent("Ana")
	s.desk.Replies("fact:", commands.Outcome{Text: "Noted as fact 1."})
	s.desk.Replies("shorter", commands.Outcome{Text: "Another draft is on its way."})
	for n, m := range []struct {
		text    string
		mention bool
		told    string
	}{
		{"I looked: it is <b>our</b> mistake & a_b_c *really*.", false, ""},
		{"fact: the parcel left on Monday", false, "Noted as fact 1."},
		{"shorter, and mention the courier", true, "Another draft is on its way."},
	} {
		a, err := s.world.Say(s.ctx, "Ana", parent, m.text, m.mention)
		if err != nil {
			s.Fatal(err)
		}
		if err := s.desk.Wait(s.ctx, func() bool { return len(s.desk.Heards()) > n }); err != nil {
			s.Fatal(err)
		}
		h := s.desk.Heards()[n]
		if h.Case != 7 || strings.TrimSpace(h.Text) != m.text || h.Mentioned != m.mention || h.ID == "" || h.Chat != s.chat.Name() {
			s.Errorf("%q was heard as %+v", m.text, h)
		}
		if h.By.Name != "Ana" || h.By.Role != review.Approver || !strings.HasPrefix(string(h.By.ID), s.chat.Name()+":") {
			s.Errorf("%q was heard from %+v", m.text, h.By)
		}
		if !strings.Contains(a.Text, m.told) || m.told != "" && !a.Private || m.told == "" && a.Text != "" {
			s.Errorf("%q was answered %q, want %q to Ana alone", m.text, a.Text, m.told)
		}
	}
	ids := map[string]bool{}
	for _, h := range s.desk.Heards() {
		ids[h.ID] = true
	}
	if len(ids) != 3 {
		s.Errorf("three messages came with the ids %v", ids)
	}
}

// failure fails unless err is the adapter's own with this kind.
func failure(t *testing.T, chat string, err, kind error) {
	t.Helper()
	var ce *bot.ChatError
	if !errors.As(err, &ce) || !errors.Is(err, kind) {
		t.Fatalf("the error is %v (%T), want a ChatError of the kind %q", err, err, kind)
	}
	if ce.Chat != chat {
		t.Errorf("the error speaks of the chat %q, want %q", ce.Chat, chat)
	}
	if errors.Is(kind, bot.ErrMisconfigured) && ce.Reason == "" {
		t.Error("a person must do something and nothing says what")
	}
}

func faults(s *stage) {
	for n, f := range s.world.Faults() {
		s.Run(string(f), func(t *testing.T) {
			sub := &stage{T: t, ctx: s.ctx, desk: s.desk, world: s.world, chat: s.chat}
			at := place(int64(300+n), "parent")
			s.world.Fail(f)
			_, err := s.chat.Post(s.ctx, at, StoryCard(at.Case))
			kind := map[Fault]error{LostAnswer: bot.ErrUnknown, Offline: bot.ErrUnreachable, Limited: bot.ErrLimited, Refused: bot.ErrMisconfigured}[f]
			failure(t, s.chat.Name(), err, kind)
			if f == LostAnswer {
				refs := sub.standing(at, 1)
				sub.find(at, refs[0])
				drawn(t, StoryCard(at.Case), sub.see(refs[0]))
			} else {
				sub.standing(at, 0)
				sub.find(at, "")
				ref := sub.post(at, StoryCard(at.Case))
				sub.standing(at, 1)
				sub.find(at, ref)
			}
			ref := sub.standing(at, 1)[0]
			next := bot.Card{Case: at.Case, Title: "Redrawn", Summary: "Redrawn", Tone: bot.Good}
			s.world.Fail(f)
			if err := s.chat.Update(s.ctx, at, ref, next); err == nil {
				t.Error("an update that failed says that it did not")
			}
			if err := s.chat.Update(s.ctx, at, ref, next); err != nil {
				t.Errorf("the update after the fault: %v", err)
			}
			drawn(t, next, sub.see(ref))
			sub.standing(at, 1)
		})
	}
}

func cancelled(s *stage) {
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	at := place(7, "parent")
	if ref, err := s.chat.Post(ctx, at, StoryCard(7)); err == nil {
		s.Errorf("a post under a cancelled context gave %s", ref)
	}
	s.standing(at, 0)
	if _, _, err := s.chat.Find(ctx, at); err == nil {
		s.Error("a search under a cancelled context found an answer")
	}
	ref := s.post(at, StoryCard(7))
	if err := s.chat.Update(ctx, at, ref, bot.Card{Case: 7, Title: "Never"}); err == nil {
		s.Error("an update under a cancelled context succeeded")
	}
	drawn(s.T, StoryCard(7), s.see(ref))
}
