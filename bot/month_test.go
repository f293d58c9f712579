package bot_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/storage"
	"github.com/evenkeel/evenkeel/storage/postgres"
	"github.com/evenkeel/evenkeel/storage/postgres/pgtest"
	"github.com/evenkeel/evenkeel/storage/sqlite"
)

// monthPlaybook is a team in Berlin. In the month that is played, summer time
// begins on 29 March, and the 18th is a holiday.
const monthPlaybook = `
team:
  name: Harbour
  time_zone: Europe/Berlin
  hours: {mon-fri: 09:00-17:00}
  holidays: [2026-03-18, 2026-04-03, 2026-04-06]
publishing: {settle_after: 2h}
contacts:
  - {email: care@example.test}
sources:
  shop: {kind: manual}
  maps: {kind: manual}
  apps: {kind: manual}
targets:
  - {when: {spreading: true}, within: 2h}
  - {when: {source: shop}, within: 8h, business_hours: true}
  - {when: {source: maps}, within: 24h}
  - {when: {source: apps}, within: 4h, business_hours: true}
channels:
  - {chat: console, id: reviews, escalate: leads}
incident: {reviews: 0}
causes: {reviews: 1000}
rules:
  - {approvals: 1, cool_off: 1m, pause: 0}
`

// datedChat notes when each card was posted.
type datedChat struct {
	*fakeChat
	now func() time.Time
	mu  sync.Mutex
	at  map[string][]time.Time // by channel, case and key
}

func (c *datedChat) Post(ctx context.Context, at bot.Place, card bot.Card) (string, error) {
	ref, err := c.fakeChat.Post(ctx, at, card)
	c.mu.Lock()
	defer c.mu.Unlock()
	name := fmt.Sprintf("%s/%d/%s", at.Channel, at.Case, at.Key)
	c.at[name] = append(c.at[name], c.now())
	return ref, err
}

// database is what a month is played on: the same one however often it is
// opened.
type database struct {
	open   func(context.Context, *month) (storage.Store, error)
	shared bool // every desk opens it for itself, as replicas do
}

// onEach plays on both databases.
func onEach(t *testing.T, play func(*testing.T, database)) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "month.db")
		play(t, database{open: func(ctx context.Context, m *month) (storage.Store, error) {
			return sqlite.Open(ctx, path, sqlite.Options{Now: m.clock.Now})
		}})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		address := pgtest.Start(t)
		play(t, database{shared: true, open: func(ctx context.Context, m *month) (storage.Store, error) {
			return postgres.Open(ctx, address, postgres.Options{Now: m.clock.Now})
		}})
	})
}

// month is the team's month: two desks on one database, people with their
// scripts, and the test's own book of what ought to be told when.
type month struct {
	*testing.T
	ctx    context.Context
	on     database
	book   *playbook.Playbook
	clock  *clock
	store  storage.Store // as the first desk has it
	stores [2]storage.Store
	desks  [2]*bot.Desk
	chat   *datedChat
	attach bot.Chat // in the place of chat, where a test needs more of it
	rng    *rand.Rand
	script []scene             // by time
	want   map[string]moments  // by card
	waits  map[int64]*awaiting // the response clock of each case as the test sees it
	down   [2]time.Time        // nobody works
}

// scene is something that somebody does at a time.
type scene struct {
	at time.Time
	do func()
}

// moments are the times at which a card should have come.
type moments []time.Time

// awaiting is one round of a clock as the test sees it.
type awaiting struct {
	source    string
	from      time.Time
	spreading time.Time
	round     int
}

var berlin = func() *time.Location {
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return loc
}()

// TestAMonth plays a month in which hundreds of reviews come from several
// sources, with two desks on one database that are stopped and started again
// in the middle. Every reminder, escalation and follow-up comes exactly once,
// at the moment that a plain count of minutes gives.
func TestAMonth(t *testing.T) { onEach(t, playAMonth) }

