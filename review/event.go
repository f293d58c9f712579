package review

import "time"

// Event is one entry of the audit log: who did what to which case, when. It
// holds digests and ids; words stand beside it in Texts, where they can be
// erased without breaking the chain.
type Event struct {
	At     time.Time
	Case   int64 // 0 for what concerns no case
	Actor  string
	Verb   Verb
	From   Status // "" where there is none
	To     Status
	Detail map[string]string // ids, numbers, digests; never a person's or customer's words
	Texts  map[string]string // words by the name under which Detail holds their digest
}

// Change is what an action does to a case. Storage commits all of it or
// nothing, if the case's version is still Case.Version-1.
type Change struct {
	Case     Case
	Events   []Event
	Revision *Review   // a revision of the review to keep
	Draft    *Draft    // a new draft to keep
	Approval *Approval // a new approval to keep
	Reply    *Reply    // an attempt to keep, new or brought up to date, by binding
	Work     []Work    // what follows
}

// Policy is what the team's playbook and the review's source say for one case
// at one moment. Its values come from review/playbook and sources; the rules
// that use them are here.
type Policy struct {
	Playbook     string // version of the rules
	Account      string // where the reply will be posted
	Quorum       Quorum
	Solo         bool            // a team of one: the second person is replaced by a longer cool-off
	Pause        time.Duration   // how old a text must be before it can be approved
	CoolOff      time.Duration   // how long an approved text waits in the outbox
	SilentFor    time.Duration   // after which a silence ends
	SecondPerson []Verdict       // verdicts that two people must give
	CanReply     bool            // the platform takes replies by API; else people post by hand
	CanReadBack  bool            // the platform shows what is live
	VerifyAfter  time.Duration   // how long after publishing to look
	SettleAfter  time.Duration   // how long a live case stays before it closes
	Grants       [Lead + 1]int64 // how much each role may grant alone, in hundredths of the team's currency
}

// Occasion is who acts, when, under which rules.
type Occasion struct {
	Now    time.Time
	By     Actor
	Policy Policy
}
