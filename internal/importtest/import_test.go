package importtest

import (
	"bytes"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/evenkeel/evenkeel"

// TestRooms holds every import of every file, whatever its build tags, against
// the tables.
func TestRooms(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range goFiles(t) {
		seen[f.pkg] = true
		for _, imported := range f.imports {
			if why := judge(f, imported); why != "" {
				t.Errorf("%s imports %s: %s", f.path, imported, why)
			}
		}
	}
	// The walk must have found the program, or nothing was checked.
	for _, pkg := range []string{"review", "bot", "commands", "storage", "sources", "cmd/evenkeel"} {
		if !seen[pkg] {
			t.Errorf("no file of package %s was looked at", pkg)
		}
	}
}

// TestJudge shows that the rules refuse what they should.
func TestJudge(t *testing.T) {
	program := func(pkg string) file { return file{pkg: pkg} }
	test := func(pkg string) file { return file{pkg: pkg, test: true} }
	for _, c := range []struct {
		f        file
		imported string
		allowed  bool
	}{
		{program("review"), "time", true},
		{program("review"), module + "/storage", false},
		{program("review"), "golang.org/x/text/unicode/norm", false},
		{program("review/clock"), module + "/review", true},
		{program("commands"), module + "/bot", false},
		{program("bot"), module + "/commands", true},
		{program("bot"), module + "/bot/webconsole", false},
		{program("bot/webconsole"), module + "/bot", true},
		{program("bot/webconsole"), module + "/sources", false},
		{program("bot/webconsole"), "github.com/slack-go/slack", false},
		{program("bot/slackbot"), "github.com/slack-go/slack/socketmode", true},
		{program("storage/sqlite"), "github.com/jackc/pgx/v5", false},
		{program("storage/postgres/pgtest"), "github.com/jackc/pgx/v5", true},
		{program("storage/sqlite"), module + "/storage/storagetest", false},
		{test("storage/sqlite"), module + "/storage/storagetest", true},
		{program("bot"), "pgregory.net/rapid", false},
		{test("bot"), "pgregory.net/rapid", true},
		{program("bot/bottest"), "pgregory.net/rapid", true},
		{program("bot"), "testing", false},
		{program("sources/sourcetest"), "testing", true},
		{program("llm"), module + "/cmd/evenkeel", false},
		{program("llm"), "example.com/unheard/of", false},
		{program("new/room"), "fmt", false},
		{program("cmd/evenkeel"), module + "/bot/webconsole", true},
		{program("cmd/evenkeel/internal/settings"), module + "/review", false},
	} {
		if why := judge(c.f, c.imported); (why == "") != c.allowed {
			t.Errorf("%s (test: %v) importing %s: %q", c.f.pkg, c.f.test, c.imported, why)
		}
	}
}

// TestNothingForTestsIsLinked asks the go command what the program is made of.
func TestNothingForTestsIsLinked(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "./cmd/evenkeel")
	cmd.Dir = root(t)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	deps := strings.Fields(string(out))
	if len(deps) < 50 {
		t.Fatalf("go list found only %d packages; that cannot be the program", len(deps))
	}
	for _, dep := range deps {
		bad := slices.Contains(neverLinked, dep)
		if ours, ok := strings.CutPrefix(dep, module+"/"); ok {
			bad = bad || forTests(ours)
		}
		if bad {
			t.Errorf("%s is linked into the program", dep)
		}
	}
}

// file is a Go file with what it imports.
type file struct {
	path    string // from the module's root
	pkg     string // its folder, from the module's root
	test    bool
	imports []string
}

// judge says why f may not import a package, "" when it may.
func judge(f file, imported string) string {
	r, ok := roomOf(f.pkg)
	if !ok {
		return "package " + f.pkg + " is not on the map in rooms_test.go"
	}
	tests := f.test || forTests(f.pkg)
	if imported == module {
		return "the module's root holds no code"
	}
	if ours, ok := strings.CutPrefix(imported, module+"/"); ok {
		return judgeOurs(f.pkg, r, ours, tests)
	}
	if !strings.Contains(strings.Split(imported, "/")[0], ".") { // the standard library
		if slices.Contains(neverLinked, imported) && !tests {
			return "only tests may"
		}
		return ""
	}
	return judgeVendor(f.pkg, imported, tests)
}

func judgeOurs(pkg string, r room, ours string, tests bool) string {
	switch {
	case pkg == ours: // an external test of its own package
		return ""
	case tests:
		if ours == "cmd/evenkeel" || strings.HasPrefix(ours, "cmd/evenkeel/") && !strings.HasPrefix(pkg, "cmd/evenkeel") {
			return "nobody knows the wiring"
		}
		return "" // tests look at the whole
	case forTests(ours):
		return "only tests may"
	case slices.ContainsFunc(r.may, func(pattern string) bool { return matches(pattern, ours) }):
		return ""
	}
	return r.name + " may import " + strings.Join(append(r.may, "nothing else of ours"), ", ")
}

func judgeVendor(pkg, imported string, tests bool) string {
	if slices.ContainsFunc(testLibraries, func(m string) bool { return within(imported, m) }) {
		if tests {
			return ""
		}
		return "only tests may"
	}
	for _, l := range libraries {
		if !within(imported, l.module) {
			continue
		}
		if tests || slices.ContainsFunc(l.homes, func(home string) bool { return matches(home, pkg) }) {
			return ""
		}
		return "its home is " + strings.Join(l.homes, ", ")
	}
	return "this library is not in the table of rooms_test.go"
}

// roomOf finds a package's row: its own, else that of the packages above.
func roomOf(pkg string) (room, bool) {
	for _, r := range rooms {
		if r.name == pkg {
			return r, true
		}
	}
	for _, r := range rooms {
		if matches(r.name, pkg) {
			return r, true
		}
	}
	return room{}, false
}

// matches holds a package against "a/b", "a/*" or "*".
func matches(pattern, pkg string) bool {
	if below, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(pkg, below)
	}
	return pattern == pkg
}

// within tells whether a package belongs to a module.
func within(pkg, mod string) bool { return pkg == mod || strings.HasPrefix(pkg, mod+"/") }

// forTests tells packages that only tests may use, by their name: bottest,
// pgtest, fakeslack.
func forTests(pkg string) bool {
	if pkg == "internal/peers" {
		return true
	}
	for part := range strings.SplitSeq(pkg, "/") {
		if strings.HasSuffix(part, "test") || strings.HasPrefix(part, "fake") {
			return true
		}
	}
	return false
}

// root is the module's folder.
func root(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
}

// goFiles reads the imports of all Go files of this module.
func goFiles(t *testing.T) []file {
	t.Helper()
	top := root(t)
	var files []file
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipFolder(top, path, d.Name())
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		f, err := parse(top, path)
		files = append(files, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// skipFolder leaves out what the go command leaves out, and modules of their own.
func skipFolder(top, path, name string) error {
	if path == top {
		return nil
	}
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "node_modules" {
		return filepath.SkipDir
	}
	if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil {
		return filepath.SkipDir
	}
	return nil
}

func parse(top, path string) (file, error) {
	tree, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		return file{}, err
	}
	rel, err := filepath.Rel(top, path)
	if err != nil {
		return file{}, err
	}
	rel = filepath.ToSlash(rel)
	f := file{path: rel, pkg: filepath.ToSlash(filepath.Dir(rel)), test: strings.HasSuffix(rel, "_test.go")}
	for _, spec := range tree.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return file{}, err
		}
		f.imports = append(f.imports, name)
	}
	return f, nil
}
