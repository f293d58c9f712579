package rubric

import (
	"iter"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// hit is one term of the lexicon found in a view.
type hit struct {
	from, to       int32 // runes
	tokFrom, tokTo int32 // tokens, inclusive
}

// reading is one view of a text with all terms found in it.
type reading struct {
	*view
	index []uint16 // per concept, its list; 0 for none
	lists []list   // the first is a dummy
	found []place  // in the order of the text; the first is a dummy
}

// list is the row of a concept's places in found.
type list struct{ first, last int32 }

// place is a hit in the list of its concept.
type place struct {
	hit
	next int32
}

// hits goes through the places of a concept, in the order of the text.
func (r *reading) hits(concept int) iter.Seq[hit] {
	return func(yield func(hit) bool) {
		for i := r.lists[r.index[concept]].first; i != 0; i = r.found[i].next {
			if !yield(r.found[i].hit) {
				return
			}
		}
	}
}

func (r *reading) has(concept int) bool { return r.index[concept] != 0 }

// scan is a text with its readings: what every check looks at.
//
// It is built from pieces that are used again: see release.
type scan struct {
	spare    []*reading // of the text before
	marked   []mark
	bytes    []byte
	text     string
	flat     string  // the plain form as a string
	at       []int32 // per byte of flat, its glyph
	glyphs   []glyph
	readings []*reading
	lex      *lexicon
	core     bool // read for the core concepts only
}

// span is a place of a text that a pattern matched.
type span struct {
	from, to int // bytes of the original text
	kind     string
	lang     int
	view     *reading
	sentence int32
	tokFrom  int32
	tokTo    int32
	line     string
}

// newScan reads a reply once for all checks.
func newScan(lex *lexicon, text string) *scan {
	return blank(lex, text, false)
}

// coreScan reads a review or a fact: for what it is about, not for patterns.
func coreScan(lex *lexicon, text string) *scan {
	return blank(lex, text, true)
}

// scans are those that nobody looks at any more. A scan is some hundred kilobytes
// of small pieces, and a text is checked at every keystroke of an editor.
var scans = sync.Pool{New: func() any { return new(scan) }}

func blank(lex *lexicon, text string, core bool) *scan {
	s := scans.Get().(*scan)
	s.text, s.lex, s.core = text, lex, core
	s.glyphs = appendPlain(s.glyphs[:0], text)
	return read(s)
}

// release gives the pieces back; nothing that came from the scan but strings may
// be used any more.
func (s *scan) release() {
	s.spare = append(s.spare, s.readings...)
	s.readings, s.text, s.flat = s.readings[:0], "", ""
	scans.Put(s)
}

func read(s *scan) *scan {
	text := s.text
	var words, letters bool
	flat := slices.Grow(s.bytes[:0], len(text)+8)
	s.at = slices.Grow(s.at[:0], len(text)+8)
	for i, g := range s.glyphs {
		n := len(flat)
		flat = utf8.AppendRune(flat, g.r)
		for ; n < len(flat); n++ {
			s.at = append(s.at, int32(i))
		}
		switch classOf(g.r) {
		case 2:
			letters = true
		case 3:
			words = true
		}
	}
	s.flat, s.bytes = string(flat), flat
	s.marked = appendMarks(s.marked[:0], s.glyphs, 0)
	mails := s.emails()
	s.mask(s.marked, mails)
	if words {
		s.add(byWords(s.view(), s.marked))
		if !s.core {
			if ms, changed := repaired(s.glyphs); changed {
				s.mask(ms, mails)
				s.add(byWords(s.view(), ms))
			}
		}
	}
	if letters {
		s.add(byLetters(s.view(), s.marked))
	}
	return s
}

// blotted stands for a letter of an address; no term holds it.
const blotted = 'ʘ'

// mask blots out the letters of e-mail addresses: "gutschein@shop.example" says
// nothing about a voucher. The words stay as many as they were.
func (s *scan) mask(ms []mark, mails []found) {
	for _, m := range mails {
		from, to := s.at[m.from], s.at[m.to-1]
		for i := range ms {
			if n := ms[i].n; n >= from && n <= to && latin(ms[i].r) && strings.ContainsRune(s.flat[m.from:m.to], '@') {
				ms[i].r = blotted
			}
		}
	}
}

// view is an empty reading's view, with the room of one that is done with.
func (s *scan) view() *reading {
	if n := len(s.spare); n > 0 && len(s.spare[n-1].index) == len(s.lex.concepts) {
		r := s.spare[n-1]
		s.spare = s.spare[:n-1]
		clear(r.index)
		r.lists, r.found = r.lists[:1], r.found[:1]
		*r.view = view{runes: r.runes[:0], glyph: r.glyph[:0], tok: r.tok[:0], toks: r.toks[:0]}
		return r
	}
	return &reading{view: new(view), index: make([]uint16, len(s.lex.concepts)), lists: make([]list, 1, 256), found: make([]place, 1, 1024)}
}

func (s *scan) add(r *reading) {
	v := r.view
	if v.letters {
		for i := range v.runes {
			s.lex.letters.walk(v, i, s.core, r.take(i))
		}
	} else {
		for i, c := range v.runes {
			if c == ' ' {
				continue
			}
			take := r.take(i)
			if v.toks[v.tok[i]].from == int32(i) {
				s.lex.words.walk(v, i, s.core, take)
			}
			s.lex.inner.walk(v, i, s.core, take)
			if v.toks[v.tok[i]].loose {
				s.lex.loose.walk(v, i, s.core, take)
			}
		}
	}
	s.readings = append(s.readings, r)
}

// take keeps the terms that begin at rune i and end where they may.
func (r *reading) take(i int) func(termEnd, int) {
	return func(e termEnd, end int) {
		last := r.tok[end-1]
		t := r.toks[last]
		if !t.loose && !e.stem && end < int(t.to) {
			return
		}
		to := int32(end)
		if !t.loose {
			to = t.to
		}
		h := hit{from: int32(i), to: to, tokFrom: r.tok[i], tokTo: last}
		at := int32(len(r.found))
		if r.index[e.concept] == 0 {
			r.index[e.concept] = uint16(len(r.lists))
			r.lists = append(r.lists, list{at, at})
		} else {
			l := &r.lists[r.index[e.concept]]
			if r.found[l.last].hit == h {
				return
			}
			r.found[l.last].next = at
			l.last = at
		}
		r.found = append(r.found, place{hit: h})
	}
}

// find gives the places that the patterns of a section match, in the given
// languages (nil for all), each place once.
func (s *scan) find(section string, langs map[int]bool) []span {
	var out []span
	openings := s.lex.openings[section]
	for _, r := range s.readings {
		for i := range openings {
			o := &openings[i]
			if o.letters != r.letters || !r.has(o.concept) || langs != nil && !langs[o.lang] {
				continue
			}
			for _, p := range o.patterns {
				out = s.match(p, r, out)
			}
		}
	}
	return merge(out)
}

func (s *scan) match(p *pattern, r *reading, out []span) []span {
	for _, e := range p.elems {
		if !r.has(e.concept) {
			return out
		}
	}
	for h := range r.hits(p.elems[0].concept) {
		if end, ok := r.follow(s, p, 1, h, h); ok {
			out = append(out, r.span(s, p, h, end))
		}
	}
	return out
}

// follow matches the elements from k on after the hit last.
func (r *reading) follow(s *scan, p *pattern, k int, first, last hit) (hit, bool) {
	if k == len(p.elems) {
		return last, r.allowed(p, first, last)
	}
	e := p.elems[k]
	for h := range r.hits(e.concept) {
		if h.from < last.to {
			continue
		}
		gap := int(h.tokFrom - last.tokTo - 1)
		if gap > e.gap {
			if h.tokFrom > last.tokTo+int32(e.gap)+1 {
				break
			}
			continue
		}
		if !p.across && r.toks[h.tokFrom].sentence != r.toks[last.tokTo].sentence {
			break
		}
		if !e.open && gap > 0 && r.stopped(s, p.lang, last.tokTo+1, h.tokFrom-1) {
			continue
		}
		if end, ok := r.follow(s, p, k+1, first, h); ok {
			return end, true
		}
	}
	return hit{}, false
}

// stopped tells whether a stop word of the language stands among the tokens.
func (r *reading) stopped(s *scan, lang int, from, to int32) bool {
	id, ok := s.lex.concepts[s.lex.langs[lang]+"/stop"]
	return ok && r.holds(id, from, to)
}

func (r *reading) holds(concept int, from, to int32) bool {
	for h := range r.hits(concept) {
		if h.tokFrom > to {
			return false
		}
		if h.tokFrom >= from && h.tokTo <= to {
			return true
		}
	}
	return false
}

// allowed checks the pattern's notes.
func (r *reading) allowed(p *pattern, first, last hit) bool {
	lead, trail := int32(3), int32(2)
	if r.letters {
		lead, trail = 8, 8
	}
	for _, g := range p.guards {
		from, to := first.tokFrom, last.tokTo
		switch g.place {
		case before:
			from, to = r.within(first.tokFrom, -lead), first.tokFrom-1
		case after:
			from, to = last.tokTo+1, r.within(last.tokTo, trail)
		case sentence:
			from, to = r.within(from, -1<<20), r.within(to, 1<<20)
		case anywhere:
			from, to = 0, int32(len(r.toks)-1)
		}
		if from <= to && r.holds(g.concept, from, to) {
			return false
		}
	}
	return true
}

// within moves by tokens but not out of the sentence.
func (r *reading) within(at, by int32) int32 {
	step := int32(1)
	if by < 0 {
		step, by = -1, -by
	}
	for ; by > 0; by-- {
		next := at + step
		if next < 0 || int(next) >= len(r.toks) || r.toks[next].sentence != r.toks[at].sentence {
			break
		}
		at = next
	}
	return at
}

func (r *reading) span(s *scan, p *pattern, first, last hit) span {
	from, to := r.bytes(s, first.from, last.to)
	return span{from: from, to: to, kind: p.kind, lang: p.lang, view: r, sentence: r.toks[first.tokFrom].sentence,
		tokFrom: first.tokFrom, tokTo: last.tokTo, line: p.line}
}

// bytes is the range of the original text behind a range of runes.
func (r *reading) bytes(s *scan, from, to int32) (int, int) {
	a, b := r.glyph[from], r.glyph[to-1]
	return int(s.glyphs[a].from), int(s.glyphs[b].to)
}

// words is the original text of a span.
func (s *scan) words(sp span) string { return s.text[sp.from:sp.to] }

// hasConcept tells whether any language's concept of this name occurs.
func (s *scan) hasConcept(name string) bool {
	for _, id := range s.lex.names[name] {
		for _, r := range s.readings {
			if r.has(id) {
				return true
			}
		}
	}
	return false
}

// sentenceHas tells whether a concept of this name, in any language, occurs in
// the sentence of a span.
func (s *scan) sentenceHas(sp span, name string) bool {
	r := sp.view
	from, to := r.within(sp.tokFrom, -1<<20), r.within(sp.tokTo, 1<<20)
	for _, id := range s.lex.names[name] {
		if r.holds(id, from, to) {
			return true
		}
	}
	return false
}

// besideHolds tells whether one language's concept ("en/past") occurs in the
// sentence of a hit, outside the hit itself.
func (r *reading) besideHolds(lex *lexicon, concept string, h hit) bool {
	id, ok := lex.concepts[concept]
	return ok && (r.holds(id, r.within(h.tokFrom, -1<<20), h.tokFrom-1) || r.holds(id, h.tokTo+1, r.within(h.tokTo, 1<<20)))
}

// merge sorts spans and joins those of one kind that overlap.
func merge(spans []span) []span {
	if len(spans) < 2 {
		return spans
	}
	slices.SortStableFunc(spans, func(a, b span) int {
		if a.from != b.from {
			return a.from - b.from
		}
		if a.to != b.to {
			return b.to - a.to
		}
		return strings.Compare(a.kind, b.kind)
	})
	out := spans[:0]
	last := make(map[string]int, 8) // kind → the place of its last span
	for _, sp := range spans {
		if i, ok := last[sp.kind]; ok && sp.from < out[i].to {
			out[i].to = max(out[i].to, sp.to)
			continue
		}
		last[sp.kind] = len(out)
		out = append(out, sp)
	}
	return out
}

// source is the original text behind bytes i to j of the plain form.
func (s *scan) source(i, j int) string {
	if i >= j || j > len(s.at) {
		return ""
	}
	return original(s.text, s.glyphs, int(s.at[i]), int(s.at[j-1])+1)
}
