package rubric

import (
	"slices"
	"strings"

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
	for _, contact := range c.Contacts {
		if words := c.worded(contact); words != "" {
			addresses[contact], kinds["place"], last = words, words, words
		}
	}
	worded := 0
	for _, sp := range c.reply.find(PrivateChannel, c.spoken) {
		if _, ok := kinds["link"]; ok && (sp.kind == "form" || sp.kind == "chat") {
			continue // the link leads there
		}
		if _, ok := kinds["place"]; ok && sp.kind != "phone" && sp.kind != "whatsapp" && sp.kind != "visit" {
			continue // "send me an Etsy message" is that place
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

// worded gives the words by which the reply names a contact that is no address
// but a place, such as "Settings > Help" or "Etsy message": all of its words near
// each other, in whatever order and with whatever signs between.
func (c *checker) worded(contact string) string {
	if strings.ContainsAny(contact, "@") || len(onlyDigits(contact)) >= 5 || len((&scan{flat: strings.ToLower(contact)}).links(nil)) > 0 {
		return ""
	}
	const reach = 60 // bytes of the plain form between two words of a place
	var words []string
	for _, t := range byWords(&reading{view: new(view)}, marks(plain(contact), 0)).terms() {
		if len(words) > 0 && cjk([]rune(t)[0]) && strings.Contains(flatten(plain(contact)), words[len(words)-1]+t) && cjk([]rune(words[len(words)-1])[0]) {
			words[len(words)-1] += t // a word of a script without spaces
			continue
		}
		words = append(words, t)
	}
	words = slices.DeleteFunc(words, func(w string) bool { return len(w) < 3 })
	if len(words) == 0 {
		return ""
	}
	flat := c.reply.flat
	for at := 0; ; {
		i := strings.Index(flat[at:], words[0])
		if i < 0 {
			return ""
		}
		i += at
		at = i + len(words[0])
		from, to := i, at
		near := !slices.ContainsFunc(words[1:], func(w string) bool {
			lo, hi := max(0, i-reach), min(len(flat), to+reach)
			k := strings.Index(flat[lo:hi], w)
			if k >= 0 {
				from, to = min(from, lo+k), max(to, lo+k+len(w))
			}
			return k < 0
		})
		if near && (from == 0 || !latin(rune(flat[from-1])) || !latin(rune(flat[from]))) {
			return c.reply.source(from, to)
		}
	}
}

// terms are the tokens of a view as text.
func (r *reading) terms() []string {
	out := make([]string, len(r.toks))
	for i, t := range r.toks {
		out[i] = string(r.runes[t.from:t.to])
	}
	return out
}

// complaint tells whether the review itself looks like one that wants an answer:
// used when nobody has decided yet.
func (c *checker) complaint() bool {
	return !c.Review.StarOnly() && (c.Review.Rating.Critical() || len(c.Claims) > 0)
}
