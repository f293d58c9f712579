package discordbot

import (
	"net/url"
	"strings"

	"github.com/bwmarrin/discordgo"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/plaintext"
	"github.com/evenkeel/evenkeel/commands"
)

// A button's custom id is its token, which fits in just. What else must be
// known when it is pressed stands in its numeric id, thousands first.
const (
	noKind      = 0 // of another time, or made up
	plainKind   = 1 // runs
	formKind    = 2 // opens a form
	confirmKind = 3 // asks its question first; the n-th of these has the n-th field of the last embed
	sureKind    = 4 // was asked
)

// kindOf reads a component's kind.
func kindOf(id int) int { return id / 1000 }

// morePrefix begins the custom id of a menu whose options are buttons.
const morePrefix = "~more"

// rowsOf draws buttons, choices and links. Questions are asked before their
// buttons act; left are the links that found no room.
func rowsOf(c bot.Card) (rows []component, questions []*discordgo.MessageEmbedField, left []bot.Link) {
	selects := c.Selects[:min(len(c.Selects), maxRows)]
	room := maxRows - len(selects)
	buttons, menu := c.Buttons, []bot.Button(nil)
	if len(buttons) > room*maxPerRow {
		if room == 0 {
			selects, room = selects[:len(selects)-1], 1
		}
		// The last row becomes a menu.
		shown := min((room-1)*maxPerRow, len(buttons))
		menu = buttons[shown:min(len(buttons), shown+maxOptions)]
		buttons = buttons[:shown]
		room--
	}
	var parts []component
	seen := map[string]bool{}
	for _, b := range buttons {
		id := b.Token.String()
		if seen[id] {
			continue // the same step of the same case; one button is enough
		}
		seen[id] = true
		kind := plainKind
		switch {
		case b.Confirm != "":
			kind = confirmKind
			questions = append(questions, question(b))
		case b.Form:
			kind = formKind
		}
		parts = append(parts, button(b, id, kind*1000+len(parts)+1))
	}
	for _, l := range c.Links {
		if safeURL(l.URL) && len(parts) < room*maxPerRow {
			parts = append(parts, component{Type: buttonPart, ID: plainKind*1000 + len(parts) + 1, Style: linkButton, Label: label(l.Label, maxButtonLabel), URL: l.URL})
		} else {
			left = append(left, l)
		}
	}
	rows = []component{}
	for len(parts) > 0 {
		k := min(len(parts), maxPerRow)
		rows = append(rows, component{Type: actionRow, Components: parts[:k]})
		parts = parts[k:]
	}
	for n, s := range selects {
		if id := s.Token.String(); !seen[id] && len(s.Options) > 0 {
			seen[id] = true
			rows = append(rows, row(choice(s, n)))
		}
	}
	if len(menu) > 0 {
		rows = append(rows, row(menuOf(menu)))
	}
	return rows, questions, left
}

func row(c component) component {
	return component{Type: actionRow, Components: []component{c}}
}

// question is what a button asks before it acts, drawn on the card: Discord
// has no such thing of its own, so the press shows it to the person once more.
func question(b bot.Button) *discordgo.MessageEmbedField {
	return &discordgo.MessageEmbedField{Name: escapeWithin("Before “"+oneLine(b.Label)+"”", maxFieldName), Value: escapeWithin(b.Confirm, maxFieldValue)}
}

var styles = map[bot.Style]int{bot.Primary: primaryButton, bot.Secondary: secondaryButton, bot.Danger: dangerButton}

func button(b bot.Button, id string, n int) component {
	return component{Type: buttonPart, ID: n, CustomID: plaintext.Cut(id, maxCustomID), Style: styles[b.Style], Label: label(b.Label, maxButtonLabel)}
}

func choice(s bot.Select, n int) component {
	kind := plainKind
	if s.Form {
		kind = formKind
	}
	c := component{Type: selectPart, ID: kind*1000 + 500 + n, CustomID: plaintext.Cut(s.Token.String(), maxCustomID), Placeholder: label(s.Label, maxPlaceholder)}
	for _, o := range s.Options[:min(len(s.Options), maxOptions)] {
		c.Options = append(c.Options, option{Label: label(o.Label, maxOptionLabel), Value: optionValue(o)})
	}
	return c
}

// optionValue keeps a value from being empty, which Discord refuses.
func optionValue(o commands.Option) string {
	if o.Value == "" {
		return emptyValue
	}
	return plaintext.Cut(o.Value, maxOptionValue)
}

const emptyValue = "~"

func fromOption(v string) string {
	if v == emptyValue {
		return ""
	}
	return v
}

// menuOf puts buttons into a menu. Its questions are not asked: only buttons
// beyond the twentieth come here, and those of a card have none.
func menuOf(buttons []bot.Button) component {
	c := component{Type: selectPart, ID: formKind*1000 + 900, CustomID: morePrefix, Placeholder: "More…"}
	for _, b := range buttons {
		c.Options = append(c.Options, option{Label: label(b.Label, maxOptionLabel), Value: plaintext.Cut(b.Token.String(), maxOptionValue)})
	}
	return c
}

// safeURL tells whether Discord can and may open u.
func safeURL(u string) bool {
	p, err := url.Parse(u)
	return err == nil && (p.Scheme == "https" || p.Scheme == "http") && p.Host != "" &&
		plaintext.Len(u) <= maxURL && plaintext.Visible(u) == u && !strings.ContainsAny(u, "<> \n\t")
}
