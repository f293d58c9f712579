package llm

import (
	"unicode/utf16"
	"unicode/utf8"
)

// Length is text's length in unit: "bytes" of UTF-8, "utf16" code units, or
// code points for anything else.
func Length(text, unit string) int {
	switch unit {
	case "bytes":
		return len(text)
	case "utf16":
		n := 0
		for _, r := range text {
			n += utf16.RuneLen(r)
		}
		return n
	}
	return utf8.RuneCountInString(text)
}

// unitName is how a model is told of a unit.
func unitName(unit string) string {
	switch unit {
	case "bytes":
		return "bytes of UTF-8"
	case "utf16":
		return "UTF-16 units"
	}
	return "characters"
}
