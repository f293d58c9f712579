package handover

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/audit"
	"github.com/evenkeel/evenkeel/storage"
)

// Store is what a hand-over reads and keeps; [storage.Store] has it.
type Store interface {
	Commit(ctx context.Context, b *storage.Batch) error
	Claim(ctx context.Context, c storage.Claim) ([]storage.Job, error)
	Retry(ctx context.Context, j storage.Job, due time.Time, problem string) error
	Extend(ctx context.Context, j storage.Job, until time.Time) error
	Setting(ctx context.Context, name string) (string, error)
	Head(ctx context.Context) (int64, review.Digest, error)
	Events(ctx context.Context, id, after int64, limit int) ([]audit.Entry, error)
	Texts(ctx context.Context, seq int64) (map[string]string, error)
	Case(ctx context.Context, id int64) (review.Case, error)
}

// Target is a program that wants to know what happens.
type Target struct {
	Name   string // unique; the cursor is kept under it
	URL    string // https, or http to a host that the operator allows
	Secret secret.Value
	Verbs  []string // of these verbs only; empty for all
	Words  bool     // with the words, not only ids and digests
}

// Config is what a hand-over is made of.
type Config struct {
	Store   Store
	Targets []Target
	Allow   []string         // hosts, or host:port, that may have an address that is not public
	Now     func() time.Time // time.Now when nil
	Logger  *slog.Logger     // slog.Default when nil
	Worker  string           // names this process among replicas, for the log
	// Trouble is told how a target fares: nil when it is well, and an error
	// when people should look after it. It may be nil.
	Trouble func(target string, problem error)
	// News is the work by which people are told, once each, that a target has
	// been in trouble since a time, or is well again after it. It becomes part
	// of the write that notes that they were told. It may be nil.
	News func(target string, since time.Time, well bool) []review.Work
}

// Handover follows the audit log for its targets. Make one with [New] and let
// it [Handover.Serve].
type Handover struct {
	Config
	lanes  []*lane
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
	client *http.Client
}

// lane is a target with what is made of its settings.
type lane struct {
	Target
	signers []*standardwebhooks.Webhook
}

func (l *lane) kind() review.WorkKind { return review.WorkKind("handover:" + l.Name) }

// The pace. A lease is prolonged before each call, which takes at most
// callTimeout.
const (
	lookEvery = time.Second
	leaseFor  = 15 * time.Second // another replica waits so long for one that was killed
	page      = 200
	turnMost  = 1000 // entries looked at before another replica may have the turn
	heldMost  = 50   // cases held back at once; beyond that the whole target waits
	patience  = 3    // failures in a row after which people are told
)

// New makes a hand-over. The error names a target and what to do; nothing is
// read, written or called yet.
func New(c Config) (*Handover, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	dial := dialer(c.Allow)
	h := &Handover{Config: c, dial: dial, client: client(dial)}
	var wrong []error
	for _, t := range c.Targets {
		s, err := signers(t.Secret.Reveal())
		if err == nil {
			err = checkURL(t.URL, c.Allow)
		}
		if err == nil && slices.ContainsFunc(h.lanes, func(l *lane) bool { return l.Name == t.Name }) {
			err = errors.New("there are two of this name")
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("handover %s: %w", t.Name, err))
			continue
		}
		h.lanes = append(h.lanes, &lane{t, s})
	}
	return h, errors.Join(wrong...)
}

func checkURL(s string, allow []string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return errors.New("its url is no address that begins with https://")
	case u.User != nil:
		return errors.New("its url carries a password; use the secret instead")
	case u.Scheme == "http" && !slices.Contains(allow, u.Hostname()) && !slices.Contains(allow, u.Host):
		return errors.New("its url is not encrypted; use https://, or let an operator allow the host with handover-allow")
	}
	return nil
}

// Serve follows the log until ctx ends.
func (h *Handover) Serve(ctx context.Context) error {
	done := make(chan struct{})
	for _, l := range h.lanes {
		go func() {
			defer func() { done <- struct{}{} }()
			h.follow(ctx, l)
		}()
	}
	for range h.lanes {
		<-done
	}
	return nil
}

// follow looks at one target again and again: a target that hangs keeps no
// other waiting.
func (h *Handover) follow(ctx context.Context, l *lane) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if _, err := h.turn(ctx, l); err != nil && ctx.Err() == nil {
			h.Logger.WarnContext(ctx, "a hand-over stopped; it goes on by itself", slog.String("target", l.Name), slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// RunDue sends all that can be sent now, and tells how much arrived. Tests move
// time with it.
func (h *Handover) RunDue(ctx context.Context) (int, error) {
	sent := 0
	for _, l := range h.lanes {
		n, err := h.turn(ctx, l)
		sent += n
		if err != nil {
			return sent, err
		}
	}
	return sent, nil
}

// turn claims the target's row when there is something to do, sends, and gives
// the row back.
func (h *Handover) turn(ctx context.Context, l *lane) (sent int, err error) {
	st, _, err := load(ctx, h.Store, l.Name)
	if err != nil {
		return 0, err
	}
	h.tell(l, st)
	head, _, err := h.Store.Head(ctx)
	if err != nil || st.Known && !st.due(h.Now(), head) {
		return 0, err
	}
	now := h.Now()
	if err := h.Store.Commit(ctx, &storage.Batch{Work: []review.Work{{Kind: l.kind(), Key: l.Name, Due: now}}}); err != nil {
		return 0, err
	}
	jobs, err := h.Store.Claim(ctx, storage.Claim{Worker: h.Worker, Kinds: []review.WorkKind{l.kind()}, Now: now, Lease: leaseFor, Limit: 1})
	if err != nil || len(jobs) == 0 {
		return 0, err // another replica has it
	}
	r := &round{Handover: h, lane: l, job: jobs[0]}
	err = r.run(ctx)
	if errors.Is(err, storage.ErrFenced) || errors.Is(err, review.ErrConflict) {
		return r.sent, nil // another replica goes on
	}
	h.tell(l, r.state)
	free, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	if back := h.Store.Retry(free, r.job, h.Now(), ""); back != nil && !errors.Is(back, storage.ErrFenced) {
		err = errors.Join(err, back)
	}
	return r.sent, err
}

// tell says how a target fares.
func (h *Handover) tell(l *lane, st State) {
	if h.Trouble == nil {
		return
	}
	if p := st.Trouble(); p != "" {
		h.Trouble(l.Name, errors.New(p))
		return
	}
	h.Trouble(l.Name, nil)
}

// setting is the name under which a target's state is kept.
func setting(target string) string { return "handover:" + target }

// Load reads how a target stands.
func Load(ctx context.Context, store Store, target string) (State, error) {
	st, _, err := load(ctx, store, target)
	return st, err
}

func load(ctx context.Context, store Store, target string) (st State, raw string, err error) {
	if raw, err = store.Setting(ctx, setting(target)); err != nil || raw == "" {
		return st, raw, err
	}
	if err := json.Unmarshal([]byte(raw), &st); err != nil {
		return st, raw, fmt.Errorf("the state of the hand-over to %s cannot be read: %w", target, err)
	}
	st.Known = true
	return st, raw, nil
}
