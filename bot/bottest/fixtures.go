package bottest

import (
	"fmt"
	"strings"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/commands"
)

// The limits that neutral texts keep; see the comments in package bot. Every
// chat must draw texts of these lengths whole.
const (
	LongTitle   = 150  // characters of a card's title
	LongLabel   = 75   // of a button
	LongConfirm = 300  // of a question before a step
	LongQuote   = 5000 // of a customer's words: the longest real review seen has 4,689
	LongDraft   = 5970 // of a reply: the longest that any platform takes
	MostButtons = 25
	MostOptions = 25
)

// Fixture is a neutral card with a name, for the suite and for golden files.
type Fixture struct {
	Name string
	Card bot.Card
}

// Token makes a valid token of a fixture's button.
func Token(command string, id int64, arg string) commands.Token {
	return commands.Token{Command: command, Case: id, Revision: 1, Text: strings.Repeat("0a", 16), Arg: arg}
}

// Fixtures are cards that together show everything a card can hold: each kind
// of block, mark, tone, style, selects and links, ordinary scripts, and texts
// at the limits.
func Fixtures() []Fixture {
	out := []Fixture{
		{"story", StoryCard(7)},
		{"empty", bot.Card{Case: 7, Title: "Case #7", Tone: bot.Neutral, Summary: "Case 7, nothing else"}},
		{"scripts", scripts()},
		{"similar", similar()},
		{"buttons", buttons()},
		{"selects", selects()},
		{"limits", limits()},
		{"long_quote", long(bot.Quote, LongQuote)},
		{"long_draft", long(bot.Draft, LongDraft)},
		{"longer_list", longList()},
	}
	for _, tone := range []bot.Tone{bot.Neutral, bot.Good, bot.Waiting, bot.Trouble} {
		out = append(out, Fixture{"tone_" + string(tone), bot.Card{Case: 7, Tone: tone, Title: "The tone is " + string(tone),
			Summary: "Tone " + string(tone), Blocks: []bot.Block{{Kind: bot.Para, Text: "The same words in every tone."}}}})
	}
	return out
}

// StoryCard is a card as the desk draws them, with one block of every kind.
func StoryCard(id int64) bot.Card {
	return bot.Card{
		Case: id, Tone: bot.Waiting, Title: "★★☆☆☆ Walnut desk lamp",
		Summary: "2 of 5 stars for Walnut desk lamp: a draft waits for approval",
		Blocks: []bot.Block{
			{Kind: bot.Para, Text: "A draft waits for somebody who approves it.\nIt was written two minutes ago."},
			{Kind: bot.Quote, Heading: "The review", Lang: "fr", Text: "La lampe est arrivée cassée.\n\nPersonne ne répond au téléphone !"},
			{Kind: bot.Draft, Heading: "Draft 2", Lang: "fr", Text: "Bonjour Camille,\n\nmerci de nous avoir écrit. Une lampe cassée, ce n'est pas ce que nous voulons envoyer.\n\nL'équipe"},
			{Kind: bot.Fields, Items: []bot.Line{{Label: "Source", Text: "Shop reviews"}, {Label: "Owner", Text: "nobody yet"}, {Label: "Answer by", Text: "Tuesday 17:00"}}},
			{Kind: bot.List, Heading: "Points of the review", Items: []bot.Line{
				{Mark: bot.Done, Text: "The lamp arrived broken"}, {Mark: bot.Todo, Text: "Nobody answers the phone"},
				{Mark: bot.Alert, Text: "The tone is a little stiff"}, {Mark: bot.Stop, Text: "A promise without an owner"}, {Text: "A plain remark"}}},
			{Kind: bot.Diff, Heading: "The customer changed the review", Spans: []bot.Span{
				{Kind: bot.Same, Text: "The lamp is "}, {Kind: bot.Deleted, Text: "terrible"}, {Kind: bot.Added, Text: "broken, sadly"}, {Kind: bot.Same, Text: " and dark."}}},
			{Kind: bot.Small, Text: "Written by the offline drafter."},
		},
		Buttons: []bot.Button{
			{Label: "Approve", Style: bot.Primary, Token: Token("approve", id, ""), Confirm: "Publish exactly these words?", Hint: "Approve draft 2"},
			{Label: "Edit", Token: Token("edit", id, ""), Form: true},
			{Label: "Discard", Style: bot.Danger, Token: Token("discard", id, "")},
		},
		Selects: []bot.Select{{Label: "Decide", Token: Token("verdict", id, ""), Options: []commands.Option{
			{Value: "reply", Label: "Answer in public"}, {Value: "thank", Label: "Say thank you"}, {Value: "silent", Label: "Stay silent"}}}},
		Links: []bot.Link{{Label: "Open the review", URL: "https://shop.example.com/reviews/7?a=1&b=2#r"}},
	}
}

