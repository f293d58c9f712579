package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/discordbot"
	"github.com/evenkeel/evenkeel/bot/discordbot/discordtest"
	"github.com/evenkeel/evenkeel/cmd/evenkeel/internal/story"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/review"
)

func TestTheStoryThroughDiscord(t *testing.T) {
	t.Parallel()
	for _, at := range []struct {
		name, channel string
		mode          discordbot.Mode
	}{{"threads", discordtest.Reviews, discordbot.Gateway}, {"forum", discordtest.Forum, discordbot.Gateway}, {"http", discordtest.Reviews, discordbot.HTTP}} {
		t.Run(at.name, func(t *testing.T) {
			t.Parallel()
			random := storySeed(t)
			th := newTheatre(t, discordIDs())
			h := newDiscordHands(t, th, at.channel, at.mode, random)
			th.play(t, h)
			th.repliesOnce(t)
			h.ended(th)
		})
	}
}

func discordID(name string) string {
	for n, p := range story.People() {
		if p.Name == name {
			return fmt.Sprintf("30000000000000000%d", n)
		}
	}
	return ""
}

func discordIDs() map[string]string {
	ids := map[string]string{}
	for _, p := range story.People() {
		ids[strings.ToLower(p.Name)] = "discord:" + discordID(p.Name)
	}
	return ids
}

// discordHands are people on a fake server on which a twentieth of the answers
// is lost, storms of 429 rage, everything comes twice, connections break in the
// middle of a press, and the replica that listens is stopped again and again.
type discordHands struct {
	t       *testing.T
	discord *discordtest.Server
	channel string
	mode    discordbot.Mode
	random  *rand.Rand
	front   *interrupted
	clock   *story.Clock
	stop    []func() // ends the replicas' listening
	start   func(n int)
	shown   map[string]discordOffer // all that ever stood on a card, by token

	presses, failed, twice, drops, kills int
}

// discordOffer is something to press.
type discordOffer struct {
	message discordtest.Message
	id      string
	values  []string
}

const discordReplicas = 2

func newDiscordHands(t *testing.T, th *theatre, channel string, mode discordbot.Mode, random *rand.Rand) *discordHands {
	t.Helper()
	h := &discordHands{t: t, channel: channel, mode: mode, random: random, clock: th.stage.Clock, front: &interrupted{Front: th.desk}, shown: map[string]discordOffer{}}
	var speaking atomic.Pointer[discordbot.Bot]
	c := discordtest.Config{Now: th.stage.Clock.Now, Lose: 0.05, Storm: 0.02, Twice: true, Seed: random.Uint64()}
	if mode == discordbot.HTTP {
		public := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { speaking.Load().Handler().ServeHTTP(w, r) }))
		t.Cleanup(public.Close)
		c.HTTP = public.URL
	}
	h.discord = discordtest.New(t, c)
	const moderators = "300000000000000100"
	h.discord.AddRole(discordtest.Role{ID: moderators, Name: "moderators", Permissions: discordtest.ManageMessages})
	for _, p := range story.People() {
		h.discord.Join(discordtest.Person{ID: discordID(p.Name), Name: p.Name, Roles: []string{moderators}})
	}
	log := slog.New(slog.DiscardHandler)
	apps := make([]*discordbot.Bot, discordReplicas)
	h.stop = make([]func(), discordReplicas)
	for n := range apps {
		app, err := discordbot.New(discordbot.Config{
			Token: secret.New(discordtest.BotToken), PublicKey: h.discord.PublicKey, Channel: channel, Mode: mode, Desk: h.front,
			APIURL: h.discord.API + "/v10", Now: th.stage.Clock.Now, Logger: log,
			Turns: bot.Turn{Store: th.stage.Store, Name: "discord", Worker: fmt.Sprint("replica ", n), Now: time.Now, Logger: log},
		})
		if err != nil {
			t.Fatal(err)
		}
		apps[n] = app
	}
	speaking.Store(apps[0])
	th.desk.Attach(apps[0])
	h.start = func(n int) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- apps[n].Serve(ctx) }()
		h.stop[n] = func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("Serve ended with %v", err)
			}
		}
	}
	for n := range apps {
		h.start(n)
	}
	t.Cleanup(func() {
		for _, stop := range h.stop {
			stop()
		}
	})
	return h
}

func (h *discordHands) connected(ctx context.Context) error {
	return h.discord.Wait(ctx, func() bool {
		return len(h.discord.Commands()) > 0 && (h.mode == discordbot.HTTP || h.discord.Sessions() > 0)
	})
}

