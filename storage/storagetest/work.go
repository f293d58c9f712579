package storagetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// due puts work of kind "w" into the table.
func due(t *testing.T, b *bed, key string, at time.Time, again bool) {
	t.Helper()
	commit(t, b.st, &storage.Batch{Work: []review.Work{{Kind: "w", Key: key, Due: at, Text: key + "!", Again: again}}})
}

// claim takes up to limit rows of kind "w" for a minute.
func claim(t *testing.T, b *bed, limit int) []storage.Job {
	t.Helper()
	return got[[]storage.Job](t)(b.st.Claim(t.Context(), storage.Claim{
		Worker: "t", Kinds: []review.WorkKind{"w"}, Now: b.clock.Now(), Lease: time.Minute, Limit: limit,
	}))
}

// only claims exactly one row.
func only(t *testing.T, b *bed) storage.Job {
	t.Helper()
	jobs := claim(t, b, 10)
	if len(jobs) != 1 {
		t.Fatalf("claimed %d rows, want one: %v", len(jobs), jobs)
	}
	return jobs[0]
}

func none(t *testing.T, b *bed, why string) {
	t.Helper()
	if jobs := claim(t, b, 10); len(jobs) > 0 {
		t.Fatalf("%s: claimed %v", why, jobs)
	}
}

func keys(jobs []storage.Job) []string {
	var out []string
	for _, j := range jobs {
		out = append(out, j.Key)
	}
	return out
}

func testClaim(t *testing.T, b *bed) {
	due(t, b, "later", Start.Add(time.Hour), false)
	due(t, b, "third", Start, false)
	due(t, b, "first", Start.Add(-2*time.Minute), false)
	due(t, b, "second", Start.Add(-time.Minute), false)
	commit(t, b.st, &storage.Batch{Work: []review.Work{{Kind: "other", Key: "x", Due: Start.Add(-90 * time.Second)}}})
	first := claim(t, b, 2)
	same(t, "the first claim", keys(first), []string{"first", "second"})
	same(t, "a job", first[0], storage.Job{ID: first[0].ID, Kind: "w", Key: "first", Text: "first!", Due: Start.Add(-2 * time.Minute), Attempts: 1, Fence: first[0].Fence})
	both := got[[]storage.Job](t)(b.st.Claim(t.Context(), storage.Claim{Kinds: []review.WorkKind{"w", "other"}, Now: Start, Lease: time.Minute, Limit: 10}))
	same(t, "the claim of two kinds", keys(both), []string{"x", "third"})
	none(t, b, "nothing is due")
	if jobs := got[[]storage.Job](t)(b.st.Claim(t.Context(), storage.Claim{Now: Start, Limit: 5})); len(jobs) > 0 {
		t.Errorf("a claim of no kinds took %v", jobs)
	}
	b.clock.pass(30 * time.Second)
	none(t, b, "the leases still run")
	due(t, b, "new", Start.Add(20*time.Second), false)
	b.clock.pass(time.Minute)
	same(t, "the claim after the leases", keys(claim(t, b, 10)), []string{"first", "second", "third", "new"})
}