func playAMonth(t *testing.T, on database) {
	start := time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)
	m := &month{T: t, ctx: t.Context(), on: on, clock: &clock{now: start},
		rng: rand.New(rand.NewPCG(2026, 3)), want: map[string]moments{}, waits: map[int64]*awaiting{}}
	m.down = [2]time.Time{berlinTime(17, 10, 0), berlinTime(17, 13, 0)}
	var err error
	if m.book, err = playbook.Parse("month.yaml", []byte(monthPlaybook)); err != nil {
		t.Fatal(err)
	}
	m.chat = &datedChat{fakeChat: &fakeChat{}, now: m.clock.Now, at: map[string][]time.Time{}}
	m.open()
	defer m.close()
	reviews, part := 200, 1
	if raced {
		reviews, part = 40, 10
	}
	for n := range reviews {
		at := start.Add(time.Duration(m.rng.IntN(28*24*60)) * time.Minute)
		m.plan(at, func() { m.arrives(n) })
	}
	m.plan(m.down[0], m.restart)
	m.plan(berlinTime(25, 3, 30), m.restart)
	for day := range 28 {
		m.plan(berlinTime(2+day, 9, 0).Add(time.Duration(m.rng.IntN(8*60))*time.Minute), m.replace)
	}
	m.play(time.Date(2026, 4, 13, 6, 0, 0, 0, time.UTC))
	m.settle(part)
}

func berlinTime(day, hour, minute int) time.Time {
	return time.Date(2026, 3, day, hour, minute, 0, 0, berlin)
}

func (m *month) open() {
	m.Helper()
	for n := range m.desks {
		m.start(n)
	}
}

// start begins one desk, with a store of its own where the database is shared.
func (m *month) start(n int) {
	m.Helper()
	logger := slog.New(slog.DiscardHandler)
	m.stores[n] = m.stores[0]
	if n == 0 || m.on.shared {
		st, err := m.on.open(m.ctx, m)
		if err != nil {
			m.Fatal(err)
		}
		m.stores[n] = st
	}
	d, err := bot.New(bot.Config{Store: m.stores[n], Playbook: m.book, Drafter: &scripted{text: plain}, Triager: llm.NewOffline(),
		Now: m.clock.Now, Logger: logger, Worker: fmt.Sprint("desk-", n)})
	if err != nil {
		m.Fatal(err)
	}
	if m.attach != nil {
		d.Attach(m.attach)
	} else {
		d.Attach(m.chat)
	}
	if err := d.Start(m.ctx); err != nil {
		m.Fatal(err)
	}
	m.desks[n], m.store = d, m.stores[0]
}

func (m *month) close() {
	for n, st := range m.stores {
		if n > 0 && !m.on.shared {
			continue
		}
		if err := st.Close(); err != nil {
			m.Error(err)
		}
	}
}

// restart stops both desks and their stores and opens them again.
func (m *month) restart() {
	m.close()
	m.open()
}

// replace stops one of two replicas and starts another in its place, while the
// other one works on.
func (m *month) replace() {
	if !m.on.shared {
		return
	}
	n := m.rng.IntN(2)
	if err := m.stores[n].Close(); err != nil {
		m.Fatal(err)
	}
	m.start(n)
}

// plan puts a scene into the script. Scenes of the hours in which nobody works
// wait until after.
func (m *month) plan(at time.Time, do func()) {
	if at.After(m.down[0]) && at.Before(m.down[1]) {
		at = m.down[1].Add(time.Minute)
	}
	m.script = append(m.script, scene{at.Truncate(time.Minute), do})
	slices.SortStableFunc(m.script, func(a, b scene) int { return a.at.Compare(b.at) })
}

