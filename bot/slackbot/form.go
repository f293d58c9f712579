package slackbot

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"github.com/evenkeel/evenkeel/commands"
)

// Callback ids: what a view or shortcut is, as Slack sends it back.
const (
	formCallback = "form"      // a form of the desk
	noteCallback = "note"      // words to read, nothing to send
	addShortcut  = "make_case" // message shortcut "Make this a review case"
	factShortcut = "mark_fact" // message shortcut "Mark as fact"
)

// address is where an answer to a person goes.
type address struct {
	Channel string `json:"c,omitempty"`
	Thread  string `json:"h,omitempty"`
	URL     string `json:"u,omitempty"` // response_url: five answers within half an hour
}

// formMeta travels in a form and comes back with its values.
type formMeta struct {
	address
	Token string              `json:"t"`
	Seps  map[string][]string `json:"s,omitempty"` // what stands between the pieces of a long text, by field
}

// fieldID names the n-th input of a field; fieldOf reads it back.
func fieldID(name string, n int) string { return "f:" + strconv.Itoa(n) + ":" + name }

func fieldOf(id string) (name string, n int, ok bool) {
	rest, ok := strings.CutPrefix(id, "f:")
	if !ok {
		return "", 0, false
	}
	number, name, ok := strings.Cut(rest, ":")
	n, err := strconv.Atoi(number)
	return name, n, ok && err == nil && n >= 0 && n < maxPieces
}

// valueID is the action id of every input: the block's id names the field.
const valueID = "v"

// choicePrefix keeps an option's value from being empty, which Slack refuses.
const choicePrefix = "="

// maxPieces bounds the inputs of one text: 33,000 characters, more than any
// platform takes. A longer text is not offered here, see [holds].
const maxPieces = 11

// holds tells whether a form can be filled in here and come back as it was:
// nothing that stands in it is cut, and the pieces of a long text find together
// again.
func holds(f *commands.Form, to address) bool {
	meta := formMeta{address: to, Token: f.Token.String(), Seps: map[string][]string{}}
	meta.URL = "" // it gives way
	for _, field := range f.Fields {
		switch field.Kind {
		case commands.Text:
			pieces, seps := split(field.Value, maxInput)
			if len(pieces) > maxPieces {
				return false
			}
			meta.Seps[field.Name] = seps
		case commands.Line:
			if runeLen(field.Value) > maxInput {
				return false
			}
		}
	}
	raw, err := json.Marshal(meta)
	return err == nil && runeLen(string(raw)) <= maxMetadata
}

// modal draws a form that holds its texts. One that is longer than one of
// Slack's inputs stands in several.
func modal(f *commands.Form, to address) slack.ModalViewRequest {
	meta := formMeta{address: to, Token: f.Token.String(), Seps: map[string][]string{}}
	var blocks []slack.Block
	if f.Intro != "" {
		blocks = append(blocks, paragraphs(f.Intro)...)
	}
	for _, field := range f.Fields {
		inputs, seps := inputsOf(field)
		blocks = append(blocks, inputs...)
		if len(seps) > 0 {
			meta.Seps[field.Name] = seps
		}
	}
	if len(blocks) == 0 {
		blocks = paragraphs(f.Title)
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: formCallback, PrivateMetadata: meta.encode(),
		Title: plain(label(f.Title), maxViewWord), Submit: plain(submit(f.Submit), maxViewWord), Close: plain("Cancel", maxViewWord),
		Blocks: slack.Blocks{BlockSet: blocks},
	}
}

func submit(s string) string {
	if s == "" {
		return "Send"
	}
	return visible(s)
}

// encode keeps the metadata within Slack's limit; the address for answers gives
// way.
func (m formMeta) encode() string {
	for _, give := range []func(){func() {}, func() { m.URL = "" }} {
		give()
		if b, err := json.Marshal(m); err == nil && runeLen(string(b)) <= maxMetadata {
			return string(b)
		}
	}
	return "{}"
}

func inputsOf(f commands.Field) ([]slack.Block, []string) {
	switch f.Kind {
	case commands.Text:
		return textInputs(f)
	case commands.Choice:
		return []slack.Block{input(f, 0, f.Label, choice(f))}, nil
	case commands.Number:
		e := slack.NewNumberInputBlockElement(nil, valueID, false)
		if _, err := strconv.Atoi(f.Value); err == nil {
			e.InitialValue = f.Value
		}
		return []slack.Block{input(f, 0, f.Label, e)}, nil
	case commands.Date:
		e := slack.NewDatePickerBlockElement(valueID)
		e.InitialDate = f.Value
		return []slack.Block{input(f, 0, f.Label, e)}, nil
	}
	return []slack.Block{input(f, 0, f.Label, textElement(f.Value, f.Max, false))}, nil
}

