package rubric

import (
	"slices"
	"strings"
	"unicode"

	"github.com/evenkeel/evenkeel/review"
)

// incentive: nothing of value for a review, no wish that one be changed. All
// lexicons apply, whatever language the reply is in.
func (c *checker) incentive() {
	for _, sp := range c.reply.find(Incentive, nil) {
		w := c.reply.words(sp)
		switch sp.kind {
		case "raise":
			if c.fullMarks() {
				continue // "five stars, how lovely": there is nothing left to raise
			}
			c.block(Incentive, w, "The reply asks for a better rating, which is never allowed; leave it out.")
		case "ask":
			if c.policy.AskReviews {
				c.warn(Incentive, w, "The reply asks for a review; that is only fair when everybody is asked, so leave it out.")
			} else {
				c.block(Incentive, w, "This platform forbids asking for reviews; leave the request out.")
			}
		case "benefit":
			c.block(Incentive, w, "The reply ties something of value to a review, which law and platforms forbid; leave it out.")
		default:
			c.block(Incentive, w, "The reply asks for a review or rating to be changed or raised, which is never allowed; leave it out.")
		}
	}
}

// stray tells a word by itself that only another language's lexicon knows: "court"
// is short in French, "Morgen" is a morning in German and tomorrow in Dutch.
func (c *checker) stray(sp span) bool {
	return c.language.sure && c.lex.langs[sp.lang] != c.language.lang && sp.tokFrom == sp.tokTo
}

// fullMarks tells a review with the best rating that its platform knows.
func (c *checker) fullMarks() bool {
	fifths, ok := c.Review.Rating.Fifths()
	return ok && fifths >= 5
}

// threat: no law, no police, no accusation, no removal. Words that the customer
// brought up ("the police came") may be taken up; a threat may not.
func (c *checker) threat() {
	for _, sp := range c.reply.find(Threat, nil) {
		topic, mention := strings.CutPrefix(sp.kind, "mention ")
		if mention && c.stray(sp) {
			continue
		}
		if topic == "police" && c.original.hasConcept("theft") {
			continue // whoever was robbed is helped by the police
		}
		if mention && (c.original.hasConcept(topic) || c.cited(sp.from, sp.to)) {
			continue
		}
		switch {
		case strings.HasPrefix(sp.kind, "accusation"), topic == "fraud", topic == "untrue", topic == "competitor":
			c.block(Threat, c.reply.words(sp), "The reply accuses the reviewer in public; leave it out and report the review to the platform if it breaks its rules.")
		case sp.kind == "removal":
			c.block(Threat, c.reply.words(sp), "The reply speaks of having the review removed; leave it out, a report to the platform is made in silence.")
		default:
			c.block(Threat, c.reply.words(sp), "The reply brings up legal steps or the police, which reads as a threat; leave it out and take it up in private.")
		}
	}
}

// isolatedCase: no playing down. While an incident is on it cannot be waived.
func (c *checker) isolatedCase() {
	n := len(c.findings)
	barred := ""
	if c.Incident != "" {
		barred = " Nobody can waive this: " + c.Incident + "."
	}
	for _, sp := range c.own(NoIsolatedCase, c.spoken) {
		if sp.tokFrom == sp.tokTo && c.lent(c.reply.words(sp)) {
			continue // "isolated", as the guest calls the cabin
		}
		c.block(NoIsolatedCase, c.reply.words(sp), "The reply plays the matter down as an exception or sets others against the customer; say what happened to this customer instead."+barred)
	}
	if barred != "" {
		for i := range c.findings[n:] {
			c.findings[n+i].Waivable = false
		}
	}
}

// blame: the customer is not lectured, and the reply does not begin with a denial.
func (c *checker) blame() {
	first := c.firstSentence()
	for _, sp := range c.own(NoBlame, c.spoken) {
		w := c.reply.words(sp)
		if c.refersTo(sp.from, sp.to) || c.reply.sentenceHas(sp, "conceded") {
			continue // "the number stated on your invoice"; "the sign says ten and is wrong"
		}
		if sp.kind == "denial" {
			if sp.sentence <= first {
				c.block(NoBlame, w, "The reply begins with a denial; begin with what the customer went through and put your side after it.")
			}
			continue
		}
		c.block(NoBlame, w, "The reply puts the blame on the customer or hides behind the rules; say plainly what you do about it.")
	}
}

