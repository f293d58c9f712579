package bot

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/promise"
)

// current is the card of the current text, from the first draft until it is
// live: one card, so that nobody approves words on one and watches another.
func (p painter) current() Card {
	c, d := p.c, p.c.Draft
	title, tone := p.textTitle()
	card := p.card(title, tone)
	card.Blocks = append(card.Blocks, Block{Kind: Draft, Text: d.Text, Lang: d.Language})
	if d.BackText != "" {
		card.Blocks = append(card.Blocks, Block{Kind: Quote, Heading: "In your language", Text: d.BackText, Lang: p.desk.Playbook.Language()})
	}
	card.Blocks = append(card.Blocks, p.origin())
	switch c.Status {
	case review.Drafted:
		card.Blocks = append(card.Blocks, p.theirs()...)
		card.Blocks = append(card.Blocks, p.judgement()...)
	case review.Rejected, review.Unreconciled, review.Approved, review.HandedOver:
		if c.Reply != nil && c.Reply.Problem != "" {
			card.Blocks = append(card.Blocks, Block{Kind: Para, Heading: "What the platform said", Text: c.Reply.Problem})
		}
	}
	card.Blocks = append(card.Blocks, p.pledged()...)
	if b, ok := p.yeses(); ok {
		card.Blocks = append(card.Blocks, b)
	}
	if note := p.textNote(); note != "" {
		card.Blocks = append(card.Blocks, Block{Kind: Small, Text: note})
	}
	p.textButtons(&card)
	if c.Reply != nil && c.Reply.URL != "" {
		card.Links = append(card.Links, Link{Label: "The reply", URL: c.Reply.URL})
	}
	if c.Status == review.HandedOver {
		if url := firstOf(c.Review.ReplyURL, c.Review.URL); url != "" {
			card.Links = append(card.Links, Link{Label: "Open the platform", URL: url})
		}
	}
	return card
}

// textTitle says where the current text stands.
func (p painter) textTitle() (string, Tone) {
	c := p.c
	switch c.Status {
	case review.Drafted:
		if n := len(c.Standing()); n > 0 {
			return fmt.Sprintf("Draft %d: needs work before it can be approved", c.Draft.N), Trouble
		}
		return fmt.Sprintf("Draft %d: waits for approval", c.Draft.N), Neutral
	case review.Approved:
		if p.paused {
			return "Approved; publishing is paused", Waiting
		}
		return "Approved; goes out at " + p.desk.Clock(c.PublishAt), Waiting
	case review.Publishing:
		return "On its way to the platform", Waiting
	case review.HandedOver:
		return "Approved: please post it by hand", Waiting
	case review.Published:
		return "Published; looking whether it is live", Waiting
	case review.Live:
		return "Live", Good
	case review.Closed:
		return "Closed", Good
	case review.Rejected:
		return "Not up: the reply was rejected", Trouble
	case review.Unreconciled:
		return "Please look: is this reply on the platform?", Trouble
	}
	return fmt.Sprintf("Draft %d", c.Draft.N), Neutral
}

// origin says whose words these are.
func (p painter) origin() Block {
	d := p.c.Draft
	who := "Written by " + firstOf(d.AuthorName, "a person")
	switch d.Origin {
	case review.FromModel:
		who = "Written by the model " + d.Model
	case review.FromOffline:
		who = "Written by the built-in offline drafter, without a language model"
	}
	if d.Instruction != "" {
		who += " · Wish: " + d.Instruction
	}
	if took := p.took(); took != "" {
		who += " · " + took
	}
	if len(d.Notes) > 0 {
		who += " · " + strings.Join(d.Notes, " ")
	}
	return Block{Kind: Small, Text: who}
}

// took is what a language model took for this text and for the case.
func (p painter) took() string {
	c, d := p.c, p.c.Draft
	if c.Tokens == 0 {
		return ""
	}
	text := fmt.Sprintf("%d tokens", d.Tokens)
	if c.Tokens != d.Tokens {
		text += fmt.Sprintf(", %d for the case", c.Tokens)
	}
	if c.Cost > 0 {
		text += ", cost " + strconv.FormatFloat(c.Cost, 'f', 4, 64)
	}
	return text
}

