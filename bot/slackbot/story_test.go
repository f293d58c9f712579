package slackbot_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/slackbot"
	"github.com/evenkeel/evenkeel/bot/slackbot/slacktest"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/simulator"
	"github.com/evenkeel/evenkeel/storage/sqlite"
)

// The whole way of many reviews, from the platform through the real desk and
// the adapter into the fake Slack and back, while everything that Slack can do
// to us is done: a tenth of the answers lost, storms of 429, everything
// delivered twice and out of order, connections announced to close and broken
// in the middle of a press.

// tale is the desk with Slack as its only chat.
type tale struct {
	*testing.T
	ctx      context.Context
	desk     *bot.Desk
	platform *simulator.Platform
	slack    *slacktest.Server
	mu       sync.Mutex
	now      time.Time
}

func (s *tale) Now() time.Time { s.mu.Lock(); defer s.mu.Unlock(); return s.now }

const ana, cleo = "U0ANA0000", "U0CLEO000"

const storyPlaybook = `
publishing: {settle_after: 2h}
sources:
  shop: {kind: simulator, poll: 10m}
team: {name: Harbour}
contacts:
  - {email: care@example.test, label: Customer care}
rules:
  - when: {}
    approvals: 1
    cool_off: 1m
`

// complaints and the replies to them; no two replies are alike, for the checks
// hold back what reads like a form letter.
var complaints = []struct{ title, review, reply string }{
	{"Teapot", "The teapot came two weeks late.", "Dear Jo, thank you for telling us about the teapot. It came two weeks late, and I am sorry about that. Please write to care@example.test, so that we can look into it together. Ana"},
	{"Lamp", "The lamp has a scratch on its foot.", "Hello Jo, a scratch on the foot of a new lamp is annoying to find. I apologise. Send a picture to care@example.test and somebody from our workshop will read it. Ana"},
	{"Kettle", "The kettle leaks at the handle.", "Jo, you describe that the kettle leaks at the handle, which must have made a mess of your kitchen. Sorry about this! We would like to hear more: care@example.test reaches me. Ana"},
	{"Chair", "The chair wobbles on three legs.", "Good day Jo. Sitting on something that wobbles is no pleasure, least of all when one leg of the chair is to blame. Our apologies. You will find us at care@example.test. Ana"},
	{"Mug", "The mug lost its colour.", "Hi Jo, what a pity that the colour of your mug faded. That is disappointing, and I regret it. May I ask you for a line to care@example.test about how it was washed? Ana"},
	{"Clock", "The clock runs ten minutes slow.", "Dear Jo, ten minutes slow is too much for any clock, and we are sorry that yours is among them. If you drop a note to care@example.test, a colleague will take it from there. Ana"},
}

// drafter writes the reply that belongs to the review.
type drafter struct{}

func (drafter) Draft(_ context.Context, r llm.Request) (llm.Result, error) {
	for _, c := range complaints {
		if strings.Contains(fmt.Sprint(r), c.review) {
			return llm.Result{Draft: review.Draft{Language: "en", Origin: review.FromModel, Model: "scripted", Text: c.reply}}, nil
		}
	}
	return llm.Result{}, fmt.Errorf("no reply for %v", r)
}

func newTale(t *testing.T, o slacktest.Options) *tale {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	s := &tale{T: t, ctx: ctx, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), slack: slacktest.Start(o)}
	t.Cleanup(s.slack.Close)
	s.slack.Join(slacktest.Person{ID: ana, Name: "Ana", Admin: true})
	s.slack.Join(slacktest.Person{ID: cleo, Name: "Cleo"})
	s.platform = simulator.NewPlatform(simulator.Config{Token: "t", Now: s.Now})
	server := httptest.NewServer(s.platform)
	t.Cleanup(server.Close)
	src, err := simulator.New(simulator.Settings{Name: "shop", BaseURL: server.URL, Token: "t", Now: s.Now, Timeout: 5 * time.Second, RetryWait: time.Millisecond})
	s.must(err)
	log := slog.New(slog.DiscardHandler)
	store, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "evenkeel.db"), sqlite.Options{Now: s.Now, Logger: log})
	s.must(err)
	t.Cleanup(func() { _ = store.Close() })
	book, err := playbook.Parse("story.yaml", []byte(storyPlaybook))
	s.must(err)
	s.desk, err = bot.New(bot.Config{Store: store, Playbook: book, Sources: []sources.Source{src}, Drafter: drafter{}, Triager: llm.NewOffline(), Now: s.Now, Logger: log})
	s.must(err)
	chat, err := slackbot.New(slackbot.Config{BotToken: secret.New(slacktest.BotToken), AppToken: secret.New(slacktest.AppToken),
		Channel: slacktest.Channel, Desk: s.desk, APIURL: s.slack.API, Now: s.Now, Logger: log})
	s.must(err)
	s.desk.Attach(chat)
	s.must(s.desk.Start(ctx))
	serving, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- chat.Serve(serving) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("Serve ended with %v", err)
		}
	})
	s.must(s.slack.Wait(ctx, func() bool { return s.slack.Lasting() >= 2 }))
	return s
}

