package relational

import (
	"context"
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/review"
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
	insertSettings  = (&table{"settings", []string{"name", "value"}}).inserting(" ON CONFLICT (name) DO UPDATE SET value = excluded.value")
	insertTexts     = textsTable.inserting(knownFails)
)

// plan is what a group sends to the database, all at once.
type plan struct {
	list []Statement
	want []int64 // rows that each must write, -1 for any number
	wake []kinds // of work that is due now, if any of it is written
}

func (p *plan) add(want int64, s Statement) {
	p.list, p.want, p.wake = append(p.list, s), append(p.want, want), append(p.wake, nil)
}

// insert adds rows, every one of which must be written.
func (p *plan) insert(in *insertion, rows [][]any) {
	for _, s := range in.plan(rows) {
		p.add(int64(len(s.Args)/in.cols), s)
	}
}

// write sends the group's rows to the database and moves the audit head to the
// last entry. Parents go before children, and a case after the approval and
// reply it points at.
func (g *group) write(ctx context.Context) error {
	r, p := &g.rows, &plan{}
	if err := g.insertClaimed(ctx); err != nil {
		return err
	}
	p.insert(insertCases, r.newCases)
	p.insert(insertRevisions, r.revisions)
	p.insert(insertDrafts, r.drafts)
	p.insert(insertApprovals, r.approvals)
	p.insert(insertReplies, r.replies)
	p.insert(updateCases, r.cases)
	p.insert(insertReceipts, r.receipts)
	p.insert(insertEvents, r.events)
	p.insert(insertTexts, r.texts)
	p.complete(r.done, g.now)
	p.insertWork(r.work, g.now)
	inTurn(r.messages, func(m []any) any { return [3]any{m[0], m[1], m[2]} }, func(rows [][]any) { p.insert(insertMessages, rows) })
	inTurn(r.sources, func(s []any) any { return s[0] }, func(rows [][]any) { p.insert(insertSources, rows) })
	inTurn(r.settings, func(s []any) any { return s[0] }, func(rows [][]any) { p.insert(insertSettings, rows) })
	hash := g.hash
	p.add(1, Statement{Query: "UPDATE audit_head SET seq = ?, hash = ?, cases = ? WHERE id = 1", Args: []any{g.seq, hash[:], g.cases}})
	wrote, err := g.s.all(ctx, p.list)
	if err != nil {
		return err
	}
	for i, n := range wrote {
		if p.want[i] >= 0 && n != p.want[i] {
			return fmt.Errorf("%w: %.30q wrote %d rows, not %d", review.ErrConflict, p.list[i].Query, n, p.want[i])
		}
		if n > 0 {
			for _, kind := range p.wake[i] {
				g.woke.add(kind)
			}
		}
	}
	return nil
}

// inTurn hands items on in order, in stretches within which no key occurs
// twice: one statement must not meet a row twice.
func inTurn[T any](items []T, key func(T) any, write func([]T)) {
	seen := make(map[any]bool, len(items))
	from := 0
	for i, item := range items {
		k := key(item)
		if seen[k] {
			write(items[from:i])
			from = i
			clear(seen)
		}
		seen[k] = true
	}
	if from < len(items) {
		write(items[from:])
	}
}

// complete marks claimed work as done, or as due again if somebody asked for
// it meanwhile.
func (p *plan) complete(done []any, now time.Time) {
	_ = runs(len(done), func(from, length int) error {
		p.add(int64(length), Statement{
			Query: completeWork + "(" + marks(length) + ")",
			Args:  append([]any{now.UnixMicro()}, done[from:from+length]...),
		})
		return nil
	})
}

// insertWork adds work, and re-arms what asks for it.
func (p *plan) insertWork(work []review.Work, now time.Time) {
	for _, s := range together(work) {
		var once, again workRows
		for _, w := range s {
			if w.Again {
				again.add(w, now)
			} else {
				once.add(w, now)
			}
		}
		p.insertRows(insertWork, once)
		p.insertRows(rearmWork, again)
	}
}

// together folds work that is asked for several times, as every review of a
// burst does, into what comes of it: of work to be done once the first asking
// counts, and of work that is re-armed the earliest time and the last text.
// What asks in both ways for one row is left in its turn: it stands in stretches
// of which each has a row once.
func together(work []review.Work) [][]review.Work {
	type identity struct {
		kind review.WorkKind
		id   int64
		key  string
	}
	var out [][]review.Work
	stretch := make([]review.Work, 0, len(work))
	at := make(map[identity]int, len(work)) // in the stretch
	for _, w := range work {
		i := identity{w.Kind, w.Case, w.Key}
		n, known := at[i]
		switch {
		case known && stretch[n].Again != w.Again:
			out = append(out, stretch)
			stretch = nil
			clear(at)
			known = false
		case known && w.Again:
			if w.Due.Before(stretch[n].Due) {
				stretch[n].Due = w.Due
			}
			stretch[n].Text = w.Text
		}
		if !known {
			at[i] = len(stretch)
			stretch = append(stretch, w)
		}
	}
	return append(out, stretch)
}

// workRows is work as it is written, with the kinds of what is due now.
type workRows struct {
	rows [][]any
	due  kinds
}

func (r *workRows) add(w review.Work, now time.Time) {
	r.rows = append(r.rows, []any{ident(string(w.Kind)), w.Case, ident(w.Key), w.Due.UnixMicro(), label(w.Text)})
	if !w.Due.After(now) {
		r.due.add(w.Kind)
	}
}

func (p *plan) insertRows(in *insertion, r workRows) {
	for _, s := range in.plan(r.rows) {
		p.add(-1, s)
		p.wake[len(p.wake)-1] = r.due
	}
}
