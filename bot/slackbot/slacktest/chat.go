package slacktest

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of texts.
const (
	maxPostText   = 40_000
	maxUpdateText = 4_000
	maxMetadata   = 16 << 10
)

// content reads and judges what a message says. With the lock held.
func (s *Server) content(a args, maxText int) (m Message, ref *refusal) {
	m = Message{Text: a.str("text"), Mrkdwn: a.str("mrkdwn"), Parse: a.str("parse"), User: BotUser,
		Unfurl: a.str("unfurl_links") == "true" || a.str("unfurl_media") != "false", Broadcast: a.str("reply_broadcast") == "true"}
	if blocks, ok := a["blocks"]; ok && blocks != "" && !a.object("blocks", &m.Blocks) {
		return m, no("invalid_blocks_format")
	}
	if m.Text == "" && len(m.Blocks) == 0 {
		return m, no("no_text")
	}
	if utf8.RuneCountInString(m.Text) > maxText {
		if maxText == maxUpdateText {
			return m, no("msg_too_long")
		}
		m.Text = string([]rune(m.Text)[:maxText])
	}
	if !s.opts.Lax {
		if err := JudgeBlocks(m.Blocks); err != nil {
			name, _, _ := strings.Cut(err.Error(), ":")
			return m, &refusal{name: name, detail: err.Error()}
		}
	}
	for _, b := range m.Blocks {
		if s.refuse != "" && b["type"] == s.refuse {
			return m, no("invalid_blocks")
		}
	}
	if !s.shown(m.Blocks) {
		return m, no("invalid_blocks")
	}
	m.Blocks = withIDs(s, m.Blocks)
	if raw, ok := a["metadata"]; ok && raw != "" {
		if !a.object("metadata", &m.Metadata) || !flat(m.Metadata) {
			return m, no("invalid_metadata_format")
		}
		if b, _ := json.Marshal(m.Metadata); len(b) > maxMetadata {
			return m, no("metadata_too_large")
		}
	}
	return m, nil
}

// withIDs gives blocks ids, as Slack does.
func withIDs(s *Server, blocks []map[string]any) []map[string]any {
	for _, b := range blocks {
		if id, _ := b["block_id"].(string); id == "" {
			b["block_id"] = s.id("b")
		}
	}
	return blocks
}

// flat tells whether metadata has Slack's form: a type and a payload of
// scalars and at most one level of objects.
func flat(m map[string]any) bool {
	if len(m) == 0 {
		return true
	}
	kind, _ := m["event_type"].(string)
	payload, ok := m["event_payload"].(map[string]any)
	if kind == "" || !ok {
		return false
	}
	for _, v := range payload {
		if inner, nested := v.(map[string]any); nested {
			for _, x := range inner {
				switch x.(type) {
				case map[string]any, []any:
					return false
				}
			}
		}
	}
	return true
}

func (s *Server) postMessage(a args) (map[string]any, *refusal) {
	r, ref := s.place(a)
	if ref != nil {
		return nil, ref
	}
	m, ref := s.content(a, maxPostText)
	if ref != nil {
		return nil, ref
	}
	m.Channel, m.TS, m.Thread = r.id, s.stamp(), a.str("thread_ts")
	if m.Thread != "" && s.find(r.id, m.Thread) == nil {
		m.Thread = "" // the parent is gone: Slack posts into the channel
	}
	r.messages = append(r.messages, &m)
	return map[string]any{"channel": r.id, "ts": m.TS, "message": m.wire(false)}, nil
}

func (s *Server) update(a args) (map[string]any, *refusal) {
	r, ref := s.place(a)
	if ref != nil {
		return nil, ref
	}
	old := s.find(r.id, a.str("ts"))
	if old == nil {
		return nil, no("message_not_found")
	}
	if old.User != BotUser {
		return nil, no("cant_update_message")
	}
	m, ref := s.content(a, maxUpdateText)
	if ref != nil {
		return nil, ref
	}
	if m.Metadata == nil {
		m.Metadata = old.Metadata
	}
	m.Channel, m.TS, m.Thread, m.Edited = old.Channel, old.TS, old.Thread, old.Edited+1
	*old = m
	return map[string]any{"channel": r.id, "ts": m.TS, "text": m.Text, "message": m.wire(false)}, nil
}

func (s *Server) deleteMessage(a args) (map[string]any, *refusal) {
	m := s.find(a.str("channel"), a.str("ts"))
	switch {
	case m == nil:
		return nil, no("message_not_found")
	case m.User != BotUser:
		return nil, no("cant_delete_message")
	}
	s.remove(m.Channel, m.TS)
	return map[string]any{"channel": m.Channel, "ts": m.TS}, nil
}