// similar is a complaint whose card tells of earlier ones like it, each with a
// link.
func similar() bot.Card {
	link := func(n int) bot.Link {
		return bot.Link{Label: fmt.Sprintf("Case #%d", n), URL: fmt.Sprintf("https://desk.example.com/case/%d", n)}
	}
	return bot.Card{
		Case: 7, Tone: bot.Neutral, Title: "★☆☆☆☆ Kettle", Summary: "#7: ★☆☆☆☆ Kettle, open; waits for a verdict. It came dented.",
		Blocks: []bot.Block{
			{Kind: bot.Quote, Lang: "en", Text: "It came dented, and nobody answered."},
			{Kind: bot.Fields, Items: []bot.Line{{Label: "Status", Text: "open; waits for a verdict"}, {Label: "On", Text: "shop"}}},
			{Kind: bot.List, Heading: "Similar earlier cases", Items: []bot.Line{
				{Text: "#5 ★☆☆☆☆, shop, 2 Mar 2026: replied; then edited up"},
				{Text: "#3 ★★☆☆☆, maps, 28 Feb 2026: nothing to say"},
				{Text: "#6 ★☆☆☆☆, shop, 3 Mar 2026: not settled yet: held"},
			}},
		},
		Buttons: []bot.Button{{Label: "Reply", Style: bot.Primary, Token: Token("verdict", 7, "reply")}},
		Links:   []bot.Link{{Label: "Case page", URL: "https://desk.example.com/case/7"}, {Label: "The review", URL: "https://shop.example.com/reviews/7"}, link(5), link(3), link(6)},
	}
}

// scripts has ordinary words in many writings, all of which must come through
// unharmed: joiners, marks and direction are part of them.
func scripts() bot.Card {
	texts := []string{
		"配送がとても遅かったです。梱包も雑でした。",
		"배송이 너무 늦었어요. 그래도 품질은 좋아요.",
		"الطلب وصل متأخراً جداً، لكن الخدمة كانت لطيفة.",
		"ההזמנה הגיעה באיחור, והאריזה קרועה.",
		"डिलीवरी बहुत देर से हुई। क्षमा करें।",
		"จัดส่งช้ามาก แต่พนักงานดีมาก",
		"می‌خواهم بدانم چرا",
		"Family 👩‍👩‍👧‍👦 of ❤️‍🔥 and 🏳️‍🌈, thumbs 👍🏽",
		"Grüße aus Köln — “fein”, naïve café, Đặng Thị Ánh",
		"5 < 6 & 7 > 3, 50 % off \"today\", it's a_b_c, 2*3*4, ~approx~, `code`, C:\\path",
	}
	card := bot.Card{Case: 7, Title: "Many scripts: 日本語, العربية, ไทย", Summary: "Many scripts 日本語", Tone: bot.Neutral}
	for _, s := range texts {
		card.Blocks = append(card.Blocks, bot.Block{Kind: bot.Quote, Text: s})
	}
	return card
}

