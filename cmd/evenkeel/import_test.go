package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
