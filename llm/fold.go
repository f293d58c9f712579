package llm

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// folded is a text in the form in which words are compared, with the way back
// to the letters it came from.
type folded struct {
	orig  string
	text  string
	moves []move // in order; none in most texts
}

// move says that from text[text] on letters stand as in orig from orig[orig] on.
type move struct{ text, orig int }

// fold lowers case, composes letters, makes quotes and spaces plain and drops
// what cannot be seen.
func fold(s string) folded {
	w := folding{space: true}
	w.text.Grow(len(s))
	for from := 0; from < len(s); {
		if alone(s, from) {
			r, size := utf8.DecodeRuneInString(s[from:])
			w.add(r, from)
			from += size
			continue
		}
		end := from + 1
		for end < len(s) && !alone(s, end) {
			end++
		}
		var it norm.Iter
		for it.InitString(norm.NFKC, s[from:end]); !it.Done(); {
			at := from + it.Pos()
			for _, r := range string(it.Next()) {
				w.add(r, at)
			}
		}
		from = end
	}
	return folded{s, w.text.String(), w.moves}
}

// folding is what was folded so far.
type folding struct {
	text  strings.Builder
	moves []move
	ahead int  // of the last letter's origin before its place
	space bool // nothing was there yet, or a space
}

// add takes a composed letter that comes from the offset from.
func (w *folding) add(r rune, from int) {
	if r = plain(r); r < 0 || r == ' ' && w.space {
		return
	}
	at := w.text.Len()
	if ahead := from - at; ahead != w.ahead {
		w.moves, w.ahead = append(w.moves, move{at, from}), ahead
	}
	w.text.WriteRune(r)
	w.space = r == ' '
}

// alone tells that the letter at i is one of its own, with which nothing can be
// composed: an entire one before another entire one, or at the end.
func alone(s string, i int) bool {
	if s[i] < utf8.RuneSelf && (i+1 == len(s) || s[i+1] < utf8.RuneSelf) {
		return true
	}
	r, size := utf8.DecodeRuneInString(s[i:])
	next, _ := utf8.DecodeRuneInString(s[i+size:])
	return entire(r) && (i+size == len(s) || entire(next))
}

// entire tells common letters and signs that normalising leaves as they are,
// and that join no letter before them: two of them in a row are never composed.
func entire(r rune) bool {
	return r < utf8.RuneSelf || 'À' <= r && r <= 'ÿ' || caseless(r) ||
		r == '’' || r == '‘' || r == '“' || r == '”' || r == '„' || r == '–' || r == '—' || r == '、' || r == '。'
}

// caseless tells most letters of Japanese, Chinese and Korean.
func caseless(r rune) bool {
	return 'ぁ' <= r && r <= 'ゖ' || 'ァ' <= r && r <= 'ヺ' || '一' <= r && r <= '鿿' || '가' <= r && r <= '힣'
}

// plain is r as it is compared; -1 for what is left out.
func plain(r rune) rune {
	switch {
	case 'a' <= r && r <= 'z':
		return r
	case 'A' <= r && r <= 'Z':
		return r + 'a' - 'A'
	case caseless(r):
		return r
	}
	switch r {
	case '’', '‘', '`', '´', '′':
		return '\''
	case '“', '”', '„', '«', '»', '″':
		return '"'
	case '‐', '‑', '–', '—':
		return '-'
	case utf8.RuneError:
		return -1
	}
	switch {
	case unicode.IsSpace(r):
		return ' '
	case unicode.In(r, unicode.Cc, unicode.Cf):
		return -1
	}
	return unicode.ToLower(r)
}

// origin is the offset in orig of the letter at text[i:], or of the end.
func (f folded) origin(i int) int {
	if i == len(f.text) {
		return len(f.orig)
	}
	n, here := slices.BinarySearchFunc(f.moves, i, func(m move, i int) int { return m.text - i })
	switch {
	case here:
		return f.moves[n].orig
	case n > 0:
		return f.moves[n-1].orig + i - f.moves[n-1].text
	}
	return i
}

// source is the part of orig that became text[start:end]. It is widened to
// whole letters.
func (f folded) source(start, end int) span {
	if start >= end {
		return span{}
	}
	_, size := utf8.DecodeLastRuneInString(f.text[:end])
	last, to := f.origin(end-size), f.origin(end)
	for to <= last { // the match ends inside what was one letter
		_, size = utf8.DecodeRuneInString(f.text[end:])
		end += size
		last, to = to, f.origin(end)
	}
	return span{f.origin(start), to}
}

// original are the words that became text[start:end].
func (f folded) original(start, end int) string {
	s := f.source(start, end)
	return strings.TrimSpace(f.orig[s.from:s.to])
}

// part is orig[s.from:s.to] folded; ok is false where it is not certain that it
// would be folded so if it stood alone.
func (f folded) part(s span) (p folded, start, end int, ok bool) {
	start, begins := f.place(s.from)
	end, ends := f.place(s.to)
	if !begins || !ends || start >= end {
		return folded{}, 0, 0, false
	}
	p = folded{orig: f.orig[s.from:s.to], text: f.text[start:end]}
	for _, m := range f.moves {
		if start < m.text && m.text < end {
			p.moves = append(p.moves, move{m.text - start, m.orig - s.from})
		}
	}
	return p, start, end, true
}

// place is the offset in text of the letter at orig[from:], or of the end; ok
// is false where that is no letter of its own, or not in text.
func (f folded) place(from int) (at int, ok bool) {
	if from == len(f.orig) {
		return len(f.text), true
	}
	if r, _ := utf8.DecodeRuneInString(f.orig[from:]); !entire(r) {
		return 0, false
	}
	n, moved := slices.BinarySearchFunc(f.moves, from, func(m move, from int) int { return m.orig - from })
	at = from
	if n > 0 {
		at = f.moves[n-1].text + from - f.moves[n-1].orig
	}
	begins := func(at int) bool { return at < len(f.text) && utf8.RuneStart(f.text[at]) && f.origin(at) == from }
	if moved && (at > f.moves[n].text || !begins(at)) {
		at = f.moves[n].text
	}
	return at, begins(at)
}

// locate finds needle in s, first as it stands and then regardless of case,
// spacing and kinds of quotes, and returns s's own words. Needles without a
// letter or digit are never found.
func locate(s, needle string) (string, bool) {
	needle = strings.TrimSpace(needle)
	if !strings.ContainsFunc(needle, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return "", false
	}
	if strings.Contains(s, needle) {
		return needle, true
	}
	f := fold(s)
	want := strings.Trim(fold(needle).text, " \"'")
	if want == "" {
		return "", false
	}
	i := strings.Index(f.text, want)
	if i < 0 {
		return "", false
	}
	words := f.original(i, i+len(want))
	return words, words != ""
}
