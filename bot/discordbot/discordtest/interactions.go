package discordtest

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

// Types of interactions and of their first answers.
// https://docs.discord.com/developers/interactions/receiving-and-responding
const (
	kindPing         = 1
	kindCommand      = 2
	kindPress        = 3
	kindAutocomplete = 4
	kindSubmit       = 5

	Pong           = 1
	Reply          = 4 // a message
	DeferredReply  = 5 // a message that says that the bot is thinking
	DeferredUpdate = 6 // nothing yet
	Update         = 7 // of the message that was pressed on
	Choices        = 8 // of an autocompletion
	OpenModal      = 9

	tokenLife = 15 * time.Minute
)

// action is an interaction on its way.
type action struct {
	id, token string
	kind      int
	user      string
	room      string
	born      time.Time
	on        *Message // that was pressed on
	payload   map[string]any

	answered bool
	late     bool // the person saw that the bot did not answer
	done     chan Answer
	original *Message
	started  time.Time // real time, for Answer.After
}

// Answer is the bot's first answer to an interaction.
type Answer struct {
	Type     int            // Reply, DeferredReply, DeferredUpdate, Update, Choices, OpenModal
	Data     map[string]any // as sent
	After    time.Duration  // real time that it took
	Delivery Delivery       // for Again and Replay
}

// Delivery is an interaction that can be brought again.
type Delivery struct {
	ID, Token string
	Payload   map[string]any

	body      []byte
	signature string
	stamp     string
}

// interaction makes what every interaction has. With the lock held.
func (s *Server) interaction(kind int, user string, r *room, data map[string]any, on *Message) *action {
	a := &action{id: s.id(), token: s.secret("interaction"), kind: kind, user: user, room: r.ID, born: s.now(), on: on, done: make(chan Answer, 1), started: time.Now()}
	p := map[string]any{"id": a.id, "application_id": App, "type": kind, "token": a.token, "version": 1, "data": data, "channel_id": r.ID,
		"channel": s.partialRoom(r, user), "app_permissions": strconv.FormatInt(s.may(App, r), 10), "locale": "en-GB", "entitlements": []any{},
		"attachment_size_limit": maxBody}
	who := s.people[user]
	if r.Type == DM {
		p["user"], p["context"], p["authorizing_integration_owners"] = who.wire(), 1, map[string]any{"0": "0"}
	} else {
		member := s.wireMember(who)
		member["user"], member["permissions"] = who.wire(), strconv.FormatInt(s.may(user, r), 10)
		p["member"], p["guild_id"], p["guild_locale"], p["context"] = member, Guild, "en-US", 0
		p["guild"] = map[string]any{"id": Guild, "locale": "en-US", "features": []any{}}
		p["authorizing_integration_owners"] = map[string]any{"0": Guild}
	}
	if on != nil {
		p["message"] = s.wireWhole(on)
	}
	a.payload = p
	s.actions[a.token] = a
	return a
}

func (s *Server) partialRoom(r *room, user string) map[string]any {
	out := s.wireRoom(r)
	delete(out, "permission_overwrites")
	out["permissions"] = strconv.FormatInt(s.may(user, r), 10)
	return out
}

// postCallback is the first answer to an interaction.
func (s *Server) postCallback(c *call) (any, error) {
	a := s.actions[c.at("token")]
	if a == nil || a.id != c.at("interaction") {
		return nil, errUnknownAction
	}
	if err := s.callback(a, c.body, c.files); err != nil {
		return nil, err
	}
	if c.query("with_response") != "true" {
		return nil, nil
	}
	out := map[string]any{"interaction": map[string]any{"id": a.id, "type": a.kind}}
	if a.original != nil {
		out["interaction"].(map[string]any)["response_message_id"] = a.original.ID
		out["resource"] = map[string]any{"type": Reply, "message": s.wireWhole(a.original)}
	}
	return out, nil
}

// callback takes a first answer, by REST or as the answer to a signed request.
// With the lock held.
func (s *Server) callback(a *action, body []byte, files []upload) error {
	if a.late || s.now().Sub(a.born) > s.cfg.Ack {
		s.problem("interaction %s, %v: %w", a.id, s.cfg.Ack, ErrOver)
		return errUnknownAction
	}
	if a.answered {
		return errAcknowledged
	}
	var in struct {
		Type int             `json:"type"`
		Data json.RawMessage `json:"data"`
	}
	if json.Unmarshal(body, &in) != nil {
		return errJSON
	}
	if err := fits(a, in.Type); err != nil {
		return err
	}
	if err := Judge(ShapeCallback, body); err != nil {
		return form("%v", err)
	}
	if err := s.perform(a, in.Type, in.Data, files); err != nil {
		return err
	}
	a.answered = true
	first := Answer{Type: in.Type, After: time.Since(a.started)}
	if len(in.Data) > 0 && json.Unmarshal(in.Data, &first.Data) != nil {
		return errJSON
	}
	a.done <- first
	return nil
}

// fits refuses answers of a type that the interaction cannot have.
func fits(a *action, kind int) error {
	var good []int
	switch {
	case a.kind == kindAutocomplete:
		good = []int{Choices}
	case a.kind == kindCommand:
		good = []int{Reply, DeferredReply, OpenModal}
	case a.kind == kindPress:
		good = []int{Reply, DeferredReply, DeferredUpdate, Update, OpenModal}
	case a.kind == kindSubmit && a.on != nil:
		good = []int{Reply, DeferredReply, DeferredUpdate, Update}
	case a.kind == kindSubmit:
		good = []int{Reply, DeferredReply}
	}
	if !slices.Contains(good, kind) {
		return form("type: %d is no answer to an interaction of type %d", kind, a.kind)
	}
	return nil
}

