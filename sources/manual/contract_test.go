package manual_test

import (
	"testing"

	"github.com/evenkeel/evenkeel/sources/manual"
	"github.com/evenkeel/evenkeel/sources/sourcetest"
)

func TestContract(t *testing.T) {
	for _, p := range manual.Profiles() {
		t.Run(p.Name, func(t *testing.T) {
			sourcetest.Run(t, sourcetest.Harness{New: func(t testing.TB) sourcetest.Bench {
				return sourcetest.Bench{Source: newSource(t, manual.Settings{Platform: p.Name})}
			}})
		})
	}
}
