// Package storage defines what evenkeel keeps and how it is written: cases
// with their histories, the audit chain, the table of due work, the cards
// posted to chats, the cursors of sources. The two backends, storage/sqlite
// and storage/postgres, pass one suite, storage/storagetest.
//
// # One way to write
//
// Everything that belongs together is one [Batch] and is committed as a whole:
// a case's [review.Change], the work that follows, the work row that this
// write completes, the cards it posted. A change is compare-and-set on the
// case's version; completing work is compare-and-set on its fence. Storage
// decides nothing: the rules are in package review, and CHECKs in the schema
// repeat them as a second lock.
//
// Concurrent batches are committed in groups, one fsync for many. A batch that
// fails is told so and takes no other with it.
//
// # Work
//
// A row of work is due at a time, is claimed with a lease, and is unique by
// kind, case and key for ever, so the same work is never done twice. Each
// claim gives the row a higher fence; a completing write carries it, so a
// paused process that wakes after its lease was taken over changes nothing.
// What fails is due again later; nothing is ever deleted while undone.
package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/audit"
)

// The errors of storage. Anything else is the database's own trouble.
var (
	ErrNotFound = errors.New("not found")
	// ErrFenced: the work was taken over by somebody else; nothing was written.
	ErrFenced = errors.New("this work was taken over meanwhile")
	// ErrReused: a delivery id was seen before with another body.
	ErrReused = errors.New("this id was used before for something else")
	// ErrSeen: a delivery or press was seen before; nothing was written.
	ErrSeen = errors.New("this was seen before")
	// ErrUnsure: the database went away in the middle of a commit and did not
	// come back in time to say whether it was made. Trying the same batch again
	// is safe: it is refused if it was.
	ErrUnsure = errors.New("the database did not say whether this was written")
)

// ExistsError says that a review to be accepted has a case already. Nothing
// was written.
type ExistsError struct {
	Case int64
	Key  review.Key
}

func (e *ExistsError) Error() string {
	return fmt.Sprintf("review %s has a case already: #%d", e.Key, e.Case)
}

// Batch is one unit of writing. Every field is optional; all of it is
// committed or none.
type Batch struct {
	// Change is a move of a case, from review.Apply or review.Accept. For a new
	// case Commit fills in Change.Case.ID, and uses it wherever this batch says
	// case 0 in Work and Messages; review.NoCase stands for none. Errors: review.ErrConflict when the case's
	// version moved on, *ExistsError for a new case whose review has one.
	Change *review.Change
	// Work is put into the work table besides Change.Work.
	Work []review.Work
	// Claim, with a change that brings a new case, claims at once what the batch
	// asks to be done for that case, of these kinds, due by now: as the first
	// [Store.Claim] after it would. Commit puts the jobs into Claimed; Limit
	// means nothing here. Whoever asks must have a hand free for each of them.
	Claim   *Claim
	Claimed []Job
	// Done is the claimed work that this batch completes; ErrFenced if it was
	// taken over.
	Done *Job
	// Messages are cards posted or updated, inserted or replaced by case, chat
	// and key.
	Messages []Message
	// Source is a source's new state, replaced by name.
	Source *SourceState
	// Receipt is the id of a delivery or press that must be handled once:
	// ErrSeen or ErrReused if it was there.
	Receipt *Receipt
	// Setting changes a setting from one value to another: review.ErrConflict
	// when it is not what it was.
	Setting *Setting
	// Events are audit entries of no change: refusals, pauses, exports.
	Events []review.Event
	// Patient says that nobody waits for this batch: it may wait a moment, far
	// below a tenth of a second, to share the commit of one that somebody waits for.
	Patient bool
}

// Job is a claimed row of work.
type Job struct {
	ID       int64
	Kind     review.WorkKind
	Case     int64
	Key      string
	Text     string
	Due      time.Time
	Attempts int   // claims that may have had an effect, this one included: above 1, look before you repeat
	Failures int   // how often it was given back: back-off and giving up go by this, for a process that was killed says nothing of the work
	Fence    int64 // carried by every completing write
}

// Claim says which work to take.
type Claim struct {
	Worker string            // who takes it, for the log
	Kinds  []review.WorkKind // of these kinds only
	Now    time.Time
	Lease  time.Duration // how long until others may take it over
	Limit  int
}

