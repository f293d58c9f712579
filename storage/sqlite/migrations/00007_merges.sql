-- The index of words is merged by the counting, a few pages at a time, and no
-- longer some hundred pages within a write that others wait for.

-- +goose Up

INSERT INTO words (words, rank) VALUES ('automerge', 0);
