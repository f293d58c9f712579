package slackbot

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"github.com/slack-go/slack"
)

// encoder writes a message as JSON in one pass. encoding/json checks and
// compacts anew what each of slack-go's own MarshalJSON methods returns, so a
// card's buttons would go through it three times. Only the values that cards
// are drawn with are written here; all others go to encoding/json.
type encoder struct {
	out []byte
	err error // the first
}

// encoded is the message as JSON, after what head says of where it goes.
func (m message) encoded(head func(*encoder)) ([]byte, error) {
	// Its words stand in it twice, and a block takes some hundred bytes besides.
	e := encoder{out: make([]byte, 0, 512+2*len(m.text)+512*len(m.blocks))}
	e.begin('{')
	head(&e)
	e.message(m)
	e.end('}')
	return e.out, e.err
}

// message writes what every message says: its words, no unfurling and no
// parsing of them.
func (e *encoder) message(m message) {
	e.text("text", m.text)
	array(e, "blocks", m.blocks, e.block)
	e.text("parse", "none")
	e.truth("mrkdwn", false)
	e.truth("unfurl_links", false)
	e.truth("unfurl_media", false)
}

func (e *encoder) block(b slack.Block) {
	switch b := b.(type) {
	case *slack.HeaderBlock:
		e.typed(string(b.Type), b.BlockID)
		e.words("text", b.Text)
	case *slack.ContextBlock:
		e.typed(string(b.Type), b.BlockID)
		array(e, "elements", b.ContextElements.Elements, e.aside)
	case *slack.RichTextBlock:
		e.typed(string(b.Type), b.BlockID)
		array(e, "elements", b.Elements, e.richText)
	case *slack.ActionBlock:
		e.typed(string(b.Type), b.BlockID)
		array(e, "elements", b.Elements.ElementSet, e.element)
	default:
		e.other(b)
		return
	}
	e.end('}')
}

// typed begins a block.
func (e *encoder) typed(kind, id string) {
	e.begin('{')
	e.text("type", kind)
	e.given("block_id", id)
}

func (e *encoder) aside(m slack.MixedElement) {
	if words, ok := m.(*slack.TextBlockObject); ok {
		e.plainText(words)
	} else {
		e.other(m)
	}
}

func (e *encoder) richText(r slack.RichTextElement) {
	var runs []slack.RichTextSectionElement
	switch r := r.(type) {
	case *slack.RichTextSection:
		runs = r.Elements
	case *slack.RichTextQuote:
		runs = r.Elements
	default:
		e.other(r)
		return
	}
	e.begin('{')
	e.text("type", string(r.RichTextElementType()))
	array(e, "elements", runs, e.run)
	e.end('}')
}

func (e *encoder) run(r slack.RichTextSectionElement) {
	switch r := r.(type) {
	case *slack.RichTextSectionTextElement:
		e.begin('{')
		e.text("type", string(r.Type))
		e.text("text", r.Text)
		e.style(r.Style)
		e.end('}')
	case *slack.RichTextSectionLinkElement:
		e.begin('{')
		e.text("type", string(r.Type))
		e.text("url", r.URL)
		e.given("text", r.Text)
		e.style(r.Style)
		e.end('}')
	default:
		e.other(r)
	}
}

func (e *encoder) style(s *slack.RichTextSectionTextStyle) {
	if s == nil {
		return
	}
	e.key("style")
	e.begin('{')
	for _, on := range []struct {
		name string
		is   bool
	}{{"bold", s.Bold}, {"italic", s.Italic}, {"strike", s.Strike}} {
		if on.is {
			e.truth(on.name, true)
		}
	}
	e.end('}')
}

