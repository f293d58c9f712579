package relational

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// group is one transaction of the writer: what the guards say, what was
// decided on the way, and the rows that follow from it.
type group struct {
	d   *Dialect
	s   *session
	now time.Time

	// The audit head, moved on with every entry.
	seq   int64
	hash  review.Digest
	cases int64 // number of the last case
	mark  string

	// What the guards read, and what this group's batches made of it.
	receipts map[[2]string]string // body by scope and id
	fences   map[int64]claim      // of claimed work, by id
	versions map[int64]int64      // of cases, by id; 0 once changed here
	known    map[reviewKey]int64  // cases of reviews
	settings map[string]string    // values by name

	rows rows
	woke kinds // of work that was inserted or made due
}

// claim is a row of claimed work.
type claim struct {
	fence int64
	again sql.NullInt64 // set when it is to run once more
}

// rows collects what the accepted batches write.
type rows struct {
	newCases, cases                       [][]any
	revisions, drafts, approvals, replies [][]any
	done                                  []any
	work                                  []review.Work
	claimed                               []claimedWork
	messages, sources, settings           [][]any
	receipts, events, texts               [][]any
}

// begin opens the transaction and takes the audit head.
func begin(ctx context.Context, d *Dialect, s *session, now time.Time, mark string) (*group, error) {
	if _, err := s.conn.ExecContext(ctx, d.Begin); err != nil {
		return nil, err
	}
	g := &group{d: d, s: s, now: now, mark: mark}
	var args []any
	if d.Marks {
		args = []any{mark, now.UnixMicro()}
	}
	var hash []byte
	err := one(ctx, s, []any{&g.seq, &hash, &g.cases}, d.Head, args...)
	copy(g.hash[:], hash)
	return g, err
}

// one reads a single row into dest; sql.ErrNoRows when there is none.
func one(ctx context.Context, r runner, dest []any, query string, args ...any) error {
	rows, err := r.query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return err
		}
		return sql.ErrNoRows
	}
	if err := rows.Scan(dest...); err != nil {
		return err
	}
	return rows.Err()
}

// guard reads what the parcels' guards need, a query for each kind.
func (g *group) guard(ctx context.Context, parcels []*parcel) error {
	g.receipts = make(map[[2]string]string)
	g.fences = make(map[int64]claim)
	g.versions = make(map[int64]int64)
	g.known = make(map[reviewKey]int64)
	g.settings = make(map[string]string)
	var receipts, keys [][]any
	var jobs, cases, settings []any
	for _, p := range parcels {
		if p.receipt != nil {
			receipts = append(receipts, []any{p.receipt.scope, p.receipt.id})
		}
		if p.batch.Done != nil {
			jobs = append(jobs, p.batch.Done.ID)
		}
		if p.setting != nil {
			settings = append(settings, p.setting[0])
		}
		switch {
		case p.creates():
			keys = append(keys, []any{p.key.source, p.key.account, p.key.location, p.key.id})
		case p.batch.Change != nil:
			cases = append(cases, p.batch.Change.Case.ID)
		}
	}
	return errors.Join(
		g.lookUp(ctx, receipts, receiptsByID, func(r *sql.Rows) error {
			var scope, id, body string
			err := r.Scan(&scope, &id, &body)
			g.receipts[[2]string{scope, id}] = body
			return err
		}),
		g.lookUp(ctx, column(jobs), claimsByID, func(r *sql.Rows) error {
			var id int64
			var c claim
			err := r.Scan(&id, &c.fence, &c.again)
			g.fences[id] = c
			return err
		}),
		g.lookUp(ctx, column(cases), versionsByID, func(r *sql.Rows) error {
			var id, version int64
			err := r.Scan(&id, &version)
			g.versions[id] = version
			return err
		}),
		g.lookUp(ctx, keys, casesByKey, func(r *sql.Rows) error {
			var k reviewKey
			var id int64
			err := r.Scan(&id, &k.source, &k.account, &k.location, &k.id)
			g.known[k] = id
			return err
		}),
		g.lookUp(ctx, column(settings), settingsByName, func(r *sql.Rows) error {
			var name, value string
			err := r.Scan(&name, &value)
			g.settings[name] = value
			return err
		}),
	)
}

func column(values []any) [][]any {
	out := make([][]any, len(values))
	for i, v := range values {
		out[i] = []any{v}
	}
	return out
}

