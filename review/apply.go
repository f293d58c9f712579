package review

import (
	"slices"
	"time"
)

// Action is something that a person or the program wants to do to a case. The
// set is closed: every verb of the table has one type in this package.
type Action interface {
	Verb() Verb
	apply(*move) error
}

// move is one action under way: the case as it will be and what follows.
type move struct {
	Occasion
	c      *Case
	change *Change
	event  *Event
}

// Apply decides whether action may happen to c on this occasion, and what
// follows. It changes nothing itself: c is not touched, and an error means
// that nothing happened. Errors match one of the Err… values and say in a
// calm sentence what to do.
func Apply(c Case, action Action, o Occasion) (Change, error) {
	verb := action.Verb()
	if err := permit(verb, c.Status, o.By); err != nil {
		return Change{}, err
	}
	change := Change{Case: c.clone()}
	next := &change.Case
	event := Event{At: o.Now, Case: c.ID, Actor: o.By.String(), Verb: verb, From: c.Status}
	m := &move{Occasion: o, c: next, change: &change, event: &event}
	if err := action.apply(m); err != nil {
		return Change{}, err
	}
	next.Version++
	next.Changed = o.Now
	event.To = next.Status
	change.Events = append(change.Events, event)
	return change, nil
}

// Accept makes the case of a review that was seen for the first time. History
// is seeded: it stays silent until a person opens it.
func Accept(r Review, history bool, o Occasion) (Change, error) {
	if err := r.Valid(); err != nil {
		return Change{}, err
	}
	r.Revision = 1
	r.Seen = o.Now
	c := Case{Version: 1, Status: New, Review: r, Language: r.Language, Opened: o.Now, Changed: o.Now}
	change := Change{Revision: &r}
	if history {
		c.Status = Seeded
	} else {
		c.Clock = Clock{From: o.Now, Round: 1}
		change.Work = follow(c)
		for i := range change.Work {
			change.Work[i].Due = o.Now
		}
	}
	change.Case = c
	change.Events = []Event{{
		At: o.Now, Actor: o.By.String(), Verb: "accept", To: c.Status,
		Detail: map[string]string{"review": r.Key.String(), "content": r.ContentHash().String(), "revision": "1"},
	}}
	return change, nil
}

// follow is the work that every newly awake case begins with.
func follow(c Case) []Work {
	key := "v" + itoa(int(c.Version))
	return []Work{{Kind: WorkAnnounce, Key: "parent"}, {Kind: WorkTriage, Key: key}}
}

// clone copies c so that a move can change it freely.
func (c Case) clone() Case {
	c.Claims = slices.Clone(c.Claims)
	c.Topics = slices.Clone(c.Topics)
	c.Questions = slices.Clone(c.Questions)
	c.Facts = slices.Clone(c.Facts)
	c.Waivers = slices.Clone(c.Waivers)
	c.Approvals = slices.Clone(c.Approvals)
	c.Promises = slices.Clone(c.Promises)
	c.Reports = slices.Clone(c.Reports)
	c.Nudges = slices.Clone(c.Nudges)
	c.Benefits = slices.Clone(c.Benefits)
	c.Reaches = slices.Clone(c.Reaches)
	c.Turns = slices.Clone(c.Turns)
	c.Similar = slices.Clone(c.Similar)
	if c.Draft != nil {
		d := *c.Draft
		c.Draft = &d
	}
	if c.Reply != nil {
		r := *c.Reply
		c.Reply = &r
	}
	if c.Pending != nil {
		p := *c.Pending
		c.Pending = &p
	}
	return c
}

// detail notes an id, number or digest in the event.
func (m *move) detail(name, value string) {
	if value == "" {
		return
	}
	if m.event.Detail == nil {
		m.event.Detail = make(map[string]string)
	}
	m.event.Detail[name] = value
}

// words notes somebody's words: their digest in the event, themselves beside it.
func (m *move) words(name, text string) {
	if text == "" {
		return
	}
	m.detail(name, DigestOf(text).String())
	if m.event.Texts == nil {
		m.event.Texts = make(map[string]string)
	}
	m.event.Texts[name] = text
}

// work lets something follow, once, for this very change.
func (m *move) work(kind WorkKind, due time.Time, text string) {
	m.change.Work = append(m.change.Work, Work{
		Kind: kind, Case: m.c.ID, Key: "v" + itoa(int(m.c.Version)+1), Due: due, Text: text,
	})
}

// current refuses when text is not the hash of the current draft.
func (m *move) current(text Digest) error {
	if m.c.Draft == nil || m.c.Draft.Hash() != text {
		return ErrStale
	}
	return nil
}

// void makes the standing approvals worthless.
func (m *move) void(why string) {
	if len(m.c.Approvals) > 0 {
		m.detail("void", itoa(len(m.c.Approvals)))
		m.detail("void_because", why)
	}
	m.c.Approvals = nil
	m.c.PublishAt = time.Time{}
}

// dropDraft takes the current text off the card.
func (m *move) dropDraft(why string) {
	m.void(why)
	m.c.Draft = nil
	m.c.Waivers = nil
}

// finish closes the case.
func (m *move) finish(o Outcome) {
	m.c.Status = Closed
	m.c.Outcome = o
	m.c.ClosedAt = m.Now
	m.c.Drafting = false
	m.detail("outcome", string(o))
}
