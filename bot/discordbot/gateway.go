package discordbot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"runtime"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/bwmarrin/discordgo"

	"github.com/evenkeel/evenkeel/bot"
)

// Opcodes of the gateway.
// https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway
const (
	opDispatch  = 0
	opHeartbeat = 1
	opIdentify  = 2
	opResume    = 6
	opReconnect = 7
	opInvalid   = 9
	opHello     = 10
	opAck       = 11
)

// fatal are the close codes after which trying again is of no use, with what
// helps.
var fatal = map[int]string{
	4004: "Discord does not know the token; copy it again from the application's Bot page and set EVENKEEL_DISCORD_TOKEN",
	4010: "Discord refuses the shard; that is a fault of this program, please report it",
	4011: "the bot is on so many servers that Discord wants it split; give each installation an application of its own",
	4012: "Discord does not speak this version of its gateway any more; update evenkeel",
	4013: "Discord refuses the intents; that is a fault of this program, please report it",
	4014: "the intent Message Content is not switched on for the application; switch it on on its Bot page, or set EVENKEEL_DISCORD_READ_THREADS to no",
}

// Codes with which we close, so that the session can be resumed: 1000 and 1001
// would end it.
const (
	closeZombie = 4900
	closeBye    = websocket.CloseNormalClosure
)

// link is a session at the gateway over its connections.
type link struct {
	bot       *Bot
	session   string // "" before READY
	resumeURL string
	seq       int64
}

// connected keeps a connection to the gateway until ctx ends or Discord
// refuses for good.
func (b *Bot) connected(ctx context.Context) error {
	if err := b.introduce(ctx); err != nil {
		return err
	}
	l := &link{bot: b}
	for tries := 0; ctx.Err() == nil; tries++ {
		began := b.now()
		err := l.once(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // to be stopped is no failure
		}
		var closed *websocket.CloseError
		if errors.As(err, &closed) {
			if help, ok := fatal[closed.Code]; ok {
				return &bot.ChatError{Kind: bot.ErrMisconfigured, Chat: Name, Reason: help, Err: closed}
			}
			if closed.Code == 4007 || closed.Code == 4009 || closed.Code == 1000 || closed.Code == 1001 && l.session == "" {
				l.session = ""
			}
		}
		if misconfigured(err) {
			return err
		}
		if b.now().Sub(began) > time.Minute {
			tries = 0
		}
		b.log.Info("the connection to Discord ended; connecting again", "err", err, "resume", l.session != "")
		if !rested(ctx, backoff(tries)) {
			return nil
		}
	}
	return nil
}

func misconfigured(err error) bool { return errors.Is(err, bot.ErrMisconfigured) }

// backoff grows to half a minute, with jitter, so that replicas and bots do
// not come all at once. The first try is made at once.
func backoff(tries int) time.Duration {
	if tries == 0 {
		return 0
	}
	most := min(16*time.Second, 500*time.Millisecond<<min(tries, 10))
	return most/2 + rand.N(most/2)
}

// introduce learns who the bot and its server are and registers the commands,
// as long as it takes.
func (b *Bot) introduce(ctx context.Context) error {
	for tries := 0; ; tries++ {
		err := b.register(ctx)
		if err == nil {
			return nil
		}
		if misconfigured(err) {
			return err
		}
		if ctx.Err() != nil {
			return nil //nolint:nilerr // to be stopped is no failure
		}
		if errors.Is(err, bot.ErrLimited) { // the commands of last time do
			b.log.Warn("the commands could not be registered anew", "err", err)
			return nil
		}
		b.log.Warn("Discord cannot be reached; trying again", "err", err)
		if !rested(ctx, backoff(tries+1)) {
			return nil
		}
	}
}

// intents are those that need no approval, and the privileged one if asked.
// https://docs.discord.com/developers/topics/gateway#gateway-intents
func (b *Bot) intents() discordgo.Intent {
	i := discordgo.IntentGuilds | discordgo.IntentGuildMessages
	if b.cfg.ReadThreads {
		i |= discordgo.IntentMessageContent
	}
	return i
}

