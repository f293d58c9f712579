package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/discordbot"
	"github.com/evenkeel/evenkeel/bot/discordbot/discordtest"
	"github.com/evenkeel/evenkeel/bot/slackbot"
	"github.com/evenkeel/evenkeel/bot/slackbot/slacktest"
	"github.com/evenkeel/evenkeel/cmd/evenkeel/internal/story"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/review"
)

// bothChats is one desk that stands in Slack and in Discord.
type bothChats struct {
	*theatre
	t       *testing.T
	slack   *slacktest.Server
	discord *discordtest.Server
}

func newBothChats(t *testing.T) *bothChats {
	t.Helper()
	ids := slackIDs()
	for name, id := range discordIDs() {
		ids[name] += "\", \"" + id // storyRules puts quotes around it
	}
	b := &bothChats{theatre: newTheatre(t, ids), t: t}
	now := b.stage.Clock.Now
	b.slack = slacktest.Start(slacktest.Options{Now: now, Burst: 100})
	t.Cleanup(b.slack.Close)
	b.discord = discordtest.New(t, discordtest.Config{Now: now})
	for _, p := range story.People() {
		b.slack.Join(slacktest.Person{ID: slackID(p.Name), Name: p.Name})
		b.discord.Join(discordtest.Person{ID: discordID(p.Name), Name: p.Name})
	}
	log := slog.New(slog.DiscardHandler)
	inSlack, err := slackbot.New(slackbot.Config{
		BotToken: secret.New(slacktest.BotToken), AppToken: secret.New(slacktest.AppToken), Channel: slacktest.Channel,
		Desk: b.desk, APIURL: b.slack.API, Now: now, Logger: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	inDiscord, err := discordbot.New(discordbot.Config{
		Token: secret.New(discordtest.BotToken), Channel: discordtest.Reviews, Desk: b.desk, APIURL: b.discord.API + "/v10", Now: now, Logger: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, chat := range []bot.Chat{inSlack, inDiscord} {
		b.desk.Attach(chat)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- chat.Serve(ctx) }()
		t.Cleanup(func() {
			stop()
			if err := <-done; err != nil {
				t.Errorf("%s ended with %v", chat.Name(), err)
			}
		})
	}
	for _, err := range []error{
		b.slack.Wait(t.Context(), func() bool { return b.slack.Lasting() >= 1 }),
		b.discord.Wait(t.Context(), func() bool { return b.discord.Sessions() > 0 }),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func (b *bothChats) pass(d time.Duration) {
	b.t.Helper()
	for ; d > 0; d -= time.Second {
		b.stage.Clock.Advance(time.Second)
		if _, err := b.desk.RunDue(b.t.Context()); err != nil {
			b.t.Fatal(err)
		}
	}
}

func (b *bothChats) run(who review.Person, command string, c review.Case, args map[string]string) {
	b.t.Helper()
	out := b.desk.Run(b.t.Context(), commands.Invocation{Command: command, Case: c.ID, Args: args, By: who, Chat: "test", ID: fmt.Sprint(command, c.ID, who.Name)})
	if out.Refused {
		b.t.Fatalf("%s: %s", command, out.Text)
	}
}

// pressInSlack presses the button with this token, if it stands there.
func (b *bothChats) pressInSlack(ctx context.Context, who, token string) error {
	for _, m := range b.slack.Messages(slacktest.Channel) {
		for _, e := range slacktest.Elements(m.Blocks) {
			if e.Value == token {
				_, _, err := b.slack.Press(ctx, slackID(who), m, e, nil)
				return err
			}
		}
	}
	return story.ErrNotDrawn
}

func (b *bothChats) pressInDiscord(ctx context.Context, who, token string) error {
	for _, t := range b.discord.Threads(discordtest.Reviews) {
		for _, m := range b.discord.Messages(t.ID) {
			for _, c := range m.Usable() {
				if c.CustomID == token {
					_, err := b.discord.Press(ctx, discordID(who), m, token)
					return err
				}
			}
		}
	}
	return story.ErrNotDrawn
}

// cards are what stands in each chat at a place, as JSON.
func (b *bothChats) cards(place string) map[string]string {
	out := map[string]string{}
	for _, m := range b.slack.Messages(slacktest.Channel) {
		if payload, _ := m.Metadata["event_payload"].(map[string]any); payload["place"] == place {
			raw, _ := json.Marshal(m.Blocks)
			out["slack"] += string(raw)
		}
	}
	for _, t := range b.discord.Threads(discordtest.Reviews) {
		for _, m := range b.discord.Messages(t.ID) {
			raw, _ := json.Marshal([]any{m.Content, m.Embeds, m.Components})
			if strings.Contains(string(raw), `"text":"`+place+`"`) {
				out["discord"] += string(raw)
			}
		}
	}
	return out
}

// One case stands in Slack and in Discord. Two people decide at the same
// moment, one in each: one decision wins, and both cards lock and say whose it
// was.
func TestOneCaseInTwoChats(t *testing.T) {
	for round := range 3 {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			b := newBothChats(t)
			cem := story.People()[2]
			b.run(cem, "add", review.Case{}, map[string]string{"text": "The chairs are comfortable, the lamp is a little dim.", "stars": "4"})
			b.pass(5 * time.Second)
			c, err := b.stage.Store.Case(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			b.run(cem, "verdict", c, map[string]string{"verdict": "reply"})
			b.run(cem, "edit", c, map[string]string{"text": "Thank you for telling us about the chairs and the lamp. We have passed it on to the people who choose our lights. If anything else is on your mind, write to care@harbour-and-pine.example.com.\n\nCem"})
			b.pass(10 * time.Second)
			if c, err = b.stage.Store.Case(t.Context(), 1); err != nil || c.Draft == nil {
				t.Fatalf("%+v, %v", c.Draft, err)
			}
			token := commands.Token{Command: "approve", Case: 1, Revision: c.Review.Revision, Text: commands.TextOf(c.Draft)}.String()
			place := bot.Place{Case: 1, Key: fmt.Sprintf("draft-%d", c.Draft.N)}.ID()
			for chat, card := range b.cards(place) {
				if !strings.Contains(card, token) {
					t.Fatalf("%s shows no button to approve: %s", chat, card)
				}
			}
			var wg sync.WaitGroup
			wg.Go(func() {
				if err := b.pressInSlack(t.Context(), "Ana", token); err != nil {
					t.Errorf("in Slack: %v", err)
				}
			})
			wg.Go(func() {
				if err := b.pressInDiscord(t.Context(), "Bo", token); err != nil {
					t.Errorf("in Discord: %v", err)
				}
			})
			wg.Wait()
			told := func() bool { return len(b.discord.Whispers(discordID("Bo"))) > 0 }
			if err := b.discord.Wait(t.Context(), told); err != nil {
				t.Fatal(err)
			}
			if err := b.slack.Wait(t.Context(), func() bool { return len(b.slack.Whispers(slackID("Ana"))) > 0 }); err != nil {
				t.Fatal(err)
			}
			b.pass(5 * time.Second)
			approvals, err := b.stage.Store.Approvals(t.Context(), 1)
			if err != nil || len(approvals) != 1 {
				t.Fatalf("%d approvals of one text that needs one: %+v, %v", len(approvals), approvals, err)
			}
			winner := approvals[0].Name
			t.Logf("%s won", winner)
			cards := b.cards(place)
			for _, chat := range []string{"slack", "discord"} {
				if !strings.Contains(cards[chat], winner) {
					t.Errorf("%s does not say that %s decided: %s", chat, winner, cards[chat])
				}
				if strings.Contains(cards[chat], token) {
					t.Errorf("%s is not locked: %s", chat, cards[chat])
				}
			}
			for _, p := range b.discord.Problems() {
				t.Errorf("Discord would complain: %s", p)
			}
		})
	}
}
