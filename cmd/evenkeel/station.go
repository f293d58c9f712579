package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/webconsole"
	"github.com/evenkeel/evenkeel/handover"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/manual"
	"github.com/evenkeel/evenkeel/sources/webhook"
	"github.com/evenkeel/evenkeel/storage"
)

// parts is what a station is put together from.
type parts struct {
	store     storage.Store
	rules     *playbook.Playbook
	sources   []sources.Source
	writers   writers
	reception *reception
	now       func() time.Time
}

// parts makes what the settings ask for, cheapest first: what is wrong in the
// playbook is said before a database is touched.
func (c *call) parts(ctx context.Context) (parts, error) {
	rules, err := c.playbook()
	if err != nil {
		return parts{}, err
	}
	r := &reception{}
	made := c.kit(r)
	from, err := makeSources(made, rules)
	if err != nil {
		return parts{}, usage(err)
	}
	store, err := c.openStore(ctx)
	if err != nil {
		return parts{}, err
	}
	made.vault.open(store)
	w, err := c.writers(rules, store)
	if err != nil {
		_ = store.Close()
		return parts{}, err
	}
	return parts{store: store, rules: rules, sources: from, writers: w, reception: r, now: c.now}, nil
}

// station is evenkeel at work: the desk, its chats and the server.
type station struct {
	parts
	*call
	desk   *bot.Desk
	server *server
	mux    *http.ServeMux
	url    string // of the console, as people reach it
	seen   *telemetry

	handover *handover.Handover
}

// station puts the parts together. Nothing runs yet.
func (c *call) station(p parts, srv *server) (*station, error) {
	s := &station{parts: p, call: c, server: srv, url: c.consoleURL(srv.address())}
	if err := s.observe(); err != nil {
		return nil, err
	}
	desk, err := bot.New(bot.Config{
		Store: watched{p.store, s.seen}, Observer: s.seen, Playbook: p.rules, Sources: p.sources, Drafter: p.writers.drafter, Triager: p.writers.triager,
		Judge: p.writers.judge, Translator: p.writers.translator,
		Now: p.now, Logger: s.log, ConsoleURL: s.url, Worker: workerName(), Platforms: platforms(), PastedID: manual.ID, Outage: outage(p.store), SignIn: s.signIn(),
	})
	if err != nil {
		return nil, err
	}
	s.desk = desk
	if s.handover, err = c.handOver(p, s.desk); err != nil {
		return nil, usage(err)
	}
	for _, row := range chatTable {
		if err := row(s); err != nil {
			return nil, err
		}
	}
	p.reception.desk.Store(desk)
	return s, nil
}

// workerName names this process among replicas.
func workerName() string {
	host, err := os.Hostname()
	if err != nil {
		return "desk"
	}
	return host
}

// consoleURL is where people reach the console.
func (c *call) consoleURL(address string) string {
	if u := c.values.Get(setURL); u != "" {
		return u
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "http://" + address
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// chatTable has a row for every chat: it attaches the chat if the settings ask
// for it.
var chatTable = []func(*station) error{(*station).attachConsole, (*station).attachSlack, (*station).attachDiscord}

// hinted is a source whose platform sends notices: hints at what to read.
type hinted interface {
	http.Handler
	HookPath() string // below which they are taken, "" for none
}

// mountHooks opens the addresses at which senders and platforms knock.
func mountHooks(mux *http.ServeMux, all []sources.Source) {
	for _, from := range all {
		switch hook := from.(type) {
		case *webhook.Source:
			mux.Handle("/hooks/"+hook.Name(), hook)
		case hinted:
			if path := hook.HookPath(); path != "" {
				mux.Handle(path, hook)
			}
		}
	}
}

func (s *station) attachConsole() error {
	mux := http.NewServeMux()
	mountHooks(mux, s.sources)
	if slices.Contains(s.rules.Chats(), playbook.Console) {
		console, err := webconsole.New(webconsole.Config{
			Desk: s.desk, Store: s.store, Now: s.now, Logger: s.log,
			Location: s.rules.Location(), BaseURL: s.url,
			Loopback: isLoopback(s.server.address()),
		})
		if err != nil {
			return err
		}
		s.desk.Attach(console)
		mux.Handle("/", console)
	}
	mux.Handle(metricsPath, metricsPage{s.seen.set, s.values.Secret(setMetricsToken)})
	s.mux = mux
	return nil
}

// startedAfter is when what only the start took, such as parsed migrations, is
// given back to the system: about a quarter of all memory.
const startedAfter = 3 * time.Second

// ballast is memory that nobody touches, so it takes no room. The heap is small
// and would by Go's measure, twice what is in use, be collected many times a
// second under load, a fifth of all work; with ballast it is collected seldom,
// and memory still stays bounded.
const ballast = 12 << 20

// run works until ctx ends, then stops within drainTimeout.
func (s *station) run(ctx context.Context) error {
	defer s.store.Close()
	defer s.endTraces()
	g, gctx := errgroup.WithContext(ctx)
	g.Go(s.server.wait)
	g.Go(func() error { s.retain(gctx); return nil })
	g.Go(func() error { return s.handover.Serve(gctx) })
	worked := make(chan error, 1)
	go func() { worked <- s.desk.Serve(gctx) }()
	g.Go(func() error { return s.supervise(gctx, worked) })
	s.server.open(s.seen.timed(s.mux), s.store.Ping)
	weight := make([]byte, ballast)
	defer runtime.KeepAlive(weight)
	defer time.AfterFunc(startedAfter, debug.FreeOSMemory).Stop()
	return g.Wait()
}

// supervise stops everything when it is time, or when the desk gives up.
func (s *station) supervise(ctx context.Context, worked <-chan error) error {
	var err error
	done := false
	select {
	case <-ctx.Done():
	case err = <-worked:
		done = true
	}
	s.log.InfoContext(ctx, "stopping")
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	stopped := s.server.stop(stopping)
	if !done {
		select {
		case err = <-worked:
		case <-stopping.Done():
			// What is under way has a lease; whoever comes next goes on with it.
			s.log.WarnContext(ctx, "stopped in the middle of work; it will be taken up again")
		}
	}
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, stopped)
}
