package review

import "time"

// Erase takes the customer's words, and everything that repeats them, out of a
// case: what is left says that there was a review of this rating, who decided
// and approved what and when, and digests. It closes a case that was not
// closed. It may happen in every status but one: while a reply is on its way
// nobody knows yet what there is to erase.
//
// What is left is listed, not what goes: a field that is added to a case later
// is erased until somebody decides otherwise.
func Erase(c Case, o Occasion) (Change, error) {
	switch {
	case c.Status == Publishing:
		return Change{}, &NotNowError{Verb: "erase", Status: c.Status}
	case !c.Review.Erased.IsZero():
		return Change{}, ErrAlready
	}
	next := Case{
		ID: c.ID, Version: c.Version + 1, Status: c.Status, Review: c.Review.Without(o.Now),
		Verdict: c.Verdict, Goal: c.Goal, Owner: c.Owner, OwnerName: c.OwnerName,
		Language: c.Language, Heat: c.Heat, Class: c.Class, Topics: c.Topics, Cause: c.Cause, CauseBy: c.CauseBy,
		Wanted: c.Wanted, Drafts: c.Drafts, FactsRevision: c.FactsRevision, Approvals: c.Approvals,
		Tokens: c.Tokens, Cost: c.Cost, Clock: c.Clock, Turns: c.Turns, Rounds: c.Rounds, Similar: c.Similar, Incident: c.Incident,
		Removed: c.Removed, Outcome: c.Outcome, Opened: c.Opened, Changed: o.Now, ClosedAt: c.ClosedAt,
	}
	if c.Reply != nil {
		reply := c.Reply.Without()
		next.Reply = &reply
	}
	if c.Status != Closed && c.Status != Seeded {
		next.Status, next.ClosedAt = Closed, o.Now
		if next.Outcome == NoOutcome {
			next.Outcome = OutcomeGivenUp
		}
	}
	return Change{Case: next, Events: []Event{{
		At: o.Now, Case: c.ID, Actor: o.By.String(), Verb: "erase", From: c.Status, To: next.Status,
		Detail: map[string]string{"revision": itoa(c.Review.Revision)},
	}}}, nil
}

// Without is the review without what the customer wrote and who that is.
func (r Review) Without(at time.Time) Review {
	return Review{
		Key: r.Key, Revision: r.Revision, Rating: r.Rating, Language: r.Language, Verified: r.Verified,
		Subject: Subject{Kind: r.Subject.Kind, ID: r.Subject.ID},
		Created: r.Created, Updated: r.Updated, Seen: r.Seen, Erased: at,
	}
}

// Without is the draft without its words and what was said about them.
func (d Draft) Without() Draft {
	return Draft{
		N: d.N, Language: d.Language, Origin: d.Origin, Author: d.Author, AuthorName: d.AuthorName, Model: d.Model,
		Prompt: d.Prompt, Variant: d.Variant, Checks: d.Checks, Tokens: d.Tokens, Cost: d.Cost,
		Revision: d.Revision, Facts: d.Facts, Playbook: d.Playbook, At: d.At,
	}
}

// Without is the attempt without its words; its address on the platform leads
// to the customer and goes too.
func (r Reply) Without() Reply {
	return Reply{
		Binding: r.Binding, Draft: r.Draft, Language: r.Language, Cause: r.Cause, Intent: r.Intent,
		Answered: r.Answered, Seen: r.Seen, ID: r.ID, Hand: r.Hand, Tries: r.Tries,
	}
}
