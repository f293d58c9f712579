package relational

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/storage"
)

// copied are the tables that a copy takes, in an order in which nothing names
// what is not there yet; cases come first, without the approval and reply that
// they name, which are set at the end. A test holds the list against the schemas.
var copied = []string{
	"cases", "revisions", "drafts", "approvals", "replies", "events", "texts", "work", "messages",
	"sources", "receipts", "settings", "notes", "sessions", "ledger", "audit_head",
}

// counted are the tables that follow from the others, and those of the
// database's own bookkeeping.
var counted = []string{"tally", "tallies", "rollups", "words", "commits", "goose_db_version"}

// afterCopy has the sums and the index counted anew, as after their migration.
const afterCopy = `UPDATE tally SET gen = gen + 1, seq = (SELECT seq FROM audit_head), walk = 0,
	walk_end = (SELECT cases FROM audit_head), note = (SELECT COALESCE(MAX(id), 0) FROM notes) WHERE id = 1`

// NotEmptyError says that a copy's target has something in it.
type NotEmptyError struct{ Table string }

func (e *NotEmptyError) Error() string {
	return fmt.Sprintf("the target is not empty: its table %s has rows. Name a new database", e.Table)
}

// base finds the store below a backend's.
func (st *Store) base() *Store { return st }

// Fresh tells how to open a connection of its own, for what takes long.
func (st *Store) Fresh(open func() (*sql.DB, error)) { st.fresh = open }

// CopyTo implements [storage.Upkeep].
func (st *Store) CopyTo(ctx context.Context, target storage.Store, progress func(storage.Copied)) ([]storage.Copied, error) {
	to, ok := target.(interface{ base() *Store })
	if !ok {
		return nil, fmt.Errorf("the target is a %T, which takes no copies", target)
	}
	if progress == nil {
		progress = func(storage.Copied) {}
	}
	c := &copying{progress: progress, sums: make(map[string]sum)}
	err := st.transact(ctx, true, func(from *end) error {
		return to.base().transact(ctx, false, func(to *end) error { return c.run(ctx, from, to) })
	})
	return c.done, err
}

// end is one side of a copy.
type end struct {
	d    *Dialect
	conn *sql.Conn
}

func (e *end) exec(ctx context.Context, query string, args ...any) error {
	_, err := e.conn.ExecContext(ctx, e.d.bind(query), args...)
	return err
}

// transact runs f in a transaction on a connection of its own: one that sees
// a single moment, or one that writes.
func (st *Store) transact(ctx context.Context, snapshot bool, f func(*end) error) (err error) {
	db, err := st.fresh()
	if err != nil {
		return st.explain(err)
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return st.explain(err)
	}
	defer conn.Close()
	begin := st.d.CopyInto
	if snapshot {
		begin = st.d.CopyFrom
	}
	e := &end{st.d, conn}
	for _, query := range begin {
		if err := e.exec(ctx, query); err != nil {
			return st.explain(err)
		}
	}
	finish := "COMMIT"
	if err = f(e); err != nil {
		finish = "ROLLBACK"
	}
	_, ended := conn.ExecContext(context.WithoutCancel(ctx), finish)
	if err != nil {
		return err
	}
	return st.explain(ended)
}

// sum is a digest of a table's rows, whatever their order, and their number.
type sum struct {
	rows  int64
	parts [4]uint64
}

func (s *sum) add(row []any) {
	h := sha256.New()
	var n [8]byte
	put := func(kind byte, b []byte) {
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		h.Write([]byte{kind})
		h.Write(n[:])
		h.Write(b)
	}
	for _, v := range row {
		switch v := v.(type) {
		case nil:
			put('n', nil)
		case int64:
			put('i', binary.BigEndian.AppendUint64(nil, uint64(v)))
		case float64:
			put('f', binary.BigEndian.AppendUint64(nil, math.Float64bits(v)))
		case string:
			put('s', []byte(v))
		case []byte:
			put('b', v)
		default:
			put('?', fmt.Append(nil, v))
		}
	}
	d := h.Sum(nil)
	for i := range s.parts {
		s.parts[i] += binary.BigEndian.Uint64(d[8*i:])
	}
	s.rows++
}

// copying is one copy under way.
type copying struct {
	progress func(storage.Copied)
	sums     map[string]sum
	done     []storage.Copied
	later    [][]any // of cases: the named columns, and the id
}

