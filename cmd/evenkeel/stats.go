package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review/stats"
	"github.com/evenkeel/evenkeel/storage"
)

// countStep is how many cases are counted at a time before the numbers are
// written.
const countStep = 1000

type statsOptions struct {
	source, period, csv, output string
}

func (p *program) statsCommand() *cobra.Command {
	var o statsOptions
	cmd := &cobra.Command{
		Use:   "stats [PERIOD]",
		Short: "Show the team's numbers, or write their tables as CSV",
		Long: `Show the numbers of a period: ratings and their trend, answers, the time in each
hand, causes, promises, reports, cost. The period is 30d (the default), 12w,
2026-05, 2026, all, or 2026-05-01..2026-05-15, in days of the team's time zone.

With --csv, write one table as CSV to standard output or to --output; with
"--csv all", write every table into the folder that --output names. Cells that a
spreadsheet would run as a formula are given a leading apostrophe. Durations are
kept in buckets: medians are at most a tenth off.

The tables are:
  ` + strings.Join(stats.TableNames(), "\n  "),
		Example: `  evenkeel stats 90d
  evenkeel stats 2026 --source shop
  evenkeel stats 2026 --csv trend > trend.csv
  evenkeel stats all --csv all --output numbers/`,
		Args: wants(0, 1, "one period at most, as in 90d"),
		RunE: p.with(func(ctx context.Context, c *call, args []string) error {
			if len(args) == 1 {
				o.period = args[0]
			}
			return c.stats(ctx, o)
		}),
	}
	cmd.Flags().StringVar(&o.source, "source", "", "of this source only")
	cmd.Flags().StringVar(&o.csv, "csv", "", "write this table, or all")
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "file or folder to write (default: standard output)")
	_ = cmd.RegisterFlagCompletionFunc("csv", cobra.FixedCompletions(append(stats.TableNames(), "all"), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (c *call) stats(ctx context.Context, o statsOptions) error {
	if o.csv != "" && o.csv != "all" && !slices.Contains(stats.TableNames(), o.csv) {
		return usagef("--csv is all or one of %s, not %q", strings.Join(stats.TableNames(), ", "), o.csv)
	}
	if o.csv == "all" && o.output == "" {
		return usagef("--csv all writes several files; name a folder with --output")
	}
	rules, err := c.playbook()
	if err != nil {
		return err
	}
	zone := rules.Location()
	period, err := stats.ParsePeriod(o.period, stats.DayOf(c.now(), zone))
	if err != nil {
		return usagef("the period is not one: %v", err)
	}
	store, err := c.openStore(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := store.SetZone(ctx, zone); err != nil {
		return err
	}
	if err := c.countAll(ctx, store); err != nil {
		return err
	}
	q := storage.CountQuery{Source: o.source, Parts: period.Parts()}
	rows, err := store.Counts(ctx, q)
	if err != nil {
		return err
	}
	report := stats.Sum(period, rows)
	if o.csv == "" {
		c.print("%s", commands.Summary{Report: report, Of: o.source, Zone: zone.String()})
		return nil
	}
	q.BySubject, q.What = true, []stats.What{stats.Reviews, stats.Moods, stats.Marks, stats.Answered}
	if rows, err = store.Counts(ctx, q); err != nil {
		return err
	}
	return c.writeTables(report.Tables(stats.SumBySubject(rows)), o)
}

// countAll counts what has not been counted yet.
func (c *call) countAll(ctx context.Context, store storage.Store) error {
	for first := true; ; first = false {
		left, err := store.Tally(ctx, countStep)
		switch {
		case errors.Is(err, storage.ErrFenced):
			continue // a replica counts as well
		case err != nil:
			return err
		case left == 0:
			return nil
		case first && left > 20*countStep:
			c.note("counting about %d changes first; this is done once", left)
		}
	}
}

func (c *call) writeTables(tables []stats.Table, o statsOptions) error {
	if o.csv == "all" {
		if err := os.MkdirAll(o.output, 0o700); err != nil {
			return err
		}
	}
	for _, t := range tables {
		write := func(w rowWriter) error {
			if err := w.header(t.Columns); err != nil {
				return err
			}
			for _, cells := range t.Rows {
				if err := w.row(nil, cells); err != nil {
					return err
				}
			}
			return nil
		}
		output := o.output
		if o.csv == "all" {
			output = filepath.Join(o.output, t.Name+".csv")
		} else if t.Name != o.csv {
			continue
		}
		if err := c.export(exportOptions{format: "csv", output: output}, write); err != nil {
			return err
		}
	}
	return nil
}