// element writes what can be pressed.
func (e *encoder) element(el slack.BlockElement) {
	switch el := el.(type) {
	case *slack.ButtonBlockElement:
		e.begin('{')
		e.text("type", string(el.Type))
		e.words("text", el.Text)
		e.given("action_id", el.ActionID)
		e.given("value", el.Value)
		e.given("style", string(el.Style))
		e.given("accessibility_label", el.AccessibilityLabel)
		if el.Confirm != nil {
			e.key("confirm")
			e.other(el.Confirm)
		}
		e.end('}')
	case *slack.OverflowBlockElement:
		e.begin('{')
		e.text("type", string(el.Type))
		e.given("action_id", el.ActionID)
		array(e, "options", el.Options, e.option)
		e.end('}')
	case *slack.SelectBlockElement:
		e.begin('{')
		e.text("type", el.Type)
		e.words("placeholder", el.Placeholder)
		e.given("action_id", el.ActionID)
		array(e, "options", el.Options, e.option)
		e.end('}')
	default:
		e.other(el)
	}
}

func (e *encoder) option(o *slack.OptionBlockObject) {
	e.begin('{')
	e.words("text", o.Text)
	e.text("value", o.Value)
	e.end('}')
}

func (e *encoder) words(key string, o *slack.TextBlockObject) {
	e.key(key)
	e.plainText(o)
}

func (e *encoder) plainText(o *slack.TextBlockObject) {
	e.begin('{')
	e.text("type", o.Type)
	e.text("text", o.Text)
	if o.Emoji != nil {
		e.truth("emoji", *o.Emoji)
	}
	e.end('}')
}

// other writes what is rare.
func (e *encoder) other(v any) {
	raw, err := json.Marshal(v)
	if e.err == nil {
		e.err = err
	}
	e.next()
	e.out = append(e.out, raw...)
}

// array writes a key with an array.
func array[T any](e *encoder, key string, items []T, write func(T)) {
	e.key(key)
	e.begin('[')
	for _, item := range items {
		write(item)
	}
	e.end(']')
}

// begin opens an object or an array, end closes it.
func (e *encoder) begin(bracket byte) {
	e.next()
	e.out = append(e.out, bracket)
}

func (e *encoder) end(bracket byte) { e.out = append(e.out, bracket) }

// next separates a value or a key from the one before it.
func (e *encoder) next() {
	if len(e.out) == 0 {
		return
	}
	switch e.out[len(e.out)-1] {
	case '{', '[', ':':
	default:
		e.out = append(e.out, ',')
	}
}

func (e *encoder) key(name string) {
	e.next()
	e.out = append(e.out, '"')
	e.out = append(e.out, name...)
	e.out = append(e.out, '"', ':')
}

func (e *encoder) text(key, s string) {
	e.key(key)
	e.out = appendQuoted(e.out, s)
}

// given leaves out what is empty.
func (e *encoder) given(key, s string) {
	if s != "" {
		e.text(key, s)
	}
}

func (e *encoder) truth(key string, b bool) {
	e.key(key)
	e.out = strconv.AppendBool(e.out, b)
}

func (e *encoder) number(key string, n int64) {
	e.key(key)
	e.out = strconv.AppendInt(e.out, n, 10)
}

// appendQuoted writes a JSON string. A byte that is no UTF-8 becomes a
// replacement character, as in encoding/json.
func appendQuoted(out []byte, s string) []byte {
	out = append(out, '"')
	from := 0 // what is not written yet
	for i := 0; i < len(s); {
		c := s[i]
		if asItIs[c] {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			out = appendEscape(append(out, s[from:i]...), c)
			i++
			from = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			out = append(append(out, s[from:i]...), string(utf8.RuneError)...)
			from = i + 1
		}
		i += size
	}
	return append(append(out, s[from:]...), '"')
}

// asItIs are the characters of ASCII that stand for themselves in a JSON string.
var asItIs = func() (table [256]bool) {
	for c := byte(' '); c < utf8.RuneSelf; c++ {
		table[c] = c != '"' && c != '\\'
	}
	return table
}()

// appendEscape writes a character that may not stand in a JSON string as it is.
func appendEscape(out []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(out, '\\', c)
	case '\n':
		return append(out, '\\', 'n')
	}
	return append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xF])
}
