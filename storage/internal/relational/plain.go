package relational

import (
	"fmt"
	"slices"
	"strings"
)

// plainly is an INSERT of rows most of whose columns say the same, such as
// history that nobody has touched: those values stand in its text. Handing a
// value over takes a database as long as storing it.
type plainly struct {
	*insertion
	same []any // by column: the value in the text, or varies
}

// varies stands for a column whose value is handed over.
type varies struct{}

// plain builds the INSERT of rows whose columns have these values. They are
// numbers, words without quotes, and nil.
func (t *table) plain(same map[string]any) *plainly {
	in := &plainly{insertion: &insertion{}, same: make([]any, len(t.cols))}
	one := make([]string, len(t.cols))
	for i, c := range t.cols {
		v, fixed := same[c]
		switch {
		case !fixed:
			in.same[i], one[i] = varies{}, "?"
			in.cols++
		case v == nil:
			one[i] = "NULL"
		default:
			in.same[i], one[i] = v, strings.ReplaceAll(fmt.Sprintf("%#v", v), `"`, "'")
		}
	}
	row := "(" + strings.Join(one, ", ") + ")"
	for i := range in.text {
		in.text[i] = "INSERT INTO " + t.name + " (" + strings.Join(t.cols, ", ") + ") VALUES " + row + strings.Repeat(", "+row, 1<<i-1)
	}
	return in
}

// fits tells whether all rows have the values that stand in the text.
func (in *plainly) fits(rows ...[]any) bool {
	return !slices.ContainsFunc(rows, func(row []any) bool {
		for i, same := range in.same {
			if same != any(varies{}) && row[i] != same {
				return true
			}
		}
		return false
	})
}

// statement adds rows that fit, a number of them that is a power of two.
func (in *plainly) statement(rows [][]any) Statement { return in.insertion.statement(in.cut(rows)) }

// plan adds rows that fit.
func (in *plainly) plan(rows [][]any) []Statement { return in.insertion.plan(in.cut(rows)) }

// cut leaves out what stands in the text.
func (in *plainly) cut(rows [][]any) [][]any {
	out := make([][]any, len(rows))
	all := make([]any, 0, len(rows)*in.cols)
	for n, row := range rows {
		from := len(all)
		for i, same := range in.same {
			if same == any(varies{}) {
				all = append(all, row[i])
			}
		}
		out[n] = all[from:len(all):len(all)]
	}
	return out
}
