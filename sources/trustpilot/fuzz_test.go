package trustpilot_test

import (
	"testing"

	"github.com/evenkeel/evenkeel/sources/sourcetest"
)

func FuzzAnswers(f *testing.F) { sourcetest.FuzzAnswers(f, newFake().bench(f)) }
