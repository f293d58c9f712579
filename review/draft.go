package review

import (
	"slices"
	"time"
)

// Claim is one point that the customer makes.
type Claim struct {
	N     int    `json:"n"`               // from 1, in the order of the review
	Text  string `json:"text"`            // the point in a few words
	Words string `json:"words"`           // the review's own words it comes from, verbatim
	Topic string `json:"topic,omitempty"` // "delivery", "staff", …
}

// Question is something that must not be guessed and was asked in the thread.
type Question struct {
	N        int       `json:"n"`
	Text     string    `json:"text"`
	Asked    PersonID  `json:"asked,omitempty"` // whom; "" for everyone in the thread
	By       PersonID  `json:"by,omitempty"`    // who asked; "" when triage came upon it
	At       time.Time `json:"at"`
	Answered int       `json:"answered,omitempty"` // the fact that answers it, 0 for none yet
}

// Fact is a statement that a named person vouches for.
type Fact struct {
	N         int       `json:"n"`
	Text      string    `json:"text"`
	By        PersonID  `json:"by"`
	Name      string    `json:"name"` // the person's name as shown
	At        time.Time `json:"at"`
	Retracted bool      `json:"retracted,omitempty"`
}

// Origin is where a draft's words come from.
type Origin string

// The origins of a draft.
const (
	FromModel   Origin = "model"
	FromOffline Origin = "offline" // the built-in drafter, no model
	FromPerson  Origin = "person"
)

// SourceKind is what stands behind a factual sentence.
type SourceKind string

// The kinds of source of a sentence.
const (
	SourceNone     SourceKind = ""         // nothing: a factual sentence like this blocks approval
	SourceReview   SourceKind = "review"   // words of the review
	SourceFact     SourceKind = "fact"     // a fact of this case, by number
	SourcePlaybook SourceKind = "playbook" // an entry of the playbook, by name
	SourceCourtesy SourceKind = "courtesy" // states no fact: a greeting, thanks, an apology, a sign-off
)

// Sentence is one sentence of a draft with what it answers and rests on.
type Sentence struct {
	Text   string     `json:"text"`
	Claims []int      `json:"claims,omitempty"` // numbers of the claims it answers
	Source SourceKind `json:"source,omitempty"`
	Ref    string     `json:"ref,omitempty"` // fact number, playbook entry, or the review's words
}

// Level is how much a finding weighs.
type Level string

// The levels of a finding.
const (
	Warn  Level = "warn"
	Block Level = "block"
)

// Finding is what a check says of a text.
type Finding struct {
	Check    string `json:"check"` // the check's id, "single_private_channel"
	Level    Level  `json:"level"`
	Words    string `json:"words,omitempty"` // the words it is about, verbatim
	Message  string `json:"message"`         // one calm sentence: what is wrong and what to do
	Waivable bool   `json:"waivable,omitempty"`
	Judged   bool   `json:"judged,omitempty"` // by a language model; stays with its text until that changes
}

// Waiver is an approver's written reason for letting a waivable finding stand.
type Waiver struct {
	Check  string    `json:"check"`
	Text   Digest    `json:"text"` // of the draft it speaks of; another text needs another waiver
	Reason string    `json:"reason"`
	By     PersonID  `json:"by"`
	At     time.Time `json:"at"`
}

// Draft is a proposed reply. Drafts are numbered within a case and never
// change; an edit is a new draft.
type Draft struct {
	N           int        `json:"n"`
	Text        string     `json:"text"`
	Language    string     `json:"language,omitempty"`
	Origin      Origin     `json:"origin"`
	Author      PersonID   `json:"author,omitempty"` // who wrote or asked for it
	AuthorName  string     `json:"author_name,omitempty"`
	Model       string     `json:"model,omitempty"`
	Prompt      string     `json:"prompt,omitempty"`      // hash of the prompt templates
	Instruction string     `json:"instruction,omitempty"` // "shorter, and mention the courier"
	Variant     string     `json:"variant,omitempty"`     // "shorter", "warmer", "plainer", "formal" or "light"; an edit keeps it
	Sentences   []Sentence `json:"sentences,omitempty"`   // nil when nobody analysed the text
	Findings    []Finding  `json:"findings,omitempty"`
	Checks      string     `json:"checks,omitempty"`    // version of the checks that gave the findings
	Notes       []string   `json:"notes,omitempty"`     // the drafter's remarks for the approver
	BackText    string     `json:"back_text,omitempty"` // back-translation for the approver
	Judging     bool       `json:"judging,omitempty"`   // a second reading by a model is still to come
	Tokens      int        `json:"tokens,omitempty"`    // that a language model took for this text, its reading included
	Cost        float64    `json:"cost,omitempty"`      // of them, in the currency of the model's prices; 0 when not known
	Revision    int        `json:"revision"`            // of the review it answers
	Facts       int        `json:"facts"`               // facts revision it was written with
	Playbook    string     `json:"playbook"`            // playbook version it was written with
	At          time.Time  `json:"at"`
}

