// Package incident is what a team needs when many customers say the same: it
// finds similar complaints across sources and languages, and it is the record
// of the incident that they are taken for.
//
// [Find] compares complaints by cause, topics and words. An [Incident] has a
// fact sheet with versions; a version that somebody other than its author
// approved is what replies may state. The incident has an owner and a date by
// which it will be mended, and is closed with a note. [Book] keeps the open
// ones and the latest past ones, and is small enough to be stored as one value.
//
// The package is pure: time and people come in, records come out.
package incident

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/review"
)

// Incident is one thing that went wrong for many.
type Incident struct {
	N         int             `json:"n"`
	Title     string          `json:"title"`
	Cause     string          `json:"cause,omitempty"`
	By        string          `json:"by"` // who opened it: a person's name, or "" for the program
	Opened    time.Time       `json:"opened"`
	Cases     []int64         `json:"cases"`             // all that belong to it
	Trigger   []int64         `json:"trigger,omitempty"` // those by which it was found
	Owner     review.PersonID `json:"owner,omitempty"`
	OwnerName string          `json:"owner_name,omitempty"`
	Fix       time.Time       `json:"fix,omitzero"` // when it will be mended
	Sheets    []Sheet         `json:"sheets,omitempty"`
	Closed    time.Time       `json:"closed,omitzero"`
	Note      string          `json:"note,omitempty"` // what came of it
	ClosedBy  string          `json:"closed_by,omitempty"`
}

// Sheet is one version of the fact sheet: what may be said in public.
type Sheet struct {
	N          int             `json:"n"`
	Text       string          `json:"text"`
	By         review.PersonID `json:"by"`
	Name       string          `json:"name"`
	At         time.Time       `json:"at"`
	ApprovedBy review.PersonID `json:"approved_by,omitempty"`
	Approver   string          `json:"approver,omitempty"`
	Approved   time.Time       `json:"approved,omitzero"`
}

// Bounds of a record. Above maxCases an incident stays one, and its further
// cases are handled by themselves.
const (
	maxCases  = 10_000
	maxSheets = 50
	maxText   = 2000
	maxPast   = 50
)

// Open tells an incident that goes on.
func (i *Incident) Open() bool { return i.Closed.IsZero() }

// Ref is how a case names its incident.
func (i *Incident) Ref() string { return fmt.Sprint(i.N) }

// Latest is the newest version of the fact sheet, nil for none.
func (i *Incident) Latest() *Sheet {
	if len(i.Sheets) == 0 {
		return nil
	}
	return &i.Sheets[len(i.Sheets)-1]
}

// Standing is the newest version that was approved, nil for none.
func (i *Incident) Standing() *Sheet {
	for n := len(i.Sheets) - 1; n >= 0; n-- {
		if !i.Sheets[n].Approved.IsZero() {
			return &i.Sheets[n]
		}
	}
	return nil
}

// Involve adds cases and returns those that are new to it.
func (i *Incident) Involve(ids ...int64) (added []int64) {
	for _, id := range ids {
		if len(i.Cases) < maxCases && !slices.Contains(i.Cases, id) {
			i.Cases = append(i.Cases, id)
			added = append(added, id)
		}
	}
	return added
}

// Write adds a version of the fact sheet. It stands when it is approved.
func (i *Incident) Write(text string, by review.Person, now time.Time) error {
	text = strings.TrimSpace(text)
	switch {
	case !i.Open():
		return closed(i)
	case text == "":
		return &review.InputError{Field: "fact sheet", Problem: "is empty: write what is known, in plain sentences"}
	case len(text) > maxText:
		return &review.InputError{Field: "fact sheet", Problem: "is too long; keep to what replies may state"}
	case len(i.Sheets) >= maxSheets:
		return &review.InputError{Field: "fact sheet", Problem: "has too many versions; close this incident and open another"}
	case i.Latest() != nil && i.Latest().Text == text:
		return review.ErrAlready
	}
	i.Sheets = append(i.Sheets, Sheet{N: len(i.Sheets) + 1, Text: text, By: by.ID, Name: by.Name, At: now})
	return nil
}

