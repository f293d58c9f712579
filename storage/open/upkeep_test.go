package open_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/audit"
	"github.com/evenkeel/evenkeel/review/words"
	"github.com/evenkeel/evenkeel/storage"
	"github.com/evenkeel/evenkeel/storage/internal/relational"
	"github.com/evenkeel/evenkeel/storage/open"
	"github.com/evenkeel/evenkeel/storage/postgres/pgtest"
	"github.com/evenkeel/evenkeel/storage/storagetest"
)

// backends make an empty database of each kind.
var backends = map[string]func(testing.TB) string{
	"sqlite":   func(tb testing.TB) string { return "sqlite:" + filepath.Join(tb.TempDir(), "e.db") },
	"postgres": func(tb testing.TB) string { return pgtest.Start(tb) },
}

func opened(t *testing.T, address string) storage.Store {
	t.Helper()
	st, err := open.Database(t.Context(), address, open.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return st
}

// whole verifies a store's chain and gives its head.
func whole(t *testing.T, st storage.Store) audit.Head {
	t.Helper()
	v := &audit.Verifier{}
	for after := int64(0); ; {
		page, err := st.Events(t.Context(), 0, after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page {
			if err := v.Add(e); err != nil {
				t.Fatal(err)
			}
			after = e.Seq
		}
		if len(page) < 1000 {
			break
		}
	}
	if err := v.Finish(); err != nil {
		t.Fatal(err)
	}
	seq, hash, err := st.Head(t.Context())
	if err != nil || seq != v.Head().Seq || hash != v.Head().Hash {
		t.Fatalf("the head is %d, the chain ends at %v: %v", seq, v.Head(), err)
	}
	return v.Head()
}

// peopled fills a store: cases with drafts, approvals and replies under way,
// history, cards, notes, settings, sources.
func peopled(t *testing.T, st storage.Store) {
	t.Helper()
	for n := range 5 {
		storagetest.PutDrafted(t, st, n+1)
	}
	for n := range 130 {
		r := storagetest.Review(1000 + n)
		r.Body = fmt.Sprintf("words %d with \x00 and ü and '; DROP TABLE cases", n)
		storagetest.Put(t, st, r)
	}
	ctx, now := t.Context(), time.Now().UTC().Truncate(time.Microsecond)
	for _, err := range []error{
		st.Commit(ctx, &storage.Batch{Messages: []storage.Message{{Case: 1, Chat: "console", Key: "parent", Ref: "7", Posted: now}}}),
		st.Commit(ctx, &storage.Batch{Source: &storage.SourceState{Name: "shop", Cursor: []byte(`{"a":1}`), Failures: 2, Problem: "x"}}),
		st.SetSetting(ctx, "s", "ü", review.Event{At: now, Actor: "t", Verb: "changed", Texts: map[string]string{"why": "because"}}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := st.PutNote(ctx, storage.Note{Channel: "c", Key: "k", Case: 1, Body: []byte(`{"text":"zyzzyva note"}`), At: now}); err != nil {
		t.Fatal(err)
	}
	if _, err := st.Spend(ctx, "2026-05-03", storage.Spending{Tokens: 5, Cost: 6}); err != nil {
		t.Fatal(err)
	}
}

// TestMoves copies every kind of database into every other, while the source
// is being written, and back again: the same head, a whole chain, the same
// tables by a digest of each; and the copy can be worked with.
func TestMoves(t *testing.T) {
	for from, makeFrom := range backends {
		for to, makeTo := range backends {
			t.Run(from+" to "+to, func(t *testing.T) {
				a, b := opened(t, makeFrom(t)), opened(t, makeTo(t))
				peopled(t, a)
				load := storagetest.StartLoad(a, 5000, io.Discard)
				copied, err := a.(storage.Upkeep).CopyTo(t.Context(), b, nil)
				load.Stop()
				if err != nil {
					t.Fatal(err)
				}
				head := whole(t, b)
				entry, err := a.Events(t.Context(), 0, head.Seq-1, 1)
				if err != nil || len(entry) != 1 || entry[0].Hash != head.Hash {
					t.Fatalf("the copy's head is not an entry of the source: %v", err)
				}
				if i := slices.IndexFunc(copied, func(c storage.Copied) bool { return c.Table == "events" }); copied[i].Rows != head.Seq {
					t.Errorf("%d events of %d", copied[i].Rows, head.Seq)
				}
				// It is a database like any other.
				if k := storagetest.PutDrafted(t, b, 900_000); k.ID <= 135 {
					t.Errorf("a new case has the number %d", k.ID)
				}
				if _, err := b.PutNote(t.Context(), storage.Note{Channel: "c", Key: "k2", Body: []byte(`{}`), At: time.Now()}); err != nil {
					t.Error(err)
				}
				whole(t, b)
				var full *relational.NotEmptyError
				if _, err := a.(storage.Upkeep).CopyTo(t.Context(), b, nil); !errors.As(err, &full) {
					t.Errorf("a second copy into it: %v", err)
				}
				whole(t, b)
			})
		}
	}
}

// TestACopyIsAllOrNothing: one that ends in the middle leaves an empty target.
func TestACopyIsAllOrNothing(t *testing.T) {
	for name, fresh := range backends {
		t.Run(name, func(t *testing.T) {
			a, b := opened(t, backends["sqlite"](t)), opened(t, fresh(t))
			peopled(t, a)
			ctx, cancel := context.WithCancel(t.Context())
			if _, err := a.(storage.Upkeep).CopyTo(ctx, b, func(c storage.Copied) {
				if c.Table == "events" {
					cancel()
				}
			}); err == nil {
				t.Fatal("it went on")
			}
			if _, err := a.(storage.Upkeep).CopyTo(t.Context(), b, nil); err != nil {
				t.Errorf("the second try: %v", err)
			}
			whole(t, b)
		})
	}
}

// TestEveryTableIsCopied: a migration that adds a table must say what becomes
// of it in a copy.
func TestEveryTableIsCopied(t *testing.T) {
	path := strings.TrimPrefix(backends["sqlite"](t), "sqlite:")
	st := opened(t, "sqlite:"+path)
	defer st.Close()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		if !relational.Accounted(name) {
			t.Errorf("nobody says whether a copy takes the table %s; see relational/copy.go", name)
		}
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
}

// TestErase: the words are in no table, in no index, and with SQLite in no
// file; the chain is whole and says that it happened.
func TestErase(t *testing.T) {
	const canary = "zyzzyva"
	for name, fresh := range backends {
		t.Run(name, func(t *testing.T) {
			address := fresh(t)
			st := opened(t, address)
			peopled(t, st)
			r := storagetest.Review(77)
			r.Author, r.Title, r.Body, r.Raw = canary+" author", canary+" title", strings.Repeat(canary+" body ", 400), []byte(`"`+canary+`"`)
			k := storagetest.Put(t, st, r)
			if _, err := st.PutNote(t.Context(), storage.Note{Channel: "c", Key: "mine", Case: k.ID, Body: []byte(`{"text":"` + canary + `"}`), At: time.Now()}); err != nil {
				t.Fatal(err)
			}
			if err := st.Commit(t.Context(), &storage.Batch{
				Work:   []review.Work{{Kind: "x", Case: k.ID, Key: "y", Text: canary, Due: time.Now()}},
				Events: []review.Event{{At: time.Now(), Case: k.ID, Actor: "t", Verb: "fact", Texts: map[string]string{"text": canary}}},
			}); err != nil {
				t.Fatal(err)
			}
			if err := tallied(t, st); err != nil { // the index has the words
				t.Fatal(err)
			}
			if n := found(t, st, canary); n != 1 {
				t.Fatalf("%d cases are found before", n)
			}
			up := st.(storage.Upkeep)
			ids, err := up.Authored(t.Context(), canary+" author")
			if err != nil || !slices.Equal(ids, []int64{k.ID}) {
				t.Fatal(ids, err)
			}
			for _, id := range append(ids, 1) { // case 1 has a draft, an approval, cards and a note
				c, err := st.Case(t.Context(), id)
				if err != nil {
					t.Fatal(err)
				}
				change, err := review.Erase(c, review.Occasion{Now: time.Now().UTC().Truncate(time.Microsecond), By: review.BySystem("keeper")})
				if err != nil {
					t.Fatal(err)
				}
				if err := up.Erase(t.Context(), &change); err != nil {
					t.Fatal(err)
				}
				if err := up.Erase(t.Context(), &change); !errors.Is(err, review.ErrConflict) {
					t.Errorf("twice: %v", err)
				}
			}
			if err := st.Forget(t.Context(), append(ids, 1)...); err != nil {
				t.Fatal(err)
			}
			if n := found(t, st, canary); n != 0 {
				t.Errorf("%d erased cases are found", n)
			}
			if err := up.Scrub(t.Context()); err != nil {
				t.Fatal(err)
			}
			whole(t, st)
			c, err := st.Case(t.Context(), k.ID)
			if err != nil || c.Review.Erased.IsZero() || c.Review.Author != "" {
				t.Errorf("%+v %v", c.Review, err)
			}
			events, err := st.Events(t.Context(), k.ID, 0, 100)
			if err != nil || events[len(events)-1].Verb != "erase" {
				t.Error(events, err)
			}
			// Every row of every table, whatever the database: a copy has them all.
			moved := filepath.Join(t.TempDir(), "moved.db")
			target := opened(t, "sqlite:"+moved)
			if _, err := up.CopyTo(t.Context(), target, nil); err != nil {
				t.Fatal(err)
			}
			_ = target.Close()
			clean(t, moved, canary)
			if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
				clean(t, path, canary)
			}
		})
	}
}

// tallied counts and indexes all that there is.
func tallied(t *testing.T, st storage.Store) error {
	for {
		if left, err := st.Tally(t.Context(), 1000); err != nil || left == 0 {
			return err
		}
	}
}

// found is how many cases a search for a word gives.
func found(t *testing.T, st storage.Store, word string) int {
	t.Helper()
	found, err := st.Search(t.Context(), words.Parse(word), "", 10)
	if err != nil {
		t.Fatal(err)
	}
	return len(found.Hits)
}

// clean looks through a database's files, byte for byte.
func clean(t *testing.T, path, canary string) {
	t.Helper()
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if i := bytes.Index(b, []byte(canary)); i >= 0 {
			t.Errorf("%s holds the words at byte %d: %.80q", filepath.Base(f), i, b[max(0, i-20):])
		}
	}
}

// TestBackupUnderLoad: what was acknowledged before it began is in it.
func TestBackupUnderLoad(t *testing.T) {
	st := opened(t, backends["sqlite"](t))
	peopled(t, st)
	load := storagetest.StartLoad(st, 5000, io.Discard)
	before, _, err := st.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "backup.db")
	if err := st.(interface {
		Backup(context.Context, string) error
	}).Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	load.Stop()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	copy := opened(t, "sqlite:"+path)
	if head := whole(t, copy); head.Seq < before {
		t.Errorf("%d entries of the %d that were there", head.Seq, before)
	}
	whole(t, st)
}
