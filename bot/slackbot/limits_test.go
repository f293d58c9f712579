package slackbot

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/slack-go/slack"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/bot/slackbot/slacktest"
	"github.com/evenkeel/evenkeel/commands"
)

// Every short text at its limit goes out whole, and one over is shortened; in
// both cases Slack takes it.
func TestTextsAtTheLimitAndOneOver(t *testing.T) {
	one := func(change func(*bot.Card, string)) func(string) bot.Card {
		return func(s string) bot.Card {
			c := bot.Card{Case: 7, Title: "T", Summary: "S"}
			change(&c, s)
			return c
		}
	}
	button := func(change func(*bot.Button, string)) func(string) bot.Card {
		return one(func(c *bot.Card, s string) {
			b := bot.Button{Label: "L", Token: bottest.Token("approve", 7, "")}
			change(&b, s)
			c.Buttons = append(c.Buttons, b)
		})
	}
	for name, test := range map[string]struct {
		limit int
		card  func(string) bot.Card
	}{
		"button":      {maxButtonLabel, button(func(b *bot.Button, s string) { b.Label = s })},
		"button hint": {maxButtonHint, button(func(b *bot.Button, s string) { b.Hint = s })},
		"confirm":     {maxConfirmText, button(func(b *bot.Button, s string) { b.Confirm = s })},
		"select": {maxPlaceholder, one(func(c *bot.Card, s string) {
			c.Selects = []bot.Select{{Label: s, Token: bottest.Token("v", 7, ""), Options: []commands.Option{{Value: "a", Label: "A"}}}}
		})},
		"option": {maxOptionText, one(func(c *bot.Card, s string) {
			c.Selects = []bot.Select{{Label: "L", Token: bottest.Token("v", 7, ""), Options: []commands.Option{{Value: "a", Label: s}}}}
		})},
		"link":          {maxHeader, one(func(c *bot.Card, s string) { c.Links = []bot.Link{{Label: s, URL: "https://example.com"}} })},
		"draft":         {maxMessage - 2, one(func(c *bot.Card, s string) { c.Blocks = []bot.Block{{Kind: bot.Draft, Text: s}} })},
		"review":        {maxMessage - 2, one(func(c *bot.Card, s string) { c.Blocks = []bot.Block{{Kind: bot.Quote, Text: s}} })},
		"small print":   {maxMessage - 2, one(func(c *bot.Card, s string) { c.Blocks = []bot.Block{{Kind: bot.Small, Text: s}} })},
		"fallback text": {maxFallback - len("\nT"), one(func(c *bot.Card, s string) { c.Summary = s })},
	} {
		for _, letter := range []string{"x", "字", "😀"} {
			t.Run(name+" of "+letter, func(t *testing.T) {
				for over := range 2 {
					text := strings.Repeat(letter, test.limit+over)
					m := drawn(test.card(text))
					judgeMessage(t, m)
					raw, err := json.Marshal(sent{m.text, m.blocks})
					if err != nil {
						t.Fatal(err)
					}
					whole := strings.Count(string(raw), letter) >= test.limit
					if over == 0 && (!whole || strings.Contains(string(raw), ellipsis) && name != "button hint" && runeLen(m.text) < maxFallback-10) {
						t.Errorf("%d characters do not go out whole", test.limit)
					}
					if over == 1 && !strings.Contains(string(raw), ellipsis) {
						t.Errorf("%d characters were not shortened", test.limit+1)
					}
				}
			})
		}
	}
}

// A title that does not fit into a header stands whole below it.
func TestLongTitleStandsBelow(t *testing.T) {
	title := bottest.Words("title", maxHeader+1)
	m := drawn(bot.Card{Case: 7, Title: title, Summary: "S"})
	judgeMessage(t, m)
	raw, _ := json.Marshal(m.blocks[1:])
	if !strings.Contains(string(raw), title) {
		t.Error("the title is nowhere whole")
	}
}

