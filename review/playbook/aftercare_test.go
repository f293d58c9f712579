package playbook

import (
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
)

// TestAftercareSections: the second group, causes and limits, with what they
// are when the playbook does not say.
func TestAftercareSections(t *testing.T) {
	p := must(t, "")
	if c := p.Causes(); c.Reviews != 3 || c.Within != 7*24*time.Hour {
		t.Errorf("causes by default: %+v", c)
	}
	if got := p.Policy(review.Case{}, SourceTraits{}).Grants; got != [review.Lead + 1]int64{} {
		t.Errorf("limits by default: %v", got)
	}
	p = must(t, "benefits: {currency: EUR, approver: 19.90, lead: 100}\ncauses: {reviews: 4}\nchannels:\n  - {chat: slack, id: C1, escalate: C2}\n")
	if got := p.Policy(review.Case{}, SourceTraits{}).Grants; got != [review.Lead + 1]int64{review.Approver: 1990, review.Lead: 10000} {
		t.Errorf("limits: %v", got)
	}
	if c := p.Causes(); c.Reviews != 4 || c.Within != 7*24*time.Hour || p.Currency() != "EUR" {
		t.Errorf("causes: %+v, currency %q", c, p.Currency())
	}
	found := false
	for _, r := range p.Routes("shop", false) {
		found = found || r == Route{Chat: Slack, Channel: "C1", Escalate: "C2"}
	}
	if !found {
		t.Errorf("routes: %+v", p.Routes("shop", false))
	}
	if must(t, "").Version() == p.Version() {
		t.Error("limits are rules, and the version does not change with them")
	}
	for file, says := range map[string]string{
		"benefits: {approver: much}":                               "no amount",
		"benefits: {approver: 20, lead: 10}":                       "must not be below",
		"benefits: {currency: euros}":                              "three letters",
		"causes: {reviews: 1}":                                     "",
		"channels:\n  - {chat: slack, id: C1, escalate: C1}\n":     "second group",
		"channels:\n  - {chat: slack, id: C1, escalate: \"#x\"}\n": "no channel of slack",
	} {
		_, err := Parse("p.yaml", []byte(file))
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// TestTargetsBySubject: a product or app may have a clock of its own, by its id
// or its name.
func TestTargetsBySubject(t *testing.T) {
	p := must(t, "targets:\n  - {when: {subject: [The teapot, A1]}, within: 3h}\n  - {within: 9h}\n")
	for _, tt := range []struct {
		subject review.Subject
		want    time.Duration
	}{
		{review.Subject{Name: "The teapot"}, 3 * time.Hour}, {review.Subject{ID: "A1", Name: "Kettle"}, 3 * time.Hour},
		{review.Subject{ID: "A2"}, 9 * time.Hour}, {review.Subject{}, 9 * time.Hour},
	} {
		c := review.Case{Review: review.Review{Body: "Late.", Rating: review.StarRating(1), Subject: tt.subject}}
		if got, _ := p.Target(c); got != tt.want {
			t.Errorf("%+v: %s", tt.subject, got)
		}
	}
}
