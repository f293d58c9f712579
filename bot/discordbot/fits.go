package discordbot

import (
	"fmt"

	"github.com/evenkeel/evenkeel/bot/plaintext"
)

// LimitError says which of Discord's limits a message or form would break.
// Drawing keeps to all of them; the check before each send is there so that a
// mistake costs a plain message and not a lost card.
type LimitError struct {
	What     string
	Has, Max int
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("discord: %s has %d, at most %d fit", e.What, e.Has, e.Max)
}

// checker keeps the first breach.
type checker struct{ err error }

func (k *checker) atMost(what string, has, most int) {
	if k.err == nil && has > most {
		k.err = &LimitError{what, has, most}
	}
}

func (k *checker) text(what, s string, most int) {
	n := plaintext.Len(s)
	k.atMost(what, n, most)
	if k.err == nil && n == 0 {
		k.err = &LimitError{what + " (empty)", 0, most}
	}
}

// checkMessage looks whether Discord takes p.
func checkMessage(p payload) error {
	var k checker
	k.atMost("the content", plaintext.Len(p.Content), maxContent)
	k.atMost("the nonce", len(p.Nonce), maxNonce)
	k.atMost("the embeds", len(p.Embeds), maxEmbeds)
	for _, a := range p.Attachments {
		k.text("a picture's description", a.Alt, maxAlt)
	}
	total := 0
	for _, e := range p.Embeds {
		k.atMost("an embed's description", plaintext.Len(e.Description), maxDescr)
		k.atMost("an embed's fields", len(e.Fields), maxFields)
		total += plaintext.Len(e.Title) + plaintext.Len(e.Description)
		for _, f := range e.Fields {
			k.text("a field's name", f.Name, maxFieldName)
			k.text("a field's value", f.Value, maxFieldValue)
			total += plaintext.Len(f.Name) + plaintext.Len(f.Value)
		}
		if e.Footer != nil {
			k.atMost("an embed's foot", plaintext.Len(e.Footer.Text), maxFoot)
			total += plaintext.Len(e.Footer.Text)
		}
	}
	k.atMost("the embeds' words", total, maxEmbedTotal)
	if p.Content == "" && len(p.Embeds) == 0 && len(p.Components) == 0 && k.err == nil {
		k.err = &LimitError{"an empty message", 0, 0}
	}
	k.rows(p.Components)
	return k.err
}

func (k *checker) rows(rows []component) {
	k.atMost("the rows", len(rows), maxRows)
	ids := map[string]bool{}
	for _, r := range rows {
		k.atMost("a row", len(r.Components), maxPerRow)
		for _, c := range r.Components {
			if c.Type == selectPart {
				k.atMost("a row with a choice", len(r.Components), 1)
			}
			if c.CustomID != "" && ids[c.CustomID] && k.err == nil {
				k.err = &LimitError{"the custom id " + c.CustomID, 2, 1}
			}
			ids[c.CustomID] = true
			k.part(c)
		}
	}
}

func (k *checker) part(c component) {
	switch c.Type {
	case buttonPart:
		k.text("a button", c.Label, maxButtonLabel)
		if c.Style == linkButton {
			k.text("a link", c.URL, maxURL)
		} else {
			k.text("a button's id", c.CustomID, maxCustomID)
		}
	case selectPart:
		k.text("a choice's id", c.CustomID, maxCustomID)
		k.atMost("a choice's label", plaintext.Len(c.Placeholder), maxPlaceholder)
		k.atMost("a choice", len(c.Options), maxOptions)
		values := map[string]bool{}
		for _, o := range c.Options {
			k.text("an option", o.Label, maxOptionLabel)
			k.text("an option's value", o.Value, maxOptionValue)
			if values[o.Value] && k.err == nil {
				k.err = &LimitError{"the option " + o.Value, 2, 1}
			}
			values[o.Value] = true
		}
	case textInput:
		k.text("an input's id", c.CustomID, maxCustomID)
		k.atMost("an input's value", plaintext.Len(c.Value), maxInput)
		k.atMost("an input's length", c.MaxLength, maxInput)
		k.atMost("an input's placeholder", plaintext.Len(c.Placeholder), maxHint)
	}
}

// checkModal looks whether Discord takes m.
func checkModal(m modal) error {
	var k checker
	k.text("the form's title", m.Title, maxModalTitle)
	k.text("the form's id", m.CustomID, maxCustomID)
	k.atMost("the form's parts", len(m.Components), maxModalParts)
	if len(m.Components) == 0 && k.err == nil {
		k.err = &LimitError{"a form without parts", 0, maxModalParts}
	}
	ids := map[string]bool{}
	for _, c := range m.Components {
		switch {
		case c.Type == textDisplay:
			k.text("the form's words", c.Content, maxInput)
		case c.Component != nil:
			k.text("a field's label", c.Label, maxLabel)
			k.atMost("a field's hint", plaintext.Len(c.Description), maxHint)
			if ids[c.Component.CustomID] && k.err == nil {
				k.err = &LimitError{"the field " + c.Component.CustomID, 2, 1}
			}
			ids[c.Component.CustomID] = true
			k.part(*c.Component)
		}
	}
	return k.err
}
