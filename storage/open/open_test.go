package open

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/storage/postgres/pgtest"
	"github.com/evenkeel/evenkeel/storage/storagetest"
)

func TestDatabase(t *testing.T) {
	for _, address := range []string{
		"sqlite:" + filepath.Join(t.TempDir(), "a file with ? and #.db"),
		pgtest.Start(t),
	} {
		st, err := Database(t.Context(), address, Options{})
		if err != nil {
			t.Fatalf("%s: %v", address, err)
		}
		storagetest.Put(t, st, storagetest.Review(1))
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestUnknown(t *testing.T) {
	for _, address := range []string{"", "evenkeel.db", "mysql://user:secret@host/db", "sqlite:", "postgres://user:secret@host:notaport/db"} {
		st, err := Database(t.Context(), address, Options{})
		if err == nil || st != nil {
			t.Errorf("%q was opened: %v", address, st)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error repeats the password: %v", err)
		}
	}
}
