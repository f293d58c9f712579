package relational

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"sync"
)

// runner is what queries run on: the writer's own connection or a pool.
type runner interface {
	exec(ctx context.Context, query string, args ...any) (int64, error)
	query(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// session is one connection with its prepared statements. It belongs to one
// goroutine.
type session struct {
	d     *Dialect
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	texts map[string]string // queries with the dialect's parameters
}

func openSession(ctx context.Context, db *sql.DB, d *Dialect) (*session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	s := &session{d: d, conn: conn, stmts: make(map[string]*sql.Stmt), texts: make(map[string]string)}
	for _, q := range d.Prepare {
		if _, err := conn.ExecContext(ctx, q); err != nil {
			s.discard()
			return nil, err
		}
	}
	return s, nil
}

// discard closes the connection for good: it may be broken or inside a
// transaction, so it must not go back to its pool.
func (s *session) discard() {
	for _, st := range s.stmts {
		_ = st.Close()
	}
	_ = s.conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = s.conn.Close()
}

func (s *session) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if st, ok := s.stmts[query]; ok {
		return st, nil
	}
	st, err := s.conn.PrepareContext(ctx, s.bound(query))
	if err != nil {
		return nil, fmt.Errorf("preparing %.60q: %w", query, err)
	}
	s.stmts[query] = st
	return st, nil
}

func (s *session) exec(ctx context.Context, query string, args ...any) (int64, error) {
	st, err := s.stmt(ctx, query)
	if err != nil {
		return 0, err
	}
	res, err := st.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// bound is a query with the dialect's parameters.
func (s *session) bound(query string) string {
	b, ok := s.texts[query]
	if !ok {
		b = s.d.bind(query)
		s.texts[query] = b
	}
	return b
}

// all executes statements in their order and returns how many rows each wrote;
// in one round trip where the dialect can.
func (s *session) all(ctx context.Context, list []Statement) ([]int64, error) {
	if s.d.Pipeline != nil {
		for i := range list {
			list[i].Query = s.bound(list[i].Query)
		}
		return s.d.Pipeline(ctx, s.conn, list)
	}
	wrote := make([]int64, len(list))
	for i, st := range list {
		n, err := s.exec(ctx, st.Query, st.Args...)
		if err != nil {
			return nil, err
		}
		wrote[i] = n
	}
	return wrote, nil
}

func (s *session) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	st, err := s.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return st.QueryContext(ctx, args...)
}

// pool is a set of connections with prepared statements.
type pool struct {
	d     *Dialect
	db    *sql.DB
	mu    sync.RWMutex
	stmts map[string]*sql.Stmt
}

func newPool(db *sql.DB, d *Dialect) *pool {
	return &pool{d: d, db: db, stmts: make(map[string]*sql.Stmt)}
}

func (p *pool) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	p.mu.RLock()
	st, ok := p.stmts[query]
	p.mu.RUnlock()
	if ok {
		return st, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if st, ok := p.stmts[query]; ok {
		return st, nil
	}
	st, err := p.db.PrepareContext(ctx, p.d.bind(query))
	if err != nil {
		return nil, err
	}
	p.stmts[query] = st
	return st, nil
}

func (p *pool) exec(ctx context.Context, query string, args ...any) (int64, error) {
	st, err := p.stmt(ctx, query)
	if err != nil {
		return 0, err
	}
	res, err := st.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// stale is how many dead connections a query may meet. After a restart of the
// server a pool is full of them, and each is found out by being used.
const stale = 16

func (p *pool) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	for try := 1; ; try++ {
		st, err := p.stmt(ctx, query)
		var rows *sql.Rows
		if err == nil {
			rows, err = st.QueryContext(ctx, args...)
		}
		if err == nil || try == stale || ctx.Err() != nil || p.d.Judge(err) != Lost {
			return rows, err
		}
	}
}

// each runs a query and scans every row.
func each(ctx context.Context, r runner, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := r.query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// collect is what the rows of a query hold, in their order.
func collect[T any](ctx context.Context, r runner, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	var out []T
	err := each(ctx, r, func(rows *sql.Rows) error {
		v, err := scan(rows)
		out = append(out, v)
		return err
	}, query, args...)
	if err != nil {
		return nil, err
	}
	return out, nil
}
