package main

import (
	"context"
	"net/http"
	"slices"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/discordbot"
	"github.com/evenkeel/evenkeel/review/playbook"
)

// discord makes the Discord adapter of the settings, or nil when no token is
// set and the playbook names no channel in Discord. turns is nil for a look
// from outside.
func (c *call) discord(rules *playbook.Playbook, desk bot.Front, turns discordbot.Turns, page func(int64) string) (*discordbot.Bot, error) {
	named := discordChannels(rules)
	if !c.values.Secret(setDiscordToken).IsSet() {
		if slices.Contains(rules.Chats(), playbook.Discord) {
			return nil, usagef("the playbook names a channel in Discord, but EVENKEEL_DISCORD_TOKEN is not set; docs/discord.md says where it comes from")
		}
		return nil, nil
	}
	home := c.values.Get(setDiscordChannel)
	if home == "" && len(named) > 0 {
		home = named[0]
	}
	b, err := discordbot.New(discordbot.Config{
		Token:       c.values.Secret(setDiscordToken),
		PublicKey:   c.values.Get(setDiscordKey),
		Channel:     home,
		Channels:    named,
		ReadThreads: c.values.Get(setDiscordRead) == "yes",
		Mode:        discordbot.Mode(c.values.Get(setDiscordMode)),
		APIURL:      c.values.Get(setDiscordAPI),
		Turns:       turns, CaseURL: page,
		Desk: desk, Now: c.now, Logger: c.log,
	})
	if err != nil {
		return nil, usage(err)
	}
	return b, nil
}

// discordChannels are the channels in Discord that the playbook names.
func discordChannels(rules *playbook.Playbook) []string {
	var out []string
	names := []string{""}
	for _, s := range rules.Sources() {
		names = append(names, s.Name)
	}
	for _, name := range names {
		for _, quiet := range []bool{false, true} {
			for _, r := range rules.Routes(name, quiet) {
				for _, id := range []string{r.Channel, r.Escalate} {
					if r.Chat == playbook.Discord && id != "" && !slices.Contains(out, id) {
						out = append(out, id)
					}
				}
			}
		}
	}
	return out
}

func (s *station) attachDiscord() error {
	turn := bot.Turn{Store: s.store, Name: discordbot.Name, Worker: workerName(), Now: s.now, Logger: s.log}
	b, err := s.discord(s.rules, s.desk, turn, s.desk.Link)
	if err != nil || b == nil {
		return err
	}
	s.desk.Attach(b)
	if discordbot.Mode(s.values.Get(setDiscordMode)) == discordbot.HTTP {
		s.mux.Handle(http.MethodPost+" "+discordbot.Path, b.Handler())
	}
	return nil
}

// discordCheck asks Discord whether all is well, with calls that change nothing.
func (e *examination) discordCheck(ctx context.Context, rules *playbook.Playbook) {
	b, err := e.discord(rules, new(bot.Desk), nil, nil) // nothing is taken to it here
	switch {
	case err != nil:
		e.add("discord", attention, "see docs/discord.md", "%v", err)
		return
	case b == nil:
		e.add("discord", remark, "docs/discord.md brings the first card there in five minutes", "not set up")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	for _, f := range b.Check(ctx) {
		state := attention
		if f.OK {
			state = well
		}
		e.add("discord", state, f.Do, "%s", f.What)
	}
}

// manifests is the manifest command with what each chat needs.
func (p *program) manifests() *cobra.Command {
	cmd := p.manifestCommand()
	cmd.Example += "\n  evenkeel manifest discord --app 80351110224678912"
	cmd.AddCommand(p.discordManifest())
	return cmd
}

func (p *program) discordManifest() *cobra.Command {
	var app, base string
	cmd := &cobra.Command{
		Use:   "discord",
		Short: "Print the link that invites the bot to a Discord server, and what to switch on",
		Long: `Print the link that invites the bot to a Discord server with exactly the
permissions that evenkeel needs, and what is to be switched on. The application
is made by hand at https://discord.com/developers/applications; its id stands on
its General Information page. The next steps stand in docs/discord.md.`,
		Example: `  evenkeel manifest discord --app 80351110224678912
  evenkeel manifest discord --app 80351110224678912 --http https://evenkeel.example.com`,
		Args: wants(0, 0, "no arguments"),
		RunE: p.with(func(_ context.Context, c *call, _ []string) error {
			link, err := discordbot.Invite(app)
			if err != nil {
				return usage(err)
			}
			if base != "" {
				if err := checkURL(base); err != nil {
					return usage(err)
				}
			}
			if c.json {
				return c.printJSON(map[string]any{"invite": link, "permissions": discordPermissions()})
			}
			c.print("%s", link)
			c.note("\nSomebody with Manage Server opens this link and chooses the server. It asks for:")
			for _, p := range discordbot.Permissions {
				c.note("  %-26s %s", p.Name, p.For)
			}
			c.note("\n%s", discordbot.SwitchOn(base))
			return nil
		}),
	}
	cmd.Flags().StringVar(&app, "app", "", "the application's id")
	cmd.Flags().StringVar(&base, "http", "", "public address, when Discord shall call us")
	_ = cmd.MarkFlagRequired("app")
	return cmd
}

func discordPermissions() []string {
	var out []string
	for _, p := range discordbot.Permissions {
		out = append(out, p.Name)
	}
	return out
}
