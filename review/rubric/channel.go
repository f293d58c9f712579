package rubric

import (
	"github.com/evenkeel/evenkeel/review"
)

// privateChannel: one allowed way to reach the business, and only one.
func (c *checker) privateChannel() {
	addresses := make(map[string]string) // allowed contact → its words in the text
	kinds := make(map[string]string)     // way ("phone") → its words
	last := ""
	note := func(fs []found, kind string) {
		for _, f := range fs {
			contact := c.contactOf(f)
			if contact == "" {
				// Not an allowed contact, but a way to get in touch all the same.
				if kind != "link" {
					kinds[kind] = c.reply.source(f.from, f.to)
				}
				continue
			}
			last = c.reply.source(f.from, f.to)
			if _, ok := addresses[contact]; !ok {
				addresses[contact] = last
			}
			kinds[kind] = last
		}
	}
	note(c.emails, "email")
	note(c.numbers, "phone")
	note(c.links, "link")
	worded := 0
	for _, sp := range c.reply.find(PrivateChannel, c.spoken) {
		if _, ok := kinds["link"]; ok && (sp.kind == "form" || sp.kind == "chat") {
			continue // the link leads there
		}
		if _, ok := kinds[sp.kind]; !ok {
			kinds[sp.kind] = c.reply.words(sp)
			last = c.reply.words(sp)
			worded++
		}
	}
	switch {
	case !c.policy.Contact:
		if len(addresses) > 0 {
			c.block(PrivateChannel, last, "This platform allows no contact data in replies; leave it out.")
		}
	case len(addresses) > 1 || len(kinds) > 1:
		c.block(PrivateChannel, last, "The reply offers more than one way to get in touch; keep the one allowed contact.")
	case c.Verdict != review.VerdictReply && c.Verdict != review.VerdictPrivate && !(c.Verdict == review.Undecided && c.complaint()):
	case len(c.Contacts) == 0:
		if len(kinds) == 0 {
			c.warn(PrivateChannel, "", "The reply offers no private way to get in touch and none is set up; add a contact to the playbook.")
		}
	case len(addresses) == 0:
		c.block(PrivateChannel, last, "The reply names no allowed contact; add the one private contact from the playbook.")
	}
}

// complaint tells whether the review itself looks like one that wants an answer:
// used when nobody has decided yet.
func (c *checker) complaint() bool {
	return !c.Review.StarOnly() && (c.Review.Rating.Critical() || len(c.Claims) > 0)
}
