package llm

import (
	"fmt"
	"strings"
)

// wish is what an instruction asks of the built-in drafter.
type wish struct {
	shorter, warmer, plainer bool
	mention                  []string
	notes                    []string // what was not understood, for the card
}

// readWish understands the few things that the built-in drafter can do.
// Everything else it names, so that nobody waits for it.
func (o *Offline) readWish(instruction, variant string, langs ...string) wish {
	var w wish
	w.flag(variant)
	if variant == "light" {
		w.notes = append(w.notes, "The built-in drafter has no light variant; this is the plain one.")
	}
	if variant == "formal" {
		w.notes = append(w.notes, "The built-in drafter has no formal variant; this is the plain one.")
	}
	mentioning := false
	for _, piece := range pieces(instruction) {
		known := false
		for _, lex := range o.wishWords(langs) {
			if what, ok := lex.mentioned(piece); ok {
				known, mentioning = true, true
				w.add(what)
				break
			}
			for _, name := range []string{"shorter", "warmer", "plainer", "formal"} {
				if lex.Instructions[name].in(fold(piece).text) {
					known, mentioning = true, false
					w.flag(name)
				}
			}
			if known {
				break
			}
		}
		switch {
		case known:
		case mentioning: // "mention the courier and the price"
			for _, lex := range o.wishWords(langs) {
				piece = lex.bare(piece)
			}
			w.add(piece)
		default:
			w.notes = append(w.notes, fmt.Sprintf("The built-in drafter understands “shorter”, “warmer”, “plainer” and “mention …”; “%s” was left aside.", prefix(piece, 80)))
		}
	}
	return w
}

// wishWords are the lexicons in which an instruction may be written.
func (o *Offline) wishWords(langs []string) []*lexicon {
	var out []*lexicon
	for _, l := range append(langs, "en") {
		if lex := o.words.get(l); lex != nil {
			out = append(out, lex)
		}
	}
	return out
}

// pieces cuts an instruction at commas and "and".
func pieces(s string) []string {
	s = strings.NewReplacer(" and ", ",", " und ", ",", " et ", ",", " en ", ",", " y ", ",", ";", ",", "、", ",", "，", ",", ". ", ",", "。", ",", "\n", ",").Replace(s)
	var out []string
	for p := range strings.SplitSeq(s, ",") {
		if p = trimClause(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// mentioned is what a piece like "mention the courier" wants mentioned. In some
// languages the verb comes last.
func (lex *lexicon) mentioned(piece string) (string, bool) {
	f := fold(piece)
	hits := lex.Instructions["mention"].find(f.text)
	if len(hits) == 0 {
		return "", false
	}
	h := hits[0]
	what := f.original(h.end, len(f.text))
	if what == "" || unbroken(lastRune(f.text[:h.end])) {
		what = f.original(0, h.start)
	}
	return lex.bare(what), true
}

// bare strips words like "the" from both ends.
func (lex *lexicon) bare(s string) string {
	words := lex.trimWeak(strings.Fields(s))
	for len(words) > 0 && (lex.isOne(lex.Weak, words[0]) || lex.isOne(lex.Determiners, words[0])) {
		words = words[1:]
	}
	return strings.TrimRight(strings.Join(words, " "), "にをもはの")
}

func (w *wish) add(what string) {
	if what = strings.Trim(what, " \"'“”"); what != "" {
		w.mention = append(w.mention, what)
	}
}

func (w *wish) flag(name string) {
	switch name {
	case "shorter":
		w.shorter = true
	case "warmer":
		w.warmer = true
	case "plainer":
		w.plainer = true
	}
}
