package relational

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"strconv"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/storage"
)

// seedCases adds the cases whose reviews have none and says which.
var seedCases = casesTable.inserting(" ON CONFLICT (source, account, location, ext_id) DO NOTHING RETURNING id")

// History as it comes: cases that nobody has touched, at their first revision.
var (
	plainCase = casesTable.plain(map[string]any{
		"version": int64(1), "status": string(review.Seeded), "verdict": "", "owner": "", "revision": int64(1),
		"binding": nil, "approver": nil, "reply": nil, "publish_at": nil, "closed_at": nil, "removed": nil, "tasks": int64(0), "cause": "",
	})
	plainRevision = revisionsTable.plain(map[string]any{"n": int64(1)})
)

// Seed implements [storage.Store]. One call is one transaction, so a caller
// with very many reviews gives some hundred at a time, that others can write
// in between. Rows are encoded while those before them are written. The audit
// entry gets the numbers of the first and last case and a digest of all added
// reviews in their order; when none is added it is left out.
func (st *Store) Seed(ctx context.Context, changes []review.Change, e review.Event) (storage.SeedResult, error) {
	for i := range changes {
		if c := &changes[i]; c.Case.ID != 0 || c.Case.Status != review.Seeded || c.Revision == nil || len(c.Work) > 0 {
			return storage.SeedResult{}, fmt.Errorf("review %s is not history and cannot be seeded", c.Case.Review.Key)
		}
	}
	p := packHistory(changes)
	defer func() { _ = p.wait() }()
	if st.d.Bulk != nil { // whoever else writes does not wait for the encoding
		if err := p.wait(); err != nil {
			return storage.SeedResult{}, err
		}
	}
	var s seeding
	err := st.w.submit(ctx, &item{alone: true, bulk: func(ctx context.Context, g *group) error {
		s = seeding{g: g, entry: e, seen: make(map[reviewKey]bool, len(changes)), bold: g.d.Resumes}
		return s.run(ctx, p)
	}})
	if err != nil {
		return storage.SeedResult{}, err
	}
	return s.result, nil
}

// packing encodes changes in their order, ahead of whoever writes them.
type packing struct {
	parcels []*parcel
	ready   []chan error // for each stretch of maxRows; gives the error to whoever asks first
}

func packHistory(changes []review.Change) *packing {
	p := &packing{parcels: make([]*parcel, len(changes)), ready: make([]chan error, (len(changes)+maxRows-1)/maxRows)}
	for i := range p.ready {
		p.ready[i] = make(chan error, 1)
	}
	go func() {
		for i, ready := range p.ready {
			from := i * maxRows
			if err := p.pack(changes[from:min(from+maxRows, len(changes))], from); err != nil {
				ready <- err
			}
			close(ready)
			runtime.Gosched() // before people's presses, history has time
		}
	}()
	return p
}

func (p *packing) pack(changes []review.Change, at int) error {
	for i := range changes {
		one, err := packSeed(&changes[i])
		if err != nil {
			return err
		}
		p.parcels[at+i] = one
	}
	return nil
}

// stretch waits for the n-th maxRows parcels.
func (p *packing) stretch(n int) ([]*parcel, error) {
	if err := <-p.ready[n]; err != nil {
		return nil, err
	}
	return p.parcels[n*maxRows : min((n+1)*maxRows, len(p.parcels))], nil
}

// wait waits until nothing reads the changes any more, and gives the first
// error that nobody asked for.
func (p *packing) wait() (err error) {
	for _, ready := range p.ready {
		if e := <-ready; err == nil {
			err = e
		}
		for range ready { // until it is closed
		}
	}
	return err
}

func packSeed(c *review.Change) (*parcel, error) {
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
	seen   map[reviewKey]bool
	bold   bool // nothing that is known was met so far
	result storage.SeedResult
	digest []string // of what was added
	known  []*parcel
}

func (s *seeding) run(ctx context.Context, p *packing) error {
	var err error
	if s.g.d.Bulk != nil {
		err = s.load(ctx, p.parcels)
	} else {
		err = s.addAll(ctx, p)
	}
	if err != nil {
		return err
	}
	if err := s.compare(ctx, s.known); err != nil {
		return err
	}
	if s.result.Added == 0 {
		return nil
	}
	return s.record()
}

// addAll inserts parcels as they are encoded.
func (s *seeding) addAll(ctx context.Context, p *packing) error {
	fresh := make([]*parcel, 0, 2*maxRows)
	for n := range p.ready {
		parcels, err := p.stretch(n)
		if err != nil {
			return err
		}
		for _, one := range parcels {
			if s.seen[one.key] {
				s.known = append(s.known, one)
				continue
			}
			s.seen[one.key] = true
			fresh = append(fresh, one)
		}
		if len(fresh) < maxRows {
			continue
		}
		if err := s.add(ctx, fresh[:maxRows]); err != nil {
			return err
		}
		fresh = append(fresh[:0], fresh[maxRows:]...)
	}
	return runs(len(fresh), func(from, length int) error { return s.add(ctx, fresh[from:from+length]) })
}

// record adds the audit entry.
func (s *seeding) record() error {
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

// add inserts what has no case yet, numbered on from the last one, and keeps
// what has. The number of parcels is a power of two.
func (s *seeding) add(ctx context.Context, parcels []*parcel) error {
	defer runtime.Gosched() // before people's presses, history has time
	for i, p := range parcels {
		p.caseRow[0] = s.g.cases + 1 + int64(i)
	}
	added, err := s.insert(ctx, parcels)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, p := range parcels {
		id := p.caseRow[0].(int64)
		if !added[id] {
			s.known = append(s.known, p)
			continue
		}
		p.revision[0] = id
		rows = append(rows, p.revision)
		s.count(id, p)
	}
	if plainRevision.fits(rows...) {
		_, err = s.g.s.all(ctx, plainRevision.plan(rows))
	} else {
		_, err = s.g.s.all(ctx, insertRevisions.plan(rows))
	}
	return err
}

// insert adds cases and returns the numbers of those that were. Asking with
// each row whether it was takes a third more time, so that begins when a row
// was not.
func (s *seeding) insert(ctx context.Context, parcels []*parcel) (map[int64]bool, error) {
	rows := make([][]any, len(parcels))
	for i, p := range parcels {
		rows[i] = p.caseRow
	}
	added := make(map[int64]bool, len(rows))
	if s.bold && plainCase.fits(rows...) {
		in := plainCase.statement(rows)
		_, err := s.g.s.exec(ctx, in.Query, in.Args...)
		if err == nil {
			for _, row := range rows {
				added[row[0].(int64)] = true
			}
			s.g.cases += int64(len(rows))
			return added, nil
		}
		if s.g.d.Judge(err) != Refusal {
			return nil, err
		}
		s.bold = false // whatever it was, it shows again below
	}
	in := seedCases.statement(rows)
	ids, err := collect(ctx, s.g.s, func(rows *sql.Rows) (id int64, err error) {
		err = rows.Scan(&id)
		return id, err
	}, in.Query, in.Args...)
	for _, id := range ids {
		added[id] = true
		s.g.cases = max(s.g.cases, id)
	}
	return added, err
}

// count notes an added review.
func (s *seeding) count(id int64, p *parcel) {
	s.result.Added++
	s.result.Cases = append(s.result.Cases, id)
	content := review.Digest(p.revision[2].([]byte))
	s.digest = append(s.digest, p.batch.Change.Revision.Key.String(), content.String())
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
	err := s.g.lookUp(ctx, keys, contentByKey, func(rows *sql.Rows) error {
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
