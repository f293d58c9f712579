package stats

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/review"
)

// Step is one of the hands through which a case goes. The time in a step runs
// from the step before it that took place.
type Step string

// The steps, in their order, and the whole way from the arrival to the moment
// at which the platform took the answer: what the response clock measures.
const (
	Triaged  Step = "triaged"  // the first suggestion or verdict
	Facts    Step = "facts"    // the last fact before the first text
	Drafted  Step = "drafted"  // the first text
	Approved Step = "approved" // the quorum of approvals
	Live     Step = "live"     // read back from the platform
	Answer   Step = "answer"   // from the arrival to published
)

// Steps lists the steps in their order, the whole way last.
var Steps = []Step{Triaged, Facts, Drafted, Approved, Live, Answer}

// way walks through a case's entries. Every arrival of words to be answered
// begins a round: the review, the customer's edit, a reopening. In a round each
// step is counted once, when it first takes place.
func (t *tallying) way(entries []Moment) {
	var r round
	for _, e := range entries {
		if e.To == review.Published {
			switch e.Verb {
			case "accepted", "posted", "it_is_up":
				t.add(e.At, Replies, t.stars, 1)
				t.took(e.At, Answer, r.start, !r.start.IsZero() && !r.answered)
				r.answered = true
			}
		}
		switch verb := e.Verb; {
		case verb == "accept", verb == "open", verb == "revise", verb == "reopen", verb == "worked" && e.From == review.Closed && e.To == review.Open:
			r = round{}
			if e.To != review.Seeded {
				r = round{start: e.At, last: e.At, reached: -1}
			}
			continue
		case verb == "update": // of the team's own will: nobody waits
			r = round{}
			continue
		}
		if r.start.IsZero() {
			continue
		}
		t.step(&r, e)
	}
}

// round is how far an answer has come.
type round struct {
	start, last time.Time
	reached     int // index of the last step in Steps, -1 for none
	facts       time.Time
	answered    bool
}

func (t *tallying) step(r *round, e Moment) {
	step := -1
	switch {
	case e.Verb == "triage" || e.Verb == "verdict":
		step = 0
	case e.Verb == "fact":
		if r.reached < 1 {
			r.facts = e.At // counted once it is known to be the last one
		}
		return
	case e.Verb == "draft" || e.Verb == "edit":
		step = 2
	case e.To == review.Approved && e.Verb == "approve":
		step = 3
	case e.Verb == "seen":
		step = 4
	}
	if step <= r.reached {
		return
	}
	if step >= 2 && !r.facts.IsZero() && r.reached < 1 {
		t.took(r.facts, Facts, r.last, true)
		r.last = r.facts
	}
	t.took(e.At, Steps[step], r.last, true)
	r.last, r.reached = e.At, step
}

func (t *tallying) took(at time.Time, step Step, since time.Time, counts bool) {
	if counts {
		t.add(at, Took, string(step)+":"+strconv.Itoa(bucket(at.Sub(since))), 1)
	}
}

// Durations are kept in buckets a quarter of a doubling wide, from a second to
// some four years, so a median read from them is at most a tenth off.
const (
	perDoubling = 4
	lastBucket  = 1 + 27*perDoubling
)

// bucket is the bucket of a duration: 0 below a second.
func bucket(d time.Duration) int {
	s := d.Seconds()
	if s < 1 {
		return 0
	}
	return min(1+int(math.Floor(perDoubling*math.Log2(s))), lastBucket)
}

// bounds are the durations of a bucket, in seconds.
func bounds(b int) (from, to float64) {
	if b <= 0 {
		return 0, 1
	}
	return math.Exp2(float64(b-1) / perDoubling), math.Exp2(float64(b) / perDoubling)
}

// Times is how long something took, many times over.
type Times struct {
	buckets [lastBucket + 1]int64
	n       int64
}

// N is how many durations there are.
func (t *Times) N() int64 { return t.n }

func (t *Times) add(b int, n int64) {
	t.buckets[min(max(b, 0), lastBucket)] += n
	t.n += n
}

// Quantile is the duration that the share q of all does not exceed: 0.5 is the
// median. Within a bucket they are taken to be spread evenly. It is 0 when
// there are none.
func (t *Times) Quantile(q float64) time.Duration {
	if t.n <= 0 {
		return 0
	}
	rank := min(max(q*float64(t.n), 0.5), float64(t.n))
	below := 0.0
	for b, n := range t.buckets {
		if n <= 0 {
			continue
		}
		if below+float64(n) >= rank {
			from, to := bounds(b)
			part := (rank - below) / float64(n+1)
			if b == 0 {
				return seconds(part)
			}
			return seconds(from * math.Pow(to/from, part))
		}
		below += float64(n)
	}
	return 0
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// stepAndBucket reads a key of Took.
func stepAndBucket(key string) (Step, int, bool) {
	step, b, ok := strings.Cut(key, ":")
	n, err := strconv.Atoi(b)
	return Step(step), n, ok && err == nil
}
