package bottest

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
)

// arrived fails unless c is the press that was made.
func (s *stage) arrived(c Call, token commands.Token, who string) {
	s.Helper()
	if c.Command != token.Command || c.Case != token.Case || c.Token != token {
		s.Errorf("the desk heard %s on #%d with %q, want %q", c.Command, c.Case, c.Token, token)
	}
	if c.Chat != s.chat.Name() || c.ID == "" {
		s.Errorf("the press comes from chat %q with id %q; want %q and a unique id", c.Chat, c.ID, s.chat.Name())
	}
	if c.By.Name != who || !strings.HasPrefix(string(c.By.ID), s.chat.Name()+":") || c.By.Role != review.Approver {
		s.Errorf("the desk heard it from %+v, want %s, an approver of %s", c.By, who, s.chat.Name())
	}
}

func press(s *stage) {
	ref := s.parent("Ana")
	token := StoryCard(7).Buttons[0].Token
	a := s.answered(s.world.Press(s.ctx, "Ana", ref, token.String()))
	if !strings.Contains(a.Text, "Ana did approve on #7.") {
		s.Errorf("the answer reads %q", a.Text)
	}
	runs := s.runs()
	if len(runs) != 1 {
		s.Fatalf("one press reached the desk %d times", len(runs))
	}
	s.arrived(runs[0], token, "Ana")
}

func pressTwice(s *stage) {
	ref := s.parent("Ana")
	token := StoryCard(7).Buttons[0].Token.String()
	s.answered(s.world.Press(s.ctx, "Ana", ref, token))
	if _, err := s.world.Redeliver(s.ctx, "Ana"); err != nil {
		s.Fatalf("the harness could not go on: %v", err)
	}
	first := s.runs()
	for _, c := range first {
		if c.ID != first[0].ID {
			s.Errorf("one press came with the ids %q and %q", first[0].ID, c.ID)
		}
	}
	s.answered(s.world.Press(s.ctx, "Ana", ref, token))
	all := s.runs()
	if last := all[len(all)-1]; len(all) == len(first) || last.ID == first[0].ID {
		s.Errorf("a second press came with the id of the first, %q", last.ID)
	}
}

func choose(s *stage) {
	ref := s.parent("Ana")
	sel := StoryCard(7).Selects[0]
	for _, o := range sel.Options {
		s.answered(s.world.Choose(s.ctx, "Ana", ref, sel.Token.String(), o.Value))
		runs := s.runs()
		want := sel.Token
		want.Arg = o.Value
		s.arrived(runs[len(runs)-1], want, "Ana")
	}
}

func people(s *stage) {
	ref := s.parent("Ana", "Bo")
	token := StoryCard(7).Buttons[0].Token.String()
	for _, who := range []string{"Ana", "Bo", "Ana"} {
		s.answered(s.world.Press(s.ctx, who, ref, token))
	}
	runs := s.runs()
	if len(runs) != 3 || runs[0].By.ID == runs[1].By.ID || runs[0].By.ID != runs[2].By.ID {
		s.Errorf("the presses of Ana, Bo and Ana came from %v", runs)
	}
}

// formValues must come back exactly as they were shown: whoever opens a form
// and submits it unread must not change a character.
var formValues = map[string]string{
	"words":  "Bonjour Camille,\n\nmerci – vraiment.  Two  spaces, <b>tags</b> & \"quotes\", it's *plain* @everyone :smile:\n\n\t日本語 👩‍👩‍👧 می‌خواهم\nL'équipe",
	"long":   Words("long", LongDraft),
	"line":   "one line, <with> \"signs\" & ünicode",
	"number": "42",
	"choice": "b",
}

func storyForm() *commands.Form {
	return &commands.Form{
		Title: "Edit the reply", Submit: "Save", Intro: "What you save is checked again.", Token: Token("edit", 7, "base"),
		Fields: []commands.Field{
			{Name: "words", Label: "The reply", Kind: commands.Text, Value: formValues["words"], Max: 6000, Hint: "Readers will see this"},
			{Name: "long", Label: "A long text", Kind: commands.Text, Value: formValues["long"], Max: 6000, Optional: true},
			{Name: "line", Label: "A line", Kind: commands.Line, Value: formValues["line"]},
			{Name: "number", Label: "A number", Kind: commands.Number, Value: formValues["number"], Optional: true},
			{Name: "choice", Label: "A choice", Kind: commands.Choice, Value: "b", Options: []commands.Option{{Value: "a", Label: "First"}, {Value: "b", Label: "Second"}}},
		},
	}
}

