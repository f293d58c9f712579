// Package ecwid reads a store's product reviews from Ecwid. Ecwid's API has no
// replies; it can only publish a review or hold it back, which evenkeel leaves to
// the store. Approved texts are used by hand.
//
// The list takes the earliest time of change and pages by offset, in the order of
// writing. A review that is removed while a sweep is under way moves others
// forward by one; so each sweep goes back a week, and what was skipped is there.
//
// Vendor's page:
// https://docs.ecwid.com/api-reference/rest-api/products/product-reviews/search-product-reviews.
package ecwid

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/manual"
	"github.com/evenkeel/evenkeel/sources/sweep"
	"github.com/evenkeel/evenkeel/sources/wire"
)

const (
	// Base is the platform's address.
	Base = "https://app.ecwid.com/api/v3"
	// PageSize is what one page holds.
	PageSize = 100
	// Open is where a store looks after its reviews, as far as is known.
	Open = "https://my.ecwid.com/#product-reviews"
)

// DefaultMinPoll is the pause between two looks at the list.
const DefaultMinPoll = 10 * time.Minute

const window = 7 * 24 * time.Hour

// Settings configure a Source.
type Settings struct {
	Name    string // from the playbook
	Store   int64  // the store's number
	Token   string // secret token of an app with the scope read_reviews
	Open    string // link offered with an approved text; "" = Open
	MinPoll time.Duration
	Wire    wire.Config // bounds; an empty Base is the platform's
}

// Source is a configured connection to one store's reviews.
type Source struct {
	wire.Part
	set  Settings
	wire *wire.Client
	plan sweep.Plan
}

var (
	_ sources.Poller = (*Source)(nil)
	_ sources.Reader = (*Source)(nil)
)

// New makes a source; the error names a setting.
func New(set Settings) (*Source, error) {
	switch {
	case set.Name == "":
		return nil, errors.New("an Ecwid source needs a name")
	case set.Store <= 0:
		return nil, fmt.Errorf("source %s: store is the store's number", set.Name)
	case set.Token == "":
		return nil, fmt.Errorf("source %s: the secret token is missing", set.Name)
	}
	if set.MinPoll <= 0 {
		set.MinPoll = DefaultMinPoll
	}
	if set.Open == "" {
		set.Open = Open
	}
	set.Wire.Secrets, set.Wire.Explain = append(set.Wire.Secrets, set.Token), explain
	set.Wire.Authorize = func(r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+set.Token)
		return nil
	}
	part, client, err := wire.Connect(set.Name, "ecwid", Base, set.Wire)
	if err != nil {
		return nil, err
	}
	return &Source{Part: part, set: set, wire: client,
		plan: sweep.Plan{Source: set.Name, Oldest: true, Overlap: window, MaxSeen: 4000, Now: set.Wire.Now}}, nil
}

// Capabilities are those of reading: reviews come in, replies are posted by
// hand.
func (s *Source) Capabilities() sources.Capabilities {
	p := manual.ProfileFor("ecwid")
	return sources.Capabilities{
		List: true, SeesEdits: true, SeesRemovals: true,
		MaxReply: p.MaxReply, Unit: p.Unit, Grounds: p.Grounds,
		MinPoll: s.set.MinPoll,
	}
}

// Poll takes the next page; see package sweep.
func (s *Source) Poll(ctx context.Context, cur sources.Cursor) (sources.Page, error) {
	return s.plan.Poll(ctx, cur, s.page)
}

type listing struct {
	Total int
	Items []json.RawMessage
}

func (s *Source) page(ctx context.Context, token string, since time.Time) ([]sweep.Item, string, error) {
	offset, err := sweep.ParseNumber(token, 0)
	if err != nil {
		return nil, "", err
	}
	q := url.Values{"sortBy": {"DATE_CREATED_ASC"}, "limit": {strconv.Itoa(PageSize)}, "offset": {strconv.Itoa(offset)}}
	if !since.IsZero() {
		q.Set("updatedFrom", strconv.FormatInt(since.Unix(), 10))
	}
	out, err := s.list(ctx, "list", q)
	if err != nil {
		return nil, "", err
	}
	items := make([]sweep.Item, 0, len(out.Items))
	for _, raw := range out.Items {
		r, err := s.review(raw)
		if err != nil {
			return nil, "", s.fail("list", sources.ErrTransient, "a review in the list is not as expected")
		}
		items = append(items, sweep.Item{Review: r, Changed: r.Updated})
	}
	next := ""
	if n := offset + len(items); len(items) > 0 && n < out.Total {
		next = strconv.Itoa(n)
	}
	return items, next, nil
}

