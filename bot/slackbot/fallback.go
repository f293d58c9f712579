package slackbot

import (
	"strings"

	"github.com/evenkeel/evenkeel/bot"
)

// fallback says the whole card in words, its summary first, escaped and within
// the 4,000 characters that chat.update takes. Screen readers and
// notifications read it instead of the blocks.
func fallback(c bot.Card) string {
	var lines []string
	add := func(s string) {
		if s = strings.TrimSpace(visible(s)); s != "" {
			lines = append(lines, s)
		}
	}
	add(c.Summary)
	if c.Title != c.Summary {
		add(c.Title)
	}
	for _, b := range c.Blocks {
		if words := spoken(b); words != c.Summary { // an answer's only words are its summary
			add(words)
		}
	}
	for _, l := range c.Links {
		add(l.Label + ": " + l.URL)
	}
	var can []string
	for _, b := range c.Buttons {
		can = append(can, b.Label)
	}
	for _, s := range c.Selects {
		can = append(can, s.Label)
	}
	if len(can) > 0 {
		add("You can: " + strings.Join(can, ", "))
	}
	return escapeWithin(strings.Join(lines, "\n"), maxFallback)
}

// spoken says a block.
func spoken(b bot.Block) string {
	var s strings.Builder
	if b.Heading != "" {
		s.WriteString(b.Heading + ": ")
	}
	s.WriteString(b.Text)
	for _, l := range b.Items {
		if s.Len() > 0 {
			s.WriteString("\n")
		}
		s.WriteString(said[l.Mark])
		if l.Label != "" {
			s.WriteString(l.Label + ": ")
		}
		s.WriteString(l.Text)
	}
	for _, p := range b.Spans {
		switch p.Kind {
		case bot.Added:
			s.WriteString("[added: " + p.Text + "]")
		case bot.Deleted:
			s.WriteString("[removed: " + p.Text + "]")
		default:
			s.WriteString(p.Text)
		}
	}
	return s.String()
}

// escapeWithin escapes s so that the result has at most n code points and no
// half escape.
func escapeWithin(s string, n int) string {
	e := escape(s)
	for k := n; runeLen(e) > n; k -= max(1, (runeLen(e)-n)/5) {
		e = escape(cut(s, k))
	}
	return e
}
