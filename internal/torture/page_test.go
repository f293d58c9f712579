package torture

import (
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// Pages are read as a browser does: parsed by the rules of HTML.

// row is a case in the console's list.
type row struct {
	ID    int64
	Step  string // what it waits for, in the console's words
	Waits bool   // for people
}

// page is a case's thread as a person sees it.
type page struct {
	Cards []card
}

// card is a message with buttons.
type card struct {
	Title   string
	Draft   string     // the words to be approved or posted, "" without
	Buttons []button   // that can be pressed
	Form    url.Values // what the browser sends beside the button
}

type button struct{ Label, Name, Value string }

// sheet is a form that a press opened.
type sheet struct {
	Action string
	Fields url.Values
}

// answer is what the console says to a press.
type answer struct {
	Notices []string
	Refused bool
	Sheet   *sheet
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func hasClass(n *html.Node, class string) bool {
	return strings.Contains(" "+attr(n, "class")+" ", " "+class+" ")
}

// all lists the elements of a tag and class ("" for any) below n, in order.
func all(n *html.Node, tag, class string) []*html.Node {
	var out []*html.Node
	if n == nil {
		return nil
	}
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && (tag == "" || d.Data == tag) && (class == "" || hasClass(d, class)) {
			out = append(out, d)
		}
	}
	return out
}

func one(n *html.Node, tag, class string) *html.Node {
	if found := all(n, tag, class); len(found) > 0 {
		return found[0]
	}
	return nil
}

// words are the texts of strangers and replies: they stand in bdi elements,
// byte for byte.
func words(n *html.Node) string {
	var b strings.Builder
	for _, bdi := range all(n, "bdi", "") {
		b.WriteString(raw(bdi))
	}
	return b.String()
}

func raw(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// text is an element's text with its white space folded.
func text(n *html.Node) string {
	if n == nil {
		return ""
	}
	return strings.Join(strings.Fields(raw(n)), " ")
}

// fields are a form's values before anybody types.
func fields(form *html.Node) url.Values {
	v := url.Values{}
	for _, tag := range []string{"input", "textarea"} {
		for _, f := range all(form, tag, "") {
			if name := attr(f, "name"); name != "" {
				v.Set(name, attr(f, "value"))
				if tag == "textarea" {
					v.Set(name, raw(f))
				}
			}
		}
	}
	return v
}

// readRows reads the list and where its next page is, "" at the end.
func readRows(doc *html.Node) (rows []row, next string) {
	for _, a := range all(doc, "a", "row") {
		id, err := strconv.ParseInt(strings.TrimPrefix(attr(a, "id"), "row-"), 10, 64)
		if err == nil {
			s := one(a, "", "step")
			r := row{ID: id, Step: text(s)}
			r.Waits = s != nil && (hasClass(s, "ask") || hasClass(s, "trouble")) || r.Step == "On hold"
			rows = append(rows, r)
		}
	}
	for _, a := range all(one(doc, "", "pager"), "a", "") {
		if attr(a, "rel") == "next" {
			next = attr(a, "href")
		}
	}
	return rows, next
}

// readPage reads the cards of a thread.
func readPage(doc *html.Node) page {
	var p page
	for _, n := range all(doc, "article", "note") {
		c := card{Title: words(one(n, "h3", "card-title"))}
		if d := one(n, "div", "words"); d != nil {
			c.Draft = words(d)
		}
		if form := one(n, "form", "buttons"); form != nil {
			c.Form = fields(form)
			for _, b := range all(form, "button", "") {
				c.Buttons = append(c.Buttons, button{Label: text(b), Name: attr(b, "name"), Value: attr(b, "value")})
			}
		}
		p.Cards = append(p.Cards, c)
	}
	return p
}

// readAnswer reads what stands on top of a page after a press.
func readAnswer(doc *html.Node) answer {
	var a answer
	for d := range doc.Descendants() {
		if d.Type == html.ElementNode && attr(d, "id") == "notices" {
			for _, n := range all(d, "div", "notice") {
				a.Refused = a.Refused || hasClass(n, "refused")
				a.Notices = append(a.Notices, text(one(n, "p", "")))
			}
		}
	}
	if s := one(doc, "section", "plain-sheet"); s != nil {
		form := one(s, "form", "")
		a.Sheet = &sheet{Action: attr(form, "action"), Fields: fields(form)}
	}
	return a
}

// find looks for a button by its label, on the newest card first.
func (p page) find(label string) (card, button, bool) {
	for i := len(p.Cards) - 1; i >= 0; i-- {
		for _, b := range p.Cards[i].Buttons {
			if b.Label == label {
				return p.Cards[i], b, true
			}
		}
	}
	return card{}, button{}, false
}

// buttons counts everything that can be pressed.
func (p page) buttons() int {
	n := 0
	for _, c := range p.Cards {
		n += len(c.Buttons)
	}
	return n
}
