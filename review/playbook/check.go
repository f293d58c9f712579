package playbook

import (
	"fmt"
	"slices"

	"github.com/evenkeel/evenkeel/review"
)

// check holds the sections against each other: what each of them says may be
// right and still not work together. Sections in which something is wrong
// already are not checked further.
func (l *loader) check() {
	l.checkHours()
	l.checkOrder()
	l.checkRoutes()
	if len(l.problems) == 0 && len(l.rules.Roles) > 0 {
		l.checkPeople()
	}
}

// checkHours: hours mean nothing without a time zone.
func (l *loader) checkHours() {
	team, ok := l.root.at["team"]
	if !ok || !isBlock(team) {
		return
	}
	var hours, zone bool
	for _, f := range team.fields() {
		hours = hours || f.name == "hours" && !f.empty()
		zone = zone || f.name == "time_zone" && !f.empty()
	}
	if hours && !zone {
		team.fail("the team has hours but no time zone; add for example `time_zone: Europe/Berlin`")
	}
}

// checkOrder finds rules that are never reached because an earlier one meets
// every case that they do. The first that matches wins, so this is how a
// stricter rule gets lost.
func (l *loader) checkOrder() {
	own := l.rules.Rules[:l.rules.Own]
	for i, r := range own {
		if j := slices.IndexFunc(own[:i], func(e rule) bool { return !e.broken && e.When.covers(r.When) }); j >= 0 && !r.broken {
			line, _ := position(own[j].at.node)
			r.at.fail("this rule is never used: the one in line %d comes first and meets the same cases; put the narrower rule first", line)
		}
	}
	targets := l.rules.Targets
	for i, t := range targets {
		if j := slices.IndexFunc(targets[:i], func(e target) bool { return !e.broken && e.When.covers(t.When) }); j >= 0 && !t.broken && t.at.node != nil {
			line, _ := position(targets[j].at.node)
			t.at.fail("this target is never used: the one in line %d comes first and meets the same cases; put the narrower one first", line)
		}
	}
}

// checkRoutes: every source has a place where people see it, and only one in
// each chat.
func (l *loader) checkRoutes() {
	rest := make(map[string]int)     // chat: line of its channel for all
	taken := make(map[[2]string]int) // chat and source: line
	for _, c := range l.rules.Channels {
		line, _ := position(c.at.node)
		if first, ok := rest[c.Chat]; ok && len(c.Sources) == 0 {
			c.at.fail("two channels of %s take all sources, this one and the one in line %d; name the sources of one of them", c.Chat, first)
		} else if len(c.Sources) == 0 {
			rest[c.Chat] = line
		}
		for _, s := range c.Sources {
			if first, ok := taken[[2]string{c.Chat, s}]; ok {
				c.at.fail("%q goes to two channels of %s, this one and the one in line %d; a case has one thread in each chat", s, c.Chat, first)
				continue
			}
			taken[[2]string{c.Chat, s}] = line
		}
	}
	if !l.rules.ConsoleOff {
		return
	}
	console := l.root.at["console"]
	if i := slices.IndexFunc(l.rules.Channels, func(c channel) bool { return c.Chat == Console }); i >= 0 {
		l.rules.Channels[i].at.fail("the console is switched off with `console: false`; take this channel or that line out")
		return
	}
	if len(rest) > 0 {
		return
	}
	if len(l.rules.Channels) == 0 {
		console.fail("without the console and without channels nobody would see a review; add a channel, or leave the console on")
		return
	}
	for _, s := range l.rules.Sources {
		if !slices.ContainsFunc(l.rules.Channels, func(c channel) bool { return slices.Contains(c.Sources, s.Name) }) {
			l.report(s.lines[""][0], s.lines[""][1], "sources."+s.Name, "nobody would see the reviews of %q: the console is off and no channel takes them; name the source in a channel, or add a channel without `sources`", s.Name)
		}
	}
}

