package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// File is a settings file: a flat YAML mapping from the settings' names to
// their values. The zero File is empty.
type File struct {
	path    string
	entries map[string]entry
}

type entry struct {
	value string
	line  int
}

// Path is the file's name, "" when none was read.
func (f File) Path() string { return f.path }

// maxFile bounds a settings file.
const maxFile = 1 << 20

// ReadFile reads a settings file. A file that is missing is an error that
// matches [fs.ErrNotExist].
func ReadFile(path string) (File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return File{}, err
	}
	if info.IsDir() || info.Size() > maxFile {
		return File{}, fmt.Errorf("%s is not a settings file", path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return File{}, err
	}
	return ParseFile(path, b)
}

// FirstFile reads the first of the paths that exists; none at all is fine.
func FirstFile(paths ...string) (File, error) {
	for _, p := range paths {
		f, err := ReadFile(p)
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return File{}, nil
}

// ParseFile reads the text of a settings file; path is for messages.
func ParseFile(path string, text []byte) (File, error) {
	tree, err := parser.ParseBytes(text, 0)
	if err != nil {
		return File{}, fmt.Errorf("%s cannot be read as YAML: %w", path, err)
	}
	f := File{path: path, entries: map[string]entry{}}
	for _, doc := range tree.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.CommentType || doc.Body.Type() == ast.NullType {
			continue
		}
		pairs, ok := pairsOf(doc.Body)
		if !ok {
			return File{}, fmt.Errorf("%s: a settings file is a list of lines such as `listen: 127.0.0.1:8467`", path)
		}
		for _, p := range pairs {
			if err := f.add(p); err != nil {
				return File{}, err
			}
		}
	}
	return f, nil
}

// pairsOf gives the pairs of a mapping, which the parser represents in two
// ways.
func pairsOf(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

func (f *File) add(p *ast.MappingValueNode) error {
	name, line := p.Key.GetToken().Value, p.Key.GetToken().Position.Line
	if _, twice := f.entries[name]; twice {
		return fmt.Errorf("%s:%d: %s stands there twice; leave one of them out", f.path, line, name)
	}
	switch v := p.Value.(type) {
	case *ast.NullNode:
		return nil // `listen:` with nothing after it is not given
	case *ast.StringNode:
		f.entries[name] = entry{v.Value, line}
	case *ast.LiteralNode:
		f.entries[name] = entry{v.Value.Value, line}
	case ast.ScalarNode:
		f.entries[name] = entry{v.GetToken().Value, line}
	default:
		return fmt.Errorf("%s:%d: %s is one value, not a list or a group", f.path, line, name)
	}
	return nil
}

// unknown reports keys that are no settings, with the nearest that is one.
func (f File) unknown(table []Spec) []error {
	known := make([]string, 0, len(table))
	for _, s := range table {
		known = append(known, s.Name)
	}
	slices.Sort(known)
	var wrong []error
	for name, e := range f.entries {
		if slices.Contains(known, name) {
			continue
		}
		hint := "the settings are " + strings.Join(known, ", ")
		if near := nearest(name, known); near != "" {
			hint = "did you mean " + near + "?"
		}
		wrong = append(wrong, fmt.Errorf("%s:%d: there is no setting %q; %s", f.path, e.line, name, hint))
	}
	slices.SortFunc(wrong, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return wrong
}

// nearest is the known word that is at most two letters away, "" for none.
func nearest(word string, known []string) string {
	best, at := "", 3
	for _, k := range known {
		if d := distance(word, k); d < at {
			best, at = k, d
		}
	}
	return best
}

// distance is Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
