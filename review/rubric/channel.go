package rubric

import (
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/review"
)

// privateChannel: one allowed way to reach the business, and only one.
func (c *checker) privateChannel() {
	w := c.waysOffered()
	switch {
	case !c.policy.Contact:
		if len(w.addresses) > 0 {
			c.block(PrivateChannel, w.last, "This platform allows no contact data in replies; leave it out, or say where it stands: “the contact on our profile”.")
		}
	case len(w.addresses) > 1 || len(w.kinds) > 1:
		c.block(PrivateChannel, w.last, "The reply offers more than one way to get in touch; keep one.")
	case w.named:
	case c.Verdict != review.VerdictReply && c.Verdict != review.VerdictPrivate && !(c.Verdict == review.Undecided && c.complaint()):
	case len(c.Contacts) == 0:
		if len(w.kinds) == 0 {
			c.warn(PrivateChannel, "", "The reply offers no private way to get in touch and none is set up; add a contact to the playbook, or say where it stands: “the contact on our profile”.")
		}
	case len(w.addresses) == 0:
		c.block(PrivateChannel, w.last, "The reply names no allowed contact; add the one private contact from the playbook, or say where it stands: “the contact on our profile”.")
	}
}

// ways are the ways to get in touch that a reply offers.
type ways struct {
	addresses map[string]string // allowed contact → its words in the text
	kinds     map[string]string // way ("phone") → its words
	last      string            // the words that name the last of them
	named     bool              // one is named by the place where it stands
}

func (w *ways) put(kind, words string) { w.kinds[kind], w.last = words, words }

// waysOffered finds them: spelled out, named by the place where they stand, and
// by a verb alone ("call us").
func (c *checker) waysOffered() ways {
	w := ways{addresses: make(map[string]string), kinds: make(map[string]string)}
	note := func(fs []found, kind string) {
		for _, f := range fs {
			words := c.reply.source(f.from, f.to)
			contact := c.contactOf(f)
			if contact == "" {
				// Not an allowed contact, but a way to get in touch all the same.
				if kind != "link" {
					w.kinds[kind] = words
				}
				continue
			}
			if _, ok := w.addresses[contact]; !ok {
				w.addresses[contact] = words
			}
			w.put(kind, words)
		}
	}
	note(c.emails, "email")
	note(c.numbers, "phone")
	note(c.links, "link")
	for _, contact := range c.Contacts {
		if words := c.worded(contact); words != "" {
			w.addresses[contact] = words
			w.put("place", words)
		}
	}
	c.named(&w)
	for _, sp := range c.offered() {
		if _, ok := refers(sp); ok || c.sameWay(&w, sp) {
			continue
		}
		if _, ok := w.kinds[sp.kind]; !ok {
			w.put(sp.kind, c.reply.words(sp))
		}
	}
	return w
}

// refers tells whether a span names a way by the place where it stands ("the
// contact on our profile"), and which way, "" where that is left open.
func refers(sp span) (kind string, ok bool) {
	rest, ok := strings.CutPrefix(sp.kind, "ref")
	return strings.TrimSpace(rest), ok
}

// refersTo tells whether bytes from to to of the text belong to a way that is
// named by the place where it stands.
func (c *checker) refersTo(from, to int) bool {
	return slices.ContainsFunc(c.offered(), func(sp span) bool {
		_, ok := refers(sp)
		return ok && sp.from < to && from < sp.to
	})
}

// named adds the ways that are named by the place where they stand. Beside an
// address that is spelled out, such a place is the address's own ("write to …,
// it stands on our profile too"), unless the sentence offers it as another way.
func (c *checker) named(w *ways) {
	spelled := len(w.kinds) > 0
	for _, sp := range c.offered() {
		kind, ok := refers(sp)
		if !ok {
			continue
		}
		w.named = true
		switch {
		case kind == "" && spelled && !c.reply.sentenceHas(sp, "either"):
		case kind == "" && w.overlaps(c, sp):
		default:
			w.put(firstOf(kind, "place"), c.reply.words(sp))
		}
	}
}

// overlaps tells whether another reference to a way in particular holds the same words:
// "the number in our profile" is one, not two.
func (w *ways) overlaps(c *checker, sp span) bool {
	for _, o := range c.offered() {
		if kind, ok := refers(o); ok && kind != "" && o.from < sp.to && sp.from < o.to {
			return true
		}
	}
	return false
}

// sameWay tells whether words such as "write to us" belong to a way that the
// reply names anyhow.
func (c *checker) sameWay(w *ways, sp span) bool {
	if _, ok := w.kinds["link"]; ok && (sp.kind == "form" || sp.kind == "chat") {
		return true // the link leads there
	}
	_, place := w.kinds["place"]
	if place && sp.kind != "phone" && sp.kind != "whatsapp" && sp.kind != "visit" {
		return true // "send me an Etsy message" is that place
	}
	if !w.named {
		return false
	}
	if sp.kind == "email" || sp.kind == "message" && len(w.addresses) == 0 {
		return true // "write to us" says not how
	}
	for _, o := range c.offered() {
		if _, ok := refers(o); ok && o.view == sp.view && o.sentence == sp.sentence && !c.reply.sentenceHas(sp, "either") {
			return true // "call us on the number on the card"
		}
	}
	return false
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
