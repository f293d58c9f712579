package slacktest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Ids and secrets of the one workspace; they open nothing else.
const (
	Team          = "T0ACME000"
	App           = "A0EVENKEEL"
	BotUser       = "U0BOT0000"
	BotID         = "B0BOT0000"
	BotToken      = "xoxb-1-fake-bot-token"
	AppToken      = "xapp-1-fake-app-token"
	SigningSecret = "fake-signing-secret"
	Channel       = "C0REVIEWS"
)

// Options are how strict and how unkind the workspace is. The zero value
// enforces everything and adds no trouble.
type Options struct {
	Scopes  []string         // of the bot token; nil is all that are asked for
	Now     func() time.Time // for rates and triggers; nil is time.Now
	Rate    rate.Limit       // posts a second and channel; 0 is 1
	Burst   int              // posts at once; 0 is 40
	Updates int              // chat.update a minute; 0 is without limit
	Lax     bool             // do not judge blocks: for benchmarks
	HTTP    string           // where signed requests go; "" is Socket Mode
	Ack     time.Duration    // how long an acknowledgement may take; 0 is Slack's 3 seconds
	Warning time.Duration    // between a warning and the end of a connection; 0 is Slack's 10 seconds

	Busy int // how many posts of a new picture are refused while Slack works on it

	Lose  float64 // how many of the answers to posts and updates are lost, 0.1 for a tenth
	Storm float64 // how often a storm of 429 breaks out at a post or update

	Twice    bool // deliver everything twice
	Shuffled bool // deliver in another order
	Seed     uint64
}

// Message is a message as the workspace keeps it.
type Message struct {
	Channel, TS, Thread string
	User                string
	To                  string // the only reader of an ephemeral message
	Text                string
	Blocks              []map[string]any
	Metadata            map[string]any
	Mrkdwn, Parse       string
	Unfurl              bool
	Broadcast           bool // a reply that stands in the channel too
	Edited              int
}

// View is a modal or a Home tab as somebody sees it.
type View struct {
	ID, User, Hash, Type string
	Body                 map[string]any
}

// Server is the workspace.
type Server struct {
	URL string // http://127.0.0.1:…
	API string // URL + "/api/"

	opts    Options
	http    *httptest.Server
	now     func() time.Time
	client  *http.Client
	sockets *sockets

	mu        sync.Mutex
	changed   chan struct{}
	seq       int64
	random    *rand.Rand
	people    map[string]*Person
	channels  map[string]*room
	groups    map[string][]string
	ephemeral []Message
	views     map[string]*View
	stacks    map[string][]string // ids of open modals by user, the top last
	homes     map[string]*View
	triggers  map[string]*trigger
	urls      map[string]*responseURL
	calls     map[string]int
	rates     map[string]*rate.Limiter
	faults    []Fault
	files     map[string]*file
	refuse    string // a type of block that is refused
	revoked   string // the error for every call, "" while the token is good
	problems  []string
}

// Person is somebody in the workspace.
type Person struct {
	ID, Name    string
	Team        string
	Admin, Bot  bool
	Owner       bool
	DisplayName string
}

// room is a channel.
type room struct {
	id, name string
	archived bool
	private  bool
	members  map[string]bool
	messages []*Message
}

type trigger struct {
	user   string
	issued time.Time
	used   bool
	modal  bool // came from a modal: may push
}

type responseURL struct {
	channel, user, thread string
	issued                time.Time
	uses                  int
}

// Fault befalls one call.
type Fault string

// The faults.
const (
	Lost     Fault = "lost"     // done, but the answer never comes
	Limit    Fault = "limit"    // 429, Retry-After 1
	Archived Fault = "archived" // is_archived
	Broken   Fault = "broken"   // 500
)

// Start opens the workspace.
func Start(o Options) *Server {
	s := &Server{opts: o, now: o.Now, changed: make(chan struct{}), random: rand.New(rand.NewPCG(o.Seed, 7)),
		people: map[string]*Person{}, channels: map[string]*room{}, groups: map[string][]string{}, views: map[string]*View{},
		stacks: map[string][]string{}, homes: map[string]*View{}, triggers: map[string]*trigger{}, urls: map[string]*responseURL{}, files: map[string]*file{},
		calls: map[string]int{}, rates: map[string]*rate.Limiter{},
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	if s.now == nil {
		s.now = time.Now
	}
	if s.opts.Rate == 0 {
		s.opts.Rate = 1
	}
	if s.opts.Burst == 0 {
		s.opts.Burst = 40
	}
	if s.opts.Ack == 0 {
		s.opts.Ack = 3 * time.Second
	}
	if s.opts.Warning == 0 {
		s.opts.Warning = 10 * time.Second
	}
	s.sockets = newSockets(s)
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method}", s.serveAPI)
	mux.HandleFunc("POST /api/upload/{id}", s.serveUpload)
	mux.HandleFunc("/link/", s.sockets.serve)
	mux.HandleFunc("POST /response/{id}", s.serveResponse)
	s.http = httptest.NewServer(mux)
	s.URL, s.API = s.http.URL, s.http.URL+"/api/"
	s.people[BotUser] = &Person{ID: BotUser, Name: "evenkeel", Team: Team, Bot: true}
	s.AddChannel(Channel, "reviews")
	return s
}

