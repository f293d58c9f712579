package storagetest

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// testSchema goes past the store and tries what the rules forbid. Each
// statement is refused by the database itself; those of an erasure are not.
func testSchema(t *testing.T, b *bed) {
	st := b.st
	c := PutDrafted(t, st, 1) // case 1, draft 1, no approval
	d := PutDrafted(t, st, 2) // case 2, live
	d = Move(t, st, d.ID, Ben, review.Approve{Text: d.Draft.Hash()})
	d = Move(t, st, d.ID, review.Person{}, review.StartPublishing{})
	d = Move(t, st, d.ID, review.Person{}, review.Accepted{ID: "x"})
	d = Move(t, st, d.ID, review.Person{}, review.Seen{})
	due(t, b, "k", Start, false)
	db := b.db.SQL(t)
	for _, query := range forbidden(d.Reply.Binding.String()) {
		if _, err := db.ExecContext(t.Context(), query); err == nil {
			t.Errorf("the database took: %s", query)
		}
	}
	same(t, "case 1 after all of it", got[review.Case](t)(st.Case(t.Context(), 1)), kept(c))
	same(t, "case 2 after all of it", got[review.Case](t)(st.Case(t.Context(), 2)), kept(d))
	chain(t, st)
	erasable(t, st, db)
	refusedChanges(t, st)
}

// forbidden are statements against the rules, each by itself. Case 1 has a
// draft, and case 2 a live reply with this binding.
func forbidden(binding string) []string {
	other := strings.Repeat("ab", 32)
	return []string{
		// The states.
		"UPDATE cases SET status = 'approving' WHERE id = 1",
		"UPDATE cases SET status = 'approved' WHERE id = 1",
		"UPDATE cases SET status = 'approved', publish_at = 5 WHERE id = 1",
		"UPDATE cases SET status = 'approved', publish_at = 5, binding = '" + other + "', approver = 'console:ben' WHERE id = 1",
		"UPDATE cases SET status = 'approved', publish_at = 5, binding = '" + binding + "', approver = 'console:ben' WHERE id = 1",
		"UPDATE cases SET status = 'publishing' WHERE id = 1",
		"UPDATE cases SET status = 'handed_over' WHERE id = 1",
		"UPDATE cases SET status = 'published' WHERE id = 1",
		"UPDATE cases SET status = 'live' WHERE id = 1",
		"UPDATE cases SET status = 'unreconciled' WHERE id = 1",
		"UPDATE cases SET status = 'live', reply = '" + binding + "' WHERE id = 1",
		"UPDATE cases SET status = 'closed' WHERE id = 1",
		"UPDATE cases SET binding = NULL WHERE id = 2",
		"UPDATE cases SET reply = NULL WHERE id = 2",
		"UPDATE cases SET version = 0 WHERE id = 1",
		"UPDATE cases SET ext_id = 'r-2' WHERE id = 1",
		"DELETE FROM cases WHERE id = 1",
		// Approvals and replies.
		"INSERT INTO approvals (case_id, binding, person, draft, role, at, doc) VALUES (1, '" + other + "', 'console:ben', 9, 'approver', 1, '{}')",
		"INSERT INTO approvals (case_id, binding, person, draft, role, at, doc) VALUES (1, '" + other + "', 'console:ben', 1, 'responder', 1, '{}')",
		"INSERT INTO approvals (case_id, binding, person, draft, role, at, doc) VALUES (1, '" + other + "', '', 1, 'approver', 1, '{}')",
		"INSERT INTO approvals (case_id, binding, person, draft, role, at, doc) VALUES (2, '" + binding + "', 'console:ben', 1, 'approver', 1, '{}')",
		"INSERT INTO replies (case_id, binding, approver, source, draft, intent, problem, doc) VALUES (1, '" + other + "', 'console:ben', 'shop', 1, 1, '', '{}')",
		"INSERT INTO replies (case_id, binding, approver, source, draft, intent, problem, doc) VALUES (1, '" + binding + "', 'console:ben', 'shop', 1, 1, '', '{}')",
		"UPDATE replies SET binding = '" + other + "' WHERE case_id = 2",
		"UPDATE replies SET approver = 'console:ana' WHERE case_id = 2",
		"UPDATE replies SET text = draft_text FROM (SELECT text AS draft_text FROM drafts WHERE case_id = 1) AS one WHERE case_id = 2",
		"DELETE FROM approvals WHERE case_id = 2",
		"DELETE FROM replies WHERE case_id = 2",
		// Drafts.
		"UPDATE drafts SET text = other FROM (SELECT title AS other FROM revisions WHERE case_id = 1) AS one WHERE case_id = 1",
		"UPDATE drafts SET hash = '" + other + "' WHERE case_id = 1",
		"UPDATE drafts SET n = 2 WHERE case_id = 1",
		// The audit log.
		"UPDATE events SET actor = 'somebody else' WHERE seq = 1",
		"UPDATE events SET detail = detail",
		"DELETE FROM events WHERE seq = 1",
		"DELETE FROM events",
		"TRUNCATE events CASCADE", // SQLite has no such statement
		"INSERT INTO events SELECT * FROM events WHERE seq = 1",
		"INSERT OR REPLACE INTO events SELECT * FROM events WHERE seq = 1", // PostgreSQL has no such statement
		"INSERT INTO audit_head SELECT 2, seq, hash, cases FROM audit_head",
		"INSERT INTO texts (seq, name, body) SELECT 999, 'x', hash FROM audit_head",
		// Work and cards.
		"INSERT INTO work (kind, case_id, key, due, text) VALUES ('w', 0, 'k', 1, '')",
		"UPDATE work SET done = 1, lease = 1 WHERE kind = 'w'",
		"UPDATE work SET again = 1 WHERE kind = 'w'",
	}
}