// decide holds p against its guards, in the order receipt, work, setting, case. When
// all hold it takes p's rows into the group and returns the number of its new
// case, if it brings one; else it returns what the caller is told, and nothing
// of p is written.
func (g *group) decide(p *parcel) (int64, error) {
	if err := g.refusal(p); err != nil {
		return 0, err
	}
	var id int64
	if p.creates() {
		g.cases++
		id = g.cases
		g.known[p.key] = id
	} else if p.batch.Change != nil {
		id = p.batch.Change.Case.ID
		g.versions[id] = 0
	}
	if r := p.receipt; r != nil {
		g.receipts[[2]string{r.scope, r.id}] = r.body
		g.rows.receipts = append(g.rows.receipts, []any{r.scope, r.id, r.body, r.at})
	}
	if j := p.batch.Done; j != nil {
		if g.fences[j.ID].again.Valid {
			g.woke.add(j.Kind)
		}
		delete(g.fences, j.ID)
		g.rows.done = append(g.rows.done, j.ID)
	}
	if p.setting != nil {
		g.settings[p.setting[0].(string)] = p.setting[1].(string)
		g.rows.settings = append(g.rows.settings, p.setting)
	}
	g.take(p, id)
	if !p.creates() {
		id = 0
	}
	return id, nil
}

// refusal is the error of the first guard that fails.
func (g *group) refusal(p *parcel) error {
	if r := p.receipt; r != nil {
		if body, seen := g.receipts[[2]string{r.scope, r.id}]; seen {
			if body != "" && r.body != "" && body != r.body {
				return storage.ErrReused
			}
			return storage.ErrSeen
		}
	}
	if j := p.batch.Done; j != nil {
		if c, held := g.fences[j.ID]; !held || c.fence != j.Fence {
			return storage.ErrFenced
		}
	}
	if p.setting != nil && g.settings[p.setting[0].(string)] != p.settingBefore {
		return review.ErrConflict
	}
	if c := p.batch.Change; c != nil {
		if p.creates() {
			if id, known := g.known[p.key]; known {
				return &storage.ExistsError{Case: id, Key: c.Case.Review.Key}
			}
			return nil
		}
		version, found := g.versions[c.Case.ID]
		if !found {
			return fmt.Errorf("case %s: %w", c.Case.Ref(), storage.ErrNotFound)
		}
		if version != c.Case.Version-1 {
			return review.ErrConflict
		}
	}
	return nil
}

// take collects the rows of an accepted parcel whose case is id.
func (g *group) take(p *parcel, id int64) {
	r := &g.rows
	if p.caseRow != nil {
		p.caseRow[0] = id
		if p.creates() {
			r.newCases = append(r.newCases, p.caseRow)
		} else {
			r.cases = append(r.cases, p.caseRow)
		}
	}
	for _, h := range []struct {
		to  *[][]any
		row []any
	}{{&r.revisions, p.revision}, {&r.drafts, p.draft}, {&r.approvals, p.approval}, {&r.replies, p.reply}} {
		if h.row != nil {
			h.row[0] = id
			*h.to = append(*h.to, h.row)
		}
	}
	for _, e := range p.changeEvents {
		e.Case = id
		g.chain(e)
	}
	for _, e := range p.otherEvents {
		g.chain(e)
	}
	p.claimed = nil
	for _, w := range p.work {
		claims := p.claims(w)
		switch {
		case w.Case == review.NoCase:
			w.Case = 0
		case w.Case == 0 && p.creates():
			w.Case = id
		}
		if claims {
			r.claimed = append(r.claimed, claimedWork{w, p})
			continue
		}
		r.work = append(r.work, w)
	}
	for _, m := range p.messages {
		if p.creates() && m[0] == int64(0) {
			m = append([]any{id}, m[1:]...)
		}
		r.messages = append(r.messages, m)
	}
	if p.source != nil {
		r.sources = append(r.sources, p.source)
	}
}

// chain appends an entry to the audit log.
func (g *group) chain(e entry) {
	link := e.Chained(g.hash, g.seq+1)
	g.seq, g.hash = link.Seq, link.Hash
	prev, hash := link.Prev, link.Hash
	g.rows.events = append(g.rows.events, []any{link.Seq, e.At.UnixMicro(), e.Case, e.Actor, string(e.Verb),
		string(e.From), string(e.To), e.detail, prev[:], hash[:]})
	for name, text := range e.texts {
		g.rows.texts = append(g.rows.texts, []any{link.Seq, label(name), []byte(text)})
	}
}
