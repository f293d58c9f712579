package torture

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot/slackbot/slacktest"
	"github.com/evenkeel/evenkeel/internal/torture/checker"
	"github.com/evenkeel/evenkeel/sources/simulator"
	_ "github.com/evenkeel/evenkeel/storage/postgres" // the driver "pgx"
	"github.com/evenkeel/evenkeel/storage/postgres/pgtest"
	_ "github.com/evenkeel/evenkeel/storage/sqlite" // the driver "sqlite"
)

// The names of the sources in the playbook.
const (
	storefront = "storefront" // polled; takes replies by API
	hook       = "hook"       // sends; replies are posted by hand
)

// rules is the playbook of all runs. One star takes two people, so that a
// quorum is at stake; waits are short, so that nobody has to.
const rules = `
team:
  name: Quay & Sons
  language: en
brand:
  name: Quay & Sons
  sign_off: Ana, Quay & Sons
contacts:
  - email: care@example.test
rules:
  - when: {stars: 1}
    approvals: 2
    pause: 0s
    cool_off: 1s
  - approvals: 1
    pause: 0s
    cool_off: 1s
incident:
  reviews: 0
digests:
  daily: never
  weekly: never
publishing:
  verify_after: 1s
  settle_after: 24h
sources:
  storefront:
    kind: simulator
    poll: 10s
    settings:
      url: ADDRESS
      token: ${PLATFORM_TOKEN}
      grounds: spam
  hook:
    kind: webhook
    settings:
      secret: ${HOOK_SECRET}
`

const platformToken = "token-of-these-tests"

// database is an engine; make gives the address of an empty one, "" for a file
// of the program's own.
type database struct {
	name string
	make func(testing.TB) string
}

// databases are the two engines.
var databases = []database{
	{"sqlite", func(testing.TB) string { return "" }},
	{"postgres", pgtest.Start},
}

// campaign is one run: a program that is killed and started again, and the
// world around it, which goes on.
type campaign struct {
	t        *testing.T
	seed     uint64
	rng      *rand.Rand // used by the test's goroutine only
	program  *program
	others   []*program // replicas on the same database, with plans of their own
	plans    [][]ending
	buried   func() error              // called when a life was killed, before the next; nil for nothing
	weather  func(ctx context.Context) // what happens around the program; a campaign lasts as long
	platform *simulator.Platform
	sender   *sender
	slack    *slacktest.Server // where cards are posted
	guild    *guild            // and a Discord, nil without
	people   []*person
	span     time.Duration // over which reviews come; zero is at once, or as fast as people write

	mu         sync.Mutex
	deliveries []delivery
	coming     []simulator.Review // that customers write while the program runs
	edits      int                // of reviews that customers change once they have a case
	digest     bool               // the team's digest comes during the run
	unfair     int                // reviews that are reported to the platform
	ratings    map[checker.Review]int
	byHand     map[int64]string // what people posted themselves, by case
	kills      int
	ended      int           // lives that did
	slowest    time.Duration // of the stops that were asked for
}

// setup is what a campaign may have beside the usual.
type setup struct {
	database string                   // its address, "" is a file in the program's folder
	dir      string                   // that folder; "" is a temporary one
	rules    string                   // more of the playbook
	env      []string                 // more settings
	now      func() time.Time         // the platform's clock, nil is time.Now
	between  func(host string) string // puts something before the platform and says where
	front    *wire                    // through which people and senders call, nil for none
}

// newCampaign sets the usual world up.
func newCampaign(t *testing.T, built func() (string, error), database string, seed uint64) *campaign {
	t.Helper()
	return newCampaignWith(t, built, seed, setup{database: database})
}