// address is where to connect.
func (l *link) address(ctx context.Context) (string, error) {
	base := l.resumeURL
	if l.session == "" || base == "" {
		var at struct {
			URL   string `json:"url"`
			Limit struct {
				Remaining *int  `json:"remaining"`
				After     int64 `json:"reset_after"` // milliseconds
			} `json:"session_start_limit"`
		}
		if err := l.bot.rest.patiently(ctx, http.MethodGet, "/gateway/bot", nil, &at); err != nil {
			return "", failure("", err)
		}
		if r := at.Limit.Remaining; r != nil && *r == 0 {
			wait := time.Duration(at.Limit.After) * time.Millisecond
			l.bot.log.Error("Discord allows no more sessions today; was something restarting all the time?", "wait", wait)
			t := time.NewTimer(wait)
			defer t.Stop()
			select {
			case <-t.C:
			case <-ctx.Done():
				return "", ctx.Err()
			}
		}
		base = at.URL
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return "", fmt.Errorf("the gateway's address %q cannot be read", base)
	}
	u.RawQuery = url.Values{"v": {"10"}, "encoding": {"json"}}.Encode()
	return u.String(), nil
}

// frame is what travels over the gateway.
type frame struct {
	Op   int             `json:"op"`
	Data json.RawMessage `json:"d"`
	Seq  *int64          `json:"s,omitempty"`
	Type string          `json:"t,omitempty"`
}

// wireConn is one connection.
type wireConn struct {
	conn *websocket.Conn
	mu   sync.Mutex
	beat struct {
		sync.Mutex
		waiting bool // for the answer to the last heartbeat
	}
}

const (
	dialTime  = 15 * time.Second
	writeTime = 10 * time.Second
	maxFrame  = 16 << 20
)

func (c *wireConn) send(op int, data any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.conn.SetWriteDeadline(time.Now().Add(writeTime))
	return c.conn.WriteJSON(map[string]any{"op": op, "d": data})
}

func (c *wireConn) close(code int) {
	_ = c.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(time.Second))
	_ = c.conn.Close()
}

// once connects, begins or resumes the session, and reads until the
// connection ends. A session that is not resumed says goodbye with ctx.
func (l *link) once(ctx context.Context) error {
	at, err := l.address(ctx)
	if err != nil {
		return err
	}
	dial, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	conn, resp, err := websocket.DefaultDialer.DialContext(dial, at, nil)
	if resp != nil && resp.Body != nil {
		_ = resp.Body.Close()
	}
	if err != nil {
		return fmt.Errorf("the gateway cannot be reached: %w", err)
	}
	conn.SetReadLimit(maxFrame)
	c := &wireConn{conn: conn}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { c.close(closeBye) })
	defer stop()

	_ = conn.SetReadDeadline(time.Now().Add(dialTime))
	var hello struct {
		Interval int64 `json:"heartbeat_interval"` // milliseconds
	}
	var f frame
	if err := conn.ReadJSON(&f); err != nil {
		return err
	}
	if f.Op != opHello || json.Unmarshal(f.Data, &hello) != nil || hello.Interval <= 0 {
		return errors.New("the gateway did not say hello")
	}
	if err := l.begin(c); err != nil {
		return err
	}
	every := time.Duration(hello.Interval) * time.Millisecond
	beats, done := context.WithCancel(ctx)
	defer done()
	go l.heartbeats(beats, c, every)
	for {
		_ = conn.SetReadDeadline(time.Now().Add(2*every + writeTime))
		_, raw, err := conn.ReadMessage()
		if err != nil {
			return err
		}
		if err := l.read(ctx, c, raw); err != nil {
			return err
		}
	}
}

