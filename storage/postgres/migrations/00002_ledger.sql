-- What language models took on each day, so that all replicas share one
-- budget. cost is in millionths of the currency of the models' prices.

-- +goose Up

CREATE TABLE ledger (
    day    TEXT    PRIMARY KEY CHECK (day <> ''),
    tokens BIGINT  NOT NULL CHECK (tokens >= 0),
    cost   BIGINT  NOT NULL CHECK (cost >= 0)
);
