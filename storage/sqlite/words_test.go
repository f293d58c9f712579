package sqlite

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage/storagetest"
)

// TestTheIndexIsInFewPieces counts many times a little, as a desk does: each
// leaves a piece of the index behind, and each puts the pieces together, little
// by little, so that no write has to do it for all.
func TestTheIndexIsInFewPieces(t *testing.T) {
	f := file{filepath.Join(t.TempDir(), "evenkeel.db")}
	st := f.Open(t, time.Now)
	defer st.Close()
	db := f.SQL(t)
	pieces := func() (n int) {
		t.Helper()
		// A piece's number stands above the 37th bit of its pages'
		// (https://www.sqlite.org/fts5.html#the_data_table).
		if err := db.QueryRowContext(t.Context(), "SELECT COUNT(DISTINCT id >> 37) FROM words_data WHERE id >= 1 << 37").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	most := 0
	for i := range 120 {
		storagetest.Put(t, st, storagetest.Review(i))
		if _, err := st.Tally(t.Context(), 10); err != nil {
			t.Fatal(err)
		}
		most = max(most, pieces())
	}
	if most < 2 || most > 8 {
		t.Errorf("the index was in %d pieces at most, want 2 to 8", most)
	}
}

// TestErasedWordsLeaveALargeIndex: an index that is not written anew in one step
// loses the words of an erased case, and nothing else, from all of its pages.
func TestErasedWordsLeaveALargeIndex(t *testing.T) {
	f := file{filepath.Join(t.TempDir(), "evenkeel.db")}
	st := f.Open(t, time.Now)
	defer st.Close()
	const cases, erased = 4000, 700
	var history []review.Change
	for i := range cases {
		r := storagetest.Review(i)
		var body strings.Builder
		for k := range 60 {
			fmt.Fprintf(&body, "word%dof%d ", k*7919%60, i)
		}
		if r.Body = body.String(); i+1 == erased {
			r.Body += "xylophone"
		}
		history = append(history, storagetest.Accepted(t, r, true))
	}
	if _, err := st.Seed(t.Context(), history, review.Event{At: storagetest.Start, Verb: "import"}); err != nil {
		t.Fatal(err)
	}
	count := func() {
		t.Helper()
		for left := int64(1); left > 0; {
			var err error
			if left, err = st.Tally(t.Context(), 100); err != nil {
				t.Fatal(err)
			}
		}
	}
	count()
	db := f.SQL(t)
	ask := func(query string, args ...any) (n int) {
		t.Helper()
		if err := db.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if pages := ask("SELECT COUNT(*) FROM words_data"); pages < 300 {
		t.Fatalf("the index has %d pages only: one step would do", pages)
	}
	const raw = "SELECT COUNT(*) FROM words_data WHERE instr(block, CAST(? AS BLOB)) > 0"
	if n := ask(raw, "xylophone"); n == 0 {
		t.Fatal("the word that is to go was never there as it is")
	}
	if _, err := db.ExecContext(t.Context(), "UPDATE revisions SET title = NULL, body = NULL, raw = NULL WHERE case_id = ?", erased); err != nil {
		t.Fatal(err)
	}
	if err := st.Forget(t.Context(), erased); err != nil {
		t.Fatal(err)
	}
	if n := ask(raw, "xylophone"); n != 0 {
		t.Errorf("%d pages of the index still have an erased word", n)
	}
	if n := ask("SELECT COUNT(*) FROM words WHERE words MATCH ?", fmt.Sprintf("word7of%d", erased)); n != 1 {
		t.Errorf("%d cases have a word of the next case, want it alone", n)
	}
}