// perform does what the answer says. With the lock held.
func (s *Server) perform(a *action, kind int, data json.RawMessage, files []upload) error {
	d := &draft{}
	if hasDraft := kind == Reply || kind == DeferredReply || kind == Update; hasDraft && len(data) > 0 && string(data) != "null" {
		if err := d.read(data); err != nil {
			return err
		}
	}
	r := s.room(a.room)
	if r == nil {
		return errUnknownChannel
	}
	switch kind {
	case Reply, DeferredReply:
		m, err := s.respond(a, r, d, files, kind == DeferredReply)
		a.original = m
		return err
	case DeferredUpdate:
		a.original = a.on
	case Update:
		a.original = a.on
		return s.change(r, a.on, d, files)
	case OpenModal:
		m := &Modal{User: a.user, from: a.on, room: a.room}
		if json.Unmarshal(data, &m.raw) != nil {
			return errJSON
		}
		m.CustomID, _ = m.raw["custom_id"].(string)
		m.Title, _ = m.raw["title"].(string)
		m.Components = objects(m.raw["components"])
		s.modals[a.user] = m
	}
	return nil
}

// respond posts a message in answer to an interaction: a whisper if it is
// ephemeral. With the lock held.
func (s *Server) respond(a *action, r *room, d *draft, files []upload, thinking bool) (*Message, error) {
	if r.Locked && r.Archived {
		return nil, errArchived
	}
	m := &Message{Author: App, Channel: r.ID, Type: typeReply}
	switch a.kind {
	case kindCommand:
		m.Type = typeCommand
		if data, _ := a.payload["data"].(map[string]any); number(data["type"]) != 1 {
			m.Type = typeContextMenu
		}
	default:
		if a.on != nil {
			m.ReplyTo = a.on.ID
		} else {
			m.Type = 0
		}
	}
	if d.Flags != nil && *d.Flags&FlagEphemeral != 0 {
		m.To, m.Flags = a.user, FlagEphemeral
	}
	if thinking {
		m.Flags |= FlagLoading
		d, files = &draft{}, nil
	}
	if err := m.fill(d, files); err != nil {
		return nil, err
	}
	m.action = map[string]any{"id": a.id, "type": a.kind, "user": s.people[a.user].wire(), "authorizing_integration_owners": map[string]any{"0": Guild}}
	m.mentions = s.pings(m, r, d.AllowedMentions, false)
	m.Pings = m.mentions
	if m.To != "" {
		m.ID, m.at = s.id(), s.now()
		s.whispers = append(s.whispers, m)
		return m, nil
	}
	s.post(r, m)
	return m, nil
}

// hook finds the interaction of a webhook's token: known, answered, and not
// older than 15 minutes. With the lock held.
func (s *Server) hook(c *call) (*action, *room, error) {
	a := s.actions[c.at("token")]
	if c.at("webhook") != App || a == nil || !a.answered {
		return nil, nil, errUnknownWebhook
	}
	if s.now().Sub(a.born) > tokenLife {
		return nil, nil, errToken
	}
	r := s.room(a.room)
	if r == nil {
		return nil, nil, errUnknownChannel
	}
	return a, r, nil
}

// postFollowUp posts another message. The first one after a deferred reply
// takes that one's place.
func (s *Server) postFollowUp(c *call) (any, error) {
	a, r, err := s.hook(c)
	if err != nil {
		return nil, err
	}
	d, err := c.draft(ShapeFollowUp)
	if err != nil {
		return nil, err
	}
	if m := a.original; m != nil && m.Flags&FlagLoading != 0 {
		return s.replace(r, m, d, c.files)
	}
	m, err := s.respond(a, r, d, c.files, false)
	if err != nil {
		return nil, err
	}
	return s.wireWhole(m), nil
}

func (s *Server) replace(r *room, m *Message, d *draft, files []upload) (any, error) {
	if err := s.change(r, m, d, files); err != nil {
		return nil, err
	}
	m.Edited = 0
	return s.wireWhole(m), nil
}

// followUp finds a message of an interaction; @original is its first answer.
func (s *Server) followUp(c *call) (*room, *Message, error) {
	a, r, err := s.hook(c)
	if err != nil {
		return nil, nil, err
	}
	id := c.at("message")
	if id == "@original" {
		if a.original == nil {
			return nil, nil, errUnknownMessage
		}
		id = a.original.ID
	}
	if m := r.find(id); m != nil && m.Author == App {
		return r, m, nil
	}
	for _, m := range s.whispers {
		if m.ID == id && m.To == a.user {
			return r, m, nil
		}
	}
	return nil, nil, errUnknownMessage
}

func (s *Server) getFollowUp(c *call) (any, error) {
	_, m, err := s.followUp(c)
	if err != nil {
		return nil, err
	}
	return s.wireWhole(m), nil
}

func (s *Server) patchFollowUp(c *call) (any, error) {
	r, m, err := s.followUp(c)
	if err != nil {
		return nil, err
	}
	return s.edit(c, r, m, ShapeFollowUpEdit)
}

func (s *Server) deleteFollowUp(c *call) (any, error) {
	r, m, err := s.followUp(c)
	if err != nil {
		return nil, err
	}
	if m.To != "" {
		s.whispers = slices.DeleteFunc(s.whispers, func(other *Message) bool { return other == m })
		return nil, nil
	}
	if r.Archived {
		return nil, errArchived
	}
	s.remove(r, m.ID)
	return nil, nil
}
