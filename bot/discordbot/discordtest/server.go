package discordtest

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Ids and secrets of the one server ("guild") and its bot; they open nothing
// else. The bot's user has the application's id.
const (
	Guild    = "100000000000000001"
	App      = "100000000000000002"
	Reviews  = "100000000000000003" // a text channel
	Forum    = "100000000000000004" // a forum channel
	BotRole  = "100000000000000005"
	Member   = "100000000000000006" // the role that everybody has
	BotToken = "fake.bot.token"

	owner = "100000000000000007"
)

// Config is how strict and how unkind the server is. The zero value enforces
// everything and adds no trouble.
type Config struct {
	Now func() time.Time // for life spans, rates and ids; nil is time.Now

	Ack            time.Duration // for the first answer to an interaction; 0 is Discord's 3 seconds
	Nonce          time.Duration // how long a nonce is remembered; 0 is 3 minutes ("a few")
	Heartbeat      time.Duration // the interval in Hello; 0 is Discord's 41.25 seconds
	MessageContent bool          // the privileged intent is switched on for the application
	HTTP           string        // the bot's interactions endpoint; "" brings interactions over the gateway
	Permissions    int64         // of the bot's role; 0 is what a review bot needs

	Limit  int           // requests a Window and route; 0 is 40, negative is without limit
	Window time.Duration // 0 is 5 seconds
	Global int           // requests a second; 0 is Discord's 50, negative is without limit

	Lose  float64 // how many of the answers to writing calls are lost, 0.1 for a tenth
	Storm float64 // how often a storm of 429 breaks out at a writing call

	Twice bool // bring every event and interaction twice
	Seed  uint64
}

// Server is Discord with one guild.
type Server struct {
	URL       string // http://127.0.0.1:…
	API       string // URL + "/api"; versions 9 and 10 below it
	PublicKey string // hex, of the signed interactions

	cfg    Config
	http   *httptest.Server
	now    func() time.Time
	key    ed25519.PrivateKey
	client *http.Client

	mu       sync.Mutex
	changed  chan struct{}
	seq      int64
	random   *rand.Rand
	people   map[string]*Person
	roles    map[string]*Role
	rooms    map[string]*room
	order    []string // ids of the rooms
	kicked   bool
	revoked  bool
	commands map[string][]map[string]any // by guild, "" is global
	actions  map[string]*action          // interactions by token
	modals   map[string]*Modal           // open, by user
	whispers []*Message                  // ephemeral messages
	nonces   map[string]nonce
	calls    map[string]int
	buckets  map[string]*window
	invalid  window
	faults   []Fault
	problems []error
	gate     gateway
}

// New opens the server until the test ends.
func New(t testing.TB, cfg Config) *Server {
	t.Helper()
	seed := sha256.Sum256([]byte("discordtest"))
	key := ed25519.NewKeyFromSeed(seed[:])
	s := &Server{cfg: cfg, now: cfg.Now, key: key, PublicKey: hex.EncodeToString(key.Public().(ed25519.PublicKey)),
		changed: make(chan struct{}), random: rand.New(rand.NewPCG(cfg.Seed, 11)),
		people: map[string]*Person{}, roles: map[string]*Role{}, rooms: map[string]*room{}, commands: map[string][]map[string]any{},
		actions: map[string]*action{}, modals: map[string]*Modal{}, nonces: map[string]nonce{}, calls: map[string]int{}, buckets: map[string]*window{},
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	s.defaults()
	s.gate = newGateway()
	mux := http.NewServeMux()
	mux.Handle("/api/", http.StripPrefix("/api", s.router()))
	mux.HandleFunc("/gateway/", s.serveGateway)
	s.http = httptest.NewServer(mux)
	s.URL, s.API = s.http.URL, s.http.URL+"/api"
	s.found()
	t.Cleanup(s.Close)
	return s
}

func (s *Server) defaults() {
	if s.now == nil {
		s.now = time.Now
	}
	c := &s.cfg
	c.Ack = orDuration(c.Ack, 3*time.Second)
	c.Nonce = orDuration(c.Nonce, 3*time.Minute)
	c.Heartbeat = orDuration(c.Heartbeat, 41250*time.Millisecond)
	c.Window = orDuration(c.Window, 5*time.Second)
	if c.Limit == 0 {
		c.Limit = 40
	}
	if c.Global == 0 {
		c.Global = 50
	}
	if c.Permissions == 0 {
		c.Permissions = usual
	}
}

func orDuration(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

// Close ends everything; the test's end does it too.
func (s *Server) Close() {
	s.gate.closeAll()
	s.http.CloseClientConnections()
	s.http.Close()
	s.client.CloseIdleConnections()
}

// Problems are breaches that Discord would punish without telling anybody:
// late first answers ([ErrLate], [ErrOver]), presses that met no bot
// ([ErrAway]).
func (s *Server) Problems() []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.problems)
}

// problem notes a breach. With the lock held.
func (s *Server) problem(format string, args ...any) {
	s.problems = append(s.problems, fmt.Errorf(format, args...))
}

// Calls counts the calls of a route, e.g. "POST /channels/{channel}/messages".
func (s *Server) Calls(route string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[route]
}

// Wait returns when done is true; it looks again after everything that
// happens on the server.
func (s *Server) Wait(ctx context.Context, done func() bool) error {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if done() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("discordtest: waited in vain: %w", ctx.Err())
		}
	}
}

// wake tells the waiting. With the lock held.
func (s *Server) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// epoch is the first moment of Discord's ids.
// https://docs.discord.com/developers/reference#snowflakes
const epoch = 1420070400000

// id makes a snowflake: the time, then a number, so that ids grow. With the
// lock held.
func (s *Server) id() string {
	s.seq++
	return strconv.FormatInt((s.now().UnixMilli()-epoch)<<22|s.seq&(1<<22-1), 10)
}

// secret makes a token that no other thing has. With the lock held.
func (s *Server) secret(prefix string) string {
	s.seq++
	return fmt.Sprintf("%s-%d-%016x", prefix, s.seq, s.random.Uint64())
}
