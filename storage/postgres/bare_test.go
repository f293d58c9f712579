package postgres

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/evenkeel/evenkeel/storage/storagetest"
)

// BenchmarkBare copies the rows that BenchmarkSeed writes into their tables, a
// thousand reviews a transaction, with nothing around them: the speed of the
// engine itself on these tables.
func BenchmarkBare(b *testing.B) {
	d := fresh(b).(database)
	if err := d.Open(b, time.Now).Close(); err != nil {
		b.Fatal(err)
	}
	conn, err := pgx.Connect(b.Context(), d.url)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(b.Context())
	caseCols := []string{"id", "source", "account", "location", "ext_id", "version", "status", "verdict", "owner", "stars", "kind", "language",
		"critical", "revision", "content", "changed", "doc"}
	revisionCols := []string{"case_id", "n", "content", "title", "body", "raw", "doc"}
	caseDoc, _ := json.Marshal(storagetest.Accepted(b, storagetest.Review(1), true).Case)
	revisionDoc, _ := json.Marshal(storagetest.Review(1))
	before := storagetest.CPU()
	b.ResetTimer()
	for n := 0; n < b.N; {
		var cases, revisions [][]any
		for range 1000 {
			n++
			r := storagetest.Review(n)
			sum := r.ContentHash()
			cases = append(cases, []any{n, "shop", "a1", "berlin", fmt.Sprint("r-", n), 1, "seeded", "", "", 3.0, "stars", "", 0, 1, sum[:], n, string(caseDoc)})
			revisions = append(revisions, []any{n, 1, sum[:], []byte(r.Title), []byte(r.Body), []byte(r.Raw), string(revisionDoc)})
		}
		tx, err := conn.Begin(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := tx.CopyFrom(b.Context(), pgx.Identifier{"cases"}, caseCols, pgx.CopyFromRows(cases)); err != nil {
			b.Fatal(err)
		}
		if _, err := tx.CopyFrom(b.Context(), pgx.Identifier{"revisions"}, revisionCols, pgx.CopyFromRows(revisions)); err != nil {
			b.Fatal(err)
		}
		if err := tx.Commit(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	storagetest.Report(b, before)
}