func testClaimedAtBirth(t *testing.T, b *bed) {
	want := storage.Claim{Worker: "t", Kinds: []review.WorkKind{"w", "absent"}, Now: Start, Lease: time.Minute}
	work := []review.Work{
		{Kind: "w", Key: "now", Due: Start, Text: "words", Again: true},
		{Kind: "w", Key: "earlier", Due: Start.Add(-time.Second)},
		{Kind: "w", Key: "later", Due: Start.Add(time.Second)},
		{Kind: "w", Key: "of no case", Case: review.NoCase, Due: Start},
		{Kind: "other", Key: "now", Due: Start},
	}
	batches := make([]*storage.Batch, 40) // more than one statement takes
	for i := range batches {
		c := Accepted(t, Review(i+1), false)
		batches[i] = &storage.Batch{Change: &c, Work: work, Claim: &want}
	}
	var g errgroup.Group
	for _, batch := range batches {
		g.Go(func() error { return b.st.Commit(t.Context(), batch) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, batch := range batches {
		slices.SortFunc(batch.Claimed, func(a, b storage.Job) int { return a.Due.Compare(b.Due) })
		id := batch.Change.Case.ID
		if len(batch.Claimed) != 2 {
			t.Fatalf("case %d: claimed %v", id, batch.Claimed)
		}
		same(t, "the claimed work", batch.Claimed, []storage.Job{
			{ID: batch.Claimed[0].ID, Kind: "w", Case: id, Key: "earlier", Due: Start.Add(-time.Second), Attempts: 1, Fence: 1},
			{ID: batch.Claimed[1].ID, Kind: "w", Case: id, Key: "now", Text: "words", Due: Start, Attempts: 1, Fence: 1},
		})
	}
	same(t, "what is left to others", keys(claim(t, b, 100)), []string{"of no case"})

	// It is claimed work like any other: completed once, asked for again, taken
	// over when its lease ends.
	first, second, third := batches[0].Claimed, batches[1].Claimed, batches[2].Claimed
	commit(t, b.st, &storage.Batch{Done: &first[0]})
	wantErr(t, b.st.Commit(t.Context(), &storage.Batch{Done: &first[0]}), storage.ErrFenced)
	commit(t, b.st, &storage.Batch{Work: []review.Work{{Kind: "w", Case: second[1].Case, Key: "now", Due: Start, Again: true}}})
	commit(t, b.st, &storage.Batch{Done: &second[1]})
	same(t, "what was asked for again", only(t, b).Case, second[1].Case)
	b.clock.pass(2 * time.Minute)
	taken := claim(t, b, 1000)
	if !slices.ContainsFunc(taken, func(j storage.Job) bool { return j.ID == third[0].ID && j.Attempts == 2 && j.Fence == 2 }) {
		t.Errorf("work whose lease ended was not taken over: %v", taken)
	}
	wantErr(t, b.st.Commit(t.Context(), &storage.Batch{Done: &third[0]}), storage.ErrFenced)
	chain(t, b.st)
}

// A batch that is refused, and one that brings no case, claims nothing. What a
// batch asks for twice is one job.
func testClaimedNothing(t *testing.T, b *bed) {
	c := Put(t, b.st, Review(1))
	again := Accepted(t, Review(1), false)
	moved := Decide(t, b.st, c.ID, Ana, review.Assign{Owner: Ben})
	want := storage.Claim{Kinds: []review.WorkKind{"w"}, Now: Start, Lease: time.Minute}
	work := []review.Work{{Kind: "w", Key: "k", Due: Start}}
	refused := &storage.Batch{Change: &again, Work: work, Claim: &want}
	var exists *storage.ExistsError
	if err := b.st.Commit(t.Context(), refused); !errors.As(err, &exists) || len(refused.Claimed) > 0 {
		t.Fatalf("a known review: %v, claimed %v", err, refused.Claimed)
	}
	none(t, b, "a batch that was refused")
	old := &storage.Batch{Change: &moved, Work: []review.Work{{Kind: "w", Case: c.ID, Key: "k", Due: Start}}, Claim: &want}
	commit(t, b.st, old)
	if len(old.Claimed) > 0 {
		t.Fatalf("an old case's work was claimed: %v", old.Claimed)
	}
	only(t, b)
	fresh := Accepted(t, Review(2), false)
	twice := &storage.Batch{Change: &fresh, Work: []review.Work{{Kind: "w", Key: "k", Due: Start}, {Kind: "w", Key: "k", Due: Start, Again: true}}, Claim: &want}
	commit(t, b.st, twice)
	if len(twice.Claimed) != 1 {
		t.Fatalf("claimed %v", twice.Claimed)
	}
	none(t, b, "it is claimed")
	commit(t, b.st, &storage.Batch{Done: &twice.Claimed[0]})
	same(t, "what was asked for once more", only(t, b).ID, twice.Claimed[0].ID)
}

func testLeases(t *testing.T, b *bed) {
	due(t, b, "a", Start, false)
	j := only(t, b)
	must(t, b.st.Extend(t.Context(), j, Start.Add(10*time.Minute)))
	b.clock.pass(5 * time.Minute)
	none(t, b, "the lease was extended")
	b.clock.pass(5 * time.Minute)
	again := only(t, b)
	if again.Attempts != 2 || again.Failures != 0 || again.Fence <= j.Fence {
		t.Errorf("taken over as %+v after %+v", again, j)
	}
}

func testFencing(t *testing.T, b *bed) {
	ctx := t.Context()
	c := PutDrafted(t, b.st, 1)
	due(t, b, "a", Start, false)
	zombie := only(t, b)
	b.clock.pass(2 * time.Minute)
	// Late, but nobody took the work over: its claim still counts.
	must(t, b.st.Extend(ctx, zombie, b.clock.Now()))
	holder := only(t, b)
	change := Decide(t, b.st, c.ID, Ana, review.Assign{Owner: Ben})
	unchanged(t, b, func() {
		wantErr(t, b.st.Commit(ctx, &storage.Batch{Change: &change, Done: &zombie}), storage.ErrFenced)
		wantErr(t, b.st.Retry(ctx, zombie, Start, "x"), storage.ErrFenced)
		wantErr(t, b.st.Extend(ctx, zombie, Start.Add(time.Hour)), storage.ErrFenced)
	})
	commit(t, b.st, &storage.Batch{Change: &change, Done: &holder})
	wantErr(t, b.st.Commit(ctx, &storage.Batch{Done: &holder}), storage.ErrFenced)
	wantErr(t, b.st.Retry(ctx, holder, Start, "x"), storage.ErrFenced)
	wantErr(t, b.st.Extend(ctx, holder, Start), storage.ErrFenced)
	b.clock.pass(24 * time.Hour)
	none(t, b, "it is done")
}

func testRetry(t *testing.T, b *bed) {
	due(t, b, "a", Start, false)
	j := only(t, b)
	later := Start.Add(time.Hour)
	must(t, b.st.Retry(t.Context(), j, later, "the chat is down"))
	wantErr(t, b.st.Retry(t.Context(), j, later, "twice"), storage.ErrFenced)
	none(t, b, "it backs off")
	p := got[map[review.WorkKind]storage.PendingWork](t)(b.st.Pending(t.Context()))
	same(t, "what is pending", p["w"], storage.PendingWork{Count: 1, Oldest: later, Tried: 1})
	due(t, b, "a", Start, true)
	none(t, b, "asking again does not cut the back-off short")
	b.clock.pass(time.Hour)
	if again := only(t, b); again.Attempts != 2 || again.Failures != 1 || !again.Due.Equal(later) {
		t.Errorf("the second attempt is %+v", again)
	} else {
		again.Attempts-- // it had no effect
		must(t, b.st.Retry(t.Context(), again, later, "the chat asked to wait"))
	}
	if again := only(t, b); again.Attempts != 2 || again.Failures != 2 {
		t.Errorf("after an attempt without effect it is %+v", again)
	}
}

func testAgain(t *testing.T, b *bed) {
	done := func(j storage.Job) { t.Helper(); commit(t, b.st, &storage.Batch{Done: &j}) }
	due(t, b, "a", Start.Add(time.Hour), true)
	due(t, b, "a", Start.Add(2*time.Hour), true) // waiting, and the new time is later: nothing
	none(t, b, "it is not due")
	due(t, b, "a", Start, true) // waiting: brought forward
	done(only(t, b))
	none(t, b, "it is done")
	due(t, b, "a", Start, false) // done, and not asked for again
	none(t, b, "the same work is never done twice")
	due(t, b, "a", Start, true) // done: due again
	j := only(t, b)
	if j.Attempts != 1 || j.Failures != 0 {
		t.Errorf("the second round is attempt %d", j.Attempts)
	}
	due(t, b, "a", Start, true) // claimed: marked
	due(t, b, "a", Start.Add(time.Hour), true)
	none(t, b, "it is being done")
	done(j)
	j = only(t, b)
	if j.Attempts != 1 {
		t.Errorf("the third round is attempt %d", j.Attempts)
	}
	// Marked, then taken over: the new run has seen everything.
	due(t, b, "a", Start, true)
	b.clock.pass(2 * time.Minute)
	done(only(t, b))
	none(t, b, "taking over cleared the mark")
	// A job that arms itself again in the batch that completes it.
	due(t, b, "a", b.clock.Now(), true)
	j = only(t, b)
	next := b.clock.Now().Add(time.Hour)
	commit(t, b.st, &storage.Batch{Done: &j, Work: []review.Work{{Kind: "w", Key: "a", Due: next, Again: true}}})
	none(t, b, "the next round is in an hour")
	b.clock.pass(time.Hour)
	if j := only(t, b); !j.Due.Equal(next) {
		t.Errorf("the next round is due %s, want %s", j.Due, next)
	}
}

func testNextDue(t *testing.T, b *bed) {
	ctx, kinds := t.Context(), []review.WorkKind{"w", "v"}
	want := func(at time.Time) {
		t.Helper()
		next, ok, err := b.st.NextDue(ctx, kinds)
		must(t, err)
		if ok == at.IsZero() || !next.Equal(at) {
			t.Errorf("next due is %s (%t), want %s", next, ok, at)
		}
	}
	want(time.Time{})
	due(t, b, "a", Start, false)
	due(t, b, "b", Start.Add(time.Hour), false)
	commit(t, b.st, &storage.Batch{Work: []review.Work{{Kind: "u", Key: "x", Due: Start.Add(-time.Hour)}, {Kind: "v", Key: "x", Due: Start.Add(90 * time.Minute)}}})
	want(Start)
	j := only(t, b)
	want(Start.Add(time.Minute)) // the end of the lease
	commit(t, b.st, &storage.Batch{Done: &j})
	want(Start.Add(time.Hour))
	same(t, "what is pending", got[map[review.WorkKind]storage.PendingWork](t)(b.st.Pending(ctx)), map[review.WorkKind]storage.PendingWork{
		"w": {Count: 1, Oldest: Start.Add(time.Hour)}, "v": {Count: 1, Oldest: Start.Add(90 * time.Minute)}, "u": {Count: 1, Oldest: Start.Add(-time.Hour)},
	})
	if _, ok, err := b.st.NextDue(ctx, nil); ok || err != nil {
		t.Errorf("next due of no kinds: %t, %v", ok, err)
	}
}

func testDueKinds(t *testing.T, b *bed) {
	ctx := t.Context()
	due(t, b, "a", Start, false)
	commit(t, b.st, &storage.Batch{Work: []review.Work{{Kind: "later", Key: "x", Due: Start.Add(time.Hour)}}})
	kinds := []review.WorkKind{"w", "later", "none"}
	want := func(at time.Time, want ...review.WorkKind) {
		t.Helper()
		list := got[[]review.WorkKind](t)(b.st.DueKinds(ctx, kinds, at))
		slices.Sort(list)
		same(t, "kinds due at "+at.String(), list, want)
	}
	want(Start.Add(-time.Minute))
	want(Start, "w")
	want(Start.Add(time.Hour), "later", "w")
	j := only(t, b)
	want(j.Due) // it is leased
	want(Start.Add(time.Hour), "later", "w")
	if list, err := b.st.DueKinds(ctx, nil, Start); err != nil || len(list) > 0 {
		t.Errorf("due of no kinds: %v, %v", list, err)
	}
	<-b.st.Wake()
	if woken := b.st.Woken(); !slices.Contains(woken, "w") {
		t.Errorf("woken are %v, without the work that came", woken)
	}
	if woken := b.st.Woken(); len(woken) > 0 {
		t.Errorf("%v woke twice", woken)
	}
}

func testWake(t *testing.T, b *bed) {
	woken := func() bool {
		select {
		case <-b.st.Wake():
			return true
		default:
			return false
		}
	}
	want := func(want bool, after string) {
		t.Helper()
		if got := woken(); got != want {
			t.Errorf("woken is %t after %s", got, after)
		}
	}
	due(t, b, "a", Start, false)
	due(t, b, "b", Start, false)
	want(true, "new work")
	want(false, "having been woken once")
	due(t, b, "a", Start, false)
	want(false, "known work")
	jobs := claim(t, b, 2)
	commit(t, b.st, &storage.Batch{Done: &jobs[1]})
	want(false, "done work")
	due(t, b, "a", Start, true)
	woken()
	commit(t, b.st, &storage.Batch{Done: &jobs[0]})
	want(true, "done work that is due again")
	j := only(t, b)
	commit(t, b.st, &storage.Batch{Done: &j, Work: []review.Work{{Kind: "w", Key: "a", Due: Start, Again: true}}})
	want(true, "work armed again")
	Put(t, b.st, Review(1))
	want(true, "a new case")
}

func testWorkUnique(t *testing.T, b *bed) {
	c := Put(t, b.st, Review(1))
	commit(t, b.st, &storage.Batch{Work: []review.Work{
		{Kind: "w", Key: "a", Due: Start.Add(time.Minute)},
		{Kind: "w", Key: "a", Due: Start, Text: "second, ignored"},
		{Kind: "w", Key: "b", Due: Start.Add(time.Minute)},
		{Kind: "w", Key: "b", Due: Start, Text: "brought forward", Again: true},
		{Kind: "w", Case: c.ID, Key: "a", Due: Start, Text: "of a case"},
	}})
	jobs := claim(t, b, 10)
	var texts []string
	for _, j := range jobs {
		texts = append(texts, j.Text)
	}
	same(t, "the texts", texts, []string{"brought forward", "of a case"})
	b.clock.pass(30 * time.Second)
	none(t, b, "the first stays with its time")
	b.clock.pass(30 * time.Second)
	same(t, "all of them", keys(claim(t, b, 10)), []string{"b", "a", "a"})
}
