package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/crash"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/promise"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/storage"
)

// publisher is the program's part that speaks with platforms.
var publisher = review.BySystem("publisher")

// publish brings an approved text onto its platform: look, record the intent,
// call once, record the answer. Found in the status Publishing, it is the
// restart of one that died in between, and looks before anything else.
func (d *Desk) publish(ctx context.Context, j storage.Job) error {
	c, err := d.Store.Case(ctx, j.Case)
	if err != nil {
		return err
	}
	defer d.publishing.lock(c.Review.Key.Source)()
	switch c.Status {
	case review.Approved:
	case review.Publishing:
		err := d.recover(ctx, j, c)
		crash.Point("publish.recovered")
		return err
	default:
		return d.done(ctx, j)
	}
	if _, paused, err := d.Paused(ctx); err != nil {
		return err
	} else if paused {
		return &later{at: d.Now().Add(30 * time.Second), why: "publishing is paused"}
	}
	if c.PublishAt.After(d.Now()) {
		return &later{at: c.PublishAt, why: "the text is still in the outbox"}
	}
	if until, waits := d.stillRead(c); waits {
		return &later{at: earlier(until, d.Now().Add(judgeLook)), why: "the second reading of the text is still to come"}
	}
	if c, err = d.recalled(ctx, c); err != nil {
		return err
	} else if c.Status != review.Approved {
		return d.done(ctx, j) // a lead must agree now
	}
	findings, version, err := d.check(ctx, c, *c.Draft)
	if err != nil {
		return err
	}
	byHand := !d.policy(c).CanReply
	if !byHand {
		if stop, err := d.lookFirst(ctx, j, c); stop || err != nil {
			return err
		}
	}
	pledges := promise.Find(c.Draft.Text, c.Draft.Language)
	var action review.Action = review.StartPublishing{Findings: findings, Pledges: pledges}
	with := storage.Batch{}
	if byHand {
		action, with.Done = review.HandOver{Findings: findings, Pledges: pledges}, &j
	}
	crash.Point("publish.before")
	c, err = d.act(ctx, c.ID, publisher, action, nil, with)
	crash.Point("publish.intent")
	switch {
	case errors.Is(err, review.ErrQuorum):
		return d.system(ctx, j, "publisher", review.Void{Why: "the rules or the text changed after the approval"})
	case errors.Is(err, review.ErrBlocked):
		return d.system(ctx, j, "publisher", review.Void{Why: "the checks now hold the text back", Findings: findings, Checks: version})
	case outgrown(err):
		return d.done(ctx, j)
	case err != nil || byHand:
		return err
	}
	return d.send(ctx, j, c)
}

// lookFirst reads the review before a reply goes out: the customer may have
// edited it, somebody may have answered on the platform itself. stop means
// that the job is settled.
func (d *Desk) lookFirst(ctx context.Context, j storage.Job, c review.Case) (stop bool, err error) {
	now, ok, err := d.read(ctx, c)
	if !ok {
		return false, nil // a platform that cannot be read
	}
	switch {
	case errors.Is(err, sources.ErrNotFound):
		return true, d.system(ctx, j, "publisher", review.Remove{})
	case err != nil:
		return true, &later{at: d.Now().Add(d.wait(err, tries(j))), why: err.Error()}
	case now.ContentHash() != c.Review.ContentHash():
		return true, d.system(ctx, j, "publisher", review.Revise{Review: now})
	case now.Reply == nil || now.Reply.Text == "":
		return false, nil
	case sameText(now.Reply.Text, c.Draft.Text):
		return false, nil // our own words: publishing them again changes nothing, and its answer says so
	case c.Reply != nil && sameText(now.Reply.Text, c.Reply.Text):
		return false, nil // an earlier reply of ours that this one replaces
	case c.Theirs != nil && sameText(now.Reply.Text, c.Theirs.Text) && d.capabilities(c.Review.Key).EditReply:
		return false, nil // people saw it and approved ours in its place
	}
	return true, d.system(ctx, j, "publisher", review.Void{
		Why: "somebody answered on the platform itself; look there before you approve again", Theirs: now.Reply,
	})
}

// read gets the review as the platform shows it; ok is false where the source
// cannot be read.
func (d *Desk) read(ctx context.Context, c review.Case) (now review.Review, ok bool, err error) {
	r, ok := d.sources[c.Review.Key.Source].(sources.Reader)
	if !ok {
		return now, false, nil
	}
	now, err = r.Get(ctx, c.Review.Key)
	return onScale(now), true, err
}

