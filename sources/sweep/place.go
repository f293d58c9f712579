package sweep

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Place is where a sweep stands in a list that is read in ascending order by
// asking for what lies after a time, instead of by page numbers: when a review
// is removed, pages move up and one would be skipped; times do not move. Skip
// is for the many reviews that may carry one time, after an import for example.
// A connector keeps it as the token of its [Fetch].
//
// Rows at the time itself are asked for once more; the sweep drops what it
// knows.
type Place struct {
	At   time.Time // the list is asked for what lies at or after it; zero for all
	Skip int       // rows of that answer to leave out
}

// ParsePlace reads what [Place.String] wrote; the empty token is the place
// since. Anything else is [ErrToken].
func ParsePlace(token string, since time.Time) (Place, error) {
	if token == "" {
		return Place{At: since}, nil
	}
	at, skip, ok := strings.Cut(token, "+")
	t, err := time.Parse(time.RFC3339Nano, at)
	n, err2 := strconv.Atoi(skip)
	if !ok || err != nil || err2 != nil || n < 0 {
		return Place{}, fmt.Errorf("%w: %q", ErrToken, token)
	}
	return Place{At: t, Skip: n}, nil
}

// String is the place as a token.
func (p Place) String() string {
	return p.At.UTC().Format(time.RFC3339Nano) + "+" + strconv.Itoa(p.Skip)
}

// After is the place behind an answer of so many rows whose last carries the
// time last. Slack is by how much the platform's filter may be off: a list
// that is asked for slack more than p says moves on only when that is behind
// it, so that a sweep never stands still.
func (p Place) After(last time.Time, rows int, slack time.Duration) Place {
	if last.After(p.At.Add(slack)) {
		return Place{At: last}
	}
	return Place{At: p.At, Skip: p.Skip + rows}
}