func forms(s *stage) {
	ref := s.parent("Ana")
	want := storyForm()
	s.desk.Opens("edit", want)
	button := StoryCard(7).Buttons[1].Token
	a := s.answered(s.world.Press(s.ctx, "Ana", ref, button.String()))
	if a.Form == nil {
		s.Fatalf("no form opened, but: %s", brief(a.Text))
	}
	calls := s.desk.Calls()
	if len(calls) != 1 || !calls[0].Form {
		s.Fatalf("pressing a button with a form made the calls %+v", calls)
	}
	s.arrived(calls[0], button, "Ana")
	sameForm(s.T, want, *a.Form)

	s.answered(s.world.Submit(s.ctx, "Ana", *a.Form, formValues))
	runs := s.runs()
	if len(runs) != 1 {
		s.Fatalf("one form was run %d times", len(runs))
	}
	s.arrived(runs[0], want.Token, "Ana")
	if d := cmp.Diff(formValues, runs[0].Args); d != "" {
		s.Errorf("the values changed on their way (-want +got):\n%s", d)
	}
	if runs[0].ID == calls[0].ID {
		s.Error("the form's submission has the id of the press that opened it")
	}
}

// sameForm fails unless a form is shown whole.
func sameForm(t *testing.T, want *commands.Form, got SeenForm) {
	t.Helper()
	if got.Title != want.Title || got.Submit != want.Submit || !strings.Contains(got.Intro, want.Intro) {
		t.Errorf("the form is headed %q, %q, %q", got.Title, got.Intro, got.Submit)
	}
	if len(got.Fields) != len(want.Fields) {
		t.Fatalf("the form has %d fields, want %d", len(got.Fields), len(want.Fields))
	}
	for i, f := range want.Fields {
		g := got.Fields[i]
		if g.Name != f.Name || g.Label != f.Label || g.Value != f.Value || g.Hint != f.Hint || g.Optional != f.Optional {
			t.Errorf("field %s is shown as %s", f.Name, brief(fmt.Sprintf("%+v", g)))
		}
		if d := cmp.Diff(f.Options, g.Options); d != "" {
			t.Errorf("options of %s differ (-want +seen):\n%s", f.Name, d)
		}
	}
}

// formRefused presses a button with a form that the desk does not give: what
// it says instead must be told.
func formRefused(s *stage) {
	ref := s.parent("Ana")
	s.desk.Answers("edit", commands.Outcome{Refused: true, Text: "Ben is editing it right now."})
	a := s.answered(s.world.Press(s.ctx, "Ana", ref, StoryCard(7).Buttons[1].Token.String()))
	if a.Form != nil || !strings.Contains(a.Text, "Ben is editing it right now.") {
		s.Errorf("the person was told %q", a.Text)
	}
	if n := len(s.runs()); n != 0 {
		s.Errorf("a refused form was run all the same, %d times", n)
	}
	// Neither form nor refusal: the row has no form, so the press runs it.
	s.desk.Answers("edit", commands.Outcome{Text: "Nothing to fill in."})
	a = s.answered(s.world.Press(s.ctx, "Ana", ref, StoryCard(7).Buttons[1].Token.String()))
	if n := len(s.runs()); n != 1 || !strings.Contains(a.Text, "Nothing to fill in.") {
		s.Errorf("a button without a form to open was run %d times and answered %q", n, a.Text)
	}
}

func answers(s *stage) {
	ref := s.parent("Ana")
	for _, out := range []commands.Outcome{
		{Text: "Approved. It goes out in ten minutes.\nUndo is on the card."},
		{Refused: true, Text: "That needs an approver.\nBo or Cleo can do it."},
		{}, // nothing to say is said too
	} {
		s.desk.Answers("approve", out)
		a := s.answered(s.world.Press(s.ctx, "Ana", ref, StoryCard(7).Buttons[0].Token.String()))
		if !strings.Contains(spaced(a.Text), spaced(out.Text)) {
			s.Errorf("the person was told %q, want %q", a.Text, out.Text)
		}
	}
	if got := s.see(ref).Text; strings.Contains(got, "ten minutes") || strings.Contains(got, "needs an approver") {
		s.Errorf("the private answer stands on the card: %q", got)
	}
}

