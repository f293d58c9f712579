// Package trustpilot reads service reviews of one business unit on Trustpilot
// and publishes replies to them.
//
// Reviews are listed in the order of their creation, from a time on. The
// platform numbers its pages, and numbers shift when a review goes; so each
// page begins at the time of the last review of the page before, and only
// reviews of one and the same second are paged by number.
//
// The list says nothing of edits. They arrive by a notice of the platform, see
// [Source.ServeHTTP], and when the desk looks at a review again.
//
// A reply is posted once. There is no call that replaces one: taking it down and
// posting another would be two writes with a hole between them, so this source
// does not pretend to it.
//
// Vendor's pages: https://developers.trustpilot.com/business-units-api,
// https://developers.trustpilot.com/authentication.
package trustpilot

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
	"github.com/evenkeel/evenkeel/sources/manual"
	"github.com/evenkeel/evenkeel/sources/sweep"
	"github.com/evenkeel/evenkeel/sources/webhook"
	"github.com/evenkeel/evenkeel/sources/wire"
)

const (
	// Base is the platform's address.
	Base = "https://api.trustpilot.com"
	// TokenURL gives tokens, good for 100 hours; asking sooner is answered with
	// 429 (https://developers.trustpilot.com/grant-type-client-credentials).
	TokenURL = Base + "/v1/oauth/oauth-business-users-for-applications/accesstoken"
	// SmallestPlan is how many calls a year the smallest API plan pays for;
	// failed ones count too.
	SmallestPlan = 200_000
	// PageSize is the most that one page holds.
	PageSize = 100
)

// DefaultMinPoll is the pause between two looks at the list.
const DefaultMinPoll = 10 * time.Minute

// Settings configure a Source.
type Settings struct {
	Name         string // from the playbook
	BusinessUnit string // id of the business unit
	Author       string // id of the business user in whose name replies stand; "" = the token's
	CallsPerYear int    // that the plan pays for; 0 = SmallestPlan
	MinPoll      time.Duration

	// Notices of the platform are taken at a path that ends with Secret; ""
	// takes none.
	Secret string
	Intake webhook.Intake // takes what notices brought

	Wire wire.Config // credentials and bounds; an empty Base is the platform's
}

// Source is a configured connection to one business unit.
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
	_ sources.Remover = (*Source)(nil)
)

// New makes a source; the error names a setting.
func New(set Settings) (*Source, error) {
	switch {
	case set.Name == "":
		return nil, errors.New("a Trustpilot source needs a name")
	case set.BusinessUnit == "":
		return nil, fmt.Errorf("source %s: the business unit's id is missing", set.Name)
	case set.CallsPerYear < 0:
		return nil, fmt.Errorf("source %s: calls_per_year is a positive number", set.Name)
	case set.Secret != "" && (len(set.Secret) < 16 || strings.Trim(set.Secret, pathSafe) != ""):
		return nil, fmt.Errorf("source %s: hook_secret needs at least 16 letters or digits; it is a part of an address", set.Name)
	case set.Secret != "" && set.Intake == nil:
		return nil, fmt.Errorf("source %s: nobody takes what notices bring", set.Name)
	}
	if set.CallsPerYear == 0 {
		set.CallsPerYear = SmallestPlan
	}
	set.Wire.Secrets = append(set.Wire.Secrets, set.Secret)
	part, client, err := wire.Connect(set.Name, "trustpilot", Base, set.Wire)
	if err != nil {
		return nil, err
	}
	return &Source{Part: part, set: set, wire: client, plan: sweep.Plan{Source: set.Name, Oldest: true, Now: set.Wire.Now}}, nil
}

// Capabilities are the platform's. Reports are made in the business app, for
// one of five reasons.
func (s *Source) Capabilities() sources.Capabilities {
	return sources.Capabilities{
		List: true, Reply: true, DeleteReply: true, ReadBack: true,
		SeesRemovals: true,
		Unit:         sources.Runes,
		Grounds:      manual.ProfileFor("trustpilot").Grounds,
		MinPoll:      s.minPoll(),
		Settle:       30 * time.Second,
	}
}

// minPoll spends at most half of the year's calls on polling; the others are for
// reading single reviews, replies, and what fails.
func (s *Source) minPoll() time.Duration {
	const year = 365 * 24 * time.Hour
	pause := s.set.MinPoll
	if pause <= 0 {
		pause = DefaultMinPoll
	}
	return max(pause, year/time.Duration(max(s.set.CallsPerYear/2, 1)))
}

// Poll takes the next page; see package sweep.
func (s *Source) Poll(ctx context.Context, cur sources.Cursor) (sources.Page, error) {
	return s.plan.Poll(ctx, cur, s.page)
}

// place is where a page begins: at a second, and the nth page from there.
type place struct {
	from time.Time
	page int
}

func (p place) String() string {
	return strconv.FormatInt(p.from.Unix(), 10) + "." + strconv.Itoa(p.page)
}

func parsePlace(token string) (place, bool) {
	from, page, _ := strings.Cut(token, ".")
	at, err1 := strconv.ParseInt(from, 10, 64)
	n, err2 := strconv.Atoi(page)
	return place{time.Unix(at, 0).UTC(), n}, err1 == nil && err2 == nil && n >= 1
}

