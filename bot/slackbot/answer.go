package slackbot

import (
	"fmt"
	"strings"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/commands"
)

// maxItem is how much of a line in a list is shown.
const maxItem = 400

// answerCard draws an outcome as a card for one person: the words, the list
// with a menu that opens its cases, and the cards it speaks of.
func answerCard(out commands.Outcome, cards []bot.Keyed) bot.Card {
	text := out.Text
	if text == "" && len(out.Items) == 0 {
		text = "Done."
	}
	c := bot.Card{Case: out.Show, Summary: text}
	if text != "" {
		c.Blocks = append(c.Blocks, bot.Block{Kind: bot.Para, Text: text})
	}
	if len(out.Items) > 0 {
		addList(&c, out.Items)
	}
	for _, k := range current(cards) {
		if k.Card.Title != "" {
			c.Blocks = append(c.Blocks, bot.Block{Kind: bot.Para, Heading: k.Card.Title})
		}
		c.Blocks = append(c.Blocks, k.Card.Blocks...)
		c.Buttons = append(c.Buttons, k.Card.Buttons...)
		c.Selects = append(c.Selects, k.Card.Selects...)
		c.Links = append(c.Links, k.Card.Links...)
	}
	if out.Link != "" {
		c.Links = append([]bot.Link{{Label: "Open the page", URL: out.Link}}, c.Links...)
	}
	return c
}

// current are the cards that a person needs to see of a case: its parent and
// the latest below it.
func current(cards []bot.Keyed) []bot.Keyed {
	if len(cards) <= 2 {
		return cards
	}
	return []bot.Keyed{cards[0], cards[len(cards)-1]}
}

func addList(c *bot.Card, items []commands.Item) {
	list := bot.Block{Kind: bot.List}
	for _, it := range items {
		line := cut(visible(it.Title), maxItem)
		if it.Note != "" {
			line += " – " + cut(visible(it.Note), maxItem)
		}
		line = named(it.Case, line)
		list.Items = append(list.Items, bot.Line{Text: line})
		if it.Case != 0 && len(c.Buttons) < maxShow {
			c.Buttons = append(c.Buttons, showButton(it))
		}
	}
	c.Blocks = append(c.Blocks, list)
}

// named puts a case's number before words about it that do not begin with it.
func named(id int64, words string) string {
	ref := fmt.Sprintf("#%d", id)
	if rest, has := strings.CutPrefix(words, ref); id == 0 || has && !startsWithDigit(rest) {
		return words
	}
	return ref + " " + words
}

func startsWithDigit(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }

// maxShow is how many cases of a list can be opened from it.
const maxShow = 15

func showButton(it commands.Item) bot.Button {
	return bot.Button{
		Label: fmt.Sprintf("Show #%d", it.Case), Hint: cut("Show "+named(it.Case, visible(it.Title)), maxButtonHint),
		Token: commands.Token{Command: "show", Case: it.Case},
	}
}
