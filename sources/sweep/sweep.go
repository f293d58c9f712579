// Package sweep lists a platform's reviews without missing any and without
// returning the same text twice, for sources whose platform gives pages and a
// time of last change.
//
// # How
//
// A sweep reads the list from one end to the other, one page per [Plan.Poll],
// and what it knows lies in the cursor: a watermark (the latest change seen by
// a finished sweep), hashes of the reviews changed shortly before it, and,
// while a sweep is under way, the page it has come to and the watermark it will
// leave. The watermark moves only when a sweep is finished, so a crash in the
// middle repeats pages, it never skips one. Each sweep reaches back behind the
// watermark by an overlap, because platforms' indexes lag and several reviews
// may carry one time; what the overlap repeats is dropped by its hash.
//
// Lists that go newest first cannot be asked for "since": the sweep stops at
// the first page that reaches behind the overlap. An edit moves a review to the
// front, behind the back of a running sweep; its new time lies after that sweep
// began, so the next one finds it. The same holds for lists in ascending order,
// where equal times and lagging indexes let reviews slip in behind.
//
// A review is known by [review.Review.ContentHash]: a changed time alone is no
// news.
package sweep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
)

// ErrToken is what a [Fetch] returns, wrapped or not, when the platform no
// longer knows the page's token. The sweep begins anew.
var ErrToken = errors.New("the platform no longer knows this page")

// Item is a review with the time by which the platform orders its list.
type Item struct {
	Review  review.Review
	Changed time.Time
}

// Fetch reads one page of the platform's list. An empty token is the first page
// of a sweep, an empty next the last. Lists in ascending order begin at since,
// inclusive, when it is not zero; lists that go newest first ignore it.
type Fetch func(ctx context.Context, token string, since time.Time) (items []Item, next string, err error)

// CheckNewest tells that a page which should go newest first goes the other way:
// reading on would stop too early and miss reviews without a word. It is for
// lists whose order nobody documents.
func CheckNewest(source string, items []Item) error {
	if n := len(items); n > 1 && items[0].Changed.Before(items[n-1].Changed) {
		return Plan{Source: source}.trouble("the list does not go newest first, as this connector expects; please tell the makers of evenkeel")
	}
	return nil
}

// Plan is how one source sweeps. The zero Plan goes newest first with the
// default overlap.
type Plan struct {
	Source  string           // name of the source, for errors
	Oldest  bool             // the list is in ascending order and takes "since"
	Overlap time.Duration    // how far a sweep reaches behind the watermark; 0 = DefaultOverlap
	MaxSeen int              // most hashes kept; 0 = DefaultMaxSeen
	Now     func() time.Time // nil = time.Now; may differ from the platform's by less than Overlap
}

// Defaults of [Plan]. When more than DefaultMaxSeen reviews changed within the
// overlap the oldest are forgotten, and may be returned again.
const (
	DefaultOverlap = 10 * time.Minute
	DefaultMaxSeen = 2000
)

// version of the cursor. Another version, or what cannot be read, begins at the
// beginning: intake is idempotent, a gap is not.
const version = 1

type cursor struct {
	V    int              `json:"v"`
	Mark time.Time        `json:"mark,omitzero"`
	Seen map[string]known `json:"seen,omitempty"`
	Run  *run             `json:"run,omitempty"`
}

// run is a sweep under way.
type run struct {
	Token string    `json:"token"`
	Start time.Time `json:"start"`        // when it began, by our clock
	Top   time.Time `json:"top,omitzero"` // the latest change it met
}

// mark is the watermark that the sweep will leave. What changes after its start
// may slip in behind it, so it never lies after that; nor can a time in the
// future hide everything until then.
func (r *run) mark() time.Time {
	if r.Start.Before(r.Top) {
		return r.Start
	}
	return r.Top
}

// known is a review that was returned.
type known struct {
	Hash string    `json:"h"`
	At   time.Time `json:"t"`
}

