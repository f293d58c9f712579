package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/slackbot"
	"github.com/evenkeel/evenkeel/bot/slackbot/slacktest"
	"github.com/evenkeel/evenkeel/cmd/evenkeel/internal/story"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/review"
)

func TestTheStoryThroughSlack(t *testing.T) {
	t.Parallel()
	for _, mode := range []slackbot.Mode{slackbot.Socket, slackbot.HTTP} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			random := storySeed(t)
			th := newTheatre(t, slackIDs())
			h := newSlackHands(t, th, mode, random)
			th.play(t, h)
			th.repliesOnce(t)
			h.ended(th)
		})
	}
}

func slackID(name string) string { return "U0" + strings.ToUpper(name) + "00" }

func slackIDs() map[string]string {
	ids := map[string]string{}
	for _, p := range story.People() {
		ids[strings.ToLower(p.Name)] = "slack:" + slackID(p.Name)
	}
	return ids
}

// slackHands are people in a fake workspace in which a tenth of the answers is
// lost, storms of 429 rage, everything comes twice and out of order, and
// connections are announced to close or break in the middle of a press.
type slackHands struct {
	t      *testing.T
	slack  *slacktest.Server
	random *rand.Rand
	mode   slackbot.Mode
	front  *interrupted
	shown  map[string]offer  // all that ever stood on a card, by token
	views  map[string]string // what each person saw last, by id
	failed int               // presses at which Slack showed its warning sign
	twice  int               // presses made again
	drops  int               // connections broken in mid-press
}

// offer is something to press.
type offer struct {
	message slacktest.Message
	element slacktest.Element
	option  map[string]any
}

// interrupted is the desk with something that happens in the middle of the
// next press.
type interrupted struct {
	bot.Front
	next atomic.Pointer[func()]
}

func (i *interrupted) Run(ctx context.Context, in commands.Invocation) commands.Outcome {
	if f := i.next.Swap(nil); f != nil {
		(*f)()
	}
	return i.Front.Run(ctx, in)
}

func newSlackHands(t *testing.T, th *theatre, mode slackbot.Mode, random *rand.Rand) *slackHands {
	t.Helper()
	h := &slackHands{t: t, random: random, mode: mode, front: &interrupted{Front: th.desk}, shown: map[string]offer{}, views: map[string]string{}}
	o := slacktest.Options{Now: th.stage.Clock.Now, Updates: 50, Lose: 0.1, Storm: 0.03, Twice: true, Shuffled: true,
		Seed: random.Uint64(), Warning: 300 * time.Millisecond}
	var app *slackbot.Bot
	if mode == slackbot.HTTP {
		public := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { app.Handler().ServeHTTP(w, r) }))
		t.Cleanup(public.Close)
		o.HTTP = public.URL
	}
	h.slack = slacktest.Start(o)
	t.Cleanup(h.slack.Close)
	for _, p := range story.People() {
		h.slack.Join(slacktest.Person{ID: slackID(p.Name), Name: p.Name})
	}
	var err error
	app, err = slackbot.New(slackbot.Config{
		BotToken: secret.New(slacktest.BotToken), AppToken: secret.New(slacktest.AppToken), SigningSecrets: []secret.Value{secret.New(slacktest.SigningSecret)},
		Channel: slacktest.Channel, Mode: mode, Desk: h.front, APIURL: h.slack.API, Now: th.stage.Clock.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	th.desk.Attach(app)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- app.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("Serve ended with %v", err)
		}
	})
	return h
}

// connected waits until the app can be reached at all.
func (h *slackHands) connected(ctx context.Context) error {
	if h.mode == slackbot.HTTP {
		return nil
	}
	return h.slack.Wait(ctx, func() bool { return h.slack.Lasting() >= 1 })
}

// look remembers all that can be pressed, and tells what stands now.
func (h *slackHands) look() map[string]offer {
	now := map[string]offer{}
	for _, m := range h.slack.Messages(slacktest.Channel) {
		for _, e := range slacktest.Elements(m.Blocks) {
			if e.Value != "" {
				now[e.Value] = offer{m, e, nil}
			}
			for _, o := range e.Options {
				value, _ := o["value"].(string)
				now[value] = offer{m, e, o}
			}
		}
	}
	for token, o := range now {
		h.shown[token] = o
	}
	return now
}

// tries bounds how often somebody presses again.
const tries = 6

// Press implements [story.Hands].
func (h *slackHands) Press(ctx context.Context, p story.Press) (string, error) {
	token := p.Token.String()
	o, stands := h.look()[token]
	if !stands && p.Old {
		o, stands = h.shown[token]
	}
	if !stands {
		return "", story.ErrNotDrawn
	}
	user := slackID(p.Who.Name)
	return h.again(ctx, user, p.Args, func(ctx context.Context) error {
		_, _, err := h.slack.Press(ctx, user, o.message, o.element, o.option)
		return err
	})
}

// Type implements [story.Hands].
func (h *slackHands) Type(ctx context.Context, who review.Person, line string) (string, error) {
	user := slackID(who.Name)
	return h.again(ctx, user, nil, func(ctx context.Context) error {
		_, _, err := h.slack.Type(ctx, user, slacktest.Channel, slackbot.DefaultCommand, line)
		return err
	})
}

// Threads implements [story.Hands].
func (h *slackHands) Threads(_ context.Context, id int64) (int, error) {
	return h.places()[bot.Place{Case: id, Key: "parent"}.ID()], nil
}

// places counts the messages at each place.
func (h *slackHands) places() map[string]int {
	n := map[string]int{}
	for _, m := range h.slack.Messages(slacktest.Channel) {
		payload, _ := m.Metadata["event_payload"].(map[string]any)
		place, _ := payload["place"].(string)
		n[place]++
	}
	return n
}

