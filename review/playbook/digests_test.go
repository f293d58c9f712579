package playbook

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestDigests(t *testing.T) {
	for name, c := range map[string]struct {
		yaml   string
		daily  time.Duration // -1 for never
		week   time.Weekday
		weekly time.Duration
		routes []Route
	}{
		"defaults": {"", 9 * time.Hour, time.Monday, 9 * time.Hour, []Route{{Chat: Console}, {Chat: Slack}}},
		"never":    {"digests: {daily: never, weekly: never}", -1, 0, -1, []Route{{Chat: Console}, {Chat: Slack}}},
		"named": {`
channels:
  - {name: team, chat: slack, id: C1}
  - {name: praise, chat: console, id: praise}
digests: {daily: "07:30", weekly: fri 16:00, channels: [team]}
`, 7*time.Hour + 30*time.Minute, time.Friday, 16 * time.Hour, []Route{{Chat: Slack, Channel: "C1"}}},
		"by chat": {`
sources: {shop: {kind: manual}}
channels:
  - {chat: slack, id: C2, sources: [shop]}
  - {chat: slack, id: C3}
  - {chat: discord, id: "12", sources: [shop]}
console: false
`, 9 * time.Hour, time.Monday, 9 * time.Hour, []Route{{Chat: Console}, {Chat: Slack, Channel: "C3"}}},
	} {
		p, err := Parse("playbook.yaml", []byte(c.yaml))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if at, ok := p.DailyDigest(); ok != (c.daily >= 0) || ok && at != c.daily {
			t.Errorf("%s: daily at %v, %v", name, at, ok)
		}
		if day, at, ok := p.WeeklyDigest(); ok != (c.weekly >= 0) || ok && (at != c.weekly || day != c.week) {
			t.Errorf("%s: weekly on %v at %v, %v", name, day, at, ok)
		}
		if got := p.DigestRoutes([]string{Console, Slack}); !slices.Equal(got, c.routes) {
			t.Errorf("%s: they stand at %v", name, got)
		}
	}
	for _, bad := range []string{`digests: {daily: "25:00"}`, `digests: {daily: "24:00"}`, `digests: {weekly: "09:00"}`, `digests: {weekly: someday 09:00}`, `digests: {channels: [nowhere]}`, `digests: {hourly: never}`} {
		if _, err := Parse("playbook.yaml", []byte(bad)); err == nil || !strings.Contains(err.Error(), "playbook.yaml:1:") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
