package playbook

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// reader walks a YAML tree and gathers everything that is wrong with it.
type reader struct {
	file     string
	problems []Problem
}

func (r *reader) report(line, column int, path, format string, args ...any) {
	r.problems = append(r.problems, Problem{File: r.file, Line: line, Column: column, Path: path, Message: fmt.Sprintf(format, args...)})
}

// value is a node with its place in the rules.
type value struct {
	r    *reader
	node ast.Node
	path string
}

// position is where n begins for the person who reads the file: a mapping
// begins at its first key.
func position(n ast.Node) (line, column int) {
	for {
		switch v := n.(type) {
		case *ast.MappingNode:
			if len(v.Values) == 0 || v.IsFlowStyle {
				return tokenAt(v.Start)
			}
			n = v.Values[0].Key
			continue
		case *ast.MappingValueNode:
			n = v.Key
			continue
		case nil:
			return 1, 1
		}
		return tokenAt(n.GetToken())
	}
}

func tokenAt(t *token.Token) (line, column int) {
	if t == nil || t.Position == nil {
		return 1, 1
	}
	return t.Position.Line, t.Position.Column
}

func (v value) fail(format string, args ...any) {
	line, column := position(v.node)
	v.r.report(line, column, v.path, format, args...)
}

// empty tells a key without a value; it counts as left out.
func (v value) empty() bool {
	_, null := v.node.(*ast.NullNode)
	return v.node == nil || null
}

// text is a scalar as it stands in the file: 010 stays "010".
func (v value) text() (string, bool) {
	switch n := v.node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	if s, ok := torn(v.node); ok {
		return s, true
	}
	v.unexpected("one value")
	return "", false
}

// torn puts console:ana together again: the parser takes it for a block of one
// key in a list that stands in braces, although YAML wants a space after the
// colon there.
func torn(n ast.Node) (string, bool) {
	pair, ok := n.(*ast.MappingValueNode)
	if m, isMapping := n.(*ast.MappingNode); isMapping && !m.IsFlowStyle && len(m.Values) == 1 {
		pair, ok = m.Values[0], true
	}
	if !ok || pair.Start == nil {
		return "", false
	}
	key, value := pair.Key.GetToken(), pair.Value.GetToken()
	colon, begin := pair.Start.Position, value.Position
	plain := key.Type == token.StringType || key.Type == token.IntegerType
	if _, scalar := pair.Value.(ast.ScalarNode); !plain || !scalar || value.Type == token.NullType ||
		begin.Line != colon.Line || begin.Column != colon.Column+1 {
		return "", false
	}
	return key.Value + ":" + value.Value, true
}

// unexpected says that v is something else than it should be.
func (v value) unexpected(want string) {
	have := "one value"
	switch v.node.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode:
		v.fail("the playbook uses no YAML anchors, aliases or tags; please write the value out, in quotes if it begins with & * or !")
		return
	case *ast.MappingNode, *ast.MappingValueNode:
		have = "a block of keys"
	case *ast.SequenceNode:
		have = "a list"
	case *ast.NullNode, nil:
		v.fail("%s needs a value", v.self())
		return
	}
	if v.path == "" {
		v.fail("the playbook is %s, not %s", want, have)
		return
	}
	v.fail("%s is %s, not %s", v.self(), want, have)
}

// key is the last part of the path without its place in a list.
func (v value) key() string {
	key, _, _ := strings.Cut(v.path[strings.LastIndexByte(v.path, '.')+1:], "[")
	return key
}

// name is the key as sentences have it.
func (v value) name() string { return strconv.Quote(v.key()) }

// self is the value as sentences have it: the key, or an entry of its list.
func (v value) self() string {
	if strings.HasSuffix(v.path, "]") {
		return "an entry of " + v.name()
	}
	return v.name()
}

// line is a text that is not empty, without surrounding space.
func (v value) line() (string, bool) {
	s, ok := v.text()
	if s = strings.TrimSpace(s); ok && s == "" {
		v.fail("%s is empty; write something, or leave it out", v.self())
		return "", false
	}
	return s, ok
}

// choice is one of words.
func (v value) choice(words ...string) (string, bool) {
	s, ok := v.line()
	if ok && !slices.Contains(words, s) {
		v.fail("%s is no value for %s; %s", quote(s), v.name(), suggest(s, words))
		return "", false
	}
	return s, ok
}

func (v value) boolean() (b, ok bool) {
	s, ok := v.text()
	if !ok {
		return false, false
	}
	switch strings.ToLower(s) {
	case "true", "yes", "on":
		return true, true
	case "false", "no", "off":
		return false, true
	}
	v.fail("%s is either true or false, not %s", v.name(), quote(s))
	return false, false
}

func (v value) integer(least, most int64) (int64, bool) {
	s, ok := v.text()
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.ReplaceAll(s, "_", ""), 10, 64)
	if err != nil || n < least || n > most {
		v.fail("%s is a whole number from %d to %d, not %s", v.name(), least, most, quote(s))
		return 0, false
	}
	return n, true
}

