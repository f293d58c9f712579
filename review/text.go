package review

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxReply bounds a reply's text in bytes, far above any platform's limit.
const MaxReply = 32 << 10

// RequestDraft asks the drafter for a text, or for another one.
type RequestDraft struct{ Instruction string } // "shorter, and mention the courier"; may be empty

// Verb is "redraft".
func (RequestDraft) Verb() Verb { return "redraft" }

func (a RequestDraft) apply(m *move) error {
	if !m.c.Removed.IsZero() {
		return &InputError{Field: "review", Problem: "is gone from its platform; there is nothing left to answer"}
	}
	if !m.By.IsPerson() && m.c.Verdict == Undecided {
		return &InputError{Field: "verdict", Problem: "is a person's to give before a text is written"}
	}
	m.assumeReply()
	m.c.Wanted++
	m.c.Drafting, m.c.Trouble = true, ""
	m.detail("wanted", itoa(m.c.Wanted))
	m.words("instruction", strings.TrimSpace(a.Instruction))
	m.work(WorkDraft, m.Now, strings.TrimSpace(a.Instruction))
	return nil
}

// assumeReply takes asking for a text as the verdict that there shall be one.
func (m *move) assumeReply() {
	switch m.c.Verdict {
	case VerdictReply, VerdictThank, VerdictReport:
		return
	}
	m.c.Verdict, m.c.Reason, m.c.Pending = VerdictReply, "", nil
	if m.c.Review.Rating.Positive() {
		m.c.Verdict = VerdictThank
	}
	m.detail("verdict", string(m.c.Verdict))
}

// Propose brings a draft that a machine wrote.
type Propose struct{ Draft Draft }

// Verb is "draft".
func (Propose) Verb() Verb { return "draft" }

func (a Propose) apply(m *move) error {
	d := a.Draft
	if d.Origin == FromPerson {
		return &InputError{Field: "origin", Problem: "of a machine's draft is model or offline"}
	}
	if d.Revision != m.c.Review.Revision || d.Facts != m.c.FactsRevision {
		return ErrStale
	}
	if err := m.take(d); err != nil {
		return err
	}
	m.spent(d.Tokens, d.Cost)
	m.detail("model", d.Model)
	m.detail("prompt", d.Prompt)
	return nil
}

// NoDraft records that drafting failed; the card becomes a checklist for a
// text by hand.
type NoDraft struct{ Why string }

// Verb is "no_draft".
func (NoDraft) Verb() Verb { return "no_draft" }

func (a NoDraft) apply(m *move) error {
	m.c.Drafting, m.c.Trouble = false, a.Why
	m.words("why", a.Why)
	return nil
}

// Edit brings a person's own text, from scratch or changed from the current
// draft.
type Edit struct {
	Base      Digest // hash of the text the person started from; zero for from scratch
	Text      string
	Language  string
	Findings  []Finding // of the checks on exactly this text
	Checks    string
	Sentences []Sentence // what stayed of the analysis; nil for none
	Judge     bool       // let a second reading by a language model follow, see [Judge]
}

// Verb is "edit".
func (Edit) Verb() Verb { return "edit" }

func (a Edit) apply(m *move) error {
	var have Digest
	if m.c.Draft != nil {
		have = m.c.Draft.Hash()
	}
	if a.Base != have {
		return ErrStale
	}
	if m.c.Draft != nil && strings.TrimSpace(a.Text) == m.c.Draft.Text {
		return ErrAlready
	}
	m.assumeReply()
	variant := ""
	if m.c.Draft != nil {
		variant = m.c.Draft.Variant // a changed comma does not make a light text a plain one
	}
	err := m.take(Draft{
		Text: a.Text, Language: a.Language, Origin: FromPerson, Variant: variant,
		Author: m.By.Person.ID, AuthorName: m.By.Person.Name,
		Sentences: a.Sentences, Findings: a.Findings, Checks: a.Checks, Judging: a.Judge,
		Revision: m.c.Review.Revision, Facts: m.c.FactsRevision,
	})
	if err == nil && a.Judge {
		m.work(WorkJudge, m.Now, "")
	}
	return err
}

// take makes d the current text; whatever was approved before is void.
func (m *move) take(d Draft) error {
	d.Text = strings.TrimSpace(d.Text)
	switch {
	case d.Text == "":
		return &InputError{Field: "text", Problem: "is empty"}
	case len(d.Text) > MaxReply:
		return &InputError{Field: "text", Problem: "is longer than any platform takes"}
	case !utf8.ValidString(d.Text):
		return &InputError{Field: "text", Problem: "is not valid UTF-8"}
	}
	m.c.Drafts++
	d.N, d.At, d.Playbook = m.c.Drafts, m.Now, m.Policy.Playbook
	m.void("another text")
	m.c.Waivers = nil
	m.c.Draft = &d
	m.c.Drafting, m.c.Trouble = false, ""
	m.c.Status = Drafted
	m.change.Draft = &d
	m.detail("draft", itoa(d.N))
	m.detail("text", d.Hash().String())
	m.detail("origin", string(d.Origin))
	return nil
}

// Discard takes the current text off the table.
type Discard struct {
	Text   Digest // hash of the text the person saw
	Reason string
}

// Verb is "discard".
func (Discard) Verb() Verb { return "discard" }

func (a Discard) apply(m *move) error {
	if err := m.current(a.Text); err != nil {
		return err
	}
	m.detail("text", a.Text.String())
	m.words("reason", strings.TrimSpace(a.Reason))
	m.dropDraft("discarded")
	m.c.Status = Open
	return nil
}

// Waive lets one waivable finding stand, with a written reason.
type Waive struct {
	Text   Digest // hash of the text the person saw
	Check  string
	Reason string
}

// Verb is "waive".
func (Waive) Verb() Verb { return "waive" }

func (a Waive) apply(m *move) error {
	if err := m.current(a.Text); err != nil {
		return err
	}
	reason := strings.TrimSpace(a.Reason)
	if reason == "" {
		return &InputError{Field: "reason", Problem: "is needed: it stands in the record beside your name"}
	}
	i := slices.IndexFunc(m.c.Draft.Findings, func(f Finding) bool { return f.Check == a.Check && f.Level == Block })
	switch {
	case i < 0:
		return &InputError{Field: "check", Problem: "holds nothing back here"}
	case !m.c.Draft.Findings[i].Waivable:
		return &InputError{Field: "check", Problem: "cannot be waived by anyone; please change the text"}
	}
	m.c.Waivers = append(m.c.Waivers, Waiver{Check: a.Check, Text: a.Text, Reason: reason, By: m.By.Person.ID, At: m.Now})
	m.detail("check", a.Check)
	m.detail("text", a.Text.String())
	m.words("reason", reason)
	return nil
}
