package torture

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot/discordbot/discordtest"
	"github.com/evenkeel/evenkeel/sources/simulator"
	"github.com/evenkeel/evenkeel/storage/postgres/pgtest"
)

// Here the program is let live, and what it stands on gives way: its
// database's server, its disk, its clock, its network.

// storm plays a campaign during which trouble comes so many times, about as
// often as told, and first when the program is open: one that cannot begin
// ends with a message, and whoever keeps it running starts it again.
func (c *campaign) storm(s size, every time.Duration, trouble func(ctx context.Context, n int)) {
	c.t.Helper()
	c.mix(s.reviews)
	c.span = every * time.Duration(s.kills) / 2
	c.weather = func(ctx context.Context) {
		c.says(ctx, http.StatusOK)
		pace := c.pace(s.kills, every)
		for n := range s.kills {
			if rest(ctx, pace()) != nil {
				return
			}
			trouble(ctx, n)
		}
	}
	c.run(s.limit(), nil)
}

// status asks /readyz, 0 when nobody answers.
func (c *campaign) status(ctx context.Context) int {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.program.address+"/readyz", nil)
	if err != nil {
		return 0
	}
	resp, err := c.program.client.Do(req)
	if err != nil {
		return 0
	}
	drained(resp.Body)
	return resp.StatusCode
}

// says waits until /readyz answers so, and tells how long that took.
func (c *campaign) says(ctx context.Context, want int) time.Duration {
	began := time.Now()
	for c.status(ctx) != want {
		if rest(ctx, 20*time.Millisecond) != nil || time.Since(began) > patience {
			if ctx.Err() == nil {
				c.t.Errorf("/readyz does not say %d", want)
			}
			break
		}
	}
	return time.Since(began)
}

// TestTheServerDies restarts PostgreSQL under the program, kills it, keeps it
// away, cuts its connections and lets it take no writes.
func TestTheServerDies(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: PostgreSQL was not killed under the program")
	}
	t.Parallel()
	s := sized(t, size{reviews: 8, kills: 5}, 8)
	server := pgtest.StartServer(t)
	c := newCampaignWith(t, plain, s.seed, setup{database: server.URL()})
	const cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'evenkeel'"
	var slowest time.Duration
	c.storm(s, 3*time.Second, func(ctx context.Context, n int) {
		switch n % 5 {
		case 0:
			server.Restart(t)
		case 1:
			server.Kill(t)
			server.Run(t)
		case 2:
			server.Stop(t)
			c.says(ctx, http.StatusServiceUnavailable)
			_ = rest(ctx, time.Second) // senders and people meet it
			server.Run(t)
		case 3:
			server.Exec(t, cut)
		case 4:
			server.Exec(t, "ALTER SYSTEM SET default_transaction_read_only = on")
			server.Exec(t, "SELECT pg_reload_conf()")
			c.says(ctx, http.StatusServiceUnavailable)
			server.Exec(t, "ALTER SYSTEM RESET default_transaction_read_only")
			server.Exec(t, "SELECT pg_reload_conf()")
		}
		slowest = max(slowest, c.says(ctx, http.StatusOK))
	})
	c.judge()
	t.Logf("the program was ready again %s after the server, at the latest", slowest.Round(time.Millisecond))
}

// TestTheDiskIsFull fills the file system on which the program keeps its
// SQLite file, and makes room again.
func TestTheDiskIsFull(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: no disk was filled")
	}
	dir := t.TempDir()
	if err := syscall.Mount("evenkeel-torture", dir, "tmpfs", 0, "size=24m"); err != nil {
		t.Skipf("no disk was filled, for only root may mount a small one: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	t.Parallel()
	s := sized(t, size{reviews: 8, kills: 3}, 10)
	c := newCampaignWith(t, plain, s.seed, setup{dir: dir})
	ballast := filepath.Join(dir, "ballast")
	c.storm(s, 2*time.Second, func(ctx context.Context, n int) {
		if err := fill(ballast); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("the disk is not full: %v", err)
		}
		// A database has some room of its own before it notices.
		noticed, cancel := context.WithTimeout(ctx, 3*time.Second)
		defer cancel()
		for n == 0 || noticed.Err() == nil {
			if c.status(ctx) == http.StatusServiceUnavailable || rest(ctx, 20*time.Millisecond) != nil {
				break
			}
		}
		_ = rest(ctx, time.Second)
		if err := os.Remove(ballast); err != nil {
			t.Error(err)
		}
		c.says(ctx, http.StatusOK)
	})
	c.judge()
}

// fill writes a file until there is no room.
func fill(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for block := make([]byte, 64<<10); len(block) > 0; block = block[:len(block)/2] {
		for err = nil; err == nil; {
			_, err = f.Write(block)
		}
	}
	return err
}

// wrongClock is a clock that a test sets for the program and the platform.
type wrongClock struct {
	file string

	mu   sync.Mutex
	off  time.Duration
	last time.Time
}

// now is the platform's time. It never goes back, so that what reached the
// platform is never older than the log says that it was decided.
func (w *wrongClock) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.look()
}

func (w *wrongClock) look() time.Time {
	if now := time.Now().Add(w.off); now.After(w.last) {
		w.last = now
	}
	return w.last
}

// far tells whether the program's clock is too wrong for signed deliveries.
func (w *wrongClock) far() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.off.Abs() > time.Minute
}

