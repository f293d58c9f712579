package rubric

import (
	"regexp"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/review"
)

// detail: the reply takes up something of the review, and where the platform
// forbids quoting it does not quote.
func (c *checker) detail() {
	if c.Review.StarOnly() {
		return
	}
	if !c.policy.Quoting {
		c.quotes()
	}
	topics := c.original.topics(c.sourceLanguages())
	onTopic := func() bool {
		for t := range c.reply.topics(c.spoken) {
			if topics[t] {
				return true
			}
		}
		return false
	}
	if c.Verdict == review.VerdictThank {
		if !onTopic() {
			c.courtesyOnly()
		}
		return
	}
	if c.Verdict == review.Undecided && c.Review.Rating.Positive() && len(c.Claims) == 0 {
		return
	}
	if len(c.quoted) > 0 {
		return // it names the matter in the customer's own words
	}
	wanted := c.original.details()
	if len(wanted) == 0 && len(topics) == 0 || onTopic() {
		return
	}
	if c.language.sure && c.source.sure && c.language.lang != c.source.lang {
		return // languageMatch has said what is wrong
	}
	if c.taken(wanted) || c.coded() || c.timed() {
		return
	}
	c.block(ConcreteDetail, "", "The reply takes up nothing that the review says; name the item, place, date or event it is about.")
}

// taken tells whether the reply takes up one of the details of the review, or of
// a fact that was recorded for it: a number, or two words.
func (c *checker) taken(wanted []string) bool {
	have := c.reply.details()
	like := func(h string, of []string) bool {
		return slices.ContainsFunc(of, func(w string) bool { return akin(h, w) })
	}
	if slices.ContainsFunc(have, func(h string) bool { return like(h, wanted) }) {
		return true
	}
	for _, f := range c.facts {
		of, n := f.details(), 0
		for _, h := range have {
			if like(h, of) {
				if n++; digit(rune(h[0])) {
					n++
				}
			}
		}
		if n >= 2 {
			return true
		}
	}
	return false
}

// codeRE are words in capitals, such as a size or a kind of file.
var codeRE = regexp.MustCompile(`\b(?:[B-HJ-NP-TV-XZ]|[A-Z]{2,5}|\d+[A-Z]{1,2})\b`)

// coded tells whether a word in capitals of the review stands in the reply too.
func (c *checker) coded() bool {
	have := codeRE.FindAllString(c.Text, -1)
	return slices.ContainsFunc(codeRE.FindAllString(c.Review.Text(), -1), func(w string) bool { return slices.Contains(have, w) })
}

// timed tells whether a number, a weekday or a span of time of the review stands in
// the reply too, in figures or in words: "a month" for "30 days" it does not see.
func (c *checker) timed() bool {
	have := c.sourceTimes()
	return slices.ContainsFunc(timeTokens(c.reply), func(t string) bool {
		return t != "day" && t != "today" && t != "tomorrow" && t != "1" && slices.Contains(have, t)
	})
}

// courtesyOnly holds back thanks that would fit any review: not one word of
// theirs is a particular one.
func (c *checker) courtesyOnly() {
	if len(c.particular()) == 0 && c.original.telling() && c.language.sure {
		c.block(ConcreteDetail, "", "The reply would fit any review; thank for one thing that this one says.")
	}
}

// telling says of a review that it holds more than a judgement: "Good, thanks"
// leaves nothing to take up.
func (s *scan) telling() bool {
	const letters, words = 16, 3
	for _, r := range s.readings {
		if r.letters {
			return len(r.toks) >= letters
		}
	}
	return len(s.detailsBut("courtesy")) >= words
}

// particular are the details of the reply that are no words of courtesy.
func (c *checker) particular() []string {
	out := c.reply.detailsBut("courtesy")
	if !strings.ContainsFunc(c.Text, cjk) || katakanaRE.MatchString(courtesyKana.ReplaceAllString(c.Text, "")) {
		return out
	}
	return slices.DeleteFunc(out, func(w string) bool { return !strings.ContainsFunc(w, kanaless) }) // endings and particles
}

// kanaless tells letters that are no kana.
func kanaless(r rune) bool { return !kana(r) }

var (
	katakanaRE   = regexp.MustCompile(`\p{Katakana}{3,}`)
	courtesyKana = regexp.MustCompile(`レビュー|コメント|メッセージ|スタッフ|サービス|クチコミ`)
)

// topics are the concepts of the lexicons that name what a review is about
// ("topic delivery"), in the given languages (nil for all): what is courtesy in
// one ("gerecht werden") may be a dish in another ("gerecht").
func (s *scan) topics(langs map[int]bool) map[string]bool {
	m := make(map[string]bool)
	for i, lang := range s.lex.langs {
		if langs != nil && !langs[i] {
			continue
		}
		for _, name := range s.lex.topics {
			id, ok := s.lex.concepts[lang+"/"+name]
			if ok && slices.ContainsFunc(s.readings, func(r *reading) bool { return r.has(id) }) {
				m[name] = true
			}
		}
	}
	return m
}

