package discordtest

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Kinds of components.
// https://docs.discord.com/developers/components/reference#component-object-component-types
const (
	kindRow          = 1
	kindButton       = 2
	kindStringSelect = 3
	kindTextInput    = 4
	kindChannels     = 8 // the last of the selects
	kindSection      = 9
	kindTextDisplay  = 10
	kindContainer    = 17
	kindLabel        = 18

	styleLink    = 5
	stylePremium = 6
)

// Limits that the specification does not tell, or not as they are.
const (
	maxContent    = 2000 // the specification says 4000
	maxEmbeds     = 6000 // characters over all embeds of a message
	maxRows       = 5    // without Components V2
	maxComponents = 40   // nested ones counted
	maxDisplayed  = 4000 // characters over all text displays
	maxModalParts = 5
	maxInput      = 4000
	maxCommand    = 8000 // characters of a command with everything in it
	maxChat       = 100
	maxMenu       = 15 // of user commands, and of message commands
)

// judgeRules judges what the specification leaves out.
func judgeRules(shape Shape, body any) error {
	m, _ := body.(map[string]any)
	switch shape {
	case ShapeMessage, ShapeFollowUp:
		return judgeMessage(m, false)
	case ShapeEdit, ShapeFollowUpEdit:
		return judgeMessage(m, true)
	case ShapeCallback:
		data, _ := m["data"].(map[string]any)
		switch kind := number(m["type"]); kind {
		case OpenModal:
			return judgeModal(data)
		case Reply, Update:
			return judgeMessage(data, kind == Update)
		case Choices:
			return judgeChoices(objects(data["choices"]))
		}
	case ShapeModal:
		return judgeModal(m)
	case ShapeForumPost:
		message, _ := m["message"].(map[string]any)
		return judgeMessage(message, false)
	case ShapeCommands:
		return judgeCommands(objects(body))
	}
	return nil
}

// judgeMessage judges texts, embeds, mentions and components; an edit without
// flags is judged as a whole only with the message that it changes.
func judgeMessage(m map[string]any, edit bool) error {
	content, _ := m["content"].(string)
	if n := utf8.RuneCountInString(content); n > maxContent {
		return fmt.Errorf("content: %d characters, at most %d", n, maxContent)
	}
	if n := embedLength(objects(m["embeds"])); n > maxEmbeds {
		return fmt.Errorf("embeds: %d characters in all, at most %d", n, maxEmbeds)
	}
	if err := judgeMentions(m["allowed_mentions"]); err != nil {
		return err
	}
	components := objects(m["components"])
	if err := judgeIDs(components); err != nil {
		return err
	}
	for _, c := range walk(components) {
		if err := judgeComponent(c); err != nil {
			return err
		}
	}
	flags := number(m["flags"])
	if edit && m["flags"] == nil {
		return nil // the message's own flags decide, which fill knows
	}
	return judgeV2(flags, content, len(objects(m["embeds"])), components)
}

// judgeV2 judges a message as a whole, with its flags: with Components V2
// there are no content and embeds, without them nothing but rows.
func judgeV2(flags int, content string, embeds int, components []map[string]any) error {
	if flags&FlagV2 == 0 {
		if len(components) > maxRows {
			return fmt.Errorf("components: %d rows, at most %d", len(components), maxRows)
		}
		for _, c := range components {
			if number(c["type"]) != kindRow {
				return fmt.Errorf("components: type %v takes the flag IS_COMPONENTS_V2", c["type"])
			}
		}
		return nil
	}
	if content != "" || embeds > 0 {
		return errors.New("content and embeds cannot be used with IS_COMPONENTS_V2")
	}
	if n := len(walk(components)); n > maxComponents {
		return fmt.Errorf("components: %d with those nested, at most %d", n, maxComponents)
	}
	n := 0
	for _, text := range displayed(components) {
		n += utf8.RuneCountInString(text)
	}
	if n > maxDisplayed {
		return fmt.Errorf("components: %d characters of text, at most %d", n, maxDisplayed)
	}
	return nil
}

// judgeMentions refuses a list of ids beside a parse of the same kind.
func judgeMentions(v any) error {
	m, _ := v.(map[string]any)
	parse, _ := m["parse"].([]any)
	for _, kind := range []string{"users", "roles"} {
		if ids, _ := m[kind].([]any); len(ids) > 0 && slices.Contains(parse, any(kind)) {
			return fmt.Errorf("allowed_mentions: parse and %s are mutually exclusive", kind)
		}
	}
	return nil
}

