package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/user"
	"slices"
	"strings"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources/file"
	"github.com/evenkeel/evenkeel/storage"
)

// importSource is the source of imported reviews when nobody names one.
const importSource = "import"

// importBatch is how many reviews are stored at once, with one audit entry.
const importBatch = 2000

func (p *program) importCommand() *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use:   "import FILE|-",
		Short: "Take reviews from a CSV, TSV, JSON or JSON Lines file",
		Long: `Take reviews from a file that somebody exported. Format, encoding, separator and
columns are guessed and shown; --columns gives them. Imported reviews are
history: they stay silent, with no thread and no clock, until a person opens
them or their author edits them. --open N opens the newest N by their date, or
the last N of a file without dates.

A line that cannot be used is named on standard error with its number and the
reason, and the rest goes on. Importing again adds nothing, so an import that
was interrupted is simply started again. --source names the platform; without
it, a review that is known with other words is not touched but rejected,
because it may be another platform's with the same id.

Columns are id, rating, title, body, language, author, author_id, created,
updated, url, reply, reply_at, verified, subject, subject_id, subject_url,
account and location: by position (id,-,body), or by name
(body=content,rating=score).

Exit code 1 says that lines were rejected; all others were taken.`,
		Example: `  evenkeel import reviews.csv --dry-run
  evenkeel import reviews.csv --source shop --open 10
  evenkeel import sentences.tsv --columns id,-,body --language ja --rating-kind none
  zcat old.jsonl.gz | evenkeel import - --json`,
		Args: wants(1, 1, "one file, or - for standard input"),
		RunE: p.with(func(ctx context.Context, c *call, args []string) error {
			if v := c.cmd.Flags().Lookup("header"); v.Changed {
				o.file.Header = &o.header
			}
			o.named = c.cmd.Flags().Lookup("source").Changed
			return c.importFile(ctx, o, args[0])
		}),
	}
	f := cmd.Flags()
	f.StringVar(&o.file.Source, "source", importSource, "name of the source that the reviews belong to")
	f.StringSliceVar(&o.file.Columns, "columns", nil, "what the columns are (default: guessed from the header)")
	f.BoolVar(&o.header, "header", false, "the first row names the columns (default: guessed)")
	f.StringVar(&o.file.Language, "language", "", "language of reviews that do not say: en, de, ja, …")
	f.StringVar((*string)(&o.file.RatingKind), "rating-kind", "", "stars, thumb, tri, or none to leave ratings out (default: guessed)")
	f.Float64Var(&o.file.RatingMax, "rating-max", 0, "the best mark, where it is not 5")
	f.IntVar(&o.open, "open", 0, "open the newest N: they get a thread and a clock")
	f.BoolVar(&o.dryRun, "dry-run", false, "read and check everything, store nothing")
	return cmd
}

type importOptions struct {
	file   file.Options
	header bool
	named  bool // the source was given
	open   int
	dryRun bool
}

// importResult is what `import --json` prints. Every review that was read is
// in exactly one of the others.
type importResult struct {
	Read       int `json:"read"`
	Added      int `json:"added"`
	Duplicates int `json:"duplicates"`
	Rejected   int `json:"rejected"`
	Changed    int `json:"changed,omitempty"` // known, with other words: a new revision
	Opened     int `json:"opened,omitempty"`
}

func (c *call) importFile(ctx context.Context, o importOptions, path string) error {
	switch o.file.RatingKind {
	case "", review.Unrated, review.Stars, review.Thumb, review.Tri:
	default:
		return usagef("--rating-kind is stars, thumb, tri or none, not %q", o.file.RatingKind)
	}
	if o.open < 0 || o.file.Source == "" {
		return usagef("--open is a number from 0, and --source a name")
	}
	in, size, err := c.importInput(path)
	if err != nil {
		return err
	}
	defer in.Close()
	r, err := file.Open(in, o.file)
	if err != nil {
		return usagef("%s: %w", path, err)
	}
	c.note("Reading %s as %s", path, r.Mapping())
	im := &importing{call: c, options: o, reader: r, bar: c.progress(size)}
	if err := im.run(ctx); err != nil {
		return err
	}
	return im.report()
}

