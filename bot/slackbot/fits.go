package slackbot

import (
	"fmt"
	"slices"

	"github.com/slack-go/slack"
)

// LimitError says which of Slack's limits a message or view would break.
// Drawing keeps to all of them; the check before each send is there so that a
// mistake costs a plain message and not a lost card.
type LimitError struct {
	What     string
	Has, Max int
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("slack: %s has %d, at most %d fit", e.What, e.Has, e.Max)
}

// checker collects the first breach.
type checker struct {
	length func(string) int
	err    error
	chars  int // so far
}

func newChecker() *checker { return &checker{length: runeLen} }

func (k *checker) atMost(what string, has, most int) {
	if k.err == nil && has > most {
		k.err = &LimitError{what, has, most}
	}
}

// text looks at a text that must not be empty and gives its length.
func (k *checker) text(what string, s string, most int) int {
	n := k.length(s)
	k.atMost(what, n, most)
	if k.err == nil && n == 0 {
		k.err = &LimitError{what + " (empty)", 0, most}
	}
	return n
}

func (k *checker) object(what string, o *slack.TextBlockObject, most int) {
	if o != nil {
		k.chars += k.text(what, o.Text, most)
	}
}

// checkMessage looks whether Slack takes m. What fits in bytes, as nearly every
// message does, fits in code points, of which there are no more.
func checkMessage(m message) error {
	quick := &checker{length: func(s string) int { return len(s) }}
	if quick.message(m) == nil {
		return nil
	}
	return newChecker().message(m)
}

func (k *checker) message(m message) error {
	k.text("the fallback text", m.text, maxFallback)
	k.blocks(m.blocks, maxBlocks)
	k.atMost("the words of the message", k.chars, maxMessage+maxAside)
	return k.err
}

// checkModal looks whether Slack takes v.
func checkModal(v slack.ModalViewRequest) error {
	k := newChecker()
	k.object("the form's title", v.Title, maxViewWord)
	k.object("the form's submit", v.Submit, maxViewWord)
	k.object("the form's close", v.Close, maxViewWord)
	k.atMost("the form's metadata", k.length(v.PrivateMetadata), maxMetadata)
	k.atMost("the form's callback id", k.length(v.CallbackID), maxID)
	k.blocks(v.Blocks.BlockSet, maxViewBlocks)
	return k.err
}

// checkHome looks whether Slack takes v.
func checkHome(v slack.HomeTabViewRequest) error {
	k := newChecker()
	k.blocks(v.Blocks.BlockSet, maxViewBlocks)
	return k.err
}

func (k *checker) blocks(bs []slack.Block, most int) {
	k.atMost("the message's blocks", len(bs), most)
	var ids []string
	for _, b := range bs {
		if id := b.ID(); id != "" {
			k.atMost("a block id", k.length(id), maxID)
			ids = k.unique(ids, "block id", id)
		}
		k.block(b)
	}
}

func (k *checker) block(b slack.Block) {
	switch b := b.(type) {
	case *slack.HeaderBlock:
		k.object("a header", b.Text, maxHeader)
	case *slack.SectionBlock:
		k.object("a section", b.Text, maxText)
	case *slack.ContextBlock:
		k.atMost("a context's elements", len(b.ContextElements.Elements), maxContext)
		for _, e := range b.ContextElements.Elements {
			if t, ok := e.(*slack.TextBlockObject); ok {
				k.object("a context's text", t, maxText)
			}
		}
	case *slack.RichTextBlock:
		k.rich(b)
	case *slack.ActionBlock:
		k.atMost("an actions block", len(b.Elements.ElementSet), maxActions)
		var ids []string
		for _, e := range b.Elements.ElementSet {
			ids = k.unique(ids, "action id", k.element(e))
		}
	case *slack.InputBlock:
		k.object("a field's label", b.Label, maxInputLabel)
		k.object("a field's hint", b.Hint, maxInputLabel)
		k.element(b.Element)
	}
}

// unique adds an id to the few that were seen in one place.
func (k *checker) unique(seen []string, what, id string) []string {
	if k.err == nil && slices.Contains(seen, id) {
		k.err = &LimitError{what + " " + id, 2, 1}
	}
	return append(seen, id)
}

func (k *checker) rich(b *slack.RichTextBlock) {
	if len(b.Elements) == 0 && k.err == nil {
		k.err = &LimitError{"a rich text without words", 0, 0}
	}
	for _, e := range b.Elements {
		switch e := e.(type) {
		case *slack.RichTextSection:
			k.words(e.Elements)
		case *slack.RichTextQuote:
			k.words(e.Elements)
		}
	}
}

// words checks runs of words and counts them.
func (k *checker) words(es []slack.RichTextSectionElement) {
	for _, e := range es {
		switch e := e.(type) {
		case *slack.RichTextSectionTextElement:
			k.chars += k.text("a run of words", e.Text, maxText)
		case *slack.RichTextSectionLinkElement:
			k.text("a link", e.URL, maxURL)
			k.chars += k.length(e.Text)
		}
	}
}

// element checks a block element and gives its action id.
func (k *checker) element(e slack.BlockElement) string {
	switch e := e.(type) {
	case *slack.ButtonBlockElement:
		k.object("a button", e.Text, maxButtonLabel)
		k.atMost("a button's value", k.length(e.Value), maxButtonValue)
		k.atMost("a button's hint", k.length(e.AccessibilityLabel), maxButtonHint)
		k.atMost("an action id", k.length(e.ActionID), maxID)
		k.confirm(e.Confirm)
		return e.ActionID
	case *slack.OverflowBlockElement:
		k.options("a menu", e.Options, maxOverflow)
		k.atMost("an action id", k.length(e.ActionID), maxID)
		return e.ActionID
	case *slack.SelectBlockElement:
		k.object("a choice's label", e.Placeholder, maxPlaceholder)
		k.options("a choice", e.Options, maxOptions)
		k.atMost("an action id", k.length(e.ActionID), maxID)
		return e.ActionID
	case *slack.PlainTextInputBlockElement:
		k.atMost("a field's length", e.MaxLength, maxInput)
		k.atMost("a field's value", k.length(e.InitialValue), maxInput)
		k.object("a field's placeholder", e.Placeholder, maxPlaceholder)
		return e.ActionID
	}
	return ""
}

func (k *checker) options(what string, os []*slack.OptionBlockObject, most int) {
	k.atMost(what+"'s options", len(os), most)
	if len(os) == 0 && k.err == nil {
		k.err = &LimitError{what + " without options", 0, most}
	}
	option, value := what+"'s option", what+"'s option value"
	for _, o := range os {
		k.object(option, o.Text, maxOptionText)
		k.text(value, o.Value, maxOptionValue)
	}
}

func (k *checker) confirm(c *slack.ConfirmationBlockObject) {
	if c == nil {
		return
	}
	k.object("a question's title", c.Title, maxConfirmTitle)
	k.object("a question", c.Text, maxConfirmText)
	k.object("a question's yes", c.Confirm, maxConfirmWord)
	k.object("a question's no", c.Deny, maxConfirmWord)
}
