package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources/google"
	"github.com/evenkeel/evenkeel/sources/oauth"
	"github.com/evenkeel/evenkeel/storage/sqlite"
)

// signInTime is how long a person has for it.
const signInTime = 10 * time.Minute

func (p *program) sourceSignInCommand() *cobra.Command {
	var device bool
	cmd := &cobra.Command{
		Use:   "sign-in NAME",
		Short: "Sign in to a source's platform in the browser, once",
		Long: `Sign in to a source's platform. The browser of this machine is sent back here;
what the platform gives is kept in the database, encrypted under EVENKEEL_KEY.

For sources of kind google. Stop a running evenkeel first if the database is a
SQLite file: one process alone holds it.`,
		Example: "  evenkeel source sign-in maps",
		Args:    wants(1, 1, "the name of a source"),
		RunE: p.with(func(ctx context.Context, c *call, args []string) error {
			rules, err := c.playbook()
			if err != nil {
				return err
			}
			s, err := sourceNamed(rules, args[0])
			if err != nil {
				return err
			}
			return c.signInTo(ctx, s, device)
		}),
	}
	cmd.Flags().BoolVar(&device, "device", false, "with a browser elsewhere, by typing a code, where the platform allows it")
	return cmd
}

// signInTo lets a person sign in and keeps what comes of it.
func (c *call) signInTo(ctx context.Context, s playbook.Source, device bool) error {
	if s.Kind != "google" {
		return usagef("a source of kind %s needs no sign-in in the browser", s.Kind)
	}
	k := c.kit(&reception{})
	if k.vault == nil {
		return usagef("a sign-in is kept encrypted: %s, then run `evenkeel source sign-in %s`", setKeyFirst, s.Name)
	}
	app, err := googleApp(k, s, google.Scope)
	if err != nil {
		return usage(err)
	}
	store, err := c.openStore(ctx)
	var held *sqlite.InUseError
	switch {
	case errors.As(err, &held):
		return fmt.Errorf("a running evenkeel holds the database; stop it, sign in with `evenkeel source sign-in %s`, and start it again", s.Name)
	case err != nil:
		return err
	}
	defer store.Close()
	k.vault.open(store)
	ctx, cancel := context.WithTimeout(ctx, signInTime)
	defer cancel()
	token, err := c.consent(ctx, app, device)
	if err != nil {
		return err
	}
	if err := (drawer{k.vault, "token:" + s.Name}).signedIn(ctx, token); err != nil {
		return fmt.Errorf("the sign-in could not be kept: %w", err)
	}
	c.note("Signed in. It is kept in the database, encrypted.")
	return nil
}

func (c *call) consent(ctx context.Context, app oauth.App, device bool) (oauth.Token, error) {
	if device {
		return oauth.Device{App: app, Transport: c.via, Now: c.now, Show: func(code oauth.DeviceCode) error {
			c.note("Open %s on any device and type %s", code.Address, code.Code)
			return nil
		}}.Run(ctx)
	}
	return oauth.Loopback{App: app, Transport: c.via, Now: c.now, Show: func(address string) error {
		c.note("Open this address in the browser of this machine and sign in with the account that manages the places:\n\n%s\n", address)
		return nil
	}}.Run(ctx)
}

// sourceNamed is a source of the playbook.
func sourceNamed(rules *playbook.Playbook, name string) (playbook.Source, error) {
	s, ok := rules.Source(name)
	if !ok {
		return s, usagef("the playbook has no source %q; `evenkeel source list` shows them", name)
	}
	return s, nil
}