// firstSentence is the number of the first sentence with a statement: a
// salutation counts as nothing.
func (c *checker) firstSentence() int32 {
	if len(c.reply.readings) == 0 {
		return 0
	}
	r := c.reply.readings[len(c.reply.readings)-1]
	if len(r.toks) > 0 && r.toks[0].sentence == 0 {
		n := 0
		for _, t := range r.toks {
			if t.sentence == 0 {
				n++
			}
		}
		if n <= 5 || r.letters && n <= 12 {
			return 1
		}
	}
	return 0
}

// apologies: at most one; an acknowledgement where the complaint is fair; none
// that concedes a disputed fact.
func (c *checker) apologies() {
	all := c.own(ApologyBudget, c.spoken)
	if len(all) > 1 {
		c.block(ApologyBudget, c.reply.words(all[1]), "The reply apologises more than once, which sounds like grovelling; keep one apology, here it comes again.")
	}
	for _, sp := range all {
		if c.disputed() && c.concedes(sp) {
			c.block(ApologyBudget, c.reply.words(sp), "The reply apologises for something that a fact of this case disputes; regret how it felt without conceding the fact.")
		}
	}
	critical := c.Review.Rating.Critical() || len(c.Claims) > 0
	if c.Verdict == review.VerdictReply && critical && len(all) == 0 && !c.reply.hasConcept("acknowledge") {
		if c.spoken == nil || len(c.spoken) > 1 || c.language.lang == "en" {
			c.warn(ApologyBudget, "", "The reply neither apologises nor acknowledges what the customer went through; add one plain sentence that does.")
		}
	}
	if c.Verdict == review.VerdictReport && len(all) > 0 {
		c.warn(ApologyBudget, c.reply.words(all[0]), "The reply apologises although what the review says is disputed; regret the experience without conceding the fact.")
	}
}

// disputed tells whether a fact of the case says that its matter is disputed.
func (c *checker) disputed() bool {
	return slices.ContainsFunc(c.facts, func(f *scan) bool { return f.hasConcept("disputed") })
}

// concedes tells whether the sentence of an apology names what the review is about.
func (c *checker) concedes(sp span) bool {
	r := sp.view
	from, to := r.bytes(c.reply, r.toks[r.within(sp.tokFrom, -1<<20)].from, r.toks[r.within(sp.tokTo, 1<<20)].to)
	said := coreScan(c.lex, c.Text[from:to])
	defer said.release()
	of := c.original.details()
	return slices.ContainsFunc(said.details(), func(h string) bool {
		return slices.ContainsFunc(of, func(w string) bool { return akin(h, w) })
	})
}

// marketing: no advertising, no invitation back, the brand once at most.
func (c *checker) marketing() {
	for _, sp := range c.own(NoMarketing, c.spoken) {
		if sp.kind != "again" && c.lent(c.reply.words(sp)) {
			continue
		}
		if sp.kind == "again" {
			c.block(NoMarketing, c.reply.words(sp), "The reply invites the customer back, which readers of a complaint take badly; leave it out.")
			continue
		}
		c.block(NoMarketing, c.reply.words(sp), "The reply advertises; leave praise of your own house and offers out.")
	}
	for i := 0; i+1 < len(c.reply.flat); i++ {
		if c.reply.flat[i] == '#' && (i == 0 || !wordRune(rune(c.reply.flat[i-1])) && c.reply.flat[i-1] != '&') {
			j := i + 1
			for j < len(c.reply.flat) && (c.reply.flat[j] >= 0x80 || wordRune(rune(c.reply.flat[j])) || c.reply.flat[j] == '_') {
				j++
			}
			if tag := c.reply.flat[i+1 : j]; len(tag) > 1 && strings.IndexFunc(tag, unicode.IsLetter) >= 0 {
				c.block(NoMarketing, c.reply.source(i, j), "The reply carries a hashtag; write the word without it, or leave it out.")
			}
		}
	}
	c.brand()
}

