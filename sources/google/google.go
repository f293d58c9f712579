// Package google reads and answers reviews on Google Business Profile, through
// the My Business API v4.
//
// The vendor's pages, on which everything here rests:
// https://developers.google.com/my-business/reference/rest/v4/accounts.locations.reviews,
// .../v4/accounts.locations/batchGetReviews and
// https://developers.google.com/my-business/content/latest-updates.
//
// # What is particular
//
//   - Lists go newest change first and know no "since"; package sweep reads
//     them. One location has a list of its own, several are asked for together,
//     see [Source.Poll].
//   - A mark is a word, a review may have no text and no name, and never has a
//     title or a language.
//   - Publishing is not final: a reply is PENDING and then APPROVED or REJECTED,
//     with the policy that it breaks. Whoever replies again replaces.
//   - A reply has at most 4096 bytes.
package google

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/google/apierror"
	"github.com/evenkeel/evenkeel/sources/sweep"
	"github.com/evenkeel/evenkeel/sources/wire"
)

// Scope is the permission that a sign-in must give.
const Scope = "https://www.googleapis.com/auth/business.manage"

// DefaultBase is where the API lives.
const DefaultBase = "https://mybusiness.googleapis.com"

// MaxReply bounds a reply in bytes of UTF-8.
const MaxReply = 4096

// pageSize is the most reviews that the API gives at once.
const pageSize = 50

// DefaultBatch is how many locations are asked for together. The API's limit
// stands at 50 in one place of its pages and at 200 in another; 50 fits both.
const DefaultBatch = 50

// Location is a place that customers review.
type Location struct {
	ID   string // digits
	Name string // for people; may be empty
}

// Tokens puts an access token on requests; [*oauth.Source] does.
type Tokens interface {
	Authorize(r *http.Request) error
	Forget()
	Hide(text string) string
}

// Settings configure a [Source].
type Settings struct {
	Name      string // from the playbook
	Account   string // digits
	Locations []Location
	Tokens    Tokens

	Base      string           // "" = DefaultBase
	Batch     int              // locations asked for together; 0 = DefaultBatch
	MinPoll   time.Duration    // 0 = 5 min
	Timeout   time.Duration    // of one call; 0 = wire's default
	RetryWait time.Duration    // between attempts of a read; 0 = wire's default
	MaxBody   int64            // bytes taken of one answer; 0 = wire's default
	Now       func() time.Time // nil = time.Now
}

// Source is a configured connection to Google Business Profile.
type Source struct {
	set   Settings
	wire  *wire.Client
	plan  sweep.Plan
	names map[string]string // of locations, by id
}

var (
	_ sources.Poller  = (*Source)(nil)
	_ sources.Reader  = (*Source)(nil)
	_ sources.Replier = (*Source)(nil)
	_ sources.Remover = (*Source)(nil)
)

// New makes a source; the error says which setting is wrong.
func New(set Settings) (*Source, error) {
	s := &Source{names: map[string]string{}}
	switch {
	case set.Name == "":
		return nil, errors.New("a Google source needs a name")
	case set.Tokens == nil:
		return nil, errors.New("a Google source needs a sign-in")
	case !number(set.Account):
		return nil, errors.New("account is the number of the business account, as in accounts/123")
	case len(set.Locations) == 0:
		return nil, errors.New("locations names at least one place, as in 456 or \"456 Harbour Street\"")
	}
	for _, l := range set.Locations {
		if !number(l.ID) {
			return nil, fmt.Errorf("%q is no location; write its number, and a name behind it if you like", l.ID)
		}
		if _, twice := s.names[l.ID]; twice {
			return nil, fmt.Errorf("location %s stands there twice", l.ID)
		}
		s.names[l.ID] = l.Name
	}
	if set.Base == "" {
		set.Base = DefaultBase
	}
	if set.Batch <= 0 {
		set.Batch = DefaultBatch
	}
	if set.MinPoll <= 0 {
		set.MinPoll = 5 * time.Minute
	}
	client, err := wire.New(wire.Config{
		Source: set.Name, Base: set.Base,
		Authorize: set.Tokens.Authorize, Hide: set.Tokens.Hide,
		Explain: func(status int, body []byte) (string, error) {
			if status == http.StatusUnauthorized {
				set.Tokens.Forget() // revoked before its time
			}
			return apierror.Explain(status, body)
		},
		Delay:   apierror.Delay,
		Timeout: set.Timeout, RetryWait: set.RetryWait, MaxBody: set.MaxBody, Now: set.Now,
	})
	if err != nil {
		return nil, err
	}
	s.set, s.wire = set, client
	s.plan = sweep.Plan{Source: set.Name, Now: set.Now}
	return s, nil
}

func number(s string) bool {
	return s != "" && len(s) < 40 && strings.Trim(s, "0123456789") == ""
}

// Name is the name from the playbook.
func (s *Source) Name() string { return s.set.Name }

// Platform is "google".
func (s *Source) Platform() string { return "google" }

// Capabilities are those of the platform.
func (s *Source) Capabilities() sources.Capabilities {
	return sources.Capabilities{
		List: true, Reply: true, EditReply: true, DeleteReply: true, ReadBack: true,
		MaxReply: MaxReply, Unit: sources.Bytes, Moderated: true,
		SeesEdits: true, SeesRemovals: true,
		MinPoll: s.set.MinPoll,
		// How soon a reply shows after a lost answer is not documented.
		Settle: 30 * time.Second,
	}
}

// Get reads the review as it is now.
func (s *Source) Get(ctx context.Context, key review.Key) (review.Review, error) {
	path, err := s.path("read", key)
	if err != nil {
		return review.Review{}, err
	}
	var raw json.RawMessage
	if err := s.wire.Read(ctx, "read", path, nil, &raw); err != nil {
		return review.Review{}, err
	}
	it, err := s.item(raw)
	if err != nil || it.Review.Key.ID != key.ID {
		return review.Review{}, s.fail(sources.ErrTransient, "read", "the answer is not the review that was asked for")
	}
	return it.Review, nil
}

