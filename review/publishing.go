package review

import (
	"slices"
	"strings"
	"time"
)

// Approve is a person's yes to exactly the text with this hash.
type Approve struct {
	Text  Digest
	Ticks []string // what the person looked at, see [Ticks]; may be empty
	// Findings are what other cases have against the text at this moment, beside
	// what stands on the draft.
	Findings []Finding
}

// Verb is "approve".
func (Approve) Verb() Verb { return "approve" }

func (a Approve) apply(m *move) error {
	c := m.c
	if err := m.current(a.Text); err != nil {
		return err
	}
	if c.Draft.Revision != c.Review.Revision {
		return ErrStale
	}
	if left := m.Policy.Pause - m.Now.Sub(c.Draft.At); left > 0 {
		return &CoolOffError{Left: left}
	}
	if f := append(c.Standing(), c.unwaived(a.Findings)...); len(f) > 0 {
		return &BlockedError{Findings: f}
	}
	sum := c.Binding(m.Policy).Sum()
	standing := c.Approvals[:0]
	for _, have := range c.Approvals {
		if have.Binding != sum {
			continue // the rules moved on since; that yes was for something else
		}
		if have.By == m.By.Person.ID {
			return ErrAlready
		}
		standing = append(standing, have)
	}
	yes := Approval{
		Draft: c.Draft.N, Binding: sum, By: m.By.Person.ID, Name: m.By.Person.Name,
		Role: m.By.Person.Role, At: m.Now, Alone: m.Policy.Solo, Ticks: inOrder(a.Ticks),
	}
	c.Approvals = append(standing, yes)
	m.change.Approval = &yes
	m.detail("draft", itoa(c.Draft.N))
	m.detail("text", a.Text.String())
	m.detail("binding", sum.String())
	m.detail("role", yes.Role.String())
	m.detail("checks", c.Draft.Checks)
	if yes.Alone {
		m.detail("alone", "yes")
	}
	if len(yes.Ticks) > 0 {
		m.detail("ticks", strings.Join(yes.Ticks, " "))
	}
	if c.Quorum(m.Policy).Met(c.Approvals, c.Author()) {
		c.Status = Approved
		c.PublishAt = m.Now.Add(m.Policy.CoolOff)
		m.work(WorkPublish, c.PublishAt, "")
	}
	return nil
}

// Recheck puts onto a draft what a check says of it now. The check's earlier
// findings go; those of the other checks stand, and so do the yeses: who waives
// the finding need not ask the others again.
type Recheck struct {
	Text     Digest
	Findings []Finding // of one check or several
}

// Verb is "recheck".
func (Recheck) Verb() Verb { return "recheck" }

func (a Recheck) apply(m *move) error {
	if err := m.current(a.Text); err != nil {
		return err
	}
	d := m.c.Draft
	kept := slices.DeleteFunc(slices.Clone(d.Findings), func(f Finding) bool {
		return slices.ContainsFunc(a.Findings, func(now Finding) bool { return now.Check == f.Check && now.Judged == f.Judged })
	})
	d.Findings = append(kept, a.Findings...)
	m.detail("text", a.Text.String())
	for _, f := range a.Findings {
		m.detail("check", f.Check)
	}
	return nil
}

// Undo takes an approved text out of the outbox.
type Undo struct{}

// Verb is "undo".
func (Undo) Verb() Verb { return "undo" }

func (Undo) apply(m *move) error {
	m.void("undo")
	m.c.Status = Drafted
	return nil
}

// Void takes a text out of the outbox because its approval no longer holds:
// the rules changed, or the checks say something new.
type Void struct {
	Why      string
	Findings []Finding // of the checks as they judge now; nil leaves the old ones
	Checks   string
	// Theirs is a reply of somebody else that was found on the platform. Whoever
	// approves after that has seen it.
	Theirs *PlatformReply
}

// Verb is "void".
func (Void) Verb() Verb { return "void" }

func (a Void) apply(m *move) error {
	m.void(a.Why)
	m.c.Status = Drafted
	if a.Theirs != nil {
		m.c.Theirs = a.Theirs
		m.words("theirs", a.Theirs.Text)
	}
	if a.Findings != nil {
		m.c.Draft.Findings, m.c.Draft.Checks = a.Findings, a.Checks
	}
	return nil
}

