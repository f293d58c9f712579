package relational

import (
	"cmp"
	"context"
	"database/sql"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/stats"
	"github.com/evenkeel/evenkeel/review/words"
	"github.com/evenkeel/evenkeel/storage"
)

// Counts implements [storage.Numbers]. Every part is a stretch of the table's
// key, so what is read is what is asked for.
func (st *Store) Counts(ctx context.Context, q storage.CountQuery) ([]stats.Row, error) {
	var out []stats.Row
	for _, p := range q.Parts {
		if p.From >= p.To && p.Grain != stats.Ever {
			continue
		}
		where, args := "grain = ?", []any{string(p.Grain)}
		only := func(cond string, arg ...any) {
			where, args = where+" AND "+cond, append(args, arg...)
		}
		if q.BySubject {
			only("subject <> ''")
		} else {
			only("subject = ?", stats.Name(q.Subject))
		}
		if p.Grain != stats.Ever {
			only("day >= ?", int64(p.From))
			only("day < ?", int64(p.To))
		}
		if q.Source != "" {
			only("source = ?", stats.Name(q.Source))
		}
		if len(q.What) > 0 {
			names := make([]any, len(q.What))
			for i, w := range q.What {
				names[i] = string(w)
			}
			only(list("what IN (%s)", len(names)), names...)
		}
		rows, err := collect(ctx, st.read, func(rows *sql.Rows) (r stats.Row, err error) {
			err = rows.Scan(&r.Source, &r.Subject, &r.Day, &r.What, &r.Key, &r.N)
			return r, err
		}, "SELECT source, subject, day, what, key, n FROM rollups WHERE "+where+" AND n <> 0", args...)
		if err != nil {
			return nil, st.explain(err)
		}
		out = append(out, rows...)
	}
	return out, nil
}

// Subjects implements [storage.Numbers].
func (st *Store) Subjects(ctx context.Context, source string, limit int) ([]string, error) {
	where, args := "", []any{string(stats.Ever), string(stats.Reviews)}
	if source != "" {
		where, args = " AND source = ?", append(args, stats.Name(source))
	}
	out, err := collect(ctx, st.read, func(rows *sql.Rows) (name string, err error) {
		var n int64
		err = rows.Scan(&name, &n)
		return name, err
	}, "SELECT subject, CAST(SUM(n) AS BIGINT) AS reviews FROM rollups WHERE grain = ? AND subject <> '' AND what = ?"+where+
		" GROUP BY subject HAVING SUM(n) > 0 ORDER BY reviews DESC, subject LIMIT ?", append(args, int64(max(limit, 0)))...)
	return out, st.explain(err)
}

// The bounds of a search: how many candidates of the index are looked at, and
// how many at a time.
const (
	searchDepth = 1000
	searchPage  = 50
	maxHits     = 100
	snippet     = 160 // characters
)

// Search implements [storage.Numbers]: first the cases with the words whole,
// then, if those are too few, those whose words begin so.
func (st *Store) Search(ctx context.Context, q words.Query, source string, limit int) ([]storage.Hit, error) {
	limit = min(max(limit, 1), maxHits)
	if q.Empty() {
		return nil, nil
	}
	s := searching{st: st, q: q, source: source, seen: make(map[int64]bool)}
	if err := s.among(ctx, q.Whole, func() bool { return s.phrases >= limit }); err != nil {
		return nil, err
	}
	if len(s.hits) < limit && !slices.Equal(q.Whole, q.Begun) {
		if err := s.among(ctx, q.Begun, func() bool { return len(s.hits) >= limit }); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(s.hits, func(a, b storage.Hit) int {
		return cmp.Or(cmp.Compare(a.Grade, b.Grade), wrote(b.Case).Compare(wrote(a.Case)), cmp.Compare(b.Case.ID, a.Case.ID))
	})
	return s.hits[:min(limit, len(s.hits))], nil
}

// searching is a search under way.
type searching struct {
	st      *Store
	q       words.Query
	source  string
	seen    map[int64]bool
	hits    []storage.Hit
	phrases int // of the hits, those of the best grade
}

// among looks at the cases that have all the tokens, the newest first, until
// there is enough.
func (s *searching) among(ctx context.Context, tokens []string, enough func() bool) error {
	query, before := s.st.d.Words.Query(tokens, false), int64(math.MaxInt64)
	for looked := 0; looked < searchDepth && !enough(); looked += searchPage {
		ids, err := s.st.find(ctx, query, before, searchPage)
		if err != nil || len(ids) == 0 {
			return err
		}
		before = ids[len(ids)-1]
		fresh := slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return s.seen[id] })
		for _, id := range fresh {
			s.seen[id] = true
		}
		found, err := s.st.look(ctx, s.q, s.source, fresh)
		if err != nil {
			return err
		}
		for _, h := range found {
			if h.Grade == words.Phrase {
				s.phrases++
			}
		}
		s.hits = append(s.hits, found...)
		if len(ids) < searchPage {
			return nil
		}
	}
	return nil
}