// Close ends everything.
func (s *Server) Close() {
	s.sockets.closeAll()
	s.http.CloseClientConnections()
	s.http.Close()
}

// AddChannel makes a public channel with the bot in it.
func (s *Server) AddChannel(id, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.channels[id] = &room{id: id, name: name, members: map[string]bool{BotUser: true}}
}

// Archive closes a channel; Expel takes a member out.
func (s *Server) Archive(id string) { s.inRoom(id, func(r *room) { r.archived = true }) }

// Unarchive opens it again.
func (s *Server) Unarchive(id string) { s.inRoom(id, func(r *room) { r.archived = false }) }

// Expel takes a member out of a channel.
func (s *Server) Expel(id, user string) { s.inRoom(id, func(r *room) { delete(r.members, user) }) }

// Invite takes a member in.
func (s *Server) Invite(id, user string) { s.inRoom(id, func(r *room) { r.members[user] = true }) }

func (s *Server) inRoom(id string, do func(*room)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.channels[id]; r != nil {
		do(r)
	}
}

// Join lets a person into the workspace and the main channel.
func (s *Server) Join(p Person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.Team == "" {
		p.Team = Team
	}
	s.people[p.ID] = &p
	s.channels[Channel].members[p.ID] = true
}

// Group makes a user group.
func (s *Server) Group(id string, users ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.groups[id] = users
}

// Revoke makes every call fail with this error; "" ends it.
func (s *Server) Revoke(err string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked = err
}

// SetScopes changes what the bot's token may do.
func (s *Server) SetScopes(scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opts.Scopes = scopes
}

// Fail lets the next calls that post or update meet these faults, in order.
func (s *Server) Fail(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, faults...)
}

// fault takes the next fault. With the lock held.
func (s *Server) fault() Fault {
	if len(s.faults) == 0 {
		switch dice := s.random.Float64(); {
		case dice < s.opts.Lose:
			return Lost
		case dice < s.opts.Lose+s.opts.Storm:
			s.faults = append(s.faults, Limit, Limit, Limit, Limit)
			return Limit
		}
		return ""
	}
	f := s.faults[0]
	s.faults = s.faults[1:]
	return f
}

// Problems are breaches that Slack would punish without telling anybody:
// late acknowledgements, oversized ones.
func (s *Server) Problems() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.problems...)
}

func (s *Server) problem(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.problems = append(s.problems, fmt.Sprintf(format, args...))
}

// Calls counts the calls of a method.
func (s *Server) Calls(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[method]
}

// Messages are a channel's messages, threads included, oldest first.
func (s *Server) Messages(channel string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Message
	if r := s.channels[channel]; r != nil {
		for _, m := range r.messages {
			out = append(out, *m)
		}
	}
	return out
}

// Message is one message.
func (s *Server) Message(channel, ts string) (Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.find(channel, ts); m != nil {
		return *m, true
	}
	return Message{}, false
}

// Leave puts somebody's message there, as it is, and gives it back.
func (s *Server) Leave(m Message) Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.TS = s.stamp()
	s.channels[m.Channel].messages = append(s.channels[m.Channel].messages, &m)
	return m
}

// RefuseBlocks makes every message with this type of block fail, as if Slack
// had a rule that nobody knows; "" ends it.
func (s *Server) RefuseBlocks(kind string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = kind
}

// Delete removes a message as a moderator would.
func (s *Server) Delete(channel, ts string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.remove(channel, ts)
}

// Whispers are the ephemeral messages to a person, oldest first.
func (s *Server) Whispers(user string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Message
	for _, m := range s.ephemeral {
		if m.To == user {
			out = append(out, m)
		}
	}
	return out
}

// Modal is the view that a person has open on top.
func (s *Server) Modal(user string) (View, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stack := s.stacks[user]
	if len(stack) == 0 {
		return View{}, false
	}
	return *s.views[stack[len(stack)-1]], true
}

// Home is a person's Home tab.
func (s *Server) Home(user string) (View, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.homes[user]; v != nil {
		return *v, true
	}
	return View{}, false
}

// Wait returns when done is true; it looks again after everything that
// happens in the workspace.
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
			return fmt.Errorf("slacktest: waited in vain: %w", ctx.Err())
		}
	}
}

// wake tells the waiting. With the lock held.
func (s *Server) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// stamp is the next message's timestamp. With the lock held.
func (s *Server) stamp() string {
	s.seq++
	return fmt.Sprintf("%d.%06d", s.now().Unix(), s.seq)
}

// id makes an id like Slack's. With the lock held.
func (s *Server) id(prefix string) string {
	s.seq++
	return fmt.Sprintf("%s%08d", prefix, s.seq)
}

func (s *Server) find(channel, ts string) *Message {
	r := s.channels[channel]
	if r == nil {
		return nil
	}
	for i := len(r.messages) - 1; i >= 0; i-- {
		if r.messages[i].TS == ts {
			return r.messages[i]
		}
	}
	return nil
}

func (s *Server) remove(channel, ts string) bool {
	r := s.channels[channel]
	if r == nil {
		return false
	}
	for i, m := range r.messages {
		if m.TS == ts {
			r.messages = append(r.messages[:i:i], r.messages[i+1:]...)
			s.wake()
			return true
		}
	}
	return false
}

// isUser tells a person's id from a channel's.
func isUser(id string) bool { return strings.HasPrefix(id, "U") || strings.HasPrefix(id, "W") }