func (s *Server) postEphemeral(a args) (map[string]any, *refusal) {
	r, ref := s.place(a)
	if ref != nil {
		return nil, ref
	}
	to := a.str("user")
	if !r.members[to] {
		return nil, no("user_not_in_channel")
	}
	m, ref := s.content(a, maxPostText)
	if ref != nil {
		return nil, ref
	}
	m.Channel, m.TS, m.Thread, m.To = r.id, s.stamp(), a.str("thread_ts"), to
	s.ephemeral = append(s.ephemeral, m)
	return map[string]any{"message_ts": m.TS}, nil
}

// wire is a message as Slack shows it to apps.
func (m *Message) wire(metadata bool) map[string]any {
	out := map[string]any{"type": "message", "ts": m.TS, "user": m.User, "text": m.Text, "team": Team}
	if m.User == BotUser {
		out["bot_id"], out["app_id"] = BotID, App
	}
	if m.Thread != "" {
		out["thread_ts"] = m.Thread
	}
	if len(m.Blocks) > 0 {
		out["blocks"] = m.Blocks
	}
	if metadata && m.Metadata != nil {
		out["metadata"] = m.Metadata
	}
	return out
}

func (s *Server) history(a args) (map[string]any, *refusal) {
	r, ref := s.readable(a)
	if ref != nil {
		return nil, ref
	}
	var found []*Message
	for _, m := range r.messages {
		if m.Thread == "" && between(m.TS, a) {
			found = append(found, m)
		}
	}
	slices.Reverse(found) // the newest first
	return pageOf(found, a), nil
}

func (s *Server) replies(a args) (map[string]any, *refusal) {
	r, ref := s.readable(a)
	if ref != nil {
		return nil, ref
	}
	thread := a.str("ts")
	if s.find(r.id, thread) == nil {
		return nil, no("thread_not_found")
	}
	var found []*Message
	for _, m := range r.messages {
		if m.TS == thread || m.Thread == thread {
			found = append(found, m)
		}
	}
	return pageOf(found, a), nil
}

// readable finds a channel to read from: archived ones can be read.
func (s *Server) readable(a args) (*room, *refusal) {
	r, ref := s.place(a)
	if ref != nil && ref.name == "is_archived" {
		return s.channels[a.str("channel")], nil
	}
	return r, ref
}

func between(ts string, a args) bool {
	inclusive := a.str("inclusive") == "true"
	if l := a.str("latest"); l != "" && (ts > l || ts == l && !inclusive) {
		return false
	}
	if o := a.str("oldest"); o != "" && (ts < o || ts == o && !inclusive) {
		return false
	}
	return true
}

func pageOf(found []*Message, a args) map[string]any {
	limit, err := strconv.Atoi(a.str("limit"))
	if err != nil || limit < 1 || limit > 999 {
		limit = 100
	}
	from, _ := strconv.Atoi(strings.TrimPrefix(a.str("cursor"), "next:"))
	from = min(from, len(found))
	to := min(from+limit, len(found))
	list := []map[string]any{}
	for _, m := range found[from:to] {
		list = append(list, m.wire(a.str("include_all_metadata") == "true"))
	}
	out := map[string]any{"messages": list, "has_more": to < len(found)}
	if to < len(found) {
		out["response_metadata"] = map[string]any{"next_cursor": "next:" + strconv.Itoa(to)}
	}
	return out
}

// Limits of a response_url.
const (
	urlUses = 5
	urlLife = 30 * time.Minute
)

// serveResponse takes an answer by response_url.
func (s *Server) serveResponse(w http.ResponseWriter, r *http.Request) {
	a, err := readArgs(r)
	if err != nil {
		http.Error(w, "invalid_payload", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls["response_url"]++
	u := s.urls[r.PathValue("id")]
	if u == nil || s.now().Sub(u.issued) > urlLife {
		http.Error(w, "expired_url", http.StatusNotFound)
		return
	}
	if u.uses++; u.uses > urlUses {
		http.Error(w, "used_url", http.StatusNotFound)
		return
	}
	if ref := s.respond(u, a); ref != nil {
		http.Error(w, ref.name, http.StatusBadRequest)
		return
	}
	_, _ = io.WriteString(w, "ok")
}

// respond posts an answer for one person or for all. With the lock held.
func (s *Server) respond(u *responseURL, a args) *refusal {
	m, ref := s.content(a, maxPostText)
	if ref != nil {
		return ref
	}
	m.Channel, m.TS = u.channel, s.stamp()
	if a.str("response_type") == "in_channel" {
		m.Thread = a.str("thread_ts")
		if r := s.channels[u.channel]; r != nil {
			r.messages = append(r.messages, &m)
		}
	} else {
		m.To = u.user
		s.ephemeral = append(s.ephemeral, m)
	}
	s.wake()
	return nil
}