// rooms are the channel and its threads.
func (h *discordHands) rooms() []string {
	out := []string{h.channel}
	for _, t := range h.discord.Threads(h.channel) {
		out = append(out, t.ID)
	}
	return out
}

// look remembers all that can be pressed, and tells what stands now.
func (h *discordHands) look() map[string]discordOffer {
	now := map[string]discordOffer{}
	for _, room := range h.rooms() {
		for _, m := range h.discord.Messages(room) {
			for _, c := range m.Usable() {
				if len(c.Options) == 0 {
					now[c.CustomID] = discordOffer{m, c.CustomID, nil}
				}
				for _, o := range c.Options {
					token, err := commands.ParseToken(c.CustomID)
					if err != nil { // a menu of buttons
						now[o] = discordOffer{m, c.CustomID, []string{o}}
						continue
					}
					token.Arg = o
					now[token.String()] = discordOffer{m, c.CustomID, []string{o}}
				}
			}
		}
	}
	for token, o := range now {
		h.shown[token] = o
	}
	return now
}

// Press implements [story.Hands].
func (h *discordHands) Press(ctx context.Context, p story.Press) (string, error) {
	token := p.Token.String()
	o, stands := h.look()[token]
	old := false
	if !stands && p.Old {
		o, old = h.shown[token]
		stands = old
	}
	if !stands {
		return "", story.ErrNotDrawn
	}
	user := discordID(p.Who.Name)
	return h.again(ctx, user, p.Args, func(ctx context.Context) (discordtest.Answer, error) {
		if old {
			return h.discord.Forge(ctx, user, o.message, token)
		}
		return h.discord.Press(ctx, user, o.message, o.id, o.values...)
	})
}

// Type implements [story.Hands].
func (h *discordHands) Type(ctx context.Context, who review.Person, line string) (string, error) {
	user, room := discordID(who.Name), h.channel
	if room == discordtest.Forum { // nothing can be typed into a forum itself
		room = h.rooms()[1]
		h.discord.Archive(room, false)
	}
	return h.again(ctx, user, nil, func(ctx context.Context) (discordtest.Answer, error) {
		return h.discord.Command(ctx, user, room, "review line", map[string]any{"text": line})
	})
}

// Threads implements [story.Hands].
func (h *discordHands) Threads(_ context.Context, id int64) (int, error) {
	return h.places()[bot.Place{Case: id, Key: "parent"}.ID()], nil
}

// places counts the messages at each place.
func (h *discordHands) places() map[string]int {
	n := map[string]int{}
	for _, room := range h.rooms() {
		for _, m := range h.discord.Messages(room) {
			for _, e := range m.Embeds {
				foot, _ := e["footer"].(map[string]any)
				if place, _ := foot["text"].(string); place != "" && m.Author == discordtest.App {
					n[place]++
				}
			}
		}
	}
	return n
}

// again does what a person does until it visibly worked. Time goes by while
// somebody waits.
func (h *discordHands) again(ctx context.Context, user string, args map[string]string, act func(context.Context) (discordtest.Answer, error)) (string, error) {
	waiting, done := context.WithCancel(ctx)
	defer done()
	go func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				h.clock.Advance(100 * time.Millisecond)
			case <-waiting.Done():
				return
			}
		}
	}()
	for range tries {
		if err := h.connected(ctx); err != nil {
			return "", err
		}
		h.presses++
		words, err := h.once(ctx, user, args, act)
		if err == nil || !errors.Is(err, errWarningSign) {
			return words, err
		}
		h.twice++
	}
	return "", fmt.Errorf("%s gave up after %d tries", user, tries)
}

func (h *discordHands) once(ctx context.Context, user string, args map[string]string, act func(context.Context) (discordtest.Answer, error)) (string, error) {
	before := h.told(user)
	h.trouble()
	a, err := act(ctx)
	if err != nil {
		h.t.Logf("a press: %v", err)
		h.failed++
		if !h.answered(ctx, user, before, time.Second) {
			return "", errWarningSign
		}
	}
	if a.Type == discordtest.OpenModal {
		return h.fillForm(ctx, user, args, before)
	}
	if !h.answered(ctx, user, before, 20*time.Second) {
		return "", errWarningSign
	}
	if m, sure := h.question(user, before); sure != "" {
		before = h.told(user)
		if _, err := h.discord.Press(ctx, user, m, sure); err != nil {
			h.failed++
		}
		if !h.answered(ctx, user, before, 20*time.Second) {
			return "", errWarningSign
		}
	}
	return h.words(user, before), nil
}

