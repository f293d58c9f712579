package storage

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/stats"
	"github.com/evenkeel/evenkeel/review/words"
)

// Numbers are the sums and the search index that a store keeps beside the
// cases. Both are brought up by [Numbers.Tally], not by the commits themselves:
// taking in reviews stays as fast as it is, and a flood is counted after it.
//
// Tally follows the audit log. What a case adds to the sums is kept with the
// case's number, and replaced when the case is looked at again, so the sums
// are right whatever happened to it: edits, removals, reopenings. A case that
// is counted twice is counted once; a Tally that is interrupted goes on where
// it was; of several replicas one wins each step.
type Numbers interface {
	// SetZone says where days begin and end. The first one that differs from
	// the zone the sums were made with (UTC at first) has every case counted
	// anew by the calls of Tally that follow; until then the sums are a mixture.
	SetZone(ctx context.Context, zone *time.Location) error
	// Tally looks at no more than limit changed cases, counts them and indexes
	// their words. left is about how much remains to be looked at, 0 when
	// everything is counted. Somebody else's step at the same time is ErrFenced.
	Tally(ctx context.Context, limit int) (left int64, err error)
	// Counts reads sums.
	Counts(ctx context.Context, q CountQuery) ([]stats.Row, error)
	// Subjects names the subjects with the most reviews of all time, most first.
	Subjects(ctx context.Context, source string, limit int) ([]string, error)
	// Search finds cases whose words answer the query: the best matches first,
	// the newest first among equally good ones. It sees the newest thousand
	// cases that have the words, of which there may be more.
	Search(ctx context.Context, q words.Query, source string, limit int) (Found, error)
	// Alike lists cases of late, newest first, that share telling words with a
	// text: what may be similar, to be looked at closely. Of late is among the
	// newest 200,000.
	Alike(ctx context.Context, texts []string, limit int) ([]review.Case, error)
	// Rounds counts the replies that are up, or were, to a reviewer, but for
	// those of one case: see [review.Review.Reviewer].
	Rounds(ctx context.Context, reviewer string, except int64) (int, error)
	// Forget takes the words that are no longer kept of these cases out of the
	// index, at once and for good, and counts them anew. Whoever erases calls it
	// afterwards; Tally would find out later by the audit log.
	Forget(ctx context.Context, cases ...int64) error
}

// CountQuery says which sums to read.
type CountQuery struct {
	Source  string // "" for all
	Subject string // "" for sums over all subjects
	// BySubject gives the rows of every subject instead, for exports: there may
	// be very many.
	BySubject bool
	Parts     []stats.Part // see stats.Period.Parts
	What      []stats.What // nil for all
}

// Found is what a search found.
type Found struct {
	Hits []Hit
	// Newest says that the words are all very common and hardly meet of late, and
	// that no more than so many of the newest were looked through; 0 for all.
	Newest int
}

// Hit is a case that a search found.
type Hit struct {
	Case    review.Case
	Grade   int    // see package words, 0 is best
	Where   string // "review", "reply", "fact" …
	Snippet string // a part of the text in one line; a stranger's words, to be escaped
}
