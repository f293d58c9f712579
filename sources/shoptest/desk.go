package shoptest

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/storage"
	"github.com/evenkeel/evenkeel/storage/sqlite"
)

// The team.
var (
	Ana  = review.Person{ID: "console:ana", Name: "Ana", Role: review.Lead}
	Ben  = review.Person{ID: "console:ben", Name: "Ben", Role: review.Approver}
	Cleo = review.Person{ID: "console:cleo", Name: "Cleo", Role: review.Responder}
)

const rules = `
publishing: {settle_after: 2h}
sources:
  %s: {kind: %s, poll: 10m}
team:
  name: Harbour
contacts:
  - {email: care@example.test, label: Customer care}
rules:
  - when: {}
    approvals: 2
    cool_off: 1m
`

// Desk is a real desk on SQLite with one source. Its clock is moved by hand, so
// that waiting times pass in a moment; the shop's is not.
type Desk struct {
	t       testing.TB
	desk    *bot.Desk
	store   storage.Store
	chat    *wall
	drafter *drafter
	source  sources.Source
	presses int

	mu  sync.Mutex
	now time.Time
}

// NewDesk opens a desk and polls the shop for the first time.
func NewDesk(t testing.TB, source sources.Source) *Desk {
	t.Helper()
	d := &Desk{t: t, chat: &wall{}, drafter: &drafter{}, source: source, now: time.Now().UTC()}
	logger := slog.New(slog.NewTextHandler(lines{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	var err error
	d.store, err = sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "evenkeel.db"), sqlite.Options{Now: d.Now, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.store.Close() })
	book, err := playbook.Parse("shoptest.yaml", fmt.Appendf(nil, rules, source.Name(), source.Platform()))
	if err != nil {
		t.Fatal(err)
	}
	d.desk, err = bot.New(bot.Config{
		Store: d.store, Playbook: book, Sources: []sources.Source{source},
		Drafter: d.drafter, Triager: llm.NewOffline(), Now: d.Now, Logger: logger,
	})
	if err != nil {
		t.Fatal(err)
	}
	d.desk.Attach(d.chat)
	if err := d.desk.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.Pass(0)
	return d
}

// Now is the desk's clock.
func (d *Desk) Now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

// Pass lets time pass, doing what is due when it is due.
func (d *Desk) Pass(length time.Duration) {
	d.t.Helper()
	for end := d.Now().Add(length); ; {
		if _, err := d.desk.RunDue(d.t.Context()); err != nil {
			d.t.Fatal(err)
		}
		if !d.Now().Before(end) {
			return
		}
		next, ok, err := d.desk.NextDue(d.t.Context())
		if err != nil {
			d.t.Fatal(err)
		}
		if !ok || next.After(end) {
			next = end
		}
		d.mu.Lock()
		d.now = next
		d.mu.Unlock()
	}
}

// Arrives waits for the next poll and gives the case of the review with this id.
func (d *Desk) Arrives(id string) review.Case {
	d.t.Helper()
	d.Pass(11 * time.Minute)
	c, err := d.store.CaseOf(d.t.Context(), review.Key{Source: d.source.Name(), ID: id})
	if err != nil {
		d.t.Fatalf("the review did not become a case: %v", err)
	}
	return c
}

// Case is a case as it is now; the test ends when its status is another.
func (d *Desk) Case(id int64, want review.Status) review.Case {
	d.t.Helper()
	c, err := d.store.Case(d.t.Context(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	if c.Status != want {
		d.t.Fatalf("the case is %s, want %s; its card says %s", c.Status, want, d.chat.last())
	}
	return c
}

// Answer brings a case from its arrival to a published reply: somebody decides
// to answer, text is drafted, two people approve it, its time comes.
func (d *Desk) Answer(id int64, text string) {
	d.t.Helper()
	d.drafter.say(text)
	d.Case(id, review.Open)
	d.press(Cleo, id, "parent", "verdict:reply")
	d.Pass(0)
	d.Case(id, review.Drafted)
	d.press(Ben, id, "draft-1", "approve")
	d.Case(id, review.Drafted) // one of two
	d.press(Ana, id, "draft-1", "approve")
	d.Case(id, review.Approved)
	d.Pass(5 * time.Minute)
}

// press presses a button that stands on a card.
func (d *Desk) press(by review.Person, id int64, key, command string) {
	d.t.Helper()
	card := d.chat.card(d.t, id, key)
	for _, b := range card.Buttons {
		if b.Token.Command != command && b.Token.Command+":"+b.Token.Arg != command {
			continue
		}
		d.presses++
		out := d.desk.Run(d.t.Context(), commands.Invocation{Command: b.Token.Command, Token: b.Token, By: by, Chat: d.chat.Name(), ID: fmt.Sprint("press-", d.presses)})
		if out.Refused {
			d.t.Fatalf("%s pressed %s and was refused: %s", by.Name, command, out.Text)
		}
		return
	}
	d.t.Fatalf("no button %q on the card %q", command, card.Title)
}

// drafter proposes what it was told.
type drafter struct {
	mu   sync.Mutex
	text string
}

func (s *drafter) say(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = text
}

func (s *drafter) Draft(context.Context, llm.Request) (llm.Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return llm.Result{Draft: review.Draft{Text: s.text, Language: "en", Origin: review.FromModel, Model: "scripted"}}, nil
}

// wall is a chat that keeps its cards.
type wall struct {
	mu    sync.Mutex
	cards []pinned
}

type pinned struct {
	at   bot.Place
	card bot.Card
}

func (w *wall) Name() string { return "console" }

func (w *wall) Post(_ context.Context, at bot.Place, card bot.Card) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cards = append(w.cards, pinned{at, card})
	return fmt.Sprint(len(w.cards)), nil
}

func (w *wall) Find(_ context.Context, at bot.Place) (string, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, p := range w.cards {
		if p.at.ID() == at.ID() {
			return fmt.Sprint(i + 1), true, nil
		}
	}
	return "", false, nil
}

func (w *wall) Update(_ context.Context, _ bot.Place, ref string, card bot.Card) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var n int
	if _, err := fmt.Sscan(ref, &n); err != nil || n < 1 || n > len(w.cards) {
		return &bot.ChatError{Kind: bot.ErrGone, Chat: "console"}
	}
	w.cards[n-1].card = card
	return nil
}

func (w *wall) Serve(ctx context.Context) error { <-ctx.Done(); return nil }

// card is the card of a case under a key.
func (w *wall) card(t testing.TB, id int64, key string) bot.Card {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.cards {
		if p.at.Case == id && p.at.Key == key {
			return p.card
		}
	}
	t.Fatalf("case %d has no card %q", id, key)
	return bot.Card{}
}

// last is the newest card in words.
func (w *wall) last() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.cards) == 0 {
		return "nothing"
	}
	c := w.cards[len(w.cards)-1].card
	return fmt.Sprintf("%q %v", c.Title, c.Blocks)
}

// lines writes the program's log to the test's.
type lines struct{ t testing.TB }

func (l lines) Write(b []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}
