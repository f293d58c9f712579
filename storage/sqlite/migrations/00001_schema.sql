-- The schema of evenkeel on SQLite. It says the same as the one for
-- PostgreSQL, table by table and check by check. Times are microseconds since
-- 1970 in UTC. Words of people and customers that must come back byte for byte
-- are BLOBs. The checks repeat the rules of package review as a second lock.

-- +goose Up

-- One row for each review. doc is review.Case as JSON; beside it stands what
-- is searched for or checked.
CREATE TABLE cases (
    id         INTEGER PRIMARY KEY,
    source     TEXT    NOT NULL,
    account    TEXT    NOT NULL,
    location   TEXT    NOT NULL,
    ext_id     TEXT    NOT NULL,
    version    INTEGER NOT NULL CHECK (version >= 1),
    status     TEXT    NOT NULL CHECK (status IN ('seeded', 'new', 'open', 'held', 'drafted', 'approved', 'publishing',
                           'handed_over', 'published', 'live', 'rejected', 'unreconciled', 'closed')),
    verdict    TEXT    NOT NULL,
    owner      TEXT    NOT NULL,
    stars      REAL,             -- on the common scale of one to five
    kind       TEXT    NOT NULL, -- of the rating
    language   TEXT    NOT NULL,
    critical   INTEGER NOT NULL CHECK (critical IN (0, 1)),
    revision   INTEGER NOT NULL CHECK (revision >= 1), -- of the review, the current one
    content    BLOB    NOT NULL, -- content hash of that revision
    binding    TEXT,             -- what the standing approvals are for
    approver   TEXT,             -- who gave the first of them
    reply      TEXT,             -- binding of the reply that is on its way or up
    publish_at INTEGER,
    opened     INTEGER,
    changed    INTEGER NOT NULL,
    closed_at  INTEGER,
    removed    INTEGER,
    doc        TEXT    NOT NULL,
    UNIQUE (source, account, location, ext_id),
    CHECK (ext_id <> '' AND source <> ''),
    CHECK ((binding IS NULL) = (approver IS NULL)),
    CHECK (status <> 'approved' OR (publish_at IS NOT NULL AND binding IS NOT NULL)),
    CHECK (status NOT IN ('publishing', 'handed_over', 'published', 'live', 'unreconciled') OR reply IS NOT NULL),
    CHECK (status NOT IN ('publishing', 'handed_over') OR binding IS NOT NULL),
    CHECK (status <> 'closed' OR closed_at IS NOT NULL),
    FOREIGN KEY (id, binding, approver) REFERENCES approvals (case_id, binding, person),
    FOREIGN KEY (id, reply) REFERENCES replies (case_id, binding)
) STRICT;
CREATE INDEX cases_status ON cases (status, id);
CREATE INDEX cases_owner ON cases (owner, id) WHERE owner <> '';

-- Every text of a review that reached us.
CREATE TABLE revisions (
    case_id INTEGER NOT NULL REFERENCES cases (id),
    n       INTEGER NOT NULL CHECK (n >= 1),
    content BLOB    NOT NULL,
    title   BLOB,
    body    BLOB,
    raw     BLOB,
    doc     TEXT    NOT NULL, -- review.Review without title and body
    PRIMARY KEY (case_id, n)
) STRICT, WITHOUT ROWID;

-- Every draft. Its words never change; they can be erased.
CREATE TABLE drafts (
    case_id INTEGER NOT NULL REFERENCES cases (id),
    n       INTEGER NOT NULL CHECK (n >= 1),
    hash    TEXT    NOT NULL,
    text    BLOB,
    doc     TEXT    NOT NULL, -- review.Draft without its text
    PRIMARY KEY (case_id, n)
) STRICT, WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER drafts_stand BEFORE UPDATE ON drafts
WHEN NEW.case_id <> OLD.case_id OR NEW.n <> OLD.n OR NEW.hash <> OLD.hash
    OR (NEW.text IS NOT NULL AND NEW.text IS NOT OLD.text)
BEGIN
    SELECT RAISE(ABORT, 'a draft never changes: its words can only be erased');
END;
-- +goose StatementEnd

-- One person's yes to one binding; given again after an undo it is renewed.
CREATE TABLE approvals (
    case_id INTEGER NOT NULL REFERENCES cases (id),
    binding TEXT    NOT NULL CHECK (length(binding) = 64),
    person  TEXT    NOT NULL CHECK (person <> ''),
    draft   INTEGER NOT NULL,
    role    TEXT    NOT NULL CHECK (role IN ('approver', 'lead')),
    at      INTEGER NOT NULL,
    doc     TEXT    NOT NULL,
    PRIMARY KEY (case_id, binding, person),
    FOREIGN KEY (case_id, draft) REFERENCES drafts (case_id, n)
) STRICT, WITHOUT ROWID;

