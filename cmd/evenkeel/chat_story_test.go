package main

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/cmd/evenkeel/internal/story"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources/simulator"
	"github.com/evenkeel/evenkeel/storage/open"
)

// The story of `demo --script` through a chat: the same scenes, played by
// people who press what stands in the chat's fake, while the fake does all that
// a chat can do to us.

// theatre is a desk for the story whose only chat is a test's own.
type theatre struct {
	desk     *bot.Desk
	platform *simulator.Platform
	stage    story.Stage
}

// newTheatre builds it. ids are the people's ids in the chat, by their names in
// the story ("ana": "slack:U0ANA0000").
func newTheatre(t *testing.T, ids map[string]string) *theatre {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	clock := story.NewClock(time.Now().UTC().Truncate(time.Second))
	w, err := newWorld(ctx, clock.Now)
	must(err)
	t.Cleanup(w.close)
	log := slog.New(slog.DiscardHandler)
	store, err := open.Database(ctx, "sqlite:"+filepath.Join(t.TempDir(), "story.db"), open.Options{Now: clock.Now, Logger: log})
	must(err)
	t.Cleanup(func() { _ = store.Close() })
	rules, err := playbook.Parse("story.yaml", []byte(storyRules(w.url, ids)))
	must(err)
	from, err := makeSources(kit{env: func(string) (string, bool) { return "", false }, now: clock.Now, log: log, intake: &reception{}}, rules)
	must(err)
	writers := offline()
	desk, err := bot.New(bot.Config{Store: store, Playbook: rules, Sources: from, Drafter: writers.drafter, Triager: writers.triager,
		Now: clock.Now, Logger: log, Worker: "story"})
	must(err)
	return &theatre{desk: desk, platform: w.platform, stage: story.Stage{
		Desk: desk, Store: store, Platform: w.platform, Clock: clock, Source: demoSource, Out: testOutput{t},
	}}
}

// storyRules are the demo's rules with people in the chat, and with waits that
// leave a chat in trouble the time to show its buttons.
func storyRules(platform string, ids map[string]string) string {
	s := strings.NewReplacer("PLATFORM", platform, "cool_off: 15s", "cool_off: 2m", "cool_off: 10s", "cool_off: 30s").Replace(demoRules)
	var people, roles strings.Builder
	for _, p := range story.People() {
		name := strings.ToLower(p.Name)
		people.WriteString("  " + name + ": [" + string(p.ID) + ", \"" + ids[name] + "\"]\n")
		roles.WriteString("  " + p.Role.String() + ": [" + name + "]\n")
	}
	return s + "\npeople:\n" + people.String() + "roles:\n" + roles.String()
}

// play plays the story to its end.
func (th *theatre) play(t *testing.T, hands story.Hands) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	th.stage.Hands = hands
	if err := story.Play(ctx, th.stage); err != nil {
		t.Fatal(err)
	}
}

// settle lets a chat in trouble finish what it was doing when the story ended.
func (th *theatre) settle(t *testing.T) {
	t.Helper()
	for range 600 {
		th.stage.Clock.Advance(time.Second)
		if _, err := th.desk.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// repliesOnce looks at the platform: no words were sent twice to a review.
func (th *theatre) repliesOnce(t *testing.T) {
	t.Helper()
	sent := map[[2]string]int{}
	for _, call := range th.platform.State().Calls {
		if call.Op == simulator.OpReply && call.Effect != "" {
			sent[[2]string{call.Review, call.Text}]++
		}
	}
	for reply, n := range sent {
		if n != 1 {
			t.Errorf("%d replies under %s from one approval: %s", n, reply[0], reply[1])
		}
	}
}

// storySeed decides over all the trouble of a run; it is printed, and one that
// went wrong can be given again.
func storySeed(t *testing.T) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	if s := os.Getenv("EVENKEEL_STORY_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatalf("EVENKEEL_STORY_SEED: %v", err)
		}
		seed = n
	}
	t.Logf("to play this run's trouble again: EVENKEEL_STORY_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// testOutput writes the trace of the story into a test's log.
type testOutput struct{ t *testing.T }

func (o testOutput) Write(p []byte) (int, error) {
	o.t.Log(strings.TrimRight(string(p), "\n"))
	return len(p), nil
}
