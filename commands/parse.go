package commands

import (
	"fmt"
	"strconv"
	"strings"
)

// Table is the rows by name, in the order in which help shows them.
type Table struct {
	rows   []Command
	byName map[string]int
}

// NewTable makes a table of rows. Two rows of one name are a programmer's
// mistake and panic at start.
func NewTable(rows []Command) *Table {
	t := &Table{rows: rows, byName: make(map[string]int, len(rows))}
	for i, r := range rows {
		if _, twice := t.byName[r.Name]; twice || !isName(r.Name) {
			panic("commands: bad or repeated name " + r.Name)
		}
		t.byName[r.Name] = i
	}
	return t
}

// All lists the rows.
func (t *Table) All() []Command { return t.rows }

// Find gives a row by its name.
func (t *Table) Find(name string) (Command, bool) {
	i, ok := t.byName[name]
	if !ok {
		return Command{}, false
	}
	return t.rows[i], true
}

// Parse reads a typed line, without the leading command of the chat, into an
// invocation. The error is a sentence that teaches.
func (t *Table) Parse(line string) (Invocation, error) {
	name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	name = strings.ToLower(strings.TrimPrefix(name, "/"))
	if name == "" {
		name = "help"
	}
	row, ok := t.Find(name)
	if !ok || row.Hidden {
		if near := t.near(name); near != "" {
			return Invocation{}, fmt.Errorf("there is no “%s”. Did you mean “%s”? “help” lists everything", name, near)
		}
		return Invocation{}, fmt.Errorf("there is no “%s”. “help” lists everything you can ask for", name)
	}
	i := Invocation{Command: row.Name, Args: map[string]string{}}
	rest = strings.TrimSpace(rest)
	if row.OnCase {
		ref, after, _ := strings.Cut(rest, " ")
		if id, err := ParseRef(ref); err == nil {
			i.Case, rest = id, strings.TrimSpace(after)
		}
	}
	for n, f := range row.Fields {
		if rest == "" {
			break
		}
		if n == len(row.Fields)-1 {
			i.Args[f.Name] = rest
			break
		}
		word, after, _ := strings.Cut(rest, " ")
		if f.Kind == Choice && !f.has(word) {
			if f.Optional {
				continue
			}
			return Invocation{}, fmt.Errorf("“%s” is not a %s; choose one of %s", word, strings.ToLower(f.Label), f.choices())
		}
		if f.Kind == Number {
			if _, err := strconv.Atoi(word); err != nil {
				if f.Optional {
					continue
				}
				return Invocation{}, fmt.Errorf("“%s” is not a number. It goes like this: %s %s", word, row.Name, row.Usage)
			}
		}
		i.Args[f.Name], rest = word, strings.TrimSpace(after)
	}
	return i, nil
}

// ParseRef reads a case's name: "42" or "#42".
func ParseRef(s string) (int64, error) {
	id, err := strconv.ParseInt(strings.TrimPrefix(s, "#"), 10, 64)
	if err != nil || id < 1 {
		return 0, fmt.Errorf("“%s” is not a case; a case looks like #42", s)
	}
	return id, nil
}

func (f Field) has(value string) bool {
	for _, o := range f.Options {
		if o.Value == value {
			return true
		}
	}
	return false
}

func (f Field) choices() string {
	names := make([]string, len(f.Options))
	for i, o := range f.Options {
		names[i] = o.Value
	}
	return strings.Join(names, ", ")
}

// near finds the row that was meant: whose name begins as typed, or is the
// fewest slips away from it.
func (t *Table) near(typed string) string {
	const slips = 2 // beyond them any short word is near any other
	nearest, least := "", slips+1
	for _, r := range t.rows {
		away := max(len(r.Name)-len(typed), len(typed)-len(r.Name)) // no fewer
		switch {
		case r.Hidden:
			continue
		case len(typed) > 1 && strings.HasPrefix(r.Name, typed):
			away = 1
		case away <= slips:
			away = distance(typed, r.Name)
		}
		if away < least {
			nearest, least = r.Name, away
		}
	}
	return nearest
}

// distance counts the letters to insert, drop or change to come from a to b.
func distance(a, b string) int {
	prev := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := prev[0]
		prev[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = prev[j]
			prev[j] = min(prev[j]+1, prev[j-1]+1, cost)
		}
	}
	return prev[len(b)]
}
