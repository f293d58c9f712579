package medusa_test

import (
	"testing"

	"github.com/evenkeel/evenkeel/sources/sourcetest"
)

func FuzzAnswers(f *testing.F) { sourcetest.FuzzAnswers(f, newShop().bench(f)) }
