package slackbot

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/review"
)

// message is what Slack shows for a card: blocks for the eye, text for
// notifications and screen readers.
type message struct {
	blocks []slack.Block
	text   string // escaped already
}

// drawn is a card as a message within Slack's limits. What does not fit is
// shortened, and the message says so and where to read on.
func drawn(c bot.Card) message { return drawnAs(c, c.Hash()) }

// drawnAs is drawn for a card whose hash is known.
func drawnAs(c bot.Card, hash review.Digest) message {
	var blocks []slack.Block
	if title := visible(c.Title); title != "" {
		title = tones[c.Tone] + title
		blocks = append(blocks, slack.NewHeaderBlock(plain(title, maxHeader)))
		if runeLen(title) > maxHeader {
			c.Blocks = append([]bot.Block{{Kind: bot.Para, Text: c.Title}}, c.Blocks...)
			hash = c.Hash()
		}
	}
	foot := actions(c, hash)
	room := maxBlocks - len(blocks) - len(foot) - 2 // links, note
	body, short := bodyOf(c.Blocks, room, maxMessage-max(0, aside(c)-maxAside))
	blocks = append(blocks, body...)
	if short {
		blocks = append(blocks, shortened(c.Links))
	}
	if l := links(c.Links); l != nil {
		blocks = append(blocks, l)
	}
	blocks = append(blocks, foot...)
	return message{blocks: blocks, text: fallback(c)}
}

// tones show a card's meaning at a glance, as a coloured edge would that Slack
// has for attachments only. The words say it too.
var tones = map[bot.Tone]string{bot.Good: "🟢 ", bot.Waiting: "🟡 ", bot.Trouble: "🟠 "}

// aside counts the code points of a card beside its body.
func aside(c bot.Card) int {
	n := maxHeader
	for _, b := range c.Buttons {
		n += min(runeLen(b.Label), maxButtonLabel)
		if b.Confirm != "" {
			n += min(runeLen(b.Label), maxConfirmTitle) + min(runeLen(b.Confirm), maxConfirmText) + 2*maxConfirmWord
		}
	}
	for _, s := range c.Selects {
		n += min(runeLen(s.Label), maxPlaceholder)
		for _, o := range s.Options {
			n += min(runeLen(o.Label), maxOptionText)
		}
	}
	for _, l := range c.Links {
		n += min(runeLen(l.Label), maxHeader) + 3
	}
	return n
}

// bodyOf draws the blocks of a card into at most room blocks of Slack with
// together at most so many characters.
func bodyOf(blocks []bot.Block, room, characters int) (out []slack.Block, short bool) {
	budget := shares(blocks, max(0, characters))
	for i, b := range blocks {
		drawn, cut := blockOf(b, budget[i])
		short = short || cut
		if len(out)+len(drawn) > room {
			return out, true
		}
		out = append(out, drawn...)
	}
	return out, short
}

// floors says how far a kind of block may be shortened when a card is too
// long, the first to give way first. The reply comes last: people approve it.
var floors = []struct {
	kind  bot.BlockKind
	floor int
}{
	{bot.Quote, 1500}, {bot.Diff, 1500}, {bot.List, 1500}, {bot.Fields, 1500}, {bot.Para, 600}, {bot.Small, 300}, {bot.Draft, 0},
}

// shares gives each block its part of the characters that the body may have.
func shares(blocks []bot.Block, characters int) []int {
	share, over := make([]int, len(blocks)), -characters
	for i, b := range blocks {
		share[i] = bytesOf(b)
		over += share[i]
	}
	if over <= 0 { // as nearly always
		return share
	}
	over = -characters
	for i, b := range blocks {
		share[i] = size(b)
		over += share[i]
	}
	take := func(kind bot.BlockKind, floor int) {
		for i := range blocks {
			if give := min(over, share[i]-floor); blocks[i].Kind == kind && give > 0 {
				share[i] -= give
				over -= give
			}
		}
	}
	for _, f := range floors {
		take(f.kind, f.floor)
	}
	for _, f := range floors { // a flood of blocks
		take(f.kind, 0)
	}
	return share
}

