package relational

import (
	"cmp"
	"context"
	"database/sql"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/stats"
	"github.com/evenkeel/evenkeel/review/words"
	"github.com/evenkeel/evenkeel/storage"
)

// everySubject names the subjects that have sums. Each is then a stretch of the
// table's key: a range of days alone is none, and would have the sums of all
// days read.
const everySubject = "(SELECT DISTINCT subject FROM rollups WHERE grain = 't' AND subject <> '') s CROSS JOIN "

// Counts implements [storage.Numbers]. Every part is a stretch of the table's
// key, so what is read is what is asked for.
func (st *Store) Counts(ctx context.Context, q storage.CountQuery) ([]stats.Row, error) {
	var out []stats.Row
	for _, p := range q.Parts {
		if p.From >= p.To && p.Grain != stats.Ever {
			continue
		}
		from, where, args := "rollups r", "r.grain = ?", []any{string(p.Grain)}
		only := func(cond string, arg ...any) {
			where, args = where+" AND "+cond, append(args, arg...)
		}
		if q.BySubject {
			from = everySubject + from
			only("r.subject = s.subject")
		} else {
			only("r.subject = ?", stats.Name(q.Subject))
		}
		if p.Grain != stats.Ever {
			only("r.day >= ?", int64(p.From))
			only("r.day < ?", int64(p.To))
		}
		if q.Source != "" {
			only("r.source = ?", stats.Name(q.Source))
		}
		if len(q.What) > 0 {
			names := make([]any, len(q.What))
			for i, w := range q.What {
				names[i] = string(w)
			}
			only(list("r.what IN (%s)", len(names)), names...)
		}
		rows, err := collect(ctx, st.read, func(rows *sql.Rows) (r stats.Row, err error) {
			err = rows.Scan(&r.Source, &r.Subject, &r.Day, &r.What, &r.Key, &r.N)
			return r, err
		}, "SELECT r.source, r.subject, r.day, r.what, r.key, r.n FROM "+from+" WHERE "+where+" AND r.n <> 0", args...)
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

// The bounds of a search: how many candidates of the index are looked at, how
// many at a time, and among which cases they are looked for.
const (
	searchDepth = 1000
	searchPage  = 50
	maxHits     = 100
	snippet     = 160 // characters

	// searchWindow is how many of the newest cases are walked through before
	// an index is asked that does not know which cases are new.
	searchWindow = 20_000
	// searchReach is how many of the newest cases are looked through for words
	// that are all common, searchStep of them at a time: an index can only walk
	// two long lists to see that they hardly meet. A word is common that stands
	// in one of twenty of the newest cases.
	searchReach  = 30_000
	searchStep   = 10_000
	searchSample = 2000
	commonFrom   = searchSample / 20
	// alikeReach is how many of the newest cases are searched for similar ones.
	alikeReach = 200_000
)

// Search implements [storage.Numbers]: first the cases with the words whole,
// then, if those are too few, those whose words begin so. Among common words
// both at once, as the latter are all of them.
func (st *Store) Search(ctx context.Context, q words.Query, source string, limit int) (storage.Found, error) {
	limit = min(max(limit, 1), maxHits)
	if q.Empty() {
		return storage.Found{}, nil
	}
	s := searching{st: st, q: q, source: source, seen: make(map[int64]bool)}
	var err error
	if s.newest, err = st.newest(ctx); err != nil {
		return storage.Found{}, err
	}
	if err := s.run(ctx, limit); err != nil {
		return storage.Found{}, err
	}
	slices.SortStableFunc(s.hits, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.grade, b.grade), wrote(b.of).Compare(wrote(a.of)), cmp.Compare(b.of.ID, a.of.ID))
	})
	out := storage.Found{Newest: s.narrowed}
	for _, c := range s.hits[:min(limit, len(s.hits))] {
		out.Hits = append(out.Hits, c.hit(q))
	}
	return out, nil
}

func (s *searching) run(ctx context.Context, limit int) error {
	best := func() bool { return s.phrases >= limit }
	common, err := s.common(ctx, s.q.Whole)
	switch {
	case err != nil:
		return err
	case common:
		return s.amongNewest(ctx, s.q.Begun, best)
	}
	if err := s.among(ctx, s.q.Whole, best); err != nil || len(s.hits) >= limit || slices.Equal(s.q.Whole, s.q.Begun) {
		return err
	}
	enough := func() bool { return len(s.hits) >= limit }
	common, err = s.common(ctx, s.q.Begun)
	switch {
	case err != nil:
		return err
	case common:
		return s.amongNewest(ctx, s.q.Begun, enough)
	}
	return s.among(ctx, s.q.Begun, enough)
}