// importInput opens the file, or standard input; size is -1 when unknown.
func (c *call) importInput(path string) (io.ReadCloser, int64, error) {
	if path == "-" {
		return io.NopCloser(bufio.NewReader(c.in)), -1, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, usage(err)
	}
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		_ = f.Close()
		return nil, 0, usagef("%s is not a file with reviews", path)
	}
	return f, info.Size(), nil
}

// progress is a bar on a terminal, and nothing elsewhere.
func (c *call) progress(size int64) *progressbar.ProgressBar {
	if !c.terminal {
		return progressbar.DefaultBytesSilent(size)
	}
	return progressbar.NewOptions64(size, progressbar.OptionSetWriter(c.err), progressbar.OptionShowBytes(true),
		progressbar.OptionSetDescription("reading"), progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(30))
}

// importing is one import under way.
type importing struct {
	*call
	options importOptions
	reader  *file.Reader
	bar     *progressbar.ProgressBar
	store   storage.Store // nil in a dry run
	desk    *bot.Desk
	batch   []review.Review
	seen    map[review.Key]bool // in a dry run: what would be a duplicate
	newest  []review.Review     // candidates for --open, oldest first
	result  importResult
}

func (im *importing) run(ctx context.Context) error {
	if im.options.dryRun {
		im.seen = map[review.Key]bool{}
	} else if err := im.openDesk(ctx); err != nil {
		return err
	} else {
		defer im.store.Close()
	}
	for r, err := range im.reader.All() {
		im.result.Read++
		var line *file.LineError
		switch {
		case errors.As(err, &line):
			im.reject("line %d: %s", line.Line, line.Reason)
			continue
		case err != nil:
			return errors.Join(im.flush(ctx), err)
		}
		im.batch = append(im.batch, r)
		if len(im.batch) < importBatch {
			continue
		}
		if err := im.flush(ctx); err != nil {
			return err
		}
	}
	if err := im.flush(ctx); err != nil {
		return err
	}
	return im.openNewest(ctx)
}

// reject counts a record that is not taken and says why.
func (im *importing) reject(format string, args ...any) {
	im.result.Rejected++
	_ = im.bar.Clear()
	im.note(format, args...)
}

// openDesk opens the database and a desk without chats: what is opened waits
// there for a desk that has one.
func (im *importing) openDesk(ctx context.Context) error {
	rules, err := im.playbook()
	if err != nil {
		return err
	}
	if im.store, err = im.openStore(ctx); err != nil {
		return err
	}
	im.desk, err = bot.New(bot.Config{
		Store: im.store, Playbook: rules, Drafter: llm.NewOffline(), Triager: llm.NewOffline(),
		Now: im.now, Logger: im.log, Worker: "import",
	})
	return err
}

// flush stores the batch: as history, and as revisions of what is known with
// other words.
func (im *importing) flush(ctx context.Context) error {
	_ = im.bar.Set64(im.reader.Offset())
	batch := im.batch
	im.batch = im.batch[:0]
	if len(batch) == 0 {
		return nil
	}
	if err := ctx.Err(); err != nil {
		im.note("Stopped after %d reviews; run it again to go on.", im.result.Read-len(batch))
		return err
	}
	im.remember(batch)
	if im.store == nil {
		im.pretend(batch)
		return nil
	}
	now := im.desk.Now()
	by := review.BySystem("import")
	changes := make([]review.Change, 0, len(batch))
	for _, r := range batch {
		change, err := review.Accept(r, true, review.Occasion{Now: now, By: by})
		if err != nil {
			im.reject("review %s: %v", plainWords(r.Key.ID), err)
			continue
		}
		changes = append(changes, change)
	}
	entry := review.Event{At: now, Actor: by.String(), Verb: "import", Detail: map[string]string{"source": im.options.file.Source}}
	got, err := im.store.Seed(ctx, changes, entry)
	if err != nil {
		return err
	}
	im.result.Added += got.Added
	im.result.Duplicates += len(changes) - got.Added - len(got.Changed)
	return im.revise(ctx, got.Changed)
}

