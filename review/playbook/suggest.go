package playbook

import (
	"fmt"
	"slices"
	"strings"
)

// meant knows words that people write for ours and that no spelling distance
// would find.
var meant = map[string]string{
	"quorum": "approvals", "timezone": "time_zone", "tz": "time_zone", "humor": "humour",
	"opening_hours": "hours", "business_hours": "hours", "signature": "sign_off", "signatures": "sign_offs",
	"leads": "lead", "admin": "lead", "owner": "lead", "approvers": "approver", "responders": "responder",
	"viewers": "viewer", "type": "kind", "mail": "email", "mood": "heat", "rating": "stars", "delay": "cool_off",
	"staff": "staff_names", "domains": "link_domains", "links": "link_domains", "users": "people", "channel": "id",
}

// suggest is ` did you mean "x"?` for the nearest of words, or a list of them.
func suggest(wrong string, words []string) string {
	if near := nearest(wrong, words); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if len(words) == 0 {
		return "there are none yet"
	}
	return "choose from " + list(words)
}

// nearest is the word that was probably meant, "" when none is near.
func nearest(wrong string, words []string) string {
	plain := plainly(wrong)
	if w, ok := meant[strings.ToLower(wrong)]; ok && slices.Contains(words, w) {
		return w
	}
	best, least := "", len(plain)/3+1
	for _, w := range words {
		if d := distance(plain, plainly(w)); d < least || d == 0 {
			best, least = w, d
		}
	}
	return best
}

// plainly is a word without what people get wrong about it first.
func plainly(s string) string {
	if len(s) > 64 {
		s = s[:64]
	}
	return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(s))
}

// distance counts the letters to insert, delete, change or swap with their
// neighbour to make b of a.
func distance(a, b string) int {
	var last2 []int
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], last2[j-2]+1)
			}
		}
		last2, last = last, row
	}
	return last[len(b)]
}

// list is words as a sentence has them: "a, b and c".
func list(words []string) string {
	const most = 14
	if len(words) > most {
		words = append(slices.Clone(words[:most]), "others")
	}
	switch n := len(words); n {
	case 0:
		return ""
	case 1:
		return words[0]
	default:
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
}

// quote shows what somebody wrote: short, on one line, and not at all when it
// looks like a secret.
func quote(s string) string {
	if looksSecret(s) {
		return "this value"
	}
	if r := []rune(s); len(r) > 40 {
		s = string(r[:40]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
