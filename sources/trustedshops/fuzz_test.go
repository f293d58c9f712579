package trustedshops_test

import (
	"testing"

	"github.com/evenkeel/evenkeel/sources/sourcetest"
)

func FuzzAnswers(f *testing.F) {
	k := newFake()
	sourcetest.FuzzAnswers(f, k.Bench(f, k.source, token))
}
