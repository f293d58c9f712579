package bot_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/storage"
)

// reader is a second reading that says what it is told.
type reader struct {
	findings []review.Finding
	err      error
	read     []string // the texts, in order
	back     string
}

func (r *reader) Judge(_ context.Context, q llm.JudgeRequest) ([]review.Finding, llm.Usage, error) {
	r.read = append(r.read, q.Text)
	return r.findings, llm.Usage{PromptTokens: 90, CompletionTokens: 10, Cost: 0.25}, r.err
}

func (r *reader) Translate(_ context.Context, text, from, to string) (string, llm.Usage, error) {
	if r.back == "" {
		return "", llm.Usage{}, errors.New("no translation today")
	}
	return fmt.Sprintf("%s (%s to %s)", r.back, from, to), llm.Usage{PromptTokens: 5}, nil
}

func withReader(r *reader) func(*bot.Config) {
	return func(c *bot.Config) { c.Judge, c.Translator = r, r }
}

var ungrounded = review.Finding{Check: llm.CheckGrounded, Level: review.Block, Words: "Monday", Waivable: true, Message: "Nothing supports this."}

func TestEveryDraftIsReadTwice(t *testing.T) {
	r := &reader{findings: []review.Finding{ungrounded}}
	h := open(t, withReader(r))
	id := h.drafted()
	d := h.get(id).Draft
	if len(r.read) != 1 || r.read[0] != plain || len(d.Judged()) != 1 || d.Tokens != 100 || d.Judging {
		t.Fatalf("read %q; the draft is %+v", r.read, d)
	}
	card := fmt.Sprint(h.chat.card(t, id, "draft-1").Blocks)
	if !strings.Contains(card, "Nothing supports this.") || !strings.Contains(card, "100 tokens, cost 0.2500") {
		t.Errorf("the card reads %s", card)
	}
	h.refused(h.typed(ben, fmt.Sprintf("approve %d", id)), "Nothing supports this")
	h.ok(h.press(ben, id, "draft-1", "waive:"+llm.CheckGrounded, "reason", "I saw the parcel leave."))
	h.pass(0)
	h.ok(h.press(ben, id, "draft-1", "approve"))
	h.pass(5 * time.Minute)
	h.in(id, review.Live)
}

func TestWithoutASecondReadingTheDraftStands(t *testing.T) {
	r := &reader{err: &llm.Error{Kind: llm.Timeout}}
	h := open(t, withReader(r))
	id := h.drafted()
	if d := h.get(id).Draft; len(d.Findings) != 0 || len(d.Notes) != 1 || !strings.Contains(d.Notes[0], "no second reading") {
		t.Errorf("the draft is %+v", d)
	}
	h.ok(h.press(ben, id, "draft-1", "approve"))
}

// byHand brings a case to a person's text, for which the second reading is due
// but not done.
func (h *house) byHand(text string) int64 {
	h.Helper()
	id := h.late()
	out := h.press(cleo, id, "parent", "edit", "text", text)
	h.ok(out)
	return id
}

func TestAPersonsTextIsReadAgain(t *testing.T) {
	r := &reader{findings: []review.Finding{ungrounded}, back: "Back"}
	h := open(t, withReader(r))
	id := h.byHand("Liebe Jo, vielen Dank für Ihre offenen Worte. Die Teekanne kam zwei Wochen zu spät, das tut mir leid. Bitte schreiben Sie an care@example.test, dann sehen wir gemeinsam nach. Ana")
	if d := h.get(id).Draft; !d.Judging {
		t.Fatalf("no second reading is due: %+v", d)
	}
	h.pass(0)
	c := h.get(id)
	if c.Draft.Judging || len(c.Draft.Judged()) != 1 || c.Draft.BackText != "Back (de to en)" || c.Tokens != 105 {
		t.Errorf("after the second reading: %+v, %d tokens", c.Draft, c.Tokens)
	}
	if card := h.chat.card(t, id, "draft-1"); !strings.Contains(fmt.Sprint(card.Blocks), "Back (de to en)") {
		t.Errorf("the card shows no back-translation: %v", card.Blocks)
	}
}

// TestApprovedBeforeTheSecondReading: a yes may be faster than a model. The
// text waits in the outbox, and comes back when the reading finds something.
func TestApprovedBeforeTheSecondReading(t *testing.T) {
	r := &reader{findings: []review.Finding{ungrounded}}
	h := open(t, withReader(r))
	id := h.byHand(plain)
	h.ok(h.typed(ben, fmt.Sprintf("approve %d", id)))
	h.in(id, review.Approved)
	h.pass(10 * time.Minute)
	h.in(id, review.Drafted)
	if got := h.onPlatform(id); got != "" {
		t.Errorf("%q went out", got)
	}
}