// signing is the senders' time: the right one, until the clock is wrong for
// good and they have gone wrong with it.
func (w *wrongClock) signing() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.off == steps[len(steps)-1] {
		return time.Now().Add(w.off)
	}
	return time.Now()
}

// set makes the clock so wrong, for everybody at once: whoever looks at it
// waits until the program sees the same.
func (w *wrongClock) set(off time.Duration) error {
	next := w.file + ".next"
	if err := os.WriteFile(next, []byte(off.String()), 0o600); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	err := os.Rename(next, w.file)
	// The platform is never behind the program: neither behind what it wrote
	// down until now, nor behind what it does from now on.
	w.look()
	w.off = off
	w.look()
	return err
}

// TestThePlatformIsNeverBehind: what the program wrote down before a step back
// is not later than what the platform notes after it.
func TestThePlatformIsNeverBehind(t *testing.T) {
	w := &wrongClock{file: filepath.Join(t.TempDir(), "clock")}
	var program time.Time
	for _, off := range []time.Duration{time.Hour, 15 * time.Second, -time.Hour, 0} {
		if err := w.set(off); err != nil {
			t.Fatal(err)
		}
		if now := w.now(); now.Before(program) {
			t.Errorf("stepped to %s, the platform is %s behind", off, program.Sub(now))
		}
		program = time.Now().Add(off)
	}
}

// steps are how wrong the clock is, one after the other. What was due by a
// clock that was fast is due again when that time has come: so each stretch
// ends later than all before it.
var steps = []time.Duration{
	45 * time.Second, 15 * time.Second, -30 * time.Second, -5 * time.Minute, 50 * time.Second,
	-time.Hour, time.Minute, time.Hour, 59*time.Minute + 50*time.Second, 2 * time.Hour,
}

// TestTheClockIsStepped sets the program's clock back and forth by seconds,
// minutes and hours. Deliveries are signed with the right time: as long as the
// clock is a minute wrong at most, none is refused.
func TestTheClockIsStepped(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: no clock was stepped")
	}
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			t.Parallel()
			s := sized(t, size{reviews: 8, kills: len(steps)}, 20)
			w := &wrongClock{file: filepath.Join(t.TempDir(), "clock")}
			c := newCampaignWith(t, plain, s.seed, setup{database: db.make(t), now: w.now, env: []string{"EVENKEEL_CLOCK=" + w.file}})
			c.sender.excused, c.sender.now = w.far, w.signing
			s.kills = len(steps)
			var fast time.Duration
			c.storm(s, 1500*time.Millisecond, func(_ context.Context, n int) {
				fast = max(fast, steps[n])
				if err := w.set(steps[n]); err != nil {
					t.Error(err)
				}
			})
			if fast > steps[len(steps)-1] {
				t.Errorf("the last step, %s, leaves work waiting that was due by %s", steps[len(steps)-1], fast)
			}
			c.judge()
		})
	}
}

// TestTheNetworkIsCut pulls the cables to the platform and to Discord, or lets
// nothing pass through them, while cards are brought and replies published.
func TestTheNetworkIsCut(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: no cable was pulled")
	}
	t.Parallel()
	s := sized(t, size{reviews: 8, kills: 8}, 8)
	var wires []*wire
	through := func(host string) string {
		w := newWire(t, host)
		wires = append(wires, w)
		return w.address
	}
	g, env := newGuild(t, discordtest.Config{Seed: s.seed}, through)
	c := newCampaignWith(t, plain, s.seed, setup{env: env, rules: guildRules, between: through})
	c.guild = g
	c.storm(s, 1500*time.Millisecond, func(ctx context.Context, n int) {
		w := wires[n%len(wires)]
		w.set([]wireState{pulled, stalled}[n/len(wires)%2])
		_ = rest(ctx, 300*time.Millisecond+time.Duration(n%4)*700*time.Millisecond)
		w.set(pulled) // what stalled never arrives
		w.set(whole)
		if n%3 == 0 {
			g.Drop()
		}
	})
	c.judge()
}

// TestStormsOf429 lets the platform and Discord ask to wait, with words in
// Retry-After that are no time as well, and lose answers besides.
func TestStormsOf429(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: nobody asked to wait")
	}
	t.Parallel()
	s := sized(t, size{reviews: 8, kills: 4}, 10)
	g, env := newGuild(t, discordtest.Config{Seed: s.seed, Storm: 0.05, Lose: 0.03}, nil)
	c := newCampaignWith(t, plain, s.seed, setup{env: env, rules: guildRules})
	c.guild = g
	c.storm(s, 2*time.Second, func(ctx context.Context, n int) {
		after := []string{"1", "", "soon", "-5", "0", "2"}[n%6]
		c.platform.SetFaults(
			simulator.Fault{Kind: simulator.RateLimit, RetryAfter: after, Until: c.platform.Now().Add(1500 * time.Millisecond)},
			simulator.Fault{Kind: simulator.RateLimit, RetryAfter: after, Every: 4},
		)
		g.Fail(discordtest.Limit, discordtest.GlobalLimit)
		_ = rest(ctx, time.Second)
	})
	c.judge()
	t.Logf("the platform asked to wait %d times", limited(c.platform.State()))
}

func limited(s simulator.State) int {
	n := 0
	for _, call := range s.Calls {
		if strings.Contains(fmt.Sprint(call.Fault), string(simulator.RateLimit)) {
			n++
		}
	}
	return n
}
