package stats

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/review"
)

// What is a kind of thing that is counted.
type What string

// What is counted, with the key under which each is.
const (
	Reviews  What = "review"   // by stars "1" … "5", "0" for no mark; removed ones are left out
	Moods    What = "mood"     // "good", "bad", "mixed"
	Marks    What = "marks"    // thousandths of stars, for the mean
	Answered What = "answered" // reviews that have an answer, by stars
	Replies  What = "reply"    // published, by stars
	Turns    What = "turn"     // by review.TurnKind
	Took     What = "took"     // by step and bucket, "approved:31"
	Causes   What = "cause"    // by cause
	Promises What = "promise"  // "made", "kept", "late", "dropped"
	Reports  What = "report"   // by state and ground, "upheld:spam"
	Tokens   What = "tokens"   // of language models
	Cost     What = "cost"     // in millionths of the currency of the models' prices
)

// Count names one number of one day.
type Count struct {
	Day  Day
	What What
	Key  string
}

// Tally is all that one case adds to the numbers.
type Tally struct {
	Source, Subject string
	Counts          map[Count]int64
}

// Moment is what the numbers need of an audit entry.
type Moment struct {
	At       time.Time
	Verb     review.Verb
	From, To review.Status
}

// longest is how many characters of a name are kept: of a subject, a cause.
const longest = 120

// SubjectOf is the name under which a review's subject is counted, "" when it
// has none: its own name, else its number, else the location of its account.
func SubjectOf(r review.Review) string {
	for _, s := range []string{r.Subject.Name, r.Subject.ID, r.Key.Location} {
		if s = Name(s); s != "" {
			return s
		}
	}
	return ""
}

// Name is a name as it stands in sums: valid, one line, bounded.
func Name(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > longest {
		s = string(r[:longest])
	}
	return s
}

// Of is what a case adds, given its audit entries in their order.
func Of(c review.Case, way []Moment, zone *time.Location) Tally {
	t := tallying{
		Tally: Tally{Source: Name(c.Review.Key.Source), Subject: SubjectOf(c.Review), Counts: make(map[Count]int64)},
		zone:  zone, c: &c, stars: stars(c.Review.Rating),
	}
	t.came = first(c.Review.Created, earlier(c.Review.Seen, c.Opened), c.Changed)
	t.rating()
	t.aftermath()
	t.way(way)
	return t.Tally
}

type tallying struct {
	Tally
	zone  *time.Location
	c     *review.Case
	came  time.Time // the review
	stars string
}

func first(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// earlier is the first of two times: when words of unknown date reached us,
// whatever their author did to them since.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func (t *tallying) add(at time.Time, what What, key string, n int64) {
	if n != 0 {
		t.Counts[Count{DayOf(at, t.zone), what, key}] += n
	}
}

// stars is the mark in whole stars, "0" for none.
func stars(r review.Rating) string {
	v, ok := r.Fifths()
	if !ok {
		return "0"
	}
	return strconv.Itoa(int(min(max(math.Floor(v+0.5), 1), 5)))
}

func (t *tallying) rating() {
	c := t.c
	if !c.Removed.IsZero() {
		return
	}
	t.add(t.came, Reviews, t.stars, 1)
	if v, ok := c.Review.Rating.Fifths(); ok {
		t.add(t.came, Marks, "", int64(math.Round(v*1000)))
		mood := "mixed"
		switch {
		case c.Review.Rating.Positive():
			mood = "good"
		case c.Review.Rating.Critical():
			mood = "bad"
		}
		t.add(t.came, Moods, mood, 1)
	}
	if answered(c) {
		t.add(t.came, Answered, t.stars, 1)
	}
}

// answered tells a review below which readers find an answer: ours, or one
// that it came with.
func answered(c *review.Case) bool {
	if r := c.Reply; r != nil && !r.Answered.IsZero() && r.Problem == "" {
		return true
	}
	if c.Rounds > 0 && c.Status != review.Rejected {
		return true // another reply is on its way, the last one stands
	}
	r := c.Review.Reply
	return r != nil && r.State != review.ReplyRefused
}

// aftermath counts what came of the case.
func (t *tallying) aftermath() {
	c := t.c
	for _, turn := range c.Turns {
		t.add(turn.At, Turns, string(turn.Kind), 1)
	}
	if c.Cause != "" {
		t.add(t.came, Causes, Name(c.Cause), 1)
	}
	for _, p := range c.Promises {
		since := first(p.Since, t.came)
		t.add(since, Promises, "made", 1)
		switch {
		case p.Dropped != "":
			t.add(since, Promises, "dropped", 1)
		case p.Kept.IsZero():
		case p.Due.IsZero() || !p.Kept.After(p.Due):
			t.add(since, Promises, "kept", 1)
		default:
			t.add(since, Promises, "late", 1)
		}
	}
	for _, r := range c.Reports {
		t.add(first(r.At, t.came), Reports, string(r.State)+":"+Name(r.Ground), 1)
	}
	t.add(t.came, Tokens, "", int64(c.Tokens))
	t.add(t.came, Cost, "", int64(math.Round(c.Cost*1e6)))
}
