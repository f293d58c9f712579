package discordtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Kinds of commands.
const (
	commandChat    = 1
	commandUser    = 2
	commandMessage = 3
)

// Kinds of options. https://docs.discord.com/developers/interactions/application-commands
const (
	optionSub     = 1
	optionGroup   = 2
	optionString  = 3
	optionInteger = 4
	optionBoolean = 5
	optionUser    = 6
	optionChannel = 7
	optionRole    = 8
	optionNumber  = 10
)

// scope is where commands hold: a guild's id, or "" for all.
func (s *Server) scope(c *call) (string, error) {
	if c.at("app") != App {
		return "", errUnknownApp
	}
	guild := c.at("guild")
	if guild != "" && (guild != Guild || s.kicked) {
		return "", errAccess
	}
	return guild, nil
}

func (s *Server) getCommands(c *call) (any, error) {
	scope, err := s.scope(c)
	if err != nil {
		return nil, err
	}
	return list(s.commands[scope]), nil
}

// putCommands replaces all commands of the scope. Those that stay keep their
// ids.
func (s *Server) putCommands(c *call) (any, error) {
	scope, err := s.scope(c)
	if err != nil {
		return nil, err
	}
	if err := Judge(ShapeCommands, c.body); err != nil {
		return nil, form("%v", err)
	}
	var in []map[string]any
	if err := c.json(&in); err != nil {
		return nil, err
	}
	for _, cmd := range in {
		if cmd["type"] == nil {
			cmd["type"] = float64(commandChat)
		}
		if cmd["description"] == nil {
			cmd["description"] = ""
		}
		cmd["id"], cmd["application_id"], cmd["version"] = s.id(), App, s.id()
		if scope != "" {
			cmd["guild_id"] = scope
		}
		for _, old := range s.commands[scope] {
			if old["name"] == cmd["name"] && old["type"] == cmd["type"] {
				cmd["id"] = old["id"]
			}
		}
		if n, ok := cmd["default_member_permissions"].(float64); ok {
			cmd["default_member_permissions"] = strconv.FormatInt(int64(n), 10)
		}
	}
	s.commands[scope] = in
	return list(in), nil
}

