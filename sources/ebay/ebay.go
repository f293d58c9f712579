// Package ebay reads the feedback that buyers left for a seller on eBay, and
// replies to it.
//
// Feedback has no time of change and may be revised once within 30 days, so each
// sweep reads the last four weeks again and knows feedback by its words. The list
// is asked for by a period of fixed lengths and read to its end: the platform
// sorts it by the time of the sale, which says nothing of the feedback's.
//
// A reply is for ever: there is one, it can be neither changed nor taken down,
// and eBay does not allow replying automatically to negative feedback. evenkeel
// never replies without a person's approval, which is what that rule asks for.
//
// Vendor's pages: the OpenAPI document of commerce_feedback_v1 at
// https://developer.ebay.com/api-docs/commerce/feedback/overview.html,
// https://developer.ebay.com/api-docs/user-guides/static/trading-user-guide/feedback-respond.html.
package ebay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/sweep"
	"github.com/evenkeel/evenkeel/sources/wire"
)

const (
	// Base is the API's address.
	Base = "https://api.ebay.com/commerce/feedback/v1"
	// TokenURL refreshes a person's token
	// (https://developer.ebay.com/api-docs/static/oauth-refresh-token-request.html).
	TokenURL = "https://api.ebay.com/identity/v1/oauth2/token" //nolint:gosec // an address, no credential
	// Scope is what the person must have consented to.
	Scope = "https://api.ebay.com/oauth/api_scope/commerce.feedback"
	// MaxReply is in "characters"; UTF-16 units are the narrowest reading.
	MaxReply = 500
	// PageSize is the most that one page holds; the least is 25.
	PageSize = 200
)

// DefaultMinPoll is the pause between two looks at the list.
const DefaultMinPoll = 15 * time.Minute

// window is how far each sweep goes back. Feedback can be revised for 30 days;
// with two days less, a sweep a day needs no longer period than that.
const window = 28 * 24 * time.Hour

// Settings configure a Source.
type Settings struct {
	Name    string // from the playbook
	User    string // the seller's user name, or public user id
	MinPoll time.Duration
	Wire    wire.Config // credentials and bounds; an empty Base is the platform's
}

// Source is a configured connection to one seller's feedback.
type Source struct {
	wire.Part
	set  Settings
	wire *wire.Client
	plan sweep.Plan
	now  func() time.Time
}

var (
	_ sources.Poller  = (*Source)(nil)
	_ sources.Reader  = (*Source)(nil)
	_ sources.Replier = (*Source)(nil)
)

// New makes a source; the error names a setting.
func New(set Settings) (*Source, error) {
	switch {
	case set.Name == "":
		return nil, errors.New("an eBay source needs a name")
	case set.User == "":
		return nil, fmt.Errorf("source %s: the seller's user name is missing", set.Name)
	}
	if set.MinPoll <= 0 {
		set.MinPoll = DefaultMinPoll
	}
	heard := set.Wire.Explain
	set.Wire.Explain = func(status int, body []byte) (string, error) {
		if heard != nil {
			_, _ = heard(status, body) // who keeps the tokens wants to know of a refusal
		}
		return explain(status, body)
	}
	part, client, err := wire.Connect(set.Name, "ebay", Base, set.Wire)
	if err != nil {
		return nil, err
	}
	s := &Source{Part: part, set: set, wire: client, now: set.Wire.Now,
		plan: sweep.Plan{Source: set.Name, Oldest: true, Overlap: window, MaxSeen: 4000, Now: set.Wire.Now}}
	if s.now == nil {
		s.now = time.Now
	}
	return s, nil
}

// Capabilities are the platform's: one reply, no way back.
func (s *Source) Capabilities() sources.Capabilities {
	return sources.Capabilities{
		List: true, Reply: true, OneReply: true, ReadBack: true,
		SeesEdits: true, SeesRemovals: true,
		MaxReply: MaxReply, Unit: sources.UTF16,
		MinPoll: s.set.MinPoll,
		Settle:  time.Minute,
	}
}

// Poll takes the next page; see package sweep.
func (s *Source) Poll(ctx context.Context, cur sources.Cursor) (sources.Page, error) {
	return s.plan.Poll(ctx, cur, s.page)
}

func (s *Source) page(ctx context.Context, token string, since time.Time) ([]sweep.Item, string, error) {
	offset, err := sweep.ParseNumber(token, 0)
	if err != nil {
		return nil, "", err
	}
	q := s.query()
	q.Set("sort", "TIME")
	q.Set("limit", strconv.Itoa(PageSize))
	q.Set("offset", strconv.Itoa(offset))
	q.Set("filter", "role:BUYER")
	if days := period(s.now().Sub(since)); days > 0 && !since.IsZero() {
		q.Set("filter", "role:BUYER,period:"+strconv.Itoa(days))
	}
	list, err := s.read(ctx, "list", q)
	if errors.Is(err, sources.ErrNotFound) {
		return nil, "", nil // how the platform says that there is none
	}
	if err != nil {
		return nil, "", err
	}
	items := make([]sweep.Item, 0, len(list.Entries))
	for _, raw := range list.Entries {
		r, _, err := s.review(raw)
		if err != nil {
			return nil, "", s.trouble("list", "an entry of the list is not as expected")
		}
		at := r.Created
		if at.IsZero() {
			at = s.now() // some views give a period and no time; the words tell whether it is new
		}
		items = append(items, sweep.Item{Review: r, Changed: at})
	}
	next := ""
	if list.Pagination != nil && offset+len(items) < list.Pagination.Total && len(items) > 0 {
		next = strconv.Itoa(offset + len(items))
	}
	slices.SortStableFunc(items, func(a, b sweep.Item) int { return a.Changed.Compare(b.Changed) })
	return items, next, nil
}

