package postgres

import (
	"context"
	"database/sql"
	"os"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/evenkeel/evenkeel/storage"
	"github.com/evenkeel/evenkeel/storage/postgres/pgtest"
	"github.com/evenkeel/evenkeel/storage/storagetest"
)

// database is a database of a test server.
type database struct{ url string }

func fresh(tb testing.TB) storagetest.Database {
	tb.Helper()
	return database{pgtest.Start(tb)}
}

func (d database) Open(tb testing.TB, now func() time.Time) storage.Store {
	tb.Helper()
	st, err := Open(tb.Context(), d.url, Options{Now: now})
	if err != nil {
		tb.Fatal(err)
	}
	return st
}

func (d database) SQL(tb testing.TB) *sql.DB {
	tb.Helper()
	db, err := sql.Open("pgx", d.url)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

func (d database) Hold(tb testing.TB) func() {
	tb.Helper()
	tx, err := d.SQL(tb).BeginTx(context.Background(), nil)
	if err == nil {
		_, err = tx.ExecContext(tb.Context(), "SELECT seq FROM audit_head FOR UPDATE")
	}
	if err != nil {
		tb.Fatal(err)
	}
	return sync.OnceFunc(func() {
		if err := tx.Rollback(); err != nil {
			tb.Error(err)
		}
	})
}

func (database) Shared() bool { return true }

// kept is the database of EVENKEEL_BENCH_POSTGRES, which stays for the next
// benchmark, or a fresh one.
func kept(tb testing.TB) storagetest.Database {
	if at := os.Getenv("EVENKEEL_BENCH_POSTGRES"); at != "" {
		return database{at}
	}
	return fresh(tb)
}

func TestConformance(t *testing.T) { storagetest.Run(t, fresh) }

func BenchmarkCommitNew(b *testing.B)   { storagetest.BenchCommitNew(b, fresh) }
func BenchmarkApprovePath(b *testing.B) { storagetest.BenchApprovePath(b, fresh) }
func BenchmarkWork(b *testing.B)        { storagetest.BenchWork(b, fresh) }
func BenchmarkSeed(b *testing.B)        { storagetest.BenchSeed(b, fresh) }
func BenchmarkWordings(b *testing.B)    { storagetest.BenchWordings(b, fresh) }

func BenchmarkCommitCounted(b *testing.B) { storagetest.BenchCommitCounted(b, fresh) }
func BenchmarkNumbers(b *testing.B)       { storagetest.BenchNumbers(b, kept) }
