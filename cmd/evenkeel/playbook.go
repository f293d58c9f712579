package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/review/playbook"
)

func (p *program) playbookCommand() *cobra.Command {
	var check, minimal bool
	cmd := &cobra.Command{
		Use:   "playbook",
		Short: "Print a commented playbook to start from, or check yours",
		Long: `Print an example of the team's rules with every key and a comment, to start
from. With --check, read your own instead and say what is wrong in it, each with
its line.`,
		Example: `  evenkeel playbook > playbook.yaml
  evenkeel playbook --minimal
  evenkeel playbook --check --playbook team.yaml`,
		Args: wants(0, 0, "no arguments; name the file with --playbook"),
		RunE: p.with(func(_ context.Context, c *call, _ []string) error {
			switch {
			case check:
				return c.checkPlaybook()
			case minimal:
				c.print("%s", strings.TrimRight(playbook.Minimal(), "\n"))
			default:
				c.print("%s", strings.TrimRight(playbook.Example(), "\n"))
			}
			return nil
		}),
	}
	cmd.Flags().BoolVar(&check, "check", false, "check the playbook in use")
	cmd.Flags().BoolVar(&minimal, "minimal", false, "print the least that is worth writing")
	return cmd
}

func (c *call) checkPlaybook() error {
	rules, err := c.playbook()
	if err != nil {
		return err
	}
	if _, err := makeSources(c.kit(&reception{}), rules); err != nil {
		return usage(err)
	}
	path := c.playbookPath()
	if path == "" {
		path = "the built-in rules"
	}
	c.print("%s: in order, version %s, %d sources", path, rules.Version(), len(rules.Sources()))
	return nil
}
