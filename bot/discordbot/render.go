package discordbot

import (
	"slices"
	"strings"

	"github.com/bwmarrin/discordgo"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/plaintext"
)

// colours of the tones; the words say the same.
var colours = map[bot.Tone]int{bot.Neutral: 0x5B6B7A, bot.Good: 0x2E7D4F, bot.Waiting: 0xB7791F, bot.Trouble: 0xB23A3A}

// drawn is a card as a message within Discord's limits; foot names its place,
// "" for a card that is for one person. What does not fit is shortened, and
// the message says so and where to read on.
func drawn(c bot.Card, foot string) payload {
	p := payload{Content: headOf(c), Embeds: []*discordgo.MessageEmbed{}, Mentions: nobody}
	rows, questions, overflow := rowsOf(c)
	p.Components = rows
	room := maxEmbedTotal - plaintext.Len(foot)
	for _, q := range questions {
		room -= plaintext.Len(q.Name) + plaintext.Len(q.Value)
	}
	tail := linkLines(overflow)
	room -= plaintext.Len(tail) + 2
	blocks := c.Blocks
	if plaintext.Len(oneLine(c.Title)) > maxTitle {
		blocks = append([]bot.Block{{Kind: bot.Para, Text: c.Title}}, blocks...)
	}
	texts, short := textsOf(blocks, room)
	if short {
		note := shortened(c.Links)
		texts, _ = textsOf(blocks, room-plaintext.Len(note)-2)
		texts = append(texts, note)
	}
	if tail != "" {
		texts = append(texts, tail)
	}
	for _, t := range boxes(texts) {
		p.Embeds = append(p.Embeds, &discordgo.MessageEmbed{Description: t, Color: colours[c.Tone]})
	}
	if len(p.Embeds) == 0 && (foot != "" || len(questions) > 0) {
		p.Embeds = append(p.Embeds, &discordgo.MessageEmbed{Color: colours[c.Tone]})
	}
	if n := len(p.Embeds); n > 0 {
		last := p.Embeds[n-1]
		last.Fields = questions
		if foot != "" {
			last.Footer = &discordgo.MessageEmbedFooter{Text: foot}
		}
	}
	return p
}

// maxTitle is how much of a title stands in bold; it may be twice as long once
// escaped, and the summary stands below it.
const maxTitle = 300

// headOf is the content: title and summary.
func headOf(c bot.Card) string {
	var lines []string
	if t := oneLine(c.Title); t != "" {
		lines = append(lines, "**"+escapeWithin(t, 2*maxTitle)+"**")
	}
	if s := oneLine(c.Summary); s != "" {
		lines = append(lines, "-# "+escapeWithin(s, maxContent-2*maxTitle-10))
	}
	return strings.Join(lines, "\n")
}

// floors says how far a kind of block may be shortened when a card is too
// long, the first to give way first. The reply comes last: people approve it.
var floors = []struct {
	kind  bot.BlockKind
	floor int
}{
	{bot.Quote, 1200}, {bot.Diff, 1000}, {bot.List, 1000}, {bot.Fields, 1000}, {bot.Para, 500}, {bot.Small, 200}, {bot.Draft, 0},
}

