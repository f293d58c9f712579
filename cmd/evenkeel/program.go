package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/cmd/evenkeel/internal/settings"
)

// program is evenkeel with its surroundings, so that tests can start it with
// others.
type program struct {
	in       io.Reader
	out, err io.Writer
	env      func(string) (string, bool)
	now      func() time.Time
	terminal bool              // err is a terminal: progress bars, readable logs
	via      http.RoundTripper // by which sign-in servers are called; nil but in tests
}

// run does what the command line asks and returns the exit code.
func (p *program) run(ctx context.Context, args []string) int {
	root := p.root()
	root.SetArgs(args)
	root.SetIn(p.in)
	root.SetOut(p.out)
	root.SetErr(p.err)
	cmd, err := root.ExecuteContextC(ctx)
	var said *exitError
	if silent := errors.As(err, &said) && said.err == nil; err != nil && !silent {
		p.complain(cmd, err)
	}
	return exitCode(err)
}

// complain says what went wrong and, after a wrong call, where help stands.
func (p *program) complain(cmd *cobra.Command, err error) {
	_, _ = fmt.Fprintf(p.err, "evenkeel: %s\n", strings.ReplaceAll(err.Error(), "\n", "\n          "))
	if exitCode(err) == exitUsage {
		_, _ = fmt.Fprintf(p.err, "Help: %s --help\n", cmd.CommandPath())
	}
}

// root is the command tree.
func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "evenkeel",
		Short: "Answer customer reviews calmly, from your team's chat",
		Long: `evenkeel brings customer reviews into your team's chat, drafts calm replies,
records who approved which words, publishes exactly those and looks whether
they are live. Nothing is ever published without a person's approval.

Start with:  evenkeel demo
Then:        evenkeel serve`,
		Example: `  evenkeel demo                      # a story to click through; needs nothing
  evenkeel serve                     # the desk, with the console in the browser
  evenkeel import reviews.csv        # earlier reviews from a file
  evenkeel doctor                    # is everything set up?`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          knownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage(err) })
	addGlobalFlags(root)
	root.AddCommand(
		p.serveCommand(), p.demoCommand(),
		p.importCommand(), p.exportCommand(), p.invitationsCommand(), p.statsCommand(),
		p.doctorCommand(), p.configCommand(), p.playbookCommand(), p.sourceCommand(), p.inviteCommand(),
		p.auditCommand(), p.lintCommand(), p.evalCommand(), p.manifests(),
		p.backupCommand(), p.restoreCommand(), p.migrateCommand(), p.eraseCommand(),
		p.healthcheckCommand(), p.versionCommand(),
	)
	return root
}

// knownCommand refuses words that are no command, with the nearest that is.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := ""
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return usagef("there is no command %q%s", args[0], hint)
}

// group is a command that only holds others.
func group(cmd *cobra.Command, subs ...*cobra.Command) *cobra.Command {
	cmd.Args = knownCommand
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	cmd.AddCommand(subs...)
	return cmd
}

// wants checks the number of arguments; words says them as people would.
func wants(lowest, highest int, words string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) < lowest || len(args) > highest {
			return usagef("this takes %s, and %d came", words, len(args))
		}
		return nil
	}
}

// call is one run of a command: the program with the settings found for it.
type call struct {
	*program
	cmd    *cobra.Command
	values settings.Values
	log    *slog.Logger
	json   bool
}

// with finds the settings and then runs the command's function.
func (p *program) with(fn func(ctx context.Context, c *call, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		values, err := p.settings(cmd)
		if err != nil {
			return usage(err)
		}
		c := &call{program: p, cmd: cmd, values: values}
		c.json, _ = cmd.Flags().GetBool("json")
		c.log = p.logger(c.logLevel(), values.Get(setLogFormat))
		return fn(cmd.Context(), c, args)
	}
}

// talks marks commands whose log is meant for whoever watches them run. All
// others answer a question and log only what went wrong, unless asked.
const talks = "talks"

func (c *call) logLevel() string {
	if _, ok := c.cmd.Annotations[talks]; !ok && !c.values.Where(setLogLevel).Set() {
		return "warn"
	}
	return c.values.Get(setLogLevel)
}

// logger writes to the error stream: readable on a terminal, JSON elsewhere.
func (p *program) logger(level, format string) *slog.Logger {
	var l slog.Level
	_ = l.UnmarshalText([]byte(level)) // checked with the settings
	opts := &slog.HandlerOptions{Level: l}
	if format == "text" || format == "auto" && p.terminal {
		return slog.New(slog.NewTextHandler(p.err, opts))
	}
	return slog.New(slog.NewJSONHandler(p.err, opts))
}

// print writes a line for people.
func (p *program) print(format string, args ...any) {
	_, _ = fmt.Fprintf(p.out, format+"\n", args...)
}

// note writes a line for people beside the output.
func (p *program) note(format string, args ...any) {
	_, _ = fmt.Fprintf(p.err, format+"\n", args...)
}

// printJSON writes one line for scripts.
func (p *program) printJSON(v any) error {
	e := json.NewEncoder(p.out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