// embedLength counts what counts in embeds.
func embedLength(embeds []map[string]any) int {
	n := 0
	count := func(v any) {
		s, _ := v.(string)
		n += utf8.RuneCountInString(s)
	}
	for _, e := range embeds {
		count(e["title"])
		count(e["description"])
		for _, f := range objects(e["fields"]) {
			count(f["name"])
			count(f["value"])
		}
		if footer, ok := e["footer"].(map[string]any); ok {
			count(footer["text"])
		}
		if author, ok := e["author"].(map[string]any); ok {
			count(author["name"])
		}
	}
	return n
}

// walk lists components with those nested in them, in order.
func walk(components []map[string]any) []map[string]any {
	var out []map[string]any
	for _, c := range components {
		out = append(out, c)
		out = append(out, walk(objects(c["components"]))...)
		for _, key := range []string{"accessory", "component"} {
			if inner, ok := c[key].(map[string]any); ok {
				out = append(out, walk([]map[string]any{inner})...)
			}
		}
	}
	return out
}

// judgeIDs refuses a custom_id that stands twice.
func judgeIDs(components []map[string]any) error {
	seen := map[string]bool{}
	for _, c := range walk(components) {
		id, ok := c["custom_id"].(string)
		if ok && seen[id] {
			return fmt.Errorf("components: Component custom id cannot be duplicated: %q", id)
		}
		seen[id] = true
	}
	return nil
}

// judgeComponent judges one component by itself.
func judgeComponent(c map[string]any) error {
	id, _ := c["custom_id"].(string)
	switch kind := number(c["type"]); {
	case kind == kindRow:
		return judgeRow(objects(c["components"]))
	case kind == kindButton:
		return judgeButton(c, id)
	case kind == kindStringSelect:
		return judgeSelect(c, id)
	case kind > kindTextInput && kind <= kindChannels && id == "":
		return errors.New("components: a select takes a custom_id")
	}
	return nil
}

// judgeRow refuses a select that shares its row.
func judgeRow(in []map[string]any) error {
	for _, c := range in {
		if number(c["type"]) != kindButton && len(in) > 1 {
			return errors.New("components: a select fills a row")
		}
	}
	return nil
}

func judgeButton(c map[string]any, id string) error {
	url, _ := c["url"].(string)
	label, _ := c["label"].(string)
	style := number(c["style"])
	switch {
	case style == stylePremium:
		return nil
	case style == styleLink && (url == "" || id != ""):
		return errors.New("components: a link button takes a url and no custom_id")
	case style != styleLink && (id == "" || url != ""):
		return errors.New("components: a button takes a custom_id and no url")
	case strings.TrimSpace(label) == "" && c["emoji"] == nil:
		return errors.New("components: a button takes a label or an emoji")
	}
	return nil
}

func judgeSelect(c map[string]any, id string) error {
	options := objects(c["options"])
	least, most := 1, 1
	if c["min_values"] != nil {
		least = number(c["min_values"])
	}
	if c["max_values"] != nil {
		most = number(c["max_values"])
	}
	switch {
	case id == "":
		return errors.New("components: a select takes a custom_id")
	case len(options) == 0:
		return fmt.Errorf("components: the select %q has no options", id)
	case most > len(options) || least > most:
		return fmt.Errorf("components: the select %q takes %d to %d of %d options", id, least, most, len(options))
	}
	seen, chosen := map[any]bool{}, 0
	for _, o := range options {
		if seen[o["value"]] {
			return fmt.Errorf("components: the select %q has the value %q twice", id, o["value"])
		}
		seen[o["value"]] = true
		if on, _ := o["default"].(bool); on {
			chosen++
		}
	}
	if chosen > most {
		return fmt.Errorf("components: the select %q has %d defaults, at most %d", id, chosen, most)
	}
	return nil
}

// judgeModal judges a form.
func judgeModal(m map[string]any) error {
	components := objects(m["components"])
	if len(components) > maxModalParts {
		return fmt.Errorf("components: %d in a modal, at most %d", len(components), maxModalParts)
	}
	if err := judgeIDs(components); err != nil {
		return err
	}
	for _, c := range components {
		if inputs := objects(c["components"]); number(c["type"]) == kindRow && len(inputs) != 1 {
			return fmt.Errorf("components: a row of a modal takes one text input, not %d", len(inputs))
		}
	}
	for _, c := range walk(components) {
		if number(c["type"]) != kindTextInput {
			continue
		}
		least, most := number(c["min_length"]), number(c["max_length"])
		if most == 0 {
			most = maxInput
		}
		value, _ := c["value"].(string)
		n := utf8.RuneCountInString(value)
		if least > most || n > most || n > 0 && n < least {
			return fmt.Errorf("components: the input %v takes %d to %d characters and holds %d", c["custom_id"], least, most, n)
		}
	}
	return nil
}

