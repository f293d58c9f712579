package review

import "time"

// OpenReport asks the platform to remove an unfair review: through its API when
// Send is set, else through a person.
type OpenReport struct {
	Ground, Words, Evidence string
	Due                     time.Time // when to look for the answer
	Send                    bool      // the platform takes reports by API
}

// Verb is "report".
func (OpenReport) Verb() Verb { return "report" }

func (a OpenReport) apply(m *move) error {
	if a.Ground == "" {
		return &InputError{Field: "ground", Problem: "is needed: choose one from the platform's list; “we disagree” is none"}
	}
	if a.Words == "" {
		return &InputError{Field: "words", Problem: "are needed: quote what breaks the rule"}
	}
	n := len(m.c.Reports) + 1
	r := Report{N: n, Ground: a.Ground, Words: a.Words, Evidence: a.Evidence, State: ReportPrepared, By: m.By.Person.ID, At: m.Now, Due: a.Due}
	m.detail("report", itoa(n))
	m.detail("ground", a.Ground)
	m.words("words", a.Words)
	m.words("evidence", a.Evidence)
	if a.Send {
		r.State = ReportSending
		m.detail("state", string(r.State))
		m.work(WorkReport, m.Now, itoa(n))
	}
	m.c.Reports = append(m.c.Reports, r)
	return nil
}

// CallReport records that the one call for a report is about to be made. It is
// the intent: whoever finds it later does not know whether the call was made,
// and must not make it again.
type CallReport struct{ N int }

// Verb is "report_call".
func (CallReport) Verb() Verb { return "report_call" }

func (a CallReport) apply(m *move) error {
	r, err := m.report(a.N)
	if err != nil {
		return err
	}
	if r.State != ReportSending || !r.Called.IsZero() {
		return ErrStale
	}
	r.Called = m.Now
	m.detail("report", itoa(a.N))
	return nil
}

// AnswerReport records what came of a report that the program sends: it is
// sent, nobody knows, it is to be tried again (sending), or it falls back to a
// person (prepared).
type AnswerReport struct {
	N     int
	State ReportState
	Why   string    // one sentence for people when it is not sent
	Due   time.Time // when to look for the platform's answer; when to try again
}

// Verb is "report_answer".
func (AnswerReport) Verb() Verb { return "report_answer" }

func (a AnswerReport) apply(m *move) error {
	r, err := m.report(a.N)
	if err != nil {
		return err
	}
	if r.State != ReportSending {
		return ErrStale // a person said how far it is
	}
	switch a.State {
	case ReportSent:
		r.Due = a.Due
	case ReportSending:
		r.Called = time.Time{}
		m.work(WorkReport, a.Due, itoa(a.N))
	case ReportUnsure, ReportPrepared:
		r.Due = m.Now // a person is asked at once
	default:
		return &InputError{Field: "state", Problem: "is none that sending a report leads to"}
	}
	r.State, r.Problem = a.State, a.Why
	m.detail("report", itoa(a.N))
	m.detail("state", string(a.State))
	m.words("why", a.Why)
	return nil
}

// ReportIs is what a person says of a report: that it is on its way or at its
// end, or that one whose answer was lost did not arrive.
type ReportIs struct {
	N     int
	State ReportState
	Due   time.Time // when to look for the answer of one that is sent; zero keeps it
}

// Verb is "report_is".
func (ReportIs) Verb() Verb { return "report_is" }

func (a ReportIs) apply(m *move) error {
	r, err := m.report(a.N)
	switch {
	case err != nil:
		return err
	case r.State == a.State:
		return ErrAlready
	case a.State == ReportSent, a.State == ReportUpheld, a.State == ReportDenied:
	case a.State == ReportPrepared && r.State == ReportUnsure: // it did not arrive
	default:
		return &InputError{Field: "state", Problem: "is one of sent, upheld or denied; or prepared, when it was not known whether it arrived and it did not"}
	}
	if a.State == ReportUpheld && !m.c.Removed.IsZero() && len(m.c.Turns) > 0 {
		if last := &m.c.Turns[len(m.c.Turns)-1]; last.Kind == RemovedByAuthor {
			last.Kind = RemovedBySite // now we know
		}
	}
	if r.State == ReportDenied && a.State == ReportSent {
		r.Appeals++
	}
	if a.State == ReportSent && !a.Due.IsZero() {
		r.Due = a.Due
	}
	r.State, r.Problem = a.State, ""
	m.detail("report", itoa(a.N))
	m.detail("state", string(a.State))
	return nil
}

// report finds one of the case's own.
func (m *move) report(n int) (*Report, error) {
	if n < 1 || n > len(m.c.Reports) {
		return nil, &InputError{Field: "report", Problem: "is not one of this case's"}
	}
	return &m.c.Reports[n-1], nil
}
