package rubric

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// artefact is something that belongs into no published text.
type artefact struct {
	hints   []string // one of these must stand in the text; spares most expressions
	re      *regexp.Regexp
	message string
}

var artefacts = []artefact{
	{[]string{"{", "%"}, regexp.MustCompile(`\{\{[^}]*\}?\}?|\{%|%\{|\$\{[^}]*\}?|\{[\p{L}_ .\-]{2,40}\}|%[sd]\b|%\([a-z_]+\)s`), "The reply holds a placeholder; fill it in or leave it out."},
	{[]string{"["}, regexp.MustCompile(`\[[^\]\n]{2,60}\](?:\([^)\n]*\))?`), "The reply holds a placeholder or mark-up in brackets; fill it in or leave it out."},
	{[]string{"<"}, regexp.MustCompile(`</?[a-z!][^>\n]{0,200}>|<[!@#][^>\s]+>|<\|[^|]*\|>|<<[^>]*>>|<[^<>\n]{2,40}>`), "The reply holds mark-up or a placeholder; write plain text."},
	{[]string{"&"}, regexp.MustCompile(`&(?:[a-z]{2,8}|#\d{2,6}|#x[0-9a-f]{2,6});`), "The reply holds mark-up; write plain text."},
	{[]string{"`", "*", "_", "~"}, regexp.MustCompile("```|`[^`\n]+`|\\*\\*|__|~~[^~\n]+~~|(?:^|[\\s(])\\*[^*\\s][^*\n]*[^*\\s]\\*(?:[\\s.,!?)]|$)|(?:^|\\s)_[^_\\s][^_\n]*_(?:[\\s.,!?]|$)"), "The reply holds formatting signs; write plain text."},
	{[]string{"#", ">", "|"}, regexp.MustCompile(`(?m)^[ \t]*(?:#{1,6} \S|> ?\S|\|.*\|[ \t]*$)`), "The reply holds formatting signs; write plain text."},
	{[]string{"\n"}, regexp.MustCompile(`(?m)^[ \t]*[-*•·+–] +\S.*\n(?:[ \t]*\n)?[ \t]*[-*•·+–] +\S`), "The reply holds a list; write sentences."},
	{[]string{"---", "===", "***"}, regexp.MustCompile(`(?m)^[ \t]*(?:-{3,}|={3,}|\*{3,})[ \t]*$`), "The reply holds formatting signs; write plain text."},
	{[]string{"xx", "XX", "Xx", "xX", "orem", "OREM"}, regexp.MustCompile(`(?i)\bx{3,}\b|\blorem ipsum\b`), "The reply holds a placeholder; fill it in or leave it out."},
	{[]string{"_", "NA", "NO", "PR", "VORNAME", "DAT", "FECHA", "APELLIDO", "OO", "ㅇㅇ", "/", "r("}, regexp.MustCompile(`\b[A-Z]{2,}_[A-Z_]{2,}\b|\b(?:NAME|VORNAME|NACHNAME|NOMBRE|NOM|PRENOM|PRÉNOM|NAAM|APELLIDO|DATUM|DATE|FECHA)\b|\bO{2,}\b|ㅇ{2,}|\b(?:Herr|Mr|Monsieur|Señor|heer|Sr) ?/ ?(?:Frau|Mrs|Ms|Madame|Señora|mevrouw|Sra)|\b(?:geehrter?|Estimado|Querido|Cher|Estimad[oa]s?)(?:/-?|\()(?:r|n|a|e|as|es)?\b`), "The reply holds a placeholder; fill it in or leave it out."},
	{[]string{"("}, regexp.MustCompile(`(?i)\((?:first ?name|last ?name|name|customer(?: name)?|date|vorname|nachname|datum|prénom|prenom|nom|nombre|apellido|fecha|naam|voornaam|achternaam|insert[^)]{0,30}|お名前|氏名|名前|이름|성함)\)`), "The reply holds a placeholder; fill it in or leave it out."},
	{[]string{"TBD", "TODO", "TBA", "FIXME"}, regexp.MustCompile(`\b(?:TBD|TODO|TBA|FIXME)\b`), "The reply holds a placeholder; fill it in or leave it out."},
	{[]string{"___", "......"}, regexp.MustCompile(`_{3,}|\.{6,}`), "The reply holds a blank to be filled; fill it in or leave it out."},
	{[]string{"〇", "○", "◯", "●", "◎", "△", "□", "■", "【", "［", "〔", "｛", "《"}, regexp.MustCompile(`[〇○◯●◎△□■]{2,}|【[^】\n]{1,40}】|［[^］\n]{1,40}］|〔[^〕\n]{1,40}〕|｛[^｝\n]{1,40}｝|《[^》\n]{1,40}》`), "The reply holds a placeholder or mark-up; fill it in or leave it out."},
	{[]string{"\n"}, regexp.MustCompile(`(?m)^[ \t]*1[.)] +\S.*\n(?:[ \t]*\n)?[ \t]*2[.)] +\S`), "The reply holds a list; write sentences."},
	{[]string{":", "："}, regexp.MustCompile(`(?im)^[ \t]*"?(?:assistant|system|user|human|ai|output|response|reply|draft|antwort|entwurf|réponse|respuesta|antwoord|返信|回答|답변|답글)"?(?: ?[(\[（][^)\]）\n]{1,40}[)\]）])? ?[:：]`), "The reply carries the label of a draft or a prompt; leave it out."},
	{[]string{"{"}, regexp.MustCompile(`\{\s*"[^"]+"\s*:`), "The reply holds raw data of a machine; write plain text."},
}

