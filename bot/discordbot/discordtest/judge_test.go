package discordtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/sharedtest"
)

// x is n letters.
func x(n int) string { return strings.Repeat("ä", n) }

func many(n int, make func(i int) object) []object {
	out := []object{}
	for i := range n {
		out = append(out, make(i))
	}
	return out
}

func text(n int) object { return object{"type": kindTextDisplay, "content": x(n)} }

func input(id string) object {
	return object{"type": kindRow, "components": []object{{"type": kindTextInput, "custom_id": id, "label": "Words", "style": 2}}}
}

func modal(in ...object) object {
	return object{"custom_id": "m", "title": "Form", "components": in}
}

func selection(least, most int, values ...string) []object {
	options := []object{}
	for _, v := range values {
		options = append(options, object{"label": v, "value": v})
	}
	return []object{{"type": kindRow, "components": []object{{"type": kindStringSelect, "custom_id": "s", "min_values": least, "max_values": most, "options": options}}}}
}

func chat(name string, options ...object) []object {
	return []object{{"name": name, "description": "Does it", "options": options}}
}

func option(name string, kind int, more object) object {
	out := object{"name": name, "type": kind, "description": "An option"}
	for k, v := range more {
		out[k] = v
	}
	return out
}

// link is a button that leads elsewhere.
func link(more object) []object {
	b := object{"type": kindButton, "style": styleLink, "label": "Go"}
	for k, v := range more {
		b[k] = v
	}
	return []object{{"type": kindRow, "components": []object{b}}}
}