// send makes the one call and records its answer.
func (d *Desk) send(ctx context.Context, j storage.Job, c review.Case) error {
	replier, ok := d.sources[c.Review.Key.Source].(sources.Replier)
	if !ok {
		return d.system(ctx, j, "publisher", review.Postpone{Until: d.Now().Add(time.Minute), Why: "the source is not configured"})
	}
	if err := d.ours(ctx, j); err != nil {
		return err // somebody else looks what became of the intent
	}
	key := fmt.Sprintf("%s-%d", c.Reply.Binding.Short(), c.Reply.Tries)
	receipt, err := replier.Reply(ctx, c.Review.Key, c.Reply.Text, key)
	crash.Point("publish.called")
	if err == nil {
		err = d.system(ctx, j, "publisher", review.Accepted{ID: receipt.ID, URL: receipt.URL})
		crash.Point("publish.recorded")
		return err
	}
	return d.answer(ctx, j, c, err)
}

// answer records what a platform's error means for the case.
func (d *Desk) answer(ctx context.Context, j storage.Job, c review.Case, err error) error {
	wait := d.wait(err, c.Reply.Tries)
	switch {
	case errors.Is(err, sources.ErrAlready):
		if _, readable := d.sources[c.Review.Key.Source].(sources.Reader); !readable {
			return d.system(ctx, j, "publisher", review.Doubt{Why: reason(err) + "; please look there whether it is ours"})
		}
		return d.recover(ctx, j, c)
	case errors.Is(err, sources.ErrRateLimited), errors.Is(err, sources.ErrTransient):
		return d.system(ctx, j, "publisher", review.Postpone{Until: d.Now().Add(wait), Why: reason(err)})
	case errors.Is(err, sources.ErrAuth):
		return d.system(ctx, j, "publisher", review.Postpone{Until: d.Now().Add(max(wait, time.Minute)), Why: reason(err)})
	case errors.Is(err, sources.ErrRejected), errors.Is(err, sources.ErrNotFound), errors.Is(err, sources.ErrUnsupported):
		return d.system(ctx, j, "publisher", review.Refused{Why: reason(err)})
	}
	// The answer was lost, or the error is of no known kind: look, after the
	// time in which the reply may still appear.
	if !d.policy(c).CanReadBack {
		return d.system(ctx, j, "publisher", review.Doubt{Why: reason(err)})
	}
	return &later{at: d.Now().Add(d.settleTime(c)), why: reason(err)}
}

// lookTries is how often a platform that does not answer is looked at before
// people are told that the outcome is unknown. Looking goes on after that.
const lookTries = 5

// recover settles a case found in Publishing: the intent is recorded, and
// nobody knows whether the call was made or what came of it.
func (d *Desk) recover(ctx context.Context, j storage.Job, c review.Case) error {
	now, ok, err := d.read(ctx, c)
	crash.Point("publish.looked")
	switch {
	case !ok:
		return d.system(ctx, j, "publisher", review.Doubt{Why: "the program stopped while the reply was on its way, and this platform cannot be read"})
	case errors.Is(err, sources.ErrNotFound):
		return d.system(ctx, j, "publisher", review.Refused{Why: "the review is gone from its platform"})
	case err != nil && tries(j) < lookTries:
		return &later{at: d.Now().Add(d.wait(err, tries(j))), why: reason(err)}
	case err != nil:
		return d.system(ctx, j, "publisher", review.Doubt{Why: reason(err)})
	case now.Reply != nil && now.Reply.State == review.ReplyRefused && sameText(now.Reply.Text, c.Reply.Text):
		return d.system(ctx, j, "publisher", review.Refused{Why: firstOf(now.Reply.Reason, "the platform's moderation refused it")})
	case now.Reply != nil && sameText(now.Reply.Text, c.Reply.Text):
		return d.system(ctx, j, "publisher", review.Accepted{ID: now.Reply.ID, URL: now.ReplyURL, Looked: true})
	}
	if theirs, err := d.standsThere(ctx, c, now.Reply); err != nil {
		return err
	} else if theirs {
		return d.system(ctx, j, "publisher", review.Refused{Why: d.inTheirPlace(c, *now.Reply)})
	}
	// It is not there. It may still appear until the platform has settled;
	// after that it is safe to try again under the same approval.
	if settled := c.Reply.Intent.Add(d.settleTime(c)); settled.After(d.Now()) {
		return &later{at: settled, why: "looking again before the reply is tried once more"}
	}
	return d.system(ctx, j, "publisher", review.Postpone{Until: d.Now(), Why: "looked: the reply is not up"})
}