func (s *Source) page(ctx context.Context, token string, since time.Time) ([]sweep.Item, string, error) {
	at := place{page: 1}
	if !since.IsZero() {
		at.from = since.UTC().Truncate(time.Second)
	}
	if token != "" {
		var ok bool
		if at, ok = parsePlace(token); !ok {
			return nil, "", sweep.ErrToken
		}
	}
	q := url.Values{
		"orderBy": {"createdat.asc"},
		"perPage": {strconv.Itoa(PageSize)},
		"page":    {strconv.Itoa(at.page)},
	}
	if !at.from.IsZero() {
		q.Set("startDateTime", at.from.Format("2006-01-02T15:04:05"))
	}
	var out struct {
		Reviews []json.RawMessage `json:"reviews"`
	}
	if err := s.wire.Read(ctx, "list", "v1/private/business-units/"+url.PathEscape(s.set.BusinessUnit)+"/reviews", q, &out); err != nil {
		return nil, "", err
	}
	items := make([]sweep.Item, 0, len(out.Reviews))
	for _, raw := range out.Reviews {
		r, err := s.review(raw)
		if err != nil {
			return nil, "", s.trouble("list", "a review in the list is not as expected")
		}
		items = append(items, sweep.Item{Review: r, Changed: r.Created})
	}
	if len(items) < PageSize {
		return items, "", nil
	}
	last := items[len(items)-1].Changed.Truncate(time.Second)
	switch {
	case last.Before(items[0].Changed.Truncate(time.Second)):
		return nil, "", s.trouble("list", "the list is not in the order that was asked for")
	case last.After(at.from):
		return items, place{last, 1}.String(), nil
	}
	return items, place{at.from, at.page + 1}.String(), nil
}

// Get reads the review as it is now.
func (s *Source) Get(ctx context.Context, key review.Key) (review.Review, error) {
	var raw json.RawMessage
	if err := s.wire.Read(ctx, "read", path(key), nil, &raw); err != nil {
		return review.Review{}, err
	}
	r, err := s.review(raw)
	if err != nil || r.Key.ID != key.ID {
		return review.Review{}, s.trouble("read", "the answer is not the review that was asked for")
	}
	var of struct {
		BusinessUnit struct{ ID string }
	}
	if json.Unmarshal(raw, &of) == nil && of.BusinessUnit.ID != "" && of.BusinessUnit.ID != s.set.BusinessUnit {
		return review.Review{}, &sources.Error{Kind: sources.ErrNotFound, Source: s.set.Name, Op: "read", Reason: "the review is of another business"}
	}
	return r, nil
}

// Reply publishes text. Where a reply stands already the platform's answer
// decides; the desk has looked before.
func (s *Source) Reply(ctx context.Context, key review.Key, text, _ string) (sources.Receipt, error) {
	body := struct {
		Message string `json:"message"`
		Author  string `json:"authorBusinessUserId,omitempty"`
	}{text, s.set.Author}
	if err := s.wire.Write(ctx, "reply", http.MethodPost, path(key)+"/reply", nil, body, nil); err != nil {
		return sources.Receipt{}, err
	}
	return sources.Receipt{URL: link(key.ID), State: review.ReplyLive}, nil
}

// DeleteReply takes the reply down.
func (s *Source) DeleteReply(ctx context.Context, key review.Key) error {
	return s.wire.Write(ctx, "delete", http.MethodDelete, path(key)+"/reply", nil, nil, nil)
}

func path(key review.Key) string { return "v1/private/reviews/" + url.PathEscape(key.ID) }

// link is the review's public page.
func link(id string) string { return "https://www.trustpilot.com/reviews/" + url.PathEscape(id) }

func (s *Source) trouble(op, reason string) error {
	return &sources.Error{Kind: sources.ErrTransient, Source: s.set.Name, Op: op, Reason: reason}
}

// posted is a review as the platform gives it.
type posted struct {
	ID         string
	Stars      int
	Title      string
	Text       string
	Language   string
	CreatedAt  moment
	UpdatedAt  moment
	IsVerified *bool
	Consumer   struct{ ID, DisplayName, Name string }
	Reply      *struct {
		Text      string
		CreatedAt moment
		UpdatedAt moment
	} `json:"companyReply"`
	ReferenceID string
}

func (s *Source) review(raw json.RawMessage) (review.Review, error) {
	var p posted
	if err := json.Unmarshal(raw, &p); err != nil {
		return review.Review{}, err
	}
	if p.ID == "" {
		return review.Review{}, errors.New("no id")
	}
	r := review.Review{
		Key:      review.Key{Source: s.set.Name, ID: p.ID},
		Rating:   review.Rating{Kind: review.Unrated},
		Title:    p.Title,
		Body:     p.Text,
		Language: p.Language,
		Author:   p.Consumer.DisplayName,
		AuthorID: p.Consumer.ID,
		Verified: p.IsVerified,
		Created:  p.CreatedAt.Time,
		Updated:  p.UpdatedAt.Time,
		URL:      link(p.ID),
		ReplyURL: link(p.ID),
		Raw:      raw,
	}
	if p.ReferenceID != "" {
		r.Subject = review.Subject{Kind: "order", ID: p.ReferenceID}
	}
	if p.Stars >= 1 && p.Stars <= 5 { // what is out of the scale tells nothing
		r.Rating = review.StarRating(float64(p.Stars))
	}
	if p.Reply != nil && p.Reply.Text != "" {
		r.Reply = &review.PlatformReply{Text: p.Reply.Text, State: review.ReplyLive, Updated: p.Reply.CreatedAt.Time}
		if !p.Reply.UpdatedAt.IsZero() {
			r.Reply.Updated = p.Reply.UpdatedAt.Time
		}
	}
	return r, nil
}

// moment is a time with or without its zone: the vendor's examples have none,
// its answers often "Z". Without one it is taken as UTC.
type moment struct{ time.Time }

func (m *moment) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil || s == "" {
		return err
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if at, err := time.Parse(layout, s); err == nil {
			m.Time = at.UTC()
			return nil
		}
	}
	return fmt.Errorf("%q is no time", s)
}
