package slacktest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Delivery is something that Slack brings to the app; it can be brought again.
type Delivery struct {
	Kind    string // "events_api", "interactive", "slash_commands"
	Payload map[string]any
	user    string
	view    string // the submitted view
}

// Ack is the app's acknowledgement.
type Ack struct {
	Body  json.RawMessage
	After time.Duration
}

// ErrLate is what the person sees as Slack's warning sign: the app did not
// acknowledge in time.
var ErrLate = errors.New("slacktest: the app did not acknowledge in time")

// Element is something on a message or view that can be used.
type Element struct {
	Block, Action, Type string
	Value               string           // of a button
	Options             []map[string]any // of a select or menu
	Raw                 map[string]any
}

// Elements lists what can be used in blocks, in order.
func Elements(blocks []map[string]any) []Element {
	var out []Element
	for _, b := range blocks {
		id, _ := b["block_id"].(string)
		var raw []any
		switch b["type"] {
		case "actions":
			raw, _ = b["elements"].([]any)
		case "section":
			if acc, ok := b["accessory"]; ok {
				raw = []any{acc}
			}
		}
		for _, r := range raw {
			e, ok := r.(map[string]any)
			if !ok {
				continue
			}
			el := Element{Block: id, Raw: e}
			el.Action, _ = e["action_id"].(string)
			el.Type, _ = e["type"].(string)
			el.Value, _ = e["value"].(string)
			options, _ := e["options"].([]any)
			for _, o := range options {
				if m, ok := o.(map[string]any); ok {
					el.Options = append(el.Options, m)
				}
			}
			out = append(out, el)
		}
	}
	return out
}