// textInputs draws a text over as many inputs as it needs, with room to grow.
func textInputs(f commands.Field) ([]slack.Block, []string) {
	pieces, seps := split(f.Value, maxInput)
	roomy := f.Max == 0 || f.Max > len(pieces)*maxInput
	if roomy && runeLen(pieces[len(pieces)-1]) > maxInput*2/3 && len(pieces) < maxPieces {
		pieces = append(pieces, "")
	}
	blocks := make([]slack.Block, len(pieces))
	for n, p := range pieces {
		title := f.Label
		if len(pieces) > 1 {
			title = fmt.Sprintf("%s (%d of %d)", f.Label, n+1, len(pieces))
		}
		limit := f.Max
		if len(pieces) > 1 {
			limit = 0
		}
		blocks[n] = input(f, n, title, textElement(p, limit, true))
	}
	return blocks, seps
}

func textElement(value string, limit int, multiline bool) *slack.PlainTextInputBlockElement {
	e := slack.NewPlainTextInputBlockElement(nil, valueID)
	e.Multiline, e.InitialValue, e.MaxLength = multiline, value, maxInput
	if limit > 0 {
		e.MaxLength = min(maxInput, max(limit, runeLen(value)))
	}
	return e
}

func choice(f commands.Field) *slack.SelectBlockElement {
	e := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain("Choose", maxPlaceholder), valueID)
	for _, o := range f.Options[:min(len(f.Options), maxOptions)] {
		option := slack.NewOptionBlockObject(cut(choicePrefix+o.Value, maxOptionValue), plain(label(o.Label), maxOptionText), nil)
		e.Options = append(e.Options, option)
		if o.Value == f.Value && f.Value != "" {
			e.InitialOption = option
		}
	}
	return e
}

func input(f commands.Field, n int, title string, e slack.BlockElement) *slack.InputBlock {
	b := slack.NewInputBlock(cut(fieldID(f.Name, n), maxID), plain(label(title), maxInputLabel), nil, e)
	if f.Hint != "" && n == 0 {
		b.Hint = plain(visible(f.Hint), maxInputLabel)
	}
	b.Optional = f.Optional || n > 0
	return b
}

// paragraphs are our own words in a view.
func paragraphs(s string) []slack.Block {
	var out []slack.Block
	pieces, _ := split(label(s), maxText)
	for _, p := range pieces[:min(len(pieces), maxBlocks)] {
		out = append(out, slack.NewSectionBlock(plain(p, maxText), nil, nil))
	}
	return out
}

// note is a view to read: an answer that came too late for its form, or one
// to a press in a view.
func note(title, text string) slack.ModalViewRequest {
	return noteOf(title, paragraphs(text))
}

func noteOf(title string, blocks []slack.Block) slack.ModalViewRequest {
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: noteCallback, Title: plain(title, maxViewWord), Close: plain("Close", maxViewWord),
		Blocks: slack.Blocks{BlockSet: blocks},
	}
}

// opening is shown while a form is being filled.
func opening() slack.ModalViewRequest { return note("One moment", "The form is on its way.") }

// inputState is one input's value as Slack sends it.
type inputState struct {
	Type           string `json:"type"`
	Value          string `json:"value"`
	SelectedDate   string `json:"selected_date"`
	SelectedOption *struct {
		Value string `json:"value"`
	} `json:"selected_option"`
}

// filled reads the values of a submitted form, by field, and gives the block
// under which an error can be shown.
func filled(state map[string]map[string]inputState, meta formMeta) (args map[string]string, errorBlock string) {
	pieces := map[string][]string{}
	ids := make([]string, 0, len(state))
	for id := range state {
		ids = append(ids, id)
	}
	slices.Sort(ids) // f:0:… come first
	for _, id := range ids {
		name, n, ok := fieldOf(id)
		if !ok {
			continue
		}
		if errorBlock == "" || n == 0 && name == "text" {
			errorBlock = id
		}
		for len(pieces[name]) <= n {
			pieces[name] = append(pieces[name], "")
		}
		pieces[name][n] = state[id][valueID].text()
	}
	args = make(map[string]string, len(pieces))
	for name, p := range pieces {
		if v := join(p, meta.Seps[name]); v != "" {
			args[name] = v
		}
	}
	return args, errorBlock
}

func (v inputState) text() string {
	switch {
	case v.SelectedOption != nil:
		return strings.TrimPrefix(v.SelectedOption.Value, choicePrefix)
	case v.SelectedDate != "":
		return v.SelectedDate
	}
	return v.Value
}