// Reply publishes text, or replaces the reply there.
func (s *Source) Reply(ctx context.Context, key review.Key, text, _ string) (sources.Receipt, error) {
	path, err := s.path("reply", key)
	if err != nil {
		return sources.Receipt{}, err
	}
	var got replyJSON
	if err := s.wire.Write(ctx, "reply", http.MethodPut, path+"/reply", nil, map[string]string{"comment": text}, &got); err != nil {
		return sources.Receipt{}, err
	}
	out := sources.Receipt{URL: got.URL, State: review.ReplyPending}
	if got.State == "APPROVED" {
		out.State = review.ReplyLive
	}
	return out, nil
}

// DeleteReply takes the reply down.
func (s *Source) DeleteReply(ctx context.Context, key review.Key) error {
	path, err := s.path("delete", key)
	if err != nil {
		return err
	}
	return s.wire.Write(ctx, "delete", http.MethodDelete, path+"/reply", nil, nil, nil)
}

// path is where a review lives. Keys that people brought along by hand may lack
// account and location where there is one only.
func (s *Source) path(op string, key review.Key) (string, error) {
	account, location := key.Account, key.Location
	if account == "" {
		account = s.set.Account
	}
	if location == "" && len(s.set.Locations) == 1 {
		location = s.set.Locations[0].ID
	}
	if !number(account) || !number(location) || key.ID == "" || strings.Trim(key.ID, ".") == "" {
		return "", s.fail(sources.ErrNotFound, op, "no review of Google's has this id")
	}
	return s.place(account, location) + "/reviews/" + url.PathEscape(key.ID), nil
}

func (s *Source) place(account, location string) string {
	return "v4/accounts/" + account + "/locations/" + location
}

func (s *Source) fail(kind error, op, reason string) error {
	return &sources.Error{Kind: kind, Source: s.set.Name, Op: op, Reason: reason}
}

// reviewJSON is a review as the API gives it.
type reviewJSON struct {
	Name     string `json:"name"` // accounts/1/locations/2/reviews/AbF
	ID       string `json:"reviewId"`
	Reviewer struct {
		Name      string `json:"displayName"`
		Anonymous bool   `json:"isAnonymous"`
	} `json:"reviewer"`
	Stars    string     `json:"starRating"`
	Comment  string     `json:"comment"`
	Created  time.Time  `json:"createTime"`
	Updated  time.Time  `json:"updateTime"`
	Reply    *replyJSON `json:"reviewReply"`
	ReplyURL string     `json:"reviewReplyUrl"`
}

type replyJSON struct {
	Comment string    `json:"comment"`
	Updated time.Time `json:"updateTime"`
	State   string    `json:"reviewReplyState"`
	Policy  string    `json:"policyViolation"`
	URL     string    `json:"reviewReplyUrl"`
}

var stars = map[string]float64{"ONE": 1, "TWO": 2, "THREE": 3, "FOUR": 4, "FIVE": 5}

// item reads one review.
func (s *Source) item(raw json.RawMessage) (sweep.Item, error) {
	var r reviewJSON
	if err := json.Unmarshal(raw, &r); err != nil {
		return sweep.Item{}, err
	}
	parts := strings.Split(r.Name, "/")
	if len(parts) != 6 || parts[0] != "accounts" || parts[2] != "locations" || parts[4] != "reviews" || parts[5] == "" {
		return sweep.Item{}, fmt.Errorf("%q is not the name of a review", r.Name)
	}
	out := review.Review{
		Key:     review.Key{Source: s.set.Name, Account: parts[1], Location: parts[3], ID: parts[5]},
		Rating:  review.Rating{Kind: review.Unrated},
		Body:    r.Comment,
		Subject: review.Subject{Kind: "location", ID: parts[3], Name: s.names[parts[3]]},
		Created: r.Created, Updated: r.Updated,
		URL: r.ReplyURL, ReplyURL: r.ReplyURL,
		Raw: raw,
	}
	if !r.Reviewer.Anonymous { // else a phrase in the language of whoever signed in
		out.Author = r.Reviewer.Name
	}
	if n, ok := stars[r.Stars]; ok {
		out.Rating = review.StarRating(n)
	}
	if r.Reply != nil && r.Reply.Comment != "" {
		out.Reply = r.Reply.platform()
	}
	return sweep.Item{Review: out, Changed: r.Updated}, nil
}

// platform is the reply with its state. Replies from before April 2026 have
// none, and are live.
func (r *replyJSON) platform() *review.PlatformReply {
	out := &review.PlatformReply{Text: r.Comment, State: review.ReplyLive, Updated: r.Updated}
	switch r.State {
	case "PENDING":
		out.State = review.ReplyPending
	case "REJECTED":
		out.State = review.ReplyRefused
		out.Reason = "Google refused the reply and names no policy"
		if p := strings.ToLower(strings.ReplaceAll(r.Policy, "_", " ")); p != "" {
			out.Reason = "Google refused the reply under its policy: " + p
		}
	}
	return out
}

func query(token string) url.Values {
	q := url.Values{"pageSize": {strconv.Itoa(pageSize)}, "orderBy": {"updateTime desc"}}
	if token != "" {
		q.Set("pageToken", token)
	}
	return q
}

// TokenExpiry is when the token at hand ends; zero when there is none, or nobody
// knows.
func (s *Source) TokenExpiry() time.Time {
	if e, ok := s.set.Tokens.(interface{ Expiry() time.Time }); ok {
		return e.Expiry()
	}
	return time.Time{}
}
