package bot_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
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
	"github.com/evenkeel/evenkeel/sources/simulator"
	"github.com/evenkeel/evenkeel/storage"
	"github.com/evenkeel/evenkeel/storage/sqlite"
)

var (
	ana  = review.Person{ID: "console:ana", Name: "Ana", Role: review.Lead}
	ben  = review.Person{ID: "console:ben", Name: "Ben", Role: review.Approver}
	cleo = review.Person{ID: "console:cleo", Name: "Cleo", Role: review.Responder}
	vic  = review.Person{ID: "console:vic", Name: "Vic", Role: review.Viewer}
)

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

// fakeChat is a chat in memory that can fail as chats do.
type fakeChat struct {
	mu    sync.Mutex
	posts []*post
	down  error   // every call fails with it
	lose  int     // so many posts are made and their answer is lost
	mute  string  // the key of the cards whose redraws are made and never answered
	then  func()  // after the next post, once
	deny  []error // what the next posts are told, one each; nil lets one pass
	finds int     // how often a card was looked for
}

// post is a card as it stands in the chat.
type post struct {
	ref   string
	at    bot.Place
	card  bot.Card
	drawn int
}

func (f *fakeChat) Name() string { return "console" }

func (f *fakeChat) Post(_ context.Context, at bot.Place, card bot.Card) (string, error) {
	f.mu.Lock()
	then := f.then
	f.then = nil
	defer func() {
		f.mu.Unlock()
		if then != nil {
			then()
		}
	}()
	if f.down != nil {
		return "", f.down
	}
	if len(f.deny) > 0 {
		err := f.deny[0]
		f.deny = f.deny[1:]
		if err != nil {
			return "", err
		}
	}
	p := &post{ref: fmt.Sprintf("m%d", len(f.posts)+1), at: at, card: card, drawn: 1}
	f.posts = append(f.posts, p)
	if f.lose > 0 {
		f.lose--
		return "", &bot.ChatError{Kind: bot.ErrUnknown, Chat: "console", Reason: "the answer was lost"}
	}
	return p.ref, nil
}

func (f *fakeChat) Find(_ context.Context, at bot.Place) (string, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.finds++
	if f.down != nil {
		return "", false, f.down
	}
	for _, p := range f.posts {
		if p.at.ID() == at.ID() {
			return p.ref, true, nil
		}
	}
	return "", false, nil
}

func (f *fakeChat) Update(_ context.Context, _ bot.Place, ref string, card bot.Card) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down != nil {
		return f.down
	}
	for _, p := range f.posts {
		if p.ref == ref {
			p.card = card
			p.drawn++
			if f.mute == p.at.Key {
				return &bot.ChatError{Kind: bot.ErrUnknown, Chat: "console", Reason: "the answer was lost"}
			}
			return nil
		}
	}
	return &bot.ChatError{Kind: bot.ErrGone, Chat: "console"}
}

func (f *fakeChat) Serve(ctx context.Context) error { <-ctx.Done(); return nil }

// card is the card of a case that stands under a key; it fails when there is
// not exactly one.
func (f *fakeChat) card(t *testing.T, id int64, key string) bot.Card {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []bot.Card
	for _, p := range f.posts {
		if p.at.Case == id && p.at.Key == key {
			found = append(found, p.card)
		}
	}
	if len(found) != 1 {
		t.Fatalf("case %d has %d cards %q, want 1", id, len(found), key)
	}
	return found[0]
}

func (f *fakeChat) count(key string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, p := range f.posts {
		if p.at.Key == key {
			n++
		}
	}
	return n
}

// scripted is a drafter that says what it is told.
type scripted struct {
	mu    sync.Mutex
	text  string
	err   error
	calls int
	asked llm.Request // the last one
}

func (s *scripted) Draft(_ context.Context, r llm.Request) (llm.Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	s.asked = r
	if s.err != nil {
		return llm.Result{}, s.err
	}
	text := s.text
	if wish := strings.TrimSpace(r.Instruction + " " + r.Variant); wish != "" {
		text += " (" + wish + ")"
	}
	return llm.Result{Draft: review.Draft{Text: text, Language: "en", Origin: review.FromModel, Model: "scripted"}}, nil
}

// house is a desk with everything around it.
type house struct {
	*testing.T
	ctx      context.Context
	desk     *bot.Desk
	store    storage.Store
	chat     *fakeChat
	platform *simulator.Platform
	drafter  *scripted
	clock    *clock
	presses  int
	patience time.Duration // how long a new review may take to be polled
}

// plain is a reply that the checks have nothing against.
const plain = "Dear Jo, thank you for telling us about the teapot. It came two weeks late, and I am sorry about that. Please write to care@example.test, so that we can look into it together. Ana"

const testPlaybook = `
publishing: {settle_after: 2h}
incident: {reviews: 0}
causes: {reviews: 1000}
sources:
  shop: {kind: simulator, poll: 10m}
team:
  name: Harbour
contacts:
  - {email: care@example.test, label: Customer care}
rules:
  - when: {heat: heated}
    approvals: 2
    pause: 2m
    cool_off: 5m
  - when: {}
    approvals: 1
    cool_off: 1m
`

