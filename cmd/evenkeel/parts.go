package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/storage"
	"github.com/evenkeel/evenkeel/storage/open"
)

// playbook reads the team's rules.
func (c *call) playbook() (*playbook.Playbook, error) {
	path := c.playbookPath()
	if path == "" {
		return playbook.Default(), nil
	}
	p, err := playbook.Load(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("there is no playbook %s; name another with --playbook, or leave it out for the built-in rules", path)
	}
	if err != nil {
		return nil, usage(err)
	}
	return p, nil
}

// kit is what this run's sources are made with.
func (c *call) kit(r *reception) kit {
	return kit{env: c.env, now: c.now, log: c.log, intake: r, vault: c.vault(), via: c.via}
}

// openStore opens the database of the settings. The folder of a SQLite file is
// made when it is missing.
func (c *call) openStore(ctx context.Context) (storage.Store, error) {
	return openDatabase(ctx, c.values.Get(setDatabase), open.Options{Now: c.now, Logger: c.log})
}

func openDatabase(ctx context.Context, address string, o open.Options) (storage.Store, error) {
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, err
		}
	}
	return open.Database(ctx, address, o)
}

// marshal is v as one line of JSON.
func marshal(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}
