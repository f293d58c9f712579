package torture

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/crash"
	"github.com/evenkeel/evenkeel/sources/simulator"
)

// size is how long a random run is.
type size struct {
	reviews, kills int
	seed           uint64 // 0 picks one
	long           bool   // it was asked for
}

// limit is how long a campaign of this size may take on a slow machine.
func (s size) limit() time.Duration {
	return 5*time.Minute + time.Duration(s.reviews)*3*time.Second + time.Duration(s.kills)*20*time.Second
}

// sized is what EVENKEEL_TORTURE asks for, divided by a number for what takes
// longer than a kill; usual without it.
func sized(t *testing.T, usual size, by int) size {
	t.Helper()
	s := askedFor(t)
	if !s.long {
		s.reviews, s.kills = usual.reviews, usual.kills
	} else {
		s.reviews, s.kills = max(s.reviews/by, usual.reviews), max(s.kills/by, usual.kills)
	}
	t.Logf("%d reviews, trouble %d times, seed %d", s.reviews, s.kills, s.seed)
	return s
}

// mix prepares n reviews: a third is delivered, some stand on the platform
// already, the others are written in time.
func (c *campaign) mix(n int) {
	c.t.Helper()
	for left := n / 3; left > 0; {
		some := min(left, 1+c.rng.IntN(4))
		c.deliver(some)
		left -= some
	}
	left := n - len(c.ratings)
	c.write(left/4, left-left/4)
}

// askedFor reads EVENKEEL_TORTURE, "reviews,kills,seed".
func askedFor(t *testing.T) size {
	t.Helper()
	s := size{reviews: 8, kills: 4}
	if v := os.Getenv("EVENKEEL_TORTURE"); v != "" {
		s.long = true
		if _, err := fmt.Sscanf(strings.ReplaceAll(v, ",", " "), "%d %d %d", &s.reviews, &s.kills, &s.seed); err != nil {
			t.Fatalf("EVENKEEL_TORTURE is reviews,kills,seed, such as 1000,100,0; %q is not: %v", v, err)
		}
	}
	if s.seed == 0 {
		s.seed = uint64(time.Now().UnixNano())
	}
	return s
}

// TestKilledAtRandom kills the program at random moments and points while
// reviews arrive in both ways, people press, and the platform has its moods.
func TestKilledAtRandom(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: the program was not killed at random")
	}
	s := askedFor(t)
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			t.Parallel()
			t.Logf("seed %d; again with EVENKEEL_TORTURE=%d,%d,%d", s.seed, s.reviews, s.kills, s.seed)
			built := raced
			if s.long { // a thousand reviews are enough to bear
				built = plain
			}
			c := newCampaign(t, built, db.make(t), s.seed)
			c.crowd(2 + s.reviews/100)
			c.mix(s.reviews)
			c.platform.SetFaults(moods(c.rng, c.platform.Now())...)
			plan := killing(c.rng, s.kills)
			for _, e := range plan { // reviews come as long as there are kills
				c.span += e.after / 2
			}
			c.run(s.limit(), plan)
			c.judge()
		})
	}
}

// killing plans lives that end by a kill at a random moment, or earlier at a
// random point if it is reached.
func killing(rng *rand.Rand, kills int) []ending {
	points := crash.Points()
	plan := make([]ending, kills)
	for i := range plan {
		plan[i].after = 300*time.Millisecond + upTo(rng, 3*time.Second)
		plan[i].ready = rng.IntN(3) > 0 // else it may die while it starts
		if rng.IntN(2) == 0 {
			plan[i].at = fmt.Sprintf("%s@%d", points[rng.IntN(len(points))], 1+rng.IntN(3))
			plan[i].after += 2 * time.Second // if it is not reached
		}
	}
	return plan
}

// moods are faults that a platform has: it is down for a while, it asks to
// wait, and it loses answers to what it did.
func moods(rng *rand.Rand, now time.Time) []simulator.Fault {
	return []simulator.Fault{
		{Kind: simulator.Fail, Until: now.Add(upTo(rng, 4*time.Second))},
		{Kind: simulator.RateLimit, Ops: []string{simulator.OpList, simulator.OpRead}, Every: 3 + rng.IntN(6), RetryAfter: "1"},
		{Kind: simulator.Lose, Ops: []string{simulator.OpReply}, Every: 2 + rng.IntN(4)},
		{Kind: simulator.Stumble, Ops: []string{simulator.OpReply}, Every: 3 + rng.IntN(5)},
		{Kind: simulator.Cut, Ops: []string{simulator.OpReply}, Every: 4 + rng.IntN(4)},
	}
}

// upTo is a length of time below d.
func upTo(rng *rand.Rand, d time.Duration) time.Duration {
	return time.Duration(rng.Int64N(int64(d)))
}