// wrote is when the customer did.
func wrote(c review.Case) time.Time {
	for _, t := range []time.Time{c.Review.Updated, c.Review.Created, c.Review.Seen} {
		if !t.IsZero() {
			return t
		}
	}
	return c.Opened
}

// find asks the index, newest first.
func (st *Store) find(ctx context.Context, query string, before int64, limit int) ([]int64, error) {
	args := append(slices.Clone(st.d.Words.Afresh), query, before, int64(limit))
	rows, err := st.read.db.QueryContext(ctx, st.d.bind(st.d.Words.Find), args...)
	if err != nil {
		return nil, st.explain(err)
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, st.explain(err)
		}
		ids = append(ids, id)
	}
	return ids, st.explain(rows.Err())
}

// casesOf reads cases in the order of their numbers given.
func (st *Store) casesOf(ctx context.Context, ids []int64) ([]review.Case, error) {
	byID := make(map[int64]review.Case, len(ids))
	err := st.eachOf(ctx, ids, selectCases+"WHERE c.id IN (%s)", func(rows *sql.Rows) error {
		c, err := scanCase(rows)
		byID[c.ID] = c
		return err
	})
	out := make([]review.Case, 0, len(byID))
	for _, id := range ids {
		if c, ok := byID[id]; ok {
			out = append(out, c)
		}
	}
	return out, st.explain(err)
}

// look holds candidates against the query.
func (st *Store) look(ctx context.Context, q words.Query, source string, ids []int64) ([]storage.Hit, error) {
	cases, err := st.casesOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	notes, err := st.notesOf(ctx, ids)
	if err != nil {
		return nil, st.explain(err)
	}
	var hits []storage.Hit
	for _, c := range cases {
		if source != "" && c.Review.Key.Source != source {
			continue
		}
		pieces := textsOf(c, notes[c.ID])
		texts := make([]string, len(pieces))
		for i, p := range pieces {
			texts[i] = p.text
		}
		grade, ok := q.Match(texts...)
		if !ok {
			continue
		}
		h := storage.Hit{Case: c, Grade: grade}
		for _, p := range pieces {
			s, has := q.Snippet(p.text, snippet)
			if has || h.Where == "" {
				h.Where, h.Snippet = p.where, s
			}
			if has {
				break
			}
		}
		hits = append(hits, h)
	}
	return hits, nil
}

// Alike implements [storage.Numbers].
func (st *Store) Alike(ctx context.Context, texts []string, limit int) ([]review.Case, error) {
	const telling = 8
	tokens := words.Telling(telling, texts...)
	if len(tokens) == 0 {
		return nil, nil
	}
	ids, err := st.find(ctx, st.d.Words.Query(tokens, true), math.MaxInt64, min(max(limit, 1), searchDepth))
	if err != nil {
		return nil, err
	}
	return st.casesOf(ctx, ids)
}

// Rounds implements [storage.Numbers].
func (st *Store) Rounds(ctx context.Context, reviewer string, except int64) (int, error) {
	if reviewer == "" {
		return 0, nil
	}
	n, err := collect(ctx, st.read, func(rows *sql.Rows) (n int, err error) {
		err = rows.Scan(&n)
		return n, err
	}, "SELECT COUNT(*) FROM replies WHERE reviewer = ? AND reviewer <> '' AND case_id <> ? AND answered IS NOT NULL AND problem = ''", reviewer, except)
	if err != nil {
		return 0, st.explain(err)
	}
	return n[0], nil
}

// piece is one text of a case.
type piece struct{ where, text string }

// textsOf are the texts of a case by which it is found: what the customer wrote
// last, and what people here wrote and said about it.
func textsOf(c review.Case, notes []string) []piece {
	var out []piece
	add := func(where string, texts ...string) {
		if t := strings.TrimSpace(strings.Join(texts, "\n")); t != "" {
			out = append(out, piece{where, t})
		}
	}
	r := c.Review
	add("review", r.Title, r.Body)
	add("about", r.Author, r.Subject.Name)
	if c.Reply != nil {
		add("reply", c.Reply.Text)
	}
	if r.Reply != nil {
		add("reply on the platform", r.Reply.Text)
	}
	if c.Draft != nil {
		add("draft", c.Draft.Text)
	}
	for _, f := range c.StandingFacts() {
		add("fact", f.Text)
	}
	for _, q := range c.Questions {
		add("question", q.Text)
	}
	for _, n := range notes {
		add("thread", n)
	}
	for _, p := range c.Promises {
		add("promise", p.Text)
	}
	add("cause", c.Cause, strings.Join(c.Topics, ", "))
	return out
}

func tokensOf(c review.Case, notes []string) []string {
	pieces := textsOf(c, notes)
	texts := make([]string, len(pieces))
	for i, p := range pieces {
		texts[i] = p.text
	}
	return words.Tokens(texts...)
}