// size counts the code points of a block as drawn, near enough above.
func size(b bot.Block) int {
	return sizeBy(b, func(s string) int { return runeLen(visible(s)) })
}

// bytesOf is never less than size and takes no look at the words: what is made
// visible has no more code points than it had bytes.
func bytesOf(b bot.Block) int {
	return sizeBy(b, func(s string) int { return len(s) })
}

func sizeBy(b bot.Block, length func(string) int) int {
	n := length(headingOf(b)) + length(b.Text) + 2
	for _, l := range b.Items {
		n += length(l.Label) + length(l.Text) + 5
	}
	for _, s := range b.Spans {
		n += length(s.Text)
	}
	return n
}

// blockOf draws one block with at most budget code points.
func blockOf(b bot.Block, budget int) ([]slack.Block, bool) {
	if b.Kind == bot.Small {
		return small(b, budget)
	}
	runs, short := within(runsOf(b), budget)
	quoted := b.Kind == bot.Quote || b.Kind == bot.Draft
	if es := elements(runs, quoted); len(es) > 0 {
		return []slack.Block{slack.NewRichTextBlock("", es...)}, short
	}
	return nil, short
}

// headingOf is a block's heading, which is a line and not a text.
func headingOf(b bot.Block) string { return cut(visible(b.Heading), maxHeading) }

const maxHeading = 300

// small draws an aside.
func small(b bot.Block, budget int) ([]slack.Block, bool) {
	s := visible(b.Text)
	if b.Heading != "" {
		s = headingOf(b) + ": " + s
	}
	if s == "" || budget <= 0 {
		return nil, s != ""
	}
	short := runeLen(s) > budget
	pieces, _ := split(cut(s, budget), maxText)
	if len(pieces) > maxContext {
		pieces, short = pieces[:maxContext], true
	}
	texts := make([]slack.MixedElement, len(pieces))
	for i, p := range pieces {
		texts[i] = plain(p, maxText)
	}
	return []slack.Block{slack.NewContextBlock("", texts...)}, short
}

// run is a run of words in one style.
type run struct {
	text  string
	style *slack.RichTextSectionTextStyle
	head  bool // of the heading, which is never quoted
}

var (
	bold   = &slack.RichTextSectionTextStyle{Bold: true}
	strike = &slack.RichTextSectionTextStyle{Strike: true}
	italic = &slack.RichTextSectionTextStyle{Italic: true}
)

// signs are drawn before the lines of a list; said are the same for the ear.
var (
	signs = map[bot.Mark]string{bot.Plain: "• ", bot.Done: "✓ ", bot.Todo: "○ ", bot.Alert: "! ", bot.Stop: "✕ "}
	said  = map[bot.Mark]string{bot.Done: "done: ", bot.Todo: "to do: ", bot.Alert: "note: ", bot.Stop: "holds back: "}
)

// runsOf are the words of a block.
func runsOf(b bot.Block) []run {
	runs := make([]run, 0, 3+4*len(b.Items)+len(b.Spans))
	if b.Heading != "" {
		heading := run{text: headingOf(b), style: bold, head: true}
		if b.Text != "" || len(b.Items)+len(b.Spans) > 0 {
			heading.text += "\n"
		}
		runs = append(runs, heading)
	}
	line := func(sign string, l bot.Line, last bool) {
		if l.Label != "" {
			runs = append(runs, run{text: sign}, run{text: visible(l.Label) + ":", style: bold}, run{text: " " + visible(l.Text)})
		} else {
			runs = append(runs, run{text: sign + visible(l.Text)})
		}
		if !last {
			runs = append(runs, run{text: "\n"})
		}
	}
	if b.Text != "" {
		runs = append(runs, run{text: visible(b.Text)})
		if len(b.Items) > 0 {
			runs = append(runs, run{text: "\n"})
		}
	}
	for i, l := range b.Items {
		sign := signs[l.Mark]
		if b.Kind == bot.Fields {
			sign = strings.TrimPrefix(sign, signs[bot.Plain])
		}
		line(sign, l, i == len(b.Items)-1)
	}
	for _, s := range b.Spans {
		r := run{text: visible(s.Text)}
		switch s.Kind {
		case bot.Added:
			r.style = bold
		case bot.Deleted:
			r.style = strike
		}
		runs = append(runs, r)
	}
	return runs
}

