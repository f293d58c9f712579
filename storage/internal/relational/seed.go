package relational

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// seedCases adds the cases whose reviews have none and says which.
var seedCases = casesTable.inserting(" ON CONFLICT (source, account, location, ext_id) DO NOTHING RETURNING id")

// Seed implements [storage.Store]. One call is one transaction, so a caller
// with very many reviews gives some thousand at a time, that others can write
// in between. The audit entry gets the numbers of the first and last case and
// a digest of all added reviews in their order; when none is added it is left
// out.
func (st *Store) Seed(ctx context.Context, changes []review.Change, e review.Event) (storage.SeedResult, error) {
	parcels, err := packHistory(changes)
	if err != nil {
		return storage.SeedResult{}, err
	}
	var s seeding
	err = st.w.submit(ctx, &item{alone: true, bulk: func(ctx context.Context, g *group) error {
		s = seeding{g: g, entry: e}
		return s.run(ctx, parcels)
	}})
	if err != nil {
		return storage.SeedResult{}, err
	}
	return s.result, nil
}

// packHistory encodes changes, on all processors.
func packHistory(changes []review.Change) ([]*parcel, error) {
	parcels := make([]*parcel, len(changes))
	size := max(len(changes)/runtime.GOMAXPROCS(0)+1, 64)
	var eg errgroup.Group
	for from := 0; from < len(changes); from += size {
		eg.Go(func() error {
			for i := from; i < min(from+size, len(changes)); i++ {
				p, err := packSeed(&changes[i])
				if err != nil {
					return err
				}
				parcels[i] = p
			}
			return nil
		})
	}
	return parcels, eg.Wait()
}

func packSeed(c *review.Change) (*parcel, error) {
	if c.Case.ID != 0 || c.Case.Status != review.Seeded || c.Revision == nil || len(c.Work) > 0 {
		return nil, fmt.Errorf("review %s is not history and cannot be seeded", c.Case.Review.Key)
	}
	p := &parcel{batch: &storage.Batch{Change: c}, key: keyColumns(c.Case.Review.Key)}
	var err error
	if p.caseRow, err = caseRow(&c.Case, p.key); err != nil {
		return nil, err
	}
	p.revision, err = revisionRow(c.Revision)
	return p, err
}

// seeding is one call of Seed under way.
type seeding struct {
	g      *group
	entry  review.Event
	result storage.SeedResult
	digest []string // of what was added
}

func (s *seeding) run(ctx context.Context, parcels []*parcel) error {
	seen := make(map[reviewKey]bool, len(parcels))
	var fresh, again []*parcel
	for _, p := range parcels {
		if seen[p.key] {
			again = append(again, p)
			continue
		}
		seen[p.key] = true
		fresh = append(fresh, p)
	}
	known, err := s.add(ctx, fresh)
	if err != nil {
		return err
	}
	if err := s.compare(ctx, append(known, again...)); err != nil {
		return err
	}
	if s.result.Added == 0 {
		return nil
	}
	e := s.entry
	e.Detail = map[string]string{}
	for k, v := range s.entry.Detail {
		e.Detail[k] = v
	}
	e.Detail["added"] = strconv.Itoa(s.result.Added)
	e.Detail["first"] = strconv.FormatInt(s.result.Cases[0], 10)
	e.Detail["last"] = strconv.FormatInt(s.result.Cases[len(s.result.Cases)-1], 10)
	e.Detail["reviews"] = review.DigestOf(s.digest...).String()
	packed, err := packEvents([]review.Event{e})
	if err != nil {
		return err
	}
	s.g.chain(packed[0])
	return nil
}

// add inserts what has no case yet, numbered on from the last one, and returns
// what has.
func (s *seeding) add(ctx context.Context, parcels []*parcel) (known []*parcel, err error) {
	var revisions [][]any
	err = runs(len(parcels), func(from, length int) error {
		part := parcels[from : from+length]
		first := s.g.cases + 1
		rows := make([][]any, length)
		for i, p := range part {
			p.caseRow[0] = first + int64(i)
			rows[i] = p.caseRow
		}
		insert := seedCases.statement(rows)
		ids, err := collect(ctx, s.g.s, func(rows *sql.Rows) (id int64, err error) {
			err = rows.Scan(&id)
			return id, err
		}, insert.Query, insert.Args...)
		if err != nil {
			return err
		}
		added := make([]bool, length)
		for _, id := range ids {
			added[id-first] = true
			s.g.cases = max(s.g.cases, id)
		}
		for i, p := range part {
			if !added[i] {
				known = append(known, p)
				continue
			}
			p.revision[0] = first + int64(i)
			revisions = append(revisions, p.revision)
			s.count(first+int64(i), p.batch.Change.Revision)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	_, err = s.g.s.all(ctx, insertRevisions.plan(revisions))
	return known, err
}

// count notes an added review.
func (s *seeding) count(id int64, r *review.Review) {
	s.result.Added++
	s.result.Cases = append(s.result.Cases, id)
	s.digest = append(s.digest, r.Key.String(), r.ContentHash().String())
}

// compare counts the reviews that are known, and keeps those whose words are
// others than the ones we have.
func (s *seeding) compare(ctx context.Context, parcels []*parcel) error {
	s.result.Duplicates = len(parcels)
	keys := make([][]any, len(parcels))
	for i, p := range parcels {
		keys[i] = []any{p.key.source, p.key.account, p.key.location, p.key.id}
	}
	content := make(map[reviewKey]review.Digest, len(parcels))
	err := s.g.lookUp(ctx, keys, "SELECT source, account, location, ext_id, content FROM cases WHERE (source, account, location, ext_id) IN (VALUES %s)", func(rows *sql.Rows) error {
		var k reviewKey
		var sum []byte
		err := rows.Scan(&k.source, &k.account, &k.location, &k.id, &sum)
		content[k] = review.Digest(sum)
		return err
	})
	if err != nil {
		return err
	}
	for _, p := range parcels {
		if r := p.batch.Change.Revision; r.ContentHash() != content[p.key] {
			s.result.Changed = append(s.result.Changed, *r)
		}
	}
	return nil
}
