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
	for _, s := range sentenceSpans(text) {
		out = append(out, text[s.from:s.to])
	}
	return out
}

// span is a part of a text.
type span struct{ from, to int }

func sentenceSpans(text string) []span {
	var out []span
	start := 0
	add := func(end int) {
		if s := trimSpan(text, start, end); s.from < s.to {
			out = append(out, s)
		}
	}
	for i, r := range text {
		if 'a' <= r && r <= 'z' || r == ' ' {
			continue // most of a text
		}
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

func trimClause(s string) string { return strings.TrimFunc(s, trimmable) }

// trimSpan is where trimClause's part of text[from:to] stands.
func trimSpan(text string, from, to int) span {
	s := strings.TrimRightFunc(text[from:to], trimmable)
	return span{from + len(s) - len(strings.TrimLeftFunc(s, trimmable)), from + len(s)}
}

func trimmable(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune(".,;:!?-–—…。、！？・|/*", r) || unicode.In(r, unicode.Cc, unicode.Cf)
}

// clauses cuts what was read into sentences, and these further where they turn
// to another point: at the language's joints ("but", ", and"), if both sides say
// something.
func (r reading) clauses() []reading {
	var out []reading
	for _, s := range sentenceSpans(r.orig) {
		out = r.part(s).cut(out)
	}
	return out
}

func (r reading) cut(out []reading) []reading {
	start := 0
	for _, h := range r.of(splits) {
		left := r.part(r.clause(start, h.start))
		if !left.speaks() {
			continue
		}
		if right := r.part(r.clause(h.end, len(r.text))); right.speaks() && left.topic() != right.topic() {
			out, start = append(out, left), h.end
		}
	}
	if s := r.clause(start, len(r.text)); s.from < s.to {
		out = append(out, r.part(s))
	}
	return out
}

// clause is where the words stand that became text[start:end].
func (f folded) clause(start, end int) span {
	s := f.source(start, end)
	return trimSpan(f.orig, s.from, s.to)
}
