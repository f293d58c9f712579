package webconsole

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// where says what a page shows: a view of the list, from which case on, and
// the case beside it. It travels in addresses and in forms, so that an answer
// without JavaScript is drawn on the page that was asked from.
type where struct {
	View  string
	After int64 // list cases below this id, 0 from the newest
	Case  int64
	Sub   string // "record" for the case's record
}

func whereIs(r *http.Request) where {
	get := r.FormValue
	if r.Method == http.MethodPost {
		get = r.PostForm.Get
	}
	number := func(s string) int64 {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 0 {
			return 0
		}
		return n
	}
	w := where{View: viewOf(get("view")).Name, After: number(get("after")), Case: number(get("case"))}
	if id := r.PathValue("id"); id != "" {
		w.Case = number(id)
	}
	return w
}

// Query is where as the query of an address, "" for the inbox's top.
func (w where) Query() string {
	q := url.Values{}
	if w.View != views[0].Name {
		q.Set("view", w.View)
	}
	if w.After > 0 {
		q.Set("after", strconv.FormatInt(w.After, 10))
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// Full is where as a query with everything in it.
func (w where) Full() string {
	q := url.Values{"view": {w.View}}
	if w.After > 0 {
		q.Set("after", strconv.FormatInt(w.After, 10))
	}
	if w.Case > 0 {
		q.Set("case", strconv.FormatInt(w.Case, 10))
	}
	return q.Encode()
}

// view is one way to list cases.
type view struct {
	Name, Label, Empty string
	status             []review.Status
	keep               func(review.Case) bool
	mine               bool
}

var (
	waiting = []review.Status{review.New, review.Open, review.Held, review.Drafted, review.HandedOver, review.Rejected, review.Unreconciled}
	going   = []review.Status{review.Approved, review.Publishing, review.Published}
)

// views are the channels of the console, the inbox first.
var views = []view{
	{Name: "inbox", Label: "Inbox", status: waiting, keep: func(c review.Case) bool { return !calm(c) },
		Empty: "Nothing waits for you. New reviews appear here by themselves."},
	{Name: "mine", Label: "Mine", status: waiting, mine: true, Empty: "No case is yours right now."},
	{Name: "quiet", Label: "Praise and stars", status: waiting, keep: calm,
		Empty: "No praise waits for a thank-you."},
	{Name: "going", Label: "Going out", status: going, Empty: "Nothing is on its way to a platform."},
	{Name: "done", Label: "Live and closed", status: []review.Status{review.Live, review.Closed}, Empty: "No case is done yet."},
	{Name: "history", Label: "History", status: []review.Status{review.Seeded}, Empty: "No old reviews were brought in. “evenkeel import FILE” does it."},
	{Name: "all", Label: "All", Empty: "No review has arrived yet."},
}

// calm tells praise and star-only reviews that nobody has begun to answer.
func calm(c review.Case) bool {
	return c.Review.Quiet() && c.Draft == nil && c.Verdict == review.Undecided
}

// viewOf finds a view by name; unknown ones are the inbox.
func viewOf(name string) view {
	for _, v := range views {
		if v.Name == name {
			return v
		}
	}
	return views[0]
}

const (
	pageSize = 40
	scanStep = 200 // cases read at once by a view that filters
	scanMost = 600 // and altogether for one page
)

// list is one page of cases.
type list struct {
	View  view
	Cases []review.Case
	Older int64 // where the next page begins, 0 at the end
}

func (l list) versions() []caseVersion {
	out := make([]caseVersion, len(l.Cases))
	for i, c := range l.Cases {
		out[i] = caseVersion{c.ID, c.Version}
	}
	return out
}

// list reads one page, newest first. A view that filters reads on until the
// page is full or enough was read; "older" then goes on from there.
func (c *Console) list(ctx context.Context, at where, who review.PersonID) (list, error) {
	v := viewOf(at.View)
	l := list{View: v}
	q := storage.Query{Status: v.status, After: at.After, Limit: pageSize + 1}
	if v.mine {
		q.Owner = who
	}
	if v.keep != nil {
		q.Limit = scanStep
	}
	for read := 0; read < scanMost; {
		cases, err := c.Store.Cases(ctx, q)
		if err != nil {
			return l, err
		}
		for _, cs := range cases {
			if len(l.Cases) == pageSize {
				l.Older = l.Cases[pageSize-1].ID
				return l, nil
			}
			q.After = cs.ID
			if v.keep == nil || v.keep(cs) {
				l.Cases = append(l.Cases, cs)
			}
		}
		if len(cases) < q.Limit {
			return l, nil
		}
		read += len(cases)
	}
	l.Older = q.After
	return l, nil
}

// row is a case in the list.
type row struct {
	ID              int64
	Link            string
	Here            bool // the case that is open beside the list
	Stars, Rating   string
	Headline, Words string
	Lang            string
	Who, Where      string
	At              time.Time
	Owner           string
	Step            step
}

func newRow(c review.Case, at where) row {
	r := c.Review
	out := row{
		ID: c.ID, Link: "/case/" + ref(c.ID) + at.Query(), Here: at.Case == c.ID,
		Rating: r.Rating.String(), Lang: c.Lang(), Who: clip(r.Author, 40), Where: clip(r.Key.Source, 40),
		At: arrived(c), Owner: c.OwnerName, Step: nextStep(c),
	}
	out.Headline, out.Words = clip(r.Title, 90), clip(r.Body, 140)
	if out.Headline == "" {
		out.Headline = clip(r.Subject.Name, 90)
	}
	if out.Headline == "" && out.Words == "" {
		out.Headline = "No words, only a rating"
	}
	if stars, ok := r.Rating.Fifths(); ok && r.Rating.Kind == review.Stars {
		n := min(5, max(0, int(stars+0.5)))
		out.Stars = strings.Repeat("★", n) + strings.Repeat("☆", 5-n)
	}
	return out
}

// arrived is when a review was written, or seen where that is not known.
func arrived(c review.Case) time.Time {
	for _, t := range []time.Time{c.Review.Created, c.Review.Seen, c.Opened} {
		if !t.IsZero() {
			return t
		}
	}
	return c.Changed
}

// step says in a few words what a case waits for, and how pressing that is.
type step struct{ Tone, Text string }

// nextStep reads it off the case; the cards say the rest.
func nextStep(c review.Case) step {
	switch c.Status {
	case review.Open:
		return openStep(c)
	case review.Drafted:
		if len(c.Standing()) > 0 {
			return step{"trouble", "Draft needs work"}
		}
		if len(c.Approvals) > 0 {
			return step{"ask", "Needs another approval"}
		}
		return step{"ask", "Waits for approval"}
	}
	if s, ok := steps[c.Status]; ok {
		return s
	}
	return step{"neutral", c.Status.Label()}
}

func openStep(c review.Case) step {
	switch {
	case c.Drafting:
		return step{"waiting", "Draft is being written"}
	case c.Pending != nil:
		return step{"ask", "Needs a second person"}
	case c.Trouble != "":
		return step{"trouble", "Needs a text by hand"}
	case c.Verdict == review.Undecided:
		return step{"ask", "Needs a decision"}
	}
	return step{"ask", "Needs a text"}
}

var steps = map[review.Status]step{
	review.Seeded:       {"neutral", "History"},
	review.New:          {"waiting", "Arriving"},
	review.Held:         {"waiting", "On hold"},
	review.Approved:     {"waiting", "Goes out soon"},
	review.Publishing:   {"waiting", "On its way"},
	review.HandedOver:   {"ask", "To be posted by hand"},
	review.Published:    {"waiting", "Published, being checked"},
	review.Live:         {"good", "Live"},
	review.Rejected:     {"trouble", "Not up: rejected"},
	review.Unreconciled: {"trouble", "Is it up? Please look"},
	review.Closed:       {"done", "Closed"},
}
