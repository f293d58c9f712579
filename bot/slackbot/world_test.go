package slackbot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/bot/slackbot/slacktest"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/review"
)

// world is a Bot in a fake workspace, with people around it.
type world struct {
	t      *testing.T
	server *slacktest.Server
	bot    *Bot
	desk   *bottest.FakeDesk
	net    *network
	mode   Mode

	mu   sync.Mutex
	last map[string]slacktest.Delivery
	told map[string]int    // whispers that were read, by user
	view map[string]string // the view that was seen, by user
}

// network is the way to Slack: it can break, and its clock jumps over the
// times that Slack asks to wait.
type network struct {
	inner   http.RoundTripper
	offline atomic.Bool
	ahead   atomic.Int64
}

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	posting := strings.HasSuffix(r.URL.Path, "chat.postMessage") || strings.HasSuffix(r.URL.Path, "chat.update")
	if posting && n.offline.CompareAndSwap(true, false) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: fmt.Errorf("connection refused")}
	}
	return n.inner.RoundTrip(r)
}

// patient is the bot as the desk uses it: told to wait, it comes back later.
type patient struct {
	*Bot
	net *network
}

func (p patient) Post(ctx context.Context, at bot.Place, c bot.Card) (string, error) {
	ref, err := p.Bot.Post(ctx, at, c)
	return ref, p.wait(err)
}

func (p patient) Update(ctx context.Context, at bot.Place, ref string, c bot.Card) error {
	return p.wait(p.Bot.Update(ctx, at, ref, c))
}

func (p patient) wait(err error) error {
	var ce *bot.ChatError
	if errors.As(err, &ce) && ce.After > 0 {
		p.net.ahead.Add(int64(ce.After))
	}
	return err
}

func (n *network) now() time.Time { return time.Now().Add(time.Duration(n.ahead.Load())) }

// newWorld opens a workspace with the bot in it.
func newWorld(t *testing.T, desk *bottest.FakeDesk, mode Mode, o slacktest.Options) *world {
	t.Helper()
	w := &world{t: t, desk: desk, mode: mode, net: &network{inner: &http.Transport{MaxIdleConnsPerHost: 64}},
		last: map[string]slacktest.Delivery{}, told: map[string]int{}, view: map[string]string{}}
	if mode == HTTP {
		front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.bot.Handler().ServeHTTP(rw, r) }))
		t.Cleanup(front.Close)
		o.HTTP = front.URL
	}
	if o.Burst == 0 {
		o.Burst = 500
	}
	w.server = slacktest.Start(o)
	t.Cleanup(w.server.Close)
	b, err := New(w.config())
	if err != nil {
		t.Fatal(err)
	}
	w.bot = b
	t.Cleanup(func() {
		for _, p := range w.server.Problems() {
			t.Errorf("Slack would complain: %s", p)
		}
	})
	return w
}

func (w *world) config() Config {
	return Config{
		BotToken: secret.New(slacktest.BotToken), AppToken: secret.New(slacktest.AppToken), SigningSecrets: []secret.Value{secret.New(slacktest.SigningSecret)},
		Channel: slacktest.Channel, Mode: w.mode, Desk: w.desk, APIURL: w.server.API, HTTPClient: &http.Client{Transport: w.net},
		Pace: Pace{Burst: 500}, Now: w.net.now, Logger: slog.New(slog.NewTextHandler(testLog{w.t}, nil)),
	}
}

// testLog writes the bot's log into the test's.
type testLog struct{ t *testing.T }

func (l testLog) Write(p []byte) (int, error) {
	if l.t.Context().Err() == nil {
		l.t.Log(strings.TrimSpace(string(p)))
	}
	return len(p), nil
}

func harness(mode Mode, o slacktest.Options) bottest.Harness {
	return func(t *testing.T, desk *bottest.FakeDesk) bottest.World { return newWorld(t, desk, mode, o) }
}

func (w *world) Chat() bot.Chat { return patient{w.bot, w.net} }

