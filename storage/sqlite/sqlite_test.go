package sqlite

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/storage"
	"github.com/evenkeel/evenkeel/storage/storagetest"
)

// file is a database in a temporary folder.
type file struct{ path string }

func fresh(tb testing.TB) storagetest.Database {
	return file{filepath.Join(tb.TempDir(), "evenkeel.db")}
}

func (f file) Open(tb testing.TB, now func() time.Time) storage.Store {
	tb.Helper()
	st, err := Open(tb.Context(), f.path, Options{Now: now})
	if err != nil {
		tb.Fatal(err)
	}
	return st
}

func (f file) SQL(tb testing.TB) *sql.DB {
	tb.Helper()
	db, err := connect(f.path, 2, nil)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

func (f file) Hold(tb testing.TB) func() {
	tb.Helper()
	conn, err := f.SQL(tb).Conn(tb.Context())
	if err == nil {
		_, err = conn.ExecContext(tb.Context(), "BEGIN IMMEDIATE")
	}
	if err != nil {
		tb.Fatal(err)
	}
	return sync.OnceFunc(func() {
		if _, err := conn.ExecContext(context.Background(), "ROLLBACK"); err != nil {
			tb.Error(err)
		}
		_ = conn.Close()
	})
}

func (file) Shared() bool { return false }

// kept is the database of EVENKEEL_BENCH_SQLITE, which stays for the next
// benchmark, or a fresh one.
func kept(tb testing.TB) storagetest.Database {
	if at := os.Getenv("EVENKEEL_BENCH_SQLITE"); at != "" {
		return file{at}
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
