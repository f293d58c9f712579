package slackbot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/internal/recent"
	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/review"
)

// Name is this chat's name for the desk.
const Name = "slack"

// DefaultCommand is the slash command unless another one is configured.
const DefaultCommand = "/review"

// Mode is how Slack reaches the bot.
type Mode string

// The modes.
const (
	Socket Mode = "socket" // the bot dials out; nothing needs to be public
	HTTP   Mode = "http"   // Slack posts to a public address
)

// Config is what a Bot needs.
type Config struct {
	BotToken secret.Value // xoxb-…
	AppToken secret.Value // xapp-…, Socket Mode only
	// SigningSecrets verify requests in HTTP mode. More than one may be given
	// while a secret is being replaced.
	SigningSecrets []secret.Value

	Channel  string            // where cards go by default: an id (C…) or a name
	Channels map[string]string // the playbook's names for channels, to Slack's ids or names
	Groups   []string          // user groups (S…) that the playbook gives roles

	// Page makes a link to the web console for a person, where a text is edited
	// that is too long for Slack. May be nil.
	Page func(ctx context.Context, who review.Person, id int64) (Page, error)

	Command string // the slash command, [DefaultCommand] when empty
	Mode    Mode   // [Socket] when empty
	Desk    bot.Front

	// Pace is how fast cards are posted to one channel; zero is Slack's rule of
	// one a second with a burst of 20. PerSecond below 0 means unpaced until
	// Slack asks to wait.
	Pace Pace
	// Grace is how long an acknowledgement waits for the desk, so that what is
	// acknowledged is stored; then it goes out whatever the desk does. Zero is
	// 40 ms; below 0 it never waits.
	Grace time.Duration

	APIURL     string       // for tests; "" is Slack's
	HTTPClient *http.Client // for tests; nil is one with time-outs
	Now        func() time.Time
	Logger     *slog.Logger
}

// Bot is the desk in one Slack workspace. It implements [bot.Chat].
type Bot struct {
	cfg    Config
	desk   bot.Front
	log    *slog.Logger
	now    func() time.Time
	api    *slack.Client
	client *http.Client
	apiURL string

	pace       *pacer
	people     *directory
	seen       *seen
	held       atomic.Int64 // acknowledgements that wait for the desk
	echoes     *echoes
	entering   sync.Mutex                     // from looking into seen to standing in echoes
	signatures *seen                          // of requests, in HTTP mode
	cases      *recent.Trusted[string, int64] // of threads; 0 is none of ours
	self       self
	crew       *crew
	answer     answers
	uploads    uploads
}

var (
	_ bot.Chat     = (*Bot)(nil)
	_ bot.Pictures = (*Bot)(nil)
)

// defaults of Config.
const (
	defaultGrace   = 40 * time.Millisecond
	defaultAPI     = "https://slack.com/api/"
	requestTimeout = 20 * time.Second // of one call to Slack
)

// New checks the settings; it does not talk to Slack. The errors say which
// setting to mend.
func New(cfg Config) (*Bot, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	b := &Bot{cfg: cfg, desk: cfg.Desk, log: cfg.Logger.With("chat", Name), now: cfg.Now, client: cfg.HTTPClient, apiURL: cfg.APIURL}
	b.api = slack.New(cfg.BotToken.Reveal(), slack.OptionAppLevelToken(cfg.AppToken.Reveal()),
		slack.OptionAPIURL(cfg.APIURL), slack.OptionHTTPClient(cfg.HTTPClient))
	b.pace = newPacer(cfg.Pace, cfg.Now)
	b.people = newDirectory(b.api, cfg.Groups, cfg.Now, b.log)
	b.seen = newSeen(cfg.Now)
	b.echoes = newEchoes(cfg.Now)
	b.signatures = newSeen(cfg.Now)
	b.cases = recent.NewTrusted[string, int64](threadsKept, threadTrust, cfg.Now)
	b.crew = newCrew(b.log)
	b.answer = answers{bot: b}
	return b, nil
}

func (c Config) check() error {
	var missing []error
	need := func(ok bool, what string) {
		if !ok {
			missing = append(missing, errors.New("slack: "+what))
		}
	}
	need(c.Desk != nil, "no desk")
	need(strings.HasPrefix(c.BotToken.Reveal(), "xoxb-"), "the bot token is missing or is another one; it begins with xoxb- and stands under OAuth & Permissions")
	need(c.Channel != "", "no channel; give the id (C…) of the channel for review cards")
	need(c.Command == "" || commandName.MatchString(c.Command), fmt.Sprintf("%q is no slash command", c.Command))
	switch c.Mode {
	case "", Socket:
		need(strings.HasPrefix(c.AppToken.Reveal(), "xapp-"), "Socket Mode needs the app token; it begins with xapp- and is made under Basic Information with the scope connections:write")
	case HTTP:
		need(len(c.SigningSecrets) > 0, "HTTP mode needs the signing secret; it stands under Basic Information")
		for _, s := range c.SigningSecrets {
			need(s.IsSet(), "a signing secret is empty")
		}
	default:
		need(false, fmt.Sprintf("the mode %q is neither socket nor http", c.Mode))
	}
	return errors.Join(missing...)
}

func (c Config) withDefaults() Config {
	if c.Command == "" {
		c.Command = DefaultCommand
	}
	if c.Mode == "" {
		c.Mode = Socket
	}
	if c.Grace == 0 {
		c.Grace = defaultGrace
	}
	if c.APIURL == "" {
		c.APIURL = defaultAPI
	}
	if !strings.HasSuffix(c.APIURL, "/") {
		c.APIURL += "/"
	}
	if c.HTTPClient == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = maxHands // all calls go to one host
		t.WriteBufferSize = 32 << 10     // most cards are one write
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
// under way are done, and an error when Slack refuses the tokens for good.
func (b *Bot) Serve(ctx context.Context) error {
	defer b.crew.wait()
	if b.cfg.Mode == HTTP {
		<-ctx.Done()
		return nil
	}
	return b.sockets(ctx)
}

// self is who the bot is in its workspace, learnt once by auth.test.
type self struct {
	mu sync.Mutex
	*slack.AuthTestResponse
}

// whoami asks Slack once and remembers the answer.
func (b *Bot) whoami(ctx context.Context) (*slack.AuthTestResponse, error) {
	b.self.mu.Lock()
	defer b.self.mu.Unlock()
	if b.self.AuthTestResponse != nil {
		return b.self.AuthTestResponse, nil
	}
	me, err := b.api.AuthTestContext(ctx)
	if err != nil {
		return nil, b.failure(ctx, "auth.test", "", err)
	}
	b.self.AuthTestResponse = me
	return me, nil
}
