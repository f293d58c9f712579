package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
)

// parentKey names the card that opens the thread.
const parentKey = "parent"

// Cards are the cards that ought to stand for a case now, the parent first.
func (d *Desk) Cards(ctx context.Context, id int64) ([]Keyed, error) {
	c, err := d.Store.Case(ctx, id)
	if err != nil {
		return nil, err
	}
	return d.cards(ctx, c)
}

// cards draws all cards of a case. They follow from the case, its histories
// and nothing else, in the order in which they came to be.
func (d *Desk) cards(ctx context.Context, c review.Case) ([]Keyed, error) {
	p := painter{desk: d, c: c, policy: d.policy(c)}
	if c.Status == review.Approved { // only then a card says whether publishing is paused
		var err error
		if _, p.paused, err = d.Paused(ctx); err != nil {
			return nil, err
		}
	}
	alike, err := d.alike(ctx, c)
	if err != nil {
		return nil, err
	}
	p.alike = alike
	out := []Keyed{{Key: parentKey, Quiet: c.Review.Quiet() || woken(c), Card: p.parent(), At: c.Opened}}
	if c.Review.Revision > 1 {
		revisions, err := d.Store.Revisions(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		for n := 1; n < len(revisions); n++ {
			out = append(out, Keyed{Key: fmt.Sprintf("revision-%d", n+1), Card: p.revised(revisions[n-1], revisions[n]), At: revisions[n].Seen})
		}
	}
	if !c.Removed.IsZero() {
		out = append(out, Keyed{Key: "removed", Card: p.removed(), At: c.Removed})
	}
	if p.factRound() {
		out = append(out, Keyed{Key: "facts", Quiet: true, Card: p.facts()})
	}
	if c.Trouble != "" {
		out = append(out, Keyed{Key: fmt.Sprintf("checklist-%d", c.Wanted), Card: p.checklist()})
	}
	if c.Drafts > 0 {
		drafts, err := d.Store.Drafts(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		for _, draft := range drafts {
			card := p.former(draft)
			if c.Draft != nil && c.Draft.N == draft.N {
				card = p.current()
			}
			out = append(out, Keyed{Key: fmt.Sprintf("draft-%d", draft.N), Card: card, At: draft.At})
		}
	}
	if card, ok := p.ledger(); ok {
		out = append(out, Keyed{Key: "ledger", Quiet: true, Card: card})
	}
	return append(out, p.nudges()...), nil
}

// painter draws one case.
type painter struct {
	desk   *Desk
	c      review.Case
	policy review.Policy
	paused bool
	alike  []review.Case // similar earlier cases
}

// card begins a card.
func (p painter) card(title string, tone Tone) Card {
	card := Card{Case: p.c.ID, Title: title, Tone: tone, Summary: p.c.Ref() + ": " + title}
	if link := p.desk.Link(p.c.ID); link != "" {
		card.Links = append(card.Links, Link{Label: "Case page", URL: link})
	}
	return card
}

// button adds a button if the case's status has a use for it. The role is
// asked when it is pressed: a card is the same for everybody.
func (p painter) button(card *Card, b Button) {
	row, ok := p.desk.table.Find(b.Token.Command)
	if !ok || (row.Verb != "" && !review.May(review.Lead, row.Verb, p.c.Status)) {
		return
	}
	b.Token.Case = p.c.ID
	if b.Hint == "" && len(row.Help) <= 75 {
		b.Hint = row.Help
	}
	card.Buttons = append(card.Buttons, b)
}

// parent is the card that opens the thread: the review, where it stands, what
// can be decided.
func (p painter) parent() Card {
	c, r := p.c, p.c.Review
	text, standing := r.Text(), p.standing()
	card := p.card(p.headline(), p.tone())
	card.Summary += ", " + standing + ". " + clip(text, 200)
	if strings.TrimSpace(text) != "" {
		card.Blocks = append(card.Blocks, Block{Kind: Quote, Text: text, Lang: c.Lang()})
	}
	fields := []Line{{Label: "Status", Text: standing}, {Label: "By", Text: firstOf(r.Author, "anonymous")}, {Label: "On", Text: p.where()}}
	if !r.Created.IsZero() {
		fields = append(fields, Line{Label: "Written", Text: p.desk.when(r.Created)})
	}
	fields = append(fields, Line{Label: "Owner", Text: firstOf(c.OwnerName, "nobody yet")})
	if due, ok := p.desk.due(c); ok {
		label := "Answer by"
		if c.Overdue() {
			label = "Overdue since"
		}
		fields = append(fields, Line{Label: label, Text: p.desk.when(due)})
	}
	if c.Cause != "" {
		fields = append(fields, Line{Label: "Cause", Text: c.Cause})
	}
	if c.Goal != review.NoGoal {
		fields = append(fields, Line{Label: "Goal", Text: string(c.Goal)})
	}
	card.Blocks = append(card.Blocks, Block{Kind: Fields, Items: fields})
	card.Blocks = append(card.Blocks, p.reading()...)
	if r.URL != "" {
		card.Links = append(card.Links, Link{Label: "The review", URL: r.URL})
	}
	p.past(&card)
	p.triageButtons(&card)
	return card
}

// headline is the case in a few words: rating and subject or title.
func (p painter) headline() string {
	r := p.c.Review
	what := firstOf(r.Subject.Name, clip(oneLine(r.Title), 60), clip(oneLine(r.Body), 60), "no words")
	return r.Rating.String() + "  " + what
}

func (p painter) where() string {
	s := p.c.Review.Key.Source
	if platform := p.desk.platform(p.c.Review.Key); platform != "" && platform != s {
		s += " (" + platform + ")"
	}
	return s
}

// standing is the status with what matters about it now.
func (p painter) standing() string {
	c := p.c
	s := c.Status.Label()
	switch c.Status {
	case review.Open:
		switch {
		case c.Pending != nil:
			s = fmt.Sprintf("open; %s proposes “%s”, a second person must confirm", c.Pending.Name, c.Pending.Verdict)
		case c.Drafting:
			s = "open; a draft is being written"
		case c.Verdict != review.Undecided:
			s = "open; verdict “" + string(c.Verdict) + "”"
		default:
			s = "open; waits for a verdict"
		}
	case review.Held:
		s = "held; waits for " + firstOf(c.HeldFor, "a release")
	case review.Drafted:
		s = "a text waits for approval"
		if c.Drafting {
			s += "; another draft is being written"
		}
	case review.Approved:
		s = "approved; goes out at " + p.desk.Clock(c.PublishAt)
		if p.paused {
			s = "approved; publishing is paused"
		}
	case review.Closed:
		s = "closed: " + strings.ReplaceAll(string(c.Outcome), "_", " ")
	}
	if !c.Removed.IsZero() {
		s += "; the review is gone from its platform"
	}
	return s
}

func (p painter) tone() Tone {
	switch p.c.Status {
	case review.Live, review.Closed:
		return Good
	case review.Rejected, review.Unreconciled:
		return Trouble
	case review.Approved, review.Publishing, review.Published, review.Held, review.HandedOver:
		return Waiting
	}
	return Neutral
}

// reading is what triage read out of the review.
func (p painter) reading() []Block {
	c := p.c
	var blocks []Block
	if len(c.Claims) > 0 {
		b := Block{Kind: List, Heading: "The points made"}
		covered := map[int]bool{}
		if c.Draft != nil {
			covered = c.Draft.Covered()
		}
		for _, cl := range c.Claims {
			mark := Todo
			if covered[cl.N] {
				mark = Done
			}
			b.Items = append(b.Items, Line{Mark: mark, Text: fmt.Sprintf("%d. %s", cl.N, cl.Text)})
		}
		blocks = append(blocks, b)
	}
	if len(c.Questions) > 0 && !p.factRound() {
		b := Block{Kind: List, Heading: "Not to be guessed"}
		for _, q := range c.Questions {
			b.Items = append(b.Items, Line{Mark: Todo, Text: q.Text})
		}
		blocks = append(blocks, b)
	}
	var notes []string
	if c.Suggested != review.Undecided && c.Verdict == review.Undecided {
		notes = append(notes, "Suggested: "+string(c.Suggested))
	}
	if c.Heat != review.Calm {
		notes = append(notes, "Tone: "+c.Heat.String())
	}
	if c.Class != review.Ordinary {
		notes = append(notes, "Sensitive: "+strings.ReplaceAll(string(c.Class), "_", " "))
	}
	if c.Suspect {
		notes = append(notes, "Parts of this review read like instructions to a machine; they are treated as text")
	}
	if c.Incident != "" {
		notes = append(notes, "Belongs to incident "+c.Incident+": “incident "+c.Incident+"” shows it")
	}
	if c.Spreading {
		notes = append(notes, "Spreading: others are picking this up")
	}
	if c.Outdated {
		notes = append(notes, "The reply on the platform answers an earlier version of this review")
	}
	if len(notes) > 0 && c.Triaged != "" {
		notes = append(notes, "Read by "+c.Triaged)
	}
	if len(notes) > 0 {
		blocks = append(blocks, Block{Kind: Small, Text: strings.Join(notes, " · ")})
	}
	return blocks
}

func (p painter) triageButtons(card *Card) {
	defer func() {
		card.Selects = append(card.Selects, Select{
			Label: "More…", Form: true, Options: commands.MoreOptions(),
			Token: commands.Token{Command: "more", Case: p.c.ID, Revision: p.c.Review.Revision},
		})
	}()
	c := p.c
	rev := c.Review.Revision
	verdict := func(v review.Verdict, label string, style Style) {
		needsForm := v == review.VerdictPrivate || v == review.VerdictSilent || v == review.VerdictHold
		p.button(card, Button{Label: label, Style: style, Form: needsForm, Token: commands.Token{Command: "verdict", Revision: rev, Arg: string(v)}})
	}
	if c.Verdict == review.Undecided && c.Draft == nil {
		switch {
		case c.Pending != nil:
			p.button(card, Button{Label: "Confirm “" + string(c.Pending.Verdict) + "”", Style: Primary, Form: true, Token: commands.Token{Command: "verdict", Revision: rev, Arg: string(c.Pending.Verdict)}})
			verdict(review.VerdictReply, "Reply instead", Secondary)
		case c.Review.StarOnly():
			verdict(review.VerdictNone, "Nothing to say", Primary)
			verdict(review.VerdictThank, "Thank", Secondary)
		case c.Review.Rating.Positive():
			verdict(review.VerdictThank, "Thank", Primary)
			verdict(review.VerdictNone, "Nothing to say", Secondary)
		default:
			verdict(review.VerdictReply, "Reply", Primary)
		}
	} else if c.Draft == nil && !c.Drafting {
		p.button(card, Button{Label: "Draft a reply", Style: Primary, Token: commands.Token{Command: "draft", Revision: rev}})
	}
	p.button(card, Button{Label: "Release", Style: Primary, Token: commands.Token{Command: "release", Revision: rev}})
	p.button(card, Button{Label: "Reopen", Token: commands.Token{Command: "reopen", Revision: rev}})
	if c.Draft == nil {
		p.button(card, Button{Label: "Write it myself", Form: true, Token: commands.Token{Command: "edit", Revision: rev}})
	}
	p.button(card, Button{Label: "Ask for a fact", Form: true, Token: commands.Token{Command: "ask", Revision: rev}})
	p.button(card, Button{Label: "Add a fact", Form: true, Token: commands.Token{Command: "fact", Revision: rev}})
	if c.Owner == "" {
		p.button(card, Button{Label: "Take it", Token: commands.Token{Command: "take"}})
	}
	if !c.Spreading && c.Review.Rating.Critical() {
		p.button(card, Button{Label: "This is spreading", Token: commands.Token{Command: "spreading"}})
	}
	if review.May(review.Lead, "verdict", c.Status) {
		card.Selects = append(card.Selects, Select{
			Label: "Another verdict…", Form: true, Options: commands.VerdictOptions(),
			Token: commands.Token{Command: "verdict", Case: c.ID, Revision: rev},
		})
		if c.Goal == review.NoGoal && c.Review.Rating.Critical() {
			card.Selects = append(card.Selects, Select{
				Label: "What should the answer achieve first?", Options: commands.GoalOptions(),
				Token: commands.Token{Command: "goal", Case: c.ID, Revision: rev},
			})
		}
	}
}

// factRound tells whether questions and facts have a card of their own: since
// somebody means to answer the review, asked for a fact or gave one. Until then
// the parent lists what must not be guessed, and a review that nobody answers
// costs the channel one message, not two.
func (p painter) factRound() bool {
	c := p.c
	if len(c.Facts) > 0 {
		return true
	}
	answering := c.Verdict != review.Undecided || c.Drafts > 0 || c.Drafting || c.Trouble != ""
	return slices.ContainsFunc(c.Questions, func(q review.Question) bool { return answering || q.By != "" })
}

// facts is the fact round: what must not be guessed, and what people vouch for.
func (p painter) facts() Card {
	c := p.c
	card := p.card("Facts", Neutral)
	if len(c.Questions) > 0 {
		b := Block{Kind: List, Heading: "Not to be guessed"}
		for _, q := range c.Questions {
			mark := Todo
			if q.Answered > 0 {
				mark = Done
			}
			b.Items = append(b.Items, Line{Mark: mark, Text: q.Text})
			if q.Answered == 0 && len(card.Buttons) < 5 {
				p.button(&card, Button{Label: clip("Answer: "+q.Text, 70), Form: true, Token: commands.Token{Command: "fact", Revision: c.Review.Revision, Arg: fmt.Sprint(q.N)}})
			}
		}
		card.Blocks = append(card.Blocks, b)
	}
	if len(c.Facts) > 0 {
		b := Block{Kind: List, Heading: "Vouched for"}
		for _, f := range c.Facts {
			line := Line{Mark: Done, Text: fmt.Sprintf("%d. %s (%s)", f.N, f.Text, f.Name)}
			if f.Retracted {
				line = Line{Mark: Stop, Text: fmt.Sprintf("%d. taken back: %s (%s)", f.N, f.Text, f.Name)}
			}
			b.Items = append(b.Items, line)
		}
		card.Blocks = append(card.Blocks, b)
	}
	open := slices.ContainsFunc(c.Questions, func(q review.Question) bool { return q.Answered == 0 })
	if open {
		card.Blocks = append(card.Blocks, Block{Kind: Small, Text: "Write “fact: …” here, or use a button. Anything else in this thread stays conversation."})
	}
	card.Summary = fmt.Sprintf("%s: %s, %s", c.Ref(), counted(len(c.Questions), "question"), counted(len(c.StandingFacts()), "fact"))
	return card
}

// removed says that the review is gone.
func (p painter) removed() Card {
	card := p.card("The review is gone from its platform", Waiting)
	card.Blocks = []Block{{Kind: Para, Text: "It was found missing on " + p.desk.when(p.c.Removed) + ". If nothing is left to do, choose “Nothing to say”."}}
	p.button(&card, Button{Label: "Nothing to say", Token: commands.Token{Command: "verdict", Revision: p.c.Review.Revision, Arg: string(review.VerdictNone)}})
	return card
}

// checklist stands in for a draft that could not be written.
func (p painter) checklist() Card {
	c := p.c
	card := p.card("No draft came; please write this one by hand", Trouble)
	card.Blocks = []Block{
		{Kind: Para, Text: c.Trouble},
		{Kind: List, Heading: "What a good reply has", Items: []Line{
			{Mark: Todo, Text: "says in plain words what happened"},
			{Mark: Todo, Text: "one apology for the experience, no more"},
			{Mark: Todo, Text: "what is done about it, only if it is true"},
			{Mark: Todo, Text: "one private way to reach you"},
			{Mark: Todo, Text: "a name at the end"},
		}},
	}
	if len(c.Claims) > 0 {
		b := Block{Kind: List, Heading: "Points to answer"}
		for _, cl := range c.Claims {
			b.Items = append(b.Items, Line{Mark: Todo, Text: fmt.Sprintf("%d. %s", cl.N, cl.Text)})
		}
		card.Blocks = append(card.Blocks, b)
	}
	token := commands.Token{Revision: c.Review.Revision, Text: commands.TextOf(c.Draft)}
	token.Command = "edit"
	p.button(&card, Button{Label: "Write the reply", Style: Primary, Form: true, Token: token})
	token.Command = "draft"
	p.button(&card, Button{Label: "Try the drafter again", Token: token})
	return card
}