// The reply is the last to be shortened: people approve it.
func TestTheReplyIsTheLastToGiveWay(t *testing.T) {
	reply := bottest.Words("reply", bottest.LongDraft)
	c := bot.Card{Case: 7, Title: "T", Summary: "S", Links: []bot.Link{{Label: "Console", URL: "https://console.example.com/case/7"}}, Blocks: []bot.Block{
		{Kind: bot.Quote, Text: bottest.Words("review", 60_000)}, {Kind: bot.Draft, Text: reply},
		{Kind: bot.Diff, Spans: []bot.Span{{Kind: bot.Same, Text: bottest.Words("diff", 20_000)}}}, {Kind: bot.Small, Text: bottest.Words("small", 20_000)}}}
	m := drawn(c)
	judgeMessage(t, m)
	seen := ""
	for _, b := range asMaps(t, m.blocks) {
		seen += textOf(b) + "\n"
	}
	if !strings.Contains(seen, reply) {
		t.Error("the reply is not whole")
	}
	if !strings.Contains(seen, "Shortened") || !strings.Contains(seen, "Console") {
		t.Error("nothing says where the rest can be read")
	}
}

// Our own check refuses what Slack refuses, one over each limit.
func TestOwnCheckAgreesWithSlack(t *testing.T) {
	long := func(n int) *slack.TextBlockObject {
		return slack.NewTextBlockObject(slack.PlainTextType, strings.Repeat("x", n), false, false)
	}
	words := func(n int) slack.Block {
		return slack.NewRichTextBlock("", slack.NewRichTextSection(slack.NewRichTextSectionTextElement(strings.Repeat("x", n), nil)))
	}
	press := func(change func(*slack.ButtonBlockElement)) slack.Block {
		b := slack.NewButtonBlockElement("a", "v", long(1))
		change(b)
		return slack.NewActionBlock("", b)
	}
	option := func(text, value int) *slack.OptionBlockObject {
		return slack.NewOptionBlockObject(strings.Repeat("v", value), long(text), nil)
	}
	many := func(n int) (out []*slack.OptionBlockObject) {
		for range n {
			out = append(out, option(1, 1))
		}
		return out
	}
	for name, make := range map[string]func(over int) []slack.Block{
		"header":       func(o int) []slack.Block { return []slack.Block{slack.NewHeaderBlock(long(maxHeader + o))} },
		"section":      func(o int) []slack.Block { return []slack.Block{slack.NewSectionBlock(long(maxText+o), nil, nil)} },
		"context text": func(o int) []slack.Block { return []slack.Block{slack.NewContextBlock("", long(maxText+o))} },
		"words":        func(o int) []slack.Block { return []slack.Block{words(maxText + o)} },
		"button": func(o int) []slack.Block {
			return []slack.Block{press(func(b *slack.ButtonBlockElement) { b.Text = long(maxButtonLabel + o) })}
		},
		"value": func(o int) []slack.Block {
			return []slack.Block{press(func(b *slack.ButtonBlockElement) { b.Value = strings.Repeat("v", maxButtonValue+o) })}
		},
		"hint": func(o int) []slack.Block {
			return []slack.Block{press(func(b *slack.ButtonBlockElement) { b.AccessibilityLabel = strings.Repeat("v", maxButtonHint+o) })}
		},
		"action id": func(o int) []slack.Block {
			return []slack.Block{press(func(b *slack.ButtonBlockElement) { b.ActionID = strings.Repeat("v", maxID+o) })}
		},
		"confirm": func(o int) []slack.Block {
			return []slack.Block{press(func(b *slack.ButtonBlockElement) {
				b.Confirm = slack.NewConfirmationBlockObject(long(maxConfirmTitle), long(maxConfirmText+o), long(maxConfirmWord), long(maxConfirmWord))
			})}
		},
		"overflow": func(o int) []slack.Block {
			return []slack.Block{slack.NewActionBlock("", slack.NewOverflowBlockElement("a", many(maxOverflow+o)...))}
		},
		"select": func(o int) []slack.Block {
			return []slack.Block{slack.NewActionBlock("", slack.NewOptionsSelectBlockElement("static_select", long(maxPlaceholder), "a", many(maxOptions+o)...))}
		},
		"option": func(o int) []slack.Block {
			return []slack.Block{slack.NewActionBlock("", slack.NewOptionsSelectBlockElement("static_select", long(1), "a", option(maxOptionText, maxOptionValue+o)))}
		},
		"blocks": func(o int) (out []slack.Block) {
			for range maxBlocks + o {
				out = append(out, words(1))
			}
			return out
		},
		"block id": func(o int) []slack.Block {
			return []slack.Block{slack.NewRichTextBlock(strings.Repeat("i", maxID+o), slack.NewRichTextSection(slack.NewRichTextSectionTextElement("x", nil)))}
		},
		"elements": func(o int) []slack.Block {
			var es []slack.BlockElement
			for n := range maxActions + o {
				es = append(es, slack.NewButtonBlockElement(fmt.Sprint(n), "v", long(1)))
			}
			return []slack.Block{slack.NewActionBlock("", es...)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			for over := range 2 {
				blocks := make(over)
				own, theirs := checkMessage(message{blocks, "text"}), slacktest.JudgeBlocks(asMaps(t, blocks))
				if (own == nil) != (over == 0) || (theirs == nil) != (over == 0) {
					t.Errorf("%d over: we say %v, Slack says %v", over, own, theirs)
				}
			}
		})
	}
}

