package bottest

import (
	"strings"
	"unicode"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/commands"
)

// HostileText is a stranger's text that tries to be more than text.
type HostileText struct{ Name, Text string }

// Hostile are texts that must stay text on every chat.
func Hostile() []HostileText {
	return []HostileText{
		{"slack", "<!channel> <@U123> <!subteam^S1> <#C1> <http://evil.example.com|click> *bold* _it_ ~gone~ `code` &lt;!here&gt; :smile:"},
		{"discord", "@everyone @here <@123456789012345678> <@&1> <#2> [x](http://evil.example.com) **bold** __under__ ||spoiler|| <:e:1> </cmd:3> # big\n> quote\n- item"},
		{"html", `<script>alert(1)</script><img src=x onerror=alert(1)><a href="http://evil.example.com">x</a> </textarea></pre></form> " onmouseover="x' {{.}} &amp; &#60; <!-- -->`},
		{"mixed", "é\u200B <b>fat</b> <script>alert(1)</script> <!channel> <@U1> @everyone **x** \u202E||y|| 壊 [z](http://evil.example.com)"},
		{"links", "see http://evil.example.com/a and https://evil.example.com or www.evil.example.com, mail a@evil.example.com, javascript:alert(1)"},
		{"fence", "``` end of code ``` ~~~ \\*escaped\\* \\ ```js\nx\n```"},
		{"template", "${7*7} #{7*7} <%= 7*7 %> {{7*7}} %s %d %n {0}"},
		{"rtl", "safe \u202Eevil txt.exe\u202C \u2066iso\u2069 \u200Fmark\u200E \u061C \u202Bembed"},
		{"zero_width", "@\u200Bevery\u200Cone \u2060<\uFEFF@U123>\u00AD \U000E0001\U000E0041tag"},
		{"controls", "nul\x00 bell\x07 esc\x1b[31mred\x1b[0m del\x7f c1\u0085\u009b \u2028line\u2029par"},
		{"combining", "Z" + strings.Repeat("\u0336\u0489\u035C", 200) + "algo " + strings.Repeat("e\u0301\u0302\u0303\u0304\u0305", 50)},
		{"invalid", "bad \xff\xfe utf-8 \xc3( end"},
		{"formula", "=cmd|' /C calc'!A0\t+1-1 @SUM(1)"},
	}
}

// Flood is a hostile text of 100,000 characters.
func Flood() string { return strings.Repeat("<!channel> @everyone ||x|| ", 3704)[:100000] }

// HostileCard has s wherever a card can hold words that a stranger chose or
// could have influenced.
func HostileCard(s string) bot.Card {
	short := func(n int) string {
		if r := []rune(s); len(r) > n {
			return string(r[:n])
		}
		return s
	}
	return bot.Card{
		Case: 7, Title: "About " + short(100), Summary: "Said " + short(100), Tone: bot.Neutral,
		Blocks: []bot.Block{
			{Kind: bot.Quote, Heading: "By " + short(60), Text: s},
			{Kind: bot.Draft, Text: s},
			{Kind: bot.Para, Text: s},
			{Kind: bot.Small, Text: s},
			{Kind: bot.Fields, Items: []bot.Line{{Label: "Author " + short(40), Text: s}}},
			{Kind: bot.List, Items: []bot.Line{{Mark: bot.Todo, Text: s}}},
			{Kind: bot.Diff, Spans: []bot.Span{{Kind: bot.Same, Text: "same "}, {Kind: bot.Deleted, Text: s}, {Kind: bot.Added, Text: s}}},
		},
		Buttons: []bot.Button{{Label: "Ask " + short(60), Hint: short(60), Confirm: short(200), Token: Token("approve", 7, "")}},
		Selects: []bot.Select{{Label: "Pick " + short(60), Token: Token("verdict", 7, ""), Options: []commands.Option{{Value: "a", Label: "Option " + short(50)}, {Value: "b", Label: "Other"}}}},
		Links:   []bot.Link{{Label: "At " + short(40), URL: "https://shop.example.com/r"}, {Label: "Trap", URL: "javascript:alert(1)"}},
	}
}

// letters is what must be left of a hostile text: everything visible. An
// adapter may drop what is invisible, thin out stacks of combining marks, and
// show either as a symbol of the Control Pictures block or as U+FFFD.
func letters(s string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(s, "") {
		switch {
		case r == unicode.ReplacementChar, r >= 0x2400 && r <= 0x2426, r == '\u25CC', r == '…':
		case r >= 0xE0000 && r <= 0xE0FFF, unicode.IsSpace(r), r == '\u00AD':
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Mn, unicode.Me, unicode.Zl, unicode.Zp):
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// spaced folds white space, for texts whose line breaks do not matter.
func spaced(s string) string { return strings.Join(strings.Fields(s), " ") }

// leaks lists what a drawn text must not hold: controls, and direction marks
// that reach beyond their own text.
func leaks(s string) []string {
	var out []string
	open := 0
	for _, r := range s {
		switch {
		case r >= 0x202A && r <= 0x202E:
			out = append(out, "a direction override or embedding")
		case r >= 0x2066 && r <= 0x2068:
			open++
		case r == 0x2069:
			open--
		case r == '\n' || r == '\t':
		case unicode.Is(unicode.Cc, r):
			out = append(out, "the control character "+string('\u2400'+r%0x20))
		}
		if open < 0 {
			out, open = append(out, "an isolate closed that was not opened"), 0
		}
	}
	if open != 0 {
		out = append(out, "an isolate left open")
	}
	return out
}
