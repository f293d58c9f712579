package playbook

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/review"
)

// drawnRule is a rule as a test would write it, and as it would judge it.
type drawnRule struct {
	stars, heat, class, source string // "" for left out
	approvals                  int    // 0 for left out
	coolOff                    string
}

func drawRules(t *rapid.T) []drawnRule {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) drawnRule {
		return drawnRule{
			stars:     rapid.SampledFrom([]string{"", "1", "1-2", "3", "4-5", "none"}).Draw(t, "stars"),
			heat:      rapid.SampledFrom([]string{"", "calm", "upset", "heated", "any"}).Draw(t, "heat"),
			class:     rapid.SampledFrom([]string{"", "sensitive", "ordinary", "legal"}).Draw(t, "class"),
			source:    rapid.SampledFrom([]string{"", "shop", "play"}).Draw(t, "source"),
			approvals: rapid.IntRange(0, 5).Draw(t, "approvals"),
			coolOff:   rapid.SampledFrom([]string{"", "10s", "1h"}).Draw(t, "cool_off"),
		}
	}), 0, 6).Draw(t, "rules")
}

func (d drawnRule) yaml() string {
	var when []string
	for key, v := range map[string]string{"stars": d.stars, "heat": d.heat, "class": d.class, "source": d.source} {
		if v != "" {
			when = append(when, key+": "+v)
		}
	}
	s := "  - when: {" + strings.Join(when, ", ") + "}\n    pause: 0\n"
	if d.approvals > 0 {
		s += fmt.Sprintf("    approvals: %d\n", d.approvals)
	}
	if d.coolOff != "" {
		s += "    cool_off: " + d.coolOff + "\n"
	}
	return s
}

// meets judges by plain words what the conditions judge by sets.
func (d drawnRule) meets(c review.Case) bool {
	n, rated := c.Review.Rating.Fifths()
	stars := map[string]bool{"": true, "1": rated && n < 2, "1-2": rated && n < 3, "3": rated && n >= 3 && n < 4, "4-5": rated && n >= 4, "none": !rated}
	class := map[string]bool{"": true, "sensitive": c.Class != "", "ordinary": c.Class == "", "legal": c.Class == review.Legal}
	return stars[d.stars] && class[d.class] &&
		(d.heat == "" || d.heat == "any" || d.heat == c.Heat.String()) && (d.source == "" || d.source == c.Review.Key.Source)
}

func drawCase(t *rapid.T) review.Case {
	c := stars(rapid.Float64Range(0, 5).Draw(t, "rating"))
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		c.Review.Rating = review.Rating{Kind: review.Unrated}
	case 1:
		c.Review.Rating = review.Rating{Kind: review.Thumb, Value: float64(rapid.IntRange(0, 1).Draw(t, "thumb")), Max: 1}
	case 2:
		c.Review.Rating = review.Rating{Kind: review.Tri, Value: float64(rapid.IntRange(-1, 1).Draw(t, "tri"))}
	case 3:
		c.Review.Rating = review.Rating{Kind: review.Stars, Value: float64(rapid.IntRange(0, 10).Draw(t, "of ten")), Max: 10}
	}
	c.Heat = review.Heat(rapid.IntRange(0, 2).Draw(t, "heat"))
	c.Class = rapid.SampledFrom([]review.Sensitivity{"", review.Health, review.Safety, review.Legal, review.Minors, review.StaffNamed, review.Press}).Draw(t, "class")
	c.Verdict = rapid.SampledFrom(append([]review.Verdict{""}, review.Verdicts...)).Draw(t, "verdict")
	c.Spreading = rapid.Bool().Draw(t, "spreading")
	c.Review.Key.Source = rapid.SampledFrom([]string{"shop", "play", "import"}).Draw(t, "source")
	if rapid.Bool().Draw(t, "drafted") {
		c.Draft = &review.Draft{Text: "x", Variant: rapid.SampledFrom([]string{"", Light, "shorter"}).Draw(t, "variant")}
	}
	return c
}

const twoSources = "sources: {shop: {kind: webhook}, play: {kind: google-play}}\n"

