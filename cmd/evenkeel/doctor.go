package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/webhook"
	"github.com/evenkeel/evenkeel/storage"
	"github.com/evenkeel/evenkeel/storage/sqlite"
)

// checkTimeout bounds each look at something outside.
const checkTimeout = 10 * time.Second

func (p *program) doctorCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check every setting and say what to do",
		Long: `Check the settings, the playbook, the database, the console's address, the model
endpoint and every source, with calls that change nothing, and say what to do
about what is found.

Exit code 0: nothing needs attention. 1: something does.`,
		Example: `  evenkeel doctor
  evenkeel doctor --json | jq '.[] | select(.state == "attention")'`,
		Args: wants(0, 0, "no arguments"),
		RunE: p.with(doctor),
	}
	addServeFlags(cmd)
	return cmd
}

// health is how a check came out.
type health string

const (
	well      health = "ok"
	remark    health = "note"      // works; worth knowing
	attention health = "attention" // somebody must do something
)

// finding is one line of the doctor's report.
type finding struct {
	Check string `json:"check"`
	State health `json:"state"`
	Found string `json:"found"`
	Todo  string `json:"todo,omitempty"`
}

// examination collects findings.
type examination struct {
	*call
	findings []finding
}

func (e *examination) add(check string, state health, todo, format string, args ...any) {
	e.findings = append(e.findings, finding{check, state, fmt.Sprintf(format, args...), todo})
}

func doctor(ctx context.Context, c *call, _ []string) error {
	e := &examination{call: c}
	rules := e.playbookCheck()
	store := e.databaseCheck(ctx)
	if store != nil {
		defer store.Close()
		e.workCheck(ctx, store)
	}
	e.consoleCheck(ctx)
	e.modelCheck(ctx)
	if rules != nil {
		e.costCheck(rules)
		e.slackCheck(ctx, rules)
		e.discordCheck(ctx, rules)
		e.sourcesCheck(ctx, rules, store)
		e.handoverCheck(ctx, rules, store)
	}
	return e.report()
}

func (e *examination) report() error {
	sick := false
	for _, f := range e.findings {
		sick = sick || f.State == attention
	}
	if e.json {
		if err := e.printJSON(e.findings); err != nil {
			return err
		}
	} else {
		for _, f := range e.findings {
			e.print("%-9s  %-10s  %s", f.State, f.Check, f.Found)
			if f.Todo != "" {
				e.print("%23s %s", "→", f.Todo)
			}
		}
	}
	if sick {
		return errNo
	}
	return nil
}

func (e *examination) playbookCheck() *playbook.Playbook {
	path := e.playbookPath()
	rules, err := e.playbook()
	switch {
	case err != nil:
		e.add("playbook", attention, "mend the lines named; `evenkeel playbook` prints an example", "%v", err)
		return nil
	case path == "":
		e.add("playbook", remark, "`evenkeel playbook > playbook.yaml` writes one to start from", "none; the built-in rules hold")
	default:
		e.add("playbook", well, "", "%s, version %s", path, rules.Version())
	}
	if len(rules.Contacts("")) == 0 {
		e.add("contacts", remark, "put an e-mail address or a telephone number under `contacts` in the playbook", "replies can name no private way to reach you")
	}
	return rules
}

// databaseCheck opens the database as serve would. It returns nil when there
// is nothing to look into.
func (e *examination) databaseCheck(ctx context.Context) storage.Store {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	where := e.values.Where(setDatabase)
	if path, ok := strings.CutPrefix(e.values.Get(setDatabase), "sqlite:"); ok {
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			e.newFileCheck(path)
			return nil
		}
	}
	store, err := e.openStore(ctx)
	var held *sqlite.InUseError
	switch {
	case errors.As(err, &held):
		e.add("database", well, "", "%s, in use by a running evenkeel", where.Shown())
		return nil
	case err != nil:
		e.add("database", attention, "see that it can be reached and written, or name another with --database", "%s (from %s): %v", where.Shown(), where.From, err)
		return nil
	}
	if err := store.Ping(ctx); err != nil {
		e.add("database", attention, "see that the disk has room and the user may write", "%s does not take writes: %v", where.Shown(), err)
		_ = store.Close()
		return nil
	}
	seq, _, err := store.Head(ctx)
	if err != nil {
		e.add("database", attention, "", "%s cannot be read: %v", where.Shown(), err)
		_ = store.Close()
		return nil
	}
	e.add("database", well, "", "%s, migrated, writable, %d audit entries", where.Shown(), seq)
	return store
}

