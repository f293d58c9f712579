package review

import (
	"fmt"
	"strconv"
	"strings"
)

// RatingKind is the scale on which a platform lets customers rate.
type RatingKind string

// The kinds of rating.
const (
	Unrated RatingKind = "none"  // the platform or the customer gave none
	Stars   RatingKind = "stars" // 1 to Max, Max is usually 5
	Thumb   RatingKind = "thumb" // 0 down, 1 up (Facebook recommendations)
	Tri     RatingKind = "tri"   // -1 negative, 0 neutral, 1 positive (eBay)
)

// Rating is a customer's mark in the platform's own scale.
type Rating struct {
	Kind  RatingKind `json:"kind"`
	Value float64    `json:"value,omitempty"`
	Max   float64    `json:"max,omitempty"` // the best mark; 0 for Unrated
}

// StarRating is value of five stars.
func StarRating(value float64) Rating { return Rating{Kind: Stars, Value: value, Max: 5} }

// Valid says what is wrong with r, or nothing.
func (r Rating) Valid() error {
	switch r.Kind {
	case Unrated, "":
		return nil
	case Stars:
		if !(r.Max >= 1 && r.Value >= 0 && r.Value <= r.Max) { // what is no number fails each of these
			return fmt.Errorf("rating %g is not between 0 and %g stars", r.Value, r.Max)
		}
	case Thumb:
		if r.Value != 0 && r.Value != 1 {
			return fmt.Errorf("a thumb is 0 (down) or 1 (up), not %g", r.Value)
		}
	case Tri:
		if r.Value != -1 && r.Value != 0 && r.Value != 1 {
			return fmt.Errorf("a three-way rating is -1, 0 or 1, not %g", r.Value)
		}
	default:
		return fmt.Errorf("unknown kind of rating %q", r.Kind)
	}
	return nil
}

// Fifths is r on the common scale of one to five stars, so that rules and
// statistics can speak of stars whatever the platform; ok is false when there
// is no rating.
func (r Rating) Fifths() (stars float64, ok bool) {
	switch r.Kind {
	case Stars:
		if r.Max <= 0 {
			return 0, false
		}
		if r.Max == 5 {
			return r.Value, true
		}
		return 5 * r.Value / r.Max, true
	case Thumb:
		return 1 + 4*r.Value, true
	case Tri:
		return 3 + 2*r.Value, true
	}
	return 0, false
}

// Positive tells a rating of four fifths or better.
func (r Rating) Positive() bool { s, ok := r.Fifths(); return ok && s >= 4 }

// Critical tells a rating below three and a half fifths.
func (r Rating) Critical() bool { s, ok := r.Fifths(); return ok && s < 3.5 }

// String shows r as people write it: "★★☆☆☆", "thumb down", "neutral", "no rating".
func (r Rating) String() string {
	if r.Valid() != nil {
		return "a rating off its scale"
	}
	switch r.Kind {
	case Stars:
		if r.Max <= 10 && r.Value == float64(int(r.Value)) && r.Max == float64(int(r.Max)) {
			return strings.Repeat("★", int(r.Value)) + strings.Repeat("☆", int(r.Max-r.Value))
		}
		return strconv.FormatFloat(r.Value, 'g', -1, 64) + "/" + strconv.FormatFloat(r.Max, 'g', -1, 64) + " ★"
	case Thumb:
		if r.Value > 0 {
			return "thumb up"
		}
		return "thumb down"
	case Tri:
		return [...]string{"negative", "neutral", "positive"}[int(r.Value)+1]
	}
	return "no rating"
}
