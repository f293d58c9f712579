package ecwid_test

import (
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/sources/sourcetest"
)

func FuzzAnswers(f *testing.F) { sourcetest.FuzzAnswers(f, bench(f, time.Second)) }
