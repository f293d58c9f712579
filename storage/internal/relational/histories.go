package relational

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/evenkeel/evenkeel/review"
)

// Revisions implements [storage.Store].
func (st *Store) Revisions(ctx context.Context, id int64) ([]review.Review, error) {
	out, err := collect(ctx, st.read, func(rows *sql.Rows) (review.Review, error) {
		var r rawReview
		if err := rows.Scan(&r.doc, &r.title, &r.body, &r.raw); err != nil {
			return review.Review{}, err
		}
		return r.review()
	}, "SELECT doc, title, body, raw FROM revisions WHERE case_id = ? ORDER BY n", id)
	return out, st.explain(err)
}

// Drafts implements [storage.Store]. An erased draft has no text.
func (st *Store) Drafts(ctx context.Context, id int64) ([]review.Draft, error) {
	out, err := collect(ctx, st.read, func(rows *sql.Rows) (d review.Draft, err error) {
		err = scanDoc(rows, &d, &d.Text)
		return d, err
	}, "SELECT doc, text FROM drafts WHERE case_id = ? ORDER BY n", id)
	return out, st.explain(err)
}

// Approvals implements [storage.Store].
func (st *Store) Approvals(ctx context.Context, id int64) ([]review.Approval, error) {
	out, err := collect(ctx, st.read, func(rows *sql.Rows) (a review.Approval, err error) {
		err = scanDoc(rows, &a, new(string))
		return a, err
	}, "SELECT doc, NULL FROM approvals WHERE case_id = ? ORDER BY at, draft, person", id)
	return out, st.explain(err)
}

// Replies implements [storage.Store].
func (st *Store) Replies(ctx context.Context, id int64) ([]review.Reply, error) {
	return st.replies(ctx, "SELECT doc, text FROM replies WHERE case_id = ? ORDER BY intent, draft", id)
}

// RecentReplies implements [storage.Store].
func (st *Store) RecentReplies(ctx context.Context, source string, limit int) ([]review.Reply, error) {
	return st.replies(ctx, `SELECT doc, text FROM replies WHERE source = ? AND answered IS NOT NULL AND problem = ''
		ORDER BY answered DESC, case_id DESC LIMIT ?`, ident(source), int64(max(limit, 0)))
}

// Rounds implements [storage.Numbers].
func (st *Store) Rounds(ctx context.Context, reviewer string, except int64) (int, error) {
	if reviewer == "" {
		return 0, nil
	}
	n, err := collect(ctx, st.read, func(rows *sql.Rows) (n int, err error) {
		err = rows.Scan(&n)
		return n, err
	}, "SELECT COUNT(*) FROM replies WHERE reviewer = ? AND reviewer <> '' AND case_id <> ? AND answered IS NOT NULL AND problem = ''", reviewer, except)
	if err != nil {
		return 0, st.explain(err)
	}
	return n[0], nil
}

func (st *Store) replies(ctx context.Context, query string, args ...any) ([]review.Reply, error) {
	out, err := collect(ctx, st.read, func(rows *sql.Rows) (r review.Reply, err error) {
		err = scanDoc(rows, &r, &r.Text)
		return r, err
	}, query, args...)
	return out, st.explain(err)
}

// scanDoc reads a JSON document and the words that stand beside it.
func scanDoc(rows *sql.Rows, into any, text *string) error {
	var doc string
	var words []byte
	if err := rows.Scan(&doc, &words); err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(doc), into); err != nil {
		return fmt.Errorf("a stored record cannot be read: %w", err)
	}
	*text = string(words)
	return nil
}
