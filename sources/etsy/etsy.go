// Package etsy reads a shop's reviews from Etsy. Etsy's API has no replies:
// approved texts are posted by hand in the shop manager.
//
// The list takes the earliest time of writing, and pages by offset in an order
// that nobody documents. So each sweep reads the last 100 days to their end, in
// which a buyer can change a review as others report, and knows reviews by their
// words. There is no review id; the transaction's serves, as there is one review
// for each. Texts come with HTML entities, which are taken back.
//
// Vendor's page: https://developers.etsy.com/documentation/reference/#tag/Review.
package etsy

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
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
	Base = "https://openapi.etsy.com/v3/application"
	// PageSize is the most that one page holds.
	PageSize = 100
	// Open is where a shop answers its reviews, as far as is known.
	Open = "https://www.etsy.com/your/shops/me/reviews"
)

// DefaultMinPoll is the pause between two looks at the list.
const DefaultMinPoll = 30 * time.Minute

// window is how far each sweep goes back.
const window = 100 * 24 * time.Hour

// Settings configure a Source.
type Settings struct {
	Name    string // from the playbook
	Shop    int64  // the shop's number
	Key     string // the app's API key ("keystring", or "keystring:secret")
	Open    string // link offered with an approved text; "" = Open
	MinPoll time.Duration
	Wire    wire.Config // bounds; an empty Base is the platform's
}

// Source is a configured connection to one shop's reviews.
type Source struct {
	wire.Part
	set  Settings
	wire *wire.Client
	plan sweep.Plan
}

var _ sources.Poller = (*Source)(nil)

// New makes a source; the error names a setting.
func New(set Settings) (*Source, error) {
	switch {
	case set.Name == "":
		return nil, errors.New("an Etsy source needs a name")
	case set.Shop <= 0:
		return nil, fmt.Errorf("source %s: shop is the shop's number", set.Name)
	case set.Key == "":
		return nil, fmt.Errorf("source %s: the app's API key is missing", set.Name)
	}
	if set.MinPoll <= 0 {
		set.MinPoll = DefaultMinPoll
	}
	if set.Open == "" {
		set.Open = Open
	}
	set.Wire.Secrets = append(set.Wire.Secrets, set.Key)
	set.Wire.Authorize = func(r *http.Request) error {
		r.Header.Set("X-Api-Key", set.Key)
		return nil
	}
	part, client, err := wire.Connect(set.Name, "etsy", Base, set.Wire)
	if err != nil {
		return nil, err
	}
	return &Source{Part: part, set: set, wire: client,
		plan: sweep.Plan{Source: set.Name, Oldest: true, Overlap: window, MaxSeen: 4000, Now: set.Wire.Now}}, nil
}

// Capabilities are those of reading: reviews come in, replies are posted by
// hand.
func (s *Source) Capabilities() sources.Capabilities {
	p := manual.ProfileFor("etsy")
	return sources.Capabilities{
		List: true, SeesEdits: true,
		MaxReply: p.MaxReply, Unit: p.Unit, Grounds: p.Grounds,
		MinPoll: s.set.MinPoll,
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
	q := url.Values{"limit": {strconv.Itoa(PageSize)}, "offset": {strconv.Itoa(offset)}}
	if !since.IsZero() {
		q.Set("min_created", strconv.FormatInt(since.Unix(), 10))
	}
	var out struct {
		Count   int
		Results []json.RawMessage
	}
	path := "shops/" + strconv.FormatInt(s.set.Shop, 10) + "/reviews"
	if err := s.wire.Read(ctx, "list", path, q, &out); err != nil {
		return nil, "", err
	}
	items := make([]sweep.Item, 0, len(out.Results))
	for _, raw := range out.Results {
		r, err := s.review(raw)
		if err != nil {
			return nil, "", &sources.Error{Kind: sources.ErrTransient, Source: s.set.Name, Op: "list", Reason: "a review in the list is not as expected"}
		}
		at := r.Created
		if r.Updated.After(at) {
			at = r.Updated
		}
		items = append(items, sweep.Item{Review: r, Changed: at})
	}
	slices.SortStableFunc(items, func(a, b sweep.Item) int { return a.Changed.Compare(b.Changed) })
	next := ""
	if n := offset + len(items); len(items) > 0 && n < out.Count {
		next = strconv.Itoa(n)
	}
	return items, next, nil
}

// posted is a review as the platform gives it.
type posted struct {
	Listing     int64  `json:"listing_id"`
	Transaction int64  `json:"transaction_id"`
	Buyer       *int64 `json:"buyer_user_id"`
	Rating      int
	Review      string
	Language    string
	Created     int64 `json:"created_timestamp"`
	Create      int64 `json:"create_timestamp"`
	Updated     int64 `json:"updated_timestamp"`
	Update      int64 `json:"update_timestamp"`
}

func (s *Source) review(raw json.RawMessage) (review.Review, error) {
	var p posted
	if err := json.Unmarshal(raw, &p); err != nil {
		return review.Review{}, err
	}
	if p.Transaction == 0 {
		return review.Review{}, errors.New("no transaction")
	}
	r := review.Review{
		Key:      review.Key{Source: s.set.Name, ID: strconv.FormatInt(p.Transaction, 10)},
		Rating:   review.Rating{Kind: review.Unrated},
		Body:     html.UnescapeString(p.Review),
		Language: p.Language,
		Created:  seconds(cmp.Or(p.Created, p.Create)),
		Updated:  seconds(cmp.Or(p.Updated, p.Update)),
		ReplyURL: s.set.Open,
		Raw:      raw,
	}
	if p.Buyer != nil && *p.Buyer != 0 {
		r.AuthorID = strconv.FormatInt(*p.Buyer, 10)
	}
	if p.Listing != 0 {
		id := strconv.FormatInt(p.Listing, 10)
		r.Subject = review.Subject{Kind: "product", ID: id, URL: "https://www.etsy.com/listing/" + id}
		r.URL = r.Subject.URL
	}
	if p.Rating >= 1 && p.Rating <= 5 { // what is out of the scale tells nothing
		r.Rating = review.StarRating(float64(p.Rating))
	}
	return r, nil
}

func seconds(n int64) time.Time {
	if n <= 0 {
		return time.Time{}
	}
	return wire.Written(time.Unix(n, 0).UTC())
}
