package discordbot

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/internal/recent"
	"github.com/evenkeel/evenkeel/internal/secret"
)

// Name is this chat's name for the desk.
const Name = "discord"

// Mode is how Discord reaches the bot.
type Mode string

// The modes.
const (
	Gateway Mode = "gateway" // the bot dials out; nothing needs to be public
	HTTP    Mode = "http"    // Discord posts interactions to a public address; messages still come by the gateway
)

// Turns let one of several replicas at a time do something.
type Turns interface {
	// Hold waits for the turn and runs do while it lasts. It returns do's error,
	// waits again when the turn was lost, and ends with ctx.
	Hold(ctx context.Context, do func(context.Context) error) error
}

// Config is what a Bot needs.
type Config struct {
	Token     secret.Value // of the Bot page
	PublicKey string       // hexadecimal, of the application; HTTP mode only
	Channel   string       // id of the text or forum channel where cards go by default
	Channels  []string     // ids of others that the playbook names
	// ReadThreads asks for the privileged intent MESSAGE_CONTENT, with which
	// “fact: …” counts also where the bot is not mentioned. It must be switched
	// on for the application.
	ReadThreads bool
	Mode        Mode // [Gateway] when empty
	Desk        bot.Front
	Turns       Turns // nil for a bot that is alone
	// CaseURL is a case's page in the console, for what does not fit into
	// Discord; nil without one.
	CaseURL func(id int64) string
	// Grace is how long an acknowledgement waits for the desk, so that the
	// answer comes with it; zero is 50 ms, below 0 it never waits.
	Grace time.Duration

	APIURL     string       // for tests; "" is Discord's
	HTTPClient *http.Client // for tests; nil is one with time-outs
	Now        func() time.Time
	Logger     *slog.Logger
}

// Bot is the desk on one Discord server. It implements [bot.Chat],
// [bot.Pictures] and [bot.ThreadKeeper].
type Bot struct {
	cfg  Config
	desk bot.Front
	log  *slog.Logger
	now  func() time.Time
	rest *rest
	key  ed25519.PublicKey

	rooms      *recent.Trusted[string, channel]
	cases      *recent.Trusted[string, int64] // of threads; 0 is none of ours
	seen       *recent.Map[string, struct{}]
	signatures *recent.Map[string, struct{}]
	forms      *sessions
	crew       *crew
	marks      *recent.Map[string, bot.ThreadState] // what threads look like, so that they are changed only when something changed

	mu   sync.Mutex
	self user
	home string // the server's id
}

var (
	_ bot.Chat         = (*Bot)(nil)
	_ bot.Pictures     = (*Bot)(nil)
	_ bot.ThreadKeeper = (*Bot)(nil)
)

const (
	defaultGrace   = 50 * time.Millisecond
	defaultAPI     = "https://discord.com/api/v10"
	requestTimeout = 20 * time.Second
)

// New checks the settings; it does not talk to Discord. The errors say which
// setting to mend.
func New(cfg Config) (*Bot, error) {
	key, err := cfg.check()
	if err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	b := &Bot{cfg: cfg, desk: cfg.Desk, log: cfg.Logger.With("chat", Name), now: cfg.Now, key: key}
	if b.rest, err = newREST(cfg); err != nil {
		return nil, err
	}
	b.rooms = recent.NewTrusted[string, channel](roomsKept, roomTrust, cfg.Now)
	b.cases = recent.NewTrusted[string, int64](threadsKept, threadTrust, cfg.Now)
	b.seen, b.signatures = newSeen(cfg.Now), newSeen(cfg.Now)
	b.forms = newSessions(cfg.Now)
	b.marks = recent.New[string, bot.ThreadState](marksKept)
	b.crew = newCrew(b.log)
	return b, nil
}

func (c Config) check() (key ed25519.PublicKey, err error) {
	var missing []error
	need := func(ok bool, what string) {
		if !ok {
			missing = append(missing, errors.New("discord: "+what))
		}
	}
	need(c.Desk != nil, "no desk")
	need(c.Token.IsSet() && !strings.ContainsAny(c.Token.Reveal(), " \n\t"), "the bot token is missing or holds spaces; it stands on the application's Bot page")
	need(isID(c.Channel), fmt.Sprintf("%q is no channel's id; switch on Developer Mode in Discord's settings, then Copy Channel ID", c.Channel))
	for _, id := range c.Channels {
		need(isID(id), fmt.Sprintf("%q in the playbook is no channel's id", id))
	}
	switch c.Mode {
	case "", Gateway:
	case HTTP:
		raw, err := hex.DecodeString(c.PublicKey)
		need(err == nil && len(raw) == ed25519.PublicKeySize, "HTTP mode needs the application's public key, 64 hexadecimal digits from its General Information page")
		key = raw
	default:
		need(false, fmt.Sprintf("the mode %q is neither gateway nor http", c.Mode))
	}
	return key, errors.Join(missing...)
}

// isID tells a snowflake.
func isID(s string) bool {
	return len(s) >= 15 && len(s) <= 20 && strings.Trim(s, "0123456789") == ""
}

func (c Config) withDefaults() Config {
	if c.Mode == "" {
		c.Mode = Gateway
	}
	if c.Grace == 0 {
		c.Grace = defaultGrace
	}
	if c.APIURL == "" {
		c.APIURL = defaultAPI
	}
	if c.HTTPClient == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = 32 // all calls go to one host
		c.HTTPClient = &http.Client{Transport: t, Timeout: requestTimeout}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// Name implements [bot.Chat].
func (b *Bot) Name() string { return Name }

// Serve implements [bot.Chat]. It returns nil when ctx ends, after the presses
// under way are done, and an error when Discord refuses the bot for good.
func (b *Bot) Serve(ctx context.Context) error {
	defer b.crew.wait()
	if b.cfg.Turns == nil {
		return b.connected(ctx)
	}
	err := b.cfg.Turns.Hold(ctx, b.connected)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// whoami asks Discord once and remembers the answer.
func (b *Bot) whoami(ctx context.Context) (user, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.self.ID != "" {
		return b.self, nil
	}
	var me user
	if err := b.rest.patiently(ctx, http.MethodGet, "/users/@me", nil, &me); err != nil {
		return user{}, failure("", err)
	}
	b.self = me
	return me, nil
}
