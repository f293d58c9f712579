package discordbot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	"github.com/evenkeel/evenkeel/bot/discordbot/discordtest"
	"github.com/evenkeel/evenkeel/bot/plaintext"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/review"
)

// world is a Bot on a fake server, with people around it.
type world struct {
	t      *testing.T
	server *discordtest.Server
	bot    *Bot
	desk   *bottest.FakeDesk
	net    *network
	setup  setup
	lossy  bool // presses may be lost with a session that ends

	mu     sync.Mutex
	ids    map[string]string // of people, by name
	last   map[string]discordtest.Delivery
	told   map[string]int // edits of whispers that were read, by id, plus one
	direct map[string]int // direct messages that were read, by user
}

// setup is how the bot is connected and where its cards go.
type setup struct {
	mode    Mode
	channel string
	config  discordtest.Config
}

// network is the way to Discord: it can break, and its clock jumps over the
// times that Discord asks to wait.
type network struct {
	inner   http.RoundTripper
	offline atomic.Bool
	refuse  atomic.Bool
	ahead   atomic.Int64
}

var posting = regexp.MustCompile(`/channels/\d+/(messages(/\d+)?|threads)$`)

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet && posting.MatchString(r.URL.Path) {
		if n.offline.CompareAndSwap(true, false) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
		}
		if n.refuse.CompareAndSwap(true, false) {
			return &http.Response{StatusCode: http.StatusForbidden, Status: "403 Forbidden", Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
				Body: io.NopCloser(strings.NewReader(`{"message": "Missing Permissions", "code": 50013}`))}, nil
		}
	}
	return n.inner.RoundTrip(r)
}

func (n *network) now() time.Time { return time.Now().Add(time.Duration(n.ahead.Load())) }

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

// moderators is a role whose members may use commands everywhere.
const moderators = "100000000000000050"

func newWorld(t *testing.T, desk *bottest.FakeDesk, s setup) *world {
	t.Helper()
	w := &world{t: t, desk: desk, setup: s, net: &network{inner: &http.Transport{MaxIdleConnsPerHost: 64}},
		ids: map[string]string{}, last: map[string]discordtest.Delivery{}, told: map[string]int{}, direct: map[string]int{}}
	if w.setup.channel == "" {
		w.setup.channel = discordtest.Reviews
	}
	c := s.config
	c.Now, c.MessageContent = w.net.now, true
	if c.Limit == 0 {
		c.Limit, c.Global = -1, -1
	}
	if s.mode == HTTP {
		front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.bot.Handler().ServeHTTP(rw, r) }))
		t.Cleanup(front.Close)
		c.HTTP = front.URL
	}
	w.server = discordtest.New(t, c)
	w.server.AddRole(discordtest.Role{ID: moderators, Name: "moderators", Permissions: discordtest.ManageMessages})
	b, err := New(w.config())
	if err != nil {
		t.Fatal(err)
	}
	w.bot = b
	t.Cleanup(func() {
		for _, p := range w.server.Problems() {
			if w.lossy && (errors.Is(p, discordtest.ErrLate) || errors.Is(p, discordtest.ErrAway)) {
				continue
			}
			t.Errorf("Discord would complain: %s", p)
		}
		if pings := w.server.Pings(); len(pings) > 0 {
			for _, p := range pings {
				if p != "user:"+discordtest.App {
					t.Errorf("somebody was pinged: %s", p)
				}
			}
		}
	})
	return w
}

