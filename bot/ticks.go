package bot

import (
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
)

// tickLabels are ticks as people read them.
func tickLabels(ticks []string) []string {
	labels := map[string]string{"calm": "calm", "points": "every point answered", "personal": "personal", "promises": "promises covered"}
	out := make([]string, len(ticks))
	for n, t := range ticks {
		out[n] = labels[t]
	}
	return out
}

// ticks offers to approve and say in the same press what was looked at: all of
// it, or all but one.
func (p painter) ticks(card *Card, t commands.Token) {
	if !review.May(review.Lead, "approve", p.c.Status) {
		return
	}
	all := review.Ticks()
	s := Select{Label: "Approve and say what you looked at…", Token: t, Options: []commands.Option{{Value: "all", Label: "All: " + strings.Join(tickLabels(all), ", ")}}}
	for n, missing := range all {
		rest := slices.Delete(slices.Clone(all), n, n+1)
		s.Options = append(s.Options, commands.Option{Value: strings.Join(rest, ","), Label: "All but: " + tickLabels([]string{missing})[0]})
	}
	s.Token.Case = p.c.ID
	card.Selects = append(card.Selects, s)
}
