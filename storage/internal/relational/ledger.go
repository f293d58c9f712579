package relational

import (
	"context"

	"github.com/evenkeel/evenkeel/storage"
)

// spend books on a day and returns its sums. Neither falls below nothing: what
// is given back was booked before, but perhaps on the day before.
const spend = `INSERT INTO ledger (day, tokens, cost) VALUES (?, ?, ?)
ON CONFLICT (day) DO UPDATE SET
    tokens = CASE WHEN ledger.tokens + excluded.tokens < 0 THEN 0 ELSE ledger.tokens + excluded.tokens END,
    cost = CASE WHEN ledger.cost + excluded.cost < 0 THEN 0 ELSE ledger.cost + excluded.cost END
RETURNING tokens, cost`

// Spend implements [storage.Store].
func (st *Store) Spend(ctx context.Context, day string, add storage.Spending) (sum storage.Spending, err error) {
	dest := []any{&sum.Tokens, &sum.Cost}
	if add == (storage.Spending{}) {
		err = one(ctx, st.read, dest, "SELECT tokens, cost FROM ledger WHERE day = ?", ident(day))
		if errNoRows(err) {
			return storage.Spending{}, nil
		}
		return sum, st.explain(err)
	}
	first := storage.Spending{Tokens: max(add.Tokens, 0), Cost: max(add.Cost, 0)}
	err = st.single(ctx, func(ctx context.Context, r runner) error {
		if first != add { // something is given back: there must be a row to take it from
			return one(ctx, r, dest, giveBack, add.Tokens, add.Tokens, add.Cost, add.Cost, ident(day))
		}
		return one(ctx, r, dest, spend, ident(day), add.Tokens, add.Cost)
	})
	if errNoRows(err) {
		return storage.Spending{}, nil
	}
	return sum, err
}

const giveBack = `UPDATE ledger SET
    tokens = CASE WHEN tokens + ? < 0 THEN 0 ELSE tokens + ? END,
    cost = CASE WHEN cost + ? < 0 THEN 0 ELSE cost + ? END
WHERE day = ? RETURNING tokens, cost`
