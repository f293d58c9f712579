package discordbot

import (
	"strings"
	"unicode"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/bot/discordbot/discordtest"
	"github.com/evenkeel/evenkeel/commands"
)

// readMessage is what somebody sees of a message: its markdown as Discord
// renders it. What would act although it should not is listed under Mentions
// or Links, where the suite looks.
func readMessage(m discordtest.Message) bottest.Seen {
	var s bottest.Seen
	var questions []string
	add := func(text string) string {
		plain, links, spans, alive := readMarkdown(text)
		s.Links = append(s.Links, links...)
		s.Spans = append(s.Spans, spans...)
		s.Mentions = append(s.Mentions, alive...)
		return plain
	}
	s.Summary = add(m.Content)
	s.Text = s.Summary + "\n"
	for _, e := range m.Embeds {
		text := ""
		if d, ok := e["description"].(string); ok {
			text = add(d)
		}
		if head, on := strings.CutSuffix(text, continues); on {
			s.Text += head + " "
		} else if text != "" {
			s.Text += text + "\n"
		}
		for _, f := range objectsOf(e["fields"]) {
			s.Text += add(f["name"].(string)) + "\n"
			q := add(f["value"].(string))
			questions = append(questions, q)
			s.Text += q + "\n"
		}
	}
	var links []bot.Link
	for _, c := range m.Usable() {
		id := intOf(c.Raw["id"])
		switch {
		case c.URL != "":
			links = append(links, bot.Link{Label: c.Label, URL: c.URL})
		case c.Type == buttonPart:
			b := bottest.Button{Label: c.Label, Token: c.CustomID}
			if kindOf(id) == confirmKind && len(questions) > 0 {
				b.Confirm, questions = questions[0], questions[1:]
			}
			s.Buttons = append(s.Buttons, b)
		case c.CustomID == morePrefix:
			for _, o := range objectsOf(c.Raw["options"]) {
				s.Buttons = append(s.Buttons, bottest.Button{Label: o["label"].(string), Token: o["value"].(string)})
			}
		default:
			sel := bottest.Select{Token: c.CustomID}
			sel.Label, _ = c.Raw["placeholder"].(string)
			for _, o := range objectsOf(c.Raw["options"]) {
				sel.Options = append(sel.Options, commands.Option{Value: fromOption(o["value"].(string)), Label: o["label"].(string)})
			}
			s.Selects = append(s.Selects, sel)
		}
	}
	s.Links = append(links, s.Links...)
	s.Mentions = append(s.Mentions, m.Pings...)
	s.Silent = m.Flags&discordtest.FlagSilent != 0
	return s
}

func objectsOf(v any) []map[string]any {
	if l, ok := v.([]map[string]any); ok {
		return l
	}
	return objects(v)
}

// reader walks through markdown as Discord's client does, as far as the bot
// writes any; everything else that is alive in it is a finding.
type reader struct {
	in     []rune
	at     int
	out    strings.Builder
	bold   bool
	struck bool
	links  []bot.Link
	alive  []string
	spans  []bot.Span // of the paragraph
	diffs  []bot.Span
}

func readMarkdown(s string) (text string, links []bot.Link, spans []bot.Span, alive []string) {
	r := &reader{in: []rune(s)}
	for r.at < len(r.in) {
		r.step()
	}
	r.paragraph()
	if r.bold || r.struck {
		r.alive = append(r.alive, "a style that does not end")
	}
	return r.out.String(), r.links, r.diffs, r.alive
}

func (r *reader) has(s string) bool {
	return strings.HasPrefix(string(r.in[r.at:min(len(r.in), r.at+len(s))]), s)
}

func (r *reader) put(c rune) {
	r.out.WriteRune(c)
	kind := bot.Same
	switch {
	case r.struck:
		kind = bot.Deleted
	case r.bold:
		kind = bot.Added
	}
	if n := len(r.spans); n > 0 && r.spans[n-1].Kind == kind {
		r.spans[n-1].Text += string(c)
		return
	}
	r.spans = append(r.spans, bot.Span{Kind: kind, Text: string(c)})
}