func judgeChoices(in []map[string]any) error {
	if len(in) > 25 {
		return fmt.Errorf("choices: %d, at most 25", len(in))
	}
	for _, c := range in {
		name, _ := c["name"].(string)
		value, isText := c["value"].(string)
		if n := utf8.RuneCountInString(name); n < 1 || n > 100 {
			return fmt.Errorf("choices: a name of %d characters, 1 to 100", n)
		}
		if n := utf8.RuneCountInString(value); isText && (n < 1 || n > 100) {
			return fmt.Errorf("choices: a value of %d characters, 1 to 100", n)
		}
	}
	return nil
}

// chatName is what commands and options may be called.
// https://docs.discord.com/developers/interactions/application-commands#application-command-object-application-command-naming
var chatName = regexp.MustCompile(`^[-_'\p{L}\p{N}\p{Devanagari}\p{Thai}]{1,32}$`)

func judgeName(name string) error {
	if !chatName.MatchString(name) || name != strings.ToLower(name) {
		return fmt.Errorf("name %q: lower-case letters, digits, - and _, at most 32", name)
	}
	return nil
}

// judgeCommands judges a set of commands.
func judgeCommands(set []map[string]any) error {
	seen, kinds := map[string]bool{}, map[int]int{}
	for _, cmd := range set {
		name, _ := cmd["name"].(string)
		kind := number(cmd["type"])
		if kind == 0 {
			kind = commandChat
		}
		key := fmt.Sprintf("%d %s", kind, name)
		if seen[key] {
			return fmt.Errorf("application command names must be unique: %q", name)
		}
		seen[key] = true
		kinds[kind]++
		if err := judgeCommand(cmd, name, kind); err != nil {
			return fmt.Errorf("command %q: %w", name, err)
		}
	}
	switch {
	case kinds[commandChat] > maxChat:
		return fmt.Errorf("%d chat commands, at most %d", kinds[commandChat], maxChat)
	case kinds[commandUser] > maxMenu || kinds[commandMessage] > maxMenu:
		return fmt.Errorf("more than %d commands for one menu", maxMenu)
	}
	return nil
}

func judgeCommand(cmd map[string]any, name string, kind int) error {
	description, _ := cmd["description"].(string)
	options := objects(cmd["options"])
	if kind != commandChat {
		if description != "" || len(options) > 0 {
			return errors.New("a command of a menu has no description and no options")
		}
		return nil
	}
	if err := judgeName(name); err != nil {
		return err
	}
	if description == "" {
		return errors.New("description: this field is required")
	}
	if n := commandLength(cmd); n > maxCommand {
		return fmt.Errorf("%d characters in all, at most %d", n, maxCommand)
	}
	return judgeOptions(options, optionGroup)
}

// judgeOptions judges options; deepest is the largest kind of branch that may
// stand here.
func judgeOptions(options []map[string]any, deepest int) error {
	seen, optional, branches := map[string]bool{}, false, 0
	for _, o := range options {
		name, _ := o["name"].(string)
		if err := judgeName(name); err != nil {
			return err
		}
		if seen[name] {
			return fmt.Errorf("option names must be unique: %q", name)
		}
		seen[name] = true
		if d, _ := o["description"].(string); d == "" {
			return fmt.Errorf("option %q: description: this field is required", name)
		}
		kind := number(o["type"])
		if kind == optionSub || kind == optionGroup {
			branches++
			if kind > deepest {
				return fmt.Errorf("option %q: nested too deep", name)
			}
			if err := judgeOptions(objects(o["options"]), kind-1); err != nil {
				return fmt.Errorf("option %q: %w", name, err)
			}
			continue
		}
		required, _ := o["required"].(bool)
		if required && optional {
			return fmt.Errorf("option %q: required options must be placed before optional ones", name)
		}
		optional = optional || !required
		auto, _ := o["autocomplete"].(bool)
		choices := objects(o["choices"])
		if auto && len(choices) > 0 {
			return fmt.Errorf("option %q: autocomplete and choices exclude each other", name)
		}
		if err := judgeChoices(choices); err != nil {
			return fmt.Errorf("option %q: %w", name, err)
		}
	}
	if branches > 0 && branches < len(options) {
		return errors.New("subcommands and options cannot be mixed")
	}
	return nil
}

// commandLength counts names, descriptions and values.
func commandLength(o map[string]any) int {
	n := 0
	for _, key := range []string{"name", "description", "value"} {
		s, _ := o[key].(string)
		n += utf8.RuneCountInString(s)
	}
	for _, inner := range append(objects(o["options"]), objects(o["choices"])...) {
		n += commandLength(inner)
	}
	return n
}