func (w *world) config() Config {
	return Config{
		Token: secret.New(discordtest.BotToken), PublicKey: w.server.PublicKey, Channel: w.setup.channel, Mode: w.setup.mode, Desk: w.desk, ReadThreads: true,
		APIURL: w.server.API + "/v10", HTTPClient: &http.Client{Transport: w.net}, Now: w.net.now,
		Logger: slog.New(slog.NewTextHandler(testLog{w.t}, nil)),
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

func harness(s setup) bottest.Harness {
	return func(t *testing.T, desk *bottest.FakeDesk) bottest.World { return newWorld(t, desk, s) }
}

func (w *world) Chat() bot.Chat { return patient{w.bot, w.net} }

func (w *world) id(name string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.ids[name]; !ok {
		w.ids[name] = fmt.Sprintf("2000000000000%05d", len(w.ids)+1)
	}
	return w.ids[name]
}

func (w *world) Join(_ context.Context, name string, _ review.Role) error {
	w.server.Join(discordtest.Person{ID: w.id(name), Name: name, Roles: []string{moderators}})
	return nil
}

func (w *world) message(ref string) (discordtest.Message, error) {
	room, id, err := parseRef(ref)
	if err != nil {
		return discordtest.Message{}, err
	}
	m, ok := w.server.Message(room, id)
	if !ok {
		return m, fmt.Errorf("no message %s", ref)
	}
	return m, nil
}

func (w *world) See(_ context.Context, ref string) (bottest.Seen, error) {
	m, err := w.message(ref)
	if err != nil {
		return bottest.Seen{}, err
	}
	s := readMessage(m)
	if r, ok := w.server.Room(m.Channel); ok && r.Parent != "" && m.ID != m.Channel {
		in := r.Parent
		if p, ok := w.server.Room(r.Parent); ok && p.Type == discordtest.ForumChannel {
			in = m.Channel
		}
		s.Parent = reference(in, m.Channel)
	}
	return s, nil
}

func (w *world) Standing(_ context.Context, at bot.Place) ([]string, error) {
	rooms := []string{w.setup.channel}
	for _, t := range w.server.Threads(w.setup.channel) {
		rooms = append(rooms, t.ID)
	}
	var out []string
	for _, room := range rooms {
		for _, m := range w.server.Messages(room) {
			for _, e := range m.Embeds {
				foot, _ := e["footer"].(map[string]any)
				if m.Author == discordtest.App && foot["text"] == at.ID() {
					out = append(out, reference(room, m.ID))
				}
			}
		}
	}
	return out, nil
}

func (w *world) Delete(_ context.Context, ref string) error {
	room, id, err := parseRef(ref)
	if err == nil && !w.server.Delete(room, id) {
		err = fmt.Errorf("nothing to delete at %s", ref)
	}
	return err
}

// connected waits until the bot hears.
func (w *world) connected(ctx context.Context) error {
	return w.server.Wait(ctx, func() bool { return w.server.Sessions() > 0 && len(w.server.Commands()) > 0 })
}

func (w *world) Press(ctx context.Context, who, ref, token string) (bottest.Answer, error) {
	m, err := w.message(ref)
	if err != nil {
		return bottest.Answer{}, err
	}
	if err := w.connected(ctx); err != nil {
		return bottest.Answer{}, err
	}
	user := w.id(who)
	for _, c := range m.Usable() {
		if c.CustomID == token {
			return w.pressButton(ctx, who, m, token)
		}
		for _, o := range c.Options {
			if c.CustomID == morePrefix && o == token {
				a, err := w.server.Press(ctx, user, m, c.CustomID, o)
				return w.answer(ctx, who, a, err)
			}
		}
	}
	a, err := w.server.Forge(ctx, user, m, token)
	return w.answer(ctx, who, a, err)
}

// pressButton presses a button, and the one of its question if it has one.
func (w *world) pressButton(ctx context.Context, who string, m discordtest.Message, token string) (bottest.Answer, error) {
	a, err := w.server.Press(ctx, w.id(who), m, token)
	if err != nil {
		return bottest.Answer{}, err
	}
	if err := w.idle(ctx); err != nil {
		return bottest.Answer{}, err
	}
	for _, asked := range w.server.Whispers(w.id(who)) {
		if w.read(asked) {
			continue
		}
		for _, c := range asked.Usable() {
			if c.CustomID == token && kindOf(intOf(c.Raw["id"])) == sureKind {
				w.markRead(asked)
				a, err := w.server.Press(ctx, w.id(who), asked, token)
				return w.answer(ctx, who, a, err)
			}
		}
	}
	return w.answer(ctx, who, a, nil)
}

func intOf(v any) int {
	switch v := v.(type) {
	case float64:
		return int(v)
	case int:
		return v
	}
	return 0
}

func (w *world) read(m discordtest.Message) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.told[m.ID] == m.Edited+1
}

func (w *world) markRead(m discordtest.Message) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told[m.ID] = m.Edited + 1
}

