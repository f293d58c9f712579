package discordtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

const (
	ana = "200000000000000001"
	ben = "200000000000000002"
)

// clock is a time that only the test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// world is a server with two people and a bot that speaks plain HTTP and
// WebSocket, so that these tests depend on no library's habits.
type world struct {
	*Server
	t     *testing.T
	clock *clock
}

func open(t *testing.T, cfg Config) *world {
	t.Helper()
	c := newClock()
	cfg.Now = c.now
	if cfg.Limit == 0 {
		cfg.Limit = -1
	}
	if cfg.Global == 0 {
		cfg.Global = -1
	}
	w := &world{Server: New(t, cfg), t: t, clock: c}
	w.Join(Person{ID: ana, Name: "ana"})
	w.Join(Person{ID: ben, Name: "ben"})
	return w
}

func (w *world) context() context.Context {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 30*time.Second)
	w.t.Cleanup(cancel)
	return ctx
}

// object is a JSON object.
type object = map[string]any

// reply is an answer of the API.
type reply struct {
	status int
	header http.Header
	body   object
	list   []object
	raw    string
	err    error
}

func (r reply) code() int { return number(r.body["code"]) }

// do calls the API with the bot's token.
func (w *world) do(method, path string, body any) reply {
	return w.as("Bot "+BotToken, method, path, body)
}

func (w *world) as(token, method, path string, body any) reply {
	w.t.Helper()
	var in io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			w.t.Fatal(err)
		}
		in = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(w.context(), method, w.API+"/v10"+path, in)
	if err != nil {
		w.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", token)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return w.sent(req)
}

// sent makes a call.
func (w *world) sent(req *http.Request) reply {
	w.t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return reply{err: err}
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return reply{err: err}
	}
	out := reply{status: resp.StatusCode, header: resp.Header, raw: string(raw)}
	switch {
	case strings.HasPrefix(out.raw, "{"):
		err = json.Unmarshal(raw, &out.body)
	case strings.HasPrefix(out.raw, "["):
		err = json.Unmarshal(raw, &out.list)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// good is do for a call that must work.
func (w *world) good(method, path string, body any) reply {
	w.t.Helper()
	out := w.do(method, path, body)
	if out.err != nil || out.status >= 300 {
		w.t.Fatalf("%s %s: %d %s %v", method, path, out.status, out.raw, out.err)
	}
	return out
}

// refused is do for a call that must fail in this way.
func (w *world) refused(status, code int, method, path string, body any) {
	w.t.Helper()
	out := w.do(method, path, body)
	if out.err != nil || out.status != status || out.code() != code {
		w.t.Errorf("%s %s: %d %s %v, want %d with code %d", method, path, out.status, out.raw, out.err, status, code)
	}
}

// post posts a text and gives its id.
func (w *world) post(channel, text string) string {
	w.t.Helper()
	return w.good("POST", "/channels/"+channel+"/messages", object{"content": text}).body["id"].(string)
}

// message is what stands there now.
func (w *world) message(channel, id string) Message {
	w.t.Helper()
	m, ok := w.Message(channel, id)
	if !ok {
		w.t.Fatalf("message %s is not there", id)
	}
	return m
}

// buttons is a row of them.
func buttons(ids ...string) []object {
	row := []object{}
	for _, id := range ids {
		row = append(row, object{"type": kindButton, "style": 1, "label": "Go", "custom_id": id})
	}
	return []object{{"type": kindRow, "components": row}}
}

// line is a connection to the gateway.
type line struct {
	w     *world
	ws    *websocket.Conn
	in    chan wire
	seq   int64
	token string
}

type wire struct {
	Op   int             `json:"op"`
	Type string          `json:"t"`
	Seq  int64           `json:"s"`
	Data json.RawMessage `json:"d"`
	code int             // of the close
}

func (f wire) object() object {
	var out object
	_ = json.Unmarshal(f.Data, &out)
	return out
}

// dial opens a connection and takes its Hello.
func (w *world) dial() *line {
	w.t.Helper()
	ws, resp, err := websocket.DefaultDialer.DialContext(w.context(), w.gatewayURL("main")+"?v=10&encoding=json", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	resp.Body.Close()
	w.t.Cleanup(func() { ws.Close() })
	l := &line{w: w, ws: ws, in: make(chan wire, 1000), token: BotToken}
	go l.read()
	if f := l.next(); f.Op != opHello || number(f.object()["heartbeat_interval"]) == 0 {
		w.t.Fatalf("no Hello: %+v", f)
	}
	return l
}

func (l *line) read() {
	defer close(l.in)
	for {
		_, raw, err := l.ws.ReadMessage()
		var closed *websocket.CloseError
		if errors.As(err, &closed) {
			l.in <- wire{code: closed.Code}
		}
		if err != nil {
			return
		}
		var f wire
		if json.Unmarshal(raw, &f) == nil {
			l.in <- f
		}
	}
}

func (l *line) send(op int, data any) {
	l.w.t.Helper()
	if err := l.ws.WriteJSON(object{"op": op, "d": data}); err != nil {
		l.w.t.Fatal(err)
	}
}

// next is the next frame; the zero frame says that the connection ended
// without a code.
func (l *line) next() wire {
	l.w.t.Helper()
	select {
	case f := <-l.in:
		if f.Op == opDispatch && f.Type != "" {
			l.seq = f.Seq
		}
		return f
	case <-l.w.context().Done():
		l.w.t.Fatal("nothing came over the gateway")
	}
	return wire{}
}

// until reads on to an event.
func (l *line) until(event string) wire {
	l.w.t.Helper()
	for {
		f := l.next()
		if f.Type == event {
			return f
		}
		if f.code != 0 || f.Op == 0 && f.Type == "" {
			l.w.t.Fatalf("the connection ended (%d) before %s", f.code, event)
		}
	}
}

// quiet reads the event that a marker causes and fails if this one came
// before.
func (l *line) quiet(event, marker string, cause func()) {
	l.w.t.Helper()
	cause()
	for f := l.next(); f.Type != marker; f = l.next() {
		if f.Type == event {
			l.w.t.Errorf("%s came: %s", event, f.Data)
		}
		if f.code != 0 || f.Op == 0 && f.Type == "" {
			l.w.t.Fatalf("the connection ended (%d) before %s", f.code, marker)
		}
	}
}

const usualIntents = intentGuilds | intentMessages

func (l *line) identify(intents int) {
	l.send(opIdentify, object{"token": l.token, "intents": intents, "properties": object{"os": "linux", "browser": "test", "device": "test"}})
}

// login connects and identifies.
func (w *world) login(intents int) (*line, string) {
	w.t.Helper()
	l := w.dial()
	l.identify(intents)
	return l, l.until("READY").object()["session_id"].(string)
}

// answered presses or commands in the background, as a person does who waits.
type answered struct {
	first Answer
	err   error
}

func later(do func() (Answer, error)) chan answered {
	out := make(chan answered, 1)
	go func() {
		first, err := do()
		out <- answered{first, err}
	}()
	return out
}

// take waits for the interaction to come over the gateway.
func (l *line) take() object {
	l.w.t.Helper()
	return l.until("INTERACTION_CREATE").object()
}

// callbackPath is where an interaction is answered.
func callbackPath(in object) string {
	return "/interactions/" + in["id"].(string) + "/" + in["token"].(string) + "/callback"
}

func hookPath(in object) string { return "/webhooks/" + App + "/" + in["token"].(string) }