// begin identifies, or resumes.
func (l *link) begin(c *wireConn) error {
	token := l.bot.cfg.Token.Reveal()
	if l.session != "" {
		return c.send(opResume, map[string]any{"token": token, "session_id": l.session, "seq": l.sequence()})
	}
	return c.send(opIdentify, map[string]any{
		"token": token, "intents": int(l.bot.intents()),
		"properties": map[string]string{"os": runtime.GOOS, "browser": "evenkeel", "device": "evenkeel"},
	})
}

func (l *link) sequence() int64 {
	l.bot.mu.Lock()
	defer l.bot.mu.Unlock()
	return l.seq
}

// heartbeats keeps the connection alive, and ends one that does not answer.
func (l *link) heartbeats(ctx context.Context, c *wireConn, every time.Duration) {
	t := time.NewTimer(time.Duration(rand.Float64() * float64(every)))
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		c.beat.Lock()
		dead := c.beat.waiting
		c.beat.waiting = true
		c.beat.Unlock()
		if dead {
			l.bot.log.Warn("Discord does not answer heartbeats; connecting again")
			c.close(closeZombie)
			return
		}
		if c.send(opHeartbeat, l.lastSeq()) != nil {
			return
		}
		t.Reset(every)
	}
}

// lastSeq is the last sequence, nil before the first event.
func (l *link) lastSeq() any {
	if s := l.sequence(); s > 0 {
		return s
	}
	return nil
}

var errReconnect = errors.New("another connection is asked for")

// read handles one frame. What cannot be read is left alone.
func (l *link) read(ctx context.Context, c *wireConn, raw []byte) error {
	var f frame
	if err := json.Unmarshal(raw, &f); err != nil {
		l.bot.log.Warn("a frame of the gateway could not be read", "err", err)
		return nil
	}
	switch f.Op {
	case opDispatch:
		l.dispatch(ctx, f)
		if f.Seq != nil {
			l.bot.mu.Lock()
			l.seq = max(l.seq, *f.Seq)
			l.bot.mu.Unlock()
		}
	case opHeartbeat:
		return c.send(opHeartbeat, l.lastSeq())
	case opAck:
		c.beat.Lock()
		c.beat.waiting = false
		c.beat.Unlock()
	case opReconnect:
		c.close(closeZombie)
		return errReconnect
	case opInvalid:
		if string(f.Data) != "true" {
			l.session, l.resumeURL = "", ""
			l.bot.mu.Lock()
			l.seq = 0
			l.bot.mu.Unlock()
			rested(ctx, time.Second+rand.N(time.Second))
		}
		c.close(closeZombie)
		return errors.New("the session was ended")
	}
	return nil
}

// dispatch handles an event. Nothing in it can stop the program.
func (l *link) dispatch(ctx context.Context, f frame) {
	b := l.bot
	defer b.crew.recover("event " + f.Type)
	switch f.Type {
	case "READY":
		var ready struct {
			Session string `json:"session_id"`
			Resume  string `json:"resume_gateway_url"`
		}
		if err := json.Unmarshal(f.Data, &ready); err != nil || ready.Session == "" {
			b.log.Warn("Discord's READY could not be read", "err", err)
			return
		}
		l.session, l.resumeURL = ready.Session, ready.Resume
		b.log.Info("connected to Discord")
		b.crew.do(ctx, "catching up", b.catchUp)
	case "RESUMED":
		b.log.Info("connected to Discord again; nothing was missed")
	case "INTERACTION_CREATE":
		b.take(ctx, f.Data, b.callback)
	case "MESSAGE_CREATE":
		b.takeMessage(ctx, f.Data)
	case "CHANNEL_UPDATE", "THREAD_UPDATE":
		b.changed(f.Data)
	}
}

// changed forgets what was known of a channel or thread.
func (b *Bot) changed(raw []byte) {
	var c channel
	if json.Unmarshal(raw, &c) != nil || c.ID == "" {
		return
	}
	if c.isThread() {
		b.marks.Forget(c.ID)
	}
	b.rooms.Forget(c.ID)
}
