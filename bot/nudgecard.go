package bot

import (
	"fmt"
	"strings"

	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
)

// nudges are the cards of what people were reminded of, and of the questions
// that follow a kept promise, in the order in which they were given.
func (p painter) nudges() []Keyed {
	var out []Keyed
	for _, n := range p.c.Nudges {
		key := "remind-" + n.Of
		if n.Escalate {
			key = "escalate-" + n.Of
		}
		out = append(out, Keyed{Key: key, Card: p.nudge(n), At: n.At})
	}
	for _, pr := range p.c.Promises {
		if !pr.Asked.IsZero() {
			out = append(out, Keyed{Key: fmt.Sprintf("followup-%d", pr.N), Card: p.followUp(pr), At: pr.Asked})
		}
	}
	return out
}

// subject splits a nudge's name: "promise-2-1700000000-lead".
func subject(of string) (kind string, n int, lead bool) {
	of, lead = strings.CutSuffix(of, "-lead")
	kind, rest, _ := strings.Cut(of, "-")
	_, _ = fmt.Sscanf(rest, "%d", &n)
	return kind, n, lead
}

// nudgeTitle says what is due, or was.
func (p painter) nudgeTitle(n review.Nudge) string {
	kind, number, lead := subject(n.Of)
	due := p.desk.when(n.Due)
	what := fmt.Sprintf("Promise %d", number)
	switch review.TaskKind(kind) {
	case review.TaskReach:
		what = "Reaching out"
	case review.TaskOwner:
		return fmt.Sprintf("Promise %d still has no owner and no date", number)
	case review.TaskReport:
		return p.reportTitle(number)
	case review.TaskPromise:
	default:
		if n.Escalate {
			return "The answer was due by " + due
		}
		return "Half of the time is gone; an answer is due by " + due
	}
	switch {
	case lead:
		return what + " is a day overdue; it was due by " + due + ". Please look at it as a lead"
	case n.Escalate:
		return what + " was due by " + due
	}
	return what + " is due by " + due
}

// nudge is a reminder in the thread.
func (p painter) nudge(n review.Nudge) Card {
	c := p.c
	tone := Waiting
	card := p.card(p.nudgeTitle(n), tone)
	kind, number, _ := subject(n.Of)
	text, open := "", false
	for _, t := range c.Tasks() {
		if string(t.Kind) == kind && t.N == number {
			open = true
			text = t.Text
			card.Blocks = append(card.Blocks, Block{Kind: Fields, Items: []Line{{Label: "Owner", Text: firstOf(t.OwnerName, string(t.Owner), "nobody yet")}}})
		}
	}
	switch {
	case kind == "answer" && n.Of == c.AnswerKey() && c.Awaiting():
		card.Blocks = append(card.Blocks, Block{Kind: Fields, Items: []Line{{Label: "Owner", Text: firstOf(c.OwnerName, "nobody yet")}, {Label: "Status", Text: c.Status.Label()}}})
		if c.Owner == "" {
			p.button(&card, Button{Label: "Take it", Style: Primary, Token: commands.Token{Command: "take"}})
		}
		return card
	case !open:
		card.Tone = Good
		card.Blocks = append(card.Blocks, Block{Kind: Small, Text: "Settled since."})
		return card
	}
	if text != "" {
		card.Blocks = append(card.Blocks, Block{Kind: Quote, Text: text})
	}
	if review.TaskKind(kind) == review.TaskReport {
		p.reportTask(&card, number)
	}
	p.taskButtons(&card, review.TaskKind(kind), number)
	return card
}

// taskButtons are what can be done about a task.
func (p painter) taskButtons(card *Card, kind review.TaskKind, n int) {
	arg := fmt.Sprint(n)
	switch kind {
	case review.TaskPromise:
		p.button(card, Button{Label: fmt.Sprintf("Promise %d is kept", n), Style: Primary, Form: true, Token: commands.Token{Command: "kept", Arg: arg}})
		p.button(card, Button{Label: fmt.Sprintf("Put off promise %d", n), Form: true, Token: commands.Token{Command: "undertake", Arg: arg}})
		p.button(card, Button{Label: fmt.Sprintf("Drop promise %d", n), Form: true, Token: commands.Token{Command: "drop", Arg: arg}})
	case review.TaskOwner:
		p.button(card, Button{Label: fmt.Sprintf("Own promise %d", n), Style: Primary, Form: true, Token: commands.Token{Command: "undertake", Arg: arg}})
		p.button(card, Button{Label: fmt.Sprintf("Promise %d is kept", n), Form: true, Token: commands.Token{Command: "kept", Arg: arg}})
		p.button(card, Button{Label: fmt.Sprintf("Drop promise %d", n), Form: true, Token: commands.Token{Command: "drop", Arg: arg}})
	case review.TaskReach:
		p.button(card, Button{Label: "What came of it", Style: Primary, Form: true, Token: commands.Token{Command: "reached", Arg: arg}})
	case review.TaskAnswer:
		for _, o := range commands.WorkedOptions() {
			p.button(card, Button{Label: o.Label, Token: commands.Token{Command: "worked", Arg: arg + ":" + o.Value}})
		}
	}
}

