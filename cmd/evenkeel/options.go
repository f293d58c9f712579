package main

import (
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/bot/discordbot"
	"github.com/evenkeel/evenkeel/bot/slackbot"
	"github.com/evenkeel/evenkeel/cmd/evenkeel/internal/settings"
)

// The settings by name.
const (
	setDatabase  = "database"
	setPlaybook  = "playbook"
	setLogLevel  = "log-level"
	setLogFormat = "log-format"
	setKey       = "key"
	setListen    = "listen"
	setURL       = "url"
	setModelURL  = "model-url"
	setModel     = "model"
	setModelKey  = "model-key"
	setSpareURL  = "spare-model-url"
	setSpare     = "spare-model"
	setSpareKey  = "spare-model-key"

	setMetricsToken  = "metrics-token"
	setRetain        = "retain-months"
	setHandoverAllow = "handover-allow"

	// Prices are per million tokens, as vendors list them.
	setPromptPrice = "model-prompt-price"
	setAnswerPrice = "model-answer-price"

	setSlackBot     = "slack-bot-token"
	setSlackApp     = "slack-app-token"
	setSlackSigning = "slack-signing-secret"
	setSlackChannel = "slack-channel"
	setSlackCommand = "slack-command"
	setSlackMode    = "slack-mode"
	setSlackAPI     = "slack-api-url"
	setSlackPace    = "slack-pace"

	setDiscordToken   = "discord-token"
	setDiscordChannel = "discord-channel"
	setDiscordKey     = "discord-public-key"
	setDiscordMode    = "discord-mode"
	setDiscordRead    = "discord-read-threads"
	setDiscordAPI     = "discord-api-url"
)

// defaultListen is loopback: whoever can reach the console without signing in
// sits at this machine.
const defaultListen = "127.0.0.1:8467"

// globalSettings have a flag on every command; serveSettings on those that run
// or check the desk.
var (
	globalSettings = []string{setDatabase, setPlaybook, setLogLevel, setLogFormat}
	serveSettings  = []string{setListen, setURL, setModelURL, setModel}
)

