package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/review/audit"
	"github.com/evenkeel/evenkeel/storage"
	"github.com/evenkeel/evenkeel/storage/open"
	"github.com/evenkeel/evenkeel/storage/sqlite"
)

func (p *program) backupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Write a copy of everything to a file, while the desk works",
		Long: `Write one moment of the whole database to a new file, while the desk goes on
working, and check the audit chain of the copy before it gets its name.

The file is a SQLite database, whatever database is in use: "evenkeel restore"
brings it back into either kind, and "--database sqlite:FILE" opens it as it is.
It holds customers' words: it is readable by you alone. Keep the head that is
printed; "evenkeel audit verify --head" holds a database against it.`,
		Example: `  evenkeel backup /backups/desk-$(date +%F).db
  EVENKEEL_DATABASE=postgres://evenkeel@db/evenkeel evenkeel backup desk.db`,
		Args: wants(1, 1, "the file to write"),
		RunE: p.with(func(ctx context.Context, c *call, args []string) error { return c.backup(ctx, args[0]) }),
	}
}

// saver is a database that copies itself to a file.
type saver interface {
	Backup(ctx context.Context, path string) error
}

func (c *call) backup(ctx context.Context, path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return usage(err)
	}
	if _, err := os.Lstat(path); err == nil {
		return usagef("%s is there already; name a new file", path)
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), ".evenkeel-backup-*")
	if err != nil {
		return usage(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	passing := filepath.Join(dir, "backup.db")
	if err := c.saveTo(ctx, passing); err != nil {
		return err
	}
	head, err := verifyFile(ctx, passing)
	if err != nil {
		return fmt.Errorf("the copy is not sound and was thrown away: %w", err)
	}
	// A link, unlike a rename, never replaces a file that came meanwhile.
	if err := os.Link(passing, path); err != nil {
		return err
	}
	return c.tellCopy("backup", path, head, nil)
}

// saveTo writes the copy: the evenkeel that holds the database does it, or we.
func (c *call) saveTo(ctx context.Context, path string) error {
	store, err := c.openStore(ctx)
	var held *sqlite.InUseError
	if errors.As(err, &held) {
		return askControl(ctx, held.Path, "/backup", saveRequest{path}, &struct{}{})
	}
	if err != nil {
		return err
	}
	defer store.Close()
	return save(ctx, store, path)
}

// save copies a store to a new SQLite file.
func save(ctx context.Context, store storage.Store, path string) error {
	if s, ok := store.(saver); ok {
		return s.Backup(ctx, path)
	}
	up, ok := store.(storage.Upkeep)
	if !ok {
		return errors.New("this database cannot be copied")
	}
	target, err := openDatabase(ctx, "sqlite:"+path, open.Options{})
	if err != nil {
		return err
	}
	_, err = up.CopyTo(ctx, target, nil)
	if err = errors.Join(err, target.Close()); err != nil {
		return err
	}
	return os.Chmod(path, 0o600)
}

// verifyFile opens a copy as the program would and verifies its chain.
func verifyFile(ctx context.Context, path string) (audit.Head, error) {
	store, err := openDatabase(ctx, "sqlite:"+path, open.Options{})
	if err != nil {
		return audit.Head{}, err
	}
	head, err := verifyStore(ctx, store)
	return head, errors.Join(err, store.Close())
}

// verifyStore verifies the whole chain and holds its end against the head that
// the database itself keeps.
func verifyStore(ctx context.Context, store storage.Store) (audit.Head, error) {
	seq, hash, err := store.Head(ctx)
	if err != nil {
		return audit.Head{}, err
	}
	v := &audit.Verifier{}
	v.ExpectHead(seq, hash)
	for e, err := range entries(ctx, store) {
		if err != nil {
			return v.Head(), err
		}
		if err := v.Add(e); err != nil {
			return v.Head(), err
		}
	}
	return v.Head(), v.Finish()
}

// copyReport is the answer of backup, restore and migrate with --json.
type copyReport struct {
	To      string           `json:"to"`
	Entries int64            `json:"audit_entries"`
	Head    string           `json:"head"`
	Rows    map[string]int64 `json:"rows,omitempty"`
}

func (c *call) tellCopy(what, to string, head audit.Head, copied []storage.Copied) error {
	if c.json {
		r := copyReport{To: to, Entries: head.Seq, Head: head.String(), Rows: map[string]int64{}}
		for _, t := range copied {
			r.Rows[t.Table] = t.Rows
		}
		return c.printJSON(r)
	}
	for _, t := range copied {
		if t.Rows > 0 {
			c.print("  %9d  %s", t.Rows, t.Table)
		}
	}
	c.print("The %s is at %s: %d audit entries, a whole chain.", what, to, head.Seq)
	c.print("Its head is %s", head)
	return nil
}

func (p *program) restoreCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "restore FILE",
		Short: "Bring a backup into a new database",
		Long: `Bring a file of "evenkeel backup" into the database of the settings, which must
be new: SQLite or PostgreSQL. All of it comes or nothing; what was written is
read back and compared, and the audit chain is verified, before it counts.

Replies that went out after the backup was made are not in it. The desk looks at
the platform before it publishes, so nothing is published twice; cases that moved
on since then are decided again by people.`,
		Example: `  EVENKEEL_DATABASE=sqlite:new.db evenkeel restore desk-2026-05-03.db`,
		Args:    wants(1, 1, "the backup to read"),
		RunE: p.with(func(ctx context.Context, c *call, args []string) error {
			return c.restore(ctx, args[0])
		}),
	}
}

