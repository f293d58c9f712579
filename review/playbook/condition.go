package playbook

import (
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/review"
)

// condition is the `when` of a rule: for each trait of a case the values that
// fit, as a set of bits. It is what makes rules comparable: one condition
// covers another when each of its sets does.
type condition struct {
	Stars     mask
	Heat      mask
	Class     mask
	Verdict   mask
	Light     mask
	Spreading mask
	Sources   []string // empty for any, sorted
	Locations []string // empty for any, sorted
	Subjects  []string `json:",omitempty"` // ids or names of products, apps, …; empty for any, sorted
}

type mask uint16

func (m mask) has(i int) bool { return m&(1<<i) != 0 }

// The values of each trait; the place of a word is its bit.
var (
	starWords    = []string{"none", "1", "2", "3", "4", "5"}
	heatWords    = []string{review.Calm.String(), review.Upset.String(), review.Heated.String()}
	classWords   = []string{"ordinary", "health", "safety", "legal", "minors", "staff_named", "press"}
	verdictWords = []string{"undecided", "reply", "thank", "private", "report", "silent", "hold", "none"}
	flagWords    = []string{"false", "true"}
)

// all is the set of every value.
func all(words []string) mask { return 1<<len(words) - 1 }

// anyCase is the condition that every case meets.
func anyCase() condition {
	return condition{Stars: all(starWords), Heat: all(heatWords), Class: all(classWords),
		Verdict: all(verdictWords), Light: all(flagWords), Spreading: all(flagWords)}
}

// traits is a case as conditions see it: one bit in each set.
type traits struct {
	stars, heat, class, verdict, light, spreading int
	source, location                              string
	subject, named                                string // id and name of what was reviewed
}

// traitsOf reads the traits of a case. Stars are on the scale of five, rounded
// down, so that a 3.5 is met by the rules for 3: the careful side. Values that
// this program does not know count as the sharpest known.
func traitsOf(c review.Case) traits {
	t := traits{source: c.Review.Key.Source, location: c.Review.Key.Location, subject: c.Review.Subject.ID, named: c.Review.Subject.Name}
	if stars, ok := c.Review.Rating.Fifths(); ok {
		t.stars = min(max(int(stars), 1), 5)
	}
	t.heat = min(max(int(c.Heat), 0), len(heatWords)-1)
	if c.Class != review.Ordinary {
		t.class = max(slices.Index(classWords, string(c.Class)), 1)
	}
	if c.Verdict != review.Undecided {
		t.verdict = max(slices.Index(verdictWords, string(c.Verdict)), 1)
	}
	if c.Draft != nil && c.Draft.Variant == Light {
		t.light = 1
	}
	if c.Spreading {
		t.spreading = 1
	}
	return t
}

func (c condition) meets(t traits) bool {
	return c.Stars.has(t.stars) && c.Heat.has(t.heat) && c.Class.has(t.class) && c.Verdict.has(t.verdict) &&
		c.Light.has(t.light) && c.Spreading.has(t.spreading) &&
		(len(c.Sources) == 0 || slices.Contains(c.Sources, t.source)) &&
		(len(c.Locations) == 0 || slices.Contains(c.Locations, t.location)) &&
		(len(c.Subjects) == 0 || t.subject != "" && slices.Contains(c.Subjects, t.subject) || t.named != "" && slices.Contains(c.Subjects, t.named))
}

// covers tells that every case that meets d meets c too.
func (c condition) covers(d condition) bool {
	within := func(a, b mask) bool { return b&^a == 0 }
	listed := func(a, b []string) bool {
		return len(a) == 0 || len(b) > 0 && !slices.ContainsFunc(b, func(s string) bool { return !slices.Contains(a, s) })
	}
	return within(c.Stars, d.Stars) && within(c.Heat, d.Heat) && within(c.Class, d.Class) && within(c.Verdict, d.Verdict) &&
		within(c.Light, d.Light) && within(c.Spreading, d.Spreading) && listed(c.Sources, d.Sources) && listed(c.Locations, d.Locations) && listed(c.Subjects, d.Subjects)
}

// readCondition reads a `when` block.
func (l *loader) readCondition(v value) condition {
	c := anyCase()
	o := v.object("when")
	read := func(name string, into *mask, words []string, special func(string) (mask, bool)) {
		v, ok := o.at[name]
		if !ok {
			return
		}
		*into = 0
		for _, e := range v.list() {
			*into |= e.bits(words, special)
		}
		if *into == 0 { // wrong, and reported; the rest of the rule is read all the same
			*into = all(words)
		}
	}
	read("stars", &c.Stars, starWords, starRange)
	read("heat", &c.Heat, heatWords, nil)
	read("class", &c.Class, classWords, func(s string) (mask, bool) { return all(classWords) &^ 1, s == "sensitive" })
	read("verdict", &c.Verdict, verdictWords, nil)
	read("light", &c.Light, flagWords, nil)
	read("spreading", &c.Spreading, flagWords, nil)
	c.Sources = o.lines("source", l.isSource)
	c.Locations = o.lines("location", nil)
	c.Subjects = o.lines("subject", nil)
	return c
}

// bits is the set that one word stands for.
func (v value) bits(words []string, special func(string) (mask, bool)) mask {
	s, ok := v.line()
	if !ok {
		return 0
	}
	if s == "any" {
		return all(words)
	}
	if i := slices.Index(words, s); i >= 0 {
		return 1 << i
	}
	if special != nil {
		if m, ok := special(s); ok {
			return m
		}
	}
	if v.key() == "stars" {
		v.fail("%s is no number of stars; write one from 1 to 5, a range like 1-2, none or any", quote(s))
		return 0
	}
	v.fail("%s is no value for %s; %s", quote(s), v.name(), suggest(s, append([]string{"any"}, words...)))
	return 0
}

// starRange reads "1-2".
func starRange(s string) (mask, bool) {
	from, to, ok := strings.Cut(s, "-")
	a, err1 := strconv.Atoi(strings.TrimSpace(from))
	b, err2 := strconv.Atoi(strings.TrimSpace(to))
	if !ok || err1 != nil || err2 != nil || a < 1 || b > 5 || a > b {
		return 0, false
	}
	return (1<<(b+1) - 1) &^ (1<<a - 1), true
}
