package relational

import (
	"context"
	"database/sql"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// claimedWork is work of a new case that is claimed in the write that brings
// it: it was never anybody else's.
type claimedWork struct {
	review.Work
	of *parcel
}

var insertClaimed = (&table{"work", []string{"kind", "case_id", "key", "due", "text", "attempts", "fence", "lease", "worker"}}).
	inserting(" RETURNING id, kind, case_id, key")

// insertClaimed writes work that is claimed already and gives each parcel its
// jobs. The cases are new, so no row of this work can be there; what a batch
// asks for twice is claimed once and runs once more, like any claimed work.
func (g *group) insertClaimed(ctx context.Context) error {
	type identity struct {
		kind, key string
		id        int64
	}
	of := make(map[identity]claimedWork, len(g.rows.claimed))
	rows := make([][]any, 0, len(g.rows.claimed))
	for _, w := range g.rows.claimed {
		i := identity{ident(string(w.Kind)), ident(w.Key), w.Case}
		if _, twice := of[i]; twice {
			g.rows.work = append(g.rows.work, w.Work)
			continue
		}
		of[i] = w
		c := w.of.batch.Claim
		rows = append(rows, []any{i.kind, i.id, i.key, w.Due.UnixMicro(), label(w.Text), int64(1), int64(1), c.Now.Add(c.Lease).UnixMicro(), label(c.Worker)})
	}
	for _, s := range insertClaimed.plan(rows) {
		err := each(ctx, g.s, func(r *sql.Rows) error {
			var row int64
			var i identity
			if err := r.Scan(&row, &i.kind, &i.id, &i.key); err != nil {
				return err
			}
			w := of[i]
			w.of.claimed = append(w.of.claimed, storage.Job{
				ID: row, Kind: review.WorkKind(i.kind), Case: i.id, Key: i.key, Text: label(w.Text),
				Due: time.UnixMicro(w.Due.UnixMicro()).UTC(), Attempts: 1, Fence: 1,
			})
			return nil
		}, s.Query, s.Args...)
		if err != nil {
			return err
		}
	}
	return nil
}
