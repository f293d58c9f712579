package bot

import (
	"context"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/rubric"
	"github.com/evenkeel/evenkeel/storage"
)

// Cards are the cards that d draws for a case that is at hand.
func Cards(ctx context.Context, d *Desk, c review.Case) ([]Keyed, error) { return d.cards(ctx, c) }

// Nearest is what the desk says of a text beside others, for its test.
func Nearest(text string, others []storage.Wording) review.Finding {
	f, _ := newPrints().nearest(text, others)
	return f
}

// Remembered are the fingerprints of texts, asked for one after the other, and
// how many are kept of them.
func Remembered(texts []string) (out []rubric.Fingerprint, kept int) {
	p := newPrints()
	for _, t := range texts {
		out = append(out, p.of(t))
	}
	return out, p.known.Len()
}

// MaxRemembered bounds what is kept.
const MaxRemembered = 2 * maxPrints
