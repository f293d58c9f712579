package webconsole

import (
	"fmt"
	"html/template"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many combining marks may stand on one letter: more than any
// writing needs, few enough not to cover the lines around.
const maxMarks = 8

// unseen names characters that act without being seen. They are drawn as a
// small mark with their name, so that nobody is fooled by their absence.
var unseen = map[rune]string{
	0x200B: "zero-width space", 0x2060: "word joiner", 0xFEFF: "byte-order mark", 0x180E: "vowel separator",
	0x202A: "left-to-right embedding", 0x202B: "right-to-left embedding", 0x202C: "end of embedding",
	0x202D: "left-to-right override", 0x202E: "right-to-left override",
	0x2066: "left-to-right isolate", 0x2067: "right-to-left isolate", 0x2068: "first-strong isolate", 0x2069: "end of isolate",
	0x206A: "deprecated format character", 0x206B: "deprecated format character", 0x206C: "deprecated format character",
	0x206D: "deprecated format character", 0x206E: "deprecated format character", 0x206F: "deprecated format character",
	0x2028: "line separator", 0x2029: "paragraph separator", 0xFFF9: "annotation", 0xFFFA: "annotation", 0xFFFB: "annotation",
}

// hidden names r if it must not be drawn as it is, "" if it may. Tag
// characters are part of some flags and a hiding place elsewhere.
func hidden(r rune, inFlag bool) string {
	switch {
	case r == '\n' || r == '\t':
		return ""
	case unicode.Is(unicode.Cc, r):
		return fmt.Sprintf("control character U+%04X", r)
	case isTag(r) && !inFlag:
		return "tag character"
	case unicode.Is(unicode.Co, r):
		return fmt.Sprintf("private character U+%04X", r)
	}
	return unseen[r]
}

func isTag(r rune) bool { return r >= 0xE0000 && r <= 0xE007F }

// blackFlag begins a flag that is spelled with tag characters.
const blackFlag = 0x1F3F4

// walk goes through a text in the way it is shown: newline for every kind of
// line end, hidden characters by name, at most maxMarks marks on a letter.
func walk(s string, show func(r rune), mark func(name string)) {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	marks, inFlag := 0, false
	for _, r := range s {
		if unicode.In(r, unicode.Mn, unicode.Me) {
			if marks++; marks == maxMarks+1 {
				mark("more combining marks")
			}
			if marks > maxMarks {
				continue
			}
		} else {
			marks = 0
		}
		if what := hidden(r, inFlag); what != "" {
			mark(what)
		} else {
			show(r)
		}
		inFlag = r == blackFlag || inFlag && isTag(r)
	}
}

// plain is a text for attributes and options, where no element can stand:
// what is hidden is shown as its control picture or as U+FFFD.
func plain(s string) string {
	if isTame(s) {
		return s
	}
	var b strings.Builder
	walk(s, func(r rune) { b.WriteRune(r) }, func(what string) {
		var code rune
		if n, err := fmt.Sscanf(what, "control character U+%04X", &code); n == 1 && err == nil && code < 0x20 {
			b.WriteRune(0x2400 + code)
			return
		}
		b.WriteRune(utf8.RuneError)
	})
	return b.String()
}

// isTame tells a text of printable ASCII, the common case.
func isTame(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 && s[i] != '\n' && s[i] != '\t' || s[i] >= 0x7F {
			return false
		}
	}
	return true
}

// shown is a text for the page's body: escaped, and with a small mark for
// everything hidden. The mark's sign comes from the style sheet, so it is no
// part of the words when they are copied.
func shown(s string) template.HTML {
	if isTame(s) {
		return template.HTML(template.HTMLEscapeString(s)) //nolint:gosec // escaped in the same expression
	}
	var b, run strings.Builder
	flush := func() {
		template.HTMLEscape(&b, []byte(run.String()))
		run.Reset()
	}
	walk(s, func(r rune) { run.WriteRune(r) }, func(what string) {
		flush()
		fmt.Fprintf(&b, `<span class="ctl" role="img" aria-label="%[1]s" title="%[1]s"></span>`, what)
	})
	flush()
	return template.HTML(b.String()) //nolint:gosec // built from escaped runs and from names of our own
}

// foldAt is from how many characters on a text is folded: its beginning stands
// open, the rest behind a line to press.
const foldAt = 6500

// fold cuts a text for showing, at a space if one is near.
func fold(s string) (head, rest string, more int) {
	if len(s) <= foldAt || utf8.RuneCountInString(s) <= foldAt {
		return s, "", 0
	}
	n, at := 0, len(s)
	for i := range s {
		if n == foldAt {
			at = i
			break
		}
		n++
	}
	if sp := strings.LastIndexAny(s[:at], " \n"); sp > at-200 {
		at = sp + 1
	}
	return s[:at], s[at:], utf8.RuneCountInString(s[at:])
}

// clip shortens a text to one line of at most n characters.
func clip(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > n {
		return strings.TrimSpace(string(r[:n-1])) + "…"
	}
	return s
}