func (v value) duration(least, most time.Duration) (time.Duration, bool) {
	s, ok := v.text()
	if !ok {
		return 0, false
	}
	d, err := ParseDuration(s)
	switch {
	case err != nil:
		v.fail("%s is no length of time for %s; write for example 90s, 5m, 24h or 30d", quote(s), v.name())
		return 0, false
	case d < least || d > most:
		v.fail("%s is from %s to %s, not %s", v.name(), FormatDuration(least), FormatDuration(most), s)
		return 0, false
	}
	return d, true
}

// list is the elements of a sequence; one value alone is a list of one.
func (v value) list() []value {
	if v.empty() {
		return nil
	}
	seq, ok := v.node.(*ast.SequenceNode)
	if !ok {
		return []value{{v.r, v.node, v.path}}
	}
	out := make([]value, len(seq.Values))
	for i, n := range seq.Values {
		out[i] = value{v.r, n, fmt.Sprintf("%s[%d]", v.path, i)}
	}
	return out
}

// field is one key of a block with its value.
type field struct {
	name  string
	label value // the key itself, for problems with it
	value
}

// fields are the keys of a block in the order of the file, whatever they are
// called. A key that comes twice is a problem.
func (v value) fields() []field {
	var pairs []*ast.MappingValueNode
	switch n := v.node.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	default:
		if !v.empty() {
			v.unexpected("a block of keys")
		}
		return nil
	}
	out := make([]field, 0, len(pairs))
	lines := make(map[string]int, len(pairs))
	for _, p := range pairs {
		key := value{v.r, p.Key, v.path}
		name, ok := key.text()
		if !ok {
			continue
		}
		path := name
		if v.path != "" {
			path = v.path + "." + name
		}
		key.path = path
		line, _ := position(p.Key)
		if first, twice := lines[name]; twice {
			key.fail("%s stands here twice, first in line %d; keep one", quote(name), first)
			continue
		}
		lines[name] = line
		out = append(out, field{name, key, value{v.r, p.Value, path}})
	}
	return out
}

// object is a block with known keys.
type object struct {
	value
	at map[string]value
	ok bool // it is a block, and all its keys are known
}

// object reads a block whose keys are those of a section in the key table.
// It is never nil: what cannot be read has no keys.
func (v value) object(section string) *object {
	o := &object{value: v, at: make(map[string]value), ok: isBlock(v)}
	for _, f := range v.fields() {
		if slices.Contains(keys[section], f.name) {
			if !f.empty() {
				o.at[f.name] = f.value
			}
			continue
		}
		o.ok = false
		f.label.fail("%s is not a key of %s; %s", quote(f.name), called(section), placed(f.name, section))
	}
	return o
}

// called is a section as sentences have it.
func called(section string) string {
	switch section {
	case "":
		return "the playbook"
	case "rules", "contacts", "facts", "targets", "sources", "channels":
		return "a " + strings.TrimSuffix(section, "s")
	}
	return strconv.Quote(section)
}

// placed says where a wrong key belongs.
func placed(name, section string) string {
	if near := nearest(name, keys[section]); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if section == "sources" {
		return "what only some kinds of source need belongs under its `settings`"
	}
	for _, s := range sectionNames {
		if slices.Contains(keys[s], name) {
			if s == "" {
				return "it belongs at the left margin, on its own"
			}
			return fmt.Sprintf("it belongs under %q", s)
		}
	}
	return "its keys are " + list(keys[section])
}

// The readers below fill a variable when the key is there and right; a key
// that is left out leaves it as it is.

func (o *object) line(name string, into *string) {
	if v, ok := o.at[name]; ok {
		if s, ok := v.line(); ok {
			*into = s
		}
	}
}

func (o *object) boolean(name string, into *bool) {
	if v, ok := o.at[name]; ok {
		if b, ok := v.boolean(); ok {
			*into = b
		}
	}
}

func (o *object) duration(name string, into *time.Duration, least, most time.Duration) {
	if v, ok := o.at[name]; ok {
		if d, ok := v.duration(least, most); ok {
			*into = d
		}
	}
}

func (o *object) integer(name string, into *int, least, most int64) {
	if v, ok := o.at[name]; ok {
		if n, ok := v.integer(least, most); ok {
			*into = int(n)
		}
	}
}

// lines is a list of texts, sorted and without doubles: for lists that are sets.
func (o *object) lines(name string, check func(value, string) bool) []string {
	v, ok := o.at[name]
	if !ok {
		return nil
	}
	var out []string
	for _, e := range v.list() {
		if s, ok := e.line(); ok && (check == nil || check(e, s)) {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// isBlock tells a block of keys from a single value.
func isBlock(v value) bool {
	switch v.node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		_, one := torn(v.node)
		return !one
	}
	return false
}
