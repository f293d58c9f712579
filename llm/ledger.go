package llm

import (
	"context"
	"sync"
)

// Spending is what calls took, or may take.
type Spending struct {
	Tokens int
	Cost   float64 // in the currency of the endpoints' prices; 0 when they are not known
}

func (s Spending) plus(o Spending) Spending {
	return Spending{Tokens: s.Tokens + o.Tokens, Cost: s.Cost + o.Cost}
}

func (s Spending) minus(o Spending) Spending {
	return Spending{Tokens: s.Tokens - o.Tokens, Cost: s.Cost - o.Cost}
}

// within tells whether s keeps a budget, whose zero fields limit nothing.
func (s Spending) within(budget Spending) bool {
	return (budget.Tokens == 0 || s.Tokens <= budget.Tokens) && (budget.Cost == 0 || s.Cost <= budget.Cost)
}

// Ledger counts what each day took. Several replicas that share a budget share
// a ledger.
type Ledger interface {
	// Spend books an amount, which may be negative, on a day ("2026-05-03") and
	// returns the day's sum afterwards. Spend of nothing asks for the sum.
	Spend(ctx context.Context, day string, add Spending) (sum Spending, err error)
}

// MemoryLedger is a ledger of this process: it starts from nothing with it.
// Its zero value is ready to use.
type MemoryLedger struct {
	mu  sync.Mutex
	day string
	sum Spending
}

// Spend implements [Ledger]. Only the latest day is kept.
func (l *MemoryLedger) Spend(_ context.Context, day string, add Spending) (Spending, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case day > l.day:
		l.day, l.sum = day, Spending{}
	case day < l.day:
		return Spending{}, nil // a call that began before midnight
	}
	l.sum = l.sum.plus(add)
	l.sum = Spending{Tokens: max(l.sum.Tokens, 0), Cost: max(l.sum.Cost, 0)}
	return l.sum, nil
}
