package woocommerce

import (
	"context"
	"encoding/json"
	"errors"
	"html"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/sweep"
)

// The operations, as errors name them.
const (
	opList   = "list"
	opRead   = "read"
	opReply  = "reply"
	opDelete = "delete"
)

// approved is the status of what visitors see.
const approved = "approved"

// shelf is where a site keeps what customers wrote, and in which shape.
type shelf struct {
	platform string
	path     string     // of the list; single reviews lie below it
	only     url.Values // what the list needs to hold reviews only
	read     func(raw []byte) (row, error)
}

var (
	products = shelf{platform: "woocommerce", path: "wp-json/wc/v3/products/reviews", only: url.Values{"status": {"approved"}}, read: readProduct}
	comments = shelf{platform: "wordpress", path: commentsPath, only: url.Values{"status": {"approve"}, "parent": {"0"}, "type": {"comment"}}, read: readComment}
)

// row is a review as a site has it, in either shape.
type row struct {
	review review.Review // without the source's name and the reply
	id     int64
	post   int64
	email  string // of the customer; tells their own comments from the team's
	public bool
}

// stamp is a time without a zone, which is UTC in the fields that are read.
type stamp struct{ time.Time }

func (s *stamp) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	// A comment without a date has null, or a time that is none.
	s.Time, _ = time.Parse("2006-01-02T15:04:05", text)
	return nil
}

func readProduct(raw []byte) (row, error) {
	var in struct {
		ID        int64  `json:"id"`
		Created   stamp  `json:"date_created_gmt"`
		Product   int64  `json:"product_id"`
		Title     string `json:"product_name"`
		Permalink string `json:"product_permalink"`
		Status    string `json:"status"`
		Reviewer  string `json:"reviewer"`
		Email     string `json:"reviewer_email"`
		Review    string `json:"review"`
		Rating    int    `json:"rating"`
		Verified  *bool  `json:"verified"`
	}
	if err := json.Unmarshal(raw, &in); err != nil || in.ID <= 0 {
		return row{}, errors.Join(err, errShape)
	}
	out := row{id: in.ID, post: in.Product, email: in.Email, public: in.Status == approved}
	out.review = review.Review{
		Key:      review.Key{ID: strconv.FormatInt(in.ID, 10)},
		Rating:   review.Rating{Kind: review.Unrated},
		Body:     Plain(in.Review),
		Author:   html.UnescapeString(in.Reviewer),
		Verified: in.Verified,
		Subject:  review.Subject{Kind: "product", ID: strconv.FormatInt(in.Product, 10), Name: html.UnescapeString(in.Title), URL: in.Permalink},
		Created:  in.Created.Time,
		Raw:      discreet(raw),
	}
	if in.Rating >= 1 && in.Rating <= 5 { // 0 is none; what is out of the scale tells nothing
		out.review.Rating = review.StarRating(float64(in.Rating))
	}
	if in.Permalink != "" {
		out.review.URL = in.Permalink + "#comment-" + out.review.Key.ID
	}
	return out, nil
}

func readComment(raw []byte) (row, error) {
	var in comment
	if err := json.Unmarshal(raw, &in); err != nil || in.ID <= 0 {
		return row{}, errors.Join(err, errShape)
	}
	out := row{id: in.ID, post: in.Post, email: in.Email, public: in.Status == approved}
	page, _, _ := strings.Cut(in.Link, "#")
	out.review = review.Review{
		Key:     review.Key{ID: strconv.FormatInt(in.ID, 10)},
		Rating:  review.Rating{Kind: review.Unrated},
		Body:    in.text(),
		Author:  html.UnescapeString(in.Name),
		Subject: review.Subject{Kind: "page", ID: strconv.FormatInt(in.Post, 10), URL: page},
		Created: in.Created.Time,
		URL:     in.Link,
		Raw:     discreet(raw),
	}
	return out, nil
}

// discreet is an answer without what is nobody's business: it is kept with the
// review.
func discreet(raw []byte) json.RawMessage {
	var all map[string]json.RawMessage
	if json.Unmarshal(raw, &all) != nil {
		return nil
	}
	for _, name := range []string{"reviewer_email", "reviewer_avatar_urls", "author_email", "author_ip", "author_user_agent", "author_avatar_urls", "author_url", "_links"} {
		delete(all, name)
	}
	out, err := json.Marshal(all)
	if err != nil {
		return nil
	}
	return out
}

var errShape = errors.New("it is not a review")

// listing is an answer with the number of rows that it is a part of.
type listing struct {
	rows  []json.RawMessage
	total int // -1 when the header was lost on the way
}

func (l *listing) TakeHeader(h http.Header) {
	n, err := strconv.Atoi(h.Get("X-WP-Total"))
	if err != nil {
		n = -1
	}
	l.total = n
}

