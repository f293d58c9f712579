package ebay_test

import (
	"testing"

	"github.com/evenkeel/evenkeel/sources/sourcetest"
)

func FuzzAnswers(f *testing.F) { sourcetest.FuzzAnswers(f, newFake(f, nil).bench(f)) }
