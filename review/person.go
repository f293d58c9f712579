package review

import "fmt"

// Role is what a person may do. Each role may do all that the ones before it may.
type Role int

// The roles, least first.
const (
	Nobody    Role = iota // unknown here: sees nothing
	Viewer                // reads cases
	Responder             // triages, gives facts, writes drafts
	Approver              // says yes to a text
	Lead                  // decides sensitive cases, waives, pauses
)

var roleNames = [...]string{"nobody", "viewer", "responder", "approver", "lead"}

// ParseRole reads a role's name.
func ParseRole(s string) (Role, error) {
	for i, n := range roleNames {
		if n == s && Role(i) != Nobody {
			return Role(i), nil
		}
	}
	return Nobody, fmt.Errorf("%q is no role; the roles are viewer, responder, approver and lead", s)
}

// String is the role's name.
func (r Role) String() string {
	if r < 0 || int(r) >= len(roleNames) {
		return fmt.Sprintf("Role(%d)", int(r))
	}
	return roleNames[r]
}

// MarshalText implements [encoding.TextMarshaler].
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (r *Role) UnmarshalText(b []byte) error {
	if string(b) == "nobody" || len(b) == 0 {
		*r = Nobody
		return nil
	}
	v, err := ParseRole(string(b))
	if err != nil {
		return err
	}
	*r = v
	return nil
}

// PersonID names one person in one chat for ever: "console:ana", "slack:T1/U42".
type PersonID string

// Person is somebody known to a chat, with the role that the playbook gives.
type Person struct {
	ID   PersonID `json:"id"`
	Name string   `json:"name"` // as the chat shows it
	Role Role     `json:"role"`
}

// Actor is who acts: a person, or the program itself.
type Actor struct {
	Person Person `json:"person,omitzero"`
	System string `json:"system,omitempty"` // the part of the program, "" for a person
}

// ByPerson is a person's act.
func ByPerson(p Person) Actor { return Actor{Person: p} }

// BySystem is an act of the named part of the program ("intake", "publisher").
func BySystem(part string) Actor { return Actor{System: part} }

// IsPerson tells a person from the program.
func (a Actor) IsPerson() bool { return a.System == "" }

// String is the actor's id for the audit log.
func (a Actor) String() string {
	if a.System != "" {
		return "system:" + a.System
	}
	return string(a.Person.ID)
}
