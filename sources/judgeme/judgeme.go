// Package judgeme reads a shop's reviews from Judge.me and publishes replies.
//
// The list has page numbers and nothing else: no "since", and an order that
// nobody documents (it is the newest first as far as is known). A sweep reads it
// to its end the first time; after that to the first page beyond the third on
// which nothing changed within 30 days. Reviews are known by their words. An edit
// further back is found when the desk looks at the review again.
//
// Judge.me mails the reviewer when the shop replies, unless told not to. This
// source tells it so with every reply, and mails only where a playbook asks for
// it. It hides and publishes nothing.
//
// What the list leaves out are replies, so nothing can be read back: when an
// answer is lost a person is asked to look.
//
// Vendor's pages: https://judge.me/api/docs,
// https://judge.me/help/en/articles/8409180-using-judge-me-api.
package judgeme

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/sweep"
	"github.com/evenkeel/evenkeel/sources/wire"
)

const (
	// Base is the platform's address.
	Base = "https://api.judge.me/api/v1"
	// PageSize is what other programs use; a most is not documented.
	PageSize = 100
	// LastPage is the last one that the platform gives, as others report.
	LastPage = 100
)

// DefaultMinPoll is the pause between two looks at the list.
const DefaultMinPoll = 15 * time.Minute

// window is how far back changes are looked for, always is how many pages are
// read each time whatever they hold: imported reviews carry old dates.
const (
	window = 30 * 24 * time.Hour
	always = 3
)

