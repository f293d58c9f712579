package rubric

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/review"
)

// benchReply has the median length of a hand-written reply.
const benchReply = "Dear Anna, thank you for describing the evening in such detail. A soup that arrives cold after 45 minutes is not what you came for, " +
	"and we are sorry about it. The ticket printer in the kitchen had stopped, so your table's order stood unseen; the shift leader now compares printed and " +
	"open orders every quarter of an hour. I would like to hear what the waiter said to you, and take that up with him. Please write to us at " +
	"care@example.test, the message reaches me directly. Mira, restaurant manager"

func benchInput(earlier int) Input {
	in := Input{
		Text: benchReply, Language: "en", Verdict: review.VerdictReply, Platform: "google", Contacts: []string{"care@example.test"}, Brand: "Copper Pot",
		Review: review.Review{Rating: review.StarRating(2), Author: "Anna", Body: strings.Repeat("The soup was cold and the waiter was rude when we asked. We waited 45 minutes for it. ", 10)},
		Facts:  []review.Fact{{N: 1, Text: "The ticket printer in the kitchen had stopped; the shift leader now compares orders."}},
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	openings := []string{"Thank you for telling us, ", "Good morning, ", "Dear guest, ", "We have read what you wrote. "}
	things := strings.Fields("parcel courier soup bathroom invoice heating pillow breakfast elevator login battery sleeve seam counter queue appointment refund parking window towel charger")
	verbs := strings.Fields("arrived failed stood waited broke leaked cracked vanished stopped disappointed delayed surprised annoyed")
	for range earlier {
		b := openings[rnd.IntN(len(openings))]
		for range 10 + rnd.IntN(8) {
			b += "the " + things[rnd.IntN(len(things))] + " " + verbs[rnd.IntN(len(verbs))] + " near the " + things[rnd.IntN(len(things))] + ", "
		}
		in.Earlier = append(in.Earlier, FingerprintOf(b+"and we are looking into it. Please write to us at care@example.test."))
	}
	return in
}

// BenchmarkCheck runs all checks on one reply against 1,000 earlier ones. It must
// stay under a millisecond.
func BenchmarkCheck(b *testing.B) {
	in := benchInput(1000)
	Check(in)
	b.ReportAllocs()
	for b.Loop() {
		Check(in)
	}
}

// BenchmarkFingerprint is the cost of remembering a reply.
func BenchmarkFingerprint(b *testing.B) {
	for b.Loop() {
		FingerprintOf(benchReply)
	}
}
