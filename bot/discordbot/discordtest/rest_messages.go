package discordtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

// readable finds a channel that the bot may see. With the lock held.
func (s *Server) readable(c *call) (*room, error) {
	r := s.room(c.at("channel"))
	if r == nil {
		return nil, errUnknownChannel
	}
	return r, s.allow(App, r, 0)
}

// writable finds a channel in which the author may post this draft now. With
// the lock held.
func (s *Server) writable(author string, r *room, d *draft, files int) error {
	if r.Type == ForumChannel || r.Type == Category {
		return errNotText
	}
	if err := s.allow(author, r, r.writing()); err != nil {
		return err
	}
	if r.Locked && s.may(author, r)&ManageThreads == 0 {
		return errThreadLocked
	}
	if d == nil {
		return nil
	}
	if d.Embeds != nil && len(*d.Embeds) > 0 {
		if err := s.allow(author, r, EmbedLinks); err != nil {
			return err
		}
	}
	if files > 0 {
		return s.allow(author, r, AttachFiles)
	}
	return nil
}

func (s *Server) postMessage(c *call) (any, error) {
	r, err := s.readable(c)
	if err != nil {
		return nil, err
	}
	d, err := c.draft(ShapeMessage)
	if err != nil {
		return nil, err
	}
	if err := s.writable(App, r, d, len(c.files)); err != nil {
		return nil, err
	}
	key := ""
	if d.Nonce != nil {
		key = nonceKey(d.Nonce)
		old, known := s.nonces[key]
		if known && d.EnforceNonce && s.now().Sub(old.at) < s.cfg.Nonce {
			if m := s.rooms[old.channel].find(old.message); m != nil {
				return s.wire(m, true), nil
			}
		}
	}
	m, err := s.compose(r, d, c.files)
	if err != nil {
		return nil, err
	}
	m.Nonce = key
	s.post(r, m)
	if key != "" {
		s.nonces[key] = nonce{channel: r.ID, message: m.ID, at: s.now()}
	}
	return s.wire(m, true), nil
}

// nonceKey writes a nonce, string or number, in one way.
func nonceKey(v any) string {
	if n, ok := v.(float64); ok {
		return strconv.FormatInt(int64(n), 10)
	}
	return fmt.Sprint(v)
}

// compose makes the bot's message of a draft, without posting it.
func (s *Server) compose(r *room, d *draft, files []upload) (*Message, error) {
	m := &Message{Author: App, Channel: r.ID}
	if err := m.fill(d, files); err != nil {
		return nil, err
	}
	if d.Reference != nil && d.Reference.Message != "" {
		if s.may(App, r)&ReadMessageHistory == 0 {
			return nil, errReplyPermission
		}
		if r.find(d.Reference.Message) != nil {
			m.ReplyTo, m.Type = d.Reference.Message, typeReply
		} else if d.Reference.FailIfNotExists == nil || *d.Reference.FailIfNotExists {
			return nil, form("message_reference: Unknown message")
		}
	}
	m.mentions = s.pings(m, r, d.AllowedMentions, true)
	m.Pings = m.mentions
	return m, nil
}

// old finds a message that the bot may read. With the lock held.
func (s *Server) old(c *call) (*room, *Message, error) {
	r, err := s.readable(c)
	if err != nil {
		return nil, nil, err
	}
	if err := s.allow(App, r, ReadMessageHistory); err != nil {
		return nil, nil, err
	}
	m := r.find(c.at("message"))
	if m == nil {
		return nil, nil, errUnknownMessage
	}
	return r, m, nil
}

func (s *Server) getMessage(c *call) (any, error) {
	_, m, err := s.old(c)
	if err != nil {
		return nil, err
	}
	return s.wire(m, s.cfg.MessageContent), nil
}

// getMessages lists the newest first. Without READ_MESSAGE_HISTORY the list is
// empty.
func (s *Server) getMessages(c *call) (any, error) {
	r, err := s.readable(c)
	if err != nil {
		return nil, err
	}
	limit, err := c.number("limit", 50, 1, 100)
	if err != nil {
		return nil, err
	}
	out := []any{}
	switch {
	case r.Type == ForumChannel:
		return nil, errNotText
	case c.query("around") != "":
		return nil, no(http.StatusNotImplemented, 0, "this fake does not list around a message")
	case s.may(App, r)&ReadMessageHistory == 0:
		return out, nil
	}
	for _, m := range page(r.messages, c.query("before"), c.query("after"), limit) {
		out = append(out, s.wire(m, s.cfg.MessageContent))
	}
	return out, nil
}

// page is a part of a list of messages, the newest first.
func page(all []*Message, before, after string, limit int) []*Message {
	var in []*Message
	for _, m := range all {
		if (before == "" || older(m.ID, before)) && (after == "" || older(after, m.ID)) {
			in = append(in, m)
		}
	}
	if len(in) > limit {
		if after != "" {
			in = in[:limit]
		} else {
			in = in[len(in)-limit:]
		}
	}
	out := slices.Clone(in)
	slices.Reverse(out)
	return out
}

// older compares snowflakes.
func older(a, b string) bool { return len(a) < len(b) || len(a) == len(b) && a < b }

func (s *Server) patchMessage(c *call) (any, error) {
	r, m, err := s.old(c)
	if err != nil {
		return nil, err
	}
	if m.Author != App {
		return nil, errForeign
	}
	return s.edit(c, r, m, ShapeEdit)
}

// edit changes one of the bot's messages. With the lock held.
func (s *Server) edit(c *call, r *room, m *Message, shape Shape) (any, error) {
	d, err := c.draft(shape)
	if err != nil {
		return nil, err
	}
	if err := s.change(r, m, d, c.files); err != nil {
		return nil, err
	}
	return s.wire(m, true), nil
}

// change edits a message, which must not be in an archived thread. With the
// lock held.
func (s *Server) change(r *room, m *Message, d *draft, files []upload) error {
	if r.Archived {
		return errArchived
	}
	if err := m.fill(d, files); err != nil {
		return err
	}
	m.Flags &^= FlagLoading
	m.Edited++
	m.edited = s.now()
	m.mentions = s.pings(m, r, d.AllowedMentions, false)
	for _, who := range m.mentions {
		if !slices.Contains(m.Pings, who) {
			m.Pings = append(m.Pings, who)
		}
	}
	if m.To == "" {
		s.tell("MESSAGE_UPDATE", m)
	}
	return nil
}

func (s *Server) deleteMessage(c *call) (any, error) {
	r, m, err := s.old(c)
	if err != nil {
		return nil, err
	}
	if r.Archived {
		return nil, errArchived
	}
	if m.Author != App {
		if err := s.allow(App, r, ManageMessages); err != nil {
			return nil, err
		}
	}
	s.remove(r, m.ID)
	return nil, nil
}

func (s *Server) postTyping(c *call) (any, error) {
	r, err := s.readable(c)
	if err != nil {
		return nil, err
	}
	return nil, s.writable(App, r, nil, 0)
}

// postDM opens the direct channel to a person; there is one for each.
func (s *Server) postDM(c *call) (any, error) {
	var in struct {
		Recipient json.Number `json:"recipient_id"`
	}
	if err := c.json(&in); err != nil {
		return nil, err
	}
	p := s.people[in.Recipient.String()]
	if p == nil {
		return nil, errUnknownUser
	}
	if p.Bot {
		return nil, errCannotSend
	}
	for _, r := range s.rooms {
		if r.Type == DM && r.Owner == p.ID {
			return s.wireRoom(r), nil
		}
	}
	return s.wireRoom(s.addRoom(Room{ID: s.id(), Type: DM, Owner: p.ID})), nil
}
