// Package medusa reads the product reviews of a Medusa shop that has the plugin
// @lambdacurry/medusa-product-reviews, and answers them with the plugin's
// responses, of which a review has one.
//
// # How
//
// The plugin's admin interface lists reviews by the time of their last change,
// which is how edits are noticed; a single review is a list of one. What is
// not approved (pending, flagged) is not in the shop and counts as not there:
// flagging is the shop's own moderation and no report to anybody, so it is left
// to people.
//
// Replies are replaced and not taken down: the plugin's own call for that
// (DELETE …/response, seen in 1.4.0) does not look which review it was asked
// about and removes the first response of the whole shop.
//
// A [Source] is made once, keeps no state, is safe for concurrent use and lives
// as long as the program. Its secret API key is sent as the user of basic
// authentication: https://docs.medusajs.com/api/admin#authentication. The
// interface is the plugin's:
// https://github.com/lambda-curry/medusa-plugins/tree/main/plugins/product-reviews.
package medusa

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/sweep"
	"github.com/evenkeel/evenkeel/sources/wire"
)

// Defaults.
const (
	DefaultPageSize = 100
	DefaultMinPoll  = time.Minute
)

// The operations, as errors name them.
const (
	opList  = "list"
	opRead  = "read"
	opReply = "reply"
)

const (
	reviewsPath = "admin/product-reviews"
	approved    = "approved"
	// fields are what is asked for; the customer's address is not.
	fields = "id,status,rating,name,content,order_id,product_id,created_at,updated_at," +
		"response.id,response.content,response.updated_at,product.title,product.handle"
)

// Settings configure a Source.
type Settings struct {
	Name    string // from the playbook
	BaseURL string // of the Medusa server: "https://api.shop.example.test"
	Key     string // secret API key, made in the admin under Settings, Secret API keys
	// Store is a product's page in the storefront, which Medusa does not know:
	// "https://shop.example.test/products/{handle}"; {id} works too. "" = no links.
	Store string

	PageSize  int               // 0 = DefaultPageSize
	Overlap   time.Duration     // see sweep.Plan; 0 = its default
	MinPoll   time.Duration     // 0 = DefaultMinPoll
	Timeout   time.Duration     // of one call; 0 = wire.DefaultTimeout
	RetryWait time.Duration     // between attempts of a read; 0 = wire's default
	MaxBody   int64             // bytes taken of one answer; 0 = wire.DefaultMaxBody
	Transport http.RoundTripper // for tests; nil = a transport of the source's own
	Now       func() time.Time  // nil = time.Now
}

// Source is a configured connection to a shop.
type Source struct {
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
		return nil, errors.New("a Medusa source needs a name")
	case set.Key == "":
		return nil, errors.New("the secret API key is missing; make one in Medusa's admin under Settings, Secret API keys")
	}
	if set.PageSize < 2 {
		set.PageSize = DefaultPageSize
	}
	if set.MinPoll <= 0 {
		set.MinPoll = DefaultMinPoll
	}
	basic := basicAuth(set.Key)
	client, err := wire.New(wire.Config{
		Source: set.Name,
		Base:   set.BaseURL,
		Authorize: func(r *http.Request) error {
			r.Header.Set("Authorization", "Basic "+basic)
			return nil
		},
		Secrets:   []string{set.Key, basic},
		Explain:   explain,
		Timeout:   set.Timeout,
		MaxBody:   set.MaxBody,
		Transport: set.Transport,
		RetryWait: set.RetryWait,
		Now:       set.Now,
	})
	if err != nil {
		return nil, err
	}
	return &Source{
		set:  set,
		wire: client,
		plan: sweep.Plan{Source: set.Name, Oldest: true, Overlap: set.Overlap, Now: set.Now},
	}, nil
}

// Name is the name from the playbook.
func (s *Source) Name() string { return s.set.Name }

// Platform is "medusa".
func (s *Source) Platform() string { return "medusa" }

// Capabilities are the same for every shop. The plugin names no longest reply.
func (s *Source) Capabilities() sources.Capabilities {
	return sources.Capabilities{
		List: true, Reply: true, EditReply: true, ReadBack: true,
		Unit:      sources.Runes,
		SeesEdits: true, SeesRemovals: true,
		MinPoll: s.set.MinPoll,
		Settle:  10 * time.Second, // the workflow may outlive the connection
	}
}

// row is a review as the plugin gives it.
type row struct {
	ID        string    `json:"id"`
	Status    string    `json:"status"`
	Rating    float64   `json:"rating"`
	Name      string    `json:"name"`
	Content   string    `json:"content"`
	OrderID   string    `json:"order_id"`
	ProductID string    `json:"product_id"`
	Created   time.Time `json:"created_at"`
	Updated   time.Time `json:"updated_at"`
	Response  *response `json:"response"`
	Product   *struct {
		Title  string `json:"title"`
		Handle string `json:"handle"`
	} `json:"product"`

	raw json.RawMessage
}

// response is a reply as the plugin gives it.
type response struct {
	ID      string    `json:"id"`
	Content string    `json:"content"`
	Updated time.Time `json:"updated_at"`
}

// Poll takes the next page of the running sweep; see package sweep.
func (s *Source) Poll(ctx context.Context, cur sources.Cursor) (sources.Page, error) {
	return s.plan.Poll(ctx, cur, s.page)
}

