// Command evenkeel brings customer reviews into a team's chat, drafts calm
// replies, records who approved which words, publishes exactly those and looks
// whether they are live.
//
// This package is wiring only: one file a command, the settings, the order in
// which the parts are started and stopped. Rules live in package review, work
// in package bot.
//
// # Exit codes
//
//	0  done; the answer is yes
//	1  done; the answer is no, or something was found: a broken audit chain,
//	   a finding that blocks, rejected lines, a setting that needs attention
//	2  the command line, a setting or the playbook is wrong
//	3  something outside failed: a database, a file, an address in use
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // the playbook names time zones, and not every machine has them

	"golang.org/x/term"

	"github.com/evenkeel/evenkeel/internal/wallclock"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	p := &program{
		in: os.Stdin, out: os.Stdout, err: os.Stderr,
		env: os.LookupEnv, now: wallclock.Now,
		terminal: term.IsTerminal(int(os.Stderr.Fd())),
	}
	return p.run(ctx, os.Args[1:])
}
