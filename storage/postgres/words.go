package postgres

import (
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/evenkeel/evenkeel/storage/internal/relational"
)

// wordIndex is a tsvector a case under a GIN index
// (https://www.postgresql.org/docs/current/textsearch-indexes.html). The
// tokens are those of package words, put in as they are: no configuration for
// text search of the server touches them. Deleted ones leave the files with
// the next vacuum.
var wordIndex = relational.WordIndex{
	Put:  "INSERT INTO words (case_id, tokens) VALUES (?, CAST(CAST(? AS TEXT) AS tsvector))",
	Drop: "DELETE FROM words WHERE case_id IN (%s)",
	Find: "SELECT case_id FROM words WHERE tokens @@ CAST(CAST(? AS TEXT) AS tsquery) AND case_id >= ? AND case_id < ? ORDER BY case_id DESC LIMIT ?",
	// The planner takes words for independent: two common ones that never meet
	// would have it walk the whole table to see it. The index sees it at once.
	Wide: []string{"SET LOCAL enable_indexscan = off", "SET LOCAL enable_seqscan = off", "SET LOCAL max_parallel_workers_per_gather = 0"},

	Count: "SELECT COUNT(*) FROM words WHERE tokens @@ CAST(CAST(? AS TEXT) AS tsquery) AND case_id >= ?",
	// A plan for any words would be wrong for very frequent or very rare ones.
	Afresh: []any{pgx.QueryExecModeExec},
	// Tokens are letters, digits and marks only, so nothing needs escaping.
	Text: func(tokens []string) string { return "'" + strings.Join(tokens, "' '") + "'" },
	Query: func(tokens []string, anyOf bool) string {
		if anyOf {
			return "'" + strings.Join(tokens, "' | '") + "'"
		}
		return "'" + strings.Join(tokens, "' & '") + "'"
	},
}
