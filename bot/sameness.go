package bot

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/rubric"
	"github.com/evenkeel/evenkeel/storage"
)

// This file keeps two customers from reading the same reply. The rubric compares
// a text with the replies that are up. Those that are not up yet are other
// cases' business and change with every press, so the desk looks at them: when a
// text becomes the draft, at every yes to it, and right before it goes out.
//
// Who yields is settled by an order that everybody sees the same: an open draft
// yields to the open drafts of older cases and to all texts that have their
// approval; of two approved texts the one that was agreed on later yields.

// How many texts of a source one is compared with: of the replies that are up,
// and of each status in which a text waits.
const (
	sameness       = 200
	samenessOfEach = 200
)

// From this share of common five-letter groups on a text is the same as another,
// and from that one on much like it. They are the lines of the rubric's check.
const (
	sameFrom = 0.60
	likeFrom = 0.45
)

// agreed are the statuses of texts that have their approval and are not, as far
// as is known, up.
var agreed = []review.Status{review.Approved, review.Publishing, review.HandedOver, review.Unreconciled}

// beside are the texts of other cases that a text of c must not repeat.
func (d *Desk) beside(ctx context.Context, c review.Case, status ...review.Status) ([]storage.Wording, error) {
	texts, err := d.Store.Wordings(ctx, c.Review.Key.Source, status, samenessOfEach)
	return slices.DeleteFunc(texts, func(w storage.Wording) bool {
		switch {
		case w.Case == c.ID:
			return true
		case w.Status == review.Drafted:
			return w.Case > c.ID
		case w.Status == review.Approved && c.Status == review.Approved:
			own := agreedAt(c)
			return w.Agreed.After(own) || w.Agreed.Equal(own) && w.Case > c.ID
		}
		return false
	}), err
}

// agreedAt is when the last yes to the text of a case was given.
func agreedAt(c review.Case) (at time.Time) {
	for _, a := range c.Approvals {
		if a.At.After(at) {
			at = a.At
		}
	}
	return at
}

// besideDraft are those for the checks on a whole text: for one that leaves the
// outbox, the approved ones only.
func (d *Desk) besideDraft(ctx context.Context, c review.Case) ([]storage.Wording, error) {
	if c.Status == review.Approved {
		return d.beside(ctx, c, agreed...)
	}
	return d.beside(ctx, c, append([]review.Status{review.Drafted}, agreed...)...)
}

// nearest says what likeness with the most similar of some texts means for a
// text; ok is false when there is none worth a word.
func (p prints) nearest(text string, others []storage.Wording) (f review.Finding, ok bool) {
	if len(others) == 0 {
		return f, false
	}
	own, best, which := p.of(text), 0.0, storage.Wording{}
	for _, o := range others {
		if s := own.Similarity(p.of(o.Text)); s > best {
			best, which = s, o
		}
	}
	what := fmt.Sprintf("the text of case #%d, which waits as well", which.Case)
	switch which.Status {
	case review.Drafted:
	case review.Published:
		what = "an earlier reply"
	default:
		what = fmt.Sprintf("the reply to case #%d, which is approved", which.Case)
	}
	switch {
	case best >= sameFrom:
		return review.Finding{Check: rubric.NotBoilerplate, Level: review.Block, Waivable: true,
			Message: "The reply is nearly the same as " + what + "; say what is particular to this review."}, true
	case best >= likeFrom:
		return review.Finding{Check: rubric.NotBoilerplate, Level: review.Warn,
			Message: "The reply resembles " + what + "; make it more particular to this review."}, true
	}
	return f, false
}

// withSameness adds what the texts that wait have against a text to what the
// checks found; the check speaks once.
func (p prints) withSameness(found []review.Finding, text string, others []storage.Wording) []review.Finding {
	f, ok := p.nearest(text, others)
	if !ok {
		return found
	}
	i := slices.IndexFunc(found, func(have review.Finding) bool { return have.Check == f.Check })
	switch {
	case i < 0 && f.Level == review.Block:
		return append([]review.Finding{f}, found...)
	case i < 0:
		return append(found, f)
	case f.Level == review.Block && found[i].Level != review.Block:
		found = append([]review.Finding{f}, slices.Delete(found, i, i+1)...)
	}
	return found
}

// repeats is what stands against a yes to the text of a case since it became the
// draft: texts that were approved, and replies that went up. Most often there
// are none, and it costs two short looks.
func (d *Desk) repeats(ctx context.Context, c review.Case) ([]review.Finding, error) {
	if c.Draft == nil {
		return nil, nil
	}
	others, err := d.beside(ctx, c, agreed...)
	if err != nil {
		return nil, err
	}
	up, err := d.upSince(ctx, c)
	if err != nil {
		return nil, err
	}
	if f, ok := d.prints.nearest(c.Draft.Text, append(others, up...)); ok && f.Level == review.Block {
		return []review.Finding{f}, nil
	}
	return nil, nil
}

// upSince are the replies that went up since a case's draft was made; what was
// up before stands among its findings.
func (d *Desk) upSince(ctx context.Context, c review.Case) ([]storage.Wording, error) {
	since := c.Draft.At.Add(-judgePatience) // a model may have read the text between its checks and its becoming the draft
	newest, err := d.Store.RecentReplies(ctx, c.Review.Key.Source, 1)
	if err != nil || len(newest) == 0 || newest[0].Answered.Before(since) {
		return nil, err
	}
	replies, err := d.Store.RecentReplies(ctx, c.Review.Key.Source, sameness)
	if err != nil {
		return nil, err
	}
	return asWordings(c, replies, since), nil
}

// asWordings are replies as texts to compare with: those of other cases since a
// time.
func asWordings(c review.Case, replies []review.Reply, since time.Time) []storage.Wording {
	var out []storage.Wording
	for _, r := range replies {
		own := c.Reply != nil && r.Binding == c.Reply.Binding // its own earlier attempt is no boilerplate
		if !own && r.Text != "" && !r.Answered.Before(since) {
			out = append(out, storage.Wording{Status: review.Published, Text: r.Text})
		}
	}
	return out
}

// avoid are texts that a new draft must not resemble. They are for the built-in
// drafter, which chooses among its phrases by them; a model never sees them.
func (d *Desk) avoid(ctx context.Context, c review.Case) ([]string, error) {
	others, err := d.besideDraft(ctx, c)
	if err != nil {
		return nil, err
	}
	replies, err := d.Store.RecentReplies(ctx, c.Review.Key.Source, sameness)
	if err != nil {
		return nil, err
	}
	others = append(others, asWordings(c, replies, time.Time{})...)
	texts := make([]string, len(others))
	for i, o := range others {
		texts[i] = o.Text
	}
	return texts, nil
}
