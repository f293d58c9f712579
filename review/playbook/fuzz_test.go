package playbook

import (
	"errors"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/review"
)

// FuzzParse: whatever the bytes, the answer is a playbook that works or an
// *Error that points into the file.
func FuzzParse(f *testing.F) {
	f.Add([]byte(Example()))
	f.Add([]byte(Minimal()))
	_, cases := readBad(f)
	for _, c := range cases {
		f.Add([]byte(c.file))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse("p.yaml", data)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || len(e.Problems) == 0 || len(e.Problems) > maxProblems {
				t.Fatalf("%T: %v", err, err)
			}
			lines := strings.Count(strings.ReplaceAll(string(data), "\r", "\n"), "\n") + 1
			for _, problem := range e.Problems {
				if problem.Message == "" || problem.Line < 0 || problem.Line > lines+1 || strings.ContainsAny(problem.Message, "\n\r\x1b") {
					t.Fatalf("%d lines, and a problem %+v", lines, problem)
				}
			}
			return
		}
		again, err := Parse("q.yaml", data)
		if err != nil || again.Version() != p.Version() {
			t.Fatalf("the same bytes read twice differ: %v", err)
		}
		c := review.Case{Review: review.Review{Rating: review.StarRating(2), Body: "x"}, Heat: review.Heated}
		if p.Policy(c, SourceTraits{}).Quorum.Count < 1 || p.Location() == nil || len(p.Routes("x", false)) == 0 && len(p.Sources()) == 0 {
			t.Fatal("it loads and does not work")
		}
		p.Target(c)
		if err := p.Calendar().Valid(); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzParseDuration(f *testing.F) {
	for _, s := range []string{"1d12h", "2w", "90s", "0", "1w1d1h1m1s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDuration(s)
		if err != nil {
			return
		}
		if d < 0 {
			t.Fatalf("ParseDuration(%q) = %d", s, d)
		}
		if back, err := ParseDuration(FormatDuration(d)); err != nil || back != d {
			t.Fatalf("%q is %d, written %q, read %d, %v", s, d, FormatDuration(d), back, err)
		}
	})
}
