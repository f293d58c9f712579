package review

import (
	"slices"
	"strings"
	"time"
)

// Promise is a commitment made in a reply, found there or noted by hand.
type Promise struct {
	N         int       `json:"n"`
	Text      string    `json:"text"`
	Owner     PersonID  `json:"owner"` // "" while nobody has taken it
	OwnerName string    `json:"owner_name,omitempty"`
	Due       time.Time `json:"due"`
	Authority string    `json:"authority,omitempty"` // who or what allows it
	Since     time.Time `json:"since,omitzero"`      // when it was noted
	Found     bool      `json:"found,omitempty"`     // in a reply that went out
	By        string    `json:"by,omitempty"`        // the reply's own words for when, "by Friday"
	Kept      time.Time `json:"kept,omitzero"`
	Proof     string    `json:"proof,omitempty"`
	Dropped   string    `json:"dropped,omitempty"` // why it was given up

	Asked  time.Time `json:"asked,omitzero"`   // when the customer's content was asked after
	Worked Worked    `json:"worked,omitempty"` // whether keeping it helped
}

// Open tells a promise that is neither kept nor dropped.
func (p Promise) Open() bool { return p.Kept.IsZero() && p.Dropped == "" }

// Owned tells a promise that somebody sees to.
func (p Promise) Owned() bool { return p.Owner != "" && !p.Due.IsZero() }

// Worked is the answer to "did it work?", a week after a promise was kept.
type Worked string

// The answers.
const (
	NotAsked     Worked = ""
	WorkedYes    Worked = "yes"
	WorkedPartly Worked = "partly"
	WorkedNo     Worked = "no"
)

// OpenPromises are the promises neither kept nor dropped.
func (c Case) OpenPromises() []Promise {
	return slices.DeleteFunc(slices.Clone(c.Promises), func(p Promise) bool { return !p.Open() })
}

// Pledge is a commitment that was found in a text.
type Pledge struct {
	Text string // the sentence
	When string // its own words for the time, "" for none
}

// found puts the commitments of a text that leaves into the ledger. One that
// is there already, by the same words, stays as it is.
func (m *move) found(pledges []Pledge) {
	for _, p := range pledges {
		text := strings.TrimSpace(p.Text)
		if text == "" || slices.ContainsFunc(m.c.Promises, func(have Promise) bool { return have.Open() && have.Text == text }) {
			continue
		}
		n := len(m.c.Promises) + 1
		m.c.Promises = append(m.c.Promises, Promise{N: n, Text: text, By: p.When, Since: m.Now, Found: true})
		m.words("promise-"+itoa(n), text)
	}
}

// AddPromise notes a commitment.
type AddPromise struct {
	Text      string
	Owner     Person
	Due       time.Time
	Authority string // who or what allows it; the person's own role when empty
}

// Verb is "promise".
func (AddPromise) Verb() Verb { return "promise" }

func (a AddPromise) apply(m *move) error {
	text := strings.TrimSpace(a.Text)
	if text == "" {
		return &InputError{Field: "promise", Problem: "is empty: write what was promised"}
	}
	n := len(m.c.Promises) + 1
	m.c.Promises = append(m.c.Promises, Promise{N: n, Text: text, Since: m.Now})
	m.words("text", text)
	return m.undertake(n, a.Owner, a.Due, a.Authority)
}

// Undertake gives a promise an owner, a date and the authority behind it.
type Undertake struct {
	N         int
	Owner     Person
	Due       time.Time
	Authority string // who or what allows it; the person's own role when empty
}

// Verb is "undertake".
func (Undertake) Verb() Verb { return "undertake" }

func (a Undertake) apply(m *move) error {
	if _, err := m.promise(a.N); err != nil {
		return err
	}
	return m.undertake(a.N, a.Owner, a.Due, a.Authority)
}

func (m *move) undertake(n int, owner Person, due time.Time, authority string) error {
	authority = strings.TrimSpace(authority)
	switch {
	case owner.ID == "":
		return &InputError{Field: "owner", Problem: "is needed: who sees to it"}
	case !due.After(m.Now):
		return &InputError{Field: "due date", Problem: "must lie ahead"}
	}
	if authority == "" {
		authority = firstName(m.By.Person.Name, string(m.By.Person.ID)) + ", " + m.By.Person.Role.String()
	}
	p := &m.c.Promises[n-1]
	p.Owner, p.OwnerName, p.Due, p.Authority = owner.ID, owner.Name, due, authority
	m.detail("promise", itoa(n))
	m.detail("owner", string(owner.ID))
	m.detail("due", due.UTC().Format(time.RFC3339))
	m.words("authority", authority)
	return nil
}