// again does what a person does until it visibly worked.
func (h *slackHands) again(ctx context.Context, user string, args map[string]string, act func(context.Context) error) (string, error) {
	for range tries {
		if err := h.connected(ctx); err != nil {
			return "", err
		}
		words, err := h.once(ctx, user, args, act)
		if err == nil || !errors.Is(err, errWarningSign) {
			return words, err
		}
		h.twice++
	}
	return "", fmt.Errorf("%s gave up after %d tries", user, tries)
}

// errWarningSign: Slack shows that it did not work, or asks to press again.
var errWarningSign = errors.New("it did not work")

func (h *slackHands) once(ctx context.Context, user string, args map[string]string, act func(context.Context) error) (string, error) {
	told := len(h.slack.Whispers(user))
	h.trouble()
	if err := act(ctx); err != nil {
		h.failed++
		// The answer may come all the same; nobody presses again while it stands there.
		if !h.answered(ctx, user, told, time.Second) {
			return "", errWarningSign
		}
	}
	if !h.answered(ctx, user, told, 20*time.Second) {
		return "", fmt.Errorf("%s was told nothing", user)
	}
	if v, fresh := h.fresh(user); fresh && v.Body["callback_id"] == "form" {
		h.views[user] = v.ID + v.Hash
		wrong, _, err := h.slack.Submit(ctx, user, v, fillIn(v, args))
		if len(wrong) > 0 {
			return fmt.Sprint(wrong), nil
		}
		if !h.answered(ctx, user, told, 20*time.Second) {
			return "", errWarningSign
		}
		if err != nil {
			h.failed++
		}
	}
	words := h.words(user, told)
	if strings.Contains(words, "press the button again") {
		return "", errWarningSign
	}
	return words, nil
}

// trouble befalls the connections at the next press.
func (h *slackHands) trouble() {
	if h.mode == slackbot.HTTP {
		return
	}
	switch dice := h.random.Float64(); {
	case dice < 0.10: // in mid-press: the desk is at work, the acknowledgement is still to come
		h.drops++
		drop := h.slack.Drop
		h.front.next.Store(&drop)
	case dice < 0.15:
		h.slack.Warn("warning")
	case dice < 0.20:
		h.slack.Warn("refresh_requested")
	}
}

// answered waits for words or a view.
func (h *slackHands) answered(ctx context.Context, user string, told int, patience time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return h.slack.Wait(ctx, func() bool {
		_, fresh := h.fresh(user)
		return fresh || len(h.slack.Whispers(user)) > told
	}) == nil
}

// fresh is a view that its person has not dealt with yet.
func (h *slackHands) fresh(user string) (slacktest.View, bool) {
	v, open := h.slack.Modal(user)
	if !open || h.views[user] == v.ID+v.Hash {
		return v, false
	}
	title, _ := v.Body["title"].(map[string]any)
	return v, title["text"] != "One moment"
}

// words are what a person was told since.
func (h *slackHands) words(user string, told int) string {
	var s []string
	for _, m := range h.slack.Whispers(user)[told:] {
		s = append(s, m.Text)
	}
	if v, fresh := h.fresh(user); fresh {
		h.views[user] = v.ID + v.Hash
		s = append(s, fmt.Sprint(v.Body["blocks"]))
	}
	return strings.Join(s, "\n")
}

// fillIn writes into a form, and leaves what stands there where nothing is to
// be written.
func fillIn(v slacktest.View, args map[string]string) map[string]map[string]any {
	values := map[string]map[string]any{}
	for _, b := range v.Blocks() {
		id, _ := b["block_id"].(string)
		element, _ := b["element"].(map[string]any)
		if b["type"] != "input" {
			continue
		}
		text, _ := element["initial_value"].(string)
		name := id[strings.LastIndexByte(id, ':')+1:]
		if arg, given := args[name]; given {
			text = ""
			if strings.HasPrefix(id, "f:0:") {
				text = arg
			}
		}
		action, _ := element["action_id"].(string)
		values[id] = map[string]any{action: map[string]any{"type": element["type"], "value": text}}
	}
	return values
}

// ended looks at the workspace when all is over.
func (h *slackHands) ended(th *theatre) {
	ctx := h.t.Context()
	th.settle(h.t)
	places := h.places()
	for place, n := range places {
		if n != 1 {
			h.t.Errorf("%q stands %d times", place, n)
		}
	}
	parents := 0
	for id := int64(1); ; id++ {
		c, err := th.stage.Store.Case(ctx, id)
		if err != nil {
			break
		}
		if c.Status == review.Seeded {
			continue
		}
		parents++
		cards, err := th.desk.Cards(ctx, id)
		if err != nil {
			h.t.Error(err)
		}
		for _, k := range cards {
			if places[bot.Place{Case: id, Key: k.Key}.ID()] != 1 {
				h.t.Errorf("%s: the card %q was lost", c.Ref(), k.Key)
			}
		}
	}
	if parents < 10 {
		h.t.Errorf("only %d reviews have a thread", parents)
	}
	for _, p := range h.slack.Problems() {
		if h.failed == 0 || !strings.Contains(p, slacktest.ErrLate.Error()) && !strings.Contains(p, "no connection") {
			h.t.Errorf("Slack would complain: %s", p)
		}
	}
	h.t.Logf("%d threads; %d connections broken in mid-press, %d warning signs, %d presses made again; %d posts, %d updates",
		parents, h.drops, h.failed, h.twice, h.slack.Calls("chat.postMessage"), h.slack.Calls("chat.update"))
}
