package review

import "time"

// TurnKind is what the author or the site did to a review later on.
type TurnKind string

// The kinds of turn. They are counted, and nobody ever asks for one.
const (
	EditedUp        TurnKind = "edited_up"
	EditedDown      TurnKind = "edited_down"
	EditedWords     TurnKind = "edited_words" // the rating stayed
	RemovedByAuthor TurnKind = "removed_by_author"
	RemovedBySite   TurnKind = "removed_by_site"
)

// Turn is one later turn of a review.
type Turn struct {
	Kind     TurnKind  `json:"kind"`
	Revision int       `json:"revision"`           // that it led to, or that was removed
	Answered bool      `json:"answered,omitempty"` // our reply stood below it by then
	At       time.Time `json:"at"`
}

// turn notes what happened to the review.
func (m *move) turn(kind TurnKind) {
	answered := m.c.Reply != nil && !m.c.Reply.Answered.IsZero() && m.c.Reply.Problem == ""
	m.c.Turns = append(m.c.Turns, Turn{Kind: kind, Revision: m.c.Review.Revision, Answered: answered, At: m.Now})
	m.detail("turn", string(kind))
}

// edited tells an edit up from one down by the ratings, where both have one.
func edited(before, after Rating) TurnKind {
	a, ok1 := before.Fifths()
	b, ok2 := after.Fifths()
	switch {
	case ok1 && ok2 && b > a:
		return EditedUp
	case ok1 && ok2 && b < a:
		return EditedDown
	}
	return EditedWords
}

// removal is who took a review down, as far as anyone can tell: a site that
// was asked by a report that stands, else its author.
func (c Case) removal() TurnKind {
	for _, r := range c.Reports {
		if r.State == ReportSent || r.State == ReportUpheld {
			return RemovedBySite
		}
	}
	return RemovedByAuthor
}

// Leave lets the reply that is up stand as it is after the customer's edit,
// and closes the case.
type Leave struct{}

// Verb is "leave".
func (Leave) Verb() Verb { return "leave" }

func (Leave) apply(m *move) error {
	if r := m.c.Reply; r == nil || r.Answered.IsZero() || r.Problem != "" || m.c.Review.Revision < 2 {
		return &InputError{Field: "case", Problem: "has no reply that could be left as it is; please choose a verdict"}
	}
	if n := len(m.c.OpenPromises()); n > 0 {
		return &InputError{Field: "case", Problem: "has " + itoa(n) + " open promise(s); keep or drop them first"}
	}
	m.dropDraft("the reply is left as it is")
	m.finish(OutcomeReplied)
	return nil
}

// lateRound is the public round with one reviewer from which on a lead must
// agree: long quarrels belong in private.
const lateRound = 3

// Quorum is what an approval of the case's text takes: the policy's, and from
// the third public round with the same reviewer on a lead's yes, whichever of
// the reviewer's reviews the rounds were about.
func (c Case) Quorum(p Policy) Quorum {
	q := p.Quorum
	if c.Rounds+c.Elsewhere+1 >= lateRound {
		q.Lead = true
	}
	return q
}

// SetCause says what lies behind the review, in a word or two, and which
// topics it touches.
type SetCause struct {
	Cause  string
	Topics []string // nil leaves them
}

// Verb is "cause".
func (SetCause) Verb() Verb { return "cause" }

func (a SetCause) apply(m *move) error {
	cause := PlainCause(a.Cause)
	if cause == "" {
		return &InputError{Field: "cause", Problem: "is empty: name it in a word or two, such as late delivery"}
	}
	if m.c.Cause == cause && a.Topics == nil {
		return ErrAlready
	}
	m.c.Cause, m.c.CauseBy = cause, m.By.Person.ID
	if a.Topics != nil {
		m.c.Topics = a.Topics
	}
	m.words("cause", cause)
	return nil
}
