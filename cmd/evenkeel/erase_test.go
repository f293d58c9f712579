package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/audit"
	"github.com/evenkeel/evenkeel/review/words"
	"github.com/evenkeel/evenkeel/storage"
	"github.com/evenkeel/evenkeel/storage/open"
	"github.com/evenkeel/evenkeel/storage/postgres/pgtest"
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
		found, err := store.Search(t.Context(), words.Parse(word), "", 9)
		if err != nil {
			t.Fatal(err)
		}
		return len(found.Hits)
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

// TestErasedWherePeopleRepeatIt: a customer's name and words stand in a fact
// sheet, a rule of style, a note on a cause, a digest on the console, the texts
// beside the audit log and another case. After the erasure they are in no page
// of the database's files, in no backup made afterwards and not in what other
// programs are handed; the chain is whole; the other case is named.
func TestErasedWherePeopleRepeatIt(t *testing.T) {
	const (
		name  = "Zyzzy Vandermolen"
		words = "the lamp hummed like a hornet all through supper"
	)
	for kind, address := range map[string]string{"sqlite": newFile(t), "postgres": pgtest.Start(t)} {
		t.Run(kind, func(t *testing.T) {
			store, err := open.Database(t.Context(), address, open.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			r := storagetest.Review(1)
			r.Author, r.Title, r.Body, r.Raw = name, "Hm", "You see, "+words+", every day.", nil
			k := storagetest.Put(t, store, r)
			other := storagetest.Review(2)
			other.Author, other.Title, other.Body, other.Raw = "Bo", "Lamp", "My neighbour "+name+" was right.", nil
			also := storagetest.Put(t, store, other)
			quoted := "As " + name + " wrote, " + words + ". We mend it by Friday."
			at := time.Now().UTC().Truncate(time.Microsecond)
			for setting, value := range map[string]string{
				"incidents": `{"last":1,"all":[{"n":1,"title":"Lamps","by":"","opened":"2026-05-01T00:00:00Z","cases":[1],"sheets":[{"n":1,"text":"` + quoted + `","by":"console:ana","name":"Ana","at":"2026-05-01T00:00:00Z"}]}]}`,
				"causes":    `{"lamp":{"changed":[{"text":"` + quoted + `","name":"Ana","at":"2026-05-01T00:00:00Z"}]}}`,
				"style":     `{"versions":[{"n":1,"what":"accepted 1","by":"console:ana","name":"Ana","at":"2026-05-01T00:00:00Z","rules":[{"n":1,"key":"en:open:dear ` + strings.ToLower(name) + `","text":"Open with “Dear ` + name + `”.","by":"console:ana","name":"Ana","at":"2026-05-01T00:00:00Z"}]}]}`,
			} {
				e := review.Event{At: at, Actor: "console:ana", Verb: "changed", Detail: map[string]string{"what": review.DigestOf(quoted).String()}, Texts: map[string]string{"what": quoted}}
				if err := store.SetSetting(t.Context(), setting, value, e); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := store.PutNote(t.Context(), storage.Note{Channel: "digests", Key: "digest", Body: []byte(`{"text":"Praise: ` + quoted + `"}`), At: at}); err != nil {
				t.Fatal(err)
			}
			if err := store.Commit(t.Context(), &storage.Batch{Messages: []storage.Message{{Chat: "console", Key: "notice-incident-1@leads", Ref: "9", Posted: at}}}); err != nil {
				t.Fatal(err)
			}
			for left := int64(1); left > 0; {
				if left, err = store.Tally(t.Context(), 100); err != nil {
					t.Fatal(err)
				}
			}

			out, err := eraseIn(t.Context(), store, eraseRequest{Cases: []int64{k.ID}}, time.Now)
			if err != nil || out.Problem != "" || !slices.Equal(out.Cases, []int64{k.ID}) {
				t.Fatal(out, err)
			}
			if out.Struck != 7 { // three settings, the texts beside their entries, the digest
				t.Errorf("struck out of %d records, want 7", out.Struck)
			}
			if !slices.Equal(out.Named, []int64{also.ID}) {
				t.Errorf("named are %v, want case %d", out.Named, also.ID)
			}
			sheet, err := store.Setting(t.Context(), "incidents")
			if err != nil || !strings.Contains(sheet, "(erased). We mend it by Friday.") {
				t.Errorf("the fact sheet reads %s (%v)", sheet, err)
			}
			due, err := store.Claim(t.Context(), storage.Claim{Worker: "t", Kinds: []review.WorkKind{"notice:console"}, Now: time.Now().Add(time.Minute), Lease: time.Minute, Limit: 9})
			if err != nil || len(due) != 1 || due[0].Key != "incident-1@leads" || due[0].Text != "leads" {
				t.Errorf("to be drawn anew: %+v (%v)", due, err)
			}
			if _, err := eraseIn(t.Context(), store, eraseRequest{Cases: []int64{also.ID}}, time.Now); err != nil {
				t.Fatal(err)
			}
			if again, err := eraseIn(t.Context(), store, eraseRequest{Cases: []int64{k.ID}}, time.Now); err != nil || again.Struck != 0 || again.Problem != "" {
				t.Errorf("once more: %+v %v", again, err)
			}
			nothingLeft(t, store, kind, address, "zyzzy", "vandermolen", "hornet")
			verified(t, store)
		})
	}
}

// nothingLeft looks for words in the files of the database, in a copy of all of
// its rows, and in what other programs would be handed.
func nothingLeft(t *testing.T, store storage.Store, kind, address string, words ...string) {
	t.Helper()
	look := func(what string, b []byte) {
		for _, w := range words {
			if at := bytes.Index(bytes.ToLower(b), []byte(w)); at >= 0 {
				t.Errorf("%s holds %q: %q", what, w, b[max(0, at-40):min(len(b), at+40)])
			}
		}
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	target, err := open.Database(t.Context(), "sqlite:"+copied, open.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.(storage.Upkeep).CopyTo(t.Context(), target, nil); err != nil {
		t.Fatal(err)
	}
	if err := target.Close(); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(copied + "*")
	if kind == "sqlite" { // its own pages too, those that are free and those of the log
		own, _ := filepath.Glob(strings.TrimPrefix(address, "sqlite:") + "*")
		files = append(files, own...)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		look(filepath.Base(f), b)
	}
	events, err := store.Events(t.Context(), 0, 0, 1000)
	if err != nil || len(events) == 0 {
		t.Fatal(len(events), err)
	}
	for _, e := range events {
		texts, err := store.Texts(t.Context(), e.Seq)
		if err != nil {
			t.Fatal(err)
		}
		look("what is handed over of entry "+strconv.FormatInt(e.Seq, 10), fmt.Append(nil, e, texts))
	}
}

// verified fails unless the audit chain is whole.
func verified(t *testing.T, store storage.Store) {
	t.Helper()
	events, err := store.Events(t.Context(), 0, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	v := &audit.Verifier{}
	for _, e := range events {
		if err := v.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.Finish(); err != nil {
		t.Fatal(err)
	}
}
