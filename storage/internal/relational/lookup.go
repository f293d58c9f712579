package relational

import (
	"context"
	"database/sql"
	"strings"
)

// lookup is a query for the rows that have one of some keys.
type lookup struct {
	from string   // up to WHERE
	key  []string // the columns of the key
	lock bool     // the rows are about to be written
}

var (
	reviewColumns = []string{"source", "account", "location", "ext_id"}

	receiptsByID   = lookup{from: "SELECT scope, id, body FROM receipts WHERE ", key: []string{"scope", "id"}}
	claimsByID     = lookup{from: "SELECT id, fence, again FROM work WHERE lease IS NOT NULL AND ", key: []string{"id"}, lock: true}
	versionsByID   = lookup{from: "SELECT id, version FROM cases WHERE ", key: []string{"id"}}
	casesByKey     = lookup{from: "SELECT id, source, account, location, ext_id FROM cases WHERE ", key: reviewColumns}
	contentByKey   = lookup{from: "SELECT source, account, location, ext_id, content FROM cases WHERE ", key: reviewColumns}
	settingsByName = lookup{from: "SELECT name, value FROM settings WHERE ", key: []string{"name"}}
)

// text is the query for n keys. A database in this process finds each key by
// itself sooner than all of them as a set, which it would first have to sort.
func (l lookup) text(d *Dialect, n int) string {
	var s string
	switch {
	case len(l.key) == 1:
		s = l.from + l.key[0] + " IN (" + marks(n) + ")"
	case d.Pipeline == nil:
		one := l.from + strings.Join(l.key, " = ? AND ") + " = ?"
		s = one + strings.Repeat(" UNION ALL "+one, n-1)
	default:
		s = l.from + "(" + strings.Join(l.key, ", ") + ") IN (VALUES " + tuples(n, len(l.key)) + ")"
	}
	if l.lock {
		s += d.LockRows
	}
	return s
}

// lookUp scans the rows that have one of the keys.
func (g *group) lookUp(ctx context.Context, keys [][]any, l lookup, scan func(*sql.Rows) error) error {
	return runs(len(keys), func(from, length int) error {
		args := make([]any, 0, length*len(l.key))
		for _, k := range keys[from : from+length] {
			args = append(args, k...)
		}
		return each(ctx, g.s, scan, l.text(g.d, length), args...)
	})
}
