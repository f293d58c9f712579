// Package storagetest is the suite that every storage passes: all methods, all
// guards, races, the schema's own refusals, recovery, and random histories
// held against a model. A backend calls [Run] and [Bench] from its tests.
package storagetest

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/storage"
)

// Database is one database of a backend, empty at first.
type Database interface {
	// Open opens it, for the first time or again. The caller closes the store.
	Open(tb testing.TB, now func() time.Time) storage.Store
	// SQL connects past the store, with the same checks on.
	SQL(tb testing.TB) *sql.DB
	// Hold keeps every writer waiting until release is called.
	Hold(tb testing.TB) (release func())
	// Shared tells that several stores may have it open at the same time.
	Shared() bool
}

// Run runs the suite. fresh makes an empty database for a test.
func Run(t *testing.T, fresh func(tb testing.TB) Database) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *bed)
	}{
		{"a case comes back as it was written", testRoundTrip},
		{"histories", testHistories},
		{"rounds", testRounds},
		{"hostile bytes come back", testHostileBytes},
		{"a new case's number reaches all that is its own", testNewCaseNumber},
		{"guards refuse and nothing is written", testGuards},
		{"receipts", testReceipts},
		{"queries", testQueries},
		{"work is claimed oldest first", testClaim},
		{"work of a new case is claimed with it", testClaimedAtBirth},
		{"what is not new is not claimed", testClaimedNothing},
		{"leases", testLeases},
		{"a zombie is fenced", testFencing},
		{"retry", testRetry},
		{"again", testAgain},
		{"next due and pending", testNextDue},
		{"wake", testWake},
		{"due kinds", testDueKinds},
		{"work is unique", testWorkUnique},
		{"messages", testMessages},
		{"one message", testOneMessage},
		{"sources", testSources},
		{"settings", testSettings},
		{"ledger", testLedger},
		{"notes", testNotes},
		{"sessions", testSessions},
		{"prune", testPrune},
		{"events", testEvents},
		{"the chain depends on its input alone", testChainGolden},
		{"the chain holds under concurrent commits", testChainConcurrent},
		{"seed", testSeed},
		{"seed beside commits", testSeedBesideCommits},
		{"fifty approvals, one wins", testApprovalRace},
		{"fifty deliveries of one review, one case", testDeliveryRace},
		{"two claimers share no row", testClaimRace},
		{"a bad batch takes no other with it", testBadBatch},
		{"a caller that goes away", testContext},
		{"close writes what is queued", testClose},
		{"patience", testPatient},
		{"the schema refuses what the rules forbid", testSchema},
		{"numbers", testNumbers},
		{"numbers of random histories", testNumbersHistories},
		{"numbers of imports", testNumbersOfImports},
		{"numbers counted from several sides", testNumbersRace},
		{"numbers of a database from before", testNumbersMigrated},
		{"search", testSearch},
		{"common words", testCommonWords},
		{"search forgets", testForget},
		{"cases alike", testAlike},
		{"opening again", testReopen},
		{"replicas", testReplicas},
		{"random histories", testModel},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := &bed{t: t, db: fresh(t), clock: newClock()}
			b.st = b.open(t)
			test.run(t, b)
		})
	}
}

// bed is what one test works with.
type bed struct {
	t     *testing.T
	db    Database
	st    storage.Store
	clock *clock
}

func (b *bed) ctx() context.Context { return b.t.Context() }

// open opens the database and closes it at the end of the test.
func (b *bed) open(t *testing.T) storage.Store {
	t.Helper()
	st := b.db.Open(t, b.clock.Now)
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return st
}
