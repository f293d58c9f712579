package torture

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot/discordbot/discordtest"
	"github.com/evenkeel/evenkeel/storage/postgres/pgtest"
)

// newReplicas sets up a campaign on three processes that share a PostgreSQL
// and a Discord, behind one address that leads to whichever of them lives.
func newReplicas(t *testing.T, seed uint64) (*campaign, *guild) {
	t.Helper()
	return newReplicasOf(t, plain, seed)
}

func newReplicasOf(t *testing.T, built func() (string, error), seed uint64) (*campaign, *guild) {
	t.Helper()
	front := newWire(t)
	g, env := newGuild(t, discordtest.Config{Limit: -1, Global: -1, Seed: seed}, nil)
	c := newCampaignWith(t, built, seed, setup{
		database: pgtest.Start(t), rules: guildRules, front: front,
		env: append(env, "EVENKEEL_URL=http://"+front.address),
	})
	c.guild = g
	for range 2 {
		p := c.program.replica()
		front.lead(p.address)
		c.others, c.plans = append(c.others, p), append(c.plans, nil)
	}
	return c, g
}

// TestReplicasAreKilled kills any of three replicas at any time while reviews
// come, people press in the console and in Discord: work, the connection to
// Discord and both ways of pressing go on, and nothing happens twice.
func TestReplicasAreKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: no replica was killed")
	}
	t.Parallel()
	s := sized(t, size{reviews: 12, kills: 6}, 5)
	c, g := newReplicas(t, s.seed)
	c.mix(s.reviews)
	c.platform.SetFaults(moods(c.rng, c.platform.Now())...)
	plan := spaced(c.rng, s.kills-2*(s.kills/3))
	for n := range c.plans {
		c.plans[n] = spaced(c.rng, s.kills/3)
	}
	for _, e := range plan {
		c.span += e.after / 2
	}
	c.weather = func(ctx context.Context) {
		pressing, stop := context.WithCancel(ctx)
		go g.approve(pressing)
		context.AfterFunc(ctx, stop)
	}
	c.run(s.limit(), plan)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := g.hears(ctx); err != nil {
		t.Errorf("Discord is not listened to any more: %v", err)
	}
	c.judge()
	t.Logf("%d presses were answered in Discord, %d met nobody, over %d sessions of its gateway", g.presses.Load(), len(g.Problems()), g.Identified())
	// A few reviews may all be approved in the console while Discord moves from
	// one dead replica to the next; that it is answered was seen above.
	if g.presses.Load() == 0 && askedFor(t).long {
		t.Error("no press in Discord was answered")
	}
}

// spaced plans lives of a replica: far enough apart that leases of the dead
// end now and then, near enough that sometimes two of three are away.
func spaced(rng *rand.Rand, kills int) []ending {
	plan := killing(rng, kills)
	for i := range plan {
		plan[i].after += upTo(rng, 8*time.Second)
	}
	return plan
}

// TestTheGatewayIsTakenOver kills the replica that listens to Discord, and
// only that one, and lets it be: another one listens before long.
func TestTheGatewayIsTakenOver(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: no gateway was taken over")
	}
	t.Parallel()
	c, g := newReplicas(t, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	all := append(c.others, c.program)
	for _, p := range all {
		l, err := p.start("")
		if err == nil {
			err = p.ready(ctx, l)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	rounds := 1
	if askedFor(t).long {
		rounds = len(all) - 1
	}
	for round := range rounds {
		if err := g.hears(ctx); err != nil {
			t.Fatalf("round %d: nobody listens: %v", round, err)
		}
		holder := listening(t, all)
		if holder == nil {
			t.Fatalf("round %d: Discord is answered, and no replica says that it has the turn", round)
		}
		before := g.Identified()
		holder.kill()
		began := time.Now()
		if err := g.hears(ctx); err != nil {
			t.Fatalf("round %d: after a kill nobody listens: %v", round, err)
		}
		t.Logf("round %d: Discord was answered again %s after the kill", round, time.Since(began).Round(time.Millisecond))
		if g.Identified() == before {
			t.Errorf("round %d: no new session began, so nothing was taken over", round)
		}
		if n := g.Sessions(); n != 1 {
			t.Errorf("round %d: %d sessions listen at once", round, n)
		}
	}
}

// listening is the living replica that took the turn last.
func listening(t *testing.T, all []*program) *program {
	t.Helper()
	var found *program
	var newest []byte
	for _, p := range all {
		b, err := os.ReadFile(p.log.Name())
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(b) {
			// Lines begin with their time.
			if bytes.Contains(line, []byte("has the turn")) && bytes.Contains(line, []byte("discord")) && bytes.Compare(line, newest) > 0 {
				found, newest = p, bytes.Clone(line)
			}
		}
	}
	return found
}
