package main

import (
	"context"
	"flag"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/evenkeel/evenkeel/sources/simulator"
)

// TestMain lets scripts run the program as `evenkeel`. The stories are run one
// after the other, for they stand beside another package's tests on two
// processors and a chat waits three seconds for an answer, no longer.
// `go test -parallel` says otherwise.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "1"); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){"evenkeel": func() { os.Exit(run()) }})
}

// TestScripts plays testdata/script: the command line as people use it.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("XDG_DATA_HOME", e.WorkDir)
			return surround(e)
		},
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"await": await, "customer": customer},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// site is the key under which a script keeps its review platform.
type site struct{}

// surround gives a script a review platform, at $SITE, and a free port of this
// machine to serve on, at $DESK.
func surround(e *testscript.Env) error {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	e.Setenv("DESK", l.Addr().String())
	if err := l.Close(); err != nil {
		return err
	}
	platform := simulator.NewPlatform(simulator.Config{Now: time.Now})
	server := httptest.NewServer(platform)
	e.Defer(server.Close)
	e.Setenv("SITE", server.URL)
	e.Values[site{}] = platform
	return nil
}

// customer WORDS writes a review on the script's platform.
func customer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: customer WORDS")
	}
	_, err := ts.Value(site{}).(*simulator.Platform).Add(simulator.Review{Rating: 2, Title: "The teapot", Body: args[0], Author: "Jo", Language: "en"})
	ts.Check(err)
}

// awaitWithin bounds await: a machine under load is slow, not broken.
const awaitWithin = 30 * time.Second

// await URL WORDS waits until a page answers and shows words.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await URL WORDS")
	}
	ctx, stop := context.WithTimeout(context.Background(), awaitWithin)
	defer stop()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	last := "nothing"
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, args[0], nil)
		ts.Check(err)
		if resp, err := http.DefaultClient.Do(req); err == nil {
			body, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if last = resp.Status + " " + string(body); resp.StatusCode == http.StatusOK && strings.Contains(string(body), args[1]) {
				return
			}
		}
		select {
		case <-ctx.Done():
			ts.Fatalf("%s does not show %q; last: %.400s", args[0], args[1], last)
		case <-tick.C:
		}
	}
}
