package slacktest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// sockets are the app's Socket Mode connections.
type sockets struct {
	server *Server
	up     websocket.Upgrader

	mu      sync.Mutex
	changed chan struct{}
	tickets map[string]bool
	conns   []*conn
	next    int
	seq     int
	waiting map[string]chan json.RawMessage // envelopes that are not acknowledged yet
	refuse  string                          // the error of apps.connections.open, "" while it works
	last    *conn                           // that got a payload
}

// conn is one connection. A warned one still gets payloads, first of all.
type conn struct {
	ws     *websocket.Conn
	mu     sync.Mutex
	warned atomic.Bool
	gone   chan struct{}
	once   sync.Once
}

const (
	maxConnections = 10
	maxAck         = 20 << 10
	pingPause      = 5 * time.Second
)

func newSockets(s *Server) *sockets {
	return &sockets{server: s, changed: make(chan struct{}), tickets: map[string]bool{}, waiting: map[string]chan json.RawMessage{}}
}

// open answers apps.connections.open.
func (k *sockets) open(w http.ResponseWriter, token string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	switch {
	case k.refuse != "":
		answer(w, nil, no(k.refuse))
	case token == "":
		answer(w, nil, no("not_authed"))
	case token != AppToken:
		answer(w, nil, no("invalid_auth"))
	default:
		k.seq++
		ticket := fmt.Sprintf("ticket-%d", k.seq)
		k.tickets[ticket] = true
		url := "ws" + strings.TrimPrefix(k.server.URL, "http") + "/link/?ticket=" + ticket + "&app_id=" + App
		answer(w, map[string]any{"url": url}, nil)
	}
}

// serve is the other end of a connection.
func (k *sockets) serve(w http.ResponseWriter, r *http.Request) {
	ticket := r.URL.Query().Get("ticket")
	k.mu.Lock()
	good := k.tickets[ticket] && len(k.conns) < maxConnections
	delete(k.tickets, ticket)
	k.mu.Unlock()
	if !good {
		http.Error(w, "bad ticket", http.StatusForbidden)
		return
	}
	ws, err := k.up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	c := &conn{ws: ws, gone: make(chan struct{})}
	k.mu.Lock()
	k.conns = append(k.conns, c)
	n := len(k.conns)
	k.mu.Unlock()
	_ = c.write(map[string]any{"type": "hello", "num_connections": n, "connection_info": map[string]any{"app_id": App},
		"debug_info": map[string]any{"host": "applink-1", "build_number": 1, "approximate_connection_time": 18060}})
	k.wake()
	go c.ping()
	k.read(c)
	k.lost(c)
}

func (c *conn) write(v any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.ws.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	return c.ws.WriteJSON(v)
}

func (c *conn) ping() {
	t := time.NewTicker(pingPause)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			c.mu.Lock()
			err := c.ws.WriteControl(websocket.PingMessage, []byte("ping"), time.Now().Add(time.Second))
			c.mu.Unlock()
			if err != nil {
				return
			}
		case <-c.gone:
			return
		}
	}
}

// read takes acknowledgements. They count on whichever connection they come.
func (k *sockets) read(c *conn) {
	for {
		_, frame, err := c.ws.ReadMessage()
		if err != nil {
			return
		}
		if len(frame) >= maxAck {
			k.server.problem("an acknowledgement of %d bytes: Slack drops it", len(frame))
			continue
		}
		var a struct {
			ID      string          `json:"envelope_id"`
			Payload json.RawMessage `json:"payload"`
		}
		if err := json.Unmarshal(frame, &a); err != nil || a.ID == "" {
			k.server.problem("a frame that is no acknowledgement: %s", frame)
			continue
		}
		k.mu.Lock()
		w := k.waiting[a.ID]
		delete(k.waiting, a.ID)
		k.mu.Unlock()
		if w != nil {
			w <- a.Payload
		}
	}
}

func (k *sockets) lost(c *conn) {
	c.once.Do(func() { close(c.gone) })
	c.ws.Close()
	k.mu.Lock()
	k.conns = slices.DeleteFunc(k.conns, func(other *conn) bool { return other == c })
	k.mu.Unlock()
	k.wake()
}

// send gives an envelope to one of the connections, to a warned one rather
// than to another.
func (k *sockets) send(kind string, payload any, retry int) (id string, acked chan json.RawMessage, err error) {
	k.mu.Lock()
	k.seq++
	id = fmt.Sprintf("envelope-%d", k.seq)
	acked = make(chan json.RawMessage, 1)
	k.waiting[id] = acked
	order := slices.Clone(k.conns)
	k.next++
	if len(order) > 0 {
		at := k.next % len(order)
		order = append(order[at:], order[:at]...)
	}
	k.mu.Unlock()
	slices.SortStableFunc(order, func(a, b *conn) int {
		switch {
		case a.warned.Load() == b.warned.Load():
			return 0
		case a.warned.Load():
			return -1
		}
		return 1
	})
	e := map[string]any{"type": kind, "envelope_id": id, "payload": payload, "accepts_response_payload": kind != "events_api"}
	if kind == "events_api" {
		e["retry_attempt"], e["retry_reason"] = retry, ""
	}
	for _, c := range order {
		k.mu.Lock()
		k.last = c
		k.mu.Unlock()
		if c.write(e) == nil {
			return id, acked, nil
		}
	}
	return id, nil, fmt.Errorf("slacktest: no connection to the app")
}

func (k *sockets) wake() {
	k.server.mu.Lock()
	defer k.server.mu.Unlock()
	k.server.wake()
}

func (k *sockets) closeAll() {
	k.mu.Lock()
	conns := slices.Clone(k.conns)
	k.mu.Unlock()
	for _, c := range conns {
		c.ws.Close()
	}
}

// Connections counts the app's connections.
func (s *Server) Connections() int {
	s.sockets.mu.Lock()
	defer s.sockets.mu.Unlock()
	return len(s.sockets.conns)
}

// Lasting counts the connections that are not announced to close.
func (s *Server) Lasting() int {
	s.sockets.mu.Lock()
	defer s.sockets.mu.Unlock()
	n := 0
	for _, c := range s.sockets.conns {
		if !c.warned.Load() {
			n++
		}
	}
	return n
}

// RefuseSockets makes apps.connections.open fail; "" ends it.
func (s *Server) RefuseSockets(err string) {
	s.sockets.mu.Lock()
	defer s.sockets.mu.Unlock()
	s.sockets.refuse = err
}

// Warn announces the end of the oldest connection and closes it after
// Options.Warning; until then payloads go there.
func (s *Server) Warn(reason string) {
	c := s.sockets.oldest()
	if c == nil {
		return
	}
	c.warned.Store(true)
	_ = c.write(map[string]any{"type": "disconnect", "reason": reason, "debug_info": map[string]any{"host": "applink-1"}})
	time.AfterFunc(s.opts.Warning, func() { c.ws.Close() })
}

// Drop breaks the connection that got the last payload, without a word.
func (s *Server) Drop() {
	s.sockets.mu.Lock()
	defer s.sockets.mu.Unlock()
	if c := s.sockets.last; c != nil {
		c.ws.UnderlyingConn().Close()
	}
}

func (k *sockets) oldest() *conn {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, c := range k.conns {
		if !c.warned.Load() {
			return c
		}
	}
	return nil
}
