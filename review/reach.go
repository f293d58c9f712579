package review

import (
	"strings"
	"time"
)

// Reach is the task of speaking with the customer in private: by which way, by
// whom, with which words, and what came of it.
type Reach struct {
	N         int       `json:"n"`
	Channel   string    `json:"channel"`           // "phone", "email", "visit", …
	Message   string    `json:"message,omitempty"` // what to say, as a start
	Owner     PersonID  `json:"owner"`
	OwnerName string    `json:"owner_name,omitempty"`
	Due       time.Time `json:"due"`
	Since     time.Time `json:"since"`
	Outcome   string    `json:"outcome,omitempty"`
	Done      time.Time `json:"done,omitzero"`
}

// Open tells a task that is not done.
func (r Reach) Open() bool { return r.Done.IsZero() }

// ReachOut gives somebody the task of speaking with the customer.
type ReachOut struct {
	Channel, Message string
	Owner            Person
	Due              time.Time
}

// Verb is "reach".
func (ReachOut) Verb() Verb { return "reach" }

func (a ReachOut) apply(m *move) error {
	channel := strings.TrimSpace(a.Channel)
	switch {
	case channel == "":
		return &InputError{Field: "channel", Problem: "is needed: phone, email, visit or another way"}
	case a.Owner.ID == "":
		return &InputError{Field: "owner", Problem: "is needed: who speaks with the customer"}
	case !a.Due.After(m.Now):
		return &InputError{Field: "due date", Problem: "must lie ahead"}
	}
	n := len(m.c.Reaches) + 1
	m.c.Reaches = append(m.c.Reaches, Reach{N: n, Channel: channel, Message: strings.TrimSpace(a.Message), Owner: a.Owner.ID, OwnerName: a.Owner.Name, Due: a.Due, Since: m.Now})
	m.detail("reach", itoa(n))
	m.detail("owner", string(a.Owner.ID))
	m.detail("due", a.Due.UTC().Format(time.RFC3339))
	m.words("message", strings.TrimSpace(a.Message))
	return nil
}

// Reached records what came of it.
type Reached struct {
	N       int
	Outcome string
}

// Verb is "reached".
func (Reached) Verb() Verb { return "reached" }

func (a Reached) apply(m *move) error {
	if a.N < 1 || a.N > len(m.c.Reaches) {
		return &InputError{Field: "task", Problem: "is not one of this case's"}
	}
	r := &m.c.Reaches[a.N-1]
	outcome := strings.TrimSpace(a.Outcome)
	switch {
	case !r.Open():
		return ErrAlready
	case outcome == "":
		return &InputError{Field: "outcome", Problem: "is needed: say in a sentence what came of it"}
	}
	r.Outcome, r.Done = outcome, m.Now
	m.detail("reach", itoa(a.N))
	m.words("outcome", outcome)
	return nil
}
