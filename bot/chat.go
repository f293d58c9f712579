package bot

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/review"
)

// Place says where a card stands.
type Place struct {
	Channel string // the chat's own name of the channel; "" for its default
	Thread  string // the reference of the parent card; "" opens a new thread
	Case    int64
	Key     string // which of the case's cards this is: "parent", "draft-3"
	Quiet   bool   // must not notify anybody: praise, a burst
	// Review is the review's id on its platform. A chat that can mark a message
	// carries it, so that other programs find the card of a review.
	Review string
	// Hash is that of the card which goes there, from a caller who has it at
	// hand; see [Place.HashOf].
	Hash review.Digest
}

// HashOf is the hash of the card that goes to this place.
func (p Place) HashOf(card Card) review.Digest {
	if p.Hash.IsZero() {
		return card.Hash()
	}
	return p.Hash
}

// ID is the card's name within the whole installation: chats that can mark a
// message carry it, so that a lost answer can be looked for.
func (p Place) ID() string { return "case-" + strconv.FormatInt(p.Case, 10) + "-" + p.Key }

// Chat is a place where a team talks: the web console, Slack, Discord. The
// desk calls it from its workers only, one call at a time for each case and
// chat, and keeps what it returns. Every implementation passes bot/bottest.
//
// Errors are [*ChatError]; anything else counts as [ErrUnknown].
type Chat interface {
	// Name is "console", "slack" or "discord".
	Name() string
	// Post puts a new card and returns its reference. It tries once.
	Post(ctx context.Context, at Place, card Card) (ref string, err error)
	// Find looks for a card that was posted at this place, by Place.ID; the
	// desk calls it before it repeats a Post whose answer was lost.
	Find(ctx context.Context, at Place) (ref string, found bool, err error)
	// Update draws the card anew.
	Update(ctx context.Context, at Place, ref string, card Card) error
	// Serve takes presses, commands and messages to the desk until ctx ends.
	Serve(ctx context.Context) error
}

// The kinds of a chat's failure.
var (
	// ErrUnknown: the answer was lost; the card may or may not stand there.
	ErrUnknown = errors.New("the chat's answer was lost")
	// ErrUnreachable: certainly nothing happened; it may work later.
	ErrUnreachable = errors.New("the chat is out of reach")
	// ErrLimited: the chat asks to wait.
	ErrLimited = errors.New("the chat asks us to wait")
	// ErrMisconfigured: a person must do something: a missing channel, a
	// revoked token, a missing right.
	ErrMisconfigured = errors.New("the chat needs attention")
	// ErrGone: the card or its thread was deleted.
	ErrGone = errors.New("the card is gone")
)

// ChatError is a chat's failure with what people should know of it.
type ChatError struct {
	Kind   error         // one of the above
	Chat   string        // which chat
	Reason string        // for people, without secrets: "the channel #reviews is archived"
	After  time.Duration // how long to wait, 0 if the chat does not say
	Err    error
}

func (e *ChatError) Error() string {
	s := e.Chat + ": " + e.Kind.Error()
	if e.Reason != "" {
		s += ": " + e.Reason
	}
	return s
}

// Is matches the error's kind.
func (e *ChatError) Is(target error) bool { return target == e.Kind }

// Unwrap gives what lies beneath.
func (e *ChatError) Unwrap() error { return e.Err }

// ThreadKeeper is a chat whose threads themselves show how their case stands:
// open or in the archive, with tags. The desk calls it after a case's cards
// are drawn; calling it again with the same state changes nothing.
type ThreadKeeper interface {
	// KeepThread makes the thread below the parent card show the state. Errors
	// are [*ChatError]; a thread that somebody deleted is none.
	KeepThread(ctx context.Context, at Place, parent string, s ThreadState) error
}

// ThreadState is what a thread shows of its case.
type ThreadState struct {
	Status string // as in review.Status: "open", "drafted"
	Stars  int    // 1 to 5, 0 for a review without
	Closed bool
}

// Picture goes with a card. Whoever cannot see it reads Alt, which says the
// same in words.
type Picture struct {
	Name string // of the file, "digest.png"
	PNG  []byte
	Alt  string
}

// Pictures is a chat that can show a picture with a card. A chat that finds
// that it cannot, because a permission is missing, posts the card without it:
// the words never wait for the picture.
type Pictures interface {
	// PostPicture is Post with a picture below the card's words; [Chat.Find]
	// finds the card in the same way, and [Chat.Update] may take the picture
	// away.
	PostPicture(ctx context.Context, at Place, card Card, picture Picture) (ref string, err error)
}
