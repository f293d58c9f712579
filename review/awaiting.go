package review

import (
	"slices"
	"time"
)

// Clock is the response clock of a case: since when an answer is awaited. How
// long it may take is the playbook's to say; the clock holds what happened.
type Clock struct {
	// From is the arrival of the words that are to be answered: the review, the
	// customer's latest edit, or a person's reopening.
	From time.Time `json:"from,omitzero"`
	// Round counts the clocks of the case: each reminds once and escalates once.
	Round int `json:"round,omitempty"`
	// Spreading is when a person said that the review is spreading; the shorter
	// target counts from there.
	Spreading time.Time `json:"spreading,omitzero"`
	// Stopped tells that nobody waits: the team works on a reply of its own will.
	Stopped bool `json:"stopped,omitempty"`
}

// restart begins a new round of the clock.
func (m *move) restart() {
	m.c.Clock = Clock{From: m.Now, Round: m.c.Clock.Round + 1}
	if m.c.Spreading {
		m.c.Clock.Spreading = m.Now
	}
}

// Awaiting tells whether the response clock of the case runs: from the arrival
// until the answer is published, or a verdict says that there is none. Praise
// and star-only reviews never have one.
func (c Case) Awaiting() bool {
	if c.Review.Quiet() || c.Clock.Stopped || !c.Removed.IsZero() {
		return false
	}
	switch c.Status {
	case Seeded, Published, Live, Closed:
		return false
	}
	return true
}

// AwaitingSince is when the running clock began.
func (c Case) AwaitingSince() time.Time {
	if c.Clock.From.IsZero() {
		return c.Opened
	}
	return c.Clock.From
}

// AnswerKey names the present round of the response clock among all that a
// case can be reminded of.
func (c Case) AnswerKey() string { return "answer-" + itoa(c.Clock.Round) }

// Nudge is a reminder that was given, or an escalation: what people were told
// once and will not be told again.
type Nudge struct {
	Of       string    `json:"of"` // "answer-1", "promise-2"
	Escalate bool      `json:"escalate,omitempty"`
	Due      time.Time `json:"due,omitzero"` // of what it reminds of
	At       time.Time `json:"at"`
}

// Nudged finds a reminder or escalation that was given.
func (c Case) Nudged(of string, escalate bool) (Nudge, bool) {
	i := slices.IndexFunc(c.Nudges, func(n Nudge) bool { return n.Of == of && n.Escalate == escalate })
	if i < 0 {
		return Nudge{}, false
	}
	return c.Nudges[i], true
}

// Overdue tells that the answer is late and people were told so.
func (c Case) Overdue() bool {
	_, told := c.Nudged(c.AnswerKey(), true)
	return told && c.Awaiting()
}

// maxNudges bounds what a case remembers of its reminders; the audit log has
// them all.
const maxNudges = 200

// Remind reminds people of something that will be due: an answer, a promise, a
// task. Each is reminded of once.
type Remind struct {
	Of  string    // "answer-1", "promise-2"
	Due time.Time // when it is due
}

// Verb is "remind".
func (Remind) Verb() Verb { return "remind" }

func (a Remind) apply(m *move) error { return m.nudge(Nudge{Of: a.Of, Due: a.Due}) }

// Escalate says that something is overdue, once, to more people.
type Escalate struct {
	Of  string
	Due time.Time
}

// Verb is "escalate".
func (Escalate) Verb() Verb { return "escalate" }

func (a Escalate) apply(m *move) error { return m.nudge(Nudge{Of: a.Of, Due: a.Due, Escalate: true}) }

func (m *move) nudge(n Nudge) error {
	if n.Of == "" || n.Due.IsZero() {
		return &InputError{Field: "reminder", Problem: "says not what is due, or when"}
	}
	if _, told := m.c.Nudged(n.Of, n.Escalate); told {
		return ErrAlready
	}
	n.At = m.Now
	m.c.Nudges = append(m.c.Nudges, n)
	if extra := len(m.c.Nudges) - maxNudges; extra > 0 {
		m.c.Nudges = slices.Delete(m.c.Nudges, 0, extra)
	}
	m.detail("of", n.Of)
	m.detail("due", n.Due.UTC().Format(time.RFC3339))
	return nil
}