// pretend counts a batch in a dry run.
func (im *importing) pretend(batch []review.Review) {
	for _, r := range batch {
		if err := r.Valid(); err != nil {
			im.reject("review %s: %v", plainWords(r.Key.ID), err)
		} else if im.seen[r.Key] {
			im.result.Duplicates++
		} else {
			im.seen[r.Key] = true
			im.result.Added++
		}
	}
}

// revise brings reviews that are known with other words: as their authors'
// edits when the source was named, else not at all.
func (im *importing) revise(ctx context.Context, changed []review.Review) error {
	if len(changed) == 0 {
		return nil
	}
	if !im.options.named {
		for _, r := range changed {
			im.reject("review %s is known with other words. If it is the same review edited, say so with --source %s; if it is another platform's, give that one a name of its own with --source", plainWords(r.Key.ID), importSource)
		}
		return nil
	}
	took, err := im.desk.Take(ctx, bot.Intake{By: "import", Reviews: changed, History: true})
	if err != nil {
		return err
	}
	for _, p := range took.Problems {
		im.reject("%v", p)
	}
	im.result.Changed += took.Revised
	im.result.Duplicates += took.Duplicates
	return nil
}

// remember keeps the newest reviews for --open.
func (im *importing) remember(batch []review.Review) {
	if im.options.open == 0 {
		return
	}
	im.newest = append(im.newest, batch...)
	slices.SortStableFunc(im.newest, func(a, b review.Review) int { return a.Created.Compare(b.Created) })
	if extra := len(im.newest) - im.options.open; extra > 0 {
		im.newest = slices.Clone(im.newest[extra:])
	}
}

// openNewest wakes the newest of the file that still sleep.
func (im *importing) openNewest(ctx context.Context) error {
	for _, r := range im.newest {
		if im.store == nil {
			im.result.Opened++
			continue
		}
		c, err := im.store.CaseOf(ctx, r.Key)
		if errors.Is(err, storage.ErrNotFound) || err == nil && c.Status != review.Seeded {
			continue // it was rejected, or is open already
		}
		if err != nil {
			return err
		}
		out := im.desk.Run(ctx, commands.Invocation{Command: "open", Case: c.ID, By: operator(), Chat: "cli"})
		if out.Refused {
			return errors.New(out.Text)
		}
		im.result.Opened++
	}
	return nil
}

// operator is the person at the command line, who may do everything there.
func operator() review.Person {
	name := "operator"
	if u, err := user.Current(); err == nil && u.Username != "" {
		name = u.Username
	}
	return review.Person{ID: review.PersonID("cli:" + strings.ToLower(name)), Name: name, Role: review.Lead}
}

// report says what became of the file.
func (im *importing) report() error {
	_ = im.bar.Finish()
	for _, n := range im.reader.Notes() {
		im.note("%s", n)
	}
	r := im.result
	if im.json {
		if err := im.printJSON(r); err != nil {
			return err
		}
	} else {
		verb := "added"
		if im.options.dryRun {
			verb = "would be added to an empty database"
		}
		im.print("%d read: %d %s, %d duplicates, %d rejected", r.Read, r.Added, verb, r.Duplicates, r.Rejected)
		if r.Changed > 0 {
			im.print("%d were known with other words and have a new revision", r.Changed)
		}
		if r.Opened > 0 {
			im.print("%d opened", r.Opened)
		}
	}
	if r.Rejected > 0 {
		return errNo
	}
	return nil
}
