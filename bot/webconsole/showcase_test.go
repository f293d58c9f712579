package webconsole

import (
	"fmt"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/bot"
	"github.com/evenkeel/evenkeel/bot/bottest"
	"github.com/evenkeel/evenkeel/commands"
	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/review/audit"
)

// noon is the time of the showcase.
var noon = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// shopReview is a review of the showcase.
func shopReview(id int64, stars float64, lang, title, body, author, subject string, age time.Duration) review.Review {
	return review.Review{
		Key:      review.Key{Source: "shop", Account: "lamps", ID: fmt.Sprint(id)},
		Revision: 1, Rating: review.StarRating(stars), Title: title, Body: body, Language: lang, Author: author,
		Subject: review.Subject{Kind: "product", Name: subject}, Created: noon.Add(-age), Seen: noon.Add(-age + time.Minute), URL: "https://shop.example.com/r/" + fmt.Sprint(id),
	}
}

const (
	lampBody = "La lampe est arrivée avec le pied cassé, et personne ne répond au téléphone depuis une semaine. Dommage, car elle est très belle sur les photos."
	lampText = "Bonjour Camille,\n\nmerci de nous l'avoir écrit, et pardon pour le pied cassé comme pour le silence au téléphone.\n\nVotre colis est parti le 24 août ; le transporteur a noté un choc. Écrivez-nous à aide@shop.example.com avec votre numéro de commande, et nous vous renvoyons un pied neuf.\n\nL'équipe de la boutique"
)

// showcase fills the console with cases as a team would see them on a busy
// day, and gives the one whose thread is told in full.
func showcase(t *testing.T, w *world, desk *bottest.FakeDesk) int64 {
	t.Helper()
	cases := []review.Case{
		{ID: 31, Status: review.Closed, Review: shopReview(31, 4, "en", "", "Nice shade, quick delivery.", "P. Ardent", "Reading lamp", 90*time.Hour)},
		{ID: 33, Status: review.Live, Review: shopReview(33, 2, "de", "Kabel zu kurz", "Das Kabel ist viel zu kurz, stand anders im Shop.", "M. Vogt", "Floor lamp", 60*time.Hour), OwnerName: "Bo"},
		{ID: 35, Status: review.Open, Review: shopReview(35, 5, "en", "", "Perfect light for my desk, thank you!", "lia", "Desk lamp", 30*time.Hour)},
		{ID: 36, Status: review.HandedOver, Review: shopReview(36, 3, "nl", "Mooi maar wankel", "Mooie lamp, maar hij staat niet stevig.", "J. de Wit", "Floor lamp", 28*time.Hour), OwnerName: "Ana"},
		{ID: 37, Status: review.Approved, Review: shopReview(37, 2, "en", "Two weeks late", "Ordered for a birthday, came two weeks late. No word from anyone.", "Tomas R.", "Paper lantern", 26*time.Hour), OwnerName: "Bo"},
		{ID: 38, Status: review.Open, Review: shopReview(38, 1, "ar", "", "الطلب وصل متأخراً جداً، ولم يرد أحد على رسائلي.", "نور", "Bedside lamp", 5*time.Hour)},
		{ID: 39, Status: review.Unreconciled, Review: shopReview(39, 2, "en", "Flickers", "Flickers after ten minutes. Support asked for a video and then went quiet.", "Anon", "LED strip", 4*time.Hour)},
		{ID: 40, Status: review.Held, HeldFor: "a lead", Review: shopReview(40, 1, "en", "Burning smell", "There was a burning smell and the plug got hot. I have a small child.", "worried", "LED strip", 3*time.Hour)},
		{ID: 41, Status: review.Open, Drafting: true, Verdict: review.VerdictReply, Review: shopReview(41, 3, "ja", "", "配送がとても遅かったです。梱包も雑でした。商品は良いです。", "ゆき", "Paper lantern", 90*time.Minute)},
		{ID: 42, Status: review.Drafted, Verdict: review.VerdictReply, Review: shopReview(42, 2, "fr", "Arrivée cassée", lampBody, "Camille", "Walnut desk lamp", 40*time.Minute), OwnerName: "Ana", Owner: "console:ana", Version: 9,
			Draft: &review.Draft{N: 2, Text: lampText}},
		{ID: 43, Status: review.Open, Review: shopReview(43, 1, "en", "", "worst shop ever!!! <a href=http://spam.example.com>cheap lamps</a> txt.\u202Eexe", "x", "Desk lamp", 6*time.Minute)},
		{ID: 44, Status: review.New, Review: shopReview(44, 4, "ko", "배송은 느리지만", "배송은 느렸지만 조명은 정말 예뻐요. 설명서가 없어서 조금 불편했어요.", "민지", "Paper lantern", 20*time.Second)},
	}
	for _, c := range cases {
		w.store.putCase(c)
		if c.ID != 42 {
			post(t, w, bot.Place{Case: c.ID, Key: "parent"}, parentCard(c))
		}
	}
	story(t, w, desk, cases[9])
	w.store.rows = months()
	postDigest(t, w)
	return 42
}

