package shoptest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// npm installs the packages of a lock file, without running their scripts, and
// keeps them in the user's cache folder under the lock file's hash. It gives
// the folder, which holds the other files of from as well.
//
// It is npm install with a look afterwards, and not npm ci: that wants packages
// for other systems in the lock file, which npm leaves out of a file without
// addresses.
func npm(t testing.TB, from string) string {
	t.Helper()
	lock, err := os.ReadFile(filepath.Join(from, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(lock, []byte(`"resolved"`)) {
		t.Fatalf("%s names the addresses that its packages came from; make it with npm install --omit-lockfile-registry-resolved", from)
	}
	sum := sha256.Sum256(lock)
	dir := cached(t, filepath.Base(from)+"-"+hex.EncodeToString(sum[:6]), func(dir string) error {
		if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
			return err
		}
		// The plugin names narrower versions of what it shares with Medusa.
		cmd := exec.CommandContext(t.Context(), "npm", "install", "--no-save", "--legacy-peer-deps", "--ignore-scripts", "--no-audit", "--no-fund")
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			return fmt.Errorf("npm install: %w\n%s", err, tail(out))
		}
		return asLocked(dir)
	})
	return dir
}

// asLocked holds what npm installed against the lock file: nothing is of
// another version, and nothing that matters is besides it.
func asLocked(dir string) error {
	type tree struct {
		Packages map[string]struct {
			Version  string
			Optional bool
		}
	}
	read := func(name string) (t tree, err error) {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil {
			err = json.Unmarshal(b, &t)
		}
		return t, err
	}
	locked, err1 := read("package-lock.json")
	installed, err2 := read("node_modules/.package-lock.json")
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	for path, is := range installed.Packages {
		want, ok := locked.Packages[path]
		if ok && want.Version != is.Version || !ok && !is.Optional {
			return fmt.Errorf("npm installed %s %s, and the lock file says %q", path, is.Version, want.Version)
		}
	}
	if len(installed.Packages) == 0 {
		return errors.New("npm installed nothing")
	}
	return nil
}

// cached gives a folder of the user's cache that make filled once. A folder
// that was not filled to the end has another name and is never taken.
func cached(t testing.TB, name string, make func(dir string) error) string {
	t.Helper()
	root, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	root = filepath.Join(root, "evenkeel", "peers")
	dir := filepath.Join(root, name)
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		t.Fatal(err)
	}
	half, err := os.MkdirTemp(root, ".half-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(half)
	if err := make(half); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(half, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
	return dir
}

// run runs a program to its end.
func run(t testing.TB, dir string, env []string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, tail(out))
	}
	return string(out)
}

// tail is the end of what a program said.
func tail(out []byte) []byte { return out[max(0, len(out)-4000):] }

// call speaks JSON with a shop and decodes its answer, which must be 2xx.
func call(t testing.TB, method, url string, sign func(*http.Request), body, into any) {
	t.Helper()
	var payload io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		payload = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, payload)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if sign != nil {
		sign(req)
	}
	res, err := (&http.Client{Timeout: time.Minute}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode/100 != 2 {
		t.Fatalf("%s %s: %s %s %v", method, url, res.Status, tail(answer), err)
	}
	if into != nil {
		if err := json.Unmarshal(answer, into); err != nil {
			t.Fatalf("%s %s: %v in %s", method, url, err, tail(answer))
		}
	}
}
