// Package plaintext prepares words that strangers wrote for any chat: what hides or
// reorders words is made visible, and texts are cut and split to size without
// tearing a character apart. It knows no mark-up; each chat escapes its own
// after this.
package plaintext

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible makes the characters visible that hide or reorder words: controls
// as their symbol (␛), overrides, isolates, tags and zero-width characters as
// a replacement character. Joiners stay where writing needs them (emoji,
// Arabic, the scripts of India), direction marks in texts that are written
// from right to left. Stacks of accents are thinned out, for they climb over
// the lines around them.
func Visible(s string) string {
	if !noteworthyIn(s[ordinary(s):]) {
		return s
	}
	runes := []rune(strings.ReplaceAll(s, "\r\n", "\n"))
	rtl := strings.ContainsFunc(s, rightToLeft)
	var b strings.Builder
	stack := 0
	for i, r := range runes {
		if !accent(r) {
			stack = 0
		} else if stack++; stack > maxAccents {
			continue
		}
		if !suspicious(r) || isJoiner(r) && joins(runes, i) || isMark(r) && rtl {
			b.WriteRune(r)
		} else {
			b.WriteRune(symbol(r))
		}
	}
	return b.String()
}

// ordinary is how many bytes at the beginning of s are printable ASCII and line
// breaks: most words are nothing else, and need no look at their runes.
func ordinary(s string) int {
	for i := range len(s) {
		if c := s[i]; c < 0x20 && c != '\n' && c != '\t' || c >= 0x7F {
			return i
		}
	}
	return len(s)
}

// noteworthyIn tells whether a character of s needs a closer look.
func noteworthyIn(s string) bool {
	for _, r := range s {
		if noteworthy(r) {
			return true
		}
	}
	return false
}

// noteworthy tells the characters that need a closer look. Nearly all of most
// texts are letters of common writings, dashes, quotes and stars, for which the
// tables need not be asked; a broken byte reads as a replacement character.
func noteworthy(r rune) bool {
	switch {
	case r < 0x300:
		return r < 0x20 && r != '\n' && r != '\t' || r >= 0x7F && r < 0xA0
	case r >= 0x370 && r < 0x483, // Greek, Cyrillic
		r >= 0x2010 && r < 0x2028, r >= 0x2030 && r < 0x205F, // dashes, quotes, dots
		r >= 0x2100 && r < 0x2800,                            // stars, arrows, ticks
		r >= 0x4E00 && r < 0xA000, r >= 0xAC00 && r < 0xD7A4: // Han, Hangul
		return false
	}
	return r == unicode.ReplacementChar || suspicious(r) || accent(r)
}

// maxAccents on one letter: more than any writing stacks.
const maxAccents = 4

func accent(r rune) bool { return unicode.In(r, unicode.Mn, unicode.Me) && !isVariant(r) }

// symbol stands for a character that must not act.
func symbol(r rune) rune {
	switch {
	case r < 0x20:
		return 0x2400 + r
	case r == 0x7F:
		return '␡'
	}
	return unicode.ReplacementChar
}

func suspicious(r rune) bool {
	switch {
	case r == '\n' || r == '\t' || r == 0x00AD || isVariant(r): // AD only says where a word may break
		return false
	case r == 0x3164 || r == 0xFFA0 || r == 0x115F || r == 0x1160 || r == 0x2800: // blank letters
		return true
	case r == 0x2028 || r == 0x2029:
		return true
	}
	return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r)
}

// isVariant tells the selectors of a sign's form: emoji, Japanese names.
func isVariant(r rune) bool {
	return r >= 0xFE00 && r <= 0xFE0F || r >= 0xE0100 && r <= 0xE01EF
}

const zwnj, zwj = 0x200C, 0x200D

func isJoiner(r rune) bool { return r == zwnj || r == zwj }

// isMark tells the marks that give a direction to their neighbours only.
func isMark(r rune) bool { return r == 0x200E || r == 0x200F || r == 0x061C }

