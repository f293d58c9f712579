package sqlite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
	"github.com/evenkeel/evenkeel/storage/storagetest"
)

// childFile names the database on which the test binary, started once more,
// commits reviews until it is killed; childFirst is the first review's number.
const (
	childFile  = "EVENKEEL_TEST_CHILD_FILE"
	childFirst = "EVENKEEL_TEST_CHILD_FIRST"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(childFile); path != "" {
		fmt.Fprintln(os.Stderr, commitForEver(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func commitForEver(path string) error {
	first, err := strconv.Atoi(os.Getenv(childFirst))
	if err != nil {
		return err
	}
	st, err := Open(context.Background(), path, Options{})
	if err != nil {
		return err
	}
	storagetest.StartLoad(st, first, os.Stdout)
	select {}
}

func TestKilledWhileCommitting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "evenkeel.db")
	var acked []int
	for round := range 4 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childFile+"="+path, fmt.Sprintf("%s=%d", childFirst, round*100_000))
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for i := 0; lines.Scan(); i++ {
			n, err := strconv.Atoi(lines.Text())
			if err != nil {
				break // cut in the middle of a line
			}
			acked = append(acked, n)
			if i == 300+37*round {
				_ = cmd.Process.Kill()
			}
		}
		_ = cmd.Wait()
		st := file{path}.Open(t, time.Now)
		storagetest.CheckLoad(t, st, acked)
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
		intact(t, path)
	}
	if len(acked) < 1200 {
		t.Errorf("only %d reviews were acknowledged", len(acked))
	}
}

// intact runs SQLite's own check of the file.
func intact(t *testing.T, path string) {
	t.Helper()
	var verdict string
	if err := (file{path}).SQL(t).QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Fatalf("integrity_check says %q, %v", verdict, err)
	}
}

func TestOneProcess(t *testing.T) {
	f := fresh(t).(file)
	st := f.Open(t, time.Now)
	var inUse *InUseError
	if _, err := Open(t.Context(), f.path, Options{}); !errors.As(err, &inUse) || !strings.Contains(err.Error(), "--database") {
		t.Fatalf("a second store on the file: %v", err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	again := f.Open(t, time.Now)
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestOpenExplains(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("this is no database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"":                             "give a path",
		":memory:":                     "give a path",
		filepath.Join(dir, "no", "db"): "folder",
		text:                           "not a SQLite database",
	} {
		if _, err := Open(t.Context(), path, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("opening %q: %v, want a sentence with %q", path, err, want)
		}
	}
}

// TestFull bounds the file as a full disk would.
func TestFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "evenkeel.db")
	st, err := open(t.Context(), path, Options{}, url.Values{"_pragma": {"max_page_count(120)"}})
	if err != nil {
		t.Fatal(err)
	}
	load := storagetest.StartLoad(st, 0, io.Discard)
	for load.Failures() == 0 {
		time.Sleep(time.Millisecond)
	}
	written, errs := load.Stop()
	if len(written) == 0 {
		t.Error("nothing was written before the disk was full")
	}
	for _, err := range errs {
		if !strings.Contains(err.Error(), "disk is full") {
			t.Fatalf("the error says %v", err)
		}
	}
	storagetest.CheckLoad(t, st, written)
	jobs, err := st.Claim(t.Context(), storage.Claim{Kinds: []review.WorkKind{review.WorkTriage}, Now: storagetest.Start, Lease: time.Minute, Limit: 1})
	if err == nil && len(jobs) != 1 {
		t.Errorf("a full database claimed %v", jobs)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	intact(t, path)
	roomy := file{path}.Open(t, time.Now)
	defer roomy.Close()
	storagetest.Put(t, roomy, storagetest.Review(1_000_000))
	storagetest.CheckLoad(t, roomy, written)
}

func TestReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "evenkeel.db")
	first := file{path}.Open(t, time.Now)
	c := storagetest.Put(t, first, storagetest.Review(1))
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t.Context(), path, Options{}, url.Values{"_query_only": {"1"}}); err == nil || !strings.Contains(err.Error(), "cannot be written") {
		t.Fatalf("opening read-only: %v", err)
	}
	again := file{path}.Open(t, time.Now)
	defer again.Close()
	if _, err := again.Case(t.Context(), c.ID); err != nil {
		t.Error(err)
	}
}

// TestLocked has another program hold the file for a while, shorter than the
// store waits: nobody is told of it.
func TestLocked(t *testing.T) {
	f := fresh(t).(file)
	st := f.Open(t, time.Now)
	defer st.Close()
	time.AfterFunc(1500*time.Millisecond, f.Hold(t))
	storagetest.Put(t, st, storagetest.Review(1))
}