func (h *discordHands) fillForm(ctx context.Context, user string, args map[string]string, before map[string]int) (string, error) {
	m, open := h.discord.Modal(user)
	if !open {
		return "", errWarningSign
	}
	values := map[string]string{}
	for _, c := range m.Components {
		in, ok := c["component"].(map[string]any)
		if !ok {
			continue
		}
		id, _ := in["custom_id"].(string)
		n, name, _ := strings.Cut(strings.TrimPrefix(id, "f:"), ":")
		arg, given := args[name]
		if text, _ := in["value"].(string); !given && in["required"] == true && text == "" {
			arg, given = "as was said", true // Discord does not send an empty one
		}
		if given {
			values[id] = ""
			if n == "0" {
				values[id] = arg
			}
		}
	}
	if _, err := h.discord.Submit(ctx, m, values); err != nil {
		h.t.Logf("a form: %v", err)
		h.failed++
	}
	if !h.answered(ctx, user, before, 20*time.Second) {
		return "", errWarningSign
	}
	return h.words(user, before), nil
}

// question is what the bot asks before a step that readers will see.
func (h *discordHands) question(user string, before map[string]int) (discordtest.Message, string) {
	for _, m := range h.discord.Whispers(user) {
		if h.isNew(m, before) && len(m.Components) == 1 {
			if all := m.Usable(); len(all) == 2 && all[1].CustomID == "~cancel" {
				return m, all[0].CustomID
			}
		}
	}
	return discordtest.Message{}, ""
}

// trouble befalls the connection at the next press, or the replica that has it.
func (h *discordHands) trouble() {
	switch dice := h.random.Float64(); {
	case dice < 0.06: // in mid-press: the desk is at work, the answer is still to come
		h.drops++
		drop := h.discord.Drop
		h.front.next.Store(&drop)
	case dice < 0.09:
		h.drops++
		h.discord.BreakAt(discordtest.Before)
	case dice < 0.12:
		h.drops++
		h.discord.BreakAt(discordtest.After)
	case dice < 0.14:
		h.discord.Reconnect()
	case dice < 0.16:
		h.discord.Invalidate(false)
	case dice < 0.19:
		h.kills++
		n := h.kills % discordReplicas
		h.stop[n]()
		h.start(n)
	}
}

// told is what stands before a person's eyes, by message and edit.
func (h *discordHands) told(user string) map[string]int {
	out := map[string]int{}
	for _, m := range h.discord.Whispers(user) {
		out[m.ID] = m.Edited + 1
	}
	return out
}

func (h *discordHands) isNew(m discordtest.Message, before map[string]int) bool {
	return before[m.ID] != m.Edited+1 && m.Flags&discordtest.FlagLoading == 0
}

func (h *discordHands) answered(ctx context.Context, user string, before map[string]int, patience time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return h.discord.Wait(ctx, func() bool {
		for _, m := range h.discord.Whispers(user) {
			if h.isNew(m, before) {
				return true
			}
		}
		return false
	}) == nil
}

// words are what a person was told since.
func (h *discordHands) words(user string, before map[string]int) string {
	var s []string
	for _, m := range h.discord.Whispers(user) {
		if h.isNew(m, before) {
			raw, _ := json.Marshal(m.Embeds)
			s = append(s, m.Content, strings.ReplaceAll(string(raw), `\\`, ""))
		}
	}
	return strings.Join(s, "\n")
}

// ended looks at the server when all is over.
func (h *discordHands) ended(th *theatre) {
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
	threads := parents
	if h.channel == discordtest.Forum { // what belongs to no case is a post, too
		for place := range places {
			if strings.HasPrefix(place, "case-0-") {
				threads++
			}
		}
	}
	if n := len(h.discord.Threads(h.channel)); n != threads {
		h.t.Errorf("%d threads stand for %d cases", n, parents)
	}
	if parents < 10 {
		h.t.Errorf("only %d reviews have a thread", parents)
	}
	for _, p := range h.discord.Pings() {
		h.t.Errorf("somebody was pinged: %s", p)
	}
	for _, p := range h.discord.Problems() {
		if h.failed == 0 || !errors.Is(p, discordtest.ErrLate) && !errors.Is(p, discordtest.ErrAway) && !errors.Is(p, discordtest.ErrOver) {
			h.t.Errorf("Discord would complain: %s", p)
		}
	}
	h.t.Logf("%d threads, %d presses; %d connections broken, %d replicas stopped, %d warning signs, %d presses made again",
		parents, h.presses, h.drops, h.kills, h.failed, h.twice)
}
