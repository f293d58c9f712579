package discordtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// What a person sees as "This interaction failed".
var (
	// ErrLate: the bot did not answer in time.
	ErrLate = errors.New("discordtest: the bot did not answer the interaction in time")
	// ErrAway: no session of the bot was connected, so it was not told.
	ErrAway = errors.New("discordtest: the bot is not connected")
	// ErrOver: the bot answered when the interaction had failed already.
	ErrOver = errors.New("discordtest: the answer came too late")
)

// Component is something on a message that can be used.
type Component struct {
	Type     int
	CustomID string
	Label    string // or a select's placeholder
	URL      string // of a link
	Disabled bool
	Options  []string // values of a select
	Raw      map[string]any
}

// Modal is a form that somebody has open.
type Modal struct {
	User, CustomID, Title string
	Components            []map[string]any

	raw  map[string]any
	from *Message
	room string
}

// Choice is an offer of an autocompletion.
type Choice struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
}

// Usable lists what can be used on a message, in order, nested ones too.
func (m Message) Usable() []Component { return usable(m.Components) }

func usable(in []map[string]any) []Component {
	var out []Component
	for _, raw := range walk(in) {
		c := Component{Type: number(raw["type"]), Raw: raw}
		c.CustomID, _ = raw["custom_id"].(string)
		c.URL, _ = raw["url"].(string)
		c.Disabled, _ = raw["disabled"].(bool)
		c.Label, _ = raw["label"].(string)
		if c.Label == "" {
			c.Label, _ = raw["placeholder"].(string)
		}
		for _, o := range objects(raw["options"]) {
			value, _ := o["value"].(string)
			c.Options = append(c.Options, value)
		}
		if c.CustomID != "" || c.Type == kindButton {
			out = append(out, c)
		}
	}
	return out
}

// Press uses a component of a message; values are for selects. The message is
// looked at as it stands, and what is gone or disabled cannot be pressed.
func (s *Server) Press(ctx context.Context, user string, m Message, customID string, values ...string) (Answer, error) {
	s.mu.Lock()
	a, err := s.press(user, m, customID, values)
	s.mu.Unlock()
	if err != nil {
		return Answer{}, err
	}
	return s.bringAction(ctx, a)
}

// press builds the interaction. With the lock held.
func (s *Server) press(user string, m Message, customID string, values []string) (*action, error) {
	r := s.room(m.Channel)
	on := r.find(m.ID)
	if m.To != "" {
		at := slices.IndexFunc(s.whispers, func(w *Message) bool { return w.ID == m.ID && w.To == user })
		if at >= 0 {
			on = s.whispers[at]
		}
	}
	switch {
	case s.people[user] == nil || r == nil || s.may(user, r)&ViewChannel == 0:
		return nil, fmt.Errorf("discordtest: %s does not see the channel", user)
	case on == nil:
		return nil, fmt.Errorf("discordtest: %s does not see message %s", user, m.ID)
	}
	all := usable(on.Components)
	at := slices.IndexFunc(all, func(c Component) bool { return c.CustomID == customID })
	if at < 0 {
		return nil, fmt.Errorf("discordtest: there is nothing with the custom_id %q", customID)
	}
	c := all[at]
	if c.Disabled {
		return nil, fmt.Errorf("discordtest: %q is disabled", customID)
	}
	data := map[string]any{"custom_id": customID, "component_type": c.Type}
	if c.Type != kindButton {
		data["values"] = values
		for _, v := range values {
			if c.Type == kindStringSelect && !slices.Contains(c.Options, v) {
				return nil, fmt.Errorf("discordtest: %q is none of the options of %q", v, customID)
			}
		}
	}
	return s.interaction(kindPress, user, r, data, on), nil
}

// Modal is the form that a person has open.
func (s *Server) Modal(user string) (Modal, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.modals[user]; m != nil {
		return *m, true
	}
	return Modal{}, false
}

// Submit sends a form with these inputs by custom_id; an input that is left
// out keeps the value that it came with. The form closes.
func (s *Server) Submit(ctx context.Context, m Modal, values map[string]string) (Answer, error) {
	s.mu.Lock()
	a, err := s.submit(m, values)
	s.mu.Unlock()
	if err != nil {
		return Answer{}, err
	}
	return s.bringAction(ctx, a)
}

