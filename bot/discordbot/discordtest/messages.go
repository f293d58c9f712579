package discordtest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// Flags of messages.
// https://docs.discord.com/developers/resources/message#message-object-message-flags
const (
	FlagSuppressEmbeds = 1 << 2
	FlagHasThread      = 1 << 5
	FlagEphemeral      = 1 << 6
	FlagLoading        = 1 << 7
	FlagSilent         = 1 << 12
	FlagV2             = 1 << 15
)

const (
	typeReply         = 19
	typeCommand       = 20
	typeThreadStarter = 21
	typeContextMenu   = 23
)

// Message is a message as it stands.
type Message struct {
	ID, Channel string
	Author      string // a person's id, or App
	To          string // the only reader of an ephemeral message
	Type        int
	Content     string
	Embeds      []map[string]any
	Components  []map[string]any
	Files       []File
	Flags       int
	ReplyTo     string
	Thread      string // the thread that was started from it
	Nonce       string
	Pings       []string // everyone, here, user:ID, role:ID: whom it made ping, ever
	Edited      int

	at, edited time.Time
	mentions   []string
	action     map[string]any // the interaction that it answers
}

// nonce remembers a message by its nonce.
type nonce struct {
	channel, message string
	at               time.Time
}

// draft is the body of a message, of whichever route.
type draft struct {
	Content         *string           `json:"content"`
	Embeds          *[]map[string]any `json:"embeds"`
	Components      *[]map[string]any `json:"components"`
	Flags           *int              `json:"flags"`
	Nonce           any               `json:"nonce"`
	EnforceNonce    bool              `json:"enforce_nonce"`
	AllowedMentions *allowed          `json:"allowed_mentions"`
	Reference       *reference        `json:"message_reference"`
	Attachments     *[]attachment     `json:"attachments"`
}

type reference struct {
	Message         string `json:"message_id"`
	FailIfNotExists *bool  `json:"fail_if_not_exists"`
}

// draft judges and reads a body.
func (c *call) draft(shape Shape) (*draft, error) {
	if err := Judge(shape, c.body); err != nil {
		return nil, form("%v", err)
	}
	d := &draft{}
	return d, d.read(c.body)
}

// read takes a body in. A null takes away what stands there, while a key that
// is left out leaves it.
func (d *draft) read(body []byte) error {
	keys := map[string]json.RawMessage{}
	if json.Unmarshal(body, d) != nil || json.Unmarshal(body, &keys) != nil {
		return errJSON
	}
	null := func(key string) bool { return string(keys[key]) == "null" }
	if null("content") {
		d.Content = new(string)
	}
	if null("embeds") {
		d.Embeds = &[]map[string]any{}
	}
	if null("components") {
		d.Components = &[]map[string]any{}
	}
	if null("attachments") {
		d.Attachments = &[]attachment{}
	}
	return nil
}

// empty tells a message that shows nothing.
func (m *Message) empty() bool {
	return strings.TrimSpace(m.Content) == "" && len(m.Embeds) == 0 && len(m.Components) == 0 && len(m.Files) == 0
}

// fill puts a draft's parts and files into a message; what the draft leaves
// out stays.
func (m *Message) fill(d *draft, files []upload) error {
	flags := m.Flags
	if d.Flags != nil {
		if m.Flags&FlagV2 != 0 && *d.Flags&FlagV2 == 0 && m.ID != "" {
			return form("flags: IS_COMPONENTS_V2 cannot be removed")
		}
		const settable = FlagSuppressEmbeds | FlagV2 | FlagSilent
		flags = m.Flags&^settable | *d.Flags&settable
	}
	next := *m
	next.Flags = flags
	if d.Content != nil {
		next.Content = strings.TrimSpace(*d.Content)
	}
	if d.Embeds != nil {
		next.Embeds = *d.Embeds
	}
	if d.Components != nil {
		next.Components = *d.Components
	}
	var err error
	if next.Files, err = m.attach(d, files); err != nil {
		return err
	}
	if err := judgePictures(next.Embeds, next.Files); err != nil {
		return err
	}
	if err := judgeV2(next.Flags, next.Content, len(next.Embeds), next.Components); err != nil {
		return form("%v", err)
	}
	if next.empty() && next.Flags&FlagLoading == 0 {
		return errEmpty
	}
	*m = next
	return nil
}

// post puts a message of the author into a channel and tells the bot. With
// the lock held.
func (s *Server) post(r *room, m *Message) {
	m.ID, m.Channel, m.at = s.id(), r.ID, s.now()
	r.messages = append(r.messages, m)
	r.total++
	r.active = s.now()
	if r.Archived {
		s.setArchived(r, false)
		s.dispatch("THREAD_UPDATE", intentGuilds, s.wireRoom(r))
	}
	s.tell("MESSAGE_CREATE", m)
}

// tell dispatches a message's event. With the lock held.
func (s *Server) tell(event string, m *Message) {
	r := s.rooms[m.Channel]
	if r == nil || s.may(App, r)&ViewChannel == 0 {
		return
	}
	intent := intentMessages
	if r.Type == DM {
		intent = intentDirect
	}
	s.dispatchFor(event, intent, func(session *session) any {
		out := s.wire(m, session.intents&intentContent != 0)
		if r.Type != DM {
			out["guild_id"] = Guild
			if p := s.people[m.Author]; p != nil {
				out["member"] = s.wireMember(p)
			}
		}
		return out
	})
}

