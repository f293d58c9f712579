package sqlite

import (
	"path/filepath"
	"testing"
	"time"

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