// Approve lets a version stand: the newest, by an approver who did not write
// it; alone is a team of one.
func (i *Incident) Approve(version int, by review.Person, alone bool, now time.Time) error {
	s := i.Latest()
	switch {
	case !i.Open():
		return closed(i)
	case by.Role < review.Approver:
		return &review.RoleError{Verb: "approve", Need: review.Approver, Have: by.Role}
	case s == nil:
		return &review.InputError{Field: "fact sheet", Problem: "is not written yet"}
	case version != s.N:
		return review.ErrStale
	case !s.Approved.IsZero():
		return review.ErrAlready
	case s.By == by.ID && !alone:
		return review.ErrSecondPerson
	}
	s.ApprovedBy, s.Approver, s.Approved = by.ID, by.Name, now
	return nil
}

// Plan gives the incident an owner and a date by which it is mended.
func (i *Incident) Plan(owner review.Person, fix, now time.Time) error {
	switch {
	case !i.Open():
		return closed(i)
	case owner.ID == "":
		return &review.InputError{Field: "owner", Problem: "is needed: who mends it"}
	case !fix.After(now):
		return &review.InputError{Field: "date", Problem: "must lie ahead"}
	}
	i.Owner, i.OwnerName, i.Fix = owner.ID, owner.Name, fix
	return nil
}

// Close ends it, with a note for those who look back.
func (i *Incident) Close(note string, by review.Person, now time.Time) error {
	note = strings.TrimSpace(note)
	switch {
	case !i.Open():
		return review.ErrAlready
	case note == "":
		return &review.InputError{Field: "note", Problem: "is needed: what happened, what was mended, what was learnt"}
	}
	i.Closed, i.Note, i.ClosedBy = now, note, by.Name
	return nil
}

func closed(i *Incident) error {
	return &review.InputError{Field: "incident", Problem: i.Ref() + " is closed"}
}

// Book is all incidents that are kept: the open ones and the latest past ones.
type Book struct {
	Last int         `json:"last"` // number of the newest
	All  []*Incident `json:"all"`
}

// ParseBook reads what [Book.String] wrote; "" is an empty book.
func ParseBook(s string) (*Book, error) {
	b := &Book{}
	if s == "" {
		return b, nil
	}
	if err := json.Unmarshal([]byte(s), b); err != nil {
		return nil, fmt.Errorf("the record of incidents cannot be read: %w", err)
	}
	if b.Last < 0 || b.Last > math.MaxInt32 {
		return nil, fmt.Errorf("the record of incidents cannot be read: it ends at %d", b.Last)
	}
	for n, i := range b.All {
		switch {
		case i == nil || i.N < 1:
			return nil, fmt.Errorf("the record of incidents cannot be read: entry %d names no incident", n+1)
		case i.N > b.Last:
			return nil, fmt.Errorf("the record of incidents cannot be read: it ends at %d and holds %d", b.Last, i.N)
		case slices.ContainsFunc(b.All[:n], func(o *Incident) bool { return o.N == i.N }):
			return nil, fmt.Errorf("the record of incidents cannot be read: %d is there twice", i.N)
		}
	}
	return b, nil
}

// String is the book as it is kept.
func (b *Book) String() string {
	out, err := json.Marshal(b)
	if err != nil { // plain structs: cannot happen
		panic(err)
	}
	return string(out)
}

// Find is the incident with a number; nil for none.
func (b *Book) Find(n int) *Incident {
	for _, i := range b.All {
		if i.N == n {
			return i
		}
	}
	return nil
}

// Open adds an incident, and lets the oldest past one go when there are many.
func (b *Book) Open(title, cause, by string, now time.Time) *Incident {
	b.Last++
	i := &Incident{N: b.Last, Title: title, Cause: cause, By: by, Opened: now}
	b.All = append(b.All, i)
	past := 0
	for n := len(b.All) - 1; n >= 0; n-- {
		if !b.All[n].Open() {
			if past++; past > maxPast {
				b.All = slices.Delete(b.All, n, n+1)
			}
		}
	}
	return i
}

// Of is the open incident to which any of the cases belongs, or else the open
// one of the same cause; nil for none.
func (b *Book) Of(cause string, cases []int64) *Incident {
	for _, i := range b.All {
		if i.Open() && slices.ContainsFunc(cases, func(id int64) bool { return slices.Contains(i.Cases, id) }) {
			return i
		}
	}
	for _, i := range b.All {
		if i.Open() && cause != "" && i.Cause == cause {
			return i
		}
	}
	return nil
}
