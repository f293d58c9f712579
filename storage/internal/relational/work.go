package relational

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// A row of work waits (done and lease NULL), is claimed (lease set), or is done
// (done set). It is inserted once; what asks for work again finds it in one of
// these states:
//
//	done     it waits again, until the new time
//	claimed  it is marked, and waits again once it is completed; being taken
//	         over counts as a fresh start and clears the mark
//	waiting  it is brought forward to the new time if that is earlier, unless
//	         it waits after a failure: back-off stands
//
// A row that would stay as it is is not written: every review of a burst asks
// for the same look at all of them.
var (
	workTable  = &table{"work", []string{"kind", "case_id", "key", "due", "text"}}
	insertWork = workTable.inserting(knownIgnored)
	rearmWork  = workTable.inserting(` ON CONFLICT (kind, case_id, key) DO UPDATE SET
		text = excluded.text,
		due = CASE WHEN work.done IS NOT NULL THEN excluded.due
			WHEN work.lease IS NULL AND work.failures = 0 AND excluded.due < work.due THEN excluded.due
			ELSE work.due END,
		again = CASE WHEN work.lease IS NULL THEN NULL
			WHEN work.again < excluded.due THEN work.again
			ELSE excluded.due END,
		attempts = CASE WHEN work.done IS NOT NULL THEN 0 ELSE work.attempts END,
		failures = CASE WHEN work.done IS NOT NULL THEN 0 ELSE work.failures END,
		problem = CASE WHEN work.done IS NOT NULL THEN '' ELSE work.problem END,
		done = NULL
		WHERE work.done IS NOT NULL OR excluded.text <> work.text
			OR work.lease IS NULL AND work.failures = 0 AND excluded.due < work.due
			OR work.lease IS NOT NULL AND (work.again IS NULL OR excluded.due < work.again)`)
)

const completeWork = `UPDATE work SET
		done = CASE WHEN again IS NULL THEN CAST(? AS BIGINT) END,
		due = COALESCE(again, due),
		attempts = CASE WHEN again IS NULL THEN attempts ELSE 0 END,
		failures = CASE WHEN again IS NULL THEN failures ELSE 0 END,
		problem = CASE WHEN again IS NULL THEN problem ELSE '' END,
		lease = NULL, worker = '', again = NULL
	WHERE id IN `

// ReleaseLeases gives all claimed work back: for a database that only one
// process uses, whose earlier process is dead.
func (st *Store) ReleaseLeases(ctx context.Context) error {
	return st.through(ctx, func(ctx context.Context, r runner) error {
		_, err := r.exec(ctx, "UPDATE work SET lease = NULL, worker = '', again = NULL WHERE lease IS NOT NULL")
		return err
	})
}

// Claim implements [storage.Store].
func (st *Store) Claim(ctx context.Context, c storage.Claim) ([]storage.Job, error) {
	if len(c.Kinds) == 0 || c.Limit <= 0 {
		return nil, nil
	}
	// The limit stands in the text: SQLite prepares a statement anew whenever
	// a limit is bound to it.
	limit := strconv.Itoa(c.Limit)
	var picks []string
	var args []any
	for _, k := range c.Kinds {
		for _, ready := range []string{
			"kind = ? AND done IS NULL AND lease IS NULL AND due <= ? ORDER BY due, id",
			"kind = ? AND lease IS NOT NULL AND lease <= ? ORDER BY lease, id",
		} {
			picks = append(picks, "SELECT * FROM (SELECT id AS pick, due AS since FROM work WHERE "+ready+" LIMIT "+limit+st.d.SkipTaken+") AS ready")
			args = append(args, ident(string(k)), c.Now.UnixMicro())
		}
	}
	query := "WITH picked AS MATERIALIZED (SELECT pick FROM (" + strings.Join(picks, " UNION ALL ") + `) AS one ORDER BY since, pick LIMIT ` + limit + `)
		UPDATE work SET lease = ?, worker = ?, fence = fence + 1, attempts = attempts + 1, again = NULL
		FROM picked WHERE id = pick
		RETURNING id, kind, case_id, key, text, due, attempts, failures, fence`
	args = append(args, c.Now.Add(c.Lease).UnixMicro(), label(c.Worker))
	var jobs []storage.Job
	err := st.single(ctx, func(ctx context.Context, r runner) (err error) {
		jobs, err = collect(ctx, r, scanJob, query, args...)
		return err
	})
	if err != nil {
		return nil, err // what was read of a claim that was not written is nobody's
	}
	slices.SortFunc(jobs, func(a, b storage.Job) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID))
	})
	return jobs, nil
}