// newCampaignWith sets the world up and runs the program once, so that its
// people can sign in.
func newCampaignWith(t *testing.T, built func() (string, error), seed uint64, with setup) *campaign {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	c := &campaign{
		t: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 0)),
		ratings: map[checker.Review]int{}, byHand: map[int64]string{},
	}
	server := httptest.NewUnstartedServer(nil)
	c.platform = simulator.NewPlatform(simulator.Config{Token: platformToken, Now: with.now, Rules: simulator.Rules{Grounds: []string{"spam"}}})
	server.Config.Handler = c.platform
	server.Start()
	t.Cleanup(server.Close)
	host := server.Listener.Addr().String()
	if with.between != nil {
		host = with.between(host)
	}
	c.slack = newSlack(t)
	env := slices.Concat(slackEnv(c.slack), []string{"HOOK_SECRET=" + hookSecret, "PLATFORM_TOKEN=" + platformToken}, with.env)
	c.program = newProgram(t, path, with.dir, with.database, strings.ReplaceAll(rules+with.rules, "ADDRESS", "http://"+host), env...)
	if with.front != nil {
		c.program.front = with.front.address
		with.front.lead(c.program.address)
	}
	c.sender = newSender(c.program, hook)

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c.begin(ctx, "")
	c.hire(ctx, 2)
	c.program.stop()
	return c
}

// crowd brings so many people to the desk in all.
func (c *campaign) crowd(people int) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	c.begin(ctx, "")
	c.hire(ctx, people)
	c.program.stop()
}

// hire lets people sign in until there are so many: leads and approvers in
// turn. The program must be running.
func (c *campaign) hire(ctx context.Context, people int) {
	c.t.Helper()
	names, roles := []string{"Ana", "Bo", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hana"}, []string{"lead", "approver"}
	for n := len(c.people); n < min(people, len(names)); n++ {
		p, err := c.program.invite(ctx, names[n], roles[n%len(roles)], c.seed, uint64(n))
		if err != nil {
			c.t.Fatal(err)
		}
		c.people = append(c.people, p)
	}
}

// begin starts a life and waits until it is ready.
func (c *campaign) begin(ctx context.Context, at string) *life {
	c.t.Helper()
	l, err := c.program.start(at)
	if err == nil {
		err = c.program.ready(ctx, l)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return l
}

// complaints are bodies of reviews; %d makes each its own.
var complaints = []string{
	"The parcel came %d days late and nobody answered my mails.",
	"The lamp arrived broken, and the box had %d dents.",
	"I waited %d minutes at the counter, then the order was wrong.",
}

// review makes up a review: the serial number makes it the only one of its
// kind.
func (c *campaign) review(source string) (serial, rating int, body, author string) {
	serial = len(c.ratings) + 1
	rating, body = 1+serial%3, fmt.Sprintf(complaints[serial%len(complaints)], serial)
	if serial%5 == 0 {
		rating, body = 5, fmt.Sprintf("Lovely lamp, number %d in our house. Fast delivery too.", serial)
	}
	c.ratings[checker.Review{Source: source, ID: name(serial)}] = rating
	return serial, rating, body, fmt.Sprintf("Customer %d", serial)
}

func name(serial int) string { return fmt.Sprintf("r-%04d", serial) }

// write lets customers write reviews on the platform: some now, the others
// while the program runs.
func (c *campaign) write(now, later int) {
	c.t.Helper()
	for i := range now + later {
		serial, rating, body, author := c.review(storefront)
		r := simulator.Review{ID: name(serial), Rating: rating, Body: body, Author: author, Language: "en"}
		if i >= now {
			c.coming = append(c.coming, r)
		} else if _, err := c.platform.Add(r); err != nil {
			c.t.Fatal(err)
		}
	}
}

// deliver makes a delivery of n reviews, which the sender sends during run;
// every second delivery is sent once more when it was taken.
func (c *campaign) deliver(n int) {
	serial := len(c.deliveries) + 1
	d := delivery{ID: fmt.Sprintf("delivery-%d-%d", c.seed, serial), Times: 2 - serial%2}
	for range n {
		serial, rating, body, author := c.review(hook)
		d.Reviews = append(d.Reviews, hookReview{ID: name(serial), Rating: rating, Body: body, Author: author})
	}
	c.deliveries = append(c.deliveries, d)
}

// ending says how a life ends: at a crash point ("name@n"), or some time after
// its start, or after it is ready, by a kill from outside or by being asked to
// stop, or, being zero, not at all.
type ending struct {
	at     string
	after  time.Duration
	ready  bool // the time counts from when it takes requests
	gentle bool // asked to stop, not killed
}

// run lets the program live one life after the other, each ending as planned,
// the last without end, while senders send and people press, until every
// review has its reply. It leaves the program running.
func (c *campaign) run(limit time.Duration, plan []ending) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), limit)
	defer cancel()
	working, stop := context.WithCancel(ctx)
	var world sync.WaitGroup
	defer world.Wait()
	defer stop()
	sent := make(chan error, len(c.deliveries))
	lanes := make(chan struct{}, 8) // senders at a time
	world.Go(func() {
		pace := c.pace(len(c.deliveries), 0)
		for _, d := range c.deliveries {
			_ = rest(working, pace())
			lanes <- struct{}{}
			world.Go(func() { sent <- c.sender.send(working, d); <-lanes })
		}
	})
	world.Go(func() { c.arrive(working) })
	world.Go(func() { c.rewrite(working) })
	world.Go(func() { c.report(working, c.people[0]) })
	for _, p := range c.people {
		world.Go(func() {
			if c.allRead(working) == nil {
				c.work(working, p)
			}
		})
	}
	lives := make(chan error, 1+len(c.others))
	world.Go(func() { lives <- c.live(working, c.program, plan) })
	for n, p := range c.others {
		world.Go(func() { lives <- c.live(working, p, c.plans[n]) })
	}
	calm := make(chan struct{})
	world.Go(func() {
		defer close(calm)
		if c.weather != nil {
			c.weather(working)
		}
	})

	for senders := len(c.deliveries); ; {
		done, waiting := c.done(ctx)
		if done && senders == 0 && c.over(append(c.plans, plan)) && isClosed(calm) {
			break
		}
		select {
		case err := <-sent:
			if senders--; err != nil {
				c.t.Errorf("a sender gave up: %v", err)
			}
		case err := <-lives:
			c.t.Fatalf("the program did not live on: %v", err)
		case <-ctx.Done():
			c.t.Fatalf("after %s these still waited: %s", limit, waiting)
		case <-time.After(lookEvery):
		}
	}
}

