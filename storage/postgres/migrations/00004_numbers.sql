-- Sums for the team's numbers, and the index of words. Both follow the audit
-- log in steps of their own, see storage.Numbers; whatever the database holds
-- already is walked through after this migration, in the background.

-- +goose Up

-- How far the counting has come. Cases with numbers above walk up to walk_end
-- are looked at one after the other, those of audit entries above seq as they
-- changed. gen moves on with every step, and a step compares it.
CREATE TABLE tally (
    id       BIGINT PRIMARY KEY CHECK (id = 1),
    gen      BIGINT NOT NULL,
    zone     TEXT    NOT NULL,
    seq      BIGINT NOT NULL,
    walk     BIGINT NOT NULL,
    walk_end BIGINT NOT NULL,
    note     BIGINT NOT NULL  -- the console's messages up to this one are indexed
);
INSERT INTO tally (id, gen, zone, seq, walk, walk_end, note)
    SELECT 1, 0, 'UTC', seq, 0, cases, (SELECT COALESCE(MAX(id), 0) FROM notes) FROM audit_head;

-- What each case added to the sums, to take it back when the case changes, and
-- a sum of its indexed words.
CREATE TABLE tallies (
    case_id BIGINT PRIMARY KEY,
    words   BIGINT NOT NULL,
    counts  TEXT    NOT NULL
);

-- The sums: by day ('d'), by month ('m', on its first day) and of all time
-- ('t', on day 0); over all subjects (subject '') and of each. Days count from
-- 1 January 1970, in the zone of the tally.
CREATE TABLE rollups (
    grain   TEXT    NOT NULL CHECK (grain IN ('d', 'm', 't')),
    subject TEXT    NOT NULL,
    day     BIGINT NOT NULL,
    source  TEXT    NOT NULL,
    what    TEXT    NOT NULL,
    key     TEXT    NOT NULL,
    n       BIGINT NOT NULL,
    PRIMARY KEY (grain, subject, day, source, what, key)
);

-- The tokens of each case's texts, by its number; the texts are not in here.
CREATE TABLE words (
    case_id BIGINT   PRIMARY KEY,
    tokens  tsvector NOT NULL
);
CREATE INDEX words_tokens ON words USING gin (tokens);
-- Which words are frequent decides how they are looked for.
ALTER TABLE words ALTER COLUMN tokens SET STATISTICS 500;

CREATE INDEX notes_case ON notes (case_id) WHERE case_id <> 0 AND author <> '';
