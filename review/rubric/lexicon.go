package rubric

import (
	"embed"
	"fmt"
	"io/fs"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed data
var data embed.FS

// lexicon is all that the files of data/lexicon say, made ready for matching.
type lexicon struct {
	langs    []string       // index = language number
	concepts map[string]int // "en/review" → concept
	names    map[string][]int
	sections map[string][]*pattern // by check: patterns of all languages
	openings map[string][]opening  // the same by what they begin with
	words    *trie                 // terms of languages with spaces, from the start of a word
	inner    *trie                 // terms that may begin inside a word
	loose    *trie                 // terms of words, for letters that stood apart
	letters  *trie                 // terms of languages without spaces
	owner    map[int]string        // core concepts → language
	core     map[int]bool          // concepts that reviews and facts are read for
	tongues  []tongue              // by language number
	topics   []string              // names of the concepts "topic …"
	speech   map[int]string        // concepts "common", also of languages without a lexicon → language
}

// coreNames are the concepts that the program looks up in reviews and facts,
// besides the topics. Patterns are for replies only.
var coreNames = func() map[string]bool {
	m := map[string]bool{"common": true, "generic": true, "legal": true, "police": true, "theft": true, "disputed": true, "fraud": true, "competitor": true, "menace": true, "untrue": true, "remedy": true, "spoken_digit": true, "not_granted": true, "monthname": true, "weekday": true,
		"kin": true, "kin_shown": true, "ailment": true, "ailment_sharp": true, "ailment_shown": true, "owing": true, "owing_shown": true}
	for _, names := range conceptsOf {
		for _, n := range names {
			m[n] = true
		}
	}
	for _, u := range timeUnits {
		m[u] = true
	}
	for _, n := range numberNames {
		m[n] = true
	}
	return m
}()

// pattern is one line of a lexicon: a row of elements with gaps, and what must
// not stand around it.
type pattern struct {
	lang    int
	kind    string // after the colon of its section
	elems   []element
	guards  []guard
	across  bool // may cross the end of a sentence
	letters bool
	line    string // file:line, for tests and for finding out why
}

// opening are the patterns of a section that begin with one concept, which is of
// one language; most do not occur in a text, and all of theirs are passed over.
type opening struct {
	concept, lang int
	letters       bool
	patterns      []*pattern
}

type element struct {
	concept int
	gap     int  // tokens allowed before it
	open    bool // the gap may hold stop words
}

type guardPlace int

const (
	before   guardPlace = iota // within three words before the match
	after                      // within two words after it
	inside                     // within the match
	sentence                   // anywhere in its sentence
	anywhere                   // anywhere in the text
)

type guard struct {
	place   guardPlace
	concept int
}

var places = map[string]guardPlace{"before": before, "after": after, "inside": inside, "sentence": sentence, "text": anywhere}

// lexicons reads the embedded files once. They are part of the program: a file
// that does not parse is a programming error, caught by the tests.
var lexicons = sync.OnceValue(func() *lexicon {
	lex, err := loadLexicons(data)
	if err != nil {
		panic(err)
	}
	return lex
})

func loadLexicons(fsys fs.FS) (*lexicon, error) {
	lex := &lexicon{concepts: map[string]int{}, names: map[string][]int{}, core: map[int]bool{}, sections: map[string][]*pattern{}, openings: map[string][]opening{},
		words: newTrie(), inner: newTrie(), loose: newTrie(), letters: newTrie()}
	files, err := fs.Glob(fsys, "data/lexicon/*.txt")
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		c := &compiler{lex: lex, file: path.Base(name), lang: len(lex.langs)}
		lex.langs = append(lex.langs, strings.TrimSuffix(c.file, ".txt"))
		if err := c.compile(string(text)); err != nil {
			return nil, err
		}
	}
	if err := lex.speeches(fsys); err != nil {
		return nil, err
	}
	lex.owner = make(map[int]string)
	for name, id := range lex.concepts {
		if lang, _, ok := strings.Cut(name, "/"); ok && lex.core[id] && slices.Contains(lex.langs, lang) {
			lex.owner[id] = lang
		}
	}
	for _, lang := range lex.langs {
		lex.tongues = append(lex.tongues, lex.tongueOf(lang))
	}
	for _, name := range sortedKeys(lex.names) {
		if strings.HasPrefix(name, "topic ") {
			lex.topics = append(lex.topics, name)
		}
	}
	for section, patterns := range lex.sections {
		at := make(map[int]int)
		for _, p := range patterns {
			first := p.elems[0].concept
			if _, ok := at[first]; !ok {
				at[first] = len(lex.openings[section])
				lex.openings[section] = append(lex.openings[section], opening{concept: first, lang: p.lang, letters: p.letters})
			}
			o := &lex.openings[section][at[first]]
			o.patterns = append(o.patterns, p)
		}
	}
	for _, t := range []*trie{lex.words, lex.inner, lex.loose, lex.letters} {
		t.freeze()
	}
	if len(lex.concepts) > math.MaxUint16 {
		return nil, fmt.Errorf("rubric: %d concepts are more than a reading can index", len(lex.concepts))
	}
	return lex, nil
}

