// Package appstore reads and answers reviews of apps on Apple's App Store,
// through the App Store Connect API.
//
// The vendor's pages:
// https://developer.apple.com/documentation/appstoreconnectapi/customer-reviews and
// https://developer.apple.com/documentation/appstoreconnectapi/customer-review-responses.
// The tests hold requests and answers against Apple's OpenAPI document, 3.7.0.
//
// # What is particular
//
//   - A review has a date of writing and none of change, so edits cannot be
//     asked for. Each sweep reads back over [Window], at most [maxSeen] reviews,
//     and finds by their hashes the ones that changed. Older reviews that are
//     open cases are looked at by the desk twice a day; an edit of an old review
//     that nobody works on is not seen.
//   - A review comes from a territory and has no language.
//   - A reply is PENDING_PUBLISH, and PUBLISHED within a day; a refusal is never
//     reported. A second one replaces the first.
//   - Apple says 409 of what is wrong in a request, not of what is there already.
package appstore

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/sweep"
	"github.com/evenkeel/evenkeel/sources/wire"
)

// DefaultBase is where the API lives.
const DefaultBase = "https://api.appstoreconnect.apple.com"

// MaxReply bounds a reply. Apple documents no limit; several tools agree on this
// one, counted in UTF-16 units to be careful.
const MaxReply = 5970

// Window is how far back each sweep looks for edits.
const Window = 30 * 24 * time.Hour

// maxSeen is how many reviews a sweep looks at again, and remembers, at most.
const maxSeen = 1000

// pageSize is the most reviews that the API gives at once.
const pageSize = 200

// Settings configure a [Source].
type Settings struct {
	Name  string // from the playbook
	App   string // Apple's number of the app, digits
	Title string // of the app, for people; "" = "App" and the number
	Key   Key

	Base      string           // "" = DefaultBase
	MinPoll   time.Duration    // 0 = 10 min
	Timeout   time.Duration    // of one call; 0 = wire's default
	RetryWait time.Duration    // between attempts of a read; 0 = wire's default
	MaxBody   int64            // bytes taken of one answer; 0 = wire's default
	Now       func() time.Time // nil = time.Now
}

