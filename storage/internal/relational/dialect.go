package relational

import (
	"context"
	"database/sql"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// Trouble is what an error of the database means for a group of batches.
type Trouble int

// The kinds of trouble.
const (
	// Refusal is about the data: a check, a key, a type. Each batch is tried
	// alone.
	Refusal Trouble = iota
	// Lost is a connection that broke, or a transaction that the database gave
	// up: the same may well succeed on a new connection, once more.
	Lost
	// Down is a database that cannot write now: full, read-only, locked.
	Down
)

// Dialect is what differs between the databases.
type Dialect struct {
	Numbered  bool     // parameters are $1, $2 … instead of ?
	Begin     string   // starts a writing transaction
	Head      string   // takes the audit head: returns seq, hash, cases; with Marks its parameters are mark and time
	Marks     bool     // a mark in the table commits settles a lost COMMIT
	LockRows  string   // appended to a SELECT whose rows are about to be written
	SkipTaken string   // appended to a SELECT that picks rows nobody else is picking
	Resumes   bool     // a transaction goes on after a statement that was refused
	Parallel  bool     // several connections may write at once: small writes need not queue
	Prepare   []string // run on a connection before it is used to write

	// Pipeline sends statements all at once; nil where there is no round trip
	// to save.
	Pipeline func(context.Context, *sql.Conn, []Statement) ([]int64, error)

	Bulk   *Bulk  // takes very many rows; nil where statements do as well
	Settle string // puts away what was written, beside those who write; "" where the database does that

	Words WordIndex // where words are searched

	CopyFrom   []string // begins a transaction that sees one moment, however long it takes
	CopyInto   []string // begins one that writes, however long it takes
	AfterCopy  []string // run at its end
	Overriding string   // stands before VALUES where numbers are given that the database would hand out
	Scrub      []string // makes what was deleted unreadable

	Timeout time.Duration       // bounds one transaction, whatever the network does; 0 where there is none
	Judge   func(error) Trouble // what an error means
	Explain func(error) error   // says it to people, wrapping the error
	// Patience bounds how long the answer to a lost COMMIT is looked for.
	Patience time.Duration
}

// WordIndex is the databases' own index of words. It holds the tokens of
// package words and no texts.
type WordIndex struct {
	Put  string // adds a case's tokens: its number, then Text of them
	Drop string // takes cases out; %s is the list of their numbers
	Find string // numbers of cases, newest first, by Query, the least number, a number that is above them, and a limit
	// Wide are settings for a transaction in which Find searches a wide stretch
	// where few are expected; none where the database knows by itself.
	Wide  []string
	Count string // how many cases there are by Query and the least number
	// Stretch gives the numbers of the cases from one number up to another by
	// Query of one token, as a text with commas; "" where Find, asked for all
	// tokens, looks at such a stretch only.
	Stretch string
	// Afresh stands before Find's arguments, to have it planned for these words.
	Afresh []any
	Text   func(tokens []string) string
	Query  func(tokens []string, anyOf bool) string
	// Merge puts a little of the index in order, so that many small writes leave
	// no more than a few pieces behind; "" where the database does by itself.
	Merge string
	// Purge takes what was dropped out of the files: its first statement begins,
	// the last is repeated until nothing is left to do.
	Purge []string
	// Changes counts rows written: it tells whether Merge and Purge did anything.
	Changes string
}

// Statement is a write with its parameters.
type Statement struct {
	Query string
	Args  []any
}

// Options are what every backend takes.
type Options struct {
	Now    func() time.Time // the clock; nil is time.Now
	Logger *slog.Logger     // nil logs nothing
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// bind turns the ? of a query into the dialect's parameters. No query of this
// package has a question mark in a literal.
func (d *Dialect) bind(query string) string {
	if !d.Numbered {
		return query
	}
	var b strings.Builder
	b.Grow(len(query) + 32)
	for n := 1; ; n++ {
		before, after, found := strings.Cut(query, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n))
		query = after
	}
}
