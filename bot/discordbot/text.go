package discordbot

import (
	"strings"
	"unicode"

	"github.com/evenkeel/evenkeel/bot/plaintext"
)

// escape makes words plain for Discord's markdown: every sign that could style,
// mention, link, hide or list is preceded by a backslash, which Discord does
// not show. https://support.discord.com/hc/en-us/articles/210298617
//
// Escaping the colon and the slashes of an address keeps it from becoming a
// link, those of an invitation from being unfolded, and those of :name: from
// becoming an emoji.
func escape(s string) string {
	s = plaintext.Visible(s)
	var b strings.Builder
	b.Grow(len(s) + len(s)/16)
	runes := []rune(s)
	start, digits := true, false
	for n, r := range runes {
		next := ' '
		if n+1 < len(runes) {
			next = runes[n+1]
		}
		if live(r, next, start, digits) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
		switch {
		case r == '\n':
			start, digits = true, false
		case start && (r == ' ' || r == '\t'):
		case r >= '0' && r <= '9' && (start || digits):
			start, digits = false, true
		default:
			start, digits = false, false
		}
	}
	return b.String()
}

// live tells whether markdown would read r, which stands before next, at the
// start of a line or after the digits that begin one.
func live(r, next rune, start, digits bool) bool {
	switch r {
	case '\\', '*', '_', '~', '|', '`', '<', '[', ']', '@':
		return true
	case '>', '#', '-', '+':
		return start
	case '.', ')':
		return digits
	case ':', '/':
		return !unicode.IsSpace(next)
	}
	return false
}

// oneLine is s without line breaks.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// escapeWithin escapes s so that the result has at most n code points and no
// half escape.
func escapeWithin(s string, n int) string {
	if n <= 0 {
		return ""
	}
	e := escape(s)
	for k := min(n, plaintext.Len(s)); plaintext.Len(e) > n && k > 0; k -= max(1, (plaintext.Len(e)-n)/3) {
		e = escape(plaintext.Cut(s, k))
	}
	if plaintext.Len(e) > n {
		return ""
	}
	return e
}

// label is plain text for a button, a choice or a title: Discord reads no
// markdown there, and refuses an empty one.
func label(s string, n int) string {
	if s = plaintext.Cut(strings.TrimSpace(plaintext.Visible(s)), n); s == "" {
		return "–"
	}
	return s
}
