// Package trustedshops reads service and product reviews from Trusted Shops
// (eTrusted), saves replies, and reports unfair reviews by a veto: the one
// platform so far that takes reports by API.
//
// The list is asked for by the time of submission and paged by the id of a
// review. Nothing is known for certain of its order, and a time of change is not
// in every answer; so each sweep reads the last 30 days to their end and knows
// reviews by their words.
//
// The vendor's pages describe the calls and could not be tried; field names come
// from them and from other programs that use the API. What is unsure is listed
// in docs/platforms/trusted-shops.md.
//
// Vendor's pages: https://developers.etrusted.com/reviews-api/reviews-api.html,
// https://developers.etrusted.com/reference/getreviews,
// https://developers.etrusted.com/reference/createveto.
package trustedshops

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
	"github.com/evenkeel/evenkeel/sources/manual"
	"github.com/evenkeel/evenkeel/sources/sweep"
	"github.com/evenkeel/evenkeel/sources/wire"
)

const (
	// Base is the platform's address.
	Base = "https://api.etrusted.com"
	// TokenURL gives tokens for a client's credentials; the audience is Base.
	TokenURL = "https://login.etrusted.com/oauth/token" //nolint:gosec // an address, no credential
	// PageSize is a moderate part of the 1,000 that a page may hold.
	PageSize = 200
)

// DefaultMinPoll is the pause between two looks at the list.
const DefaultMinPoll = 10 * time.Minute

// window is how far each sweep goes back.
const window = 30 * 24 * time.Hour

// Settings configure a Source.
type Settings struct {
	Name     string   // from the playbook
	Channels []string // ids of the channels to read; none = all of the account
	Reporter string   // mail address that vetoes name; "" = reports are made by hand
	Notify   bool     // tell reviewers of a reply by mail
	MinPoll  time.Duration
	Wire     wire.Config // credentials and bounds; an empty Base is the platform's
}

// Source is a configured connection to one account.
type Source struct {
	wire.Part
	set  Settings
	wire *wire.Client
	plan sweep.Plan
}

var (
	_ sources.Poller   = (*Source)(nil)
	_ sources.Reader   = (*Source)(nil)
	_ sources.Replier  = (*Source)(nil)
	_ sources.Remover  = (*Source)(nil)
	_ sources.Reporter = (*Source)(nil)
)

// New makes a source; the error names a setting.
func New(set Settings) (*Source, error) {
	switch {
	case set.Name == "":
		return nil, errors.New("a Trusted Shops source needs a name")
	case set.Reporter != "" && !strings.Contains(set.Reporter, "@"):
		return nil, fmt.Errorf("source %s: reporter is the mail address that a report names", set.Name)
	}
	if set.MinPoll <= 0 {
		set.MinPoll = DefaultMinPoll
	}
	part, client, err := wire.Connect(set.Name, "trusted_shops", Base, set.Wire)
	if err != nil {
		return nil, err
	}
	return &Source{Part: part, set: set, wire: client,
		plan: sweep.Plan{Source: set.Name, Oldest: true, Overlap: window, MaxSeen: 4000, Now: set.Wire.Now}}, nil
}

// Capabilities are the platform's. Without a reporter's address reports are
// made by hand, on the same grounds.
func (s *Source) Capabilities() sources.Capabilities {
	return sources.Capabilities{
		List: true, Reply: true, EditReply: true, DeleteReply: true, ReadBack: true,
		SeesEdits: true, SeesRemovals: true,
		Report:  s.set.Reporter != "",
		Grounds: manual.ProfileFor("trusted_shops").Grounds,
		Unit:    sources.Runes,
		MinPoll: s.set.MinPoll,
		Settle:  30 * time.Second,
	}
}

// Poll takes the next page; see package sweep.
func (s *Source) Poll(ctx context.Context, cur sources.Cursor) (sources.Page, error) {
	return s.plan.Poll(ctx, cur, s.page)
}

func (s *Source) page(ctx context.Context, token string, since time.Time) ([]sweep.Item, string, error) {
	q := url.Values{"count": {strconv.Itoa(PageSize)}, "orderBy": {"submittedAt"}}
	if len(s.set.Channels) > 0 {
		q.Set("channels", strings.Join(s.set.Channels, ","))
	}
	if !since.IsZero() {
		// "later than": one step back takes the moment itself in.
		q.Set("submittedAfter", since.Add(-time.Millisecond).UTC().Format("2006-01-02T15:04:05.000Z"))
	}
	if token != "" {
		q.Set("after", token)
	}
	var out struct {
		Items  []json.RawMessage
		Paging struct {
			Cursor struct{ After string }
		}
	}
	err := s.wire.Read(ctx, "list", "reviews", q, &out)
	if token != "" && (errors.Is(err, sources.ErrRejected) || errors.Is(err, sources.ErrNotFound)) {
		return nil, "", sweep.ErrToken // the review that the page begins after is gone
	}
	if err != nil {
		return nil, "", err
	}
	items := make([]sweep.Item, 0, len(out.Items))
	last := ""
	for _, raw := range out.Items {
		r, err := s.review(raw)
		if err != nil {
			return nil, "", s.fail("list", sources.ErrTransient, "a review in the list is not as expected")
		}
		last = r.Key.ID
		items = append(items, sweep.Item{Review: r, Changed: r.Created})
	}
	slices.SortStableFunc(items, func(a, b sweep.Item) int { return a.Changed.Compare(b.Changed) })
	return items, next(out.Paging.Cursor.After, last, len(items)), nil
}

