package main

import (
	"context"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"fmt"
)

func (p *program) configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show every setting and where its value came from",
		Long: `Show every setting, its value and where it came from. Secrets are masked.

A setting comes from its flag, else from its environment variable, else from
the settings file, else it has its default. The settings file is flat YAML with
the names shown here (listen: 127.0.0.1:9000): the one named by --config or
EVENKEEL_CONFIG, else evenkeel.yaml in the working folder, else
$XDG_CONFIG_HOME/evenkeel/evenkeel.yaml. Secrets come from the environment
only, or from the file that the variable with _FILE at its end names.`,
		Example: `  evenkeel config
  evenkeel config --json | jq '.[] | select(.from != "default")'
  EVENKEEL_MODEL_KEY_FILE=/run/secrets/model evenkeel config`,
		Args: wants(0, 0, "no arguments"),
		RunE: p.with(showConfig),
	}
	addServeFlags(cmd)
	return cmd
}

// shownSetting is a line of `evenkeel config --json`.
type shownSetting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	From  string `json:"from"`
	Env   string `json:"env"`
	Help  string `json:"help"`
}

func showConfig(_ context.Context, c *call, _ []string) error {
	all := make([]shownSetting, 0, len(c.values.All()))
	for _, v := range c.values.All() {
		all = append(all, shownSetting{Name: v.Name, Value: v.Shown(), From: v.From, Env: v.Env, Help: v.Help})
	}
	if c.json {
		return c.printJSON(all)
	}
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	for _, s := range all {
		value := s.Value
		if value == "" {
			value = "-"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", s.Name, value, s.From)
	}
	return w.Flush()
}
