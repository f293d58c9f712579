package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/asking"
	"github.com/evenkeel/evenkeel/review/rubric"
	"github.com/evenkeel/evenkeel/storage"
)

type invitationsOptions struct{ from, to, platform, output string }

func (p *program) invitationsCommand() *cobra.Command {
	var o invitationsOptions
	cmd := &cobra.Command{
		Use:   "invitations FILE.csv|-",
		Short: "List all customers of a period whom to ask for a review",
		Long: `Give back the customers of a period from a list of customers or orders (CSV with
a header and a column "date"), every one of them, in their order: nobody is left
out for what they think. A list with a column about ratings, sentiment or
complaints is refused, for it lets somebody choose. Where a platform wants
nobody to be asked (--platform), the list is not made.

The platform's rule and its page are printed beside the list. The list itself is
kept nowhere; that it was made, for which period and how long it is, goes into
the audit log. Cells that a spreadsheet would run as a formula are given a
leading apostrophe. Nothing is sent to anybody.`,
		Example: `  evenkeel invitations orders.csv --from 2026-05-01 --to 2026-05-31 --platform google -o ask.csv`,
		Args:    wants(1, 1, "one file, or - for standard input"),
		RunE:    p.with(func(ctx context.Context, c *call, args []string) error { return c.invitations(ctx, o, args[0]) }),
	}
	cmd.Flags().StringVar(&o.from, "from", "", "first day, such as 2026-05-01")
	cmd.Flags().StringVar(&o.to, "to", "", "last day")
	cmd.Flags().StringVar(&o.platform, "platform", "", "where they are asked to write, such as google")
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "file to write (default: standard output)")
	_ = cmd.RegisterFlagCompletionFunc("platform", cobra.FixedCompletions(rubric.Platforms(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (c *call) invitations(ctx context.Context, o invitationsOptions, path string) error {
	ask, err := asking.Parse(o.from, o.to, o.platform)
	if err != nil {
		return usage(err)
	}
	in := c.in
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return usage(err)
		}
		defer f.Close()
		in = f
	}
	list, err := asking.Read(in, ask)
	if err != nil {
		return usage(err)
	}
	if err := c.recordInvitations(ctx, ask, list); err != nil {
		return err
	}
	err = c.export(exportOptions{format: "csv", output: o.output}, func(w rowWriter) error {
		if err := w.header(list.Header); err != nil {
			return err
		}
		for _, row := range list.Rows {
			if err := w.row(nil, row); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.invitationNote(ask, list)
}

// invitationNote says what holds for asking.
func (c *call) invitationNote(ask asking.Ask, list asking.List) error {
	rules, err := asking.Rules(ask.Platform)
	if err != nil {
		return err
	}
	c.note("%d of %d customers bought in this period; all of them are listed. %s", len(list.Rows), list.Read, asking.Advice)
	for _, s := range rules {
		c.note("  %s: %s", strings.TrimSpace(s.Name+" "+s.URL), s.Rule)
	}
	return nil
}

// recordInvitations notes that a list was made, without anybody on it.
func (c *call) recordInvitations(ctx context.Context, ask asking.Ask, list asking.List) error {
	store, err := c.openStore(ctx)
	if err != nil {
		return fmt.Errorf("the list must be recorded, and cannot be: %w", err)
	}
	defer store.Close()
	return store.Commit(ctx, &storage.Batch{Events: []review.Event{list.Event(ask, review.BySystem("invitations"), c.now().UTC())}})
}
