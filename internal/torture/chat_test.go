package torture

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot/slackbot/slacktest"
	"github.com/evenkeel/evenkeel/internal/torture/checker"
)

// newSlack opens the workspace in which cards are posted. The console shows a
// case to whoever looks; a post is what can be lost and doubled.
func newSlack(t *testing.T) *slacktest.Server {
	t.Helper()
	s := slacktest.Start(slacktest.Options{HTTP: "http://127.0.0.1:1", Burst: 1 << 20}) // nobody presses there
	t.Cleanup(s.Close)
	return s
}

func slackEnv(s *slacktest.Server) []string {
	return []string{
		"EVENKEEL_SLACK_MODE=http", "EVENKEEL_SLACK_API_URL=" + s.API, "EVENKEEL_SLACK_BOT_TOKEN=" + slacktest.BotToken,
		"EVENKEEL_SLACK_SIGNING_SECRET=" + slacktest.SigningSecret, "EVENKEEL_SLACK_CHANNEL=" + slacktest.Channel, "EVENKEEL_SLACK_PACE=off",
	}
}

// places counts the cards that stand in Slack, by what they say they are.
func (c *campaign) places() map[string]int {
	out := map[string]int{}
	for _, m := range c.slack.Messages(slacktest.Channel) {
		payload, _ := m.Metadata["event_payload"].(map[string]any)
		place, _ := payload["place"].(string)
		out[place]++
	}
	return out
}

// open opens the database for reading, beside the program or after it.
func (c *campaign) open() (*sql.DB, error) {
	driver, address := "pgx", c.program.database
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		driver, address = "sqlite", "file:"+path+"?mode=ro"
	}
	return sql.Open(driver, address)
}

// count asks the database for a number.
func (c *campaign) count(ctx context.Context, query string) (n int, err error) {
	db, err := c.open()
	if err != nil {
		return 0, err
	}
	defer db.Close()
	return n, db.QueryRowContext(ctx, query).Scan(&n)
}

// reaches waits until a count is n.
func (c *campaign) reaches(ctx context.Context, n int, query string) error {
	for {
		if got, err := c.count(ctx, query); err == nil && got >= n {
			return nil
		}
		if err := rest(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
}

// unsettled is what the desk has still to do by itself when people have done
// their part: a point at which it dies may lie in it.
func (c *campaign) unsettled(ctx context.Context) ([]string, error) {
	n, err := c.count(ctx, "SELECT COUNT(*) FROM work WHERE done IS NULL AND (kind LIKE 'cards:%' OR kind LIKE 'digest:%' OR kind IN ('triage', 'report'))")
	if err != nil {
		return nil, err
	}
	var waiting []string
	if n > 0 {
		waiting = append(waiting, fmt.Sprintf("%d rows of work", n))
	}
	if c.digest && c.digests() == 0 {
		waiting = append(waiting, "the digest")
	}
	if n, err = c.count(ctx, "SELECT COUNT(*) FROM events WHERE verb = 'report_answer'"); err != nil || n < c.unfair {
		waiting = append(waiting, fmt.Sprintf("%d of %d reports are over", n, c.unfair))
	}
	return waiting, nil
}

// rewrite lets customers change their words once all reviews have a case.
func (c *campaign) rewrite(ctx context.Context) {
	if c.edits == 0 || c.reaches(ctx, len(c.ratings), "SELECT COUNT(*) FROM events WHERE verb = 'accept'") != nil {
		return
	}
	for _, r := range c.platform.State().Reviews[:c.edits] {
		body := r.Body + " And on Tuesday it happened again."
		if _, err := c.platform.Edit(r.ID, nil, nil, &body); err != nil {
			c.t.Error(err)
		}
	}
}

// allRead waits, where customers change their words, until all of them were
// read: people would outrun a reading that died.
func (c *campaign) allRead(ctx context.Context) error {
	if c.edits == 0 {
		return nil
	}
	return c.reaches(ctx, len(c.ratings)+c.edits, "SELECT COUNT(*) FROM events WHERE verb = 'triage'")
}

// readings is how often each review has to be read, where nobody outran it.
func (c *campaign) readings() map[checker.Review]int {
	if c.edits == 0 {
		return nil
	}
	out := map[checker.Review]int{}
	for r := range c.ratings {
		out[r] = 1
	}
	for _, r := range c.platform.State().Reviews[:c.edits] {
		out[checker.Review{Source: storefront, ID: r.ID}] = 2
	}
	return out
}

// daily lets the team's digest come soon, by the wall clock.
func (c *campaign) daily() {
	c.t.Helper()
	const soon = 25 * time.Second // the program has to be there by then
	at := time.Now().UTC().Add(soon).Truncate(time.Minute).Add(time.Minute)
	c.digest = true
	if err := c.program.reword("daily: never", fmt.Sprintf("daily: %q", at.Format("15:04"))); err != nil {
		c.t.Fatal(err)
	}
}

// digests counts those that stand in Slack.
func (c *campaign) digests() (n int) {
	for place, times := range c.places() {
		if strings.Contains(place, "-digest-") {
			n += times
		}
	}
	return n
}

// report lets a person report reviews to the platform, one after the other:
// typed, and typed again until it was answered.
func (c *campaign) report(ctx context.Context, who *person) {
	for n := range c.unfair {
		// The one before is over: each life may die of another.
		if c.reaches(ctx, n, "SELECT COUNT(*) FROM events WHERE verb = 'report_answer'") != nil ||
			c.reaches(ctx, n+1, "SELECT COUNT(*) FROM cases WHERE source = 'storefront'") != nil {
			return
		}
		id, err := c.count(ctx, fmt.Sprintf("SELECT id FROM cases WHERE source = 'storefront' ORDER BY id LIMIT 1 OFFSET %d", n))
		if err != nil {
			c.t.Error(err)
			return
		}
		if err := who.types(ctx, int64(id), fmt.Sprintf("report %d spam the", id)); err != nil && ctx.Err() == nil {
			c.t.Errorf("the report of case #%d: %v", id, err)
		}
	}
}