// followUp asks, a week after a promise was kept, whether it worked.
func (p painter) followUp(pr review.Promise) Card {
	card := p.card("Did it work?", Waiting)
	card.Blocks = []Block{
		{Kind: Quote, Heading: fmt.Sprintf("Promise %d", pr.N), Text: pr.Text},
		{Kind: Para, Text: "It was kept on " + p.desk.when(pr.Kept) + ". Please look, or ask the customer in private, whether it helped."},
	}
	if pr.Worked == review.NotAsked {
		p.taskButtons(&card, review.TaskAnswer, pr.N)
		return card
	}
	card.Tone = Good
	card.Title, card.Summary = "Did it work? "+string(pr.Worked), p.c.Ref()+": did it work? "+string(pr.Worked)
	if pr.Worked == review.WorkedYes && p.c.Solved() && p.c.Reply != nil && p.c.Removed.IsZero() {
		card.Blocks = append(card.Blocks, Block{Kind: Small, Text: "All that was promised is done. A short public note may say so, without asking for anything."})
		p.button(&card, Button{Label: "Write a closing note", Token: commands.Token{Command: "update"}, Confirm: "Open the reply for new words? The one that is up stays until they are approved."})
	}
	return card
}

// ledger is the card of what was promised, given and arranged.
func (p painter) ledger() (Card, bool) {
	c := p.c
	if len(c.Promises)+len(c.Benefits)+len(c.Reaches)+len(c.Reports) == 0 {
		return Card{}, false
	}
	card := p.card("Promises and tasks", Neutral)
	if len(c.Promises) > 0 {
		b := Block{Kind: List, Heading: "Promised"}
		for _, pr := range c.Promises {
			b.Items = append(b.Items, p.promiseLine(pr))
		}
		card.Blocks = append(card.Blocks, b)
	}
	if len(c.Reaches) > 0 {
		b := Block{Kind: List, Heading: "Reaching out in private"}
		for _, r := range c.Reaches {
			line := Line{Mark: Todo, Text: fmt.Sprintf("%d. %s, by %s (%s)", r.N, r.Channel, p.desk.when(r.Due), r.OwnerName)}
			if !r.Open() {
				line = Line{Mark: Done, Text: fmt.Sprintf("%d. %s: %s (%s)", r.N, r.Channel, r.Outcome, r.OwnerName)}
			} else if r.Message != "" {
				line.Text += ": " + r.Message
			}
			b.Items = append(b.Items, line)
		}
		card.Blocks = append(card.Blocks, b)
	}
	if len(c.Benefits) > 0 {
		b := Block{Kind: List, Heading: "Benefits, in private"}
		for _, x := range c.Benefits {
			b.Items = append(b.Items, p.benefitLine(x))
		}
		card.Blocks = append(card.Blocks, b, Block{Kind: Small, Text: "A benefit never stands in a public reply, and nothing is asked for it."})
	}
	if len(c.Reports) > 0 {
		b := Block{Kind: List, Heading: "Reported to the platform"}
		for _, r := range c.Reports {
			mark := map[review.ReportState]Mark{review.ReportUpheld: Done, review.ReportDenied: Stop}[r.State]
			line := fmt.Sprintf("%d. %s: “%s” (%s)", r.N, strings.ReplaceAll(r.Ground, "_", " "), clip(oneLine(r.Words), 120), r.State)
			if r.Problem != "" {
				line += ". " + clip(oneLine(r.Problem), 300)
			}
			b.Items = append(b.Items, Line{Mark: mark, Text: line})
		}
		card.Blocks = append(card.Blocks, b)
	}
	for _, r := range c.Reports {
		p.reportButtons(&card, r)
	}
	for _, t := range c.Tasks() {
		if len(card.Buttons) < 15 && t.Kind != review.TaskAnswer {
			p.taskButtons(&card, t.Kind, t.N)
		}
	}
	for _, x := range c.Benefits {
		if x.Open() && len(card.Buttons) < 20 {
			arg := fmt.Sprint(x.N)
			p.button(&card, Button{Label: fmt.Sprintf("Grant benefit %d", x.N), Style: Primary, Token: commands.Token{Command: "grant", Arg: arg}})
			p.button(&card, Button{Label: fmt.Sprintf("Decline benefit %d", x.N), Form: true, Token: commands.Token{Command: "decline", Arg: arg}})
		}
	}
	card.Summary = fmt.Sprintf("%s: %d open promises, %d open tasks", c.Ref(), len(c.OpenPromises()), len(c.Tasks()))
	return card, true
}

func (p painter) promiseLine(pr review.Promise) Line {
	text := fmt.Sprintf("%d. %s", pr.N, pr.Text)
	switch {
	case pr.Dropped != "":
		return Line{Mark: Stop, Text: text + " (dropped: " + pr.Dropped + ")"}
	case !pr.Kept.IsZero():
		text += " (kept " + p.desk.when(pr.Kept) + ": " + pr.Proof + ")"
		if pr.Worked != review.NotAsked {
			text += "; worked: " + string(pr.Worked)
		}
		return Line{Mark: Done, Text: text}
	case !pr.Owned():
		if pr.By != "" {
			text += " [" + pr.By + "]"
		}
		return Line{Mark: Alert, Text: text + " (needs an owner and a date)"}
	}
	return Line{Mark: Todo, Text: text + " (" + firstOf(pr.OwnerName, string(pr.Owner)) + ", by " + p.desk.when(pr.Due) + "; allowed by " + firstOf(pr.Authority, "nobody named") + ")"}
}

func (p painter) benefitLine(x review.Benefit) Line {
	text := fmt.Sprintf("%d. %s", x.N, x.Kind)
	if x.Value > 0 {
		text += fmt.Sprintf(", %d.%02d %s", x.Value/100, x.Value%100, p.desk.Playbook.Currency())
	}
	text = strings.TrimSpace(text) + ": " + x.Reason
	switch {
	case x.Declined != "":
		return Line{Mark: Stop, Text: text + " (declined: " + x.Declined + ")"}
	case x.Open():
		return Line{Mark: Todo, Text: text + " (proposed by " + x.Name + "; a second person must grant it)"}
	}
	return Line{Mark: Done, Text: text + " (granted by " + x.GrantedName + ")"}
}
