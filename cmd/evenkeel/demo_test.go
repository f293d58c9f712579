package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/storage/postgres/pgtest"
)

// databases are those on which the story must happen.
func databases(t *testing.T) map[string]string {
	return map[string]string{
		"passing":  "", // the demo's own, gone afterwards
		"sqlite":   "sqlite:" + filepath.Join(t.TempDir(), "demo.db"),
		"postgres": pgtest.Start(t),
	}
}

// The whole story happens on both databases, and a second time on one that
// knows it already.
func TestTheStoryHappens(t *testing.T) {
	for name, address := range databases(t) {
		t.Run(name, func(t *testing.T) {
			env := map[string]string{"HOME": t.TempDir()}
			args := []string{"demo", "--script"}
			if address != "" {
				args = append(args, "--database", address)
			}
			times := 1
			if name == "postgres" {
				times = 2
			}
			for range times {
				var out, log bytes.Buffer
				p := &program{in: strings.NewReader(""), out: &out, err: &log, now: time.Now,
					env: func(n string) (string, bool) { s, ok := env[n]; return s, ok }}
				if code := p.run(t.Context(), args); code != 0 {
					t.Fatalf("exit code %d\n%s\n%s", code, out.String(), log.String())
				}
				for _, want := range []string{"is live", "Undo", "rejected", "unreconciled", "void", "silence", "All ", "steps happened"} {
					if !strings.Contains(out.String(), want) {
						t.Errorf("the trace does not say %q:\n%s", want, out.String())
					}
				}
			}
		})
	}
}

// The program as it is shipped: static, small, quick to start, clean to stop.
func TestTheRealBinary(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("signals are asked for here; not checked on Windows")
	}
	dir := t.TempDir()
	bin := filepath.Join(dir, "evenkeel")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w -X main.version=v0.0.0-test", "-o", bin, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	info, err := os.Stat(bin)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the binary has %d MB", info.Size()>>20)
	if const36 := int64(36_000_000); info.Size() > const36 {
		t.Errorf("the binary has %d bytes, more than %d", info.Size(), const36)
	}
	env := []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + dir}
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), bin, args...)
		cmd.Env, cmd.Dir = env, dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	if out := run("version"); !strings.HasPrefix(out, "evenkeel v0.0.0-test (go1.") {
		t.Errorf("version: %q", out)
	}
	if out := run("demo", "--script"); !strings.Contains(out, "steps happened") {
		t.Errorf("demo --script: %s", out)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "evenkeel-demo-*")); err != nil || len(left) > 0 {
		t.Errorf("the demo leaves %v behind (%v)", left, err)
	}

	serve := exec.CommandContext(t.Context(), bin, "serve", "--listen", "127.0.0.1:0", "--log-format", "json")
	serve.Env, serve.Dir = env, dir
	log := newBuffer()
	serve.Stderr, serve.Stdout = log, io.Discard
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	for !strings.Contains(log.String(), "evenkeel is open") {
		select {
		case <-log.c:
		case <-t.Context().Done():
			t.Fatal(log)
		}
	}
	if err := serve.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := serve.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v\n%s", err, log)
	}
}

// The demo for a person opens a page, plays and stops when told.
func TestTheDemoOpens(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out := newBuffer()
	log := newBuffer()
	p := &program{in: strings.NewReader(""), out: out, err: log, now: time.Now, env: func(string) (string, bool) { return "", false }}
	code := make(chan int, 1)
	go func() { code <- p.run(ctx, []string{"demo", "--no-browser"}) }()
	for !strings.Contains(out.String(), "a heated one-star review") {
		select {
		case <-out.c:
		case c := <-code:
			t.Fatalf("it ended with %d\n%s\n%s", c, out, log)
		}
	}
	for _, want := range []string{"The demo is at http://127.0.0.1:", "/enter?invite="} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	cancel()
	if c := <-code; c != 0 {
		t.Errorf("it ended with %d\n%s", c, log)
	}
}

// Every command says what it does, shows how it is called, and refuses
// arguments that it does not know.
func TestEveryCommandExplainsItself(t *testing.T) {
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Short == "" || c.Example == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: short %q, example %q", c.CommandPath(), c.Short, c.Example)
		}
		for line := range strings.Lines(c.Long) {
			if len([]rune(strings.TrimRight(line, "\n"))) > 82 {
				t.Errorf("%s: a line of its help is wider than a terminal: %s", c.CommandPath(), line)
			}
		}
		if c.Args == nil {
			t.Errorf("%s takes any arguments", c.CommandPath())
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk((&program{}).root())
}

func TestExitCodes(t *testing.T) {
	for want, err := range map[int]error{
		exitOK: nil, exitNo: errNo, exitUsage: usagef("x"), exitOutside: errors.New("x"),
	} {
		if got := exitCode(err); got != want {
			t.Errorf("%v: %d, want %d", err, got, want)
		}
	}
}
