package relational

import (
	"context"
	"math/bits"
	"slices"
	"strings"
)

// table is a table that rows are inserted into.
type table struct {
	name string
	cols []string
}

// maxRows is the most rows of one INSERT. Rows are inserted in runs whose
// length is a power of two, so that few statements serve every number of rows
// and all of them stay prepared.
const maxRows = 64

// insertion is an INSERT into a table in all its lengths.
type insertion struct {
	cols int
	text [7]string // of 1, 2, 4 … 64 rows
}

// inserting builds the INSERT whose end says what happens to a row whose key
// is there already.
func (t *table) inserting(end string) *insertion {
	in := &insertion{cols: len(t.cols)}
	for i := range in.text {
		in.text[i] = "INSERT INTO " + t.name + " (" + strings.Join(t.cols, ", ") + ") VALUES " + tuples(1<<i, len(t.cols)) + end
	}
	return in
}

// The ends of an INSERT.
const (
	knownFails   = ""
	knownIgnored = " ON CONFLICT DO NOTHING"
)

// knownReplaced brings a row with the same key up to date, but for the key
// itself and the columns that stay.
func (t *table) knownReplaced(key []string, stay ...string) string {
	var set []string
	for _, c := range t.cols {
		if !slices.Contains(key, c) && !slices.Contains(stay, c) {
			set = append(set, c+" = excluded."+c)
		}
	}
	return " ON CONFLICT (" + strings.Join(key, ", ") + ") DO UPDATE SET " + strings.Join(set, ", ")
}

// plan is the statements that add rows, each row in the order of the table's
// columns.
func (in *insertion) plan(rows [][]any) []Statement {
	var out []Statement
	_ = runs(len(rows), func(from, length int) error {
		out = append(out, in.statement(rows[from:from+length]))
		return nil
	})
	return out
}

// statement adds a number of rows that is a power of two.
func (in *insertion) statement(rows [][]any) Statement {
	args := make([]any, 0, len(rows)*in.cols)
	for _, row := range rows {
		args = append(args, row...)
	}
	return Statement{Query: in.text[bits.TrailingZeros(uint(len(rows)))], Args: args}
}

// run adds rows and returns how many were added or changed.
func (in *insertion) run(ctx context.Context, r runner, rows [][]any) (int64, error) {
	var total int64
	for _, s := range in.plan(rows) {
		n, err := r.exec(ctx, s.Query, s.Args...)
		if err != nil {
			return total, err
		}
		total += n
	}
	return total, nil
}

// runs cuts n into lengths that are powers of two, the longest first.
func runs(n int, each func(from, length int) error) error {
	for from := 0; from < n; {
		length := min(maxRows, 1<<(bits.Len(uint(n-from))-1))
		if err := each(from, length); err != nil {
			return err
		}
		from += length
	}
	return nil
}

// tuples is "(?, ?), (?, ?)".
func tuples(rows, cols int) string {
	one := "(" + marks(cols) + ")"
	return one + strings.Repeat(", "+one, rows-1)
}

// marks is "?, ?, ?".
func marks(n int) string { return "?" + strings.Repeat(", ?", n-1) }
