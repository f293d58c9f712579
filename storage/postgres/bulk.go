package postgres

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

const knownReviews = `SELECT c.source, c.account, c.location, c.ext_id
	FROM unnest(?::text[], ?::text[], ?::text[], ?::text[]) AS k (source, account, location, ext_id)
	JOIN cases c USING (source, account, location, ext_id)`

// copyRows writes rows with COPY, which takes half the time of an INSERT.
func copyRows(ctx context.Context, conn *sql.Conn, table string, columns []string, rows [][]any) error {
	return conn.Raw(func(driver any) error {
		c, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("the driver is a %T, not pgx's", driver)
		}
		_, err := c.Conn().CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromRows(rows))
		return err
	})
}