// hygiene: nothing that a machine left behind, and nothing invisible.
func (c *checker) hygiene() {
	for _, a := range artefacts {
		if !slices.ContainsFunc(a.hints, func(h string) bool { return strings.Contains(c.Text, h) }) {
			continue
		}
		for _, m := range a.re.FindAllStringIndex(c.Text, findingsPerRule) {
			c.block(Hygiene, strings.TrimSpace(c.Text[m[0]:m[1]]), a.message)
		}
	}
	for _, sp := range c.reply.find(Hygiene, nil) {
		c.block(Hygiene, c.reply.words(sp), "The reply talks like a machine or about its instructions; write it as a person would.")
	}
	c.canary()
	c.hidden()
	c.addresses()
}

// canary: the secret of the prompt, however it is spaced or spelled.
func (c *checker) canary() {
	want := squeeze(plain(c.Canary))
	if len(want) < 4 {
		return
	}
	if strings.Contains(squeeze(c.reply.glyphs), want) {
		words := ""
		if strings.Contains(c.Text, c.Canary) {
			words = c.Canary
		}
		c.block(Hygiene, words, "The reply gives away a part of the instructions; throw it away and write another one.")
	}
}

func squeeze(gs []glyph) string {
	rs := make([]rune, 0, len(gs))
	for _, g := range gs {
		if wordRune(g.r) {
			rs = append(rs, g.r)
		}
	}
	return string(rs)
}

// hidden finds characters that do not show or pretend to be others.
func (c *checker) hidden() {
	var prev rune
	for i := 0; i < len(c.Text); {
		r, n := utf8.DecodeRuneInString(c.Text[i:])
		if r == utf8.RuneError && n == 1 {
			c.block(Hygiene, "", "The reply holds bytes that are no text; write it again.")
			return
		}
		i += n
		next, _ := utf8.DecodeRuneInString(c.Text[i:])
		if r >= 0x80 && invisible(r) && !harmless(r, prev, next) || r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0x7F {
			c.block(Hygiene, string(r), "The reply holds an invisible character; write the passage again without it.")
			break
		}
		prev = r
	}
	c.disguised()
}

// harmless tells the joiners of an emoji and accents of a letter.
func harmless(r, prev, next rune) bool {
	switch {
	case r == 0xFE0F, r == 0xFE0E: // how an emoji is drawn
		return unicode.IsSymbol(prev) || digit(prev) || prev == '#' || prev == '*' || prev == 0x203C || prev == 0x2049
	case r == 0x200D: // joins emoji
		return prev >= 0x2190 && !unicode.IsLetter(prev) && next >= 0x2190 && !unicode.IsLetter(next)
	case r == 0x20E3: // keycap
		return true
	case unicode.Is(unicode.Mn, r):
		return unicode.IsLetter(prev)
	}
	return false
}

// disguised finds words that mix alphabets and words written letter by letter.
func (c *checker) disguised() {
	start, hasLatin, hasOther := -1, false, false
	for i, r := range c.Text + " " {
		switch {
		case unicode.Is(unicode.Latin, r):
			hasLatin = true
		case unicode.In(r, unicode.Cyrillic, unicode.Greek, unicode.Armenian):
			hasOther = true
		case !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r) || cjk(r):
			if start >= 0 && hasLatin && hasOther {
				c.block(Hygiene, c.Text[start:i], "A word mixes letters of different alphabets; write it again.")
				return
			}
			start, hasLatin, hasOther = -1, false, false
			continue
		}
		if start < 0 {
			start = i
		}
	}
	for i := range c.reply.glyphs {
		if run, _, ok := spacedOut(c.reply.glyphs, i); ok && len(run) >= 5 {
			first, last := run[0].n, run[len(run)-1].n
			c.block(Hygiene, original(c.Text, c.reply.glyphs, int(first), int(last)+1), "A word is written letter by letter; write it plainly.")
			return
		}
	}
}

// addresses: links of other domains, and names with an @ that chat or platform
// would turn into a mention.
func (c *checker) addresses() {
	for _, l := range c.links {
		w := c.reply.source(l.from, l.to)
		switch {
		case !c.policy.Links:
			c.block(Hygiene, w, "This platform allows no links in replies; leave it out.")
		case !c.allowedLink(l):
			c.block(Hygiene, w, "The link does not belong to an allowed domain; leave it out or have the domain added to the playbook.")
		}
	}
	for _, h := range c.reply.handles(c.emails) {
		w := c.reply.source(h.from, h.to)
		if !overlaps(c.emails, h.from, h.to) && !c.listed(w) {
			c.block(Hygiene, w, "The reply mentions an account with @, which chat and platforms turn into a call; write the name without it.")
		}
	}
}

func (c *checker) listed(w string) bool {
	for _, a := range c.Contacts {
		if strings.EqualFold(strings.TrimSpace(a), w) {
			return true
		}
	}
	return false
}

func (c *checker) allowedLink(l found) bool {
	if c.contactOf(l) != "" {
		return true
	}
	if scheme, _, ok := strings.Cut(l.norm, ":"); ok && scheme != "https" && scheme != "http" && !strings.Contains(scheme, ".") {
		return false
	}
	h := host(l.norm)
	for _, d := range c.Links {
		if belongs(h, host(d)) {
			return true
		}
	}
	return false
}
