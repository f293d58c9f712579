package torture

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// tomorrow is what a later release's migration may do to a table, and no more:
// a column that has a default or needs none, an index.
func tomorrow(table string) []string {
	return []string{
		"ALTER TABLE " + table + " ADD COLUMN tomorrow TEXT NOT NULL DEFAULT 'x'",
		"ALTER TABLE " + table + " ADD COLUMN maybe INTEGER",
		"CREATE INDEX tomorrow_" + table + " ON " + table + " (tomorrow)",
	}
}

// upgraded moves the schema of a database on, as a later release does.
func upgraded(ctx context.Context, p *program) error {
	driver, address, tables := "pgx", p.database, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'goose_db_version'"
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		driver, address = "sqlite", "file:"+path
		// Not the tables of the search index, which are no tables of ours.
		tables = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'goose_db_version'"
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		return err
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, tables)
	if err != nil {
		return err
	}
	defer rows.Close()
	do := []string{"CREATE TABLE tomorrow (id BIGINT PRIMARY KEY)", "INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, " + map[string]string{"pgx": "TRUE", "sqlite": "1"}[driver] + ")"}
	for rows.Next() {
		var table string
		if err := rows.Scan(&table); err != nil {
			return err
		}
		do = append(do, tomorrow(table)...)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	_ = rows.Close()
	for _, query := range do {
		if _, err := db.ExecContext(ctx, query); err != nil {
			return fmt.Errorf("%s: %w", query, err)
		}
	}
	return nil
}

// TestANewerSchema lets the program work on a database that a later release
// has moved on, under its feet where several may use it, and start on it again
// after a kill: that is what an upgrade of one replica after the other needs,
// and going back by one release.
func TestANewerSchema(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: no newer schema was tried")
	}
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			t.Parallel()
			c := newCampaign(t, plain, db.make(t), 1)
			c.deliver(2)
			c.write(2, 3)
			move := func(ctx context.Context) {
				if err := upgraded(ctx, c.program); err != nil {
					t.Errorf("moving the schema on: %v", err)
				}
			}
			if db.name == "sqlite" {
				move(t.Context())
			} else {
				c.weather = func(ctx context.Context) {
					if rest(ctx, time.Second) == nil {
						move(ctx)
					}
				}
			}
			c.run(4*time.Minute, []ending{{after: 3 * time.Second, ready: true}, {after: time.Second, ready: true, gentle: true}})
			c.judge()
		})
	}
}

// TestOldAndNewSideBySide upgrades three replicas one after the other while
// reviews come and any of them is killed. EVENKEEL_TORTURE_OLD names the
// program of the release before, built with the tag crashpoints.
func TestOldAndNewSideBySide(t *testing.T) {
	old := os.Getenv("EVENKEEL_TORTURE_OLD")
	if testing.Short() || old == "" {
		t.Skip("EVENKEEL_TORTURE_OLD names no program of an earlier release: old and new were not run side by side")
	}
	t.Parallel()
	s := sized(t, size{reviews: 18, kills: 6}, 10)
	// The campaign begins with the old program, which makes the schema.
	c, _ := newReplicasOf(t, func() (string, error) { return old, nil }, s.seed)
	now, err := plain()
	if err != nil {
		t.Fatal(err)
	}
	c.others[0].path = now // it migrates, while the other two serve
	c.mix(s.reviews)
	plan := spaced(c.rng, s.kills-2*(s.kills/3))
	for n := range c.plans {
		c.plans[n] = spaced(c.rng, s.kills/3)
	}
	for _, e := range plan {
		c.span += e.after
	}
	c.run(s.limit(), plan)
	c.program.path = now // whose commands judge
	c.judge()
}
