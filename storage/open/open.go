// Package open opens the storage that a setting names.
package open

import (
	"context"
	"fmt"
	"strings"

	"github.com/evenkeel/evenkeel/storage"
	"github.com/evenkeel/evenkeel/storage/internal/relational"
	"github.com/evenkeel/evenkeel/storage/postgres"
	"github.com/evenkeel/evenkeel/storage/sqlite"
)

// Options are what every storage may be given: the clock and the log.
type Options = relational.Options

// Database opens "sqlite:PATH" or "postgres://…" and brings its schema up to
// date. The address may hold a password: errors do not repeat it.
func Database(ctx context.Context, address string, o Options) (storage.Store, error) {
	scheme, rest, _ := strings.Cut(address, ":")
	switch scheme {
	case "sqlite":
		return opened(sqlite.Open(ctx, rest, o))
	case "postgres", "postgresql":
		return opened(postgres.Open(ctx, address, o))
	}
	return nil, fmt.Errorf("the database must be given as sqlite:PATH or postgres://USER@HOST/NAME")
}

// opened keeps a nil pointer from becoming an interface that is not nil.
func opened[S storage.Store](st S, err error) (storage.Store, error) {
	if err != nil {
		return nil, err
	}
	return st, nil
}