// judgement is what stands for and against the text: coverage, sources,
// findings.
func (p painter) judgement() []Block {
	c, d := p.c, p.c.Draft
	var blocks []Block
	if d.Sentences != nil && len(c.Claims) > 0 {
		covered := d.Covered()
		b := Block{Kind: List, Heading: fmt.Sprintf("Points answered: %d of %d", len(c.Claims)-len(c.Gaps()), len(c.Claims))}
		for _, cl := range c.Claims {
			if !covered[cl.N] {
				b.Items = append(b.Items, Line{Mark: Alert, Text: fmt.Sprintf("%d. %s is not answered", cl.N, cl.Text)})
			}
		}
		blocks = append(blocks, b)
	}
	if len(d.Findings) > 0 {
		b := Block{Kind: List, Heading: "The checks say"}
		for _, f := range d.Findings {
			mark, text := Alert, f.Message
			if f.Level == review.Block {
				mark = Stop
			}
			if p.waived(f) {
				mark, text = Done, "waived: "+f.Message
			}
			if f.Words != "" {
				text += " (“" + clip(oneLine(f.Words), 80) + "”)"
			}
			b.Items = append(b.Items, Line{Mark: mark, Label: f.Check, Text: text})
		}
		blocks = append(blocks, b)
	} else if d.Checks != "" {
		blocks = append(blocks, Block{Kind: List, Items: []Line{{Mark: Done, Text: "The checks have nothing against it"}}})
	}
	return blocks
}

func (p painter) waived(f review.Finding) bool {
	for _, w := range p.c.Waivers {
		if w.Check == f.Check && w.Text == p.c.Draft.Hash() {
			return true
		}
	}
	return false
}

// yeses lists the approvals so far and what is missing.
func (p painter) yeses() (Block, bool) {
	c, q := p.c, p.c.Quorum(p.policy)
	b := Block{Kind: List, Heading: "Approvals"}
	for _, a := range c.Approvals {
		text := fmt.Sprintf("%s (%s), %s", a.Name, a.Role, p.desk.Clock(a.At))
		if a.Alone {
			text += ", alone"
		}
		if len(a.Ticks) > 0 {
			text += "; looked at: " + strings.Join(tickLabels(a.Ticks), ", ")
		}
		b.Items = append(b.Items, Line{Mark: Done, Text: text})
	}
	if differing := review.Differing(c.Approvals); len(differing) > 0 {
		b.Items = append(b.Items, Line{Mark: Alert, Text: "They do not agree on: " + strings.Join(tickLabels(differing), ", ") + ". Please look at it together."})
	}
	if c.Status == review.Drafted && (len(c.Approvals) > 0 || q.Count > 1) {
		missing := max(q.Count, 1) - len(c.Approvals)
		text := fmt.Sprintf("%d more needed", max(missing, 1))
		if q.Lead {
			text += ", one of them a lead's"
		}
		if q.OtherThanAuthor {
			text += ", one from somebody who did not write it"
		}
		b.Items = append(b.Items, Line{Mark: Todo, Text: text})
	}
	return b, len(b.Items) > 0
}

// pledges are what the current text commits the team to, as long as it has not
// gone out; then they stand in the ledger.
func (p painter) pledges() []review.Pledge {
	switch p.c.Status {
	case review.Drafted, review.Approved:
		return promise.Find(p.c.Draft.Text, p.c.Draft.Language)
	}
	return nil
}

// noted tells whether a pledge stands in the ledger with an owner and a date.
func (p painter) noted(pledge review.Pledge) bool {
	return slices.ContainsFunc(p.c.OpenPromises(), func(have review.Promise) bool { return have.Text == pledge.Text && have.Owned() })
}

// pledged says what the text promises and who keeps it.
func (p painter) pledged() []Block {
	b := Block{Kind: List, Heading: "This text promises"}
	for _, pledge := range p.pledges() {
		if p.noted(pledge) {
			b.Items = append(b.Items, Line{Mark: Done, Text: pledge.Text})
			continue
		}
		b.Items = append(b.Items, Line{Mark: Alert, Text: pledge.Text + " Nobody owns this yet."})
	}
	if len(b.Items) == 0 {
		return nil
	}
	return []Block{b}
}

// textNote tells what happens next.
func (p painter) textNote() string {
	c := p.c
	switch c.Status {
	case review.Drafted:
		if p.c.Quorum(p.policy).Lead && !p.policy.Quorum.Lead {
			return "This is the third public round with this reviewer: a lead must agree. Long quarrels belong in private."
		}
		if c.Draft.Facts != c.FactsRevision {
			return "Facts changed since this was written."
		}
		if c.Draft.Judging {
			return "A model reads these words a second time; what it finds will stand here."
		}
		if left := p.policy.Pause; left > 0 {
			return "A pause protects heated replies: it can be approved from " + p.desk.Clock(c.Draft.At.Add(left)) + "."
		}
	case review.Approved:
		if p.policy.Solo {
			return "You work alone: the longer wait in the outbox stands in for a second person."
		}
		return "“Undo” takes it back until then."
	case review.HandedOver:
		return "Copy exactly these words, post them, then press “I posted it”."
	case review.Unreconciled:
		return "The platform's answer was lost. Nothing is sent again until it is clear."
	}
	return ""
}

