package webconsole

import (
	"strings"

	"golang.org/x/net/html"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/commands"
)

// The tests read pages as a browser does: parsed by the rules of HTML, so that
// anything a stranger's text could open would be an element here.

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func hasAttr(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func hasClass(n *html.Node, class string) bool {
	return n.Type == html.ElementNode && strings.Contains(" "+attr(n, "class")+" ", " "+class+" ")
}

// find lists the elements for which is holds, in order.
func find(n *html.Node, is func(*html.Node) bool) []*html.Node {
	var out []*html.Node
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && is(d) {
			out = append(out, d)
		}
	}
	return out
}

func first(n *html.Node, is func(*html.Node) bool) *html.Node {
	if all := find(n, is); len(all) > 0 {
		return all[0]
	}
	return nil
}

func byTag(tag string) func(*html.Node) bool {
	return func(n *html.Node) bool { return n.Data == tag }
}

func byID(id string) func(*html.Node) bool {
	return func(n *html.Node) bool { return attr(n, "id") == id }
}

func byClass(class string) func(*html.Node) bool {
	return func(n *html.Node) bool { return hasClass(n, class) }
}

// ownLines are elements that begin a line of their own.
var ownLines = map[string]bool{"p": true, "div": true, "li": true, "h1": true, "h2": true, "h3": true, "h4": true, "dt": true, "dd": true,
	"blockquote": true, "article": true, "section": true, "summary": true, "form": true, "ul": true, "ol": true, "dl": true, "details": true, "header": true}

// read is the text of an element as a reader gets it. White space of the
// template is folded, that of texts (in bdi, as the style sheet says) is kept.
func read(n *html.Node) string {
	var b strings.Builder
	var walk func(n *html.Node, kept bool)
	walk = func(n *html.Node, kept bool) {
		switch {
		case n.Type == html.TextNode && kept:
			b.WriteString(n.Data)
		case n.Type == html.TextNode:
			if f := strings.Join(strings.Fields(n.Data), " "); f != "" {
				b.WriteString(f + " ")
			}
		case n.Type == html.ElementNode && (n.Data == "script" || n.Data == "style"):
			return
		}
		line := n.Type == html.ElementNode && ownLines[n.Data]
		if line && !strings.HasSuffix(b.String(), "\n") {
			b.WriteString("\n")
		}
		for c := range n.ChildNodes() {
			walk(c, kept || n.Data == "bdi" || n.Data == "textarea")
		}
		if line && !strings.HasSuffix(b.String(), "\n") {
			b.WriteString("\n")
		}
	}
	walk(n, false)
	return strings.TrimSpace(b.String())
}

// seenCard reads a card's article.
func seenCard(n *html.Node) bottest.Seen {
	seen := bottest.Seen{Text: read(n), Summary: attr(n, "aria-label")}
	inMenu := map[*html.Node]bool{}
	for _, menu := range find(n, byTag("details")) {
		if !hasAttr(menu, "data-token") {
			continue
		}
		sel := bottest.Select{Label: read(first(menu, byTag("summary"))), Token: attr(menu, "data-token")}
		for _, b := range find(menu, byTag("button")) {
			inMenu[b] = true
			t, err := commands.ParseToken(attr(b, "value"))
			if err != nil {
				t.Arg = err.Error()
			}
			sel.Options = append(sel.Options, commands.Option{Value: t.Arg, Label: read(b)})
		}
		seen.Selects = append(seen.Selects, sel)
	}
	for _, b := range find(n, byTag("button")) {
		if !inMenu[b] {
			seen.Buttons = append(seen.Buttons, bottest.Button{Label: read(b), Token: attr(b, "value"), Confirm: attr(b, "data-confirm")})
		}
	}
	seen.Links = links(n)
	for _, d := range find(n, byClass("spans")) {
		for _, s := range find(d, func(e *html.Node) bool {
			return e.Data == "ins" || e.Data == "del" || e.Data == "span" && !hasClass(e, "ctl")
		}) {
			kind := map[string]bot.SpanKind{"ins": bot.Added, "del": bot.Deleted, "span": bot.Same}[s.Data]
			var text strings.Builder
			for t := range s.Descendants() {
				if t.Type == html.TextNode {
					text.WriteString(t.Data)
				}
			}
			seen.Spans = append(seen.Spans, bot.Span{Kind: kind, Text: text.String()})
		}
	}
	return seen
}

// links are all elements that lead somewhere or load something.
func links(n *html.Node) []bot.Link {
	var out []bot.Link
	for _, e := range find(n, func(e *html.Node) bool { return hasAttr(e, "href") || hasAttr(e, "src") }) {
		out = append(out, bot.Link{Label: read(e), URL: attr(e, "href") + attr(e, "src")})
	}
	return out
}
