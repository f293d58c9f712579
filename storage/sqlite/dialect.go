package sqlite

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/evenkeel/evenkeel/storage/internal/relational"
)

// dialect needs no locks on rows: there is one writer.
var dialect = relational.Dialect{
	Begin:    "BEGIN IMMEDIATE",
	Head:     "SELECT seq, hash, cases FROM audit_head WHERE id = 1",
	Resumes:  true,
	Settle:   "PRAGMA wal_checkpoint(PASSIVE)",
	Words:    wordIndex,
	CopyFrom: []string{"BEGIN", "SELECT seq FROM audit_head"}, // its first reading takes the moment
	CopyInto: []string{"BEGIN IMMEDIATE"},
	Scrub: []string{
		"INSERT INTO words (words) VALUES ('optimize')", // a deleted row's tokens stay until segments are merged
		"VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)",
	},
	Judge:   judge,
	Explain: explain,
}

// sentences say what can be done about an error, by its primary code
// (https://www.sqlite.org/rescode.html).
var sentences = map[int]string{
	sqlite3.SQLITE_FULL:     "the disk is full, or the database may not grow: make room, nothing was lost",
	sqlite3.SQLITE_READONLY: "the database cannot be written: check the permissions of its file and folder",
	sqlite3.SQLITE_IOERR:    "the disk gave an error: check it and its free space",
	sqlite3.SQLITE_CANTOPEN: "the database cannot be opened: check that its folder is there and may be written",
	sqlite3.SQLITE_BUSY:     "another program kept the database locked for too long: close what else has it open",
	sqlite3.SQLITE_LOCKED:   "another program kept the database locked for too long: close what else has it open",
	sqlite3.SQLITE_CORRUPT:  "the database file is damaged: stop, keep a copy, and restore the last backup",
	sqlite3.SQLITE_NOTADB:   "the file is not a SQLite database: check the path",
	sqlite3.SQLITE_PERM:     "the database may not be opened: check the permissions of its file and folder",
}

func code(err error) (int, bool) {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return 0, false
	}
	return e.Code() & 0xff, true
}

// judge tells errors of the file from errors of what is written.
func judge(err error) relational.Trouble {
	if c, ok := code(err); ok {
		if _, env := sentences[c]; env {
			return relational.Down
		}
	}
	return relational.Refusal
}

func explain(err error) error {
	if c, ok := code(err); ok {
		if s, known := sentences[c]; known {
			return fmt.Errorf("%s (%w)", s, err)
		}
	}
	return err
}
