package review

// Status is where a case stands. Every status's comment says who moves it on
// and what a crash leaves behind.
type Status string

// The statuses of a case.
const (
	// Seeded is history: no thread, no clock. A person's `open` or the
	// customer's edit moves it to New. A crash leaves it as it is.
	Seeded Status = "seeded"
	// New is accepted, its thread not open yet. The announce work moves it to
	// Open; after a crash that work is due again and looks for the thread
	// before it posts one.
	New Status = "new"
	// Open has a thread and no current text. A person's verdict, hold or own
	// text, or an arriving draft moves it. A crash during drafting leaves the
	// draft work due again.
	Open Status = "open"
	// Held waits for facts, a lead or an incident's fact sheet. A person's
	// release moves it to Open.
	Held Status = "held"
	// Drafted has a current text on its card. People redraft, edit, discard or
	// approve it; the last approval of the quorum moves it to Approved.
	Drafted Status = "drafted"
	// Approved waits in the outbox until its time. Undo moves it back to
	// Drafted, the publish work on to Publishing or HandedOver; after a crash
	// that work is still due.
	Approved Status = "approved"
	// Publishing has its intent recorded; the platform call may be in flight.
	// A crash leaves it here, and the publish work reads the platform back
	// before it decides anything.
	Publishing Status = "publishing"
	// HandedOver has its approved text with a person who posts it by hand.
	// "I posted it" moves it to Published.
	HandedOver Status = "handed_over"
	// Published was taken by the platform, maybe into moderation. The verify
	// work moves it to Live, Rejected or, where nothing can be read, Closed.
	Published Status = "published"
	// Live was seen on the platform. It closes when nothing is open any more.
	Live Status = "live"
	// Rejected is not up as approved, and the reason is known. People go back
	// to the draft or close.
	Rejected Status = "rejected"
	// Unreconciled: nobody knows whether the reply went up. A read-back or a
	// person's "it is up" / "it is not" moves it; nothing else is tried.
	Unreconciled Status = "unreconciled"
	// Closed is done, with an outcome. A person's reopen or the customer's
	// edit moves it to Open.
	Closed Status = "closed"
)

// Statuses lists all of them in the order of a case's life.
var Statuses = []Status{Seeded, New, Open, Held, Drafted, Approved, Publishing, HandedOver, Published, Live, Rejected, Unreconciled, Closed}

// Verdict is the triage decision.
type Verdict string

// The verdicts.
const (
	Undecided      Verdict = ""
	VerdictReply   Verdict = "reply"   // fair: answer it in public
	VerdictThank   Verdict = "thank"   // praise: a short thank-you
	VerdictPrivate Verdict = "private" // not in public, with a reason
	VerdictReport  Verdict = "report"  // unfair by the platform's own rules; a reply stays possible
	VerdictSilent  Verdict = "silent"  // a troll: reason and a second person; expires
	VerdictHold    Verdict = "hold"    // facts are needed first
	VerdictNone    Verdict = "none"    // nothing to say, star-only
)

// Verdicts lists the decisions that people can take.
var Verdicts = []Verdict{VerdictReply, VerdictThank, VerdictPrivate, VerdictReport, VerdictSilent, VerdictHold, VerdictNone}

// ParseVerdict reads a verdict's name.
func ParseVerdict(s string) (Verdict, error) {
	for _, v := range Verdicts {
		if string(v) == s {
			return v, nil
		}
	}
	return Undecided, &InputError{Field: "verdict", Problem: "is one of reply, thank, private, report, silent, hold or none"}
}

// Goal is what an answer should achieve first.
type Goal string

// The goals.
const (
	NoGoal      Goal = ""
	GoalRecover Goal = "recover" // win this customer back
	GoalInform  Goal = "inform"  // tell the many who read along
	GoalProtect Goal = "protect" // keep the next customer from the same
)

// ParseGoal reads a goal's name.
func ParseGoal(s string) (Goal, error) {
	switch g := Goal(s); g {
	case GoalRecover, GoalInform, GoalProtect:
		return g, nil
	}
	return NoGoal, &InputError{Field: "goal", Problem: "is one of recover, inform or protect"}
}

// Sensitivity is a class of reviews that a lead must look at before anything
// is drafted.
type Sensitivity string

// The sensitive classes.
const (
	Ordinary   Sensitivity = ""
	Health     Sensitivity = "health"
	Safety     Sensitivity = "safety"
	Legal      Sensitivity = "legal"
	Minors     Sensitivity = "minors"
	StaffNamed Sensitivity = "staff_named"
	Press      Sensitivity = "press"
)

// Heat is how heated a review is.
type Heat int

// The levels of heat.
const (
	Calm Heat = iota
	Upset
	Heated
)

// String names the level.
func (h Heat) String() string {
	switch h {
	case Upset:
		return "upset"
	case Heated:
		return "heated"
	}
	return "calm"
}

// Outcome is how a closed case ended.
type Outcome string

// The outcomes.
const (
	NoOutcome      Outcome = ""
	OutcomeReplied Outcome = "replied"
	OutcomePrivate Outcome = "private"
	OutcomeSilent  Outcome = "silent"
	OutcomeNothing Outcome = "nothing_to_say"
	OutcomeRemoved Outcome = "removed" // the review is gone from its platform
	OutcomeGivenUp Outcome = "given_up"
)
