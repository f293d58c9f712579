package rubric

import (
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// glyph is one character of a text made plain, with the bytes it came from.
type glyph struct {
	r        rune
	from, to int32 // byte range in the original text
}

// plain makes a text comparable: compatibility forms folded, lower case, no
// accents, nothing invisible, look-alikes replaced by the Latin letter they
// imitate. Punctuation and white space stay.
func plain(text string) []glyph { return appendPlain(make([]glyph, 0, len(text)+8), text) }

// appendPlain is plain with room from before.
func appendPlain(out []glyph, text string) []glyph {
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			if c >= 'A' && c <= 'Z' {
				c += 'a' - 'A'
			}
			next := i + 1
			// A combining mark may follow an ASCII letter; it is dropped below.
			if c >= ' ' || c == '\n' || c == '\t' || c == '\r' {
				out = append(out, glyph{rune(c), int32(i), int32(next)})
			}
			i = next
			continue
		}
		n := norm.NFKC.NextBoundaryInString(text[i:], true)
		if n <= 0 {
			n = 1
		}
		out = appendFolded(out, text[i:i+n], int32(i), int32(i+n))
		i += n
	}
	return out
}

// appendFolded appends the plain form of one normalisation segment.
func appendFolded(out []glyph, segment string, from, to int32) []glyph {
	if s, ok := spelled(segment); ok {
		for _, r := range s {
			out = append(out, glyph{r, from, to})
		}
		return out
	}
	for _, r := range norm.NFKC.String(segment) {
		if invisible(r) {
			continue
		}
		for _, f := range fold(r) {
			out = append(out, glyph{f, from, to})
		}
	}
	return out
}

// fold is the lower-case, accent-free form of one character, more than one
// letter where a ligature stands for several.
func fold(r rune) []rune {
	tables := foldTables()
	if int(r) < len(tables.low) {
		return tables.low[r]
	}
	if f, ok := tables.more[r]; ok {
		return f
	}
	switch {
	case r >= 0x1F1E6 && r <= 0x1F1FF: // regional indicators
		return tables.low['a'+r-0x1F1E6]
	case r >= 0x1F130 && r <= 0x1F149: // squared letters
		return tables.low['a'+r-0x1F130]
	case r >= 0x1F150 && r <= 0x1F169: // negative circled letters
		return tables.low['a'+r-0x1F150]
	case r >= 0x1F170 && r <= 0x1F189: // negative squared letters
		return tables.low['a'+r-0x1F170]
	case r >= 0x1E00 && r <= 0x1EFF: // Latin letters with marks
		return baseLetters(r)
	}
	return []rune{unicode.ToLower(r)}
}

type foldTable struct {
	low  [0x600][]rune // Latin, Greek, Cyrillic, combining marks, Armenian
	more map[rune][]rune
}

// lookalikes are letters that are read as the Latin letter beside them. Capital
// letters are listed where they resemble another letter than their lower case.
const lookalikes = "аaбbвbгrеeёeзzиuйuкkмmнhоoпnрpсcтtуyхxіiїiјjѕsԁdһhԛqԝwґrєe" +
	"ΗhηnνvοoαaρpτtυuιiκkεeγyΝnΒbΖzΜmΥyχxωwσoςc" +
	"ɑaɡgɩiʋvᴀaʙbᴄcᴅdᴇeꜰfɢgʜhɪiᴊjᴋkʟlᴍmɴnᴏoᴘpʀrꜱsᴛtᴜuᴠvᴡwʏyᴢzøołlđdħhıiŧtɛeɔoəeՏsօoոnսuհhցg"

var foldTables = sync.OnceValue(func() *foldTable {
	t := &foldTable{more: make(map[rune][]rune)}
	for i := range t.low {
		t.low[i] = baseLetters(rune(i))
	}
	put := func(r rune, s string) {
		if int(r) < len(t.low) {
			t.low[r] = []rune(s)
		} else {
			t.more[r] = []rune(s)
		}
	}
	pairs := []rune(lookalikes)
	for i := 0; i+1 < len(pairs); i += 2 {
		put(pairs[i], string(pairs[i+1]))
		if up := unicode.ToUpper(pairs[i]); up != pairs[i] && !slicesContain(pairs, up) {
			put(up, string(pairs[i+1]))
		}
	}
	put('ß', "ss")
	put('ẞ', "ss")
	put('æ', "ae")
	put('Æ', "ae")
	put('œ', "oe")
	put('Œ', "oe")
	for _, r := range "’‘ʼ´`＇ʹ" {
		put(r, "'")
	}
	return t
})

func slicesContain(pairs []rune, r rune) bool {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] == r {
			return true
		}
	}
	return false
}

// baseLetters lowers r and drops its accents; a lone accent vanishes.
func baseLetters(r rune) []rune {
	r = unicode.ToLower(r)
	if unicode.Is(unicode.Mn, r) {
		return nil
	}
	for _, d := range norm.NFD.String(string(r)) {
		if !unicode.Is(unicode.Mn, d) {
			return []rune{d}
		}
	}
	return []rune{r}
}

// invisible tells characters that leave no mark on the page: they are dropped
// before words are compared (and are a finding of their own).
func invisible(r rune) bool {
	switch {
	case r == '\n', r == '\t', r == '\r':
		return false
	case r == 0x3099, r == 0x309A: // kana voicing marks that found no kana
		return true
	case r == 0x115F, r == 0x1160, r == 0x3164, r == 0xFFA0, r == 0x2800:
		return true // fillers and the blank braille pattern
	}
	return unicode.In(r, unicode.Cf, unicode.Cc, unicode.Co, unicode.Cs) ||
		unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r)
}

// spelled writes out signs that people read as words.
func spelled(segment string) (string, bool) {
	r, _ := utf8.DecodeRuneInString(segment)
	switch r {
	case '★', '☆', '⭐', '🌟', '✪', '✭', '✮', '✯', '⭑', '⭒', '✩', '✫', '✬', '✰':
		return " star ", true
	case '…':
		return "...", true
	}
	return "", false
}

// original is the text that glyphs i to j (exclusive) came from.
func original(text string, gs []glyph, i, j int) string {
	if i >= j || i < 0 || j > len(gs) {
		return ""
	}
	return text[gs[i].from:gs[j-1].to]
}
