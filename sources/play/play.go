// Package play reads and answers reviews of apps on Google Play, through the
// Reply to Reviews part of the Android Publisher API v3.
//
// The vendor's pages: https://developers.google.com/android-publisher/reply-to-reviews
// and https://developers.google.com/android-publisher/api-ref/rest/v3/reviews.
// The requests and answers are held against Google's own discovery document and
// Go types in the module discoverytest.
//
// # What is particular
//
//   - The list holds the last week only, of production releases, and only
//     reviews with words. A source that is not polled for a week misses reviews;
//     older ones come by import from the console's CSV files.
//   - 200 reads an hour for each app, so polls are at least [MinPoll] apart.
//   - Title and text come as one, with a tab between them.
//   - A reply has about 350 characters; mark-up is stripped from it. A second
//     reply replaces the first, and nothing takes it down. The desk reads the
//     review before it replies, and stops when a colleague was faster.
package play

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/google/apierror"
	"github.com/evenkeel/evenkeel/sources/sweep"
	"github.com/evenkeel/evenkeel/sources/wire"
)

// Scope is the permission that the service account's tokens need.
const Scope = "https://www.googleapis.com/auth/androidpublisher"

// DefaultBase is where the API lives.
const DefaultBase = "https://androidpublisher.googleapis.com"

// MaxReply bounds a reply, in UTF-16 units to be careful: the vendor says
// "approximately 350 characters".
const MaxReply = 350

// Window is how far back the list goes.
const Window = 7 * 24 * time.Hour

// MinPoll leaves most of the 200 reads an hour to long lists and to looking
// after replies.
const MinPoll = 5 * time.Minute

// pageSize is the most reviews asked for at once.
const pageSize = 100

// Tokens puts an access token on requests; [*oauth.Source] does.
type Tokens interface {
	Authorize(r *http.Request) error
	Forget()
	Hide(text string) string
}

// Settings configure a [Source].
type Settings struct {
	Name    string // from the playbook
	Package string // of the app, "com.example.app"
	Title   string // of the app, for people; "" = the package
	Tokens  Tokens

	Base      string           // "" = DefaultBase
	MinPoll   time.Duration    // longer than MinPoll, or 0
	Timeout   time.Duration    // of one call; 0 = wire's default
	RetryWait time.Duration    // between attempts of a read; 0 = wire's default
	MaxBody   int64            // bytes taken of one answer; 0 = wire's default
	Now       func() time.Time // nil = time.Now
}

// Source is a configured connection to one app on Google Play.
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

