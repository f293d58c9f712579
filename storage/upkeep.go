package storage

import (
	"context"

	"github.com/evenkeel/evenkeel/review"
)

// Upkeep is what both databases can do besides the desk's work: backups, moves
// and erasure. The stores of storage/open have it.
type Upkeep interface {
	// Erase commits a change of review.Erase and takes the words out of
	// everything that belongs to the case: revisions, drafts, replies, the texts
	// beside the audit log, the console's messages, work, the index of words.
	// The audit entries stay as they are. review.ErrConflict as for Commit.
	Erase(ctx context.Context, change *review.Change) error
	// Strike looks through what belongs to no case and may repeat a customer's
	// words: texts beside audit entries, which go when strike finds something in
	// them, and the console's messages, which become what strike leaves. It
	// counts both. Settings are their writers' to change.
	Strike(ctx context.Context, strike func(doc string) (without string, found bool)) (int, error)
	// Notices are the messages that belong to no case.
	Notices(ctx context.Context) ([]Message, error)
	// Authored lists the cases whose review has, or once had, this author: by
	// name or by the platform's id, exactly.
	Authored(ctx context.Context, author string) ([]int64, error)
	// Scrub makes what was erased unreadable in the database's files, as far as
	// the database can: see docs/operations.md.
	Scrub(ctx context.Context) error
	// CopyTo copies everything into target, which must be new, as one
	// transaction: all of it or nothing. It reads one moment of a database that
	// may be in use. Sums that follow from the rest are not copied; they are
	// counted anew. What was copied is read back and compared before it counts.
	CopyTo(ctx context.Context, target Store, progress func(Copied)) ([]Copied, error)
}

// Copied counts a table.
type Copied struct {
	Table string
	Rows  int64
}
