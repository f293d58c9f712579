package webconsole

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/audit"
	"github.com/evenkeel/evenkeel/storage"
)

// record is everything that is kept of a case.
type record struct {
	Case      review.Case
	Revisions []revisionView
	Drafts    []draftView
	Approvals []review.Approval
	Replies   []review.Reply
	Trail     []trailEntry
	Later     string // the trail's next page, "" at its end
	Earlier   string // its first page, "" when there
}

// revisionView is one text of the review, and what changed since the one
// before.
type revisionView struct {
	review.Review
	Rating string
	Was    string // the rating before, "" when it is the same
	Spans  []bot.Span
}

type draftView struct {
	review.Draft
	Spans   []bot.Span // against the draft before, nil for the first
	Whose   string
	Current bool
}

// trailEntry is an audit entry in words.
type trailEntry struct {
	audit.Entry
	Details []pair
	Texts   []pair
}

type pair struct{ Name, Value string }

// trailPage is how many audit entries stand on one page.
const trailPage = 50

// record draws a case's page with its histories.
func (c *Console) record(w http.ResponseWriter, r *http.Request, v visitor) {
	at := whereIs(r)
	at.Sub = "record"
	p, err := c.deskPage(r.Context(), v, at)
	if err == nil && p.Case != nil && p.Case.Head != nil {
		after, _ := parseRef(r.URL.Query().Get("trail")) // a bad number is the first page
		p.Case.Record, err = c.readRecord(r.Context(), at, after)
	}
	switch {
	case err != nil && !errors.Is(err, storage.ErrNotFound):
		c.broken(w, r, err)
	case err != nil || p.Case == nil || p.Case.Record == nil:
		c.trouble(w, r, http.StatusNotFound, "There is no case #"+ref(at.Case)+".")
	default:
		c.draw(w, r, "desk", p)
	}
}

func (c *Console) readRecord(ctx context.Context, at where, after int64) (*record, error) {
	id := at.Case
	cs, err := c.Store.Case(ctx, id)
	if err != nil {
		return nil, err
	}
	out := &record{Case: cs}
	revisions, err := c.Store.Revisions(ctx, id)
	if err != nil {
		return nil, err
	}
	out.Revisions = revisionViews(revisions)
	drafts, err := c.Store.Drafts(ctx, id)
	if err != nil {
		return nil, err
	}
	out.Drafts = draftViews(drafts, cs)
	if out.Approvals, err = c.Store.Approvals(ctx, id); err != nil {
		return nil, err
	}
	if out.Replies, err = c.Store.Replies(ctx, id); err != nil {
		return nil, err
	}
	return out, c.readTrail(ctx, out, at, after)
}

// revisionViews compares each text with the one before; the newest stands
// first.
func revisionViews(in []review.Review) []revisionView {
	var out []revisionView
	for i, r := range in {
		v := revisionView{Review: r, Rating: r.Rating.String()}
		if i > 0 {
			if was := in[i-1]; was.Rating != r.Rating {
				v.Was = was.Rating.String()
			}
			v.Spans = wordDiff(in[i-1].Text(), r.Text())
		}
		out = append(out, v)
	}
	slices.Reverse(out)
	return out
}

func draftViews(in []review.Draft, cs review.Case) []draftView {
	var out []draftView
	for i, d := range in {
		v := draftView{Draft: d, Whose: whose(d), Current: cs.Draft != nil && cs.Draft.N == d.N}
		if i > 0 {
			v.Spans = wordDiff(in[i-1].Text, d.Text)
		}
		out = append(out, v)
	}
	slices.Reverse(out)
	return out
}

func whose(d review.Draft) string {
	switch d.Origin {
	case review.FromModel:
		return strings.TrimSpace("model " + d.Model)
	case review.FromOffline:
		return "offline drafter"
	}
	if d.AuthorName != "" {
		return d.AuthorName
	}
	return string(d.Author)
}

func (c *Console) readTrail(ctx context.Context, out *record, at where, after int64) error {
	entries, err := c.Store.Events(ctx, at.Case, after, trailPage+1)
	if err != nil {
		return err
	}
	page := "/case/" + ref(at.Case) + "/record"
	if after > 0 {
		out.Earlier = page + "#trail"
	}
	if len(entries) > trailPage {
		entries = entries[:trailPage]
		out.Later = page + "?trail=" + ref(entries[trailPage-1].Seq) + "#trail"
	}
	for _, e := range entries {
		t := trailEntry{Entry: e}
		texts, err := c.Store.Texts(ctx, e.Seq)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		for _, k := range sortedKeys(texts) {
			t.Texts = append(t.Texts, pair{k, texts[k]})
		}
		for _, k := range sortedKeys(e.Detail) {
			if _, words := texts[k]; !words {
				t.Details = append(t.Details, pair{k, short(e.Detail[k])})
			}
		}
		out.Trail = append(out.Trail, t)
	}
	return nil
}

// short shows a digest by its first digits.
func short(s string) string {
	if d, err := review.ParseDigest(s); err == nil && !d.IsZero() {
		return d.Short() + "…"
	}
	return s
}

// Moved tells an entry that changed the case's status.
func (t trailEntry) Moved() bool { return t.From != t.To && t.To != "" }

// When is the time of the entry.
func (t trailEntry) When() time.Time { return t.At }
