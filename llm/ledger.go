package llm

import (
	"context"
	"sync"
)

// Ledger counts the tokens of each day. Several replicas that share a budget
// share a ledger.
type Ledger interface {
	// Spend books tokens, which may be negative, on a day ("2026-05-03") and
	// returns the day's sum afterwards. Spend of 0 asks for the sum.
	Spend(ctx context.Context, day string, tokens int) (total int, err error)
}

// MemoryLedger is a ledger of this process: it starts from nothing with it.
// Its zero value is ready to use.
type MemoryLedger struct {
	mu    sync.Mutex
	day   string
	total int
}

// Spend implements [Ledger]. Only the latest day is kept.
func (l *MemoryLedger) Spend(_ context.Context, day string, tokens int) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case day > l.day:
		l.day, l.total = day, 0
	case day < l.day:
		return 0, nil // a call that began before midnight
	}
	l.total = max(l.total+tokens, 0)
	return l.total, nil
}
