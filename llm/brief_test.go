package llm

import (
	"slices"
	"testing"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/review/rubric"
)

// A place that the playbook lists is a way to get in touch. Drafts name an
// address rather, where there is one.
func TestAPlaceAmongTheContacts(t *testing.T) {
	const reply = "Hello Jo, the kettle should not have leaked after two days, and we are sorry that it did. " +
		"Please bring it to our enquiry desk, where we exchange it. Ana, Hearth & Kettle"
	c := review.Case{Review: review.Review{
		Key: review.Key{Source: "shop", ID: "1"}, Rating: review.StarRating(1), Body: "The kettle leaked after two days.", Author: "Jo", Language: "en",
	}, Verdict: review.VerdictReply}
	for _, tt := range []struct {
		contacts, address string
		held              bool
	}{
		{"", "", false}, // a warning, as long as none is set up
		{"contacts: [{place: enquiry desk}]", "enquiry desk", false},
		{"contacts: [{place: Settings > Help}]", "Settings > Help", true},
		{"contacts: [{place: enquiry desk}, {email: care@example.test}]", "care@example.test", false},
	} {
		p, err := playbook.Parse("test.yaml", []byte("brand: {name: Hearth & Kettle}\n"+tt.contacts+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		b := Brief{Playbook: p, Platform: "webhook"}
		if got := b.Request(c, "").Contact; got != tt.address {
			t.Errorf("%q: the drafter is to name %q, want %q", tt.contacts, got, tt.address)
		}
		findings := rubric.Check(b.Checks(c, review.Draft{Text: reply, Language: "en"}))
		held := slices.ContainsFunc(findings, func(f review.Finding) bool { return f.Check == rubric.PrivateChannel && f.Level == review.Block })
		if held != tt.held {
			t.Errorf("%q: held back %v, want %v: %+v", tt.contacts, held, tt.held, findings)
		}
	}
}
