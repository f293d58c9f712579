package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/webhook"
	"github.com/evenkeel/evenkeel/storage"
	"github.com/evenkeel/evenkeel/storage/sqlite"
)

func (p *program) sourceCommand() *cobra.Command {
	list := &cobra.Command{
		Use:     "list",
		Short:   "List the sources of the playbook, what each can do and how it fares",
		Long:    "List the sources of the playbook: how reviews come, how replies go out, and how\nthe last look at each went.",
		Example: "  evenkeel source list\n  evenkeel source list --json",
		Args:    wants(0, 0, "no arguments"),
		RunE:    p.with(listSources),
	}
	return group(&cobra.Command{
		Use:     "source",
		Short:   "The places that reviews come from",
		Example: "  evenkeel source add\n  evenkeel source test shop\n  evenkeel source list",
	}, list, p.sourceAddCommand(), p.sourceTestCommand(), p.sourceSignInCommand())
}

// sourceRow is one source as it is listed.
type sourceRow struct {
	Name     string   `json:"name"`
	Kind     string   `json:"kind"`
	Platform string   `json:"platform"`
	In       string   `json:"in"`  // how reviews come
	Out      string   `json:"out"` // how replies go out
	Can      []string `json:"can"`
	State    string   `json:"state"`
	Problem  string   `json:"problem,omitempty"`
}

func listSources(ctx context.Context, c *call, _ []string) error {
	rules, err := c.playbook()
	if err != nil {
		return err
	}
	made, err := makeSources(c.kit(&reception{}), rules)
	if err != nil {
		return usage(err)
	}
	states, err := c.sourceStates(ctx)
	if err != nil {
		return err
	}
	rows := make([]sourceRow, 0, len(made))
	for _, s := range made {
		rows = append(rows, c.describe(s, rules, states))
	}
	if c.json {
		return c.printJSON(rows)
	}
	if len(rows) == 0 {
		c.print("The playbook names no sources. Reviews can be imported from a file, or pasted in the console.")
		return nil
	}
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "NAME\tKIND\tREVIEWS COME\tREPLIES GO OUT\tSTATE")
	for _, r := range rows {
		state := r.State
		if r.Problem != "" {
			state += ": " + r.Problem
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.Name, r.Kind, r.In, r.Out, state)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, r := range rows {
		c.print("\n%s can %s.", r.Name, strings.Join(r.Can, "; "))
	}
	return nil
}

// sourceStates reads what the database keeps of the sources; nil when a
// running evenkeel holds it.
func (c *call) sourceStates(ctx context.Context) (map[string]storage.SourceState, error) {
	store, err := c.openStore(ctx)
	var held *sqlite.InUseError
	if errors.As(err, &held) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer store.Close()
	list, err := store.Sources(ctx)
	if err != nil {
		return nil, err
	}
	states := make(map[string]storage.SourceState, len(list))
	for _, s := range list {
		states[s.Name] = s
	}
	return states, nil
}

// describe says of a source what people want to know.
func (c *call) describe(s sources.Source, rules *playbook.Playbook, states map[string]storage.SourceState) sourceRow {
	caps := s.Capabilities()
	conf, _ := rules.Source(s.Name())
	row := sourceRow{Name: s.Name(), Kind: conf.Kind, Platform: s.Platform(), In: "by hand or file", Out: "by hand", State: "-", Can: abilities(s)}
	if _, ok := s.(*webhook.Source); ok {
		row.In = "at /hooks/" + s.Name()
	}
	if caps.Reply {
		row.Out = "by API"
	}
	if !caps.List {
		return row
	}
	row.In = "polled"
	state, known := states[s.Name()]
	switch {
	case states == nil:
		row.State = "see the running evenkeel's console"
	case !known:
		row.State = "not read yet"
	case state.Problem != "":
		row.State, row.Problem = "failing", state.Problem
	default:
		row.State = "well, read " + state.Succeeded.UTC().Format(time.RFC3339)
	}
	return row
}
