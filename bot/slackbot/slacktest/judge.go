package slacktest

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:embed schema/slack-types-3.2.0.json
var typesSchema []byte

//go:embed schema/limits.json
var limitsTable []byte

// Limits is the table of lengths and counts that this fake refuses by; tests
// compare it with the shared one.
func Limits() []byte { return bytes.Clone(limitsTable) }

// rules are the compiled judges.
type rules struct {
	block, modal, home *jsonschema.Schema
	limits             map[string]any
}

var load = sync.OnceValues(func() (*rules, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(typesSchema))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("slack.json", doc); err != nil {
		return nil, err
	}
	r := &rules{}
	for name, into := range map[string]**jsonschema.Schema{"KnownBlock": &r.block, "ModalView": &r.modal, "HomeView": &r.home} {
		if *into, err = c.Compile("slack.json#/definitions/" + name); err != nil {
			return nil, err
		}
	}
	return r, json.Unmarshal(limitsTable, &r.limits)
})

// JudgeBlocks tells what Slack would refuse in a message's blocks.
func JudgeBlocks(blocks []map[string]any) error {
	r, err := load()
	if err != nil {
		return err
	}
	if len(blocks) > maxMessageBlocks {
		return fmt.Errorf("msg_blocks_too_many: %d", len(blocks))
	}
	ids, words := map[string]bool{}, 0
	for i, b := range blocks {
		if err := r.block.Validate(any(b)); err != nil {
			return fmt.Errorf("invalid_blocks: block %d: %w", i, err)
		}
		if id, _ := b["block_id"].(string); id != "" {
			if ids[id] {
				return fmt.Errorf("invalid_blocks: the block_id %s stands twice", id)
			}
			ids[id] = true
		}
		j := judge{limits: r.limits}
		j.walk(b)
		if j.err != nil {
			return fmt.Errorf("invalid_blocks: block %d: %w", i, j.err)
		}
		words += j.words
	}
	if words > maxMessageWords {
		return fmt.Errorf("msg_blocks_too_long: %d characters", words)
	}
	return nil
}

const (
	maxMessageBlocks = 50
	maxViewBlocks    = 100
	// maxMessageWords is what messages with much text were seen to fail at.
	maxMessageWords = 13_200
	maxViewBytes    = 250 << 10
)

// JudgeView tells what Slack would refuse in a view.
func JudgeView(v map[string]any) error {
	r, err := load()
	if err != nil {
		return err
	}
	schema := r.modal
	if v["type"] == "home" {
		schema = r.home
	}
	if err := schema.Validate(any(v)); err != nil {
		return fmt.Errorf("invalid_arguments: %w", err)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if len(raw) > maxViewBytes {
		return fmt.Errorf("view_too_large: %d bytes", len(raw))
	}
	j := judge{limits: r.limits}
	j.texts("view", v, "title", "close", "submit", "private_metadata", "callback_id")
	blocks, _ := v["blocks"].([]any)
	j.count("view.blocks", "view", "blocks", len(blocks))
	for _, b := range blocks {
		j.walk(b)
	}
	return j.err
}

// judge walks over decoded JSON and finds the first breach of a limit.
type judge struct {
	limits map[string]any
	words  int
	err    error
}

// kinds are the limit table's names for elements' types.
var kinds = map[string]string{
	"static_select": "select", "multi_static_select": "select", "rich_text_section": "", "number_input": "",
}

// fields says which texts and lists of each kind have limits in the table.
var fields = map[string]struct{ texts, lists []string }{
	"button":           {[]string{"text", "url", "value", "accessibility_label"}, nil},
	"header":           {[]string{"text"}, nil},
	"section":          {[]string{"text"}, []string{"fields"}},
	"context":          {nil, []string{"elements"}},
	"actions":          {nil, []string{"elements"}},
	"overflow":         {nil, []string{"options"}},
	"select":           {[]string{"placeholder"}, []string{"options", "option_groups"}},
	"input":            {[]string{"label", "hint"}, nil},
	"plain_text_input": {nil, nil},
}

func (j *judge) walk(v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			j.walk(e)
		}
	case map[string]any:
		j.object(v)
		for _, e := range v {
			j.walk(e)
		}
	}
}

func (j *judge) object(o map[string]any) {
	kind, _ := o["type"].(string)
	if k, ok := kinds[kind]; ok {
		kind = k
	}
	for _, id := range []string{"action_id", "block_id"} {
		if s, ok := o[id].(string); ok {
			j.length(id, id, "", s)
		}
	}
	if f, ok := fields[kind]; ok {
		j.texts(kind, o, f.texts...)
		for _, l := range f.lists {
			if list, ok := o[l].([]any); ok {
				j.count(kind+"."+l, kind, l, len(list))
			}
		}
	}
	switch kind {
	case "plain_text", "mrkdwn":
		s, _ := o["text"].(string)
		j.words += utf8.RuneCountInString(s)
		j.length("text", "text", "", s)
	case "text": // of rich text
		s, _ := o["text"].(string)
		j.words += utf8.RuneCountInString(s)
		j.length("rich text", "text", "", s)
	case "plain_text_input":
		if n, ok := o["max_length"].(float64); ok && n > 3000 {
			j.fail("max_length %v", n)
		}
		if s, ok := o["initial_value"].(string); ok && utf8.RuneCountInString(s) > 3000 {
			j.fail("initial_value is too long")
		}
	}
	if _, ok := o["confirm"].(map[string]any); ok && kind != "" {
		j.texts("confirmation", o["confirm"].(map[string]any), "title", "text", "confirm", "deny")
	}
	if _, isOption := o["value"]; isOption && kind == "" {
		j.texts("option", o, "text", "value", "description")
	}
}

// texts checks fields that are strings or text objects.
func (j *judge) texts(kind string, o map[string]any, names ...string) {
	for _, n := range names {
		switch v := o[n].(type) {
		case string:
			j.length(kind+"."+n, kind, n, v)
		case map[string]any:
			s, _ := v["text"].(string)
			j.length(kind+"."+n, kind, n, s)
		}
	}
}

func (j *judge) length(what, kind, field, s string) {
	lo, hi := j.bounds(kind, field, "min_length", "max_length")
	if n := utf8.RuneCountInString(s); hi > 0 && n > hi || n < lo {
		j.fail("%s has %d characters, allowed are %d to %d", what, n, lo, hi)
	}
}

func (j *judge) count(what, kind, field string, n int) {
	lo, hi := j.bounds(kind, field, "min_items", "max_items")
	if hi > 0 && n > hi || n < lo {
		j.fail("%s has %d elements, allowed are %d to %d", what, n, lo, hi)
	}
}

func (j *judge) bounds(kind, field, least, most string) (lo, hi int) {
	m, _ := j.limits[kind].(map[string]any)
	if field != "" {
		m, _ = m[field].(map[string]any)
	}
	l, _ := m[least].(float64)
	h, _ := m[most].(float64)
	return int(l), int(h)
}

func (j *judge) fail(format string, args ...any) {
	if j.err == nil {
		j.err = fmt.Errorf(format, args...)
	}
}
