package llm

import (
	"cmp"
	"slices"
	"strings"
)

// list numbers the lists of an index.
type list int

// index finds the terms of many lists in one walk through a text: where a word
// begins, it compares only the terms that begin with the same letters.
type index struct {
	terms []listed                // by slot
	slots [1<<slotBits + 1]uint16 // where the terms of each slot begin, and those of the next
	inner bool                    // some may begin inside a word
	apart []listed                // those that are looked for one by one
}

// listed is a term and the list where it stands.
type listed struct {
	term
	list list
}

const (
	slotBits = 11
	keyBytes = 3 // of a term are its key; shorter terms are their own
)

// slot is the place in an index of terms that begin with a key.
func slot(key string) uint32 {
	n := uint32(0)
	for _, b := range []byte(key) {
		n = n<<8 | uint32(b)
	}
	return n * 0x9E3779B1 >> (32 - slotBits) // spreads neighbours
}

// newIndex makes the index of lists, which are numbered from 0.
func newIndex(lists ...terms) *index {
	ix := new(index)
	for n, terms := range lists {
		for _, x := range terms {
			if x.overlaps() || x.left && len(x.text) < keyBytes {
				ix.apart = append(ix.apart, listed{x, list(n)})
			} else {
				ix.terms = append(ix.terms, listed{x, list(n)})
				ix.inner = ix.inner || x.left
			}
		}
	}
	slices.SortStableFunc(ix.terms, func(a, b listed) int { return cmp.Compare(a.slot(), b.slot()) })
	n := 0
	for s := range ix.slots {
		for n < len(ix.terms) && ix.terms[n].slot() < uint32(s) {
			n++
		}
		ix.slots[s] = uint16(n)
	}
	return ix
}

func (x term) slot() uint32 { return slot(x.text[:min(keyBytes, len(x.text))]) }

// overlaps tells that x can stand in a text as a word of its own inside itself:
// "いい" in "いいい", where only the first is a place.
func (x term) overlaps() bool {
	for i := range x.text {
		if i > 0 && strings.HasPrefix(x.text, x.text[i:]) && x.mayFollow(x.text[:i]) {
			return true
		}
	}
	return false
}

// read returns where the terms stand in a folded text, list after list, each
// as [terms.find] does.
func (ix *index) read(text string) hits {
	found := make(hits, 0, 4+len(text)/16)
	for _, x := range ix.apart {
		for h := range x.places(text) {
			h.list = x.list
			found = append(found, h)
		}
	}
	inWord := false
	for i, r := range text {
		switch {
		case !inWord || unbroken(r):
			found = ix.beginning(text, i, found)
		case ix.inner && i+keyBytes <= len(text):
			found = ix.inside(text, i, found)
		}
		inWord = wordRune(r)
	}
	return apart(found)
}

// beginning adds the terms that stand in text from i on, where a word begins.
func (ix *index) beginning(text string, i int, found hits) hits {
	for n := 1; n <= keyBytes && i+n <= len(text); n++ {
		for _, x := range ix.with(text[i : i+n]) {
			if end := i + len(x.text); strings.HasPrefix(text[i:], x.text) && x.mayPrecede(text[end:]) {
				found = append(found, hit{i, end, x.list})
			}
		}
	}
	return found
}

// inside adds those that stand there and may begin inside a word.
func (ix *index) inside(text string, i int, found hits) hits {
	for _, x := range ix.with(text[i : i+keyBytes]) {
		if end := i + len(x.text); x.left && strings.HasPrefix(text[i:], x.text) && x.mayPrecede(text[end:]) {
			found = append(found, hit{i, end, x.list})
		}
	}
	return found
}

// with are the terms that begin with a key, and perhaps some others.
func (ix *index) with(key string) []listed {
	s := slot(key)
	return ix.terms[ix.slots[s]:ix.slots[s+1]]
}

// of are the hits of one list, from those of all.
func (hs hits) of(l list) hits {
	from := 0
	for from < len(hs) && hs[from].list < l {
		from++
	}
	to := from
	for to < len(hs) && hs[to].list == l {
		to++
	}
	return hs[from:to]
}