// speeches reads the little words by which languages without a lexicon are told
// from those with one, and notes which concept speaks for which language.
func (l *lexicon) speeches(fsys fs.FS) error {
	l.speech = make(map[int]string)
	for _, lang := range l.langs {
		if id, ok := l.concepts[lang+"/common"]; ok {
			l.speech[id] = lang
		}
	}
	text, err := fs.ReadFile(fsys, "data/common.txt")
	if err != nil {
		return err
	}
	known := l.langs
	for i, line := range strings.Split(string(text), "\n") {
		lang, list, ok := strings.Cut(line, ":")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		l.langs = append(known[:len(known):len(known)], lang)
		c := &compiler{lex: l, file: "common.txt", lang: len(known), line: i + 1}
		id := c.concept("common")
		if err := c.terms(id, list); err != nil {
			return err
		}
		l.speech[id] = lang
	}
	l.langs = known
	return nil
}

// compiler reads one language's file.
type compiler struct {
	lex     *lexicon
	file    string
	lang    int
	letters bool
	section string
	line    int
}

func (c *compiler) errorf(format string, args ...any) error {
	return fmt.Errorf("rubric: %s:%d: %s", c.file, c.line, fmt.Sprintf(format, args...))
}

func (c *compiler) compile(text string) error {
	concept := ""
	var later []string // patterns are read after all concepts are known
	for i, line := range strings.Split(text, "\n") {
		c.line = i + 1
		body := strings.TrimSpace(line)
		switch {
		case body == "" || strings.HasPrefix(body, "#"):
		case strings.HasPrefix(body, "@letters"):
			c.letters = true
		case strings.HasPrefix(body, "["):
			c.section = strings.Trim(body, "[]")
			later = append(later, "["+c.section)
		case c.section == "words":
			if name, terms, ok := strings.Cut(body, ":"); ok && line[0] != ' ' {
				concept = strings.TrimSpace(name)
				body = terms
			}
			if concept == "" {
				return c.errorf("terms without a name")
			}
			if err := c.terms(c.concept(concept), body); err != nil {
				return err
			}
		default:
			later = append(later, strconv.Itoa(c.line)+" "+body)
		}
	}
	for _, l := range later {
		if s, ok := strings.CutPrefix(l, "["); ok {
			c.section = s
			continue
		}
		number, body, _ := strings.Cut(l, " ")
		c.line, _ = strconv.Atoi(number)
		if err := c.pattern(body); err != nil {
			return err
		}
	}
	return nil
}

// concept is the number of a named concept of this language.
func (c *compiler) concept(name string) int {
	key := c.lex.langs[c.lang] + "/" + name
	id, ok := c.lex.concepts[key]
	if !ok {
		id = len(c.lex.concepts)
		c.lex.concepts[key] = id
		c.lex.names[name] = append(c.lex.names[name], id)
		c.lex.core[id] = coreNames[name] || strings.HasPrefix(name, "topic ")
	}
	return id
}

