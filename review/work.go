package review

import "time"

// WorkKind names a kind of durable work.
type WorkKind string

// The kinds of work that follow from a case. Storage keeps them in one table
// with the state they follow from; the desk has one worker function for each.
const (
	WorkAnnounce WorkKind = "announce" // open the thread
	WorkCards    WorkKind = "cards"    // bring the chat's cards up to the case
	WorkTriage   WorkKind = "triage"   // ask for claims, language, heat
	WorkDraft    WorkKind = "draft"    // ask for a draft
	WorkJudge    WorkKind = "judge"    // read a person's text a second time
	WorkPublish  WorkKind = "publish"  // leave the outbox
	WorkVerify   WorkKind = "verify"   // read the live state back
	WorkSettle   WorkKind = "settle"   // close a live case with nothing open
	WorkExpire   WorkKind = "expire"   // end a silence
	WorkRemind   WorkKind = "remind"   // a clock or promise is half over
	WorkEscalate WorkKind = "escalate" // a clock or promise is over
	WorkFollowUp WorkKind = "follow_up"
	WorkReport   WorkKind = "report"   // send a report of an unfair review
	WorkPoll     WorkKind = "poll"     // of a source
	WorkLook     WorkKind = "look"     // whether the review still stands as we know it
	WorkDigest   WorkKind = "digest"   // of a period
	WorkCause    WorkKind = "cause"    // whether one cause comes too often
	WorkIncident WorkKind = "incident" // look for one, or bring a case up to it
	WorkRecall   WorkKind = "recall"   // what other cases tell of one
)

// NoCase marks work of no case in a batch that also brings a new one, whose
// number 0 stands for otherwise.
const NoCase int64 = -1

// Work is something that is due at a time. Kind, case and key together are
// unique for ever: the same work is never done twice.
type Work struct {
	Kind WorkKind
	Case int64     // 0 for work of no case; filled in by storage for a new case, see NoCase
	Key  string    // what tells this work from others of its kind and case
	Due  time.Time // not before
	Text string    // what the worker needs besides: an instruction, a name
	// Again re-arms work of this kind, case and key that was done, or marks it
	// to run once more when it is being done: for work that means "bring up to
	// date". Without it a second insertion changes nothing.
	Again bool
}
