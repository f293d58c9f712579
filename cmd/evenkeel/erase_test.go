package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review/words"
	"github.com/evenkeel/evenkeel/storage/open"
	"github.com/evenkeel/evenkeel/storage/storagetest"
)

// TestErasedWordsAreNotFound: the search index forgets with the erasure, in the
// database's files as well, and goes on finding what others wrote.
func TestErasedWordsAreNotFound(t *testing.T) {
	database := newFile(t)
	store, err := open.Database(t.Context(), database, open.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for n, body := range []string{"The zyzzyva leaked all over the carpet.", "The courier was friendly."} {
		r := storagetest.Review(n)
		r.Author, r.Title, r.Body, r.Raw = "Jo", "Late", body, nil
		storagetest.Put(t, store, r)
	}
	for left := int64(1); left > 0; {
		if left, err = store.Tally(t.Context(), 100); err != nil {
			t.Fatal(err)
		}
	}
	found := func(word string) int {
		hits, err := store.Search(t.Context(), words.Parse(word), "", 9)
		if err != nil {
			t.Fatal(err)
		}
		return len(hits)
	}
	if found("zyzzyva") != 1 || found("courier") != 1 {
		t.Fatal("the index has not what it is to forget")
	}
	out, err := eraseIn(t.Context(), store, eraseRequest{Cases: []int64{1}}, time.Now)
	if err != nil || out.Problem != "" || len(out.Cases) != 1 {
		t.Fatal(out, err)
	}
	if found("zyzzyva") != 0 || found("courier") != 1 {
		t.Error("the search finds what was erased, or has lost what was not")
	}
	files, err := filepath.Glob(strings.TrimPrefix(database, "sqlite:") + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(bytes.ToLower(b), []byte("zyzzyva")) {
			t.Errorf("%s holds the words", filepath.Base(f))
		}
	}
}