func (w *world) Choose(ctx context.Context, who, ref, token, value string) (bottest.Answer, error) {
	m, err := w.message(ref)
	if err != nil {
		return bottest.Answer{}, err
	}
	if err := w.connected(ctx); err != nil {
		return bottest.Answer{}, err
	}
	a, err := w.server.Press(ctx, w.id(who), m, token, value)
	return w.answer(ctx, who, a, err)
}

func (w *world) Redeliver(ctx context.Context, who string) (bottest.Answer, error) {
	w.mu.Lock()
	d := w.last[who]
	w.mu.Unlock()
	if w.setup.mode == HTTP {
		_, _, err := w.server.Replay(ctx, d)
		return bottest.Answer{Private: true}, err
	}
	w.server.Again(d)
	return bottest.Answer{Private: true}, w.idle(ctx)
}

// answer waits until the bot is done and reads what this person was told.
func (w *world) answer(ctx context.Context, who string, first discordtest.Answer, err error) (bottest.Answer, error) {
	if err != nil {
		return bottest.Answer{}, err
	}
	if err := w.idle(ctx); err != nil {
		return bottest.Answer{}, err
	}
	user := w.id(who)
	w.mu.Lock()
	w.last[who] = first.Delivery
	w.mu.Unlock()
	a := bottest.Answer{Private: true}
	for _, m := range w.server.Whispers(user) {
		if w.read(m) || m.Flags&discordtest.FlagLoading != 0 {
			continue
		}
		w.markRead(m)
		if open := formButton(m); open != "" {
			next, err := w.server.Press(ctx, user, m, open)
			return w.answer(ctx, who, next, err)
		}
		w.add(&a, m)
	}
	a.Text = strings.TrimSpace(a.Text)
	if m, open := w.server.Modal(user); open && first.Type == discordtest.OpenModal {
		form, err := w.form(ctx, m)
		if err != nil {
			return a, err
		}
		a.Form = form
	}
	return a, nil
}

// formButton is the button that opens a form which could not open by itself.
func formButton(m discordtest.Message) string {
	if !strings.HasPrefix(m.Content, "One more step") {
		return ""
	}
	for _, c := range m.Usable() {
		return c.CustomID
	}
	return ""
}

