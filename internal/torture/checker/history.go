package checker

import "time"

// ways is the table of states: from each, where a case may go by one entry of
// the log. To stay is always allowed.
var ways = map[string][]string{
	"":             {"seeded", "new"},
	"seeded":       {"new", "closed"},
	"new":          {"open", "held"},
	"open":         {"drafted", "held", "closed"},
	"held":         {"open", "closed"},
	"drafted":      {"approved", "open", "held", "closed"},
	"approved":     {"publishing", "handed_over", "drafted", "open", "closed"},
	"publishing":   {"published", "rejected", "unreconciled", "approved", "open"},
	"handed_over":  {"published", "drafted", "open", "closed"},
	"published":    {"live", "rejected", "closed", "open"},
	"live":         {"closed", "rejected", "open"},
	"rejected":     {"drafted", "open", "closed"},
	"unreconciled": {"published", "approved", "rejected", "open"},
	"closed":       {"open", "new"},
}

// ends are the verbs after which an approval that was given is worth nothing.
var ends = map[string]bool{
	"undo": true, "void": true, "withdraw": true, "rework": true, "edit": true, "draft": true, "discard": true,
	"fact": true, "unfact": true, "hold": true, "revise": true, "remove": true, "reopen": true, "give_up": true,
}

// intent is a text that left the desk: for the platform, or for a person who
// posts it.
type intent struct {
	binding, text string
	at            time.Time
}

// history is a case as its entries tell it.
type history struct {
	status string
	yes    map[string]map[string]bool // who approved what, by binding
	text   map[string]string          // the text that a binding is for
	read   bool                       // the present revision was
	times  int                        // it was read, in all its revisions
}

// histories replays the log of every case.
func (c *check) histories() {
	told := map[int64]*history{}
	for _, e := range c.Entries {
		if e.Case == 0 {
			continue
		}
		if _, known := c.byID[e.Case]; !known {
			c.fail("entry %d is about case #%d, which does not exist", e.Seq, e.Case)
			continue
		}
		h := told[e.Case]
		if h == nil {
			h = &history{yes: map[string]map[string]bool{}, text: map[string]string{}}
			told[e.Case] = h
		}
		if e.From == "" && e.To == "" {
			continue // something that moved no case: a refusal
		}
		c.moved(h, e)
	}
	for id, k := range c.byID {
		switch h := told[id]; {
		case h == nil:
			c.fail("the log says nothing of case #%d", id)
		case h.status != k.Status:
			c.fail("case #%d is %s, but the log left it %s", id, k.Status, h.status)
		case c.Readings[k.Review] > 0 && h.times != c.Readings[k.Review]:
			c.fail("case #%d was read %d times, and its review has %d revisions", id, h.times, c.Readings[k.Review])
		}
	}
}

func (c *check) moved(h *history, e Entry) {
	switch {
	case h.status != e.From:
		c.fail("case #%d was %s when entry %d (%s) found it %s", e.Case, h.status, e.Seq, e.Verb, e.From)
	case e.From != e.To && !contains(ways[e.From], e.To):
		c.fail("case #%d went from %s to %s by %s (entry %d)", e.Case, e.From, e.To, e.Verb, e.Seq)
	}
	h.status = e.To
	switch e.Verb {
	case "approve":
		c.approved(h, e)
	case "triage":
		if h.read {
			c.fail("case #%d was read twice in one revision (entry %d)", e.Case, e.Seq)
		}
		h.read, h.times = true, h.times+1
	case "report", "report_call", "report_answer":
		c.reported[e.Case] = append(c.reported[e.Case], e.Verb)
	case "accept", "revise", "remove", "open":
		h.read = false
	}
	switch {
	case e.From == e.To:
	case e.To == "publishing", e.To == "handed_over":
		c.left(h, e)
	case e.From == "handed_over" && e.To == "published" && (e.Verb != "posted" || isProgram(e.Actor)):
		c.fail("case #%d counts as posted, and no person said so (entry %d)", e.Case, e.Seq)
	case e.To == "live" && e.Verb != "seen":
		c.fail("case #%d became live by %s (entry %d), not by a look", e.Case, e.Verb, e.Seq)
	}
	if ends[e.Verb] || e.To == "open" || e.To == "held" || e.To == "closed" {
		clear(h.yes)
	}
}

// approved notes a person's yes.
func (c *check) approved(h *history, e Entry) {
	binding, text := e.Detail["binding"], e.Detail["text"]
	if role := e.Detail["role"]; role != "approver" && role != "lead" {
		c.fail("%s approved in case #%d as %q (entry %d)", e.Actor, e.Case, role, e.Seq)
		return
	}
	if isProgram(e.Actor) {
		c.fail("the program itself approved in case #%d (entry %d)", e.Case, e.Seq)
		return
	}
	if was, known := h.text[binding]; known && was != text {
		c.fail("one binding of case #%d stands for two texts (entry %d)", e.Case, e.Seq)
	}
	h.text[binding] = text
	if h.yes[binding] == nil {
		h.yes[binding] = map[string]bool{}
	}
	h.yes[binding][e.Actor] = true
}

// left judges a text that leaves the desk.
func (c *check) left(h *history, e Entry) {
	binding, text := e.Detail["binding"], e.Detail["text"]
	need := 1
	if c.Needs != nil {
		need = c.Needs(c.byID[e.Case].Review)
	}
	switch {
	case len(h.yes[binding]) < need:
		c.fail("a text of case #%d went out with %d of %d approvals (entry %d)", e.Case, len(h.yes[binding]), need, e.Seq)
	case h.text[binding] != text:
		c.fail("another text of case #%d went out than was approved (entry %d)", e.Case, e.Seq)
	}
	c.intents[e.Case] = append(c.intents[e.Case], intent{binding, text, e.When()})
}
