package storagetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

func testMessages(t *testing.T, b *bed) {
	st, ctx := b.st, t.Context()
	parent := storage.Message{Case: 7, Chat: "slack", Key: "parent", Hash: review.DigestOf("x")}
	draft := storage.Message{Case: 7, Chat: "slack", Key: "draft-1", Ref: "17.2", Posted: Start}
	other := storage.Message{Case: 7, Chat: "console", Key: "parent", Ref: "17.2", Posted: Start}
	of8 := storage.Message{Case: 8, Chat: "slack", Key: "parent", Ref: "18.1", Posted: Start}
	commit(t, st, &storage.Batch{Messages: []storage.Message{parent, draft, other, of8}})
	posted := parent
	posted.Ref, posted.Posted, posted.Hash = "17.1", Start.Add(time.Second), review.DigestOf("y")
	commit(t, st, &storage.Batch{Messages: []storage.Message{parent, posted}}) // the last one stands
	read := got[[]storage.Message](t)
	same(t, "a case's cards in a chat", read(st.Messages(ctx, 7, "slack")), []storage.Message{draft, posted})
	same(t, "a case's cards", read(st.Messages(ctx, 7, "")), []storage.Message{other, draft, posted})
	same(t, "a chat's cards", read(st.Messages(ctx, 0, "slack")), []storage.Message{draft, posted, of8})
	if id := got[int64](t)(st.CaseOfMessage(ctx, "slack", "18.1")); id != 8 {
		t.Errorf("18.1 is case %d's", id)
	}
	for _, ref := range []string{"", "nothing"} {
		_, err := st.CaseOfMessage(ctx, "slack", ref)
		wantErr(t, err, storage.ErrNotFound)
	}
}

func testSources(t *testing.T, b *bed) {
	st := b.st
	a := storage.SourceState{Name: "a", Cursor: json.RawMessage(`{"n":1}`), Polled: Start, Succeeded: Start}
	z := storage.SourceState{Name: "z", Polled: Start, Failures: 3, Problem: "401", Announced: true, Waits: Start.Add(time.Hour)}
	commit(t, st, &storage.Batch{Source: &z})
	commit(t, st, &storage.Batch{Source: &a})
	a.Cursor = json.RawMessage(`{"n":2}`)
	commit(t, st, &storage.Batch{Source: &a})
	same(t, "the sources", got[[]storage.SourceState](t)(st.Sources(t.Context())), []storage.SourceState{a, z})
}

func testOneMessage(t *testing.T, b *bed) {
	card := storage.Message{Chat: "slack", Key: "notice-incident-1", Ref: "9.1", Hash: review.DigestOf("x"), Posted: Start}
	commit(t, b.st, &storage.Batch{Messages: []storage.Message{card}})
	same(t, "a card of no case", got[storage.Message](t)(b.st.Message(t.Context(), 0, "slack", card.Key)), card)
	for _, m := range []storage.Message{{Case: 1, Chat: "slack", Key: card.Key}, {Chat: "console", Key: card.Key}, {Chat: "slack", Key: "other"}} {
		if _, err := b.st.Message(t.Context(), m.Case, m.Chat, m.Key); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%+v: %v", m, err)
		}
	}
}

func testSettings(t *testing.T, b *bed) {
	st, ctx := b.st, t.Context()
	same(t, "an unset switch", got[string](t)(st.Setting(ctx, "paused")), "")
	must(t, st.SetSetting(ctx, "paused", "yes", review.Event{At: Start, Actor: "console:ana", Verb: "pause"}))
	must(t, st.SetSetting(ctx, "paused", "no", review.Event{At: Start, Actor: "console:ana", Verb: "resume"}))
	must(t, st.SetSetting(ctx, "seen", "1", review.Event{}))
	same(t, "the switch", got[string](t)(st.Setting(ctx, "paused")), "no")
	events := chain(t, st)
	if len(events) != 2 || events[1].Verb != "resume" {
		t.Errorf("the audit log says %v", events)
	}
	swap := func(before, value string) error {
		return st.Commit(ctx, &storage.Batch{Setting: &storage.Setting{Name: "list", Before: before, Value: value}, Events: []review.Event{{At: Start, Actor: "console:ana", Verb: "listed"}}})
	}
	must(t, swap("", "a"))
	must(t, swap("a", "ab"))
	for _, before := range []string{"", "a", "b"} {
		if err := swap(before, "x"); !errors.Is(err, review.ErrConflict) {
			t.Errorf("a setting that moved on is changed from %q: %v", before, err)
		}
	}
	same(t, "the list", got[string](t)(st.Setting(ctx, "list")), "ab")
	if n := len(chain(t, st)); n != 4 {
		t.Errorf("%d entries; a refused change leaves none", n)
	}
	// Many at once: one wins each round.
	var won atomic.Int64
	var eg errgroup.Group
	for n := range 20 {
		eg.Go(func() error {
			err := swap("ab", fmt.Sprint("won ", n))
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, review.ErrConflict) {
				return err
			}
			return nil
		})
	}
	must(t, eg.Wait())
	same(t, "winners", won.Load(), int64(1))
}

