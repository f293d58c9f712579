package storagetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// atOnce runs f n times at the same time and returns the errors.
func atOnce(n int, f func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = f(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// count tells how many errors are nil and how many are want; others fail.
func count(t *testing.T, errs []error, want error) (ok, refused int) {
	t.Helper()
	for _, err := range errs {
		switch {
		case err == nil:
			ok++
		case errors.Is(err, want):
			refused++
		default:
			t.Errorf("an unexpected error: %v", err)
		}
	}
	return ok, refused
}

func testApprovalRace(t *testing.T, b *bed) {
	c := PutDrafted(t, b.st, 1)
	base := c.Version
	errs := atOnce(50, func(i int) error {
		p := review.Person{ID: review.PersonID(fmt.Sprintf("console:p%d", i)), Name: "P", Role: review.Approver}
		change, err := review.Apply(c, review.Approve{Text: c.Draft.Hash()}, Occasion(p, Start))
		if err != nil {
			return err
		}
		return b.st.Commit(t.Context(), &storage.Batch{Change: &change, Receipt: &storage.Receipt{Scope: "press", ID: string(p.ID), At: Start}})
	})
	if ok, refused := count(t, errs, review.ErrConflict); ok != 1 || refused != 49 {
		t.Errorf("%d approvals won, %d were refused", ok, refused)
	}
	after := got[review.Case](t)(b.st.Case(t.Context(), c.ID))
	if after.Version != base+1 || after.Status != review.Approved || len(after.Approvals) != 1 {
		t.Errorf("the case is at version %d, %s, with %d approvals", after.Version, after.Status, len(after.Approvals))
	}
	if yes := got[[]review.Approval](t)(b.st.Approvals(t.Context(), c.ID)); len(yes) != 1 {
		t.Errorf("%d approvals are kept", len(yes))
	}
	if n := contents(t, b)["receipts"]; n != 1 {
		t.Errorf("%d receipts are kept: a refused press must leave none", n)
	}
	chain(t, b.st)
}

func testDeliveryRace(t *testing.T, b *bed) {
	errs := atOnce(50, func(int) error {
		c, err := review.Accept(Review(1), false, Occasion(review.Person{}, Start))
		if err != nil {
			return err
		}
		err = b.st.Commit(t.Context(), &storage.Batch{Change: &c})
		var exists *storage.ExistsError
		if errors.As(err, &exists) && exists.Case == 1 {
			return storage.ErrSeen
		}
		return err
	})
	if ok, refused := count(t, errs, storage.ErrSeen); ok != 1 || refused != 49 {
		t.Errorf("%d deliveries made a case, %d were refused", ok, refused)
	}
	if n := contents(t, b); n["cases"] != 1 || n["work"] != 2 || n["events"] != 1 {
		t.Errorf("the database holds %v", n)
	}
}

func testClaimRace(t *testing.T, b *bed) {
	const rows, claimers = 200, 8
	var work []review.Work
	for i := range rows {
		work = append(work, review.Work{Kind: "w", Key: fmt.Sprint(i), Due: Start.Add(-time.Duration(i) * time.Second)})
	}
	commit(t, b.st, &storage.Batch{Work: work})
	stores := []storage.Store{b.st}
	if b.db.Shared() {
		stores = append(stores, b.open(t))
	}
	var mu sync.Mutex
	taken := make(map[int64]int)
	count(t, atOnce(claimers, func(i int) error {
		st := stores[i%len(stores)]
		for {
			jobs, err := st.Claim(t.Context(), storage.Claim{Worker: fmt.Sprint(i), Kinds: []review.WorkKind{"w"}, Now: Start, Lease: time.Minute, Limit: 7})
			if err != nil || len(jobs) == 0 {
				return err
			}
			for _, j := range jobs {
				mu.Lock()
				taken[j.ID]++
				mu.Unlock()
				if err := st.Commit(t.Context(), &storage.Batch{Done: &j}); err != nil {
					return err
				}
			}
		}
	}), nil)
	if len(taken) != rows {
		t.Errorf("%d of %d rows were claimed", len(taken), rows)
	}
	for id, n := range taken {
		if n != 1 {
			t.Errorf("row %d was claimed %d times", id, n)
		}
	}
}

// testBadBatch lets batches that the schema refuses stand in line with good
// ones, all in one group.
func testBadBatch(t *testing.T, b *bed) {
	release := b.db.Hold(t)
	var wg sync.WaitGroup
	errs := make([]error, 40)
	for i := range errs {
		wg.Go(func() {
			c, err := review.Accept(Review(i), false, Occasion(review.Person{}, Start))
			if err != nil {
				errs[i] = err
				return
			}
			if i%10 == 3 {
				c.Case.Status = "no such status"
			}
			errs[i] = b.st.Commit(t.Context(), &storage.Batch{Change: &c})
		})
	}
	release()
	wg.Wait()
	for i, err := range errs {
		if bad := i%10 == 3; bad != (err != nil) {
			t.Errorf("batch %d: %v", i, err)
		}
	}
	if n := contents(t, b); n["cases"] != 36 || n["events"] != 36 || n["last case"] != 36 {
		t.Errorf("the database holds %v", n)
	}
	chain(t, b.st)
}

// testContext lets callers go away while the writer is held up. Whether their
// turn had come or not, what they are told is what happened.
func testContext(t *testing.T, b *bed) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	c := Accepted(t, Review(0), false)
	wantErr(t, b.st.Commit(over, &storage.Batch{Change: &c}), context.Canceled)

	release := b.db.Hold(t)
	const n = 8
	outcomes := make([]chan error, n)
	leave := make([]context.CancelFunc, n)
	for i := range n {
		var ctx context.Context
		ctx, leave[i] = context.WithCancel(t.Context())
		outcomes[i] = make(chan error, 1)
		c := Accepted(t, Review(i+1), false)
		go func() { outcomes[i] <- b.st.Commit(ctx, &storage.Batch{Change: &c}) }()
	}
	for i := range n / 2 {
		leave[i]()
	}
	time.AfterFunc(100*time.Millisecond, release)
	for i := range n {
		err := <-outcomes[i]
		_, found := b.st.CaseOf(t.Context(), Review(i+1).Key)
		switch {
		case err == nil && found == nil:
		case errors.Is(err, context.Canceled) && errors.Is(found, storage.ErrNotFound) && i < n/2:
		default:
			t.Errorf("commit %d said %v, reading it back %v", i, err, found)
		}
		leave[i]()
	}
}

// Who is patient is written, too: alone, in company, and by a store that closes.
func testPatient(t *testing.T, b *bed) {
	st := b.st
	commits := func(n int, patient bool) error {
		c := Accepted(t, Review(n), false)
		return st.Commit(t.Context(), &storage.Batch{Change: &c, Patient: patient})
	}
	must(t, commits(0, true))
	const n = 40
	must(t, errors.Join(atOnce(n, func(i int) error { return commits(i+1, i%3 != 0) })...))
	c := got[review.Case](t)(st.CaseOf(t.Context(), Review(n).Key))
	later := Decide(t, st, c.ID, Ana, review.Assign{Owner: Ben})
	must(t, st.Commit(t.Context(), &storage.Batch{Change: &later, Patient: true}))
	same(t, "the owner", got[review.Case](t)(st.Case(t.Context(), c.ID)).Owner, Ben.ID)
	chain(t, st)

	closing := make(chan error, 1)
	go func() { closing <- commits(n+1, true) }()
	must(t, st.Close())
	err := <-closing
	b.st = b.open(t)
	if _, found := b.st.CaseOf(t.Context(), Review(n+1).Key); (err == nil) != (found == nil) {
		t.Errorf("the store closed: the commit said %v, reading it back %v", err, found)
	}
}

func testClose(t *testing.T, b *bed) {
	st := b.st
	release := b.db.Hold(t)
	const n = 30
	var queued sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		c := Accepted(t, Review(i), false)
		queued.Go(func() { errs[i] = st.Commit(t.Context(), &storage.Batch{Change: &c}) })
	}
	closed := make(chan error, 1)
	time.AfterFunc(100*time.Millisecond, func() { closed <- st.Close(); close(closed) })
	time.AfterFunc(300*time.Millisecond, release)
	queued.Wait()
	must(t, <-closed)
	b.st = b.open(t)
	for i, err := range errs {
		_, found := b.st.CaseOf(t.Context(), Review(i).Key)
		if (err == nil) != (found == nil) {
			t.Errorf("commit %d said %v, reading it back %v", i, err, found)
		}
	}
	if n := contents(t, b)["cases"]; n == 0 {
		t.Error("nothing of what was queued was written")
	}
	c := Accepted(t, Review(99), false)
	if err := st.Commit(t.Context(), &storage.Batch{Change: &c}); err == nil {
		t.Error("a closed store took a commit")
	}
}
