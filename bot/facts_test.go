package bot_test

import (
	"slices"
	"testing"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/review"
)

// listed tells whether a card lists something under a heading.
func listed(card bot.Card, heading string) bool {
	return slices.ContainsFunc(card.Blocks, func(b bot.Block) bool { return b.Heading == heading && len(b.Items) > 0 })
}

// What must not be guessed stands on the parent until somebody wants to
// answer: a review that nobody answers costs the channel one message.
func TestQuestionsWaitOnTheParent(t *testing.T) {
	const heading = "Not to be guessed"
	h := open(t)
	id := h.late()
	if c := h.get(id); len(c.Questions) == 0 {
		t.Fatal("triage asks nothing of a late teapot")
	}
	if n := h.chat.count("facts"); n != 0 {
		t.Fatalf("a new review has %d cards for its facts, want its parent alone", n)
	}
	if !listed(h.chat.card(t, id, "parent"), heading) {
		t.Fatal("the parent does not say what must not be guessed")
	}
	h.ok(h.press(cleo, id, "parent", "verdict:reply"))
	h.pass(0)
	if !listed(h.chat.card(t, id, "facts"), heading) {
		t.Fatal("with the verdict “reply” the facts have no card")
	}
	if listed(h.chat.card(t, id, "parent"), heading) {
		t.Fatal("the questions stand twice")
	}
}

// A question that somebody asks is shown at once, also one that triage had
// come upon before.
func TestAskingOpensTheFactRound(t *testing.T) {
	h := open(t)
	id := h.late()
	questions := h.get(id).Questions
	for range 2 { // the second time nothing is left to do
		h.ok(h.press(cleo, id, "parent", "ask", "question", questions[0].Text))
	}
	h.pass(0)
	h.press(cleo, id, "facts", "fact") // it is there, with its button
	if c := h.get(id); c.Verdict != review.Undecided || c.Questions[0].By != cleo.ID || len(c.Questions) != len(questions) {
		t.Fatalf("verdict %q, questions %v", c.Verdict, c.Questions)
	}
}