func (s *Source) page(ctx context.Context, token string, since time.Time) ([]sweep.Item, string, error) {
	at, err := sweep.ParsePlace(token, since)
	if err != nil {
		return nil, "", err
	}
	q := url.Values{"order": {"updated_at"}, "limit": {strconv.Itoa(s.set.PageSize)}, "offset": {strconv.Itoa(at.Offset())}}
	if !at.At.IsZero() {
		q.Set("updated_at[$gte]", at.At.UTC().Format(time.RFC3339Nano))
	}
	rows, count, err := s.list(ctx, opList, q)
	if err != nil {
		return nil, "", err
	}
	var first, last sweep.Row
	if n := len(rows); n > 0 {
		first, last = rows[0].place(), rows[n-1].place()
	}
	if back, moved := at.Moved(first); moved {
		return nil, back, nil
	}
	items := make([]sweep.Item, 0, len(rows))
	for _, r := range rows {
		if r.Status == approved {
			items = append(items, sweep.Item{Review: s.review(r), Changed: r.Updated})
		}
	}
	return items, at.After(last, s.set.PageSize, at.Offset()+s.set.PageSize < count, 0), nil
}

func (r row) place() sweep.Row { return sweep.Row{ID: r.ID, At: r.Updated} }

// list reads one answer, and how many rows there are with those outside it.
func (s *Source) list(ctx context.Context, op string, q url.Values) (rows []row, count int, err error) {
	q.Set("fields", fields)
	var out struct {
		Reviews []json.RawMessage `json:"product_reviews"`
		Count   int               `json:"count"`
	}
	if err := s.wire.Read(ctx, op, reviewsPath, q, &out); err != nil {
		return nil, 0, err
	}
	if out.Reviews == nil {
		return nil, 0, s.trouble(op, sources.ErrTransient, "the answer has no list of reviews")
	}
	for _, raw := range out.Reviews {
		r := row{raw: raw}
		if err := json.Unmarshal(raw, &r); err != nil || r.ID == "" {
			return nil, 0, s.trouble(op, sources.ErrTransient, "a review in the list is not as expected")
		}
		rows = append(rows, r)
	}
	return rows, out.Count, nil
}

// open reads one review.
func (s *Source) open(ctx context.Context, op string, key review.Key) (row, error) {
	rows, _, err := s.list(ctx, op, url.Values{"id": {key.ID}, "limit": {"1"}})
	switch {
	case err != nil:
		return row{}, err
	case len(rows) == 0:
		return row{}, s.trouble(op, sources.ErrNotFound, "the review does not exist in the shop")
	case rows[0].ID != key.ID:
		return row{}, s.trouble(op, sources.ErrTransient, "the answer is not the review that was asked for")
	case rows[0].Status != approved:
		return row{}, s.trouble(op, sources.ErrNotFound, "the review is no longer shown in the shop; its status is "+rows[0].Status)
	}
	return rows[0], nil
}

// Get reads the review as it is now.
func (s *Source) Get(ctx context.Context, key review.Key) (review.Review, error) {
	r, err := s.open(ctx, opRead, key)
	if err != nil {
		return review.Review{}, err
	}
	return s.review(r), nil
}

func (s *Source) review(r row) review.Review {
	out := review.Review{
		Key:      review.Key{Source: s.set.Name, ID: r.ID},
		Rating:   review.Rating{Kind: review.Unrated},
		Body:     r.Content,
		Author:   r.Name,
		Subject:  review.Subject{Kind: "product", ID: r.ProductID},
		Created:  r.Created,
		Updated:  r.Updated,
		ReplyURL: strings.TrimSuffix(s.set.BaseURL, "/") + "/app/reviews",
		Raw:      r.raw,
	}
	if r.Rating >= 1 && r.Rating <= 5 { // what is out of the scale tells nothing
		out.Rating = review.StarRating(r.Rating)
	}
	if r.OrderID != "" {
		bought := true
		out.Verified = &bought
	}
	if r.Product != nil {
		out.Subject.Name = r.Product.Title
		if s.set.Store != "" {
			out.Subject.URL = strings.NewReplacer("{handle}", url.PathEscape(r.Product.Handle), "{id}", url.PathEscape(r.ProductID)).Replace(s.set.Store)
			out.URL = out.Subject.URL
		}
	}
	if r.Response != nil {
		out.Reply = &review.PlatformReply{ID: r.Response.ID, Text: r.Response.Content, State: review.ReplyLive, Updated: r.Response.Updated}
	}
	return out
}

// Reply publishes text as the review's response, or replaces the response
// there. The same text once more changes nothing and is a success.
func (s *Source) Reply(ctx context.Context, key review.Key, text, _ string) (sources.Receipt, error) {
	r, err := s.open(ctx, opReply, key)
	if err != nil {
		return sources.Receipt{}, err
	}
	method := http.MethodPost
	if r.Response != nil {
		method = http.MethodPut
		if r.Response.Content == text {
			return sources.Receipt{ID: r.Response.ID, State: review.ReplyLive}, nil
		}
	}
	var got struct {
		Response response `json:"product_review_response"`
	}
	err = s.wire.Write(ctx, opReply, method, responsePath(key), nil, map[string]string{"content": text}, &got)
	if err != nil {
		return sources.Receipt{}, err
	}
	return sources.Receipt{ID: got.Response.ID, State: review.ReplyLive}, nil
}

func responsePath(key review.Key) string {
	return reviewsPath + "/" + url.PathEscape(key.ID) + "/response"
}

func (s *Source) trouble(op string, kind error, reason string) error {
	return &sources.Error{Kind: kind, Source: s.set.Name, Op: op, Reason: reason}
}
