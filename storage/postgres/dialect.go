package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/evenkeel/evenkeel/storage/internal/relational"
)

// dialect locks what several replicas want at once.
var dialect = relational.Dialect{
	Numbered: true,
	Begin:    "BEGIN",
	Head: `WITH mark AS (INSERT INTO commits (id, at) VALUES (?, ?))
		SELECT seq, hash, cases FROM audit_head WHERE id = 1 FOR UPDATE`,
	Marks:     true,
	LockRows:  " FOR UPDATE",
	SkipTaken: " FOR UPDATE SKIP LOCKED",
	Parallel:  true,
	// The writer looks up rows by key only. Its plans must not turn into scans
	// while the statistics of a young database are behind.
	Prepare:  []string{"SET enable_seqscan = off", "SET plan_cache_mode = force_generic_plan"},
	CopyFrom: []string{"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "SET LOCAL statement_timeout = 0", "SET LOCAL idle_in_transaction_session_timeout = 0"},
	CopyInto: []string{"BEGIN", "SET LOCAL statement_timeout = 0", "SET LOCAL idle_in_transaction_session_timeout = 0"},
	AfterCopy: []string{
		"SELECT setval(pg_get_serial_sequence('work', 'id'), (SELECT COALESCE(MAX(id), 1) FROM work))",
		"SELECT setval(pg_get_serial_sequence('notes', 'id'), (SELECT COALESCE(MAX(id), 1) FROM notes))",
	},
	Overriding: " OVERRIDING SYSTEM VALUE",
	Scrub:      []string{"VACUUM cases", "VACUUM revisions", "VACUUM drafts", "VACUUM replies", "VACUUM texts", "VACUUM notes", "VACUUM work", "VACUUM words"},
	Pipeline:   pipeline,
	Bulk:       &relational.Bulk{Known: knownReviews, Copy: copyRows},
	Words:      wordIndex,
	Judge:      judge,
	Explain:    explain,
	Timeout:    40 * time.Second,
	Patience:   20 * time.Second,
}

// pipeline sends statements in one round trip. pgx keeps them prepared.
func pipeline(ctx context.Context, conn *sql.Conn, list []relational.Statement) (wrote []int64, err error) {
	err = conn.Raw(func(driver any) error {
		c, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("the driver is a %T, not pgx's", driver)
		}
		var batch pgx.Batch
		for _, s := range list {
			batch.Queue(s.Query, s.Args...)
		}
		results := c.Conn().SendBatch(ctx, &batch)
		wrote = make([]int64, len(list))
		for i := range list {
			tag, err := results.Exec()
			if err != nil {
				return errors.Join(err, results.Close())
			}
			wrote[i] = tag.RowsAffected()
		}
		return results.Close()
	})
	return wrote, err
}

// again are the errors after which the same transaction may well succeed on a
// new connection; away are those of a server that cannot write now
// (https://www.postgresql.org/docs/current/errcodes-appendix.html). Both are
// codes or classes of codes.
var (
	again = []string{"08", "25P03", "40001", "40P01", "57P"}
	away  = []string{"25006", "53", "55P03", "57014", "58", "XX"}
)

func among(code string, list []string) bool {
	for _, c := range list {
		if strings.HasPrefix(code, c) {
			return true
		}
	}
	return false
}

func judge(err error) relational.Trouble {
	var e *pgconn.PgError
	var c *pgconn.ConnectError
	switch {
	case errors.As(err, &c):
		return relational.Down
	case errors.As(err, &e) && among(e.Code, again):
		return relational.Lost
	case errors.As(err, &e) && among(e.Code, away):
		return relational.Down
	case e != nil:
		return relational.Refusal
	case errors.Is(err, context.DeadlineExceeded):
		return relational.Down
	}
	// What did not come from the server happened on the way to it.
	return relational.Lost
}

// sentences say what can be done, by code or class of codes.
var sentences = []struct{ code, text string }{
	{"25006", "PostgreSQL takes no writes at the moment: it is a standby or set to read-only"},
	{"28", "PostgreSQL refused the sign-in: check user and password in the database's address"},
	{"3D000", "that database does not exist: create it first, for example with createdb"},
	{"42501", "the database user lacks a right: it must own the database or its schema"},
	{"53100", "PostgreSQL's disk is full: make room, nothing was lost"},
	{"53300", "PostgreSQL takes no more connections: raise max_connections or run fewer replicas"},
	{"55P03", "somebody else kept the database locked for too long: look for a long transaction"},
	{"57014", "PostgreSQL did not answer in time"},
	{"57P", "PostgreSQL is stopping or starting"},
}

func explain(err error) error {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		for _, s := range sentences {
			if strings.HasPrefix(e.Code, s.code) {
				return fmt.Errorf("%s (%w)", s.text, err)
			}
		}
		return err
	}
	var c *pgconn.ConnectError
	if errors.As(err, &c) {
		return fmt.Errorf("PostgreSQL cannot be reached: check that it runs and the address is right (%w)", err)
	}
	return err
}
