// Package quote finds again, in texts that others wrote, what one person wrote
// and how that person is called, and takes it out. It is what erasing a
// customer needs where their words were repeated: in a fact sheet, a rule of
// style, a note on a cause.
//
// A name counts as it was shown, in any case if it has several words. A quote
// is a run of words that the person wrote in this order, long enough that
// nobody writes it by chance; what is repeated in other words is not found. The
// package is pure.
package quote

import (
	"encoding/json"
	"strings"
	"unicode"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/words"
)

// How many words in the order of the original are a quote: of scripts that part
// words, and of those whose letters count as words.
const (
	run      = 5
	denseRun = 10
	wholeRun = 3 // a shorter text, repeated from its first word to its last
)

// Struck stands where words were.
const Struck = "(erased)"

// common are names that platforms give to people without one. Taking them out
// would tear holes into texts that speak of nobody.
var common = map[string]bool{
	"anonymous": true, "anonym": true, "anonyme": true, "anoniem": true, "anonimo": true, "匿名": true, "익명": true,
	"customer": true, "kunde": true, "kundin": true, "client": true, "cliente": true, "klant": true, "guest": true, "gast": true,
	"user": true, "a google user": true, "google user": true, "ein google nutzer": true, "verified buyer": true, "verified customer": true,
}

// Person is what is to be found of somebody. The zero value finds nothing.
type Person struct {
	names [][]word
	runs  map[string]bool // words of the person, run by run
	short [][]word        // whole texts shorter than a run
}

// Of collects names and words from all revisions of a review.
func Of(revisions ...review.Review) *Person {
	p := &Person{runs: map[string]bool{}}
	for _, r := range revisions {
		for _, name := range []string{r.Author, r.AuthorID} {
			if ws := cut(name); len(ws) > 0 && !common[joined(ws)] && len([]rune(joined(ws))) > 1 {
				p.names = append(p.names, ws)
			}
		}
		for _, text := range []string{r.Title, r.Body} {
			p.wrote(cut(text))
		}
	}
	return p
}

func (p *Person) wrote(ws []word) {
	long := false
	for i := range ws {
		if n := length(ws[i:]); n > 0 {
			p.runs[joined(ws[i:i+n])] = true
			long = true
		}
	}
	if !long && len(ws) >= wholeRun {
		p.short = append(p.short, ws)
	}
}

// length is how many words from the first on are a quote; 0 when there are not
// that many.
func length(ws []word) int {
	n := run
	if ws[0].dense {
		n = denseRun
	}
	if len(ws) < n {
		return 0
	}
	return n
}

// Strike takes names and quotes out of a text; found tells whether there were any.
func (p *Person) Strike(text string) (without string, found bool) {
	ws := cut(text)
	hit := make([]bool, len(ws))
	mark := func(at, n int) {
		for i := at; i < at+n; i++ {
			hit[i], found = true, true
		}
	}
	for i := range ws {
		for _, name := range p.names {
			if named(ws[i:], name) {
				mark(i, len(name))
			}
		}
		for _, short := range p.short {
			if begins(ws[i:], short) {
				mark(i, len(short))
			}
		}
		if n := length(ws[i:]); n > 0 && p.runs[joined(ws[i:i+n])] {
			mark(i, n)
		}
	}
	if !found {
		return text, false
	}
	var b strings.Builder
	end := 0
	for i, w := range ws {
		if !hit[i] {
			continue
		}
		if i == 0 || !hit[i-1] {
			b.WriteString(text[end:w.from])
			b.WriteString(Struck)
		}
		end = w.to
	}
	b.WriteString(text[end:])
	return b.String(), true
}

// StrikeIn does the same in every text of a JSON document, names of fields
// included; what is not JSON is a text.
func (p *Person) StrikeIn(doc string) (without string, found bool) {
	d := json.NewDecoder(strings.NewReader(doc))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil || d.More() {
		return p.Strike(doc)
	}
	v, found = p.strike(v)
	if !found {
		return doc, false
	}
	b, err := json.Marshal(v)
	if err != nil { // it was JSON: cannot happen
		return Struck, true
	}
	return string(b), true
}

func (p *Person) strike(v any) (any, bool) {
	found := false
	switch v := v.(type) {
	case string:
		return p.Strike(v)
	case []any:
		for i := range v {
			var f bool
			v[i], f = p.strike(v[i])
			found = found || f
		}
	case map[string]any:
		for k, inner := range v {
			inner, f := p.strike(inner)
			name, g := p.Strike(k)
			if g {
				delete(v, k)
			}
			if f || g {
				v[name], found = inner, true
			}
		}
	}
	return v, found
}

// word is a word of a text with its place, in bytes.
type word struct {
	folded   string
	plain    string
	dense    bool
	from, to int
}

// cut finds the words of a text; every letter of a script that does not part
// words is one.
func cut(text string) []word {
	var out []word
	open := false
	for i, r := range text {
		size := len(string(r))
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r):
			open = false
		case unicode.IsMark(r) && len(out) > 0 && out[len(out)-1].to == i:
			out[len(out)-1].to = i + size
		case words.Dense(r):
			out, open = append(out, word{from: i, to: i + size, dense: true}), false
		case open:
			out[len(out)-1].to = i + size
		default:
			out, open = append(out, word{from: i, to: i + size}), true
		}
	}
	for i := range out {
		out[i].plain = text[out[i].from:out[i].to]
		out[i].folded = words.Fold(out[i].plain)
	}
	return out
}

func joined(ws []word) string {
	var b strings.Builder
	for i, w := range ws {
		if i > 0 && !w.dense {
			b.WriteByte(' ')
		}
		b.WriteString(w.folded)
	}
	return b.String()
}

// named tells whether the words begin with a name. A single word that is a name
// is one only as it is written: “Rose” is, “rose” is not.
func named(ws, name []word) bool {
	return begins(ws, name) && (len(name) > 1 || ws[0].plain == name[0].plain)
}

func begins(ws, with []word) bool {
	if len(ws) < len(with) {
		return false
	}
	for i := range with {
		if ws[i].folded != with[i].folded {
			return false
		}
	}
	return true
}
