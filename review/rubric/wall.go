package rubric

import "github.com/evenkeel/evenkeel/review"

// wall is what is added where the customer is given something: it is given in
// private, so its kind and worth never stand in public, whatever the facts say
// and whoever waives; and a sentence that speaks of the review and of changing
// something is one too many, even where the wish itself is not spoken.
func (c *checker) wall() {
	if !c.Benefit {
		return
	}
	kept := c.findings[:0]
	for _, f := range c.findings {
		if f.Check == Commitments {
			f.Waivable = false
		}
		kept = append(kept, f)
	}
	c.findings = kept
	for _, m := range c.committed() {
		switch m.Kind {
		case Refund, Discount, Free, Compensation, Amount:
			if !c.cited(m.From, m.To) {
				c.findings = append(c.findings, review.Finding{Check: Incentive, Level: review.Block, Words: m.Words,
					Message: "A benefit is recorded on this case; it is given in private and never stands in a public reply. Leave it out."})
			}
		}
	}
	for _, r := range c.reply.readings {
		changes := make(map[int32]bool)
		for _, id := range c.lex.names["change"] {
			for h := range r.hits(id) {
				changes[r.toks[h.tokFrom].sentence] = true
			}
		}
		for _, id := range c.lex.names["review_strict"] {
			for h := range r.hits(id) {
				if changes[r.toks[h.tokFrom].sentence] {
					c.add(Incentive, review.Block, "", "A benefit is recorded on this case, and a sentence speaks of the review and of a change; write it so that nothing reads like a trade.")
				}
			}
		}
	}
}