-- Attempts to bring a text onto its platform, one for each binding. None
-- stands here without an approval of exactly those bytes: approver names one.
CREATE TABLE replies (
    case_id  INTEGER NOT NULL REFERENCES cases (id),
    binding  TEXT    NOT NULL,
    approver TEXT    NOT NULL,
    source   TEXT    NOT NULL,
    draft    INTEGER NOT NULL,
    text     BLOB,
    intent   INTEGER NOT NULL,
    answered INTEGER,
    problem  TEXT    NOT NULL,
    doc      TEXT    NOT NULL, -- review.Reply without its text
    PRIMARY KEY (case_id, binding),
    FOREIGN KEY (case_id, binding, approver) REFERENCES approvals (case_id, binding, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX replies_recent ON replies (source, answered) WHERE answered IS NOT NULL;

-- +goose StatementBegin
CREATE TRIGGER replies_stand BEFORE UPDATE ON replies
WHEN NEW.case_id <> OLD.case_id OR NEW.binding <> OLD.binding OR NEW.approver <> OLD.approver
    OR (NEW.text IS NOT NULL AND NEW.text IS NOT OLD.text)
BEGIN
    SELECT RAISE(ABORT, 'the words of a reply never change: they can only be erased');
END;
-- +goose StatementEnd

-- The audit log. Each entry carries the hash of the one before.
CREATE TABLE events (
    seq         INTEGER PRIMARY KEY CHECK (seq >= 1),
    at          INTEGER NOT NULL,
    case_id     INTEGER NOT NULL,
    actor       TEXT    NOT NULL,
    verb        TEXT    NOT NULL,
    from_status TEXT    NOT NULL,
    to_status   TEXT    NOT NULL,
    detail      TEXT    NOT NULL, -- JSON object, '' for none
    prev        BLOB    NOT NULL CHECK (length(prev) = 32),
    hash        BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE INDEX events_case ON events (case_id, seq) WHERE case_id <> 0;

-- INSERT OR REPLACE would pass the two triggers below by.
-- +goose StatementBegin
CREATE TRIGGER events_at_the_end BEFORE INSERT ON events
WHEN NEW.seq <= (SELECT seq FROM audit_head)
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only: entries are added at its end');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER events_no_update BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only: entries never change');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER events_no_delete BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only: entries are never deleted');
END;
-- +goose StatementEnd

-- The chain's end and the last case's number: one row, taken by every commit.
CREATE TABLE audit_head (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    seq   INTEGER NOT NULL,
    hash  BLOB    NOT NULL CHECK (length(hash) = 32),
    cases INTEGER NOT NULL
) STRICT;
INSERT INTO audit_head (id, seq, hash, cases) VALUES (1, 0, zeroblob(32), 0);

-- Words beside audit entries, whose digests the entries hold. Erasing deletes.
CREATE TABLE texts (
    seq  INTEGER NOT NULL REFERENCES events (seq),
    name TEXT    NOT NULL,
    body BLOB    NOT NULL,
    PRIMARY KEY (seq, name)
) STRICT, WITHOUT ROWID;

-- Work that is due. Waiting: done and lease are NULL. Claimed: lease is its
-- end. again is set while claimed work is to run once more.
CREATE TABLE work (
    id       INTEGER PRIMARY KEY,
    kind     TEXT    NOT NULL CHECK (kind <> ''),
    case_id  INTEGER NOT NULL,
    key      TEXT    NOT NULL,
    due      INTEGER NOT NULL,
    text     TEXT    NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    problem  TEXT    NOT NULL DEFAULT '',
    fence    INTEGER NOT NULL DEFAULT 0,
    lease    INTEGER,
    worker   TEXT    NOT NULL DEFAULT '',
    again    INTEGER,
    done     INTEGER,
    UNIQUE (kind, case_id, key),
    CHECK (done IS NULL OR lease IS NULL),
    CHECK (again IS NULL OR lease IS NOT NULL)
) STRICT;
CREATE INDEX work_due ON work (kind, due) WHERE done IS NULL;
CREATE INDEX work_leased ON work (kind, lease) WHERE lease IS NOT NULL;
CREATE INDEX work_done ON work (done) WHERE done IS NOT NULL;

-- Cards in chats.
CREATE TABLE messages (
    case_id INTEGER NOT NULL,
    chat    TEXT    NOT NULL,
    key     TEXT    NOT NULL,
    ref     TEXT    NOT NULL,
    hash    TEXT    NOT NULL,
    posted  INTEGER,
    PRIMARY KEY (case_id, chat, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX messages_ref ON messages (chat, ref) WHERE ref <> '';

CREATE TABLE sources (
    name      TEXT PRIMARY KEY,
    cursor    BLOB,
    polled    INTEGER,
    succeeded INTEGER,
    failures  INTEGER NOT NULL,
    problem   TEXT    NOT NULL,
    announced INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE receipts (
    scope TEXT NOT NULL,
    id    TEXT NOT NULL,
    body  TEXT NOT NULL,
    at    INTEGER NOT NULL,
    PRIMARY KEY (scope, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The console's messages.
CREATE TABLE notes (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    thread  INTEGER NOT NULL,
    channel TEXT    NOT NULL,
    key     TEXT    NOT NULL UNIQUE,
    case_id INTEGER NOT NULL,
    author  TEXT    NOT NULL,
    body    BLOB,
    at      INTEGER NOT NULL,
    edited  INTEGER
) STRICT;
CREATE INDEX notes_place ON notes (channel, thread, id);

-- Sign-ins to the console and invitations, by the hash of their secret.
CREATE TABLE sessions (
    token   TEXT PRIMARY KEY,
    person  TEXT    NOT NULL,
    invite  INTEGER NOT NULL CHECK (invite IN (0, 1)),
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
