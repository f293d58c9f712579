package storagetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// kept is a case as it is read back: what was received raw stays with its
// revision.
func kept(c review.Case) review.Case {
	c.Review.Raw = nil
	return c
}

func testRoundTrip(t *testing.T, b *bed) {
	st, ctx := b.st, t.Context()
	c := PutDrafted(t, st, 1)
	for _, step := range []struct {
		by     review.Person
		action review.Action
	}{
		{Ana, review.Assign{Owner: Ben}},
		{Ana, review.AddPromise{Text: "call", Owner: Ben, Due: Start.Add(48*time.Hour + 123456789)}},
		{Ben, review.Approve{Text: c.Draft.Hash(), Ticks: []string{"calm"}}},
		{Ben, review.Undo{}},
		{Ben, review.Approve{Text: c.Draft.Hash()}}, // the same yes again renews the first
		{review.Person{}, review.StartPublishing{}},
		{review.Person{}, review.Postpone{Until: Start, Why: "later"}},
		{review.Person{}, review.StartPublishing{}},
		{review.Person{}, review.Doubt{Why: "no answer"}},
		{Ana, review.ItIsUp{Proof: "https://shop.example.test/1"}},
		{review.Person{}, review.Seen{URL: "https://shop.example.test/1"}},
		{review.Person{}, review.Revise{Review: edited(c.Review)}},
	} {
		change := Decide(t, st, c.ID, step.by, step.action)
		commit(t, st, &storage.Batch{Change: &change})
		same(t, fmt.Sprintf("the case after %s", step.action.Verb()), got[review.Case](t)(st.Case(ctx, c.ID)), kept(change.Case))
	}
	byID := got[review.Case](t)(st.Case(ctx, c.ID))
	same(t, "the case by its key", got[review.Case](t)(st.CaseOf(ctx, c.Review.Key)), byID)
	_, err := st.Case(ctx, 99)
	wantErr(t, err, storage.ErrNotFound)
	_, err = st.CaseOf(ctx, review.Key{Source: "shop", ID: "r-1"}) // no account, no location: another review
	wantErr(t, err, storage.ErrNotFound)
	chain(t, st)
}

func edited(r review.Review) review.Review {
	r.Body += " Edit: now it is here."
	return r
}

func testHistories(t *testing.T, b *bed) {
	st, ctx := b.st, t.Context()
	c := PutDrafted(t, st, 1)
	first := *c.Draft
	c = Move(t, st, c.ID, Ana, review.Edit{Base: first.Hash(), Text: "A second text."})
	second := *c.Draft
	c = Move(t, st, c.ID, Ben, review.Approve{Text: second.Hash()})
	yes := c.Approvals[0]
	c = Move(t, st, c.ID, review.Person{}, review.StartPublishing{})
	c = Move(t, st, c.ID, review.Person{}, review.Accepted{ID: "p1", URL: "https://shop.example.test/r"})
	reply := *c.Reply
	before := Accepted(t, Review(1), false).Case.Review
	c = Move(t, st, c.ID, review.Person{}, review.Revise{Review: edited(before)})

	same(t, "the drafts", got[[]review.Draft](t)(st.Drafts(ctx, c.ID)), []review.Draft{first, second})
	same(t, "the approvals", got[[]review.Approval](t)(st.Approvals(ctx, c.ID)), []review.Approval{yes})
	same(t, "the replies", got[[]review.Reply](t)(st.Replies(ctx, c.ID)), []review.Reply{reply})
	same(t, "the revisions", got[[]review.Review](t)(st.Revisions(ctx, c.ID)), []review.Review{before, c.Review})
	same(t, "the recent replies", got[[]review.Reply](t)(st.RecentReplies(ctx, "shop", 5)), []review.Reply{reply})
	same(t, "another source's recent replies", got[[]review.Reply](t)(st.RecentReplies(ctx, "other", 5)), []review.Reply{})
	same(t, "no recent replies", got[[]review.Reply](t)(st.RecentReplies(ctx, "shop", 0)), []review.Reply{})
	testWordings(t, b)
	same(t, "the drafts of no case", got[[]review.Draft](t)(st.Drafts(ctx, 77)), []review.Draft{})
}