// clear holds a text that leaves the outbox against everything again: its
// time, the binding as it is now, the quorum, the checks.
func (m *move) clear(findings []Finding) (Digest, error) {
	c := m.c
	if left := c.PublishAt.Sub(m.Now); left > 0 {
		return Digest{}, &CoolOffError{Left: left}
	}
	sum := c.Binding(m.Policy).Sum()
	var yes []Approval
	for _, a := range c.Approvals {
		if a.Binding == sum {
			yes = append(yes, a)
		}
	}
	if !c.Quorum(m.Policy).Met(yes, c.Author()) {
		return Digest{}, &QuorumError{Have: len(yes), Need: c.Quorum(m.Policy)}
	}
	if f := c.unwaived(findings); len(f) > 0 {
		return Digest{}, &BlockedError{Findings: f}
	}
	return sum, nil
}

// StartPublishing records the intent to call the platform. It is committed
// before the call.
type StartPublishing struct {
	Findings []Finding // of the checks as they judge right now
	Pledges  []Pledge  // that the text commits the team to; they go into the ledger
}

// Verb is "publish".
func (StartPublishing) Verb() Verb { return "publish" }

func (a StartPublishing) apply(m *move) error {
	sum, err := m.clear(a.Findings)
	if err != nil {
		return err
	}
	if !m.Policy.CanReply {
		return &InputError{Field: "source", Problem: "takes no replies by itself; the text must be handed over"}
	}
	m.intend(sum)
	m.found(a.Pledges)
	m.c.Status = Publishing
	return nil
}

// HandOver gives the approved text to a person who posts it by hand.
type HandOver struct {
	Findings []Finding
	Pledges  []Pledge // as in [StartPublishing]
}

// Verb is "hand_over".
func (HandOver) Verb() Verb { return "hand_over" }

func (a HandOver) apply(m *move) error {
	sum, err := m.clear(a.Findings)
	if err != nil {
		return err
	}
	m.intend(sum)
	m.found(a.Pledges)
	m.c.Status = HandedOver
	return nil
}

func (m *move) intend(sum Digest) {
	tries := 1
	if r := m.c.Reply; r != nil && r.Binding == sum {
		tries = r.Tries + 1
	}
	m.c.Reply = &Reply{Binding: sum, Draft: m.c.Draft.N, Text: m.c.Draft.Text, Language: m.c.Draft.Language, Cause: m.c.Cause, Intent: m.Now, Tries: tries}
	if !m.c.Review.Quiet() { // thanks are no quarrel
		m.c.Reply.Reviewer = m.c.Review.Reviewer()
	}
	m.c.Outdated = false
	m.keepReply()
	m.detail("binding", sum.String())
	m.detail("text", m.c.Draft.Hash().String())
	m.detail("try", itoa(tries))
}

// keepReply lets storage keep the reply as it now stands.
func (m *move) keepReply() {
	r := *m.c.Reply
	m.change.Reply = &r
	m.detail("binding", r.Binding.String())
}

// Posted is a person's "I posted it".
type Posted struct{ Proof string } // a link, may be empty

// Verb is "posted".
func (Posted) Verb() Verb { return "posted" }

func (a Posted) apply(m *move) error {
	m.c.Reply.Hand, m.c.Reply.Proof, m.c.Reply.Answered = m.By.Person.ID, strings.TrimSpace(a.Proof), m.Now
	m.keepReply()
	m.words("proof", m.c.Reply.Proof)
	m.published()
	return nil
}

// Withdraw takes a handed-over text back before anyone posted it.
type Withdraw struct{}

// Verb is "withdraw".
func (Withdraw) Verb() Verb { return "withdraw" }

func (Withdraw) apply(m *move) error {
	m.void("withdrawn")
	m.c.Status = Drafted
	return nil
}

// published moves on from a reply that the platform has. Where the platform
// can be read, a look follows; where it cannot, the case will close.
func (m *move) published() {
	m.c.Status = Published
	m.c.Rounds++
	if m.Policy.CanReadBack {
		m.work(WorkVerify, m.Now.Add(m.Policy.VerifyAfter), "")
	} else {
		m.work(WorkSettle, m.Now.Add(m.Policy.SettleAfter), "")
	}
	m.settled()
}

// Postpone takes an intent back because the platform certainly did not act:
// it said "later", or was looked at and shows no reply. The same approval
// stands.
type Postpone struct {
	Until time.Time
	Why   string
}

// Verb is "postpone".
func (Postpone) Verb() Verb { return "postpone" }