func userID(name string) string { return "U" + strings.ToUpper(name) + "000" }

func (w *world) Join(_ context.Context, name string, _ review.Role) error {
	w.server.Join(slacktest.Person{ID: userID(name), Name: name})
	return nil
}

func (w *world) See(_ context.Context, ref string) (bottest.Seen, error) {
	m, err := w.message(ref)
	if err != nil {
		return bottest.Seen{}, err
	}
	return read(m), nil
}

func (w *world) message(ref string) (slacktest.Message, error) {
	channel, ts, err := parseRef(ref)
	if err != nil {
		return slacktest.Message{}, err
	}
	m, ok := w.server.Message(channel, ts)
	if !ok {
		return m, fmt.Errorf("no message %s", ref)
	}
	return m, nil
}

// read is what somebody sees of a message.
func read(m slacktest.Message) bottest.Seen {
	s := bottest.Seen{Summary: unescape.Replace(m.Text), Mentions: pings(m), Links: leads(m)}
	if m.Thread != "" {
		s.Parent = reference(m.Channel, m.Thread)
	}
	var lines []string
	for _, b := range m.Blocks {
		lines = append(lines, textOf(b))
		s.Links = append(s.Links, linksIn(b)...)
		s.Spans = append(s.Spans, spansIn(b)...)
	}
	s.Text = strings.Join(lines, "\n")
	for _, e := range slacktest.Elements(m.Blocks) {
		addElement(&s, e)
	}
	s.Silent = len(s.Mentions) == 0
	return s
}

func addElement(s *bottest.Seen, e slacktest.Element) {
	switch e.Type {
	case "button":
		b := bottest.Button{Label: plainText(e.Raw["text"]), Token: e.Value}
		if c, ok := e.Raw["confirm"].(map[string]any); ok {
			b.Confirm = plainText(c["text"])
		}
		s.Buttons = append(s.Buttons, b)
	case "overflow":
		for _, o := range e.Options {
			s.Buttons = append(s.Buttons, bottest.Button{Label: plainText(o["text"]), Token: o["value"].(string)})
		}
	case "static_select":
		sel := bottest.Select{Label: plainText(e.Raw["placeholder"])}
		for _, o := range e.Options {
			t, err := commands.ParseToken(o["value"].(string))
			if err != nil {
				sel.Label = err.Error()
			}
			sel.Options = append(sel.Options, commands.Option{Value: t.Arg, Label: plainText(o["text"])})
			t.Arg = ""
			sel.Token = t.String()
		}
		s.Selects = append(s.Selects, sel)
	}
}

// live are Slack's marks that act, in texts that it parses.
var live = regexp.MustCompile(`<([^<>\s]+)(\|[^<>]*)?>`)

// pings finds everybody that a message notifies.
func pings(m slacktest.Message) []string {
	var out []string
	for _, s := range parsed(m) {
		for _, f := range live.FindAllStringSubmatch(s, -1) {
			if strings.ContainsAny(f[1][:1], "@!#") {
				out = append(out, f[1])
			}
		}
	}
	return out
}

// leads finds the links that Slack would make itself.
func leads(m slacktest.Message) []bot.Link {
	var out []bot.Link
	for _, s := range parsed(m) {
		for _, f := range live.FindAllStringSubmatch(s, -1) {
			if strings.Contains(f[1], ":") {
				out = append(out, bot.Link{URL: f[1], Label: f[2]})
			}
		}
	}
	if m.Parse != "none" && strings.Contains(m.Text, "://") || m.Unfurl || m.Mrkdwn == "true" {
		out = append(out, bot.Link{Label: "Slack parses or unfolds the text", URL: m.Parse + m.Mrkdwn})
	}
	return out
}