// textsOf draws the blocks with together at most so many characters.
func textsOf(blocks []bot.Block, room int) (texts []string, short bool) {
	whole := make([]string, len(blocks))
	share := make([]int, len(blocks))
	over := -room
	for i, b := range blocks {
		whole[i] = blockText(b, maxEmbedTotal)
		share[i] = plaintext.Len(blockText(b, 1<<30)) + gap
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
	for i, b := range blocks {
		t := whole[i]
		if plaintext.Len(t)+gap > share[i] || share[i] > maxEmbedTotal {
			t, short = blockText(b, share[i]-gap), true
		}
		if t != "" {
			texts = append(texts, t)
		}
	}
	return texts, short
}

// gap stands between two blocks: an empty line.
const gap = 2

// continues ends a box whose line goes on in the next one.
const continues = " ⤵"

// boxes packs texts into the descriptions of embeds, at most ten. A text that
// is too long for one goes on in the next.
func boxes(texts []string) []string {
	var out []string
	box := ""
	for _, t := range texts {
		if box != "" && plaintext.Len(box)+gap+plaintext.Len(t) <= maxDescr {
			box += "\n\n" + t
			continue
		}
		if box != "" {
			out = append(out, box)
		}
		for plaintext.Len(t) > maxDescr {
			head, rest := breakText(t, maxDescr)
			out = append(out, head)
			t = rest
		}
		box = t
	}
	if box != "" {
		out = append(out, box)
	}
	return out[:min(len(out), maxEmbeds)]
}

// breakText takes off the head of a drawn text. A quotation stays one.
func breakText(t string, n int) (head, rest string) {
	pieces, seps := plaintext.Split(t, n-plaintext.Len(continues))
	head, sep := pieces[0], seps[0]
	rest = strings.TrimPrefix(t, head+sep)
	if strings.HasSuffix(head, "\\") && !strings.HasSuffix(head, "\\\\") { // an escape stays whole
		head, rest = strings.TrimSuffix(head, "\\"), "\\"+sep+rest
		sep = ""
	}
	if !strings.Contains(sep, "\n") {
		head += continues
	}
	if strings.HasPrefix(t, quoteMark) && !strings.HasPrefix(rest, quoteMark) {
		rest = quoteMark + rest
	}
	return head, rest
}

// quoteMark begins each line of strangers' or unapproved words.
const quoteMark = "> "

// run is a run of words in one style.
type run struct {
	text        string
	open, close string
}

// signs are drawn before the lines of a list.
var signs = map[bot.Mark]string{bot.Plain: "• ", bot.Done: "✓ ", bot.Todo: "○ ", bot.Alert: "! ", bot.Stop: "✕ "}

// blockText draws one block with at most n code points.
func blockText(b bot.Block, n int) string {
	heading := ""
	if h := oneLine(b.Heading); h != "" {
		heading = "**" + escapeWithin(h, maxHeading) + "**"
	}
	runs := runsOf(b)
	quoted := b.Kind == bot.Quote || b.Kind == bot.Draft
	if heading != "" {
		n -= plaintext.Len(heading) + 1
	}
	body := writeRuns(runs, n, quoted)
	switch {
	case n <= 0 && heading != "" && len(runs) > 0, heading == "":
		return body
	case body == "":
		return heading
	}
	return heading + "\n" + body
}

const maxHeading = 200

// runsOf are the words of a block without its heading.
func runsOf(b bot.Block) []run {
	var runs []run
	small := ""
	if b.Kind == bot.Small {
		small = "-# "
	}
	if b.Text != "" {
		for i, line := range strings.Split(strings.ReplaceAll(b.Text, "\r\n", "\n"), "\n") {
			if i > 0 {
				runs = append(runs, run{open: "\n"})
			}
			if line != "" {
				runs = append(runs, run{text: line, open: small})
			}
		}
	}
	for _, l := range b.Items {
		if len(runs) > 0 {
			runs = append(runs, run{open: "\n"})
		}
		sign := signs[l.Mark]
		if b.Kind == bot.Fields && l.Mark == bot.Plain {
			sign = ""
		}
		if l.Label != "" {
			runs = append(runs, run{open: sign}, run{text: oneLine(l.Label) + ":", open: "**", close: "** "}, run{text: l.Text})
		} else {
			runs = append(runs, run{text: l.Text, open: sign})
		}
	}
	return append(runs, spansOf(b.Spans)...)
}

func spansOf(spans []bot.Span) []run {
	var runs []run
	for _, s := range spans {
		if s.Text == "" {
			continue
		}
		switch s.Kind {
		case bot.Added:
			runs = append(runs, run{text: s.Text, open: "**", close: guard(s.Text, "*") + "**"})
		case bot.Deleted:
			runs = append(runs, run{text: s.Text, open: "~~", close: guard(s.Text, "~") + "~~"})
		default:
			runs = append(runs, run{text: s.Text})
		}
	}
	return runs
}

// guard keeps a sign at a span's end apart from the mark that closes it.
func guard(s, sign string) string {
	if strings.HasSuffix(s, sign) || strings.HasSuffix(s, "\\") {
		return " "
	}
	return ""
}

// writeRuns writes runs with at most n code points and says with an ellipsis
// where it stopped.
func writeRuns(runs []run, n int, quoted bool) string {
	var b strings.Builder
	left := n
	put := func(s string) {
		b.WriteString(s)
		left -= plaintext.Len(s)
	}
	if quoted && len(runs) > 0 {
		put(quoteMark)
	}
	for _, r := range runs {
		words := escape(r.text)
		if quoted {
			words = strings.ReplaceAll(words, "\n", "\n"+quoteMark)
			r.open = strings.ReplaceAll(r.open, "\n", "\n"+quoteMark)
		}
		fixed := plaintext.Len(r.open) + plaintext.Len(r.close)
		if fixed+plaintext.Len(words) <= left {
			put(r.open)
			put(words)
			put(r.close)
			continue
		}
		if room := left - fixed; room > 0 && r.text != "" {
			put(r.open)
			words = escapeWithin(plaintext.Cut(r.text, max(1, min(room, plaintext.Len(r.text)-1))), room)
			if quoted {
				words = strings.ReplaceAll(words, "\n", " ")
			}
			put(words)
			put(r.close)
		} else if left > 0 {
			put(plaintext.Ellipsis)
		}
		break
	}
	if left < 0 { // no room even for the mark
		return ""
	}
	return b.String()
}

// shortened says that something is missing and where it can be read.
func shortened(links []bot.Link) string {
	words := "-# Shortened: this is more than Discord shows in one message."
	for _, l := range links {
		if safeURL(l.URL) {
			return words + " " + masked(bot.Link{Label: "Read it whole", URL: l.URL})
		}
	}
	return words
}

// linkLines are the links that found no room among the buttons, and those that
// must not be links at all.
func linkLines(links []bot.Link) string {
	var out []string
	for _, l := range links {
		if safeURL(l.URL) {
			out = append(out, masked(l))
		} else {
			out = append(out, escape(plaintext.Cut(oneLine(l.Label+": "+l.URL), 200)))
		}
	}
	return strings.Join(slices.Compact(out), "\n")
}

// masked is our own link in words.
func masked(l bot.Link) string {
	url := strings.NewReplacer("(", "%28", ")", "%29", " ", "%20").Replace(l.URL)
	return "[" + escape(plaintext.Cut(oneLine(l.Label), maxButtonLabel)) + "](<" + url + ">)"
}
