package slackbot

import (
	"strings"

	"github.com/evenkeel/evenkeel/bot"
)

// fallback says the whole card in words, its summary first, escaped and within
// the 4,000 characters that chat.update takes. Screen readers and
// notifications read it instead of the blocks.
func fallback(c bot.Card) string {
	var room [2 << 10]byte // as much as most cards take; on the stack
	all := room[:0]
	add := func(s string) {
		if s = strings.TrimSpace(visible(s)); s == "" {
			return
		}
		if len(all) > 0 {
			all = append(all, '\n')
		}
		all = append(all, s...)
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
	can := make([]string, 0, len(c.Buttons)+len(c.Selects))
	for _, b := range c.Buttons {
		can = append(can, b.Label)
	}
	for _, s := range c.Selects {
		can = append(can, s.Label)
	}
	if len(can) > 0 {
		add("You can: " + strings.Join(can, ", "))
	}
	return escapeWithin(string(all), maxFallback)
}

// spoken says a block.
func spoken(b bot.Block) string {
	if b.Heading == "" && len(b.Items)+len(b.Spans) == 0 {
		return b.Text
	}
	var s strings.Builder
	s.Grow(512)
	write := func(words ...string) {
		for _, w := range words {
			s.WriteString(w)
		}
	}
	if b.Heading != "" {
		write(b.Heading, ": ")
	}
	write(b.Text)
	for _, l := range b.Items {
		if s.Len() > 0 {
			write("\n")
		}
		write(said[l.Mark])
		if l.Label != "" {
			write(l.Label, ": ")
		}
		write(l.Text)
	}
	for _, p := range b.Spans {
		switch p.Kind {
		case bot.Added:
			write("[added: ", p.Text, "]")
		case bot.Deleted:
			write("[removed: ", p.Text, "]")
		default:
			write(p.Text)
		}
	}
	return s.String()
}

// escapeWithin escapes s so that the result has at most n code points and no
// half escape.
func escapeWithin(s string, n int) string {
	e := escape(s)
	for k := n; len(e) > n && runeLen(e) > n; k -= max(1, (runeLen(e)-n)/5) {
		e = escape(cut(s, k))
	}
	return e
}
