-- What people still have to do on a case besides answering it, and what lies
-- behind its review: both are searched for. Cases of before are counted when
-- they next change; until then those with promises count as having one.

-- +goose Up

ALTER TABLE cases ADD COLUMN tasks BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cases ADD COLUMN cause TEXT NOT NULL DEFAULT '';
UPDATE cases SET tasks = 1 WHERE doc LIKE '%"promises":%';
CREATE INDEX cases_tasks ON cases (id) WHERE tasks > 0;
CREATE INDEX cases_cause ON cases (cause, id) WHERE cause <> '';
