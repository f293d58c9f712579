package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/sources/simulator"
)

// rules gives a house other rules than the common ones.
func rules(t *testing.T, yaml string) func(*bot.Config) {
	t.Helper()
	book, err := playbook.Parse("test.yaml", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	return func(c *bot.Config) { c.Playbook = book }
}

// seldom is a playbook by which the source is polled every three hours, for
// tests in which days pass: of ten thousand polls that bring nothing a test
// learns no more than of a hundred.
func seldom(yaml string) string { return strings.Replace(yaml, "poll: 10m", "poll: 3h", 1) }

// slowly opens a house that polls seldom.
func slowly(t *testing.T, yaml string) *house {
	t.Helper()
	h := open(t, rules(t, seldom(yaml)))
	h.patience = 3*time.Hour + time.Minute
	return h
}

// choose takes an option of the card's menu "more", fills in the form that
// opens, and sends it.
func (h *house) choose(p review.Person, id int64, option string, args ...string) commands.Outcome {
	h.Helper()
	for _, s := range h.chat.card(h.T, id, "parent").Selects {
		if s.Token.Command != "more" {
			continue
		}
		s.Token.Arg = option
		f, out := h.desk.Form(h.ctx, commands.Invocation{Command: "more", Token: s.Token, By: p, Chat: "console"})
		if f == nil {
			h.Fatalf("no form for %s: %s", option, out.Text)
		}
		return h.send(p, f, args...)
	}
	h.Fatal("the card has no menu")
	return commands.Outcome{}
}

// send fills in a form and sends it, within what a form may hold.
func (h *house) send(p review.Person, f *commands.Form, args ...string) commands.Outcome {
	h.Helper()
	if len(f.Fields) > 5 || len(f.Title) > 24 || len(f.Submit) > 24 {
		h.Errorf("the form %q does not fit every chat", f.Title)
	}
	h.presses++
	i := commands.Invocation{Command: f.Token.Command, Token: f.Token, By: p, Chat: "console", ID: fmt.Sprintf("press-%d", h.presses), Args: map[string]string{}}
	for _, field := range f.Fields {
		i.Args[field.Name] = field.Value
	}
	for n := 0; n+1 < len(args); n += 2 {
		if _, asked := i.Args[args[n]]; !asked {
			h.Errorf("the form %q does not ask for %q", f.Title, args[n])
		}
		i.Args[args[n]] = args[n+1]
	}
	return h.desk.Run(h.ctx, i)
}

// fill presses a button that opens a form, fills it in and sends it.
func (h *house) fill(p review.Person, card bot.Card, command string, args ...string) commands.Outcome {
	h.Helper()
	for _, b := range card.Buttons {
		if b.Token.Command == command {
			if !b.Form {
				h.Errorf("the button %q does not say that it opens a form", b.Label)
			}
			f, out := h.desk.Form(h.ctx, commands.Invocation{Command: command, Token: b.Token, By: p, Chat: "console"})
			if f == nil {
				h.Fatalf("no form for %s: %s", command, out.Text)
			}
			return h.send(p, f, args...)
		}
	}
	h.Fatalf("no button %q on the card %q", command, card.Title)
	return commands.Outcome{}
}

func (h *house) card(id int64, key string) bot.Card { h.Helper(); return h.chat.card(h.T, id, key) }

// TestThePromiseOfAReply: found on the draft, it can be owned there; it enters
// the ledger as the reply leaves, blocks closing, is kept with proof, asked
// after a week later, and a closing note is offered when it worked.
func TestThePromiseOfAReply(t *testing.T) {
	h := slowly(t, testPlaybook)
	h.drafter.text = "Dear Jo, thank you for telling us about the teapot. It came two weeks late, and I am sorry about that. I will call you. Please write to care@example.test. Ana"
	id := h.drafted()
	draft := h.card(id, "draft-1")
	if !strings.Contains(fmt.Sprint(draft.Blocks), "Nobody owns this yet") {
		t.Fatalf("the draft does not show its promise: %v", draft.Blocks)
	}
	h.ok(h.fill(cleo, draft, "promise", "due", "2026-03-05", "authority", "the returns policy"))
	h.pass(0)
	if p := h.get(id).Promises; len(p) != 1 || p[0].Text != "I will call you." || p[0].Owner != cleo.ID {
		t.Fatalf("the ledger: %+v", p)
	}
	if strings.Contains(fmt.Sprint(h.card(id, "draft-1").Blocks), "Nobody owns") {
		t.Error("an owned promise is still said to be nobody's")
	}
	h.ok(h.press(ben, id, "draft-1", "approve"))
	h.pass(3 * time.Minute)
	h.in(id, review.Live)
	if n := len(h.get(id).Promises); n != 1 {
		t.Fatalf("the promise was found again: %d", n)
	}
	h.refused(h.typed(cleo, fmt.Sprintf("close %d", id)), "open promise")
	h.pass(5 * time.Hour)
	h.in(id, review.Live) // it does not settle
	out := h.typed(vic, "promises")
	if len(out.Items) != 1 || !strings.Contains(out.Text, "1 promised") {
		t.Errorf("promises: %+v", out)
	}
	h.pass(100 * time.Hour) // past the day before, the day, and the lead's day
	of := fmt.Sprintf("promise-1-%d", time.Date(2026, 3, 5, 17, 0, 0, 0, time.UTC).Unix())
	for _, key := range []string{"remind-" + of, "escalate-" + of, "escalate-" + of + "-lead"} {
		if n := h.chat.count(key); n != 1 {
			t.Errorf("%d cards %s", n, key)
		}
	}
	if out := h.typed(vic, "overdue"); len(out.Items) != 1 || !strings.Contains(out.Items[0].Title, "I will call you") {
		t.Errorf("overdue: %+v", out)
	}
	h.refused(h.typed(cleo, fmt.Sprintf("kept %d 1", id)), "proof")
	h.ok(h.fill(cleo, h.card(id, "ledger"), "kept", "proof", "we spoke on Friday"))
	h.pass(25 * time.Hour)
	h.in(id, review.Closed)
	h.pass(7 * 24 * time.Hour)
	h.ok(h.press(cleo, id, "followup-1", "worked:1:yes"))
	h.pass(0)
	h.ok(h.press(cleo, id, "followup-1", "update"))
	h.in(id, review.Open)
	h.ok(h.typed(cleo, fmt.Sprintf("edit %d Dear Jo, we spoke about the teapot that came two weeks late, and all is mended. Write to care@example.test whenever you like. Ana", id)))
	h.ok(h.typed(ben, fmt.Sprintf("approve %d", id)))
	h.pass(3 * time.Minute)
	if got := h.onPlatform(id); !strings.Contains(got, "all is mended") {
		t.Errorf("the closing note is not up: %q", got)
	}
	if report := h.typed(vic, "promises").Text; !strings.Contains(report, "1 promised, 1 kept (0 of them in time)") {
		t.Errorf("the report says %q", report)
	}
}

// TestAPromiseThatNobodyTook enters the ledger without an owner; after a day
// the thread is asked who sees to it.
func TestAPromiseThatNobodyTook(t *testing.T) {
	h := slowly(t, testPlaybook)
	h.drafter.text = "Dear Jo, thank you for telling us about the teapot. It came two weeks late, and I am sorry about that. I will call you. Please write to care@example.test. Ana"
	id := h.drafted()
	h.ok(h.press(ben, id, "draft-1", "approve"))
	h.pass(3 * time.Minute)
	h.in(id, review.Live)
	h.pass(26 * time.Hour)
	p := h.get(id).Promises
	if len(p) != 1 || p[0].Owned() {
		t.Fatalf("the ledger: %+v", p)
	}
	key := fmt.Sprintf("escalate-owner-1-%d", p[0].Since.Add(24*time.Hour).Unix())
	h.ok(h.fill(cleo, h.card(id, key), "undertake", "due", "2026-03-09"))
	h.pass(0)
	if p := h.get(id).Promises[0]; p.Owner != cleo.ID || p.Due.Format(time.DateOnly) != "2026-03-09" {
		t.Errorf("the promise: %+v", p)
	}
	if card := h.card(id, key); card.Tone != bot.Good || len(card.Buttons) != 0 {
		t.Errorf("the settled reminder still offers %v", card.Buttons)
	}
	h.ok(h.typed(cleo, fmt.Sprintf("kept %d 1 we spoke", id)))
	h.pass(8 * 24 * time.Hour)
	h.ok(h.typed(cleo, fmt.Sprintf("worked %d 1 no", id)))
	h.in(id, review.Open)
}

// TestBenefitsAndReachingOut: through the card's menu, with limits, and the
// wall in the checks.
func TestBenefitsAndReachingOut(t *testing.T) {
	h := slowly(t, testPlaybook+"benefits: {currency: EUR, approver: 20, lead: 100}\n")
	id := h.drafted()
	h.ok(h.choose(cleo, id, "benefit", "kind", "voucher", "value", "15", "reason", "two weeks late"))
	h.ok(h.choose(cleo, id, "reach", "channel", "phone", "due", "2026-03-04", "message", "Ask how the tea is"))
	h.ok(h.choose(cleo, id, "cause", "cause", "Late  Delivery", "topics", "delivery, courier"))
	h.pass(0)
	if c := h.get(id); c.Cause != "late delivery" || len(c.Topics) != 2 {
		t.Errorf("cause and topics: %q, %v", c.Cause, c.Topics)
	}
	h.refused(h.press(cleo, id, "ledger", "grant"), "role")
	h.ok(h.press(ben, id, "ledger", "grant"))
	h.pass(0)
	if !strings.Contains(fmt.Sprint(h.card(id, "ledger").Blocks), "15.00 EUR: two weeks late (granted by Ben)") {
		t.Errorf("the ledger says %v", h.card(id, "ledger").Blocks)
	}
	h.ok(h.typed(cleo, fmt.Sprintf("benefit %d voucher 300 more", id)))
	h.pass(0)
	h.ok(h.fill(ana, h.card(id, "ledger"), "decline", "reason", "too much"))
	h.refused(h.typed(cleo, fmt.Sprintf("benefit %d voucher lots more", id)), "amount")
	h.ok(h.typed(cleo, fmt.Sprintf("edit %d Dear Jo, the teapot came two weeks late and I am sorry. You have a voucher from us. Please write to care@example.test. Ana", id)))
	h.refused(h.typed(ana, fmt.Sprintf("approve %d", id)), "benefit is recorded")
	h.pass(3 * 24 * time.Hour)
	if out := h.typed(vic, "overdue"); !strings.Contains(fmt.Sprint(out.Items), "reach out 1: phone") {
		t.Errorf("overdue: %+v", out.Items)
	}
	h.ok(h.fill(cleo, h.card(id, "ledger"), "reached", "outcome", "She is glad."))
	h.pass(0)
	if out := h.typed(vic, "overdue"); strings.Contains(fmt.Sprint(out.Items), "reach out") {
		t.Errorf("still overdue: %+v", out.Items)
	}
}

// TestTheEditLoop: a customer's later edit is counted by itself, shown with
// three buttons, and the reply can be left as it is.
func TestTheEditLoop(t *testing.T) {
	h := open(t)
	id := h.drafted()
	h.ok(h.press(ben, id, "draft-1", "approve"))
	h.pass(3 * time.Minute)
	h.in(id, review.Live)
	four, body := 4, "It came late, but they helped."
	if _, err := h.platform.Edit(h.get(id).Review.Key.ID, &four, nil, &body); err != nil {
		t.Fatal(err)
	}
	h.pass(30 * time.Minute)
	h.in(id, review.Open)
	c := h.get(id)
	if len(c.Turns) != 1 || c.Turns[0].Kind != review.EditedUp || !c.Turns[0].Answered {
		t.Fatalf("the turns: %+v", c.Turns)
	}
	card := h.card(id, "revision-2")
	var labels []string
	for _, b := range card.Buttons {
		labels = append(labels, b.Label)
	}
	if got := strings.Join(labels, ", "); got != "Thank them, Revise the reply, Leave it as it is" {
		t.Errorf("the buttons are %s", got)
	}
	h.ok(h.press(cleo, id, "revision-2", "leave"))
	h.in(id, review.Closed)
	if n := h.platform.Count(simulator.OpReply); n != 1 {
		t.Errorf("%d calls to reply", n)
	}
}

// TestOneAlertForACause: the third of one cause raises it, the fourth does
// not, and what was changed stands beside it.
func TestOneAlertForACause(t *testing.T) {
	h := slowly(t, strings.Replace(testPlaybook, "causes: {reviews: 1000}", "causes: {reviews: 3, within: 7d}", 1))
	alerts := func() (found []bot.Card) {
		for _, p := range h.chat.posts {
			if strings.HasPrefix(p.at.Key, "notice-cause-") {
				found = append(found, p.card)
			}
		}
		return found
	}
	for n := range 5 {
		id := h.arrives(1+n%3, fmt.Sprintf("%d: quite bad indeed.", n))
		h.ok(h.typed(cleo, fmt.Sprintf("cause %d Wobbly lid", id)))
		h.pass(time.Hour)
		want := 0
		if n >= 2 {
			want = 1
		}
		if got := len(alerts()); got != want {
			t.Fatalf("%d alerts after %d reviews", got, n+1)
		}
	}
	h.arrives(5, "Lovely!")
	card := alerts()[0]
	if card.Title != "3 reviews with one cause: wobbly lid" {
		t.Errorf("the alert says %q", card.Title)
	}
	h.ok(h.fill(cleo, card, "changed", "what", "The lids are screwed on now."))
	if out := h.typed(vic, "causes"); !strings.Contains(fmt.Sprint(out.Items), "5 in the last 7 days; changed") || !strings.Contains(fmt.Sprint(out.Items), "screwed on") {
		t.Errorf("causes: %+v", out.Items)
	}
	h.pass(8 * 24 * time.Hour)
	for n := range 3 {
		id := h.arrives(1, fmt.Sprintf("again %d: quite bad.", n))
		h.ok(h.typed(cleo, fmt.Sprintf("cause %d wobbly lid", id)))
		h.pass(time.Hour)
	}
	if got := len(alerts()); got != 2 {
		t.Errorf("%d alerts after another window", got)
	}
}

// TestAnIncident: similar complaints hold their drafts, show what triggered
// it, are fed by the approved fact sheet, and go on when it is closed.
func TestAnIncident(t *testing.T) {
	h := open(t, rules(t, strings.Replace(testPlaybook, "incident: {reviews: 0}", "incident: {reviews: 4, within: 24h}", 1)))
	said := []string{
		"Payment failed at checkout, the website shows an error and nobody answers.",
		"At checkout the payment failed with an error on the website, three times.",
		"Your website shows an error, payment failed, checkout is broken.",
		"The checkout is broken: payment failed, only an error on the website.",
	}
	var ids []int64
	for n, s := range said {
		ids = append(ids, h.arrives(1, s))
		if n == 0 {
			h.ok(h.typed(cleo, fmt.Sprintf("draft %d", ids[0])))
		}
	}
	other := h.arrives(2, "The waiter was rude.")
	h.pass(5 * time.Minute)
	for _, id := range ids {
		if c := h.get(id); c.Status != review.Held || c.Incident != "1" {
			t.Fatalf("%s is %s, incident %q", c.Ref(), c.Status, c.Incident)
		}
	}
	if c := h.get(other); c.Incident != "" {
		t.Errorf("the waiter belongs to the incident")
	}
	card := h.card(0, "notice-incident-1")
	if text := fmt.Sprint(card.Blocks); strings.Count(text, "shop): ") != 4 || !strings.Contains(text, "drafts are held") {
		t.Errorf("the incident's card: %v", card.Blocks)
	}
	h.ok(h.fill(cleo, card, "sheet", "text", "Payments failed on 2 March; our provider had an outage."))
	h.pass(0)
	h.refused(h.pressOn(cleo, h.card(0, "notice-incident-1"), "sheet-approve"), "role")
	h.ok(h.pressOn(ben, h.card(0, "notice-incident-1"), "sheet-approve"))
	h.ok(h.fill(ana, h.card(0, "notice-incident-1"), "incident-plan", "due", "2026-03-03"))
	h.pass(time.Minute)
	first := h.get(ids[0])
	if f := first.StandingFacts(); len(f) != 1 || !strings.Contains(f[0].Text, "provider had an outage") {
		t.Fatalf("the facts: %+v", first.Facts)
	}
	if first.Status != review.Drafted {
		t.Errorf("the text that was asked for is not written: %s", first.Status)
	}
	if got := fmt.Sprint(h.drafter.asked.Facts); !strings.Contains(got, "provider had an outage") {
		t.Errorf("the drafter was fed %s", got)
	}
	h.ok(h.typed(cleo, fmt.Sprintf("edit %d Dear Jo, I am sorry that the payment failed at checkout; this is an isolated case. Please write to care@example.test. Ana", ids[0])))
	for _, f := range h.get(ids[0]).Draft.Findings {
		if f.Check == "no_isolated_case" && f.Waivable {
			t.Error("“isolated case” can be waived")
		}
	}
	h.refused(h.typed(ben, fmt.Sprintf("approve %d", ids[0])), "exception")
	// A later version takes the place of the earlier one; a late review joins.
	h.ok(h.typed(ben, "sheet 1 Payments failed on 2 March from 9:00 to 11:00 because of an outage."))
	h.refused(h.typed(ben, "sheet-approve 1 2"), "second person")
	h.ok(h.typed(ana, "sheet-approve 1 2"))
	late := h.arrives(1, "Checkout error on the website this morning, payment failed twice.")
	h.pass(5 * time.Minute)
	if f := h.get(late).StandingFacts(); len(f) != 1 || !strings.Contains(f[0].Text, "11:00") || h.get(late).Status != review.Open {
		t.Errorf("the late one: %s, %+v", h.get(late).Status, f)
	}
	if f := h.get(ids[1]).StandingFacts(); len(f) != 1 || !strings.Contains(f[0].Text, "11:00") {
		t.Errorf("the second version: %+v", f)
	}
	if out := h.typed(vic, "incidents"); len(out.Items) != 1 || !strings.Contains(out.Items[0].Note, "5 reviews") {
		t.Errorf("incidents: %+v", out.Items)
	}
	if out := h.typed(vic, "incident 1"); len(out.Items) != 5 || !strings.Contains(out.Text, "version 2 by Ben, approved by Ana") || !strings.Contains(out.Text, "Ana mends it by 3 Mar 2026") {
		t.Errorf("incident 1: %+v", out)
	}
	h.refused(h.typed(vic, "incident Something else"), "role")
	h.refused(h.typed(ben, "incident-close 1 over"), "role")
	h.ok(h.typed(ana, "incident-close 1 The provider mended it; we have a second one now."))
	h.pass(0)
	if card := h.card(0, "notice-incident-1"); card.Tone != bot.Good || len(card.Buttons) != 0 {
		t.Errorf("the closed card: %q, %v", card.Title, card.Buttons)
	}
	if n := h.chat.count("notice-incident-1"); n != 1 {
		t.Errorf("%d cards of one incident", n)
	}
	if out := h.typed(vic, "incidents"); len(out.Items) != 0 {
		t.Errorf("still open: %+v", out.Items)
	}
}

// TestAnIncidentByHand: opened before the complaints are many, closed without
// a fact sheet: what was held goes on.
func TestAnIncidentByHand(t *testing.T) {
	h := open(t)
	id := h.late()
	h.ok(h.typed(cleo, "incident The courier is on strike"))
	h.ok(h.typed(cleo, fmt.Sprintf("involve %d 1", id)))
	h.refused(h.typed(cleo, fmt.Sprintf("involve %d 9", id)), "not known")
	h.pass(0)
	h.in(id, review.Held)
	h.ok(h.typed(ana, "incident-close 1 The strike is over."))
	h.pass(0)
	h.in(id, review.Open)
}

// TestAReport: the platform's own grounds, the review's own words, and a date
// to look for the answer.
func TestAReport(t *testing.T) {
	h := slowly(t, strings.Replace(testPlaybook, "shop: {kind: simulator,", "shop: {kind: simulator, platform: google,", 1))
	id := h.late()
	h.refused(h.choose(cleo, id, "report", "ground", "we disagree", "words", "two weeks late"), "one of this platform's: off_topic")
	h.refused(h.typed(cleo, fmt.Sprintf("report %d spam buy watches", id)), "must stand in the review")
	h.ok(h.choose(cleo, id, "report", "ground", "spam", "words", "The teapot came two weeks late."))
	h.pass(0)
	h.ok(h.press(cleo, id, "ledger", "reported:1:sent"))
	h.pass(9 * 24 * time.Hour)
	if out := h.typed(vic, "overdue"); !strings.Contains(fmt.Sprint(out.Items), "answer to report 1: spam") {
		t.Errorf("overdue: %+v", out.Items)
	}
	h.ok(h.press(cleo, id, "ledger", "reported:1:denied"))
	h.pass(0)
	h.ok(h.press(cleo, id, "ledger", "reported:1:sent"))
	if r := h.get(id).Reports[0]; r.Appeals != 1 {
		t.Errorf("the report: %+v", r)
	}
}

// TestALeadIsCalled: a review that touches health waits for a lead, and the
// second group hears of it once, without the customer's words.
func TestALeadIsCalled(t *testing.T) {
	h := open(t, rules(t, testPlaybook+"channels: [{chat: console, id: reviews, escalate: leads}]\n"))
	id := h.arrives(1, "The glaze made my child ill and we went to hospital, I had an allergic reaction.")
	h.pass(time.Minute)
	c := h.get(id)
	if c.Class == review.Ordinary || c.Status != review.Held {
		t.Fatalf("the rules find %q in it, it is %s", c.Class, c.Status)
	}
	card := h.card(id, "notice-sensitive-"+string(c.Class))
	if strings.Contains(fmt.Sprint(card), "glaze") {
		t.Error("the alarm spreads the customer's words")
	}
	for _, p := range h.chat.posts {
		if strings.HasPrefix(p.at.Key, "notice-") && p.at.Channel != "leads" {
			t.Errorf("the alarm stands in %q", p.at.Channel)
		}
	}
	h.ok(h.pressOn(ana, card, "release"))
	h.in(id, review.Open)
}

// TestNewRulesMoveTheClock: a playbook with a shorter time counts from the
// next start, also for cases that wait already, and what was told stays told.
func TestNewRulesMoveTheClock(t *testing.T) {
	h := open(t)
	id := h.late()
	if due := h.get(id); !strings.Contains(fmt.Sprint(h.card(id, "parent").Blocks), "Answer by") || due.Clock.Round != 1 {
		t.Fatalf("no clock runs: %+v", due.Clock)
	}
	cfg := h.desk.Config
	rules(t, testPlaybook+"targets: [{within: 2h}]\n")(&cfg)
	desk, err := bot.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	desk.Attach(h.chat)
	if err := desk.Start(h.ctx); err != nil {
		t.Fatal(err)
	}
	h.desk = desk
	h.pass(61 * time.Minute)
	if h.chat.count("remind-answer-1") != 1 || h.chat.count("escalate-answer-1") != 0 {
		t.Fatal("no reminder, or too much, after half of the new time")
	}
	h.pass(60 * time.Minute)
	if h.chat.count("escalate-answer-1") != 1 || !h.get(id).Overdue() {
		t.Fatal("no escalation after the new time")
	}
	if !strings.Contains(fmt.Sprint(h.card(id, "parent").Blocks), "Overdue since") {
		t.Error("the card does not say that it is overdue")
	}
	h.pass(24 * time.Hour)
	if h.chat.count("remind-answer-1") != 1 || h.chat.count("escalate-answer-1") != 1 {
		t.Error("told again when the old time was over")
	}
	h.ok(h.press(cleo, id, "escalate-answer-1", "take"))
}