// newest is the highest number of a case whose words are indexed.
func (st *Store) newest(ctx context.Context) (id int64, err error) {
	err = one(ctx, st.read, []any{&id}, "SELECT COALESCE(MAX(case_id), 0) FROM tallies")
	return id, st.explain(err)
}

// searching is a search under way.
type searching struct {
	st       *Store
	q        words.Query
	source   string
	newest   int64
	seen     map[int64]bool
	hits     []candidate
	phrases  int // of the hits, those of the best grade
	narrowed int // to how many of the newest cases, 0 for all
}

// among looks at the cases that have all the tokens, the newest first, until
// there is enough.
func (s *searching) among(ctx context.Context, tokens []string, enough func() bool) error {
	query := s.st.d.Words.Query(tokens, false)
	from := int64(0)
	if len(s.st.d.Words.Wide) > 0 {
		from = max(0, s.newest-searchWindow)
	}
	looked := 0
	for before := int64(math.MaxInt64); looked < searchDepth && !enough(); {
		ids, err := s.st.find(ctx, query, from, before, searchPage)
		if err != nil {
			return err
		}
		if err := s.take(ctx, ids); err != nil {
			return err
		}
		looked += len(ids)
		if len(ids) < searchPage {
			break
		}
		before = ids[len(ids)-1]
	}
	if from == 0 || looked >= searchDepth || enough() {
		return nil
	}
	ids, err := s.st.findBeyond(ctx, query, 0, from, searchDepth-looked)
	if err != nil {
		return err
	}
	_, err = s.pages(ctx, ids, enough)
	return err
}

// amongNewest is among for common words: one stretch of the newest cases after
// the other, as far as searchReach.
func (s *searching) amongNewest(ctx context.Context, tokens []string, enough func() bool) error {
	floor, looked := max(0, s.newest-searchReach), 0
	for before := s.newest + 1; before > floor; before -= searchStep {
		ids, err := s.st.meeting(ctx, tokens, max(floor, before-searchStep), before)
		if err != nil {
			return err
		}
		n, err := s.pages(ctx, ids[:min(len(ids), searchDepth-looked)], enough)
		if err != nil {
			return err
		}
		if looked += n; looked >= searchDepth || enough() {
			return nil
		}
	}
	if floor > 0 {
		s.narrowed = searchReach
	}
	return nil
}

// common tells that there are several tokens, each so common that an index has
// long lists of them. What lies within reach anyway need not be asked.
func (s *searching) common(ctx context.Context, tokens []string) (bool, error) {
	if s.newest <= searchReach || len(tokens) < 2 {
		return false, nil
	}
	for _, t := range tokens {
		var n int64
		args := append(slices.Clone(s.st.d.Words.Afresh), s.st.d.Words.Query([]string{t}, false), s.newest-searchSample)
		if err := s.st.read.db.QueryRowContext(ctx, s.st.d.bind(s.st.d.Words.Count), args...).Scan(&n); err != nil {
			return false, s.st.explain(err)
		}
		if n < commonFrom {
			return false, nil
		}
	}
	return true, nil
}

// pages takes candidates, some at a time, until there is enough, and tells how
// many it took.
func (s *searching) pages(ctx context.Context, ids []int64, enough func() bool) (n int, err error) {
	for page := range slices.Chunk(ids, searchPage) {
		if enough() {
			break
		}
		if err := s.take(ctx, page); err != nil {
			return n, err
		}
		n += len(page)
	}
	return n, nil
}

// take looks at candidates that were not looked at before.
func (s *searching) take(ctx context.Context, ids []int64) error {
	fresh := slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return s.seen[id] })
	for _, id := range fresh {
		s.seen[id] = true
	}
	if len(fresh) == 0 {
		return nil
	}
	found, err := s.st.look(ctx, s.q, s.source, fresh)
	for _, c := range found {
		if c.grade == words.Phrase {
			s.phrases++
		}
	}
	s.hits = append(s.hits, found...)
	return err
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

