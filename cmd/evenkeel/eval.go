package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/llm/eval"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources/file"
	"github.com/evenkeel/evenkeel/storage"
)

func (p *program) evalCommand() *cobra.Command {
	var o evalOptions
	cmd := &cobra.Command{
		Use:   "eval DIR|FILE",
		Short: "Measure how well a set of reviews is read and answered",
		Long: `Let the drafter work through reviews of a file, or of all CSV, TSV, JSON and
JSON Lines files of a folder, hold every draft against the checks, and write a
report: report.html to read and report.json to keep. Model, playbook and keys
are those of "serve"; without a model the built-in drafter is measured.

--compare shows a kept report beside the new one, so that a change of model or
playbook can be judged by what it does to the same reviews. --limit takes the
first reviews, and with --seed a sample that can be drawn again.

Nothing is stored or published. The playbook's daily budget does not count
here: what a model takes stands in the report.`,
		Example: `  evenkeel eval reviews.csv
  evenkeel eval reviews/ --limit 50 --seed 7 --out before
  evenkeel eval reviews/ --limit 50 --seed 7 --out after --compare before/report.json
  evenkeel eval sentences.tsv --columns id,-,body --language ja --rating-kind none`,
		Args: wants(1, 1, "one file or folder with reviews"),
		RunE: p.with(func(ctx context.Context, c *call, args []string) error {
			if v := c.cmd.Flags().Lookup("header"); v.Changed {
				o.file.Header = &o.header
			}
			return c.eval(ctx, o, args[0])
		}),
	}
	f := cmd.Flags()
	for _, s := range p.table() {
		if s.Name == setModelURL || s.Name == setModel {
			f.String(s.Name, "", s.Help)
		}
	}
	f.StringVar(&o.out, "out", "evaluation", "folder for the report")
	f.StringVar(&o.compare, "compare", "", "a kept report.json to show beside this run")
	f.IntVar(&o.limit, "limit", 0, "at most so many reviews; 0 for all")
	f.Uint64Var(&o.seed, "seed", 0, "draw the sample at random with this number; 0 takes the first")
	f.IntVar(&o.parallel, "parallel", 4, "reviews at a time")
	f.StringVar(&o.platform, "platform", "", "platform whose rules and length hold: google, google_play, yelp, …")
	f.StringVar(&o.country, "country", "", "country whose rules hold: DE, US, …")
	f.StringVar(&o.name, "name", "", "what the report calls this run (default: the model's name)")
	f.StringSliceVar(&o.file.Columns, "columns", nil, "what the columns are (default: guessed from the header)")
	f.BoolVar(&o.header, "header", false, "the first row names the columns (default: guessed)")
	f.StringVar(&o.file.Language, "language", "", "language of reviews that do not say: en, de, ja, …")
	f.StringVar((*string)(&o.file.RatingKind), "rating-kind", "", "stars, thumb, tri, or none to leave ratings out (default: guessed)")
	f.Float64Var(&o.file.RatingMax, "rating-max", 0, "the best mark, where it is not 5")
	return cmd
}

type evalOptions struct {
	out, compare, platform, country, name string

	limit, parallel int
	seed            uint64
	file            file.Options
	header          bool
}

// maxReport bounds a kept report that is read again.
const maxReport = 512 << 20

func (c *call) eval(ctx context.Context, o evalOptions, path string) error {
	if o.limit < 0 || o.parallel < 1 || o.parallel > 64 {
		return usagef("--limit is a number from 0, and --parallel one from 1 to 64")
	}
	old, err := readReport(o.compare)
	if err != nil {
		return err
	}
	rules, err := c.playbook()
	if err != nil {
		return err
	}
	w, err := c.writers(rules, uncounted{})
	if err != nil {
		return err
	}
	o.file.Source = cmp.Or(o.file.Source, importSource)
	all, err := c.reviews(o.file, path)
	if err != nil {
		return err
	}
	c.unknownPlatform(o.platform)
	if err := writable(o.out); err != nil {
		return err // before a model has been paid for
	}
	picked := eval.Sample(all, o.limit, o.seed)
	bar := c.steps(len(picked))
	cfg := eval.Config{
		Name:    cmp.Or(o.name, c.values.Get(setModel), "built-in drafter"),
		Drafter: w.drafter, Triager: w.triager, Playbook: rules,
		Platform: o.platform, Country: o.country, Parallel: o.parallel, Now: c.now,
		Done: func(n int) { _ = bar.Set(n) },
	}
	if w.judge != nil {
		cfg.Judge = w.judge
	}
	report, err := eval.Run(ctx, cfg, picked)
	_ = bar.Clear()
	if err != nil {
		return err
	}
	report.Source, report.Seed = filepath.Base(path), o.seed
	return c.writeEval(o.out, eval.Compare(old, report))
}

func readReport(path string) (*eval.Report, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // no report to compare with is no error
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, usagef("the report to compare with: %w", err)
	}
	if info.Size() > maxReport {
		return nil, usagef("%s is too large for a report", path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, usagef("the report to compare with: %w", err)
	}
	r, err := eval.Read(b)
	if err != nil {
		return nil, usagef("%s: %w", path, err)
	}
	return r, nil
}

