package review

import "strings"

// Involve makes a case part of an incident, or brings it up to the incident:
// until a fact sheet stands, drafts are held; a version that stands becomes a
// fact of the case, in the place of the one before.
type Involve struct {
	Incident string // its number
	Version  int    // of the fact sheet that stands, 0 for none yet
	Facts    string // its words
	Closed   bool   // the incident is over
}

// Verb is "incident".
func (Involve) Verb() Verb { return "incident" }

func (a Involve) apply(m *move) error {
	c := m.c
	switch {
	case a.Incident == "" || a.Version > 0 && strings.TrimSpace(a.Facts) == "":
		return &InputError{Field: "incident", Problem: "has no number, or its fact sheet no words"}
	case c.Incident != "" && c.Incident != a.Incident:
		return ErrAlready // it belongs to another one
	}
	fresh, waiting := c.Incident == "", m.heldFor(a.Incident)
	fed := a.Version > c.Sheet && m.factable()
	over := waiting && (a.Version > 0 || a.Closed)
	if !fresh && !fed && !over {
		return ErrAlready
	}
	c.Incident = a.Incident
	m.detail("incident", a.Incident)
	if fresh && a.Version == 0 && !a.Closed {
		m.holdFor(a.Incident)
	}
	if fed {
		m.feed(a)
	}
	if over {
		m.goOn()
	}
	return nil
}

// sheetWait is what a case waits for while its incident has no fact sheet.
func sheetWait(incident string) string { return "the fact sheet of incident " + incident }

func (m *move) heldFor(incident string) bool {
	return m.c.Status == Held && m.c.HeldFor == sheetWait(incident)
}

// factable tells whether facts can still change what will be said.
func (m *move) factable() bool {
	switch m.c.Status {
	case Open, Held, Drafted, Approved:
		return !m.c.Review.Quiet()
	}
	return false
}

func (m *move) holdFor(incident string) {
	switch m.c.Status {
	case Open, Drafted, Approved:
	default:
		return
	}
	if m.c.Review.Quiet() {
		return
	}
	m.c.Status, m.c.HeldFor, m.c.Drafting = Held, sheetWait(incident), false
	m.dropDraft("held for the incident's fact sheet")
}

// feed puts the fact sheet among the facts.
func (m *move) feed(a Involve) {
	by := PersonID("incident:" + a.Incident)
	for i := range m.c.Facts {
		if m.c.Facts[i].By == by {
			m.c.Facts[i].Retracted = true
		}
	}
	n := len(m.c.Facts) + 1
	m.c.Facts = append(m.c.Facts, Fact{N: n, Text: strings.TrimSpace(a.Facts), By: by, Name: "fact sheet of incident " + a.Incident + ", version " + itoa(a.Version), At: m.Now})
	m.c.Sheet = a.Version
	m.detail("fact", itoa(n))
	m.detail("sheet", itoa(a.Version))
	m.words("text", strings.TrimSpace(a.Facts))
	m.factsMoved("the incident's fact sheet")
}

// goOn takes the case up where the incident stopped it: a text is asked for
// where people had decided that there shall be one.
func (m *move) goOn() {
	m.c.Status, m.c.HeldFor = Open, ""
	m.holdSensitive()
	if m.c.Status == Open && (m.c.Verdict == VerdictReply || m.c.Verdict == VerdictThank) && m.c.Removed.IsZero() {
		m.c.Wanted++
		m.c.Drafting, m.c.Trouble = true, ""
		m.work(WorkDraft, m.Now, "")
	}
}