func (a Postpone) apply(m *move) error { return m.again(a.Until, a.Why) }

func (m *move) again(until time.Time, why string) error {
	m.c.Reply.Problem = why
	m.keepReply()
	m.detail("why", why)
	if m.c.Outdated {
		m.settled()
		return nil
	}
	m.c.Status, m.c.PublishAt = Approved, until
	m.work(WorkPublish, until, "")
	return nil
}

// Accepted records the platform's yes, or that a look found the reply there.
type Accepted struct {
	ID, URL string
	Looked  bool // found by reading back, not told by the call
}

// Verb is "accepted".
func (Accepted) Verb() Verb { return "accepted" }

func (a Accepted) apply(m *move) error {
	r := m.c.Reply
	r.Answered, r.ID, r.URL, r.Problem = m.Now, a.ID, a.URL, ""
	m.keepReply()
	if a.Looked {
		m.detail("looked", "yes")
	}
	m.published()
	return nil
}

// Refused records the platform's final no.
type Refused struct{ Why string }

// Verb is "refused".
func (Refused) Verb() Verb { return "refused" }

func (a Refused) apply(m *move) error { return m.reject(a.Why) }

func (m *move) reject(why string) error {
	r := m.c.Reply
	r.Answered, r.Problem = m.Now, why
	m.keepReply()
	m.words("why", why)
	m.c.Status = Rejected
	m.settled()
	return nil
}

// Doubt records that the answer was lost and looking did not settle it.
type Doubt struct{ Why string }

// Verb is "doubt".
func (Doubt) Verb() Verb { return "doubt" }

func (a Doubt) apply(m *move) error {
	m.c.Reply.Problem = a.Why
	m.keepReply()
	m.words("why", a.Why)
	m.c.Status = Unreconciled
	if m.Policy.CanReadBack {
		m.work(WorkVerify, m.Now.Add(m.Policy.VerifyAfter), "")
	}
	return nil
}

// ItIsUp is a person's word that the reply is on the platform.
type ItIsUp struct{ Proof string }

// Verb is "it_is_up".
func (ItIsUp) Verb() Verb { return "it_is_up" }

func (a ItIsUp) apply(m *move) error {
	m.c.Reply.Proof, m.c.Reply.Answered, m.c.Reply.Problem = strings.TrimSpace(a.Proof), m.Now, ""
	m.keepReply()
	m.words("proof", m.c.Reply.Proof)
	m.published()
	return nil
}

// ItIsNot is a person's word that the reply is not on the platform: it may be
// tried again under the same approval.
type ItIsNot struct{}

// Verb is "it_is_not".
func (ItIsNot) Verb() Verb { return "it_is_not" }

func (ItIsNot) apply(m *move) error { return m.again(m.Now, "a person looked: it is not up") }

// Seen records that the reply was read back, the same as approved.
type Seen struct{ URL string }

// Verb is "seen".
func (Seen) Verb() Verb { return "seen" }

func (a Seen) apply(m *move) error {
	m.c.Reply.Seen = m.Now
	if a.URL != "" {
		m.c.Reply.URL = a.URL
	}
	m.keepReply()
	m.c.Status, m.c.Outcome = Live, OutcomeReplied
	m.work(WorkSettle, m.Now.Add(m.Policy.SettleAfter), "")
	return nil
}

// Missing records that the reply is not up as approved: gone, altered, cut or
// refused by moderation.
type Missing struct{ Why string }

// Verb is "missing".
func (Missing) Verb() Verb { return "missing" }

func (a Missing) apply(m *move) error { return m.reject(a.Why) }

// Rework goes back from a rejected reply to its text.
type Rework struct{}

// Verb is "rework".
func (Rework) Verb() Verb { return "rework" }

func (Rework) apply(m *move) error {
	if m.c.Draft == nil {
		m.c.Status = Open
		return nil
	}
	m.void("rejected by the platform")
	m.c.Status = Drafted
	return nil
}

// GiveUp closes a case whose reply will not go up.
type GiveUp struct{ Reason string }

// Verb is "give_up".
func (GiveUp) Verb() Verb { return "give_up" }

func (a GiveUp) apply(m *move) error {
	reason := strings.TrimSpace(a.Reason)
	if reason == "" {
		return &InputError{Field: "reason", Problem: "is needed: say in a sentence why there will be no reply"}
	}
	m.words("reason", reason)
	m.dropDraft("given up")
	m.finish(OutcomeGivenUp)
	return nil
}