func buttons() bot.Card {
	card := bot.Card{Case: 7, Title: "As many buttons as a card may have", Summary: "25 buttons", Tone: bot.Neutral}
	for n := range MostButtons {
		card.Buttons = append(card.Buttons, bot.Button{
			Label: fmt.Sprintf("Choice %d", n+1), Style: []bot.Style{bot.Secondary, bot.Primary, bot.Danger}[n%3],
			Token: Token("choose", 7, fmt.Sprint(n)), Hint: fmt.Sprintf("This is choice %d", n+1)})
	}
	return card
}

func selects() bot.Card {
	card := bot.Card{Case: 7, Title: "Two choices", Summary: "Two choices", Tone: bot.Neutral}
	for s := range 2 {
		sel := bot.Select{Label: fmt.Sprintf("Choose number %d", s+1), Token: Token(fmt.Sprintf("pick-%c", 'a'+s), 7, "")}
		for n := range MostOptions {
			sel.Options = append(sel.Options, commands.Option{Value: fmt.Sprintf("v%d", n), Label: fmt.Sprintf("Option %d.%d", s+1, n+1)})
		}
		card.Selects = append(card.Selects, sel)
	}
	return card
}

// limits has every short text at its greatest length.
func limits() bot.Card {
	return bot.Card{
		Case: 7, Title: Words("title", LongTitle), Summary: Words("summary", LongTitle), Tone: bot.Trouble,
		Blocks: []bot.Block{
			{Kind: bot.Para, Heading: Words("heading", 100), Text: Words("para", 3000)},
			{Kind: bot.Small, Text: Words("small", 1000)},
			{Kind: bot.Fields, Items: []bot.Line{{Label: Words("label", 60), Text: Words("field", 500)}}},
		},
		Buttons: []bot.Button{{Label: Words("button", LongLabel), Hint: Words("hint", LongLabel), Confirm: Words("confirm", LongConfirm), Token: Token("approve", 7, "")}},
		Selects: []bot.Select{{Label: Words("select", 100), Token: Token("verdict", 7, ""), Options: []commands.Option{{Value: "longest-value-there-is", Label: Words("option", 75)}}}},
		Links:   []bot.Link{{Label: Words("link", LongLabel), URL: "https://example.com/" + strings.Repeat("p", 400)}},
	}
}

func long(kind bot.BlockKind, size int) bot.Card {
	return bot.Card{Case: 7, Title: "A long text", Summary: "A long text", Tone: bot.Neutral,
		Blocks: []bot.Block{{Kind: kind, Text: Words("long", size)}}, Buttons: []bot.Button{{Label: "Approve", Token: Token("approve", 7, "")}}}
}

func longList() bot.Card {
	card := bot.Card{Case: 7, Title: "A long list", Summary: "A long list", Tone: bot.Neutral, Blocks: []bot.Block{{Kind: bot.List, Heading: "Everything found"}, {Kind: bot.Fields}}}
	for n := range 25 {
		card.Blocks[0].Items = append(card.Blocks[0].Items, bot.Line{Mark: []bot.Mark{bot.Done, bot.Todo, bot.Alert, bot.Stop, bot.Plain}[n%5], Text: fmt.Sprintf("Finding number %d has a sentence of its own.", n+1)})
		card.Blocks[1].Items = append(card.Blocks[1].Items, bot.Line{Label: fmt.Sprintf("Label %d", n+1), Text: fmt.Sprintf("value %d", n+1)})
	}
	return card
}

// Words is a text of exactly size characters in countable words, so that a cut
// shows: "long1 long2 …".
func Words(word string, size int) string {
	var b strings.Builder
	for n := 1; b.Len() < size; n++ {
		fmt.Fprintf(&b, "%s%d ", word, n)
	}
	return strings.TrimRight(b.String()[:size-1], " ") + strings.Repeat(".", size-len(strings.TrimRight(b.String()[:size-1], " ")))
}