func (s *Server) submit(m Modal, values map[string]string) (*action, error) {
	r := s.room(m.room)
	if r == nil || s.people[m.User] == nil {
		return nil, fmt.Errorf("discordtest: the channel of the form is gone")
	}
	used := 0
	var out []any
	for _, c := range m.Components {
		kept := map[string]any{"type": c["type"], "id": 1 + len(out)}
		switch number(c["type"]) {
		case kindRow:
			var row []any
			for _, in := range objects(c["components"]) {
				v, err := entered(in, values, &used)
				if err != nil {
					return nil, err
				}
				row = append(row, v)
			}
			kept["components"] = row
		case kindLabel:
			in, _ := c["component"].(map[string]any)
			v, err := entered(in, values, &used)
			if err != nil {
				return nil, err
			}
			kept["component"] = v
		}
		out = append(out, kept)
	}
	if used != len(values) {
		return nil, fmt.Errorf("discordtest: some of the inputs %v do not exist", values)
	}
	if open := s.modals[m.User]; open != nil && open.CustomID == m.CustomID {
		delete(s.modals, m.User)
	}
	return s.interaction(kindSubmit, m.User, r, map[string]any{"custom_id": m.CustomID, "components": out}, m.from), nil
}

// entered is an input as it is sent, within its own limits.
func entered(in map[string]any, values map[string]string, used *int) (map[string]any, error) {
	id, _ := in["custom_id"].(string)
	v, given := values[id]
	if given {
		*used++
	} else {
		v, _ = in["value"].(string)
	}
	out := map[string]any{"type": in["type"], "custom_id": id, "id": 100}
	if number(in["type"]) == kindStringSelect {
		out["values"] = []string{v}
		return out, nil
	}
	n := utf8.RuneCountInString(v)
	required, set := in["required"].(bool)
	least, most := number(in["min_length"]), number(in["max_length"])
	if most == 0 {
		most = maxInput
	}
	switch {
	case n == 0 && (required || !set):
		return nil, fmt.Errorf("discordtest: the input %q is required", id)
	case n > 0 && n < least || n > most:
		return nil, fmt.Errorf("discordtest: the input %q takes %d to %d characters, not %d", id, least, most, n)
	}
	out["value"] = v
	return out, nil
}

// Command uses a slash command. The line is its name and subcommands, such as
// "review inbox"; options go by name: texts, numbers, booleans, and ids of
// users, channels and roles.
func (s *Server) Command(ctx context.Context, user, channel, line string, options map[string]any) (Answer, error) {
	return s.useCommand(ctx, kindCommand, user, channel, line, options, "")
}

// Autocomplete types into an option of a slash command and reads the offers.
func (s *Server) Autocomplete(ctx context.Context, user, channel, line string, options map[string]any, focused string) ([]Choice, error) {
	first, err := s.useCommand(ctx, kindAutocomplete, user, channel, line, options, focused)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(first.Data["choices"])
	if err != nil {
		return nil, err
	}
	var out []Choice
	return out, json.Unmarshal(raw, &out)
}

func (s *Server) useCommand(ctx context.Context, kind int, user, channel, line string, options map[string]any, focused string) (Answer, error) {
	words := strings.Fields(line)
	if len(words) == 0 {
		return Answer{}, errors.New("discordtest: an empty command")
	}
	s.mu.Lock()
	a, err := func() (*action, error) {
		r, err := s.seen(user, channel)
		if err != nil {
			return nil, err
		}
		if r.Archived {
			return nil, fmt.Errorf("discordtest: no commands in an archived thread")
		}
		cmd, err := s.command(user, words[0], commandChat, r)
		if err != nil {
			return nil, err
		}
		data, err := s.commandData(cmd, entry{path: words[1:], options: options, focused: focused})
		if err != nil {
			return nil, err
		}
		return s.interaction(kind, user, r, data, nil), nil
	}()
	s.mu.Unlock()
	if err != nil {
		return Answer{}, err
	}
	return s.bringAction(ctx, a)
}

