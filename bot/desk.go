package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/storage"
)

// Drafter writes a reply. An error's text is shown on the card: it must be
// calm, say what to do, and hold no secret.
type Drafter interface {
	Draft(ctx context.Context, r llm.Request) (llm.Result, error)
}

// Triager reads a review. It must not fail where rules would do: an error
// leaves the case without a suggestion.
//
// One that also has AtOnce and says true there reads by rules, far within a
// millisecond and on nobody else's machine: its reading goes into the very write
// that takes a review in, so that the first card is whole.
type Triager interface {
	Triage(ctx context.Context, r llm.TriageRequest) (review.Triage, error)
}

// Config is what a desk is made of. Store, Playbook, Drafter and Triager are
// needed; the rest has defaults.
type Config struct {
	Store    storage.Store
	Playbook *playbook.Playbook
	Sources  []sources.Source
	Drafter  Drafter
	Triager  Triager
	// Judge reads every text a second time, and Translator puts a person's text
	// into the team's language. Both need a language model and may be nil.
	Judge      Judge
	Translator Translator
	Now        func() time.Time // time.Now when nil
	Logger     *slog.Logger     // slog.Default when nil
	// ConsoleURL is where people open case pages, "" without a console.
	ConsoleURL string
	// Worker names this process among replicas, for the log.
	Worker string
	// Observer counts and times what the desk does; nil for none.
	Observer Observer
	// History is how old a review may be at a source's first poll to be
	// announced; older ones are seeded silently. 48 hours when zero.
	History time.Duration
	// PastedID names a pasted review by its link or words, so that pasting it
	// twice makes one case. Its words when nil.
	PastedID func(review.Review) string
	// SignIn makes a link by which a person whom a chat knows enters the
	// console, once; nil without a console.
	SignIn func(ctx context.Context, who review.Person) (string, error)
	// Outage tells how a program that is handed events fares; nil without any.
	Outage func(ctx context.Context, target string) (Outage, error)
	// Platforms are the copy-and-open profiles that a pasted review can name.
	Platforms []commands.Option
}

// Desk is the heart of the program. Make one with [New], give it its chats
// with [Desk.Attach], then [Desk.Serve]. Its methods are safe for concurrent
// use.
type Desk struct {
	Config
	table   *commands.Table
	sources map[string]sources.Source
	chats   []Chat
	lanes   map[review.WorkKind]*lane
	serving atomic.Bool // in Serve: jobs run side by side, and one may wait for another's commit

	learning   sync.Mutex // one change of the style rules at a time
	publishing keyedMutex // one publish at a time for each source
	bursts     bursts
	prints     prints
	fresh      fresh
	troubles   troubles
	recalls    recalls
}

var (
	_ Front         = (*Desk)(nil)
	_ commands.Desk = (*Desk)(nil)
)

