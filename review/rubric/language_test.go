package rubric

import "testing"

// TestEquallyNearLanguages: where two languages are as near as each other, the
// detector names one by chance, and a check must not hang on that.
func TestEquallyNearLanguages(t *testing.T) {
	for _, text := range []string{
		"cibo chambre pulito gran tutto wifi bon",
		"bon kamer propre buono taxi parking propre buono",
		"personal parking tout room tutto pulito",
	} {
		for range 20 {
			if g := newScan(lexicons(), text).language(); g != (guess{}) {
				t.Fatalf("%q is taken for %+v", text, g)
			}
		}
	}
}
