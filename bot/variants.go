package bot

import (
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/playbook"
)

// variants are the wishes that have a name. Every other wish is an instruction.
var variants = []string{"shorter", "warmer", "plainer", "formal", playbook.Light}

// offered are the variants that a card offers as buttons, in their order.
func (d *Desk) offered() []string {
	may := d.Playbook.Drafting().Variants
	return slices.DeleteFunc(slices.Clone(variants), func(v string) bool { return !slices.Contains(may, v) })
}

// vary turns a wish that names a variant into one, and tells what the draft
// will be as far as the team's rules are concerned. A light text stays light
// through every further wish that starts from its words: the rule that asks
// for two yeses must not be slipped by "shorter".
func (d *Desk) vary(c review.Case, r *llm.Request) (variant string, notes []string) {
	wish := strings.ToLower(strings.TrimSpace(r.Instruction))
	if slices.Contains(variants, wish) {
		variant, r.Instruction = wish, ""
	}
	if variant == playbook.Light && !d.Playbook.Drafting().Humour {
		variant = ""
		notes = append(notes, "The playbook leaves the light variant out; this is the plain one.")
	}
	r.Variant = variant
	if c.Draft == nil || c.Draft.Variant != playbook.Light {
		return variant, notes
	}
	if variant == "plainer" || variant == "formal" {
		r.Previous = "" // written afresh, so nothing of the light words is left
		return variant, notes
	}
	return playbook.Light, notes
}
