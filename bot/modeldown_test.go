package bot_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/rubric"
)

// TestAnswersThatAreNotTrue: an answer in the right form that says what does not
// stand in the review, or in the text, never becomes an approvable draft by it.
func TestAnswersThatAreNotTrue(t *testing.T) {
	swap := func(old, now string) fault {
		return func(w http.ResponseWriter, _ *http.Request, good, _ string) {
			if !strings.Contains(good, old) {
				t.Errorf("%q does not stand in the answer", old)
			}
			content(w, strings.Replace(good, old, now, 1), "stop", "")
		}
	}
	for _, tt := range []struct {
		name, task string
		does       fault
		check      string // the finding that holds the text back; "" for none
		shows      string // on the card
	}{
		{"triage: points that nobody made", taskTriage, saying(strings.NewReplacer("Die Teekanne kam zwei Wochen zu spät", "Der Wasserkocher brennt", "Niemand hat auf meine Frage geantwortet", "Ich will Geld").Replace(goodAnswers[taskTriage])),
			"", "Points answered"},
		{"draft: words that the customer did not write", taskDraft, swap(`"ref":"Niemand hat auf meine Frage geantwortet"`, `"ref":"Ich habe dreimal angerufen"`),
			rubric.UnsourcedFact, "(“Auf Ihre Frage hat niemand geantwortet"},
		{"draft: a statement as a courtesy", taskDraft, swap(`"text":"Bitte schreiben`, `"text":"Den Fahrer haben wir am 3. Mai entlassen. Bitte schreiben`), rubric.UnsourcedFact, "(“Den Fahrer haben wir am 3. Mai entlassen."},
		{"draft: a point is left out", taskDraft, swap(`"claims":[2]`, `"claims":[]`), rubric.ClaimGap, "Points answered: 1 of 2"},
		{"draft: another language", taskDraft, saying(`{"sentences":[{"text":"Dear customer, the teapot came two weeks late, and nobody answered your question; we are sorry about both of these things.","claims":[1,2],"source":"review","ref":"Die Teekanne kam zwei Wochen zu spät"},{"text":"Please write to us at care@example.test.","claims":[],"source":"courtesy","ref":""}]}`),
			rubric.LanguageMatch, "not in de as asked"},
		{"judge: words that the text does not have", taskJudge, swap(`"words":"dem gehen wir nach"`, `"words":"wir rufen Sie an"`), llm.CheckCoverage, "Point 2 of the review is not answered"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := startEndpoint(t)
			h, _ := modelHouse(t, nil, server.URL)
			server.fails(tt.does, tt.task)
			id := h.lateInGerman(0)
			h.in(id, review.Drafted)
			card := fmt.Sprint(h.chat.card(t, id, "draft-1").Blocks)
			if !strings.Contains(card, tt.shows) {
				t.Errorf("the card reads %s", card)
			}
			var held []string
			for _, f := range h.get(id).Standing() {
				held = append(held, f.Check)
			}
			if tt.check == "" {
				if len(held) > 0 || h.get(id).Triaged != "rules" {
					t.Errorf("held back by %v, read by %q", held, h.get(id).Triaged)
				}
				return
			}
			if len(held) == 0 || held[0] != tt.check || h.offers(id, 1, "approve") {
				t.Fatalf("held back by %v; approve is offered: %v", held, h.offers(id, 1, "approve"))
			}
			// Nobody but an approver lets it stand, and only in writing.
			h.refused(h.typed(cleo, fmt.Sprintf("waive %d %s I was there", id, tt.check)), "role")
			h.refused(h.press(ben, id, "draft-1", "waive:"+tt.check, "reason", " "), "reason")
			for _, check := range slices.Compact(held) {
				h.ok(h.press(ben, id, "draft-1", "waive:"+check, "reason", "I looked at it."))
				h.pass(0)
			}
			h.ok(h.press(ben, id, "draft-1", "approve"))
			h.in(id, review.Approved)
		})
	}
}