// Commands are the names that people see, those of the guild first.
func (s *Server) Commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, scope := range []string{Guild, ""} {
		for _, cmd := range s.commands[scope] {
			name, _ := cmd["name"].(string)
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// command finds what a person means, a guild's command before a global one,
// and refuses whom its default permissions keep out. With the lock held.
func (s *Server) command(user, name string, kind int, r *room) (map[string]any, error) {
	if s.may(user, r)&UseCommands == 0 {
		return nil, fmt.Errorf("discordtest: %s may use no commands here", user)
	}
	for _, scope := range []string{Guild, ""} {
		for _, cmd := range s.commands[scope] {
			if cmd["name"] != name || number(cmd["type"]) != kind {
				continue
			}
			if need, set := cmd["default_member_permissions"].(string); set && r.Type != DM {
				bits, err := strconv.ParseInt(need, 10, 64)
				if has := s.base(user); err != nil || has != everything && (bits == 0 || has&bits != bits) {
					return nil, fmt.Errorf("discordtest: %s is not shown /%s: it takes permissions %s", user, name, need)
				}
			}
			return cmd, nil
		}
	}
	return nil, fmt.Errorf("discordtest: there is no command %q", name)
}

// entry is what a person has put in: the path below the command, and options
// by name. focused is the option that is being typed.
type entry struct {
	path    []string
	options map[string]any
	focused string
}

// commandData builds an interaction's data. With the lock held.
func (s *Server) commandData(cmd map[string]any, in entry) (map[string]any, error) {
	resolved := map[string]any{}
	options, err := s.fillOptions(objects(cmd["options"]), in, resolved)
	if err != nil {
		return nil, fmt.Errorf("discordtest: /%s: %w", cmd["name"], err)
	}
	data := map[string]any{"id": cmd["id"], "name": cmd["name"], "type": cmd["type"], "options": options}
	if cmd["guild_id"] != nil {
		data["guild_id"] = cmd["guild_id"]
	}
	if len(resolved) > 0 {
		data["resolved"] = resolved
	}
	return data, nil
}

func (s *Server) fillOptions(have []map[string]any, in entry, resolved map[string]any) ([]any, error) {
	if len(in.path) > 0 {
		at := slices.IndexFunc(have, func(o map[string]any) bool {
			return o["name"] == in.path[0] && number(o["type"]) <= optionGroup
		})
		if at < 0 {
			return nil, fmt.Errorf("no subcommand %q", in.path[0])
		}
		sub := have[at]
		inner, err := s.fillOptions(objects(sub["options"]), entry{path: in.path[1:], options: in.options, focused: in.focused}, resolved)
		return []any{map[string]any{"type": sub["type"], "name": sub["name"], "options": inner}}, err
	}
	out, used := []any{}, 0
	for _, o := range have {
		name, _ := o["name"].(string)
		if number(o["type"]) <= optionGroup {
			return nil, fmt.Errorf("a subcommand is missing, such as %q", name)
		}
		v, given := in.options[name]
		if given {
			used++
		}
		switch required, _ := o["required"].(bool); {
		case !given && required && in.focused == "":
			return nil, fmt.Errorf("option %q is required", name)
		case !given:
			continue
		}
		filled := map[string]any{"type": o["type"], "name": name, "value": v}
		if name == in.focused {
			filled["focused"] = true
			if auto, _ := o["autocomplete"].(bool); !auto {
				return nil, fmt.Errorf("option %q has no autocompletion", name)
			}
		} else if err := s.fitsOption(o, v, resolved); err != nil {
			return nil, fmt.Errorf("option %q: %w", name, err)
		}
		out = append(out, filled)
	}
	if used != len(in.options) {
		return nil, fmt.Errorf("some of the options %v do not exist", in.options)
	}
	return out, nil
}

// fitsOption keeps people from entering what Discord's client would not take.
func (s *Server) fitsOption(o map[string]any, v any, resolved map[string]any) error {
	text, isText := v.(string)
	switch number(o["type"]) {
	case optionString:
		if !isText {
			return fmt.Errorf("%v is no text", v)
		}
		n := utf8.RuneCountInString(text)
		if least, ok := o["min_length"].(float64); ok && n < int(least) {
			return fmt.Errorf("shorter than %v", least)
		}
		if most, ok := o["max_length"].(float64); ok && n > int(most) || n > 6000 {
			return fmt.Errorf("longer than %v", o["max_length"])
		}
	case optionInteger, optionNumber:
		raw, err := json.Marshal(v)
		if err != nil || strings.HasPrefix(string(raw), `"`) {
			return fmt.Errorf("%v is no number", v)
		}
	case optionBoolean:
		if _, ok := v.(bool); !ok {
			return fmt.Errorf("%v is neither true nor false", v)
		}
	case optionUser:
		p := s.people[text]
		if p == nil {
			return fmt.Errorf("nobody has the id %q", text)
		}
		resolved["users"], resolved["members"] = map[string]any{p.ID: p.wire()}, map[string]any{p.ID: s.wireMember(p)}
	case optionChannel:
		if s.rooms[text] == nil {
			return fmt.Errorf("no channel %q", text)
		}
		resolved["channels"] = map[string]any{text: s.wireRoom(s.rooms[text])}
	case optionRole:
		if s.roles[text] == nil {
			return fmt.Errorf("no role %q", text)
		}
		resolved["roles"] = map[string]any{text: s.wireRole(s.roles[text])}
	}
	choices := objects(o["choices"])
	if len(choices) > 0 && !slices.ContainsFunc(choices, func(c map[string]any) bool { return fmt.Sprint(c["value"]) == fmt.Sprint(v) }) {
		return fmt.Errorf("%v is none of the choices", v)
	}
	return nil
}
