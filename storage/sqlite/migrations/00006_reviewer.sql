-- Whom a reply answers, unreadable by itself: the public rounds with one
-- reviewer are counted over all of that person's reviews. Replies from before
-- are not counted.

-- +goose Up

ALTER TABLE replies ADD COLUMN reviewer TEXT NOT NULL DEFAULT '';
CREATE INDEX replies_reviewer ON replies (reviewer) WHERE reviewer <> '';
