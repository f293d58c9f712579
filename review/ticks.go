package review

import (
	"slices"
	"strings"
)

// Ticks are what an approver can say to have looked at, in the order in which
// they are shown: the tone, every point answered, written to this person, and
// promises covered. Saying it is voluntary; silence says nothing.
var ticks = []string{"calm", "points", "personal", "promises"}

// Ticks lists them.
func Ticks() []string { return slices.Clone(ticks) }

// ParseTicks reads "calm points", "calm, points", "all" or "".
func ParseTicks(s string) ([]string, error) {
	var given []string
	for _, w := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == ' ' || r == ',' }) {
		switch {
		case w == "all":
			given = append(given, ticks...)
		case slices.Contains(ticks, w):
			given = append(given, w)
		default:
			return nil, &InputError{Field: "what you looked at", Problem: "is any of " + strings.Join(ticks, ", ") + ", or all"}
		}
	}
	return inOrder(given), nil
}

// inOrder drops doubles and what is none.
func inOrder(given []string) []string {
	var out []string
	for _, t := range ticks {
		if slices.Contains(given, t) {
			out = append(out, t)
		}
	}
	return out
}

// Differing are the ticks that some approver gave and another one, who gave
// ticks too, did not.
func Differing(approvals []Approval) []string {
	var out []string
	for _, t := range ticks {
		yes, no := false, false
		for _, a := range approvals {
			if len(a.Ticks) > 0 {
				has := slices.Contains(a.Ticks, t)
				yes, no = yes || has, no || !has
			}
		}
		if yes && no {
			out = append(out, t)
		}
	}
	return out
}
