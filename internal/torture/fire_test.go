package torture

import (
	"context"
	"net/http"
	"slices"
	"syscall"
	"testing"
	"time"
)

// longestStop is how long the program may take to stop when it is asked to.
// It promises ten seconds; the rest is for a machine that does other things.
const longestStop = 20 * time.Second

// TestStoppedUnderFire starts, stops and kills the program while senders
// deliver without a pause: what was answered with 2xx is there in the end, and
// every stop is clean.
func TestStoppedUnderFire(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: starting and stopping under fire was not tried")
	}
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			t.Parallel()
			c := newCampaign(t, plain, db.make(t), 1)
			for range 24 {
				c.deliver(1)
			}
			c.write(2, 0)
			const soon, later = 400 * time.Millisecond, 2 * time.Second
			c.run(4*time.Minute, []ending{
				{after: soon, gentle: true}, {after: soon}, {after: soon, gentle: true}, {after: later, gentle: true}, {after: later},
			})
			c.judge()
			if c.slowest > longestStop {
				t.Errorf("the program took %s to stop", c.slowest)
			}
		})
	}
}

// TestAPausedReplicaChangesNothing lets two processes share a PostgreSQL. One
// is stopped for longer than its leases last, in the middle of its work, and
// woken when the other has taken it over: a zombie that must not publish or
// post again.
func TestAPausedReplicaChangesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: no replica was paused")
	}
	t.Parallel()
	i := slices.IndexFunc(databases, func(d database) bool { return d.name == "postgres" })
	c := newCampaign(t, plain, databases[i].make(t), 1)
	c.deliver(2)
	c.write(6, 0)

	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	zombie := c.program.replica()
	l, err := zombie.start("")
	if err == nil {
		err = zombie.ready(ctx, l)
	}
	if err != nil {
		t.Fatal(err)
	}
	paused := make(chan error, 1)
	go func() {
		// Into the work, then longer than a lease.
		err := rest(ctx, 2*time.Second)
		zombie.signal(syscall.SIGSTOP)
		if err == nil {
			err = rest(ctx, 25*time.Second)
		}
		zombie.signal(syscall.SIGCONT)
		paused <- err
	}()
	c.run(4*time.Minute, nil)
	if err := <-paused; err != nil {
		t.Error(err)
	}
	if err := zombie.ready(ctx, l); err != nil {
		t.Errorf("the woken replica: %v", err)
	}
	zombie.stop()
	c.judge()
}

// TestNothingIsTakenBeforeTheStart asks a program that cannot open yet.
func TestNothingIsTakenBeforeTheStart(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: the start was not watched")
	}
	t.Parallel()
	c := newCampaign(t, plain, "", 1)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	l, err := c.program.start("")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]int{}
	c.deliver(1)
	go func() { _ = c.sender.send(ctx, c.deliveries[0]) }()
	for seen[http.StatusOK] == 0 && ctx.Err() == nil {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.program.url("/"), nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := c.program.client.Do(req)
		if err != nil {
			continue // it does not listen yet
		}
		drained(resp.Body)
		seen[resp.StatusCode]++
	}
	if err := c.program.ready(ctx, l); err != nil {
		t.Fatal(err)
	}
	for status := range seen {
		if status != http.StatusOK && status != http.StatusServiceUnavailable {
			t.Errorf("a program that starts answered %d", status)
		}
	}
}