// Settings configure a Source.
type Settings struct {
	Name    string // from the playbook
	Shop    string // "example.myshopify.com"
	Token   string // the shop's private API token
	Mail    bool   // let Judge.me mail the reviewer with each reply
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

var (
	_ sources.Poller  = (*Source)(nil)
	_ sources.Reader  = (*Source)(nil)
	_ sources.Replier = (*Source)(nil)
)

// New makes a source; the error names a setting.
func New(set Settings) (*Source, error) {
	switch {
	case set.Name == "":
		return nil, errors.New("a Judge.me source needs a name")
	case set.Shop == "":
		return nil, fmt.Errorf("source %s: shop is missing, such as example.myshopify.com", set.Name)
	case set.Token == "":
		return nil, fmt.Errorf("source %s: the private API token is missing", set.Name)
	}
	if set.MinPoll <= 0 {
		set.MinPoll = DefaultMinPoll
	}
	set.Wire.Secrets = []string{set.Token}
	set.Wire.Authorize = func(r *http.Request) error {
		r.Header.Set("X-Api-Token", set.Token)
		q := r.URL.Query()
		q.Set("shop_domain", set.Shop)
		r.URL.RawQuery = q.Encode()
		return nil
	}
	part, client, err := wire.Connect(set.Name, "judgeme", Base, set.Wire)
	if err != nil {
		return nil, err
	}
	return &Source{Part: part, set: set, wire: client,
		plan: sweep.Plan{Source: set.Name, Oldest: true, Overlap: window, MaxSeen: 4000, Now: set.Wire.Now}}, nil
}

// Capabilities are the platform's.
func (s *Source) Capabilities() sources.Capabilities {
	return sources.Capabilities{
		List: true, Reply: true,
		SeesEdits: true, SeesRemovals: true,
		Unit:    sources.Runes,
		MinPoll: s.set.MinPoll,
	}
}

// Poll takes the next page; see package sweep.
func (s *Source) Poll(ctx context.Context, cur sources.Cursor) (sources.Page, error) {
	return s.plan.Poll(ctx, cur, s.page)
}

func (s *Source) page(ctx context.Context, token string, since time.Time) ([]sweep.Item, string, error) {
	n, err := sweep.ParseNumber(token, 1)
	if err != nil {
		return nil, "", err
	}
	q := url.Values{"page": {strconv.Itoa(n)}, "per_page": {strconv.Itoa(PageSize)}}
	var out struct {
		Reviews []json.RawMessage
		PerPage int `json:"per_page"`
	}
	if err := s.wire.Read(ctx, "list", "reviews", q, &out); err != nil {
		return nil, "", err
	}
	items := make([]sweep.Item, 0, len(out.Reviews))
	recent := since.IsZero()
	for _, raw := range out.Reviews {
		r, err := s.review(raw)
		if err != nil {
			return nil, "", s.trouble("list", "a review in the list is not as expected")
		}
		at := r.Created
		if r.Updated.After(at) {
			at = r.Updated
		}
		recent = recent || !at.Before(since)
		items = append(items, sweep.Item{Review: r, Changed: at})
	}
	slices.SortStableFunc(items, func(a, b sweep.Item) int { return a.Changed.Compare(b.Changed) })
	// A platform that gives smaller pages than it was asked for says so.
	size := PageSize
	if out.PerPage > 0 {
		size = min(size, out.PerPage)
	}
	if len(items) < size || n >= LastPage || !recent && n >= always {
		return items, "", nil
	}
	return items, strconv.Itoa(n + 1), nil
}

// Get reads the review as it is now, without its replies.
func (s *Source) Get(ctx context.Context, key review.Key) (review.Review, error) {
	var out struct{ Review json.RawMessage }
	if err := s.wire.Read(ctx, "read", "reviews/"+url.PathEscape(key.ID), nil, &out); err != nil {
		return review.Review{}, err
	}
	r, err := s.review(out.Review)
	if err != nil || r.Key.ID != key.ID {
		return review.Review{}, s.trouble("read", "the answer is not the review that was asked for")
	}
	return r, nil
}

// Reply publishes text on the shop's pages. The reviewer is mailed only where
// the settings ask for it.
func (s *Source) Reply(ctx context.Context, key review.Key, text, _ string) (sources.Receipt, error) {
	id, err := strconv.ParseInt(key.ID, 10, 64)
	if err != nil {
		return sources.Receipt{}, &sources.Error{Kind: sources.ErrNotFound, Source: s.set.Name, Op: "reply", Reason: "Judge.me knows no such review"}
	}
	type content struct {
		Content string `json:"content"`
	}
	body := struct {
		Review int64   `json:"review_id"`
		Mail   bool    `json:"send_reply_email"`
		Reply  content `json:"reply"`
	}{id, s.set.Mail, content{text}}
	if err := s.wire.Write(ctx, "reply", http.MethodPost, "replies", nil, body, nil); err != nil {
		return sources.Receipt{}, err
	}
	return sources.Receipt{State: review.ReplyLive}, nil
}

func (s *Source) trouble(op, reason string) error {
	return &sources.Error{Kind: sources.ErrTransient, Source: s.set.Name, Op: op, Reason: reason}
}

// posted is a review as the platform gives it.
type posted struct {
	ID       int64
	Title    string
	Body     string
	Rating   int
	Reviewer struct {
		ID   int64
		Name string
	}
	Verified string
	Product  json.Number `json:"product_external_id"`
	Name     string      `json:"product_title"`
	Handle   string      `json:"product_handle"`
	Created  time.Time   `json:"created_at"`
	Updated  time.Time   `json:"updated_at"`
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
		Key:     review.Key{Source: s.set.Name, ID: strconv.FormatInt(p.ID, 10)},
		Rating:  review.Rating{Kind: review.Unrated},
		Title:   p.Title,
		Body:    p.Body,
		Author:  p.Reviewer.Name,
		Created: p.Created.UTC(),
		Updated: p.Updated.UTC(),
		Raw:     raw,
	}
	if p.Reviewer.ID != 0 {
		r.AuthorID = strconv.FormatInt(p.Reviewer.ID, 10)
	}
	if p.Rating >= 1 && p.Rating <= 5 { // what is out of the scale tells nothing
		r.Rating = review.StarRating(float64(p.Rating))
	}
	if v := p.Verified; strings.Contains(v, "buyer") || strings.Contains(v, "purchase") {
		yes := true
		r.Verified = &yes
	}
	if id := p.Product.String(); id != "" && id != "0" {
		r.Subject = review.Subject{Kind: "product", ID: id, Name: p.Name}
		if p.Handle != "" {
			r.Subject.URL = "https://" + s.set.Shop + "/products/" + url.PathEscape(p.Handle)
			r.URL, r.ReplyURL = r.Subject.URL, r.Subject.URL
		}
	}
	return r, nil
}
