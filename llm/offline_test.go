package llm

import (
	"context"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/review"
)

func TestOfflineAnswersEveryPoint(t *testing.T) {
	o := NewOffline()
	r := review.Review{
		Key: review.Key{Source: "shop", ID: "1"}, Revision: 1, Rating: review.StarRating(1),
		Body: "My parcel arrived two weeks late and nobody answered my emails. Overpriced too!",
	}
	tr, err := o.Triage(context.Background(), TriageRequest{Review: r})
	if err != nil || len(tr.Claims) < 2 || tr.Language != "en" || tr.By != "rules" {
		t.Fatalf("triage: %+v, %v", tr, err)
	}
	c := review.Case{Review: r, Claims: tr.Claims, Triaged: tr.By, Language: tr.Language}
	res, err := o.Draft(context.Background(), Request{
		Case: c, Contact: "help@example.test", SignOff: "Ana, Example Parcels",
		Facts: []review.Fact{{N: 1, Text: "the parcel was delivered on 3 May"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	c.Draft = &res.Draft
	if gaps := c.Gaps(); len(gaps) > 0 {
		t.Errorf("not answered: %v in %q", gaps, res.Draft.Text)
	}
	for _, want := range []string{"help@example.test", "The parcel was delivered on 3 May.", "\n\nAna, Example Parcels"} {
		if strings.Count(res.Draft.Text, want) != 1 {
			t.Errorf("%q is not once in %q", want, res.Draft.Text)
		}
	}
	if got := Join("en", res.Draft.Sentences, "Ana, Example Parcels"); got != res.Draft.Text {
		t.Errorf("sentences join to %q, text is %q", got, res.Draft.Text)
	}
}