// sourceLanguages are the lexicons that apply to the review: its own and
// English, or all when nobody can tell.
func (c *checker) sourceLanguages() map[int]bool {
	i := slices.Index(c.lex.langs, c.source.lang)
	if i < 0 || !c.source.sure {
		return nil
	}
	return map[int]bool{i: true, slices.Index(c.lex.langs, "en"): true}
}

// details are the words that tell something particular: not the little words of
// a language, not what stands in every review, and every number.
func (s *scan) details() []string { return s.detailsBut() }

// detailsBut are the details that no word of the named families is.
func (s *scan) detailsBut(families ...string) []string {
	var out []string
	for _, r := range s.readings {
		plainTok := s.plainTokens(r, families)
		if r.letters {
			out = append(out, runs(r, plainTok)...)
			continue
		}
		for i, t := range r.toks {
			w := string(r.runes[t.from:t.to])
			if plainTok[i] || len(w) < 4 && !digit(rune(w[0])) || len(w) < 2 || cjk(r.runes[t.from]) || r.runes[t.from] == blotted {
				continue
			}
			out = append(out, w)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// plainTokens marks the tokens that common and generic words cover.
func (s *scan) plainTokens(r *reading, more []string) []bool {
	plainTok := make([]bool, len(r.toks))
	for _, name := range append([]string{"common", "generic"}, more...) {
		for _, id := range s.lex.names[name] {
			for h := range r.hits(id) {
				for k := h.tokFrom; k <= h.tokTo; k++ {
					plainTok[k] = true
				}
			}
		}
	}
	return plainTok
}

// runs are the pairs of neighbouring characters in a text without spaces that no
// common word covers. Kana alone tells nothing (endings, particles) unless it
// was katakana, which the view has folded; so pairs must hold a Han or Hangul
// character, or be three kana or letters long.
func runs(r *reading, plainTok []bool) []string {
	var out []string
	for i := 0; i+1 < len(r.runes); i++ {
		if plainTok[i] || plainTok[i+1] || r.toks[i].sentence != r.toks[i+1].sentence {
			continue
		}
		a, b := r.runes[i], r.runes[i+1]
		if han(a) && !han(b) && (i == 0 || !han(r.runes[i-1])) {
			out = append(out, string(a)) // a word of one character, like 席
		}
		switch {
		case han(a) && han(b), hangul(a) && hangul(b), digit(a) && digit(b):
			out = append(out, string(r.runes[i:i+2]))
		case i+2 < len(r.runes) && !plainTok[i+2] && (kana(a) && kana(b) && kana(r.runes[i+2]) || latin(a) && latin(b) && latin(r.runes[i+2])):
			out = append(out, string(r.runes[i:i+3]))
		}
	}
	return out
}

func han(r rune) bool    { return r >= 0x4E00 && r <= 0x9FFF || r == '々' }
func hangul(r rune) bool { return r >= 0xAC00 && r <= 0xD7A3 }
func kana(r rune) bool   { return r >= 'ぁ' && r <= 'ん' || r == 'ー' }

// akin tells whether two words are forms of one: the same, or with a common
// beginning that is most of the shorter.
func akin(a, b string) bool {
	if a == b {
		return true
	}
	if digit(rune(a[0])) || digit(rune(b[0])) || a[0] >= 0x80 || b[0] >= 0x80 {
		return false
	}
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	short := min(len(a), len(b))
	if n >= 4 && n >= short-2 || n >= 6 {
		return true
	}
	return short >= 5 && (strings.Contains(a, b) || strings.Contains(b, a)) // a part of a compound
}

// quotes: no run of more than six words of the review, or more than fifteen
// characters where words are not set apart.
func (c *checker) quotes() {
	for _, r := range c.reply.readings {
		for _, o := range c.original.readings {
			if r.letters != o.letters {
				continue
			}
			limit := int32(7)
			if r.letters {
				limit = 16
			}
			if from, to, ok := shared(r, o, limit); ok {
				a, b := r.bytes(c.reply, r.toks[from].from, r.toks[to].to)
				c.block(ConcreteDetail, c.Text[a:b], "The reply quotes the review at length, which this platform does not allow; say it in your own words.")
				return
			}
		}
	}
}

// shared finds a run of n tokens that two readings have in common.
func shared(r, o *reading, n int32) (from, to int32, ok bool) {
	key := func(v *reading, i int32) string { return string(v.runes[v.toks[i].from:v.toks[i+n-1].to]) }
	have := make(map[string]bool)
	for i := int32(0); int(i+n) <= len(o.toks); i++ {
		have[key(o, i)] = true
	}
	for i := int32(0); int(i+n) <= len(r.toks); i++ {
		if have[key(r, i)] {
			return i, i + n - 1, true
		}
	}
	return 0, 0, false
}

// isCommon tells whether a word is one of the little or general words of a
// language, or one for what reviews are about: German writes those with a
// capital too ("dass der Kellner Suppe brachte").
func (l *lexicon) isCommon(word string) bool {
	s := coreScan(l, word)
	defer s.release()
	return s.hasConcept("common") || s.hasConcept("generic") || len(s.topics(nil)) > 0
}
