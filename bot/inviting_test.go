package bot_test

import (
	"context"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
)

// TestInvitationsInChat: a lead hears what holds for asking and gets a link to
// the page, which in another chat signs in once; nobody else does.
func TestInvitationsInChat(t *testing.T) {
	made := 0
	h := open(t, func(c *bot.Config) {
		c.SignIn = func(_ context.Context, who review.Person) (string, error) {
			made++
			return "http://127.0.0.1:8467/enter?invite=" + who.Name, nil
		}
	})
	h.refused(h.typed(ben, "invitations trustpilot"), "lead")
	out := h.typed(ana, "invitations trustpilot")
	h.ok(out)
	if out.Link != "http://127.0.0.1:8467/invitations" || made != 0 || !strings.Contains(out.Text, "legal.trustpilot.com") || !strings.Contains(out.Text, "same neutral words") {
		t.Errorf("in the console: %+v", out)
	}
	out = h.desk.Run(h.ctx, commands.Invocation{Command: "invitations", By: ana, Chat: "slack"})
	h.ok(out)
	if out.Link != "http://127.0.0.1:8467/enter?invite=Ana&to=%2Finvitations" || made != 1 || !strings.Contains(out.Text, "works once") {
		t.Errorf("in another chat: %+v", out)
	}
	h.refused(h.typed(ana, "invitations yelp"), "wants nobody to be asked")
	h.refused(h.typed(ana, "invitations nowhere"), "the platform is one of")
}