// Hash sums the words and nothing else.
func (d Draft) Hash() Digest { return DigestOf(d.Text) }

// Covered lists the claims that some sentence of d answers.
func (d Draft) Covered() map[int]bool {
	m := make(map[int]bool)
	for _, s := range d.Sentences {
		for _, c := range s.Claims {
			m[c] = true
		}
	}
	return m
}

// Deterministic are the findings that code made.
func (d Draft) Deterministic() []Finding {
	return slices.DeleteFunc(slices.Clone(d.Findings), func(f Finding) bool { return f.Judged })
}

// Judged are the findings that a language model made on these very words.
func (d Draft) Judged() []Finding {
	return slices.DeleteFunc(slices.Clone(d.Findings), func(f Finding) bool { return !f.Judged })
}

// Binding is all that an approval is for. When any part differs, the approval
// is for something else.
type Binding struct {
	Text     Digest `json:"text"`
	Review   Digest `json:"review"`   // content hash of the review
	Revision int    `json:"revision"` // of the review
	Facts    int    `json:"facts"`    // facts revision of the case
	Account  string `json:"account"`  // where the reply will be posted
	Playbook string `json:"playbook"` // version of the rules
}

// Sum is the digest that approvals carry.
func (b Binding) Sum() Digest {
	return DigestOf(b.Text.String(), b.Review.String(), itoa(b.Revision), itoa(b.Facts), b.Account, b.Playbook)
}

// Approval is one person's recorded yes to one text.
type Approval struct {
	Draft   int       `json:"draft"`
	Binding Digest    `json:"binding"`
	By      PersonID  `json:"by"`
	Name    string    `json:"name"`
	Role    Role      `json:"role"`
	At      time.Time `json:"at"`
	Alone   bool      `json:"alone,omitempty"` // given in solo mode
	Ticks   []string  `json:"ticks,omitempty"` // what the person looked at: calm, every point, personal, promises
}

// Quorum is how many yeses a text needs, and whose.
type Quorum struct {
	Count           int  `json:"count"`             // approvals by different people, at least 1
	Lead            bool `json:"lead"`              // one of them a lead
	OtherThanAuthor bool `json:"other_than_author"` // one of them not the person whose words these are
}

// Met tells whether approvals, all of the same binding, are enough for a text
// whose words are author's ("" when a machine wrote them).
func (q Quorum) Met(approvals []Approval, author PersonID) bool {
	people := make(map[PersonID]bool)
	var lead, other bool
	for _, a := range approvals {
		if a.Role < Approver {
			continue
		}
		people[a.By] = true
		lead = lead || a.Role >= Lead
		other = other || a.By != author
	}
	return len(people) >= max(q.Count, 1) && (!q.Lead || lead) && (!q.OtherThanAuthor || other)
}

// Reply is one attempt to bring an approved text onto the platform. Its row is
// written before the call: it is the intent.
type Reply struct {
	Binding  Digest    `json:"binding"`
	Draft    int       `json:"draft"`
	Text     string    `json:"text"`
	Language string    `json:"language,omitempty"` // of the text
	Cause    string    `json:"cause,omitempty"`    // of the case when it was written: replies about the same are examples
	Reviewer string    `json:"reviewer,omitempty"` // whom it answers, see Review.Reviewer
	Intent   time.Time `json:"intent"`
	Answered time.Time `json:"answered,omitzero"` // when the platform's answer was recorded
	Seen     time.Time `json:"seen,omitzero"`     // when it was read back as approved
	ID       string    `json:"id,omitempty"`      // the platform's
	URL      string    `json:"url,omitempty"`
	Hand     PersonID  `json:"hand,omitempty"`  // who posted it by hand
	Proof    string    `json:"proof,omitempty"` // the link that person gave
	Problem  string    `json:"problem,omitempty"`
	Tries    int       `json:"tries"` // platform calls begun
}

// ReportState is how far a report has come.
type ReportState string

// The states of a report.
const (
	ReportPrepared ReportState = "prepared" // dossier written, not sent: a person sends it
	ReportSending  ReportState = "sending"  // the program sends it by API
	ReportUnsure   ReportState = "unsure"   // the answer was lost; a person looks whether it arrived
	ReportSent     ReportState = "sent"
	ReportUpheld   ReportState = "upheld" // the platform removed the review
	ReportDenied   ReportState = "denied"
)

// Report is a request to the platform to remove an unfair review. It stands
// beside the status; a reply stays possible.
type Report struct {
	N        int         `json:"n"`
	Ground   string      `json:"ground"` // from the platform's own list
	Words    string      `json:"words"`  // the review's words that break the rule
	Evidence string      `json:"evidence,omitempty"`
	State    ReportState `json:"state"`
	By       PersonID    `json:"by"`
	At       time.Time   `json:"at"`
	Due      time.Time   `json:"due,omitzero"` // when to look for an answer
	Appeals  int         `json:"appeals,omitempty"`
	Called   time.Time   `json:"called,omitzero"`   // when the call to the platform was begun; see CallReport
	Problem  string      `json:"problem,omitempty"` // why it is not sent, for people
}