// testRounds counts the replies to one reviewer over all of that person's
// cases, and forgets them with the words.
func testRounds(t *testing.T, b *bed) {
	st := b.st
	answered := func(n int, author, id string) review.Case {
		r := Review(n)
		r.Author, r.AuthorID = author, id
		c := Put(t, st, r)
		c = Move(t, st, c.ID, review.Person{}, review.Announced{Where: "console"})
		c = Move(t, st, c.ID, Ana, review.Edit{Text: "Thank you, we look into it."})
		c = Move(t, st, c.ID, Ben, review.Approve{Text: c.Draft.Hash()})
		return Move(t, st, c.ID, review.Person{}, review.StartPublishing{})
	}
	rounds := func(c review.Case) int { return got[int](t)(st.Rounds(t.Context(), c.Review.Reviewer(), c.ID)) }
	first := answered(1, "Jo", "u-1")
	second := answered(2, "Jo B.", "u-1")
	other := answered(3, "Jo", "u-2")
	same(t, "rounds while nothing is up", rounds(second), 0)
	Move(t, st, first.ID, review.Person{}, review.Accepted{ID: "p1"})
	same(t, "rounds in the other case", rounds(second), 1)
	same(t, "rounds in the case itself", rounds(first), 0)
	same(t, "rounds with somebody else", rounds(other), 0)
	same(t, "rounds with nobody", got[int](t)(st.Rounds(t.Context(), "", 0)), 0)
	Move(t, st, second.ID, review.Person{}, review.Refused{Why: "moderation"})
	same(t, "a refused reply is no round", rounds(first), 0)
	change, err := review.Erase(got[review.Case](t)(st.Case(t.Context(), first.ID)), review.Occasion{Now: Start, By: review.BySystem("keeper")})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.(storage.Upkeep).Erase(t.Context(), &change); err != nil {
		t.Fatal(err)
	}
	same(t, "rounds after the words are erased", rounds(second), 0)
}

func testHostileBytes(t *testing.T, b *bed) {
	st, ctx := b.st, t.Context()
	r := Review(1)
	r.Key.ID = "id\x00with\xff?and ' quotes"
	r.Title = "\x00\xff\u202e<script>"
	r.Body = "a\x00b\xed\xa0\x80c ? $1 %s \u200b'; DROP TABLE cases; --"
	r.Raw = []byte("\xff\x00{")
	c := Put(t, st, r)
	back := got[review.Case](t)(st.CaseOf(ctx, r.Key))
	if back.Review.Title != r.Title || back.Review.Body != r.Body || back.ID != c.ID {
		t.Errorf("the words came back as %q, %q", back.Review.Title, back.Review.Body)
	}
	if back.Review.ContentHash() != r.ContentHash() {
		t.Error("the content hash is another after reading")
	}
	all := got[[]review.Review](t)(st.Revisions(ctx, c.ID))
	if string(all[0].Raw) != string(r.Raw) {
		t.Errorf("the raw bytes came back as %q", all[0].Raw)
	}
	again := Accepted(t, r, false)
	var exists *storage.ExistsError
	if err := st.Commit(ctx, &storage.Batch{Change: &again}); !errors.As(err, &exists) || exists.Case != c.ID {
		t.Errorf("the same review again: %v", err)
	}
	Move(t, st, c.ID, review.Person{}, review.Announced{Where: "a\x00b\xff"})
	commit(t, st, &storage.Batch{
		Work:     []review.Work{{Kind: "x", Key: "k\x00", Due: Start, Text: "\xff\x00"}},
		Messages: []storage.Message{{Case: c.ID, Chat: "c\x00", Key: "parent", Ref: "\xff"}},
		Receipt:  &storage.Receipt{Scope: "s", ID: "\x00\xff", At: Start},
	})
	if id := got[int64](t)(st.CaseOfMessage(ctx, "c\x00", "\xff")); id != c.ID {
		t.Errorf("the message is case %d's", id)
	}
	d := Decide(t, st, c.ID, Ana, review.Edit{Text: "fine"})
	d.Draft.Text = "not \xff fine"
	wantErr(t, st.Commit(ctx, &storage.Batch{Change: &d}), review.ErrInput)
	chain(t, st)
}

