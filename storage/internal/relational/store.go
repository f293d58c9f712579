package relational

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"github.com/evenkeel/evenkeel/internal/recent"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// Store implements [storage.Store] over database/sql.
type Store struct {
	d     *Dialect
	w     *writer
	read  *pool
	write *sql.DB
	fresh func() (*sql.DB, error) // opens connections for what takes long
	now   func() time.Time
	log   *slog.Logger

	wordings *wordings
}

var _ storage.Store = (*Store)(nil)

// New makes a store of a database whose schema is up to date. read may be the
// same as write, or a pool of connections that only read. The store owns both.
func New(write, read *sql.DB, d Dialect, o Options) *Store {
	o = o.withDefaults()
	return &Store{
		d: &d, w: newWriter(write, &d, o), read: newPool(read, &d), write: write, now: o.Now, log: o.Logger,
		wordings: recent.New[int64, versioned](maxWordings),
	}
}

// Commit implements [storage.Store].
func (st *Store) Commit(ctx context.Context, b *storage.Batch) error {
	p, err := pack(b)
	if err != nil {
		return err
	}
	it := &item{parcel: p, patient: b.Patient}
	if err := st.w.submit(ctx, it); err != nil {
		return err
	}
	if p.creates() {
		b.Change.Case.ID, b.Claimed = it.caseID, p.claimed
	}
	return nil
}

// through runs f inside a group's transaction.
func (st *Store) through(ctx context.Context, f func(context.Context, runner) error) error {
	return st.w.submit(ctx, &item{call: f})
}

// single runs f, which is one statement: by itself where several connections
// may write at once.
func (st *Store) single(ctx context.Context, f func(context.Context, runner) error) error {
	if st.d.Parallel {
		return st.explain(f(ctx, st.read))
	}
	return st.through(ctx, f)
}

// explain makes an error of the database fit for people, and leaves the ones
// that callers expect.
func (st *Store) explain(err error) error {
	switch {
	case err == nil, errors.Is(err, storage.ErrNotFound), errors.Is(err, storage.ErrFenced),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return st.d.Explain(err)
}

// Ping implements [storage.Store].
func (st *Store) Ping(ctx context.Context) error {
	return st.through(ctx, func(ctx context.Context, r runner) error {
		_, err := r.exec(ctx, "UPDATE audit_head SET seq = seq WHERE id = 1")
		return err
	})
}

// Prune implements [storage.Store].
func (st *Store) Prune(ctx context.Context, before time.Time) (int64, error) {
	var total int64
	for _, query := range st.pruned() {
		for more := true; more; {
			err := st.through(ctx, func(ctx context.Context, r runner) error {
				n, err := r.exec(ctx, query, before.UnixMicro(), int64(pruneStep))
				total += n
				more = n == pruneStep
				return err
			})
			if err != nil {
				return total, err
			}
		}
	}
	return total, nil
}

// pruneStep bounds how long one deletion keeps others waiting.
const pruneStep = 2000

func (st *Store) pruned() []string {
	queries := []string{
		"DELETE FROM work WHERE id IN (SELECT id FROM work WHERE done < ? LIMIT ?)",
		"DELETE FROM receipts WHERE (scope, id) IN (SELECT scope, id FROM receipts WHERE at < ? LIMIT ?)",
		"DELETE FROM sessions WHERE token IN (SELECT token FROM sessions WHERE expires < ? LIMIT ?)",
	}
	if st.d.Marks {
		queries = append(queries, "DELETE FROM commits WHERE id IN (SELECT id FROM commits WHERE at < ? LIMIT ?)")
	}
	return queries
}

// Close implements [storage.Store]: what is queued is still written.
func (st *Store) Close() error {
	st.w.close()
	err := st.read.db.Close()
	if st.write != st.read.db {
		err = errors.Join(err, st.write.Close())
	}
	return err
}

// Setting implements [storage.Store].
func (st *Store) Setting(ctx context.Context, name string) (string, error) {
	var value string
	err := one(ctx, st.read, []any{&value}, "SELECT value FROM settings WHERE name = ?", ident(name))
	if errNoRows(err) {
		return "", nil
	}
	return value, st.explain(err)
}

// Received implements [storage.Store].
func (st *Store) Received(ctx context.Context, scope, id string) (review.Digest, bool, error) {
	var body string
	err := one(ctx, st.read, []any{&body}, "SELECT body FROM receipts WHERE scope = ? AND id = ?", ident(scope), ident(id))
	if errNoRows(err) {
		return review.Digest{}, false, nil
	}
	if err != nil {
		return review.Digest{}, false, st.explain(err)
	}
	d, err := review.ParseDigest(body)
	return d, err == nil, err
}

// SetSetting implements [storage.Store]. An event without a verb is none.
func (st *Store) SetSetting(ctx context.Context, name, value string, e review.Event) error {
	b := &storage.Batch{}
	if e.Verb != "" {
		b.Events = []review.Event{e}
	}
	p, err := pack(b)
	if err != nil {
		return err
	}
	return st.w.submit(ctx, &item{parcel: p, call: func(ctx context.Context, r runner) error {
		_, err := insertSettings.run(ctx, r, [][]any{{ident(name), label(value)}})
		return err
	}})
}
