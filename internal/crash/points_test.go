package crash_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/crash"
)

// TestPointsAreListed holds the list against every call in the program: each
// place has one name, each name one place, and each is on the list.
func TestPointsAreListed(t *testing.T) {
	name := regexp.MustCompile(`^[a-z]+(\.[a-z]+)+$`)
	call := regexp.MustCompile(`\bcrash\.Point\("([^"]*)"\)`)
	root := filepath.Join("..", "..")
	places := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range call.FindAllSubmatch(b, -1) {
			places[string(m[1])] = append(places[string(m[1])], path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	listed := crash.Points()
	for point, at := range places {
		if len(at) > 1 {
			t.Errorf("%s marks several places: %s", point, strings.Join(at, ", "))
		}
		if !slices.Contains(listed, point) {
			t.Errorf("%s in %s is not in crash.Points", point, at[0])
		}
		if !name.MatchString(point) {
			t.Errorf("%q is no name: it goes area.moment", point)
		}
	}
	for _, point := range listed {
		if len(places[point]) == 0 {
			t.Errorf("%s is in crash.Points and nowhere in the code", point)
		}
	}
	if slices.Sort(listed); len(slices.Compact(listed)) != len(crash.Points()) {
		t.Error("a point is listed twice")
	}
	if len(listed) < 25 {
		t.Errorf("%d points; at least 25 lie between arrival and live", len(listed))
	}
}
