package discordtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// Operations of the gateway, and the codes it closes with.
// https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway
const (
	opDispatch  = 0
	opHeartbeat = 1
	opIdentify  = 2
	opPresence  = 3
	opVoice     = 4
	opResume    = 6
	opReconnect = 7
	opMembers   = 8
	opInvalid   = 9
	opHello     = 10
	opAck       = 11

	closeUnknownOp      = 4001
	closeDecode         = 4002
	closeNotIdentified  = 4003
	closeAuth           = 4004
	closeTwice          = 4005
	closeSequence       = 4007
	closeRate           = 4008
	closeTimeout        = 4009
	closeShard          = 4010
	closeVersion        = 4012
	closeIntents        = 4013
	closeDisallowed     = 4014
	maxFrame            = 4096
	maxFrames           = 120
	framesWindow        = time.Minute
	queue               = 4096
	maxReplay           = 1000
	sessionLife         = 5 * time.Minute
	writeWait           = 2 * time.Second
	intentGuilds        = 1 << 0
	intentMembers       = 1 << 1
	intentPresences     = 1 << 8
	intentMessages      = 1 << 9
	intentDirect        = 1 << 12
	intentContent       = 1 << 15
	intentAll           = 1<<26 - 1
	reconnectsLongAfter = 3 // beats that a client may miss, in halves
)

// gateway holds the sessions; its lock is taken after the server's.
type gateway struct {
	*gatewayState
}

type gatewayState struct {
	up websocket.Upgrader

	mu       sync.Mutex
	sessions map[string]*session
	conns    []*conn
	begun    int
	refuse   int  // the close code for whoever identifies or resumes, 0 while it works
	mute     bool // beats are not acknowledged
	breaking Break
}

func newGateway() gateway {
	return gateway{&gatewayState{sessions: map[string]*session{}}}
}

// session is what a client can come back to: what it was sent, by number.
type session struct {
	id      string
	intents int
	seq     int64
	sent    []frame // the last maxReplay dispatches
	conn    *conn   // nil while the client is away
	left    time.Time
}

type frame struct {
	Op   int    `json:"op"`
	Data any    `json:"d"`
	Seq  *int64 `json:"s"`
	Type any    `json:"t"`
}

// conn is one connection. A writer of its own brings what is queued.
type conn struct {
	ws      *websocket.Conn
	out     chan []byte
	gone    chan struct{}
	stop    sync.Once
	session *session // with the gateway's lock held
	beat    atomic.Int64
}

// Break is where a connection breaks with an interaction on its way.
type Break int

// The places.
const (
	Never  Break = iota
	Before       // the interaction is not sent: a resume replays it
	After        // it is sent, then the connection ends
)

// serveGateway is a connection from its upgrade to its end.
func (s *Server) serveGateway(w http.ResponseWriter, r *http.Request) {
	ws, err := s.gate.up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	ws.SetReadLimit(1 << 20)
	c := &conn{ws: ws, out: make(chan []byte, queue), gone: make(chan struct{})}
	c.beat.Store(time.Now().UnixNano())
	g := s.gate
	g.mu.Lock()
	g.conns = append(g.conns, c)
	g.mu.Unlock()
	go c.write()
	defer s.lost(c)
	if v, enc := r.URL.Query().Get("v"), r.URL.Query().Get("encoding"); v != "" && v != "9" && v != "10" || enc != "" && enc != "json" {
		s.farewell(c, closeVersion)
		return
	}
	c.send(frame{Op: opHello, Data: map[string]any{"heartbeat_interval": s.cfg.Heartbeat.Milliseconds(), "_trace": []string{"discordtest"}}})
	go s.watch(c)
	s.read(c)
}

// write brings what is queued.
func (c *conn) write() {
	for {
		select {
		case raw := <-c.out:
			if raw == nil {
				c.end()
				return
			}
			_ = c.ws.SetWriteDeadline(time.Now().Add(writeWait))
			if c.ws.WriteMessage(websocket.TextMessage, raw) != nil {
				c.end()
				return
			}
		case <-c.gone:
			return
		}
	}
}

// send queues a frame; a client that does not read is cut off.
func (c *conn) send(f frame) {
	raw, err := json.Marshal(f)
	if err != nil {
		c.end()
		return
	}
	select {
	case c.out <- raw:
	default:
		c.end()
	}
}

