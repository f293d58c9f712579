package webconsole

import (
	"net/url"
	"strings"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
)

// cardView is a card as it is drawn for one person.
type cardView struct {
	bot.Card
	Buttons []buttonView
	Selects []selectView
	Links   []linkView
}

// buttonView is a button of a form. Name says which way the press takes:
// straight to the desk, to a form, or to a question first.
type buttonView struct {
	ID, Name, Value string
	Label, Hint     string
	Style           bot.Style
	Confirm         string
	Needs           string // the role that the person lacks, "" when theirs is enough
	Key             string // the shortcut that leads to it
}

// The names of buttons; see [Console.press].
const (
	byPress = "press" // run it
	byOpen  = "open"  // open its form
	byAsk   = "ask"   // ask once more, then run it
)

// selectView is a choice, drawn as a menu of buttons: one press chooses, and
// every option can be reached with the keyboard.
type selectView struct {
	Label   string
	Token   string
	Options []buttonView
	Needs   string
}

type linkView struct {
	bot.Link
	Ours bool // leads into the console itself
}

// cardView draws a card of the note with this id, 0 for one in an answer.
func (c *Console) cardView(card bot.Card, v visitor, note int64, at where) *cardView {
	out := &cardView{Card: card}
	id := func(kind string, n int) string { return "n" + ref(note) + kind + ref(int64(n)) }
	for i, b := range card.Buttons {
		bv := buttonView{ID: id("b", i), Name: byPress, Value: b.Token.String(), Label: b.Label, Hint: b.Hint, Style: b.Style, Confirm: b.Confirm, Needs: c.lacks(v, b.Token)}
		switch {
		case b.Form:
			bv.Name = byOpen
		case b.Confirm != "":
			bv.Name = byAsk
		}
		switch {
		case b.Style == bot.Primary:
			bv.Key = "a"
		case b.Token.Command == "edit":
			bv.Key = "e"
		}
		out.Buttons = append(out.Buttons, bv)
	}
	for i, s := range card.Selects {
		sv := selectView{Label: s.Label, Token: s.Token.String(), Needs: c.lacks(v, s.Token)}
		for j, o := range s.Options {
			t := s.Token
			t.Arg = o.Value
			ov := buttonView{ID: id("s"+ref(int64(i))+"-", j), Name: byPress, Value: t.String(), Label: o.Label}
			if s.Form {
				ov.Name = byOpen
			}
			sv.Options = append(sv.Options, ov)
		}
		out.Selects = append(out.Selects, sv)
	}
	for _, l := range card.Links {
		if lv, ok := c.link(l, note, at); ok {
			out.Links = append(out.Links, lv)
		}
	}
	return out
}

// link is how a link is drawn. Only addresses of the web are drawn at all; a
// link to the case's own page is drawn as the way to its record, for the page
// itself is here.
func (c *Console) link(l bot.Link, note int64, at where) (linkView, bool) {
	if path, ok := c.ours(l.URL); ok {
		if note > 0 && path == "/case/"+ref(at.Case) {
			return linkView{}, false
		}
		return linkView{bot.Link{Label: l.Label, URL: path}, true}, true
	}
	u, err := url.Parse(l.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return linkView{}, false
	}
	return linkView{l, false}, true
}

// lacks is the role that v has not and a press of the token needs, "" when it
// is enough. It only dims the button: the desk refuses.
func (c *Console) lacks(v visitor, t commands.Token) string {
	for _, row := range c.Desk.Commands() {
		if row.Name == t.Command {
			if need := row.Least(); v.Role < need {
				return roleName(need)
			}
			return ""
		}
	}
	return ""
}

// roleName is a role in a sentence.
func roleName(r review.Role) string {
	article := "a "
	if strings.HasPrefix(r.String(), "a") {
		article = "an "
	}
	return article + r.String()
}

// MarkName says a list's mark in words, for those who do not see its sign.
func (cardView) MarkName(m bot.Mark) string {
	return map[bot.Mark]string{bot.Done: "done", bot.Todo: "to do", bot.Alert: "note", bot.Stop: "holds it back"}[m]
}

// ToneName says a card's tone in words.
func (cardView) ToneName(t bot.Tone) string {
	return map[bot.Tone]string{bot.Good: "done", bot.Waiting: "waiting", bot.Trouble: "needs attention"}[t]
}
