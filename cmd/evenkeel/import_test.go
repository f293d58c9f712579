package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/storage/postgres/pgtest"
)

// reviewsFile writes n reviews, the last of them twice, and a line that is none.
func reviewsFile(t *testing.T, n int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("id,rating,title,body,created\n")
	for i := range n {
		fmt.Fprintf(&b, "r-%05d,%d,Title %d,\"It came late, and the box was wet, time %d.\",2026-01-%02dT10:00:00Z\n", i, 1+i%5, i%7, i, 1+i%28)
	}
	fmt.Fprintf(&b, "r-%05d,%d,Title %d,\"It came late, and the box was wet, time %d.\",2026-01-%02dT10:00:00Z\n", n-1, 1+(n-1)%5, (n-1)%7, n-1, 1+(n-1)%28)
	b.WriteString("bad,not a number,,,\n")
	path := filepath.Join(t.TempDir(), "reviews.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestImportWhileServing: a file is taken while the desk works, on both
// databases; it is told what was wrong, comes to the same end as into a
// database of its own, and opens cases that the desk announces.
func TestImportWhileServing(t *testing.T) {
	for name, database := range map[string]func() string{
		"sqlite":   func() string { return newFile(t) },
		"postgres": func() string { return pgtest.Start(t) },
	} {
		t.Run(name, func(t *testing.T) {
			env := shopEnv(t)
			env["EVENKEEL_DATABASE"] = database()
			r := start(t, env)
			if code, body := r.deliver(env["SHOP_SECRET"], late); code != 200 {
				t.Fatal(code, body)
			}
			path := reviewsFile(t, 1500)
			for _, want := range []importResult{
				{Read: 1502, Added: 1500, Duplicates: 1, Rejected: 1, Opened: 2},
				{Read: 1502, Duplicates: 1501, Rejected: 1},
			} {
				var got importResult
				said := r.call(exitNo, "import", path, "--source", "old", "--open", "2", "--json")
				if err := json.Unmarshal([]byte(said), &got); err != nil || got != want {
					t.Errorf("%+v, not %+v (%v)", got, want, err)
				}
			}
			if log := r.log.String(); !strings.Contains(log, "line 1503: ") || !strings.Contains(log, "Reading "+path+" as comma separated") {
				t.Errorf("the operator was not told:\n%s", log)
			}
			if said := r.call(exitUsage, "import", path, "--columns", "id,-"); said != "" {
				t.Error(said)
			}
			r.end()
			if said := r.call(0, "audit", "verify"); !strings.Contains(said, "The chain is whole") {
				t.Error(said)
			}
			if said := r.call(0, "export", "--source", "old"); strings.Count(said, "\n") != 1500 || strings.Count(said, `"status":"seeded"`) != 1498 {
				t.Errorf("%d reviews stand there", strings.Count(said, "\n"))
			}
		})
	}
}

// TestImportKilled: an import that is killed in the middle leaves whole batches,
// and the same import again brings the rest and nothing twice: into a database
// of its own, beside a desk, and on a shared server.
func TestImportKilled(t *testing.T) {
	for name, database := range map[string]func() string{
		"alone":    func() string { return newFile(t) },
		"serving":  func() string { return newFile(t) },
		"postgres": func() string { return pgtest.Start(t) },
	} {
		t.Run(name, func(t *testing.T) {
			const n = 6000
			r := surroundings(t, database())
			path := reviewsFile(t, n)
			if name == "serving" {
				r = start(t, r.env)
			}
			stored := r.killedImport(path)
			var got importResult
			said := r.call(exitNo, "import", path, "--source", "old", "--json")
			if err := json.Unmarshal([]byte(said), &got); err != nil || stored == 0 || got.Added > n-stored || got.Added+got.Duplicates != n+1 || got.Rejected != 1 {
				t.Errorf("after %d were stored: %+v (%v)", stored, got, err)
			}
			if name == "serving" {
				r.end()
			}
			if said := r.call(0, "audit", "verify"); !strings.Contains(said, "The chain is whole") {
				t.Error(said)
			}
			if said := r.call(0, "export", "--source", "old"); strings.Count(said, "\n") != n {
				t.Errorf("%d reviews stand there", strings.Count(said, "\n"))
			}
		})
	}
}

// killedImport kills an import that has stored something and waits for more,
// and gives how much is stored at least: a desk or a server may be at the last
// batch still.
func (r *running) killedImport(path string) int {
	r.t.Helper()
	whole, err := os.ReadFile(path)
	if err != nil {
		r.t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		r.t.Fatal(err)
	}
	cmd := exec.CommandContext(r.t.Context(), self)
	cmd.Args = []string{"evenkeel", "import", "-", "--source", "old"} // see TestMain
	for k, v := range r.env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	if _, err := in.Write(whole[:len(whole)*3/4]); err != nil {
		r.t.Fatal(err)
	}
	for r.imported() == 0 && r.t.Context().Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	if err := cmd.Process.Kill(); err != nil {
		r.t.Fatal(err)
	}
	_ = cmd.Wait() // it says that it was killed
	return r.imported()
}

// imported is how many reviews stand in the database, which another process may
// hold.
func (r *running) imported() int {
	r.t.Helper()
	driver, address := "pgx", r.env["EVENKEEL_DATABASE"]
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		if _, err := os.Stat(path); err != nil {
			return 0
		}
		driver, address = "sqlite", "file:"+path+"?mode=ro&_busy_timeout=10000"
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		r.t.Fatal(err)
	}
	defer db.Close()
	n := 0
	if err := db.QueryRowContext(r.t.Context(), "SELECT COUNT(*) FROM cases WHERE source = 'old'").Scan(&n); err != nil && !strings.Contains(err.Error(), "cases") {
		r.t.Fatal(err)
	}
	return n
}
