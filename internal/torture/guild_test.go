package torture

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/evenkeel/evenkeel/bot/discordbot/discordtest"
)

// fay is a lead who approves from Discord.
const fay = "300000000000000007"

// guildRules name who may decide: where roles are named at all, a quorum must be.
const guildRules = `
roles:
  lead: [discord:` + fay + `, console:ana]
  approver: [console:bo]
`

// guild is a Discord beside the console, with one approver in it.
type guild struct {
	*discordtest.Server
	presses atomic.Int64 // that were answered
}

// newGuild opens a Discord and gives the settings with which a program talks
// to it, through a wire where there is one.
func newGuild(t *testing.T, cfg discordtest.Config, through func(host string) string) (*guild, []string) {
	t.Helper()
	g := &guild{Server: discordtest.New(t, cfg)}
	const moderators = "300000000000000100"
	g.AddRole(discordtest.Role{ID: moderators, Name: "moderators", Permissions: discordtest.ManageMessages})
	g.Join(discordtest.Person{ID: fay, Name: "Fay", Roles: []string{moderators}})
	api := g.API
	if through != nil {
		const scheme = "http://"
		host := through(g.URL[len(scheme):])
		api = scheme + host + g.API[len(g.URL):]
	}
	return g, []string{
		"EVENKEEL_DISCORD_TOKEN=" + discordtest.BotToken, "EVENKEEL_DISCORD_CHANNEL=" + discordtest.Reviews,
		"EVENKEEL_DISCORD_API_URL=" + api + "/v10",
	}
}

// rooms are the channel and its threads.
func (g *guild) rooms() []string {
	out := []string{discordtest.Reviews}
	for _, t := range g.Threads(discordtest.Reviews) {
		out = append(out, t.ID)
	}
	return out
}

// cards counts the messages of the bot by the name that each carries.
func (g *guild) cards() map[string]int {
	out := map[string]int{}
	for _, room := range g.rooms() {
		for _, m := range g.Messages(room) {
			for _, e := range m.Embeds {
				foot, _ := e["footer"].(map[string]any)
				if name, _ := foot["text"].(string); name != "" && m.Author == discordtest.App {
					out[name]++
				}
			}
		}
	}
	return out
}

// approve is fay's day: she presses Approve wherever it stands. A press that
// nobody answers is pressed again on her next round.
func (g *guild) approve(ctx context.Context) {
	for ctx.Err() == nil {
		for _, room := range g.rooms() {
			for _, m := range g.Messages(room) {
				for _, c := range m.Usable() {
					if c.Label != "Approve" {
						continue
					}
					if _, err := g.Press(ctx, fay, m, c.CustomID); err == nil {
						g.presses.Add(1)
					}
				}
			}
		}
		if rest(ctx, lookEvery) != nil {
			return
		}
	}
}

// hears asks the bot something over its gateway until it answers.
func (g *guild) hears(ctx context.Context) error {
	for {
		a, err := g.Command(ctx, fay, discordtest.Reviews, "review line", map[string]any{"text": "whoami"})
		if err == nil {
			return nil
		}
		if rest(ctx, lookEvery) != nil {
			return errors.Join(ctx.Err(), fmt.Errorf("the last answer was %+v, %w", a, err))
		}
	}
}
