package rubric

import (
	"slices"
	"strings"
	"unicode"

	"github.com/abadojack/whatlanggo"
)

// guess is a language with whether to rely on it.
type guess struct {
	lang string // ISO 639-1, "" unknown
	sure bool
}

// candidates are the languages that texts in Latin letters are compared with:
// those with a lexicon, and others that would else be taken for one of them.
var candidates = map[whatlanggo.Lang]bool{whatlanggo.Eng: true, whatlanggo.Deu: true, whatlanggo.Fra: true, whatlanggo.Nld: true,
	whatlanggo.Spa: true, whatlanggo.Ita: true, whatlanggo.Por: true, whatlanggo.Pol: true, whatlanggo.Swe: true, whatlanggo.Dan: true,
	whatlanggo.Tur: true, whatlanggo.Ces: true, whatlanggo.Ron: true, whatlanggo.Hun: true, whatlanggo.Fin: true, whatlanggo.Ind: true, whatlanggo.Vie: true}

// detectBytes bounds how much of a text is looked at for its language.
const detectBytes = 480

// minLetters is where detection of texts in Latin letters begins to be worth
// something; measured on real reviews.
const minLetters = 40

// language guesses the language of a text: by its script where that settles it,
// else by its trigrams, and "unknown" rather than a bad guess.
func (s *scan) language() guess {
	var kana, han, hangul, latinLetters, other int
	var script string
	for _, g := range s.glyphs {
		switch r := g.r; {
		case latin(r):
			latinLetters++
		case r < 0x80 || !unicode.IsLetter(r):
		case unicode.In(r, unicode.Hiragana, unicode.Katakana):
			kana++
		case unicode.Is(unicode.Han, r):
			han++
		case unicode.Is(unicode.Hangul, r):
			hangul++
		default:
			if name := scriptLanguage(r); name != "" {
				script = name
			}
			other++
		}
	}
	// One sign of these scripts says as much as two or three Latin letters.
	wide := kana + han + hangul
	switch {
	case wide*3 > latinLetters && kana > 0 && kana*8 >= han:
		return guess{"ja", wide >= 6}
	case wide*3 > latinLetters && hangul > han:
		return guess{"ko", wide >= 6}
	case wide*3 > latinLetters && han > 0:
		return guess{"zh", wide >= 12 && kana == 0}
	case other > latinLetters/2:
		return guess{script, script != "" && other >= 20}
	case s.foreignScript() > latinLetters/2:
		return guess{"ru", s.foreignScript() >= 20}
	case latinLetters < minLetters:
		return s.byCommonWords(guess{})
	}
	// Counting little words is quick and settles most texts; the trigrams of
	// whatlanggo are for the others.
	if g := s.byCommonWords(guess{}); g.sure {
		return g
	}
	text := s.text
	if len(text) > detectBytes {
		text = strings.ToValidUTF8(text[:detectBytes], "")
	}
	info := whatlanggo.DetectWithOptions(text, whatlanggo.Options{Whitelist: candidates})
	if info.Confidence == 0 { // of two languages equally near, either would be named, by chance
		return s.byCommonWords(guess{})
	}
	return s.byCommonWords(guess{info.Lang.Iso6391(), info.IsReliable()})
}

// byCommonWords lets the little words of the lexicons confirm a guess, or stand
// in for one where most words of a text are such words.
func (s *scan) byCommonWords(g guess) guess {
	if len(s.readings) == 0 || s.readings[0].letters {
		return g
	}
	r := s.readings[0]
	best, second, lang := 0, 0, ""
	for _, id := range s.lex.names["common"] {
		n := 0
		for range r.hits(id) {
			n++
		}
		switch {
		case n > best:
			best, second = n, best
			lang = s.lex.speech[id]
		case n > second:
			second = n
		}
	}
	clear := best >= 5 && best >= 2*second && best*4 >= len(r.toks)
	switch {
	case clear && (g.lang == "" || g.lang == lang || !g.sure):
		return guess{lang, true}
	case g.lang != "" && g.lang == lang && best > second && best*5 >= len(r.toks):
		return guess{lang, true}
	}
	return g
}

// byVocabulary tells the language of a text of few words by how many of them each
// lexicon knows at all; a short complaint has nouns and hardly a little word.
func (s *scan) byVocabulary() guess {
	if len(s.readings) == 0 || s.readings[0].letters {
		return guess{}
	}
	r := s.readings[0]
	known := make(map[string]map[int32]bool)
	for id, lang := range s.lex.owner {
		for h := range r.hits(id) {
			if known[lang] == nil {
				known[lang] = make(map[int32]bool)
			}
			for t := h.tokFrom; t <= h.tokTo; t++ {
				known[lang][t] = true
			}
		}
	}
	best, second, lang := 0, 0, ""
	for _, l := range sortedKeys(known) {
		switch n := len(known[l]); {
		case n > best:
			best, second, lang = n, best, l
		case n > second:
			second = n
		}
	}
	if best < 4 || best < 2*second || 2*best < len(r.toks) {
		return guess{}
	}
	return guess{lang, true}
}

// foreignScript counts Greek and Cyrillic letters of the original text, which
// the plain form has replaced by look-alikes.
func (s *scan) foreignScript() int {
	n := 0
	for _, r := range s.text {
		if r > 0x370 && r < 0x530 && unicode.IsLetter(r) {
			n++
		}
	}
	return n
}

