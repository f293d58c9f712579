package main

import (
	"strings"
	"unicode"
)

// plainWords makes a stranger's words safe to print on a terminal: control
// characters, escape sequences' beginnings and marks that turn the direction
// of writing become a visible sign, and line breaks become spaces.
func plainWords(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r):
			return '�'
		}
		return r
	}, s)
}