func richAnswers(s *stage) {
	ref := s.parent("Ana")
	token := StoryCard(7).Buttons[0].Token.String()
	s.desk.SetCards(9, bot.Keyed{Key: "parent", Card: bot.Card{Case: 9, Title: "The card of case nine", Summary: "Nine", Tone: bot.Good}})
	s.desk.Answers("approve", commands.Outcome{Refused: true, Text: "This has moved on.", Show: 9})
	if a := s.answered(s.world.Press(s.ctx, "Ana", ref, token)); !strings.Contains(a.Text, "This has moved on.") || !strings.Contains(a.Text, "The card of case nine") {
		s.Errorf("the current card does not stand under the words: %q", a.Text)
	}
	s.desk.Answers("approve", commands.Outcome{Text: "Two wait.", Items: []commands.Item{
		{Case: 11, Title: "★☆☆☆☆ Lamp", Note: "overdue since Monday"}, {Case: 12, Title: "★★★★★ Chair", Note: "praise"}}})
	a := s.answered(s.world.Press(s.ctx, "Ana", ref, token))
	for _, part := range []string{"Two wait.", "11", "★☆☆☆☆ Lamp", "overdue since Monday", "12", "★★★★★ Chair", "praise"} {
		if !strings.Contains(a.Text, part) {
			s.Errorf("%q is missing in the list: %q", part, a.Text)
		}
	}
	s.desk.Answers("approve", commands.Outcome{Text: "Please post it there.", Link: "https://shop.example.com/reply?r=7&x=1"})
	a = s.answered(s.world.Press(s.ctx, "Ana", ref, token))
	if len(a.Links) != 1 || a.Links[0].URL != "https://shop.example.com/reply?r=7&x=1" {
		s.Errorf("the answer leads to %q", a.Links)
	}
	s.desk.Answers("approve", commands.Outcome{Form: storyForm()})
	if a = s.answered(s.world.Press(s.ctx, "Ana", ref, token)); a.Form == nil {
		s.Fatalf("the outcome's form did not open: %q", a.Text)
	}
	sameForm(s.T, storyForm(), *a.Form)
}

func hostileAnswers(s *stage) {
	ref := s.parent("Ana")
	for _, h := range Hostile() {
		s.desk.Answers("approve", commands.Outcome{Text: "Found: " + h.Text, Items: []commands.Item{{Case: 11, Title: h.Text, Note: h.Text}}})
		a := s.answered(s.world.Press(s.ctx, "Ana", ref, StoryCard(7).Buttons[0].Token.String()))
		if strings.Count(letters(a.Text), letters(h.Text)) < 3 {
			s.Errorf("%s: the words do not stand there as they are: %s", h.Name, brief(a.Text))
		}
		if len(a.Mentions) > 0 {
			s.Errorf("%s: the answer pings %q", h.Name, a.Mentions)
		}
		for _, l := range a.Links {
			if strings.Contains(l.URL, "evil") || strings.Contains(l.URL, "javascript") {
				s.Errorf("%s: the answer leads to %q", h.Name, l)
			}
		}
		if l := leaks(a.Text); len(l) > 0 {
			s.Errorf("%s: the answer holds %q", h.Name, l)
		}
	}
}

func damagedTokens(s *stage) {
	ref := s.parent("Ana")
	for _, token := range []string{"", "x", "approve|7", "approve|-7|1||", "approve|7|1|zz|", "|||||", "APPROVE|7|1||", strings.Repeat("a", 500), "approve|99999999999999999999|1||"} {
		s.answered(s.world.Press(s.ctx, "Ana", ref, token))
	}
	if calls := s.desk.Calls(); len(calls) != 0 {
		s.Errorf("damaged buttons reached the desk: %+v", calls)
	}
	// A well-formed token that no card carries is the desk's to judge.
	unknown := Token("unheard-of", 404, "")
	s.desk.Answers("unheard-of", commands.Outcome{Refused: true, Text: "This button is of another time."})
	if a := s.answered(s.world.Press(s.ctx, "Ana", ref, unknown.String())); !strings.Contains(a.Text, "of another time") {
		s.Errorf("the person was told %q", a.Text)
	}
	s.arrived(s.runs()[0], unknown, "Ana")
}

func crowd(s *stage) {
	const size = 32
	var names []string
	for n := range size {
		names = append(names, fmt.Sprintf("Person%02d", n))
	}
	ref := s.parent(names...)
	token := StoryCard(7).Buttons[0].Token
	var wg sync.WaitGroup
	for _, who := range names {
		wg.Go(func() {
			a, err := s.world.Press(s.ctx, who, ref, token.String())
			if err != nil {
				s.Errorf("%s: %v", who, err)
			} else if !strings.Contains(a.Text, who+" did approve on #7.") || !a.Private {
				s.Errorf("%s was told %q", who, a.Text)
			}
		})
	}
	wg.Wait()
	ids, by := map[string]bool{}, map[string]bool{}
	for _, c := range s.runs() {
		ids[c.ID], by[c.By.Name] = true, true
		s.arrived(c, token, c.By.Name)
	}
	if len(ids) != size || len(by) != size {
		s.Errorf("%d presses arrived as %d ids of %d people", size, len(ids), len(by))
	}
}
