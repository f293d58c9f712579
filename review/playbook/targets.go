package playbook

import (
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/review"
)

// target says by when a case should be answered.
type target struct {
	When     condition
	Within   time.Duration // 0 for no target
	Business bool

	at     value
	broken bool // as a rule's
}

// defaultTargets are those of a team that set none: what spreads in two hours,
// the rest in a day.
func defaultTargets() []target {
	spreading := anyCase()
	spreading.Spreading = 1 << 1
	return []target{{When: spreading, Within: 2 * time.Hour}, {When: anyCase(), Within: 24 * time.Hour}}
}

// Target is how long after its arrival the case should be answered in public,
// and whether only business hours count (see [Playbook.Calendar]). A d of zero
// means that nothing is due: praise and star-only reviews never are.
func (p *Playbook) Target(c review.Case) (d time.Duration, businessHours bool) {
	if c.Review.Quiet() {
		return 0, false
	}
	t := traitsOf(c)
	i := slices.IndexFunc(p.rules.Targets, func(x target) bool { return x.When.meets(t) })
	return p.rules.Targets[i].Within, p.rules.Targets[i].Business // the last meets every case
}

func (l *loader) readTargets(v value) {
	var own []target
	for _, e := range v.list() {
		before := len(l.problems)
		o := e.object("targets")
		t := target{When: anyCase(), at: e}
		if w, ok := o.at["when"]; ok {
			t.When = l.readCondition(w)
		}
		if _, ok := o.at["within"]; !ok && o.ok {
			e.fail("this target says no time; write for example `within: 24h`, or `within: 0` for none")
		}
		o.duration("within", &t.Within, 0, year)
		o.boolean("business_hours", &t.Business)
		if praise := mask(1<<4 | 1<<5); t.When.Stars&^praise == 0 {
			e.fail("praise never becomes overdue, it waits in the digest; set targets for 1-3 stars or none")
		}
		t.broken = len(l.problems) > before
		own = append(own, t)
	}
	if len(own) > maxRules {
		v.fail("there are %d targets; at most %d are taken", len(own), maxRules)
		own = own[:maxRules]
	}
	l.rules.Targets = append(own, defaultTargets()...)
}
