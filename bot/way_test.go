package bot_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources/simulator"
	"github.com/evenkeel/evenkeel/storage"
)

func TestTheWayOfOneReview(t *testing.T) {
	h := open(t)
	id := h.late()
	h.in(id, review.Open)
	parent := h.chat.card(t, id, "parent")
	if !strings.Contains(fmt.Sprint(parent.Blocks), "two weeks late") {
		t.Errorf("the card does not show the review: %+v", parent)
	}
	h.ok(h.press(cleo, id, "parent", "take"))
	h.ok(h.press(cleo, id, "parent", "fact", "text", "The parcel left on Monday."))
	h.ok(h.press(cleo, id, "parent", "verdict:reply"))
	h.pass(0)
	h.in(id, review.Drafted)
	h.ok(h.press(ben, id, "draft-1", "approve"))
	h.in(id, review.Approved)
	h.pass(30 * time.Second)
	if got := h.onPlatform(id); got != "" {
		t.Fatalf("%q went out before its time", got)
	}
	h.ok(h.press(cleo, id, "draft-1", "undo"))
	h.in(id, review.Drafted)
	h.pass(10 * time.Minute)
	if got := h.onPlatform(id); got != "" {
		t.Fatalf("%q went out although it was taken back", got)
	}
	h.ok(h.press(ben, id, "draft-1", "approve"))
	h.pass(2 * time.Minute)
	h.in(id, review.Live)
	if got := h.onPlatform(id); got != plain {
		t.Errorf("on the platform stands %q", got)
	}
	if n := h.platform.Count(simulator.OpReply); n != 1 {
		t.Errorf("%d calls to reply", n)
	}
	if card := h.chat.card(t, id, "draft-1"); card.Title != "Live" || card.Tone != bot.Good {
		t.Errorf("the card says %q", card.Title)
	}
	h.pass(3 * time.Hour)
	h.in(id, review.Closed)
	if n := h.chat.count("parent"); n != 1 {
		t.Errorf("%d threads", n)
	}
}

// TestFiftyApprovals: fifty people press at once; one quorum, one call.
func TestFiftyApprovals(t *testing.T) {
	h := open(t)
	id := h.drafted()
	card := h.chat.card(t, id, "draft-1")
	var token commands.Token
	for _, b := range card.Buttons {
		if b.Token.Command == "approve" {
			token = b.Token
		}
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	said := map[bool]int{}
	for n := range 50 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			p := review.Person{ID: review.PersonID(fmt.Sprintf("console:p%d", n)), Name: "P", Role: review.Approver}
			out := h.desk.Run(h.ctx, commands.Invocation{Command: "approve", Token: token, By: p, Chat: "console", ID: fmt.Sprint("a", n)})
			mu.Lock()
			defer mu.Unlock()
			said[out.Refused]++
		}()
	}
	wg.Wait()
	if said[false] != 1 {
		t.Errorf("%d of 50 were told yes", said[false])
	}
	approvals, err := h.store.Approvals(h.ctx, id)
	if err != nil || len(approvals) != 1 {
		t.Errorf("%d approvals are kept, %v", len(approvals), err)
	}
	h.pass(5 * time.Minute)
	h.in(id, review.Live)
	if n := h.platform.Count(simulator.OpReply); n != 1 {
		t.Errorf("%d calls to reply", n)
	}
}

func TestOldCardChangesNothing(t *testing.T) {
	h := open(t)
	id := h.drafted()
	old := h.chat.card(t, id, "draft-1")
	h.ok(h.press(cleo, id, "draft-1", "draft:shorter"))
	h.pass(0)
	before := h.get(id)
	out := h.pressOn(ben, old, "approve")
	h.refused(out, "moved on")
	if out.Show != id {
		t.Error("the current card is not shown")
	}
	if after := h.get(id); after.Version != before.Version {
		t.Error("a press on an old card changed the case")
	}
	if card := h.chat.card(t, id, "draft-1"); len(card.Buttons) != 0 {
		t.Errorf("the old card still has buttons: %+v", card.Buttons)
	}
}

