package review

import (
	"slices"
	"strconv"
	"strings"
)

// MaxSimilar is how many similar cases a case remembers.
const MaxSimilar = 3

// Recall tells a case what other cases know: how many public rounds there were
// with its reviewer elsewhere, and which cases tell of the same. A text that
// waits in the outbox comes back when a lead's yes is needed now and missing.
type Recall struct {
	Rounds  int     // public rounds with this reviewer in other cases
	Similar []int64 // numbers of similar cases, at most MaxSimilar; nil leaves those that are known
}

// Verb is "recall".
func (Recall) Verb() Verb { return "recall" }

func (a Recall) apply(m *move) error {
	c := m.c
	similar := c.Similar
	if a.Similar != nil {
		similar = slices.Clone(a.Similar[:min(len(a.Similar), MaxSimilar)])
	}
	if a.Rounds == c.Elsewhere && slices.Equal(similar, c.Similar) {
		return ErrAlready
	}
	more := a.Rounds > c.Elsewhere
	c.Elsewhere, c.Similar = a.Rounds, similar
	m.detail("rounds", itoa(a.Rounds))
	ids := make([]string, len(similar))
	for i, id := range similar {
		ids[i] = strconv.FormatInt(id, 10)
	}
	m.detail("similar", strings.Join(ids, " "))
	if more && c.Status == Approved && !c.Quorum(m.Policy).Met(c.Approvals, c.Author()) {
		m.void("the third public round with this reviewer needs a lead")
		c.Status = Drafted
	}
	return nil
}

// Reconsider brings what the checks say of the current text now that the world
// around it has moved: an incident was opened, say. A text that waits in the
// outbox comes back when one of the findings blocks.
type Reconsider struct {
	Text     Digest    // hash of the text that was checked
	Findings []Finding // all of them, those of a second reading included
	Checks   string    // version of the checks
	Why      string    // what moved, in a few words of ours
}

// Verb is "reconsider".
func (Reconsider) Verb() Verb { return "reconsider" }

func (a Reconsider) apply(m *move) error {
	if err := m.current(a.Text); err != nil {
		return err
	}
	d := m.c.Draft
	if slices.Equal(d.Findings, a.Findings) && d.Checks == a.Checks {
		return ErrAlready
	}
	d.Findings, d.Checks = slices.Clone(a.Findings), a.Checks
	m.detail("text", a.Text.String())
	m.detail("findings", itoa(len(a.Findings)))
	m.detail("checks", a.Checks)
	m.detail("why", a.Why)
	if m.c.Status == Approved && len(m.c.Standing()) > 0 {
		m.void(a.Why)
		m.c.Status = Drafted
	}
	return nil
}

// anonymous are names under which platforms show people who gave none; many
// different people share them.
var anonymous = []string{"anonymous", "anonym", "anonyme", "anoniem", "anónimo", "a google user", "ein google-nutzer",
	"un utilisateur de google", "een google-gebruiker", "un usuario de google", "google ユーザー", "google 사용자", "匿名", "익명",
	"customer", "kunde", "client", "klant", "guest", "gast", "user"}

// Reviewer names whoever wrote the review, the same in all their reviews on a
// source and unreadable by itself; "" when that cannot be told. Where the
// platform gives its writers no id, the name counts, and only on one subject:
// two people called Maria S. may well have bought two teapots.
func (r Review) Reviewer() string {
	k := r.Key
	if r.AuthorID != "" {
		return DigestOf("reviewer", k.Source, r.AuthorID).String()[:32]
	}
	name := strings.ToLower(strings.Join(strings.Fields(r.Author), " "))
	if name == "" || slices.Contains(anonymous, name) || k.Location+r.Subject.ID+r.Subject.Name == "" {
		return ""
	}
	return DigestOf("reviewer by name", k.Source, k.Account, k.Location, r.Subject.ID, r.Subject.Name, name).String()[:32]
}
