package relational

import (
	"context"
	"fmt"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// The statements of a group. A changed case is an insertion that meets its own
// row: one text serves any number of cases, and the version is compared once
// more where it is set.
var (
	insertCases     = casesTable.inserting(knownFails)
	updateCases     = casesTable.inserting(casesTable.knownReplaced([]string{"id"}, "source", "account", "location", "ext_id") + " WHERE cases.version = excluded.version - 1")
	insertRevisions = revisionsTable.inserting(knownFails)
	insertDrafts    = draftsTable.inserting(knownFails)
	insertApprovals = approvalsTable.inserting(approvalsTable.knownReplaced([]string{"case_id", "binding", "person"}))
	insertReplies   = repliesTable.inserting(repliesTable.knownReplaced([]string{"case_id", "binding"}, "approver", "source", "text"))
	insertMessages  = messagesTable.inserting(messagesTable.knownReplaced([]string{"case_id", "chat", "key"}))
	insertSources   = sourcesTable.inserting(sourcesTable.knownReplaced([]string{"name"}))
	insertReceipts  = receiptsTable.inserting(knownFails)
	insertEvents    = eventsTable.inserting(knownFails)
	insertTexts     = textsTable.inserting(knownFails)
)

// write sends the group's rows to the database. Parents go before children,
// and a case after the approval and reply it points at.
func (g *group) write(ctx context.Context) error {
	r := &g.rows
	for _, step := range []struct {
		in   *insertion
		rows [][]any
		all  bool // every row must be written
	}{
		{insertCases, r.newCases, true},
		{insertRevisions, r.revisions, true},
		{insertDrafts, r.drafts, true},
		{insertApprovals, r.approvals, true},
		{insertReplies, r.replies, true},
		{updateCases, r.cases, true},
		{insertReceipts, r.receipts, true},
		{insertEvents, r.events, true},
		{insertTexts, r.texts, true},
	} {
		n, err := step.in.run(ctx, g.s, step.rows)
		if err != nil {
			return err
		}
		if step.all && n != int64(len(step.rows)) {
			return fmt.Errorf("%w: %d of %d rows were written", review.ErrConflict, n, len(step.rows))
		}
	}
	if err := g.complete(ctx); err != nil {
		return err
	}
	if err := g.insertWork(ctx); err != nil {
		return err
	}
	if err := inTurn(r.messages, func(m []any) any { return [3]any{m[0], m[1], m[2]} }, func(rows [][]any) error {
		_, err := insertMessages.run(ctx, g.s, rows)
		return err
	}); err != nil {
		return err
	}
	return inTurn(r.sources, func(s []any) any { return s[0] }, func(rows [][]any) error {
		_, err := insertSources.run(ctx, g.s, rows)
		return err
	})
}

// inTurn hands items on in order, in stretches within which no key occurs
// twice: one statement must not meet a row twice.
func inTurn[T any](items []T, key func(T) any, write func([]T) error) error {
	seen := make(map[any]bool, len(items))
	from := 0
	for i, item := range items {
		k := key(item)
		if seen[k] {
			if err := write(items[from:i]); err != nil {
				return err
			}
			from = i
			clear(seen)
		}
		seen[k] = true
	}
	if from == len(items) {
		return nil
	}
	return write(items[from:])
}

// complete marks claimed work as done, or as due again if somebody asked for
// it meanwhile.
func (g *group) complete(ctx context.Context) error {
	done := g.rows.done
	return runs(len(done), func(from, length int) error {
		n, err := g.s.exec(ctx, completeWork+"("+marks(length)+")",
			append([]any{g.now.UnixMicro()}, done[from:from+length]...)...)
		if err == nil && n != int64(length) {
			err = fmt.Errorf("%w: %d of %d rows were completed", storage.ErrFenced, n, length)
		}
		return err
	})
}

// insertWork adds work, and re-arms what asks for it.
func (g *group) insertWork(ctx context.Context) error {
	key := func(w review.Work) any {
		return struct {
			kind review.WorkKind
			id   int64
			key  string
		}{w.Kind, w.Case, w.Key}
	}
	return inTurn(g.rows.work, key, func(work []review.Work) error {
		var once, again [][]any
		for _, w := range work {
			row := []any{ident(string(w.Kind)), w.Case, ident(w.Key), w.Due.UnixMicro(), label(w.Text)}
			if w.Again {
				again = append(again, row)
			} else {
				once = append(once, row)
			}
		}
		added, err := insertWork.run(ctx, g.s, once)
		if err != nil {
			return err
		}
		armed, err := rearmWork.run(ctx, g.s, again)
		g.woke = g.woke || added+armed > 0
		return err
	})
}

// finish moves the audit head to where the group's last entry left it.
func (g *group) finish(ctx context.Context) error {
	hash := g.hash
	_, err := g.s.exec(ctx, "UPDATE audit_head SET seq = ?, hash = ?, cases = ? WHERE id = 1", g.seq, hash[:], g.cases)
	return err
}
