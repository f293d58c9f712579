-- Until when a source is left alone: its platform asked to wait, or takes no
-- more calls than so many. A restart must not forget it.

-- +goose Up

ALTER TABLE sources ADD COLUMN waits INTEGER;