func testNewCaseNumber(t *testing.T, b *bed) {
	st, ctx := b.st, t.Context()
	Put(t, st, Review(1))
	c := Accepted(t, Review(2), false)
	c.Events[0].Texts = map[string]string{"body": "words"}
	batch := &storage.Batch{
		Change:   &c,
		Work:     []review.Work{{Kind: "extra", Key: "k", Due: Start}},
		Messages: []storage.Message{{Chat: "chat", Key: "parent", Ref: "m1", Posted: Start}},
	}
	commit(t, st, batch)
	if c.Case.ID != 2 {
		t.Fatalf("the second case is number %d", c.Case.ID)
	}
	jobs := got[[]storage.Job](t)(st.Claim(ctx, storage.Claim{Kinds: []review.WorkKind{"extra", review.WorkAnnounce}, Now: Start, Lease: time.Minute, Limit: 9}))
	var of []int64
	for _, j := range jobs {
		of = append(of, j.Case)
	}
	same(t, "the work's cases", of, []int64{1, 2, 2})
	if id := got[int64](t)(st.CaseOfMessage(ctx, "chat", "m1")); id != 2 {
		t.Errorf("the message is case %d's", id)
	}
	events := chain(t, st)
	if e := events[len(events)-1]; e.Case != 2 {
		t.Errorf("the event is case %d's", e.Case)
	}
	same(t, "the texts", got[map[string]string](t)(st.Texts(ctx, 2)), map[string]string{"body": "words"})
}

func testGuards(t *testing.T, b *bed) {
	st, ctx := b.st, t.Context()
	c := PutDrafted(t, st, 1)
	commit(t, st, &storage.Batch{Work: []review.Work{{Kind: "w", Key: "k", Due: Start}}, Receipt: &storage.Receipt{Scope: "s", ID: "1", At: Start}})
	job := got[[]storage.Job](t)(st.Claim(ctx, storage.Claim{Kinds: []review.WorkKind{"w"}, Now: Start, Lease: time.Minute, Limit: 1}))[0]
	stale := Decide(t, st, c.ID, Ana, review.Assign{Owner: Ben})
	Move(t, st, c.ID, Ana, review.SetGoal{Goal: review.GoalInform})
	fresh := func() *review.Change { d := Decide(t, st, c.ID, Ana, review.Assign{Owner: Ben}); return &d }
	absent := *fresh()
	absent.Case.ID = 1000
	known := Accepted(t, Review(1), false)
	zombie := job
	zombie.Fence--
	full := func(b storage.Batch) *storage.Batch { // everything that must not be written
		b.Work = []review.Work{{Kind: "w", Key: "new", Due: Start}, {Kind: "w", Key: "k", Due: Start, Again: true}}
		b.Messages = []storage.Message{{Case: c.ID, Chat: "chat", Key: "parent"}}
		b.Source = &storage.SourceState{Name: "shop"}
		b.Events = []review.Event{{At: Start, Verb: "note"}}
		if b.Receipt == nil {
			b.Receipt = &storage.Receipt{Scope: "s", ID: "2", At: Start}
		}
		return &b
	}
	for name, g := range map[string]struct {
		batch *storage.Batch
		want  error
	}{
		"conflict":                 {full(storage.Batch{Change: &stale, Done: &job}), review.ErrConflict},
		"no such case":             {full(storage.Batch{Change: &absent}), storage.ErrNotFound},
		"taken over":               {full(storage.Batch{Change: fresh(), Done: &zombie}), storage.ErrFenced},
		"no such work":             {full(storage.Batch{Change: fresh(), Done: &storage.Job{ID: 999}}), storage.ErrFenced},
		"seen":                     {full(storage.Batch{Change: fresh(), Receipt: &storage.Receipt{Scope: "s", ID: "1", At: Start}}), storage.ErrSeen},
		"seen goes before the job": {full(storage.Batch{Done: &zombie, Receipt: &storage.Receipt{Scope: "s", ID: "1", At: Start}}), storage.ErrSeen},
		"the job before the case":  {full(storage.Batch{Change: &stale, Done: &zombie}), storage.ErrFenced},
	} {
		unchanged(t, b, func() {
			if err := st.Commit(ctx, g.batch); !errors.Is(err, g.want) {
				t.Errorf("%s: the error is %v, want %v", name, err, g.want)
			}
		})
	}
	unchanged(t, b, func() {
		var exists *storage.ExistsError
		err := st.Commit(ctx, full(storage.Batch{Change: &known}))
		if !errors.As(err, &exists) || exists.Case != c.ID || exists.Key != c.Review.Key || known.Case.ID != 0 {
			t.Errorf("a known review: %v, case %d", err, known.Case.ID)
		}
	})
	commit(t, st, full(storage.Batch{Change: fresh(), Done: &job}))
	wantErr(t, st.Commit(ctx, &storage.Batch{Done: &job}), storage.ErrFenced)
	commit(t, st, &storage.Batch{}) // nothing to do is no error
	chain(t, st)
}