// close ends the connection with a code. The reader goes on until the client
// has hung up: closing at once could take the code back.
func (c *conn) close(code int) {
	deadline := time.Now().Add(writeWait)
	_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, closeReasons[code]), deadline)
	_ = c.ws.SetReadDeadline(deadline)
	c.stop.Do(func() { close(c.gone) })
}

var closeReasons = map[int]string{closeAuth: "Authentication failed.", closeDisallowed: "Disallowed intent(s).", closeIntents: "Invalid intent(s).",
	closeTimeout: "Session timed out.", closeNotIdentified: "Not authenticated.", closeTwice: "Already authenticated.", closeSequence: "Invalid seq.",
	closeDecode: "Decode error.", closeUnknownOp: "Unknown opcode.", closeRate: "Rate limited.", closeShard: "Invalid shard.", closeVersion: "Invalid API version."}

// end breaks the connection without a word.
func (c *conn) end() {
	c.stop.Do(func() { close(c.gone) })
	_ = c.ws.Close()
}

// watch ends a connection whose client has missed its beats.
func (s *Server) watch(c *conn) {
	t := time.NewTicker(s.cfg.Heartbeat / 2)
	defer t.Stop()
	for {
		select {
		case <-c.gone:
			return
		case now := <-t.C:
			if now.Sub(time.Unix(0, c.beat.Load())) > s.cfg.Heartbeat*reconnectsLongAfter/2+time.Second/4 {
				s.forget(c)
				c.close(closeTimeout)
				return
			}
		}
	}
}

// lost takes a connection out; its session can be resumed unless the client
// said good-bye.
func (s *Server) lost(c *conn) {
	c.end()
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	g.conns = slices.DeleteFunc(g.conns, func(other *conn) bool { return other == c })
	if c.session != nil && c.session.conn == c {
		c.session.conn, c.session.left = nil, s.now()
	}
	s.wake()
}

// forget makes the session of a connection one that cannot be resumed, unless
// another connection has resumed it already: the echo of a close comes late.
func (s *Server) forget(c *conn) {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	if c.session != nil && (c.session.conn == nil || c.session.conn == c) {
		delete(s.gate.sessions, c.session.id)
	}
}

// read takes the client's frames until the connection ends.
func (s *Server) read(c *conn) {
	var rate window
	for {
		_, raw, err := c.ws.ReadMessage()
		if err != nil {
			// 1000 and 1001 end the session; anything else leaves it.
			if websocket.IsCloseError(err, websocket.CloseNormalClosure, websocket.CloseGoingAway) {
				s.forget(c)
			}
			return
		}
		var in struct {
			Op   *int            `json:"op"`
			Data json.RawMessage `json:"d"`
		}
		switch {
		case len(raw) > maxFrame || json.Unmarshal(raw, &in) != nil || in.Op == nil:
			s.farewell(c, closeDecode)
			return
		case rate.take(time.Now(), framesWindow, maxFrames) < 0:
			s.farewell(c, closeRate)
			return
		}
		if code := s.take(c, *in.Op, in.Data); code != 0 {
			s.farewell(c, code)
			return
		}
	}
}

// farewell closes with a code and reads what still comes, without heeding it.
func (s *Server) farewell(c *conn, code int) {
	c.close(code)
	for {
		if _, _, err := c.ws.ReadMessage(); err != nil {
			return
		}
	}
}

// take does what a frame asks; a code ends the connection.
func (s *Server) take(c *conn, op int, data json.RawMessage) int {
	s.gate.mu.Lock()
	known, mute := c.session != nil, s.gate.mute
	s.gate.mu.Unlock()
	switch op {
	case opHeartbeat:
		c.beat.Store(time.Now().UnixNano())
		if !mute {
			c.send(frame{Op: opAck})
		}
		return 0
	case opIdentify:
		if known {
			return closeTwice
		}
		return s.identify(c, data)
	case opResume:
		if known {
			return closeTwice
		}
		return s.resume(c, data)
	case opPresence, opVoice, opMembers:
		if !known {
			return closeNotIdentified
		}
		return 0
	}
	return closeUnknownOp
}

