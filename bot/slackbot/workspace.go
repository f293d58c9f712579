package slackbot

import (
	"context"

	"github.com/slack-go/slack"

	"github.com/evenkeel/evenkeel/commands"
)

// workspace is where a delivery comes from; empty where Slack does not say. An
// app that was installed in a second workspace brings that one's presses and
// commands with the same signature, or over the same socket.
type workspace struct{ team, enterprise string }

// What people of another workspace read, and what everybody reads while the
// bot does not know its own.
const (
	elsewhereText = "I work in another workspace. Nothing was changed. Ask there, please."
	unknownText   = "I could not find out just now which workspace is mine, so nothing was changed. Please try again in a moment."
)

// notOurs says why a delivery is not taken; "" when it is. The workspaces of
// one organisation are one company.
func (b *Bot) notOurs(ctx context.Context, from workspace) string {
	if from.team == "" {
		return ""
	}
	me, err := b.whoami(ctx)
	switch {
	case err != nil:
		b.log.Warn("it is not known yet which workspace is ours", "err", err)
		return unknownText
	case me.TeamID == "" || me.TeamID == from.team || me.EnterpriseID != "" && me.EnterpriseID == from.enterprise:
		return ""
	}
	return elsewhereText
}

// sendAway answers an interaction that is not taken: in its form, or beside it.
func (b *Bot) sendAway(ctx context.Context, p interaction, why string, done ack) {
	if p.Type == "view_submission" {
		done(slack.NewUpdateViewSubmissionResponse(ptr(note("Please note", why))))
		return
	}
	done(nil)
	to := b.targetOf(p)
	to.inView = "" // a view of that workspace is not ours to open
	b.answer.send(ctx, to, commands.Outcome{Refused: true, Text: why})
}