func testReceipts(t *testing.T, b *bed) {
	st, ctx := b.st, t.Context()
	one, two := review.DigestOf("one"), review.DigestOf("two")
	send := func(scope string, body review.Digest) error {
		return st.Commit(ctx, &storage.Batch{Receipt: &storage.Receipt{Scope: scope, ID: "1", Body: body, At: Start}})
	}
	must(t, send("a", one))
	must(t, send("b", two))
	wantErr(t, send("a", one), storage.ErrSeen)
	wantErr(t, send("a", two), storage.ErrReused)
	wantErr(t, send("a", review.Digest{}), storage.ErrSeen)
	must(t, send("c", review.Digest{}))
	wantErr(t, send("c", two), storage.ErrSeen)
	if body, ok, err := st.Received(ctx, "a", "1"); body != one || !ok || err != nil {
		t.Errorf("the receipt of a is %v, %v, %v", body, ok, err)
	}
	if _, ok, err := st.Received(ctx, "a", "2"); ok || err != nil {
		t.Errorf("a receipt that nobody kept: %v, %v", ok, err)
	}
}

func testQueries(t *testing.T, b *bed) {
	st, ctx := b.st, t.Context()
	for n := 1; n <= 12; n++ { // stars: 2,3,4,5,1, 2,3,4,5,1, 2,3
		r := Review(n)
		if n%2 == 0 {
			r.Key.Source = "maps"
		}
		c := Put(t, st, r)
		if n%3 == 0 {
			Move(t, st, c.ID, Ana, review.Assign{Owner: Ben})
		}
		if n > 8 {
			Move(t, st, c.ID, review.Person{}, review.Announced{Where: "test"})
		}
	}
	Move(t, st, 4, Ana, review.AddPromise{Text: "call", Owner: Ben, Due: Start.Add(48 * time.Hour)})
	Move(t, st, 9, Ana, review.ReachOut{Channel: "phone", Owner: Ben, Due: Start.Add(48 * time.Hour)})
	Move(t, st, 5, Ana, review.AddPromise{Text: "call", Owner: Ben, Due: Start.Add(48 * time.Hour)})
	Move(t, st, 5, Ana, review.DropPromise{N: 1, Reason: "declined"})
	for _, id := range []int64{3, 6} {
		Move(t, st, id, Ana, review.SetCause{Cause: "Late  delivery"})
	}
	for _, q := range []struct {
		query storage.Query
		want  []int64
	}{
		{storage.Query{Limit: 3}, []int64{12, 11, 10}},
		{storage.Query{Limit: 3, After: 10}, []int64{9, 8, 7}},
		{storage.Query{Limit: 3, Oldest: true}, []int64{1, 2, 3}},
		{storage.Query{Limit: 3, Oldest: true, After: 10}, []int64{11, 12}},
		{storage.Query{Source: "maps", Limit: 3}, []int64{12, 10, 8}},
		{storage.Query{Owner: Ben.ID}, []int64{12, 9, 6, 3}},
		{storage.Query{Status: []review.Status{review.Open}}, []int64{12, 11, 10, 9}},
		{storage.Query{Status: []review.Status{review.Open, review.New}, Limit: 6}, []int64{12, 11, 10, 9, 8, 7}},
		{storage.Query{Status: []review.Status{review.Open, review.New}, Oldest: true, After: 6, Limit: 4}, []int64{7, 8, 9, 10}},
		{storage.Query{Critical: true, Source: "shop"}, []int64{11, 7, 5, 1}},
		{storage.Query{Status: []review.Status{review.Closed}}, nil},
		{storage.Query{Tasks: true}, []int64{9, 4}},
		{storage.Query{Tasks: true, Status: []review.Status{review.New}}, []int64{4}},
		{storage.Query{Cause: "late delivery"}, []int64{6, 3}},
		{storage.Query{Limit: -5, Oldest: true, After: 11}, []int64{12}},
	} {
		var ids []int64
		for _, c := range got[[]review.Case](t)(st.Cases(ctx, q.query)) {
			ids = append(ids, c.ID)
		}
		same(t, fmt.Sprintf("%+v", q.query), ids, q.want)
	}
	same(t, "the counts", got[map[review.Status]int](t)(st.CountByStatus(ctx)), map[review.Status]int{review.New: 8, review.Open: 4})
}