func TestTheSamePressCountsOnce(t *testing.T) {
	h := open(t)
	id := h.late()
	i := commands.Invocation{Command: "fact", Case: id, By: cleo, Chat: "console", ID: "same", Args: map[string]string{"text": "It left on Monday."}}
	h.ok(h.desk.Run(h.ctx, i))
	h.ok(h.desk.Run(h.ctx, i))
	if n := len(h.get(id).Facts); n != 1 {
		t.Errorf("one press made %d facts", n)
	}
}

func TestWithoutTheRole(t *testing.T) {
	h := open(t)
	id := h.drafted()
	before := h.get(id)
	for _, line := range []string{"approve 1", "verdict 1 report", "fact 1 It left.", "draft 1", "hold 1 x", "pause", "discard 1"} {
		p := vic
		if line == "approve 1" || line == "pause" {
			p = cleo
		}
		out := h.typed(p, strings.Replace(line, " 1", fmt.Sprintf(" %d", id), 1))
		h.refused(out, "role")
	}
	after := h.get(id)
	if after.Version != before.Version {
		t.Error("somebody without the role changed the case")
	}
	lines, err := h.desk.Audit(h.ctx, id, 100)
	if err != nil || !strings.Contains(strings.Join(lines, "\n"), "refused") {
		t.Errorf("the refusals are not in the audit log: %v, %v", lines, err)
	}
}

func TestEditByTheCustomerVoidsTheApproval(t *testing.T) {
	h := open(t)
	id := h.drafted()
	h.ok(h.press(ben, id, "draft-1", "approve"))
	four := 4
	body := "They called me and all is well."
	if _, err := h.platform.Edit(h.get(id).Review.Key.ID, &four, nil, &body); err != nil {
		t.Fatal(err)
	}
	h.pass(10 * time.Minute)
	c := h.get(id)
	if c.Status != review.Open || c.Review.Revision != 2 {
		t.Fatalf("%s, revision %d", c.Status, c.Review.Revision)
	}
	if got := h.onPlatform(id); got != "" {
		t.Errorf("%q went out for words that are not there any more", got)
	}
	if n := h.platform.Count(simulator.OpReply); n != 0 {
		t.Errorf("%d calls to reply", n)
	}
	card := h.chat.card(t, id, "revision-2")
	if !strings.Contains(fmt.Sprint(card.Blocks), "all is well") {
		t.Errorf("the card does not show the edit: %+v", card.Blocks)
	}
	if n := h.chat.count("parent"); n != 1 {
		t.Errorf("%d threads", n)
	}
}

func TestLostAnswerOfThePlatform(t *testing.T) {
	h := open(t)
	id := h.drafted()
	h.platform.SetFaults(simulator.Fault{Kind: simulator.Lose, Ops: []string{simulator.OpReply}, Times: 1})
	h.ok(h.press(ben, id, "draft-1", "approve"))
	h.pass(10 * time.Minute)
	h.in(id, review.Live)
	if n := h.platform.Count(simulator.OpReply); n != 1 {
		t.Errorf("%d calls to reply; the lost one was repeated without looking", n)
	}
}

func TestCallThatNeverArrived(t *testing.T) {
	h := open(t)
	id := h.drafted()
	h.platform.SetFaults(simulator.Fault{Kind: simulator.Cut, Ops: []string{simulator.OpReply}, Times: 1})
	h.ok(h.press(ben, id, "draft-1", "approve"))
	h.pass(10 * time.Minute)
	h.in(id, review.Live)
	if got := h.onPlatform(id); got != plain {
		t.Errorf("on the platform stands %q", got)
	}
}

