package relational

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// selectCases reads whole cases; a WHERE follows.
const selectCases = `SELECT c.id, c.version, c.status, c.doc, r.doc, r.title, r.body
	FROM cases c JOIN revisions r ON r.case_id = c.id AND r.n = c.revision `

func scanCase(rows *sql.Rows) (review.Case, error) {
	var c review.Case
	var id, version int64
	var status, doc string
	var r rawReview
	if err := rows.Scan(&id, &version, &status, &doc, &r.doc, &r.title, &r.body); err != nil {
		return c, err
	}
	if err := json.Unmarshal([]byte(doc), &c); err != nil {
		return c, fmt.Errorf("case #%d cannot be read: %w", id, err)
	}
	var err error
	c.ID, c.Version, c.Status = id, version, review.Status(status)
	c.Review, err = r.review()
	return c, err
}

// rawReview is a revision's columns.
type rawReview struct {
	doc              string
	title, body, raw []byte
}

func (r *rawReview) review() (review.Review, error) {
	var v review.Review
	if err := json.Unmarshal([]byte(r.doc), &v); err != nil {
		return v, fmt.Errorf("a revision cannot be read: %w", err)
	}
	v.Title, v.Body, v.Raw = string(r.title), string(r.body), r.raw
	return v, nil
}

// Case implements [storage.Store]. What was received raw is left out; see
// Revisions.
func (st *Store) Case(ctx context.Context, id int64) (review.Case, error) {
	return st.firstCase(ctx, "WHERE c.id = ?", id)
}

// CaseOf implements [storage.Store].
func (st *Store) CaseOf(ctx context.Context, key review.Key) (review.Case, error) {
	k := keyColumns(key)
	return st.firstCase(ctx, "WHERE c.source = ? AND c.account = ? AND c.location = ? AND c.ext_id = ?", k.source, k.account, k.location, k.id)
}

func (st *Store) firstCase(ctx context.Context, where string, args ...any) (review.Case, error) {
	cases, err := collect(ctx, st.read, scanCase, selectCases+where, args...)
	switch {
	case err != nil:
		return review.Case{}, st.explain(err)
	case len(cases) == 0:
		return review.Case{}, storage.ErrNotFound
	}
	return cases[0], nil
}

// Cases implements [storage.Store]. Each status asked for is read along its
// own index, so a few open cases are found at once among many closed ones.
func (st *Store) Cases(ctx context.Context, q storage.Query) ([]review.Case, error) {
	limit := int64(min(max(q.Limit, 0), 1000))
	if limit == 0 {
		limit = 50
	}
	order, beyond := "DESC", "id < ?"
	if q.Oldest {
		order, beyond = "ASC", "id > ?"
	}
	var conds []string
	var args []any
	only := func(cond string, arg any) {
		conds, args = append(conds, cond), append(args, arg)
	}
	if q.Source != "" {
		only("source = ?", ident(q.Source))
	}
	if q.Owner != "" {
		only("owner = ?", ident(string(q.Owner)))
	}
	if q.Critical {
		only("critical = ?", int64(1))
	}
	if q.Cause != "" {
		only("cause = ?", label(q.Cause))
	}
	if q.After != 0 {
		only(beyond, q.After)
	}
	if q.Tasks {
		conds = append(conds, "tasks > 0")
	}
	pick := func(status []string) string {
		where := strings.Join(append(status, conds...), " AND ")
		if where != "" {
			where = " WHERE " + where
		}
		return "SELECT id FROM cases" + where + " ORDER BY id " + order + " LIMIT ?"
	}
	var picks []string
	var all []any
	for _, s := range q.Status {
		picks = append(picks, "SELECT id FROM ("+pick([]string{"status = ?"})+") AS one")
		all = append(append(append(all, string(s)), args...), limit)
	}
	inner := strings.Join(picks, " UNION ALL ")
	if len(picks) == 0 {
		inner, all = pick(nil), append(args, limit)
	}
	cases, err := collect(ctx, st.read, scanCase,
		selectCases+"WHERE c.id IN ("+inner+") ORDER BY c.id "+order+" LIMIT ?", append(all, limit)...)
	return cases, st.explain(err)
}

// CountByStatus implements [storage.Store].
func (st *Store) CountByStatus(ctx context.Context) (map[review.Status]int, error) {
	type count struct {
		status review.Status
		n      int
	}
	counts, err := collect(ctx, st.read, func(rows *sql.Rows) (c count, err error) {
		err = rows.Scan(&c.status, &c.n)
		return c, err
	}, "SELECT status, COUNT(*) FROM cases GROUP BY status")
	out := make(map[review.Status]int, len(counts))
	for _, c := range counts {
		out[c.status] = c.n
	}
	return out, st.explain(err)
}