func (l *listing) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &l.rows) }

// more tells whether rows lie behind the asked-for ones.
func (l *listing) more(skipped, asked int) bool {
	if l.total < 0 {
		return len(l.rows) >= asked
	}
	return skipped+asked < l.total
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
	q := maps.Clone(s.shelf.only)
	q.Set("context", "edit") // the text as it is stored
	q.Set("order", "asc")
	q.Set("orderby", "date_gmt")
	q.Set("per_page", strconv.Itoa(s.set.PageSize))
	if !at.At.IsZero() {
		q.Set("after", at.At.Add(-slack-time.Second).UTC().Format("2006-01-02T15:04:05Z")) // exclusive
	}
	if at.Offset() > 0 {
		q.Set("offset", strconv.Itoa(at.Offset()))
	}
	var got listing
	if err := s.wire.Read(ctx, opList, s.shelf.path, q, &got); err != nil {
		return nil, "", s.judge(err)
	}
	rows := make([]row, 0, len(got.rows))
	for _, raw := range got.rows {
		r, err := s.shelf.read(raw)
		if err != nil {
			return nil, "", s.trouble(opList, sources.ErrTransient, "a review in the list is not as expected")
		}
		if r.public {
			rows = append(rows, r)
		}
	}
	var first, last sweep.Row
	if n := len(rows); n > 0 {
		first, last = rows[0].place(), rows[n-1].place()
	}
	if back, moved := at.Moved(first); moved {
		return nil, back, nil
	}
	items, err := s.items(ctx, rows)
	return items, at.After(last, s.set.PageSize, got.more(at.Offset(), s.set.PageSize), slack), err
}

func (r row) place() sweep.Row { return sweep.Row{ID: r.review.Key.ID, At: r.review.Created} }

// items puts the replies to the reviews.
func (s *Source) items(ctx context.Context, rows []row) ([]sweep.Item, error) {
	replies, err := s.replies(ctx, opList, rows...)
	if err != nil {
		return nil, err
	}
	items := make([]sweep.Item, 0, len(rows))
	for _, r := range rows {
		items = append(items, sweep.Item{Review: s.whole(r, replies[r.id]), Changed: r.review.Created})
	}
	return items, nil
}

func (s *Source) whole(r row, t thread) review.Review {
	out := r.review
	out.Key.Source = s.set.Name
	out.ReplyURL = strings.TrimSuffix(s.set.BaseURL, "/") + "/wp-admin/comment.php?action=editcomment&c=" + out.Key.ID
	out.Reply = t.shown()
	return out
}

// Get reads the review as it is now.
func (s *Source) Get(ctx context.Context, key review.Key) (review.Review, error) {
	r, t, err := s.open(ctx, opRead, key)
	if err != nil {
		return review.Review{}, err
	}
	return s.whole(r, t), nil
}

// open reads a review with what stands below it.
func (s *Source) open(ctx context.Context, op string, key review.Key) (row, thread, error) {
	id, err := strconv.ParseInt(key.ID, 10, 64)
	if err != nil || id <= 0 {
		return row{}, thread{}, s.trouble(op, sources.ErrNotFound, "reviews of this platform have numbers")
	}
	var raw json.RawMessage
	err = s.wire.Read(ctx, op, s.shelf.path+"/"+strconv.FormatInt(id, 10), url.Values{"context": {"edit"}}, &raw)
	switch {
	case errors.Is(err, errHidden):
		return row{}, thread{}, s.hidden(ctx, op, id)
	case err != nil:
		return row{}, thread{}, err
	}
	r, err := s.shelf.read(raw)
	switch {
	case err != nil || r.id != id:
		return row{}, thread{}, s.trouble(op, sources.ErrTransient, "the answer is not the review that was asked for")
	case !r.public:
		return row{}, thread{}, s.trouble(op, sources.ErrNotFound, "the review is no longer shown on the site")
	}
	replies, err := s.replies(ctx, op, r)
	if err != nil {
		return row{}, thread{}, err
	}
	return r, replies[id], nil
}

// hidden finds out what WooCommerce means when it answers 403 for one review:
// versions before 9 say that of reviews that do not exist, and all say it to
// accounts that may not read reviews. The list tells the two apart.
// https://github.com/woocommerce/woocommerce/issues/35162
func (s *Source) hidden(ctx context.Context, op string, id int64) error {
	var got listing
	q := url.Values{"include": {strconv.FormatInt(id, 10)}, "status": {"all"}}
	if err := s.wire.Read(ctx, op, s.shelf.path, q, &got); err != nil {
		return s.judge(err)
	}
	if len(got.rows) > 0 {
		return s.trouble(op, sources.ErrAuth, "the account may list this review and not read it")
	}
	return s.trouble(op, sources.ErrNotFound, "the review does not exist on the site")
}
