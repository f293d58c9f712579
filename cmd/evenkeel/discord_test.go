package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot/discordbot/discordtest"
)

// TestANewcomerInDiscord walks docs/discord.md with the program as it is: the
// manifest prints the link, doctor finds all well, the first card comes by
// `/review add`, and its thread stands.
func TestANewcomerInDiscord(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s := discordtest.New(t, discordtest.Config{})
	const ana = "300000000000000001"
	s.AddRole(discordtest.Role{ID: "300000000000000100", Name: "admins", Permissions: discordtest.ManageGuild | discordtest.ManageMessages})
	s.Join(discordtest.Person{ID: ana, Name: "Ana", Roles: []string{"300000000000000100"}})
	desk := start(t, map[string]string{
		"HOME": t.TempDir(), "EVENKEEL_DISCORD_API_URL": s.API + "/v10", "EVENKEEL_DISCORD_TOKEN": discordtest.BotToken, "EVENKEEL_DISCORD_CHANNEL": discordtest.Reviews,
	})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%v\n%s", err, desk.log)
		}
	}
	var out bytes.Buffer
	desk.program(&out).run(ctx, []string{"doctor"})
	for _, want := range []string{"the token is that of evenkeel", "no privileged intent is needed", "the gateway answers", "the bot may do all it needs in #reviews of Acme"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("doctor does not say %q:\n%s", want, out.String())
		}
	}
	out.Reset()
	desk.program(&out).run(ctx, []string{"manifest", "discord", "--app", discordtest.App})
	if !strings.HasPrefix(out.String(), "https://discord.com/oauth2/authorize?client_id="+discordtest.App) {
		t.Errorf("the invite is %s", out.String())
	}

	must(s.Wait(ctx, func() bool { return s.Sessions() > 0 && len(s.Commands()) > 0 }))
	first, err := s.Command(ctx, ana, discordtest.Reviews, "review add", map[string]any{"text": "The lamp came with a broken foot @everyone"})
	must(err)
	if m, open := s.Modal(ana); open && first.Type == discordtest.OpenModal {
		_, err = s.Submit(ctx, m, nil)
		must(err)
	}
	must(s.Wait(ctx, func() bool { return len(s.Threads(discordtest.Reviews)) > 0 }))
	card := s.Messages(discordtest.Reviews)[0]
	if !strings.Contains(card.Content, "broken foot") || len(s.Pings()) > 0 {
		t.Errorf("the first card says %q and pings %v", card.Content, s.Pings())
	}
	token := ""
	for _, c := range card.Usable() {
		if c.Label == "Take it" {
			token = c.CustomID
		}
	}
	a, err := s.Press(ctx, ana, card, token)
	must(err)
	if a.Type != discordtest.Reply && a.Type != discordtest.DeferredReply {
		t.Errorf("a press was answered with type %d", a.Type)
	}
	must(s.Wait(ctx, func() bool { return strings.Contains(messageText(s, card), "Ana") }))
	for _, p := range s.Problems() {
		t.Errorf("Discord would complain: %s", p)
	}
}

func messageText(s *discordtest.Server, m discordtest.Message) string {
	now, _ := s.Message(m.Channel, m.ID)
	text := now.Content
	for _, e := range now.Embeds {
		d, _ := e["description"].(string)
		text += "\n" + d
	}
	return text
}
