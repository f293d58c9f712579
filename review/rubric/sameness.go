package rubric

import (
	"slices"
	"unicode"
)

// Fingerprint is the set of a reply's character 5-grams, hashed and sorted.
// It is compact (four bytes a character) and need not be kept: it is computed
// from the text in microseconds. The zero value resembles nothing.
type Fingerprint struct{ grams []uint32 }

// FingerprintOf computes the fingerprint of a reply. Case, accents, spaces and
// punctuation do not matter.
func FingerprintOf(text string) Fingerprint { return fingerprint(plain(text)) }

func fingerprint(gs []glyph) Fingerprint {
	rs := make([]rune, 0, len(gs))
	space := true
	for _, g := range gs {
		if wordRune(g.r) {
			rs, space = append(rs, g.r), false
		} else if !space && (unicode.IsSpace(g.r)) {
			rs, space = append(rs, ' '), true
		}
	}
	if n := len(rs); n > 0 && rs[n-1] == ' ' {
		rs = rs[:n-1]
	}
	const n = 5
	if len(rs) < n {
		return Fingerprint{}
	}
	grams := make([]uint32, 0, len(rs)-n+1)
	for i := 0; i+n <= len(rs); i++ {
		h := uint32(2166136261)
		for _, r := range rs[i : i+n] {
			h = (h ^ uint32(r)) * 16777619
			h ^= h >> 15
		}
		grams = append(grams, h)
	}
	slices.Sort(grams)
	return Fingerprint{slices.Compact(grams)}
}

// Similarity is the Jaccard index of the two sets, from 0 (nothing shared) to 1.
func (f Fingerprint) Similarity(g Fingerprint) float64 {
	a, b := f.grams, g.grams
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	both := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch x, y := a[i], b[j]; {
		case x == y:
			both++
			i++
			j++
		case x < y:
			i++
		default:
			j++
		}
	}
	return float64(both) / float64(len(a)+len(b)-both)
}