// lent tells whether words stand in the review, or in a fact of the case, just so:
// taking up a guest's "exquisite" is no advertising.
func (c *checker) lent(words string) bool {
	words = flatten(plain(words))
	has := func(s *scan) bool {
		i := strings.Index(s.flat, words)
		return i >= 0 && edges(s.flat, i, i+len(words))
	}
	return words != "" && (has(c.original) || slices.ContainsFunc(c.facts, has))
}

// brand: the brand's name once at most; addresses do not count.
func (c *checker) brand() {
	brand := flatten(plain(c.Brand))
	if len([]rune(brand)) < 2 {
		return
	}
	text, n, at := c.reply.flat, 0, 0
	skip := append(append([]found(nil), c.emails...), c.links...)
	for {
		i := strings.Index(text[at:], brand)
		if i < 0 {
			return
		}
		i += at
		at = i + len(brand)
		if !edges(text, i, at) || overlaps(skip, i, at) {
			continue
		}
		if n++; n == 2 {
			c.block(NoMarketing, c.reply.source(i, at), "The reply names the brand more than once, which reads like advertising; once is enough.")
			return
		}
	}
}

// edges tells whether text[i:j] does not continue a word on either side.
func edges(text string, i, j int) bool {
	ascii := func(b byte) bool { return latin(rune(b)) || digit(rune(b)) }
	return (i == 0 || !ascii(text[i-1]) || !ascii(text[i])) && (j >= len(text) || !ascii(text[j]) || !ascii(text[j-1]))
}

// flatten is the plain form as a string with single spaces.
func flatten(gs []glyph) string {
	rs := make([]rune, len(gs))
	for i, g := range gs {
		rs[i] = g.r
	}
	return strings.Join(strings.Fields(string(rs)), " ")
}

// boilerplate: not what was said to others already.
func (c *checker) boilerplate() {
	if len(c.Earlier) == 0 {
		return
	}
	own := fingerprint(c.reply.glyphs)
	best := own.closest(c.Earlier, 0.45, 0.60)
	switch {
	case best >= 0.60:
		c.block(NotBoilerplate, "", "The reply is nearly the same as an earlier one; say what is particular to this review.")
	case best >= 0.45:
		c.warn(NotBoilerplate, "", "The reply resembles an earlier one; make it more particular to this review.")
	}
}

// length: what the platform takes, counted as it counts.
func (c *checker) length() {
	if strings.TrimSpace(c.Text) == "" {
		c.block(PlatformLength, "", "The reply is empty; write one or close the case without a reply.")
		return
	}
	limit, unit := c.policy.MaxLen, c.policy.Unit
	if c.MaxLen > 0 {
		limit = c.MaxLen
		unit = Unit(firstOf(string(c.LenUnit), string(unit)))
	}
	if n := Length(c.Text, unit); limit > 0 && n > limit {
		c.block(PlatformLength, "", "The reply has "+count(n, unit)+" and the platform takes "+count(limit, unit)+"; shorten it.")
	}
}

// sources: what the draft says of its own sentences.
func (c *checker) sources() {
	if c.Sentences == nil {
		return
	}
	for _, s := range c.Sentences {
		if strings.TrimSpace(s.Text) == "" {
			continue
		}
		unsourced := s.Source == review.SourceNone
		if s.Source == review.SourceCourtesy && len(newScan(c.lex, s.Text).find("done", nil)) > 0 {
			unsourced = true // calls itself courtesy and reports a deed
		}
		if unsourced {
			c.block(UnsourcedFact, s.Text, "No fact stands behind this sentence; record one in the thread, or leave the sentence out.")
		}
	}
	if c.Verdict == review.VerdictThank {
		return
	}
	covered := review.Draft{Sentences: c.Sentences}.Covered()
	for _, cl := range c.Claims {
		if !covered[cl.N] {
			c.block(ClaimGap, "", "Point "+number(cl.N)+" of the review ("+shorten(cl.Text)+") is not answered; answer it or say that it is taken up privately.")
		}
	}
}