// joins tells whether the joiner at i stands where writing uses one.
func joins(runes []rune, i int) bool {
	if i == 0 || i == len(runes)-1 {
		return false
	}
	before, after := runes[i-1], runes[i+1]
	if before == 0xFE0F || isSkinTone(before) {
		return runes[i] == zwj && unicode.Is(unicode.So, after)
	}
	if unicode.Is(unicode.So, before) {
		return runes[i] == zwj && unicode.Is(unicode.So, after)
	}
	return needsJoiners(before) && needsJoiners(after)
}

func isSkinTone(r rune) bool { return r >= 0x1F3FB && r <= 0x1F3FF }

// needsJoiners tells the scripts whose spelling uses joiners.
func needsJoiners(r rune) bool {
	return unicode.In(r, unicode.Arabic, unicode.Syriac, unicode.Mongolian, unicode.Devanagari, unicode.Bengali,
		unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada,
		unicode.Malayalam, unicode.Sinhala, unicode.Khmer, unicode.Myanmar, unicode.Mn)
}

func rightToLeft(r rune) bool {
	return unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko)
}

// Ellipsis says that something was cut.
const Ellipsis = "…"

// Cut shortens s to at most n code points and says so with an ellipsis. It
// does not cut a character from its accents or joiners.
func Cut(s string, n int) string {
	if n <= 0 {
		return ""
	}
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	runes := []rune(s)
	end := n - 1
	for end > 0 && end > n-20 && clings(runes, end) {
		end--
	}
	return string(runes[:end]) + Ellipsis
}

// clings tells whether the rune at i belongs to the one before it.
func clings(runes []rune, i int) bool {
	r := runes[i]
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Mc) || isJoiner(r) || r == 0xFE0F || isSkinTone(r) || runes[i-1] == zwj
}

// Split takes s apart into pieces of at most n code points, at paragraphs,
// lines, sentences or words where it can. Joined with the separators, which
// hold one less than the pieces, they are s again.
func Split(s string, n int) (pieces, separators []string) {
	if len(s) <= n && utf8.ValidString(s) {
		return []string{s}, nil
	}
	runes := []rune(s)
	for len(runes) > n {
		end, sep := breakAt(runes, n)
		pieces = append(pieces, string(runes[:end]))
		separators = append(separators, string(runes[end:end+sep]))
		runes = runes[end+sep:]
	}
	return append(pieces, string(runes)), separators
}

// breakAt finds the best place to end a piece of at most n runes and how many
// runes of white space after it separate it from the next. It looks at the
// last third only: pieces that are far too short help nobody.
func breakAt(runes []rune, n int) (end, sep int) {
	best, rank := n, 0
	for i := n; i > n-n/3 && i > 0; i-- {
		if r := rankOf(runes, i); r > rank {
			best, rank = i, r
		}
	}
	if rank == 0 {
		for best > 1 && clings(runes, best) && best > n-20 {
			best--
		}
		return best, 0
	}
	for best+sep < len(runes)-1 && unicode.IsSpace(runes[best+sep]) && sep < MaxSeparator {
		sep++
	}
	return best, sep
}

// MaxSeparator bounds what stands between two pieces, for it travels in a
// form's metadata.
const MaxSeparator = 4

// rankOf says how good a break before the white space at i is.
func rankOf(runes []rune, i int) int {
	if i >= len(runes)-1 || !unicode.IsSpace(runes[i]) || unicode.IsSpace(runes[i-1]) {
		return 0
	}
	switch {
	case runes[i] == '\n' && runes[i+1] == '\n':
		return 4
	case runes[i] == '\n':
		return 3
	case strings.ContainsRune(".!?…。", runes[i-1]):
		return 2
	}
	return 1
}

// Join is the reverse of Split for pieces that people may have changed: an
// empty piece takes its separator with it.
func Join(pieces, separators []string) string {
	var b strings.Builder
	for i, p := range pieces {
		if p == "" {
			continue
		}
		if b.Len() > 0 {
			sep := "\n\n"
			if i-1 < len(separators) {
				sep = separators[i-1]
			}
			b.WriteString(sep)
		}
		b.WriteString(p)
	}
	return b.String()
}

// Len counts code points.
func Len(s string) int { return utf8.RuneCountInString(s) }
