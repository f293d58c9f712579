// Package sources defines what a review platform looks like to the rest of
// evenkeel. Each platform is a package below this one that implements
// [Source]; what it can do it says in its [Capabilities], and abilities that
// only some have are small interfaces of their own ([Replier], [Reader], …).
// Every implementation passes the contract suite in sources/sourcetest.
//
// A source keeps no state of its own: where it stands in a platform's list is
// a [Cursor] that storage keeps for it, committed together with the reviews
// that came before it. A review that was returned but whose cursor was not
// committed is returned again; intake is idempotent.
//
// Calls that change something on the platform ([Replier.Reply], …) are made
// once and never retried inside a source: whether to repeat is the desk's
// decision, after looking.
package sources

import (
	"context"
	"encoding/json"
	"time"

	"github.com/evenkeel/evenkeel/review"
)

// Unit is how a platform counts the length of a reply.
type Unit string

// The units.
const (
	Runes Unit = "runes" // Unicode code points
	Bytes Unit = "bytes" // of UTF-8
	UTF16 Unit = "utf16" // UTF-16 code units
)

// Capabilities is what one configured source can do. It is fixed once the
// source is made.
type Capabilities struct {
	List         bool // reviews can be polled
	Reply        bool // replies can be published by API; else people post by hand
	EditReply    bool // a published reply can be replaced
	DeleteReply  bool
	OneReply     bool // one reply ever: a second attempt is refused for good
	ReadBack     bool // the live state of a reply can be read
	Report       bool // unfair reviews can be reported by API
	Grounds      []Ground
	MaxReply     int // in Unit; 0 = no known limit
	Unit         Unit
	Moderated    bool          // replies may wait for, and fail, moderation
	SeesEdits    bool          // the platform says when a review was changed
	SeesRemovals bool          // a missing review can be told from one out of reach
	Window       time.Duration // how far back the list goes; 0 = for ever
	MinPoll      time.Duration // never poll more often
	Settle       time.Duration // how long after a lost answer a reply may still appear
	Similar      bool          // the platform refuses replies that resemble earlier ones
}

// Ground is a reason for which the platform takes reports.
type Ground struct{ ID, Label string }

// Cursor is a source's place in its platform's list: opaque, versioned JSON.
// The zero Cursor is the beginning.
type Cursor = json.RawMessage

// Page is one step of polling.
type Page struct {
	Reviews []review.Review // oldest first where the platform allows
	Next    Cursor
	More    bool // poll again at once
}

// Source is a configured connection to a review platform.
type Source interface {
	// Name is the name from the playbook; it is the Source part of every
	// review's key.
	Name() string
	// Platform names the platform for rules and words: "google", "simulator".
	Platform() string
	Capabilities() Capabilities
}

// Poller is a source whose reviews can be listed.
type Poller interface {
	Source
	// Poll returns reviews that are new or changed since cur. It may return
	// reviews that were returned before. Errors match one of this package's.
	Poll(ctx context.Context, cur Cursor) (Page, error)
}

// Reader is a source from which one review can be read, with the reply that
// stands there now.
type Reader interface {
	Source
	// Get reads the review as it is now. ErrNotFound means the platform says
	// that it does not exist.
	Get(ctx context.Context, key review.Key) (review.Review, error)
}

// Receipt is the platform's yes to a reply.
type Receipt struct {
	ID, URL string
	State   review.ReplyState // live or pending
}

// Replier is a source that takes replies.
type Replier interface {
	Source
	// Reply publishes text under the review, or replaces the reply there where
	// the platform allows it. idempotency names this attempt for platforms
	// that know such keys. It is one call: an error matching ErrUnknown means
	// that nobody knows whether it worked, ErrAlready that the same or another
	// reply stands there, the other errors that it certainly did not work.
	Reply(ctx context.Context, key review.Key, text, idempotency string) (Receipt, error)
}

// Remover is a source whose replies can be taken down.
type Remover interface {
	Source
	DeleteReply(ctx context.Context, key review.Key) error
}

// Reporter is a source that takes reports of unfair reviews by API.
type Reporter interface {
	Source
	Report(ctx context.Context, key review.Key, ground, note string) error
}