// table lists every setting. It is what `evenkeel config` shows.
func (p *program) table() []settings.Spec {
	return []settings.Spec{
		{Name: setDatabase, Env: "EVENKEEL_DATABASE", Kind: settings.Address, Default: p.defaultDatabase(), Check: checkDatabase,
			Help: "where everything is kept: sqlite:PATH or postgres://user@host/name"},
		{Name: setPlaybook, Env: "EVENKEEL_PLAYBOOK",
			Help: "the team's rules, a YAML file (default: playbook.yaml if it is there, else the built-in rules)"},
		{Name: setLogLevel, Env: "EVENKEEL_LOG_LEVEL", Default: "info", Check: checkLevel,
			Help: "debug, info, warn or error"},
		{Name: setLogFormat, Env: "EVENKEEL_LOG_FORMAT", Default: "auto", Check: oneOf("auto", "text", "json"),
			Help: "text, json, or auto: text on a terminal, json elsewhere"},
		{Name: setKey, Env: "EVENKEEL_KEY", Kind: settings.Private, Check: checkKey,
			Help: "encrypts the sign-ins of sources that the database keeps, 32 random characters or more; two with a comma between, the new one first, while it is being replaced"},
		{Name: setListen, Env: "EVENKEEL_LISTEN", Default: defaultListen, Check: checkListen,
			Help: "address of the console and the webhooks"},
		{Name: setURL, Env: "EVENKEEL_URL", Check: checkURL,
			Help: "the console's address as people reach it, for links and invitations (default: the listen address)"},
		{Name: setModelURL, Env: "EVENKEEL_MODEL_URL", Check: checkURL,
			Help: "base URL of an OpenAI-compatible model endpoint, such as http://localhost:11434/v1 (default: the offline drafter)"},
		{Name: setModel, Env: "EVENKEEL_MODEL",
			Help: "name of the model at that endpoint"},
		{Name: setModelKey, Env: "EVENKEEL_MODEL_KEY", Kind: settings.Private,
			Help: "the endpoint's key"},
		{Name: setSpareURL, Env: "EVENKEEL_SPARE_MODEL_URL", Check: checkURL,
			Help: "base URL of a second endpoint, asked while the first one fails"},
		{Name: setSpare, Env: "EVENKEEL_SPARE_MODEL",
			Help: "name of the model at the second endpoint"},
		{Name: setSpareKey, Env: "EVENKEEL_SPARE_MODEL_KEY", Kind: settings.Private,
			Help: "the second endpoint's key"},
		{Name: setPromptPrice, Env: "EVENKEEL_MODEL_PROMPT_PRICE", Check: checkPrice,
			Help: "price of a million tokens asked, for the playbook's cost_per_day"},
		{Name: setAnswerPrice, Env: "EVENKEEL_MODEL_ANSWER_PRICE", Check: checkPrice,
			Help: "price of a million tokens answered"},
		{Name: setMetricsToken, Env: "EVENKEEL_METRICS_TOKEN", Kind: settings.Private,
			Help: "what Prometheus must send to read /metrics from another machine (default: this machine only)"},
		{Name: setRetain, Env: "EVENKEEL_RETAIN_MONTHS", Check: checkMonths,
			Help: "erase the words of cases that were closed this many months ago (default: keep them)"},
		{Name: setHandoverAllow, Env: "EVENKEEL_HANDOVER_ALLOW",
			Help: "hosts, or host:port, with commas between, that outgoing webhooks may reach although their address is not public (default: none)"},
		{Name: setSlackBot, Env: "EVENKEEL_SLACK_BOT_TOKEN", Kind: settings.Private,
			Help: "Slack's bot token (xoxb-…); it switches Slack on"},
		{Name: setSlackApp, Env: "EVENKEEL_SLACK_APP_TOKEN", Kind: settings.Private,
			Help: "Slack's app-level token (xapp-…), for Socket Mode"},
		{Name: setSlackSigning, Env: "EVENKEEL_SLACK_SIGNING_SECRET", Kind: settings.Private,
			Help: "Slack's signing secret, for HTTP mode; two with a comma between while it is being replaced"},
		{Name: setSlackChannel, Env: "EVENKEEL_SLACK_CHANNEL",
			Help: "the Slack channel for cards where the playbook names none: an id (C…) or a name"},
		{Name: setSlackCommand, Env: "EVENKEEL_SLACK_COMMAND", Default: slackbot.DefaultCommand,
			Help: "the slash command in Slack"},
		{Name: setSlackMode, Env: "EVENKEEL_SLACK_MODE", Default: string(slackbot.Socket), Check: oneOf(string(slackbot.Socket), string(slackbot.HTTP)),
			Help: "socket: the program dials out; http: Slack calls us"},
		{Name: setSlackAPI, Env: "EVENKEEL_SLACK_API_URL", Check: checkURL,
			Help: "another address of Slack's Web API, ending in /api/, for tests (default: Slack's own)"},
		{Name: setSlackPace, Env: "EVENKEEL_SLACK_PACE", Default: "1", Check: checkPace,
			Help: "messages a second to one channel of Slack, after a burst of 20; off leaves it to Slack to ask for patience"},
		{Name: setDiscordToken, Env: "EVENKEEL_DISCORD_TOKEN", Kind: settings.Private,
			Help: "Discord's bot token; it switches Discord on"},
		{Name: setDiscordChannel, Env: "EVENKEEL_DISCORD_CHANNEL",
			Help: "id of the Discord text or forum channel for cards where the playbook names none"},
		{Name: setDiscordMode, Env: "EVENKEEL_DISCORD_MODE", Default: string(discordbot.Gateway), Check: oneOf(string(discordbot.Gateway), string(discordbot.HTTP)),
			Help: "gateway: the program dials out; http: Discord brings presses and commands to us"},
		{Name: setDiscordKey, Env: "EVENKEEL_DISCORD_PUBLIC_KEY",
			Help: "the Discord application's public key, for the mode http"},
		{Name: setDiscordRead, Env: "EVENKEEL_DISCORD_READ_THREADS", Default: "no", Check: oneOf("yes", "no"),
			Help: "yes: “fact: …” counts in threads without mentioning the bot; needs the privileged intent Message Content"},
		{Name: setDiscordAPI, Env: "EVENKEEL_DISCORD_API_URL", Check: checkURL,
			Help: "another address of Discord's API, with its version, for tests (default: Discord's own)"},
	}
}

// addGlobalFlags puts the flags that every command knows on the root.
func addGlobalFlags(root *cobra.Command) {
	flags := root.PersistentFlags()
	flags.String("config", "", "settings file (default: evenkeel.yaml here, then in the user's configuration folder)")
	flags.Bool("json", false, "write JSON for scripts instead of words for people")
	for _, s := range (&program{}).table() {
		if slices.Contains(globalSettings, s.Name) {
			flags.String(s.Name, "", s.Help)
		}
	}
	_ = root.RegisterFlagCompletionFunc(setLogLevel, cobra.FixedCompletions([]string{"debug", "info", "warn", "error"}, cobra.ShellCompDirectiveNoFileComp))
	_ = root.RegisterFlagCompletionFunc(setLogFormat, cobra.FixedCompletions([]string{"auto", "text", "json"}, cobra.ShellCompDirectiveNoFileComp))
}

