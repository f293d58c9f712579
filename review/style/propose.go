package style

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Edit is a machine's draft and what people published instead.
type Edit struct {
	Case     int64
	At       time.Time // of the publication
	Language string    // BCP 47
	Name     string    // the reviewer's, which greetings hold; "" when unknown
	Draft    string
	Final    string
}

// Proposal is a rule that the edits suggest.
type Proposal struct {
	Key      string  `json:"key"`  // tells it from others, the same each time
	Rule     string  `json:"rule"` // as the drafter would be told
	Why      string  `json:"why"`  // "in 4 of the last 10 changed drafts"
	Language string  `json:"language,omitempty"`
	Cases    []int64 `json:"cases,omitempty"` // where people did so, newest first
}

const (
	// Recent is how many of the latest edits of a language count.
	Recent = 10
	// Enough is in how many of them the same must have been done.
	Enough = 3

	// shorter and longer are the middle ratios from which length is a matter of
	// taste and not of the single case.
	shorter, longer = 0.8, 1.25
	// maxPhrases bounds the proposals about phrases, of each kind.
	maxPhrases = 5
	// longEdge bounds a greeting or sign-off, in characters.
	longEdge = 40
)

// Propose says what people keep changing, language by language: length,
// greeting and sign-off, phrases that go and phrases that come.
func Propose(edits []Edit) []Proposal {
	byLanguage := map[string][]Edit{}
	for _, e := range edits {
		if e.Draft != "" && e.Final != "" && e.Draft != e.Final {
			l := base(e.Language)
			byLanguage[l] = append(byLanguage[l], e)
		}
	}
	languages := make([]string, 0, len(byLanguage))
	for l := range byLanguage {
		languages = append(languages, l)
	}
	slices.Sort(languages)
	var out []Proposal
	for _, l := range languages {
		es := byLanguage[l]
		slices.SortStableFunc(es, func(a, b Edit) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.Case, a.Case)) })
		es = es[:min(len(es), Recent)]
		if len(es) >= Enough {
			out = append(out, proposeFor(l, es)...)
		}
	}
	return out
}

func base(tag string) string {
	b, _, _ := strings.Cut(strings.ToLower(tag), "-")
	return b
}

func proposeFor(language string, es []Edit) []Proposal {
	var out []Proposal
	add := func(key, rule string, cases []int64) {
		out = append(out, Proposal{
			Key: language + ":" + key, Rule: rule, Language: language, Cases: cases,
			Why: fmt.Sprintf("people did so in %d of the last %d drafts they changed", len(cases), len(es)),
		})
	}
	length(es, add)
	edge("open", "Open with", opening, es, add)
	edge("close", "Close with", closing, es, add)
	settled := func(phrase string) bool { // a greeting is not proposed twice
		return slices.ContainsFunc(out, func(p Proposal) bool { return strings.Contains(fold(p.Rule), phrase) })
	}
	for _, p := range phrases(es, func(e Edit) (from, to string) { return e.Final, e.Draft }, settled) {
		add("without:"+p.folded, "Leave out “"+p.words+"”.", p.cases)
	}
	for _, p := range phrases(es, func(e Edit) (from, to string) { return e.Draft, e.Final }, settled) {
		add("with:"+p.folded, "Say “"+p.words+"” where it fits.", p.cases)
	}
	return out
}

// length proposes shorter or longer replies when the middle edit says so, and
// enough of them do.
func length(es []Edit, add func(key, rule string, cases []int64)) {
	ratios := make([]float64, len(es))
	var cut, grown []int64
	for i, e := range es {
		ratios[i] = float64(utf8.RuneCountInString(e.Final)) / float64(utf8.RuneCountInString(e.Draft))
		switch {
		case ratios[i] <= shorter:
			cut = append(cut, e.Case)
		case ratios[i] >= longer:
			grown = append(grown, e.Case)
		}
	}
	slices.Sort(ratios)
	middle := ratios[len(ratios)/2]
	switch {
	case middle <= shorter && len(cut) >= Enough:
		add("shorter", "Keep replies shorter: people cut about "+part(1-middle)+".", cut)
	case middle >= longer && len(grown) >= Enough:
		add("longer", "Say a little more: people add about "+part(middle-1)+".", grown)
	}
}

// part is a share in words.
func part(share float64) string {
	switch {
	case share < 0.22:
		return "a fifth"
	case share < 0.29:
		return "a quarter"
	case share < 0.42:
		return "a third"
	case share < 0.6:
		return "half"
	}
	return "more than half"
}

// edge proposes a greeting or a sign-off that people keep putting in the place
// of the drafter's.
func edge(key, verb string, of func(string) string, es []Edit, add func(key, rule string, cases []int64)) {
	type change struct {
		to    string
		from  map[string]bool
		cases []int64
	}
	changes := map[string]*change{}
	for _, e := range es {
		from, to := nameless(of(e.Draft), e.Name), nameless(of(e.Final), e.Name)
		if to == "" || fold(from) == fold(to) {
			continue
		}
		c := changes[fold(to)]
		if c == nil {
			c = &change{to: to, from: map[string]bool{}}
			changes[fold(to)] = c
		}
		c.from[from] = true
		c.cases = append(c.cases, e.Case)
	}
	for _, folded := range sortedKeys(changes) {
		c := changes[folded]
		if len(c.cases) < Enough {
			continue
		}
		rule := fmt.Sprintf("%s “%s”", verb, c.to)
		if len(c.from) == 1 {
			for from := range c.from {
				if from != "" {
					rule += fmt.Sprintf(", not with “%s”", from)
				}
			}
		}
		add(key+":"+folded, rule+".", c.cases)
	}
}

// nameless puts a mark in the place of the reviewer's name.
func nameless(s, name string) string {
	for _, n := range append([]string{name}, strings.Fields(name)...) {
		if utf8.RuneCountInString(n) > 1 {
			s = strings.ReplaceAll(s, n, "(name)")
		}
	}
	return strings.ReplaceAll(s, "(name) (name)", "(name)")
}

// opening is the greeting: the first line when it is short, else the words
// before the first comma.
func opening(text string) string {
	first, _, more := strings.Cut(strings.TrimSpace(text), "\n")
	if more && utf8.RuneCountInString(first) <= longEdge {
		return trim(first)
	}
	if i := strings.IndexAny(first, ",，、:：!！"); i > 0 && utf8.RuneCountInString(first[:i]) <= longEdge {
		return trim(first[:i])
	}
	return ""
}

// closing is the sign-off: the last line when it is short, else what stands
// after the last full stop.
func closing(text string) string {
	text = strings.TrimSpace(text)
	if i := strings.LastIndex(text, "\n"); i >= 0 && utf8.RuneCountInString(text[i+1:]) <= longEdge {
		return trim(text[i+1:])
	}
	if i := strings.LastIndexAny(text, ".!?。！？"); i >= 0 {
		_, width := utf8.DecodeRuneInString(text[i:])
		if last := trim(text[i+width:]); utf8.RuneCountInString(last) <= longEdge {
			return last
		}
	}
	return ""
}

// trim takes spaces and marks off the ends.
func trim(s string) string { return strings.Trim(s, " \t,.，、。!！:：–—-") }

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
