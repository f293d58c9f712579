package yelp_test

import (
	"testing"

	"github.com/evenkeel/evenkeel/sources/sourcetest"
)

func FuzzAnswers(f *testing.F) { sourcetest.FuzzAnswers(f, bench(f, stage())) }
