package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/sweep"
	"github.com/evenkeel/evenkeel/sources/wire"
)

// Settings configure a Source.
type Settings struct {
	Name    string // from the playbook
	BaseURL string // of the platform
	Token   string // bearer token
	// Rules are those of the platform as far as they show in the capabilities.
	Rules Rules
	// Oldest lists in ascending order with "since" instead of newest first, as
	// some platforms do.
	Oldest bool

	PageSize  int              // reviews asked for per page; 0 = what the platform gives
	Overlap   time.Duration    // see sweep.Plan; 0 = its default
	MinPoll   time.Duration    // 0 = 2 s
	Timeout   time.Duration    // of one call; 0 = wire.DefaultTimeout
	RetryWait time.Duration    // between attempts of a read; 0 = wire's default
	MaxBody   int64            // bytes taken of one answer; 0 = wire.DefaultMaxBody
	Now       func() time.Time // nil = time.Now
}

// Source is a configured connection to a simulated platform.
type Source struct {
	set  Settings
	wire *wire.Client
	plan sweep.Plan
}

// It can all that a source can.
var (
	_ sources.Poller   = (*Source)(nil)
	_ sources.Reader   = (*Source)(nil)
	_ sources.Replier  = (*Source)(nil)
	_ sources.Remover  = (*Source)(nil)
	_ sources.Reporter = (*Source)(nil)
)

// New makes a source; the error names a setting.
func New(set Settings) (*Source, error) {
	if set.Name == "" {
		return nil, errors.New("a simulator source needs a name")
	}
	client, err := wire.New(wire.Config{
		Source: set.Name,
		Base:   set.BaseURL,
		Authorize: func(r *http.Request) error {
			if set.Token != "" {
				r.Header.Set("Authorization", "Bearer "+set.Token)
			}
			return nil
		},
		Secrets:   []string{set.Token},
		Explain:   explain,
		Timeout:   set.Timeout,
		MaxBody:   set.MaxBody,
		RetryWait: set.RetryWait,
		Now:       set.Now,
	})
	if err != nil {
		return nil, err
	}
	return &Source{
		set:  set,
		wire: client,
		plan: sweep.Plan{Source: set.Name, Oldest: set.Oldest, Overlap: set.Overlap, Now: set.Now},
	}, nil
}

// Name is the name from the playbook.
func (s *Source) Name() string { return s.set.Name }

// Platform is "simulator".
func (s *Source) Platform() string { return "simulator" }

// Capabilities follow from the platform's rules.
func (s *Source) Capabilities() sources.Capabilities {
	c := sources.Capabilities{
		List: true, Reply: true, ReadBack: true,
		EditReply:   !s.set.Rules.OneReply,
		DeleteReply: !s.set.Rules.OneReply,
		OneReply:    s.set.Rules.OneReply,
		MaxReply:    s.set.Rules.MaxReply,
		Unit:        s.set.Rules.Unit,
		Moderated:   s.set.Rules.Moderation > 0 || len(s.set.Rules.Refuse) > 0,
		Report:      len(s.set.Rules.Grounds) > 0,
		SeesEdits:   true, SeesRemovals: true,
		MinPoll: s.set.MinPoll,
		// The platform acts before it answers, so one look is enough.
		Settle: time.Second,
	}
	for _, g := range s.set.Rules.Grounds {
		c.Grounds = append(c.Grounds, sources.Ground{ID: g, Label: g})
	}
	if c.Unit == "" {
		c.Unit = sources.Runes
	}
	if c.MinPoll <= 0 {
		c.MinPoll = 2 * time.Second
	}
	return c
}

// Poll takes the next page of the running sweep; see package sweep.
func (s *Source) Poll(ctx context.Context, cur sources.Cursor) (sources.Page, error) {
	return s.plan.Poll(ctx, cur, s.page)
}

