package story

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources/simulator"
)

// Play plays the whole story and returns nil when every step happened.
func Play(ctx context.Context, s Stage) error {
	if s.Hands == nil {
		s.Hands = &direct{desk: s.Desk, store: s.Store, name: s.Source}
	}
	p := &play{Stage: s, ctx: ctx, began: s.Clock.Now(), taken: make(map[decision]int)}
	p.try(s.Desk.Start(ctx))
	for _, scene := range []func(*play){
		(*play).arrival, (*play).heated, (*play).moderation, (*play).edited, (*play).troll,
		(*play).lostAnswer, (*play).unreconciled, (*play).praise, (*play).paused, (*play).removal,
		(*play).reckoning,
	} {
		scene(p)
	}
	if p.err != nil {
		_, _ = fmt.Fprintf(p.Out, "\nStopped after %d steps.\n", p.steps)
		return p.err
	}
	_, _ = fmt.Fprintf(p.Out, "\nAll %d steps happened.\n", p.steps)
	return nil
}

// steps are the platform's side of the story, without those that a scene plays
// at its own time.
func arrivals() []simulator.Step {
	var list []simulator.Step
	for _, s := range simulator.Story() {
		if s.Add != nil {
			list = append(list, s)
		}
	}
	return list
}

// later finds the step in which an author edits or removes a review.
func (p *play) later(id string) simulator.Step {
	for _, s := range simulator.Story() {
		if s.Remove == id || s.Edit != nil && s.Edit.ID == id {
			return s
		}
	}
	p.fail("the story has no later step for %s", id)
	return simulator.Step{}
}

// arrival: every review becomes a case with a thread; history stays silent.
func (p *play) arrival() {
	p.scene("Reviews arrive")
	wait := func(_ context.Context, d time.Duration) error { p.pass(d); return p.err }
	steps := arrivals()
	p.try(p.Platform.Play(p.ctx, steps, wait, nil))
	p.pass(5 * time.Second)
	for _, s := range steps {
		id := p.caseOf(s.Add.ID)
		c := p.look(id)
		if s.Age > 0 {
			p.check(c.Status == review.Seeded, "%s is history and should be silent; it is %q", c.Ref(), c.Status)
			p.say("%s %s, history: kept, no thread, no clock", c.Ref(), headline(c))
			continue
		}
		p.eventually(func() bool { c = p.look(id); return c.Status != review.New })
		p.check(c.Status == review.Open || c.Status == review.Held, "%s should be open or held and is %q", c.Ref(), c.Status)
		p.check(c.Review.Body == s.Add.Body, "%s does not hold the customer's words", c.Ref())
		p.check(p.threads(id) == 1, "%s has %d threads, not one", c.Ref(), p.threads(id))
		p.say("%s %s: %s%s", c.Ref(), headline(c), c.Status, note(c))
	}
}

// threads counts the threads that stand for a case.
func (p *play) threads(id int64) int {
	if p.err != nil {
		return 0
	}
	n, err := p.Hands.Threads(p.ctx, id)
	p.try(err)
	return n
}

func headline(c review.Case) string {
	what := c.Review.Title
	if what == "" {
		what = strings.SplitN(c.Review.Body, "\n", 2)[0]
	}
	if r := []rune(what); len(r) > 44 {
		what = string(r[:43]) + "…"
	}
	return strings.TrimSpace(c.Review.Rating.String() + " " + what)
}

func note(c review.Case) string {
	switch {
	case c.HeldFor != "":
		return ", waits for " + c.HeldFor
	case c.Suspect:
		return ", reads like instructions to a machine and is treated as text"
	case c.Heat != review.Calm:
		return ", " + c.Heat.String()
	}
	return ""
}

