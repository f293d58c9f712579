package slackbot

import (
	"context"
	"fmt"
	"strconv"

	"github.com/slack-go/slack"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
)

// Page is where somebody can do in the web console what does not fit here.
type Page struct {
	Enter string // a link that signs this person in, once
	Case  string // the case's page
}

// formView draws a form, or, when its text is longer than a form of Slack
// holds, says so and where it can be edited: a text that cannot be shown whole
// must not come back shortened.
func (b *Bot) formView(ctx context.Context, f *commands.Form, who review.Person, to address) slack.ModalViewRequest {
	if holds(f, to) {
		return modal(f, to)
	}
	longest := 0
	for _, field := range f.Fields {
		longest = max(longest, runeLen(field.Value))
	}
	b.log.Info("a text is too long for Slack's forms", "case", f.Token.Case, "characters", longest)
	var page Page
	if b.cfg.Page != nil {
		var err error
		if page, err = b.cfg.Page(ctx, who, f.Token.Case); err != nil {
			b.log.Error("no link to the console could be made", "case", f.Token.Case, "err", err)
		}
	}
	return tooLong(f.Token.Case, longest, page)
}

// tooLong says that a text is edited in the console.
func tooLong(id int64, characters int, page Page) slack.ModalViewRequest {
	c := bot.Card{Case: id, Blocks: []bot.Block{{Kind: bot.Para, Text: fmt.Sprintf(
		"This text has %s characters. Slack's forms hold %s, so it is not shown here, and nothing was changed or cut.",
		thousands(characters), thousands(maxPieces*maxInput))}}}
	if page.Enter == "" {
		c.Blocks = append(c.Blocks, bot.Block{Kind: bot.Para, Text: "Please edit it in the web console; whoever runs evenkeel can send you a link to it."})
	} else {
		c.Blocks = append(c.Blocks, bot.Block{Kind: bot.Para, Text: "Please edit it in the web console. The first link signs you in; it works once, and is for you alone."})
		c.Links = []bot.Link{{Label: "Sign in to the console", URL: page.Enter}, {Label: "Case #" + strconv.FormatInt(id, 10), URL: page.Case}}
	}
	return noteOf("Too long for Slack", drawn(c).blocks)
}

// thousands writes a number for people: 33,000.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
