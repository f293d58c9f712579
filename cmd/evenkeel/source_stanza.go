package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/review/playbook"
)

// stanza is a source as it is written into a playbook.
type stanza struct {
	name, kind string
	top        []entry // beside kind
	settings   []entry
}

// entry is one setting with its values.
type entry struct {
	name   string
	values []string
	list   bool
}

var plainScalar = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9 /._@+-]*[A-Za-z0-9]$|^https?://[A-Za-z0-9./_:?=&%+-]*[A-Za-z0-9/]$|^\$\{[A-Za-z0-9_]+\}$|^file:[A-Za-z0-9/._-]+$`)

// scalar writes a value so that YAML reads a string.
func scalar(s string) string {
	switch strings.ToLower(s) {
	case "true", "false", "yes", "no", "null", "on", "off", "y", "n":
		return strconv.Quote(s)
	}
	if plainScalar.MatchString(s) {
		return s
	}
	return strconv.Quote(s)
}

// lines writes the stanza below `sources:`, indented by one step.
func (s stanza) lines(step string) []string {
	out := []string{step + s.name + ":", step + step + "kind: " + s.kind}
	put := func(indent string, answers []entry) {
		for _, a := range answers {
			if !a.list {
				out = append(out, indent+a.name+": "+scalar(a.values[0]))
				continue
			}
			out = append(out, indent+a.name+":")
			for _, v := range a.values {
				out = append(out, indent+step+"- "+scalar(v))
			}
		}
	}
	put(step+step, s.top)
	if len(s.settings) > 0 {
		out = append(out, step+step+"settings:")
		put(step+step+step, s.settings)
	}
	return out
}

var (
	sourcesKey = regexp.MustCompile(`^sources:[ \t]*(#.*)?$`)
	anySources = regexp.MustCompile(`^["']?sources["']?[ \t]*:`)
	indented   = regexp.MustCompile(`^([ ]+)[^ #\r\n]`)
)

// insert puts the stanza at the end of the playbook's sources. Lines are only
// added: everything that people wrote stays as and where it is. The result is
// read as a playbook before it is given back.
func (s stanza) insert(file string, text []byte) ([]byte, error) {
	eol := "\n"
	if strings.Contains(string(text), "\r\n") {
		eol = "\r\n"
	}
	all := strings.Split(strings.TrimSuffix(string(text), eol), eol)
	if len(text) == 0 {
		all = nil
	}
	at, step, err := place(file, all)
	if err != nil {
		return nil, err
	}
	var added []string
	if at < 0 { // no sources yet
		at = len(all)
		if at > 0 && strings.TrimSpace(all[at-1]) != "" {
			added = append(added, "")
		}
		added = append(added, "sources:")
	}
	added = append(added, s.lines(step)...)
	out := append(append(append([]string(nil), all[:at]...), added...), all[at:]...)
	whole := []byte(strings.Join(out, eol) + eol)
	rules, err := playbook.Parse(file, whole)
	if err != nil {
		return nil, fmt.Errorf("the playbook would no longer be in order with the new source, so it is left alone: %w", err)
	}
	if _, ok := rules.Source(s.name); !ok {
		return nil, fmt.Errorf("%s is written in a way that cannot be added to; put these lines under sources yourself:\n%s", file, strings.Join(s.lines("  "), "\n"))
	}
	return whole, nil
}

// place is before which line the stanza goes, and how far the sources that are
// there are indented; -1 when there are none.
func place(file string, all []string) (at int, step string, err error) {
	begin := -1
	for n, line := range all {
		line = strings.TrimRight(line, "\r")
		if sourcesKey.MatchString(line) {
			begin = n
			break
		}
		if anySources.MatchString(line) {
			return 0, "", fmt.Errorf("%s:%d: the sources stand on one line; give each its own lines, then add another", file, n+1)
		}
	}
	if begin < 0 {
		return -1, "  ", nil
	}
	at = begin + 1
	for n := begin + 1; n < len(all); n++ {
		m := indented.FindStringSubmatch(all[n])
		blank := strings.TrimSpace(all[n]) == "" || strings.HasPrefix(strings.TrimSpace(all[n]), "#")
		switch {
		case m != nil:
			if step == "" {
				step = m[1]
			}
			at = n + 1
		case blank:
		default:
			return at, orStep(step), nil // the next key of the playbook
		}
	}
	return at, orStep(step), nil
}

func orStep(step string) string {
	if step == "" {
		return "  "
	}
	return step
}

// writePlaybook replaces a playbook's file as a whole, so that nobody reads half
// of it.
func writePlaybook(path string, text []byte) error {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	mode := os.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".playbook-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // gone after the rename
	_, err = tmp.Write(text)
	if err == nil {
		err = tmp.Chmod(mode)
	}
	if err == nil {
		err = tmp.Sync()
	}
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
