package sharedtest

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// TestPath: the folder that is named, else the one beside the module, from
// whatever folder a test runs in.
func TestPath(t *testing.T) {
	t.Setenv("EVENKEEL_SHARED", filepath.Join("named", "folder"))
	if got, want := Path("data", "x.json"), filepath.Join("named", "folder", "data", "x.json"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	t.Setenv("EVENKEEL_SHARED", "")
	module := t.TempDir()
	if err := os.MkdirAll(filepath.Join(module, "a", "b"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(module, "go.mod"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Join(module, "a", "b"))
	want := filepath.Join(filepath.Dir(module), "shared", "x.json")
	if got, err := filepath.Abs(Path("x.json")); err != nil || got != want {
		t.Errorf("%s (%v), want %s", got, err, want)
	}
}

// TestRead: what is there is read; without it a test is skipped, or fails where
// it is demanded.
func TestRead(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("EVENKEEL_SHARED", dir)
	if err := os.WriteFile(filepath.Join(dir, "x"), []byte("words"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, demanded := range []string{"", "1"} {
		t.Setenv("EVENKEEL_REQUIRE_SHARED", demanded)
		if got := Read(t, "x"); string(got) != "words" {
			t.Errorf("read %q", got)
		}
		lost := &verdict{TB: t}
		done := make(chan struct{})
		go func() { defer close(done); Read(lost, "y") }()
		<-done
		if lost.failed != (demanded == "1") || lost.skipped != (demanded == "") {
			t.Errorf("demanded %q: %+v", demanded, lost)
		}
	}
}

// verdict is a test that notes how it ends.
type verdict struct {
	testing.TB
	failed, skipped bool
}

func (v *verdict) Fatalf(string, ...any) { v.failed = true; runtime.Goexit() }
func (v *verdict) Skipf(string, ...any)  { v.skipped = true; runtime.Goexit() }