func (p painter) textButtons(card *Card) {
	c := p.c
	token := func(command string) commands.Token {
		return commands.Token{Command: command, Revision: c.Review.Revision, Text: commands.TextOf(c.Draft)}
	}
	if len(c.Standing()) == 0 {
		p.button(card, Button{Label: "Approve", Style: Primary, Token: token("approve"), Hint: "Say yes to exactly these words"})
		p.ticks(card, token("approve"))
	}
	p.button(card, Button{Label: "Edit", Form: true, Token: token("edit")})
	if c.Status == review.Drafted && !c.Drafting {
		for _, wish := range p.desk.offered() {
			t := token("draft")
			t.Arg = wish
			p.button(card, Button{Label: strings.ToUpper(wish[:1]) + wish[1:], Token: t, Hint: "Ask for a draft that is " + wish})
		}
		p.button(card, Button{Label: "Another wish…", Form: true, Token: token("redo")})
	}
	for _, f := range c.Standing() {
		if f.Waivable && len(card.Buttons) < 12 {
			t := token("waive")
			t.Arg = f.Check
			p.button(card, Button{Label: "Waive " + strings.ReplaceAll(f.Check, "_", " "), Form: true, Token: t})
		}
	}
	for n, pledge := range p.pledges() {
		if !p.noted(pledge) && len(card.Buttons) < 14 {
			t := token("promise")
			t.Arg = strconv.Itoa(n + 1)
			p.button(card, Button{Label: clip("Who keeps it: "+pledge.Text, 70), Form: true, Token: t})
		}
	}
	p.button(card, Button{Label: "Discard", Style: Danger, Token: token("discard"), Confirm: "Take this text off the table?"})
	p.button(card, Button{Label: "Undo", Style: Danger, Token: token("undo")})
	p.button(card, Button{Label: "I posted it", Style: Primary, Form: true, Token: token("posted")})
	p.button(card, Button{Label: "Take it back", Token: token("withdraw")})
	p.button(card, Button{Label: "It is up", Style: Primary, Token: token("up")})
	p.button(card, Button{Label: "It is not up", Token: token("notup"), Confirm: "Only if you looked: it will be sent again."})
	p.button(card, Button{Label: "Back to the text", Style: Primary, Token: token("rework")})
	p.button(card, Button{Label: "Close without reply", Form: true, Token: token("giveup")})
}

// former is the card of a text that is not current any more: its words, and
// no buttons.
func (p painter) former(d review.Draft) Card {
	title := fmt.Sprintf("Draft %d: no longer current", d.N)
	if r := p.c.Reply; r != nil && r.Draft == d.N && !r.Answered.IsZero() && r.Problem == "" {
		title = fmt.Sprintf("Draft %d: published earlier", d.N)
	}
	card := p.card(title, Neutral)
	card.Links = nil
	card.Blocks = []Block{{Kind: Draft, Text: d.Text, Lang: d.Language}}
	return card
}

// revised tells that the customer edited the review, word by word.
func (p painter) revised(before, after review.Review) Card {
	card := p.card("The customer edited the review", Waiting)
	if before.Rating != after.Rating {
		card.Blocks = append(card.Blocks, Block{Kind: Fields, Items: []Line{{Label: "Rating", Text: before.Rating.String() + " → " + after.Rating.String()}}})
	}
	if before.Text() != after.Text() {
		card.Blocks = append(card.Blocks, Block{Kind: Diff, Heading: "What changed", Spans: wordDiff(before.Text(), after.Text())})
	}
	card.Blocks = append(card.Blocks, Block{Kind: Small, Text: "Approvals of a reply to the earlier words are void. Seen " + p.desk.when(after.Seen) + "."})
	if after.Revision == p.c.Review.Revision && p.c.Draft == nil && p.c.Verdict == review.Undecided {
		t := commands.Token{Command: "verdict", Revision: after.Revision}
		for _, choice := range []struct {
			label string
			v     review.Verdict
		}{{"Thank them", review.VerdictThank}, {"Revise the reply", review.VerdictReply}} {
			t.Arg = string(choice.v)
			p.button(&card, Button{Label: choice.label, Token: t})
		}
		if p.c.Outdated {
			p.button(&card, Button{Label: "Leave it as it is", Token: commands.Token{Command: "leave", Revision: after.Revision}})
		}
	}
	return card
}