func firstName(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// KeepPromise records that a promise was kept.
type KeepPromise struct {
	N     int
	Proof string // what shows it: a receipt, a parcel number, a sentence
}

// Verb is "kept".
func (KeepPromise) Verb() Verb { return "kept" }

func (a KeepPromise) apply(m *move) error {
	p, err := m.promise(a.N)
	if err != nil {
		return err
	}
	proof := strings.TrimSpace(a.Proof)
	if proof == "" {
		return &InputError{Field: "proof", Problem: "is needed: say in a sentence what shows that it was kept"}
	}
	p.Kept, p.Proof = m.Now, proof
	if p.Owner == "" {
		p.Owner, p.OwnerName = m.By.Person.ID, m.By.Person.Name // who kept it, owned it
	}
	m.words("proof", proof)
	return nil
}

// DropPromise gives a promise up, with a reason.
type DropPromise struct {
	N      int
	Reason string
}

// Verb is "drop".
func (DropPromise) Verb() Verb { return "drop" }

func (a DropPromise) apply(m *move) error {
	if strings.TrimSpace(a.Reason) == "" {
		return &InputError{Field: "reason", Problem: "is needed: say why the promise is dropped"}
	}
	p, err := m.promise(a.N)
	if err != nil {
		return err
	}
	p.Dropped = strings.TrimSpace(a.Reason)
	m.words("reason", p.Dropped)
	return nil
}

// promise finds an open promise.
func (m *move) promise(n int) (*Promise, error) {
	if n < 1 || n > len(m.c.Promises) {
		return nil, &InputError{Field: "promise", Problem: "is not one of this case's"}
	}
	p := &m.c.Promises[n-1]
	if !p.Open() {
		return nil, ErrAlready
	}
	m.detail("promise", itoa(n))
	return p, nil
}

// FollowUp asks the team, a while after a promise was kept, whether it worked.
type FollowUp struct{ N int }

// Verb is "follow_up".
func (FollowUp) Verb() Verb { return "follow_up" }

func (a FollowUp) apply(m *move) error {
	p, err := m.kept(a.N)
	if err != nil {
		return err
	}
	if !p.Asked.IsZero() {
		return ErrAlready
	}
	p.Asked = m.Now
	return nil
}

// DidItWork is a person's answer to a follow-up. "no" reopens a case that is
// not being worked on.
type DidItWork struct {
	N      int
	Answer Worked
}

// Verb is "worked".
func (DidItWork) Verb() Verb { return "worked" }

func (a DidItWork) apply(m *move) error {
	p, err := m.kept(a.N)
	if err != nil {
		return err
	}
	switch a.Answer {
	case WorkedYes, WorkedPartly, WorkedNo:
	default:
		return &InputError{Field: "answer", Problem: "is yes, partly or no"}
	}
	if p.Worked == a.Answer {
		return ErrAlready
	}
	p.Worked = a.Answer
	m.detail("answer", string(a.Answer))
	if a.Answer == WorkedNo && (m.c.Status == Live || m.c.Status == Closed) {
		m.startOver("what was promised did not help")
		m.restart()
	}
	return nil
}

// kept finds a kept promise.
func (m *move) kept(n int) (*Promise, error) {
	if n < 1 || n > len(m.c.Promises) || m.c.Promises[n-1].Kept.IsZero() {
		return nil, &InputError{Field: "promise", Problem: "is not one that was kept"}
	}
	m.detail("promise", itoa(n))
	return &m.c.Promises[n-1], nil
}

// Solved tells a case in which a kept promise worked, and none is open: a
// public closing note would be true.
func (c Case) Solved() bool {
	worked := false
	for _, p := range c.Promises {
		if p.Open() || p.Worked == WorkedNo || p.Worked == WorkedPartly {
			return false
		}
		worked = worked || p.Worked == WorkedYes
	}
	return worked
}

// Update takes a finished case up again of the team's own will, to add to the
// reply: a closing note once all is solved. No clock runs, and the reply that
// is up stays until the new words are approved and published.
type Update struct{}

// Verb is "update".
func (Update) Verb() Verb { return "update" }

func (Update) apply(m *move) error {
	if m.c.Reply == nil || m.c.Reply.Answered.IsZero() {
		return &InputError{Field: "reply", Problem: "is not up; there is nothing to add to"}
	}
	if !m.c.Removed.IsZero() {
		return &InputError{Field: "review", Problem: "is gone from its platform; there is nothing left to answer"}
	}
	m.startOver("the reply is brought up to date")
	m.c.Clock.Stopped = true
	m.c.Verdict = VerdictReply
	if m.c.Review.Rating.Positive() {
		m.c.Verdict = VerdictThank
	}
	return nil
}
