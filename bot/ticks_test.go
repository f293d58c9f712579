package bot_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/playbook"
)

// approvals is the card's list of who said yes.
func approvals(card bot.Card) string {
	var out []string
	for _, b := range card.Blocks {
		if b.Heading == "Approvals" {
			for _, l := range b.Items {
				out = append(out, string(l.Mark)+" "+l.Text)
			}
		}
	}
	return strings.Join(out, "\n")
}

func TestTicksAndDisagreement(t *testing.T) {
	h := open(t, func(c *bot.Config) {
		book, err := playbook.Parse("two.yaml", []byte(strings.Replace(testPlaybook, "approvals: 1", "approvals: 2", 1)))
		if err != nil {
			t.Fatal(err)
		}
		c.Playbook = book
	})
	id := h.drafted()
	approve := fmt.Sprintf("approve %d ", id)
	h.refused(h.typed(ben, approve+"perfect"), "any of calm")
	h.ok(h.pressOn(ben, pick(t, h.chat.card(t, id, "draft-1")), "approve"))
	h.pass(0)
	c := h.get(id)
	if len(c.Approvals) != 1 || strings.Join(c.Approvals[0].Ticks, " ") != "points personal promises" || c.Status != review.Drafted {
		t.Fatalf("kept: %+v in %s", c.Approvals, c.Status)
	}
	h.ok(h.typed(ana, approve+"calm, points"))
	h.pass(0)
	got := approvals(h.chat.card(t, id, "draft-1"))
	if !strings.Contains(got, "They do not agree on: calm, personal, promises covered") || !strings.Contains(got, "looked at: calm, every point answered") {
		t.Errorf("the card says:\n%s", got)
	}
}

// pick is the card with the choice "All but: calm" made: the token that a chat
// sends back for it.
func pick(t *testing.T, card bot.Card) bot.Card {
	t.Helper()
	for _, s := range card.Selects {
		if s.Token.Command == "approve" {
			token := s.Token
			token.Arg = s.Options[1].Value
			return bot.Card{Buttons: []bot.Button{{Token: token}}}
		}
	}
	t.Fatal("the card offers no choice")
	return card
}