func scanJob(rows *sql.Rows) (storage.Job, error) {
	var j storage.Job
	var due int64
	err := rows.Scan(&j.ID, &j.Kind, &j.Case, &j.Key, &j.Text, &due, &j.Attempts, &j.Failures, &j.Fence)
	j.Due = time.UnixMicro(due).UTC()
	return j, err
}

// Retry implements [storage.Store].
func (st *Store) Retry(ctx context.Context, j storage.Job, due time.Time, problem string) error {
	return st.held(ctx, `UPDATE work SET due = ?, problem = ?, attempts = ?, failures = failures + 1, lease = NULL, worker = '', again = NULL
		WHERE id = ? AND fence = ? AND lease IS NOT NULL`, due.UnixMicro(), label(problem), j.Attempts, j.ID, j.Fence)
}

// Extend implements [storage.Store].
func (st *Store) Extend(ctx context.Context, j storage.Job, until time.Time) error {
	return st.held(ctx, "UPDATE work SET lease = ? WHERE id = ? AND fence = ? AND lease IS NOT NULL", until.UnixMicro(), j.ID, j.Fence)
}

// held changes one claimed row, if it is still held.
func (st *Store) held(ctx context.Context, query string, args ...any) error {
	return st.single(ctx, func(ctx context.Context, r runner) error {
		n, err := r.exec(ctx, query, args...)
		if err == nil && n == 0 {
			return storage.ErrFenced
		}
		return err
	})
}

// NextDue implements [storage.Store].
func (st *Store) NextDue(ctx context.Context, kinds []review.WorkKind) (time.Time, bool, error) {
	if len(kinds) == 0 {
		return time.Time{}, false, nil
	}
	var each []string
	var args []any
	for _, k := range kinds {
		each = append(each,
			"SELECT * FROM (SELECT due AS moment FROM work WHERE kind = ? AND done IS NULL AND lease IS NULL ORDER BY due LIMIT 1) AS waiting",
			"SELECT * FROM (SELECT lease AS moment FROM work WHERE kind = ? AND lease IS NOT NULL ORDER BY lease LIMIT 1) AS claimed")
		args = append(args, ident(string(k)), ident(string(k)))
	}
	var next sql.NullInt64
	err := one(ctx, st.read, []any{&next}, "SELECT MIN(moment) FROM ("+strings.Join(each, " UNION ALL ")+") AS one", args...)
	return moment(next), next.Valid, st.explain(err)
}

// DueKinds implements [storage.Store].
func (st *Store) DueKinds(ctx context.Context, kinds []review.WorkKind, now time.Time) ([]review.WorkKind, error) {
	if len(kinds) == 0 {
		return nil, nil
	}
	var each []string
	var args []any
	for _, k := range kinds {
		each = append(each,
			"SELECT * FROM (SELECT kind FROM work WHERE kind = ? AND done IS NULL AND lease IS NULL AND due <= ? LIMIT 1) AS waiting",
			"SELECT * FROM (SELECT kind FROM work WHERE kind = ? AND lease IS NOT NULL AND lease <= ? LIMIT 1) AS claimed")
		args = append(args, ident(string(k)), now.UnixMicro(), ident(string(k)), now.UnixMicro())
	}
	due, err := collect(ctx, st.read, func(rows *sql.Rows) (k review.WorkKind, err error) {
		err = rows.Scan(&k)
		return k, err
	}, strings.Join(each, " UNION "), args...)
	return due, st.explain(err)
}

// Pending implements [storage.Store].
func (st *Store) Pending(ctx context.Context) (map[review.WorkKind]storage.PendingWork, error) {
	type row struct {
		kind review.WorkKind
		storage.PendingWork
	}
	rows, err := collect(ctx, st.read, func(rows *sql.Rows) (r row, err error) {
		var oldest int64
		err = rows.Scan(&r.kind, &r.Count, &oldest, &r.Tried)
		r.Oldest = time.UnixMicro(oldest).UTC()
		return r, err
	}, `SELECT kind, COUNT(*), MIN(due), COUNT(CASE WHEN failures > 0 THEN 1 END) FROM work WHERE done IS NULL GROUP BY kind`)
	out := make(map[review.WorkKind]storage.PendingWork, len(rows))
	for _, r := range rows {
		out[r.kind] = r.PendingWork
	}
	return out, st.explain(err)
}

// Wake implements [storage.Store].
func (st *Store) Wake() <-chan struct{} { return st.w.wake }

// Woken implements [storage.Store].
func (st *Store) Woken() []review.WorkKind { return st.w.woken.take() }

// errNoRows tells whether nothing was found.
func errNoRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }
