package relational

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/stats"
	"github.com/evenkeel/evenkeel/storage"
)

// This file keeps sums and the index of words up to the cases, see
// [storage.Numbers]. A step reads everything it needs beside the writer, and
// writes what changed in one short transaction that compares and sets where the
// counting stands.

var (
	insertTallies = (&table{"tallies", []string{"case_id", "words", "counts"}}).inserting(
		" ON CONFLICT (case_id) DO UPDATE SET words = excluded.words, counts = excluded.counts")
	insertRollups = (&table{"rollups", []string{"grain", "subject", "day", "source", "what", "key", "n"}}).inserting(
		" ON CONFLICT (grain, subject, day, source, what, key) DO UPDATE SET n = rollups.n + excluded.n")
)

// progress is how far the counting has come; see the table tally.
type progress struct {
	gen, seq, walk, walkEnd, note int64
	zone                          *time.Location
}

func (st *Store) progress(ctx context.Context) (p progress, err error) {
	var zone string
	err = one(ctx, st.read, []any{&p.gen, &zone, &p.seq, &p.walk, &p.walkEnd, &p.note},
		"SELECT gen, zone, seq, walk, walk_end, note FROM tally WHERE id = 1")
	if err != nil {
		return p, err
	}
	if p.zone, err = time.LoadLocation(zone); err != nil {
		return p, fmt.Errorf("the numbers were counted in a time zone that this machine does not know: %w", err)
	}
	return p, nil
}

// SetZone implements [storage.Numbers]. Cases that were counted by another
// zone's days are walked through again; what each added is kept beside it, so
// the sums come right case by case.
func (st *Store) SetZone(ctx context.Context, zone *time.Location) error {
	p, err := st.progress(ctx)
	if err != nil || p.zone.String() == zone.String() {
		return st.explain(err)
	}
	return st.through(ctx, func(ctx context.Context, r runner) error {
		_, err := r.exec(ctx, `UPDATE tally SET gen = gen + 1, zone = ?, walk = 0,
			walk_end = (SELECT cases FROM audit_head WHERE id = 1) WHERE id = 1`, zone.String())
		return err
	})
}

// Tally implements [storage.Numbers].
func (st *Store) Tally(ctx context.Context, limit int) (left int64, err error) {
	before, err := st.progress(ctx)
	if err != nil {
		return 0, st.explain(err)
	}
	s := step{st: st, now: before, limit: max(limit, 1)}
	if err := s.choose(ctx); err != nil {
		return 0, st.explain(err)
	}
	if s.now == before {
		return 0, nil
	}
	if err := s.count(ctx); err != nil {
		return 0, st.explain(err)
	}
	if err := s.write(ctx); err != nil {
		return 0, err
	}
	if len(s.put) > 0 {
		if err := st.merge(ctx); err != nil {
			return 0, err
		}
	}
	return s.now.walkEnd - s.now.walk + s.head - s.now.seq + s.later, nil
}

// Forget implements [storage.Numbers].
func (st *Store) Forget(ctx context.Context, cases ...int64) error {
	for {
		before, err := st.progress(ctx)
		if err != nil {
			return st.explain(err)
		}
		s := step{st: st, now: before, cases: cases, again: true}
		if err := s.count(ctx); err != nil {
			return st.explain(err)
		}
		err = s.write(ctx)
		if errors.Is(err, storage.ErrFenced) {
			continue // somebody counted meanwhile
		}
		if err != nil || st.d.Words.Purge == nil {
			return err
		}
		return st.purge(ctx)
	}
}

// step is one step of the counting.
type step struct {
	st    *Store
	now   progress // where it stands after this step
	limit int
	head  int64   // the last audit entry
	last  int64   // the last case
	later int64   // cases of imports after the one that is being walked through
	cases []int64 // to be looked at
	again bool    // index their words even if they seem unchanged

	sums    map[sumKey]int64 // what is added to the sums
	tallies [][]any
	drop    []any    // cases whose indexed words go
	put     [][2]any // cases with their words
}

// sumKey is a row of rollups.
type sumKey struct {
	grain           stats.Grain
	subject, source string
	stats.Count
}

// choose takes the cases of the next audit entries and, with what is left of
// the limit, some of those that are being walked through.
func (s *step) choose(ctx context.Context) error {
	if err := one(ctx, s.st.read, []any{&s.head, &s.last}, "SELECT seq, cases FROM audit_head WHERE id = 1"); err != nil {
		return err
	}
	seen := make(map[int64]bool)
	take := func(id int64) {
		if id > 0 && !seen[id] {
			seen[id] = true
			s.cases = append(s.cases, id)
		}
	}
	if s.now.seq < s.head {
		if err := s.follow(ctx, take); err != nil {
			return err
		}
	}
	if err := s.notes(ctx, take); err != nil {
		return err
	}
	to := min(s.now.walkEnd, s.now.walk+int64(max(s.limit-len(s.cases), 0)))
	for s.now.walk < to {
		s.now.walk++
		take(s.now.walk)
	}
	slices.Sort(s.cases)
	return nil
}

// follow reads audit entries. An import's entry names the first and the last of
// its cases: they are walked through, one import after the other.
func (s *step) follow(ctx context.Context, take func(int64)) error {
	type entry struct {
		seq, id int64
		detail  string
	}
	entries, err := collect(ctx, s.st.read, func(rows *sql.Rows) (e entry, err error) {
		err = rows.Scan(&e.seq, &e.id, &e.detail)
		return e, err
	}, "SELECT seq, case_id, CASE WHEN case_id = 0 THEN detail ELSE '' END FROM events WHERE seq > ? ORDER BY seq LIMIT ?", s.now.seq, int64(8*s.limit))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if len(s.cases) >= s.limit {
			break
		}
		if from, to, ok := imported(e.detail); ok {
			if s.now.walk < s.now.walkEnd {
				s.later = s.last - from + 1
				break // when the one before is through
			}
			s.now.walk, s.now.walkEnd = from-1, to
		}
		take(e.id)
		s.now.seq = e.seq
	}
	return nil
}

// imported reads the entry of an import, as Seed writes it.
func imported(detail string) (from, to int64, ok bool) {
	if detail == "" {
		return 0, 0, false
	}
	var d map[string]string
	if err := json.Unmarshal([]byte(detail), &d); err != nil || d["added"] == "" {
		return 0, 0, false
	}
	from, err1 := strconv.ParseInt(d["first"], 10, 64)
	to, err2 := strconv.ParseInt(d["last"], 10, 64)
	return from, to, err1 == nil && err2 == nil && from > 0 && to >= from
}

// noteWindow is how many of the last messages are looked at once more: several
// connections may write them, and one with a lower number may come later.
const noteWindow = 64

// notes takes the cases about which people wrote in the console.
func (s *step) notes(ctx context.Context, take func(int64)) error {
	type note struct{ id, of int64 }
	var last int64
	if err := one(ctx, s.st.read, []any{&last}, "SELECT COALESCE(MAX(id), 0) FROM notes"); err != nil || last <= s.now.note {
		return err
	}
	from := s.now.note
	if s.st.d.Parallel {
		from -= noteWindow
	}
	notes, err := collect(ctx, s.st.read, func(rows *sql.Rows) (n note, err error) {
		err = rows.Scan(&n.id, &n.of)
		return n, err
	}, "SELECT id, CASE WHEN author = '' THEN 0 ELSE case_id END FROM notes WHERE id > ? ORDER BY id LIMIT ?", from, int64(noteWindow+8*s.limit))
	for _, n := range notes {
		take(n.of)
		s.now.note = max(s.now.note, n.id)
	}
	return err
}