func TestUnreconciled(t *testing.T) {
	h := open(t)
	id := h.drafted()
	h.platform.SetFaults(
		simulator.Fault{Kind: simulator.Lose, Ops: []string{simulator.OpReply}, Times: 1},
	)
	h.ok(h.press(ben, id, "draft-1", "approve"))
	// The look before publishing still works; everything after the call fails.
	h.clock.now = h.clock.now.Add(61 * time.Second)
	h.platform.AddFaults(simulator.Fault{Kind: simulator.Fail, Ops: []string{simulator.OpRead, simulator.OpList}, Every: 1, Until: h.clock.now.Add(time.Hour), Review: "none"})
	h.pass(0)
	h.in(id, review.Publishing)
	h.platform.SetFaults(simulator.Fault{Kind: simulator.Fail, Ops: []string{simulator.OpRead}})
	h.pass(time.Hour)
	h.in(id, review.Unreconciled)
	card := h.chat.card(t, id, "draft-1")
	if card.Tone != bot.Trouble {
		t.Errorf("the card does not call for a person: %+v", card)
	}
	if n := h.platform.Count(simulator.OpReply); n != 1 {
		t.Fatalf("%d calls to reply while nobody knows", n)
	}
	h.ok(h.press(cleo, id, "draft-1", "up"))
	h.platform.SetFaults()
	h.pass(time.Hour)
	h.in(id, review.Live)
	if n := h.platform.Count(simulator.OpReply); n != 1 {
		t.Errorf("%d calls to reply", n)
	}
}

func TestUnreconciledIsFoundByLooking(t *testing.T) {
	h := open(t)
	id := h.drafted()
	h.platform.SetFaults(simulator.Fault{Kind: simulator.Lose, Ops: []string{simulator.OpReply}, Times: 1})
	h.ok(h.press(ben, id, "draft-1", "approve"))
	h.clock.now = h.clock.now.Add(61 * time.Second)
	h.pass(0)
	h.platform.SetFaults(simulator.Fault{Kind: simulator.Fail, Ops: []string{simulator.OpRead}})
	h.pass(time.Hour)
	h.in(id, review.Unreconciled)
	h.platform.SetFaults()
	h.pass(2 * time.Hour)
	h.in(id, review.Live)
}

func TestModerationRefuses(t *testing.T) {
	h := open(t)
	h.platform.SetRules(simulator.Rules{Moderation: time.Minute})
	id := h.drafted()
	h.platform.SetFaults(simulator.Fault{Kind: simulator.Refuse, Ops: []string{simulator.OpReply}, Policy: "no contact data", Times: 1})
	h.ok(h.press(ben, id, "draft-1", "approve"))
	h.pass(time.Hour)
	h.in(id, review.Rejected)
	if card := h.chat.card(t, id, "draft-1"); !strings.Contains(fmt.Sprint(card.Blocks), "no contact data") {
		t.Errorf("the card does not name the policy: %+v", card.Blocks)
	}
	h.ok(h.press(cleo, id, "draft-1", "rework"))
	h.in(id, review.Drafted)
	h.pass(0)
	h.ok(h.press(cleo, id, "draft-1", "edit", "text", plain+" With kind regards"))
	h.pass(0)
	h.ok(h.press(ben, id, "draft-2", "approve"))
	h.pass(time.Hour)
	h.in(id, review.Live)
}

func TestSomebodyAnsweredOnTheSite(t *testing.T) {
	h := open(t)
	id := h.drafted()
	h.ok(h.press(ben, id, "draft-1", "approve"))
	if err := h.platform.AnswerOnSite(h.get(id).Review.Key.ID, "Hello from the shop floor."); err != nil {
		t.Fatal(err)
	}
	h.pass(10 * time.Minute)
	h.in(id, review.Drafted)
	if n := h.platform.Count(simulator.OpReply); n != 0 {
		t.Errorf("a colleague's reply was overwritten, %d calls", n)
	}
}

