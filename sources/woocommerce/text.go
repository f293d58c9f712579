package woocommerce

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Escape writes plain text as WordPress stores it: as HTML.
func Escape(text string) string { return escaper.Replace(text) }

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// Plain is the text of stored or rendered HTML as visitors read it. Line breaks
// of the source count, as they do in WordPress, save those right behind a tag
// that breaks the line itself.
func Plain(stored string) string {
	p := plain{tokens: html.NewTokenizer(strings.NewReader(stored))}
	for p.next() {
	}
	if p.broke { // the breaks behind a last paragraph separate it from nothing
		return strings.TrimRight(p.out.String(), "\n")
	}
	return p.out.String()
}

type plain struct {
	tokens *html.Tokenizer
	out    strings.Builder
	tail   string // the last line breaks written, none or more
	broke  bool   // a tag has just broken the line
	mute   atom.Atom
}

// next takes one token; false at the end.
func (p *plain) next() bool {
	switch p.tokens.Next() {
	case html.ErrorToken:
		return false // the text is in memory: it can only have ended
	case html.TextToken:
		if p.mute == 0 {
			p.text(string(p.tokens.Text()))
		}
	case html.StartTagToken, html.SelfClosingTagToken:
		p.open(p.tag())
	case html.EndTagToken:
		p.close(p.tag())
	}
	return true
}

func (p *plain) tag() atom.Atom {
	name, _ := p.tokens.TagName()
	return atom.Lookup(name)
}

func (p *plain) open(tag atom.Atom) {
	switch {
	case tag == atom.Br:
		p.write("\n")
		p.broke = true
	case tag == atom.Script || tag == atom.Style:
		p.mute = tag
	case tag == atom.Li:
		p.apart(1)
		p.write("- ")
		p.broke = false
	case lines[tag] > 0:
		p.apart(lines[tag])
	}
}

func (p *plain) close(tag atom.Atom) {
	switch {
	case tag == p.mute:
		p.mute = 0
	case tag == atom.Li:
		p.apart(1)
	case lines[tag] > 0:
		p.apart(lines[tag])
	}
}

// lines is how many line breaks stand between an element and what surrounds it.
var lines = map[atom.Atom]int{
	atom.P: 2, atom.Blockquote: 2, atom.Ul: 2, atom.Ol: 2, atom.Pre: 2, atom.Table: 2, atom.Hr: 2,
	atom.H1: 2, atom.H2: 2, atom.H3: 2, atom.H4: 2, atom.H5: 2, atom.H6: 2,
	atom.Div: 1, atom.Tr: 1,
}

func (p *plain) text(s string) {
	if p.broke {
		s = strings.TrimPrefix(s, "\n")
	}
	if s == "" {
		return
	}
	p.broke = false
	p.write(s)
}

// apart puts n line breaks between what was written and what follows.
func (p *plain) apart(n int) {
	p.broke = true
	if p.out.Len() == 0 {
		return
	}
	if missing := n - len(p.tail); missing > 0 {
		p.tail = strings.Repeat("\n", n)
		p.out.WriteString(strings.Repeat("\n", missing))
	}
}

func (p *plain) write(s string) {
	p.out.WriteString(s)
	if rest := strings.TrimRight(s, "\n"); rest != "" {
		p.tail = ""
		s = s[len(rest):]
	}
	p.tail += s
}
