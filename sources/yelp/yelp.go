// Package yelp reads what Yelp shows of a business's reviews to everybody's
// programs: about three excerpts, chosen by Yelp. It is a way to hear of some
// reviews, not to follow all of them; the others come by hand.
//
// Replies are for Yelp's partners only, so approved texts are posted by hand, and
// Yelp refuses a comment that resembles an earlier one. Yelp's terms bound how
// long a program may keep what it was shown; docs/platforms/yelp.md says so.
//
// Vendor's pages: https://docs.developer.yelp.com/reference/v3_business_reviews,
// https://docs.developer.yelp.com/docs/respond-to-reviews-api-v2.
package yelp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/manual"
	"github.com/evenkeel/evenkeel/sources/sweep"
	"github.com/evenkeel/evenkeel/sources/wire"
)

const (
	// Base is the platform's address.
	Base = "https://api.yelp.com/v3"
	// Open is where an owner answers reviews.
	Open = "https://biz.yelp.com/"
)

// DefaultMinPoll is the pause between two looks.
const DefaultMinPoll = time.Hour

// everything: the excerpts change places, and one from years ago may come up.
const everything = 20 * 365 * 24 * time.Hour

// Settings configure a Source.
type Settings struct {
	Name     string // from the playbook
	Business string // id or alias of the business
	Key      string // API key
	Open     string // link offered with an approved text; "" = the review's own
	MinPoll  time.Duration
	Wire     wire.Config // bounds; an empty Base is the platform's
}

// Source is a configured connection to one business's excerpts.
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
		return nil, errors.New("a Yelp source needs a name")
	case set.Business == "":
		return nil, fmt.Errorf("source %s: the business's id or alias is missing", set.Name)
	case set.Key == "":
		return nil, fmt.Errorf("source %s: the API key is missing", set.Name)
	}
	if set.MinPoll <= 0 {
		set.MinPoll = DefaultMinPoll
	}
	set.Wire.Secrets, set.Wire.Explain = append(set.Wire.Secrets, set.Key), explain
	set.Wire.Authorize = func(r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+set.Key)
		return nil
	}
	part, client, err := wire.Connect(set.Name, "yelp", Base, set.Wire)
	if err != nil {
		return nil, err
	}
	return &Source{Part: part, set: set, wire: client,
		plan: sweep.Plan{Source: set.Name, Oldest: true, Overlap: everything, Now: set.Wire.Now}}, nil
}

// Capabilities are those of reading: excerpts come in, replies are posted by
// hand and must differ from each other.
func (s *Source) Capabilities() sources.Capabilities {
	p := manual.ProfileFor("yelp")
	return sources.Capabilities{
		List:     true,
		MaxReply: p.MaxReply, Unit: p.Unit, Similar: true, OneReply: p.OneReply, Grounds: p.Grounds,
		MinPoll: s.set.MinPoll,
	}
}

// Poll reads the excerpts of the moment; see package sweep.
func (s *Source) Poll(ctx context.Context, cur sources.Cursor) (sources.Page, error) {
	return s.plan.Poll(ctx, cur, s.page)
}

func (s *Source) page(ctx context.Context, token string, _ time.Time) ([]sweep.Item, string, error) {
	if token != "" {
		return nil, "", sweep.ErrToken // there is one page
	}
	var out struct{ Reviews []json.RawMessage }
	path := "businesses/" + url.PathEscape(s.set.Business) + "/reviews"
	if err := s.wire.Read(ctx, "list", path, url.Values{"sort_by": {"newest"}}, &out); err != nil {
		return nil, "", err
	}
	items := make([]sweep.Item, 0, len(out.Reviews))
	for _, raw := range out.Reviews {
		r, err := s.review(raw)
		if err != nil {
			return nil, "", &sources.Error{Kind: sources.ErrTransient, Source: s.set.Name, Op: "list", Reason: "an excerpt is not as expected"}
		}
		items = append(items, sweep.Item{Review: r, Changed: r.Created})
	}
	slices.SortStableFunc(items, func(a, b sweep.Item) int { return a.Changed.Compare(b.Changed) })
	return items, "", nil
}

// posted is an excerpt as the platform gives it.
type posted struct {
	ID      string
	Rating  int
	Text    string
	Created string `json:"time_created"`
	URL     string
	User    struct{ ID, Name string }
}

func (s *Source) review(raw json.RawMessage) (review.Review, error) {
	var p posted
	if err := json.Unmarshal(raw, &p); err != nil {
		return review.Review{}, err
	}
	// The time has no zone; whether it is the business's nobody says.
	at, err := time.Parse(time.DateTime, p.Created)
	if err != nil || p.ID == "" {
		return review.Review{}, errors.New("no id or time")
	}
	r := review.Review{
		Key:     review.Key{Source: s.set.Name, ID: p.ID},
		Rating:  review.Rating{Kind: review.Unrated},
		Body:    p.Text,
		Author:  p.User.Name,
		Created: at,
		Subject: review.Subject{Kind: "location", ID: s.set.Business},
		Raw:     raw,
	}
	if u, err := url.Parse(p.URL); err == nil && u.Scheme == "https" {
		r.URL, r.ReplyURL = p.URL, p.URL
	}
	if s.set.Open != "" {
		r.ReplyURL = s.set.Open
	} else if r.ReplyURL == "" {
		r.ReplyURL = Open
	}
	if p.User.ID != "" {
		r.AuthorID = p.User.ID
	}
	if p.Rating >= 1 && p.Rating <= 5 { // what is out of the scale tells nothing
		r.Rating = review.StarRating(float64(p.Rating))
	}
	return r, nil
}

// explain reads the platform's sentence.
func explain(status int, body []byte) (reason string, kind error) {
	var v struct {
		Error struct{ Code, Description string }
	}
	_ = json.Unmarshal(body, &v) // what cannot be read says nothing
	switch {
	case v.Error.Code == "ACCESS_LIMIT_REACHED":
		kind = sources.ErrRateLimited
	case v.Error.Code == "BUSINESS_NOT_FOUND", status == http.StatusNotFound:
		return "Yelp does not know this business; please check business in the settings", sources.ErrRejected
	}
	return v.Error.Description, kind
}
