package slackbot

import (
	"context"
	"fmt"

	"github.com/slack-go/slack"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/commands"
)

// homeSections are the lists of the Home tab: what is typed to get each, as
// far as the command table has it.
var homeSections = []struct{ title, line string }{
	{"Your cases", "inbox mine"},
	{"Waiting for people", "inbox"},
	{"Overdue", "overdue"},
	{"Open promises", "promises"},
}

// homeList is one list as the desk gave it.
type homeList struct {
	title string
	line  string // what is typed to get it
	out   commands.Outcome
}

// maxHomeItems of a list stand on the Home tab: with four lists, their titles
// and the foot this stays within Slack's hundred blocks.
const maxHomeItems = 18

// home draws a person's Home tab.
func home(who string, lists []homeList, command string) slack.HomeTabViewRequest {
	blocks := []slack.Block{
		slack.NewHeaderBlock(plain(label("Hello "+who), maxHeader)),
		slack.NewActionBlock("home-actions",
			button(0, bot.Button{Label: "Add a review", Token: commands.Token{Command: "add"}, Form: true}),
			button(1, bot.Button{Label: "Help", Token: commands.Token{Command: "help"}})),
	}
	for n, l := range lists {
		blocks = append(blocks, slack.NewDividerBlock(), slack.NewHeaderBlock(plain(l.title, maxHeader)))
		if l.out.Text != "" {
			blocks = append(blocks, slack.NewSectionBlock(plain(cut(visible(l.out.Text), maxText), maxText), nil, nil))
		}
		for i, it := range l.out.Items[:min(len(l.out.Items), maxHomeItems)] {
			blocks = append(blocks, homeItem(n, i, it))
		}
		if more := len(l.out.Items) - maxHomeItems; more > 0 {
			blocks = append(blocks, slack.NewContextBlock("", plain(fmt.Sprintf("and %d more: %s %s", more, command, l.line), maxText)))
		}
	}
	blocks = append(blocks, slack.NewContextBlock("", plain("Type "+command+" help in any channel to see all that you can ask for.", maxText)))
	return slack.HomeTabViewRequest{Type: slack.VTHomeTab, CallbackID: "home", Blocks: slack.Blocks{BlockSet: blocks}}
}

func homeItem(list, n int, it commands.Item) slack.Block {
	line := cut(visible(it.Title), maxItem)
	if it.Note != "" {
		line += "\n" + cut(visible(it.Note), maxItem)
	}
	if it.Case == 0 {
		return slack.NewSectionBlock(plain(label(line), maxText), nil, nil)
	}
	show := button(list*maxHomeItems+n, showButton(it))
	return slack.NewSectionBlock(plain(named(it.Case, line), maxText), nil, slack.NewAccessory(show))
}

// publish shows v as a person's Home tab.
func (b *Bot) publish(ctx context.Context, person string, v slack.HomeTabViewRequest) error {
	if err := checkHome(v); err != nil {
		return err
	}
	_, err := b.api.PublishViewContext(ctx, slack.PublishViewContextRequest{UserID: person, View: v})
	return err
}