func testNotes(t *testing.T, b *bed) {
	st, ctx := b.st, t.Context()
	put := func(key string, thread int64) storage.Note {
		t.Helper()
		return got[storage.Note](t)(st.PutNote(ctx, storage.Note{
			Thread: thread, Channel: "reviews", Key: key, Case: 4, Author: "Ana", Body: json.RawMessage(`{"k":"` + key + `"}`), At: Start,
		}))
	}
	top := put("top", 0)
	same(t, "a note", top, storage.Note{ID: top.ID, Channel: "reviews", Key: "top", Case: 4, Author: "Ana", Body: json.RawMessage(`{"k":"top"}`), At: Start})
	one, two := put("one", top.ID), put("two", top.ID)
	second := put("second", 0)
	clash := got[storage.Note](t)(st.PutNote(ctx, storage.Note{Channel: "elsewhere", Key: "one", At: Start.Add(time.Hour)}))
	same(t, "a note put twice", clash, one)
	must(t, st.EditNote(ctx, two.ID, json.RawMessage(`[2]`), Start.Add(time.Minute)))
	two.Body, two.Edited = json.RawMessage(`[2]`), Start.Add(time.Minute)
	same(t, "the edited note", got[storage.Note](t)(st.NoteByKey(ctx, "two")), two)
	list := got[[]storage.Note](t)
	same(t, "the channel", list(st.Notes(ctx, "reviews", 0, 0, 10)), []storage.Note{top, second})
	same(t, "the thread", list(st.Notes(ctx, "reviews", top.ID, 0, 0)), []storage.Note{one, two})
	same(t, "the thread's next page", list(st.Notes(ctx, "reviews", top.ID, one.ID, 1)), []storage.Note{two})
	same(t, "another channel", list(st.Notes(ctx, "elsewhere", 0, 0, 10)), []storage.Note{})
	_, err := st.NoteByKey(ctx, "nothing")
	wantErr(t, err, storage.ErrNotFound)
	wantErr(t, st.EditNote(ctx, 999, nil, Start), storage.ErrNotFound)
}

func testSessions(t *testing.T, b *bed) {
	st, ctx := b.st, t.Context()
	s := storage.Session{Token: review.DigestOf("s"), Person: Ana, Created: Start, Expires: Start.Add(time.Hour)}
	invite := storage.Session{Token: review.DigestOf("i"), Person: Ben, Invite: true, Created: Start, Expires: Start.Add(time.Hour)}
	must(t, st.PutSession(ctx, s))
	must(t, st.PutSession(ctx, invite))
	same(t, "the session", got[storage.Session](t)(st.Session(ctx, s.Token)), s)
	_, err := st.Session(ctx, review.DigestOf("nobody's"))
	wantErr(t, err, storage.ErrNotFound)
	bens := storage.Session{Token: review.DigestOf("b"), Person: Ben, Created: Start, Expires: Start.Add(24 * time.Hour)}
	wantErr(t, st.SpendInvite(ctx, s.Token, bens), storage.ErrNotFound) // a session is no invitation
	must(t, st.SpendInvite(ctx, invite.Token, bens))
	wantErr(t, st.SpendInvite(ctx, invite.Token, bens), storage.ErrNotFound)
	same(t, "the session from the invitation", got[storage.Session](t)(st.Session(ctx, bens.Token)), bens)
	late := invite
	late.Token = review.DigestOf("late")
	must(t, st.PutSession(ctx, late))
	b.clock.pass(2 * time.Hour)
	_, err = st.Session(ctx, s.Token)
	wantErr(t, err, storage.ErrNotFound)
	wantErr(t, st.SpendInvite(ctx, late.Token, bens), storage.ErrNotFound)
	must(t, st.DropSession(ctx, bens.Token))
	must(t, st.DropSession(ctx, bens.Token))
	_, err = st.Session(ctx, bens.Token)
	wantErr(t, err, storage.ErrNotFound)
}

func testPrune(t *testing.T, b *bed) {
	st, ctx := b.st, t.Context()
	due(t, b, "done", Start, false)
	j := only(t, b)
	commit(t, st, &storage.Batch{Done: &j, Receipt: &storage.Receipt{Scope: "s", ID: "old", At: Start}})
	due(t, b, "undone", Start, false)
	must(t, st.PutSession(ctx, storage.Session{Token: review.DigestOf("old"), Created: Start, Expires: Start}))
	old := b.clock.pass(time.Hour)
	commit(t, st, &storage.Batch{Receipt: &storage.Receipt{Scope: "s", ID: "new", At: old}})
	must(t, st.PutSession(ctx, storage.Session{Token: review.DigestOf("new"), Created: Start, Expires: old.Add(time.Hour)}))
	if n := got[int64](t)(st.Prune(ctx, old)); n < 3 {
		t.Errorf("%d rows were pruned, want the receipt, the session and the work", n)
	}
	if n := got[int64](t)(st.Prune(ctx, old)); n != 0 {
		t.Errorf("%d rows were pruned the second time", n)
	}
	same(t, "the work that is left", keys(claim(t, b, 10)), []string{"undone"})
	commit(t, st, &storage.Batch{Receipt: &storage.Receipt{Scope: "s", ID: "old", At: old}})
	wantErr(t, st.Commit(ctx, &storage.Batch{Receipt: &storage.Receipt{Scope: "s", ID: "new", At: old}}), storage.ErrSeen)
	got[storage.Session](t)(st.Session(ctx, review.DigestOf("new")))
	must(t, st.Ping(ctx))
}