// Poll takes the next step from cur.
func (p Plan) Poll(ctx context.Context, cur sources.Cursor, fetch Fetch) (sources.Page, error) {
	c := parse(cur)
	since := p.since(c)
	token := ""
	if c.Run != nil {
		token = c.Run.Token
	}
	began := p.now()
	items, next, err := fetch(ctx, token, since)
	if errors.Is(err, ErrToken) && token != "" {
		c.Run, token, began = nil, "", p.now()
		items, next, err = fetch(ctx, "", since)
	}
	switch {
	case errors.Is(err, ErrToken):
		return sources.Page{}, p.trouble("the platform refuses to give its list page by page")
	case err != nil:
		return sources.Page{}, err
	case next != "" && next == token:
		return sources.Page{}, p.trouble("the list goes in circles: a page names itself as the next")
	}
	if c.Run == nil {
		c.Run = &run{Start: began}
	}
	page := sources.Page{Reviews: p.news(&c, items, since)}
	if next != "" && !p.behind(items, since) {
		c.Run.Token = next
		page.More = true
	} else {
		p.finish(&c)
	}
	p.forget(&c)
	page.Next, err = json.Marshal(c)
	return page, err
}

func (p Plan) now() time.Time {
	if p.Now == nil {
		return time.Now()
	}
	return p.Now()
}

func (p Plan) trouble(reason string) error {
	return &sources.Error{Kind: sources.ErrTransient, Source: p.Source, Op: "list", Reason: reason}
}

// since is where a sweep may stop or begin; zero for all there is.
func (p Plan) since(c cursor) time.Time {
	if c.Mark.IsZero() {
		return time.Time{}
	}
	return c.Mark.Add(-p.overlap())
}

func (p Plan) overlap() time.Duration {
	if p.Overlap <= 0 {
		return DefaultOverlap
	}
	return p.Overlap
}

// news takes from items what the cursor does not know, oldest first, and notes it.
func (p Plan) news(c *cursor, items []Item, since time.Time) []review.Review {
	if c.Seen == nil {
		c.Seen = map[string]known{}
	}
	var out []review.Review
	for _, it := range items {
		if it.Changed.Before(since) {
			continue
		}
		if it.Changed.After(c.Run.Top) {
			c.Run.Top = it.Changed
		}
		id, hash := id(it.Review.Key), it.Review.ContentHash().Short()
		if c.Seen[id].Hash != hash {
			out = append(out, it.Review)
		}
		c.Seen[id] = known{Hash: hash, At: it.Changed}
	}
	if !p.Oldest {
		slices.Reverse(out)
	}
	return out
}

// behind tells that a list which goes newest first has passed the overlap.
func (p Plan) behind(items []Item, since time.Time) bool {
	return !p.Oldest && len(items) > 0 && items[len(items)-1].Changed.Before(since)
}

// finish moves the watermark and ends the sweep.
func (p Plan) finish(c *cursor) {
	if m := c.Run.mark(); m.After(c.Mark) {
		c.Mark = m
	}
	c.Run = nil
}

// forget drops hashes that no sweep will meet again, and the oldest of too many.
func (p Plan) forget(c *cursor) {
	since := p.since(*c)
	if c.Mark.IsZero() && c.Run != nil {
		since = c.Run.mark().Add(-p.overlap())
	}
	maps.DeleteFunc(c.Seen, func(_ string, k known) bool { return k.At.Before(since) })
	limit := p.MaxSeen
	if limit <= 0 {
		limit = DefaultMaxSeen
	}
	if len(c.Seen) <= limit {
		return
	}
	ids := slices.SortedFunc(maps.Keys(c.Seen), func(a, b string) int {
		return c.Seen[b].At.Compare(c.Seen[a].At)
	})
	for _, id := range ids[limit:] {
		delete(c.Seen, id)
	}
}

// id is a review within its source: the key without the source's name.
func id(k review.Key) string {
	if k.Account == "" && k.Location == "" {
		return k.ID
	}
	return strings.Join([]string{k.Account, k.Location, k.ID}, "\x1f")
}

func parse(cur sources.Cursor) cursor {
	c := cursor{}
	if len(cur) == 0 || json.Unmarshal(cur, &c) != nil || c.V != version {
		return cursor{V: version}
	}
	return c
}

// Describe says where a cursor stands, for people.
func Describe(cur sources.Cursor) string {
	c := parse(cur)
	switch {
	case c.Run != nil:
		return "reading the list"
	case c.Mark.IsZero():
		return "at the beginning"
	}
	return fmt.Sprintf("up to %s", c.Mark.UTC().Format(time.DateTime+" MST"))
}
