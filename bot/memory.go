package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"

	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/style"
	"github.com/evenkeel/evenkeel/storage"
)

// This file is what the team has taught the drafter: its latest replies as
// examples, and the style rules that its leads accepted.

// exampleCount is how many earlier replies a drafter is shown, and examplePool
// how many of the latest are looked at for the fitting ones.
const (
	exampleCount = 3
	examplePool  = 60
)

// examples are recent approved replies of the same source and language: those
// about the same cause first, then the newest. They show the tone; the check
// on sameness sees to it that they are not copied.
func (d *Desk) examples(ctx context.Context, c review.Case, language string) ([]string, error) {
	replies, err := d.Store.RecentReplies(ctx, c.Review.Key.Source, examplePool)
	if err != nil {
		return nil, err
	}
	replies = slices.DeleteFunc(replies, func(r review.Reply) bool {
		own := c.Reply != nil && r.Binding == c.Reply.Binding
		return own || r.Text == "" || !sameLanguage(spoken(r), language)
	})
	fits := func(r review.Reply) int {
		if r.Cause != "" && r.Cause == c.Cause {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(replies, func(a, b review.Reply) int { return fits(a) - fits(b) })
	texts := make([]string, min(len(replies), exampleCount))
	for i := range texts {
		texts[i] = replies[i].Text
	}
	return texts, nil
}

// spoken is a reply's language. It is told by its words only where nobody said
// it: that takes longer than all else about an example.
func spoken(r review.Reply) string {
	if r.Language != "" {
		return r.Language
	}
	return llm.DetectLanguage(r.Text)
}

// The settings that hold the style rules, and the proposals with their
// numbers. They are apart because the program writes the one and people the
// other: neither overwrites the other's work.
const (
	styleBook   = "style"
	styleOffers = "style.offers"
)

func (d *Desk) styleBook(ctx context.Context) (b style.Book, err error) {
	return b, d.kept(ctx, styleBook, &b)
}

// kept reads a setting that holds JSON.
func (d *Desk) kept(ctx context.Context, name string, into any) error {
	v, err := d.Store.Setting(ctx, name)
	if err != nil || v == "" {
		return err
	}
	if err := json.Unmarshal([]byte(v), into); err != nil {
		return fmt.Errorf("the setting %q cannot be read: %w", name, err)
	}
	return nil
}

func (d *Desk) keep(ctx context.Context, name string, v any, e review.Event) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return d.Store.SetSetting(ctx, name, string(b), e)
}

// styleRules are what the drafter is told for a reply in a language.
func (d *Desk) styleRules(ctx context.Context, language string) ([]string, error) {
	b, err := d.styleBook(ctx)
	return b.For(language), err
}

// learn looks at what people changed in the latest drafts and brings the
// proposals up to it.
func (d *Desk) learn(ctx context.Context) (b style.Book, o style.Offers, err error) {
	edits, err := d.edits(ctx)
	if err != nil {
		return b, o, err
	}
	d.learning.Lock()
	defer d.learning.Unlock()
	if b, err = d.styleBook(ctx); err != nil {
		return b, o, err
	}
	if err = d.kept(ctx, styleOffers, &o); err != nil {
		return b, o, err
	}
	if o.Update(style.Propose(edits), b) {
		err = d.keep(ctx, styleOffers, o, review.Event{})
	}
	return b, o, err
}

// learnFrom is learn after a case was settled, if it has something to teach. It
// never keeps the case from closing: the next one teaches the same.
func (d *Desk) learnFrom(ctx context.Context, c review.Case) {
	if !published(c) {
		return
	}
	if _, _, err := d.learn(ctx); err != nil {
		d.Logger.WarnContext(ctx, "nothing was learned from the latest edits; the next reply tries again", slog.Any("error", err))
	}
}

// editDepth is in how many of the newest cases edited drafts are looked for,
// and editCount how many of them are enough for all languages together.
const (
	editDepth = 300
	editCount = 60
)

// edits are drafts that people changed, with what they published instead. They
// are read from the cases' own histories, so erased words teach nothing.
func (d *Desk) edits(ctx context.Context) ([]style.Edit, error) {
	cases, err := d.Store.Cases(ctx, storage.Query{Status: []review.Status{review.Published, review.Live, review.Closed}, Limit: editDepth})
	if err != nil {
		return nil, err
	}
	var out []style.Edit
	for _, c := range cases {
		if !published(c) || len(out) == editCount {
			continue
		}
		drafts, err := d.Store.Drafts(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		for _, before := range slices.Backward(drafts) {
			if before.N < c.Draft.N && before.Origin != review.FromPerson && before.Text != "" {
				out = append(out, style.Edit{
					Case: c.ID, At: c.Reply.Answered, Language: cmp.Or(llm.DetectLanguage(c.Draft.Text), c.Draft.Language),
					Name: c.Review.Author, Draft: before.Text, Final: c.Draft.Text,
				})
				break
			}
		}
	}
	return out, nil
}

// published tells a person's text that took the place of a draft and went up.
func published(c review.Case) bool {
	return c.Draft != nil && c.Draft.Origin == review.FromPerson && c.Drafts > 1 &&
		c.Reply != nil && !c.Reply.Answered.IsZero() && c.Reply.Problem == "" && c.Reply.Text == c.Draft.Text
}

// Style is the style rules that hold and the proposals that wait.
func (d *Desk) Style(ctx context.Context) (style.Book, []style.Offer, error) {
	b, o, err := d.learn(ctx)
	return b, o.Waiting(b), err
}

// AcceptStyle makes a proposal a rule.
func (d *Desk) AcceptStyle(ctx context.Context, i commands.Invocation, n int) (style.Rule, error) {
	var rule style.Rule
	err := d.turnStyle(ctx, i, "style_accept", func(b *style.Book, o style.Offers, who style.Who) (string, error) {
		offer, err := find(o.Waiting(*b), n)
		if err != nil {
			return "", err
		}
		rule, err = b.Accept(offer, who)
		return rule.Text, err
	})
	return rule, err
}

// DropStyle takes a rule out, or declines a proposal. It returns its words.
func (d *Desk) DropStyle(ctx context.Context, i commands.Invocation, n int) (string, error) {
	var words string
	err := d.turnStyle(ctx, i, "style_drop", func(b *style.Book, o style.Offers, who style.Who) (string, error) {
		if offer, err := find(o.Waiting(*b), n); err == nil {
			b.Decline(offer)
			words = offer.Rule
			return words, nil
		}
		rule, err := b.Drop(n, who)
		words = rule.Text
		return words, err
	})
	return words, err
}

// RevertStyle makes the rules of an earlier version hold again.
func (d *Desk) RevertStyle(ctx context.Context, i commands.Invocation, version int) (style.Book, error) {
	var now style.Book
	err := d.turnStyle(ctx, i, "style_revert", func(b *style.Book, _ style.Offers, who style.Who) (string, error) {
		err := b.Revert(version, who)
		now = *b
		return "", err
	})
	return now, err
}

func find(offers []style.Offer, n int) (style.Offer, error) {
	i := slices.IndexFunc(offers, func(o style.Offer) bool { return o.N == n })
	if i < 0 {
		return style.Offer{}, styleError(style.ErrUnknown)
	}
	return offers[i], nil
}

// turnStyle changes the book and stores it with its audit entry.
func (d *Desk) turnStyle(ctx context.Context, i commands.Invocation, verb review.Verb, turn func(*style.Book, style.Offers, style.Who) (words string, err error)) error {
	d.learning.Lock()
	defer d.learning.Unlock()
	b, err := d.styleBook(ctx)
	if err != nil {
		return err
	}
	var o style.Offers
	if err := d.kept(ctx, styleOffers, &o); err != nil {
		return err
	}
	words, err := turn(&b, o, style.Who{ID: string(i.By.ID), Name: i.By.Name, At: d.Now()})
	if err != nil {
		return styleError(err)
	}
	e := review.Event{At: d.Now(), Actor: review.ByPerson(i.By).String(), Verb: verb, Detail: map[string]string{"version": fmt.Sprint(b.Version())}}
	if words != "" {
		e.Detail["rule"] = review.DigestOf(words).String()
		e.Texts = map[string]string{"rule": words}
	}
	return d.keep(ctx, styleBook, b, e)
}

// styleError is an error of the book as a refusal that people can read.
func styleError(err error) error {
	for _, known := range []error{style.ErrUnknown, style.ErrVersion, style.ErrFull} {
		if err == known { //nolint:errorlint // the book returns them bare
			return &styleRefusal{err}
		}
	}
	return err
}

// styleRefusal is shown to the person as it stands.
type styleRefusal struct{ error }

// Is makes it one of the refusals that are the person's to mend.
func (styleRefusal) Is(target error) bool { return target == review.ErrInput }
