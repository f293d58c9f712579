package relational

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/stats"
)

// known reads what is kept of cases that were counted before.
func (s *step) known(ctx context.Context) (map[int64]tallied, error) {
	out := make(map[int64]tallied, len(s.cases))
	err := s.st.eachOf(ctx, s.cases, "SELECT case_id, words, counts FROM tallies WHERE case_id IN (%s)", func(rows *sql.Rows) error {
		var id int64
		var t tallied
		if err := rows.Scan(&id, &t.words, &t.text); err != nil {
			return err
		}
		var err error
		t.Tally, err = decodeTally(t.text)
		out[id] = t
		return err
	})
	return out, err
}

func (s *step) read(ctx context.Context) (map[int64]review.Case, error) {
	out := make(map[int64]review.Case, len(s.cases))
	err := s.st.eachOf(ctx, s.cases, selectCases+"WHERE c.id IN (%s)", func(rows *sql.Rows) error {
		c, err := scanCase(rows)
		out[c.ID] = c
		return err
	})
	return out, err
}

// ways reads the audit entries of cases. History has none.
func (s *step) ways(ctx context.Context, cases map[int64]review.Case) (map[int64][]stats.Moment, error) {
	var ids []int64
	for _, id := range s.cases {
		if c, ok := cases[id]; ok && c.Status != review.Seeded {
			ids = append(ids, id)
		}
	}
	out := make(map[int64][]stats.Moment, len(ids))
	err := s.st.eachOf(ctx, ids, "SELECT case_id, at, verb, from_status, to_status FROM events WHERE case_id IN (%s) AND case_id <> 0 ORDER BY case_id, seq", func(rows *sql.Rows) error {
		var id, at int64
		var m stats.Moment
		err := rows.Scan(&id, &at, &m.Verb, &m.From, &m.To)
		m.At = time.UnixMicro(at).UTC()
		out[id] = append(out[id], m)
		return err
	})
	return out, err
}

// notesOf are the words that people wrote about cases in the console.
func (st *Store) notesOf(ctx context.Context, cases []int64) (map[int64][]string, error) {
	out := make(map[int64][]string)
	err := st.eachOf(ctx, cases, "SELECT case_id, body FROM notes WHERE case_id IN (%s) AND case_id <> 0 AND author <> '' ORDER BY id", func(rows *sql.Rows) error {
		var id int64
		var body []byte
		if err := rows.Scan(&id, &body); err != nil {
			return err
		}
		var note struct{ Text string }
		if json.Unmarshal(body, &note) == nil && note.Text != "" { // what has no text is a card
			out[id] = append(out[id], note.Text)
		}
		return nil
	})
	return out, err
}

// eachOf runs a query whose %s is a list of cases.
func (st *Store) eachOf(ctx context.Context, cases []int64, query string, scan func(*sql.Rows) error) error {
	return runs(len(cases), func(from, length int) error {
		args := make([]any, length)
		for i := range args {
			args[i] = cases[from+i]
		}
		return each(ctx, st.read, scan, list(query, length), args...)
	})
}

// list puts so many parameters in the place of a query's %s.
func list(query string, n int) string { return strings.Replace(query, "%s", marks(n), 1) }

// keptTally is a tally as it is kept: a list of [day, what, key, n].
type keptTally struct {
	Source  string   `json:"s"`
	Subject string   `json:"o,omitempty"`
	Counts  [][4]any `json:"c"`
}

func encodeTally(t stats.Tally) string {
	if len(t.Counts) == 0 {
		return ""
	}
	k := keptTally{Source: t.Source, Subject: t.Subject}
	counts := slices.SortedFunc(maps.Keys(t.Counts), func(a, b stats.Count) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.What, b.What), cmp.Compare(a.Key, b.Key))
	})
	for _, c := range counts {
		k.Counts = append(k.Counts, [4]any{int(c.Day), string(c.What), c.Key, t.Counts[c]})
	}
	doc, err := json.Marshal(k)
	if err != nil { // strings and whole numbers always encode
		panic(err)
	}
	return string(doc)
}

func decodeTally(text string) (stats.Tally, error) {
	t := stats.Tally{Counts: make(map[stats.Count]int64)}
	if text == "" {
		return t, nil
	}
	var k keptTally
	if err := json.Unmarshal([]byte(text), &k); err != nil {
		return t, fmt.Errorf("what a case added to the numbers cannot be read: %w", err)
	}
	t.Source, t.Subject = k.Source, k.Subject
	for _, c := range k.Counts {
		day, ok1 := c[0].(float64)
		what, ok2 := c[1].(string)
		key, ok3 := c[2].(string)
		n, ok4 := c[3].(float64)
		if !ok1 || !ok2 || !ok3 || !ok4 {
			return t, fmt.Errorf("what a case added to the numbers cannot be read: %v", c)
		}
		t.Counts[stats.Count{Day: stats.Day(day), What: stats.What(what), Key: key}] = int64(n)
	}
	return t, nil
}

// compareRows orders rows by their first columns.
func compareRows(a, b []any, cols int) int {
	for i := range cols {
		c := 0
		switch x := a[i].(type) {
		case string:
			c = strings.Compare(x, b[i].(string))
		case int64:
			c = cmp.Compare(x, b[i].(int64))
		}
		if c != 0 {
			return c
		}
	}
	return 0
}