func (c *copying) run(ctx context.Context, from, to *end) error {
	if err := empty(ctx, to); err != nil {
		return err
	}
	if err := to.exec(ctx, "DELETE FROM audit_head"); err != nil {
		return err
	}
	columns := make(map[string][]string)
	for _, table := range copied {
		cols, err := c.table(ctx, from, to, table)
		if err != nil {
			return fmt.Errorf("copying %s: %w", table, err)
		}
		columns[table] = cols
	}
	for _, query := range append([]string{afterCopy}, to.d.AfterCopy...) {
		if err := to.exec(ctx, query); err != nil {
			return err
		}
	}
	// What was written is read back, column by column, before it counts.
	for _, table := range copied {
		var back sum
		if err := read(ctx, to, table, columns[table], func(row []any) error { back.add(row); return nil }); err != nil {
			return err
		}
		if back != c.sums[table] {
			return fmt.Errorf("the table %s did not come back as it was written (%d rows of %d); nothing was copied", table, back.rows, c.sums[table].rows)
		}
	}
	return nil
}

func empty(ctx context.Context, e *end) error {
	for _, table := range copied {
		if table == "audit_head" {
			continue
		}
		var n int64
		err := e.conn.QueryRowContext(ctx, "SELECT 1 FROM "+table+" LIMIT 1").Scan(&n)
		switch {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			return err
		default:
			return &NotEmptyError{table}
		}
	}
	return nil
}

// named are columns of a case that name rows of tables that come after it, and
// the status that asks for them.
var named = []string{"status", "binding", "approver", "reply"}

func (c *copying) table(ctx context.Context, from, to *end, name string) ([]string, error) {
	cols, err := columnsOf(ctx, from, name)
	if err != nil {
		return nil, err
	}
	var s sum
	rows := make([][]any, 0, maxRows)
	flush := func() error {
		err := runs(len(rows), func(at, length int) error {
			query := "INSERT INTO " + name + " (" + strings.Join(cols, ", ") + ")" + to.d.Overriding + " VALUES " + tuples(length, len(cols))
			return to.exec(ctx, query, slices.Concat(rows[at:at+length]...)...)
		})
		rows = rows[:0]
		return err
	}
	err = read(ctx, from, name, cols, func(row []any) error {
		s.add(row)
		if name == "cases" {
			c.postpone(cols, row)
		}
		if rows = append(rows, row); len(rows) < maxRows {
			return nil
		}
		if s.rows%(64*maxRows) == 0 {
			c.progress(storage.Copied{Table: name, Rows: s.rows})
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	if err == nil && name == "replies" {
		err = c.settle(ctx, to)
	}
	if err != nil {
		return nil, err
	}
	c.sums[name] = s
	c.done = append(c.done, storage.Copied{Table: name, Rows: s.rows})
	c.progress(c.done[len(c.done)-1])
	return cols, nil
}

// postpone takes out of a case's row what names later rows, for settle.
func (c *copying) postpone(cols []string, row []any) {
	at := func(name string) *any { return &row[slices.Index(cols, name)] }
	if *at("binding") == nil && *at("reply") == nil {
		return
	}
	later := make([]any, 0, len(named)+1)
	for _, name := range named {
		later = append(later, *at(name))
		*at(name) = nil
	}
	*at("status") = "seeded"
	c.later = append(c.later, append(later, *at("id")))
}

// settle gives the cases back what postpone took.
func (c *copying) settle(ctx context.Context, to *end) error {
	query := "UPDATE cases SET " + strings.Join(named, " = ?, ") + " = ? WHERE id = ?"
	for _, args := range c.later {
		if err := to.exec(ctx, query, args...); err != nil {
			return err
		}
	}
	c.later = nil
	return nil
}

func columnsOf(ctx context.Context, e *end, table string) ([]string, error) {
	rows, err := e.conn.QueryContext(ctx, "SELECT * FROM "+table+" LIMIT 0") //nolint:gosec // a table of the schema
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	cols, err := rows.Columns()
	return cols, errors.Join(err, rows.Err())
}

// read visits every row of a table. The row is the visitor's to keep.
func read(ctx context.Context, e *end, table string, cols []string, visit func([]any) error) error {
	rows, err := e.conn.QueryContext(ctx, "SELECT "+strings.Join(cols, ", ")+" FROM "+table) //nolint:gosec // columns and a table of the schema
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		row := make([]any, len(cols))
		into := make([]any, len(cols))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if err := visit(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Accounted tells whether a table is copied, or known to follow from others.
func Accounted(table string) bool {
	return slices.Contains(copied, table) || slices.ContainsFunc(counted, func(c string) bool {
		return table == c || strings.HasPrefix(table, c+"_") // an index's own tables
	})
}