func scriptLanguage(r rune) string {
	for _, s := range []struct {
		table *unicode.RangeTable
		lang  string
	}{{unicode.Cyrillic, "ru"}, {unicode.Greek, "el"}, {unicode.Arabic, "ar"}, {unicode.Hebrew, "he"}, {unicode.Thai, "th"}, {unicode.Devanagari, "hi"}} {
		if unicode.Is(s.table, r) {
			return s.lang
		}
	}
	return ""
}

// base is the primary language of a BCP 47 tag, in lower case.
func base(tag string) string {
	tag = strings.ToLower(strings.TrimSpace(tag))
	if i := strings.IndexAny(tag, "-_"); i >= 0 {
		tag = tag[:i]
	}
	if tag == "und" || tag == "mul" || tag == "zxx" {
		return ""
	}
	return tag
}

// languages are the lexicons that apply to the reply: what it claims to be in,
// what it looks like, and English, which is mixed into everything.
func (c *checker) languages() map[int]bool {
	m := make(map[int]bool)
	for _, l := range []string{base(c.Language), c.language.lang, "en"} {
		if i := slices.Index(c.lex.langs, l); i >= 0 {
			m[i] = true
		}
	}
	if !c.language.sure {
		if i := slices.Index(c.lex.langs, c.source.lang); i >= 0 {
			m[i] = true
		}
		if len(m) == 1 && c.language.lang == "" {
			return nil // too little text to tell: every lexicon
		}
	}
	return m
}

// languageMatch: a reply is in the language of its review.
func (c *checker) languageMatch() {
	if c.Review.StarOnly() && c.ReviewLanguage == "" && c.Review.Language == "" {
		c.claimedLanguage()
		return
	}
	reply, source := c.language, c.source
	claimed := base(c.Language)
	switch {
	case source.lang == "" || !source.sure:
		c.claimedLanguage()
	case reply.sure && reply.lang != source.lang && !c.declared() && c.original.loaned(source.lang, reply.lang):
		c.warn(LanguageMatch, "", "The review is too short to tell its language for certain; please check that "+languageName(reply.lang)+" is right.")
	case reply.sure && reply.lang != source.lang:
		c.block(LanguageMatch, "", "The reply is in "+languageName(reply.lang)+" and the review in "+languageName(source.lang)+"; answer in the language of the review.")
	case reply.sure:
		c.claimedLanguage()
	case claimed != "" && claimed != source.lang:
		c.block(LanguageMatch, "", "The draft is marked as "+languageName(claimed)+" and the review is in "+languageName(source.lang)+"; answer in the language of the review.")
	case claimed == "" && reply.lang != source.lang:
		c.warn(LanguageMatch, "", "The language of the reply could not be recognised; please check that it is "+languageName(source.lang)+".")
	}
}

// declared tells whether somebody said what language the review is in.
func (c *checker) declared() bool { return base(firstOf(c.ReviewLanguage, c.Review.Language)) != "" }

// loaned tells that a text is short, that most of its words are unknown to the
// lexicon of the language that it seems to be in, and that some are known to the
// other's: "Huisje in the middle of nowhere" is not English for certain.
func (s *scan) loaned(from, to string) bool {
	const long = 14 // words
	if len(s.readings) == 0 || s.readings[0].letters || len(s.readings[0].toks) >= long || !slices.Contains(s.lex.langs, from) {
		return false
	}
	return 2*s.known(from) < len(s.readings[0].toks) && s.known(to) > 1
}

// known counts the words of a text that the lexicon of a language knows.
func (s *scan) known(lang string) int {
	known := make(map[int32]bool)
	for id, owner := range s.lex.owner {
		if owner != lang {
			continue
		}
		for h := range s.readings[0].hits(id) {
			for t := h.tokFrom; t <= h.tokTo; t++ {
				known[t] = true
			}
		}
	}
	return len(known)
}

// claimedLanguage compares the text with what the draft says of itself.
func (c *checker) claimedLanguage() {
	if claimed := base(c.Language); claimed != "" && c.language.sure && claimed != c.language.lang {
		c.block(LanguageMatch, "", "The draft is marked as "+languageName(claimed)+" but reads like "+languageName(c.language.lang)+"; write it again in one language.")
	}
}

// humanOnly: the checks cannot read every language, and say so.
func (c *checker) humanOnly() {
	lang := base(c.Language)
	if c.language.sure {
		lang = c.language.lang
	}
	if lang == "" && c.language.lang != "" {
		lang = c.language.lang
	}
	if lang != "" && !slices.Contains(c.lex.langs, lang) {
		c.warn(HumanOnly, "", "The checks cannot read "+languageName(lang)+"; a person who does must look for promises, threats, blame and requests to change the review.")
	}
}

var languageNames = map[string]string{"en": "English", "de": "German", "fr": "French", "nl": "Dutch", "ja": "Japanese", "es": "Spanish",
	"ko": "Korean", "it": "Italian", "pt": "Portuguese", "zh": "Chinese", "ru": "Russian", "pl": "Polish", "sv": "Swedish", "da": "Danish",
	"tr": "Turkish", "cs": "Czech", "ro": "Romanian", "hu": "Hungarian", "fi": "Finnish", "id": "Indonesian", "vi": "Vietnamese",
	"el": "Greek", "ar": "Arabic", "he": "Hebrew", "th": "Thai", "hi": "Hindi"}

func languageName(lang string) string {
	if n, ok := languageNames[lang]; ok {
		return n
	}
	if lang == "" {
		return "another language"
	}
	return "the language " + lang
}
