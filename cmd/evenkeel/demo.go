package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/webconsole"
	"github.com/evenkeel/evenkeel/cmd/evenkeel/internal/story"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources/simulator"
	"github.com/evenkeel/evenkeel/storage"
	"github.com/evenkeel/evenkeel/storage/open"
)

//go:embed demo.yaml
var demoRules string

// demoSource is the name of the demo's platform in demo.yaml.
const demoSource = "harbour-pine"

func (p *program) demoCommand() *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "A day at a small shop, to click through or to read",
		Long: `Play a day of a small shop: its customers write reviews in seven languages, and
you walk them from arrival to a live reply in the browser. There is a heated
one, a troll, one that the platform's moderation refuses, one whose answer gets
lost, one that its author edits. It needs no account, no key and no network, and
keeps nothing unless you give it a database.

With --script the same story is played without a person, on a clock of its own,
printed step by step and checked; it ends with exit code 1 if a step does not
happen.`,
		Example: `  evenkeel demo
  evenkeel demo --script
  evenkeel demo --script --database postgres://localhost/evenkeel`,
		Args: wants(0, 0, "no arguments"),
		RunE: p.with(func(ctx context.Context, c *call, _ []string) error {
			if o.script {
				return c.demoScript(ctx)
			}
			return c.demo(ctx, o)
		}),
	}
	f := cmd.Flags()
	f.BoolVar(&o.script, "script", false, "play the story without a person and check every step")
	f.BoolVar(&o.noBrowser, "no-browser", false, "do not open a browser, only print the address")
	f.String(setListen, "", "address of the console (default: any free port on loopback)")
	return cmd
}

type demoOptions struct{ script, noBrowser bool }

// demoDatabase opens the database that was asked for, or a passing one. The
// function gives it back.
func (c *call) demoDatabase(ctx context.Context, now func() time.Time) (storage.Store, func(), error) {
	o := open.Options{Now: now, Logger: c.log}
	if c.values.Where(setDatabase).Set() {
		store, err := openDatabase(ctx, c.values.Get(setDatabase), o)
		return store, func() {}, err
	}
	dir, err := os.MkdirTemp(c.passingDir(), "evenkeel-demo-")
	if err != nil {
		return nil, nil, fmt.Errorf("no place for a passing database (%w); name one with --database", err)
	}
	remove := func() { _ = os.RemoveAll(dir) }
	store, err := openDatabase(ctx, "sqlite:"+filepath.Join(dir, "demo.db"), o)
	if err != nil {
		remove()
		return nil, nil, err
	}
	return store, remove, nil
}

// passingDir is where a database stands that nobody will miss: in memory where
// the system has a place for that, so that the demo does not wait for a disk.
func (c *call) passingDir() string {
	const memory = "/dev/shm"
	if c.getenv("TMPDIR") == "" {
		if info, err := os.Stat(memory); err == nil && info.IsDir() {
			return memory
		}
	}
	return os.TempDir()
}

// demoSourceName is a name under which the database knows no reviews yet: the
// platform forgets everything between two runs, a given database does not.
func demoSourceName(ctx context.Context, store storage.Store) (string, error) {
	for n := 1; ; n++ {
		name := demoSource
		if n > 1 {
			name = fmt.Sprintf("%s-%d", demoSource, n)
		}
		known, err := store.Cases(ctx, storage.Query{Source: name, Limit: 1})
		if err != nil {
			return "", err
		}
		if len(known) == 0 {
			return name, nil
		}
	}
}

// world is the demo's platform, served on loopback.
type world struct {
	platform *simulator.Platform
	url      string
	http     http.Server
}

func newWorld(ctx context.Context, now func() time.Time) (*world, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &world{url: "http://" + l.Addr().String()}
	w.platform = simulator.NewPlatform(simulator.Config{URL: w.url, Rules: simulator.DemoRules(), Now: now})
	w.http = http.Server{Handler: w.platform, ReadHeaderTimeout: headerTimeout}
	go func() { _ = w.http.Serve(l) }()
	return w, nil
}

func (w *world) close() { _ = w.http.Close() }

