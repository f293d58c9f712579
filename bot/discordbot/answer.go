package discordbot

import (
	"context"
	"fmt"
	"net/http"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/plaintext"
	"github.com/evenkeel/evenkeel/commands"
)

// reply sends the first answer to an interaction, in whatever way it came.
type reply func(ctx context.Context, r response) error

// callback answers over REST. It may be repeated: Discord takes one answer.
func (b *Bot) callback(i interaction) reply {
	return func(ctx context.Context, r response) error {
		err := b.rest.patiently(ctx, http.MethodPost, "/interactions/"+i.ID+"/"+i.Token+"/callback", r, nil)
		if isCode(err, 40060) {
			return nil // an earlier try arrived
		}
		return err
	}
}

// finish draws the answer that was announced with a first one.
func (b *Bot) finish(ctx context.Context, i interaction, p payload) error {
	p.Flags = 0 // cannot be changed
	return b.rest.patiently(ctx, http.MethodPatch, "/webhooks/"+i.App+"/"+i.Token+"/messages/@original", p, nil)
}

// Texts for people.
const (
	troubleText = "That did not work, and the trouble is on our side. Please look at the card, and try again in a moment."
	damagedText = "I do not know this button; it may be from an older version. Nothing was changed. Please use the current card."
	elsewhere   = "I work on another server. Ask there, please."
	forgotten   = "I was started anew while you were writing, and this form had several parts. Please open it again; this is what you sent:"
)

// answerOf draws an outcome for one person.
func (b *Bot) answerOf(ctx context.Context, out commands.Outcome) payload {
	var cards []bot.Keyed
	if out.Show != 0 {
		var err error
		if cards, err = b.desk.Cards(ctx, out.Show); err != nil {
			b.log.Error("the current card could not be read", "case", out.Show, "err", err)
		}
	}
	p := b.fitted(answerCard(out, cards), "")
	p.Flags = ephemeral
	return p
}

// maxItem is how much of a line in a list is shown.
const maxItem = 400

// answerCard draws an outcome as a card for one person: the words, the list
// with a menu that opens its cases, and the cards it speaks of.
func answerCard(out commands.Outcome, cards []bot.Keyed) bot.Card {
	text := out.Text
	if text == "" && len(out.Items) == 0 {
		text = "Done."
	}
	c := bot.Card{Case: out.Show}
	if text != "" {
		c.Blocks = append(c.Blocks, bot.Block{Kind: bot.Para, Text: text})
	}
	if len(out.Items) > 0 {
		addList(&c, out.Items)
	}
	if len(cards) > 2 { // the parent and the latest below it
		cards = []bot.Keyed{cards[0], cards[len(cards)-1]}
	}
	for _, k := range cards {
		c.Tone = k.Card.Tone
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

// addList draws a list, and a choice that shows one of its cases.
func addList(c *bot.Card, items []commands.Item) {
	list := bot.Block{Kind: bot.List}
	show := bot.Select{Label: "Show a case…", Token: commands.Token{Command: showCommand}}
	for _, it := range items {
		line := plaintext.Cut(plaintext.Visible(it.Title), maxItem)
		if it.Note != "" {
			line += " – " + plaintext.Cut(plaintext.Visible(it.Note), maxItem)
		}
		if it.Case != 0 {
			line = fmt.Sprintf("#%d %s", it.Case, line)
			if len(show.Options) < maxOptions {
				show.Options = append(show.Options, commands.Option{Value: fmt.Sprint(it.Case), Label: line})
			}
		}
		list.Items = append(list.Items, bot.Line{Text: line})
	}
	c.Blocks = append(c.Blocks, list)
	if len(show.Options) > 0 {
		c.Selects = append(c.Selects, show)
	}
}

// showCommand is the row that a list's choice runs: the option is the case.
const showCommand = "show"

// words is a short answer of our own with buttons of our own.
func words(text string, buttons ...component) payload {
	p := payload{Content: escapeWithin(text, maxContent), Embeds: drawn(bot.Card{}, "").Embeds, Components: []component{}, Mentions: nobody, Flags: ephemeral}
	if len(buttons) > 0 {
		p.Components = []component{{Type: actionRow, Components: buttons}}
	}
	return p
}

// direct writes to a person alone, outside of any interaction.
func (b *Bot) direct(ctx context.Context, who string, p payload) error {
	var room channel
	if err := b.rest.patiently(ctx, http.MethodPost, "/users/@me/channels", map[string]string{"recipient_id": who}, &room); err != nil {
		return err
	}
	p.Flags = 0
	return b.rest.call(ctx, http.MethodPost, "/channels/"+room.ID+"/messages", p, nil)
}

// tell answers a message in a thread, which has no interaction: as a direct
// message, or, where the person takes none, quietly in the thread.
func (b *Bot) tell(ctx context.Context, who, thread string, out commands.Outcome) {
	p := b.answerOf(ctx, withoutForm(out))
	err := b.direct(ctx, who, p)
	if err == nil {
		return
	}
	p.Flags = silently
	if again := b.rest.call(ctx, http.MethodPost, "/channels/"+thread+"/messages", p, nil); again != nil {
		b.log.Warn("nobody could be told", "user", who, "err", err, "then", again)
	}
}

// withoutForm tells in words what a form would have asked, when there is
// nothing to open it with.
func withoutForm(out commands.Outcome) commands.Outcome {
	if out.Form != nil {
		return commands.Outcome{Refused: true, Text: "One more step is needed: " + out.Form.Title + ". Please use the button on the card."}
	}
	return out
}

func isEmpty(o commands.Outcome) bool {
	return o.Text == "" && !o.Refused && len(o.Items) == 0 && o.Form == nil && o.Show == 0 && o.Link == ""
}