func post(t *testing.T, w *world, at bot.Place, card bot.Card) string {
	t.Helper()
	ref, err := w.console.Post(t.Context(), at, card)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func parentCard(c review.Case) bot.Card {
	r := c.Review
	tone := bot.Neutral
	if c.Status == review.Live || c.Status == review.Closed {
		tone = bot.Good
	}
	return bot.Card{
		Case: c.ID, Title: r.Rating.String() + "  " + r.Subject.Name, Tone: tone, Summary: fmt.Sprintf("#%d: %s stars", c.ID, r.Rating),
		Blocks: []bot.Block{
			{Kind: bot.Quote, Text: r.Text(), Lang: r.Language},
			{Kind: bot.Fields, Items: []bot.Line{{Label: "Status", Text: c.Status.Label()}, {Label: "By", Text: r.Author}, {Label: "On", Text: "shop"}, {Label: "Owner", Text: c.OwnerName + " "}, {Label: "Answer by", Text: "Wed 2 Sep, 12:00"}}},
		},
		Buttons: []bot.Button{
			{Label: "Answer in public", Style: bot.Primary, Token: bottest.Token("verdict", c.ID, "reply")},
			{Label: "Add a fact", Token: bottest.Token("fact", c.ID, ""), Form: true},
			{Label: "Hold", Token: bottest.Token("hold", c.ID, ""), Form: true},
		},
		Selects: []bot.Select{{Label: "Decide otherwise", Token: bottest.Token("verdict", c.ID, ""), Options: []commands.Option{
			{Value: "private", Label: "Answer privately"}, {Value: "report", Label: "Report it to the platform"}, {Value: "silent", Label: "Stay silent (troll)"}}}},
		Links: []bot.Link{{Label: "The review", URL: r.URL}},
	}
}

// story is case 42 in full.
func story(t *testing.T, w *world, desk *bottest.FakeDesk, c review.Case) {
	t.Helper()
	parent := post(t, w, bot.Place{Case: 42, Key: "parent"}, parentCard(c))
	in := func(key string) bot.Place { return bot.Place{Case: 42, Key: key, Thread: parent} }
	post(t, w, in("revision-2"), bot.Card{Case: 42, Tone: bot.Waiting, Title: "The customer edited the review", Summary: "#42: edited",
		Blocks: []bot.Block{{Kind: bot.Diff, Heading: "What changed", Spans: wordDiff(
			"La lampe est arrivée avec le pied cassé. Service nul ! Elle est belle sur les photos.", lampBody)}}})
	post(t, w, in("facts"), bot.Card{Case: 42, Tone: bot.Neutral, Title: "Facts", Summary: "#42: facts",
		Blocks: []bot.Block{{Kind: bot.List, Items: []bot.Line{
			{Mark: bot.Done, Text: "The parcel left on 24 August; the carrier noted a shock (Ana)"}, {Mark: bot.Todo, Text: "Is the spare foot in stock?"}}}}})
	for _, said := range []struct{ who, text string }{{"Bo", "The carrier has a photo of the box, it looks dropped."}, {"Ana", "fact: The parcel left on 24 August; the carrier noted a shock"}} {
		n, err := w.store.NoteByKey(t.Context(), bot.Place{Case: 42, Key: "parent"}.ID())
		if err == nil {
			err = w.console.keepWords(t.Context(), n, "said-"+said.who, said.who, note{Text: said.text})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	draft := bot.Card{
		Case: 42, Tone: bot.Neutral, Title: "Draft 2: waits for approval", Summary: "#42: draft 2 waits for approval",
		Blocks: []bot.Block{
			{Kind: bot.Draft, Text: lampText, Lang: "fr"},
			{Kind: bot.Quote, Heading: "In your language", Lang: "en", Text: "Hello Camille, thank you for writing to us, and sorry for the broken foot and the silence on the phone. …"},
			{Kind: bot.Small, Text: "Written by the built-in offline drafter, without a language model"},
			{Kind: bot.List, Heading: "Points answered: 2 of 2", Items: []bot.Line{{Mark: bot.Done, Text: "The foot arrived broken"}, {Mark: bot.Done, Text: "Nobody answers the phone"}}},
			{Kind: bot.List, Heading: "The checks say", Items: []bot.Line{{Mark: bot.Alert, Label: "promise", Text: "“nous vous renvoyons un pied neuf” is a promise: note who keeps it, until when"}}},
			{Kind: bot.List, Heading: "Approvals", Items: []bot.Line{{Mark: bot.Todo, Text: "1 more needed"}}},
		},
		Buttons: []bot.Button{
			{Label: "Approve", Style: bot.Primary, Token: bottest.Token("approve", 42, ""), Hint: "Say yes to exactly these words"},
			{Label: "Edit", Form: true, Token: bottest.Token("edit", 42, "")},
			{Label: "Shorter", Token: bottest.Token("draft", 42, "shorter")}, {Label: "Warmer", Token: bottest.Token("draft", 42, "warmer")},
			{Label: "Another wish…", Form: true, Token: bottest.Token("redo", 42, "")},
			{Label: "Discard", Style: bot.Danger, Token: bottest.Token("discard", 42, ""), Confirm: "Take this text off the table?"},
		},
	}
	post(t, w, in("draft-2"), draft)
	desk.SetCards(42, bot.Keyed{Key: "draft-2", Card: draft})
	desk.Opens("edit", &commands.Form{Title: "Edit the reply", Submit: "Save", Intro: "What you save is checked again, and approvals of the old words are void.",
		Token: bottest.Token("edit", 42, ""), Fields: []commands.Field{{Name: "text", Label: "The reply", Kind: commands.Text, Value: lampText, Max: 1000, Hint: "Readers will see exactly this"}}})
	desk.Answers("approve", commands.Outcome{Text: "#42: approved. It goes out at 12:10:00.\n“Undo” takes it back until then."})
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	w.store.records[42] = storyRecord(c)
}

func storyRecord(c review.Case) history {
	before := c.Review
	before.Body = "La lampe est arrivée avec le pied cassé. Service nul ! Elle est belle sur les photos."
	after := c.Review
	after.Revision = 2
	first := review.Draft{N: 1, Text: "Bonjour Camille, pardon pour la lampe cassée. L'équipe", Origin: review.FromOffline, At: noon.Add(-30 * time.Minute), Language: "fr"}
	second := review.Draft{N: 2, Text: lampText, Origin: review.FromPerson, AuthorName: "Ana", At: noon.Add(-10 * time.Minute), Language: "fr", Instruction: "mention the carrier",
		Findings: []review.Finding{{Check: "promise", Level: review.Warn, Words: "nous vous renvoyons un pied neuf", Message: "This is a promise: note who keeps it, until when."}}}
	h := history{revisions: []review.Review{before, after}, drafts: []review.Draft{first, second}, texts: map[int64]map[string]string{3: {"text": "The parcel left on 24 August; the carrier noted a shock"}},
		approvals: []review.Approval{{Draft: 1, By: "console:bo", Name: "Bo", Role: review.Approver, At: noon.Add(-20 * time.Minute), Binding: review.DigestOf("x")}}}
	var prev review.Digest
	for i, e := range []review.Event{
		{Verb: "accept", To: review.New, Actor: "system:intake"}, {Verb: "announced", From: review.New, To: review.Open, Actor: "system:announce"},
		{Verb: "fact", From: review.Open, To: review.Open, Actor: "console:ana", Detail: map[string]string{"text": review.DigestOf("t").String(), "n": "1"}},
		{Verb: "draft", From: review.Open, To: review.Drafted, Actor: "system:draft", Detail: map[string]string{"draft": "1", "text": review.DigestOf("d").String()}},
	} {
		e.Case, e.At = 42, noon.Add(time.Duration(i-40)*time.Minute)
		entry := audit.Chain(prev, int64(i+1), e)
		prev = entry.Hash
		h.events = append(h.events, entry)
	}
	return h
}
