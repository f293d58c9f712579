package slacktest

import (
	"maps"
	"strings"
	"time"
)

// A trigger lives for three seconds and opens one view.
const (
	triggerLife = 3 * time.Second
	maxStack    = 3
)

// spend uses a trigger up. With the lock held.
func (s *Server) spend(a args) (*trigger, *refusal) {
	t := s.triggers[a.str("trigger_id")]
	switch {
	case t == nil:
		return nil, no("invalid_trigger_id")
	case t.used:
		return nil, no("exchanged_trigger_id")
	case s.now().Sub(t.issued) > triggerLife:
		return nil, no("expired_trigger_id")
	}
	return t, nil
}

// judged reads and judges a call's view.
func (s *Server) judged(a args) (map[string]any, *refusal) {
	var body map[string]any
	if !a.object("view", &body) {
		return nil, no("invalid_arguments")
	}
	if err := JudgeView(body); err != nil && !s.opts.Lax {
		name, _, _ := strings.Cut(err.Error(), ":")
		if name != "view_too_large" {
			name = "invalid_arguments"
		}
		return nil, &refusal{name: name, detail: err.Error()}
	}
	return body, nil
}

// show keeps a view. With the lock held.
func (s *Server) show(user string, body map[string]any) *View {
	kind, _ := body["type"].(string)
	v := &View{ID: s.id("V"), User: user, Hash: s.id("hash."), Type: kind, Body: body}
	if blocks, ok := body["blocks"].([]any); ok {
		for _, b := range blocks {
			if m, ok := b.(map[string]any); ok && (m["block_id"] == nil || m["block_id"] == "") {
				m["block_id"] = s.id("b")
			}
		}
	}
	s.views[v.ID] = v
	return v
}

// wire is a view as Slack shows it to apps.
func (v *View) wire() map[string]any {
	out := maps.Clone(v.Body)
	out["id"], out["hash"], out["team_id"], out["app_id"], out["bot_id"] = v.ID, v.Hash, Team, App, BotID
	out["root_view_id"], out["state"] = v.ID, map[string]any{"values": map[string]any{}}
	return out
}

func (s *Server) viewOpen(a args) (map[string]any, *refusal) {
	t, ref := s.spend(a)
	if ref != nil {
		return nil, ref
	}
	body, ref := s.judged(a)
	if ref != nil {
		return nil, ref
	}
	t.used = true
	v := s.show(t.user, body)
	s.stacks[t.user] = []string{v.ID}
	return map[string]any{"view": v.wire()}, nil
}

func (s *Server) viewPush(a args) (map[string]any, *refusal) {
	t, ref := s.spend(a)
	if ref != nil {
		return nil, ref
	}
	body, ref := s.judged(a)
	if ref != nil {
		return nil, ref
	}
	if !t.modal || len(s.stacks[t.user]) == 0 {
		return nil, no("not_found")
	}
	if len(s.stacks[t.user]) >= maxStack {
		return nil, no("push_limit_reached")
	}
	t.used = true
	v := s.show(t.user, body)
	s.stacks[t.user] = append(s.stacks[t.user], v.ID)
	return map[string]any{"view": v.wire()}, nil
}

func (s *Server) viewUpdate(a args) (map[string]any, *refusal) {
	v := s.views[a.str("view_id")]
	if v == nil {
		return nil, no("not_found")
	}
	if h := a.str("hash"); h != "" && h != v.Hash {
		return nil, no("hash_conflict")
	}
	body, ref := s.judged(a)
	if ref != nil {
		return nil, ref
	}
	v.Body, v.Hash = body, s.id("hash.")
	return map[string]any{"view": v.wire()}, nil
}

func (s *Server) viewPublish(a args) (map[string]any, *refusal) {
	user := a.str("user_id")
	if s.people[user] == nil {
		return nil, no("user_not_found")
	}
	body, ref := s.judged(a)
	if ref != nil {
		return nil, ref
	}
	if body["type"] != "home" {
		return nil, no("invalid_arguments")
	}
	v := s.show(user, body)
	s.homes[user] = v
	return map[string]any{"view": v.wire()}, nil
}
