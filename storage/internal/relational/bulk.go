package relational

import (
	"context"
	"database/sql"
)

// Bulk is a database's own way of taking very many rows.
type Bulk struct {
	// Known gives the keys of those reviews that have cases, out of four lists:
	// their sources, accounts, locations and ids.
	Known string
	// Copy writes rows.
	Copy func(ctx context.Context, conn *sql.Conn, table string, columns []string, rows [][]any) error
}

// load adds what has no case yet, as [seeding.addAll] does, by the database's
// own way. The audit head is ours: no case comes between looking and writing.
func (s *seeding) load(ctx context.Context, parcels []*parcel) error {
	known, err := s.lookUpAll(ctx, parcels)
	if err != nil {
		return err
	}
	cases, revisions := make([][]any, 0, len(parcels)), make([][]any, 0, len(parcels))
	for _, p := range parcels {
		if known[p.key] || s.seen[p.key] {
			s.known = append(s.known, p)
			continue
		}
		s.seen[p.key] = true
		s.g.cases++
		p.caseRow[0], p.revision[0] = s.g.cases, s.g.cases
		cases, revisions = append(cases, p.caseRow), append(revisions, p.revision)
		s.count(s.g.cases, p)
	}
	if len(cases) == 0 {
		return nil
	}
	for _, t := range []struct {
		*table
		rows [][]any
	}{{casesTable, cases}, {revisionsTable, revisions}} {
		if err := s.g.d.Bulk.Copy(ctx, s.g.s.conn, t.name, t.cols, t.rows); err != nil {
			return err
		}
	}
	return nil
}

func (s *seeding) lookUpAll(ctx context.Context, parcels []*parcel) (map[reviewKey]bool, error) {
	var sources, accounts, locations, ids []string
	for _, p := range parcels {
		sources, accounts = append(sources, p.key.source), append(accounts, p.key.account)
		locations, ids = append(locations, p.key.location), append(ids, p.key.id)
	}
	found, err := collect(ctx, s.g.s, func(rows *sql.Rows) (k reviewKey, err error) {
		err = rows.Scan(&k.source, &k.account, &k.location, &k.id)
		return k, err
	}, s.g.d.Bulk.Known, sources, accounts, locations, ids)
	known := make(map[reviewKey]bool, len(found))
	for _, k := range found {
		known[k] = true
	}
	return known, err
}

// Settle implements what an import beside others does between its batches: the
// database puts away what was written, which otherwise the next to commit would
// wait for.
func (st *Store) Settle(ctx context.Context) error {
	if st.d.Settle == "" {
		return nil
	}
	_, err := st.read.db.ExecContext(ctx, st.d.Settle)
	return st.explain(err)
}
