package etsy_test

import (
	"testing"

	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/sourcetest"
)

func FuzzAnswers(f *testing.F) {
	s := stage()
	sourcetest.FuzzAnswers(f, s.Bench(f, func(t testing.TB, address string) sources.Source { return source(t, s, address) }, key))
}
