package storagetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// Start is when the tests' clocks begin.
var Start = time.Date(2030, 3, 1, 9, 0, 0, 0, time.UTC)

// Policy is the rules under which the tests' cases move.
var Policy = review.Policy{
	Playbook: "p1", Account: "acct", Quorum: review.Quorum{Count: 1}, CanReply: true, CanReadBack: true,
	VerifyAfter: time.Minute, SettleAfter: time.Hour,
}

// The people of the tests.
var (
	Ana = review.Person{ID: "console:ana", Name: "Ana", Role: review.Lead}
	Ben = review.Person{ID: "console:ben", Name: "Ben", Role: review.Approver}
)

// Review is the nth review of the tests.
func Review(n int) review.Review {
	return review.Review{
		Key:     review.Key{Source: "shop", Account: "a1", Location: "berlin", ID: fmt.Sprintf("r-%d", n)},
		Rating:  review.StarRating(float64(n%5 + 1)),
		Title:   fmt.Sprintf("Late again, %d", n),
		Body:    "The parcel came two weeks late and the box was open. Nobody answered my mails.",
		Author:  "A customer",
		Created: Start.Add(-24 * time.Hour),
		Raw:     []byte(`{"id":1}`),
	}
}

// Occasion is when a person or, with the zero person, the program acts.
func Occasion(by review.Person, now time.Time) review.Occasion {
	actor := review.ByPerson(by)
	if by.ID == "" {
		actor = review.BySystem("test")
	}
	return review.Occasion{Now: now, By: actor, Policy: Policy}
}

// Accepted is the change that makes r's case.
func Accepted(tb testing.TB, r review.Review, history bool) review.Change {
	tb.Helper()
	c, err := review.Accept(r, history, Occasion(review.Person{}, Start))
	if err != nil {
		tb.Fatalf("accepting %s: %v", r.Key, err)
	}
	return c
}

// Put commits the case of r and returns it as it is then.
func Put(tb testing.TB, st storage.Store, r review.Review) review.Case {
	tb.Helper()
	c := Accepted(tb, r, false)
	commit(tb, st, &storage.Batch{Change: &c})
	return c.Case
}

// Move applies action to the case and commits it.
func Move(tb testing.TB, st storage.Store, id int64, by review.Person, action review.Action) review.Case {
	tb.Helper()
	change := Decide(tb, st, id, by, action)
	commit(tb, st, &storage.Batch{Change: &change})
	return change.Case
}

// Decide is the change that action makes of the case as it is stored.
func Decide(tb testing.TB, st storage.Store, id int64, by review.Person, action review.Action) review.Change {
	tb.Helper()
	c, err := st.Case(tb.Context(), id)
	if err != nil {
		tb.Fatalf("reading case %d: %v", id, err)
	}
	change, err := review.Apply(c, action, Occasion(by, Start))
	if err != nil {
		tb.Fatalf("%T on case %d (%s): %v", action, id, c.Status, err)
	}
	return change
}

// PutDrafted commits a case whose text waits for approval.
func PutDrafted(tb testing.TB, st storage.Store, n int) review.Case {
	tb.Helper()
	c := Put(tb, st, Review(n))
	Move(tb, st, c.ID, review.Person{}, review.Announced{Where: "test"})
	return Move(tb, st, c.ID, Ana, review.Edit{Text: fmt.Sprintf("We are sorry, number %d. The courier is told.", n)})
}

func commit(tb testing.TB, st storage.Store, b *storage.Batch) {
	tb.Helper()
	if err := st.Commit(tb.Context(), b); err != nil {
		tb.Fatalf("commit: %v", err)
	}
}