func (c *compiler) terms(concept int, list string) error {
	for _, term := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == '、' }) {
		if term = strings.TrimSpace(term); term == "" {
			continue
		}
		if err := c.term(concept, term); err != nil {
			return err
		}
		if c.lex.langs[c.lang] == "en" && len(term) > 5 && strings.HasSuffix(term, "ing") {
			if err := c.term(concept, strings.TrimSuffix(term, "g")); err != nil { // "takin", "deletin"
				return err
			}
		}
		if c.lex.langs[c.lang] == "de" && strings.ContainsAny(term, "äöü") {
			if err := c.term(concept, strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue").Replace(term)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *compiler) term(concept int, term string) error {
	infix := strings.HasPrefix(term, "*")
	stem := strings.HasSuffix(term, "*")
	gs := marks(plain(strings.Trim(term, "*")), 0)
	var v *view
	to := c.lex.words
	switch {
	case c.letters:
		v, to, infix, stem = byLetters(&reading{view: new(view)}, gs).view, c.lex.letters, true, true
	case infix:
		v, to = byWords(&reading{view: new(view)}, gs).view, c.lex.inner
	default:
		v = byWords(&reading{view: new(view)}, gs).view
	}
	if len(v.runes) == 0 {
		return c.errorf("the term %q has no letters", term)
	}
	core := c.lex.core[concept]
	to.add(v.runes, termEnd{concept: int32(concept), stem: stem, core: core})
	if !infix && !c.letters && len(v.runes) >= 4 {
		// Letters that stood apart are joined to one run in which words have no
		// edges; see view.go.
		c.lex.loose.add(v.runes, termEnd{concept: int32(concept), stem: stem, core: core})
	}
	return nil
}

// pattern reads a line such as
//
//	<change> ..3 your ..2 <review> -- not after <system>
func (c *compiler) pattern(line string) error {
	section, kind, _ := strings.Cut(c.section, ":")
	section, kind = strings.TrimSpace(section), strings.TrimSpace(kind)
	body, notes, _ := strings.Cut(line, " -- ")
	p := pattern{lang: c.lang, kind: kind, letters: c.letters, line: fmt.Sprintf("%s:%d", c.file, c.line)}
	unordered := 0
	if head, rest, ok := strings.Cut(body, ":"); ok {
		switch f := strings.Fields(head); {
		case len(f) == 1 && f[0] == "across":
			p.across, body = true, rest
		case len(f) == 2 && f[0] == "any":
			n, err := strconv.Atoi(f[1])
			if err != nil {
				return c.errorf("any needs a number")
			}
			unordered, body = n, rest
		}
	}
	parts, err := c.elements(body)
	if err != nil {
		return err
	}
	if p.guards, err = c.guards(notes); err != nil {
		return err
	}
	for _, row := range variants(parts, unordered) {
		q := p
		q.elems = row
		c.lex.sections[section] = append(c.lex.sections[section], &q)
	}
	return nil
}

type part struct {
	element
	optional bool
}

func (c *compiler) elements(body string) ([]part, error) {
	var parts []part
	gap, open := 0, false
	for body = strings.TrimSpace(body); body != ""; body = strings.TrimSpace(body) {
		var item string
		switch body[0] {
		case '<', '(':
			end := strings.IndexByte(body, map[byte]byte{'<': '>', '(': ')'}[body[0]])
			if end < 0 {
				return nil, c.errorf("unclosed %q", body)
			}
			item, body = body[:end+1], body[end+1:]
		default:
			item, body, _ = strings.Cut(body, " ")
		}
		if n, ok := gapOf(item); ok {
			gap, open = n, item[0] == '~'
			continue
		}
		p := part{element: element{gap: gap, open: open}}
		gap, open = 0, false
		if strings.HasPrefix(body, "?") {
			p.optional, body = true, body[1:]
		}
		if s, ok := strings.CutSuffix(item, "?"); ok {
			p.optional, item = true, s
		}
		id, err := c.reference(item)
		if err != nil {
			return nil, err
		}
		p.concept = id
		parts = append(parts, p)
	}
	if len(parts) == 0 {
		return nil, c.errorf("an empty pattern")
	}
	return parts, nil
}

func gapOf(item string) (int, bool) {
	rest, ok := strings.CutPrefix(item, "..")
	if !ok {
		if rest, ok = strings.CutPrefix(item, "~"); !ok {
			return 0, false
		}
	}
	if rest == "" {
		return 3, true
	}
	n, err := strconv.Atoi(rest)
	return n, err == nil
}

// reference is the concept that an item stands for: a named one, a union of
// named ones, or words given on the spot.
func (c *compiler) reference(item string) (int, error) {
	if inner, ok := strings.CutPrefix(item, "<"); ok {
		names := strings.Split(strings.TrimSuffix(inner, ">"), "|")
		for _, n := range names {
			if _, ok := c.lex.concepts[c.lex.langs[c.lang]+"/"+n]; !ok {
				return 0, c.errorf("no concept named %q", n)
			}
		}
		if len(names) == 1 {
			return c.concept(names[0]), nil
		}
		union := c.concept("=" + inner)
		for _, n := range names {
			c.lex.union(c.concept(n), union)
		}
		return union, nil
	}
	id := c.concept("=" + item)
	for _, alternative := range strings.Split(strings.Trim(item, "()"), "|") {
		if name, ok := strings.CutPrefix(alternative, "<"); ok {
			from, ok := c.lex.concepts[c.lex.langs[c.lang]+"/"+strings.TrimSuffix(name, ">")]
			if !ok {
				return 0, c.errorf("no concept named %q", alternative)
			}
			c.lex.union(from, id)
			continue
		}
		if err := c.terms(id, alternative); err != nil {
			return 0, err
		}
	}
	return id, nil
}

func (c *compiler) guards(notes string) ([]guard, error) {
	var gs []guard
	for _, note := range strings.Split(notes, ";") {
		if note = strings.TrimSpace(note); note == "" {
			continue
		}
		note, ok := strings.CutPrefix(note, "not ")
		where, item, ok2 := strings.Cut(note, " ")
		place, ok3 := places[where]
		if !ok || !ok2 || !ok3 {
			return nil, c.errorf("cannot read the note %q", note)
		}
		id, err := c.reference(strings.TrimSpace(item))
		if err != nil {
			return nil, err
		}
		gs = append(gs, guard{place, id})
	}
	return gs, nil
}

// union makes every term of one concept count for another as well.
func (l *lexicon) union(from, to int) {
	for _, t := range []*trie{l.words, l.inner, l.loose, l.letters} {
		t.alias(int32(from), int32(to))
	}
}

// variants writes a pattern out: with and without its optional elements, and in
// every order when it is unordered.
func variants(parts []part, unordered int) [][]element {
	rows := [][]element{{}}
	for _, p := range parts {
		var grown [][]element
		for _, row := range rows {
			grown = append(grown, append(row[:len(row):len(row)], p.element))
			if p.optional {
				grown = append(grown, row)
			}
		}
		rows = grown
	}
	out := rows[:0]
	for _, row := range rows {
		if len(row) > 0 {
			out = append(out, row)
		}
	}
	if unordered == 0 {
		return out
	}
	var all [][]element
	for _, row := range out {
		for i := range row {
			row[i].gap, row[i].open = unordered, true
		}
		permute(row, 0, &all)
	}
	return all
}

func permute(row []element, k int, all *[][]element) {
	if k == len(row) {
		*all = append(*all, append([]element(nil), row...))
		return
	}
	for i := k; i < len(row); i++ {
		row[k], row[i] = row[i], row[k]
		permute(row, k+1, all)
		row[k], row[i] = row[i], row[k]
	}
}
