package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources/file"
	"github.com/evenkeel/evenkeel/storage"
)

// How many reviews are stored at once, with one audit entry. Whoever writes
// beside an import waits for one such batch.
const (
	importAlone  = 2000 // nobody else can have the database
	importShared = 500  // others may use the same server
	importBeside = 250  // inside a desk that serves
)

// importText bounds the texts of a batch, in bytes, so that very long reviews
// take neither much memory nor much of others' time.
const importText = 1 << 20

// importing is one import under way: a file is read on one goroutine while
// what was read before is stored on another.
type importing struct {
	options importOptions
	reader  *file.Reader
	now     func() time.Time
	limit   int           // of a batch
	store   storage.Store // nil in a dry run
	desk    *bot.Desk
	note    func(line string)           // tells the operator something
	settle  func(context.Context) error // between batches; nil where nobody waits for it
	moved   func(read int64)            // how much of the file was read, in bytes
	seen    map[review.Key]bool         // in a dry run: what would be a duplicate
	newest  []review.Review             // candidates for --open, oldest first
	result  importResult
}

// portion is a batch that was read.
type portion struct {
	at       time.Time
	changes  []review.Change
	again    []review.Change // their ids stood in the file before: most of them are known
	problems []string        // lines that cannot be used
	read     int
	text     int
	offset   int64
}

func (im *importing) run(ctx context.Context) (importResult, error) {
	if im.store == nil {
		im.seen = map[review.Key]bool{}
	}
	g, gctx := errgroup.WithContext(ctx)
	portions := make(chan *portion)
	g.Go(func() error {
		defer close(portions)
		return im.read(gctx, portions)
	})
	g.Go(func() error {
		for p := range portions {
			if err := im.bring(gctx, p); err != nil {
				return err
			}
		}
		return nil
	})
	err := g.Wait()
	switch {
	case ctx.Err() != nil:
		im.note(fmt.Sprintf("Stopped after %d reviews; run it again to go on.", im.result.Read))
		return im.result, ctx.Err()
	case err != nil:
		return im.result, err
	}
	if err := im.openNewest(ctx); err != nil {
		return im.result, err
	}
	for _, n := range im.reader.Notes() {
		im.note(n)
	}
	return im.result, nil
}

// read hands on what stands in the file, batch by batch. What was read before
// an error of the file as a whole is handed on as well.
func (im *importing) read(ctx context.Context, to chan<- *portion) error {
	p := im.portion()
	hand := func() error {
		p.offset = im.reader.Offset()
		select {
		case to <- p:
			p = im.portion()
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for r, err := range im.reader.All() {
		var line *file.LineError
		if err != nil && !errors.As(err, &line) {
			return errors.Join(err, hand())
		}
		p.take(r, line, im.reader.Again())
		if p.read%16 == 0 {
			runtime.Gosched() // before people's presses, history has time
		}
		if p.read < im.limit && p.text < importText {
			continue
		}
		if err := hand(); err != nil {
			return err
		}
	}
	return hand()
}

func (im *importing) portion() *portion {
	return &portion{at: im.now().UTC().Truncate(time.Microsecond), changes: make([]review.Change, 0, im.limit)}
}

func (p *portion) take(r review.Review, bad *file.LineError, again bool) {
	p.read++
	if bad != nil {
		p.problems = append(p.problems, fmt.Sprintf("line %d: %s", bad.Line, bad.Reason))
		return
	}
	p.text += len(r.Body) + len(r.Title)
	change, err := review.Accept(r, true, review.Occasion{Now: p.at, By: review.BySystem("import")})
	switch {
	case err != nil:
		p.problems = append(p.problems, fmt.Sprintf("review %s: %v", plainWords(r.Key.ID), err))
	case again:
		p.again = append(p.again, change)
	default:
		p.changes = append(p.changes, change)
	}
}

// reject counts a record that is not taken and says why.
func (im *importing) reject(line string) {
	im.result.Rejected++
	im.note(line)
}

// bring stores a batch: as history, and as revisions of what is known with
// other words.
func (im *importing) bring(ctx context.Context, p *portion) error {
	im.moved(p.offset)
	changes := append(p.changes, p.again...)
	im.remember(p.changes)
	if im.store == nil {
		im.pretend(changes)
		im.tell(p)
		return nil
	}
	entry := review.Event{At: p.at, Actor: review.BySystem("import").String(), Verb: "import", Detail: map[string]string{"source": im.options.File.Source}}
	got, err := im.store.Seed(ctx, changes, entry)
	if err != nil {
		return err
	}
	im.tell(p)
	im.result.Added += got.Added
	im.result.Duplicates += len(changes) - got.Added - len(got.Changed)
	if im.settle != nil {
		if err := im.settle(ctx); err != nil {
			return err
		}
	}
	return im.revise(ctx, got.Changed)
}

// tell counts what was read and says what could not be used of it.
func (im *importing) tell(p *portion) {
	im.result.Read += p.read
	for _, line := range p.problems {
		im.reject(line)
	}
}

// pretend counts a batch in a dry run.
func (im *importing) pretend(changes []review.Change) {
	for _, c := range changes {
		if im.seen[c.Case.Review.Key] {
			im.result.Duplicates++
		} else {
			im.seen[c.Case.Review.Key] = true
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
	if !im.options.Named {
		for _, r := range changed {
			im.reject(fmt.Sprintf("review %s is known with other words. If it is the same review edited, say so with --source %s; if it is another platform's, give that one a name of its own with --source", plainWords(r.Key.ID), importSource))
		}
		return nil
	}
	took, err := im.desk.Take(ctx, bot.Intake{By: "import", Reviews: changed, History: true})
	if err != nil {
		return err
	}
	for _, p := range took.Problems {
		im.reject(p.Error())
	}
	im.result.Changed += took.Revised
	im.result.Duplicates += took.Duplicates
	return nil
}

// remember keeps the newest reviews for --open.
func (im *importing) remember(changes []review.Change) {
	if im.options.Open == 0 {
		return
	}
	for _, c := range changes {
		im.newest = append(im.newest, c.Case.Review)
	}
	slices.SortStableFunc(im.newest, func(a, b review.Review) int { return a.Created.Compare(b.Created) })
	if extra := len(im.newest) - im.options.Open; extra > 0 {
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
		out := im.desk.Run(ctx, commands.Invocation{Command: "open", Case: c.ID, By: im.options.By, Chat: "cli"})
		if out.Refused {
			return errors.New(out.Text)
		}
		im.result.Opened++
	}
	return nil
}