// restore moves from a copy of the backup: opening one brings its schema up to
// date, and a backup is never written.
func (c *call) restore(ctx context.Context, path string) error {
	from, err := os.Open(path)
	if err != nil {
		return usage(err)
	}
	defer from.Close()
	dir := ""
	if to, ok := strings.CutPrefix(c.values.Get(setDatabase), "sqlite:"); ok {
		dir = filepath.Dir(to) // there is room for it twice
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	if dir, err = os.MkdirTemp(dir, ".evenkeel-restore-*"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	passing := filepath.Join(dir, "backup.db")
	to, err := os.OpenFile(passing, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	if err = errors.Join(err, to.Close()); err != nil {
		return err
	}
	return c.move(ctx, "sqlite:"+passing, c.values.Get(setDatabase), c.values.Where(setDatabase).Shown())
}

func (p *program) migrateCommand() *cobra.Command {
	var from, to string
	cmd := &cobra.Command{
		Use:   "migrate --from DATABASE --to DATABASE",
		Short: "Move everything from one database to another",
		Long: `Move everything from one database to another, of the same kind or the other one.
The target must be new. All of it comes or nothing, so what was interrupted is
simply begun again; what was written is read back and compared, and the two audit
heads must be equal, before it counts. The source is not changed.

Stop evenkeel first: what it would write meanwhile stays behind. A SQLite file
that is in use is refused.

A PostgreSQL address with a password is better given in the environment:
--from env:NAME and --to env:NAME read the address from a variable.`,
		Example: `  evenkeel migrate --from sqlite:evenkeel.db --to postgres://evenkeel@db/evenkeel
  evenkeel migrate --from env:OLD_DATABASE --to sqlite:evenkeel.db`,
		Args: wants(0, 0, "no arguments besides --from and --to"),
		RunE: p.with(func(ctx context.Context, c *call, _ []string) error {
			a, err := c.address("from", from)
			if err != nil {
				return err
			}
			b, err := c.address("to", to)
			if err != nil {
				return err
			}
			return c.move(ctx, a, b, shown(to))
		}),
	}
	cmd.Flags().StringVar(&from, "from", "", "the database to read: sqlite:PATH, postgres://user@host/name or env:VARIABLE")
	cmd.Flags().StringVar(&to, "to", "", "the new database")
	return cmd
}

// address is a database's address from a flag, or from the variable it names.
func (c *call) address(flag, value string) (string, error) {
	if name, ok := strings.CutPrefix(value, "env:"); ok {
		if value = c.getenv(name); value == "" {
			return "", usagef("--%s: the variable %s is not set", flag, name)
		}
	}
	if err := checkDatabase(value); err != nil {
		return "", usagef("--%s: %w", flag, err)
	}
	return value, nil
}

// shown is an address without what stands between the scheme and the host.
func shown(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	if at := strings.LastIndex(rest, "@"); ok && at >= 0 {
		return scheme + "://" + rest[at+1:]
	}
	return address
}

// move copies one database into another and holds the chains against each other.
func (c *call) move(ctx context.Context, from, to, name string) error {
	if from == to {
		return usagef("both databases are the same; name a new one")
	}
	if path, ok := strings.CutPrefix(from, "sqlite:"); ok {
		if _, err := os.Stat(path); err != nil {
			return usage(err)
		}
	}
	source, err := openDatabase(ctx, from, open.Options{Now: c.now, Logger: c.log})
	if err != nil {
		return fmt.Errorf("the database to read: %w", err)
	}
	defer source.Close()
	want, err := verifyStore(ctx, source)
	if err != nil {
		return fmt.Errorf("the database to read is not sound, so nothing was copied: %w", err)
	}
	target, err := openDatabase(ctx, to, open.Options{Now: c.now, Logger: c.log})
	if err != nil {
		return fmt.Errorf("the new database: %w", err)
	}
	defer target.Close()
	up, ok := source.(storage.Upkeep)
	if !ok {
		return errors.New("this database cannot be copied")
	}
	copied, err := up.CopyTo(ctx, target, func(t storage.Copied) {
		if c.terminal && t.Rows > 0 {
			c.note("  %9d  %s", t.Rows, t.Table)
		}
	})
	if err != nil {
		return err
	}
	have, err := verifyStore(ctx, target)
	if err != nil {
		return fmt.Errorf("the copy is not sound; do not use it: %w", err)
	}
	if have != want {
		return fmt.Errorf("the source moved on from entry %d to %d meanwhile: something still writes to it. Stop it, and begin again with a new database", want.Seq, have.Seq)
	}
	return c.tellCopy("copy", name, have, copied)
}
