package bot

import (
	"crypto/sha256"

	"github.com/evenkeel/evenkeel/internal/recent"
	"github.com/evenkeel/evenkeel/review/rubric"
)

// prints remembers the fingerprints of texts. Each text that is checked is
// compared with some hundred others, which are nearly the same from one check
// to the next.
type prints struct {
	known *recent.Map[[sha256.Size]byte, rubric.Fingerprint]
}

// maxPrints bounds each of two generations, of some kilobytes a text.
const maxPrints = 1024

func newPrints() prints {
	return prints{recent.New[[sha256.Size]byte, rubric.Fingerprint](maxPrints)}
}

// of is the fingerprint of a text.
func (p prints) of(text string) rubric.Fingerprint {
	key := sha256.Sum256([]byte(text))
	f, known := p.known.Get(key)
	if !known {
		f = rubric.FingerprintOf(text)
		p.known.Put(key, f)
	}
	return f
}