// settleTime is how long after a lost answer a reply may still appear.
func (d *Desk) settleTime(c review.Case) time.Duration {
	if s := d.capabilities(c.Review.Key).Settle; s > 0 {
		return s
	}
	return 10 * time.Second
}

// verify reads the live state back.
func (d *Desk) verify(ctx context.Context, j storage.Job) error {
	c, err := d.Store.Case(ctx, j.Case)
	if err != nil {
		return err
	}
	if c.Status != review.Published && c.Status != review.Unreconciled {
		return d.done(ctx, j)
	}
	now, ok, err := d.read(ctx, c)
	crash.Point("verify.read")
	if !ok {
		return d.done(ctx, j)
	}
	there := err == nil && now.Reply != nil && now.Reply.Text != ""
	ours := there && sameText(now.Reply.Text, c.Reply.Text)
	switch {
	case errors.Is(err, sources.ErrNotFound) && c.Status == review.Published:
		return d.system(ctx, j, "verifier", review.Missing{Why: "the review is gone from its platform, and the reply with it"})
	case err != nil:
		return &later{at: d.Now().Add(d.wait(err, tries(j))), why: reason(err)}
	case c.Status == review.Unreconciled:
		if ours {
			return d.system(ctx, j, "verifier", review.Accepted{ID: now.Reply.ID, URL: now.ReplyURL, Looked: true})
		}
		return &later{at: d.Now().Add(d.wait(nil, tries(j))), why: "still not known"}
	case ours && now.Reply.State == review.ReplyRefused:
		return d.system(ctx, j, "verifier", review.Missing{Why: firstOf(now.Reply.Reason, "the platform's moderation refused it")})
	case ours && now.Reply.State == review.ReplyPending:
		return &later{at: d.Now().Add(d.wait(nil, tries(j))), why: "the reply waits for the platform's moderation"}
	case ours:
		err := d.system(ctx, j, "verifier", review.Seen{URL: now.ReplyURL})
		crash.Point("verify.recorded")
		return err
	case there && now.Reply.State == review.ReplyRefused:
		return d.system(ctx, j, "verifier", review.Missing{Why: firstOf(now.Reply.Reason, "the platform's moderation refused it")})
	case there:
		return d.system(ctx, j, "verifier", review.Missing{Why: "the reply on the platform is not the approved text"})
	case tries(j) < 3:
		return &later{at: d.Now().Add(d.wait(nil, tries(j))), why: "the reply is not to be seen yet"}
	}
	return d.system(ctx, j, "verifier", review.Missing{Why: "the reply is not on the platform, although it was taken"})
}

// settle closes a case in which nothing is open any more.
func (d *Desk) settle(ctx context.Context, j storage.Job) error {
	c, err := d.act(ctx, j.Case, review.BySystem("closer"), review.Settle{}, nil, storage.Batch{Done: &j})
	if err == nil {
		d.learnFrom(ctx, c)
	}
	switch {
	case errors.Is(err, review.ErrInput): // open promises
		return &later{at: d.Now().Add(24 * time.Hour), why: err.Error()}
	case outgrown(err):
		return d.done(ctx, j)
	}
	return err
}

// expire ends a silence: the case is looked at afresh.
func (d *Desk) expire(ctx context.Context, j storage.Job) error {
	c, err := d.Store.Case(ctx, j.Case)
	if err != nil {
		return err
	}
	if c.Status != review.Closed || c.SilentUntil.IsZero() || c.SilentUntil.After(d.Now()) {
		return d.done(ctx, j)
	}
	return d.system(ctx, j, "clock", review.Reopen{Why: "the silence is over; please decide again"})
}

// wait is how long to wait after err: what the platform asks for, else a
// back-off.
func (d *Desk) wait(err error, tries int) time.Duration {
	w := sources.Wait(err)
	if w <= 0 {
		w = backoff(tries + 1)
	}
	// To the microsecond, as storage keeps times: a case must not wait for a
	// moment that its row of work can never reach.
	return min(w, 24*time.Hour).Truncate(time.Microsecond)
}

// sameText compares a reply as read back with the approved one: platforms
// trim ends and change line ends, and nothing else may differ.
func sameText(a, b string) bool { return normal(a) == normal(b) }

func normal(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
