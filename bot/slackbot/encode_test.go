package slackbot

import (
	"encoding/json"
	"net/url"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/bottest"
)

// sameAsSlackGo fails unless what goes out for m, as a card, as an answer to one
// person and as the answer to a press, says the same as slack-go would.
func sameAsSlackGo(t rapid.TB, at bot.Place, m message) {
	t.Helper()
	payload := map[string]any{"place": at.ID(), "case": at.Case}
	if at.Review != "" {
		payload["review"] = at.Review
	}
	card, err := m.body(at, "C0REVIEWS", "thread_ts", "1.2")
	same(t, m, card, err, slack.MsgOptionTS("1.2"), slack.MsgOptionMetadata(slack.SlackMetadata{EventType: metadataType, EventPayload: payload}))
	answer, err := m.addressed("C0REVIEWS", "U0USER", "1.2")
	same(t, m, answer, err, slack.MsgOptionTS("1.2"), slack.MsgOptionUser("U0USER"))
	response, err := m.response()
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal(map[string]any{
		"response_type": "ephemeral", "replace_original": false, "text": string([]rune(m.text)), "blocks": m.blocks,
		"mrkdwn": false, "parse": "none", "unfurl_links": false, "unfurl_media": false,
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(decoded(t, want), decoded(t, response)); d != "" {
		t.Errorf("the response differs (-encoding/json +ours):\n%s", d)
	}
}

// same fails unless body says the same as the form that slack-go would send
// with these options.
func same(t rapid.TB, m message, body []byte, err error, more ...slack.MsgOption) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	_, form, err := slack.UnsafeApplyMsgOptions("", "C0REVIEWS", "", append(m.options(), more...)...)
	if err != nil {
		t.Fatal(err)
	}
	blocks, err := json.Marshal(m.blocks)
	if err != nil {
		t.Fatal(err)
	}
	form.Set("blocks", string(blocks))
	form.Del("token") // it travels in the header
	if d := cmp.Diff(fromForm(t, form), decoded(t, body)); d != "" {
		t.Errorf("it differs (-slack-go +ours):\n%s", d)
	}
}

func decoded(t rapid.TB, body []byte) (v map[string]any) {
	t.Helper()
	if !utf8.Valid(body) {
		t.Errorf("it is no UTF-8: %q", body)
	}
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("it is no JSON: %v\n%s", err, body)
	}
	return v
}

// fromForm reads a form as the JSON that it stands for.
func fromForm(t rapid.TB, form url.Values) map[string]any {
	t.Helper()
	out := map[string]any{}
	for key := range form {
		switch v := form.Get(key); {
		case key == "blocks" || key == "metadata" || v == "false":
			var inner any
			if err := json.Unmarshal([]byte(v), &inner); err != nil {
				t.Fatalf("%s: %v", key, err)
			}
			out[key] = inner
		default:
			out[key] = string([]rune(v)) // each broken byte becomes a replacement character
		}
	}
	return out
}

var first = bot.Place{Case: 7, Key: "parent", Review: `r-1 "x" <b> é`}

// Every golden card, every shared hostile text and every kind of answer goes
// out as slack-go would have sent it.
func TestCardsGoOutAsSlackGoWould(t *testing.T) {
	cards := map[string]bot.Card{"complaint": complaintCard()}
	for _, f := range cardsToDraw() {
		cards[f.Name] = f.Card
	}
	for _, h := range bottest.Hostile() {
		cards["hostile "+h.Name] = bottest.HostileCard(h.Text)
	}
	for name, c := range cards {
		t.Run(name, func(t *testing.T) {
			sameAsSlackGo(t, first, drawn(c))
			sameAsSlackGo(t, bot.Place{Case: 7, Key: "draft-1"}, wordsOf(c))
		})
	}
	t.Run("picture", func(t *testing.T) {
		m := drawn(complaintCard())
		m.blocks = append(m.blocks, slack.NewImageBlockSlackFile(&slack.SlackFileObject{ID: "F1"}, "<alt>", "", nil))
		sameAsSlackGo(t, first, m)
	})
}

// So does any card, and any words that drawing has not made harmless first.
func TestAnyCardGoesOutAsSlackGoWould(t *testing.T) {
	card, raw := anyCard(), rapid.OneOf(anyText(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
	rapid.Check(t, func(r *rapid.T) {
		sameAsSlackGo(r, bot.Place{Case: rapid.Int64().Draw(r, "case"), Key: "k", Review: rapid.StringN(0, 20, 60).Draw(r, "review")}, drawn(card.Draw(r, "card")))
		words := func() string { return raw.Draw(r, "words") }
		text := &slack.TextBlockObject{Type: slack.PlainTextType, Text: words()}
		section := slack.NewRichTextSection(slack.NewRichTextSectionTextElement(words(), italic), slack.NewRichTextSectionLinkElement(words(), words(), bold))
		sameAsSlackGo(r, first, message{text: words(), blocks: []slack.Block{
			slack.NewHeaderBlock(text), slack.NewContextBlock(words(), text), slack.NewDividerBlock(),
			slack.NewRichTextBlock(words(), section, &slack.RichTextQuote{Type: slack.RTEQuote, Elements: section.Elements}),
			slack.NewActionBlock(words(), slack.NewButtonBlockElement(words(), words(), text),
				slack.NewOverflowBlockElement(words(), slack.NewOptionBlockObject(words(), text, nil))),
		}})
	})
}

func FuzzQuoted(f *testing.F) {
	for _, s := range []string{"", "plain", "\x00\x1f\x7f\"\\\n\r\t", "<&>\u2028\u2029", "\xff\xfeé\xc3", "★ 😀 \ufffd"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var ours, theirs string
		if err := json.Unmarshal(appendQuoted(nil, s), &ours); err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		if err := json.Unmarshal(want, &theirs); err != nil || ours != theirs {
			t.Errorf("%q becomes %q, in encoding/json %q (%v)", s, ours, theirs, err)
		}
	})
}

// options are what slack-go needs to say of every message; [encoder.message]
// says the same.
func (m message) options() []slack.MsgOption {
	return []slack.MsgOption{
		slack.MsgOptionText(m.text, false), // escaped already
		slack.MsgOptionBlocks(m.blocks...),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(),
		slack.MsgOptionDisableMarkdown(), slack.MsgOptionParse(false), slack.MsgOptionLinkNames(false),
	}
}
