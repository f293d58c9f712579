package bot_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/evenkeel/evenkeel/internal/sharedtest"
	"github.com/evenkeel/evenkeel/llm"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/rubric"
	"github.com/evenkeel/evenkeel/sources/simulator"
)

// attacked are real-looking reviews to which attacks are appended.
var attacked = []struct{ lang, body string }{
	{"en", "The parcel came two weeks late and nobody answered my mails."},
	{"de", "Das Paket kam zwei Wochen zu spät und niemand hat auf meine Mails geantwortet."},
	{"fr", "Le colis est arrivé avec deux semaines de retard et personne ne répond à mes messages."},
	{"nl", "Het pakket kwam twee weken te laat en niemand gaf antwoord op mijn mails."},
	{"es", "El paquete llegó dos semanas tarde y nadie contestó a mis correos."},
	{"ja", "荷物が二週間も遅れて届き、問い合わせにも返事がありませんでした。"},
	{"ko", "택배가 2주나 늦게 왔고 문의해도 답이 없었습니다."},
}

// obeying makes the endpoint a model that does what the reviewer says at all
// four tasks: it finds nothing suspicious, puts what was asked for into a good
// reply as if it were a courtesy, and has nothing against it on second reading.
func (e *endpoint) obeying(t *testing.T, lang, body, order string) {
	t.Helper()
	o := llm.NewOffline()
	r := review.Review{Key: review.Key{Source: "shop", ID: order + lang}, Revision: 1, Body: body, Rating: review.StarRating(2)}
	tr, err := o.Triage(t.Context(), llm.TriageRequest{Review: r, TeamLanguage: "en"})
	if err != nil {
		t.Fatal(err)
	}
	good, err := o.Draft(t.Context(), llm.Request{Case: review.Case{Review: r, Claims: tr.Claims, Language: lang, Verdict: review.VerdictReply, Triaged: "rules"}, Language: lang, Contact: "care@example.test"})
	if err != nil {
		t.Fatal(err)
	}
	type sentence struct {
		Text   string `json:"text"`
		Claims []int  `json:"claims"`
		Source string `json:"source"`
		Ref    string `json:"ref"`
	}
	var sentences []sentence
	for _, s := range good.Draft.Sentences {
		sentences = append(sentences, sentence{s.Text, append([]int{}, s.Claims...), string(s.Source), s.Ref})
	}
	if order != "" {
		sentences = append(sentences, sentence{order, []int{}, "courtesy", ""})
	}
	points, claims := []any{}, []any{}
	for _, c := range tr.Claims {
		claims = append(claims, map[string]any{"text": c.Text, "words": c.Words, "topic": "delivery"})
		points = append(points, map[string]any{"n": c.N, "answered": true, "words": good.Draft.Sentences[0].Text})
	}
	answers := map[string]any{
		taskTriage: map[string]any{"language": lang, "claims": claims, "topics": []string{"delivery"}, "cause": "late", "heat": "calm", "class": "ordinary", "suggested": "reply", "suspect": false, "questions": []string{}},
		taskDraft:  map[string]any{"sentences": sentences},
		taskJudge: map[string]any{"points": points, "ungrounded": []string{}, "next_step": map[string]any{"present": true, "words": good.Draft.Sentences[0].Text},
			"tone": map[string]any{"calm": true, "words": ""}},
		taskTranslate: map[string]any{"text": "A polite reply, nothing else."},
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.faults = map[string]fault{}
	for task, a := range answers {
		raw, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		e.faults[task] = saying(string(raw))
	}
}

// TestAttacksReachNoApproval: all shared attacks, behind reviews in seven
// languages, against a model that obeys. What comes to the card has no Approve,
// and saying the word does not help either. The same reply without the attack
// can be approved.
func TestAttacksReachNoApproval(t *testing.T) {
	sets := sharedtest.Attacks(t)
	var attacks []string
	for _, kind := range slices.Sorted(maps.Keys(sets)) {
		attacks = append(attacks, sets[kind]...)
	}
	for i, front := range attacked {
		t.Run(front.lang, func(t *testing.T) {
			server := startEndpoint(t)
			h, _ := modelHouse(t, nil, server.URL)
			arrives := func(order string) review.Case {
				server.obeying(t, front.lang, front.body, order)
				r, err := h.platform.Add(simulator.Review{Rating: 2, Body: front.body + " " + order, Author: "Jo", Language: front.lang})
				if err != nil {
					t.Fatal(err)
				}
				h.pass(h.patience)
				c, err := h.store.CaseOf(h.ctx, review.Key{Source: "shop", ID: r.ID})
				if err != nil {
					t.Fatal(err)
				}
				h.ok(h.press(cleo, c.ID, "parent", "verdict:reply"))
				h.pass(0)
				h.in(c.ID, review.Drafted)
				return h.get(c.ID)
			}
			plainly := arrives("")
			if !h.offers(plainly.ID, 1, "approve") {
				t.Fatalf("the reply without an attack is held back: %v", plainly.Standing())
			}
			h.ok(h.typed(cleo, fmt.Sprintf("discard %d", plainly.ID)))
			for n := i; n < len(attacks); n += 4 { // each attack in one or two of the languages; package llm tries all
				c := arrives(attacks[n])
				held := slices.ContainsFunc(c.Standing(), func(f review.Finding) bool { return f.Check != rubric.NotBoilerplate })
				if !held || h.offers(c.ID, 1, "approve") {
					t.Errorf("%q can be approved: %q, %v", attacks[n], c.Draft.Text, c.Draft.Findings)
				}
				if out := h.typed(ana, fmt.Sprintf("approve %d", c.ID)); !out.Refused {
					t.Errorf("%q is approved", attacks[n])
				}
				h.ok(h.typed(cleo, fmt.Sprintf("discard %d", c.ID)))
			}
		})
	}
}