// The words that people write in the story.
const (
	lateFact = "The courier lost the parcel for a week; it left us on 3 March, the day after the order."
	lateText = `Dear Tamsin, your jacket came eleven days late, the box was soaked and the zip is stuck, and twice you got the same copied answer. That is not how it should go, and I am sorry that your brother sailed without it.

The courier lost the parcel for a week; it left us on 3 March, the day after the order. Please write to care@harbour-and-pine.example.com so that we can look at the zip with you.

Ana, Harbour & Pine`
	sizeText = `Beste Sanne, twee weken wachten op een antwoord over het ruilen van uw maat is te lang, en aan de telefoon had niemand uw bericht gezien. Dat spijt ons.

Schrijf ons op care@harbour-and-pine.example.com, dan bekijken wij samen de maat van uw jas.

Ana, Harbour & Pine`
	sizeAgain = `Beste Sanne, u wachtte twee weken op een antwoord over de maat van uw jas, en aan de telefoon had niemand uw bericht gezien. Dat spijt ons; zo hoort het niet te gaan.

Wij lezen mee op care@harbour-and-pine.example.com en bekijken daar samen de maat.

Ana, Harbour & Pine`
	dentText = `Hola, Iratxe: la tetera llegó con un golpe en la base, no se apoya bien y la caja no traía protección. Lo sentimos.

Escríbanos a care@harbour-and-pine.example.com y lo miramos juntos.

Ana, Harbour & Pine`
	teaText = `ご友人とお越しいただいたのに、ご注文から四十分もお待たせし、紅茶もぬるくなっておりました。申し訳ございません。混雑していることを最初にお伝えすべきでした。

詳しいことは care@harbour-and-pine.example.com までお知らせください。

Harbour & Pine アナ`
	terraceText = `Bonjour Bastien, vous aviez réservé une table en terrasse pour l'anniversaire de votre père ; elle était fermée à cause du vent, personne ne vous a appelés, et l'on vous a installés près des toilettes. Nous en sommes désolés.

Écrivez-nous à care@harbour-and-pine.example.com pour en parler. Merci pour le mot sur le gâteau.

Ana, Harbour & Pine`
	thankText = `Liebe Wiebke, danke für Ihre Zeilen über die Emaillekanne. Dass sie den Tee lange warm hält und die handgeschriebene Karte Sie gefreut hat, lesen wir gern.

Ana, Harbour & Pine`
)

// write makes a text the draft; the checks must have nothing against it.
func (p *play) write(who review.Person, id int64, text string) {
	p.press(who, id, "edit", "", "text", text)
	c := p.look(id)
	p.check(c.Draft != nil && c.Draft.Text == text, "%s does not hold the text that %s wrote", c.Ref(), who.Name)
	p.check(len(c.Standing()) == 0, "the checks hold the text of %s back: %s", c.Ref(), trouble(c))
}

// live waits until the reply is seen on the platform, and looks there itself.
func (p *play) live(id int64) {
	p.until(id, review.Live, 3*time.Minute)
	c := p.look(id)
	if p.err != nil {
		return
	}
	on, err := p.Platform.Review(c.Review.Key.ID)
	p.try(err)
	p.check(on.Reply != nil && on.Reply.State == review.ReplyLive, "%s says live, and the platform shows no live reply", c.Ref())
	if p.err == nil {
		p.check(on.Reply.Text == c.Reply.Text, "%s: the reply on the platform is not the approved text", c.Ref())
		p.say("%s is live: the platform shows exactly the approved words", c.Ref())
	}
}

// heated: the whole way of an angry review, with everything that may go
// between. It takes two people.
func (p *play) heated() {
	id := p.caseOf("hp-201")
	c := p.look(id)
	p.scene("A heated review: " + headline(c))
	p.check(len(c.Claims) > 0, "%s has no claims", c.Ref())
	p.say("%s the rules read %d points in it, and find it %s", c.Ref(), len(c.Claims), c.Heat)
	p.press(ana, id, "verdict", string(review.VerdictReply))
	c = p.status(id, review.Drafted)
	p.check(c.Draft != nil && c.Draft.Origin == review.FromOffline, "%s has no draft of the offline drafter", c.Ref())
	if p.err == nil {
		p.say("%s draft %d by the offline drafter; %d of %d points answered:", c.Ref(), c.Draft.N, len(c.Claims)-len(c.Gaps()), len(c.Claims))
		p.quote(c.Draft.Text)
	}
	p.press(cem, id, "fact", "", "text", lateFact)
	c = p.look(id)
	p.check(len(c.StandingFacts()) == 1 && c.StandingFacts()[0].By == cem.ID, "%s does not hold Cem's fact", c.Ref())

	p.press(cem, id, "edit", "", "text", strings.Replace(lateText, "so that we can look", "and we look", 1))
	old, _ := p.token(id, "approve", "")
	p.write(cem, id, lateText)
	p.pass(15 * time.Second) // heated: nobody approves in haste
	p.refused(bo, old, true, "A press on an old card")
	now, _ := p.token(id, "approve", "")
	p.refused(vera, now, false, "Without the role")
	p.refused(cem, now, false, "Without the role")
	p.press(bo, id, "approve", "")
	p.status(id, review.Drafted)
	p.press(ana, id, "approve", "")
	c = p.status(id, review.Approved)
	p.check(c.PublishAt.After(p.Clock.Now()), "%s would go out at once", c.Ref())
	p.pass(2 * time.Second)
	p.press(cem, id, "undo", "")
	p.status(id, review.Drafted)
	p.pass(time.Minute)
	p.check(p.published("hp-201") == 0, "an approval that was taken back was published")
	p.say("%s a minute later nothing was published", c.Ref())
	p.press(bo, id, "approve", "")
	p.press(ana, id, "approve", "")
	p.live(id)
}

