package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/webhook"
)

func (p *program) sourceTestCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "test NAME",
		Short: "Make one harmless call to a source and show the newest review",
		Long: `Read the first page of a source's reviews as it would be polled, without keeping
any of it, and show the newest review, what the source can do, and how long its
sign-in lasts. Nothing is written on the platform.

Exit code 0: it works. 1: the platform says no, somebody must do something. 2: the
playbook or a secret is wrong. 3: it is out of reach for now.`,
		Example: "  evenkeel source test shop\n  evenkeel source test shop --json",
		Args:    wants(1, 1, "the name of a source"),
		RunE: p.with(func(ctx context.Context, c *call, args []string) error {
			rules, err := c.playbook()
			if err != nil {
				return err
			}
			return c.testSource(ctx, rules, args[0])
		}),
	}
	addServeFlags(cmd)
	return cmd
}

// tried is what a test of a source found.
type tried struct {
	Name    string   `json:"name"`
	Kind    string   `json:"kind"`
	Works   bool     `json:"works"`
	Found   string   `json:"found"`
	Todo    string   `json:"todo,omitempty"`
	Newest  string   `json:"newest,omitempty"`
	Can     []string `json:"can"`
	Expires string   `json:"token_expires,omitempty"`
}

func (c *call) testSource(ctx context.Context, rules *playbook.Playbook, name string) error {
	conf, err := sourceNamed(rules, name)
	if err != nil {
		return err
	}
	k := c.kit(&reception{})
	s, err := makeSource(k, conf)
	if err != nil {
		return usage(fmt.Errorf("%w\nThen run: evenkeel source test %s", err, name))
	}
	if k.vault != nil {
		if store, err := c.openStore(ctx); err == nil {
			defer store.Close()
			k.vault.open(store)
		}
	}
	t := tried{Name: name, Kind: conf.Kind, Can: abilities(s)}
	err = c.tryOut(ctx, s, &t)
	if e, ok := s.(expiring); ok && !e.TokenExpiry().IsZero() {
		t.Expires = e.TokenExpiry().UTC().Format(time.RFC3339)
	}
	if c.json {
		if perr := c.printJSON(t); perr != nil {
			return perr
		}
	} else {
		c.printTried(t)
	}
	return err
}

// expiring is a source that knows when its sign-in ends.
type expiring interface{ TokenExpiry() time.Time }

func (c *call) printTried(t tried) {
	mark := "works"
	if !t.Works {
		mark = "does not work"
	}
	c.print("%s (%s) %s: %s", t.Name, t.Kind, mark, plainWords(t.Found))
	if t.Todo != "" {
		c.print("  → %s", t.Todo)
	}
	if t.Newest != "" {
		c.print("  newest   %s", t.Newest)
	}
	for _, can := range t.Can {
		c.print("  can      %s", can)
	}
	if t.Expires != "" {
		c.print("  token    good until %s; it is renewed by itself", t.Expires)
	}
}

// tryOut makes the call. The error carries the exit code; all is said in t.
func (c *call) tryOut(ctx context.Context, s sources.Source, t *tried) error {
	if _, ok := s.(*webhook.Source); ok {
		t.Works, t.Found = true, "it waits for what is sent to "+c.consoleURL(c.values.Get(setListen))+"/hooks/"+s.Name()
		t.Todo = "docs/webhook.md shows how to send and sign a review"
		return nil
	}
	poller, ok := s.(sources.Poller)
	if !ok || !s.Capabilities().List {
		t.Works, t.Found = true, "nothing is called: reviews come by hand or with evenkeel import"
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 3*checkTimeout)
	defer cancel()
	page, err := poller.Poll(ctx, nil)
	if err != nil {
		return tellTried(err, t)
	}
	t.Works = true
	t.Found = fmt.Sprintf("%d reviews on the first page", len(page.Reviews))
	if len(page.Reviews) == 1 {
		t.Found = "one review on the first page"
	}
	if r, ok := newest(page.Reviews); ok {
		t.Newest = reviewLine(r)
	}
	return nil
}

