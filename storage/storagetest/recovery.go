package storagetest

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

func testReopen(t *testing.T, b *bed) {
	c := PutDrafted(t, b.st, 1)
	due(t, b, "a", Start, false)
	due(t, b, "b", Start, false)
	jobs := claim(t, b, 2)
	commit(t, b.st, &storage.Batch{Done: &jobs[0]})
	before := contents(t, b)
	must(t, b.st.Close())
	b.st = b.open(t)
	same(t, "the database", contents(t, b), before)
	same(t, "the case", got[review.Case](t)(b.st.Case(t.Context(), c.ID)), kept(c))
	chain(t, b.st)
	if b.db.Shared() {
		none(t, b, "another process may still hold the lease")
		b.clock.pass(2 * time.Minute)
	}
	j := only(t, b)
	if j.Key != "b" || j.Attempts != 2 || j.Failures != 0 {
		t.Errorf("the work left behind comes back as %+v", j)
	}
	wantErr(t, b.st.Commit(t.Context(), &storage.Batch{Done: &jobs[1]}), storage.ErrFenced)
}

// testReplicas lets two stores work on one database; a backend for one process
// must refuse the second.
func testReplicas(t *testing.T, b *bed) {
	if !b.db.Shared() {
		return // the backend's own tests show how the second is refused
	}
	stores := []storage.Store{b.st, b.open(t), b.open(t)}
	c := PutDrafted(t, b.st, 0)
	const each = 40
	var eg errgroup.Group
	for s, st := range stores {
		for k := range 4 {
			eg.Go(func() error {
				for i := range each {
					change, err := review.Accept(Review(1+(s*4+k)*each+i), false, Occasion(review.Person{}, Start))
					if err != nil {
						return err
					}
					if err := st.Commit(t.Context(), &storage.Batch{Change: &change}); err != nil {
						return fmt.Errorf("replica %d: %w", s, err)
					}
				}
				return nil
			})
		}
	}
	errs := atOnce(30, func(i int) error {
		p := review.Person{ID: review.PersonID(fmt.Sprint("console:p", i)), Name: "P", Role: review.Approver}
		change, err := review.Apply(c, review.Approve{Text: c.Draft.Hash()}, Occasion(p, Start))
		if err != nil {
			return err
		}
		return stores[i%len(stores)].Commit(t.Context(), &storage.Batch{Change: &change})
	})
	if ok, _ := count(t, errs, review.ErrConflict); ok != 1 {
		t.Errorf("%d approvals won over three replicas", ok)
	}
	must(t, eg.Wait())
	chain(t, stores[1])
	if n := contents(t, b); n["cases"] != int64(len(stores)*4*each+1) || n["last case"] != n["cases"] {
		t.Errorf("the database holds %v", n)
	}
	// One replica is stopped while it holds work; another takes it over.
	due(t, b, "a", Start, false)
	zombie := only(t, b)
	b.clock.pass(time.Minute)
	b.st = stores[2]
	holder := only(t, b)
	wantErr(t, stores[0].Commit(t.Context(), &storage.Batch{Done: &zombie}), storage.ErrFenced)
	commit(t, stores[2], &storage.Batch{Done: &holder})
}