// newFileCheck looks whether a database file could be made.
func (e *examination) newFileCheck(path string) {
	dir := filepath.Dir(path)
	for {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	f, err := os.CreateTemp(dir, ".evenkeel-doctor-*")
	if err != nil {
		e.add("database", attention, "name a file in a folder of yours with --database sqlite:PATH", "%s is not there, and %s takes no new files: %v", path, dir, err)
		return
	}
	_ = f.Close()
	_ = os.Remove(f.Name())
	e.add("database", remark, "", "%s is not there yet; the first start makes it", path)
}

// workCheck looks at what waits longer than it should.
func (e *examination) workCheck(ctx context.Context, store storage.Store) {
	pending, err := store.Pending(ctx)
	if err != nil {
		e.add("work", attention, "", "the table of work cannot be read: %v", err)
		return
	}
	for kind, w := range pending {
		if w.Tried > 0 {
			e.add("work", remark, "the log says why; it is tried again by itself", "%d of %d rows of %q failed at least once", w.Tried, w.Count, kind)
		}
	}
	states, err := store.Sources(ctx)
	if err != nil {
		e.add("sources", attention, "", "the state of the sources cannot be read: %v", err)
		return
	}
	for _, s := range states {
		if s.Problem != "" {
			e.add("source", attention, "the log has more; it is tried again by itself", "%s failed %d times in a row: %s", s.Name, s.Failures, s.Problem)
		}
	}
}

func (e *examination) consoleCheck(ctx context.Context) {
	address := e.values.Get(setListen)
	from := e.values.Where(setListen).From
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	switch {
	case err == nil:
		_ = l.Close()
		e.add("console", well, "", "%s is free (%s)", address, from)
	case errors.Is(err, syscall.EADDRINUSE):
		if status, err := askReady(ctx, address); err == nil && status == http.StatusOK {
			e.add("console", well, "", "an evenkeel is running and ready at %s", address)
		} else {
			e.add("console", attention, "stop it, or choose another address with --listen", "%s is in use by something that is no evenkeel that is ready", address)
		}
	default:
		e.add("console", attention, "choose another address with --listen", "%s (%s) cannot be opened: %v", address, from, err)
	}
	if isLoopback(address) {
		return
	}
	switch u := e.values.Get(setURL); {
	case u == "":
		e.add("address", attention, "set EVENKEEL_URL to the address that people use, such as https://desk.example.com", "the console listens beyond this machine, and links do not know how people reach it")
	case !strings.HasPrefix(u, "https://"):
		e.add("address", remark, "put a proxy with HTTPS in front", "%s is not encrypted; sessions can be read on the way", u)
	default:
		e.add("address", well, "", "people reach the console at %s; `evenkeel invite` lets them in", u)
	}
}

func (e *examination) sourcesCheck(ctx context.Context, rules *playbook.Playbook, store storage.Store) {
	k := e.kit(&reception{})
	if store != nil {
		k.vault.open(store)
	}
	made, err := makeSources(k, rules)
	if err != nil {
		e.add("sources", attention, "mend the playbook or set what is missing", "%v", err)
	}
	for _, s := range made {
		e.sourceCheck(ctx, s)
	}
	if len(rules.Sources()) == 0 {
		e.add("sources", remark, "add some to the playbook, import a file, or paste reviews in the console", "none are configured")
	}
}

// sourceCheck makes one harmless call where a source can be called.
func (e *examination) sourceCheck(ctx context.Context, s sources.Source) {
	name := s.Name()
	if _, ok := s.(*webhook.Source); ok {
		e.add("source", well, "", "%s takes webhooks at %s/hooks/%s", name, e.consoleURL(e.values.Get(setListen)), name)
		return
	}
	poller, ok := s.(sources.Poller)
	if !ok {
		e.add("source", well, "", "%s (%s): reviews come by hand or file", name, s.Platform())
		return
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	page, err := poller.Poll(ctx, nil)
	switch {
	case errors.Is(err, sources.ErrAuth):
		e.add("source", attention, "renew its key", "%s: %v", name, err)
	case errors.Is(err, sources.ErrRateLimited):
		e.add("source", remark, "", "%s answers, and asks to wait", name)
	case errors.Is(err, sources.ErrUnsupported):
		e.add("source", remark, "", "%v", err)
	case err != nil:
		e.add("source", attention, "see that its address and key are right and that it can be reached", "%s: %v", name, err)
	default:
		e.add("source", well, "", "%s (%s) answers; %d reviews on its first page", name, s.Platform(), len(page.Reviews))
	}
}