// find asks the index for cases from one number up to another, newest first.
func (st *Store) find(ctx context.Context, query string, from, before int64, limit int) ([]int64, error) {
	return st.findOn(ctx, st.read.db, query, from, before, limit)
}

// meeting gives the cases of a short stretch that have all the tokens, newest first.
func (st *Store) meeting(ctx context.Context, tokens []string, from, before int64) ([]int64, error) {
	if st.d.Words.Stretch == "" {
		return st.find(ctx, st.d.Words.Query(tokens, false), from, before, searchDepth)
	}
	var met []int64
	for i, t := range tokens {
		var text sql.NullString
		if err := one(ctx, st.read, []any{&text}, st.d.Words.Stretch, st.d.Words.Query([]string{t}, false), from, before); err != nil {
			return nil, st.explain(err)
		}
		has := make(map[int64]bool)
		for number := range strings.SplitSeq(text.String, ",") {
			if id, err := strconv.ParseInt(number, 10, 64); err == nil {
				has[id] = true
			}
		}
		if i == 0 {
			met = slices.Collect(maps.Keys(has))
		} else {
			met = slices.DeleteFunc(met, func(id int64) bool { return !has[id] })
		}
		if len(met) == 0 {
			return nil, nil
		}
	}
	slices.SortFunc(met, func(a, b int64) int { return cmp.Compare(b, a) })
	return met, nil
}

// findBeyond is find for a wide stretch in which there are few.
func (st *Store) findBeyond(ctx context.Context, query string, from, before int64, limit int) ([]int64, error) {
	if len(st.d.Words.Wide) == 0 {
		return st.find(ctx, query, from, before, limit)
	}
	tx, err := st.read.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, st.explain(err)
	}
	defer func() { _ = tx.Rollback() }() // it only read
	for _, setting := range st.d.Words.Wide {
		if _, err := tx.ExecContext(ctx, setting); err != nil {
			return nil, st.explain(err)
		}
	}
	return st.findOn(ctx, tx, query, from, before, limit)
}

// queries is a pool of connections, or a transaction.
type queries interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func (st *Store) findOn(ctx context.Context, on queries, query string, from, before int64, limit int) ([]int64, error) {
	args := append(slices.Clone(st.d.Words.Afresh), query, from, before, int64(limit))
	rows, err := on.QueryContext(ctx, st.d.bind(st.d.Words.Find), args...)
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

// candidate is a case that answers the query.
type candidate struct {
	of     review.Case
	grade  int
	pieces []piece
}

// look holds cases against the query.
func (st *Store) look(ctx context.Context, q words.Query, source string, ids []int64) ([]candidate, error) {
	cases, err := st.casesOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	notes, err := st.notesOf(ctx, ids)
	if err != nil {
		return nil, st.explain(err)
	}
	var out []candidate
	for _, c := range cases {
		if source != "" && c.Review.Key.Source != source {
			continue
		}
		pieces := textsOf(c, notes[c.ID])
		texts := make([]string, len(pieces))
		for i, p := range pieces {
			texts[i] = p.text
		}
		if grade, ok := q.Match(texts...); ok {
			out = append(out, candidate{c, grade, pieces})
		}
	}
	return out, nil
}

// hit is a candidate with the words that were found.
func (c candidate) hit(q words.Query) storage.Hit {
	h := storage.Hit{Case: c.of, Grade: c.grade}
	for _, p := range c.pieces {
		s, has := q.Snippet(p.text, snippet)
		if has || h.Where == "" {
			h.Where, h.Snippet = p.where, s
		}
		if has {
			break
		}
	}
	return h
}

// Alike implements [storage.Numbers].
func (st *Store) Alike(ctx context.Context, texts []string, limit int) ([]review.Case, error) {
	const telling = 8
	tokens := words.Telling(telling, texts...)
	if len(tokens) == 0 {
		return nil, nil
	}
	newest, err := st.newest(ctx)
	if err != nil {
		return nil, err
	}
	limit = min(max(limit, 1), searchDepth)
	query, from := st.d.Words.Query(tokens, true), newest-searchWindow
	ids, err := st.find(ctx, query, from, math.MaxInt64, limit)
	if err == nil && len(ids) < limit && from > 0 {
		var older []int64
		older, err = st.findBeyond(ctx, query, newest-alikeReach, from, limit-len(ids))
		ids = append(ids, older...)
	}
	if err != nil {
		return nil, err
	}
	return st.casesOf(ctx, ids)
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
