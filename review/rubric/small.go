package rubric

import (
	"slices"
	"strconv"
	"strings"
)

func number(n int) string { return strconv.Itoa(n) }

// count is a length as people say it.
func count(n int, u Unit) string {
	if u == Bytes {
		return number(n) + " bytes"
	}
	return number(n) + " characters"
}

// shorten makes a stranger's words fit into a message: one line, 60 characters.
func shorten(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if rs := []rune(s); len(rs) > 60 {
		return string(rs[:59]) + "…"
	}
	return s
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