// TestJudgeAtTheLimits has each rule at its limit, which is good, and one
// beyond, which is not.
func TestJudgeAtTheLimits(t *testing.T) {
	rows := func(n int) []object { return many(n, func(i int) object { return buttons(fmt.Sprint("b", i))[0] }) }
	ids := func(n int) (out []string) {
		for i := range n {
			out = append(out, fmt.Sprint("b", i))
		}
		return out
	}
	title := func(n int) object { return object{"embeds": []object{{"title": x(n)}}} }
	described := func(n int) object { return object{"embeds": []object{{"description": x(n)}}} }
	fields := func(n int) object {
		return object{"embeds": []object{{"fields": many(n, func(int) object { return object{"name": "n", "value": "v"} })}}}
	}
	v2 := func(parts ...object) object { return object{"flags": FlagV2, "components": parts} }
	nested := func(n int) object {
		return v2(object{"type": kindContainer, "components": many(n-1, func(int) object { return text(1) })})
	}
	for _, c := range []struct {
		name      string
		shape     Shape
		good, bad any
	}{
		{"content", ShapeMessage, object{"content": x(2000)}, object{"content": x(2001)}},
		{"content of an edit", ShapeEdit, object{"content": x(2000)}, object{"content": x(2001)}},
		{"content of a follow-up", ShapeFollowUp, object{"content": x(2000)}, object{"content": x(2001)}},
		{"content of an original", ShapeFollowUpEdit, object{"content": x(2000)}, object{"content": x(2001)}},
		{"content of a callback", ShapeCallback, object{"type": Reply, "data": object{"content": x(2000)}}, object{"type": Reply, "data": object{"content": x(2001)}}},
		{"content of a post", ShapeForumPost, object{"name": "p", "message": object{"content": x(2000)}}, object{"name": "p", "message": object{"content": x(2001)}}},
		{"nonce", ShapeMessage, object{"nonce": strings.Repeat("n", 25)}, object{"nonce": strings.Repeat("n", 26)}},
		{"embed title", ShapeMessage, title(256), title(257)},
		{"embed description", ShapeMessage, described(4096), described(4097)},
		{"embed fields", ShapeMessage, fields(25), fields(26)},
		{"embeds in all", ShapeMessage, object{"embeds": []object{{"description": x(4000)}, {"description": x(1990), "footer": object{"text": x(10)}}}},
			object{"embeds": []object{{"description": x(4000)}, {"description": x(1990), "footer": object{"text": x(11)}}}}},
		{"embeds", ShapeMessage, object{"embeds": many(10, func(int) object { return object{"title": "t"} })}, object{"embeds": many(11, func(int) object { return object{"title": "t"} })}},
		{"rows", ShapeMessage, object{"content": "c", "components": rows(5)}, object{"components": rows(6)}},
		{"buttons of a row", ShapeMessage, object{"components": buttons(ids(5)...)}, object{"components": buttons(ids(6)...)}},
		{"custom_id", ShapeMessage, object{"components": buttons(strings.Repeat("i", 100))}, object{"components": buttons(strings.Repeat("i", 101))}},
		{"label", ShapeMessage, object{"components": link(object{"url": "https://example.test", "label": x(80)})}, object{"components": link(object{"url": "https://example.test", "label": x(81)})}},
		{"ids", ShapeMessage, object{"components": buttons("a", "b")}, object{"components": buttons("a", "a")}},
		{"ids nested", ShapeMessage, v2(object{"type": kindContainer, "components": buttons("a")}, buttons("b")[0]), v2(object{"type": kindContainer, "components": buttons("a")}, buttons("a")[0])},
		{"link", ShapeMessage, object{"components": link(object{"url": "https://example.test"})}, object{"components": link(nil)}},
		{"link's id", ShapeMessage, object{"components": link(object{"url": "https://example.test"})}, object{"components": link(object{"url": "https://example.test", "custom_id": "x"})}},
		{"button's id", ShapeMessage, object{"components": buttons("x")}, object{"components": link(object{"style": 1})}},
		{"empty label", ShapeMessage, object{"components": link(object{"url": "https://example.test", "label": "", "emoji": object{"name": "🙂"}})}, object{"components": link(object{"url": "https://example.test", "label": " "})}},
		{"select values", ShapeMessage, object{"components": selection(1, 2, "a", "b")}, object{"components": selection(1, 2, "a", "a")}},
		{"select counts", ShapeMessage, object{"components": selection(0, 2, "a", "b")}, object{"components": selection(1, 3, "a", "b")}},
		{"select alone", ShapeMessage, object{"components": selection(1, 1, "a")}, object{"components": []object{{"type": kindRow, "components": []object{
			selection(1, 1, "a")[0]["components"].([]object)[0], buttons("b")[0]["components"].([]object)[0]}}}}},
		{"V2 count", ShapeMessage, nested(40), nested(41)},
		{"V2 text", ShapeMessage, v2(text(4000)), v2(text(4000), text(1))},
		{"V2 content", ShapeMessage, v2(text(1)), object{"flags": FlagV2, "content": "c", "components": []object{text(1)}}},
		{"V2 embeds", ShapeMessage, v2(text(1)), object{"flags": FlagV2, "embeds": []object{{"title": "t"}}, "components": []object{text(1)}}},
		{"mentions", ShapeMessage, object{"allowed_mentions": object{"parse": []string{"roles"}, "users": []string{"1"}}}, object{"allowed_mentions": object{"parse": []string{"users"}, "users": []string{"1"}}}},
		{"modal title", ShapeModal, object{"custom_id": "m", "title": x(45), "components": []object{input("a")}}, object{"custom_id": "m", "title": x(46), "components": []object{input("a")}}},
		{"modal parts", ShapeModal, modal(input("a"), input("b"), input("c"), input("d"), input("e")), modal(input("a"), input("b"), input("c"), input("d"), input("e"), input("f"))},
		{"modal ids", ShapeModal, modal(input("a"), input("b")), modal(input("a"), input("a"))},
		{"modal row", ShapeModal, modal(input("a")), modal(object{"type": kindRow, "components": []object{input("a")["components"].([]object)[0], input("b")["components"].([]object)[0]}})},
		{"modal value", ShapeModal, modal(valued(x(10), 10)), modal(valued(x(11), 10))},
		{"modal in a callback", ShapeCallback, object{"type": OpenModal, "data": modal(input("a"))}, object{"type": OpenModal, "data": modal(input("a"), input("a"))}},
		{"choices", ShapeCallback, offers(25, "v"), offers(26, "v")},
		{"choice value", ShapeCallback, offers(1, x(100)), offers(1, x(101))},
		{"thread name", ShapeThread, object{"name": x(100)}, object{"name": x(101)}},
		{"thread archive", ShapeThread, object{"name": "n", "auto_archive_duration": 1440}, object{"name": "n", "auto_archive_duration": 1441}},
		{"thread tags", ShapeThreadEdit, object{"applied_tags": []string{"1", "2", "3", "4", "5"}}, object{"applied_tags": []string{"1", "2", "3", "4", "5", "6"}}},
		{"command name", ShapeCommands, chat("rückblick"), chat("Review")},
		{"command name's signs", ShapeCommands, chat("re-view_1"), chat("re view")},
		{"command permissions", ShapeCommands, []object{{"name": "r", "description": "d", "default_member_permissions": "32"}}, []object{{"name": "r", "description": "d", "default_member_permissions": "many"}}},
		{"command twice", ShapeCommands, append(chat("a"), chat("b")...), append(chat("a"), chat("a")...)},
		{"command description", ShapeCommands, chat("a"), []object{{"name": "a"}}},
		{"menu command", ShapeCommands, []object{{"name": "Make a case", "type": 3}}, []object{{"name": "Make a case", "type": 3, "description": "d"}}},
		{"menu commands", ShapeCommands, many(15, func(i int) object { return object{"name": fmt.Sprint(i), "type": 3} }), many(16, func(i int) object { return object{"name": fmt.Sprint(i), "type": 3} })},
		{"chat commands", ShapeCommands, many(100, func(i int) object { return chat(fmt.Sprint("c", i))[0] }), many(101, func(i int) object { return chat(fmt.Sprint("c", i))[0] })},
		{"options", ShapeCommands, chat("a", many(25, func(i int) object { return option(fmt.Sprint("o", i), 3, nil) })...), chat("a", many(26, func(i int) object { return option(fmt.Sprint("o", i), 3, nil) })...)},
		{"option order", ShapeCommands, chat("a", option("b", 3, object{"required": true}), option("c", 3, nil)), chat("a", option("b", 3, nil), option("c", 3, object{"required": true}))},
		{"option twice", ShapeCommands, chat("a", option("b", 3, nil), option("c", 3, nil)), chat("a", option("b", 3, nil), option("b", 3, nil))},
		{"option mixed", ShapeCommands, chat("a", option("b", 1, nil), option("c", 1, nil)), chat("a", option("b", 1, nil), option("c", 3, nil))},
		{"option depth", ShapeCommands, chat("a", option("b", 2, object{"options": []object{option("c", 1, nil)}})), chat("a", option("b", 1, object{"options": []object{option("c", 1, nil)}}))},
		{"option choices", ShapeCommands, chat("a", option("b", 3, object{"autocomplete": true})), chat("a", option("b", 3, object{"autocomplete": true, "choices": []object{{"name": "n", "value": "v"}}}))},
	} {
		if err := Judge(c.shape, encode(t, c.good)); err != nil {
			t.Errorf("%s: refused at the limit: %v", c.name, err)
		}
		if Judge(c.shape, encode(t, c.bad)) == nil {
			t.Errorf("%s: taken beyond the limit", c.name)
		}
	}
}