var packageName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+$`)

// New makes a source; the error says which setting is wrong.
func New(set Settings) (*Source, error) {
	switch {
	case set.Name == "":
		return nil, errors.New("a Google Play source needs a name")
	case set.Tokens == nil:
		return nil, errors.New("a Google Play source needs a service account")
	case len(set.Package) > 200 || !packageName.MatchString(set.Package):
		return nil, errors.New("package is the app's package name, as in com.example.app")
	}
	if set.Base == "" {
		set.Base = DefaultBase
	}
	if set.Title == "" {
		set.Title = set.Package
	}
	client, err := wire.New(wire.Config{
		Source: set.Name, Base: set.Base,
		Authorize: set.Tokens.Authorize, Hide: set.Tokens.Hide,
		Explain: func(status int, body []byte) (string, error) {
			if status == http.StatusUnauthorized {
				set.Tokens.Forget() // revoked before its time
			}
			return apierror.Explain(status, body)
		},
		Delay:   apierror.Delay,
		Timeout: set.Timeout, RetryWait: set.RetryWait, MaxBody: set.MaxBody, Now: set.Now,
	})
	if err != nil {
		return nil, err
	}
	return &Source{set: set, wire: client, plan: sweep.Plan{Source: set.Name, Now: set.Now}}, nil
}

// Name is the name from the playbook.
func (s *Source) Name() string { return s.set.Name }

// Platform is "google_play".
func (s *Source) Platform() string { return "google_play" }

// Capabilities are those of the platform. That a review cannot be read is not
// taken for a removal by itself: nobody documents how long one can be read after
// it left the list.
func (s *Source) Capabilities() sources.Capabilities {
	return sources.Capabilities{
		List: true, Reply: true, EditReply: true, ReadBack: true,
		MaxReply: MaxReply, Unit: sources.UTF16,
		SeesEdits: true,
		Window:    Window,
		MinPoll:   max(s.set.MinPoll, MinPoll),
		Settle:    30 * time.Second, // not documented
	}
}

// Poll takes the next page of the running sweep; see package sweep.
func (s *Source) Poll(ctx context.Context, cur sources.Cursor) (sources.Page, error) {
	return s.plan.Poll(ctx, cur, s.page)
}

func (s *Source) page(ctx context.Context, token string, _ time.Time) ([]sweep.Item, string, error) {
	q := url.Values{"maxResults": {strconv.Itoa(pageSize)}}
	if token != "" {
		q.Set("token", token)
	}
	var out struct {
		Reviews []json.RawMessage `json:"reviews"`
		Tokens  struct {
			Next string `json:"nextPageToken"`
		} `json:"tokenPagination"`
	}
	if err := s.wire.Read(ctx, "list", s.base(), q, &out); err != nil {
		switch {
		case token != "" && errors.Is(err, sources.ErrRejected):
			return nil, "", errors.Join(sweep.ErrToken, err)
		case errors.Is(err, sources.ErrNotFound):
			return nil, "", s.fail(sources.ErrRejected, "list", "Google Play does not know this app; check the package name, and that the app has been released")
		}
		return nil, "", err
	}
	items := make([]sweep.Item, 0, len(out.Reviews))
	for _, raw := range out.Reviews {
		r, ok := s.review(raw)
		if !ok {
			return nil, "", s.fail(sources.ErrTransient, "list", "a review in the list is not as expected")
		}
		items = append(items, sweep.Item{Review: r, Changed: r.Updated})
	}
	return items, out.Tokens.Next, nil
}

// Get reads the review as it is now.
func (s *Source) Get(ctx context.Context, key review.Key) (review.Review, error) {
	path, err := s.path("read", key)
	if err != nil {
		return review.Review{}, err
	}
	var raw json.RawMessage
	if err := s.wire.Read(ctx, "read", path, nil, &raw); err != nil {
		return review.Review{}, err
	}
	r, ok := s.review(raw)
	if !ok || r.Key.ID != key.ID {
		return review.Review{}, s.fail(sources.ErrTransient, "read", "the answer is not the review that was asked for")
	}
	return r, nil
}

// Reply publishes text, or replaces the reply there.
func (s *Source) Reply(ctx context.Context, key review.Key, text, _ string) (sources.Receipt, error) {
	path, err := s.path("reply", key)
	if err != nil {
		return sources.Receipt{}, err
	}
	var got struct {
		Result *struct {
			Text string `json:"replyText"`
		} `json:"result"`
	}
	if err := s.wire.Write(ctx, "reply", http.MethodPost, path+":reply", nil, map[string]string{"replyText": text}, &got); err != nil {
		return sources.Receipt{}, err
	}
	if got.Result == nil {
		return sources.Receipt{}, s.fail(sources.ErrUnknown, "reply", "the answer does not say what became of the reply")
	}
	return sources.Receipt{URL: s.link(key.ID), State: review.ReplyLive}, nil
}

func (s *Source) base() string {
	return "androidpublisher/v3/applications/" + s.set.Package + "/reviews"
}

func (s *Source) path(op string, key review.Key) (string, error) {
	if strings.Trim(key.ID, ".") == "" {
		return "", s.fail(sources.ErrNotFound, op, "no review on Google Play has this id")
	}
	return s.base() + "/" + url.PathEscape(key.ID), nil
}

// link is where the store shows the review to everybody.
func (s *Source) link(id string) string {
	return "https://play.google.com/store/apps/details?" + url.Values{"id": {s.set.Package}, "reviewId": {id}}.Encode()
}

func (s *Source) fail(kind error, op, reason string) error {
	return &sources.Error{Kind: kind, Source: s.set.Name, Op: op, Reason: reason}
}

// stamp is a time as the API writes it: seconds as text.
type stamp struct {
	Seconds string `json:"seconds"`
	Nanos   int64  `json:"nanos"`
}

func (t stamp) time() time.Time {
	n, err := strconv.ParseInt(t.Seconds, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(n, t.Nanos).UTC()
}

type reviewJSON struct {
	ID       string `json:"reviewId"`
	Author   string `json:"authorName"`
	Comments []struct {
		User *struct {
			Text     string  `json:"text"`
			Stars    float64 `json:"starRating"`
			Language string  `json:"reviewerLanguage"`
			Version  string  `json:"appVersionName"`
			Modified stamp   `json:"lastModified"`
		} `json:"userComment"`
		Developer *struct {
			Text     string `json:"text"`
			Modified stamp  `json:"lastModified"`
		} `json:"developerComment"`
	} `json:"comments"`
}

// review reads one review: the latest words of its author, and the reply.
func (s *Source) review(raw json.RawMessage) (review.Review, bool) {
	var r reviewJSON
	if json.Unmarshal(raw, &r) != nil || r.ID == "" {
		return review.Review{}, false
	}
	out := review.Review{
		Key:     review.Key{Source: s.set.Name, ID: r.ID},
		Rating:  review.Rating{Kind: review.Unrated},
		Author:  r.Author,
		Subject: review.Subject{Kind: "app", ID: s.set.Package, Name: s.set.Title},
		URL:     s.link(r.ID), ReplyURL: s.link(r.ID),
		Raw: raw,
	}
	found := false
	for _, c := range r.Comments {
		if u := c.User; u != nil {
			at := u.Modified.time()
			if at.IsZero() || found && !at.After(out.Updated) {
				continue
			}
			found = true
			// When it was first written the platform does not say.
			out.Created, out.Updated = at, at
			out.Title, out.Body = split(u.Text)
			out.Language = strings.ReplaceAll(u.Language, "_", "-")
			if u.Stars >= 1 && u.Stars <= 5 { // else unrated, and not lost
				out.Rating = review.StarRating(u.Stars)
			}
			if u.Version != "" {
				out.Subject.Name = s.set.Title + ", version " + u.Version
			}
		}
		if d := c.Developer; d != nil && d.Text != "" {
			out.Reply = &review.PlatformReply{Text: d.Text, State: review.ReplyLive, Updated: d.Modified.time()}
		}
	}
	return out, found
}

// split takes title and text apart, which come with a tab between them.
func split(text string) (title, body string) {
	title, body, ok := strings.Cut(text, "\t")
	if !ok {
		return "", text
	}
	return title, body
}

// TokenExpiry is when the token at hand ends; zero when there is none, or nobody
// knows.
func (s *Source) TokenExpiry() time.Time {
	if e, ok := s.set.Tokens.(interface{ Expiry() time.Time }); ok {
		return e.Expiry()
	}
	return time.Time{}
}