func (s *Source) page(ctx context.Context, token string, since time.Time) ([]sweep.Item, string, error) {
	q := url.Values{}
	if s.set.PageSize > 0 {
		q.Set("limit", strconv.Itoa(s.set.PageSize))
	}
	if token != "" {
		q.Set("cursor", token)
	}
	if s.set.Oldest {
		q.Set("order", "asc")
		if !since.IsZero() {
			q.Set("since", since.UTC().Format(time.RFC3339Nano))
		}
	}
	var out struct {
		Reviews []json.RawMessage `json:"reviews"`
		Next    string            `json:"next"`
	}
	if err := s.wire.Read(ctx, OpList, "v1/reviews", q, &out); err != nil {
		return nil, "", err
	}
	items := make([]sweep.Item, 0, len(out.Reviews))
	for _, raw := range out.Reviews {
		var r Review
		if err := json.Unmarshal(raw, &r); err != nil {
			return nil, "", &sources.Error{Kind: sources.ErrTransient, Source: s.set.Name, Op: OpList, Reason: "a review in the list is not as expected"}
		}
		items = append(items, sweep.Item{Review: s.review(r, raw), Changed: r.Updated})
	}
	return items, out.Next, nil
}

// Get reads the review as it is now.
func (s *Source) Get(ctx context.Context, key review.Key) (review.Review, error) {
	var raw json.RawMessage
	if err := s.wire.Read(ctx, OpRead, reviewPath(key), nil, &raw); err != nil {
		return review.Review{}, err
	}
	var r Review
	if err := json.Unmarshal(raw, &r); err != nil || r.ID != key.ID {
		return review.Review{}, &sources.Error{Kind: sources.ErrTransient, Source: s.set.Name, Op: OpRead, Reason: "the answer is not the review that was asked for"}
	}
	return s.review(r, raw), nil
}

// Reply publishes text, or replaces the reply there where the rules allow it.
func (s *Source) Reply(ctx context.Context, key review.Key, text, idempotency string) (sources.Receipt, error) {
	header := http.Header{}
	if idempotency != "" {
		header.Set("Idempotency-Key", idempotency)
	}
	var got receipt
	body := map[string]string{"text": text}
	if err := s.wire.Write(ctx, OpReply, http.MethodPut, reviewPath(key)+"/reply", header, body, &got); err != nil {
		return sources.Receipt{}, err
	}
	out := sources.Receipt{ID: got.ID, URL: got.URL, State: review.ReplyPending}
	if got.State == string(review.ReplyLive) {
		out.State = review.ReplyLive
	}
	return out, nil
}

// DeleteReply takes the reply down.
func (s *Source) DeleteReply(ctx context.Context, key review.Key) error {
	return s.wire.Write(ctx, OpDelete, http.MethodDelete, reviewPath(key)+"/reply", nil, nil, nil)
}

// Report files a report of the review.
func (s *Source) Report(ctx context.Context, key review.Key, ground, note string) error {
	body := map[string]string{"ground": ground, "note": note}
	return s.wire.Write(ctx, OpReport, http.MethodPost, reviewPath(key)+"/reports", nil, body, nil)
}

func reviewPath(key review.Key) string { return "v1/reviews/" + url.PathEscape(key.ID) }

func (s *Source) review(r Review, raw json.RawMessage) review.Review {
	out := review.Review{
		Key:      review.Key{Source: s.set.Name, ID: r.ID},
		Rating:   review.Rating{Kind: review.Unrated},
		Title:    r.Title,
		Body:     r.Body,
		Language: r.Language,
		Author:   r.Author,
		AuthorID: r.AuthorID,
		Verified: r.Verified,
		Subject:  r.Subject,
		Created:  r.Created,
		Updated:  r.Updated,
		URL:      r.URL,
		ReplyURL: r.URL,
		Raw:      raw,
	}
	if r.Rating > 0 {
		out.Rating = review.StarRating(float64(r.Rating))
	}
	if r.Reply != nil {
		out.Reply = &review.PlatformReply{ID: r.Reply.ID, Text: r.Reply.Text, State: r.Reply.State, Reason: r.Reply.Reason, Updated: r.Reply.Updated}
	}
	return out
}

// explain knows the platform's codes.
func explain(_ int, body []byte) (reason string, kind error) {
	var v struct {
		Error struct{ Code, Message string } `json:"error"`
	}
	_ = json.Unmarshal(body, &v) // what cannot be read says nothing
	switch v.Error.Code {
	case "bad_cursor":
		kind = sweep.ErrToken
	case "forbidden":
		// One review out of reach says nothing of our credentials.
		kind = sources.ErrRejected
	case "unavailable":
		// Documented to be given before anything is done.
		kind = sources.ErrTransient
	}
	return v.Error.Message, kind
}
