package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Backup writes one moment of the database to a new file while it is in use
// (https://www.sqlite.org/lang_vacuum.html#vacuuminto). Writers do not wait for
// it. The file has no free pages, so nothing deleted is in it.
func (s *Store) Backup(ctx context.Context, path string) (err error) {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s is there already; name a new file", path)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // customers' words are for its owner alone
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(path)
		}
	}()
	db, err := connect(s.path, 1, nil)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return explain(err)
	}
	return synced(path)
}

// synced makes the file's bytes durable.
func synced(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
