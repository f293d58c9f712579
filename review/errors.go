package review

import (
	"errors"
	"fmt"
	"time"
)

// The named refusals of [Apply]. Typed errors below carry more and match one
// of these under [errors.Is].
var (
	// ErrNotNow: the verb does not fit the case's status.
	ErrNotNow = errors.New("that is not possible now")
	// ErrRole: the person's role is not enough.
	ErrRole = errors.New("that needs another role")
	// ErrStale: the press or draft speaks of a text, review or facts that have
	// moved on.
	ErrStale = errors.New("this has changed meanwhile; please look at the current card")
	// ErrQuorum: the approvals of exactly this text are not enough.
	ErrQuorum = errors.New("the approvals of this text are not enough")
	// ErrCoolOff: it is too early.
	ErrCoolOff = errors.New("the cool-off is not over")
	// ErrBlocked: findings forbid it.
	ErrBlocked = errors.New("the checks hold this text back")
	// ErrSecondPerson: the same person may not do both.
	ErrSecondPerson = errors.New("this needs a second person")
	// ErrInput: something given is missing or wrong.
	ErrInput = errors.New("something is missing")
	// ErrConflict: somebody else changed the case between reading and writing
	// it. Storage returns it; reading again and deciding again is the cure.
	ErrConflict = errors.New("somebody else changed this case at the same time")
	// ErrAlready: it is so already, nothing changed.
	ErrAlready = errors.New("that is done already")
)

// NotNowError says which verb met which status.
type NotNowError struct {
	Verb   Verb
	Status Status
}

func (e *NotNowError) Error() string {
	return fmt.Sprintf("%s is not possible while the case is %s", e.Verb.label(), e.Status.Label())
}

// Is matches [ErrNotNow].
func (e *NotNowError) Is(target error) bool { return target == ErrNotNow }

// RoleError says which role is needed and which one the person has.
type RoleError struct {
	Verb       Verb
	Need, Have Role
}

func (e *RoleError) Error() string {
	return fmt.Sprintf("%s is for the role %s; yours is %s. Ask a lead if that should change", e.Verb.label(), e.Need, e.Have)
}

// Is matches [ErrRole].
func (e *RoleError) Is(target error) bool { return target == ErrRole }

// CoolOffError says how long to wait.
type CoolOffError struct{ Left time.Duration }

func (e *CoolOffError) Error() string {
	return fmt.Sprintf("a short pause protects heated replies: please try again in %s", e.Left.Round(time.Second))
}

// Is matches [ErrCoolOff].
func (e *CoolOffError) Is(target error) bool { return target == ErrCoolOff }

// BlockedError lists the findings that hold a text back.
type BlockedError struct{ Findings []Finding }

func (e *BlockedError) Error() string {
	if len(e.Findings) == 0 {
		return ErrBlocked.Error()
	}
	more := ""
	if n := len(e.Findings) - 1; n > 0 {
		more = fmt.Sprintf(" (and %d more on the card)", n)
	}
	return "this text cannot go out yet: " + e.Findings[0].Message + more
}

// Is matches [ErrBlocked].
func (e *BlockedError) Is(target error) bool { return target == ErrBlocked }

// QuorumError says what is missing.
type QuorumError struct {
	Have int
	Need Quorum
}

func (e *QuorumError) Error() string {
	s := fmt.Sprintf("this text has %d of %d approvals", e.Have, max(e.Need.Count, 1))
	if e.Need.Lead {
		s += ", one of them must be a lead's"
	}
	if e.Need.OtherThanAuthor {
		s += ", one of them must come from somebody who did not write it"
	}
	return s
}

// Is matches [ErrQuorum].
func (e *QuorumError) Is(target error) bool { return target == ErrQuorum }

// InputError names a field and what it must be.
type InputError struct{ Field, Problem string }

func (e *InputError) Error() string { return "the " + e.Field + " " + e.Problem }

// Is matches [ErrInput].
func (e *InputError) Is(target error) bool { return target == ErrInput }
