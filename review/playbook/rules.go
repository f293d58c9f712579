package playbook

import (
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/review"
)

// Light is the variant of a draft with a light touch.
const Light = "light"

// rule says what an approval takes in the cases that meet its condition. What
// it leaves out (nil) is as the built-in rules have it for the same case.
type rule struct {
	When      condition
	Approvals *int
	Lead      *bool
	Other     *bool
	CoolOff   *time.Duration
	Pause     *time.Duration

	at     value // where it stands; a built-in rule stands nowhere
	broken bool  // it was not read whole, so nothing follows from it
}

// builtin are the rules for all that a playbook does not say. The last one
// meets every case.
func builtin() []rule {
	heated, light := anyCase(), anyCase()
	heated.Heat = 1 << int(review.Heated)
	light.Light = 1 << 1
	return []rule{
		{When: heated, Approvals: new(2), Lead: new(false), Other: new(true), CoolOff: new(5 * time.Minute), Pause: new(2 * time.Minute)},
		{When: light, Approvals: new(2), Lead: new(false), Other: new(false), CoolOff: new(time.Minute), Pause: new(time.Duration(0))},
		{When: anyCase(), Approvals: new(1), Lead: new(false), Other: new(false), CoolOff: new(time.Minute), Pause: new(time.Duration(0))},
	}
}

// terms are what the rules come to for one case.
type terms struct {
	quorum         review.Quorum
	coolOff, pause time.Duration
	by             int // the rule that decided, by its place
}

// termsFor finds the first rule that meets t and fills what it leaves out.
func (r *rulebook) termsFor(t traits) terms {
	var out terms
	first := slices.IndexFunc(r.Rules, func(r rule) bool { return r.When.meets(t) })
	out.by = first
	own := r.Rules[first] // there is one: the last meets every case
	base := own
	if own.Pause == nil || own.CoolOff == nil || own.Approvals == nil || own.Lead == nil || own.Other == nil {
		for _, b := range r.Rules[r.Own:] {
			if b.When.meets(t) {
				base = b
				break
			}
		}
	}
	out.quorum.Count = *or(own.Approvals, base.Approvals)
	out.quorum.Lead = *or(own.Lead, base.Lead)
	out.quorum.OtherThanAuthor = *or(own.Other, base.Other)
	out.coolOff = *or(own.CoolOff, base.CoolOff)
	out.pause = *or(own.Pause, base.Pause)
	return out
}

func or[T any](a, b *T) *T {
	if a != nil {
		return a
	}
	return b
}

// SourceTraits is what the rules must know of the source of a case.
type SourceTraits struct {
	Account     string // where the reply will be posted
	CanReply    bool   // the platform takes replies by API
	CanReadBack bool   // the platform shows what is live
}

// Policy is what the rules say for one case at this moment. Exactly one rule
// decides: the first of the file whose `when` meets the case, or else a
// built-in one. In solo mode one person is always enough, after a longer wait.
func (p *Playbook) Policy(c review.Case, src SourceTraits) review.Policy {
	t := p.rules.termsFor(traitsOf(c))
	if p.rules.Solo {
		t.quorum.Count, t.quorum.OtherThanAuthor = 1, false
		t.coolOff = max(t.coolOff, p.rules.SoloCool)
	}
	return review.Policy{
		Playbook: p.version, Account: src.Account,
		Quorum: t.quorum, Solo: p.rules.Solo, Pause: t.pause, CoolOff: t.coolOff,
		SilentFor: p.rules.SilentFor, SecondPerson: slices.Clone(p.rules.Second),
		CanReply: src.CanReply, CanReadBack: src.CanReadBack,
		VerifyAfter: p.rules.Verify, SettleAfter: p.rules.Settle, Grants: p.rules.Benefits.Limits,
	}
}

// maxWait bounds pauses and cool-offs: a longer one would keep customers
// waiting for no good.
const maxWait = 7 * day

// readRules reads the team's rules; the built-in ones follow them.
func (l *loader) readRules(v value) {
	var own []rule
	for _, e := range v.list() {
		before := len(l.problems)
		o := e.object("rules")
		r := rule{When: anyCase(), at: e}
		if w, ok := o.at["when"]; ok {
			r.When = l.readCondition(w)
		}
		if n, ok := o.at["approvals"]; ok {
			if n, ok := n.integer(1, 10); ok {
				r.Approvals = new(int(n))
			}
		}
		r.Lead = o.optionalBool("lead")
		r.Other = o.optionalBool("other_than_author")
		r.CoolOff = o.optionalDuration("cool_off", maxWait)
		r.Pause = o.optionalDuration("pause", maxWait)
		if len(o.at) == 0 && (o.ok || e.empty()) {
			e.fail("this rule says nothing; give it for example `approvals: 2`")
		}
		r.broken = len(l.problems) > before
		own = append(own, r)
	}
	if len(own) > maxRules {
		v.fail("there are %d rules; at most %d are taken", len(own), maxRules)
		own = own[:maxRules]
	}
	l.rules.Rules, l.rules.Own = append(own, builtin()...), len(own)
}

// maxRules bounds what the checks walk through.
const maxRules = 100

func (o *object) optionalBool(name string) *bool {
	if v, ok := o.at[name]; ok {
		if b, ok := v.boolean(); ok {
			return &b
		}
	}
	return nil
}

func (o *object) optionalDuration(name string, most time.Duration) *time.Duration {
	if v, ok := o.at[name]; ok {
		if d, ok := v.duration(0, most); ok {
			return &d
		}
	}
	return nil
}
