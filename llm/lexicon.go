package llm

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"

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
	Stars        terms // what a rating is counted in
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
func (lex *lexicon) topicOf(text *sifted) string {
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
func (lex *lexicon) mood(text *sifted) (good, ill int) {
	bad, fine := lex.Negative.find(text), lex.Positive.find(text)
	for _, h := range fine {
		if covered(h, bad) {
			continue
		}
		if lex.negated(text.text, h) {
			ill++
		} else {
			good++
		}
	}
	for _, h := range bad {
		if !covered(h, fine) && !lex.negated(text.text, h) {
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
	return lex.Negators.in(sift(strings.Join(words[max(0, len(words)-2):], " ")))
}