// next is where the following page begins: what the platform says, and where it
// says nothing after the last review of a full page.
func next(said, last string, n int) string {
	switch {
	case n == 0:
		return ""
	case said != "":
		return said
	case n == PageSize:
		return last
	}
	return ""
}

// Get reads the review as it is now.
func (s *Source) Get(ctx context.Context, key review.Key) (review.Review, error) {
	var raw json.RawMessage
	if err := s.wire.Read(ctx, "read", path(key), nil, &raw); err != nil {
		return review.Review{}, err
	}
	r, err := s.review(raw)
	if err != nil || r.Key.ID != key.ID {
		return review.Review{}, s.fail("read", sources.ErrTransient, "the answer is not the review that was asked for")
	}
	return r, nil
}

// Reply saves text as the review's reply; one that stands there is replaced.
func (s *Source) Reply(ctx context.Context, key review.Key, text, _ string) (sources.Receipt, error) {
	body := struct {
		Comment string `json:"comment"`
		Notify  bool   `json:"sendNotification"`
	}{text, s.set.Notify}
	if err := s.wire.Write(ctx, "reply", http.MethodPost, path(key)+"/reply", nil, body, nil); err != nil {
		return sources.Receipt{}, err
	}
	return sources.Receipt{State: review.ReplyLive}, nil
}

// DeleteReply takes the reply down.
func (s *Source) DeleteReply(ctx context.Context, key review.Key) error {
	return s.wire.Write(ctx, "delete", http.MethodDelete, path(key)+"/reply", nil, nil, nil)
}

// Report asks the platform to take the review down (a "veto"), on one of the
// grounds of [Source.Capabilities]. The note is shown to people at Trusted Shops.
func (s *Source) Report(ctx context.Context, key review.Key, ground, note string) error {
	switch {
	case s.set.Reporter == "":
		return s.fail("report", sources.ErrUnsupported, "the settings name no reporter; report it in the eTrusted Control Centre")
	case !slices.ContainsFunc(s.Capabilities().Grounds, func(g sources.Ground) bool { return g.ID == ground }):
		return s.fail("report", sources.ErrRejected, "Trusted Shops takes no reports on this ground")
	}
	body := map[string]string{"comment": note, "reason": ground, "vetoReporterEmail": s.set.Reporter}
	return s.wire.Write(ctx, "report", http.MethodPost, path(key)+"/vetos", nil, body, nil)
}

func path(key review.Key) string { return "reviews/" + url.PathEscape(key.ID) }

func (s *Source) fail(op string, kind error, reason string) error {
	return &sources.Error{Kind: kind, Source: s.set.Name, Op: op, Reason: reason}
}

// posted is a review as the platform gives it.
type posted struct {
	ID          string
	Rating      float64
	Title       string
	Comment     string
	SubmittedAt time.Time
	CreatedAt   time.Time
	UpdatedAt   time.Time
	EditedAt    time.Time
	Channel     struct{ ID, Name string }
	Customer    person
	Consumer    person
	Reply       *struct {
		ID, Comment, Text    string
		CreatedAt, UpdatedAt time.Time
	}
}

type person struct{ ID, FullName, FirstName, LastName string }

func (p person) name() string {
	if p.FullName != "" {
		return p.FullName
	}
	return strings.TrimSpace(p.FirstName + " " + p.LastName)
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
		Body:     p.Comment,
		Author:   p.Customer.name(),
		AuthorID: p.Customer.ID,
		Created:  first(p.SubmittedAt, p.CreatedAt),
		Updated:  first(p.EditedAt, p.UpdatedAt),
		URL:      "https://app.etrusted.com/reviews/" + url.PathEscape(p.ID),
		ReplyURL: "https://app.etrusted.com/reviews/" + url.PathEscape(p.ID),
		Raw:      raw,
	}
	if r.Author == "" {
		r.Author, r.AuthorID = p.Consumer.name(), p.Consumer.ID
	}
	if p.Channel.ID != "" {
		r.Subject = review.Subject{Kind: "location", ID: p.Channel.ID, Name: p.Channel.Name}
	}
	if p.Rating >= 1 && p.Rating <= 5 { // what is out of the scale tells nothing
		r.Rating = review.StarRating(p.Rating)
	}
	if a := p.Reply; a != nil && a.Comment+a.Text != "" {
		r.Reply = &review.PlatformReply{ID: a.ID, Text: a.Comment, State: review.ReplyLive, Updated: first(a.UpdatedAt, a.CreatedAt)}
		if a.Comment == "" {
			r.Reply.Text = a.Text
		}
	}
	return r, nil
}

// first is the first time that is known.
func first(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t.UTC()
		}
	}
	return time.Time{}
}