// checkPeople: whatever the rules ask for, the people in the roles can give.
func (l *loader) checkPeople() {
	roles := l.root.at["roles"]
	r := &l.rules
	if len(r.Roles["lead"]) == 0 {
		roles.fail("nobody is lead, and sensitive reviews wait for one; name at least one person under roles.lead")
		return
	}
	if r.Solo {
		return
	}
	staff, many := l.able("lead", "approver", "responder")
	if len(r.Second) > 0 && !many && len(staff) < 2 {
		roles.fail("the verdict %q needs two people, but only %s could give it; name a second person under roles, or write `solo: true` if you work alone", r.Second[0], staff[0])
	}
	approvers, many := l.able("lead", "approver")
	if many {
		return // a group's size is the chat's to know
	}
	said := make(map[int]bool)
	for _, t := range l.everyCase() {
		terms := r.termsFor(t)
		if terms.quorum.Count <= len(approvers) || said[terms.by] || t.light == 1 && !r.Drafting.Humour {
			continue
		}
		said[terms.by] = true
		who := fmt.Sprintf("only %s may approve", list(approvers))
		if len(approvers) > 1 {
			who = fmt.Sprintf("only %d people may approve (%s)", len(approvers), list(approvers))
		}
		cure := "name another approver under roles, or write `solo: true` if you work alone"
		if terms.by < r.Own {
			r.Rules[terms.by].at.fail("this rule takes %d approvals, but %s; lower it, or %s", terms.quorum.Count, who, cure)
			continue
		}
		roles.fail("%s take %d approvals unless a rule says otherwise, but %s; %s", l.kindOf(t), terms.quorum.Count, who, cure)
	}
}

func (l *loader) kindOf(t traits) string {
	if t.heat == int(review.Heated) {
		return "heated reviews"
	}
	return "replies with a light touch"
}

// able are the people in any of the roles, each once; many tells that groups
// are among them.
func (l *loader) able(roles ...string) (people []string, many bool) {
	for _, role := range roles {
		for _, id := range l.rules.Roles[role] {
			many = many || isGroup(id)
			people = append(people, string(l.first(id)))
		}
	}
	slices.Sort(people)
	return slices.Compact(people), many
}

// maxCases bounds everyCase. Only a playbook of many rules that each name many
// sources and locations reaches it; there the card says what is missing.
const maxCases = 100_000

// everyCase is one case for each way in which the rules can tell cases apart.
func (l *loader) everyCase() []traits {
	out := []traits{{}}
	widen := func(n int, set func(*traits, int)) {
		var next []traits
		for _, t := range out {
			for i := range n {
				if len(next) == maxCases {
					break
				}
				t := t
				set(&t, i)
				next = append(next, t)
			}
		}
		out = next
	}
	dimension := func(words []string, of func(condition) mask, set func(*traits, int)) {
		values := l.distinct(len(words), of)
		widen(len(values), func(t *traits, i int) { set(t, values[i]) })
	}
	dimension(starWords, func(c condition) mask { return c.Stars }, func(t *traits, i int) { t.stars = i })
	dimension(heatWords, func(c condition) mask { return c.Heat }, func(t *traits, i int) { t.heat = i })
	dimension(classWords, func(c condition) mask { return c.Class }, func(t *traits, i int) { t.class = i })
	dimension(verdictWords, func(c condition) mask { return c.Verdict }, func(t *traits, i int) { t.verdict = i })
	dimension(flagWords, func(c condition) mask { return c.Light }, func(t *traits, i int) { t.light = i })
	dimension(flagWords, func(c condition) mask { return c.Spreading }, func(t *traits, i int) { t.spreading = i })
	sources, locations, subjects := []string{""}, []string{""}, []string{""}
	for _, r := range l.rules.Rules {
		sources = append(sources, r.When.Sources...)
		locations = append(locations, r.When.Locations...)
		subjects = append(subjects, r.When.Subjects...)
	}
	slices.Sort(sources)
	slices.Sort(locations)
	slices.Sort(subjects)
	sources, locations, subjects = slices.Compact(sources), slices.Compact(locations), slices.Compact(subjects)
	widen(len(sources), func(t *traits, i int) { t.source = sources[i] })
	widen(len(locations), func(t *traits, i int) { t.location = locations[i] })
	widen(len(subjects), func(t *traits, i int) { t.subject = subjects[i] })
	return out
}

// distinct are values of a trait, one of each set that no rule tells apart.
func (l *loader) distinct(n int, of func(condition) mask) []int {
	var out []int
	seen := make(map[string]bool)
	for i := range n {
		var sign []byte
		for _, r := range l.rules.Rules {
			bit := byte('-')
			if of(r.When).has(i) {
				bit = '+'
			}
			sign = append(sign, bit)
		}
		if !seen[string(sign)] {
			seen[string(sign)] = true
			out = append(out, i)
		}
	}
	return out
}
