package llm

import (
	"embed"
	"fmt"
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

	index *index // of the lists that reviews are read for
	small *index // of Weak and Determiners
}

// The lists of a lexicon's index. After the last come those of [Topics].
const (
	negative list = iota
	positive
	insults
	strong
	splits
	stars
	names
	units
	sensitive // the first of those of classes
	topical   = sensitive + list(len(classes))
)

// The lists of a lexicon's index of small words.
const (
	weak list = iota
	determiners
)

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
	lex.index, lex.small = newIndex(lex.lists()...), newIndex(lex.Weak, lex.Determiners)
	return lex, nil
}

// lists are those that reviews are read for, by number.
func (lex *lexicon) lists() []terms {
	lists := []terms{
		negative: lex.Negative, positive: lex.Positive, insults: lex.Insults, strong: lex.Strong,
		splits: lex.Splits, stars: lex.Stars, names: lex.Names, units: lex.Units,
	}
	for _, c := range classes {
		lists = append(lists, lex.Sensitive[string(c)])
	}
	for _, name := range Topics {
		lists = append(lists, lex.Topics[name].Terms)
	}
	return lists
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
