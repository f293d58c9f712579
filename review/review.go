package review

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Key names one review on one platform for ever. Source is the name of the
// configured connection ("gbp-berlin"); the other parts belong to its
// connector and are opaque to everyone else.
type Key struct {
	Source   string `json:"source"`
	Account  string `json:"account,omitempty"`
	Location string `json:"location,omitempty"`
	ID       string `json:"id"`
}

// String is the key for logs and people; it is not parsed back.
func (k Key) String() string {
	parts := []string{k.Source}
	for _, p := range []string{k.Account, k.Location, k.ID} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, "/")
}

// Subject is what was reviewed: a product, a place, an app.
type Subject struct {
	Kind string `json:"kind,omitempty"` // "product", "location", "app", "order"
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
	URL  string `json:"url,omitempty"`
}

// ReplyState is what a platform says of a reply.
type ReplyState string

// The states of a reply on its platform.
const (
	ReplyLive    ReplyState = "live"    // readers can see it
	ReplyPending ReplyState = "pending" // taken, in moderation or being published
	ReplyRefused ReplyState = "refused" // moderation said no
)

// PlatformReply is a reply as the platform shows it now, whoever wrote it.
type PlatformReply struct {
	ID      string     `json:"id,omitempty"`
	Text    string     `json:"text"`
	State   ReplyState `json:"state"`
	Reason  string     `json:"reason,omitempty"` // the policy named with a refusal
	Updated time.Time  `json:"updated,omitzero"`
}

// Review is what a customer wrote, as it stood at one revision. All texts are
// a stranger's and are kept byte for byte; whoever shows them escapes them.
type Review struct {
	Key      Key             `json:"key"`
	Revision int             `json:"revision"` // 1 for the first text that was seen
	Rating   Rating          `json:"rating"`
	Title    string          `json:"title,omitempty"`
	Body     string          `json:"body,omitempty"`
	Language string          `json:"language,omitempty"` // BCP 47, "" when unknown
	Author   string          `json:"author,omitempty"`
	AuthorID string          `json:"author_id,omitempty"`
	Verified *bool           `json:"verified,omitempty"` // bought or visited; nil when the platform does not say
	Subject  Subject         `json:"subject,omitzero"`
	Created  time.Time       `json:"created,omitzero"`
	Updated  time.Time       `json:"updated,omitzero"` // zero when the platform does not say
	Seen     time.Time       `json:"seen,omitzero"`    // when this revision reached us
	Reply    *PlatformReply  `json:"reply,omitempty"`
	URL      string          `json:"url,omitempty"`
	ReplyURL string          `json:"reply_url,omitempty"` // where a person can answer by hand
	Erased   time.Time       `json:"erased,omitzero"`     // when its words were erased; they do not come back
	Raw      json.RawMessage `json:"-"`                   // as received, for support; never shown
}

// Bounds on what is taken from a platform. The longest real review seen has
// 4,689 characters; what is longer than these bytes is refused, not cut.
const (
	MaxBody   = 64 << 10
	MaxTitle  = 4 << 10
	MaxAuthor = 1 << 10
	MaxKey    = 512
)

// Valid says what keeps r from being accepted, or nothing.
func (r Review) Valid() error {
	switch {
	case r.Key.Source == "":
		return fmt.Errorf("the review names no source")
	case r.Key.ID == "":
		return fmt.Errorf("the review has no id")
	case len(r.Key.Source)+len(r.Key.Account)+len(r.Key.Location)+len(r.Key.ID) > MaxKey:
		return fmt.Errorf("the review's id is longer than %d bytes", MaxKey)
	case len(r.Body) > MaxBody:
		return fmt.Errorf("the review's text has %d bytes; at most %d are taken", len(r.Body), MaxBody)
	case len(r.Title) > MaxTitle:
		return fmt.Errorf("the review's title has %d bytes; at most %d are taken", len(r.Title), MaxTitle)
	case len(r.Author) > MaxAuthor:
		return fmt.Errorf("the author's name has %d bytes; at most %d are taken", len(r.Author), MaxAuthor)
	case r.Title == "" && r.Body == "" && (r.Rating.Kind == Unrated || r.Rating.Kind == ""):
		return fmt.Errorf("the review has neither text nor rating")
	}
	return r.Rating.Valid()
}

// ContentHash sums what the customer can change: rating, title and body. Two
// revisions with the same hash are the same text.
func (r Review) ContentHash() Digest {
	return DigestOf(string(r.Rating.Kind),
		strconv.FormatFloat(r.Rating.Value, 'g', -1, 64),
		strconv.FormatFloat(r.Rating.Max, 'g', -1, 64),
		r.Title, r.Body)
}

// Text is title and body as one text.
func (r Review) Text() string {
	if r.Title == "" || r.Body == "" {
		return r.Title + r.Body
	}
	return r.Title + "\n\n" + r.Body
}

// StarOnly tells that the customer left a mark and no words.
func (r Review) StarOnly() bool {
	return strings.TrimSpace(r.Title) == "" && strings.TrimSpace(r.Body) == ""
}

// Quiet tells praise and star-only reviews: they never become overdue and wait
// in the digest for `thank` or `none`.
func (r Review) Quiet() bool { return r.Rating.Positive() || r.StarOnly() }
