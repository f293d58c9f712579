package torture

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/crash"
	"github.com/evenkeel/evenkeel/sources/simulator"
)

// sideBySide is how many programs run at once on each database. They mostly
// wait for people, for back-off and for the next look.
var sideBySide = map[string]int{"sqlite": 2, "postgres": 8}

// plans are the points that are not simply reached twice: by what comes
// before them, or by how often they are passed.
var plans = map[string][]ending{
	// Only a program that died in the middle of a publish looks.
	"publish.looked":    {{at: "publish.called"}, {at: "publish.looked"}, {at: "publish.looked"}},
	"publish.recovered": {{at: "publish.called"}, {at: "publish.recovered"}, {at: "publish.recovered"}},
	// Every write passes these: some at the start, some in the thick of it.
	"storage.commit.before": {{at: "storage.commit.before@2"}, {at: "storage.commit.before@9"}, {at: "storage.commit.before@25"}, {at: "storage.commit.before@60"}},
	"storage.commit.after":  {{at: "storage.commit.after@2"}, {at: "storage.commit.after@9"}, {at: "storage.commit.after@25"}, {at: "storage.commit.after@60"}},
	"work.claimed":          {{at: "work.claimed"}, {at: "work.claimed@4"}, {at: "work.claimed@9"}},
	"cards.posted":          {{at: "cards.posted"}, {at: "cards.posted@3"}},
	"cards.updated":         {{at: "cards.updated"}, {at: "cards.updated@4"}},
}

// planFor kills twice at a point, in two lives.
func planFor(point string) []ending {
	if p, ok := plans[point]; ok {
		return p
	}
	return []ending{{at: point}, {at: point}}
}

// TestKilledAtEveryPoint kills the program at each named point, on both
// databases, and starts it again: nothing is lost and nothing happens twice.
func TestKilledAtEveryPoint(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: the program was not killed at its named points")
	}
	if _, err := plain(); err != nil {
		t.Fatal(err)
	}
	var lanes sync.WaitGroup
	defer lanes.Wait()
	for _, db := range databases {
		points := make(chan string)
		for range sideBySide[db.name] {
			lanes.Go(func() {
				for point := range points {
					t.Run(db.name+"/"+point, func(t *testing.T) {
						newHasty(t, db).killAt(point)
					})
				}
			})
		}
		lanes.Go(func() {
			defer close(points)
			for _, point := range crash.Points() {
				points <- point
			}
		})
	}
}

// newHasty is a campaign in which nobody waits for the leases of the dead on
// PostgreSQL: when a life has ended, the clocks of the program and of the world
// around it are set on by a lease. That leases run out by themselves is seen
// where programs are killed at random, and where replicas are.
func newHasty(t *testing.T, db database) *campaign {
	t.Helper()
	if db.name == "sqlite" {
		return newCampaign(t, plain, db.make(t), 1) // the next life takes them back at once
	}
	const lease = 16 * time.Second // and a second for the clock's rounding
	w := &wrongClock{file: filepath.Join(t.TempDir(), "clock")}
	c := newCampaignWith(t, plain, 1, setup{database: db.make(t), now: w.now, env: []string{"EVENKEEL_CLOCK=" + w.file}})
	c.sender.now = w.now
	c.buried = func() error { return w.set(w.off + lease) }
	return c
}

// killAt runs a few reviews through a program that dies at a point.
func (c *campaign) killAt(point string) {
	c.t.Helper()
	if strings.HasPrefix(point, "intake.") {
		c.write(0, 3) // deliveries come first, or the poll would always be the one that dies
	} else {
		c.write(3, 0)
	}
	c.deliver(2)
	c.deliver(1)
	switch area, _, _ := strings.Cut(point, "."); area {
	case "triage":
		c.edits = 2 // what arrives is read as it is stored; what is edited is read by a worker
	case "report":
		c.unfair = 2 // a report that was under way is not sent again, so each life has its own
	case "digest":
		c.daily()
	}
	c.run(4*time.Minute, planFor(point))
	c.judge()
	if n := c.program.crashes()[point]; n == 0 {
		c.t.Errorf("%s was never reached, so nothing was shown", point)
	}
	if n := c.digests(); c.digest && n != 1 {
		c.t.Errorf("%d digests stand for one day", n)
	}
}

// TestLostAnswers lets the platform act and cut the line, or say 500, before
// the program dies in the doubt that follows.
func TestLostAnswers(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: lost answers were not tried")
	}
	// What an answer means does not depend on the database, so one of them is
	// enough for each kind; the first goes through both.
	kinds := map[string][]simulator.Kind{
		"sqlite":   {simulator.Lose, simulator.Stumble, simulator.Garble},
		"postgres": {simulator.Lose},
	}
	for _, db := range databases {
		for _, kind := range kinds[db.name] {
			t.Run(fmt.Sprintf("%s/%s", db.name, kind), func(t *testing.T) {
				t.Parallel()
				c := newCampaign(t, plain, db.make(t), 1)
				c.platform.SetFaults(simulator.Fault{Kind: kind, Ops: []string{simulator.OpReply}, Times: 2})
				c.killAt("publish.called")
			})
		}
	}
}

// TestPointsHavePlans keeps the table of plans free of points that are gone.
func TestPointsHavePlans(t *testing.T) {
	known := " " + strings.Join(crash.Points(), " ") + " "
	for point, plan := range plans {
		for _, p := range append(plan, ending{at: point}) {
			name, _, _ := strings.Cut(p.at, "@")
			if !strings.Contains(known, " "+name+" ") {
				t.Errorf("the plan for %s speaks of %s, which is no crash point", point, name)
			}
		}
	}
}
