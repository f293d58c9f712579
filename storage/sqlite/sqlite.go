// Package sqlite keeps everything in one file and needs nothing installed: the
// default storage of evenkeel, over modernc.org/sqlite (no cgo).
//
// One process uses the file, held by a lock beside it; within the process one
// connection writes and a few read. Commits are durable when they return: the
// journal is a write-ahead log with synchronous=FULL. Because no other process
// can be alive, opening the file takes back the leases of all claimed work.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/evenkeel/evenkeel/storage/internal/relational"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options are what a store may be given: the clock and the log.
type Options = relational.Options

// Store is an open file.
type Store struct {
	*relational.Store
	lock *flock.Flock
	path string
}

// InUseError says that another process has the file.
type InUseError struct{ Path string }

func (e *InUseError) Error() string {
	return fmt.Sprintf("%s is in use by another evenkeel. Stop that one first, or give this one a file of its own with --database sqlite:OTHER.db", e.Path)
}

// Open opens the file at path and brings its schema up to date; a file that is
// not there is made, its folder is not. *InUseError when another process has it.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	if path == "" || strings.HasPrefix(path, ":memory:") {
		return nil, errors.New("a SQLite database needs a file: give a path, as in sqlite:evenkeel.db")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	lock, err := hold(path)
	if err != nil {
		return nil, err
	}
	st, err := open(ctx, path, o, nil)
	if err != nil {
		_ = lock.Unlock()
		return nil, err
	}
	return &Store{Store: st, lock: lock, path: path}, nil
}

// hold takes the lock beside the file. The kernel drops it with the process,
// however that ends; the lock's own file stays.
func hold(path string) (*flock.Flock, error) {
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return nil, fmt.Errorf("the folder of the database is not there: %w", err)
	}
	lock := flock.New(path + ".lock")
	switch held, err := lock.TryLock(); {
	case err != nil:
		return nil, fmt.Errorf("the lock of the database cannot be taken: %w", err)
	case !held:
		return nil, &InUseError{Path: path}
	}
	return lock, nil
}

// open brings the schema up to date and makes the store, whose writing
// connection gets more settings, in place of those of the same name.
func open(ctx context.Context, path string, o Options, more url.Values) (*relational.Store, error) {
	if err := migrate(ctx, path); err != nil {
		return nil, explain(err)
	}
	writing := url.Values{"_pragma": append(pragmas(writeCache), inMemory)}
	maps.Copy(writing, more)
	write, err := connect(path, 1, writing)
	if err != nil {
		return nil, err
	}
	read, err := connect(path, readers, url.Values{"_query_only": {"1"}, "_pragma": pragmas(readCache)})
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	st := relational.New(write, read, dialect, o)
	st.Fresh(func() (*sql.DB, error) { return connect(path, 1, nil) })
	if err := st.ReleaseLeases(ctx); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return st, nil
}

// readers is how many connections read at the same time.
const readers = 4

// How many kilobytes of pages a connection keeps. The one that writes needs the
// inner pages of all indexes; for those that read, the system keeps them too,
// once for all.
const (
	writeCache = 16_000
	readCache  = 4_000
)

// inMemory keeps what undoes a single statement in memory, where it belongs for
// statements of some dozen rows: beyond 64 kB it would be a file, written and
// thrown away with each of them.
const inMemory = "temp_store(MEMORY)"

func pragmas(cache int) []string {
	return []string{fmt.Sprintf("cache_size(-%d)", cache), "wal_autocheckpoint(4000)"}
}

// busyFor is how long a statement waits for another process that has the file
// locked, a backup for instance, before it fails.
const busyFor = 10 * time.Second

func connect(path string, conns int, more url.Values) (*sql.DB, error) {
	q := url.Values{
		"_busy_timeout": {fmt.Sprint(busyFor.Milliseconds())},
		"_journal_mode": {"WAL"},
		"_synchronous":  {"FULL"},
		"_foreign_keys": {"1"},
		"_dqs":          {"0"},
		"_defensive":    {"1"},
		"_error_rc":     {"1"},
		"_pragma":       pragmas(writeCache),
	}
	for k, v := range more {
		q[k] = v
	}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: q.Encode()}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, explain(err)
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

func migrate(ctx context.Context, path string) error {
	db, err := connect(path, 1, nil)
	if err != nil {
		return err
	}
	defer db.Close()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithSlog(slog.New(slog.DiscardHandler)))
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// Close writes what is queued, closes the file and lets go of its lock.
func (s *Store) Close() error {
	return errors.Join(s.Store.Close(), s.lock.Unlock())
}