// within shortens runs to at most n code points.
func within(runs []run, n int) ([]run, bool) {
	for i := range runs {
		l := runeLen(runs[i].text)
		if l <= n {
			n -= l
			continue
		}
		rest := runs[i]
		rest.text = cut(rest.text, n)
		return append(runs[:i:i], rest), true
	}
	return runs, false
}

// elements puts runs into rich text: the heading as a section, the rest as a
// section or a quote.
func elements(runs []run, quoted bool) []slack.RichTextElement {
	var head []slack.RichTextSectionElement
	body := make([]slack.RichTextSectionElement, 0, len(runs))
	for _, r := range runs {
		if r.head && quoted {
			if text := strings.TrimSuffix(r.text, "\n"); text != "" {
				head = append(head, slack.NewRichTextSectionTextElement(text, r.style))
			}
			continue
		}
		body = appendPieces(body, r)
	}
	var out []slack.RichTextElement
	if len(head) > 0 {
		out = append(out, slack.NewRichTextSection(head...))
	}
	if len(body) == 0 {
		return out
	}
	if quoted {
		return append(out, &slack.RichTextQuote{Type: slack.RTEQuote, Elements: body})
	}
	return append(out, slack.NewRichTextSection(body...))
}

// appendPieces puts a run into as many pieces as it needs, nearly always one.
func appendPieces(body []slack.RichTextSectionElement, r run) []slack.RichTextSectionElement {
	if r.text == "" {
		return body
	}
	if len(r.text) <= maxText-maxSeparator {
		return append(body, slack.NewRichTextSectionTextElement(r.text, r.style))
	}
	pieces, separators := split(r.text, maxText-maxSeparator)
	for i, p := range pieces {
		if i < len(separators) {
			p += separators[i]
		}
		if p != "" {
			body = append(body, slack.NewRichTextSectionTextElement(p, r.style))
		}
	}
	return body
}

// shortened says that something is missing and where it can be read.
func shortened(links []bot.Link) slack.Block {
	words := "Shortened: this is more than Slack shows in one message."
	section := slack.NewRichTextSection(slack.NewRichTextSectionTextElement(words, italic))
	for _, l := range links {
		if safeURL(l.URL) {
			section.Elements = append(section.Elements, slack.NewRichTextSectionTextElement(" Read it whole: ", italic), linkTo(l))
			break
		}
	}
	return slack.NewRichTextBlock("", section)
}

// links draws the ways out in one line.
func links(ls []bot.Link) slack.Block {
	var out []slack.RichTextSectionElement
	for _, l := range ls {
		if len(out) > 0 {
			out = append(out, slack.NewRichTextSectionTextElement(" · ", nil))
		}
		if safeURL(l.URL) {
			out = append(out, linkTo(l))
		} else {
			out = append(out, slack.NewRichTextSectionTextElement(cut(visible(l.Label+": "+l.URL), maxButtonLabel), nil))
		}
	}
	if len(out) == 0 {
		return nil
	}
	return slack.NewRichTextBlock("", slack.NewRichTextSection(out...))
}

func linkTo(l bot.Link) *slack.RichTextSectionLinkElement {
	label := visible(l.Label)
	if label == "" {
		label = l.URL
	}
	return slack.NewRichTextSectionLinkElement(l.URL, cut(label, maxHeader), nil)
}

// safeURL tells whether Slack can and may open u.
func safeURL(u string) bool {
	p, err := url.Parse(u)
	return err == nil && (p.Scheme == "https" || p.Scheme == "http") && p.Host != "" && runeLen(u) <= maxURL && visible(u) == u
}

