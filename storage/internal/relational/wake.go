package relational

import (
	"slices"
	"sync"

	"github.com/evenkeel/evenkeel/review"
)

// kinds is a small set of kinds of work.
type kinds []review.WorkKind

func (k *kinds) add(kind review.WorkKind) {
	if !slices.Contains(*k, kind) {
		*k = append(*k, kind)
	}
}

// bell gathers the kinds of work that became due until somebody asks. It is
// safe for concurrent use.
type bell struct {
	mu    sync.Mutex
	kinds kinds
}

func (b *bell) ring(k kinds) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, kind := range k {
		b.kinds.add(kind)
	}
}

func (b *bell) take() []review.WorkKind {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.kinds
	b.kinds = nil
	return k
}