// demoParts puts the demo's rules and sources together.
func (c *call) demoParts(ctx context.Context, store storage.Store, w *world, now func() time.Time) (parts, string, error) {
	name, err := demoSourceName(ctx, store)
	if err != nil {
		return parts{}, "", err
	}
	text := strings.ReplaceAll(strings.ReplaceAll(demoRules, "PLATFORM", w.url), demoSource+":", name+":")
	rules, err := playbook.Parse("demo.yaml", []byte(text))
	if err != nil {
		return parts{}, "", err
	}
	r := &reception{}
	from, err := makeSources(kit{env: c.env, now: now, log: c.log, intake: r}, rules)
	if err != nil {
		return parts{}, "", err
	}
	return parts{store: store, rules: rules, sources: from, writers: offline(), reception: r, now: now}, name, nil
}

// demo runs the story in real time for a person with a browser.
func (c *call) demo(ctx context.Context, o demoOptions) error {
	address := "127.0.0.1:0"
	if c.values.Where(setListen).Set() {
		address = c.values.Get(setListen)
	}
	srv, err := listen(ctx, address, c.log)
	if err != nil {
		return err
	}
	defer srv.close()
	w, err := newWorld(ctx, c.now)
	if err != nil {
		return err
	}
	defer w.close()
	store, forget, err := c.demoDatabase(ctx, c.now)
	if err != nil {
		return err
	}
	defer forget()
	p, _, err := c.demoParts(ctx, store, w, c.now)
	if err != nil {
		_ = store.Close()
		return err
	}
	s, err := c.station(p, srv)
	if err != nil {
		_ = store.Close()
		return err
	}
	c.greet(ctx, s)
	if !o.noBrowser {
		openBrowser(s.url)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go c.perform(ctx, w)
	return s.run(ctx)
}

// greet says where to look and what to try.
func (c *call) greet(ctx context.Context, s *station) {
	c.print("The demo is at %s", s.url)
	c.print("You are the lead. Reviews arrive during the next minute; press Ctrl-C to stop.")
	if link, err := s.invite(ctx, invitation{Name: "Bo", Role: review.Approver}); err == nil {
		c.print("Some need a second person. Open this in a private window to be Bo, an approver:\n  %s", link)
	}
}

// perform makes the customers' part of the story happen in its own time.
func (c *call) perform(ctx context.Context, w *world) {
	wait := func(ctx context.Context, d time.Duration) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(d):
			return nil
		}
	}
	err := w.platform.Play(ctx, simulator.Story(), wait, func(s simulator.Step) { c.print("  %s", s.Note) })
	if err != nil && !errors.Is(err, context.Canceled) {
		c.log.WarnContext(ctx, "the story stopped", "error", err)
	}
}

// openBrowser tries to show a page; the address is printed anyway.
func openBrowser(url string) {
	name := "xdg-open"
	if runtime.GOOS == "darwin" {
		name = "open"
	}
	if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" && runtime.GOOS != "darwin" {
		return
	}
	cmd := exec.Command(name, url) //nolint:gosec,noctx // our own address; the browser outlives us
	if cmd.Start() == nil {
		go func() { _ = cmd.Wait() }()
	}
}

// demoScript plays the story on a clock of its own.
func (c *call) demoScript(ctx context.Context) error {
	clock := story.NewClock(c.now().UTC().Truncate(time.Second))
	w, err := newWorld(ctx, clock.Now)
	if err != nil {
		return err
	}
	defer w.close()
	store, forget, err := c.demoDatabase(ctx, clock.Now)
	if err != nil {
		return err
	}
	defer forget()
	defer store.Close()
	p, name, err := c.demoParts(ctx, store, w, clock.Now)
	if err != nil {
		return err
	}
	desk, err := bot.New(bot.Config{
		Store: store, Playbook: p.rules, Sources: p.sources, Drafter: p.writers.drafter, Triager: p.writers.triager,
		Now: clock.Now, Logger: c.scriptLog(), Worker: "story",
	})
	if err != nil {
		return err
	}
	console, err := webconsole.New(webconsole.Config{Desk: desk, Store: store, Now: clock.Now, Logger: c.log, Loopback: true})
	if err != nil {
		return err
	}
	desk.Attach(console)
	err = story.Play(ctx, story.Stage{Desk: desk, Store: store, Platform: w.platform, Clock: clock, Source: name, Out: c.out})
	if errors.Is(err, story.ErrNotHappened) {
		return &exitError{code: exitNo, err: err}
	}
	return err
}

// scriptLog is quiet: the trace says what happens, and the failures of the
// story are meant. --log-level debug shows all of it.
func (c *call) scriptLog() *slog.Logger {
	if c.values.Get(setLogLevel) == "debug" {
		return c.log
	}
	return slog.New(slog.DiscardHandler)
}