// TestAModelThatIsAwayKeepsNothingBack: its silence is bounded.
func TestAModelThatIsAwayKeepsNothingBack(t *testing.T) {
	r := &reader{err: &llm.Error{Kind: llm.Unreachable}}
	h := open(t, withReader(r))
	id := h.byHand(plain)
	h.ok(h.typed(ben, fmt.Sprintf("approve %d", id)))
	h.pass(10 * time.Minute)
	h.in(id, review.Live)
	if c := h.get(id); len(r.read) != 3 || len(c.Draft.Notes) != 1 || c.Draft.Judging {
		t.Errorf("tried %d times; the draft is %+v", len(r.read), c.Draft)
	}
}

// TestKillsAreNoFailures: claims that a kill cut short are no tries of the
// work, so neither the back-off grows by them nor is the reading given up.
func TestKillsAreNoFailures(t *testing.T) {
	r := &reader{err: &llm.Error{Kind: llm.Unreachable}}
	h := open(t, withReader(r))
	id := h.byHand(plain)
	for range 12 {
		jobs, err := h.store.Claim(t.Context(), storage.Claim{
			Worker: "dead", Kinds: []review.WorkKind{review.WorkJudge}, Now: h.clock.Now(), Lease: time.Second, Limit: 1,
		})
		if err != nil || len(jobs) != 1 {
			t.Fatalf("claimed %v, %v", jobs, err)
		}
		h.clock.now = h.clock.now.Add(time.Second)
	}
	h.pass(0)
	due, _, err := h.store.NextDue(t.Context(), []review.WorkKind{review.WorkJudge})
	if wait := due.Sub(h.clock.Now()); err != nil || wait > time.Second {
		t.Errorf("the first failure is followed by a rest of %s, %v", wait, err)
	}
	if d := h.get(id).Draft; len(r.read) != 1 || !d.Judging {
		t.Errorf("after %d tries the reading is over: %+v", len(r.read), d)
	}
}

// TestPublishKeepsTheSecondReading: a rule that changed after the reading does
// not make its finding go away.
func TestPublishKeepsTheSecondReading(t *testing.T) {
	r := &reader{findings: []review.Finding{{Check: llm.CheckNextStep, Level: review.Warn, Message: "Name a step."}}}
	h := open(t, withReader(r))
	id := h.drafted()
	h.ok(h.press(ben, id, "draft-1", "approve"))
	h.pass(5 * time.Minute)
	h.in(id, review.Live)
	if d := h.get(id).Draft; len(d.Judged()) != 1 || !strings.HasSuffix(d.Checks, "+judge") {
		t.Errorf("after publishing the draft is %+v", d)
	}
}

func TestVariants(t *testing.T) {
	book, err := playbook.Parse("test.yaml", []byte(strings.Replace(testPlaybook, "rules:\n", "drafting: {humour: true}\nrules:\n  - when: {light: true}\n    approvals: 2\n    cool_off: 1m\n", 1)))
	if err != nil {
		t.Fatal(err)
	}
	h := open(t, func(c *bot.Config) { c.Playbook = book })
	id := h.drafted()
	h.ok(h.press(cleo, id, "draft-1", "draft:light"))
	h.pass(0)
	if d := h.get(id).Draft; d.Variant != playbook.Light || h.drafter.asked.Variant != "light" || h.drafter.asked.Instruction != "" {
		t.Fatalf("the draft is %+v, asked for with %+v", d, h.drafter.asked)
	}
	h.ok(h.press(ben, id, "draft-2", "approve"))
	h.in(id, review.Drafted) // a light text needs two
	h.ok(h.press(cleo, id, "draft-2", "draft:shorter"))
	h.pass(0)
	if d := h.get(id).Draft; d.Variant != playbook.Light || h.drafter.asked.Variant != "shorter" {
		t.Errorf("a shorter light text is %q, asked for as %q", d.Variant, h.drafter.asked.Variant)
	}
	h.ok(h.press(cleo, id, "draft-3", "draft:plainer"))
	h.pass(0)
	if d := h.get(id).Draft; d.Variant != "plainer" || h.drafter.asked.Previous != "" {
		t.Errorf("a plainer text is %q, written from %q", d.Variant, h.drafter.asked.Previous)
	}
	h.ok(h.press(ben, id, "draft-4", "approve"))
	h.in(id, review.Approved)
}

func TestNoLightTextWithoutHumour(t *testing.T) {
	h := open(t)
	id := h.drafted()
	for _, b := range h.chat.card(t, id, "draft-1").Buttons {
		if b.Token.Arg == playbook.Light {
			t.Error("the light variant is offered")
		}
	}
	h.ok(h.typed(cleo, fmt.Sprintf("draft %d light", id)))
	h.pass(0)
	if d := h.get(id).Draft; d.Variant != "" || len(d.Notes) != 1 {
		t.Errorf("the draft is %+v", d)
	}
}