// anyText is what might stand anywhere on a card.
func anyText() *rapid.Generator[string] {
	return rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{issueText, "", "\n\n", bottest.Words("w", 4000), strings.Repeat("&", 5000), strings.Repeat("\u0301", 300)}),
		rapid.StringOfN(rapid.RuneFrom(nil, unicode.Cf, unicode.Mn, unicode.Arabic, unicode.Hangul), 0, 100, -1))
}

func anyCard() *rapid.Generator[bot.Card] {
	text := anyText()
	kinds := []bot.BlockKind{bot.Para, bot.Quote, bot.Draft, bot.Fields, bot.List, bot.Diff, bot.Small}
	line := rapid.Custom(func(t *rapid.T) bot.Line {
		return bot.Line{Mark: rapid.SampledFrom([]bot.Mark{bot.Plain, bot.Done, bot.Todo, bot.Alert, bot.Stop}).Draw(t, "mark"), Label: text.Draw(t, "label"), Text: text.Draw(t, "line")}
	})
	span := rapid.Custom(func(t *rapid.T) bot.Span {
		return bot.Span{Kind: rapid.SampledFrom([]bot.SpanKind{bot.Same, bot.Added, bot.Deleted}).Draw(t, "kind"), Text: text.Draw(t, "span")}
	})
	block := rapid.Custom(func(t *rapid.T) bot.Block {
		return bot.Block{Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Heading: text.Draw(t, "heading"), Text: text.Draw(t, "text"),
			Items: rapid.SliceOfN(line, 0, 6).Draw(t, "items"), Spans: rapid.SliceOfN(span, 0, 4).Draw(t, "spans")}
	})
	button := rapid.Custom(func(t *rapid.T) bot.Button {
		return bot.Button{Label: text.Draw(t, "label"), Hint: text.Draw(t, "hint"), Confirm: text.Draw(t, "confirm"), Form: rapid.Bool().Draw(t, "form"),
			Style: rapid.SampledFrom([]bot.Style{bot.Secondary, bot.Primary, bot.Danger}).Draw(t, "style"), Token: bottest.Token("do", 7, "")}
	})
	option := rapid.Custom(func(t *rapid.T) commands.Option {
		return commands.Option{Value: rapid.StringMatching("[a-z]{0,12}").Draw(t, "value"), Label: text.Draw(t, "option")}
	})
	choice := rapid.Custom(func(t *rapid.T) bot.Select {
		return bot.Select{Label: text.Draw(t, "label"), Form: rapid.Bool().Draw(t, "form"), Token: bottest.Token("do", 7, ""), Options: rapid.SliceOfN(option, 1, 4).Draw(t, "options")}
	})
	return rapid.Custom(func(t *rapid.T) bot.Card {
		return bot.Card{Case: 7, Title: text.Draw(t, "title"), Summary: "S" + text.Draw(t, "summary"),
			Blocks: rapid.SliceOfN(block, 0, 60).Draw(t, "blocks"), Buttons: rapid.SliceOfN(button, 0, 25).Draw(t, "buttons"),
			Selects: rapid.SliceOfN(choice, 0, 2).Draw(t, "selects"),
			Links:   []bot.Link{{Label: text.Draw(t, "link"), URL: rapid.OneOf(text, rapid.Just("https://shop.example.com/?a=1&b=2")).Draw(t, "url")}}}
	})
}

