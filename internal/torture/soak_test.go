package torture

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot/slackbot/slacktest"
	"github.com/evenkeel/evenkeel/internal/torture/checker"
	"github.com/evenkeel/evenkeel/sources/simulator"
)

// load is what a soak brings a second. One review of so many is written on the
// platform that is polled and takes replies by API, beside those that are sent;
// the first one stands there from the beginning.
type load struct {
	reviews, presses float64
	polled           int
	every            time.Duration // between samples
}

var (
	fullLoad  = load{reviews: 20, presses: 50, polled: 20, every: 5 * time.Second}
	shortLoad = load{reviews: 6, presses: 15, every: 500 * time.Millisecond}
)

// soakRules are the playbook's, with no end to what a model may write.
const soakRules = `
drafting:
  tokens_per_day: 1000000000
`

// soak is one run: the program on SQLite with Slack over HTTP, and the world
// around it.
type soak struct {
	*campaign
	load   load
	ledger *ledger
	work   *workspace
	model  *model
	clicks *clicks
	rng    *rand.Rand // of the weather
	client *http.Client
	busy   sync.WaitGroup // senders under way
	events map[string]int // the weather that was
}

// TestSoak runs the program under a steady load with faults, and says whether
// it stays as it was in the beginning. EVENKEEL_SOAK is how long, "1h" or
// "1h,SEED"; without it some seconds show that the pieces fit, and nothing is
// measured.
func TestSoak(t *testing.T) {
	asked := os.Getenv("EVENKEEL_SOAK")
	whole, seed, with, built := 3*time.Second, uint64(time.Now().UnixNano()), shortLoad, plain
	switch {
	case asked != "":
		length, number, _ := strings.Cut(asked, ",")
		var err error
		if whole, err = time.ParseDuration(length); err == nil && number != "" {
			seed, err = strconv.ParseUint(number, 10, 64)
		}
		if err != nil || whole <= 0 {
			t.Fatalf("EVENKEEL_SOAK is a time and perhaps a seed, such as 1h,42; %q is not: %v", asked, err)
		}
		with, built = fullLoad, shipped
		defer debug.SetGCPercent(debug.SetGCPercent(400)) // this side has memory, and the machine is shared
	case testing.Short():
		t.Skip("-short: the soak did not run")
	}
	t.Logf("%s, %g reviews and %g presses a second, seed %d", whole, with.reviews, with.presses, seed)
	s := newSoak(t, built, seed, with)
	s.run(whole)
	s.judge()
	if asked == "" {
		return
	}
	said, bad := s.ledger.verdict()
	t.Logf("%s\n%s\n%s\n%s", s.ledger.table(), s.ledger.byKind(), s.story(), strings.Join(said, "\n"))
	for _, b := range bad {
		t.Errorf("seed %d: %s", seed, b)
	}
}

// shipped is the program as it is released: without crash points.
var shipped = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch, "evenkeel-shipped")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "./cmd/evenkeel")
	cmd.Dir, cmd.Env = filepath.Join("..", ".."), append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the program: %w\n%s", err, out)
	}
	return path, nil
})

// newSoak sets the world up; the program does not run yet.
func newSoak(t *testing.T, built func() (string, error), seed uint64, with load) *soak {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	s := &soak{load: with, rng: rand.New(rand.NewPCG(seed, 47)), events: map[string]int{}, work: newWorkspace(t, seed), model: newModel(t, seed),
		client: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 256}}}
	s.campaign = &campaign{t: t, seed: seed, ratings: map[checker.Review]int{}, byHand: map[int64]string{},
		platform: simulator.NewPlatform(simulator.Config{Token: platformToken})}
	server := httptest.NewServer(s.platform)
	t.Cleanup(server.Close)
	s.program = newProgram(t, path, "", "", strings.ReplaceAll(rules, "ADDRESS", server.URL)+soakRules,
		"EVENKEEL_SLACK_MODE=http", "EVENKEEL_SLACK_API_URL="+s.work.url+"/api/", "EVENKEEL_SLACK_BOT_TOKEN="+slacktest.BotToken,
		"EVENKEEL_SLACK_SIGNING_SECRET="+slacktest.SigningSecret, "EVENKEEL_SLACK_CHANNEL="+slacktest.Channel, "EVENKEEL_SLACK_PACE=off",
		"EVENKEEL_MODEL_URL="+s.model.url, "EVENKEEL_MODEL=m", "EVENKEEL_MODEL_KEY=k",
		"HOOK_SECRET="+hookSecret, "PLATFORM_TOKEN="+platformToken)
	s.program.client = s.client
	s.sender = newSender(s.program, hook)
	s.clicks = newClicks(s.work, seed)
	s.clicks.isUp = s.isUp
	s.clicks.posted = func(id int64, text string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.byHand[id] = text
	}
	s.shopper()
	var disk syscall.Statfs_t
	if err := syscall.Statfs(s.program.dir, &disk); err == nil && disk.Type == tmpfs {
		t.Log("the database lies in memory: what is written costs less than on a disk; TMPDIR names another folder")
	}
	return s
}