// open builds a house on SQLite with the simulator as its platform.
func open(t *testing.T, change ...func(*bot.Config)) *house {
	t.Helper()
	t.Parallel() // a house shares nothing with another
	ctx := context.Background()
	c := &clock{now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	platform := simulator.NewPlatform(simulator.Config{Token: "t", Now: c.Now})
	server := httptest.NewServer(platform)
	t.Cleanup(server.Close)
	src, err := simulator.New(simulator.Settings{Name: "shop", BaseURL: server.URL, Token: "t", Now: c.Now, Timeout: 5 * time.Second, RetryWait: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.NewTextHandler(testLog{t}, nil))
	store, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "evenkeel.db"), sqlite.Options{Now: c.Now, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	book, err := playbook.Parse("test.yaml", []byte(testPlaybook))
	if err != nil {
		t.Fatal(err)
	}
	h := &house{T: t, ctx: ctx, store: store, chat: &fakeChat{}, platform: platform, drafter: &scripted{text: plain}, clock: c, patience: 11 * time.Minute}
	cfg := bot.Config{
		Store: store, Playbook: book, Sources: []sources.Source{src},
		Drafter: h.drafter, Triager: llm.NewOffline(), Now: c.Now, Logger: logger, ConsoleURL: "http://127.0.0.1:8467",
	}
	for _, f := range change {
		f(&cfg)
	}
	if h.desk, err = bot.New(cfg); err != nil {
		t.Fatal(err)
	}
	h.desk.Attach(h.chat)
	if err := h.desk.Start(ctx); err != nil {
		t.Fatal(err)
	}
	return h
}

// testLog writes the program's log to the test's.
type testLog struct{ t *testing.T }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

var _ io.Writer = testLog{}

// pass lets time pass, doing what is due when it is due.
func (h *house) pass(d time.Duration) {
	h.Helper()
	for end := h.clock.Now().Add(d); ; {
		if _, err := h.desk.RunDue(h.ctx); err != nil {
			h.Fatal(err)
		}
		now := h.clock.Now()
		if !now.Before(end) {
			return
		}
		next, ok, err := h.desk.NextDue(h.ctx)
		if err != nil {
			h.Fatal(err)
		}
		if !ok || next.After(end) {
			next = end
		}
		h.clock.mu.Lock()
		h.clock.now = next
		h.clock.mu.Unlock()
	}
}

// arrives lets a customer write, and the desk take it in.
func (h *house) arrives(stars int, body string) int64 {
	h.Helper()
	r, err := h.platform.Add(simulator.Review{Rating: stars, Title: "The teapot", Body: body, Author: "Jo", Language: "en"})
	if err != nil {
		h.Fatal(err)
	}
	h.pass(h.patience)
	c, err := h.store.CaseOf(h.ctx, review.Key{Source: "shop", ID: r.ID})
	if err != nil {
		h.Fatalf("the review did not become a case: %v", err)
	}
	return c.ID
}

// late is a review about a late teapot.
func (h *house) late() int64 {
	return h.arrives(2, "The teapot came two weeks late. Nobody answered my question.")
}

func (h *house) get(id int64) review.Case {
	h.Helper()
	c, err := h.store.Case(h.ctx, id)
	if err != nil {
		h.Fatal(err)
	}
	return c
}

func (h *house) in(id int64, want review.Status) {
	h.Helper()
	if c := h.get(id); c.Status != want {
		h.Fatalf("the case is %s, want %s", c.Status, want)
	}
}

// press finds a button by its command on the case's card under key, and
// presses it.
func (h *house) press(p review.Person, id int64, key, command string, args ...string) commands.Outcome {
	h.Helper()
	return h.pressOn(p, h.chat.card(h.T, id, key), command, args...)
}

func (h *house) pressOn(p review.Person, card bot.Card, command string, args ...string) commands.Outcome {
	h.Helper()
	for _, b := range card.Buttons {
		if b.Token.Command == command || b.Token.Command+":"+b.Token.Arg == command {
			h.presses++
			i := commands.Invocation{Command: b.Token.Command, Token: b.Token, By: p, Chat: "console", ID: fmt.Sprintf("press-%d", h.presses), Args: map[string]string{}}
			for n := 0; n+1 < len(args); n += 2 {
				i.Args[args[n]] = args[n+1]
			}
			return h.desk.Run(h.ctx, i)
		}
	}
	h.Fatalf("no button %q on the card %q", command, card.Title)
	return commands.Outcome{}
}

// typed runs a typed command.
func (h *house) typed(p review.Person, line string) commands.Outcome {
	h.Helper()
	i, out := h.desk.Parse(line)
	if out != nil {
		return *out
	}
	i.By, i.Chat = p, "console"
	return h.desk.Run(h.ctx, i)
}

func (h *house) ok(out commands.Outcome) {
	h.Helper()
	if out.Refused {
		h.Fatalf("refused: %s", out.Text)
	}
}

func (h *house) refused(out commands.Outcome, says string) {
	h.Helper()
	if !out.Refused || !strings.Contains(out.Text, says) {
		h.Fatalf("refused is %v and it says %q, want a refusal that says %q", out.Refused, out.Text, says)
	}
}

// drafted brings a late review to a draft.
func (h *house) drafted() int64 {
	h.Helper()
	id := h.late()
	h.ok(h.press(cleo, id, "parent", "verdict:reply"))
	h.pass(0)
	h.in(id, review.Drafted)
	return id
}

// onPlatform is the reply that readers see.
func (h *house) onPlatform(id int64) string {
	h.Helper()
	r, err := h.platform.Review(h.get(id).Review.Key.ID)
	if err != nil {
		h.Fatal(err)
	}
	if r.Reply == nil {
		return ""
	}
	return r.Reply.Text
}