// periods are the days that the platform takes. Its list of error codes speaks
// of others; that of the parameter holds.
var periods = []int{7, 30, 90, 180, 365}

// period is the shortest that covers d with an hour to spare, 0 for all.
func period(d time.Duration) int {
	for _, days := range periods {
		if d+time.Hour <= time.Duration(days)*24*time.Hour {
			return days
		}
	}
	return 0
}

// Get reads the feedback as it is now.
func (s *Source) Get(ctx context.Context, key review.Key) (review.Review, error) {
	r, _, err := s.get(ctx, "read", key)
	return r, err
}

func (s *Source) get(ctx context.Context, op string, key review.Key) (review.Review, entry, error) {
	q := s.query()
	q.Set("feedback_id", key.ID)
	list, err := s.read(ctx, op, q)
	if err != nil {
		return review.Review{}, entry{}, err
	}
	for _, raw := range list.Entries {
		if r, e, err := s.review(raw); err == nil && r.Key.ID == key.ID {
			return r, e, nil
		}
	}
	if len(list.Entries) > 0 || list.Pagination == nil {
		return review.Review{}, entry{}, s.trouble(op, "the answer is not the feedback that was asked for")
	}
	return review.Review{}, entry{}, &sources.Error{Kind: sources.ErrNotFound, Source: s.set.Name, Op: op, Reason: "the feedback is not there"}
}

// Reply publishes text as the one reply that there ever is. It reads the
// feedback first, for the recipient that the platform wants named, and goes no
// further where no reply is possible.
func (s *Source) Reply(ctx context.Context, key review.Key, text, _ string) (sources.Receipt, error) {
	r, e, err := s.get(ctx, "reply", key)
	switch {
	case err != nil:
		return sources.Receipt{}, err
	case e.AutomatedFeedback:
		return sources.Receipt{}, s.refuse(sources.ErrRejected, automated)
	case r.Reply != nil:
		return sources.Receipt{}, s.refuse(sources.ErrAlready, "eBay takes one reply for each feedback, and one stands there")
	}
	body := map[string]string{
		"feedbackId": key.ID, "recipientUserId": e.Provider.UserID, "responseText": text, "responseType": "REPLY",
	}
	if err := s.wire.Write(ctx, "reply", http.MethodPost, "respond_to_feedback", nil, body, &struct{}{}); err != nil {
		return sources.Receipt{}, err
	}
	return sources.Receipt{URL: r.ReplyURL, State: review.ReplyLive}, nil
}

func (s *Source) query() url.Values {
	return url.Values{"user_id": {s.set.User}, "feedback_type": {"FEEDBACK_RECEIVED"}}
}

type listing struct {
	Entries    []json.RawMessage    `json:"feedbackEntries"`
	Pagination *struct{ Total int } // nil when the answer is no list at all
}

func (s *Source) read(ctx context.Context, op string, q url.Values) (listing, error) {
	var l listing
	err := s.wire.Read(ctx, op, "feedback", q, &l)
	return l, err
}

func (s *Source) trouble(op, reason string) error {
	return &sources.Error{Kind: sources.ErrTransient, Source: s.set.Name, Op: op, Reason: reason}
}

func (s *Source) refuse(kind error, reason string) error {
	return &sources.Error{Kind: kind, Source: s.set.Name, Op: "reply", Reason: reason}
}

type comment struct {
	CommentText string
	State       string
}

// entry is FeedbackDetail of the vendor's OpenAPI document.
type entry struct {
	FeedbackID        string
	CommentType       string
	AutomatedFeedback bool
	Comment           comment  `json:"feedbackComment"`
	Reply             *comment `json:"replyComment"`
	Entered           string   `json:"feedbackEnteredDate"`
	Provider          struct {
		UserID string
	} `json:"providerUserDetail"`
	Item struct {
		ListingID, ListingTitle string
	} `json:"orderLineItemSummary"`
}

// marks are the three ratings.
var marks = map[string]float64{"POSITIVE": 1, "NEUTRAL": 0, "NEGATIVE": -1}

func (s *Source) review(raw json.RawMessage) (review.Review, entry, error) {
	var e entry
	if err := json.Unmarshal(raw, &e); err != nil {
		return review.Review{}, e, err
	}
	if e.FeedbackID == "" {
		return review.Review{}, e, errors.New("no id")
	}
	r := review.Review{
		Key:      review.Key{Source: s.set.Name, ID: e.FeedbackID},
		Rating:   review.Rating{Kind: review.Unrated},
		Body:     e.Comment.CommentText,
		Author:   e.Provider.UserID,
		AuthorID: e.Provider.UserID,
		URL:      "https://www.ebay.com/fdbk/feedback_profile/" + url.PathEscape(s.set.User),
		ReplyURL: "https://www.ebay.com/fdbk/feedback_profile/" + url.PathEscape(s.set.User),
		Raw:      raw,
	}
	if v, ok := marks[e.CommentType]; ok {
		r.Rating = review.Rating{Kind: review.Tri, Value: v, Max: 1}
	}
	if at, err := time.Parse(time.RFC3339, e.Entered); err == nil {
		r.Created = at.UTC()
	}
	if e.Item.ListingID != "" {
		r.Subject = review.Subject{Kind: "product", ID: e.Item.ListingID, Name: e.Item.ListingTitle, URL: "https://www.ebay.com/itm/" + url.PathEscape(e.Item.ListingID)}
	}
	if e.Reply != nil && e.Reply.CommentText != "" {
		r.Reply = &review.PlatformReply{Text: e.Reply.CommentText, State: review.ReplyLive}
	}
	return r, e, nil
}
