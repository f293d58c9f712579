package llm

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
)

//go:embed lexicon
var lexiconFiles embed.FS

// Languages lists the languages in which the built-in drafter writes and the
// rules read.
var Languages = []string{"en", "de", "fr", "nl", "ja", "es", "ko"}

// Topics is the closed list of what a claim can be about. "other" is last.
var Topics = []string{
	"delivery", "product", "staff", "support", "price", "returns", "waiting", "cleanliness", "noise",
	"food", "room", "location", "app", "login", "billing", "booking", "other",
}

// lexicon is one language's data file.
type lexicon struct {
	Language     string           `yaml:"-"`
	List         [2]string        `yaml:"list"` // between the members of a list, and before its last
	Topics       map[string]topic `yaml:"topics"`
	Questions    map[string]string
	Negative     terms
	Positive     terms
	Negators     terms
	Insults      terms
	Strong       terms
	Splits       terms
	Weak         terms // words that say nothing by themselves
	Determiners  terms // words before which a capital letter is no sign of a name
	Names        terms // words that go with a person's name
	Units        terms
	Sensitive    map[string]terms
	Instructions map[string]terms
	Phrases      map[string][]string
}

// topic is one thing that reviews are about.
type topic struct {
	Label string // as it stands in a sentence
	Terms terms
}

// term is a word or phrase to look for.
type term struct {
	text        string
	left, right bool // letters may stand before, after
}

// terms are words to look for; in a file they are one string with commas. A
// star stands for any letters before or after.
type terms []term

// UnmarshalYAML implements the YAML package's interface.
func (t *terms) UnmarshalYAML(b []byte) error {
	var s string
	if err := yaml.Unmarshal(b, &s); err != nil {
		return err
	}
	for part := range strings.SplitSeq(s, ", ") {
		part = strings.Trim(part, " ")
		core := fold(strings.Trim(part, "*")).text
		if core == "" {
			continue
		}
		*t = append(*t, term{text: core, left: strings.HasPrefix(part, "*"), right: strings.HasSuffix(part, "*")})
	}
	return nil
}

// hit is where a term stands in a folded text.
type hit struct{ start, end int }

// find returns where the terms stand in text, longest first at each place,
// none inside another. Scripts without spaces know no word boundaries.
func (t terms) find(text string) []hit {
	var hits []hit
	for _, x := range t {
		for from := 0; ; {
			i := strings.Index(text[from:], x.text)
			if i < 0 {
				break
			}
			h := hit{from + i, from + i + len(x.text)}
			if x.bounded(text, h) {
				hits = append(hits, h)
			}
			from = h.end
		}
	}
	slices.SortFunc(hits, func(a, b hit) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return b.end - a.end
	})
	out := hits[:0]
	for _, h := range hits {
		if len(out) == 0 || h.start >= out[len(out)-1].end {
			out = append(out, h)
		}
	}
	return out
}

func (t terms) in(text string) bool { return len(t.find(text)) > 0 }

// bounded tells whether the hit is a word of its own, as far as x asks.
func (x term) bounded(text string, h hit) bool {
	first, _ := utf8.DecodeRuneInString(x.text)
	if unbroken(first) {
		return true
	}
	before, _ := utf8.DecodeLastRuneInString(text[:h.start])
	after, _ := utf8.DecodeRuneInString(text[h.end:])
	return (x.left || !wordRune(before)) && (x.right || !wordRune(after))
}

func wordRune(r rune) bool { return unicode.IsLetter(r) && !unbroken(r) || unicode.IsDigit(r) }

// unbroken tells letters of scripts whose words are not set apart, or carry
// endings without a break.
func unbroken(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
}

// lexicons loads the data files, each when it is first needed: a program that
// answers in two languages pays for two.
type lexicons map[string]func() (*lexicon, error)

func newLexicons() lexicons {
	ls := make(lexicons, len(Languages))
	for _, lang := range Languages {
		ls[lang] = sync.OnceValues(func() (*lexicon, error) { return loadLexicon(lang) })
	}
	return ls
}

func loadLexicon(lang string) (*lexicon, error) {
	b, err := lexiconFiles.ReadFile("lexicon/" + lang + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("the words for %q: %w", lang, err)
	}
	lex := &lexicon{Language: lang}
	if err := yaml.UnmarshalWithOptions(b, lex, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("the words for %q: %w", lang, err)
	}
	return lex, nil
}

// get is the lexicon of a tag's language; nil when there is none.
func (ls lexicons) get(tag string) *lexicon {
	load, ok := ls[base(tag)]
	if !ok {
		return nil
	}
	lex, err := load()
	if err != nil {
		panic(err) // a broken data file is a broken build, as with template.Must; a test loads them all
	}
	return lex
}

// topicOf is the topic that text (folded) speaks of most, "other" for none.
func (lex *lexicon) topicOf(text string) string {
	best, most := "other", 0
	for _, name := range Topics { // in order, so that a tie is always settled alike
		weight := 0
		for _, h := range lex.Topics[name].Terms.find(text) {
			weight += 1 + (h.end-h.start)/6 // a long term says more than a short one
		}
		if weight > most {
			best, most = name, weight
		}
	}
	return best
}

// mood counts what speaks well and ill in text (folded). A good word after
// "not" is an ill one, an ill one after "no" is neither.
func (lex *lexicon) mood(text string) (good, ill int) {
	bad, fine := lex.Negative.find(text), lex.Positive.find(text)
	for _, h := range fine {
		if covered(h, bad) {
			continue
		}
		if lex.negated(text, h) {
			ill++
		} else {
			good++
		}
	}
	for _, h := range bad {
		if !covered(h, fine) && !lex.negated(text, h) {
			ill++
		}
	}
	return good, ill
}

// covered tells that h lies inside a longer hit.
func covered(h hit, others []hit) bool {
	return slices.ContainsFunc(others, func(o hit) bool {
		return o.start <= h.start && h.end <= o.end && o.end-o.start > h.end-h.start
	})
}

// negated tells that one of the two words before h turns it round.
func (lex *lexicon) negated(text string, h hit) bool {
	if len(lex.Negators) == 0 {
		return false
	}
	before := text[:h.start]
	if i := strings.LastIndexAny(before, ".!?,;"); i >= 0 {
		before = before[i+1:]
	}
	words := strings.Fields(before)
	return lex.Negators.in(strings.Join(words[max(0, len(words)-2):], " "))
}