// lookEvery is how often the campaign looks whether all is done, and how long
// people rest after going through their list.
const lookEvery = 150 * time.Millisecond

// arrive lets the remaining customers write, one after the other.
func (c *campaign) arrive(ctx context.Context) {
	pace := c.pace(len(c.coming), time.Second)
	for _, r := range c.coming {
		if rest(ctx, pace()) != nil {
			return
		}
		if _, err := c.platform.Add(r); err != nil {
			c.t.Error(err)
		}
	}
}

// pace says how long to wait before each of n things that are to fill the
// campaign's span, or with which to wait up to most where it has none.
func (c *campaign) pace(n int, most time.Duration) func() time.Duration {
	if c.span > 0 && n > 0 {
		most = 2 * c.span / time.Duration(n)
	}
	rng := rand.New(rand.NewPCG(c.seed, uint64(n)))
	return func() time.Duration {
		if most == 0 {
			return 0
		}
		return upTo(rng, most)
	}
}

// over tells whether every life has ended that ends by the clock, whatever the
// program does.
func (c *campaign) over(plans [][]ending) bool {
	sure := 0
	for _, e := range slices.Concat(plans...) {
		if e.after > 0 {
			sure++
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended >= sure
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// live starts a program again whenever it was killed or stopped.
func (c *campaign) live(ctx context.Context, p *program, plan []ending) error {
	for n := 0; ; n++ {
		var end ending
		if n < len(plan) {
			end = plan[n]
		}
		l, err := p.start(end.at)
		if err != nil {
			return err
		}
		if end.ready {
			_ = p.ready(ctx, l) // or it is gone before, which is seen below
		}
		var axe <-chan time.Time
		if end.after > 0 {
			axe = time.After(end.after)
		}
		select {
		case <-ctx.Done():
			return nil // it goes on living
		case <-l.gone:
		case <-axe:
			if end.gentle {
				took := p.stop()
				c.mu.Lock()
				c.slowest, c.ended = max(c.slowest, took), c.ended+1
				c.mu.Unlock()
				continue
			}
			p.kill()
		}
		if !l.killed() {
			return fmt.Errorf("life %d (%+v) ended by itself: %w", n+1, end, l.err)
		}
		c.mu.Lock()
		c.kills, c.ended = c.kills+1, c.ended+1
		c.mu.Unlock()
		if c.buried != nil {
			if err := c.buried(); err != nil {
				return err
			}
		}
	}
}

// desks are the console's lists of cases that wait for people.
var desks = []string{"inbox", "quiet"}

// The console's words for a case in which nothing is left to do.
var over = []string{"Live", "Closed", "Published, being checked"}

// done tells whether every review has its reply, and if not, what waits.
func (c *campaign) done(ctx context.Context) (bool, string) {
	var waiting []string
	for _, view := range desks { // usually that is all there is to read
		rows, _, err := c.people[0].leaf(ctx, "/?view="+view)
		if err != nil {
			return false, err.Error()
		}
		for _, r := range rows {
			waiting = append(waiting, fmt.Sprintf("#%d %s", r.ID, r.Step))
		}
	}
	if len(waiting) > 0 {
		return false, strings.Join(waiting, ", ")
	}
	rows, err := c.people[0].list(ctx, "all")
	if err != nil {
		return false, err.Error()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range rows {
		// A polled review is done when it was seen live, one that was posted by
		// hand when its person said so.
		if !slices.Contains(over, r.Step) || r.Step == over[2] && c.byHand[r.ID] == "" {
			waiting = append(waiting, fmt.Sprintf("#%d %s", r.ID, r.Step))
		}
	}
	if len(rows) < len(c.ratings) {
		waiting = append(waiting, fmt.Sprintf("%d of %d reviews have a case", len(rows), len(c.ratings)))
	}
	if len(waiting) == 0 {
		waiting, err = c.unsettled(ctx)
		if err != nil {
			return false, err.Error()
		}
	}
	return len(waiting) == 0, strings.Join(waiting, ", ")
}

// work is a person's day: read the lists page by page, open what waits, press
// what stands there.
func (c *campaign) work(ctx context.Context, who *person) {
	for ctx.Err() == nil {
		for _, view := range desks {
			if err := c.clear(ctx, who, view); err != nil && !errors.Is(err, errAway) && ctx.Err() == nil {
				c.t.Errorf("%s: %v", who.name, err)
			}
		}
		if rest(ctx, lookEvery) != nil {
			return
		}
	}
}

// clear goes through one list.
func (c *campaign) clear(ctx context.Context, who *person, view string) error {
	for next := "/?view=" + view; next != ""; {
		rows, older, err := who.leaf(ctx, next)
		if err != nil {
			return err
		}
		for _, r := range who.shuffled(rows) {
			if !r.Waits {
				continue
			}
			if err := c.look(ctx, who, r.ID); err != nil {
				return err
			}
		}
		next = older
	}
	return nil
}

// wishes are the buttons that people look for, in this order, with what they
// type if a form opens.
func wishes(written url.Values) []struct {
	label string
	fill  url.Values
} {
	return []struct {
		label string
		fill  url.Values
	}{
		{"I posted it", nil}, {"It is up", nil}, {"Approve", nil}, {"Release", nil}, {"Back to the text", nil},
		{"Draft a reply", nil}, {"Reply", nil}, {"Thank", nil}, {"Edit", written}, {"Write the reply", written},
	}
}

// look opens a case and presses the first button that it needs.
func (c *campaign) look(ctx context.Context, who *person, id int64) error {
	p, err := who.thread(ctx, id)
	if err != nil {
		return err
	}
	for _, wish := range wishes(url.Values{"f.text": {who.compose(id)}}) {
		card, b, found := p.find(wish.label)
		if !found {
			continue
		}
		switch wish.label {
		case "Edit":
			if !strings.Contains(card.Title, "needs work") {
				continue // the text is good; it waits for somebody else
			}
		case "I posted it":
			c.postByHand(id, card.Draft)
		case "It is up":
			if !c.isUp(card.Draft) {
				if card, b, found = p.find("It is not up"); !found {
					continue
				}
			}
		}
		what := b.Value
		if !who.once(what) {
			continue
		}
		a, err := who.press(ctx, card, b, wish.fill)
		if err != nil {
			return err
		}
		if !a.Refused {
			who.note(what)
		}
		return nil
	}
	return nil
}

// postByHand puts a text under a review, as the card asks for; a person does
// not do it twice.
func (c *campaign) postByHand(id int64, text string) {
	if text == "" {
		c.t.Errorf("case #%d asks for a text to be posted and shows none", id)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byHand[id] == "" {
		c.byHand[id] = text
	}
}

// isUp is a person looking at the platform.
func (c *campaign) isUp(text string) bool {
	return slices.ContainsFunc(c.platform.State().Reviews, func(r simulator.ReviewState) bool {
		return r.Reply != nil && r.Reply.Text == text
	})
}
