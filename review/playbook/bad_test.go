package playbook

import (
	"errors"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the problems in testdata/bad.txt anew")

// badCase is one case of testdata/bad.txt.
type badCase struct{ title, file, want string }

func readBad(t testing.TB) (head string, cases []badCase) {
	t.Helper()
	b, err := os.ReadFile("testdata/bad.txt")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split("\n"+string(b), "\n=== ")
	for _, p := range parts[1:] {
		p = strings.TrimSuffix(p, "\n") + "\n"
		title, rest, _ := strings.Cut(p, "\n")
		end := strings.LastIndex(rest, "---\n") // the file itself may hold one
		if end < 0 {
			t.Fatalf("the case %q has no line of three hyphens", title)
		}
		cases = append(cases, badCase{title, rest[:end], rest[end+len("---\n"):]})
	}
	return strings.TrimPrefix(parts[0], "\n"), cases
}

func TestMistakes(t *testing.T) {
	head, cases := readBad(t)
	out := head
	for _, c := range cases {
		var got strings.Builder
		_, err := Parse("playbook.yaml", []byte(c.file))
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: Parse gives %v, want an *Error", c.title, err)
			continue
		}
		for _, p := range e.Problems {
			got.WriteString(p.String() + "\n")
		}
		out += "\n=== " + c.title + "\n" + c.file + "---\n" + strings.TrimSuffix(got.String(), "\n")
		if diff := cmp.Diff(c.want, got.String()); diff != "" && !*update {
			t.Errorf("%s (-want +got):\n%s", c.title, diff)
		}
		if strings.Contains(got.String(), "hunter2") || strings.Contains(got.String(), "xoxb-") {
			t.Errorf("%s: the problems quote a secret", c.title)
		}
	}
	if *update {
		if err := os.WriteFile("testdata/bad.txt", []byte(out+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
