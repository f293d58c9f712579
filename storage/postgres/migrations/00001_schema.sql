-- The schema of evenkeel on PostgreSQL. It says the same as the one for
-- SQLite, table by table and check by check. Times are microseconds since
-- 1970 in UTC. Words of people and customers that must come back byte for byte
-- are BYTEA: TEXT cannot hold every byte. The checks repeat the rules of package review as a second lock.

-- +goose Up

-- One row for each review. doc is review.Case as JSON; beside it stands what
-- is searched for or checked.
CREATE TABLE cases (
    id         BIGINT PRIMARY KEY,
    source     TEXT    NOT NULL,
    account    TEXT    NOT NULL,
    location   TEXT    NOT NULL,
    ext_id     TEXT    NOT NULL,
    version    BIGINT  NOT NULL CHECK (version >= 1),
    status     TEXT    NOT NULL CHECK (status IN ('seeded', 'new', 'open', 'held', 'drafted', 'approved', 'publishing',
                           'handed_over', 'published', 'live', 'rejected', 'unreconciled', 'closed')),
    verdict    TEXT    NOT NULL,
    owner      TEXT    NOT NULL,
    stars      DOUBLE PRECISION,          -- on the common scale of one to five
    kind       TEXT    NOT NULL, -- of the rating
    language   TEXT    NOT NULL,
    critical   BIGINT  NOT NULL CHECK (critical IN (0, 1)),
    revision   BIGINT  NOT NULL CHECK (revision >= 1), -- of the review, the current one
    content    BYTEA    NOT NULL, -- content hash of that revision
    binding    TEXT,             -- what the standing approvals are for
    approver   TEXT,             -- who gave the first of them
    reply      TEXT,             -- binding of the reply that is on its way or up
    publish_at BIGINT,
    opened     BIGINT,
    changed    BIGINT  NOT NULL,
    closed_at  BIGINT,
    removed    BIGINT,
    doc        TEXT    NOT NULL,
    UNIQUE (source, account, location, ext_id),
    CHECK (ext_id <> '' AND source <> ''),
    CHECK ((binding IS NULL) = (approver IS NULL)),
    CHECK (status <> 'approved' OR (publish_at IS NOT NULL AND binding IS NOT NULL)),
    CHECK (status NOT IN ('publishing', 'handed_over', 'published', 'live', 'unreconciled') OR reply IS NOT NULL),
    CHECK (status NOT IN ('publishing', 'handed_over') OR binding IS NOT NULL),
    CHECK (status <> 'closed' OR closed_at IS NOT NULL)
);
CREATE INDEX cases_status ON cases (status, id);
CREATE INDEX cases_owner ON cases (owner, id) WHERE owner <> '';

-- Every text of a review that reached us.
CREATE TABLE revisions (
    case_id BIGINT  NOT NULL REFERENCES cases (id),
    n       BIGINT  NOT NULL CHECK (n >= 1),
    content BYTEA    NOT NULL,
    title   BYTEA,
    body    BYTEA,
    raw     BYTEA,
    doc     TEXT    NOT NULL, -- review.Review without title and body
    PRIMARY KEY (case_id, n)
);

-- Every draft. Its words never change; they can be erased.
CREATE TABLE drafts (
    case_id BIGINT  NOT NULL REFERENCES cases (id),
    n       BIGINT  NOT NULL CHECK (n >= 1),
    hash    TEXT    NOT NULL,
    text    BYTEA,
    doc     TEXT    NOT NULL, -- review.Draft without its text
    PRIMARY KEY (case_id, n)
);

-- +goose StatementBegin
CREATE FUNCTION drafts_stand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a draft never changes: its words can only be erased' USING ERRCODE = 'restrict_violation';
END $$;
-- +goose StatementEnd
CREATE TRIGGER drafts_stand BEFORE UPDATE ON drafts
    FOR EACH ROW WHEN (NEW.case_id <> OLD.case_id OR NEW.n <> OLD.n OR NEW.hash <> OLD.hash
        OR (NEW.text IS NOT NULL AND NEW.text IS DISTINCT FROM OLD.text))
    EXECUTE FUNCTION drafts_stand();

-- One person's yes to one binding; given again after an undo it is renewed.
CREATE TABLE approvals (
    case_id BIGINT  NOT NULL REFERENCES cases (id),
    binding TEXT    NOT NULL CHECK (length(binding) = 64),
    person  TEXT    NOT NULL CHECK (person <> ''),
    draft   BIGINT  NOT NULL,
    role    TEXT    NOT NULL CHECK (role IN ('approver', 'lead')),
    at      BIGINT  NOT NULL,
    doc     TEXT    NOT NULL,
    PRIMARY KEY (case_id, binding, person),
    FOREIGN KEY (case_id, draft) REFERENCES drafts (case_id, n)
);

-- Attempts to bring a text onto its platform, one for each binding. None
-- stands here without an approval of exactly those bytes: approver names one.
CREATE TABLE replies (
    case_id  BIGINT  NOT NULL REFERENCES cases (id),
    binding  TEXT    NOT NULL,
    approver TEXT    NOT NULL,
    source   TEXT    NOT NULL,
    draft    BIGINT  NOT NULL,
    text     BYTEA,
    intent   BIGINT  NOT NULL,
    answered BIGINT,
    problem  TEXT    NOT NULL,
    doc      TEXT    NOT NULL, -- review.Reply without its text
    PRIMARY KEY (case_id, binding),
    FOREIGN KEY (case_id, binding, approver) REFERENCES approvals (case_id, binding, person)
);
ALTER TABLE cases
    ADD FOREIGN KEY (id, binding, approver) REFERENCES approvals (case_id, binding, person),
    ADD FOREIGN KEY (id, reply) REFERENCES replies (case_id, binding);