// Message is a card that the bot posted, or is about to post, to a chat.
type Message struct {
	Case   int64         `json:"case"`
	Chat   string        `json:"chat"`
	Key    string        `json:"key"`  // which of the case's cards: "parent", "draft-3"
	Ref    string        `json:"ref"`  // the chat's address of it; "" while only intended
	Hash   review.Digest `json:"hash"` // of the card as last drawn
	Posted time.Time     `json:"posted"`
}

// SourceState is what is kept of a source between polls.
type SourceState struct {
	Name      string
	Cursor    json.RawMessage
	Polled    time.Time // last attempt
	Succeeded time.Time // last success
	Failures  int       // in a row
	Problem   string    // the last failure for people, "" when well
	Announced bool      // people were told that it is broken
	Waits     time.Time // it is left alone until then: its platform's wish or quota
}

// Wording is the latest text of a case.
type Wording struct {
	Case   int64
	Status review.Status
	Agreed time.Time // when the last yes to it was given, zero without one
	Text   string
}

// Receipt is proof that a delivery or press was handled.
type Receipt struct {
	Scope string // "webhook:shop", "slack"
	ID    string
	Body  review.Digest // the same id with another body is ErrReused; zero does not compare
	At    time.Time
}

// Setting is a change of a small durable value.
type Setting struct {
	Name   string
	Before string // what it must be; "" when it must not be set
	Value  string
}

// Query selects cases. Zero fields do not restrict.
type Query struct {
	Status   []review.Status
	Source   string
	Owner    review.PersonID
	Critical bool   // rated below 3.5 of 5 only
	Cause    string // of this cause only, in the spelling of review.PlainCause
	Tasks    bool   // with open tasks only, see review.Case.Tasks
	After    int64  // paging: ids below this one (newest first); 0 = from the newest
	Oldest   bool   // oldest first; After then means ids above
	Limit    int    // at most this many, 0 = 50, never more than 1000
}

// SeedResult counts what [Store.Seed] did.
type SeedResult struct {
	Added      int
	Duplicates int
	Changed    []review.Review // reviews known with other words: not written, the desk revises them
	Cases      []int64         // ids of the added cases, in the order given
}

// Note is one message that the console shows, see bot/webconsole.
type Note struct {
	ID      int64
	Thread  int64 // the note that began the thread, 0 for a channel's own
	Channel string
	Key     string // unique within the console: posting twice with one key is once
	Case    int64
	Author  string // "" for the bot, else a person's name
	Body    json.RawMessage
	At      time.Time
	Edited  time.Time
}

// Session is a person's sign-in to the console, or an invitation to one.
type Session struct {
	Token   review.Digest // hash of the secret; the secret itself is not kept
	Person  review.Person
	Invite  bool // a one-time link, spent by signing in
	Created time.Time
	Expires time.Time
}