// Source is a configured connection to one app on the App Store.
type Source struct {
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

var appNumber = regexp.MustCompile(`^[0-9]{1,20}$`)

// New makes a source; the error says which setting is wrong, and nothing of the
// key.
func New(set Settings) (*Source, error) {
	switch {
	case set.Name == "":
		return nil, errors.New("an App Store source needs a name")
	case !appNumber.MatchString(set.App):
		return nil, errors.New("app is the app's Apple ID, a number; App Store Connect shows it under App Information")
	}
	sign, err := newSigner(set.Key, set.Now)
	if err != nil {
		return nil, err
	}
	if set.Base == "" {
		set.Base = DefaultBase
	}
	if set.Title == "" {
		set.Title = "App " + set.App
	}
	if set.MinPoll <= 0 {
		set.MinPoll = 10 * time.Minute
	}
	client, err := wire.New(wire.Config{
		Source: set.Name, Base: set.Base,
		Authorize: sign.authorize, Hide: sign.hide, Explain: explain,
		Timeout: set.Timeout, RetryWait: set.RetryWait, MaxBody: set.MaxBody, Now: set.Now,
	})
	if err != nil {
		return nil, err
	}
	return &Source{
		set: set, wire: client,
		plan: sweep.Plan{Source: set.Name, Overlap: Window, MaxSeen: maxSeen, Now: set.Now},
	}, nil
}

// Name is the name from the playbook.
func (s *Source) Name() string { return s.set.Name }

// Platform is "app_store".
func (s *Source) Platform() string { return "app_store" }

// Capabilities are those of the platform. Replies may be pending, and Apple
// never tells of a refusal, so they do not count as moderated.
func (s *Source) Capabilities() sources.Capabilities {
	return sources.Capabilities{
		List: true, Reply: true, EditReply: true, DeleteReply: true, ReadBack: true,
		MaxReply: MaxReply, Unit: sources.UTF16,
		SeesRemovals: true,
		MinPoll:      s.set.MinPoll,
		Settle:       30 * time.Second, // not documented
	}
}

// Poll takes the next page of the running sweep; see package sweep, and above
// for how far it reaches back.
func (s *Source) Poll(ctx context.Context, cur sources.Cursor) (sources.Page, error) {
	return s.plan.Poll(ctx, cur, s.page)
}

func (s *Source) page(ctx context.Context, token string, since time.Time) ([]sweep.Item, string, error) {
	read, q := openPlace(token)
	var out document[[]json.RawMessage]
	if err := s.wire.Read(ctx, "list", "v1/apps/"+s.set.App+"/customerReviews", q, &out); err != nil {
		switch {
		case token != "" && errors.Is(err, sources.ErrRejected):
			return nil, "", errors.Join(sweep.ErrToken, err)
		case errors.Is(err, sources.ErrNotFound):
			return nil, "", s.fail(sources.ErrRejected, "list", "App Store Connect does not know this app, or the key's team does not own it; check the app's Apple ID")
		}
		return nil, "", err
	}
	items := make([]sweep.Item, 0, len(out.Data))
	for _, raw := range out.Data {
		r, ok := s.review(raw, out.Included)
		if !ok {
			return nil, "", s.fail(sources.ErrTransient, "list", "a review in the list is not as expected")
		}
		items = append(items, sweep.Item{Review: r, Changed: r.Created})
	}
	read += len(items)
	if enough(read, items, since) {
		return items, "", nil
	}
	next, ok := makePlace(read, out.Links.Next)
	if !ok {
		return nil, "", s.fail(sources.ErrTransient, "list", "the list's next page is not as expected")
	}
	return items, next, nil
}

// enough ends a sweep over a busy app: new reviews are in, and what lies further
// back is more than is remembered.
func enough(read int, items []sweep.Item, since time.Time) bool {
	if since.IsZero() || len(items) == 0 || read+pageSize <= maxSeen {
		return false
	}
	mark := since.Add(Window)
	return items[len(items)-1].Changed.Before(mark.Add(-sweep.DefaultOverlap))
}

// Get reads the review as it is now.
func (s *Source) Get(ctx context.Context, key review.Key) (review.Review, error) {
	path, err := s.path("read", key)
	if err != nil {
		return review.Review{}, err
	}
	var out document[json.RawMessage]
	if err := s.wire.Read(ctx, "read", path, url.Values{"include": {"response"}}, &out); err != nil {
		return review.Review{}, err
	}
	r, ok := s.review(out.Data, out.Included)
	if !ok || r.Key.ID != key.ID {
		return review.Review{}, s.fail(sources.ErrTransient, "read", "the answer is not the review that was asked for")
	}
	return r, nil
}

// Reply publishes text, or replaces the reply there.
func (s *Source) Reply(ctx context.Context, key review.Key, text, _ string) (sources.Receipt, error) {
	if _, err := s.path("reply", key); err != nil {
		return sources.Receipt{}, err
	}
	ask := map[string]any{"data": map[string]any{
		"type":       "customerReviewResponses",
		"attributes": map[string]any{"responseBody": text},
		"relationships": map[string]any{"review": map[string]any{
			"data": map[string]any{"type": "customerReviews", "id": key.ID},
		}},
	}}
	var got document[responseJSON]
	if err := s.wire.Write(ctx, "reply", http.MethodPost, "v1/customerReviewResponses", nil, ask, &got); err != nil {
		return sources.Receipt{}, err
	}
	return sources.Receipt{ID: got.Data.ID, URL: s.link(), State: got.Data.state()}, nil
}

// DeleteReply takes the reply down. Its id has to be looked up first.
func (s *Source) DeleteReply(ctx context.Context, key review.Key) error {
	path, err := s.path("delete", key)
	if err != nil {
		return err
	}
	var got document[responseJSON]
	if err := s.wire.Read(ctx, "delete", path+"/response", nil, &got); err != nil {
		return err
	}
	if strings.Trim(got.Data.ID, ".") == "" {
		return s.fail(sources.ErrNotFound, "delete", "no reply stands under this review")
	}
	return s.wire.Write(ctx, "delete", http.MethodDelete, "v1/customerReviewResponses/"+url.PathEscape(got.Data.ID), nil, nil, nil)
}

func (s *Source) path(op string, key review.Key) (string, error) {
	if strings.Trim(key.ID, ".") == "" || strings.Contains(key.ID, "/") {
		return "", s.fail(sources.ErrNotFound, op, "no review on the App Store has this id")
	}
	return "v1/customerReviews/" + url.PathEscape(key.ID), nil
}

// link is where a person answers by hand; reviews have no address of their own.
func (s *Source) link() string {
	return "https://appstoreconnect.apple.com/apps/" + s.set.App + "/distribution/activity/ios/ratingsResponses"
}

func (s *Source) fail(kind error, op, reason string) error {
	return &sources.Error{Kind: kind, Source: s.set.Name, Op: op, Reason: reason}
}

// subject is the app where it was reviewed.
func (s *Source) subject(territory string) review.Subject {
	name := s.set.Title
	// Territories are ISO 3166 codes of three letters; people know the two. The
	// names of all countries would make the program a fifteenth larger.
	if region, err := language.ParseRegion(territory); err == nil {
		name += ", App Store " + region.String()
	}
	return review.Subject{Kind: "app", ID: s.set.App, Name: name}
}
