package webconsole

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os/user"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/audit"
	"github.com/evenkeel/evenkeel/review/stats"
	"github.com/evenkeel/evenkeel/storage"
)

// Store is what the console keeps and reads; [storage.Store] has it.
type Store interface {
	Commit(ctx context.Context, b *storage.Batch) error
	PutNote(ctx context.Context, n storage.Note) (storage.Note, error)
	EditNote(ctx context.Context, id int64, body json.RawMessage, at time.Time) error
	NoteByKey(ctx context.Context, key string) (storage.Note, error)
	Notes(ctx context.Context, channel string, thread, after int64, limit int) ([]storage.Note, error)

	PutSession(ctx context.Context, s storage.Session) error
	Session(ctx context.Context, token review.Digest) (storage.Session, error)
	SpendInvite(ctx context.Context, invite review.Digest, s storage.Session) error
	DropSession(ctx context.Context, token review.Digest) error

	Case(ctx context.Context, id int64) (review.Case, error)
	Cases(ctx context.Context, q storage.Query) ([]review.Case, error)
	CountByStatus(ctx context.Context) (map[review.Status]int, error)
	Revisions(ctx context.Context, id int64) ([]review.Review, error)
	Drafts(ctx context.Context, id int64) ([]review.Draft, error)
	Approvals(ctx context.Context, id int64) ([]review.Approval, error)
	Replies(ctx context.Context, id int64) ([]review.Reply, error)
	Events(ctx context.Context, id, after int64, limit int) ([]audit.Entry, error)
	Texts(ctx context.Context, seq int64) (map[string]string, error)

	Counts(ctx context.Context, q storage.CountQuery) ([]stats.Row, error)
	Subjects(ctx context.Context, source string, limit int) ([]string, error)
}

// Config is what a console is made of. Desk and Store are needed.
type Config struct {
	Desk   bot.Front
	Store  Store
	Now    func() time.Time // time.Now when nil
	Logger *slog.Logger     // slog.Default when nil
	// Location is the time zone of the times on the pages; UTC when nil.
	Location *time.Location
	// BaseURL is where people reach the console ("https://desk.example.com").
	// Its scheme decides whether cookies are Secure, its host is a good Host.
	BaseURL string
	// Loopback says that the console listens on loopback only: the person at
	// the machine is then signed in as lead, and every other Host is refused,
	// so that no page elsewhere can reach it by rebinding its own name.
	Loopback bool
	// LocalName is the name of the person at the machine; the system's when "".
	LocalName string
}

// name is the chat's name, and the prefix of its persons' ids.
const name = "console"

// Console is the web console. Make one with [New], mount it under "/", and
// attach it to the desk as a chat. It is safe for concurrent use.
type Console struct {
	Config
	base  *url.URL
	pages *pages
	hub   *hub
	http.Handler
}

var (
	_ bot.Chat     = (*Console)(nil)
	_ bot.OnDemand = (*Console)(nil)
	_ bot.Pictures = (*Console)(nil)
)

// New makes a console. It reads and writes nothing yet.
func New(c Config) (*Console, error) {
	if c.Desk == nil || c.Store == nil {
		return nil, errors.New("the console needs a desk and a store")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Location == nil {
		c.Location = time.UTC
	}
	if c.LocalName == "" {
		c.LocalName = localName()
	}
	base, err := url.Parse(c.BaseURL)
	if err != nil || c.BaseURL != "" && (base.Scheme != "http" && base.Scheme != "https" || base.Host == "") {
		return nil, fmt.Errorf("the console's address %q must look like https://desk.example.com", c.BaseURL)
	}
	con := &Console{Config: c, base: base, hub: newHub()}
	if con.pages, err = parsePages(con); err != nil {
		return nil, err
	}
	if con.Handler, err = con.routes(); err != nil {
		return nil, err
	}
	return con, nil
}

// localName is how the system calls the person at the machine.
func localName() string {
	u, err := user.Current()
	if err != nil {
		return "you"
	}
	for _, n := range []string{u.Name, u.Username} {
		if n = strings.TrimSpace(strings.Trim(n, ",")); n != "" && n != "root" {
			return n
		}
	}
	return "you"
}

// Name implements [bot.Chat].
func (c *Console) Name() string { return name }

// Serve implements [bot.Chat]. Presses come in over HTTP, so there is nothing
// to do but to let watchers go when ctx ends: an HTTP server's shutdown waits
// for them.
func (c *Console) Serve(ctx context.Context) error {
	<-ctx.Done()
	c.hub.close()
	return nil
}

// Post implements [bot.Chat]. The place's id is the note's key, so a post that
// is repeated gives the note that is there.
func (c *Console) Post(ctx context.Context, at bot.Place, card bot.Card) (string, error) {
	return c.put(ctx, at, note{Card: &card, Quiet: at.Quiet})
}

func (c *Console) put(ctx context.Context, at bot.Place, what note) (string, error) {
	thread, err := parseRef(at.Thread)
	if err != nil {
		return "", c.failed(bot.ErrGone, "the thread is not one of the console's", err)
	}
	channel := at.Channel
	if at.Case == 0 && thread == 0 {
		channel = boardChannel
		if thread, err = c.board(ctx); err != nil {
			return "", c.failed(bot.ErrUnknown, "", err)
		}
	}
	body, err := encode(what)
	if err != nil {
		return "", c.failed(bot.ErrMisconfigured, "the card cannot be kept", err)
	}
	n, err := c.Store.PutNote(ctx, storage.Note{
		Thread: thread, Channel: channel, Key: at.ID(), Case: at.Case, Body: body, At: c.Now(),
	})
	if err != nil {
		return "", c.failed(bot.ErrUnknown, "", err)
	}
	c.hub.wake()
	return ref(n.ID), nil
}

// Find implements [bot.Chat].
func (c *Console) Find(ctx context.Context, at bot.Place) (string, bool, error) {
	n, err := c.Store.NoteByKey(ctx, at.ID())
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return "", false, nil
	case err != nil:
		return "", false, c.failed(bot.ErrUnknown, "", err)
	}
	return ref(n.ID), true, nil
}

// Update implements [bot.Chat].
func (c *Console) Update(ctx context.Context, at bot.Place, id string, card bot.Card) error {
	n, err := parseRef(id)
	if err != nil || n == 0 {
		return c.failed(bot.ErrGone, "this is no card of the console", err)
	}
	body, err := encode(note{Card: &card, Quiet: at.Quiet})
	if err != nil {
		return c.failed(bot.ErrMisconfigured, "the card cannot be kept", err)
	}
	switch err := c.Store.EditNote(ctx, n, body, c.Now()); {
	case errors.Is(err, storage.ErrNotFound):
		return c.failed(bot.ErrGone, "", err)
	case err != nil:
		return c.failed(bot.ErrUnknown, "", err)
	}
	c.hub.wake()
	return nil
}

func (c *Console) failed(kind error, reason string, err error) error {
	return &bot.ChatError{Kind: kind, Chat: name, Reason: reason, Err: err}
}

// ref is the reference of a note, parseRef its number; "" is no note, 0.
func ref(id int64) string { return strconv.FormatInt(id, 10) }

func parseRef(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(s, 10, 64)
	if err != nil || id <= 0 {
		return 0, fmt.Errorf("%q is no reference", s)
	}
	return id, nil
}
