package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage/open"
	"github.com/evenkeel/evenkeel/storage/postgres/pgtest"
)

// call runs a command with this test's surroundings.
func (r *running) call(code int, args ...string) string {
	r.t.Helper()
	var out bytes.Buffer
	if got := r.program(&out).run(r.t.Context(), args); got != code {
		r.t.Fatalf("%v: %d, not %d\n%s%s", args, got, code, out.String(), r.log)
	}
	return out.String()
}

// surroundings is a program that does not run yet.
func surroundings(t *testing.T, database string) *running {
	t.Helper()
	env := shopEnv(t)
	env["EVENKEEL_DATABASE"] = database
	return &running{t: t, log: newBuffer(), env: env}
}

func newFile(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "e.db") }

// TestBackupWhileServing: the copy of a running desk is whole, private, never
// overwrites, and comes back into either kind of database.
func TestBackupWhileServing(t *testing.T) {
	r := start(t, shopEnv(t))
	if code, body := r.deliver(r.env["SHOP_SECRET"], late); code != 200 {
		t.Fatal(code, body)
	}
	path := filepath.Join(t.TempDir(), "backup.db")
	said := r.call(0, "backup", path)
	if !strings.Contains(said, "a whole chain") {
		t.Error(said)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	r.call(exitUsage, "backup", path)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{newFile(t), pgtest.Start(t)} {
		n := surroundings(t, to)
		n.call(0, "restore", path)
		if out := n.call(0, "export"); !strings.Contains(out, "the zip is stuck") {
			t.Error(out)
		}
		n.call(0, "audit", "verify")
		n.call(exitOutside, "restore", path) // not empty any more
		served := start(t, n.env)            // and a desk can work with it
		if code, body := served.deliver(n.env["SHOP_SECRET"], strings.ReplaceAll(late, "r-1", "r-2")); code != 200 {
			t.Error(code, body)
		}
		served.end()
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("restoring changed the backup: %v", err)
	}
}

// TestMigrateStory moves a database with everything in it (the story plays all
// of the desk) there and back again: heads, chains and exports are equal.
func TestMigrateStory(t *testing.T) {
	a := surroundings(t, newFile(t))
	a.call(0, "demo", "--script")
	b := surroundings(t, pgtest.Start(t))
	b.env["OLD"], b.env["NEW"] = a.env["EVENKEEL_DATABASE"], b.env["EVENKEEL_DATABASE"]
	c := surroundings(t, newFile(t))
	c.env["OLD"], c.env["NEW"] = b.env["EVENKEEL_DATABASE"], c.env["EVENKEEL_DATABASE"]
	for _, r := range []*running{b, c} {
		out := r.call(0, "migrate", "--from", "env:OLD", "--to", "env:NEW", "--json")
		var report copyReport
		if err := json.Unmarshal([]byte(out), &report); err != nil || report.Rows["cases"] == 0 || report.Rows["events"] != report.Entries || report.Rows["replies"] == 0 {
			t.Errorf("%s %v", out, err)
		}
		r.call(exitOutside, "migrate", "--from", "env:OLD", "--to", "env:NEW")
	}
	for _, args := range [][]string{{"export"}, {"export", "audit"}, {"audit", "verify"}} {
		want := a.call(0, args...)
		for _, r := range []*running{b, c} {
			if got := r.call(0, args...); got != want {
				t.Errorf("%v differs after the move", args)
			}
		}
	}
	a.call(exitUsage, "migrate", "--from", "nonsense", "--to", "sqlite:x")
	a.call(exitUsage, "migrate", "--from", "sqlite:none.db", "--to", newFile(t))
}

// TestEraseWhileServing: a customer's words are in no file of the database and
// on no page; the chain verifies; sent again, the words do not come back.
func TestEraseWhileServing(t *testing.T) {
	r := start(t, shopEnv(t))
	const body = `{"id":"r-7","rating":1,"title":"zyzzyva title","body":"zyzzyva leaked all over, order zyzzyva-1","author":"Zyzzyva Quillon"}`
	if code, said := r.deliver(r.env["SHOP_SECRET"], body); code != 200 {
		t.Fatal(code, said)
	}
	for r.t.Context().Err() == nil { // its card stands on the page
		_, page := r.read("/case/1", nil)
		if strings.Contains(page, "zyzzyva leaked") {
			break
		}
	}
	if out := r.call(0, "erase", "--author", "Zyzzyva Quillon"); !strings.Contains(out, "#1") || !strings.Contains(out, "--yes") {
		t.Error(out)
	}
	if _, page := r.read("/case/1", nil); !strings.Contains(page, "zyzzyva leaked") {
		t.Error("looking erased it")
	}
	r.call(0, "erase", "--author", "Zyzzyva Quillon", "--yes")
	if code, said := r.deliver(r.env["SHOP_SECRET"], body); code != 200 {
		t.Error(code, said)
	}
	for r.t.Context().Err() == nil { // the card is drawn anew
		if _, page := r.read("/case/1", nil); !strings.Contains(strings.ToLower(page), "zyzzyva") && !strings.Contains(page, "(erased)") {
			break
		}
	}
	r.call(exitNo, "erase", "99", "--yes")
	r.call(exitUsage, "erase")
	r.end()
	r.call(0, "audit", "verify")
	if out := r.call(0, "export", "audit"); !strings.Contains(out, `"erase"`) {
		t.Error("the audit log does not say so")
	}
	database := strings.TrimPrefix(r.env["EVENKEEL_DATABASE"], "sqlite:")
	files, err := filepath.Glob(database + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if i := bytes.Index(bytes.ToLower(b), []byte("zyzzyva")); i >= 0 {
			t.Errorf("%s holds the words: %.90q", filepath.Base(f), b[max(0, i-30):])
		}
	}
}

// TestRetention: closed cases lose their words when it is time, not before,
// once a day, whoever asks.
func TestRetention(t *testing.T) {
	for _, database := range []string{newFile(t), pgtest.Start(t)} {
		r := surroundings(t, database)
		r.call(0, "demo", "--script")
		now := time.Now()
		store, err := open.Database(t.Context(), database, open.Options{})
		if err != nil {
			t.Fatal(err)
		}
		byStatus, err := store.CountByStatus(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		old := byStatus[review.Closed] + byStatus[review.Seeded]
		at := func(months, days int) func() time.Time {
			return func() time.Time { return now.AddDate(0, months, days) }
		}
		for _, step := range []struct {
			now  func() time.Time
			want int
		}{{at(11, 0), 0}, {at(11, 0), 0}, {at(13, 20), old}, {at(13, 20), 0}, {at(13, 21), 0}} {
			n, err := retainDay(t.Context(), store, 12, step.now)
			if err != nil || n != step.want {
				t.Errorf("%d erased, not %d: %v", n, step.want, err)
			}
		}
		if old == 0 {
			t.Error("the story closed no case")
		}
		if _, err := verifyStore(t.Context(), store); err != nil {
			t.Error(err)
		}
		_ = store.Close()
	}
}