// TestWithoutAnyModel: with all of it gone people read rules' points, write on
// the checklist, and publish; the card says what there was not.
func TestWithoutAnyModel(t *testing.T) {
	for _, n := range []int{6, 9, 12} { // slow, 500, endless
		t.Run(modelFaults[n].name, func(t *testing.T) {
			server := startEndpoint(t)
			h, client := modelHouse(t, nil, server.URL)
			server.fails(modelFaults[n].does, taskTriage, taskDraft, taskJudge, taskTranslate)
			id := h.lateInGerman(0)
			c := h.get(id)
			if c.Status != review.Open || c.Triaged != "rules" || len(c.Claims) == 0 || c.Trouble == "" {
				t.Fatalf("the case is %s, read by %q, trouble %q", c.Status, c.Triaged, c.Trouble)
			}
			h.ok(h.press(cleo, id, fmt.Sprintf("checklist-%d", c.Wanted), "edit", "text",
				"Guten Tag, die Teekanne kam zwei Wochen zu spät, und auf Ihre Frage kam nichts: das tut mir leid. Schreiben Sie mir bitte an care@example.test, ich sehe nach. Cleo"))
			h.pass(0)
			h.ok(h.typed(ben, fmt.Sprintf("approve %d", id)))
			h.pass(10 * time.Minute)
			h.in(id, review.Live)
			if d := h.get(id).Draft; len(d.Notes) != 1 || !strings.Contains(d.Notes[0], "no second reading") || d.Judging {
				t.Errorf("the draft is %+v", d)
			}
			if failures(client, modelFaults[n].kind) == 0 {
				t.Errorf("not counted: %+v", client.Health())
			}
		})
	}
}

// TestTheNextEndpointWrites: while one endpoint fails the next one does all the
// work, and the card says which model wrote.
func TestTheNextEndpointWrites(t *testing.T) {
	for _, f := range modelFaults {
		if f.kind == llm.Leaked {
			continue // the review may have asked for it: nobody else is asked
		}
		t.Run(f.name, func(t *testing.T) {
			ill, well := startEndpoint(t), startEndpoint(t)
			h, client := modelHouse(t, nil, ill.URL, well.URL)
			ill.fails(f.does, taskTriage, taskDraft, taskJudge, taskTranslate)
			id := h.lateInGerman(0)
			c := h.get(id)
			if c.Status != review.Drafted || c.Triaged != "model-2" || c.Draft.Model != "model-2" || c.Draft.BackText == "" || len(c.Draft.Notes) > 0 {
				t.Fatalf("the case is %s, read by %q: %+v", c.Status, c.Triaged, c.Draft)
			}
			if got := client.Health(); got[0].Failures[f.kind] == 0 || got[1].Failed() != 0 || got[1].Answers != 4 {
				t.Errorf("counted: %+v", got)
			}
			h.ok(h.press(ben, id, "draft-1", "approve"))
			h.pass(5 * time.Minute)
			h.in(id, review.Live)
		})
	}
}

// TestABudgetUsedUp: the built-in drafter writes, and says so; the model comes
// back with the next day.
func TestABudgetUsedUp(t *testing.T) {
	server := startEndpoint(t)
	var h *house
	h, client := modelHouse(t, func(c *llm.Config) {
		c.Budget.Tokens = 9000 // one case takes four thousand, and estimates more
		c.Now = func() time.Time {
			if h == nil {
				return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
			}
			return h.clock.Now()
		}
	}, server.URL)
	var origins []review.Origin
	for n := range 5 {
		id := h.lateInGerman(n)
		h.in(id, review.Drafted)
		c := h.get(id)
		origins = append(origins, c.Draft.Origin)
		if c.Draft.Origin == review.FromOffline {
			card := fmt.Sprint(h.chat.card(t, id, "draft-1").Blocks)
			if !strings.Contains(card, "budget for the language model is used up") || c.Draft.Tokens != 0 || c.Draft.Model != "offline" {
				t.Errorf("the card reads %s, the draft is %+v", card, c.Draft)
			}
		} else if c.Tokens == 0 || c.Draft.Tokens == 0 {
			t.Errorf("what the model took is not on the case: %+v", c.Draft)
		}
		h.ok(h.typed(cleo, fmt.Sprintf("discard %d", id)))
	}
	if origins[0] != review.FromModel || origins[4] != review.FromOffline {
		t.Errorf("the drafts are by %v", origins)
	}
	spent, budget, err := client.Spent(h.ctx)
	if err != nil || spent.Tokens == 0 || spent.Tokens > budget.Tokens {
		t.Errorf("spent %v of %v, %v", spent, budget, err)
	}
	h.pass(24 * time.Hour)
	if id := h.lateInGerman(9); h.get(id).Draft.Origin != review.FromModel {
		t.Errorf("the next day the draft is by %q", h.get(id).Draft.Origin)
	}
}