// New makes a desk. It reads and writes nothing yet.
func New(c Config) (*Desk, error) {
	switch {
	case c.Store == nil:
		return nil, errors.New("the desk needs a store")
	case c.Playbook == nil:
		return nil, errors.New("the desk needs a playbook; playbook.Default() will do")
	case c.Drafter == nil || c.Triager == nil:
		return nil, errors.New("the desk needs a drafter and a triager; the offline ones will do")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Worker == "" {
		c.Worker = "desk"
	}
	if c.History == 0 {
		c.History = 48 * time.Hour
	}
	if c.PastedID == nil {
		c.PastedID = func(r review.Review) string { return review.DigestOf(r.ContentHash().String(), r.Author).Short() }
	}
	d := &Desk{Config: c, table: commands.NewTable(commands.Rows()), sources: make(map[string]sources.Source), prints: newPrints()}
	for _, s := range c.Sources {
		if _, twice := d.sources[s.Name()]; twice {
			return nil, fmt.Errorf("two sources are called %q; give one of them another name in the playbook", s.Name())
		}
		d.sources[s.Name()] = s
	}
	d.lanes = make(map[review.WorkKind]*lane)
	for kind, w := range d.workerTable() {
		d.lanes[kind] = newLane(w)
	}
	return d, nil
}

// Attach adds a chat. All chats must be attached before Serve.
func (d *Desk) Attach(c Chat) {
	d.chats = append(d.chats, c)
	if _, draws := c.(OnDemand); !draws {
		d.lanes[cardsKind(c.Name())] = newLane(d.cardsWorker(c))
		d.lanes[burstKind(c.Name())] = newLane(d.burstWorker(c))
	}
	d.lanes[noticeKind(c.Name())] = newLane(d.noticeWorker(c))
	d.lanes[digestKind(c.Name())] = newLane(d.digestWorker(c))
}

// Now is the desk's time, to the microsecond: what storage keeps.
func (d *Desk) Now() time.Time { return d.Config.Now().UTC().Truncate(time.Microsecond) }

// occasion is an actor's moment with a case.
func (d *Desk) occasion(c review.Case, by review.Actor) review.Occasion {
	return review.Occasion{Now: d.Now(), By: by, Policy: d.policy(c)}
}

// conflictTries bounds how often a change is decided anew after somebody else's
// came first. Each lost race means that another change was stored, so this is
// reached only under a storm of presses on one case.
const conflictTries = 100

// act reads a case, lets the rules decide, and stores the change with what
// completes it. guard, where given, is asked about every fresh reading: it
// sees whether the person's press still speaks of this case.
func (d *Desk) act(ctx context.Context, id int64, by review.Actor, action review.Action, guard func(review.Case) error, with storage.Batch) (review.Case, error) {
	for range conflictTries {
		c, err := d.Store.Case(ctx, id)
		if err != nil {
			return c, err
		}
		if guard != nil {
			if err := guard(c); err != nil {
				return c, err
			}
		}
		change, err := review.Apply(c, action, d.occasion(c, by))
		if err != nil {
			return c, err
		}
		b := with
		b.Change = &change
		b.Work = append(b.Work[:len(b.Work):len(b.Work)], d.cardWork(change.Case)...)
		b.Work = append(b.Work, d.clockWork(c, change.Case)...)
		b.Work = append(b.Work, d.watchWork(c, change.Case)...)
		b.Work = append(b.Work, d.alarms(c, change.Case)...)
		err = d.Store.Commit(ctx, &b)
		switch {
		case errors.Is(err, review.ErrConflict):
			continue
		case err != nil:
			return c, err
		}
		d.moved(ctx, change)
		return change.Case, nil
	}
	return review.Case{}, review.ErrConflict
}

// moved tells everybody who wants to know of a change that was stored.
func (d *Desk) moved(ctx context.Context, change review.Change) {
	d.stir(change.Case.ID)
	if d.Observer != nil {
		d.Observer.Moved(change)
	}
	for _, e := range change.Events {
		d.Logger.LogAttrs(ctx, slog.LevelInfo, "case moved",
			slog.Int64("case", change.Case.ID), slog.String("verb", string(e.Verb)),
			slog.String("actor", e.Actor), slog.String("status", string(change.Case.Status)))
	}
}

// cardWork asks for the cards of a case to be brought up to it in every chat
// where they stand. History has none.
func (d *Desk) cardWork(c review.Case) []review.Work {
	if c.Status == review.Seeded {
		return nil
	}
	work := make([]review.Work, 0, len(d.chats))
	for _, r := range d.postedRoutes(c) {
		work = append(work, review.Work{Kind: cardsKind(r.Chat), Case: c.ID, Key: "all", Due: d.Now(), Again: true})
	}
	return work
}

// keyedMutex is a lock for each of some names.
type keyedMutex struct {
	mu    sync.Mutex
	locks map[string]*sync.Mutex
}

// lock locks name and returns what unlocks it.
func (k *keyedMutex) lock(name string) (unlock func()) {
	k.mu.Lock()
	if k.locks == nil {
		k.locks = make(map[string]*sync.Mutex)
	}
	l, ok := k.locks[name]
	if !ok {
		l = new(sync.Mutex)
		k.locks[name] = l
	}
	k.mu.Unlock()
	l.Lock()
	return l.Unlock
}
