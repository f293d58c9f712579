package rubric

import (
	"io/fs"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// What belongs to a person's life is theirs to bring up: a reply that speaks of
// the family, the health or the money of somebody who said nothing of them, or
// that gives anybody's name, exposes them in whatever words.

// unspoken are families that a reply may use only if the review has a word of the
// second one.
var unspoken = []struct{ family, shown, message string }{
	{"kin", "kin_shown", "The reply brings up the customer's family or work, which the review does not mention; leave it out."},
	{"ailment", "ailment_shown", "The reply brings up somebody's health, which the review does not mention; leave it out."},
	{"ailment_sharp", "ailment_sharp", "The reply names an illness that the review does not; leave it out."},
	{"owing", "owing_shown", "The reply brings up somebody's money matters, which the review does not mention; leave it out."},
}

// unmentioned finds them.
func (c *checker) unmentioned() {
	for _, u := range unspoken {
		if c.original.hasConcept(u.shown) || c.original.hasConcept(u.family) || len(c.Review.Text()) == 0 {
			continue
		}
		for _, id := range c.lex.names[u.family] {
			if !c.spokenHere(id) || c.language.sure && c.lex.owner[id] != c.language.lang {
				continue
			}
			for _, r := range c.reply.readings {
				for h := range r.hits(id) {
					from, to := r.bytes(c.reply, h.from, h.to)
					c.block(PersonalData, c.Text[from:to], u.message)
				}
			}
		}
	}
}

// givenNames are names that are hardly another word.
var givenNames = sync.OnceValue(func() map[string]bool {
	raw, err := fs.ReadFile(data, "data/names.txt")
	if err != nil {
		panic(err) // embedded files are always readable
	}
	m := make(map[string]bool)
	for _, line := range strings.Split(string(raw), "\n") {
		_, list, ok := strings.Cut(line, ":")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		for _, n := range strings.Split(list, ",") {
			m[strings.TrimSpace(n)] = true
		}
	}
	return m
})

// properRE are words with a capital, with a second one that follows.
var properRE = regexp.MustCompile(`\p{Lu}\p{Ll}+(?:[ -]\p{Lu}\p{Ll}+)?`)

// persons finds given names in the middle of a text: whoever is greeted stands at
// its beginning, whoever signs at its end. The names of the reviewer, of the
// brand and of people whom the review names are not among them.
func (c *checker) persons() {
	const greeting, signature = 20, 40 // bytes
	for _, m := range properRE.FindAllStringIndex(c.Text, -1) {
		words := c.Text[m[0]:m[1]]
		first, rest, _ := strings.Cut(strings.ReplaceAll(words, "-", " "), " ")
		name := first
		if !givenNames()[name] {
			name = rest // "Then Darren"
		}
		if !givenNames()[name] || m[0] < greeting || c.shown(name) || strings.Contains(c.Review.Text(), name) {
			continue
		}
		if before := strings.TrimRight(c.Text[:m[0]], " "); len(c.Text)-m[1] < signature && !endsInLetter(before) {
			continue
		}
		c.block(PersonalData, words, "The reply names a person; leave the name out and speak of the team or of a colleague.")
	}
}

// endsInLetter tells a name inside a sentence from one that follows a mark, as
// that of somebody who signs does.
func endsInLetter(text string) bool {
	r, _ := utf8.DecodeLastRuneInString(text)
	return unicode.IsLetter(r)
}
