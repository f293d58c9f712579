// Package facebook reads the recommendations of a Facebook Page. It is an
// experiment: Facebook's own pages contradict each other on whether this list
// still exists (the edge is published, the node is called deprecated since
// v22.0, with error code 12). Where Facebook answers with that code, the source
// says so calmly and once, and everything goes by hand.
//
// Replies are posted by hand in any case. A recommendation is up or down, without
// stars. It has no id of its own; the story under which it stands serves.
//
// Vendor's pages: https://developers.facebook.com/docs/graph-api/reference/page/ratings/,
// https://developers.facebook.com/docs/graph-api/reference/recommendation/.
package facebook

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
	"github.com/evenkeel/evenkeel/sources/wire"
)

const (
	// Base is the platform's address with the version that this was written for.
	Base = "https://graph.facebook.com/v25.0"
	// PageSize is what one page is asked to hold.
	PageSize = 100
)

// DefaultMinPoll is the pause between two looks at the list.
const DefaultMinPoll = 30 * time.Minute

// window is how far each sweep goes back: an edit leaves no trace but the words.
const window = 30 * 24 * time.Hour

const fields = "created_time,recommendation_type,review_text,reviewer,has_rating,rating,open_graph_story"

// Settings configure a Source.
type Settings struct {
	Name    string // from the playbook
	Page    string // the Page's number
	Token   string // Page access token with pages_read_user_content
	Open    string // link offered with an approved text; "" = the Page's reviews
	MinPoll time.Duration
	Wire    wire.Config // bounds; an empty Base is the platform's
}

// Source is a configured connection to one Page's recommendations.
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
		return nil, errors.New("a Facebook source needs a name")
	case set.Page == "" || strings.Trim(set.Page, "0123456789") != "":
		return nil, fmt.Errorf("source %s: page is the Page's number", set.Name)
	case set.Token == "":
		return nil, fmt.Errorf("source %s: the Page access token is missing", set.Name)
	}
	if set.MinPoll <= 0 {
		set.MinPoll = DefaultMinPoll
	}
	if set.Open == "" {
		set.Open = "https://www.facebook.com/" + set.Page + "/reviews"
	}
	set.Wire.Secrets, set.Wire.Explain = append(set.Wire.Secrets, set.Token), explain
	set.Wire.Authorize = func(r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+set.Token)
		return nil
	}
	part, client, err := wire.Connect(set.Name, "facebook", Base, set.Wire)
	if err != nil {
		return nil, err
	}
	return &Source{Part: part, set: set, wire: client,
		plan: sweep.Plan{Source: set.Name, Overlap: window, Now: set.Wire.Now}}, nil
}

// Capabilities are those of reading: recommendations come in where Facebook
// still gives them, replies are posted by hand.
func (s *Source) Capabilities() sources.Capabilities {
	p := manual.ProfileFor("facebook")
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

func (s *Source) page(ctx context.Context, token string, _ time.Time) ([]sweep.Item, string, error) {
	q := url.Values{"fields": {fields}, "limit": {strconv.Itoa(PageSize)}}
	if token != "" {
		q.Set("after", token)
	}
	var out struct {
		Data   []json.RawMessage
		Paging struct {
			Cursors struct{ After string }
			Next    string
		}
	}
	if err := s.wire.Read(ctx, "list", s.set.Page+"/ratings", q, &out); err != nil {
		return nil, "", err
	}
	items := make([]sweep.Item, 0, len(out.Data))
	for _, raw := range out.Data {
		r, err := s.review(raw)
		if err != nil {
			return nil, "", &sources.Error{Kind: sources.ErrTransient, Source: s.set.Name, Op: "list", Reason: "a recommendation in the list is not as expected"}
		}
		items = append(items, sweep.Item{Review: r, Changed: r.Created})
	}
	next := ""
	if out.Paging.Next != "" && len(items) > 0 { // its address carries the token: only the cursor is taken
		next = out.Paging.Cursors.After
	}
	return items, next, sweep.CheckNewest(s.set.Name, items)
}

// posted is a recommendation as the platform gives it.
type posted struct {
	Created  string `json:"created_time"`
	Type     string `json:"recommendation_type"`
	Text     string `json:"review_text"`
	Reviewer struct{ ID, Name string }
	HasStars bool                `json:"has_rating"`
	Stars    int                 `json:"rating"`
	Story    struct{ ID string } `json:"open_graph_story"`
}

func (s *Source) review(raw json.RawMessage) (review.Review, error) {
	var p posted
	if err := json.Unmarshal(raw, &p); err != nil {
		return review.Review{}, err
	}
	at, err := time.Parse("2006-01-02T15:04:05-0700", p.Created)
	if err != nil {
		return review.Review{}, err
	}
	id := p.Story.ID
	if id == "" { // without the permission for stories: one person, one time
		id = strings.Join([]string{strconv.FormatInt(at.Unix(), 10), p.Reviewer.ID}, "-")
	}
	r := review.Review{
		Key:      review.Key{Source: s.set.Name, ID: id},
		Rating:   review.Rating{Kind: review.Unrated},
		Body:     p.Text,
		Author:   p.Reviewer.Name,
		AuthorID: p.Reviewer.ID,
		Created:  at.UTC(),
		URL:      s.set.Open,
		ReplyURL: s.set.Open,
		Raw:      raw,
	}
	switch {
	case p.Type == "positive":
		r.Rating = review.Rating{Kind: review.Thumb, Value: 1, Max: 1}
	case p.Type == "negative":
		r.Rating = review.Rating{Kind: review.Thumb, Value: 0, Max: 1}
	case p.HasStars && p.Stars >= 1 && p.Stars <= 5: // from before there were recommendations
		r.Rating = review.StarRating(float64(p.Stars))
	}
	return r, nil
}

// absent is what people read where Facebook has closed the list.
const absent = "Facebook does not give recommendations to programs for this Page any more. Nothing is broken and nothing is lost: " +
	"bring them in by hand, and take this source out of the playbook"

// explain knows the codes of the Graph API:
// https://developers.facebook.com/docs/graph-api/guides/error-handling/.
func explain(_ int, body []byte) (reason string, kind error) {
	var v struct {
		Error struct {
			Code    int
			Message string
		}
	}
	_ = json.Unmarshal(body, &v) // what cannot be read says nothing
	switch code := v.Error.Code; {
	case code == 12:
		return absent, sources.ErrUnsupported
	case code == 190, code == 102:
		return "the Page access token is not valid any more; please make a new one", sources.ErrAuth
	case code == 10, code >= 200 && code <= 299:
		return "the token lacks a permission; pages_read_user_content with advanced access is needed", sources.ErrAuth
	case code == 4, code == 17, code == 32, code == 613:
		kind = sources.ErrRateLimited
	case code == 1, code == 2:
		kind = sources.ErrTransient
	}
	return v.Error.Message, kind
}
