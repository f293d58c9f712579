package bot

import (
	"crypto/sha256"
	"sync"

	"github.com/evenkeel/evenkeel/review/rubric"
)

// prints remembers the fingerprints of texts. Each text that is checked is
// compared with some hundred others, which are nearly the same from one check
// to the next. The zero value is ready for use.
type prints struct {
	mu         sync.Mutex
	young, old map[[sha256.Size]byte]rubric.Fingerprint
}

// maxPrints bounds each of two generations, of some kilobytes a text.
const maxPrints = 1024

// of is the fingerprint of a text.
func (p *prints) of(text string) rubric.Fingerprint {
	key := sha256.Sum256([]byte(text))
	p.mu.Lock()
	f, known := p.young[key]
	if !known {
		f, known = p.old[key]
	}
	p.mu.Unlock()
	if !known {
		f = rubric.FingerprintOf(text)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, kept := p.young[key]; kept {
		return f
	}
	if len(p.young) >= maxPrints || p.young == nil {
		p.old, p.young = p.young, make(map[[sha256.Size]byte]rubric.Fingerprint)
	}
	p.young[key] = f
	return f
}
