-- Sums for the team's numbers, and the index of words. Both follow the audit
-- log in steps of their own, see storage.Numbers; whatever the database holds
-- already is walked through after this migration, in the background.

-- +goose Up

-- How far the counting has come. Cases with numbers above walk up to walk_end
-- are looked at one after the other, those of audit entries above seq as they
-- changed. gen moves on with every step, and a step compares it.
CREATE TABLE tally (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    gen      INTEGER NOT NULL,
    zone     TEXT    NOT NULL,
    seq      INTEGER NOT NULL,
    walk     INTEGER NOT NULL,
    walk_end INTEGER NOT NULL,
    note     INTEGER NOT NULL  -- the console's messages up to this one are indexed
) STRICT;
INSERT INTO tally (id, gen, zone, seq, walk, walk_end, note)
    SELECT 1, 0, 'UTC', seq, 0, cases, (SELECT COALESCE(MAX(id), 0) FROM notes) FROM audit_head;

-- What each case added to the sums, to take it back when the case changes, and
-- a sum of its indexed words.
CREATE TABLE tallies (
    case_id INTEGER PRIMARY KEY,
    words   INTEGER NOT NULL,
    counts  TEXT    NOT NULL
) STRICT;

-- The sums: by day ('d'), by month ('m', on its first day) and of all time
-- ('t', on day 0); over all subjects (subject '') and of each. Days count from
-- 1 January 1970, in the zone of the tally.
CREATE TABLE rollups (
    grain   TEXT    NOT NULL CHECK (grain IN ('d', 'm', 't')),
    subject TEXT    NOT NULL,
    day     INTEGER NOT NULL,
    source  TEXT    NOT NULL,
    what    TEXT    NOT NULL,
    key     TEXT    NOT NULL,
    n       INTEGER NOT NULL,
    PRIMARY KEY (grain, subject, day, source, what, key)
) STRICT, WITHOUT ROWID;

-- The tokens of each case's texts, by its number; the texts are not in here.
CREATE VIRTUAL TABLE words USING fts5 (tokens, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii');

CREATE INDEX notes_case ON notes (case_id) WHERE case_id <> 0 AND author <> '';
