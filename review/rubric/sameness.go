package rubric

import (
	"cmp"
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
	set   int                 // how many bits are set
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
	for _, b := range f.bits {
		f.set += bits.OnesCount64(b)
	}
	return f
}

// closest is the highest similarity to any of the others, if it reaches the
// lower line, else 0; at the upper line it stops looking. The others are gone
// through from the most promising on: each bit that only one side has stands for
// a gram that only that side has, so the bits give an upper bound, and most
// pairs are settled without a look at the grams.
func (f *Fingerprint) closest(others []Fingerprint, lower, upper float64) float64 {
	type candidate struct {
		of    *Fingerprint
		bound float64
	}
	var cs []candidate
	own := float64(len(f.grams))
	for i := range others {
		// A text much longer or shorter than the other cannot be alike.
		if n := float64(len(others[i].grams)); min(n, own) < lower*max(n, own) {
			continue
		}
		if b := f.bound(&others[i]); b >= lower {
			cs = append(cs, candidate{&others[i], b})
		}
	}
	slices.SortFunc(cs, func(a, b candidate) int { return cmp.Compare(b.bound, a.bound) })
	best := 0.0
	for _, c := range cs {
		if best >= upper || c.bound <= best {
			break
		}
		best = max(best, f.Similarity(*c.of))
	}
	if best < lower {
		return 0
	}
	return best
}

// bound is at least the similarity.
func (f *Fingerprint) bound(g *Fingerprint) float64 {
	shared := 0
	for i := range f.bits {
		shared += bits.OnesCount64(f.bits[i] & g.bits[i])
	}
	nf, ng := len(f.grams), len(g.grams)
	both := min(nf-f.set, ng-g.set) + shared
	if both <= 0 {
		return 0
	}
	return float64(both) / float64(nf+ng-both)
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
