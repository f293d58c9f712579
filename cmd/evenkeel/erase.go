package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/quote"
	"github.com/evenkeel/evenkeel/review/words"
	"github.com/evenkeel/evenkeel/storage"
	"github.com/evenkeel/evenkeel/storage/sqlite"
)

func (p *program) eraseCommand() *cobra.Command {
	var r eraseRequest
	var sure bool
	cmd := &cobra.Command{
		Use:   "erase [CASE...]",
		Args:  wants(0, 1000, "at most 1,000 cases"),
		Short: "Erase a customer's words for good",
		Long: `Erase what a customer wrote, who they are, and every text that repeats it: the
review's revisions, drafts, replies, facts, notes of the team, the words beside
the audit log, the console's messages, the index. Names and quotes of theirs are
struck out of incidents, rules of style and notes on causes. Cards in the chats
are drawn anew without them. This cannot be undone. Other cases that name the
author are listed: whether they speak of the same person, people know.

What stays are digests, numbers and who decided what: the audit chain is not
touched, verifies as before, and has an entry for the erasure. The review is not
taken again, although its platform still shows it. Open cases are closed.

Without --yes it only says which cases it would be. Backups made before still
hold the words, and so does the platform: docs/operations.md says what to do.`,
		Example: `  evenkeel erase 41 --yes
  evenkeel erase --author "Jo Example"        # says which cases
  evenkeel erase --author "Jo Example" --yes`,
		RunE: p.with(func(ctx context.Context, c *call, args []string) error {
			for _, a := range args {
				n, err := strconv.ParseInt(strings.TrimPrefix(a, "#"), 10, 64)
				if err != nil || n < 1 {
					return usagef("%q is no case; write its number", a)
				}
				r.Cases = append(r.Cases, n)
			}
			if len(r.Cases) == 0 && r.Author == "" {
				return usagef("name a case, or somebody with --author")
			}
			r.Look = !sure
			return c.erase(ctx, r)
		}),
	}
	cmd.Flags().StringVar(&r.Author, "author", "", "all cases of this author: the name as shown, or the platform's id, exactly")
	cmd.Flags().BoolVar(&sure, "yes", false, "do it; without, only say which cases it would be")
	return cmd
}

// eraseRequest says whose words go.
type eraseRequest struct {
	Cases  []int64 `json:"cases,omitempty"`
	Author string  `json:"author,omitempty"`
	Look   bool    `json:"look,omitempty"` // only say which
}

// eraseAnswer is what went.
type eraseAnswer struct {
	Cases   []int64  `json:"cases"`
	Left    []string `json:"left,omitempty"` // cases that could not be erased, and why
	Looked  bool     `json:"looked,omitempty"`
	Struck  int      `json:"struck,omitempty"`  // records of no case that repeated the words
	Named   []int64  `json:"named,omitempty"`   // other cases that name the author
	Problem string   `json:"problem,omitempty"` // words may be left in the files
}

func (c *call) erase(ctx context.Context, r eraseRequest) error {
	var out eraseAnswer
	store, err := c.openStore(ctx)
	var held *sqlite.InUseError
	switch {
	case errors.As(err, &held):
		err = askControl(ctx, held.Path, "/erase", r, &out)
	case err == nil:
		defer store.Close()
		out, err = eraseIn(ctx, store, r, c.now)
	}
	if err != nil {
		return err
	}
	return c.tellErased(out)
}

func (c *call) tellErased(out eraseAnswer) error {
	switch {
	case c.json:
		if err := c.printJSON(out); err != nil {
			return err
		}
	case len(out.Cases) == 0 && len(out.Left) == 0:
		c.print("No case is by that author.")
	case out.Looked:
		c.print("This would erase %s. Add --yes to do it; it cannot be undone.", list(out.Cases))
	case len(out.Cases) > 0:
		c.print("Erased: %s. The audit chain is untouched; backups made before still hold the words.", list(out.Cases))
	}
	if out.Struck > 0 && !c.json {
		c.print("Their words were struck out of %d more records, such as incidents and rules of style.", out.Struck)
	}
	if len(out.Named) > 0 {
		c.note("%s name the author too and were left as they are; look whether they speak of the same person, and erase them if so", list(out.Named))
	}
	for _, l := range out.Left {
		c.note("not erased: %s", l)
	}
	if out.Problem != "" {
		c.note("the words are gone from the tables, but the files could not be cleaned: %s; run this again", out.Problem)
	}
	if len(out.Left) > 0 || out.Problem != "" {
		return errNo
	}
	return nil
}

// list names cases as people do.
func list(cases []int64) string {
	refs := make([]string, len(cases))
	for i, id := range cases {
		refs[i] = "#" + strconv.FormatInt(id, 10)
	}
	return strings.Join(refs, ", ")
}

