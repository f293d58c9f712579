package slackbot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"golang.org/x/sync/errgroup"

	"github.com/evenkeel/evenkeel/bot"
)

// Socket Mode is spoken here and not by slack-go's client: that one drops a
// connection the moment Slack announces that it will close it, and with it
// every press that Slack still sends there in the ten seconds until then.
// Here the successor is dialled first, and the old connection is read until
// Slack closes it. slack-go asks for the address, gorilla/websocket, which it
// stands on too, carries the frames.
//
// https://docs.slack.dev/apis/events-api/using-socket-mode

const (
	// connections are held side by side; Slack gives each payload to one of them, and
	// an app may have ten.
	connections = 2
	// helloTime bounds the wait for a fresh connection's first word.
	helloTime = 10 * time.Second
	// silence is how long nothing may come from Slack, not even a ping, before
	// the connection counts as dead.
	silence = 45 * time.Second
	// lingering bounds how long an announced connection is read on; Slack
	// closes it after ten seconds.
	lingering = 30 * time.Second
	writeTime = 5 * time.Second
	// maxEnvelope bounds one delivery.
	maxEnvelope = 1 << 20
	firstPause  = 500 * time.Millisecond
	longestWait = time.Minute
)

// envelope is one frame of Socket Mode.
type envelope struct {
	Type    string          `json:"type"`
	ID      string          `json:"envelope_id"`
	Reason  string          `json:"reason"`
	Payload json.RawMessage `json:"payload"`
}

// sockets keeps the links until ctx ends.
func (b *Bot) sockets(ctx context.Context) error {
	pool := &pool{}
	defer pool.close()
	defer b.crew.wait() // acknowledgements of the last presses go out before the connections close
	group, ctx := errgroup.WithContext(ctx)
	for n := range connections {
		group.Go(func() error { return b.link(ctx, n, pool) })
	}
	return group.Wait()
}

// link keeps one connection, and for a while the one before it.
func (b *Bot) link(ctx context.Context, n int, pool *pool) error {
	log := b.log.With("link", n)
	pause := firstPause
	for ctx.Err() == nil {
		w, err := b.dial(ctx)
		if fatal := b.fatal(ctx, err); fatal != nil {
			return fatal
		}
		if err != nil {
			wait := b.backOff(err, &pause)
			log.Warn("no connection to Slack; trying again", "in", wait, "err", err)
			rest(ctx, wait)
			continue
		}
		pause = firstPause
		pool.add(w)
		log.Info("connected to Slack")
		ending := make(chan string, 1)
		b.crew.busy.Go(func() {
			defer b.crew.recover("socket")
			b.listen(ctx, w, pool, ending)
			if ctx.Err() == nil { // else acknowledgements are still to come
				pool.drop(w)
			}
		})
		switch reason := <-ending; reason {
		case "link_disabled":
			return &bot.ChatError{Kind: bot.ErrMisconfigured, Chat: Name, Reason: "Socket Mode was switched off for the app; switch it on under Socket Mode"}
		case broken:
			rest(ctx, time.Duration(rand.Int64N(int64(firstPause))))
		default:
			log.Info("Slack will close a connection; a new one is opened beside it", "reason", reason)
		}
	}
	return nil
}

// dial opens a connection and waits for Slack's hello.
func (b *Bot) dial(ctx context.Context) (*wire, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*helloTime)
	defer cancel()
	_, address, err := b.api.StartSocketModeContext(ctx)
	if err != nil {
		return nil, err
	}
	dialer := websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: helloTime}
	ws, resp, err := dialer.DialContext(ctx, address, nil)
	if resp != nil {
		_ = resp.Body.Close()
	}
	if err != nil { // it is not told whole: the address holds a ticket
		if resp != nil {
			return nil, fmt.Errorf("opening the socket: %s", resp.Status)
		}
		return nil, errors.New("opening the socket failed")
	}
	ws.SetReadLimit(maxEnvelope)
	w := &wire{ws: ws}
	var hello envelope
	if err := errors.Join(ws.SetReadDeadline(time.Now().Add(helloTime)), ws.ReadJSON(&hello)); err != nil || hello.Type != "hello" {
		ws.Close()
		if hello.Type == "disconnect" {
			return nil, fmt.Errorf("slack closed the socket at once: %s", hello.Reason)
		}
		return nil, fmt.Errorf("slack did not greet: %w", err)
	}
	return w, nil
}

// fatal tells the failures that trying again does not mend.
func (b *Bot) fatal(ctx context.Context, err error) error {
	var code slack.StatusCodeError
	switch {
	case isSlack(err, "invalid_auth", "not_authed", "account_inactive", "token_revoked", "not_allowed_token_type"),
		errors.As(err, &code) && code.Code == http.StatusNotFound:
		return &bot.ChatError{Kind: bot.ErrMisconfigured, Chat: Name, Err: err,
			Reason: "Slack does not take the app token; make one under Basic Information with the scope connections:write (it begins with xapp-), and look that the app is installed"}
	case isSlack(err, "missing_scope"):
		return &bot.ChatError{Kind: bot.ErrMisconfigured, Chat: Name, Err: err, Reason: "the app token lacks the scope connections:write; make a new one under Basic Information"}
	case isSlack(err, "forbidden_team", "is_disabled", "socket_mode_disabled"):
		return b.failure(ctx, "apps.connections.open", "", err)
	}
	return nil
}

// backOff is how long to wait after a failure; it grows.
func (b *Bot) backOff(err error, pause *time.Duration) time.Duration {
	wait := *pause/2 + time.Duration(rand.Int64N(int64(*pause)))
	*pause = min(*pause*2, longestWait)
	var limited *slack.RateLimitedError
	if errors.As(err, &limited) {
		wait = max(wait, limited.RetryAfter)
	}
	return wait
}

