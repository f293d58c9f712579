package rubric

import (
	"strings"
	"unicode"
)

// view is a plain text cut for comparison. There are two cuts: by words, for
// languages that set spaces between them, and by letters, for Japanese and
// Korean, where spaces mean little and are dropped.
type view struct {
	runes   []rune  // what the lexicon's terms are compared with
	glyph   []int32 // per rune, the glyph it came from; -1 for a separator
	tok     []int32 // per rune, the token it belongs to
	toks    []token
	letters bool
}

// token is a word, a number, or in the view by letters one character.
type token struct {
	from, to int32 // range of runes
	sentence int32
	loose    bool // letters that stood apart: terms may begin and end inside
}

// wildcard stands for one masked letter, as in "st*rs".
const wildcard = '\x00'

// cjk tells characters of scripts without spaces.
func cjk(r rune) bool {
	return r >= 0x1100 && (unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) || r == 'ー' || r == '々' || r == '〆')
}

func wordRune(r rune) bool {
	if r < 0x80 {
		return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == wildcard
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '〇'
}

func digit(r rune) bool { return r >= '0' && r <= '9' }

// classOf groups characters that may stand in one token.
func classOf(r rune) int {
	switch {
	case !wordRune(r):
		return 0
	case digit(r):
		return 1
	case cjk(r):
		return 2
	}
	return 3
}

// byWords cuts a plain text into words.
func byWords(r *reading, gs []mark) *reading {
	v := r.view
	var sentence, inSentence int32
	for i := 0; i < len(gs); {
		class := classOf(gs[i].r)
		if class == 0 {
			if inSentence >= 3 && endsSentence(gs, i, v) {
				sentence++
				inSentence = 0
			}
			i++
			continue
		}
		j := i + 1
		for class != 2 && j < len(gs) && classOf(gs[j].r) == class && gs[j].loose == gs[i].loose && !gs[j].fresh {
			j++
		}
		if len(v.runes) > 0 {
			v.push(' ', -1)
		}
		from := int32(len(v.runes))
		v.toks = append(v.toks, token{from: from, to: from + int32(j-i), sentence: sentence, loose: gs[i].loose})
		for ; i < j; i++ {
			v.push(gs[i].r, gs[i].n)
		}
		inSentence++
	}
	return r
}

func (v *view) push(r rune, glyph int32) {
	v.runes = append(v.runes, r)
	v.glyph = append(v.glyph, glyph)
	v.tok = append(v.tok, int32(len(v.toks)-1))
}

// byLetters drops everything but letters and digits; each is a token.
func byLetters(in *reading, gs []mark) *reading {
	v := in.view
	v.letters = true
	var sentence, inSentence int32
	for i, g := range gs {
		r := g.r
		switch {
		case r >= 'ァ' && r <= 'ヶ':
			r -= 'ァ' - 'ぁ' // katakana reads as hiragana
		case r == 'ー':
		case !wordRune(r):
			if inSentence >= 4 && endsSentence(gs, i, nil) {
				sentence++
				inSentence = 0
			}
			continue
		}
		n := int32(len(v.runes))
		v.toks = append(v.toks, token{from: n, to: n + 1, sentence: sentence, loose: true})
		v.push(r, g.n)
		inSentence++
	}
	return in
}

// abbreviations do not end a sentence although a full stop follows.
var abbreviations = map[string]bool{"mr": true, "mrs": true, "ms": true, "dr": true, "st": true, "nr": true, "no": true, "bzw": true,
	"ca": true, "vs": true, "etc": true, "sr": true, "sra": true, "dhr": true, "mevr": true, "mw": true, "mme": true, "tel": true, "inkl": true, "usw": true}

// endsSentence tells whether the character at i ends a sentence. An ellipsis and
// a single line break do not.
func endsSentence(gs []mark, i int, v *view) bool {
	after := func(n int) rune {
		if i+n < 0 || i+n >= len(gs) {
			return ' '
		}
		return gs[i+n].r
	}
	switch gs[i].r {
	case '。', '!', '?', '¿', '¡', '|', '•':
		return true
	case '\n':
		return after(1) == '\n' || after(-1) == '\n' && after(-2) == '\n'
	case '.':
		if after(1) == '.' || after(-1) == '.' || wordRune(after(1)) && !cjk(after(1)) {
			return false
		}
		if v == nil || len(v.toks) == 0 {
			return true
		}
		last := v.toks[len(v.toks)-1]
		if last.to-last.from == 1 && !digit(v.runes[last.from]) {
			return false
		}
		return !abbreviations[string(v.runes[last.from:last.to])]
	}
	return false
}

// mark is a glyph on its way into a view.
type mark struct {
	r     rune
	n     int32 // the glyph
	loose bool
	fresh bool // a new token begins here although no separator stands before
}

// marks are the glyphs unchanged; the first has the number from.
func marks(gs []glyph, from int32) []mark { return appendMarks(make([]mark, 0, len(gs)), gs, from) }

func appendMarks(ms []mark, gs []glyph, from int32) []mark {
	for i, g := range gs {
		ms = append(ms, mark{r: g.r, n: from + int32(i)})
	}
	return ms
}

// address tells whether a run of characters looks like an e-mail or web address.
func address(gs []glyph) bool {
	at := false
	for i, g := range gs {
		switch {
		case g.r == '@' && i > 0 && i+1 < len(gs) && wordRune(gs[i-1].r):
			at = true
		case g.r == '.' && at, g.r == ':' && i+2 < len(gs) && gs[i+1].r == '/' && gs[i+2].r == '/':
			return true
		}
	}
	return false
}

// repaired undoes disguises: letters set apart, digits for letters, masked
// letters, punctuation inside words. The second result tells whether there was
// anything to undo.
func repaired(gs []glyph) ([]mark, bool) {
	out := make([]mark, 0, len(gs))
	changed := false
	for i := 0; i < len(gs); {
		if run, next, ok := spacedOut(gs, i); ok {
			out = append(out, run...)
			i, changed = next, true
			continue
		}
		j := i
		for j < len(gs) && !unicode.IsSpace(gs[j].r) {
			j++
		}
		if j == i {
			out = append(out, mark{r: gs[i].r, n: int32(i)})
			i++
			continue
		}
		chunk, did := unmask(gs, i, j)
		out = append(out, chunk...)
		changed = changed || did
		i = j
	}
	return out, changed
}

func latin(r rune) bool { return r >= 'a' && r <= 'z' }

// spacedOut reads single letters set apart ("r e f u n d", "s.t.a.r.s") from i
// on: four or more, with the same kind of separator between them.
func spacedOut(gs []glyph, i int) (run []mark, next int, ok bool) {
	if !latin(gs[i].r) || i > 0 && wordRune(gs[i-1].r) {
		return nil, i, false
	}
	letters, fresh, last := 0, false, i
	for j := i; j < len(gs); {
		if !latin(gs[j].r) && !digit(gs[j].r) || j+1 < len(gs) && wordRune(gs[j+1].r) {
			break
		}
		run = append(run, mark{r: gs[j].r, n: int32(j), loose: true, fresh: fresh})
		letters++
		last = j + 1
		k := j + 1
		for k < len(gs) && !wordRune(gs[k].r) && gs[k].r != '!' && gs[k].r != '?' && k-j <= 4 {
			k++
		}
		fresh = k-j > 2
		j = k
	}
	return run, last, letters >= 4
}

var leet = map[rune]rune{'0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '8': 'b', '@': 'a', '$': 's', '!': 'i', '€': 'e', '£': 'l', '¥': 'y', '+': 't'}

// unmask repairs one run of characters without white space. Marks at its edges
// are left alone.
func unmask(gs []glyph, i, j int) (out []mark, changed bool) {
	letter := func(k int) bool { return k >= i && k < j && latin(gs[k].r) }
	reach := func(k, step int) bool { // a letter follows after masks at most
		for n := 0; n < 4; n++ {
			k += step
			if letter(k) {
				return true
			}
			if k < i || k >= j || !strings.ContainsRune("*#0134578@$!+€£", gs[k].r) {
				return false
			}
		}
		return false
	}
	if address(gs[i:j]) {
		return append(out, marks(gs[i:j], int32(i))...), false
	}
	masks := 0
	for k := i; k < j; k++ {
		r := gs[k].r
		m := mark{r: r, n: int32(k)}
		switch {
		case latin(r) || !reach(k, -1) && !reach(k, 1):
		case strings.ContainsRune("*#", r) && reach(k, -1) && reach(k, 1) && masks < 4:
			m.r, changed = wildcard, true
			masks++
		case strings.ContainsRune("-_.·•|~^=/\\,:;'\"", r) && letter(k-1) && letter(k+1):
			changed = changed || r != '\''
			continue
		case leet[r] != 0 && (reach(k, -1) || letter(k+1)) && (r != '!' || letter(k+1)):
			m.r, changed = leet[r], true
		}
		out = append(out, m)
	}
	return out, changed
}
