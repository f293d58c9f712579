package llm

import (
	"slices"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/playbook"
	"github.com/evenkeel/evenkeel/review/rubric"
)

// Brief is where a reply will stand and whose rules hold there. It turns a case
// into what the drafter, the judge and the checks want to know of it, so that all
// who ask for drafts (the desk, an evaluation) ask for the same.
type Brief struct {
	Playbook *playbook.Playbook
	Platform string // "google", "google_play", …; see rubric.PolicyFor
	Country  string // ISO 3166, "" unknown
	MaxLen   int    // what the source takes, in Unit; 0 leaves it to the platform's rules
	Unit     string // of MaxLen: "runes", "bytes" or "utf16"
	Incident string // why nothing may be called an exception now, as in "incident 1 is open"; "" for none
}

// Language is the language to answer a case in: the review's, or the team's
// where the playbook does not allow that.
func (b Brief) Language(c review.Case) string {
	if l := c.Lang(); l != "" && b.Playbook.MayAnswerIn(l) {
		return l
	}
	return b.Playbook.Language()
}

// Request is what a drafter needs to know. Examples, style rules and a variant
// are the caller's to add.
func (b Brief) Request(c review.Case, wish string) Request {
	p, language := b.Playbook, b.Language(c)
	rules := rubric.PolicyFor(b.Platform, b.Country)
	r := Request{
		Case: c, Facts: c.StandingFacts(),
		Brand: p.Brand(), Voice: p.Voice(), SignOff: p.SignOff(c.Owner, language),
		Language: language, TeamLanguage: p.Language(),
		MaxLen: b.MaxLen, Unit: b.Unit, NoQuotes: !rules.Quoting,
		Instruction: wish,
	}
	if r.MaxLen == 0 {
		r.MaxLen, r.Unit = rules.MaxLen, string(rules.Unit)
	}
	if rules.Contact && c.Verdict != review.VerdictThank {
		r.Contact = preferred(p.Contacts(c.Review.Key.Source))
	}
	for _, f := range p.Facts(language) {
		r.PlaybookFacts = append(r.PlaybookFacts, NamedFact{Name: f.Name, Text: f.Text})
	}
	if c.Draft != nil {
		r.Previous = c.Draft.Text
	}
	return r
}

// preferred is the contact that a draft names: the first address, which a
// sentence of any language can hold as it stands, or else the first place,
// without which the draft would be held back.
func preferred(contacts []playbook.Contact) string {
	i := slices.IndexFunc(contacts, func(c playbook.Contact) bool { return c.Kind != "place" })
	switch {
	case len(contacts) == 0:
		return ""
	case i < 0:
		return contacts[0].Value
	}
	return contacts[i].Value
}

// Judge is what a text must be measured by in a second reading.
func (b Brief) Judge(c review.Case, text, language string) JudgeRequest {
	of := b.Request(c, "")
	return JudgeRequest{
		Text: text, Language: language, Claims: c.Claims, Facts: of.Facts,
		PlaybookFacts: of.PlaybookFacts, Approved: of.Approved, Contact: of.Contact,
		Thanks: c.Verdict == review.VerdictThank,
	}
}

// Checks is what the deterministic checks need to know of a text, but for the
// earlier replies.
func (b Brief) Checks(c review.Case, d review.Draft) rubric.Input {
	p := b.Playbook
	in := rubric.Input{
		Text: d.Text, Language: d.Language,
		Review: c.Review, ReviewLanguage: c.Lang(), Verdict: c.Verdict,
		Claims: c.Claims, Sentences: d.Sentences, Facts: c.StandingFacts(),
		Links: p.LinkDomains(), Brand: p.Brand(), Staff: p.StaffNames(),
		Platform: b.Platform, Country: b.Country,
		MaxLen: b.MaxLen, LenUnit: rubric.Unit(b.Unit),
		Incident: b.Incident, Privacy: p.Privacy(), Benefit: c.HasBenefit(),
	}
	if in.Incident == "" && c.Incident != "" {
		in.Incident = "this review belongs to incident " + c.Incident
	}
	for _, contact := range p.Contacts(c.Review.Key.Source) {
		in.Contacts = append(in.Contacts, contact.Value)
	}
	return in
}