// parsed are the texts of a message that Slack reads as mrkdwn.
func parsed(m slacktest.Message) []string {
	out := []string{m.Text}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			if v["type"] == "mrkdwn" {
				out = append(out, v["text"].(string))
			}
			if k := v["type"]; k == "user" || k == "usergroup" || k == "broadcast" || k == "channel" {
				out = append(out, fmt.Sprintf("<!%v>", k))
			}
			for _, e := range v {
				walk(e)
			}
		}
	}
	for _, b := range m.Blocks {
		walk(b)
	}
	return out
}

func plainText(v any) string {
	m, _ := v.(map[string]any)
	s, _ := m["text"].(string)
	return s
}

func list(v any) []map[string]any {
	l, _ := v.([]any)
	var out []map[string]any
	for _, e := range l {
		if m, ok := e.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// textOf is a block as read.
func textOf(b map[string]any) string {
	var parts []string
	switch b["type"] {
	case "header", "section":
		parts = append(parts, plainText(b["text"]))
	case "context":
		for _, e := range list(b["elements"]) {
			parts = append(parts, e["text"].(string))
		}
	case "rich_text":
		for _, e := range list(b["elements"]) {
			var s strings.Builder
			for _, r := range list(e["elements"]) {
				text, _ := r["text"].(string)
				s.WriteString(text)
			}
			parts = append(parts, s.String())
		}
	}
	return strings.Join(parts, "\n")
}

func linksIn(b map[string]any) []bot.Link {
	var out []bot.Link
	for _, e := range list(b["elements"]) {
		for _, r := range list(e["elements"]) {
			if r["type"] == "link" {
				out = append(out, bot.Link{Label: r["text"].(string), URL: r["url"].(string)})
			}
		}
	}
	return out
}

// spansIn reads a diff: a section in which something is struck out.
func spansIn(b map[string]any) []bot.Span {
	for _, e := range list(b["elements"]) {
		var out []bot.Span
		struck := false
		for _, r := range list(e["elements"]) {
			style, _ := r["style"].(map[string]any)
			text, _ := r["text"].(string)
			kind := bot.Same
			switch {
			case style["strike"] == true:
				kind, struck = bot.Deleted, true
			case style["bold"] == true && strings.HasSuffix(text, "\n"):
				continue // the heading
			case style["bold"] == true:
				kind = bot.Added
			}
			out = append(out, bot.Span{Kind: kind, Text: text})
		}
		if struck {
			return out
		}
	}
	return nil
}

func (w *world) Standing(_ context.Context, at bot.Place) ([]string, error) {
	var out []string
	for _, m := range w.server.Messages(slacktest.Channel) {
		if p, _ := m.Metadata["event_payload"].(map[string]any); p["place"] == at.ID() {
			out = append(out, reference(m.Channel, m.TS))
		}
	}
	return out, nil
}

func (w *world) Delete(_ context.Context, ref string) error {
	channel, ts, err := parseRef(ref)
	if err == nil && !w.server.Delete(channel, ts) {
		err = fmt.Errorf("nothing to delete at %s", ref)
	}
	return err
}

// connected waits until the bot hears.
func (w *world) connected(ctx context.Context) error {
	if w.mode == HTTP {
		return nil
	}
	return w.server.Wait(ctx, func() bool { return w.server.Connections() >= connections })
}

func (w *world) Press(ctx context.Context, who, ref, token string) (bottest.Answer, error) {
	m, err := w.message(ref)
	if err != nil {
		return bottest.Answer{}, err
	}
	forged := slacktest.Element{Block: "forged", Action: "forged:0", Type: "button", Value: token}
	var option map[string]any
	for _, e := range slacktest.Elements(m.Blocks) {
		if e.Type == "button" && e.Value == token {
			forged = e
		}
		for _, o := range e.Options {
			if e.Type == "overflow" && o["value"] == token {
				forged, option = e, o
			}
		}
	}
	return w.press(ctx, who, m, forged, option)
}

func (w *world) Choose(ctx context.Context, who, ref, token, value string) (bottest.Answer, error) {
	m, err := w.message(ref)
	if err != nil {
		return bottest.Answer{}, err
	}
	want, err := commands.ParseToken(token)
	if err != nil {
		return bottest.Answer{}, err
	}
	want.Arg = value
	for _, e := range slacktest.Elements(m.Blocks) {
		for _, o := range e.Options {
			if o["value"] == want.String() {
				return w.press(ctx, who, m, e, o)
			}
		}
	}
	return bottest.Answer{}, fmt.Errorf("no option %s", want)
}

func (w *world) press(ctx context.Context, who string, m slacktest.Message, e slacktest.Element, o map[string]any) (bottest.Answer, error) {
	if err := w.connected(ctx); err != nil {
		return bottest.Answer{}, err
	}
	d, _, err := w.server.Press(ctx, userID(who), m, e, o)
	return w.answer(ctx, who, d, err)
}

func (w *world) Redeliver(ctx context.Context, who string) (bottest.Answer, error) {
	w.mu.Lock()
	d := w.last[who]
	w.mu.Unlock()
	_, err := w.server.Again(ctx, d)
	return w.answer(ctx, who, d, err)
}

// answer waits until the bot is done and reads what this person was told.
func (w *world) answer(ctx context.Context, who string, d slacktest.Delivery, err error) (bottest.Answer, error) {
	if err != nil {
		return bottest.Answer{}, err
	}
	if err := w.idle(ctx); err != nil {
		return bottest.Answer{}, err
	}
	user := userID(who)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last[who] = d
	whispers := w.server.Whispers(user)
	fresh := whispers[w.told[user]:]
	w.told[user] = len(whispers)
	a := bottest.Answer{Private: true}
	for _, m := range fresh {
		seen := read(m)
		a.Text += seen.Text + "\n"
		a.Links = append(a.Links, seen.Links...)
		a.Mentions = append(a.Mentions, seen.Mentions...)
	}
	a.Text = strings.TrimSpace(a.Text)
	v, open := w.server.Modal(user)
	if open && v.ID+v.Hash != w.view[user] {
		w.view[user] = v.ID + v.Hash
		if v.Body["callback_id"] == formCallback {
			a.Form = formOf(v)
		} else {
			for _, b := range v.Blocks() {
				a.Text += textOf(b) + "\n"
			}
		}
	}
	return a, nil
}

// idle waits until nothing is being done.
func (w *world) idle(ctx context.Context) error {
	t := time.NewTicker(time.Millisecond)
	defer t.Stop()
	for len(w.bot.crew.queue) > 0 {
		select {
		case <-t.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// formOf reads a form as people see it.
func formOf(v slacktest.View) *bottest.SeenForm {
	f := &bottest.SeenForm{Title: plainText(v.Body["title"]), Submit: plainText(v.Body["submit"]), Handle: v}
	for _, b := range v.Blocks() {
		if b["type"] != "input" {
			f.Intro += textOf(b)
			continue
		}
		name, n, _ := fieldOf(b["block_id"].(string))
		e := b["element"].(map[string]any)
		if n > 0 {
			continue
		}
		optional, _ := b["optional"].(bool)
		field := bottest.SeenField{Name: name, Label: numbered.ReplaceAllString(plainText(b["label"]), ""), Hint: plainText(b["hint"]), Optional: optional}
		for _, o := range list(e["options"]) {
			field.Options = append(field.Options, commands.Option{Value: strings.TrimPrefix(o["value"].(string), choicePrefix), Label: plainText(o["text"])})
		}
		field.Value = shown(v, name)
		f.Fields = append(f.Fields, field)
	}
	return f
}

var numbered = regexp.MustCompile(` \(\d+ of \d+\)$`)

// pieces are the inputs of a field, in order, with what stands in them.
func pieces(v slacktest.View, name string) (ids, values []string, elements []map[string]any) {
	for _, b := range v.Blocks() {
		id, _ := b["block_id"].(string)
		if field, _, ok := fieldOf(id); ok && field == name && b["type"] == "input" {
			e := b["element"].(map[string]any)
			value, _ := e["initial_value"].(string)
			if o, ok := e["initial_option"].(map[string]any); ok {
				value = strings.TrimPrefix(o["value"].(string), choicePrefix)
			}
			ids, values, elements = append(ids, id), append(values, value), append(elements, e)
		}
	}
	return ids, values, elements
}

func shown(v slacktest.View, name string) string {
	_, values, _ := pieces(v, name)
	return join(values, metaOf(v).Seps[name])
}

func metaOf(v slacktest.View) formMeta {
	var meta formMeta
	raw, _ := v.Body["private_metadata"].(string)
	_ = json.Unmarshal([]byte(raw), &meta)
	return meta
}

func (w *world) Submit(ctx context.Context, who string, form bottest.SeenForm, values map[string]string) (bottest.Answer, error) {
	v := form.Handle.(slacktest.View)
	state := map[string]map[string]any{}
	for name, value := range values {
		ids, parts, elements := pieces(v, name)
		if len(ids) == 0 {
			return bottest.Answer{}, fmt.Errorf("the form has no field %s", name)
		}
		if value != shown(v, name) {
			parts, _ = split(value, maxInput)
		}
		for n, id := range ids {
			part := ""
			if n < len(parts) {
				part = parts[n]
			}
			state[id] = map[string]any{valueID: stateOf(elements[n]["type"].(string), part)}
		}
	}
	errs, d, err := w.server.Submit(ctx, userID(who), v, state)
	a, err := w.answer(ctx, who, d, err)
	for _, e := range errs {
		a.Text += e
	}
	return a, err
}

func stateOf(kind, value string) map[string]any {
	s := map[string]any{"type": kind}
	switch {
	case kind == "static_select" && value != "":
		s["selected_option"] = map[string]any{"text": map[string]any{"type": "plain_text", "text": value}, "value": choicePrefix + value}
	case kind == "datepicker" && value != "":
		s["selected_date"] = value
	case value == "":
		s["value"] = nil
	default:
		s["value"] = value
	}
	return s
}

func (w *world) Type(ctx context.Context, who, line string) (bottest.Answer, error) {
	if err := w.connected(ctx); err != nil {
		return bottest.Answer{}, err
	}
	d, _, err := w.server.Type(ctx, userID(who), slacktest.Channel, DefaultCommand, line)
	return w.answer(ctx, who, d, err)
}

func (w *world) Complete(context.Context, string, string) ([]string, bool, error) {
	return nil, false, nil // Slack has no completion for commands
}

func (w *world) Say(ctx context.Context, who, parent, text string, mention bool) (bottest.Answer, error) {
	channel, ts, err := parseRef(parent)
	if err != nil {
		return bottest.Answer{}, err
	}
	if err := w.connected(ctx); err != nil {
		return bottest.Answer{}, err
	}
	d, err := w.server.Say(ctx, userID(who), channel, ts, text, mention)
	return w.answer(ctx, who, d, err)
}

func (w *world) Faults() []bottest.Fault {
	return []bottest.Fault{bottest.LostAnswer, bottest.Offline, bottest.Limited, bottest.Refused}
}

func (w *world) Fail(f bottest.Fault) {
	switch f {
	case bottest.Offline:
		w.net.offline.Store(true)
	case bottest.LostAnswer:
		w.server.Fail(slacktest.Lost)
	case bottest.Limited:
		w.server.Fail(slacktest.Limit)
	case bottest.Refused:
		w.server.Fail(slacktest.Archived)
	}
}

func TestSuiteOverSocketMode(t *testing.T) { bottest.Run(t, harness(Socket, slacktest.Options{})) }

func TestSuiteOverHTTP(t *testing.T) { bottest.Run(t, harness(HTTP, slacktest.Options{})) }

// Everything comes twice and out of order, as Slack may bring it.
func TestSuiteWithUnkindDeliveries(t *testing.T) {
	bottest.Run(t, harness(Socket, slacktest.Options{Twice: true, Shuffled: true}))
}