// play lets both desks work side by side whenever something is due.
func (m *month) play(end time.Time) {
	for m.clock.Now().Before(end) {
		now := m.clock.Now()
		for len(m.script) > 0 && !m.script[0].at.After(now) {
			do := m.script[0].do
			m.script = m.script[1:]
			do()
		}
		stopped := !now.Before(m.down[0]) && now.Before(m.down[1])
		next := end
		if !stopped {
			var g errgroup.Group
			for _, d := range m.desks {
				g.Go(func() error { _, err := d.RunDue(m.ctx); return err })
			}
			if err := g.Wait(); err != nil {
				m.Fatal(err)
			}
			due, ok, err := m.desks[0].NextDue(m.ctx)
			if err != nil {
				m.Fatal(err)
			}
			if ok && due.Before(next) {
				next = due
			}
		} else {
			next = m.down[1]
		}
		if len(m.script) > 0 && m.script[0].at.Before(next) {
			next = m.script[0].at
		}
		m.clock.mu.Lock()
		m.clock.now = later(now.Add(time.Microsecond), next)
		m.clock.mu.Unlock()
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// run does what a person types, at one of the desks.
func (m *month) run(p review.Person, line string) {
	m.Helper()
	d := m.desks[m.rng.IntN(2)]
	i, out := d.Parse(line)
	if out == nil {
		i.By, i.Chat = p, "console"
		o := d.Run(m.ctx, i)
		out = &o
	}
	if out.Refused {
		m.Fatalf("%s: %q: %s", m.clock.Now().In(berlin), line, out.Text)
	}
}

// soon is a moment some time after now.
func (m *month) soon(least, most time.Duration) time.Time {
	return m.clock.Now().Add(least + time.Duration(m.rng.Int64N(int64(most-least)))).Truncate(time.Minute)
}

// arrives lets a review come, and decides what people will do about it.
func (m *month) arrives(n int) {
	source := []string{"shop", "maps", "apps"}[n%3]
	stars := []float64{1, 2, 3, 2, 5}[m.rng.IntN(5)]
	r := review.Review{Key: review.Key{Source: source, ID: fmt.Sprint("r", n)}, Rating: review.StarRating(stars), Title: "The teapot",
		Body: fmt.Sprintf("The teapot %d came late and nobody answered.", n), Author: "Jo", Language: "en", Created: m.clock.Now()}
	took, err := m.desks[n%2].Take(m.ctx, bot.Intake{By: "test", Reviews: []review.Review{r}})
	if err != nil || took.Added != 1 {
		m.Fatalf("review %d: %+v, %v", n, took, err)
	}
	id := took.Cases[0]
	if stars > 4 {
		return // praise: nothing may ever come
	}
	m.waits[id] = &awaiting{source: source, from: m.clock.Now(), round: 1}
	switch m.rng.IntN(6) {
	case 0: // nobody ever answers
	case 1:
		m.plan(m.soon(10*time.Minute, 60*time.Hour), func() { m.answer(id, n) })
	case 2:
		m.plan(m.soon(10*time.Minute, 40*time.Hour), func() { m.private(id) })
	case 3:
		m.plan(m.soon(10*time.Minute, 30*time.Hour), func() { m.spread(id) })
	case 4:
		m.plan(m.soon(10*time.Minute, 70*time.Hour), func() { m.edited(id, r) })
	case 5:
		m.plan(m.soon(10*time.Minute, 20*time.Hour), func() { m.promised(id) })
	}
}

// answer writes, approves and posts a reply; its clock stops when it is up.
func (m *month) answer(id int64, n int) {
	m.run(cleo, fmt.Sprintf("edit %d Dear Jo, thank you for telling us about teapot %d. It came late and I am sorry. %s Please write to care@example.test about it. Ana", id, n, m.particulars()))
	m.run(ana, fmt.Sprintf("approve %d", id))
	m.plan(m.clock.Now().Add(20*time.Minute), func() {
		m.run(cleo, fmt.Sprintf("posted %d", id))
		m.stop(id)
	})
}

// particulars are words that no other reply has.
func (m *month) particulars() string {
	words := make([]string, 14)
	for i := range words {
		var w strings.Builder
		for range 4 {
			w.WriteByte("bdfgklmnprstvz"[m.rng.IntN(14)])
			w.WriteByte("aeiou"[m.rng.IntN(5)])
		}
		words[i] = strings.ToUpper(w.String()[:1]) + w.String()[1:]
	}
	return "We asked the driver about it, and it had gone by way of " + strings.Join(words, ", ") + "."
}

func (m *month) private(id int64) {
	m.run(cleo, fmt.Sprintf("verdict %d private She asked us to call", id))
	m.stop(id)
	if m.rng.IntN(2) == 0 {
		m.plan(m.soon(time.Hour, 50*time.Hour), func() {
			m.run(cleo, fmt.Sprintf("reopen %d she wrote again", id))
			m.waits[id].from, m.waits[id].spreading = m.clock.Now(), time.Time{}
			m.waits[id].round++
		})
	}
}

func (m *month) spread(id int64) {
	m.stop(id)
	m.run(cleo, fmt.Sprintf("spreading %d", id))
	m.waits[id].spreading = m.clock.Now()
	m.waits[id].round++
}

func (m *month) edited(id int64, r review.Review) {
	m.stop(id)
	r.Body += " And now the handle broke."
	took, err := m.desks[0].Take(m.ctx, bot.Intake{By: "test", Reviews: []review.Review{r}})
	if err != nil || took.Revised != 1 {
		m.Fatalf("the edit of %d: %+v, %v", id, took, err)
	}
	m.waits[id].from = m.clock.Now()
	m.waits[id].round++
}

// promised notes a promise; it is kept before its reminder, after it, after
// its day, or never.
func (m *month) promised(id int64) {
	now := m.clock.Now().In(berlin)
	day := now.AddDate(0, 0, 1+m.rng.IntN(6))
	m.run(cleo, fmt.Sprintf("promise %d %s send a new lid", id, day.Format(time.DateOnly)))
	due := time.Date(day.Year(), day.Month(), day.Day(), 17, 0, 0, 0, berlin)
	remind := time.Date(day.Year(), day.Month(), day.Day()-1, 17, 0, 0, 0, berlin)
	if !remind.After(now) {
		remind = now.Add(due.Sub(now) / 2)
	}
	lead := time.Date(day.Year(), day.Month(), day.Day()+1, 17, 0, 0, 0, berlin)
	kept := now.Add(time.Duration(1+m.rng.IntN(9*24)) * time.Hour).Truncate(time.Minute)
	never := m.rng.IntN(4) == 0
	of := fmt.Sprintf("promise-1-%d", due.Unix())
	m.plan(kept, func() {
		kept := m.clock.Now()
		if never {
			kept = kept.AddDate(1, 0, 0)
		} else {
			m.run(cleo, fmt.Sprintf("kept %d 1 parcel %d", id, id))
			local := kept.In(berlin)
			m.expect("reviews", id, "followup-1", time.Date(local.Year(), local.Month(), local.Day()+7, local.Hour(), local.Minute(), 0, 0, berlin))
		}
		for _, x := range []struct {
			channel, key string
			at           time.Time
		}{{"reviews", "remind-" + of, remind}, {"reviews", "escalate-" + of, due}, {"reviews", "escalate-" + of + "-lead", lead}, {"leads", "notice-overdue-" + of + "-lead", lead}} {
			if m.told(x.at).Before(kept) {
				m.expect(x.channel, id, x.key, x.at)
			}
		}
	})
}

// expect notes that a card should come at a time.
func (m *month) expect(channel string, id int64, key string, at time.Time) {
	name := fmt.Sprintf("%s/%d/%s", channel, id, key)
	m.want[name] = append(m.want[name], m.told(at))
}

// told is when what is due at a time can be told: nobody works for a while.
func (m *month) told(at time.Time) time.Time {
	if !at.Before(m.down[0]) && at.Before(m.down[1]) {
		return m.down[1]
	}
	return at
}

// stop notes what the clock of a case should have told until now.
func (m *month) stop(id int64) { m.count(m.waits[id], id, m.clock.Now()) }

func (m *month) count(w *awaiting, id int64, end time.Time) {
	if w.from.IsZero() {
		return
	}
	half, due := naive(w.source, w.from)
	if !w.spreading.IsZero() {
		if by := w.spreading.Add(2 * time.Hour); by.Before(due) {
			half, due = w.spreading.Add(time.Hour), by
		}
	}
	of := fmt.Sprintf("answer-%d", w.round)
	if m.told(half).Before(end) {
		m.expect("reviews", id, "remind-"+of, later(half, w.spreading))
	}
	if m.told(due).Before(end) {
		m.expect("reviews", id, "escalate-"+of, later(due, w.spreading))
		m.expect("leads", id, "notice-overdue-"+of, later(due, w.spreading))
	}
}

// naive counts minutes: by the wall clock of Berlin, on working days that are
// no holiday, from nine to five, where the source has business hours.
func naive(source string, from time.Time) (half, due time.Time) {
	if source == "maps" {
		return from.Add(12 * time.Hour), from.Add(24 * time.Hour)
	}
	target := 8 * 60
	if source == "apps" {
		target = 4 * 60
	}
	worked := 0
	for at := from; ; at = at.Add(time.Minute) {
		local := at.In(berlin)
		if worked == target/2 && half.IsZero() {
			half = at
		}
		if worked == target {
			return half, at
		}
		weekend := local.Weekday() == time.Saturday || local.Weekday() == time.Sunday
		holiday := slices.Contains([]string{"2026-03-18", "2026-04-03", "2026-04-06"}, local.Format(time.DateOnly))
		if !weekend && !holiday && local.Hour() >= 9 && local.Hour() < 17 {
			worked++
		}
	}
}

// settle holds what came against what should have.
func (m *month) settle(part int) {
	for id, w := range m.waits {
		c, err := m.store.Case(m.ctx, id)
		if err != nil {
			m.Fatal(err)
		}
		if c.Awaiting() {
			m.count(w, id, m.clock.Now())
		}
	}
	kinds := map[string]int{}
	for name, at := range m.chat.at {
		if key := name[strings.LastIndex(name, "/")+1:]; strings.HasPrefix(key, "remind-") || strings.HasPrefix(key, "escalate-") || strings.HasPrefix(key, "notice-") || strings.HasPrefix(key, "followup-") {
			kinds[key[:strings.Index(key, "-")]]++
			if want := m.want[name]; !slices.EqualFunc(at, want, time.Time.Equal) {
				m.Errorf("%s came at %v, want %v", name, inBerlin(at), inBerlin(want))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.want)) {
		if len(m.chat.at[name]) == 0 {
			m.Errorf("%s did not come; it was due at %v", name, inBerlin(m.want[name]))
		}
	}
	m.Logf("played until %s: %v", m.clock.Now().Format(time.DateOnly), kinds)
	for kind, least := range map[string]int{"remind": 130, "escalate": 130, "notice": 100, "followup": 20} {
		if kinds[kind] < least/part {
			m.Errorf("only %d cards %s: the month was too quiet to prove anything", kinds[kind], kind)
		}
	}
	pending, err := m.store.Pending(m.ctx)
	if err != nil {
		m.Fatal(err)
	}
	for kind, p := range pending {
		if p.Tried > 0 {
			m.Errorf("work of kind %s failed: %+v", kind, p)
		}
	}
	out := m.desks[0].Run(m.ctx, commands.Invocation{Command: "overdue", By: vic, Chat: "console"})
	if out.Refused || len(out.Items) == 0 {
		m.Errorf("overdue: %+v", out)
	}
}

func inBerlin(times []time.Time) []string {
	out := make([]string, len(times))
	for i, t := range times {
		out[i] = t.In(berlin).Format("2 Jan 15:04:05 -0700")
	}
	return out
}