func TestWhileThingsAreDown(t *testing.T) {
	t.Run("chat", func(t *testing.T) {
		h := open(t)
		h.chat.down = &bot.ChatError{Kind: bot.ErrUnreachable, Chat: "console"}
		id := h.late()
		h.in(id, review.New)
		h.chat.mu.Lock()
		h.chat.down = nil
		h.chat.mu.Unlock()
		h.pass(20 * time.Minute)
		h.in(id, review.Open)
		h.chat.card(t, id, "parent")
	})
	t.Run("the chat's answers are lost", func(t *testing.T) {
		h := open(t)
		h.chat.lose = 1
		id := h.late()
		h.pass(20 * time.Minute)
		h.in(id, review.Open)
		h.chat.card(t, id, "parent") // exactly one
	})
	t.Run("model", func(t *testing.T) {
		h := open(t)
		h.drafter.err = errors.New("the model is out of reach; please write this one by hand")
		id := h.late()
		h.ok(h.press(cleo, id, "parent", "verdict:reply"))
		h.pass(time.Minute)
		card := h.chat.card(t, id, "checklist-1")
		if !strings.Contains(fmt.Sprint(card.Blocks), "out of reach") {
			t.Errorf("the card does not say why: %+v", card.Blocks)
		}
		h.drafter.err = nil
		h.ok(h.press(cleo, id, "checklist-1", "draft"))
		h.pass(time.Minute)
		h.in(id, review.Drafted)
	})
	t.Run("platform", func(t *testing.T) {
		h := open(t)
		id := h.drafted()
		h.platform.SetFaults(simulator.Fault{Kind: simulator.Fail})
		h.ok(h.press(ben, id, "draft-1", "approve"))
		h.pass(time.Hour)
		h.in(id, review.Approved)
		items, err := h.desk.Sources(h.ctx)
		if err != nil || len(items) != 1 || !strings.Contains(items[0].Note, "out of reach") {
			t.Errorf("the source's trouble is not told: %v, %v", items, err)
		}
		h.platform.SetFaults()
		h.pass(time.Hour)
		h.in(id, review.Live)
		if n := h.platform.Count(simulator.OpReply); n != 1 {
			t.Errorf("%d calls to reply", n)
		}
	})
	t.Run("paused", func(t *testing.T) {
		h := open(t)
		id := h.drafted()
		h.ok(h.typed(ana, "pause"))
		h.ok(h.press(ben, id, "draft-1", "approve"))
		h.pass(5 * time.Minute)
		h.in(id, review.Approved)
		if card := h.chat.card(t, id, "draft-1"); !strings.Contains(card.Title, "paused") {
			t.Errorf("the card says %q", card.Title)
		}
		h.refused(h.typed(ana, "resume"), "resume yes")
		h.ok(h.typed(ana, "resume yes"))
		h.pass(10 * time.Minute)
		h.in(id, review.Live)
	})
}

func TestPostedByHand(t *testing.T) {
	h := open(t)
	c, fresh, err := h.desk.AddReview(h.ctx, commands.Invocation{By: cleo, Chat: "console"}, review.Review{
		Key: review.Key{Source: "manual", Account: "other"}, Rating: review.StarRating(2),
		Title: "The teapot", Body: "The teapot came two weeks late.", Author: "Jo", Language: "en", URL: "https://reviews.example.test/9",
	})
	if err != nil || !fresh {
		t.Fatal(fresh, err)
	}
	h.pass(0)
	h.ok(h.press(cleo, c.ID, "parent", "verdict:reply"))
	h.pass(0)
	h.ok(h.press(ben, c.ID, "draft-1", "approve"))
	h.pass(2 * time.Minute)
	h.in(c.ID, review.HandedOver)
	h.ok(h.press(cleo, c.ID, "draft-1", "posted", "proof", "https://reviews.example.test/9#reply"))
	h.in(c.ID, review.Published)
	h.pass(3 * time.Hour)
	h.in(c.ID, review.Closed)
	_, again, err := h.desk.AddReview(h.ctx, commands.Invocation{By: cleo, Chat: "console"}, review.Review{
		Key: review.Key{Source: "manual", Account: "other"}, Rating: review.StarRating(2),
		Title: "The teapot", Body: "The teapot came two weeks late.", Author: "Jo", Language: "en", URL: "https://reviews.example.test/9",
	})
	if err != nil || again {
		t.Errorf("pasting it twice makes two cases: %v, %v", again, err)
	}
}