// published counts the calls by which a reply came to stand under a review.
func (p *play) published(reviewID string) int {
	n := 0
	for _, call := range p.Platform.State().Calls {
		if call.Review == reviewID && (call.Effect == "published" || call.Effect == "replaced") {
			n++
		}
	}
	return n
}

// moderation: the platform refuses a reply, it is written anew and goes up.
func (p *play) moderation() {
	id := p.caseOf("hp-208")
	p.scene("The platform's moderation refuses: " + headline(p.look(id)))
	p.decideAndWrite(id, sizeText)
	p.press(ana, id, "approve", "")
	p.until(id, review.Rejected, 3*time.Minute)
	c := p.look(id)
	p.check(c.Reply != nil && strings.Contains(c.Reply.Problem, "must not promise"), "%s does not name the policy: %s", c.Ref(), trouble(c))
	if p.err == nil {
		p.say("%s rejected: %s", c.Ref(), c.Reply.Problem)
	}
	p.press(ana, id, "rework", "")
	p.write(cem, id, sizeAgain)
	p.press(ana, id, "approve", "")
	p.live(id)
}

// decideAndWrite takes a case that nobody touched to a text of a person's own.
func (p *play) decideAndWrite(id int64, text string) {
	p.press(cem, id, "verdict", string(review.VerdictReply))
	p.write(cem, id, text)
}

// edited: the customer edits while the approved reply waits in the outbox.
func (p *play) edited() {
	id := p.caseOf("hp-210")
	p.scene("The customer edits: " + headline(p.look(id)))
	p.decideAndWrite(id, dentText)
	old, _ := p.token(id, "edit", "")
	p.press(ana, id, "approve", "")
	p.status(id, review.Approved)
	p.try(p.Platform.Do(p.later("hp-210")))
	p.until(id, review.Open, 30*time.Second)
	c := p.look(id)
	p.check(c.Review.Revision == 2 && len(c.Approvals) == 0 && c.Draft == nil, "%s keeps an approval of words that are gone", c.Ref())
	p.say("%s the review is edited: the approval is void, the case is open again, in the same thread", c.Ref())
	p.check(p.threads(id) == 1, "%s has %d threads", c.Ref(), p.threads(id))
	p.refused(ana, old, true, "A press on an old card")
	p.pass(time.Minute)
	p.check(p.published("hp-210") == 0, "a reply to the old words was published")
	p.press(ana, id, "verdict", string(review.VerdictNone))
	p.status(id, review.Closed)
}

// troll: silence takes two people, and ends by itself.
func (p *play) troll() {
	id := p.caseOf("hp-206")
	p.scene("A troll: " + headline(p.look(id)))
	p.press(cem, id, "verdict", string(review.VerdictSilent), "reason", "a joke about pirates; nothing in it to answer")
	c := p.status(id, review.Open)
	p.check(c.Pending != nil, "%s went silent by one person's word", c.Ref())
	t, _ := p.token(id, "verdict", string(review.VerdictSilent))
	p.refused(cem, t, false, "The same person twice")
	p.press(bo, id, "verdict", string(review.VerdictSilent))
	c = p.status(id, review.Closed)
	p.check(c.Outcome == review.OutcomeSilent && !c.SilentUntil.IsZero(), "%s is not silent for a time: %s until %s", c.Ref(), c.Outcome, c.SilentUntil)
	p.say("%s closed in silence, to be looked at again on %s", c.Ref(), c.SilentUntil.Format(time.DateOnly))
}

// lostAnswer: the platform takes the reply and the answer is lost. The desk
// looks and finds it; it does not send again.
func (p *play) lostAnswer() {
	id := p.caseOf("hp-209")
	p.scene("The platform's answer is lost: " + headline(p.look(id)))
	p.decideAndWrite(id, teaText)
	p.press(ana, id, "approve", "")
	p.live(id)
	p.check(p.published("hp-209") == 1, "the reply was sent %d times", p.published("hp-209"))
	p.check(p.looked(id), "#%d: the record does not say that the reply was found by looking", id)
	p.say("#%-3d the answer was lost; the desk looked, found the reply, and did not send it twice", id)
}

// looked tells whether the record of a case says that its reply was found by
// reading back.
func (p *play) looked(id int64) bool {
	if p.err != nil {
		return false
	}
	events, err := p.Store.Events(p.ctx, id, 0, 1000)
	p.try(err)
	for _, e := range events {
		if e.Verb == "accepted" && e.Detail["looked"] == "yes" {
			return true
		}
	}
	return false
}