// Store is a database. All methods are safe for concurrent use.
type Store interface {
	Numbers

	// Commit writes b as a whole. See [Batch] for its errors.
	Commit(ctx context.Context, b *Batch) error
	// Seed adds many historic reviews at once, with one audit entry for all.
	Seed(ctx context.Context, reviews []review.Change, entry review.Event) (SeedResult, error)

	// Case reads a case with its current review; ErrNotFound.
	Case(ctx context.Context, id int64) (review.Case, error)
	// CaseOf reads the case of a review; ErrNotFound.
	CaseOf(ctx context.Context, key review.Key) (review.Case, error)
	// Cases lists cases, newest first unless the query says otherwise.
	Cases(ctx context.Context, q Query) ([]review.Case, error)
	// CountByStatus counts all cases.
	CountByStatus(ctx context.Context) (map[review.Status]int, error)
	// Revisions, Drafts, Approvals and Replies are a case's histories, oldest first.
	Revisions(ctx context.Context, id int64) ([]review.Review, error)
	Drafts(ctx context.Context, id int64) ([]review.Draft, error)
	Approvals(ctx context.Context, id int64) ([]review.Approval, error)
	Replies(ctx context.Context, id int64) ([]review.Reply, error)
	// RecentReplies are the newest published texts of a source, newest first.
	RecentReplies(ctx context.Context, source string, limit int) ([]review.Reply, error)
	// Wordings are the latest texts of a source's cases in these statuses, of the
	// newest cases first and at most limit of each status. Cases without a text
	// are left out. It reads no whole case, so a press can afford it.
	Wordings(ctx context.Context, source string, status []review.Status, limit int) ([]Wording, error)

	// Events are audit entries with a sequence above after, oldest first; of
	// one case when id is not 0.
	Events(ctx context.Context, id, after int64, limit int) ([]audit.Entry, error)
	// Texts are the words beside an audit entry, by name; erased ones are absent.
	Texts(ctx context.Context, seq int64) (map[string]string, error)
	// Head is the last audit entry's sequence and hash; 0 and none when empty.
	Head(ctx context.Context) (int64, review.Digest, error)

	// Claim takes due work, oldest first, and leases it. With an error it gives
	// none: who did work that was not written down as theirs could do it twice.
	Claim(ctx context.Context, c Claim) ([]Job, error)
	// Retry gives claimed work back, to be due at a later time; ErrFenced. Its
	// Attempts are kept: who knows that this one had no effect counts it out.
	Retry(ctx context.Context, j Job, due time.Time, problem string) error
	// Extend prolongs a lease; ErrFenced.
	Extend(ctx context.Context, j Job, until time.Time) error
	// NextDue is when the next work of these kinds is due or its lease ends;
	// ok is false when there is none.
	NextDue(ctx context.Context, kinds []review.WorkKind) (due time.Time, ok bool, err error)
	// Pending counts undone work by kind, and the oldest due time.
	Pending(ctx context.Context) (map[review.WorkKind]PendingWork, error)
	// Wake is a channel that receives after a commit of this process inserted
	// work or made it due. It is never closed and drops what nobody reads.
	Wake() <-chan struct{}
	// Woken are the kinds of that work since the last call, so that nobody has
	// to ask for the others.
	Woken() []review.WorkKind
	// DueKinds tells of which of these kinds there is work that could be claimed now.
	DueKinds(ctx context.Context, kinds []review.WorkKind, now time.Time) ([]review.WorkKind, error)

	// Received tells whether a receipt is kept, and of which body.
	Received(ctx context.Context, scope, id string) (body review.Digest, ok bool, err error)

	// Messages are the cards of a case; all of a chat's when id is 0.
	Messages(ctx context.Context, id int64, chat string) ([]Message, error)
	// Message is one card; ErrNotFound.
	Message(ctx context.Context, id int64, chat, key string) (Message, error)
	// CaseOfMessage finds the case to which a chat's message belongs; ErrNotFound.
	CaseOfMessage(ctx context.Context, chat, ref string) (int64, error)

	// Sources are the kept states of all sources.
	Sources(ctx context.Context) ([]SourceState, error)
	// Setting and SetSetting keep small durable switches ("paused"); "" when unset.
	Setting(ctx context.Context, name string) (string, error)
	SetSetting(ctx context.Context, name, value string, e review.Event) error

	// Spend books what language models took on a day ("2026-05-03") and returns
	// the day's sums afterwards, over all replicas. Negative amounts give back;
	// no sum falls below nothing. Spend of nothing asks for the sums.
	Spend(ctx context.Context, day string, add Spending) (Spending, error)

	// The console's messages.
	PutNote(ctx context.Context, n Note) (Note, error) // by key: the one that is there wins
	EditNote(ctx context.Context, id int64, body json.RawMessage, at time.Time) error
	NoteByKey(ctx context.Context, key string) (Note, error)
	Notes(ctx context.Context, channel string, thread, after int64, limit int) ([]Note, error)

	// The console's sessions and invitations.
	PutSession(ctx context.Context, s Session) error
	Session(ctx context.Context, token review.Digest) (Session, error)
	// SpendInvite turns an invitation into a session, once; ErrNotFound.
	SpendInvite(ctx context.Context, invite review.Digest, s Session) error
	DropSession(ctx context.Context, token review.Digest) error

	// Prune deletes receipts, spent sessions and done work older than the time.
	Prune(ctx context.Context, before time.Time) (int64, error)
	// Ping checks that the database answers and takes writes.
	Ping(ctx context.Context) error
	Close() error
}

// Spending is what language models took.
type Spending struct {
	Tokens int64
	Cost   int64 // in millionths of the currency of the models' prices
}

// PendingWork is the undone work of one kind.
type PendingWork struct {
	Count  int
	Oldest time.Time // due time of the oldest
	Tried  int       // of these, how many have failed at least once
}
