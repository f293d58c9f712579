// Package woocommerce reads the product reviews of a WooCommerce shop and
// answers them as a person would in WordPress: with a comment below the review.
// The same package serves plain WordPress sites, whose comments under posts and
// pages it takes for reviews without a mark ([Settings].Comments).
//
// # How
//
// Reviews come from /wp-json/wc/v3/products/reviews, replies live in
// /wp-json/wp/v2/comments as children of the review. Both take an application
// password, which a person makes on their WordPress profile; WooCommerce's own
// API keys open the first only.
//
// The platform knows no time of last change, so every poll reads the reviews
// of the last [Settings].Lookback again and compares hashes. Texts are stored
// as HTML and read as the text that visitors see ([Plain]); replies are written
// with HTML's own characters escaped ([Escape]).
//
// What is not approved on the site (held, spam, trash) is not public and counts
// as not there. The first comment of the account itself below a review is our
// reply; without one, the first of another registered user who is not the
// reviewer is a colleague's. A colleague's reply is shown and never changed.
//
// A [Source] keeps nothing but the number of its own account, asked for once.
// It is safe for concurrent use and lives as long as the program.
//
// The interface: https://developer.wordpress.org/rest-api/reference/comments/
// and https://woocommerce.github.io/woocommerce-rest-api-docs/#product-reviews.
package woocommerce

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/sweep"
	"github.com/evenkeel/evenkeel/sources/wire"
)

// Limits and defaults.
const (
	// MaxReply is the column that WordPress stores a comment in, in bytes, as
	// wp_get_comment_fields_max_lengths has it:
	// https://developer.wordpress.org/reference/functions/wp_get_comment_fields_max_lengths/
	MaxReply = 65525
	// PerPage is the most that WordPress gives at once:
	// https://developer.wordpress.org/rest-api/using-the-rest-api/pagination/
	PerPage = 100

	DefaultLookback = 30 * 24 * time.Hour
	DefaultMinPoll  = 5 * time.Minute

	// maxSeen bounds the hashes in a cursor. A shop with more reviews within the
	// lookback has its oldest compared by storage instead.
	maxSeen = 4000
	// slack is how much a site's filter by time may be off: it compares local
	// times, which the end of summer time repeats.
	slack = 2 * time.Hour
)

// Settings configure a Source.
type Settings struct {
	Name     string // from the playbook
	BaseURL  string // of the site: "https://shop.example.test", with its folder if it has one
	User     string // login name
	Password string // application password; spaces are as good as none
	// Comments takes the comments under posts and pages for reviews, on sites
	// without WooCommerce.
	Comments bool
	// Lookback is how far behind the newest review edits are noticed; 0 = DefaultLookback.
	Lookback time.Duration

	PageSize  int              // 0 = PerPage
	MinPoll   time.Duration    // 0 = DefaultMinPoll
	Timeout   time.Duration    // of one call; 0 = wire.DefaultTimeout
	RetryWait time.Duration    // between attempts of a read; 0 = wire's default
	MaxBody   int64            // bytes taken of one answer; 0 = wire.DefaultMaxBody
	Now       func() time.Time // nil = time.Now
}

// Source is a configured connection to a site.
type Source struct {
	set   Settings
	shelf shelf
	wire  *wire.Client
	plan  sweep.Plan
	me    atomic.Int64 // our account's number once known
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
		return nil, errors.New("a WooCommerce source needs a name")
	case set.User == "":
		return nil, errors.New("the user is missing: the login name of the WordPress account that made the application password")
	case set.Password == "":
		return nil, errors.New("the application password is missing; make one in WordPress under Users, Profile")
	}
	if set.Lookback <= 0 {
		set.Lookback = DefaultLookback
	}
	if set.PageSize < 2 || set.PageSize > PerPage {
		set.PageSize = PerPage
	}
	if set.MinPoll <= 0 {
		set.MinPoll = DefaultMinPoll
	}
	pair := base64.StdEncoding.EncodeToString([]byte(set.User + ":" + set.Password))
	client, err := wire.New(wire.Config{
		Source: set.Name,
		Base:   set.BaseURL,
		Authorize: func(r *http.Request) error {
			r.Header.Set("Authorization", "Basic "+pair)
			return nil
		},
		Secrets:   []string{pair, set.Password, strings.ReplaceAll(set.Password, " ", "")},
		Explain:   explain,
		Timeout:   set.Timeout,
		MaxBody:   set.MaxBody,
		RetryWait: set.RetryWait,
		Now:       set.Now,
	})
	if err != nil {
		return nil, err
	}
	s := &Source{set: set, shelf: products, wire: client}
	if set.Comments {
		s.shelf = comments
	}
	s.plan = sweep.Plan{Source: set.Name, Oldest: true, Overlap: set.Lookback, MaxSeen: maxSeen, Now: set.Now}
	return s, nil
}

// Name is the name from the playbook.
func (s *Source) Name() string { return s.set.Name }

// Platform is "woocommerce", or "wordpress" for comments under posts.
func (s *Source) Platform() string { return s.shelf.platform }

// Capabilities are the same for every site.
func (s *Source) Capabilities() sources.Capabilities {
	return sources.Capabilities{
		List: true, Reply: true, EditReply: true, DeleteReply: true, ReadBack: true,
		MaxReply: MaxReply, Unit: sources.Bytes,
		SeesEdits:    true, // by comparing, within the lookback
		SeesRemovals: true,
		MinPoll:      s.set.MinPoll,
		Settle:       30 * time.Second, // a slow host may finish what it began
	}
}

func (s *Source) trouble(op string, kind error, reason string) error {
	return &sources.Error{Kind: kind, Source: s.set.Name, Op: op, Reason: reason}
}
