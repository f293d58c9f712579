package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/bot/webconsole"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/storage/sqlite"
)

func (p *program) inviteCommand() *cobra.Command {
	var o inviteOptions
	cmd := &cobra.Command{
		Use:   "invite NAME",
		Short: "Print a link with which one person signs in to the console, once",
		Long: `Print a link with which one person signs in to the console. It works once, and
for a day unless --for says otherwise; send it to that person alone. The same
name is always the same person, however often invited.

It works while evenkeel is running, and while it is not.`,
		Example: `  evenkeel invite Ana --role lead
  evenkeel invite "Bo Jansen" --role approver --for 2h --url https://desk.example.com`,
		Args: wants(1, 1, "one name (in quotes if it has spaces)"),
		RunE: p.with(func(ctx context.Context, c *call, args []string) error { return c.inviteNamed(ctx, o, args[0]) }),
	}
	cmd.Flags().StringVar(&o.role, "role", "responder", "viewer, responder, approver or lead")
	cmd.Flags().StringVar(&o.lasts, "for", "24h", "how long the link can be used")
	addServeFlags(cmd)
	_ = cmd.RegisterFlagCompletionFunc("role", cobra.FixedCompletions([]string{"viewer", "responder", "approver", "lead"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

type inviteOptions struct{ role, lasts string }

// longestInvite bounds how long a link lies about.
const longestInvite = 30 * 24 * time.Hour

func (c *call) inviteNamed(ctx context.Context, o inviteOptions, name string) error {
	role, err := review.ParseRole(o.role)
	if err != nil {
		return usagef("--role: %w", err)
	}
	lasts, err := playbook.ParseDuration(o.lasts)
	if err != nil || lasts <= 0 || lasts > longestInvite {
		return usagef("--for is a length of time up to 30d, such as 24h; %q is not", o.lasts)
	}
	link, err := c.invitation(ctx, invitation{Name: name, Role: role, For: lasts})
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(map[string]any{"name": name, "role": role, "link": link, "until": c.now().Add(lasts).UTC().Format(time.RFC3339)})
	}
	c.print("%s", link)
	c.note("For %s, as %s. It works once, until %s.", name, role, c.now().Add(lasts).Format("2006-01-02 15:04 MST"))
	return nil
}

// invitation is what a link is asked for with.
type invitation struct {
	Name string `json:"name"`
	// ID is who it is, when a chat knows the person already. It never comes from
	// outside of the program.
	ID   review.PersonID `json:"-"`
	Role review.Role     `json:"role"`
	For  time.Duration   `json:"for"`
}

// invitation makes a link: in the database, or, when a running evenkeel holds
// it, by asking that one.
func (c *call) invitation(ctx context.Context, i invitation) (string, error) {
	store, err := c.openStore(ctx)
	var held *sqlite.InUseError
	if errors.As(err, &held) {
		var link string
		err := askControl(ctx, held.Path, "/invite", i, &link)
		return link, err
	}
	if err != nil {
		return "", err
	}
	defer store.Close()
	return webconsole.Invite(ctx, store, webconsole.Invitation{
		Name: i.Name, Role: i.Role, For: i.For, BaseURL: c.consoleURL(c.values.Get(setListen)), Now: c.now(),
	})
}

// invite makes a link to the console of a running station.
func (s *station) invite(ctx context.Context, i invitation) (string, error) {
	return webconsole.Invite(ctx, s.store, webconsole.Invitation{
		Name: i.Name, ID: i.ID, Role: i.Role, For: i.For, BaseURL: s.url, Now: s.now(),
	})
}
