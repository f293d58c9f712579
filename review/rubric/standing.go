package rubric

import "slices"

// A review may stand in a reply as something that was received: thanked for,
// read, passed on, described. Whoever brings it up in any other way wants
// something of it. So the rule is written the other way round than most: a
// sentence with a word for the review passes when it is of the first kind, and
// everything else is held back, in whatever words.

// tongue are the families of one language by which a sentence is judged; -1
// where a lexicon has none.
type tongue struct {
	mark, markNot, entry, received, thanks, plea, undo, praise, gift, here, voice, we, privately int
}

// tongueOf looks the families of a lexicon up.
func (l *lexicon) tongueOf(lang string) tongue {
	id := func(name string) int {
		if i, ok := l.concepts[lang+"/"+name]; ok {
			return i
		}
		return -1
	}
	return tongue{mark: id("mark"), markNot: id("mark_not"), entry: id("entry"), received: id("received"), thanks: id("thanks"), plea: id("plea"), undo: id("undo"),
		praise: id("praise"), gift: id("gift"), here: id("here"), voice: id("voice"), we: id("we"), privately: id("privately")}
}

// standing holds back sentences that bring the review up as something that could
// be otherwise, or as something to be had.
func (c *checker) standing() {
	for lang := range c.lex.langs {
		if c.spoken != nil && !c.spoken[lang] {
			continue
		}
		t := c.lex.tongues[lang]
		if c.language.sure && c.language.lang != c.lex.langs[lang] && base(c.Language) != c.lex.langs[lang] {
			continue // English is read into everything, and "review" is Dutch too
		}
		for _, r := range c.reply.readings {
			if c.full(Incentive) {
				return
			}
			c.standingIn(r, t)
		}
	}
}

func (c *checker) standingIn(r *reading, t tongue) {
	judged := make(map[int32]bool)
	for _, id := range []int{t.mark, t.entry, t.praise, t.here} {
		if id < 0 {
			continue
		}
		for h := range r.hits(id) {
			s := r.toks[h.tokFrom].sentence
			if id == t.mark && r.covered(t.markNot, h) || judged[s] {
				continue
			}
			if why := c.appeal(r, t, h, id == t.mark); why != "" {
				judged[s] = true
				from, to := r.bytes(c.reply, h.from, h.to)
				if c.cited(from, to) {
					continue
				}
				c.block(Incentive, c.Text[from:to], why)
			}
		}
	}
}

const (
	tradesReview  = "The reply ties something of value to a review, which law and platforms forbid; leave it out."
	wantsAnother  = "The reply asks for a review or rating to be changed or raised, which is never allowed; leave it out."
	bringsItUp    = "The reply brings the rating up as if it could be another; thank for the review or say what it told you, and leave the rating alone."
	wantsGoodWord = "The reply asks for a good word in public, which is never allowed; leave it out."
)

// appeal tells what is wrong with the sentence of a word for the review, or of
// the place where reviews stand; "" when it only receives it.
func (c *checker) appeal(r *reading, t tongue, h hit, mark bool) string {
	from, to := r.within(h.tokFrom, -1<<20), r.within(h.tokTo, 1<<20)
	has := func(id int) bool { return id >= 0 && r.holds(id, from, to) }
	plea, gift := has(t.plea), has(t.gift)
	received, thanks := false, false
	for lang, u := range c.lex.tongues {
		if c.spoken == nil || c.spoken[lang] {
			received, thanks = received || has(u.received), thanks || has(u.thanks)
		}
	}
	entry := mark || has(t.entry)
	switch {
	case mark && gift, has(t.praise) && gift, entry && gift && plea, has(t.here) && gift && plea, has(t.here) && has(t.voice) && gift && !c.wantsAmends():
		return tradesReview
	case (mark || !c.contactIn(r, t, from, to)) && entry && c.undone(r, t, h, from, to, plea, mark && !thanks):
		return wantsAnother
	case mark && !received && !thanks:
		if c.fullMarks() && !plea || c.contactIn(r, t, from, to) {
			return ""
		}
		return bringsItUp
	case mark && plea && !thanks && !c.contactIn(r, t, from, to):
		return wantsAnother
	case has(t.here) && plea && !thanks && !c.contactIn(r, t, from, to) && c.undone(r, t, h, from, to, true, false):
		return wantsAnother
	case has(t.praise) && !thanks && (plea || has(t.here)),
		has(t.here) && has(t.voice) && plea && !c.contactIn(r, t, from, to):
		return wantsGoodWord
	}
	return ""
}

// wantsAmends tells whether the review itself speaks of money back or of amends.
func (c *checker) wantsAmends() bool {
	return slices.ContainsFunc([]string{"remedy", "refund", "discount", "compensation"}, c.original.hasConcept)
}

// undone tells whether the tokens speak of changing or taking away what was
// written, and not as something that the team itself did: as a wish, or right
// beside the word for the review.
func (c *checker) undone(r *reading, t tongue, of hit, from, to int32, plea, mark bool) bool {
	if t.undo < 0 {
		return false
	}
	lead := int32(3)
	if r.letters {
		lead = 8
	}
	for h := range r.hits(t.undo) {
		if h.tokFrom < from || h.tokTo > to {
			continue
		}
		beside := mark && h.tokFrom-of.tokTo <= lead+1 && of.tokFrom-h.tokTo <= lead+1
		if !plea && !beside {
			continue
		}
		if t.we < 0 || !r.holds(t.we, max(from, h.tokFrom-lead), h.tokFrom-1) {
			return true
		}
	}
	return false
}

// contactIn tells whether the tokens lead to a private way: then what is asked
// for is to write there.
func (c *checker) contactIn(r *reading, t tongue, from, to int32) bool {
	if t.privately >= 0 && r.holds(t.privately, from, to) {
		return true
	}
	for _, o := range c.offered() {
		if _, ok := refers(o); ok && o.view == r && o.tokTo >= from && o.tokFrom <= to {
			return true
		}
	}
	for _, fs := range [][]found{c.emails, c.numbers, c.links} {
		for _, f := range fs {
			at := int(c.reply.glyphs[c.reply.at[f.from]].from)
			if s := r.sentenceAt(c.reply, at); s == r.toks[from].sentence {
				return true
			}
		}
	}
	return false
}

// covered tells whether a hit lies within one of the concept: "star" in "star anise".
func (r *reading) covered(concept int, h hit) bool {
	if concept < 0 {
		return false
	}
	for o := range r.hits(concept) {
		if o.from <= h.from && h.to <= o.to {
			return true
		}
	}
	return false
}