func (s *tale) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// pass lets time pass, doing what is due when it is due.
func (s *tale) pass(d time.Duration) {
	s.Helper()
	for end := s.Now().Add(d); ; {
		_, err := s.desk.RunDue(s.ctx)
		s.must(err)
		if !s.Now().Before(end) {
			return
		}
		next, ok, err := s.desk.NextDue(s.ctx)
		s.must(err)
		if !ok || next.After(end) {
			next = end
		}
		s.mu.Lock()
		s.now = next
		s.mu.Unlock()
	}
}

// card is the one message of a case's card.
func (s *tale) card(id int64, key string) (slacktest.Message, bool) {
	place := bot.Place{Case: id, Key: key}.ID()
	for _, m := range s.slack.Messages(slacktest.Channel) {
		if p, _ := m.Metadata["event_payload"].(map[string]any); p["place"] == place {
			return m, true
		}
	}
	return slacktest.Message{}, false
}

// press uses what a card offers for a command, and waits for the answer.
func (s *tale) press(who string, id int64, key, command, arg string) {
	s.Helper()
	m, ok := s.card(id, key)
	if !ok {
		s.Fatalf("case %d has no card %s", id, key)
	}
	for _, e := range slacktest.Elements(m.Blocks) {
		options := append([]map[string]any{nil}, e.Options...)
		for _, o := range options {
			value := e.Value
			if o != nil {
				value, _ = o["value"].(string)
			}
			t, err := commands.ParseToken(value)
			if err != nil || t.Command != command || t.Arg != arg {
				continue
			}
			before := len(s.slack.Whispers(who))
			_, _, err = s.slack.Press(s.ctx, who, m, e, o)
			s.must(err)
			s.must(s.slack.Wait(s.ctx, func() bool { return len(s.slack.Whispers(who)) > before }))
			return
		}
	}
	s.Fatalf("the card %s of case %d offers no %s %s: %s", key, id, command, arg, m.Text)
}

func TestTheWholeStoryThroughSlack(t *testing.T) {
	for _, seed := range []uint64{1} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			s := newTale(t, slacktest.Options{Burst: 1 << 20, Lose: 0.1, Storm: 0.03, Twice: true, Shuffled: true, Seed: seed, Warning: 2 * time.Second})
			for _, c := range complaints {
				_, err := s.platform.Add(simulator.Review{Rating: 2, Title: c.title, Body: c.review + " <!channel> *Nobody* answered.", Author: "Jo", Language: "en"})
				s.must(err)
			}
			reviews := len(complaints)
			s.slack.Fail(slacktest.Lost, slacktest.Limit) // at least; the rest is chance
			s.pass(12 * time.Minute)
			for id := int64(1); id <= int64(reviews); id++ {
				switch id {
				case 2:
					s.slack.Warn("warning")
				case 4:
					s.slack.Warn("refresh_requested")
				case 6:
					s.slack.Drop()
				}
				s.press(cleo, id, "parent", "verdict", "reply")
				s.pass(time.Minute)
				s.press(ana, id, "draft-1", "approve", "")
			}
			s.pass(3 * time.Hour)
			s.ended(reviews)
		})
	}
}

// ended checks the laws: one thread a review, one reply an approval, nothing
// lost, nothing alive in the customers' words.
func (s *tale) ended(reviews int) {
	s.Helper()
	parents, places := 0, map[any]int{}
	for _, m := range s.slack.Messages(slacktest.Channel) {
		p, _ := m.Metadata["event_payload"].(map[string]any)
		places[p["place"]]++
		if m.Thread == "" && strings.HasSuffix(fmt.Sprint(p["place"]), "-parent") {
			parents++
		}
		if strings.Contains(m.Text, "<!channel>") {
			s.Errorf("a customer pings the channel: %s", m.Text)
		}
	}
	if parents != reviews {
		s.Errorf("%d reviews have %d parents", reviews, parents)
	}
	for place, n := range places {
		if n != 1 {
			s.Errorf("%v stands %d times", place, n)
		}
	}
	for id := int64(1); id <= int64(reviews); id++ {
		if c, err := s.desk.Case(s.ctx, id); err != nil || c.Status != review.Live && c.Status != review.Closed {
			s.Errorf("case %d ends %s, %v", id, c.Status, err)
		}
	}
	if n := s.platform.Count(simulator.OpReply); n != reviews {
		s.Errorf("%d approvals made %d replies", reviews, n)
	}
	for _, p := range s.slack.Problems() {
		s.Errorf("Slack would complain: %s", p)
	}
}
