package rubric

import (
	"math/bits"
	"slices"
	"unicode"
)

// Fingerprint is the set of a reply's character 5-grams, hashed and sorted.
// It is compact (four bytes a character) and need not be kept: it is computed
// from the text in microseconds. The zero value resembles nothing.
type Fingerprint struct {
	grams []uint32
	bits  [sketchWords]uint64 // one bit per gram, for a quick upper bound
}

const sketchWords = 32

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
	f := Fingerprint{grams: slices.Compact(grams)}
	for _, g := range f.grams {
		f.bits[g>>6%sketchWords] |= 1 << (g & 63)
	}
	return f
}

// atLeast is Similarity for those who ask only whether it reaches a line, and 0
// below it. Each bit that only one side has stands for a gram that only that
// side has, so most pairs are settled without looking at the grams.
func (f *Fingerprint) atLeast(g *Fingerprint, line float64) float64 {
	onlyF, onlyG := 0, 0
	for i := range f.bits {
		onlyF += bits.OnesCount64(f.bits[i] &^ g.bits[i])
		onlyG += bits.OnesCount64(g.bits[i] &^ f.bits[i])
	}
	nf, ng := len(f.grams), len(g.grams)
	both := min(nf-onlyF, ng-onlyG)
	if float64(both) < line*float64(nf+ng-both) {
		return 0
	}
	if j := f.Similarity(*g); j >= line {
		return j
	}
	return 0
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
