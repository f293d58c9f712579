package sqlite

import (
	"strings"

	"github.com/evenkeel/evenkeel/storage/internal/relational"
)

// wordIndex is an FTS5 table without contents (https://www.sqlite.org/fts5.html):
// it holds the tokens that package words makes, one string of them a case. The
// tokenizer "ascii" leaves every letter beyond ASCII as it is, so that the
// pairs of letters pass untouched.
var wordIndex = relational.WordIndex{
	Put:  "INSERT INTO words (rowid, tokens) VALUES (?, ?)",
	Drop: "DELETE FROM words WHERE rowid IN (%s)",
	Find: "SELECT rowid FROM words WHERE words MATCH ? AND rowid >= ? AND rowid < ? ORDER BY rowid DESC LIMIT ?",
	// FTS5 looks at the bounds only where the words meet: for two that never do
	// it walks both lists to their ends. For one word it stops.
	Stretch: "SELECT group_concat(rowid) FROM words WHERE words MATCH ? AND rowid >= ? AND rowid < ?",

	Count: "SELECT COUNT(*) FROM words WHERE words MATCH ? AND rowid >= ?",
	Text:  func(tokens []string) string { return strings.Join(tokens, " ") },
	Query: func(tokens []string, anyOf bool) string {
		if anyOf {
			return `"` + strings.Join(tokens, `" OR "`) + `"`
		}
		return `"` + strings.Join(tokens, `" AND "`) + `"`
	},
	// FTS5 would merge by itself what many small writes leave behind, some
	// hundred pages within one of them: whoever writes meanwhile would wait for a
	// tenth of a second and more. So it was told not to (migration 7), and merges
	// a few pages at a time.
	Merge: "INSERT INTO words (words, rank) VALUES ('merge', 16)",
	// A deleted row's tokens stay in the file until its segment is merged with
	// others: all of them, a hundred pages at a time.
	Purge: []string{
		"INSERT INTO words (words, rank) VALUES ('merge', -100)",
		"INSERT INTO words (words, rank) VALUES ('merge', 100)",
	},
	Changes: "SELECT total_changes()",
}
