package file

import (
	"bufio"
	"bytes"
	"encoding/json"
)

// sniffFormat tells the format by the first bytes; whole says that head is the
// whole file.
func sniffFormat(head []byte, whole bool) Format {
	text := bytes.TrimLeft(head, " \t\r\n")
	switch {
	case len(text) == 0:
		return Separated
	case text[0] == '[':
		// An array, unless it is the first cell of a row ("[sic]",…).
		if rest := bytes.TrimLeft(text[1:], " \t\r\n"); len(rest) == 0 || rest[0] == '{' || rest[0] == ']' {
			return JSON
		}
	case text[0] == '{':
		first, rest, more := bytes.Cut(text, []byte("\n"))
		if more || whole {
			if json.Valid(first) {
				if len(bytes.TrimSpace(rest)) == 0 && whole && holdsList(first) {
					return JSON
				}
				return Lines
			}
		}
		// A broken first line is still Lines when objects begin line after line.
		if trimmed := bytes.TrimSpace(rest); len(trimmed) > 0 && trimmed[0] == '{' && len(bytes.TrimSpace(first)) > 1 {
			return Lines
		}
		if rest := bytes.TrimLeft(text[1:], " \t\r\n"); len(rest) == 0 || rest[0] == '"' || rest[0] == '}' {
			return JSON
		}
	}
	return Separated
}

// holdsList tells that an object has an array of objects in it.
func holdsList(object []byte) bool {
	var members map[string]json.RawMessage
	if json.Unmarshal(object, &members) != nil {
		return false
	}
	for _, m := range members {
		var list []map[string]json.RawMessage
		if json.Unmarshal(m, &list) == nil && len(list) > 0 {
			return true
		}
		if len(m) > 0 && m[0] == '{' && holdsList(m) {
			return true
		}
	}
	return false
}

// separators in the order of trust when counts are equal.
const separators = "\t;,|"

// sniffSeparator picks the separator that gives the first rows the same number
// of cells, and the most of them; 0 when there is one cell in a row. A list of
// columns by position says how many cells there must be at least.
func sniffSeparator(head []byte, columns []string) byte {
	least := 2
	if byPosition(columns) {
		if len(columns) == 1 {
			return 0 // one column is the whole line, whatever stands in it
		}
		least = len(columns)
	}
	var best byte
	bestScore := 0
	for _, sep := range []byte(separators) {
		if score := regularity(head, sep, least); score > bestScore {
			best, bestScore = sep, score
		}
	}
	return best
}

// regularity grows with the number of rows that have as many cells as the first
// one, and with that number; 0 when they are too few.
func regularity(head []byte, sep byte, least int) int {
	rows := newSeparated(newLines(bufio.NewReader(bytes.NewReader(head))), sep)
	width, same, all := 0, 0, 0
	for range 50 {
		rec, err := rows.next()
		if err != nil {
			break
		}
		all++
		switch {
		case rec.bad != "":
		case width == 0:
			width, same = len(rec.cells), 1
		case len(rec.cells) == width:
			same++
		}
	}
	if width < least || 2*same < all {
		return 0
	}
	return same*100 + width
}