func valued(v string, most int) object {
	return object{"type": kindRow, "components": []object{{"type": kindTextInput, "custom_id": "a", "label": "l", "style": 1, "value": v, "max_length": most}}}
}

func offers(n int, value string) object {
	return object{"type": Choices, "data": object{"choices": many(n, func(int) object { return object{"name": "n", "value": value} })}}
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestJudgeCommandLength: what is counted is the command with everything in it.
func TestJudgeCommandLength(t *testing.T) {
	whole := func(extra int) []object {
		return chat("c", many(20, func(i int) object {
			return option(fmt.Sprint("o", i), 3, object{"choices": []object{{"name": x(95 + extra), "value": x(100)}, {"name": x(90), "value": x(90)}}})
		})...)
	}
	if err := Judge(ShapeCommands, encode(t, whole(-10))); err != nil {
		t.Error(err)
	}
	big := chat("c", many(25, func(i int) object {
		return option(fmt.Sprint("o", i), 3, object{"choices": []object{{"name": x(100), "value": x(100)}, {"name": x(99), "value": x(99)}}})
	})...)
	if Judge(ShapeCommands, encode(t, big)) == nil {
		t.Error("a command of more than 8000 characters is taken")
	}
}

func TestJudgeTakesTheHabitsOfDiscordgo(t *testing.T) {
	for shape, body := range map[Shape]string{
		ShapeMessage: `{"content":"c","embeds":null,"components":null,"sticker_ids":null,"tts":false,"allowed_mentions":{"parse":[]}}`,
		ShapeEdit:    `{"content":"c","ID":"1","Channel":"2"}`,
	} {
		if err := Judge(shape, []byte(body)); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{``, `{`, `[]`, `"x"`, `{"content":5}`} {
		if Judge(ShapeMessage, []byte(bad)) == nil {
			t.Errorf("%q is taken for a message", bad)
		}
	}
	if Judge("poem", []byte(`{}`)) == nil || Judge(ShapeCallback, []byte(`{"type":3}`)) == nil {
		t.Error("an unknown shape is judged good")
	}
}

// TestRequestsAreDiscords compares the part of the specification that stands
// here with the whole.
func TestRequestsAreDiscords(t *testing.T) {
	raw := sharedtest.Read(t, "schemas", "discord-openapi.json")
	type spec struct {
		Components struct {
			Schemas map[string]any `json:"schemas"`
		} `json:"components"`
	}
	var whole, part spec
	if err := json.Unmarshal(raw, &whole); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(requests, &part); err != nil {
		t.Fatal(err)
	}
	if len(part.Components.Schemas) < 100 {
		t.Errorf("only %d schemas", len(part.Components.Schemas))
	}
	for name, have := range part.Components.Schemas {
		if diff := cmp.Diff(bare(whole.Components.Schemas[name]), have); diff != "" {
			t.Errorf("%s differs:\n%s", name, diff)
		}
	}
}

// bare leaves out what judges nothing.
func bare(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, inner := range v {
			_, isText := inner.(string)
			if strings.HasPrefix(k, "x-") || isText && (k == "description" || k == "title") {
				continue
			}
			out[k] = bare(inner)
		}
		return out
	case []any:
		out := []any{}
		for _, inner := range v {
			out = append(out, bare(inner))
		}
		return out
	}
	return v
}

// FuzzJudge: hostile bodies are refused or taken, and end neither in a panic.
func FuzzJudge(f *testing.F) {
	f.Add("message", []byte(`{"content":"c","components":[{"type":17,"components":[{"type":9,"accessory":{"type":2}}]}]}`))
	f.Add("commands", []byte(`[{"name":"a","description":"d","options":[{"type":1,"name":"b","options":[null]}],"default_member_permissions":"x"}]`))
	f.Add("callback", []byte(`{"type":9,"data":{"components":[{"type":18,"component":{"type":4}}]}}`))
	f.Fuzz(func(t *testing.T, shape string, body []byte) {
		if Judge(Shape(shape), body) == nil && !json.Valid(bytes.TrimSpace(body)) {
			t.Errorf("%q is no JSON and judged good", body)
		}
	})
}