// Get reads the review as it is now. The list is asked for it by its id.
func (s *Source) Get(ctx context.Context, key review.Key) (review.Review, error) {
	if _, err := strconv.ParseInt(key.ID, 10, 64); err != nil {
		return review.Review{}, s.fail("read", sources.ErrNotFound, "Ecwid knows no such review")
	}
	out, err := s.list(ctx, "read", url.Values{"reviewId": {key.ID}})
	if err != nil {
		return review.Review{}, err
	}
	for _, raw := range out.Items {
		if r, err := s.review(raw); err == nil && r.Key.ID == key.ID {
			return r, nil
		}
	}
	if len(out.Items) > 0 {
		return review.Review{}, s.fail("read", sources.ErrTransient, "the answer is not the review that was asked for")
	}
	return review.Review{}, s.fail("read", sources.ErrNotFound, "the review is not there")
}

func (s *Source) list(ctx context.Context, op string, q url.Values) (listing, error) {
	var out listing
	err := s.wire.Read(ctx, op, s.path(), q, &out)
	if err == nil && out.Items == nil {
		err = s.fail(op, sources.ErrTransient, "the answer has no list of reviews")
	}
	return out, err
}

func (s *Source) path() string { return strconv.FormatInt(s.set.Store, 10) + "/reviews" }

func (s *Source) fail(op string, kind error, reason string) error {
	return &sources.Error{Kind: kind, Source: s.set.Name, Op: op, Reason: reason}
}

// posted is a review as the platform gives it.
type posted struct {
	ID       int64
	Product  int64  `json:"productId"`
	Order    string `json:"orderId"`
	Customer int64  `json:"customerId"`
	Rating   int
	Review   string
	Reviewer struct{ Name string } `json:"reviewerInfo"`
	Created  int64                 `json:"createTimestamp"`
	Updated  int64                 `json:"updateTimestamp"`
}

func (s *Source) review(raw json.RawMessage) (review.Review, error) {
	var p posted
	if err := json.Unmarshal(raw, &p); err != nil {
		return review.Review{}, err
	}
	if p.ID == 0 {
		return review.Review{}, errors.New("no id")
	}
	r := review.Review{
		Key:      review.Key{Source: s.set.Name, ID: strconv.FormatInt(p.ID, 10)},
		Rating:   review.Rating{Kind: review.Unrated},
		Body:     p.Review,
		Author:   p.Reviewer.Name,
		Created:  stamp(p.Created),
		Updated:  stamp(max(p.Updated, p.Created)),
		ReplyURL: s.set.Open,
		Raw:      raw,
	}
	if p.Customer != 0 {
		r.AuthorID = strconv.FormatInt(p.Customer, 10)
	}
	if p.Product != 0 {
		r.Subject = review.Subject{Kind: "product", ID: strconv.FormatInt(p.Product, 10)}
	}
	if p.Order != "" { // a review is asked for after an order
		yes := true
		r.Verified = &yes
	}
	if p.Rating >= 1 && p.Rating <= 5 { // what is out of the scale tells nothing
		r.Rating = review.StarRating(float64(p.Rating))
	}
	return r, nil
}

// stamp reads a Unix time: the vendor's pages show seconds in one place and
// milliseconds in another.
func stamp(n int64) time.Time {
	switch {
	case n <= 0:
		return time.Time{}
	case n > 100_000_000_000:
		return wire.Written(time.UnixMilli(n).UTC())
	}
	return wire.Written(time.Unix(n, 0).UTC())
}

// explain reads the platform's sentence.
func explain(_ int, body []byte) (reason string, kind error) {
	var v struct{ ErrorMessage string }
	_ = json.Unmarshal(body, &v) // what cannot be read says nothing
	return v.ErrorMessage, nil
}