func (s *Server) seen(user, channel string) (*room, error) {
	r := s.room(channel)
	if r == nil || s.people[user] == nil || s.may(user, r)&ViewChannel == 0 {
		return nil, fmt.Errorf("discordtest: %s does not see channel %s", user, channel)
	}
	return r, nil
}

// MessageCommand uses an entry of a message's menu ("Apps").
func (s *Server) MessageCommand(ctx context.Context, user, name string, m Message) (Answer, error) {
	s.mu.Lock()
	a, err := func() (*action, error) {
		r, err := s.seen(user, m.Channel)
		if err != nil {
			return nil, err
		}
		on := r.find(m.ID)
		if on == nil {
			return nil, fmt.Errorf("discordtest: %s does not see message %s", user, m.ID)
		}
		cmd, err := s.command(user, name, commandMessage, r)
		if err != nil {
			return nil, err
		}
		data := map[string]any{"id": cmd["id"], "name": name, "type": commandMessage, "target_id": on.ID,
			"resolved": map[string]any{"messages": map[string]any{on.ID: s.wireWhole(on)}}}
		return s.interaction(kindCommand, user, r, data, nil), nil
	}()
	s.mu.Unlock()
	if err != nil {
		return Answer{}, err
	}
	return s.bringAction(ctx, a)
}

// Say posts a person's message. Write "<@" + App + ">" to mention the bot.
func (s *Server) Say(user, channel, text string) (Message, error) {
	return s.say(user, channel, text, "")
}

// ReplyTo posts a person's reply to a message; it mentions the author.
func (s *Server) ReplyTo(user string, to Message, text string) (Message, error) {
	return s.say(user, to.Channel, text, to.ID)
}

func (s *Server) say(user, channel, text, to string) (Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.seen(user, channel)
	if err != nil {
		return Message{}, err
	}
	if err := s.writable(user, r, nil, 0); err != nil {
		return Message{}, fmt.Errorf("discordtest: %s cannot write there: %w", user, err)
	}
	if utf8.RuneCountInString(text) > maxContent {
		return Message{}, fmt.Errorf("discordtest: %d characters at most", maxContent)
	}
	m := &Message{Author: user, Channel: channel, Content: text, ReplyTo: to}
	if to != "" {
		m.Type = typeReply
	}
	m.mentions = s.pings(m, r, nil, true)
	m.Pings = m.mentions
	s.post(r, m)
	s.wake()
	return m.copy(), nil
}

// bringAction brings an interaction to the bot and waits for its first answer.
func (s *Server) bringAction(ctx context.Context, a *action) (Answer, error) {
	d := Delivery{ID: a.id, Token: a.token, Payload: a.payload}
	wait := time.NewTimer(s.cfg.Ack)
	defer wait.Stop()
	if err := s.deliver(ctx, a, &d); err != nil {
		s.giveUp(a, err)
		return Answer{Delivery: d}, err
	}
	select {
	case first := <-a.done:
		first.Delivery = d
		return first, nil
	case <-wait.C:
		s.giveUp(a, ErrLate)
		return Answer{Delivery: d}, ErrLate
	case <-ctx.Done():
		s.giveUp(a, ctx.Err())
		return Answer{Delivery: d}, ctx.Err()
	}
}

func (s *Server) giveUp(a *action, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !a.answered {
		a.late = true
		s.problem("interaction %s of %s: %w", a.id, a.user, err)
	}
	s.wake()
}

// deliver sends an interaction on its way.
func (s *Server) deliver(ctx context.Context, a *action, d *Delivery) error {
	if s.cfg.HTTP != "" {
		return s.deliverSigned(ctx, a, d)
	}
	if s.Sessions() == 0 {
		return ErrAway
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dispatch("INTERACTION_CREATE", 0, a.payload)
	s.wake()
	return nil
}

// Again brings an interaction once more by the gateway, with the same id.
func (s *Server) Again(d Delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dispatch("INTERACTION_CREATE", 0, d.Payload)
}

// Inject dispatches any event to all sessions, well-formed or not: for what a
// library decodes by half.
func (s *Server) Inject(event string, data any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dispatch(event, 0, data)
}