// TestFirstRuleWins: whatever the rules and the case, exactly one rule decides,
// it is the first that meets, and its quorum can be met.
func TestFirstRuleWins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := drawRules(t)
		text := twoSources + "rules:\n"
		for _, r := range rules {
			text += r.yaml()
		}
		p, err := Parse("p", []byte(text))
		var e *Error
		if errors.As(err, &e) { // only rules that are never reached may be wrong here
			for _, problem := range e.Problems {
				if !strings.HasPrefix(problem.Message, "this rule is never used") {
					t.Fatalf("%s\n%s", text, problem)
				}
			}
			return
		}
		c := drawCase(t)
		got := p.Policy(c, SourceTraits{})
		if got.Quorum.Count < 1 || got.CoolOff < 0 || got.Pause < 0 {
			t.Fatalf("%+v", got)
		}
		if again := p.Policy(c, SourceTraits{}); again.Quorum != got.Quorum || again.CoolOff != got.CoolOff || again.Pause != got.Pause {
			t.Fatal("the same case got two policies")
		}
		base := Default().Policy(c, SourceTraits{})
		want := base
		if i := slices.IndexFunc(rules, func(r drawnRule) bool { return r.meets(c) }); i >= 0 {
			want.Pause = 0
			if rules[i].approvals > 0 {
				want.Quorum.Count = rules[i].approvals
			}
			if d, err := time.ParseDuration(rules[i].coolOff); err == nil {
				want.CoolOff = d
			}
		}
		if got.Quorum != want.Quorum || got.CoolOff != want.CoolOff || got.Pause != want.Pause {
			t.Fatalf("%s\n%+v\ngives %+v\nwant  %+v", text, c, got, want)
		}
		solo := p.WithSolo().Policy(c, SourceTraits{})
		if solo.Quorum.Count != 1 || solo.Quorum.OtherThanAuthor || !solo.Solo || solo.CoolOff < 5*time.Minute || solo.CoolOff < got.CoolOff {
			t.Fatalf("alone: %+v", solo)
		}
		author := review.PersonID("console:ana")
		if !solo.Quorum.Met([]review.Approval{{By: author, Role: review.Lead}}, author) {
			t.Fatal("alone, a lead cannot approve what the same person wrote")
		}
	})
}

// TestUnreachableRulesAreReallyNever holds the check for lost rules against
// drawn cases.
func TestUnreachableRulesAreReallyNever(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := drawRules(t)
		text := twoSources + "rules:\n"
		var lines []int
		for _, r := range rules {
			lines = append(lines, strings.Count(text, "\n")+1)
			text += r.yaml()
		}
		_, err := Parse("p", []byte(text))
		var e *Error
		if !errors.As(err, &e) {
			return
		}
		c := drawCase(t)
		first := slices.IndexFunc(rules, func(r drawnRule) bool { return r.meets(c) })
		for _, problem := range e.Problems {
			if first >= 0 && problem.Line == lines[first] {
				t.Fatalf("%s\ncalled never used, but it decides %+v", problem, c)
			}
		}
	})
}

// TestQuorumsCanBeMet: with roles configured, a playbook that loads asks of no
// case more than its people can give.
func TestQuorumsCanBeMet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := drawRules(t)
		leads, approvers := rapid.IntRange(0, 3).Draw(t, "leads"), rapid.IntRange(0, 3).Draw(t, "approvers")
		text := twoSources + "roles:\n  responder: [console:r]\n"
		var yes []review.Approval
		for _, group := range []struct {
			role review.Role
			n    int
		}{{review.Lead, leads}, {review.Approver, approvers}} {
			var ids []string
			for i := range group.n {
				id := fmt.Sprintf("console:%s%d", group.role, i)
				ids = append(ids, id)
				yes = append(yes, review.Approval{By: review.PersonID(id), Role: group.role})
			}
			text += fmt.Sprintf("  %s: [%s]\n", group.role, strings.Join(ids, ", "))
		}
		text += "rules:\n"
		for _, r := range rules {
			text += r.yaml()
		}
		p, err := Parse("p", []byte(text))
		c := drawCase(t)
		if c.Draft != nil && c.Draft.Variant == Light {
			c.Draft.Variant = "" // humour is off
		}
		if err != nil {
			return
		}
		if q := p.Policy(c, SourceTraits{}).Quorum; !q.Met(yes, "") {
			t.Fatalf("%s\n%+v needs %+v", text, c, q)
		}
	})
}

// TestRoutesProperty: everything has a place, and at most one in each chat.
func TestRoutesProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := twoSources
		if rapid.Bool().Draw(t, "console off") {
			text += "console: false\n"
		}
		text += "channels:\n"
		for i := range rapid.IntRange(0, 4).Draw(t, "channels") {
			chat := rapid.SampledFrom([]string{"console, id: c", "slack, id: C", "discord, id: "}).Draw(t, "chat")
			sources := rapid.SampledFrom([]string{"", ", sources: [shop]", ", sources: [play, shop]", ", sources: play"}).Draw(t, "sources")
			text += fmt.Sprintf("  - {chat: %s%d%s}\n", chat, i, sources)
		}
		p, err := Parse("p", []byte(text))
		if err != nil {
			return
		}
		for _, source := range []string{"shop", "play"} {
			routes := p.Routes(source, rapid.Bool().Draw(t, "quiet"))
			if len(routes) == 0 {
				t.Fatalf("%s\nnobody sees %s", text, source)
			}
			seen := map[string]bool{}
			for _, r := range routes {
				if seen[r.Chat] || !slices.Contains(p.Chats(), r.Chat) {
					t.Fatalf("%s\n%s stands in %v, the chats are %v", text, source, routes, p.Chats())
				}
				seen[r.Chat] = true
			}
		}
	})
}
