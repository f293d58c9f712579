package rubric

import (
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/review"
)

// TestWall: with a benefit on the case, its worth never stands in public, even
// where a fact holds it, and what hints at a trade is held back; without one
// the same texts are judged as ever.
func TestWall(t *testing.T) {
	facts := []review.Fact{{N: 1, Text: "We refund the 20 euros."}}
	for _, tt := range []struct {
		text string
		wall bool
	}{
		{"Dear Jo, the teapot came two weeks late and I am sorry. We refund the 20 euros. Ana", true},
		{"Dear Jo, the teapot came two weeks late and I am sorry. You have a voucher from us. Ana", true},
		{"Dear Jo, thank you. We have changed the courier since your review. Ana", true},
		{"Dear Jo, the teapot came two weeks late and I am sorry. Please write to care@example.test. Ana", false},
	} {
		in := Input{Text: tt.text, Language: "en", Facts: facts, Contacts: []string{"care@example.test"},
			Review: review.Review{Body: "The teapot came two weeks late.", Rating: review.StarRating(2), Language: "en"}}
		held := func(in Input) bool {
			for _, f := range Check(in) {
				if f.Check == Incentive && f.Level == review.Block && !f.Waivable && strings.Contains(f.Message, "A benefit is recorded") {
					return true
				}
			}
			return false
		}
		if held(in) {
			t.Errorf("%q: the wall stands without a benefit", tt.text)
		}
		in.Benefit = true
		if held(in) != tt.wall {
			t.Errorf("%q: the wall holds it: %v", tt.text, !tt.wall)
		}
	}
}