// newest is the review that was written last.
func newest(all []review.Review) (r review.Review, ok bool) {
	for n, each := range all {
		if n == 0 || each.Created.After(r.Created) {
			r, ok = each, true
		}
	}
	return r, ok
}

// reviewLine is a review on one line, safe for a terminal.
func reviewLine(r review.Review) string {
	words := []rune(strings.Join(strings.Fields(plainWords(r.Title+" "+r.Body)), " "))
	if len(words) > 70 {
		words = append(words[:69], '…')
	}
	line := r.Rating.String()
	if !r.Created.IsZero() {
		line = r.Created.UTC().Format(time.DateOnly) + " " + line
	}
	if r.Author != "" {
		line += " " + plainWords(r.Author) + ":"
	}
	return strings.TrimSpace(line + " " + string(words))
}

// advice is what to do about each kind of trouble, and how the test ends.
var advice = []struct {
	kind error
	todo string
	code int
}{
	{sources.ErrAuth, "renew the key or the sign-in, and see that it has the permissions that the platform's page under docs/platforms names", exitNo},
	{sources.ErrNotFound, "look whether the ids in the playbook (account, shop, app) are the platform's", exitNo},
	{sources.ErrRejected, "look whether the settings in the playbook are right", exitNo},
	{sources.ErrUnsupported, "the platform does not offer this here; use a source of kind manual instead", exitNo},
	{sources.ErrAlready, "look at the review on the platform", exitNo},
	{sources.ErrRateLimited, "wait, then test again; evenkeel waits by itself", exitOutside},
	{sources.ErrTransient, "look whether the address is right and can be reached from here, then test again", exitOutside},
	{sources.ErrUnknown, "test again", exitOutside},
}

func tellTried(err error, t *tried) error {
	var e *sources.Error
	t.Found = err.Error()
	if errors.As(err, &e) {
		t.Found = e.Kind.Error()
		if e.Reason != "" {
			t.Found += ": " + e.Reason
		}
		if e.After > 0 {
			t.Found += fmt.Sprintf(" (for %s)", e.After.Round(time.Second))
		}
	}
	for _, a := range advice {
		if errors.Is(err, a.kind) {
			t.Todo = a.todo
			return &exitError{code: a.code}
		}
	}
	return &exitError{code: exitOutside}
}

// abilities say what a source can do, a line each.
func abilities(s sources.Source) []string {
	caps := s.Capabilities()
	var out []string
	add := func(yes bool, words string, args ...any) {
		if yes {
			out = append(out, fmt.Sprintf(words, args...))
		}
	}
	add(caps.List && caps.MinPoll > 0, "bring reviews, at most every %s", short(caps.MinPoll))
	add(caps.List && caps.MinPoll <= 0, "bring reviews")
	add(caps.Window > 0, "see the last %s only", short(caps.Window))
	limit := ""
	if caps.MaxReply > 0 {
		limit = fmt.Sprintf(", up to %d %s", caps.MaxReply, unitWords[caps.Unit])
	}
	add(caps.Reply, "publish replies%s", limit)
	add(!caps.Reply, "take replies that people post by hand%s", limit)
	add(caps.OneReply, "take one reply ever")
	add(caps.Reply && caps.EditReply, "replace a reply")
	add(caps.DeleteReply, "take a reply down")
	add(caps.ReadBack, "show what is live")
	add(caps.Moderated, "refuse a reply later: it is moderated")
	add(caps.SeesRemovals, "notice that a review is gone")
	add(caps.Report, "take reports of unfair reviews")
	add(!caps.Report && len(caps.Grounds) > 0, "be sent reports by hand, on %d grounds", len(caps.Grounds))
	return out
}

var unitWords = map[sources.Unit]string{sources.Bytes: "bytes", sources.UTF16: "UTF-16 units", sources.Runes: "characters", "": "characters"}

// short is a length of time without its zeros.
func short(d time.Duration) string {
	if d >= 48*time.Hour && d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	}
	s := d.Round(time.Second).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
