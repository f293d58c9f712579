package review_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/review"
)

// TestAnyRatingCanBeShown: a platform may send any number, and what is off its
// scale is said to be, without a panic.
func TestAnyRatingCanBeShown(t *testing.T) {
	kinds := []review.RatingKind{review.Unrated, "", review.Stars, review.Thumb, review.Tri, "smileys"}
	rapid.Check(t, func(r *rapid.T) {
		rating := review.Rating{
			Kind:  rapid.SampledFrom(kinds).Draw(r, "kind"),
			Value: rapid.OneOf(rapid.Float64(), rapid.Float64Range(-2, 12), rapid.Just(math.NaN()), rapid.Just(math.Inf(1))).Draw(r, "value"),
			Max:   rapid.OneOf(rapid.Float64(), rapid.Float64Range(-2, 12), rapid.Just(5.0), rapid.Just(math.NaN())).Draw(r, "max"),
		}
		if rating.String() == "" {
			r.Fatalf("%+v is shown as nothing", rating)
		}
		if off := rating.String() == "a rating off its scale"; off != (rating.Valid() != nil) {
			r.Fatalf("%+v is shown as %s, and is %v", rating, rating, rating.Valid())
		}
	})
	for rating, want := range map[review.Rating]string{
		{Kind: review.Stars, Value: 7, Max: 5}:          "a rating off its scale",
		{Kind: review.Stars, Value: math.NaN(), Max: 5}: "a rating off its scale",
		review.StarRating(2):                            "★★☆☆☆",
		{Kind: review.Tri, Value: -1, Max: 1}:           "negative",
	} {
		if got := rating.String(); got != want {
			t.Errorf("%+v: %q, want %q", rating, got, want)
		}
	}
}
