package rubric_test

import (
	"testing"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/rubric"
)

// TestCustomersOwnWords: a time or amount that the reply only quotes from the
// review is no promise, and a quotation names the matter; the same words as the
// team's own are a promise still.
func TestCustomersOwnWords(t *testing.T) {
	r := review.Review{Rating: review.StarRating(1), Language: "en", Body: "I paid 12 euros extra for next day delivery. It took eleven days."}
	for text, want := range map[string]map[string]bool{
		"You write that “next day delivery” took eleven days.": {"unapproved_commitment": false, "concrete_detail": false},
		"You paid “12 euros extra for next day delivery”.":     {"unapproved_commitment": false, "concrete_detail": false},
		"We will send you a new one the next day.":             {"unapproved_commitment": true},
		"We give you “12 dollars” back.":                       {"unapproved_commitment": true},
	} {
		found := map[string]bool{}
		for _, f := range rubric.Check(rubric.Input{Text: text, Language: "en", Review: r, Verdict: review.VerdictReply}) {
			if f.Level == review.Block {
				found[f.Check] = true
			}
		}
		for check, is := range want {
			if found[check] != is {
				t.Errorf("%q: %s is %v", text, check, found[check])
			}
		}
	}
}
