package llm

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// sentences cuts text into its sentences, each verbatim and without the
// punctuation around it.
func sentences(text string) []string {
	var out []string
	start := 0
	add := func(end int) {
		if s := trimClause(text[start:end]); s != "" {
			out = append(out, s)
		}
	}
	for i, r := range text {
		next := i + utf8.RuneLen(r)
		if r == utf8.RuneError {
			next = i + 1
		}
		if i < start || !ends(text, i, next, r) {
			continue
		}
		add(i)
		start = next
	}
	add(len(text))
	return out
}

// ends tells whether the rune at text[i:next] ends a sentence.
func ends(text string, i, next int, r rune) bool {
	switch r {
	case '\n', '!', '?', '…', '。', '！', '？', '｡', '‼', '⁉', '\u2028', '\u2029':
		return true
	case '.':
		after, _ := utf8.DecodeRuneInString(text[next:])
		if next < len(text) && !unicode.IsSpace(after) && after != '.' && !unbroken(after) {
			return false // 3.5, example.com
		}
		before := text[:i]
		word := strings.ToLower(before[strings.LastIndexFunc(before, unicode.IsSpace)+1:])
		return next == len(text) || !abbreviated(word)
	}
	return false
}

// abbreviated tells words after which a full stop ends nothing: "z", "e.g",
// "Mr".
func abbreviated(word string) bool {
	short := true // every part is a letter: "e.g", "z"
	for part := range strings.SplitSeq(strings.TrimRight(word, "."), ".") {
		short = short && utf8.RuneCountInString(part) <= 1 && !unicode.IsDigit(lastRune(part)) && !unbroken(lastRune(part))
	}
	if short {
		return true
	}
	switch word {
	case "mr", "mrs", "ms", "dr", "st", "nr", "bzw", "ca", "etc", "usw", "sr", "sra", "vs", "approx", "max", "min", "tel":
		return true
	}
	return false
}

func lastRune(s string) rune {
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}

func trimClause(s string) string {
	return strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(".,;:!?-–—…。、！？・|/*", r) || unicode.In(r, unicode.Cc, unicode.Cf)
	})
}

// clauses cuts a sentence further where it turns to another point: at the
// language's joints ("but", ", and"), if both sides say something.
func (lex *lexicon) clauses(sentence string) []string {
	f := fold(sentence)
	out, start := []string(nil), 0
	for _, h := range lex.Splits.find(sift(f.text)) {
		left, right := sift(f.text[start:h.start]), sift(f.text[h.end:])
		if !lex.speaks(left) || !lex.speaks(right) || lex.topicOf(left) == lex.topicOf(right) {
			continue
		}
		if s := trimClause(f.original(start, h.start)); s != "" {
			out = append(out, s)
		}
		start = h.end
	}
	if s := trimClause(f.original(start, len(f.text))); s != "" {
		out = append(out, s)
	}
	return out
}

// speaks tells that a piece of text (folded) is about something.
func (lex *lexicon) speaks(text *sifted) bool {
	if lex.topicOf(text) != "other" {
		return true
	}
	good, ill := lex.mood(text)
	return good+ill > 0
}
