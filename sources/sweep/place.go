package sweep

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Place is where a sweep stands in a list that is read in ascending order by
// asking for what lies after a time, instead of by page numbers: when a review
// is removed, pages move up and one would be skipped; times do not move. A
// connector keeps it as the token of its [Fetch]:
//
//	p, err := sweep.ParsePlace(token, since)
//	rows := … at or after p.At, minus the slack of the platform's filter; leave out p.Offset() …
//	if back, moved := p.Moved(first); moved {
//		return nil, back, nil // these rows come again
//	}
//	next = p.After(last, asked, more, slack)
//
// Many reviews may carry one time, after an import for example; they are read
// with an offset. It is one short of what was read, so that the last row comes
// once more: if it does not, the list moved, and the rows of that time are read
// from their first. Whatever comes twice the sweep drops.
type Place struct {
	At    time.Time // the list is asked for what lies at or after it; zero for all
	skip  int       // rows of that answer which were read
	last  string    // id of the last of them
	again int       // how often the list moved at this place
}

// Row is what a Place wants to know of a row: its id and the time by which the
// list is ordered. The zero Row is none.
type Row struct {
	ID string
	At time.Time
}

// maxAgain is how often the rows of one time are read from their first. A
// platform that gives equal times in any order would never let a sweep end.
const maxAgain = 5

// ParseNumber reads a token that is a number, as platforms count pages or
// entries from first on; the empty token is first. Anything else is [ErrToken].
func ParseNumber(token string, first int) (int, error) {
	if token == "" {
		return first, nil
	}
	n, err := strconv.Atoi(token)
	if err != nil || n < first {
		return 0, fmt.Errorf("%w: %q", ErrToken, token)
	}
	return n, nil
}

// ParsePlace reads what [Place.String] wrote; the empty token is the place
// since. Anything else is [ErrToken].
func ParsePlace(token string, since time.Time) (Place, error) {
	if token == "" {
		return Place{At: since}, nil
	}
	parts := strings.SplitN(token, "+", 4)
	if len(parts) < 4 {
		return Place{}, fmt.Errorf("%w: %q", ErrToken, token)
	}
	at, err := time.Parse(time.RFC3339Nano, parts[0])
	skip, err2 := strconv.Atoi(parts[1])
	again, err3 := strconv.Atoi(parts[2])
	if err != nil || err2 != nil || err3 != nil || skip < 0 || again < 0 {
		return Place{}, fmt.Errorf("%w: %q", ErrToken, token)
	}
	return Place{At: at, skip: skip, again: again, last: parts[3]}, nil
}

// String is the place as a token.
func (p Place) String() string {
	return fmt.Sprintf("%s+%d+%d+%s", p.At.UTC().Format(time.RFC3339Nano), p.skip, p.again, p.last)
}

// Offset is how many rows of the answer to leave out.
func (p Place) Offset() int { return max(0, p.skip-1) }

// Moved tells that the rows of this time are to be read from their first,
// because the answer does not begin with the row that it should; first is the
// row that it begins with. Back is the token of that place.
func (p Place) Moved(first Row) (back string, moved bool) {
	if p.last == "" || first.ID == p.last || p.again >= maxAgain {
		return "", false
	}
	return Place{At: p.At, again: p.again + 1}.String(), true
}

// After is the token of the place behind an answer that ended with the row
// last, when asked rows at most were asked for and more tells whether others
// follow; "" at the end of the list. Slack is by how much the platform's filter
// may be off: a list that is asked for slack more than p says moves on only
// when that is behind it, so that a sweep never stands still. At least two rows
// must be asked for.
func (p Place) After(last Row, asked int, more bool, slack time.Duration) string {
	switch {
	case !more:
		return ""
	case last.At.After(p.At.Add(slack)):
		return Place{At: last.At}.String()
	}
	return Place{At: p.At, skip: p.Offset() + asked, again: p.again, last: last.ID}.String()
}