// paragraph ends one: a diff is where something is struck out.
func (r *reader) paragraph() {
	struck := false
	for _, s := range r.spans {
		struck = struck || s.Kind == bot.Deleted
	}
	spans := r.spans
	r.spans = nil
	if !struck {
		return
	}
	if len(spans) > 0 && strings.TrimSpace(spans[0].Text) == "" {
		spans = spans[1:]
	}
	if len(spans) > 1 && spans[0].Kind == bot.Added && strings.HasPrefix(spans[1].Text, "\n") { // the heading
		spans = spans[1:]
		spans[0].Text = strings.TrimPrefix(spans[0].Text, "\n")
	}
	r.diffs = append(r.diffs, spans...)
}

func (r *reader) lineStart() bool {
	return r.at == 0 || r.in[r.at-1] == '\n'
}

func (r *reader) step() {
	c := r.in[r.at]
	if r.lineStart() {
		if r.has("> ") {
			r.at += 2
		}
		if r.has("-# ") {
			r.at += 3
		}
		rest := strings.TrimLeft(string(r.in[r.at:min(len(r.in), r.at+12)]), " \t")
		for _, mark := range []string{"# ", "## ", "### ", "- ", "* ", ">>> ", "> "} {
			if strings.HasPrefix(rest, mark) {
				r.alive = append(r.alive, "a line begins with "+mark)
			}
		}
		if digits := strings.TrimLeft(rest, "0123456789"); digits != rest && (strings.HasPrefix(digits, ". ") || strings.HasPrefix(digits, ") ")) {
			r.alive = append(r.alive, "a numbered list")
		}
		if r.at >= len(r.in) {
			return
		}
		c = r.in[r.at]
	}
	next := ' '
	if r.at+1 < len(r.in) {
		next = r.in[r.at+1]
	}
	switch {
	case c == '\\' && next < unicode.MaxASCII && !unicode.IsLetter(next) && !unicode.IsDigit(next) && !unicode.IsSpace(next):
		r.put(next)
		r.at += 2
		return
	case r.has("**"):
		r.bold = !r.bold
		r.at += 2
		return
	case r.has("~~"):
		r.struck = !r.struck
		r.at += 2
		return
	case c == '[' && r.link():
		return
	case c == '*' || c == '_' || c == '`' || r.has("||") || r.has("http://") || r.has("https://") || r.has("steam://"):
		r.alive = append(r.alive, "markdown: "+string(r.in[r.at:min(len(r.in), r.at+8)]))
	case c == '<' && strings.ContainsRune("@#:/ti", next), r.has("@everyone"), r.has("@here"):
		r.alive = append(r.alive, "mention: "+string(r.in[r.at:min(len(r.in), r.at+8)]))
	case c == ':' && (unicode.IsLetter(next) || unicode.IsDigit(next) || next == '_'):
		r.alive = append(r.alive, "perhaps an emoji: "+string(r.in[r.at:min(len(r.in), r.at+8)]))
	case r.has("\n\n"):
		r.paragraph()
	}
	r.put(c)
	r.at++
}

// link reads [label](<url>).
func (r *reader) link() bool {
	rest := string(r.in[r.at:])
	mid := strings.Index(rest, "](<")
	end := strings.Index(rest, ">)")
	if mid < 0 || end < mid || strings.Contains(rest[:mid], "\n") {
		r.alive = append(r.alive, "a bracket")
		return false
	}
	label, _, _, alive := readMarkdown(rest[1:mid])
	r.alive = append(r.alive, alive...)
	r.links = append(r.links, bot.Link{Label: label, URL: rest[mid+3 : end]})
	r.out.WriteString(label)
	r.at += len([]rune(rest[:end+2]))
	return true
}