// unreconciled: the answer is lost and the platform cannot be read. Nobody
// knows, so a person looks.
func (p *play) unreconciled() {
	id := p.caseOf("hp-213")
	p.scene("Nobody knows whether it went up: " + headline(p.look(id)))
	p.decideAndWrite(id, terraceText)
	p.Platform.SetFaults(simulator.Fault{Kind: simulator.Lose, Ops: []string{simulator.OpReply}, Review: "hp-213", Times: 1})
	p.press(ana, id, "approve", "")
	p.until(id, review.Publishing, time.Minute)
	p.Platform.SetFaults(simulator.Fault{Kind: simulator.Forbid, Ops: []string{simulator.OpRead}, Review: "hp-213"})
	p.say("#%-3d the answer was lost, and now the platform does not let us read it either", id)
	p.until(id, review.Unreconciled, time.Hour)
	c := p.look(id)
	p.check(p.published("hp-213") == 1, "the reply was sent %d times", p.published("hp-213"))
	p.say("%s unreconciled: the desk does not guess, and does not send again", c.Ref())
	p.press(bo, id, "up", "")
	p.status(id, review.Published)
	p.Platform.SetFaults()
	p.live(id)
	p.check(p.published("hp-213") == 1, "the reply was sent %d times in the end", p.published("hp-213"))
}

// praise: one yes is enough, stars without words need nothing, and a sensitive
// case waits for a lead.
func (p *play) praise() {
	p.scene("Praise, stars and a case for the lead")
	id := p.caseOf("hp-202")
	p.press(cem, id, "verdict", string(review.VerdictThank))
	p.write(cem, id, thankText)
	p.press(bo, id, "approve", "")
	p.live(id)
	id = p.caseOf("hp-203")
	p.press(cem, id, "verdict", string(review.VerdictNone))
	p.status(id, review.Closed)
	id = p.caseOf("hp-205")
	p.status(id, review.Held)
	t, _ := p.token(id, "release", "")
	p.refused(cem, t, false, "Health and safety is the lead's")
	p.press(ana, id, "release", "")
	p.status(id, review.Open)
}

// paused: nothing goes out while publishing is paused.
func (p *play) paused() {
	p.scene("Publishing is paused")
	id := p.caseOf("hp-214")
	p.command(ana, "pause", true)
	p.press(cem, id, "verdict", string(review.VerdictThank))
	c := p.look(id)
	p.check(c.Status == review.Drafted || c.Trouble != "", "%s has neither a draft nor a checklist", c.Ref())
	p.write(cem, id, "雨の日の散歩が楽しみになったとのこと、うれしく拝見しました。袖の長さと色を気に入っていただけて何よりです。\n\nHarbour & Pine アナ")
	p.press(bo, id, "approve", "")
	p.pass(2 * time.Minute)
	p.status(id, review.Approved)
	p.check(p.published("hp-214") == 0, "a reply went out during the pause")
	p.say("#%-3d two minutes later it still waits", id)
	p.command(ana, "resume yes", false)
	p.live(id)
}

// command is a person typing a command, after which publishing must be paused,
// or not.
func (p *play) command(who review.Person, line string, paused bool) {
	if p.err != nil {
		return
	}
	words, err := p.Hands.Type(p.ctx, who, line)
	p.try(err)
	_, now, err := p.Desk.Paused(p.ctx)
	p.try(err)
	p.check(now == paused, "%s typed %q and it had no effect: %s", who.Name, line, words)
	p.work()
	p.say("     %s types “%s”. %s", who.Name, line, first(words))
}

// removal: the author takes the review down; two looks must agree.
func (p *play) removal() {
	id := p.caseOf("hp-211")
	p.scene("The author takes a review down: " + headline(p.look(id)))
	p.try(p.Platform.Do(p.later("hp-211")))
	for range 4 {
		p.jump(7 * time.Hour)
	}
	c := p.look(id)
	p.check(!c.Removed.IsZero(), "%s: the removal was not noticed", c.Ref())
	p.say("%s found missing twice, so it counts as removed", c.Ref())
	p.press(cem, id, "verdict", string(review.VerdictNone))
	p.status(id, review.Closed)
	p.scene("A month later")
	troll := p.caseOf("hp-206")
	p.jump(31 * 24 * time.Hour)
	c = p.status(troll, review.Open)
	p.say("%s the silence is over; the case is open again for a fresh decision", c.Ref())
	c = p.status(p.caseOf("hp-201"), review.Closed)
	p.say("%s closed by itself, replied", c.Ref())
}

// jump lets much time go by at once.
func (p *play) jump(d time.Duration) {
	if p.err == nil {
		p.Clock.Advance(d)
		p.work()
	}
}