// Blocks are a view's blocks.
func (v View) Blocks() []map[string]any {
	list, _ := v.Body["blocks"].([]any)
	out := make([]map[string]any, 0, len(list))
	for _, b := range list {
		if m, ok := b.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// Press uses an element of a message; option is nil for a button.
func (s *Server) Press(ctx context.Context, user string, m Message, e Element, option map[string]any) (Delivery, Ack, error) {
	s.mu.Lock()
	p := s.interaction("block_actions", user, m.Channel, m.Thread, false)
	p["container"] = map[string]any{"type": "message", "message_ts": m.TS, "channel_id": m.Channel, "is_ephemeral": m.To != ""}
	if m.Thread != "" {
		p["container"].(map[string]any)["thread_ts"] = m.Thread
	}
	p["message"] = m.wire(false)
	p["actions"] = []any{s.action(e, option)}
	s.mu.Unlock()
	return s.interact(ctx, Delivery{Kind: "interactive", Payload: p, user: user})
}

// PressIn uses an element of a view.
func (s *Server) PressIn(ctx context.Context, user string, v View, e Element, option map[string]any) (Delivery, Ack, error) {
	s.mu.Lock()
	p := s.interaction("block_actions", user, "", "", v.Type == "modal")
	p["container"] = map[string]any{"type": "view", "view_id": v.ID}
	p["view"] = v.wire()
	p["actions"] = []any{s.action(e, option)}
	s.mu.Unlock()
	return s.interact(ctx, Delivery{Kind: "interactive", Payload: p, user: user})
}

// action is one element of block_actions. With the lock held.
func (s *Server) action(e Element, option map[string]any) map[string]any {
	a := map[string]any{"type": e.Type, "block_id": e.Block, "action_id": e.Action, "action_ts": s.stamp()}
	if option != nil {
		a["selected_option"] = option
		return a
	}
	a["value"] = e.Value
	a["text"] = map[string]any{"type": "plain_text", "text": "Button", "emoji": false}
	return a
}

// interaction is what every interactive payload has. With the lock held.
func (s *Server) interaction(kind, user, channel, thread string, modal bool) map[string]any {
	p := map[string]any{"type": kind, "team": map[string]any{"id": Team, "domain": "acme"}, "user": s.who(user), "api_app_id": App,
		"token": "verification", "enterprise": nil, "is_enterprise_install": false, "trigger_id": s.newTrigger(user, modal)}
	if channel != "" {
		p["channel"] = map[string]any{"id": channel, "name": s.channels[channel].name}
		p["response_url"] = s.newURL(channel, user, thread)
	}
	return p
}

func (s *Server) who(user string) map[string]any {
	name := user
	if p := s.people[user]; p != nil {
		name = p.Name
	}
	return map[string]any{"id": user, "username": strings.ToLower(name), "name": strings.ToLower(name), "team_id": Team}
}

func (s *Server) newTrigger(user string, modal bool) string {
	id := s.id("trigger.")
	s.triggers[id] = &trigger{user: user, issued: s.now(), modal: modal}
	return id
}

func (s *Server) newURL(channel, user, thread string) string {
	id := s.id("R")
	s.urls[id] = &responseURL{channel: channel, user: user, thread: thread, issued: s.now()}
	return s.URL + "/response/" + id
}

// Type sends a slash command.
func (s *Server) Type(ctx context.Context, user, channel, command, text string) (Delivery, Ack, error) {
	s.mu.Lock()
	p := map[string]any{"token": "verification", "team_id": Team, "team_domain": "acme", "channel_id": channel, "channel_name": "reviews",
		"user_id": user, "user_name": s.who(user)["name"], "command": command, "text": Escape(text), "api_app_id": App,
		"is_enterprise_install": "false", "response_url": s.newURL(channel, user, ""), "trigger_id": s.newTrigger(user, false)}
	s.mu.Unlock()
	d := Delivery{Kind: "slash_commands", Payload: p, user: user}
	a, err := s.deliver(ctx, d)
	if err == nil && len(a.Body) > 0 {
		s.mu.Lock()
		defer s.mu.Unlock()
		var body args
		if json.Unmarshal(a.Body, &body) != nil {
			return d, a, fmt.Errorf("slacktest: the command's answer is no JSON: %s", a.Body)
		}
		if ref := s.respond(&responseURL{channel: channel, user: user}, body); ref != nil {
			return d, a, fmt.Errorf("slacktest: the command's answer is refused: %s %s", ref.name, ref.detail)
		}
	}
	return d, a, err
}

// Escape writes a text as Slack brings it to apps.
func Escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// Say posts a message of a person and tells the app, as a message and, when
// it mentions the bot, as a mention too.
func (s *Server) Say(ctx context.Context, user, channel, thread, text string, mention bool) (Delivery, error) {
	s.mu.Lock()
	wire := Escape(text)
	if mention {
		wire = "<@" + BotUser + "> " + wire
	}
	m := &Message{Channel: channel, TS: s.stamp(), Thread: thread, User: user, Text: wire}
	s.channels[channel].messages = append(s.channels[channel].messages, m)
	ev := map[string]any{"type": "message", "user": user, "text": wire, "ts": m.TS, "channel": channel, "channel_type": "channel", "event_ts": m.TS, "team": Team}
	if thread != "" {
		ev["thread_ts"] = thread
		if parent := s.find(channel, thread); parent != nil {
			ev["parent_user_id"] = parent.User
		}
	}
	first := s.event(ev)
	var second map[string]any
	if mention {
		again := maps.Clone(ev)
		again["type"] = "app_mention"
		second = s.event(again)
	}
	s.mu.Unlock()
	d := Delivery{Kind: "events_api", Payload: first, user: user}
	_, err := s.deliver(ctx, d)
	if second != nil && err == nil {
		_, err = s.deliver(ctx, Delivery{Kind: "events_api", Payload: second, user: user})
	}
	return d, err
}

// event wraps an event. With the lock held.
func (s *Server) event(ev map[string]any) map[string]any {
	return map[string]any{"token": "verification", "team_id": Team, "api_app_id": App, "event": ev, "type": "event_callback",
		"event_id": s.id("Ev"), "event_time": s.now().Unix(), "is_ext_shared_channel": false,
		"authorizations": []any{map[string]any{"enterprise_id": nil, "team_id": Team, "user_id": BotUser, "is_bot": true, "is_enterprise_install": false}}}
}

// OpenHome opens the app's Home tab.
func (s *Server) OpenHome(ctx context.Context, user string) (Delivery, error) {
	s.mu.Lock()
	d := Delivery{Kind: "events_api", user: user,
		Payload: s.event(map[string]any{"type": "app_home_opened", "user": user, "channel": "D" + user[1:], "tab": "home", "event_ts": s.stamp()})}
	s.mu.Unlock()
	_, err := s.deliver(ctx, d)
	return d, err
}

// Shortcut uses an entry of a message's menu.
func (s *Server) Shortcut(ctx context.Context, user, callback string, m Message) (Delivery, Ack, error) {
	s.mu.Lock()
	p := s.interaction("message_action", user, m.Channel, "", false)
	p["callback_id"], p["message_ts"], p["action_ts"], p["message"] = callback, m.TS, s.stamp(), m.wire(false)
	s.mu.Unlock()
	return s.interact(ctx, Delivery{Kind: "interactive", Payload: p, user: user})
}

// Submit sends a modal with these inputs: by block id, then action id, each
// the value's object as Slack has it. Errors that the app shows are returned.
func (s *Server) Submit(ctx context.Context, user string, v View, values map[string]map[string]any) (map[string]string, Delivery, error) {
	s.mu.Lock()
	p := s.interaction("view_submission", user, "", "", true)
	view := v.wire()
	view["state"] = map[string]any{"values": values}
	p["view"], p["response_urls"] = view, []any{}
	s.mu.Unlock()
	d := Delivery{Kind: "interactive", Payload: p, user: user, view: v.ID}
	a, err := s.deliver(ctx, d)
	if err != nil {
		return nil, d, err
	}
	errs, err := s.afterSubmit(user, v.ID, a.Body)
	return errs, d, err
}

// afterSubmit does what the acknowledgement of a submission says.
func (s *Server) afterSubmit(user, id string, body json.RawMessage) (map[string]string, error) {
	var r struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   map[string]any    `json:"view"`
	}
	if len(body) > 0 && json.Unmarshal(body, &r) != nil {
		return nil, fmt.Errorf("slacktest: the submission's answer is no JSON: %s", body)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.wake()
	stack := s.stacks[user]
	switch r.Action {
	case "errors":
		return r.Errors, s.known(id, r.Errors)
	case "update":
		if err := JudgeView(r.View); err != nil {
			return nil, fmt.Errorf("slacktest: the view in the answer is refused: %w", err)
		}
		v := s.views[id]
		v.Body, v.Hash = r.View, s.id("hash.")
	case "clear":
		s.stacks[user] = nil
	case "":
		if len(stack) > 0 {
			s.stacks[user] = stack[:len(stack)-1]
		}
	default:
		return nil, fmt.Errorf("slacktest: unknown response_action %q", r.Action)
	}
	return nil, nil
}

// known makes sure that errors stand at inputs of the view. With the lock held.
func (s *Server) known(id string, errs map[string]string) error {
	inputs := map[string]bool{}
	for _, b := range s.views[id].Blocks() {
		if name, ok := b["block_id"].(string); ok && b["type"] == "input" {
			inputs[name] = true
		}
	}
	for name := range errs {
		if !inputs[name] {
			return fmt.Errorf("slacktest: an error for %q, which is no input", name)
		}
	}
	return nil
}

func (s *Server) interact(ctx context.Context, d Delivery) (Delivery, Ack, error) {
	a, err := s.deliver(ctx, d)
	return d, a, err
}

// Again brings a delivery once more: the same payload, another envelope.
func (s *Server) Again(ctx context.Context, d Delivery) (Ack, error) { return s.once(ctx, d, 1) }

// deliver brings d, twice or after others if the workspace is unkind.
func (s *Server) deliver(ctx context.Context, d Delivery) (Ack, error) {
	if s.opts.Shuffled {
		s.mu.Lock()
		wait := time.Duration(s.random.IntN(20)) * time.Millisecond
		s.mu.Unlock()
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
	if !s.opts.Twice {
		return s.once(ctx, d, 0)
	}
	second := make(chan error, 1)
	go func() {
		_, err := s.once(ctx, d, 1)
		second <- err
	}()
	a, err := s.once(ctx, d, 0)
	return a, errors.Join(err, <-second)
}

// once brings d one time and waits for its acknowledgement.
func (s *Server) once(ctx context.Context, d Delivery, retry int) (Ack, error) {
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, s.opts.Ack)
	defer cancel()
	var a Ack
	var err error
	if s.opts.HTTP != "" {
		a, err = s.posted(ctx, d, retry)
	} else {
		a, err = s.sent(ctx, d, retry)
	}
	a.After = time.Since(start)
	if err != nil {
		s.problem("%s of %s: %v", d.Kind, d.user, err)
	}
	return a, err
}

// sent brings d by socket. An event whose connection ends before it is
// acknowledged comes again, as Slack does it; a press does not.
func (s *Server) sent(ctx context.Context, d Delivery, retry int) (Ack, error) {
	_, acked, err := s.sockets.send(d.Kind, d.Payload, retry)
	if err != nil {
		return Ack{}, err
	}
	select {
	case body := <-acked:
		return Ack{Body: body}, nil
	case <-ctx.Done():
		return Ack{}, ErrLate
	}
}

// paths of the requests, by kind.
var paths = map[string]string{"events_api": "/slack/events", "interactive": "/slack/interactive", "slash_commands": "/slack/command"}

// posted brings d by a signed request.
func (s *Server) posted(ctx context.Context, d Delivery, retry int) (Ack, error) {
	body, kind, err := encode(d)
	if err != nil {
		return Ack{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.opts.HTTP+paths[d.Kind], bytes.NewReader(body))
	if err != nil {
		return Ack{}, err
	}
	Sign(req, SigningSecret, s.now().Add(time.Duration(retry)*time.Second), body)
	req.Header.Set("Content-Type", kind)
	if retry > 0 {
		req.Header.Set("X-Slack-Retry-Num", strconv.Itoa(retry))
		req.Header.Set("X-Slack-Retry-Reason", "http_timeout")
	}
	resp, err := s.client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			err = ErrLate
		}
		return Ack{}, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("slacktest: the app answered %s: %s", resp.Status, answer)
	}
	return Ack{Body: answer}, err
}

func encode(d Delivery) (body []byte, kind string, err error) {
	switch d.Kind {
	case "events_api":
		body, err = json.Marshal(d.Payload)
		return body, "application/json", err
	case "interactive":
		raw, err := json.Marshal(d.Payload)
		return []byte(url.Values{"payload": {string(raw)}}.Encode()), "application/x-www-form-urlencoded", err
	}
	form := url.Values{}
	for k, v := range d.Payload {
		form.Set(k, fmt.Sprint(v))
	}
	return []byte(form.Encode()), "application/x-www-form-urlencoded", nil
}

// Sign puts Slack's v0 signature on a request.
func Sign(r *http.Request, secret string, at time.Time, body []byte) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "v0:%s:%s", stamp, body)
	r.Header.Set("X-Slack-Request-Timestamp", stamp)
	r.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
}