// Whatever stands on a card, Slack takes it, and it is harmless.
func TestAnyCardIsTaken(t *testing.T) {
	card := anyCard()
	rapid.Check(t, func(r *rapid.T) {
		m := drawn(card.Draw(r, "card"))
		if err := checkMessage(m); err != nil {
			r.Fatalf("our own check: %v", err)
		}
		if err := slacktest.JudgeBlocks(asMaps(t, m.blocks)); err != nil {
			r.Fatalf("Slack would refuse it: %v", err)
		}
		if strings.ContainsAny(m.text, "<>") {
			r.Fatalf("the fallback text has live marks: %q", m.text)
		}
		raw, _ := json.Marshal(m.blocks)
		for _, bad := range []string{"\u202e", "\u202a", "\u2066", "\u200b", "\u2060", "\ufeff", `"mrkdwn"`} {
			if strings.Contains(string(raw), bad) || strings.Contains(m.text, bad) {
				r.Fatalf("%q goes out", bad)
			}
		}
	})
}

func FuzzVisible(f *testing.F) {
	for _, h := range bottest.Hostile() {
		f.Add(h.Text)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v := visible(s)
		if visible(v) != v {
			t.Errorf("%q is not stable", v)
		}
		for _, r := range v {
			if unicode.Is(unicode.Cc, r) && r != '\n' && r != '\t' || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 {
				t.Errorf("%U is left in %q", r, v)
			}
		}
	})
}

func FuzzSplit(f *testing.F) {
	f.Add("one two three", 5)
	f.Add("a\n\nb\u0301\u0301\u0301 c", 2)
	f.Fuzz(func(t *testing.T, s string, n int) {
		if n < 1 || n > 4000 || len(s) > 50_000 {
			return
		}
		s = strings.ToValidUTF8(s, "?")
		pieces, seps := split(s, n)
		if len(seps) != len(pieces)-1 {
			t.Fatalf("%d separators for %d pieces", len(seps), len(pieces))
		}
		whole := pieces[0]
		for i, p := range pieces {
			if runeLen(p) > n || p == "" && s != "" {
				t.Fatalf("piece %q of at most %d", p, n)
			}
			if i > 0 {
				whole += seps[i-1] + p
			}
		}
		if whole != s {
			t.Fatalf("%q became %q", s, whole)
		}
		if s != "" && join(pieces, seps) != s {
			t.Fatalf("join gives %q for %q", join(pieces, seps), s)
		}
		if c := cut(s, n); runeLen(c) > n {
			t.Fatalf("cut to %d gives %q", n, c)
		}
	})
}

func FuzzWritten(f *testing.F) {
	f.Add("<@U0BOT0000> shorter <http://x|y> &lt;b&gt;")
	f.Fuzz(func(t *testing.T, s string) {
		written(s, slacktest.BotUser)
		_, _, _ = fieldOf(s)
		if _, _, err := parseRef(s); err == nil && !strings.Contains(s, refSeparator) {
			t.Errorf("%q is taken as a reference", s)
		}
	})
}

func TestWritten(t *testing.T) {
	for in, want := range map[string]string{
		"<@U0BOT0000> shorter, please":                     "shorter, please",
		"it is &lt;b&gt;ours&lt;/b&gt; &amp;amp; *really*": "it is <b>ours</b> &amp; *really*",
		"see <https://a.example.com|a.example.com>":        "see a.example.com",
		"see <https://a.example.com>":                      "see https://a.example.com",
		"<@U1|ana> and <#C1|reviews> and <!here>":          "@ana and #reviews and @here",
	} {
		if got, mentioned := written(in, slacktest.BotUser); got != want || mentioned != strings.Contains(in, slacktest.BotUser) {
			t.Errorf("%q reads %q (%v), want %q", in, got, mentioned, want)
		}
	}
}
