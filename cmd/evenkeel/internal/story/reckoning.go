package story

import (
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/audit"
)

// reckoning holds the platform and the audit log against the laws, whatever
// the scenes looked at.
func (p *play) reckoning() {
	p.scene("The reckoning")
	replies := p.everyReplyApproved()
	p.say("     %d replies were published; each has approvals of exactly its words", replies)
	p.oneThreadEach()
	p.everyDecisionOnce()
	head := p.chainWhole()
	p.say("     the audit log is whole: %d entries", head.Seq)
}

// everyReplyApproved looks at each effect that the platform saw.
func (p *play) everyReplyApproved() int {
	if p.err != nil {
		return 0
	}
	n := 0
	for _, call := range p.Platform.State().Calls {
		if call.Effect == "" || call.Op != "reply" {
			continue
		}
		n++
		id := p.caseOf(call.Review)
		p.check(p.approved(id, call.Text), "#%d: words were published that nobody approved", id)
	}
	p.check(n > 0, "nothing was published at all")
	return n
}

// approved tells whether somebody said yes to these words.
func (p *play) approved(id int64, text string) bool {
	if p.err != nil {
		return true
	}
	drafts, err := p.Store.Drafts(p.ctx, id)
	p.try(err)
	approvals, err := p.Store.Approvals(p.ctx, id)
	p.try(err)
	for _, a := range approvals {
		for _, d := range drafts {
			if d.N == a.Draft && d.Text == text {
				return true
			}
		}
	}
	return false
}

func (p *play) oneThreadEach() {
	for _, s := range arrivals() {
		if s.Age > 0 {
			continue
		}
		id := p.caseOf(s.Add.ID)
		p.check(p.threads(id) == 1, "#%d has %d threads in the end", id, p.threads(id))
	}
	p.say("     every case has one thread")
}

// chainWhole verifies the audit log from its first entry.
func (p *play) chainWhole() audit.Head {
	var v audit.Verifier
	for after := int64(0); p.err == nil; {
		page, err := p.Store.Events(p.ctx, 0, after, 500)
		p.try(err)
		for _, e := range page {
			p.try(v.Add(e))
			after = e.Seq
		}
		if len(page) < 500 {
			break
		}
	}
	p.try(v.Finish())
	return v.Head()
}

// everyDecisionOnce looks in the record for every press that was taken: each
// stands there exactly once.
func (p *play) everyDecisionOnce() {
	if p.err != nil {
		return
	}
	recorded := make(map[decision]int)
	verbs := make(map[review.Verb]string) // to the command that means it
	for _, row := range p.Desk.Commands() {
		verbs[row.Verb] = row.Name
	}
	for d := range p.taken {
		events, err := p.Store.Events(p.ctx, d.id, 0, 1000)
		p.try(err)
		recorded[d] = 0
		for _, e := range events {
			if e.Actor == review.ByPerson(review.Person{ID: d.who}).String() && verbs[e.Verb] == d.command {
				recorded[d]++
			}
		}
	}
	for d, n := range p.taken {
		p.check(recorded[d] == n, "#%d: %s pressed %q %d times and the record has it %d times", d.id, d.who, d.command, n, recorded[d])
	}
	p.say("     every press that was taken took effect exactly once")
}
