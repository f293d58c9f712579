package review

import (
	"slices"
	"strings"
	"time"
)

// Benefit is something of worth that a customer is given: money back, a
// voucher, a replacement. It is given in private and never stands in a public
// text, and nothing is ever asked for it.
type Benefit struct {
	N      int       `json:"n"`
	Kind   string    `json:"kind"`            // "refund", "voucher", "replacement", …
	Value  int64     `json:"value,omitempty"` // in hundredths of the team's currency
	Reason string    `json:"reason"`
	By     PersonID  `json:"by"` // who proposed it
	Name   string    `json:"name,omitempty"`
	At     time.Time `json:"at"`

	Granted     time.Time `json:"granted,omitzero"`
	GrantedBy   PersonID  `json:"granted_by,omitempty"`
	GrantedName string    `json:"granted_name,omitempty"`
	Declined    string    `json:"declined,omitempty"` // why not
}

// Open tells a proposal that waits for a second person.
func (b Benefit) Open() bool { return b.Granted.IsZero() && b.Declined == "" }

// HasBenefit tells whether something was proposed or granted on this case: the
// checks on its texts look harder then.
func (c Case) HasBenefit() bool {
	return slices.ContainsFunc(c.Benefits, func(b Benefit) bool { return b.Declined == "" })
}

// maxBenefit bounds a benefit's value: ten million of the currency is a typing
// error.
const maxBenefit = 1_000_000_000

// ProposeBenefit proposes to give the customer something. Within the limit of
// the person's role it is granted with the same word; above it a second person
// must agree.
type ProposeBenefit struct {
	Kind   string
	Value  int64 // in hundredths
	Reason string
}

// Verb is "benefit".
func (ProposeBenefit) Verb() Verb { return "benefit" }

func (a ProposeBenefit) apply(m *move) error {
	kind, reason := strings.TrimSpace(a.Kind), strings.TrimSpace(a.Reason)
	switch {
	case kind == "":
		return &InputError{Field: "kind", Problem: "is needed: refund, voucher, replacement or other"}
	case a.Value < 0 || a.Value > maxBenefit:
		return &InputError{Field: "value", Problem: "is an amount such as 20 or 19.90"}
	case reason == "":
		return &InputError{Field: "reason", Problem: "is needed: say in a sentence what it is for"}
	}
	p := m.By.Person
	b := Benefit{N: len(m.c.Benefits) + 1, Kind: kind, Value: a.Value, Reason: reason, By: p.ID, Name: p.Name, At: m.Now}
	if a.Value <= m.Policy.GrantLimit(p.Role) || m.Policy.Solo {
		b.Granted, b.GrantedBy, b.GrantedName = m.Now, p.ID, p.Name
		m.detail("granted", "within the limit")
	}
	m.c.Benefits = append(m.c.Benefits, b)
	m.detail("benefit", itoa(b.N))
	m.detail("kind", kind)
	m.detail("value", itoa(int(a.Value)))
	m.words("reason", reason)
	return nil
}

// GrantBenefit agrees to a proposal above its proposer's limit.
type GrantBenefit struct{ N int }

// Verb is "grant".
func (GrantBenefit) Verb() Verb { return "grant" }

func (a GrantBenefit) apply(m *move) error {
	b, err := m.benefit(a.N)
	if err != nil {
		return err
	}
	p := m.By.Person
	if b.By == p.ID {
		return ErrSecondPerson
	}
	// What is above everybody's limit is a lead's to grant: with two people
	// behind it, one of them a lead.
	if b.Value > m.Policy.GrantLimit(p.Role) && p.Role < Lead {
		return &RoleError{Verb: "grant", Need: m.Policy.granter(b.Value), Have: p.Role}
	}
	b.Granted, b.GrantedBy, b.GrantedName = m.Now, p.ID, p.Name
	m.detail("first", string(b.By))
	m.detail("value", itoa(int(b.Value)))
	return nil
}

// DeclineBenefit turns a proposal down.
type DeclineBenefit struct {
	N      int
	Reason string
}

// Verb is "decline".
func (DeclineBenefit) Verb() Verb { return "decline" }

func (a DeclineBenefit) apply(m *move) error {
	b, err := m.benefit(a.N)
	if err != nil {
		return err
	}
	reason := strings.TrimSpace(a.Reason)
	if reason == "" {
		return &InputError{Field: "reason", Problem: "is needed: say in a sentence why not"}
	}
	b.Declined = reason
	m.words("reason", reason)
	return nil
}

// benefit finds a proposal that waits.
func (m *move) benefit(n int) (*Benefit, error) {
	if n < 1 || n > len(m.c.Benefits) {
		return nil, &InputError{Field: "benefit", Problem: "is not one of this case's"}
	}
	b := &m.c.Benefits[n-1]
	if !b.Open() {
		return nil, ErrAlready
	}
	m.detail("benefit", itoa(n))
	return b, nil
}

// GrantLimit is how much a person of the role may grant alone, in hundredths.
func (p Policy) GrantLimit(r Role) int64 {
	if r < 0 || int(r) >= len(p.Grants) {
		return 0
	}
	return p.Grants[r]
}

// granter is the least role whose limit covers the value; a lead where none does.
func (p Policy) granter(value int64) Role {
	for r := Approver; r < Lead; r++ {
		if value <= p.GrantLimit(r) {
			return r
		}
	}
	return Lead
}