func (w *world) add(a *bottest.Answer, m discordtest.Message) {
	seen := readMessage(m)
	a.Text += seen.Text + "\n"
	a.Links = append(a.Links, seen.Links...)
	a.Mentions = append(a.Mentions, seen.Mentions...)
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

// form reads a form as people see it. One of several steps is walked through
// to its end and back again.
func (w *world) form(ctx context.Context, m discordtest.Modal) (*bottest.SeenForm, error) {
	f := &bottest.SeenForm{Handle: m}
	f.Title, f.Submit, _ = strings.Cut(numbered.ReplaceAllString(m.Title, ""), titleDot)
	addFields(f, m)
	if !strings.HasSuffix(m.Title, " (1 of 2)") {
		return f, nil
	}
	next, err := w.goOn(ctx, m, kept(m))
	if err != nil {
		return nil, err
	}
	addFields(f, next)
	back, err := w.stepOf(ctx, m.User, "Change this part")
	f.Handle = back
	return f, err
}

// goOn sends a step and opens the next one.
func (w *world) goOn(ctx context.Context, m discordtest.Modal, values map[string]string) (discordtest.Modal, error) {
	if _, err := w.server.Submit(ctx, m, values); err != nil {
		return discordtest.Modal{}, err
	}
	if err := w.idle(ctx); err != nil {
		return discordtest.Modal{}, err
	}
	return w.stepOf(ctx, m.User, "Go on")
}

// stepOf presses the newest button with this label.
func (w *world) stepOf(ctx context.Context, user, name string) (discordtest.Modal, error) {
	whispers := w.server.Whispers(user)
	last := whispers[len(whispers)-1]
	w.markRead(last)
	for _, c := range last.Usable() {
		if c.Label == name {
			if _, err := w.server.Press(ctx, user, last, c.CustomID); err != nil {
				return discordtest.Modal{}, err
			}
		}
	}
	m, ok := w.server.Modal(user)
	if !ok {
		return m, fmt.Errorf("no form opened for %q", name)
	}
	return m, nil
}

var numbered = regexp.MustCompile(` \(\d+ of \d+\)$`)

func addFields(f *bottest.SeenForm, m discordtest.Modal) {
	for _, c := range m.Components {
		if intOf(c["type"]) == textDisplay {
			text, _, _, _ := readMarkdown(c["content"].(string))
			f.Intro += text
			continue
		}
		in := c["component"].(map[string]any)
		id := in["custom_id"].(string)
		n, name, _ := strings.Cut(strings.TrimPrefix(id, "f:"), ":")
		value := initial(in)
		if n != "0" {
			at := len(f.Fields) - 1
			f.Fields[at].Value += " " + value // fixtures break at spaces only
			continue
		}
		required, set := in["required"].(bool)
		field := bottest.SeenField{Name: name, Label: numbered.ReplaceAllString(c["label"].(string), ""), Value: value, Optional: set && !required}
		field.Hint, _ = c["description"].(string)
		for _, o := range objects(in["options"]) {
			field.Options = append(field.Options, commands.Option{Value: fromOption(o["value"].(string)), Label: o["label"].(string)})
		}
		f.Fields = append(f.Fields, field)
	}
}

func initial(in map[string]any) string {
	value, _ := in["value"].(string)
	for _, o := range objects(in["options"]) {
		if o["default"] == true {
			value = o["value"].(string)
		}
	}
	return value
}

// kept are the values of a form's inputs as they stand.
func kept(m discordtest.Modal) map[string]string {
	out := map[string]string{}
	for _, c := range m.Components {
		if in, ok := c["component"].(map[string]any); ok {
			out[in["custom_id"].(string)] = initial(in)
		}
	}
	return out
}

func objects(v any) []map[string]any {
	l, _ := v.([]any)
	var out []map[string]any
	for _, e := range l {
		if m, ok := e.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

func (w *world) Submit(ctx context.Context, who string, form bottest.SeenForm, values map[string]string) (bottest.Answer, error) {
	m := form.Handle.(discordtest.Modal)
	if strings.HasSuffix(m.Title, " (1 of 2)") {
		next, err := w.goOn(ctx, m, entered(m, values))
		if err != nil {
			return bottest.Answer{}, err
		}
		m = next
	}
	a, err := w.server.Submit(ctx, m, entered(m, values))
	return w.answer(ctx, who, a, err)
}

// entered puts values into a form's inputs.
func entered(m discordtest.Modal, values map[string]string) map[string]string {
	out := kept(m)
	byField := map[string][]string{}
	for id := range out {
		_, name, _ := strings.Cut(strings.TrimPrefix(id, "f:"), ":")
		byField[name] = append(byField[name], id)
	}
	for name, ids := range byField {
		value, ok := values[name]
		if !ok {
			continue
		}
		pieces, _ := plaintext.Split(value, maxInput)
		for _, id := range ids {
			out[id] = ""
		}
		for n, p := range pieces {
			out[fmt.Sprintf("f:%d:%s", n, name)] = p
		}
	}
	return out
}

func (w *world) Type(ctx context.Context, who, line string) (bottest.Answer, error) {
	if err := w.connected(ctx); err != nil {
		return bottest.Answer{}, err
	}
	path, options := "review line", map[string]any{"text": line}
	name, rest, _ := strings.Cut(line, " ")
	for _, r := range w.desk.Commands() {
		if r.Name != name || r.Hidden {
			continue
		}
		path, options = "review "+name, map[string]any{}
		if r.OnCase {
			path = "review case " + name
			options["case"], rest, _ = strings.Cut(rest, " ")
		}
		if len(r.Fields) > 0 && rest != "" {
			options[r.Fields[0].Name] = rest
		}
	}
	a, err := w.server.Command(ctx, w.id(who), w.commandRoom(), path, options)
	return w.answer(ctx, who, a, err)
}

// commandRoom is where commands can be typed: a forum itself has no place for it.
func (w *world) commandRoom() string {
	if w.setup.channel == discordtest.Forum {
		for _, t := range w.server.Threads(discordtest.Forum) {
			return t.ID
		}
	}
	return w.setup.channel
}

func (w *world) Complete(ctx context.Context, who, line string) ([]string, bool, error) {
	if err := w.connected(ctx); err != nil {
		return nil, false, err
	}
	found, err := w.server.Autocomplete(ctx, w.id(who), w.commandRoom(), "review line", map[string]any{"text": line}, "text")
	var out []string
	for _, c := range found {
		out = append(out, fmt.Sprint(c.Value))
	}
	return out, true, err
}

func (w *world) Say(ctx context.Context, who, parent, text string, mention bool) (bottest.Answer, error) {
	thread, err := threadOf(parent)
	if err != nil {
		return bottest.Answer{}, err
	}
	if err := w.connected(ctx); err != nil {
		return bottest.Answer{}, err
	}
	if mention {
		text = "<@" + discordtest.App + "> " + text
	}
	before := len(w.desk.Heards())
	if _, err := w.server.Say(w.id(who), thread, text); err != nil {
		return bottest.Answer{}, err
	}
	if err := w.desk.Wait(ctx, func() bool { return len(w.desk.Heards()) > before }); err != nil {
		return bottest.Answer{}, err
	}
	if err := w.idle(ctx); err != nil {
		return bottest.Answer{}, err
	}
	return w.directs(who)
}

// directs reads the new direct messages of a person.
func (w *world) directs(who string) (bottest.Answer, error) {
	a := bottest.Answer{Private: true}
	body, _ := json.Marshal(map[string]string{"recipient_id": w.id(who)})
	req, err := http.NewRequest(http.MethodPost, w.server.API+"/v10/users/@me/channels", bytes.NewReader(body))
	if err != nil {
		return a, err
	}
	req.Header.Set("Authorization", "Bot "+discordtest.BotToken)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	var room channel
	if err := json.NewDecoder(resp.Body).Decode(&room); err != nil {
		return a, err
	}
	all := w.server.Messages(room.ID)
	for _, m := range all[min(w.direct[who], len(all)):] {
		w.add(&a, m)
	}
	w.direct[who] = len(all)
	return a, nil
}

func (w *world) Faults() []bottest.Fault {
	return []bottest.Fault{bottest.LostAnswer, bottest.Offline, bottest.Limited, bottest.Refused}
}

func (w *world) Fail(f bottest.Fault) {
	if err := w.connected(w.t.Context()); err != nil { // the fault is meant for a card
		w.t.Error(err)
	}
	switch f {
	case bottest.Offline:
		w.net.offline.Store(true)
	case bottest.LostAnswer:
		w.server.Fail(discordtest.Lost)
	case bottest.Limited:
		w.server.Fail(discordtest.Limit)
	case bottest.Refused:
		w.net.refuse.Store(true)
	}
}

func TestSuiteOverTheGateway(t *testing.T) { bottest.Run(t, harness(setup{})) }

func TestSuiteOverHTTP(t *testing.T) {
	bottest.Run(t, harness(setup{mode: HTTP}))
}

func TestSuiteInAForum(t *testing.T) {
	bottest.Run(t, harness(setup{channel: discordtest.Forum}))
}

// Everything comes twice.
func TestSuiteWithUnkindDeliveries(t *testing.T) {
	bottest.Run(t, harness(setup{config: discordtest.Config{Twice: true}}))
}
