// Package sharedtest finds what tests are judged by and cannot come with the
// repository, because others own it: vendors' OpenAPI documents, sets of
// reviews, sets of attacks. It stands in the folder that EVENKEEL_SHARED names,
// or in ../shared beside the module.
//
// A test that finds nothing there says what it did not check and is skipped.
// With EVENKEEL_REQUIRE_SHARED=1, as in continuous integration, it fails.
package sharedtest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// Path is where a shared file is to stand, whether it does or not.
func Path(elem ...string) string {
	dir := os.Getenv("EVENKEEL_SHARED")
	if dir == "" {
		dir = filepath.Join(root(), "..", "shared")
	}
	return filepath.Join(append([]string{dir}, elem...)...)
}

// Demanded tells whether a test must fail without its shared files.
func Demanded() bool { return os.Getenv("EVENKEEL_REQUIRE_SHARED") == "1" }

// Find tells whether a shared file is there. Where it is demanded and is not,
// t fails.
func Find(t testing.TB, elem ...string) (path string, there bool) {
	t.Helper()
	path = Path(elem...)
	_, err := os.Stat(path)
	if err != nil && Demanded() {
		t.Fatalf("this is demanded and not there: %v", err)
	}
	return path, err == nil
}

// Read is a shared file's content; without the file t is skipped.
func Read(t testing.TB, elem ...string) []byte {
	t.Helper()
	path, there := Find(t, elem...)
	if !there {
		t.Skipf("NOT CHECKED: there is no %s (set EVENKEEL_SHARED)", filepath.Join(elem...))
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Attacks is the shared set of attacks on programs that write, by kind: orders
// that a reviewer hides in a review.
func Attacks(t testing.TB) map[string][]string {
	t.Helper()
	var sets map[string][]string
	if err := json.Unmarshal(Read(t, "data", "bipia-text-attacks.json"), &sets); err != nil {
		t.Fatal(err)
	}
	return sets
}

// root is the module's folder: tests run in the folder of their package.
func root() string {
	for dir := "."; ; dir = filepath.Join(dir, "..") {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if abs, err := filepath.Abs(dir); err != nil || abs == filepath.Dir(abs) {
			return "."
		}
	}
}
