// Package peers runs programs that others wrote beside a test, as a second
// opinion: another client of a fake, another server for a client.
//
//	dir := peers.NPM(t, "testdata/peers")           // pinned by its package-lock.json
//	p := peers.Start(t, peers.Program{Dir: dir, Args: []string{"node", "bolt.mjs"}, Env: []string{"PORT=" + port}})
//	var ready struct{ URL string }
//	p.Says(&ready)                                   // a line of JSON from its standard output
//	p.Tell("journal")                                // a line to its standard input
//
// Nothing is installed where it stands: what a test needs is copied into a
// folder of the test's own, and it is gone with the test. A program ends when
// its test does.
//
// Such tests need the network once, for the packages, so they carry the build
// tag "peers" and run in a step of their own. Only tests import this package.
package peers

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// NPM copies the files of a folder, package.json and package-lock.json among
// them, into a passing one and installs exactly the packages of the lock file,
// without running their scripts. It returns the passing folder.
func NPM(t testing.TB, from string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "package-lock.json")); err != nil {
		t.Fatalf("%s pins nothing: %v", from, err)
	}
	npm := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	npm.Dir = dir
	if out, err := npm.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	return dir
}

// Port finds a free port on loopback, for a program that is told where to
// listen.
func Port(t testing.TB) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// Program is what to start.
type Program struct {
	Dir  string
	Args []string // the program and its arguments; a path with a slash counts from Dir
	Env  []string // beside this process's own
}

// Peer is a program at work. Its complaints go to the test's standard error.
type Peer struct {
	t     testing.TB
	in    io.Writer
	lines chan []byte
}

// patience is how long a peer may take to start or to say the next thing.
const patience = time.Minute

// Start starts a program, which ends with the test.
func Start(t testing.TB, p Program) *Peer {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, p.path(), p.Args[1:]...) //nolint:gosec // the test says what
	cmd.Dir, cmd.Env, cmd.Stderr = p.Dir, append(os.Environ(), p.Env...), os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	peer := &Peer{t: t, in: in, lines: make(chan []byte, 1000)}
	read := make(chan struct{})
	go func() {
		defer close(read)
		peer.read(out)
	}()
	t.Cleanup(func() {
		_ = in.Close()
		cancel()
		<-read
		_ = cmd.Wait() // it was killed
	})
	return peer
}

func (p Program) path() string {
	if name := p.Args[0]; filepath.Base(name) != name && !filepath.IsAbs(name) {
		return filepath.Join(p.Dir, name)
	}
	return p.Args[0]
}

// read keeps what the program says; nobody need listen.
func (p *Peer) read(r io.Reader) {
	defer close(p.lines)
	for sc := bufio.NewScanner(r); sc.Scan(); {
		select {
		case p.lines <- bytes.Clone(sc.Bytes()):
		default:
		}
	}
}

// errEnded: the program is gone.
var errEnded = errors.New("the program ended")

// next is the next line that is JSON; what is not is for people.
func (p *Peer) next(into any) error {
	deadline := time.After(patience)
	for {
		select {
		case line, more := <-p.lines:
			if !more {
				return errEnded
			}
			if bytes.HasPrefix(bytes.TrimSpace(line), []byte("{")) {
				return json.Unmarshal(line, into)
			}
		case <-deadline:
			return fmt.Errorf("it said nothing for %s", patience)
		}
	}
}

// Says waits for the next line of JSON that the program prints.
func (p *Peer) Says(into any) {
	p.t.Helper()
	if err := p.next(into); err != nil {
		p.t.Fatal(err)
	}
}

// Tell writes a line to the program.
func (p *Peer) Tell(line string) {
	p.t.Helper()
	if _, err := io.WriteString(p.in, line+"\n"); err != nil {
		p.t.Fatal(err)
	}
}

// Answers waits until the program answers at an address, whatever it says.
func (p *Peer) Answers(url string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	pause := time.NewTicker(50 * time.Millisecond)
	defer pause.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			p.t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			_ = resp.Body.Close()
			return
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			p.t.Fatalf("nothing answers at %s: %v", url, err)
		}
	}
}
