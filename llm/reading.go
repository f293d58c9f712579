package llm

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// reading is a text, folded, and what a lexicon's lists find in it.
type reading struct {
	folded
	hits
	lex *lexicon
}

// read looks through a text for everything that the lexicon knows, save small
// words.
func (lex *lexicon) read(text string) reading { return lex.readFolded(fold(text)) }

func (lex *lexicon) readFolded(f folded) reading { return reading{f, lex.index.read(f.text), lex} }

// readAll reads in every language.
func (o *Offline) readAll(f folded) []reading {
	out := make([]reading, 0, len(Languages))
	for _, lang := range Languages {
		out = append(out, o.words.get(lang).readFolded(f))
	}
	return out
}

// part is the reading of orig[s.from:s.to] alone. It is taken from that of the
// whole, unless something there goes over the edges, or so much is in the whole
// that to read the few words again takes less.
func (r reading) part(s span) reading {
	words := r.orig[s.from:s.to]
	switch {
	case len(words) == len(r.orig):
		return r
	case len(r.hits)+len(r.moves) > 8*len(words):
		return r.lex.read(words)
	}
	f, start, end, ok := r.folded.part(s)
	before, _ := utf8.DecodeLastRuneInString(r.text[:start])
	after, _ := utf8.DecodeRuneInString(r.text[end:])
	if !ok || wordRune(before) || wordRune(after) {
		return r.lex.read(words)
	}
	var inside hits
	for _, h := range r.hits {
		switch {
		case h.end <= start || end <= h.start:
		case h.start < start || end < h.end:
			return r.lex.read(words)
		default:
			inside = append(inside, hit{h.start - start, h.end - start, h.list})
		}
	}
	return reading{f, inside, r.lex}
}

// has tells whether one of a list's terms stands in the text.
func (r reading) has(l list) bool { return len(r.of(l)) > 0 }

// topic is what the text speaks of most, "other" for nothing.
func (r reading) topic() string {
	weights := make([]int, len(Topics))
	for _, h := range r.hits {
		if h.list >= topical {
			weights[h.list-topical] += 1 + (h.end-h.start)/6 // a long term says more than a short one
		}
	}
	best, most := "other", 0
	for i, name := range Topics { // in order, so that a tie is always settled alike
		if weights[i] > most {
			best, most = name, weights[i]
		}
	}
	return best
}

// topics lists what the text is about, good or ill.
func (r reading) topics() []string {
	var out []string
	for i, name := range Topics {
		if r.has(topical + list(i)) {
			out = append(out, name)
		}
	}
	return out
}

// mood counts what speaks well and ill. A good word after "not" is an ill one,
// an ill one after "no" is neither.
func (r reading) mood() (good, ill int) {
	bad, fine := r.of(negative), r.of(positive)
	for _, h := range fine {
		if covered(h, bad) {
			continue
		}
		if r.negated(h) {
			ill++
		} else {
			good++
		}
	}
	for _, h := range bad {
		if !covered(h, fine) && !r.negated(h) {
			ill++
		}
	}
	return good, ill
}

// covered tells that h lies inside a longer hit.
func covered(h hit, others hits) bool {
	return slices.ContainsFunc(others, func(o hit) bool {
		return o.start <= h.start && h.end <= o.end && o.end-o.start > h.end-h.start
	})
}

// negated tells that one of the two words before h turns it round.
func (r reading) negated(h hit) bool {
	before := r.text[:h.start]
	before = strings.Trim(before[strings.LastIndexAny(before, ".!?,;")+1:], " ")
	two := before[:max(0, strings.LastIndexByte(before, ' '))]
	return r.lex.Negators.in(before[strings.LastIndexByte(two, ' ')+1:])
}

// speaks tells that the text is about something.
func (r reading) speaks() bool {
	if r.topic() != "other" {
		return true
	}
	good, ill := r.mood()
	return good+ill > 0
}
