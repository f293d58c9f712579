package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/slackbot"
	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/playbook"
)

// slack makes the Slack adapter of the settings, or nil when no bot token is
// set and the playbook names no channel in Slack.
func (c *call) slack(rules *playbook.Playbook, desk bot.Front, page func(context.Context, review.Person, int64) (slackbot.Page, error)) (*slackbot.Bot, error) {
	if !c.values.Secret(setSlackBot).IsSet() {
		if slices.Contains(rules.Chats(), playbook.Slack) {
			return nil, usagef("the playbook names a channel in Slack, but EVENKEEL_SLACK_BOT_TOKEN is not set; docs/slack.md says where it comes from")
		}
		return nil, nil
	}
	var signing []secret.Value
	for s := range strings.SplitSeq(c.values.Secret(setSlackSigning).Reveal(), ",") {
		if s = strings.TrimSpace(s); s != "" {
			signing = append(signing, secret.New(s))
		}
	}
	b, err := slackbot.New(slackbot.Config{
		BotToken:       c.values.Secret(setSlackBot),
		AppToken:       c.values.Secret(setSlackApp),
		SigningSecrets: signing,
		Channel:        c.values.Get(setSlackChannel),
		Groups:         rules.Named("slack-group"),
		Command:        c.values.Get(setSlackCommand),
		Mode:           slackbot.Mode(c.values.Get(setSlackMode)),
		APIURL:         c.values.Get(setSlackAPI),
		Page:           page,
		Pace:           slackPace(c.values.Get(setSlackPace)),
		Desk:           desk, Now: c.now, Logger: c.log,
	})
	if err != nil {
		return nil, usage(err)
	}
	return b, nil
}

func (s *station) attachSlack() error {
	b, err := s.slack(s.rules, s.desk, s.pageFor())
	if err != nil || b == nil {
		return err
	}
	s.desk.Attach(b)
	if slackbot.Mode(s.values.Get(setSlackMode)) == slackbot.HTTP {
		for _, path := range []string{slackbot.PathEvents, slackbot.PathInteractive, slackbot.PathCommand} {
			s.mux.Handle(http.MethodPost+" "+path, b.Handler())
		}
	}
	return nil
}

// mostPace bounds a pace that somebody may mean: Slack takes about one message
// a second and channel.
const mostPace = 100

func checkPace(s string) error {
	n, err := strconv.ParseFloat(s, 64)
	if s != "off" && (err != nil || !(n > 0 && n <= mostPace)) {
		return fmt.Errorf("%q is neither a number of messages a second, up to %d, nor off", s, mostPace)
	}
	return nil
}

// slackPace reads a pace that was checked.
func slackPace(s string) slackbot.Pace {
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		return slackbot.Pace{PerSecond: n}
	}
	return slackbot.Pace{PerSecond: -1}
}

// linkLife is how long a link to the console from a chat can be used.
const linkLife = time.Hour

// pageFor makes links to the console for people whom a chat knows; nil without
// a console. They are the same person there, with the role they have now.
func (s *station) pageFor() func(context.Context, review.Person, int64) (slackbot.Page, error) {
	if !slices.Contains(s.rules.Chats(), playbook.Console) {
		return nil
	}
	signIn := s.signIn()
	return func(ctx context.Context, who review.Person, id int64) (slackbot.Page, error) {
		link, err := signIn(ctx, who)
		return slackbot.Page{Enter: link, Case: s.desk.Link(id)}, err
	}
}

// signIn makes links to the console for people whom a chat knows; nil without
// a console.
func (s *station) signIn() func(context.Context, review.Person) (string, error) {
	if !slices.Contains(s.rules.Chats(), playbook.Console) {
		return nil
	}
	return func(ctx context.Context, who review.Person) (string, error) {
		return s.invite(ctx, invitation{Name: who.Name, ID: who.ID, Role: who.Role, For: linkLife})
	}
}

// slackCheck asks Slack whether all is well, with calls that post nothing.
func (e *examination) slackCheck(ctx context.Context, rules *playbook.Playbook) {
	b, err := e.slack(rules, new(bot.Desk), nil) // nothing is taken to it here
	switch {
	case err != nil:
		e.add("slack", attention, "see docs/slack.md", "%v", err)
		return
	case b == nil:
		e.add("slack", remark, "docs/slack.md brings the first card there in five minutes", "not set up")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	for _, f := range b.Check(ctx) {
		state := attention
		if f.OK {
			state = well
		}
		e.add("slack", state, f.Do, "%s", f.What)
	}
}

func (p *program) manifestCommand() *cobra.Command {
	var o slackbot.ManifestOptions
	slack := &cobra.Command{
		Use:   "slack",
		Short: "Print the manifest of a Slack app, and a link that creates it",
		Long: `Print the manifest of a Slack app with exactly the permissions that evenkeel
needs, and a link that opens Slack's page with it filled in. The next steps
stand in docs/slack.md.`,
		Example: `  evenkeel manifest slack
  evenkeel manifest slack --command /feedback --name "Acme reviews"
  evenkeel manifest slack --http https://evenkeel.example.com`,
		Args: wants(0, 0, "no arguments"),
		RunE: p.with(func(_ context.Context, c *call, _ []string) error {
			manifest, link, err := slackbot.Manifest(o)
			if err != nil {
				return usage(err)
			}
			c.print("%s", manifest)
			c.note("\nOpen this to create the app:\n%s", link)
			return nil
		}),
	}
	f := slack.Flags()
	f.StringVar(&o.Name, "name", "", "name of the app and the bot, at most 35 characters")
	f.StringVar(&o.Command, "command", slackbot.DefaultCommand, "the slash command")
	f.StringVar(&o.HTTPURL, "http", "", "public address, for HTTP mode instead of Socket Mode")
	return group(&cobra.Command{
		Use:     "manifest",
		Short:   "Print what a chat needs to know of this app",
		Example: `  evenkeel manifest slack`,
	}, slack)
}