func TestHeardInTheThread(t *testing.T) {
	h := open(t)
	id := h.drafted()
	if _, heard := h.desk.Heard(h.ctx, bot.Heard{Case: id, By: cleo, Text: "I think the courier is to blame", Chat: "console", ID: "1"}); heard {
		t.Error("chatter was taken for something")
	}
	out, heard := h.desk.Heard(h.ctx, bot.Heard{Case: id, By: cleo, Text: "Fact: the courier had an accident", Chat: "console", ID: "2"})
	if !heard || out.Refused || len(h.get(id).Facts) != 1 {
		t.Errorf("a fact was not heard: %v", out)
	}
	out, heard = h.desk.Heard(h.ctx, bot.Heard{Case: id, By: cleo, Text: "shorter, and mention the courier", Mentioned: true, Chat: "console", ID: "3"})
	if !heard || out.Refused {
		t.Fatalf("a wish was not heard: %v", out)
	}
	h.pass(0)
	if d := h.get(id).Draft; d == nil || !strings.Contains(d.Text, "mention the courier") {
		t.Errorf("the wish did not reach the drafter: %+v", d)
	}
}

func TestBurstIsOneSummary(t *testing.T) {
	h := open(t)
	for n := range 30 {
		if _, err := h.platform.Add(simulator.Review{Rating: 1 + n%3, Title: fmt.Sprint("No network ", n), Body: "No network since this morning.", Author: "Jo", Language: "en"}); err != nil {
			t.Fatal(err)
		}
	}
	h.pass(15 * time.Minute)
	h.chat.mu.Lock()
	defer h.chat.mu.Unlock()
	loud, quiet, summaries := 0, 0, 0
	for _, p := range h.chat.posts {
		switch {
		case p.at.Case == 0:
			summaries++
			if !strings.Contains(p.card.Title, "30 reviews") {
				t.Errorf("the summary says %q", p.card.Title)
			}
		case p.at.Key == "parent" && p.at.Quiet:
			quiet++
		case p.at.Key == "parent":
			loud++
		}
	}
	if loud >= 10 || loud+quiet != 30 || summaries != 1 {
		t.Errorf("%d loud threads, %d quiet ones, %d summaries", loud, quiet, summaries)
	}
}

// TestOldDeliveryAgain: a delivery that is played again after the customer's
// edit does not bring the old words back, and one id is one body.
func TestOldDeliveryAgain(t *testing.T) {
	h := open(t)
	deliver := func(id, body string) (bot.Took, error) {
		r := review.Review{Key: review.Key{Source: "hook", ID: "r1"}, Rating: review.StarRating(2), Body: body, Author: "Jo"}
		return h.desk.Take(h.ctx, bot.Intake{By: "webhook", Reviews: []review.Review{r}, Delivery: &storage.Receipt{Scope: "webhook:hook", ID: id, Body: review.DigestOf(body), At: h.clock.Now()}})
	}
	for n, step := range []struct {
		id, body string
		want     bot.Took
	}{
		{"d1", "It came late.", bot.Took{Added: 1}},
		{"d2", "It came late. All is well now.", bot.Took{Revised: 1}},
		{"d1", "It came late.", bot.Took{Duplicates: 1}},
		{"d3", "It came late. All is well now.", bot.Took{Duplicates: 1}},
		{"d3", "It came late. All is well now.", bot.Took{Duplicates: 1}},
	} {
		took, err := deliver(step.id, step.body)
		if err != nil || took.Added != step.want.Added || took.Revised != step.want.Revised || took.Duplicates != step.want.Duplicates {
			t.Errorf("step %d: %+v, %v", n, took, err)
		}
	}
	if _, err := deliver("d1", "something else"); !errors.Is(err, storage.ErrReused) {
		t.Errorf("another body under a known id: %v", err)
	}
	c, err := h.store.CaseOf(h.ctx, review.Key{Source: "hook", ID: "r1"})
	if err != nil || c.Review.Revision != 2 {
		t.Errorf("the case stands at revision %d, %v", c.Review.Revision, err)
	}
}
