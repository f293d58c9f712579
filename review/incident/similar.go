package incident

import (
	"slices"
	"strings"
	"time"
	"unicode"
)

// Signal is one complaint as the search for incidents sees it.
type Signal struct {
	Case     int64
	At       time.Time
	Source   string
	Language string   // BCP 47, "" unknown
	Cause    string   // in the spelling of review.PlainCause, "" unknown
	Topics   []string // of the complaint
	Text     string
	words    map[string]bool
}

// The measures of likeness. Complaints of one incident share what happened;
// one that only shares its subject does not count.
const (
	fewWords    = 3    // shared words that support a shared cause, in one language
	manyWords   = 4    // shared words that are enough by themselves …
	mostOfThem  = 0.45 // … when they are so large a part of the shorter text
	shortestRun = 5    // letters of a word that says something
	longestText = 4000 // bytes looked at
)

// Similar tells whether two complaints are about the same. Across languages
// the cause and, where both have them, a topic must agree; in one language the
// words must too. It is symmetric.
func Similar(a, b *Signal) bool {
	shared, part := overlap(a.bag(), b.bag())
	if shared >= manyWords && part >= mostOfThem {
		return true
	}
	if a.Cause == "" || a.Cause != b.Cause {
		return false
	}
	if !sameLanguage(a.Language, b.Language) {
		return len(a.Topics) == 0 || len(b.Topics) == 0 || slices.ContainsFunc(a.Topics, func(t string) bool { return slices.Contains(b.Topics, t) })
	}
	return shared >= fewWords
}

// Find looks for the incident that a complaint belongs to: all complaints like
// it that came at most `within` before it or after it, itself among them,
// oldest first. It is nil when they are fewer than `least`.
func Find(around Signal, all []Signal, least int, within time.Duration) []Signal {
	out := []Signal{around}
	for i := range all {
		s := &all[i]
		if s.Case == around.Case {
			continue
		}
		if gap := around.At.Sub(s.At).Abs(); gap <= within && Similar(&around, s) {
			out = append(out, *s)
		}
	}
	if len(out) < least {
		return nil
	}
	slices.SortFunc(out, func(a, b Signal) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return int(a.Case - b.Case)
	})
	return out
}

func sameLanguage(a, b string) bool {
	a, _, _ = strings.Cut(strings.ToLower(a), "-")
	b, _, _ = strings.Cut(strings.ToLower(b), "-")
	return a == b || a == "" || b == ""
}

// bag is the words of a complaint that say something: the longer ones, and
// pairs of letters where a script has no spaces.
func (s *Signal) bag() map[string]bool {
	if s.words != nil {
		return s.words
	}
	s.words = make(map[string]bool)
	text := s.Text
	if len(text) > longestText {
		text = text[:longestText]
	}
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) }) {
		runes := []rune(w)
		if spaceless(runes[0]) {
			for i := 0; i+1 < len(runes); i++ {
				s.words[string(runes[i:i+2])] = true
			}
		} else if len(runes) >= shortestRun {
			s.words[w] = true
		}
	}
	return s.words
}

func spaceless(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai)
}

// overlap counts the shared words, and says how large a part of the smaller
// bag they are.
func overlap(a, b map[string]bool) (shared int, part float64) {
	if len(a) > len(b) {
		a, b = b, a
	}
	for w := range a {
		if b[w] {
			shared++
		}
	}
	if len(a) == 0 {
		return 0, 0
	}
	return shared, float64(shared) / float64(len(a))
}

// Prepare reads the words of many signals once.
func Prepare(all []Signal) []Signal {
	for i := range all {
		all[i].bag()
	}
	return all
}
