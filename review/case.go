package review

import (
	"slices"
	"strconv"
	"time"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Case is the team's handling of one review.
type Case struct {
	ID      int64  `json:"-"`
	Version int64  `json:"-"` // storage compares and sets it; 0 before the first commit
	Status  Status `json:"-"`
	Review  Review `json:"-"` // its current revision

	Verdict   Verdict   `json:"verdict,omitempty"`
	Reason    string    `json:"reason,omitempty"`  // for the verdict, where one is needed
	Pending   *Proposal `json:"pending,omitempty"` // a verdict that waits for a second person
	Goal      Goal      `json:"goal,omitempty"`
	Owner     PersonID  `json:"owner,omitempty"`
	OwnerName string    `json:"owner_name,omitempty"`

	Language  string      `json:"language,omitempty"` // as found by triage, when the platform does not say
	Heat      Heat        `json:"heat,omitempty"`
	Spreading bool        `json:"spreading,omitempty"` // a person said so: shorter clock
	Class     Sensitivity `json:"class,omitempty"`
	Cleared   bool        `json:"cleared,omitempty"` // a lead released it although it is sensitive
	Claims    []Claim     `json:"claims,omitempty"`
	Topics    []string    `json:"topics,omitempty"`
	Cause     string      `json:"cause,omitempty"`
	CauseBy   PersonID    `json:"cause_by,omitempty"` // who named it, "" for triage
	Suspect   bool        `json:"suspect,omitempty"`  // looks like instructions to a machine
	Triaged   string      `json:"triaged,omitempty"`  // who made the suggestion: a model's name or "rules"
	Suggested Verdict     `json:"suggested,omitempty"`
	HeldFor   string      `json:"held_for,omitempty"`

	Questions     []Question `json:"questions,omitempty"`
	Facts         []Fact     `json:"facts,omitempty"`
	FactsRevision int        `json:"facts_revision,omitempty"`

	Wanted    int        `json:"wanted,omitempty"`   // drafts asked for so far
	Drafting  bool       `json:"drafting,omitempty"` // the last one asked for is not here yet
	Trouble   string     `json:"trouble,omitempty"`  // why the last draft failed; the card is a checklist then
	Drafts    int        `json:"drafts,omitempty"`   // drafts made so far
	Draft     *Draft     `json:"draft,omitempty"`    // the current text
	Waivers   []Waiver   `json:"waivers,omitempty"`
	Approvals []Approval `json:"approvals,omitempty"` // of the current binding only
	PublishAt time.Time  `json:"publish_at,omitzero"` // end of the time in the outbox
	Reply     *Reply     `json:"reply,omitempty"`     // the attempt that is on the platform, or on its way
	Outdated  bool       `json:"outdated,omitempty"`  // the reply up there answers an earlier revision

	Tokens int     `json:"tokens,omitempty"` // that language models took for this case so far
	Cost   float64 `json:"cost,omitempty"`   // of them, in the currency of the models' prices

	Clock    Clock     `json:"clock,omitzero"`
	Nudges   []Nudge   `json:"nudges,omitempty"`
	Promises []Promise `json:"promises,omitempty"`
	Benefits []Benefit `json:"benefits,omitempty"`
	Reaches  []Reach   `json:"reaches,omitempty"`
	Reports  []Report  `json:"reports,omitempty"`
	// Theirs is a reply that somebody else wrote on the platform itself, as it
	// was found when ours was about to go out; nil when there was none.
	Theirs *PlatformReply `json:"theirs,omitempty"`
	Turns  []Turn         `json:"turns,omitempty"`  // what became of the review later on
	Rounds int            `json:"rounds,omitempty"` // replies that were published
	// Elsewhere counts the public rounds with this reviewer in other cases, as
	// of the last look.
	Elsewhere int     `json:"elsewhere,omitempty"`
	Similar   []int64 `json:"similar,omitempty"`  // cases that tell of the same, see Recall
	Incident  string  `json:"incident,omitempty"` // number of the one it belongs to
	Sheet     int     `json:"sheet,omitempty"`    // version of that incident's fact sheet among the facts

	Removed     time.Time `json:"removed,omitzero"` // when the review was found gone
	SilentUntil time.Time `json:"silent_until,omitzero"`
	Outcome     Outcome   `json:"outcome,omitempty"`
	Opened      time.Time `json:"opened,omitzero"`
	Changed     time.Time `json:"changed,omitzero"`
	ClosedAt    time.Time `json:"closed_at,omitzero"`
}

// Proposal is a verdict that one person gave and a second must confirm.
type Proposal struct {
	Verdict Verdict   `json:"verdict"`
	Reason  string    `json:"reason"`
	By      PersonID  `json:"by"`
	Name    string    `json:"name"`
	At      time.Time `json:"at"`
}

// Ref is how people name the case: "#42".
func (c Case) Ref() string { return "#" + strconv.FormatInt(c.ID, 10) }

// Lang is the review's language as the platform or, failing that, triage has it.
func (c Case) Lang() string {
	if c.Review.Language != "" {
		return c.Review.Language
	}
	return c.Language
}

// StandingFacts are the facts that nobody took back.
func (c Case) StandingFacts() []Fact {
	return slices.DeleteFunc(slices.Clone(c.Facts), func(f Fact) bool { return f.Retracted })
}

// Binding is what an approval of the current text would be for, under the
// given rules; it is zero without a text.
func (c Case) Binding(p Policy) Binding {
	if c.Draft == nil {
		return Binding{}
	}
	return Binding{
		Text:     c.Draft.Hash(),
		Review:   c.Review.ContentHash(),
		Revision: c.Review.Revision,
		Facts:    c.FactsRevision,
		Account:  p.Account,
		Playbook: p.Playbook,
	}
}

// Author is the person whose words the current text is, "" when a machine
// wrote it.
func (c Case) Author() PersonID {
	if c.Draft == nil || c.Draft.Origin != FromPerson {
		return ""
	}
	return c.Draft.Author
}

// Standing are the findings that keep the current text from being approved:
// those that block and that nobody waived for these very words.
func (c Case) Standing() []Finding {
	if c.Draft == nil {
		return nil
	}
	return c.unwaived(c.Draft.Findings)
}

func (c Case) unwaived(findings []Finding) []Finding {
	var out []Finding
	hash := c.Draft.Hash()
	for _, f := range findings {
		waived := f.Waivable && slices.ContainsFunc(c.Waivers, func(w Waiver) bool {
			return w.Check == f.Check && w.Text == hash
		})
		if f.Level == Block && !waived {
			out = append(out, f)
		}
	}
	return out
}

// Gaps are the claims that no sentence of the current text answers. A text
// that nobody analysed has no known gaps.
func (c Case) Gaps() []Claim {
	if c.Draft == nil || c.Draft.Sentences == nil {
		return nil
	}
	covered := c.Draft.Covered()
	return slices.DeleteFunc(slices.Clone(c.Claims), func(cl Claim) bool { return covered[cl.N] })
}
