package llm

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/review"
)

// Join builds a draft's text from its sentences: one space between them, none
// where the language writes none, and the sign-off, when the last sentence is
// it, in a paragraph of its own. It is the only way a draft's text comes to be.
func Join(language string, sentences []review.Sentence, signOff string) string {
	var b strings.Builder
	gap := " "
	if unspaced(language) {
		gap = ""
	}
	for i, s := range sentences {
		text := strings.TrimSpace(s.Text)
		if text == "" {
			continue
		}
		if b.Len() > 0 {
			switch {
			case i == len(sentences)-1 && signOff != "" && text == strings.TrimSpace(signOff):
				b.WriteString("\n\n")
			case gap == "" && !closes(b.String()):
				b.WriteString(" ") // a Latin name or an address meets the next sentence
			default:
				b.WriteString(gap)
			}
		}
		b.WriteString(text)
	}
	return b.String()
}

// unspaced tells the languages that write no space between sentences.
func unspaced(language string) bool {
	switch base(language) {
	case "ja", "zh":
		return true
	}
	return false
}

// closes tells that text ends in wide punctuation, after which no space is
// needed.
func closes(text string) bool {
	r, _ := utf8.DecodeLastRuneInString(text)
	return r > 0x2E80 && (unicode.IsPunct(r) || unicode.IsSymbol(r))
}

// base is the language of a BCP 47 tag without region or script.
func base(tag string) string {
	b, _, _ := strings.Cut(strings.ReplaceAll(tag, "_", "-"), "-")
	return strings.ToLower(b)
}