// wire is a message as the bot reads it: without the intent, texts of others
// that do not mention it are withheld, also by REST. With the lock held.
// https://docs.discord.com/developers/events/gateway#message-content-intent
func (s *Server) wire(m *Message, content bool) map[string]any {
	r := s.rooms[m.Channel]
	readable := content || m.Author == App || slices.Contains(m.mentions, "user:"+App) || m.To != "" || (r != nil && r.Type == DM)
	out := s.wireWhole(m)
	if !readable {
		out["content"], out["embeds"], out["components"], out["attachments"] = "", []any{}, []any{}, []any{}
	}
	return out
}

func (s *Server) wireWhole(m *Message) map[string]any {
	author := s.people[m.Author]
	if author == nil {
		author = &Person{ID: m.Author, Name: "somebody"}
	}
	out := map[string]any{"id": m.ID, "channel_id": m.Channel, "type": m.Type, "author": author.wire(), "content": m.Content, "timestamp": stamp(m.at),
		"edited_timestamp": nil, "tts": false, "mention_everyone": slices.Contains(m.mentions, "everyone") || slices.Contains(m.mentions, "here"),
		"embeds": list(m.Embeds), "components": list(m.Components), "pinned": false, "flags": m.Flags}
	if m.Edited > 0 {
		out["edited_timestamp"] = stamp(m.edited)
	}
	users, roles, files := []any{}, []any{}, []any{}
	for _, who := range m.mentions {
		if id, ok := strings.CutPrefix(who, "user:"); ok && s.people[id] != nil {
			users = append(users, s.people[id].wire())
		}
		if id, ok := strings.CutPrefix(who, "role:"); ok {
			roles = append(roles, id)
		}
	}
	for _, f := range m.Files {
		at := s.URL + "/files/" + f.ID + "/" + f.Name
		files = append(files, map[string]any{"id": f.ID, "filename": f.Name, "description": f.Alt, "size": len(f.Data), "url": at, "proxy_url": at})
	}
	out["mentions"], out["mention_roles"], out["attachments"] = users, roles, files
	if m.Nonce != "" {
		out["nonce"] = m.Nonce
	}
	if m.action != nil {
		out["interaction_metadata"], out["application_id"], out["webhook_id"] = m.action, App, App
	}
	if r := s.rooms[m.Thread]; m.Thread != "" && r != nil {
		out["thread"] = s.wireRoom(r)
	}
	s.wireReference(m, out)
	return out
}

func (s *Server) wireReference(m *Message, out map[string]any) {
	r := s.rooms[m.Channel]
	switch {
	case m.Type == typeThreadStarter && r != nil:
		out["message_reference"] = map[string]any{"type": 0, "guild_id": Guild, "channel_id": r.Parent, "message_id": m.ReplyTo}
	case m.ReplyTo != "":
		out["message_reference"] = map[string]any{"type": 0, "guild_id": Guild, "channel_id": m.Channel, "message_id": m.ReplyTo}
		out["referenced_message"] = nil
		if to := r.find(m.ReplyTo); to != nil {
			quoted := s.wire(to, s.cfg.MessageContent)
			delete(quoted, "referenced_message")
			out["referenced_message"] = quoted
		}
	}
}

// list gives JSON an empty list rather than null.
func list(in []map[string]any) []map[string]any {
	if in == nil {
		return []map[string]any{}
	}
	return in
}

func (r *room) find(id string) *Message {
	if r == nil {
		return nil
	}
	for _, m := range slices.Backward(r.messages) {
		if m.ID == id {
			return m
		}
	}
	return nil
}

// copy is a message for a test to keep.
func (m *Message) copy() Message {
	out := *m
	out.Embeds, out.Components, out.Pings = clone(m.Embeds), clone(m.Components), slices.Clone(m.Pings)
	out.Files, out.mentions, out.action = slices.Clone(m.Files), slices.Clone(m.mentions), maps.Clone(m.action)
	return out
}

func clone(in []map[string]any) []map[string]any {
	raw, err := json.Marshal(in)
	if err != nil {
		return nil
	}
	var out []map[string]any
	if json.Unmarshal(raw, &out) != nil {
		return nil
	}
	return out
}

// Messages are what was written into a channel or thread, oldest first;
// ephemeral messages are in Whispers.
func (s *Server) Messages(channel string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Message
	if r := s.rooms[channel]; r != nil {
		for _, m := range r.messages {
			if m.Type != typeThreadStarter {
				out = append(out, m.copy())
			}
		}
	}
	return out
}

// Message is one message.
func (s *Server) Message(channel, id string) (Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.rooms[channel].find(id); m != nil {
		return m.copy(), true
	}
	return Message{}, false
}

// Whispers are the ephemeral messages to a person, oldest first.
func (s *Server) Whispers(user string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Message
	for _, m := range s.whispers {
		if m.To == user {
			out = append(out, m.copy())
		}
	}
	return out
}

// Pings are all pings that messages caused, in order: everyone, here,
// user:ID, role:ID.
func (s *Server) Pings() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, id := range s.order {
		for _, m := range s.rooms[id].messages {
			if m.Author == App {
				out = append(out, m.Pings...)
			}
		}
	}
	for _, m := range s.whispers {
		out = append(out, m.Pings...)
	}
	return out
}

// Delete removes a message as a moderator would.
func (s *Server) Delete(channel, id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.wake()
	return s.remove(s.rooms[channel], id)
}

func (s *Server) remove(r *room, id string) bool {
	if r.find(id) == nil {
		return false
	}
	r.messages = slices.DeleteFunc(r.messages, func(m *Message) bool { return m.ID == id })
	s.dispatch("MESSAGE_DELETE", intentMessages, map[string]any{"id": id, "channel_id": r.ID, "guild_id": Guild})
	return true
}
