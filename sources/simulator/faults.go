package simulator

import (
	"encoding/json"
	"slices"
	"time"
)

// Kind names what goes wrong.
type Kind string

// The kinds of fault. Those marked "before" happen instead of the call, those
// marked "after" when the platform has acted.
const (
	RateLimit    Kind = "rate_limit"   // before: 429, with the fault's Retry-After
	Fail         Kind = "fail"         // before: 503
	Hang         Kind = "hang"         // before: no answer until the caller gives up
	Cut          Kind = "cut"          // before: the connection is cut
	Forbid       Kind = "forbid"       // before: 403
	Unauthorized Kind = "unauthorized" // before: 401, as if the token were revoked
	Lose         Kind = "lose"         // after: the connection is cut before the answer
	LoseSlowly   Kind = "lose_slowly"  // after: no answer until the caller gives up
	Stumble      Kind = "stumble"      // after: 500
	Garble       Kind = "garble"       // after: 200 with half a JSON document
	Flood        Kind = "flood"        // after: 200 with a body without end
	Echo         Kind = "echo"         // before: 400 that repeats the caller's credentials
	Refuse       Kind = "refuse"       // moderation will refuse this reply, under Policy
)

var kinds = []Kind{RateLimit, Fail, Hang, Cut, Forbid, Unauthorized, Echo, Lose, LoseSlowly, Stumble, Garble, Flood, Refuse}

// The operations that faults and counts speak of.
const (
	OpList   = "list"
	OpRead   = "read"
	OpReply  = "reply"
	OpDelete = "delete"
	OpReport = "report"
)

// Fault is something that shall go wrong. The zero values of its conditions
// restrict nothing: Fault{Kind: Fail} fails every call until the faults are
// replaced.
type Fault struct {
	Kind   Kind      `json:"kind"`
	Ops    []string  `json:"ops,omitempty"`    // operations; empty = all
	Review string    `json:"review,omitempty"` // on this review only
	Every  int       `json:"every,omitempty"`  // every nth matching call; 0 = each
	Times  int       `json:"times,omitempty"`  // so many times; 0 = no end
	Until  time.Time `json:"until,omitzero"`   // by the platform's clock; zero = no end
	// RetryAfter is sent as it stands with RateLimit and Fail: "30", "soon", "".
	RetryAfter string `json:"retry_after,omitempty"`
	Policy     string `json:"policy,omitempty"` // of Refuse
}

// UnmarshalJSON reads a fault and refuses unknown kinds.
func (f *Fault) UnmarshalJSON(b []byte) error {
	type plain Fault
	if err := json.Unmarshal(b, (*plain)(f)); err != nil {
		return err
	}
	if !slices.Contains(kinds, f.Kind) {
		return &badRequest{"unknown kind of fault: " + string(f.Kind)}
	}
	return nil
}

// armed is a fault with what it counted.
type armed struct {
	Fault
	met, fired int
}

// strike tells whether the fault hits this call, and counts.
func (a *armed) strike(now time.Time, op, review string) bool {
	switch {
	case len(a.Ops) > 0 && !slices.Contains(a.Ops, op),
		a.Review != "" && a.Review != review,
		a.Times > 0 && a.fired >= a.Times,
		!a.Until.IsZero() && !now.Before(a.Until):
		return false
	}
	a.met++
	if a.Every > 1 && a.met%a.Every != 0 {
		return false
	}
	a.fired++
	return true
}
