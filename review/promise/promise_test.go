package promise_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/promise"
)

func TestFind(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []review.Pledge
	}{
		{"Dear Jo, thank you. It came late, and I am sorry. Please write to care@example.test.", nil},
		{"Sorry, Jo. We will send you a new lid by Friday. I will call you tomorrow. Ana", []review.Pledge{
			{Text: "We will send you a new lid by Friday.", When: "by Friday"},
			{Text: "I will call you tomorrow.", When: "tomorrow"},
		}},
		{"Wir schicken Ihnen bis Freitag einen neuen Deckel.\nWir werden das prüfen. Ihr Team", []review.Pledge{
			{Text: "Wir schicken Ihnen bis Freitag einen neuen Deckel.", When: "bis Freitag"},
			{Text: "Wir werden das prüfen."},
		}},
		{"We refund the 20.50 euros within 5 days.", []review.Pledge{{Text: "We refund the 20.50 euros within 5 days.", When: "within 5 days"}}},
	} {
		if diff := cmp.Diff(tt.want, promise.Find(tt.text, "")); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.text, diff)
		}
	}
}

// TestFindIsCalm: whatever the text, pledges are sentences of it, few and in
// order.
func TestFindIsCalm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SampledFrom([]string{"We will send you a new lid", " by Friday", ". ", "。", "\n", "…", "1.50", "Ihr Geld erstatten wir", "x\xff", "! "}), 0, 30).Draw(t, "parts")
		text := strings.Join(parts, "")
		flat := strings.Join(strings.Fields(text), " ")
		pledges := promise.Find(text, "")
		if len(pledges) > 10 {
			t.Fatalf("%d pledges", len(pledges))
		}
		at := 0
		for _, p := range pledges {
			i := strings.Index(flat[at:], p.Text)
			if p.Text == "" || i < 0 {
				t.Fatalf("%q is not the next sentence of %q", p.Text, flat)
			}
			at += i
		}
	})
}