// addServeFlags puts the desk's settings on a command.
func addServeFlags(cmd *cobra.Command) {
	for _, s := range (&program{}).table() {
		if slices.Contains(serveSettings, s.Name) {
			cmd.Flags().String(s.Name, "", s.Help)
		}
	}
}

// settings finds the value of every setting for one run.
func (p *program) settings(cmd *cobra.Command) (settings.Values, error) {
	file, err := p.settingsFile(cmd)
	if err != nil {
		return settings.Values{}, err
	}
	return settings.Find(p.table(), settings.Places{Flag: givenFlags(cmd), Env: p.env, File: file})
}

// givenFlags looks up the flags that stand on the command line.
func givenFlags(cmd *cobra.Command) func(string) (string, bool) {
	return func(name string) (string, bool) {
		f := cmd.Flags().Lookup(name)
		if f == nil || !f.Changed {
			return "", false
		}
		return f.Value.String(), true
	}
}

// settingsFile reads the file that is named, or the first default that exists.
func (p *program) settingsFile(cmd *cobra.Command) (settings.File, error) {
	path, _ := cmd.Flags().GetString("config")
	if path == "" {
		path = p.getenv("EVENKEEL_CONFIG")
	}
	if path != "" {
		f, err := settings.ReadFile(path)
		if err != nil {
			return f, fmt.Errorf("the settings file: %w", err)
		}
		return f, nil
	}
	paths := []string{"evenkeel.yaml"}
	if dir := p.userDir("XDG_CONFIG_HOME", ".config"); dir != "" {
		paths = append(paths, filepath.Join(dir, "evenkeel.yaml"))
	}
	return settings.FirstFile(paths...)
}

// playbookPath is the playbook to read, "" for the built-in rules.
func (c *call) playbookPath() string {
	if v := c.values.Where(setPlaybook); v.Set() {
		return c.values.Get(setPlaybook)
	}
	const local = "playbook.yaml"
	if _, err := os.Stat(local); err == nil {
		return local
	}
	return ""
}

// defaultDatabase is a file in the user's data folder, or, for a user without
// one, in the working folder.
func (p *program) defaultDatabase() string {
	return "sqlite:" + filepath.Join(p.userDir("XDG_DATA_HOME", ".local/share"), "evenkeel.db")
}

// userDir is evenkeel's own folder of a kind, by the XDG base directory
// specification (https://specifications.freedesktop.org/basedir-spec/latest/);
// "" for a user without a home.
func (p *program) userDir(variable, fallback string) string {
	if dir := p.getenv(variable); filepath.IsAbs(dir) {
		return filepath.Join(dir, "evenkeel")
	}
	if home := p.getenv("HOME"); home != "" {
		return filepath.Join(home, fallback, "evenkeel")
	}
	return ""
}

func (p *program) getenv(name string) string {
	if p.env == nil {
		return ""
	}
	s, _ := p.env(name)
	return s
}

func checkDatabase(s string) error {
	for _, prefix := range []string{"sqlite:", "postgres://", "postgresql://"} {
		if strings.HasPrefix(s, prefix) && len(s) > len(prefix) {
			return nil
		}
	}
	return fmt.Errorf("a database is sqlite:PATH or postgres://user@host/name")
}

func checkLevel(s string) error {
	var l slog.Level
	if l.UnmarshalText([]byte(s)) != nil {
		return fmt.Errorf("%q is no level; use debug, info, warn or error", s)
	}
	return nil
}

func oneOf(words ...string) func(string) error {
	return func(s string) error {
		if !slices.Contains(words, s) {
			return fmt.Errorf("%q is not one of %s", s, strings.Join(words, ", "))
		}
		return nil
	}
}

func checkListen(s string) error {
	if _, _, err := net.SplitHostPort(s); err != nil {
		return fmt.Errorf("%q is no address; write host:port, such as %s", s, defaultListen)
	}
	return nil
}

func checkURL(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("this is no address that begins with http:// or https://")
	case u.User != nil:
		return fmt.Errorf("an address must not carry a password; use the setting for it")
	}
	return nil
}