func plain(s string, n int) *slack.TextBlockObject {
	return &slack.TextBlockObject{Type: slack.PlainTextType, Text: cut(s, n), Emoji: &noEmoji}
}

// noEmoji keeps “:smile:” the word that somebody wrote.
var noEmoji = false

// actions draws buttons and selects. The block's id changes with the card, or
// Slack would go on showing the choice that somebody made on the last one.
func actions(c bot.Card, hash review.Digest) []slack.Block {
	out := make([]slack.BlockElement, 0, len(c.Buttons)+len(c.Selects))
	shown := len(c.Buttons)
	for shown > maxShown && c.Buttons[shown-1].Style == bot.Secondary && c.Buttons[shown-1].Confirm == "" {
		shown--
	}
	for i, b := range c.Buttons[:shown] {
		out = append(out, button(i, b))
	}
	out = append(out, overflow(shown, c.Buttons[shown:])...)
	for i, s := range c.Selects {
		out = append(out, selection(i, s))
	}
	if len(out) == 0 {
		return nil
	}
	id := hash.Short()
	var blocks []slack.Block
	for n := 0; len(out) > 0; n++ {
		k := min(len(out), maxActions)
		blocks = append(blocks, slack.NewActionBlock("actions-"+strconv.Itoa(n)+"-"+id, out[:k]...))
		out = out[k:]
	}
	return blocks
}

// maxShown is how many buttons a card shows before the plain ones go into a
// menu: two rows on a phone.
const maxShown = 8

// formMark ends the action ids whose press opens a form.
const formMark = ":form"

// actionID is unique in its message; Slack sends it back with the press. The
// token travels in the value.
func actionID(verb string, n int, form bool) string {
	mark := ""
	if form {
		mark = formMark
	}
	return cut(verb, maxID/2) + ":" + strconv.Itoa(n) + mark
}

func button(n int, b bot.Button) slack.BlockElement {
	e := slack.NewButtonBlockElement(actionID(b.Token.Command, n, b.Form), b.Token.String(), plain(label(b.Label), maxButtonLabel))
	e.Style = slack.Style(b.Style)
	e.AccessibilityLabel = cut(visible(b.Hint), maxButtonHint)
	if b.Confirm != "" {
		yes := label(b.Label)
		if runeLen(yes) > maxConfirmWord {
			yes = "Yes"
		}
		e.Confirm = slack.NewConfirmationBlockObject(plain(label(b.Label), maxConfirmTitle), plain(visible(b.Confirm), maxConfirmText),
			plain(yes, maxConfirmWord), plain("Cancel", maxConfirmWord))
		if b.Style == bot.Danger {
			e.Confirm.Style = slack.StyleDanger
		}
	}
	return e
}

// overflow puts buttons into menus of five. A menu has one action id for all
// its options, so each press asks the desk for a form first.
func overflow(from int, buttons []bot.Button) []slack.BlockElement {
	var out []slack.BlockElement
	for len(buttons) > 0 {
		n := min(len(buttons), maxOverflow)
		options := make([]*slack.OptionBlockObject, n)
		for i, b := range buttons[:n] {
			options[i] = slack.NewOptionBlockObject(b.Token.String(), plain(label(b.Label), maxOptionText), nil)
		}
		out = append(out, slack.NewOverflowBlockElement(actionID("more", from, true), options...))
		buttons, from = buttons[n:], from+n
	}
	return out
}

func selection(n int, s bot.Select) slack.BlockElement {
	options := make([]*slack.OptionBlockObject, 0, len(s.Options))
	for _, o := range s.Options[:min(len(s.Options), maxOptions)] {
		t := s.Token
		t.Arg = o.Value
		options = append(options, slack.NewOptionBlockObject(t.String(), plain(label(o.Label), maxOptionText), nil))
	}
	id := actionID("choose-"+s.Token.Command, n, s.Form)
	return slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain(label(s.Label), maxPlaceholder), id, options...)
}

// label is never empty: Slack refuses an empty text.
func label(s string) string {
	if s = visible(s); s == "" {
		return "–"
	}
	return s
}