// erasable shows that words can be taken out of a finished case, and never be
// put in again.
func erasable(t *testing.T, st storage.Store, db *sql.DB) {
	t.Helper()
	for _, query := range []string{
		"UPDATE drafts SET text = NULL, doc = '{}' WHERE case_id = 1",
		"UPDATE replies SET text = NULL WHERE case_id = 2",
		"DELETE FROM texts",
		"UPDATE revisions SET title = NULL, body = NULL, raw = NULL WHERE case_id = 1",
	} {
		if _, err := db.ExecContext(t.Context(), query); err != nil {
			t.Errorf("the database refused %q: %v", query, err)
		}
	}
	if _, err := db.ExecContext(t.Context(), "UPDATE drafts SET text = other FROM (SELECT title AS other FROM revisions WHERE case_id = 2) AS one WHERE case_id = 1"); err == nil {
		t.Error("an erased draft got new words")
	}
	chain(t, st)
	if drafts := got[[]review.Draft](t)(st.Drafts(t.Context(), 1)); len(drafts) != 1 || drafts[0].Text != "" {
		t.Errorf("the erased draft reads %+v", drafts)
	}
}

// refusedChanges: what the schema refuses, the store passes on as an error.
func refusedChanges(t *testing.T, st storage.Store) {
	t.Helper()
	live := Decide(t, st, 2, Ana, review.AddPromise{Text: "x", Owner: Ben, Due: Start.Add(1e12)})
	live.Case.Reply = nil
	if err := st.Commit(t.Context(), &storage.Batch{Change: &live}); err == nil {
		t.Error("the store kept a live case without its reply")
	}
	forged := Decide(t, st, 2, Ana, review.AddPromise{Text: "x", Owner: Ben, Due: Start.Add(1e12)})
	forged.Reply = &review.Reply{Binding: review.DigestOf("never approved"), Draft: 1, Text: "Buy now!", Intent: Start}
	forged.Case.Reply = forged.Reply
	if err := st.Commit(t.Context(), &storage.Batch{Change: &forged}); err == nil {
		t.Error("the store kept a reply that nobody approved")
	}
}
