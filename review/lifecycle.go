package review

// Announced records that the case has its thread.
type Announced struct{ Where string } // the chat, for the log

// Verb is "announced".
func (Announced) Verb() Verb { return "announced" }

func (a Announced) apply(m *move) error {
	m.c.Status = Open
	m.detail("chat", a.Where)
	m.holdSensitive()
	return nil
}

// OpenCase wakes a case of history.
type OpenCase struct{}

// Verb is "open".
func (OpenCase) Verb() Verb { return "open" }

func (OpenCase) apply(m *move) error { m.wake(); return nil }

// wake makes a seeded case new: it gets a thread and a clock.
func (m *move) wake() {
	m.c.Status = New
	m.c.Opened = m.Now
	m.restart()
	m.work(WorkTriage, m.Now, "")
	m.change.Work = append(m.change.Work, Work{Kind: WorkAnnounce, Case: m.c.ID, Key: "parent", Due: m.Now})
}

// Settle closes a case in which nothing is open any more.
type Settle struct{}

// Verb is "settle".
func (Settle) Verb() Verb { return "settle" }

func (Settle) apply(m *move) error { return m.done() }

// Close closes a live case by hand.
type Close struct{}

// Verb is "close".
func (Close) Verb() Verb { return "close" }

func (Close) apply(m *move) error { return m.done() }

func (m *move) done() error {
	if n := len(m.c.OpenPromises()); n > 0 {
		return &InputError{Field: "case", Problem: "has " + itoa(n) + " open promise(s); keep or drop them first"}
	}
	m.finish(OutcomeReplied)
	return nil
}

// Reopen takes a closed case up again.
type Reopen struct{ Why string }

// Verb is "reopen".
func (Reopen) Verb() Verb { return "reopen" }

func (a Reopen) apply(m *move) error {
	m.words("why", a.Why)
	m.startOver("reopened")
	m.restart()
	return nil
}

// startOver is back to triage: nothing decided, nothing approved.
func (m *move) startOver(why string) {
	m.dropDraft(why)
	m.c.Status = Open
	m.c.Verdict, m.c.Reason, m.c.Pending = Undecided, "", nil
	m.c.Outcome, m.c.ClosedAt, m.c.SilentUntil = NoOutcome, zero, zero
	m.c.HeldFor, m.c.Trouble, m.c.Drafting = "", "", false
}

// Revise brings the customer's edit. Approvals of the old words are void; a
// platform call in flight is let finish first.
type Revise struct{ Review Review }

// Verb is "revise".
func (Revise) Verb() Verb { return "revise" }

func (a Revise) apply(m *move) error {
	if err := a.Review.Valid(); err != nil {
		return err
	}
	old, r := m.c.Review, a.Review
	if !old.Erased.IsZero() {
		return ErrAlready // the platform still shows what was erased here
	}
	if r.ContentHash() == old.ContentHash() && m.c.Removed.IsZero() {
		return ErrAlready
	}
	if !r.Updated.IsZero() && r.Updated.Before(old.Updated) {
		return ErrAlready // an older state that arrives late is no edit
	}
	r.Key, r.Revision, r.Seen = old.Key, old.Revision+1, m.Now
	m.c.Review = r
	m.c.Removed = zero
	m.change.Revision = &r
	m.detail("revision", itoa(r.Revision))
	m.detail("content", r.ContentHash().String())
	m.turn(edited(old.Rating, r.Rating))
	m.moved("the customer edited the review")
	return nil
}

// Remove records that the review is gone from its platform.
type Remove struct{}

// Verb is "remove".
func (Remove) Verb() Verb { return "remove" }

func (Remove) apply(m *move) error {
	if !m.c.Removed.IsZero() {
		return ErrAlready
	}
	m.c.Removed = m.Now
	m.turn(m.c.removal())
	if m.c.Status == Seeded {
		m.finish(OutcomeRemoved)
		return nil
	}
	m.moved("the review is gone")
	return nil
}

// moved takes the case back to triage after the review itself moved.
func (m *move) moved(why string) {
	c := m.c
	m.restart()
	switch c.Status {
	case Publishing, Unreconciled:
		// The call is in flight or in doubt; settled reopens the case when
		// the answer is in.
		c.Outdated = true
		return
	case Published, Live, Closed:
		c.Outdated = c.Reply != nil && !c.Reply.Answered.IsZero()
	}
	switch c.Status {
	case Seeded:
		m.wake()
		return
	case New:
		m.work(WorkTriage, m.Now, "")
		return
	}
	if c.Status == Held && c.Class != Ordinary && !c.Cleared {
		m.work(WorkTriage, m.Now, "")
		return
	}
	m.startOver(why)
	m.work(WorkTriage, m.Now, "")
}

// settled reopens a case whose review was edited or removed while the platform
// call was in flight: the reply answers words that are not there any more.
func (m *move) settled() {
	if m.c.Outdated {
		m.detail("outdated", "yes")
		m.startOver("the review changed while the reply was on its way")
		m.work(WorkTriage, m.Now, "")
	}
}