// identify starts a session.
func (s *Server) identify(c *conn, data json.RawMessage) int {
	var in struct {
		Token   string            `json:"token"`
		Intents *int              `json:"intents"`
		Shard   []int             `json:"shard"`
		Props   map[string]string `json:"properties"`
	}
	if json.Unmarshal(data, &in) != nil || in.Props == nil {
		return closeDecode
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if code := s.welcome(in.Token); code != 0 {
		return code
	}
	if len(in.Shard) > 0 && (len(in.Shard) != 2 || in.Shard[0] < 0 || in.Shard[0] >= in.Shard[1]) {
		return closeShard
	}
	if in.Intents == nil || *in.Intents < 0 || *in.Intents&^intentAll != 0 {
		return closeIntents
	}
	privileged := intentMembers | intentPresences | intentContent
	if s.cfg.MessageContent {
		privileged &^= intentContent
	}
	if *in.Intents&privileged != 0 {
		return closeDisallowed
	}
	guilds := []any{}
	if !s.kicked {
		guilds = append(guilds, map[string]any{"id": Guild, "unavailable": true})
	}
	g := s.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	g.begun++
	n := &session{id: s.secret("session"), intents: *in.Intents, conn: c}
	g.sessions[n.id], c.session = n, n
	n.send("READY", map[string]any{"v": 10, "user": s.people[App].wire(), "guilds": guilds, "session_id": n.id, "session_type": "normal",
		"resume_gateway_url": s.gatewayURL("resume"), "application": map[string]any{"id": App, "flags": 0}, "shard": []int{0, 1},
		"private_channels": []any{}, "presences": []any{}, "relationships": []any{}, "_trace": []string{"discordtest"}})
	if !s.kicked && n.intents&intentGuilds != 0 {
		n.send("GUILD_CREATE", s.wireGuild(true))
	}
	s.wake()
	return 0
}

// welcome refuses a token, or whom the test refuses. With the server's lock
// held.
func (s *Server) welcome(token string) int {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	if s.gate.refuse != 0 {
		return s.gate.refuse
	}
	if strings.TrimPrefix(token, "Bot ") != BotToken || s.revoked {
		return closeAuth
	}
	return 0
}

// resume takes a session up again and replays what its client has missed.
func (s *Server) resume(c *conn, data json.RawMessage) int {
	var in struct {
		Token   string `json:"token"`
		Session string `json:"session_id"`
		Seq     int64  `json:"seq"`
	}
	if json.Unmarshal(data, &in) != nil {
		return closeDecode
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if code := s.welcome(in.Token); code != 0 {
		return code
	}
	g := s.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	n := g.sessions[in.Session]
	if n == nil || n.conn == nil && s.now().Sub(n.left) > sessionLife || in.Seq < n.seq-int64(len(n.sent)) {
		delete(g.sessions, in.Session)
		c.send(frame{Op: opInvalid, Data: false})
		return 0
	}
	if in.Seq > n.seq {
		return closeSequence
	}
	if n.conn != nil {
		n.conn.end()
	}
	n.conn, c.session = c, n
	for _, f := range n.sent {
		if *f.Seq > in.Seq {
			c.send(f)
		}
	}
	n.send("RESUMED", map[string]any{"_trace": []string{"discordtest"}})
	s.wake()
	return 0
}

// send numbers a dispatch, keeps it for a resume, and brings it if the client
// is there. With the gateway's lock held.
func (n *session) send(event string, data any) {
	n.seq++
	seq := n.seq
	f := frame{Op: opDispatch, Data: data, Seq: &seq, Type: event}
	n.sent = append(n.sent, f)
	if len(n.sent) > maxReplay {
		n.sent = n.sent[len(n.sent)-maxReplay:]
	}
	if n.conn != nil {
		n.conn.send(f)
	}
}

// dispatch brings an event to all sessions with its intent; 0 needs none.
// With the server's lock held.
func (s *Server) dispatch(event string, intent int, data any) {
	s.dispatchFor(event, intent, func(*session) any { return data })
}

func (s *Server) dispatchFor(event string, intent int, data func(*session) any) {
	if s.kicked && event != "GUILD_DELETE" {
		return
	}
	g := s.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	times := 1
	if s.cfg.Twice {
		times = 2
	}
	for _, n := range g.sessions {
		if intent != 0 && n.intents&intent == 0 {
			continue
		}
		for range times {
			s.bring(n, event, data(n))
		}
	}
}

// bring is send, with the break that a test asked for.
func (s *Server) bring(n *session, event string, data any) {
	g := s.gate
	at := g.breaking
	if event != "INTERACTION_CREATE" || n.conn == nil || at == Never {
		n.send(event, data)
		return
	}
	g.breaking = Never
	c := n.conn
	if at == Before {
		n.conn = nil
		n.send(event, data)
		n.left = s.now()
		c.end()
		return
	}
	n.send(event, data)
	c.last()
}

// last ends the connection once what was queued before it has been written.
func (c *conn) last() {
	select {
	case c.out <- nil:
	default:
		c.end()
	}
}
