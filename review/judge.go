package review

// Judge brings what a second reading says of exactly this text: findings that
// code cannot make, and the text in the team's own language. It only adds: no
// finding of the deterministic checks goes away by it. A text that was approved
// meanwhile comes back from the outbox when one of the findings blocks.
type Judge struct {
	Text     Digest    // hash of the text that was read
	Findings []Finding // kept as judged ones
	Checks   string    // version of the reading, added to that of the checks
	BackText string    // "" leaves what stands there
	Failed   string    // why there was no second reading, in a calm sentence; "" when there was
	Tokens   int       // what it took
	Cost     float64
}

// Verb is "judged".
func (Judge) Verb() Verb { return "judged" }

func (a Judge) apply(m *move) error {
	if err := m.current(a.Text); err != nil {
		return err
	}
	d := m.c.Draft
	d.Judging = false
	m.detail("text", a.Text.String())
	m.spent(a.Tokens, a.Cost)
	d.Tokens, d.Cost = d.Tokens+a.Tokens, d.Cost+a.Cost
	if a.BackText != "" {
		d.BackText = a.BackText
	}
	if a.Failed != "" {
		d.Notes = append(d.Notes[:len(d.Notes):len(d.Notes)], a.Failed)
		m.words("why", a.Failed)
		return nil
	}
	judged := make([]Finding, 0, len(a.Findings))
	for _, f := range a.Findings {
		f.Judged = true
		judged = append(judged, f)
	}
	d.Findings = append(d.Deterministic(), judged...)
	if a.Checks != "" && d.Checks != "" {
		d.Checks += "+" + a.Checks
	}
	m.detail("findings", itoa(len(judged)))
	m.detail("checks", d.Checks)
	if len(m.c.unwaived(judged)) > 0 && m.c.Status == Approved {
		m.void("the second reading found something")
		m.c.Status = Drafted
	}
	return nil
}

// spent adds what a language model took to the case's account.
func (m *move) spent(tokens int, cost float64) {
	m.c.Tokens, m.c.Cost = m.c.Tokens+tokens, m.c.Cost+cost
	if tokens > 0 {
		m.detail("tokens", itoa(tokens))
	}
}