// count looks at the cases and finds what changes.
func (s *step) count(ctx context.Context) error {
	known, err := s.known(ctx)
	if err != nil {
		return err
	}
	cases, err := s.read(ctx)
	if err != nil {
		return err
	}
	ways, err := s.ways(ctx, cases)
	if err != nil {
		return err
	}
	notes, err := s.st.notesOf(ctx, s.cases)
	if err != nil {
		return err
	}
	s.sums = make(map[sumKey]int64)
	for _, id := range s.cases {
		c, there := cases[id]
		before, counted := known[id]
		if !there && !counted {
			continue
		}
		after := tallied{}
		var tokens []string
		if there {
			after.Tally = stats.Of(c, ways[id], s.now.zone)
			tokens = tokensOf(c, notes[id])
			after.words = sumOf(tokens)
		}
		s.replace(id, before, after, counted, tokens)
	}
	return nil
}

// tallied is what is kept of a counted case.
type tallied struct {
	stats.Tally
	words int64
	text  string // of the tally, as it is kept
}

// sumOf is a sum of tokens; 0 for none.
func sumOf(tokens []string) int64 {
	if len(tokens) == 0 {
		return 0
	}
	d := review.DigestOf(tokens...)
	return int64(binary.BigEndian.Uint64(d[:8]))
}

// replace notes what becomes of a case's part of the sums and of the index.
func (s *step) replace(id int64, before, after tallied, counted bool, tokens []string) {
	after.text = encodeTally(after.Tally)
	if counted && before.text == after.text && before.words == after.words && !s.again {
		return
	}
	if before.text != after.text {
		s.add(before.Tally, -1)
		s.add(after.Tally, 1)
	}
	if before.words != after.words || s.again {
		if before.words != 0 {
			s.drop = append(s.drop, id)
		}
		if after.words != 0 {
			s.put = append(s.put, [2]any{id, s.st.d.Words.Text(tokens)})
		}
	}
	s.tallies = append(s.tallies, []any{id, after.words, after.text})
}

// add puts a case's counts, or takes them back, at every grain, over all
// subjects and for its own.
func (s *step) add(t stats.Tally, sign int64) {
	for c, n := range t.Counts {
		for _, grain := range []stats.Grain{stats.Daily, stats.Monthly, stats.Ever} {
			at := c
			at.Day = grain.Day(c.Day)
			s.sums[sumKey{grain, "", t.Source, at}] += sign * n
			if t.Subject != "" {
				s.sums[sumKey{grain, t.Subject, t.Source, at}] += sign * n
			}
		}
	}
}

// write commits the step, if nobody else has made one since it was read.
func (s *step) write(ctx context.Context) error {
	rollups := make([][]any, 0, len(s.sums))
	for k, n := range s.sums {
		if n != 0 {
			rollups = append(rollups, []any{string(k.grain), k.subject, int64(k.Day), k.source, string(k.What), k.Key, n})
		}
	}
	slices.SortFunc(rollups, func(a, b []any) int { return compareRows(a, b, 6) }) // neighbours share pages
	return s.st.w.submit(ctx, &item{alone: true, bulk: func(ctx context.Context, g *group) error {
		n, err := g.s.exec(ctx, "UPDATE tally SET gen = gen + 1, seq = ?, walk = ?, walk_end = ?, note = ? WHERE id = 1 AND gen = ?",
			s.now.seq, s.now.walk, s.now.walkEnd, s.now.note, s.now.gen)
		if err == nil && n != 1 {
			err = storage.ErrFenced
		}
		if err != nil {
			return err
		}
		p := &plan{}
		p.list = append(insertRollups.plan(rollups), insertTallies.plan(s.tallies)...)
		_ = runs(len(s.drop), func(from, length int) error {
			p.list = append(p.list, Statement{Query: list(s.st.d.Words.Drop, length), Args: s.drop[from : from+length]})
			return nil
		})
		for _, put := range s.put {
			p.list = append(p.list, Statement{Query: s.st.d.Words.Put, Args: put[:]})
		}
		_, err = g.s.all(ctx, p.list)
		return err
	}})
}
