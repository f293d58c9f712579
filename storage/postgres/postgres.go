// Package postgres keeps everything in a PostgreSQL database through pgx: the
// storage for teams, where several replicas share one database and any of them
// may die.
//
// Every commit of every replica passes one locked row, the audit head, so the
// audit chain is linear whoever writes. Work is claimed with FOR UPDATE SKIP
// LOCKED, past that row. A replica that stops in the middle of a transaction
// is thrown out by the server after a few seconds and can hold nobody up.
//
// Restarts, kills and cut connections heal by themselves: a broken connection
// is replaced and the group it carried is tried once more, and a lost answer
// to a COMMIT is looked up (see [relational]). While the server is away every
// call returns an error at once; nothing is kept for later.
package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/evenkeel/evenkeel/storage/internal/relational"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options are what a store may be given: the clock and the log.
type Options = relational.Options

// Store is a connected database.
type Store struct{ *relational.Store }

// conns bounds the connections with which one replica reads and claims; one
// more writes.
const conns = 10

// Settings that a connection gets unless the URL has its own. They bound how
// long a peer that is gone or stopped can hold anything: see
// https://www.postgresql.org/docs/current/runtime-config-client.html and
// https://www.postgresql.org/docs/current/runtime-config-connection.html.
var settings = map[string]string{
	"application_name":                    "evenkeel",
	"statement_timeout":                   "30s",
	"lock_timeout":                        "15s",
	"idle_in_transaction_session_timeout": "4s",
	"tcp_keepalives_idle":                 "5",
	"tcp_keepalives_interval":             "2",
	"tcp_keepalives_count":                "3",
	"tcp_user_timeout":                    "10s",
	"jit":                                 "off", // it takes longer than any query of ours
}

// Open connects to the database at url ("postgres://user@host/name") and
// brings its schema up to date; replicas that start together take turns.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	return openWith(ctx, url, o, dialect)
}

func openWith(ctx context.Context, url string, o Options, d relational.Dialect) (*Store, error) {
	read, err := connect(url, conns)
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, read); err != nil {
		return nil, errors.Join(explain(err), read.Close())
	}
	// What the writer opens is always new: after a restart of the server a pool
	// is full of connections that are dead and do not know it.
	write, err := connect(url, 0)
	if err != nil {
		return nil, errors.Join(err, read.Close())
	}
	st := relational.New(write, read, d, o)
	st.Fresh(func() (*sql.DB, error) { return connect(url, 0) })
	return &Store{st}, nil
}

// connect makes a pool that keeps up to idle connections.
func connect(url string, idle int) (*sql.DB, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("the database's address cannot be read: %w", err)
	}
	for name, value := range settings {
		if _, given := config.RuntimeParams[name]; !given {
			config.RuntimeParams[name] = value
		}
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 5 * time.Second
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(idle)
	return db, nil
}

// migrate runs under a session lock of the database, looked for every second.
func migrate(ctx context.Context, db *sql.DB) error {
	if err := db.PingContext(ctx); err != nil {
		return err
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 120))
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithSessionLocker(locker), goose.WithSlog(slog.New(slog.DiscardHandler)))
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}