// eraseIn erases in an open store.
func eraseIn(ctx context.Context, store storage.Store, r eraseRequest, now func() time.Time) (eraseAnswer, error) {
	out := eraseAnswer{Cases: []int64{}, Looked: r.Look}
	up, ok := store.(storage.Upkeep)
	if !ok {
		return out, errors.New("this database cannot erase")
	}
	ids := slices.Clone(r.Cases)
	if r.Author != "" {
		theirs, err := up.Authored(ctx, r.Author)
		if err != nil {
			return out, err
		}
		ids = append(ids, theirs...)
	}
	slices.Sort(ids)
	authors := map[string]bool{}
	for some := range slices.Chunk(slices.Compact(ids), struckAtOnce) {
		if !r.Look {
			if err := strike(ctx, store, up, &out, authors, some, now()); err != nil {
				return out, err
			}
		}
		for _, id := range some {
			err := eraseCase(ctx, store, up, id, r.Look, now)
			switch {
			case err == nil, errors.Is(err, review.ErrAlready): // again: its files may still have to be cleaned
				out.Cases = append(out.Cases, id)
			case errors.Is(err, storage.ErrNotFound):
				out.Left = append(out.Left, fmt.Sprintf("#%d: there is no such case", id))
			case errors.Is(err, review.ErrNotNow), errors.Is(err, review.ErrConflict):
				out.Left = append(out.Left, fmt.Sprintf("#%d: a reply is on its way or the case is moving; try again in a minute", id))
			default:
				return out, err
			}
		}
	}
	if r.Look || len(out.Cases) == 0 {
		return out, nil
	}
	if err := redraw(ctx, store, up, now()); err != nil {
		return out, err
	}
	// The index forgets before the files are cleaned, which then lose it too.
	for some := range slices.Chunk(out.Cases, forgetAtOnce) {
		if err := store.Forget(ctx, some...); err != nil {
			out.Problem = err.Error()
			return out, nil
		}
	}
	if err := nowNamed(ctx, store, &out, authors); err != nil {
		return out, err
	}
	if err := up.Scrub(ctx); err != nil {
		out.Problem = err.Error()
	}
	return out, nil
}

// nowNamed finds the cases that still name an author who was erased.
func nowNamed(ctx context.Context, store storage.Store, out *eraseAnswer, authors map[string]bool) error {
	for author := range authors {
		found, err := store.Search(ctx, words.Parse(author), "", namedShown)
		if err != nil {
			return err
		}
		for _, h := range found.Hits {
			out.Named = append(out.Named, h.Case.ID)
		}
	}
	slices.Sort(out.Named)
	out.Named = slices.Compact(out.Named)
	return nil
}

// namedShown is how many cases are listed that name an author.
const namedShown = 20

// struckAtOnce is of how many cases the words are looked for at once.
const struckAtOnce = 200

// forgetAtOnce is how many cases the search index forgets in one step.
const forgetAtOnce = 1000

// eraseTries bounds how often an erasure is decided anew after another change.
const eraseTries = 20

func eraseCase(ctx context.Context, store storage.Store, up storage.Upkeep, id int64, look bool, now func() time.Time) error {
	for range eraseTries {
		k, err := store.Case(ctx, id)
		if err != nil {
			return err
		}
		change, err := review.Erase(k, review.Occasion{Now: now().UTC().Truncate(time.Microsecond), By: review.BySystem("keeper")})
		if err != nil || look {
			return err
		}
		if err := up.Erase(ctx, &change); !errors.Is(err, review.ErrConflict) {
			return err
		}
	}
	return review.ErrConflict
}

// strike takes the authors and words of cases out of what belongs to no case.
// That comes before the cases lose them: an erasure that broke off can be begun
// again.
func strike(ctx context.Context, store storage.Store, up storage.Upkeep, out *eraseAnswer, authors map[string]bool, cases []int64, now time.Time) error {
	var wrote []review.Review
	for _, id := range cases {
		k, err := store.Case(ctx, id)
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if _, err := review.Erase(k, review.Occasion{Now: now, By: review.BySystem("keeper")}); err != nil {
			continue // it is not erased now, or was before
		}
		revisions, err := store.Revisions(ctx, id)
		if err != nil {
			return err
		}
		wrote = append(wrote, append(revisions, k.Review)...)
		if k.Review.Author != "" {
			authors[k.Review.Author] = true
		}
	}
	who := quote.Of(wrote...)
	n, err := up.Strike(ctx, who.StrikeIn)
	if err != nil {
		return err
	}
	out.Struck += n
	for _, name := range bot.Written() {
		n, err := strikeSetting(ctx, store, name, who)
		if err != nil {
			return err
		}
		out.Struck += n
	}
	return nil
}

// strikeSetting changes a setting, in which others may be writing.
func strikeSetting(ctx context.Context, store storage.Store, name string, who *quote.Person) (int, error) {
	for range eraseTries {
		before, err := store.Setting(ctx, name)
		if err != nil {
			return 0, err
		}
		value, found := who.StrikeIn(before)
		if !found {
			return 0, nil
		}
		err = store.Commit(ctx, &storage.Batch{Setting: &storage.Setting{Name: name, Before: before, Value: value}})
		if !errors.Is(err, review.ErrConflict) {
			return 1, err
		}
	}
	return 0, review.ErrConflict
}

// redraw has the notices drawn anew that quote reviews.
func redraw(ctx context.Context, store storage.Store, up storage.Upkeep, now time.Time) error {
	notices, err := up.Notices(ctx)
	if err != nil {
		return err
	}
	work := bot.Redraw(notices, now)
	if len(work) == 0 {
		return nil
	}
	return store.Commit(ctx, &storage.Batch{Work: work})
}
