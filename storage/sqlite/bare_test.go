package sqlite

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/storage/storagetest"
)

// BenchmarkBare inserts the rows that BenchmarkSeed writes, a thousand reviews
// a transaction and 64 rows a statement, with nothing around them: the speed of
// the engine itself on these tables.
func BenchmarkBare(b *testing.B) {
	f := fresh(b).(file)
	if err := f.Open(b, time.Now).Close(); err != nil {
		b.Fatal(err)
	}
	db := f.SQL(b)
	const rows = 64
	text := func(into string, cols int) string {
		one := "(?" + strings.Repeat(", ?", cols-1) + ")"
		return "INSERT INTO " + into + " VALUES " + one + strings.Repeat(", "+one, rows-1)
	}
	cases, err := db.Prepare(text("cases (id, source, account, location, ext_id, version, status, verdict, owner, stars, kind, language, critical, revision, content, changed, doc)", 17))
	if err != nil {
		b.Fatal(err)
	}
	revisions, err := db.Prepare(text("revisions (case_id, n, content, title, body, raw, doc)", 7))
	if err != nil {
		b.Fatal(err)
	}
	caseDoc, _ := json.Marshal(storagetest.Accepted(b, storagetest.Review(1), true).Case)
	revisionDoc, _ := json.Marshal(storagetest.Review(1))
	before := storagetest.CPU()
	b.ResetTimer()
	for n := 0; n < b.N; {
		tx, err := db.Begin()
		if err != nil {
			b.Fatal(err)
		}
		for range 16 {
			var c, r []any
			for range rows {
				n++
				rv := storagetest.Review(n)
				sum := rv.ContentHash()
				c = append(c, n, "shop", "a1", "berlin", fmt.Sprint("r-", n), 1, "seeded", "", "", 3.0, "stars", "", 0, 1, sum[:], n, string(caseDoc))
				r = append(r, n, 1, sum[:], []byte(rv.Title), []byte(rv.Body), []byte(rv.Raw), string(revisionDoc))
			}
			if _, err := tx.Stmt(cases).Exec(c...); err != nil {
				b.Fatal(err)
			}
			if _, err := tx.Stmt(revisions).Exec(r...); err != nil {
				b.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
	}
	storagetest.Report(b, before)
}