CREATE INDEX replies_recent ON replies (source, answered) WHERE answered IS NOT NULL;

-- +goose StatementBegin
CREATE FUNCTION replies_stand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the words of a reply never change: they can only be erased' USING ERRCODE = 'restrict_violation';
END $$;
-- +goose StatementEnd
CREATE TRIGGER replies_stand BEFORE UPDATE ON replies
    FOR EACH ROW WHEN (NEW.case_id <> OLD.case_id OR NEW.binding <> OLD.binding OR NEW.approver <> OLD.approver
        OR (NEW.text IS NOT NULL AND NEW.text IS DISTINCT FROM OLD.text))
    EXECUTE FUNCTION replies_stand();

-- The audit log. Each entry carries the hash of the one before.
CREATE TABLE events (
    seq         BIGINT PRIMARY KEY CHECK (seq >= 1),
    at          BIGINT  NOT NULL,
    case_id     BIGINT  NOT NULL,
    actor       TEXT    NOT NULL,
    verb        TEXT    NOT NULL,
    from_status TEXT    NOT NULL,
    to_status   TEXT    NOT NULL,
    detail      TEXT    NOT NULL, -- JSON object, '' for none
    prev        BYTEA    NOT NULL CHECK (length(prev) = 32),
    hash        BYTEA    NOT NULL CHECK (length(hash) = 32)
);
CREATE INDEX events_case ON events (case_id, seq) WHERE case_id <> 0;

-- +goose StatementBegin
CREATE FUNCTION events_stand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only: entries never change and are never deleted' USING ERRCODE = 'restrict_violation';
END $$;
-- +goose StatementEnd
CREATE TRIGGER events_stand BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT
    EXECUTE FUNCTION events_stand();

-- The chain's end and the last case's number: one row, taken by every commit.
CREATE TABLE audit_head (
    id    BIGINT PRIMARY KEY CHECK (id = 1),
    seq   BIGINT  NOT NULL,
    hash  BYTEA    NOT NULL CHECK (length(hash) = 32),
    cases BIGINT  NOT NULL
);
INSERT INTO audit_head (id, seq, hash, cases) VALUES (1, 0, decode(repeat('00', 32), 'hex'), 0);

-- Words beside audit entries, whose digests the entries hold. Erasing deletes.
CREATE TABLE texts (
    seq  BIGINT  NOT NULL REFERENCES events (seq),
    name TEXT    NOT NULL,
    body BYTEA    NOT NULL,
    PRIMARY KEY (seq, name)
);

-- Work that is due. Waiting: done and lease are NULL. Claimed: lease is its
-- end. again is set while claimed work is to run once more.
CREATE TABLE work (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind     TEXT    NOT NULL CHECK (kind <> ''),
    case_id  BIGINT  NOT NULL,
    key      TEXT    NOT NULL,
    due      BIGINT  NOT NULL,
    text     TEXT    NOT NULL,
    attempts BIGINT  NOT NULL DEFAULT 0,
    failures BIGINT  NOT NULL DEFAULT 0,
    problem  TEXT    NOT NULL DEFAULT '',
    fence    BIGINT  NOT NULL DEFAULT 0,
    lease    BIGINT,
    worker   TEXT    NOT NULL DEFAULT '',
    again    BIGINT,
    done     BIGINT,
    UNIQUE (kind, case_id, key),
    CHECK (done IS NULL OR lease IS NULL),
    CHECK (again IS NULL OR lease IS NOT NULL)
);
CREATE INDEX work_due ON work (kind, due) WHERE done IS NULL;
CREATE INDEX work_leased ON work (kind, lease) WHERE lease IS NOT NULL;
CREATE INDEX work_done ON work (done) WHERE done IS NOT NULL;

-- Cards in chats.
CREATE TABLE messages (
    case_id BIGINT  NOT NULL,
    chat    TEXT    NOT NULL,
    key     TEXT    NOT NULL,
    ref     TEXT    NOT NULL,
    hash    TEXT    NOT NULL,
    posted  BIGINT,
    PRIMARY KEY (case_id, chat, key)
);
CREATE INDEX messages_ref ON messages (chat, ref) WHERE ref <> '';

CREATE TABLE sources (
    name      TEXT PRIMARY KEY,
    cursor    BYTEA,
    polled    BIGINT,
    succeeded BIGINT,
    failures  BIGINT  NOT NULL,
    problem   TEXT    NOT NULL,
    announced BIGINT  NOT NULL
);

CREATE TABLE receipts (
    scope TEXT NOT NULL,
    id    TEXT NOT NULL,
    body  TEXT NOT NULL,
    at    BIGINT  NOT NULL,
    PRIMARY KEY (scope, id)
);

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- The console's messages.
CREATE TABLE notes (
    id      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    thread  BIGINT  NOT NULL,
    channel TEXT    NOT NULL,
    key     TEXT    NOT NULL UNIQUE,
    case_id BIGINT  NOT NULL,
    author  TEXT    NOT NULL,
    body    BYTEA,
    at      BIGINT  NOT NULL,
    edited  BIGINT 
);
CREATE INDEX notes_place ON notes (channel, thread, id);

-- Sign-ins to the console and invitations, by the hash of their secret.
CREATE TABLE sessions (
    token   TEXT PRIMARY KEY,
    person  TEXT    NOT NULL,
    invite  BIGINT  NOT NULL CHECK (invite IN (0, 1)),
    created BIGINT  NOT NULL,
    expires BIGINT  NOT NULL
);

-- One row for each group of writes: when the answer to a COMMIT is lost, this
-- tells whether it happened.
CREATE TABLE commits (
    id TEXT   PRIMARY KEY,
    at BIGINT NOT NULL
);
CREATE INDEX commits_at ON commits (at);
