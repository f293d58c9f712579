package bot_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/commands"
)

// TestPracticePage: every test that docs/practice.md names is there, and every
// command of aftercare stands on it, so that the page
// cannot promise what is gone.
func TestPracticePage(t *testing.T) {
	page, err := os.ReadFile("../docs/practice.md")
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	tests := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	err = filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range tests.FindAllSubmatch(source, -1) {
			have[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`(Test\\w+)`").FindAllSubmatch(page, -1)
	if len(named) < 50 {
		t.Errorf("the page names only %d tests", len(named))
	}
	for _, m := range named {
		if !have[string(m[1])] {
			t.Errorf("docs/practice.md names %s, which is no test", m[1])
		}
	}
	rows := 0
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "| ") || strings.Contains(line, "---") || len(cells) == 3 && strings.TrimSpace(cells[2]) == "shown by" {
			continue
		}
		rows++
		if len(cells) != 3 || strings.TrimSpace(cells[1]) == "" || strings.TrimSpace(cells[2]) == "" {
			t.Errorf("a row lacks what keeps it or what shows it: %s", line)
		}
	}
	if rows < 70 || strings.Contains(strings.ToLower(string(page)), "not yet**") {
		t.Errorf("%d rows, or one that is not built", rows)
	}
	table := commands.NewTable(commands.Rows())
	for _, name := range []string{"overdue", "promises", "promise", "undertake", "kept", "drop", "worked", "update", "benefit", "grant", "decline", "reach", "reached",
		"leave", "cause", "causes", "changed", "incidents", "incident", "involve", "sheet", "sheet-approve", "incident-plan", "incident-close", "report", "reported"} {
		if _, ok := table.Find(name); !ok || !strings.Contains(string(page), "`"+name) {
			t.Errorf("%s is not in the table, or not on the page", name)
		}
	}
}
