package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/user"
	"strings"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources/file"
	"github.com/evenkeel/evenkeel/storage/sqlite"
)

// importSource is the source of imported reviews when nobody names one.
const importSource = "import"

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

A desk that serves goes on doing so: people's presses come first, and the
import takes longer.

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
				o.File.Header = &o.header
			}
			o.Named = c.cmd.Flags().Lookup("source").Changed
			return c.importFile(ctx, o, args[0])
		}),
	}
	f := cmd.Flags()
	f.StringVar(&o.File.Source, "source", importSource, "name of the source that the reviews belong to")
	f.StringSliceVar(&o.File.Columns, "columns", nil, "what the columns are (default: guessed from the header)")
	f.BoolVar(&o.header, "header", false, "the first row names the columns (default: guessed)")
	f.StringVar(&o.File.Language, "language", "", "language of reviews that do not say: en, de, ja, …")
	f.StringVar((*string)(&o.File.RatingKind), "rating-kind", "", "stars, thumb, tri, or none to leave ratings out (default: guessed)")
	f.Float64Var(&o.File.RatingMax, "rating-max", 0, "the best mark, where it is not 5")
	f.IntVar(&o.Open, "open", 0, "open the newest N: they get a thread and a clock")
	f.BoolVar(&o.dryRun, "dry-run", false, "read and check everything, store nothing")
	return cmd
}

// importOptions are what an import is asked for with.
type importOptions struct {
	File  file.Options  `json:"file"`
	Named bool          `json:"named"` // the source was given
	Open  int           `json:"open"`
	By    review.Person `json:"by"`

	header bool
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
	switch o.File.RatingKind {
	case "", review.Unrated, review.Stars, review.Thumb, review.Tri:
	default:
		return usagef("--rating-kind is stars, thumb, tri or none, not %q", o.File.RatingKind)
	}
	if o.Open < 0 || o.File.Source == "" {
		return usagef("--open is a number from 0, and --source a name")
	}
	in, size, err := c.importInput(path)
	if err != nil {
		return err
	}
	defer in.Close()
	again := &replay{in: in}
	r, err := file.Open(again, o.File)
	if err != nil {
		return usagef("%s: %w", path, err)
	}
	c.note("Reading %s as %s", path, r.Mapping())
	o.By = operator()
	im := &importing{
		options: o, reader: r, now: c.now, limit: importAlone,
		moved: func(int64) {}, note: func(line string) { c.note("%s", line) },
	}
	bar := c.progress(size)
	if bar != nil {
		im.moved = func(n int64) { _ = bar.Set64(n) }
		im.note = func(line string) { _ = bar.Clear(); c.note("%s", line) }
	}
	result, err := c.runImport(ctx, im, again)
	if bar != nil {
		_ = bar.Finish()
	}
	if err != nil {
		return err
	}
	return c.tellImport(result, o.dryRun)
}

// runImport brings the reviews into the database; a running evenkeel that holds
// it is given the file instead.
func (c *call) runImport(ctx context.Context, im *importing, in *replay) (importResult, error) {
	if im.options.dryRun {
		in.forget()
		return im.run(ctx)
	}
	rules, err := c.playbook()
	if err != nil {
		return importResult{}, err
	}
	store, err := c.openStore(ctx)
	var held *sqlite.InUseError
	if errors.As(err, &held) {
		return handImport(ctx, held.Path, im, in.whole())
	}
	if err != nil {
		return importResult{}, err
	}
	defer store.Close()
	in.forget()
	if _, alone := store.(*sqlite.Store); !alone {
		im.limit = importShared
	}
	im.store = store
	// A desk without chats: what is opened waits there for a desk that has one.
	im.desk, err = bot.New(bot.Config{
		Store: store, Playbook: rules, Drafter: llm.NewOffline(), Triager: llm.NewOffline(),
		Now: c.now, Logger: c.log, Worker: "import",
	})
	if err != nil {
		return importResult{}, err
	}
	return im.run(ctx)
}

// replay is an input that keeps what was read of it, until it is asked for the
// whole.
type replay struct {
	in   io.Reader
	head bytes.Buffer
	off  bool
}

func (r *replay) Read(p []byte) (int, error) {
	n, err := r.in.Read(p)
	if !r.off {
		r.head.Write(p[:n])
	}
	return n, err
}

// forget stops keeping.
func (r *replay) forget() { r.off, r.head = true, bytes.Buffer{} }

// whole is the input from its beginning.
func (r *replay) whole() io.Reader { return io.MultiReader(&r.head, r.in) }

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

// progress is a bar on a terminal, nil elsewhere. It moves only when it is
// told to: a spinner of its own would draw beside us.
func (c *call) progress(size int64) *progressbar.ProgressBar {
	if !c.terminal {
		return nil
	}
	return progressbar.NewOptions64(size, progressbar.OptionSetWriter(c.err), progressbar.OptionShowBytes(true),
		progressbar.OptionSetDescription("reading"), progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(30),
		progressbar.OptionSetSpinnerChangeInterval(0))
}

// operator is the person at the command line, who may do everything there.
func operator() review.Person {
	name := "operator"
	if u, err := user.Current(); err == nil && u.Username != "" {
		name = u.Username
	}
	return review.Person{ID: review.PersonID("cli:" + strings.ToLower(name)), Name: name, Role: review.Lead}
}

// tellImport says what became of the file.
func (c *call) tellImport(r importResult, dryRun bool) error {
	if c.json {
		if err := c.printJSON(r); err != nil {
			return err
		}
	} else {
		verb := "added"
		if dryRun {
			verb = "would be added to an empty database"
		}
		c.print("%d read: %d %s, %d duplicates, %d rejected", r.Read, r.Added, verb, r.Duplicates, r.Rejected)
		if r.Changed > 0 {
			c.print("%d were known with other words and have a new revision", r.Changed)
		}
		if r.Opened > 0 {
			c.print("%d opened", r.Opened)
		}
	}
	if r.Rejected > 0 {
		return errNo
	}
	return nil
}
