package relational

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/audit"
)

// maxEvents bounds one page of the audit log.
const maxEvents = 10_000

// Events implements [storage.Store]. A limit of 0 is 1,000; more than 10,000
// are never read at once.
func (st *Store) Events(ctx context.Context, id, after int64, limit int) ([]audit.Entry, error) {
	if limit <= 0 {
		limit = 1000
	}
	where, args := "seq > ?", []any{after}
	if id != 0 {
		where, args = "case_id = ? AND seq > ?", []any{id, after}
	}
	out, err := collect(ctx, st.read, scanEvent,
		"SELECT seq, at, case_id, actor, verb, from_status, to_status, detail, prev, hash FROM events WHERE "+where+" ORDER BY seq LIMIT ?",
		append(args, int64(min(limit, maxEvents)))...)
	return out, st.explain(err)
}

func scanEvent(rows *sql.Rows) (audit.Entry, error) {
	var e audit.Entry
	var at int64
	var detail string
	var prev, hash []byte
	if err := rows.Scan(&e.Seq, &at, &e.Case, &e.Actor, &e.Verb, &e.From, &e.To, &detail, &prev, &hash); err != nil {
		return e, err
	}
	e.At = time.UnixMicro(at).UTC()
	copy(e.Prev[:], prev)
	copy(e.Hash[:], hash)
	if detail == "" {
		return e, nil
	}
	if err := json.Unmarshal([]byte(detail), &e.Detail); err != nil {
		return e, fmt.Errorf("audit entry %d cannot be read: %w", e.Seq, err)
	}
	return e, nil
}

// Texts implements [storage.Store].
func (st *Store) Texts(ctx context.Context, seq int64) (map[string]string, error) {
	type text struct {
		name string
		body []byte
	}
	texts, err := collect(ctx, st.read, func(rows *sql.Rows) (t text, err error) {
		err = rows.Scan(&t.name, &t.body)
		return t, err
	}, "SELECT name, body FROM texts WHERE seq = ?", seq)
	out := make(map[string]string, len(texts))
	for _, t := range texts {
		out[t.name] = string(t.body)
	}
	return out, st.explain(err)
}

// Head implements [storage.Store].
func (st *Store) Head(ctx context.Context) (int64, review.Digest, error) {
	var seq int64
	var hash []byte
	var d review.Digest
	err := one(ctx, st.read, []any{&seq, &hash}, "SELECT seq, hash FROM audit_head WHERE id = 1")
	copy(d[:], hash)
	return seq, d, st.explain(err)
}
