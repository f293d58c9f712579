package review

import (
	"slices"
	"strings"
	"time"
)

// Triage records what a model or the rules read out of the review. It is a
// suggestion: it decides nothing except that a sensitive class is held for a
// lead.
type Triage struct {
	By        string // the model's name, or "rules"
	Revision  int    // of the review it speaks of
	Language  string
	Claims    []Claim
	Topics    []string
	Cause     string
	Heat      Heat
	Class     Sensitivity
	Suggested Verdict
	Suspect   bool
	Questions []string // what must not be guessed
	Tokens    int      // that a language model took for it
	Cost      float64  // of them, in the currency of the model's prices
}

// Verb is "triage".
func (Triage) Verb() Verb { return "triage" }

func (a Triage) apply(m *move) error {
	if a.Revision != m.c.Review.Revision {
		return ErrStale
	}
	c := m.c
	c.Triaged, c.Language, c.Claims, c.Topics = a.By, a.Language, a.Claims, a.Topics
	if c.CauseBy == "" { // what a person named stands
		c.Cause = PlainCause(a.Cause)
	}
	c.Heat, c.Class, c.Suggested, c.Suspect = a.Heat, a.Class, a.Suggested, a.Suspect
	for _, q := range a.Questions {
		if !slices.ContainsFunc(c.Questions, func(have Question) bool { return have.Text == q }) {
			c.Questions = append(c.Questions, Question{N: len(c.Questions) + 1, Text: q, At: m.Now})
		}
	}
	m.spent(a.Tokens, a.Cost)
	m.detail("by", a.By)
	m.detail("claims", itoa(len(a.Claims)))
	m.detail("class", string(a.Class))
	m.detail("heat", a.Heat.String())
	m.holdSensitive()
	return nil
}

// holdSensitive holds an open case of a sensitive class until a lead releases it.
func (m *move) holdSensitive() {
	if m.c.Class != Ordinary && !m.c.Cleared && (m.c.Status == Open || m.c.Status == Drafted) {
		m.c.Status = Held
		m.c.HeldFor = "a lead: this review touches " + strings.ReplaceAll(string(m.c.Class), "_", " ")
		m.c.Drafting = false
		m.dropDraft("held for a lead")
	}
}

// Assign gives the case an owner; the zero Person frees it.
type Assign struct{ Owner Person }

// Verb is "assign".
func (Assign) Verb() Verb { return "assign" }

func (a Assign) apply(m *move) error {
	if m.c.Owner == a.Owner.ID {
		return ErrAlready
	}
	m.c.Owner, m.c.OwnerName = a.Owner.ID, a.Owner.Name
	m.detail("owner", string(a.Owner.ID))
	return nil
}

// SetGoal says what the answer should achieve first.
type SetGoal struct{ Goal Goal }

// Verb is "goal".
func (SetGoal) Verb() Verb { return "goal" }

func (a SetGoal) apply(m *move) error {
	if m.c.Goal == a.Goal {
		return ErrAlready
	}
	m.c.Goal = a.Goal
	m.detail("goal", string(a.Goal))
	return nil
}

// MarkSpreading raises the priority: others are picking the review up.
type MarkSpreading struct{}

// Verb is "spreading".
func (MarkSpreading) Verb() Verb { return "spreading" }

func (MarkSpreading) apply(m *move) error {
	if m.c.Spreading {
		return ErrAlready
	}
	m.c.Spreading = true
	m.c.Clock.Spreading = m.Now
	m.c.Clock.Round++ // the shorter clock reminds anew
	return nil
}

// Decide gives the triage verdict. Verdicts without a public reply close the
// case; those that the policy lists need a second person, who gives the same
// verdict.
type Decide struct {
	Verdict Verdict
	Reason  string
}

// Verb is "verdict".
func (Decide) Verb() Verb { return "verdict" }

func (a Decide) apply(m *move) error {
	c := m.c
	if _, err := ParseVerdict(string(a.Verdict)); err != nil {
		return err
	}
	reason := strings.TrimSpace(a.Reason)
	confirms := c.Pending != nil && c.Pending.Verdict == a.Verdict
	if confirms && reason == "" {
		reason = c.Pending.Reason
	}
	if reason == "" && (a.Verdict == VerdictPrivate || a.Verdict == VerdictSilent) {
		return &InputError{Field: "reason", Problem: "is needed: say in a sentence why there is no public reply"}
	}
	m.detail("verdict", string(a.Verdict))
	m.words("reason", reason)
	if slices.Contains(m.Policy.SecondPerson, a.Verdict) && !m.Policy.Solo {
		if !confirms {
			c.Pending = &Proposal{Verdict: a.Verdict, Reason: reason, By: m.By.Person.ID, Name: m.By.Person.Name, At: m.Now}
			m.detail("pending", "second person")
			return nil
		}
		if c.Pending.By == m.By.Person.ID {
			return ErrSecondPerson
		}
		m.detail("first", string(c.Pending.By))
	}
	if m.Policy.Solo {
		m.detail("alone", "yes")
	}
	if a.Verdict == c.Verdict && c.Pending == nil {
		return ErrAlready
	}
	c.Verdict, c.Reason, c.Pending = a.Verdict, reason, nil
	return a.decided(m)
}

