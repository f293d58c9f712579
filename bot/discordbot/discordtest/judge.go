package discordtest

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:embed schema/discord-requests.json
var requests []byte

// Shape is a kind of request body.
type Shape string

// The shapes that Judge knows.
const (
	ShapeMessage      Shape = "message"        // POST /channels/…/messages
	ShapeEdit         Shape = "edit"           // PATCH of a message
	ShapeFollowUp     Shape = "follow-up"      // POST /webhooks/…
	ShapeFollowUpEdit Shape = "follow-up edit" // PATCH of @original or a follow-up
	ShapeCallback     Shape = "callback"       // POST /interactions/…/callback, all of it
	ShapeModal        Shape = "modal"          // the data of a callback of type 9
	ShapeCommands     Shape = "commands"       // PUT /applications/…/commands
	ShapeThread       Shape = "thread"         // POST /channels/…/messages/…/threads
	ShapeBareThread   Shape = "bare thread"    // POST /channels/…/threads, of a text channel
	ShapeForumPost    Shape = "forum post"     // POST /channels/…/threads, of a forum
	ShapeThreadEdit   Shape = "thread edit"    // PATCH of a thread
)

// schemas are the names of the shapes in Discord's specification; several
// are alternatives.
var schemas = map[Shape][]string{
	ShapeMessage:      {"MessageCreateRequest"},
	ShapeEdit:         {"MessageEditRequestPartial"},
	ShapeFollowUp:     {"IncomingWebhookRequestPartial"},
	ShapeFollowUpEdit: {"IncomingWebhookUpdateRequestPartial"},
	ShapeModal:        {"ModalInteractionCallbackRequestData"},
	ShapeCommands:     {"ApplicationCommandUpdateRequest"},
	ShapeThread:       {"CreateTextThreadWithMessageRequest"},
	ShapeBareThread:   {"CreateTextThreadWithoutMessageRequest"},
	ShapeForumPost:    {"CreateForumThreadRequest"},
	ShapeThreadEdit:   {"UpdateThreadRequestPartial"},
}

// callbacks are the schemas of first answers, by their type.
var callbacks = map[int]string{
	Pong:  "PongInteractionCallbackRequest",
	Reply: "CreateMessageInteractionCallbackRequest", DeferredReply: "CreateMessageInteractionCallbackRequest",
	DeferredUpdate: "UpdateMessageInteractionCallbackRequest", Update: "UpdateMessageInteractionCallbackRequest",
	Choices: "ApplicationCommandAutocompleteCallbackRequest", OpenModal: "ModalInteractionCallbackRequest",
}

// compiled are the schemas, ready to judge.
var compiled = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(requests))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("discord.json", doc); err != nil {
		return nil, err
	}
	out := map[string]*jsonschema.Schema{}
	for _, names := range schemas {
		for _, name := range names {
			out[name] = nil
		}
	}
	for _, name := range callbacks {
		out[name] = nil
	}
	for name := range out {
		if out[name], err = c.Compile("discord.json#/components/schemas/" + name); err != nil {
			return nil, err
		}
	}
	return out, nil
})

// Judge tells what Discord would refuse in a request's body: by its OpenAPI
// specification, and by the rules that this one leaves out (see rules.go).
//
// Two habits of discordgo are taken as Discord takes them: lists that are
// null, and default_member_permissions as a string of digits, which is what
// Discord documents while its specification says integer.
func Judge(shape Shape, body []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s: no JSON: %w", shape, err)
	}
	var plain any
	if err := json.Unmarshal(body, &plain); err != nil {
		return fmt.Errorf("%s: no JSON: %w", shape, err)
	}
	if shape == ShapeCommands {
		err = judgeCommandSchemas(value)
	} else {
		err = judgeSchemas(shape, value, plain)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", shape, err)
	}
	if err := judgeRules(shape, plain); err != nil {
		return fmt.Errorf("%s: %w", shape, err)
	}
	return nil
}

func judgeSchemas(shape Shape, value, plain any) error {
	names := schemas[shape]
	if shape == ShapeCallback {
		body, _ := plain.(map[string]any)
		names = []string{callbacks[number(body["type"])]}
	}
	if len(names) == 0 || names[0] == "" {
		return errors.New("no such shape or type")
	}
	for _, name := range names {
		if err := validate(name, value); err != nil {
			return err
		}
	}
	return nil
}

// judgeCommandSchemas judges each command; the list itself has no schema of a
// name.
func judgeCommandSchemas(value any) error {
	list, ok := value.([]any)
	if !ok {
		return errors.New("no list")
	}
	for i, cmd := range list {
		if m, ok := cmd.(map[string]any); ok {
			if digits, ok := m["default_member_permissions"].(string); ok {
				n, err := strconv.ParseInt(digits, 10, 64)
				if err != nil {
					return fmt.Errorf("%d: default_member_permissions: no number", i)
				}
				m["default_member_permissions"] = json.Number(strconv.FormatInt(n, 10))
			}
		}
		if err := validate("ApplicationCommandUpdateRequest", cmd); err != nil {
			return fmt.Errorf("%d: %w", i, err)
		}
	}
	return nil
}

func validate(name string, value any) error {
	all, err := compiled()
	if err != nil {
		return err
	}
	err = all[name].Validate(value)
	var invalid *jsonschema.ValidationError
	if errors.As(err, &invalid) {
		return errors.New(brief(invalid))
	}
	return err
}

// brief tells the deepest complaints, which are those about the alternative
// that was meant.
func brief(e *jsonschema.ValidationError) string {
	type leaf struct {
		depth int
		text  string
	}
	var leaves []leaf
	var visit func(*jsonschema.ValidationError)
	visit = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 {
			text := e.Error()
			if _, rest, many := strings.Cut(text, "\n"); many {
				text = rest
			}
			leaves = append(leaves, leaf{depth: len(e.InstanceLocation), text: strings.TrimPrefix(strings.TrimSpace(text), "- ")})
		}
		for _, c := range e.Causes {
			visit(c)
		}
	}
	visit(e)
	slices.SortStableFunc(leaves, func(a, b leaf) int { return b.depth - a.depth })
	var out []string
	for _, l := range leaves {
		if !slices.Contains(out, l.text) && len(out) < 4 {
			out = append(out, l.text)
		}
	}
	return strings.Join(out, "; ")
}

// number reads a JSON number as an integer; anything else is 0.
func number(v any) int {
	switch n := v.(type) {
	case float64:
		return int(n)
	case int:
		return n
	}
	return 0
}

// objects reads a JSON list of objects.
func objects(v any) []map[string]any {
	if list, ok := v.([]map[string]any); ok {
		return list
	}
	list, _ := v.([]any)
	var out []map[string]any
	for _, e := range list {
		if m, ok := e.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}