// tmpfs is TMPFS_MAGIC of statfs(2).
const tmpfs = 0x01021994

// run brings the load for so long, then lets the program come to rest.
func (s *soak) run(whole time.Duration) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), whole+10*time.Minute)
	defer cancel()
	life := s.begin(ctx, "")
	s.ledger = newLedger(whole)
	loading, stop := context.WithTimeout(ctx, whole)
	defer stop()
	var world sync.WaitGroup
	world.Go(func() { paced(loading, s.load.reviews, s.customer) })
	world.Go(func() { paced(loading, s.load.presses, s.visitor) })
	world.Go(func() { s.storms(loading) })
	world.Go(func() {
		if err := s.ledger.watch(loading, s.load.every, s.program.sampled); err != nil {
			s.t.Error(err)
		}
	})
	world.Go(func() { s.progress(loading) })
	select {
	case <-loading.Done():
	case <-life.gone:
		s.t.Fatalf("the program ended by itself: %v", life.err)
	}
	world.Wait()
	s.busy.Wait()
	s.calm()
	if err := s.settled(ctx); err != nil {
		s.t.Error(err)
	}
}

// paced does something so many times a second until ctx ends, whatever becomes
// of what it began before.
func paced(ctx context.Context, rate float64, do func(ctx context.Context, n int, due time.Time)) {
	began := time.Now()
	for n := 0; ; n++ {
		due := began.Add(time.Duration(float64(n) / rate * float64(time.Second)))
		if rest(ctx, time.Until(due)) != nil {
			return
		}
		do(context.WithoutCancel(ctx), n, due)
	}
}

// customer writes a review: it is sent by webhook, some of them twice, and
// every so often one is written on the platform as well.
func (s *soak) customer(ctx context.Context, n int, due time.Time) {
	if s.load.polled > 0 && n%s.load.polled == 0 {
		s.shopper()
	}
	r := hookReview{Author: fmt.Sprintf("Customer %d", n)}
	r.ID, r.Rating, r.Body = s.written(hook)
	again := n%20 == 7
	s.busy.Go(func() { s.deliver(ctx, r, due, again) })
}

// shopper writes a review on the platform.
func (s *soak) shopper() {
	r := simulator.Review{Author: "A shopper", Language: "en"}
	r.ID, r.Rating, r.Body = s.written(storefront)
	if _, err := s.platform.Add(r); err != nil {
		s.t.Error(err)
	}
}

// written is a customer's review, the only one of its kind.
func (s *soak) written(source string) (id string, rating int, body string) {
	serial := len(s.ratings) + 1
	id, rating = name(serial), 1+serial%3
	pick := func(of []string, salt int) string { return of[(serial*salt+serial/len(of))%len(of)] }
	thing := pick(things, 7)
	if strings.Contains(thing, "%d") {
		thing = fmt.Sprintf(thing, serial%90)
	}
	body = fmt.Sprintf("%s the courier left %s in the rain and nobody answered my mails. %s %s %s it too. The parcel came %d days late.",
		pick(openings, 3), thing, pick(openings, 11), pick(folk, 5), pick(deeds, 13), 2+serial%20)
	if serial%5 == 0 {
		rating, body = 5, fmt.Sprintf("%s %s brought %s. Lovely, and fast delivery too.", pick(openings, 3), pick(folk, 5), thing)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ratings[checker.Review{Source: source, ID: id}] = rating
	return id, rating, body
}

// deliver sends a review until it is taken, and then perhaps once more. Only
// the first answer is measured; when it is no 200 it is counted.
func (s *soak) deliver(ctx context.Context, r hookReview, due time.Time, again bool) {
	body, err := json.Marshal(map[string]any{"reviews": []hookReview{r}})
	if err != nil {
		s.t.Error(err)
		return
	}
	id := "delivery-" + r.ID
	for what := "review"; ; what = "resent" {
		sent := time.Now()
		s.ledger.answered("late", due, http.StatusOK, nil)
		status, err := s.sender.post(ctx, id, body)
		s.ledger.answered(what, sent, status, err)
		if err == nil && status == http.StatusOK {
			s.sender.mu.Lock()
			s.sender.accepted[r.ID] = true
			s.sender.mu.Unlock()
			if !again {
				return
			}
			again = false
		}
		_ = rest(ctx, time.Second)
		due = time.Now()
	}
}

// visitor is somebody in Slack; now and then Slack brings a delivery twice.
func (s *soak) visitor(ctx context.Context, n int, due time.Time) {
	s.busy.Go(func() {
		c := s.clicks.next()
		s.bring(ctx, c, c.kind, due, 0)
		if n%30 == 11 {
			_ = rest(ctx, time.Second)
			s.bring(ctx, c, "again", time.Now(), 1)
		}
	})
}
