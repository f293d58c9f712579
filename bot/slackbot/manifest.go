package slackbot

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/slack-go/slack"
)

// ManifestOptions is what differs between one team's Slack app and another's.
type ManifestOptions struct {
	Name    string // of the app and the bot, at most 35 characters; "" is evenkeel
	Command string // "/review" when empty
	HTTPURL string // public base URL for HTTP mode; "" is Socket Mode
}

// Scopes are the bot's OAuth scopes, each with what needs it. The manifest
// asks for exactly these and [Bot.Check] names those that are missing.
// https://docs.slack.dev/reference/scopes
var Scopes = []struct{ Name, For string }{
	{"app_mentions:read", "hearing “@evenkeel shorter, please” in a thread"},
	{"channels:history", "finding its own cards again after a lost answer, and “fact: …” in threads of public channels"},
	{"channels:read", "checking that the channel exists and the bot is in it"},
	{"chat:write", "posting and updating cards"},
	{"commands", "the slash command and the message shortcuts"},
	{"files:write", "the picture in a digest"},
	{"groups:history", "the same as channels:history, in private channels"},
	{"groups:read", "the same as channels:read, for private channels"},
	{"usergroups:read", "roles by user group"},
	{"users:read", "people's names, and who is a workspace admin"},
}

// botEvents are what Slack tells the bot without being asked.
// https://docs.slack.dev/reference/events
var botEvents = []string{"app_home_opened", "app_mention", "message.channels", "message.groups"}

var (
	errNoHTTPS  = errors.New("slack: the URL must be public and begin with https://, for example https://evenkeel.example.com")
	commandName = regexp.MustCompile(`^/[a-z0-9_-]{1,31}$`)
)

// maxAppName is the manifest's limit.
// https://docs.slack.dev/reference/app-manifest
const maxAppName = 35

// Manifest is the app manifest as indented JSON, to be pasted at "Create an
// app, from a manifest", and a link that opens that page with it filled in.
func Manifest(o ManifestOptions) (manifest []byte, link string, err error) {
	if o.Name == "" {
		o.Name = "evenkeel"
	}
	if o.Command == "" {
		o.Command = DefaultCommand
	}
	if runeLen(o.Name) > maxAppName {
		return nil, "", fmt.Errorf("slack: the app's name may have %d characters, this has %d", maxAppName, runeLen(o.Name))
	}
	if !commandName.MatchString(o.Command) {
		return nil, "", fmt.Errorf("slack: %q is no command; it begins with / and has lower-case letters, digits, - and _, at most 32 characters", o.Command)
	}
	m := appManifest(o)
	if o.HTTPURL != "" {
		if err := overHTTP(&m, o.HTTPURL); err != nil {
			return nil, "", err
		}
	}
	short, err := json.Marshal(m)
	if err != nil {
		return nil, "", err
	}
	manifest, err = json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, "", err
	}
	return manifest, "https://api.slack.com/apps?new_app=1&manifest_json=" + url.QueryEscape(string(short)), nil
}

func appManifest(o ManifestOptions) slack.Manifest {
	scopes := make([]string, len(Scopes))
	for i, s := range Scopes {
		scopes[i] = s.Name
	}
	return slack.Manifest{
		Metadata: slack.ManifestMetadata{MajorVersion: 1, MinorVersion: 1},
		Display: slack.Display{
			Name:        o.Name,
			Description: "Brings customer reviews into the team's chat and publishes only replies that people approved.",
			LongDescription: "Each new customer review gets a thread. People decide what to do, facts are gathered, a calm reply is drafted, " +
				"and nothing is published before a person approved exactly those words. Afterwards the bot looks whether the reply is live.",
			BackgroundColor: "#1f3a4d",
		},
		Features: slack.Features{
			AppHome: slack.AppHome{HomeTabEnabled: true, MessagesTabEnabled: true, MessagesTabReadOnlyEnabled: true},
			BotUser: slack.BotUser{DisplayName: o.Name, AlwaysOnline: true},
			Shortcuts: []slack.Shortcut{
				{Name: "Make this a review case", CallbackID: addShortcut, Description: "Opens a form with this message as the review.", Type: slack.MessageShortcut},
				{Name: "Mark as fact", CallbackID: factShortcut, Description: "You vouch for this message; drafts of the case may use it.", Type: slack.MessageShortcut},
			},
			SlashCommands: []slack.ManifestSlashCommand{{
				Command: o.Command, Description: "Reviews: inbox, show, fact, draft, help …", UsageHint: "help",
			}},
		},
		OAuthConfig: slack.OAuthConfig{Scopes: slack.OAuthScopes{Bot: scopes}},
		Settings: slack.Settings{
			EventSubscriptions: &slack.EventSubscriptions{BotEvents: botEvents},
			Interactivity:      &slack.Interactivity{IsEnabled: true},
			SocketModeEnabled:  true,
		},
	}
}

// overHTTP gives the manifest request URLs instead of Socket Mode.
func overHTTP(m *slack.Manifest, base string) error {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return errNoHTTPS
	}
	base = strings.TrimSuffix(u.String(), "/")
	m.Settings.SocketModeEnabled = false
	m.Settings.EventSubscriptions.RequestUrl = base + PathEvents
	m.Settings.Interactivity.RequestUrl = base + PathInteractive
	m.Features.SlashCommands[0].Url = base + PathCommand
	return nil
}