// decided lets the accepted verdict take effect.
func (a Decide) decided(m *move) error {
	switch a.Verdict {
	case VerdictHold:
		m.c.Status, m.c.HeldFor = Held, m.c.Reason
		m.c.Drafting = false
		m.dropDraft("held")
	case VerdictSilent:
		m.dropDraft("silent")
		m.finish(OutcomeSilent)
		if m.Policy.SilentFor > 0 {
			m.c.SilentUntil = m.Now.Add(m.Policy.SilentFor)
			m.work(WorkExpire, m.c.SilentUntil, "")
		}
	case VerdictPrivate:
		m.dropDraft("private")
		m.finish(OutcomePrivate)
	case VerdictNone:
		if m.c.Review.Rating.Critical() && !m.c.Review.StarOnly() && m.c.Removed.IsZero() {
			return &InputError{Field: "verdict", Problem: "“none” is for praise and star-only reviews; a critical one needs another verdict"}
		}
		m.dropDraft("nothing to say")
		m.finish(OutcomeNothing)
	}
	return nil
}

// Hold parks the case until somebody releases it.
type Hold struct{ For string }

// Verb is "hold".
func (Hold) Verb() Verb { return "hold" }

func (a Hold) apply(m *move) error {
	m.c.Status, m.c.HeldFor = Held, strings.TrimSpace(a.For)
	m.c.Drafting = false
	m.words("for", m.c.HeldFor)
	m.dropDraft("held")
	return nil
}

// Release takes a held case back to work. A sensitive one needs a lead.
type Release struct{}

// Verb is "release".
func (Release) Verb() Verb { return "release" }

func (Release) apply(m *move) error {
	if m.c.Class != Ordinary && !m.c.Cleared {
		if m.By.Person.Role < Lead {
			return &RoleError{Verb: "release", Need: Lead, Have: m.By.Person.Role}
		}
		m.c.Cleared = true
		m.detail("cleared", string(m.c.Class))
	}
	m.c.Status, m.c.HeldFor = Open, ""
	if m.c.Verdict == VerdictHold {
		m.c.Verdict, m.c.Reason = Undecided, ""
	}
	return nil
}

// Ask puts a question about what must not be guessed to the thread, or to one
// person.
type Ask struct {
	Question string
	Whom     PersonID
}

// Verb is "ask".
func (Ask) Verb() Verb { return "ask" }

func (a Ask) apply(m *move) error {
	text := strings.TrimSpace(a.Question)
	if text == "" {
		return &InputError{Field: "question", Problem: "is empty: write what you need to know"}
	}
	n := slices.IndexFunc(m.c.Questions, func(q Question) bool { return q.Text == text && q.Asked == a.Whom })
	switch {
	case n < 0:
		n = len(m.c.Questions)
		m.c.Questions = append(m.c.Questions, Question{N: n + 1, Text: text, Asked: a.Whom, By: m.By.Person.ID, At: m.Now})
	case m.c.Questions[n].By != "":
		return ErrAlready
	default: // triage came upon it first
		m.c.Questions[n].By = m.By.Person.ID
	}
	m.detail("question", itoa(n+1))
	m.detail("whom", string(a.Whom))
	m.words("text", text)
	return nil
}

// AddFact records a statement that the person vouches for. It voids the
// approvals of a text written without it.
type AddFact struct {
	Text    string
	Answers int // the question it answers, 0 for none
}

// Verb is "fact".
func (AddFact) Verb() Verb { return "fact" }

func (a AddFact) apply(m *move) error {
	text := strings.TrimSpace(a.Text)
	if text == "" {
		return &InputError{Field: "fact", Problem: "is empty: write one plain sentence"}
	}
	n := len(m.c.Facts) + 1
	if a.Answers != 0 {
		if a.Answers < 1 || a.Answers > len(m.c.Questions) {
			return &InputError{Field: "question", Problem: "is not one of this case's"}
		}
		m.c.Questions[a.Answers-1].Answered = n
	}
	m.c.Facts = append(m.c.Facts, Fact{N: n, Text: text, By: m.By.Person.ID, Name: m.By.Person.Name, At: m.Now})
	m.detail("fact", itoa(n))
	m.words("text", text)
	m.factsMoved("a new fact")
	return nil
}

// RetractFact takes a fact back.
type RetractFact struct{ N int }

// Verb is "unfact".
func (RetractFact) Verb() Verb { return "unfact" }

func (a RetractFact) apply(m *move) error {
	if a.N < 1 || a.N > len(m.c.Facts) {
		return &InputError{Field: "fact", Problem: "is not one of this case's"}
	}
	f := &m.c.Facts[a.N-1]
	if f.Retracted {
		return ErrAlready
	}
	if f.By != m.By.Person.ID && m.By.Person.Role < Approver {
		return &RoleError{Verb: "unfact", Need: Approver, Have: m.By.Person.Role}
	}
	f.Retracted = true
	m.detail("fact", itoa(a.N))
	m.factsMoved("a fact was taken back")
	return nil
}

func (m *move) factsMoved(why string) {
	m.c.FactsRevision++
	m.detail("facts_revision", itoa(m.c.FactsRevision))
	m.void(why)
	if m.c.Status == Approved {
		m.c.Status = Drafted
	}
}

// PlainCause is a cause in the one spelling under which causes are counted:
// lower case, single spaces, at most sixty characters.
func PlainCause(s string) string {
	s = strings.ToLower(strings.Join(strings.Fields(strings.ReplaceAll(s, "_", " ")), " "))
	if r := []rune(s); len(r) > 60 {
		s = strings.TrimSpace(string(r[:60]))
	}
	return s
}

// zero is the unset time; a name reads better than time.Time{} in moves.
var zero time.Time