func rest(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// broken ends a connection that Slack did not announce to close.
const broken = "broken"

// listen takes deliveries until the connection ends. It tells ending once why a
// successor is needed, which may be well before that.
func (b *Bot) listen(ctx context.Context, w *wire, pool *pool, ending chan<- string) {
	stop := context.AfterFunc(ctx, func() { w.until(time.Now()) })
	defer stop()
	var once sync.Once
	tell := func(reason string) { once.Do(func() { ending <- reason }) }
	defer tell(broken)
	until := time.Time{} // when an announced connection is given up
	extend := func() {
		deadline := time.Now().Add(silence)
		if !until.IsZero() && deadline.After(until) {
			deadline = until
		}
		w.until(deadline)
	}
	pong := w.ws.PingHandler()
	w.ws.SetPingHandler(func(data string) error { extend(); return pong(data) })
	for {
		extend()
		if ctx.Err() != nil {
			return
		}
		_, frame, err := w.ws.ReadMessage()
		if err != nil {
			return
		}
		var e envelope
		if err := json.Unmarshal(frame, &e); err != nil {
			b.log.Warn("a frame could not be read", "err", err)
			continue
		}
		if e.Type == "disconnect" {
			until = time.Now().Add(lingering)
			tell(e.Reason)
			continue
		}
		b.delivered(ctx, e, func(body []byte) { pool.ack(w, e.ID, body, b) })
	}
}

// delivered hands an envelope on. What is not taken is not acknowledged.
func (b *Bot) delivered(ctx context.Context, e envelope, send func([]byte)) {
	done := once(send)
	switch e.Type {
	case "events_api":
		b.takeEvent(ctx, e.Payload, done)
	case "interactive":
		b.takeInteraction(ctx, e.Payload, done)
	case "slash_commands":
		c, err := decode[slash](e.Payload)
		if err != nil {
			b.log.Warn("a command could not be read", "err", err)
			done(nil)
			return
		}
		b.takeCommand(ctx, c, done)
	}
}

// wire is one connection. Frames are written one at a time.
type wire struct {
	ws *websocket.Conn
	mu sync.Mutex
	// sent are the last acknowledgements: a write succeeds on a connection that
	// the other end has just lost, so they go out again when this one breaks.
	sent []sentAck
}

type sentAck struct {
	at     time.Time
	answer any
}

const (
	maxSent = 256
	// ackTime is how long Slack waits for an acknowledgement.
	ackTime = 3 * time.Second
)

func (w *wire) write(v any) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if err := w.ws.SetWriteDeadline(now.Add(writeTime)); err != nil {
		return err
	}
	if len(w.sent) >= maxSent {
		w.sent = append(w.sent[:0], w.sent[maxSent/2:]...)
	}
	w.sent = append(w.sent, sentAck{now, v})
	return w.ws.WriteJSON(v)
}

// until bounds the next read. It fails only on a connection that is closed,
// and then the read fails too.
func (w *wire) until(t time.Time) { _ = w.ws.SetReadDeadline(t) }

// unsure are the acknowledgements that may not have arrived.
func (w *wire) unsure() []any {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []any
	for _, s := range w.sent {
		if time.Since(s.at) < ackTime {
			out = append(out, s.answer)
		}
	}
	return out
}

// pool are the living connections.
type pool struct {
	mu    sync.Mutex
	wires []*wire
	// owed are acknowledgements for which there was no connection; the next one
	// takes them.
	owed []sentAck
}

func (p *pool) add(w *wire) {
	p.mu.Lock()
	p.wires = append(p.wires, w)
	owed := p.owed
	p.owed = nil
	p.mu.Unlock()
	for _, s := range owed {
		if time.Since(s.at) < ackTime {
			_ = w.write(s.answer) // broken already: its end brings this to the next one
		}
	}
}

// owe keeps an acknowledgement for the next connection.
func (p *pool) owe(answer any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.owed) >= maxSent {
		p.owed = append(p.owed[:0], p.owed[maxSent/2:]...)
	}
	p.owed = append(p.owed, sentAck{time.Now(), answer})
}

// drop forgets a connection that is over, and sends what may have been lost
// with it on another one. Slack does not say whether it takes an
// acknowledgement there; that it comes twice does no harm.
func (p *pool) drop(w *wire) {
	w.ws.Close()
	p.mu.Lock()
	p.wires = slices.DeleteFunc(p.wires, func(other *wire) bool { return other == w })
	p.mu.Unlock()
	for _, answer := range w.unsure() {
		if !p.elsewhere(w, answer) {
			p.owe(answer)
		}
	}
}

// elsewhere sends an acknowledgement on any other connection.
func (p *pool) elsewhere(w *wire, answer any) bool {
	for _, other := range p.others(w) {
		if other.write(answer) == nil {
			return true
		}
	}
	return false
}

func (p *pool) others(w *wire) []*wire {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []*wire
	for _, other := range p.wires {
		if other != w {
			out = append(out, other)
		}
	}
	return out
}

// ack acknowledges an envelope on the connection that brought it, or, when
// that one has broken, on another: better late there than never.
func (p *pool) ack(w *wire, id string, body []byte, b *Bot) {
	answer := map[string]any{"envelope_id": id}
	if body != nil {
		answer["payload"] = json.RawMessage(body)
	}
	if w.write(answer) != nil && !p.elsewhere(w, answer) {
		b.log.Warn("an acknowledgement waits for a connection", "envelope", id)
		p.owe(answer)
	}
}

func (p *pool) close() {
	for _, w := range p.others(nil) {
		w.mu.Lock()
		_ = w.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(writeTime))
		w.mu.Unlock()
		w.ws.Close()
	}
}