// reviews reads all reviews of a file, or of the files of a folder by name.
func (c *call) reviews(o file.Options, path string) ([]review.Review, error) {
	paths, err := reviewFiles(path)
	if err != nil {
		return nil, err
	}
	var out []review.Review
	for _, p := range paths {
		rs, err := c.reviewsOf(o, p)
		if len(paths) > 1 && err != nil && exitCode(err) == exitUsage {
			c.note("left out: %v", err) // a folder may hold other things; err names the file
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, rs...)
	}
	if len(out) == 0 {
		return nil, usagef("there is no review in %s", path)
	}
	return out, nil
}

// reviewFiles is the file, or the files of the folder that can hold reviews.
func reviewFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("there is no %s", path)
	}
	if err != nil || !info.IsDir() {
		return []string{path}, usage(err)
	}
	entries, err := os.ReadDir(path) // sorted by name
	if err != nil {
		return nil, usage(err)
	}
	var out []string
	for _, e := range entries {
		ext := strings.ToLower(filepath.Ext(e.Name()))
		if !e.IsDir() && slices.Contains([]string{".csv", ".tsv", ".json", ".jsonl", ".ndjson"}, ext) {
			out = append(out, filepath.Join(path, e.Name()))
		}
	}
	if len(out) == 0 {
		return nil, usagef("there is no CSV, TSV, JSON or JSON Lines file in %s", path)
	}
	return out, nil
}

func (c *call) reviewsOf(o file.Options, path string) ([]review.Review, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usage(err)
	}
	defer f.Close()
	r, err := file.Open(f, o)
	if err != nil {
		return nil, usagef("%s: %w", path, err)
	}
	var out []review.Review
	for got, err := range r.All() {
		var line *file.LineError
		switch {
		case errors.As(err, &line):
			c.note("%s, line %d is left out: %s", path, line.Line, line.Reason)
		case err != nil:
			return nil, fmt.Errorf("%s: %w", path, err)
		default:
			out = append(out, got)
		}
	}
	return out, nil
}

// steps is a bar of so many steps on a terminal, and nothing elsewhere.
func (c *call) steps(n int) *progressbar.ProgressBar {
	if !c.terminal {
		return progressbar.DefaultSilent(int64(n))
	}
	return progressbar.NewOptions(n, progressbar.OptionSetWriter(c.err), progressbar.OptionShowCount(),
		progressbar.OptionSetDescription("drafting"), progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(30),
		progressbar.OptionSetPredictTime(true))
}

// writable makes the folder for a report and sees that files can be made there.
func writable(dir string) error {
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		var probe *os.File
		if probe, err = os.CreateTemp(dir, ".evaluation-*"); err == nil {
			_ = probe.Close()
			err = os.Remove(probe.Name())
		}
	}
	if err != nil {
		return usagef("no report can be written to --out %s: %w", dir, err)
	}
	return nil
}

// writeEval writes the report and says what it came to.
func (c *call) writeEval(dir string, cmp eval.Comparison) error {
	page, err := cmp.HTML()
	if err != nil {
		return err
	}
	kept, err := cmp.New.JSON()
	if err != nil {
		return err
	}
	for name, b := range map[string][]byte{"report.html": page, "report.json": append(kept, '\n')} {
		// Reviews and drafts are in it: for the person who asked, nobody else.
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			return err
		}
	}
	if c.json {
		return c.printJSON(cmp.New.Figures)
	}
	for _, r := range cmp.Rows {
		line := fmt.Sprintf("%-24s %s", r.Name, r.Value)
		if r.Change != "" {
			line += fmt.Sprintf("  (%s; before: %s)", r.Change, r.Was)
		}
		c.print("%s", line)
	}
	for _, row := range cmp.Checks {
		if row.Blocks == 0 && row.WasBlocks == 0 {
			continue
		}
		line := fmt.Sprintf("%-24s %d", "Held back: "+row.Check, row.Blocks)
		if cmp.Old != nil {
			line += fmt.Sprintf("  (before: %d)", row.WasBlocks)
		}
		c.print("%s", line)
	}
	for _, f := range cmp.New.Figures.Failures {
		c.print("%-24s %d × %s", "Gave nothing: "+f.Task, f.Count, f.Kind)
	}
	if cmp.Old != nil {
		c.print("\nCompared with “%s” of %s: %d reviews are in both.", cmp.Old.Name, cmp.Old.Started.Format("2 January 2006, 15:04"), cmp.Shared)
	}
	c.print("\nThe report is %s", filepath.Join(dir, "report.html"))
	return nil
}

// uncounted lets an evaluation spend what it takes: the daily budget is for the
// team's own cases.
type uncounted struct{}

func (uncounted) Spend(context.Context, string, storage.Spending) (storage.Spending, error) {
	return storage.Spending{}, nil
}
